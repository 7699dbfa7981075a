use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::any_release::OfAnyRelease;
use super::extra::Extra;
use crate::session::Authentication;
use crate::sharing::ShortId;
use crate::types::{DeviceId, Digest, Epoch, SessionId, micros};

/// The open sessions of one epoch. A release that does not know them and starts a new epoch ends them all the same.
#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct StoredSessions {
    pub(in crate::user) epoch: Epoch,
    pub(in crate::user) open: Vec<StoredSession>,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

/// A session as it is stored. What is shown of it is a [`Session`](crate::session::Session).
#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct StoredSession {
    pub(in crate::user) id: SessionId,
    pub(in crate::user) digest: Digest,
    #[serde(with = "micros")]
    pub(in crate::user) signed_in_at: OffsetDateTime,
    #[serde(with = "micros")]
    pub(in crate::user) last_seen_at: OffsetDateTime,
    /// When the first proof of its sign-in was given, if that was earlier.
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) began_at: Option<OffsetDateTime>,
    #[serde(default, skip_serializing_if = "OfAnyRelease::is_empty")]
    pub(in crate::user) methods: OfAnyRelease<Authentication>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) device: Option<DeviceId>,
    /// The user asked to be kept signed in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::user) kept: bool,
    /// The digest of the client address at the sign-in, for uses whose address is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) address: Option<ShortId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) label: Option<Box<str>>,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}
