use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::any_release::OfAnyRelease;
use super::extra::Extra;
use crate::session::Authentication;
use crate::sharing::ShortId;
use crate::types::{DeviceId, Digest, Span, micros};

/// How a first step was proved. Challenges and wrong codes are kept apart by it, so that somebody who merely knows a
/// password evicts or slows nothing of somebody who proved more.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Assurance {
    /// The password, from a browser that nobody knows.
    Password,
    /// The password, from a browser on which a code was right before.
    KnownDevice,
    /// A temporary password or a reset link: the mailbox.
    TemporaryPassword,
    /// A session: somebody who is signed in is asked again.
    Session,
}

#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct StoredChallenge {
    pub(in crate::user) digest: Digest,
    /// The one step it is good for.
    pub(in crate::user) step: NextStep,
    pub(in crate::user) assurance: Assurance,
    /// What was proved so far, and when.
    #[serde(default, skip_serializing_if = "OfAnyRelease::is_empty")]
    pub(in crate::user) methods: OfAnyRelease<Authentication>,
    /// Whether the second factor is dealt with: proved, or not asked of this browser.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::user) factor_passed: bool,
    /// The known device that the sign-in began on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) device: Option<DeviceId>,
    /// The user asked to be kept signed in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::user) kept: bool,
    /// When the first proof was given, if that was before this challenge was issued.
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) began_at: Option<OffsetDateTime>,
    /// The digest of the client address at the first step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) address: Option<ShortId>,
    /// The host's label for the session to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) label: Option<Box<str>>,
    #[serde(flatten)]
    pub(in crate::user) span: Span,
    #[serde(default)]
    pub(in crate::user) tries: u32,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::user) enum NextStep {
    SecondFactor,
    ChangePassword,
    Enroll,
}

impl StoredChallenge {
    /// When the sign-in began.
    pub(in crate::user) fn began_at(&self) -> OffsetDateTime {
        self.began_at.unwrap_or(self.span.issued_at)
    }
}
