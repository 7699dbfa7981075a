use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::extra::Extra;
use crate::types::{Digest, Span, micros};

/// The owner has asked for the deletion of the account. It counts only while the account is deactivated.
#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct StoredDeletion {
    #[serde(with = "micros")]
    pub(in crate::user) requested_at: OffsetDateTime,
    /// Of the link that undoes it.
    pub(in crate::user) link: Digest,
    /// From when the link was made until it ends, and the account with it.
    #[serde(flatten)]
    pub(in crate::user) span: Span,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}
