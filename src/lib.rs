//! doorward
#![forbid(unsafe_code)]
#![deny(missing_docs)]

// Adapters and test tools speak of this crate from outside, as those of others do.
extern crate self as doorward;

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

#[cfg(feature = "tracing")]
pub use adapter::TracingObserver;
pub use adapter::{MemoryAttempts, MemoryUsers, PrintingMailer};
pub use auth::{Auth, AuthBuilder, BuildError, Refusal};
pub use config::{
    ChallengeConfig, Config, ConfigError, DeviceConfig, HashingConfig, ProvisionConfig, PurgeConfig, ResetConfig,
    ResetMode, SourceBackoff,
};
pub use crypto::{HashParams, HashParamsError, MalformedHash, PasswordHash, RandomError};
pub use engine::{BackgroundWork, HashLoad, Hold, SignIn, SignedIn, Source};
pub use error::{
    AdminError, ChangePasswordError, ChoosePasswordError, CompleteResetError, ConfirmResetError, DeviceError, Failure,
    INVALID_CREDENTIALS, ProvisionError, ResumeError, SignInError, Unavailable, WelcomeError,
};
pub use flow::{LinkStatus, Provision, Provisioned, ResetConfirmed, ResetRequested, Revealed, SignInRequest};
pub use mail::{Mail, MailKind};
pub use policy::{
    AttemptKey, Attempts, Backoff, BreachLookup, Composition, Cooldown, MalformedAttempts, NewPassword, PasswordPolicy,
    PolicyContext, Rule, Violation,
};
pub use port::{
    AttemptStore, BreachedPasswords, Clock, Event, EventKind, Insert, Mailer, Observer, Replace, SignInFailure,
    SilentObserver, Subject, Swap, SystemClock, UserRepository,
};
pub use types::{
    BackendError, BackendErrorKind, Challenge, DeviceId, DeviceToken, Digest, Email, Epoch, LinkToken, MalformedEmail,
    MalformedId, MalformedToken, Password, ResetLink, ResetToken, Site, SiteError, Support, TemporaryPassword,
    UnconfirmedEmail, UserId, Version,
};
pub use user::{Device, DeviceGrade, MalformedSession, Method, Proven, Row, Session, SnapshotError, User, UserStatus};
