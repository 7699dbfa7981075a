//! Floor 2: how long to wait after a failure, and how often to mail, as pure values.

mod attempts;
mod backoff;
mod cooldown;

pub use attempts::{AttemptKey, Attempts};
pub(crate) use attempts::{Charge, Spacing};
pub use backoff::Backoff;
pub use cooldown::Cooldown;
