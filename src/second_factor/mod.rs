//! The second factor: authenticator apps (TOTP, RFC 6238) and recovery codes.
//!
//! [`SecondFactorConfig`] says who needs one: it is optional unless `config.second_factor.policy` is
//! [`SecondFactorPolicy::Required`], set with [`AuthBuilder::configure`](crate::AuthBuilder::configure). Either way it needs a
//! [`keyring`](crate::AuthBuilder::keyring). A signed-in user enrolls an authenticator with
//! [`Auth::begin_enrollment`](crate::Auth::begin_enrollment); a sign-in asks for a code with
//! [`SignIn::SecondFactorRequired`](crate::SignIn::SecondFactorRequired).

mod code;
mod enrollment;
mod totp;

pub use code::RecoveryCodes;
pub(crate) use code::{MalformedCode, TypedCode};
pub use enrollment::{SecondFactorStatus, TotpEnrollment};
pub use totp::TotpAlgorithm;
pub(crate) use totp::{TotpParams, TotpSecret, TotpVerdict};

pub use crate::config::second_factor::{SecondFactorConfig, SecondFactorPolicy, TotpConfig, TotpDigits, TotpWindow};
pub use crate::error::step_up::StepUp;
