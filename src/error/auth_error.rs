use core::time::Duration;

use crate::password::Violation;

/// What the errors of all flows have in common, for a host that handles them in one place
/// ([`Auth::error_response`](crate::Auth::error_response)). These errors also have the methods as inherent ones, except
/// `violations`. Errors of setting up and of parsing ([`BuildError`](crate::error::BuildError),
/// [`Malformed`](crate::error::Malformed)) do not implement it.
pub trait AuthError: std::error::Error + Send + Sync + 'static {
    /// A stable `snake_case` code, for clients and translations.
    fn code(&self) -> &'static str;
    /// The matching HTTP status: 401 (sign in again), 403 (step-up needed), 404, 409, 422 (rejected input), 429 (wait) or 503
    /// (unavailable).
    fn http_status(&self) -> u16;
    /// How long to wait before retrying, if waiting helps.
    fn retry_after(&self) -> Option<Duration>;
    /// A message that is safe to show to the end user, in English.
    fn user_message(&self) -> String;
    /// The rules that a rejected new password breaks; otherwise empty.
    fn violations(&self) -> &[Violation];
}

/// Implements [`AuthError`] and inherent methods of the same names from one table.
///
/// A row is `pattern => code, status, message`, plus `, retry duration` if waiting helps. The row `unavailable` delegates to
/// the inner [`Unavailable`]; `rejected` names the variant that holds the violations.
macro_rules! failure {
    ($error:ident { $($pattern:pat => $code:literal, $status:literal, $message:expr $(, retry $retry:expr)?;)+ } $(unavailable $inner:ident)? $(rejected $rejected:ident)?) => {
        impl $error {
            /// A stable `snake_case` code.
            pub fn code(&self) -> &'static str {
                match self {
                    $(#[allow(unused_variables)] $pattern => $code,)+
                    $(Self::$inner(inner) => inner.code(),)?
                }
            }

            /// The matching HTTP status.
            pub fn http_status(&self) -> u16 {
                match self {
                    $(#[allow(unused_variables)] $pattern => $status,)+
                    $(Self::$inner(inner) => inner.http_status(),)?
                }
            }

            /// How long to wait before retrying, if waiting helps.
            pub fn retry_after(&self) -> Option<core::time::Duration> {
                match self {
                    $(#[allow(unused_variables)] $pattern => { None::<core::time::Duration> $(.or(Some(*$retry)))? })+
                    $(Self::$inner(inner) => inner.retry_after(),)?
                }
            }

            /// A message that is safe to show to the end user, in English.
            pub fn user_message(&self) -> String {
                match self {
                    $(#[allow(unused_variables)] $pattern => String::from($message),)+
                    $(Self::$inner(inner) => inner.user_message(),)?
                }
            }
        }

        impl $crate::error::AuthError for $error {
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

            fn violations(&self) -> &[$crate::password::Violation] {
                $(if let Self::$rejected { violations } = self {
                    return violations;
                })?
                &[]
            }
        }
    };
}
pub(crate) use failure;
