use core::time::Duration;

use super::AuthError;
use crate::password::Violation;
use crate::types::{Site, SupportContact};

/// A failure as shown to the end user on a page or by an API. Safe to show to unauthenticated clients.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ErrorResponse {
    /// A stable `snake_case` code, for clients and translations.
    pub code: &'static str,
    /// The matching HTTP status.
    pub http_status: u16,
    /// How long to wait before retrying, if waiting helps.
    pub retry_after: Option<Duration>,
    /// The message to show, in English.
    pub message: String,
    /// The rules that a rejected new password breaks, to be marked in the list above the field; otherwise empty.
    pub violations: Vec<Violation>,
    /// The contact to offer to the user.
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
