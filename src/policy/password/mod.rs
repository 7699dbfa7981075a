//! What a password must be: the settings, the rules they show, the check that enforces the same rules, and the
//! temporary passwords that meet them.

mod check;
mod common;
mod derived;
#[cfg(feature = "zxcvbn")]
mod estimable;
mod form;
mod rule;
mod settings;
mod temporary;

pub use check::{NewPassword, PolicyContext};
pub use rule::{Rule, Violation};
pub use settings::{BreachLookup, Composition, PasswordPolicy};
pub(crate) use temporary::{temporary_digest, temporary_password};
