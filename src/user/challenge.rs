//! Challenges: what stands between one step of a sign-in and the next.

use core::time::Duration;

use time::OffsetDateTime;

use super::fresh::Fresh;
use super::progress::Progress;
use super::session_limits::SessionWish;
use super::state::User;
use super::stored::{Document, Extra, NextStep, StoredChallenge};
use crate::crypto::{Purpose, sha256};
use crate::types::{Digest, Span, Token, UserId};

/// Bounds on challenges.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChallengeLimits {
    pub(crate) lifetime: Duration,
    /// How many of one class may be outstanding. A new one evicts the oldest of its class.
    pub(crate) per_class: usize,
    pub(crate) tries: u32,
    /// Sign-ins that began before it are over.
    pub(crate) not_before: Option<OffsetDateTime>,
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
        proved: &Progress,
        limits: &ChallengeLimits,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Token {
        let assurance = proved.assurance;
        let token = Token::new(user_id.clone(), fresh.secret.clone());
        self.challenges.retain(|challenge| challenge.span.is_alive(now));
        while self.challenges.iter().filter(|other| other.assurance == assurance).count() >= limits.per_class.max(1) {
            let oldest = self.challenges.iter().position(|other| other.assurance == assurance);
            oldest.map(|index| self.challenges.remove(index));
        }
        self.challenges.push(StoredChallenge {
            digest: digest(user_id, &token),
            step,
            assurance,
            methods: proved.methods.clone().into(),
            factor_passed: proved.factor_passed,
            device: proved.device.as_ref().map(|device| device.id),
            kept: proved.wish.kept,
            began_at: Some(proved.began_at).filter(|began_at| *began_at != now),
            address: proved.wish.address,
            label: proved.wish.label.clone(),
            span: Span::starting(now, limits.lifetime),
            tries: 0,
            extra: Extra::new(),
        });
        token
    }

    /// Counts one try against a challenge.
    pub(super) fn count_try(&mut self, user_id: &UserId, token: &Token) {
        let shown = digest(user_id, token);
        for stored in self.challenges.iter_mut().filter(|stored| stored.digest.ct_eq(&shown).into()) {
            stored.tries = stored.tries.saturating_add(1);
        }
    }

    /// A challenge is used up.
    pub(super) fn consume(&mut self, user_id: &UserId, token: &Token) {
        let shown = digest(user_id, token);
        self.challenges.retain(|stored| !bool::from(stored.digest.ct_eq(&shown)));
    }
}

impl User {
    fn challenge(
        &self,
        token: &Token,
        step: NextStep,
        limits: &ChallengeLimits,
        now: OffsetDateTime,
    ) -> Option<&StoredChallenge> {
        let shown = digest(&self.id, token);
        let found = self.document.challenges.iter().find(|stored| bool::from(stored.digest.ct_eq(&shown)))?;
        let usable = self.is_active()
            && token.user_id == self.id
            && found.step == step
            // An authenticator may have been enrolled since the challenge was issued.
            && (step != NextStep::ChangePassword || found.factor_passed || !self.has_second_factor())
            && found.span.is_alive(now)
            && limits.not_before.is_none_or(|not_before| found.began_at() >= not_before)
            && found.tries < limits.tries;
        usable.then_some(found)
    }

    fn proved_by(
        &self,
        token: &Token,
        step: NextStep,
        limits: &ChallengeLimits,
        now: OffsetDateTime,
    ) -> Option<Progress> {
        let found = self.challenge(token, step, limits, now)?;
        let device = found.device.and_then(|id| self.known_device(id, now));
        let (assurance, methods, factor_passed) = (found.assurance, found.methods.known.clone(), found.factor_passed);
        let wish = SessionWish { kept: found.kept, label: found.label.clone(), address: found.address };
        Some(Progress { assurance, methods, factor_passed, device, wish, began_at: found.began_at() })
    }

    /// What was proved before, if the challenge still asks for a code.
    pub(crate) fn second_factor_challenge(
        &self,
        token: &Token,
        limits: &ChallengeLimits,
        now: OffsetDateTime,
    ) -> Option<Progress> {
        self.proved_by(token, NextStep::SecondFactor, limits, now).filter(|_| self.has_second_factor())
    }

    /// What was proved before, if the challenge still opens the choice of a password.
    pub(crate) fn password_change_challenge(
        &self,
        token: &Token,
        limits: &ChallengeLimits,
        now: OffsetDateTime,
    ) -> Option<Progress> {
        self.proved_by(token, NextStep::ChangePassword, limits, now)
    }

    /// What was proved before, if the challenge still leads to enrolling an authenticator.
    pub(crate) fn enrollment_challenge(
        &self,
        token: &Token,
        limits: &ChallengeLimits,
        now: OffsetDateTime,
    ) -> Option<Progress> {
        self.proved_by(token, NextStep::Enroll, limits, now).filter(|_| !self.has_second_factor())
    }

    /// Counts one try against the challenge, before the hash it costs is computed.
    pub(crate) fn count_challenge_try(&self, token: &Token, fresh: &Fresh) -> User {
        self.next(fresh, |document| document.count_try(&self.id, token))
    }
}
