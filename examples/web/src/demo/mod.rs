//! For looking at the example only, and not there without the feature `demo`: a mailbox in place of a mail server, and a clock
//! that can be moved on.

mod clock;
mod mailbox;
mod pages;
mod seed;

pub use clock::DemoClock;
pub use mailbox::Mailbox;
pub use pages::router;
pub use seed::{SEEDED, seed};
