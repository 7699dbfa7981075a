use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::challenge::Assurance;
use super::extra::Extra;
use crate::second_factor::TotpParams;
use crate::throttle::Attempts;
use crate::types::{Digest, Span, micros};

#[derive(Clone, Default, Deserialize, Serialize)]
pub(in crate::user) struct SecondFactor {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) totp: Option<StoredTotp>,
    /// Begun, and nothing until a code proves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) pending: Option<PendingTotp>,
    /// Those not used yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::user) recovery_codes: Vec<Digest>,
    /// When these were issued; `None` also if that was before it was written down.
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) codes_issued_at: Option<OffsetDateTime>,
    /// Kept apart by how the first step was proved, so that nobody slows another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::user) failures: Vec<Failures>,
    /// When the owner was last mailed about a wrong code after a right password.
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) warned_at: Option<OffsetDateTime>,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct StoredTotp {
    /// Sealed.
    pub(in crate::user) secret: Box<str>,
    pub(in crate::user) params: TotpParams,
    #[serde(with = "micros")]
    pub(in crate::user) enrolled_at: OffsetDateTime,
    /// The last step of which a code was accepted. None of it or of an earlier one is again.
    pub(in crate::user) last_step: u64,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct PendingTotp {
    pub(in crate::user) secret: Box<str>,
    pub(in crate::user) params: TotpParams,
    #[serde(flatten)]
    pub(in crate::user) span: Span,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct Failures {
    pub(in crate::user) assurance: Assurance,
    pub(in crate::user) attempts: Attempts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) forgiveness: Option<Forgiveness>,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

/// What right codes may still forgive, so that an owner who signs in often does not hand out guesses.
#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct Forgiveness {
    /// When the day began in which `left` failures may still be forgiven.
    #[serde(with = "micros")]
    pub(in crate::user) began_at: OffsetDateTime,
    pub(in crate::user) left: u32,
    /// How many of the oldest failures a right code came after: they are forgiven once they are a day old.
    #[serde(default)]
    pub(in crate::user) redeemed: u32,
    /// When the latest failures were, those that may be less than a day old: in microseconds since 1970. They are not forgiven.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::user) recent: Vec<i64>,
}

impl SecondFactor {
    pub(in crate::user) fn is_empty(&self) -> bool {
        let Self { totp, pending, recovery_codes, codes_issued_at, failures, warned_at, extra } = self;
        totp.is_none()
            && pending.is_none()
            && recovery_codes.is_empty()
            && codes_issued_at.is_none()
            && failures.is_empty()
            && warned_at.is_none()
            && extra.is_empty()
    }

    pub(in crate::user) fn is_on(&self) -> bool {
        self.totp.is_some()
    }

    pub(in crate::user) fn failures(&self, assurance: Assurance) -> Option<&Failures> {
        self.failures.iter().find(|failures| failures.assurance == assurance)
    }
}
