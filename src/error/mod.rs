//! Errors: what can go wrong, one small enum per flow.
//!
//! The variants are the contract. Each error has a stable [`code`](AuthError::code), a plain
//! [`http_status`](AuthError::http_status), a [`retry_after`](AuthError::retry_after) if waiting helps, and a
//! [`user_message`](AuthError::user_message) that is safe to show as it is. `Display` is for logs and holds no address,
//! password, token or code. The error of a store or mailer is the `source`.

mod account;
pub(crate) mod auth_error;
pub(crate) mod email_change;
pub(crate) mod leaving;
mod message;
mod password;
pub(crate) mod registration;
mod reset;
mod response;
mod second_factor;
mod sign_in;
pub(crate) mod step_up;
mod unavailable;

pub use account::{DeviceError, ImportError, OperatorError, ProvisionError, ResumeError, SessionError, WelcomeError};
pub use password::{ChangePasswordError, ChoosePasswordError};
pub use reset::{CompleteResetError, ConfirmResetError};
pub use response::ErrorResponse;
pub use second_factor::{
    EnrollmentError, ReauthenticateError, SecondFactorError, StepUpError, VerifySecondFactorError,
};
pub use sign_in::{INVALID_CREDENTIALS, SignInError};
pub(crate) use step_up::StepUp;
pub use unavailable::Unavailable;

pub use crate::auth::BuildError;
pub use crate::crypto::{KeyringError, RandomError};
pub use crate::types::{Malformed, UnconfirmedEmail};
pub(crate) use auth_error::AuthError;
use auth_error::failure;
pub(crate) use email_change::{
    ChangeEmailError, ConfirmEmailChangeError, RequestEmailChangeError, UndoEmailChangeError,
};
use message::{WRONG_CODE, not_accepted, one_at_a_time, please_wait};
