use core::time::Duration;

use crate::error::Failure;
use crate::policy::Violation;
use crate::types::{Site, Support};

/// A failure as a page or an API tells it to the end user. It holds nothing that a stranger may not know.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Refusal {
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
    pub support: Support,
}

impl Refusal {
    pub(super) fn new(failure: &dyn Failure, site: &Site) -> Self {
        Self {
            code: failure.code(),
            http_status: failure.http_status(),
            retry_after: failure.retry_after(),
            message: failure.user_message(),
            violations: failure.violations().to_vec(),
            support: site.support().clone(),
        }
    }
}
