//! Embeddable authentication: plug in a user repository, a mailer and a clock, and get accounts, passwords, resets, throttling, a
//! second factor and sessions.
//!
//! ```
//! use doorward::mail::PrintingMailer;
//! use doorward::store::{MemoryAttempts, MemoryUsers};
//! use doorward::{Auth, Email, SignIn, SignInRequest, Site};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
//! let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
//!     .background(|work| drop(tokio::spawn(work))) // runs work after the response
#![cfg_attr(
    feature = "tracing",
    doc = "    .observer(doorward::event::TracingObserver) // logs events; feature `tracing`"
)]
//!     .build_with_operator()?;
//!
//! let ann = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
//! let request = SignInRequest::new("ann@acme.example", ann.temporary_password.expose());
//! let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(request).await? else { panic!("it is her first sign-in") };
//! let SignIn::Complete(ann) = auth.choose_password(&challenge, "a quiet morning in May").await? else { panic!() };
//! let cookie = ann.token().expose(); // the session cookie
//! assert!(auth.resume(&cookie).await.is_ok()); // on every later request
//!
//! let refused = auth.sign_in(SignInRequest::new("ann@acme.example", "a guess")).await.unwrap_err();
//! assert_eq!(refused.to_string(), "Email and Password do not match");
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Do not leave out [`background`](AuthBuilder::background) or [`observer`](AuthBuilder::observer).** Without the first, mails
//! are sent before the response, and response times reveal which addresses have accounts (account enumeration). Without the
//! second, failures after the response go unnoticed. [`Auth::builder`] shows everything that a real host configures.
//!
//! # Where to look
//!
//! | to | see |
//! |---|---|
//! | sign in, reset, enroll, resume a session | the methods of [`Auth`], each with an example |
//! | provision, deactivate, import, delete accounts | [`Operator`], [`account`] |
//! | let people register or invite them | [`registration`], [`config::RegistrationConfig`], [`Auth::request_registration`] |
//! | change the address of an account | [`email_change`]: [`Auth::request_email_change`], [`Operator::change_email`] |
//! | import the users of another system | [`manual::coming_from`], [`Operator::import_from`] |
//! | change the password policy or any other setting | [`AuthBuilder::configure`], [`Config`], [`password::PasswordPolicy`] |
//! | store users | [`store`]: SQLite, PostgreSQL, or your own: [`UserRepository`], [guide](manual::implementing_a_repository) |
//! | send mails, or translate them | [`mail`]: SMTP, or your own [`Mailer`]; [`mail::MailTexts`] |
//! | answer an error: its status, message and wait | [`AuthError`], [`Auth::error_response`]; each error in [`error`] |
//! | log, count and alert | [`event::EventKind`]: every event; [`event::EventKind::name`]: its name in logs; [`Observer`] |
//! | tune hashing | [`hashing`], [`config::HashingConfig`] |
//! | import bcrypt and other old hashes | [`Operator::import_user`], [`config::HashingConfig::legacy`] |
//! | slow down guessing | [`config::Backoff`], [`config::Hold`], [`ClientAddress`] |
//! | keep an audit table, show recent activity, feed a SIEM | [`journal`], [`manual::journal`] |
//! | list users for an operator | [`store::UserDirectory`] |
//! | require a second factor | [`second_factor::SecondFactorPolicy`], and [`AuthBuilder::keyring`] |
//! | keep people signed in, set the cookies | [`Auth::resume`], [`SignedIn::token`], [`manual::keeping_sessions`] |
//! | change how long a session lasts | [`session::SessionConfig`] |
//! | list and end a user's sessions | [`Auth::sessions`], [`Operator::sessions`], [`session`] |
//! | sign everybody out | [`Operator::sign_out_everybody`], [`session::SessionConfig::not_before`] |
//! | let people delete their account, or take their data along | [`leaving`], [`manual::leaving`] |
//! | protect sensitive actions | [`Auth::require_step_up`] |
#![cfg_attr(
    feature = "testing",
    doc = "| test with a clock, captured mails and faults | [`testing::ManualClock`], [`testing`] |"
)]
#![cfg_attr(
    not(feature = "testing"),
    doc = "| test with a clock, captured mails and faults | `testing` (feature `testing`) |"
)]
//! | mount ready-made pages | features `pages` and `axum`; [`manual::host_pages`] |
//! | know which page calls what | [`manual::host_pages`] |
//! | know what is promised, and against whom | [`manual::promises`], [`manual::threat_model`], [`manual::defaults`] |
//! | know why it is built this way | [`manual::design`] |
//!
//! # Adding it
//!
//! ```toml
//! [dependencies]
//! doorward = { version = "0.1", features = ["smtp", "sqlite", "tracing"] }
//!
//! # Argon2 is some twenty times slower when unoptimised. This speeds up your debug builds.
//! [profile.dev.package.argon2]
//! opt-level = 3
//! ```
//!
//! It needs Rust 1.88, with some features a later one. The examples of the repository show each flow, `examples/production.rs` what a
//! real host configures, and `examples/web` every flow in a browser.
//!
//! # How it works
//!
//! Everything known about an account is one value, [`store::User`]. A flow loads it, decides with a pure function, and
//! stores the next state with one compare-and-swap on its [version](store::Version). Claim and effect are the same
//! write, so single-use means single use under any concurrency. The outcome is returned only after that write was
//! accepted, so every future may be dropped at any await. Attempts are counted before their password is hashed.
//!
//! The core has no pages, routes, cookies or session table, no SQL, no SMTP, no runtime, no threads except for hashing,
//! and no `unsafe`. SQL and SMTP come as features, on tokio. [`manual::non_features`] lists the rest.
//!
//! # Features
//!
//! None is on by default, and none changes a default or what is accepted.
//!
//! - `axum`: the module `axum`, which mounts the pages of the feature `pages` in axum 0.8, with extractors for whoever is signed in.
//! - `legacy-hashes`: verifies password hashes of other systems, where
//!   [`HashingConfig::legacy`](config::HashingConfig::legacy) allows it; [`manual::coming_from`] lists them.
//! - `pages`: the module `pages`, with the pages of a user, from the sign-in to the second factor, over the types of the crate `http`.
//! - `postgres`: `PostgresStore`, for several machines. Needs Rust 1.94 and the tokio runtime.
//! - `qr`: `TotpEnrollment::qr_svg`.
//! - `simd`: `HashBackend::Simd`, Argon2 with SIMD instructions. Needs Rust 1.89.
//! - `smtp`: `SmtpMailer` sends mails through your mail server, on tokio, over TLS.
//! - `sqlite`: `SqliteStore`, for one machine. Needs Rust 1.94, the tokio runtime and a C compiler.
//! - `testing`: tools for the tests of hosts and adapters. Not for production.
//! - `tls-rustls`: TLS to PostgreSQL, with rustls.
//! - `tracing`: `TracingObserver` emits every event through the `tracing` crate.
//! - `zxcvbn`: `PasswordPolicy::min_strength`.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

// Adapters and test tools name this crate from outside, as those of others do.
extern crate self as doorward;

/// The attribute that implementations of the ports carry, so that a host needs no dependency for it.
pub use async_trait::async_trait;

pub mod account;
mod auth;
#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub mod axum;
mod clock;
pub mod config;
mod crypto;
pub mod email_change;
mod engine;
pub mod error;
pub mod event;
pub mod hashing;
pub mod journal;
pub mod leaving;
pub mod mail;
pub mod manual;
#[cfg(feature = "pages")]
#[cfg_attr(docsrs, doc(cfg(feature = "pages")))]
pub mod pages;
pub mod password;
pub mod registration;
pub mod second_factor;
pub mod session;
mod sharing;
pub mod store;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
mod throttle;
mod types;
mod user;

pub use auth::{Auth, AuthBuilder, Operator, ResetRequest, SignIn, SignInRequest, SignedIn};
pub use clock::{Clock, SystemClock};
pub use config::settings::Config;
pub use crypto::Keyring;
pub use error::auth_error::AuthError;
pub use event::observer::Observer;
pub use mail::mailer::Mailer;
pub use store::attempt_store::AttemptStore;
pub use store::user_repository::UserRepository;
pub use types::{Challenge, ClientAddress, DeviceToken, Email, Password, SessionToken, Site, UserId};

/// The README's code is compiled as a test, and run where it needs no server. It takes these features.
#[cfg(all(doctest, feature = "smtp", feature = "sqlite", feature = "tracing"))]
#[doc = include_str!("../README.md")]
struct Readme;
