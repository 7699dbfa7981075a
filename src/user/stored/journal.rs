use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::extra::Extra;
use crate::types::micros;

/// Where the journal of this user ends. Kept with the account, so that the guard of its version numbers the entries.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(in crate::user) struct StoredJournal {
    /// The number of the last entry.
    pub(in crate::user) entries: u64,
    /// Its digest, where entries are chained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) digest: Option<Box<str>>,
    /// The failures that were entered in the period under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) failures: Option<EnteredFailures>,
    /// The instants of the latest tries to sign in that must not be entered as failures: they were, or they succeeded. The buckets
    /// that noted them may still hold them.
    #[serde(with = "micros::several", default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::user) settled_tries: Vec<OffsetDateTime>,
    /// Since when the account has its address, if it was corrected. Earlier tries were somebody else's.
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) addressed_at: Option<OffsetDateTime>,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
pub(in crate::user) struct EnteredFailures {
    #[serde(with = "micros")]
    pub(in crate::user) since: OffsetDateTime,
    pub(in crate::user) entered: u32,
}
