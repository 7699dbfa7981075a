//! What is stored of a user. Every nested struct keeps the fields it does not know, so that an older release which loads
//! and stores a user loses nothing that a newer one wrote.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::challenge::StoredChallenge;
use super::device::StoredDevice;
use super::reset::ResetState;
use super::second_factor::SecondFactor;
use crate::account::UserStatus;
use crate::hashing::StoredHash;
use crate::types::{Digest, Epoch, Span, Version, micros};

/// Fields of a newer release.
pub(super) type Extra = Map<String, Value>;

#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Document {
    pub(super) status: UserStatus,
    pub(super) epoch: Epoch,
    #[serde(with = "micros")]
    pub(super) created_at: OffsetDateTime,
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    pub(super) last_sign_in_at: Option<OffsetDateTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) password: Option<StoredPassword>,
    /// Hashes of earlier passwords, the latest first; kept only if the policy looks back further than the current one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) earlier_passwords: Vec<StoredHash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) temporary: Option<StoredTemporary>,
    #[serde(default, skip_serializing_if = "ResetState::is_empty")]
    pub(super) reset: ResetState,
    #[serde(default, skip_serializing_if = "SecondFactor::is_empty")]
    pub(super) second_factor: SecondFactor,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) challenges: Vec<StoredChallenge>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) devices: Vec<StoredDevice>,
    #[serde(flatten)]
    pub(super) extra: Extra,
}

#[derive(Clone, Deserialize, Serialize)]
pub(super) struct StoredPassword {
    /// Names the password: it stays when the hash is replaced by another one of the same password.
    pub(super) id: Version,
    pub(super) hash: StoredHash,
    #[serde(with = "micros")]
    pub(super) set_at: OffsetDateTime,
    /// An operator asked for a change at the next sign-in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) change_required: bool,
    #[serde(flatten)]
    pub(super) extra: Extra,
}

#[derive(Clone, Deserialize, Serialize)]
pub(super) struct StoredTemporary {
    pub(super) digest: Digest,
    #[serde(flatten)]
    pub(super) span: Span,
    pub(super) origin: TemporaryOrigin,
    #[serde(flatten)]
    pub(super) extra: Extra,
}

/// What a temporary password was issued for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TemporaryOrigin {
    Welcome,
    Reset,
}
