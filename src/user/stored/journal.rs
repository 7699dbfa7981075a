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
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
pub(in crate::user) struct EnteredFailures {
    #[serde(with = "micros")]
    pub(in crate::user) since: OffsetDateTime,
    pub(in crate::user) entered: u32,
}
