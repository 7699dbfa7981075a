use core::time::Duration;

use super::AuthError;
use crate::password::Violation;
use crate::types::{Site, SupportContact};

/// A failure as a page or an API tells it to the end user. It holds nothing that a stranger may not know.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ErrorResponse {
    /// A stable name in snake_case, for clients and translations.
    pub code: &'static str,
    /// The HTTP status that fits.
    pub http_status: u16,
    /// How long to wait before trying again, where waiting helps.
    pub retry_after: Option<Duration>,
    /// What to show, in English.
    pub message: String,
    /// The rules that a rejected new password broke, to be marked in the list above the field; otherwise none.
    pub violations: Vec<Violation>,
    /// Whom the user can turn to.
    pub support: SupportContact,
}

impl ErrorResponse {
    pub(crate) fn new(error: &dyn AuthError, site: &Site) -> Self {
        Self {
            code: error.code(),
            http_status: error.http_status(),
            retry_after: error.retry_after(),
            message: error.user_message(),
            violations: error.violations().to_vec(),
            support: site.support().clone(),
        }
    }
}
