//! Floor 0: values that every other floor speaks in.
//!
//! Nothing here does IO, reads a clock or draws randomness. A value that can be wrong is checked when it is made, so
//! that the floors above never check it again.

mod backend;
pub(crate) mod base64url;
mod code;
mod digest;
mod email;
mod enrollment;
mod id;
mod instant;
mod io_class;
mod password;
mod secret;
mod site;
mod token;

pub use backend::{BackendCode, BackendError, BackendErrorKind};
pub(crate) use code::TypedCode;
pub use code::{MalformedCode, RecoveryCodes};
pub use digest::Digest;
pub use email::{Email, MalformedEmail, UnconfirmedEmail};
pub use enrollment::TotpEnrollment;
pub use id::{DeviceId, Epoch, MalformedId, UserId, Version};
pub(crate) use instant::{CLOCK_GRACE, Span, after, at_store_precision, micros, until};
pub(crate) use password::MAX_PASSWORD_BYTES;
pub use password::Password;
pub(crate) use secret::{SecretBytes, redacted_debug};
pub use site::{LinkToken, ResetLink, Site, SiteError, Support};
pub use token::{Challenge, DeviceToken, MalformedToken, ResetToken, TemporaryPassword};
pub(crate) use token::{Token, grouped_base32, typed_leniently};
