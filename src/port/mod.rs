//! Floor 4: what a host plugs in. Each trait is as small as it can be and every method is required, because a provided
//! method that matters for security is one that an adapter forgets.

mod attempt_store;
mod breached_passwords;
mod clock;
mod mailer;
mod observer;
mod user_directory;
mod user_repository;

pub use attempt_store::{AttemptStore, Swap};
pub use breached_passwords::BreachedPasswords;
pub use clock::{Clock, SystemClock};
pub use mailer::Mailer;
pub use observer::{Event, EventKind, Observer, SignInFailure, SilentObserver, Subject};
pub use user_directory::{UserCounts, UserDirectory};
pub use user_repository::{Insert, Replace, UserRepository};
