//! Registration: accounts that people open themselves.
//!
//! Off by default ([`RegistrationConfig`](crate::config::RegistrationConfig)). [`Auth::request_registration`](crate::Auth::request_registration)
//! mails a link, and [`Auth::register`](crate::Auth::register) opens the account with the password that is chosen behind it.
//! [`Operator::invite`](crate::Operator::invite) and [`Auth::invite`](crate::Auth::invite) mail an invitation, which goes the same way.
//! Nothing is stored of somebody who has not proved the address: what a link stands for is sealed in the link.

mod invitation;
mod link;
mod request;
mod sealed;
mod value;

pub use invitation::{Invitation, Invited};
pub use link::{RegistrationLink, RegistrationLinkStatus};
pub use request::{RegistrationRequest, RegistrationRequested};
pub(crate) use sealed::SealedRegistration;
pub use value::RegistrationValue;

pub use crate::error::registration::{InviteError, RegisterError, RequestRegistrationError};
