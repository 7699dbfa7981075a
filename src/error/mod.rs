//! Floor 4: what can go wrong, one small enum for each flow.
//!
//! The variants are the contract. Each error has a stable [`code`](Failure::code), a plain
//! [`http_status`](Failure::http_status), a [`retry_after`](Failure::retry_after) where waiting helps, and a
//! [`user_message`](Failure::user_message) that may be shown as it is. Their `Display` is for logs; it holds no address,
//! password, token or code. What a store or mailer had to say is the `source`.

mod account;
mod password;
mod proof;
mod reset;
mod sign_in;
mod two_factor;
mod unavailable;

use core::time::Duration;

use crate::policy::Violation;

pub use account::{AdminError, DeviceError, ImportError, ProvisionError, ResumeError, WelcomeError};
pub use password::{ChangePasswordError, ChoosePasswordError};
pub use proof::ProofKind;
pub use reset::{CompleteResetError, ConfirmResetError};
pub use sign_in::{INVALID_CREDENTIALS, SignInError};
pub use two_factor::{EnrollmentError, FreshProofError, ReauthenticateError, SecondFactorError, TwoFactorError};
pub use unavailable::Unavailable;

/// What all errors of the flows have in common, for a host that answers them in one place
/// ([`Auth::refusal`](crate::Auth::refusal)). Every error has these as methods of its own too.
pub trait Failure: std::error::Error + Send + Sync + 'static {
    /// A stable name in snake_case, for clients and translations.
    fn code(&self) -> &'static str;
    /// The HTTP status that fits, as a plain number.
    fn http_status(&self) -> u16;
    /// How long to wait before trying again, where waiting helps.
    fn retry_after(&self) -> Option<Duration>;
    /// What may be told to the end user, in English.
    fn user_message(&self) -> String;
    /// The broken rules, if a new password was rejected for them; otherwise none.
    fn violations(&self) -> &[Violation];
}

/// Implements [`Failure`] and methods of the same names from one table.
///
/// A row is `pattern => code, status, message`, and `, retry duration` where waiting helps; the row `unavailable` hands
/// over to the [`Unavailable`] inside, and `rejected` names the variant with the broken rules of a password.
macro_rules! failure {
    ($error:ident { $($pattern:pat => $code:literal, $status:literal, $message:expr $(, retry $retry:expr)?;)+ } $(unavailable $inner:ident)? $(rejected $rejected:ident)?) => {
        impl $error {
            /// A stable name in snake_case.
            pub fn code(&self) -> &'static str {
                match self {
                    $(#[allow(unused_variables)] $pattern => $code,)+
                    $(Self::$inner(inner) => inner.code(),)?
                }
            }

            /// The HTTP status that fits.
            pub fn http_status(&self) -> u16 {
                match self {
                    $(#[allow(unused_variables)] $pattern => $status,)+
                    $(Self::$inner(inner) => inner.http_status(),)?
                }
            }

            /// How long to wait before trying again, where waiting helps.
            pub fn retry_after(&self) -> Option<core::time::Duration> {
                match self {
                    $(#[allow(unused_variables)] $pattern => { None::<core::time::Duration> $(.or(Some(*$retry)))? })+
                    $(Self::$inner(inner) => inner.retry_after(),)?
                }
            }

            /// What may be told to the end user, in English.
            pub fn user_message(&self) -> String {
                match self {
                    $(#[allow(unused_variables)] $pattern => String::from($message),)+
                    $(Self::$inner(inner) => inner.user_message(),)?
                }
            }
        }

        impl $crate::Failure for $error {
            fn code(&self) -> &'static str {
                $error::code(self)
            }

            fn http_status(&self) -> u16 {
                $error::http_status(self)
            }

            fn retry_after(&self) -> Option<core::time::Duration> {
                $error::retry_after(self)
            }

            fn user_message(&self) -> String {
                $error::user_message(self)
            }

            fn violations(&self) -> &[$crate::policy::Violation] {
                $(if let Self::$rejected { violations } = self {
                    return violations;
                })?
                &[]
            }
        }
    };
}
use failure;

/// "Please wait 8 seconds before trying again."
fn please_wait(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    match (seconds, seconds.div_ceil(60)) {
        (..=1, _) => "Please wait a second before trying again.".to_owned(),
        (2..=119, _) => format!("Please wait {seconds} seconds before trying again."),
        (_, minutes) => format!("Please wait {minutes} minutes before trying again."),
    }
}

/// To somebody who is signed in. The wait after a success, or after one slip, is about as long as a double click: a form that was
/// sent twice must not read like a fault.
fn one_at_a_time(wait: Duration) -> String {
    match wait.as_secs() {
        0 => "Another try came just before this one. If you sent the form twice, the first one counts; otherwise please try \
              again in a second."
            .to_owned(),
        _ => please_wait(wait),
    }
}

/// "Your new password was not accepted: …", one sentence for each broken rule.
fn not_accepted(violations: &[Violation]) -> String {
    let broken: Vec<_> = violations.iter().map(|violation| violation.text()).collect();
    format!("The new password was not accepted. {}", broken.join(" "))
}
