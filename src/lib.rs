//! An embeddable sign-in system: a host plugs in its user repository, mailer and clock, and gets accounts, passwords, resets,
//! throttling and sessions that hold.
//!
//! ```
//! use doorward::{Auth, Email, SignIn, SignInRequest, Site};
//! use doorward::mail::PrintingMailer;
//! use doorward::store::{MemoryAttempts, MemoryUsers};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
//! let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
//!     .background(|work| drop(tokio::spawn(work))) // what happens after the answer
#![cfg_attr(
    feature = "tracing",
    doc = "    .observer(doorward::event::TracingObserver) // what fails is told; feature `tracing`"
)]
//!     .build()?;
//!
//! let ann = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
//! let request = SignInRequest::new("ann@acme.example", ann.temporary_password.expose());
//! let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(request).await? else { panic!("it is her first sign-in") };
//! let SignIn::Complete(ann) = auth.choose_password(&challenge, "a quiet morning in May").await? else { panic!() };
//! assert!(auth.resume(ann.session()).await.is_ok()); // what later requests do, with the session that is kept
//!
//! let refused = auth.sign_in(SignInRequest::new("ann@acme.example", "a guess")).await.unwrap_err();
//! assert_eq!(refused.to_string(), "Email and Password do not match");
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Leave out neither [`background`](AuthBuilder::background) nor [`observer`](AuthBuilder::observer).** Without the first, mails
//! are sent before the answer, and the time of an answer tells strangers who has an account. Without the second nobody hears of
//! what fails after an answer: no mail leaves, and no call returns an error. [`Auth::builder`] shows all that a real host sets.
//!
//! # Where to begin
//!
//! [`Auth`] has a method for every flow, with an example on each; [`manual::host_pages`] tells which page calls which.
//! [`UserRepository`], [`AttemptStore`] and [`Mailer`] are what a host implements; [`MemoryUsers`], [`MemoryAttempts`] and
//! [`PrintingMailer`] are there to start with. [`Config`] has the settings, [`manual`] the threat model, the source of every
//! number and the rest of what is worth knowing.
//!
//! # How it holds
//!
//! All that is known of an account is one value, [`User`]. A flow loads it, decides by a pure function, and stores the next
//! state by one compare-and-swap on its [`Version`]. Claim and effect are that one write, so whatever works once works once
//! under any concurrency; an outcome is answered only after its write was accepted, so every future may be dropped at any
//! await. Tries are charged before they are hashed.
//!
//! # What it does not do
//!
//! The core has no pages, no routes, no cookies, no session table, no SQL, no SMTP, no runtime, no thread but those that hash, and
//! no `unsafe`; SQL and SMTP come by feature, on tokio. [`manual::non_features`] has the rest.
//!
//! # Features
//!
//! None is on by default, and none changes a default.
//!
//! - `legacy-hashes`: verifies password hashes of other systems, see [`PasswordHash::parse`].
//! - `qr`: `TotpEnrollment::qr_svg`.
//! - `simd`: `HashBackend::Simd`, Argon2 by the processor's widest instructions. Needs Rust 1.89.
//! - `smtp`: `SmtpMailer` sends mails by a server of yours, on tokio, over TLS.
//! - `tracing`: `TracingObserver` emits every event through the `tracing` crate.
//! - `sqlite`: `SqliteStore`, for one machine. Needs Rust 1.94, the tokio runtime and a C compiler.
//! - `postgres`: `PostgresStore`, for many. Needs Rust 1.94 and the tokio runtime.
//! - `tls-rustls`: TLS to PostgreSQL, by rustls.
//! - `zxcvbn`: `PasswordPolicy::min_strength`.
//! - `testing`: tools for tests, of hosts and adapters too. Not for programs that serve people.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

// Adapters and test tools speak of this crate from outside, as those of others do.
extern crate self as doorward;

/// The attribute of every implementation of a port, so that a host needs no dependency for it.
pub use async_trait::async_trait;

pub mod account;
mod auth;
mod clock;
pub mod config;
mod crypto;
mod engine;
pub mod error;
pub mod event;
pub mod hashing;
pub mod mail;
pub mod manual;
pub mod password;
pub mod second_factor;
pub mod store;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
mod throttle;
mod types;
mod user;

pub use account::session::Session;
pub use auth::{Auth, AuthBuilder, Operator, ResetRequest, SignIn, SignInRequest, SignedIn};
pub use clock::{Clock, SystemClock};
pub use config::settings::Config;
pub use crypto::Keyring;
pub use error::auth_error::AuthError;
pub use event::observer::Observer;
pub use mail::mailer::Mailer;
pub use store::attempt_store::AttemptStore;
pub use store::user_repository::UserRepository;
pub use types::{Challenge, ClientAddress, DeviceToken, Email, Password, Site, UserId};

/// The README's code is compiled as a test, and run where it needs no server. It takes these features.
#[cfg(all(doctest, feature = "smtp", feature = "sqlite", feature = "tracing"))]
#[doc = include_str!("../README.md")]
struct Readme;
