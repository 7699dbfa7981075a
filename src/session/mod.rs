//! Sessions and devices: how long people stay signed in, where, and by what proof.
//!
//! A completed sign-in opens a session. Its [`SessionToken`](crate::SessionToken) goes into a cookie as it is, and
//! [`Auth::resume`](crate::Auth::resume) is the only way from its text to a [`SignedIn`](crate::SignedIn). The session
//! itself is an entry of the account, so there is no session table; [`Session`] shows it to its owner.
//!
//! - To change how long a session lasts, or how many a user may have: [`SessionConfig`].
//! - To list and end a user's sessions: [`Auth::sessions`](crate::Auth::sessions),
//!   [`Auth::revoke_session`](crate::Auth::revoke_session), [`Auth::sign_out_others`](crate::Auth::sign_out_others);
//!   for an operator, [`Operator::sessions`](crate::Operator::sessions) and
//!   [`Operator::sign_out_everywhere`](crate::Operator::sign_out_everywhere).
//! - To end the sessions of all users: [`Operator::sign_out_everybody`](crate::Operator::sign_out_everybody) and
//!   [`SessionConfig::not_before`].
//! - To set the cookies: [`SignedIn::token`](crate::SignedIn::token),
//!   [`SignedIn::device_token`](crate::SignedIn::device_token) and
//!   [`manual::keeping_sessions`](crate::manual::keeping_sessions).
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
