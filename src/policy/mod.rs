//! Floor 2: the rules as pure values. What a password must be, how long to wait after a failure, how often to mail.

mod attempts;
mod backoff;
mod cooldown;
mod password;

pub use attempts::{AttemptKey, Attempts, MalformedAttempts};
pub(crate) use attempts::{Charge, Spacing};
pub use backoff::Backoff;
pub use cooldown::Cooldown;
pub use password::*;
