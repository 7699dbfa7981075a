//! Pages for a browser, over the types of the crate `http`, to mount in any web framework.
//!
//! ```
//! use doorward::mail::PrintingMailer;
//! use doorward::pages::Pages;
//! use doorward::store::{MemoryAttempts, MemoryUsers};
//! use doorward::{Auth, Keyring, Site};
//!
//! let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
//! let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
//!     .background(|work| drop(std::thread::spawn(|| pollster::block_on(work))))
//!     .keyring(Keyring::new("2026-11", [7; 32])?) // 32 random bytes from outside the store; seals what cookies carry
//!     .build()?;
//! let pages = Pages::builder(auth).home("/orders").build()?;
//! let service = pages.service(); // to mount in any framework
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In axum, with an extractor for whoever is signed in: the module `axum`, by the feature of that name.
//!
//! # Which pages there are
//!
//! | path | page |
//! |---|---|
//! | `/sign-in` | address and password; `?then=/path` leads back to a page of this site |
//! | `/second-step` | a code from the authenticator, or a recovery code |
//! | `/choose-password` | after a temporary password: the rules of the policy and a field; `/check-password` judges while one types |
//! | `/authenticator`, `/authenticator/confirm` | setting up an authenticator app, where the policy requires one; recovery codes |
//! | `/sign-out` | a button; clears the browser's cache, and not what a host keeps in `localStorage` |
//! | `/forgot`, `/forgot/change`, `/forgot/send`, `/forgot/sent` | "Forgot your password?": the address, a check, and the same response for everyone |
//! | `/register`, `/register/change`, `/register/send`, `/register/sent` | where [registration](crate::config::RegistrationConfig) is open: the address, a check, and the same response for everyone |
//! | `/register/confirm` | where there is registration or invitations: the page that a mailed link opens, with the address, the rules and a field |
//! | `/reset/confirm`, `/reset/done` | the page that a mailed link opens, with one button; where the link [sets a password](crate::config::ResetMode::ChooseNewPassword), with the rules and a field |
//! | `/email/confirm` | the page that the link to a new address opens: the address and one button, for whoever asked for it; leads others to `/sign-in` and back |
//! | `/email/undo`, `/email/undone` | the page that the link to the old address opens, with one button: takes the change back, without a session |
//! | `/leaving/undo`, `/leaving/undone` | the page that the link which undoes a deletion opens: until when, and one button, without a session |
//! | `/welcome` | with [`onboarding`](PagesBuilder::onboarding): leads through the host's own steps after a sign-in; "You are all set" |
//! | `/security` and below | "My password and security": the password, the address, the second factor and recovery codes, sessions, devices, [recent activity](PagesBuilder::activity), a copy of what is stored (`/security/export`) and the deletion of the account (`/security/delete`, `/security/deleted`) |
//! | `/confirm` | "Confirm it's you" (step-up): the password, or a code where a second factor is on; `?then=/path` leads on |
//! | `/accounts` and below | with [`operators`](PagesBuilder::operators), and for them alone: accounts, provisioning, and what can be done about an account |
//! | `/.well-known/change-password` | redirects to `/security`, for password managers; always at the root of the origin |
//! | `/pages/style.css`, `/pages/page.js`, `/pages/icon.svg` | what these pages load. All of them work without scripts |
//! | `/pages/openapi.json` | the description of all this as JSON |
//!
//! The steps of the onboarding themselves are the host's. The pages are in English, German or Spanish, as the browser prefers;
//! [`texts`](PagesBuilder::texts) adds other languages.
//!
//! # JSON
//!
//! Every path speaks JSON too, where `Accept` asks for `application/json`: what a page shows as an object, what a form takes as
//! members. An app asks for `tokens` once, keeps the `token` and the `device_token` that came last, and sends the first as
//! `Authorization: Bearer TOKEN` from then on:
//!
//! ```text
//! POST /sign-in {"email": "ann@acme.example", "password": "MAILED", "keep": true, "tokens": true}
//! → {"step": "choose_password", "next": "/choose-password", "token": …, "expires_in": …}
//! POST /choose-password {"new_password": "short"}
//! → {"status": 422, "code": "password_rejected", "field": "new_password", "detail": …, "violations": …}
//! POST /choose-password {"new_password": "a quiet morning in May"}
//! → {"step": "signed_in", "next": "/", "token": …, "device_token": …, "expires_in": …}
//! GET /security
//! → {"email": "ann@acme.example", "sessions": …, "devices": …}
//! POST /sign-out
//! → {"next": "/sign-in", "notice": "signed_out"}
//! ```
//!
//! - **Refusals** are problem documents (RFC 9457) with a stable `code`, the sentence to show as `detail`, and, where it helps, the
//!   `field` at fault, `violations` and `retry_after`. After 401 with `session_ended` or `not_signed_in`, sign in again; after 403 with
//!   `password_proof_needed` or `code_proof_needed`, send the proof to `/confirm`.
//! - **A script of the site** leaves `tokens` out, and keeps cookies. It never sees the session: beside `tokens` or a bearer token no
//!   cookie is read.
//! - `/pages/openapi.json` describes it all (OpenAPI 3.1).
//! - Scripts of other origins are refused, with or without a token: there is no CORS. That includes pages in a shell with an origin of
//!   its own (`capacitor://localhost`), which have to ask by the shell's native client, and a development server on another port: let
//!   that one forward these paths, and give its origin to [`Site`](crate::Site).
//!
//! | a request | is answered in |
//! |---|---|
//! | whose `Accept` names `text/html`, as browsers send it | HTML |
//! | whose `Accept` names JSON | JSON |
//! | with neither, as by `fetch` and curl (`*/*`), with a JSON body or a bearer token | JSON |
//! | with neither, and nothing of these | HTML: a script sends `Accept` |
//!
//! Weights (`q=`) are not read.
//!
//! # Security
//!
//! - **Cookies** are `__Host-`, `Secure`, `HttpOnly` and `SameSite=Lax`: `session`, `device`, `steps` (a sign-in under way, sealed),
//!   `welcome` (the way back from the host's steps, sealed), `reset`, `register`, `email`, `undo`, `leaving`, `confirmed`,
//!   `undone`, `deleted`, `kept` and `notice`. None holds a user's id. The names are
//!   taken: there is room for one set of pages on each origin. Browsers that reject `Secure` cookies over plain http even on
//!   localhost, such as Safari, need https in development too.
//! - **Cross-site requests** (CSRF) are refused with 403, sign-in included, by fetch metadata and by the origin. No host name is taken
//!   from a request. Safari up to 16.3 is refused too: it has no fetch metadata and, because of `no-referrer`, sends `Origin: null`.
//! - **Headers**: a `Content-Security-Policy` that allows nothing inline and no framing, `no-store`, `no-referrer`, `nosniff`,
//!   and HSTS where the site is on https.
//! - **GET and HEAD change nothing in an account**, so mail scanners and link previews use up nothing.
//! - **Bodies** are forms or JSON objects of at most 8 KiB. Anything malformed, and every refusal, is a page that says what to do; waits carry
//!   `Retry-After`. Time limits for slow requests are up to the server or the proxy.
//! - **The first request of a mailed link has its token in the query**: keep queries out of access logs.
//! - **Known and unknown addresses get the same pages in the same time**: they show what [`Auth`](crate::Auth) returns, and are built
//!   only where it has a [`background`](crate::AuthBuilder::background).
//! - **The accounts do not exist** for whoever is signed in and is no operator: whatever the request, the response is that to an
//!   unknown path. Operators are asked for a fresh proof before anything changes, are named in the journal, and can neither
//!   deactivate their own account nor remove its second factor.
//! - **Nobody is signed in before they have chosen a password**, and steps of the onboarding are a way, not a lock.

mod accounts;
mod activity;
mod agent;
mod answer;
mod assets;
mod authenticator;
mod body;
mod browser;
mod builder;
mod builder_hooks;
mod call;
mod catalogue;
mod choose_password;
mod confirm;
mod cookies;
mod cross_site;
mod dispatch;
mod email;
mod error;
mod error_page;
mod fields;
mod forgot;
mod headers;
mod hooks;
mod leaving;
mod links;
mod look;
mod member;
pub mod model;
mod moment;
mod new_page;
mod notice;
mod object;
mod onboarding;
mod operators;
mod own_page;
mod page;
mod page_model;
mod reader;
mod registration;
mod reset;
mod reset_link;
mod reset_password;
mod routes;
mod second_step;
mod security;
mod service;
mod sign_in;
mod state;
mod visit;
mod welcome;

pub use body::PageBody;
pub use builder::PagesBuilder;
pub use error::PagesError;
pub use look::{Frame, Look};
pub use registration::{OwnFields, RegistrationForm, RegistrationRefusal};
pub use service::PagesService;
pub use state::Pages;
