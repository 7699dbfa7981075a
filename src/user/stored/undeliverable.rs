use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::extra::Extra;
use crate::types::micros;

/// The address was reported as one that mail does not reach.
#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct StoredUndeliverable {
    #[serde(with = "micros")]
    pub(in crate::user) since: OffsetDateTime,
    /// Its name, which may be one of a newer release.
    pub(in crate::user) reason: Box<str>,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}
