//! Floor 2: the waits after failures and between mails, as pure values.

mod attempts;
mod backoff;
mod cooldown;

pub use attempts::{AttemptKey, Attempts};
pub(crate) use attempts::{Charge, Spacing};
pub use backoff::Backoff;
pub use cooldown::Cooldown;
