//! For demonstration only, behind the feature `demo`: a mailbox instead of a mail server, and a clock that can be moved
//! forward.

mod clock;
mod mailbox;
mod pages;
mod seed;

pub use clock::DemoClock;
pub use mailbox::Mailbox;
pub use pages::router;
pub use seed::{SEEDED, seed};
