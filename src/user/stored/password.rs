use core::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::extra::Extra;
use crate::hashing::StoredHash;
use crate::types::{Digest, Span, Version, micros};
use crate::user::fresh::Fresh;

#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct StoredPassword {
    /// Names the password: it stays when the hash is replaced by another one of the same password.
    pub(in crate::user) id: Version,
    pub(in crate::user) hash: StoredHash,
    /// The hash came from another system, which may have hashed the text as it was typed. A release that does not know this
    /// keeps it among `extra`, and tries the canonical form alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::user) imported: bool,
    #[serde(with = "micros")]
    pub(in crate::user) set_at: OffsetDateTime,
    /// An operator asked for a change at the next sign-in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::user) change_required: bool,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct StoredTemporary {
    pub(in crate::user) digest: Digest,
    #[serde(flatten)]
    pub(in crate::user) span: Span,
    pub(in crate::user) origin: TemporaryOrigin,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

/// What a temporary password was issued for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::user) enum TemporaryOrigin {
    Welcome,
    Reset,
}

impl StoredPassword {
    pub(in crate::user) fn new(hash: StoredHash, now: OffsetDateTime, fresh: &Fresh) -> Self {
        Self { id: fresh.version, hash, imported: false, set_at: now, change_required: false, extra: Extra::new() }
    }
}

impl StoredTemporary {
    pub(in crate::user) fn new(
        digest: Digest,
        origin: TemporaryOrigin,
        lifetime: Duration,
        now: OffsetDateTime,
    ) -> Self {
        Self { digest, span: Span::starting(now, lifetime), origin, extra: Extra::new() }
    }
}

impl TemporaryOrigin {
    pub(in crate::user) fn is_reset(self) -> bool {
        self == Self::Reset
    }
}
