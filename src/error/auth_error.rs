use core::time::Duration;

use crate::password::Violation;

/// What all errors of the flows have in common, for a host that answers them in one place
/// ([`Auth::error_response`](crate::Auth::error_response)). Every error has these as methods of its own too.
pub trait AuthError: std::error::Error + Send + Sync + 'static {
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

/// Implements [`AuthError`] and methods of the same names from one table.
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
