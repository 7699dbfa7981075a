use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::extra::Extra;
use crate::types::{DeviceId, Digest, Span, micros};

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::user) enum StoredGrade {
    Known,
    Remembered,
}

/// A device as it is stored. What its owner sees of it is a [`Device`].
#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct StoredDevice {
    pub(in crate::user) id: DeviceId,
    pub(in crate::user) digest: Digest,
    pub(in crate::user) grade: StoredGrade,
    #[serde(with = "micros")]
    pub(in crate::user) granted_at: OffsetDateTime,
    /// When a code was right on it, of the second factor that is on now.
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) factor_proved_at: Option<OffsetDateTime>,
    /// Until when no code is asked for on it.
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) factor_expires_at: Option<OffsetDateTime>,
    /// Granted by confirming a reset: gone with the temporary password unless its holder goes on to sign in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::user) provisional: bool,
    /// From the last use on, so that a device in use never expires.
    #[serde(flatten)]
    pub(in crate::user) span: Span,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}
