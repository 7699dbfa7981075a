//! An embeddable sign-in system: a host plugs in its user repository, mailer and clock, and gets accounts, passwords, resets,
//! throttling and sessions that hold.
//!
//! ```
//! use doorward::{Auth, Email, MemoryAttempts, MemoryUsers, PrintingMailer, SignIn, SignInRequest, Site};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
//! let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
//!     .background(|work| drop(tokio::spawn(work))) // what happens after the answer
#![cfg_attr(
    feature = "tracing",
    doc = "    .observer(doorward::TracingObserver) // what fails is told; feature `tracing`"
)]
//!     .build()?;
//!
//! let ann = auth.provision_revealing(Email::parse("ann@acme.example")?).await?;
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

#![forbid(unsafe_code)]
#![deny(missing_docs)]

// Adapters and test tools speak of this crate from outside, as those of others do.
extern crate self as doorward;

/// The attribute of every implementation of a port, so that a host needs no dependency for it.
pub use async_trait::async_trait;

mod adapter;
mod auth;
mod config;
mod crypto;
mod engine;
mod error;
mod flow;
mod mail;
pub mod manual;
mod policy;
mod port;
#[cfg(feature = "testing")]
pub mod testing;
mod types;
mod user;

#[cfg(feature = "postgres")]
pub use adapter::PostgresStore;
#[cfg(feature = "sqlite")]
pub use adapter::SqliteStore;
#[cfg(feature = "tracing")]
pub use adapter::TracingObserver;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use adapter::{MalformedPrefix, Migration, sqlx};
pub use adapter::{MemoryAttempts, MemoryUsers, PrintingMailer};
#[cfg(feature = "smtp")]
pub use adapter::{SmtpBuilder, SmtpError, SmtpMailer, SmtpRefusal};
pub use auth::{Auth, AuthBuilder, BuildError, Refusal};
pub use config::{
    ChallengeConfig, Config, ConfigError, CostProfile, DeviceConfig, HashSealing, HashingConfig, NewDeviceNotice,
    ProvisionConfig, PurgeConfig, ResetConfig, ResetMode, SecondFactorConfig, SecondFactorPolicy, SourceBackoff,
    TotpConfig, TotpDigits, TotpWindow,
};
pub use crypto::{
    HashBackend, HashCost, HashParams, HashParamsError, HashRisk, HashScheme, Keyring, KeyringError, MalformedHash,
    PasswordHash, RandomError, SecretFault, TotpAlgorithm,
};
pub use engine::{BackgroundWork, HashLoad, Hold, SignIn, SignedIn, Source, calibrate};
pub use error::{
    AdminError, ChangePasswordError, ChoosePasswordError, CompleteResetError, ConfirmResetError, DeviceError,
    EnrollmentError, Failure, FreshProofError, INVALID_CREDENTIALS, ImportError, ProofKind, ProvisionError,
    ReauthenticateError, ResumeError, SecondFactorError, SignInError, TwoFactorError, Unavailable, WelcomeError,
};
pub use flow::{
    Import, Imported, LinkStatus, Provision, Provisioned, Resealed, ResetConfirmed, ResetRequest, ResetRequested,
    Revealed, SecondFactorStatus, SignInRequest,
};
pub use mail::{English, Mail, MailKind, MailTexts};
pub use policy::{
    AttemptKey, Attempts, Backoff, BreachLookup, Composition, Cooldown, MalformedAttempts, NewPassword, PasswordPolicy,
    PolicyContext, Rule, Violation,
};
pub use port::{
    AttemptStore, BreachedPasswords, Clock, Event, EventKind, Insert, Mailer, Observer, Replace, SignInFailure,
    SilentObserver, Subject, Swap, SystemClock, UserCounts, UserDirectory, UserRepository,
};
pub use types::{
    BackendCode, BackendError, BackendErrorKind, Challenge, DeviceId, DeviceToken, Digest, Email, Epoch, LinkToken,
    MalformedCode, MalformedEmail, MalformedId, MalformedToken, Password, RecoveryCodes, ResetLink, ResetToken, Site,
    SiteError, Support, TemporaryPassword, TotpEnrollment, UnconfirmedEmail, UserId, Version,
};
pub use user::{
    Device, DeviceGrade, HeadRow, MalformedSession, Method, Proven, Row, Session, SnapshotError, User, UserHead,
    UserOverview, UserStatus,
};

/// The README's code is compiled as a test, and run where it needs no server. It takes these features.
#[cfg(all(doctest, feature = "smtp", feature = "sqlite", feature = "tracing"))]
#[doc = include_str!("../README.md")]
struct Readme;
