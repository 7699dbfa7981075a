//! Floor 0: the value types that all other floors share.
//!
//! Nothing here performs IO, reads a clock or draws randomness. Values that can be invalid are checked when they are made, so
//! the floors above never check them again.

mod backend;
pub(crate) mod base64url;
mod client_address;
mod digest;
mod email;
mod id;
mod instant;
mod io_class;
mod malformed;
mod new_device_notice;
mod password;
mod secret;
mod site;
mod token;
mod typed;
mod wire_token;

pub use backend::{BackendCode, BackendError, BackendErrorKind};
pub use client_address::ClientAddress;
pub(crate) use digest::Digest;
pub use email::{Email, UnconfirmedEmail};
pub(crate) use id::Epoch;
pub use id::{DeviceId, SessionId, UserId, Version};
pub(crate) use instant::{CLOCK_GRACE, Span, after, at_store_precision, micros, rfc3339, until};
pub use malformed::Malformed;
pub use new_device_notice::NewDeviceNotice;
pub(crate) use password::MAX_PASSWORD_BYTES;
pub use password::Password;
pub(crate) use secret::{SecretBytes, redacted_debug};
pub use site::{MailLink, Site, SiteError, SupportContact, TokenPlacement};
pub use token::{Challenge, DeviceToken, SessionToken, TemporaryPassword};
pub(crate) use token::{RegistrationToken, ResetToken};
pub(crate) use token::{Token, grouped_base32, typed_leniently};
pub(crate) use typed::{as_shown, is_unseen};
pub(crate) use wire_token::{Holder, SealedHolder, WireToken};
