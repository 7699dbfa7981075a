use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::extra::Extra;
use crate::types::{Digest, Email, Epoch, Span, micros};

/// Changes of the address: asked for, and made.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(in crate::user) struct EmailChanges {
    /// Asked for and not confirmed yet, the earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::user) pending: Vec<PendingEmail>,
    /// What takes back a change that its owner made, the earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::user) undo: Vec<EmailUndo>,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

/// A change that the new address has to confirm.
#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct PendingEmail {
    pub(in crate::user) digest: Digest,
    /// As typed.
    pub(in crate::user) email: Email,
    /// It ends with this epoch, also in a release that does not know it.
    pub(in crate::user) epoch: Epoch,
    #[serde(flatten)]
    pub(in crate::user) span: Span,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

/// The way back from a change.
#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct EmailUndo {
    pub(in crate::user) digest: Digest,
    /// The address before, as typed.
    pub(in crate::user) email: Email,
    /// From the change on.
    #[serde(flatten)]
    pub(in crate::user) span: Span,
    /// When the authenticator that was on then had been enrolled, which names it.
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) factor: Option<OffsetDateTime>,
    /// The same of the recovery codes. `None` also for those that are older than this field.
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) recovery_codes: Option<OffsetDateTime>,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

impl EmailChanges {
    pub(in crate::user) fn is_empty(&self) -> bool {
        let Self { pending, undo, extra } = self;
        pending.is_empty() && undo.is_empty() && extra.is_empty()
    }

    /// Voids everything.
    pub(in crate::user) fn void(&mut self) {
        (self.pending, self.undo) = (Vec::new(), Vec::new());
    }
}
