//! Sessions and devices: how long people stay signed in, where, and by what proof.
//!
//! A sign-in that completes opens a session. Its [`SessionToken`](crate::SessionToken) goes into a cookie as it is, and
//! [`Auth::resume`](crate::Auth::resume) is the only way from its text to a [`SignedIn`](crate::SignedIn). The session itself is
//! an entry in the account, so there is no table of sessions: [`Session`] is what its owner sees of it. [`SessionConfig`] says how
//! long one lasts, and how many a user may have.
//!
//! A [`Device`] is a browser that has signed in before. It outlives its sessions, and signs nobody in.

mod device;
mod entry;
mod lifetimes;
mod proof;
mod sweep;

pub use device::{Device, DeviceGrade, DeviceId};
pub use entry::{Session, SessionId};
pub use lifetimes::SessionLifetimes;
pub use proof::{AuthMethod, Authentication};
pub use sweep::SignOutSweep;

pub use crate::config::session::SessionConfig;
pub use crate::sharing::SharingSigns;
