//! Passwords: the rules for new ones, and the values of a reset.
//!
//! [`PasswordPolicy`] lists the rules for a page to show ([`PasswordPolicy::rules`]) and enforces the same rules
//! ([`PasswordPolicy::check`]); a [`Violation`] names each rule that a password breaks. [`BreachedPasswords`] is the port for a
//! list of leaked passwords.

mod breached;
mod check;
mod common;
mod derived;
#[cfg(feature = "zxcvbn")]
mod estimable;
mod form;
mod reset;
mod rule;
mod settings;
mod temporary;

pub use breached::BreachedPasswords;
pub use check::{NewPassword, PolicyContext};
pub use reset::{ResetConfirmed, ResetLinkStatus, ResetRequested};
pub use rule::{Rule, Violation};
pub use settings::{BreachLookup, Composition, PasswordPolicy};
pub(crate) use temporary::{temporary_digest, temporary_password};

pub use crate::types::TemporaryPassword;
