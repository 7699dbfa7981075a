//! Challenges: what stands between one step of a sign-in and the next.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::document::{Document, Extra, TemporaryOrigin};
use super::{Fresh, User};
use crate::crypto::{Purpose, sha256};
use crate::types::{Challenge, Digest, Span, Token, UserId};

/// Bounds on challenges.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChallengeLimits {
    pub(crate) lifetime: Duration,
    /// How many of one class may be outstanding. The oldest of the class gives way.
    pub(crate) per_class: usize,
    pub(crate) tries: u32,
}

/// How the first step of a sign-in was proved. Challenges are kept apart by it, so that somebody who merely knows a
/// password evicts nothing of somebody who proved the mailbox.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Proof {
    Password,
    TemporaryPassword,
}

#[derive(Clone, Deserialize, Serialize)]
pub(super) struct StoredChallenge {
    pub(super) digest: Digest,
    /// The one step it is good for.
    pub(super) step: NextStep,
    pub(super) proof: Proof,
    #[serde(flatten)]
    pub(super) span: Span,
    #[serde(default)]
    pub(super) tries: u32,
    #[serde(flatten)]
    pub(super) extra: Extra,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NextStep {
    ChangePassword,
}

pub(super) fn digest(user_id: &UserId, token: &Token) -> Digest {
    sha256(Purpose::Challenge, &[user_id.as_str().as_bytes(), token.secret.expose()])
}

impl Document {
    /// Adds a challenge; the oldest of its class gives way when there are too many. Expired ones go.
    pub(super) fn add_challenge(
        &mut self,
        user_id: &UserId,
        step: NextStep,
        proof: Proof,
        limits: &ChallengeLimits,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Challenge {
        let token = Token { user_id: user_id.clone(), secret: fresh.secret.clone() };
        self.challenges.retain(|challenge| challenge.span.is_alive(now));
        while self.challenges.iter().filter(|other| other.proof == proof).count() >= limits.per_class.max(1) {
            let oldest = self.challenges.iter().position(|other| other.proof == proof);
            oldest.map(|index| self.challenges.remove(index));
        }
        self.challenges.push(StoredChallenge {
            digest: digest(user_id, &token),
            step,
            proof,
            span: Span::starting(now, limits.lifetime),
            tries: 0,
            extra: Extra::new(),
        });
        Challenge(token)
    }
}

impl User {
    fn challenge(
        &self,
        token: &Challenge,
        step: NextStep,
        limits: &ChallengeLimits,
        now: OffsetDateTime,
    ) -> Option<&StoredChallenge> {
        let shown = digest(&self.id, &token.0);
        let found = self.document.challenges.iter().find(|stored| bool::from(stored.digest.ct_eq(&shown)))?;
        let usable = self.is_active()
            && token.0.user_id == self.id
            && found.step == step
            && found.span.is_alive(now)
            && found.tries < limits.tries;
        usable.then_some(found)
    }

    /// How step one was proved, if the challenge still opens the choice of a password.
    pub(crate) fn password_change_challenge(
        &self,
        token: &Challenge,
        limits: &ChallengeLimits,
        now: OffsetDateTime,
    ) -> Option<Proof> {
        self.challenge(token, NextStep::ChangePassword, limits, now).map(|found| found.proof)
    }

    /// Counts one try against the challenge, before the hash it costs is computed.
    pub(crate) fn count_challenge_try(&self, token: &Challenge, fresh: &Fresh) -> User {
        let shown = digest(&self.id, &token.0);
        self.next(fresh, |document| {
            for stored in document.challenges.iter_mut().filter(|stored| stored.digest.ct_eq(&shown).into()) {
                stored.tries = stored.tries.saturating_add(1);
            }
        })
    }
}

impl TemporaryOrigin {
    pub(super) fn is_reset(self) -> bool {
        self == Self::Reset
    }
}
