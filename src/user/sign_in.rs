//! From a proof to the next step: a session, or what has to come before it.

use time::OffsetDateTime;

use super::challenge::NextStep;
use super::document::Document;
use super::password::Judged;
use super::{ChallengeLimits, DeviceLimits, Fresh, Method, Proof, Session, ShownDevice, User};
use crate::crypto::StoredHash;
use crate::types::{Challenge, DeviceToken, Digest};

/// What a proof led to, and the state that records it. The first is worth nothing until the second is stored.
pub(crate) struct Passed {
    pub(crate) step: Step,
    pub(crate) user: User,
}

/// The next step of a sign-in.
pub(crate) enum Step {
    Complete { session: Session, device: Option<DeviceToken> },
    ChangePassword(Challenge),
}

impl User {
    /// Whether the typed text, digested, is the live temporary password. The same work for every user.
    pub(crate) fn matches_temporary(&self, typed: &Digest, now: OffsetDateTime) -> bool {
        // A user without one is compared with the digest of nothing: 256 random bits would have to hash to it.
        let stored = self.document.temporary.as_ref();
        let alive = stored.is_some_and(|temporary| temporary.span.is_alive(now));
        let digest = stored.map_or(Digest::new([0; 32]), |temporary| temporary.digest);
        bool::from(digest.ct_eq(typed)) && alive && self.is_active()
    }

    /// The digest of the live temporary password, which may not become the own one.
    pub(crate) fn temporary_digest(&self) -> Option<&Digest> {
        self.document.temporary.as_ref().map(|temporary| &temporary.digest)
    }

    /// The live temporary password leads to the forced change. It stays valid until that change is accepted.
    pub(crate) fn sign_in_with_temporary(
        &self,
        typed: &Digest,
        limits: &ChallengeLimits,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Option<Passed> {
        self.matches_temporary(typed, now)
            .then(|| self.challenged(NextStep::ChangePassword, Proof::TemporaryPassword, limits, now, fresh, |_| {}))
    }

    /// The right password leads to a session, or to a change that is due. `None` if the verdict is about another state.
    #[allow(clippy::too_many_arguments)] // all are inputs of one decision; a struct would only rename them
    pub(crate) fn sign_in_with_password(
        &self,
        judged: &Judged,
        rehashed: Option<&StoredHash>,
        shown: Option<&ShownDevice>,
        challenges: &ChallengeLimits,
        devices: &DeviceLimits,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Option<Passed> {
        if !judged.holds_for(self) {
            return None;
        }
        let rehash = |document: &mut Document| document.rehash(judged, rehashed);
        if self.document.password.as_ref().is_some_and(|password| password.change_required) {
            return Some(self.challenged(NextStep::ChangePassword, Proof::Password, challenges, now, fresh, rehash));
        }
        let mut device = None;
        let user = self.next(fresh, |document| {
            rehash(document);
            device = document.remember_device(&self.id, shown, devices, now, fresh);
            document.last_sign_in_at = Some(now);
        });
        let session = Session::new(self.id.clone(), user.epoch(), now, &[Method::Password]);
        Some(Passed { step: Step::Complete { session, device }, user })
    }

    pub(super) fn challenged(
        &self,
        step: NextStep,
        proof: Proof,
        limits: &ChallengeLimits,
        now: OffsetDateTime,
        fresh: &Fresh,
        also: impl FnOnce(&mut Document),
    ) -> Passed {
        let mut issued = None;
        let user = self.next(fresh, |document| {
            also(document);
            issued = Some(document.add_challenge(&self.id, step, proof, limits, now, fresh));
        });
        let challenge = issued.expect("`next` calls its function exactly once");
        Passed { step: Step::ChangePassword(challenge), user }
    }
}
