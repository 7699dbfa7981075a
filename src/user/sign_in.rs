//! From a proof to the next step: a session, or what has to come before it.

use core::time::Duration;

use time::OffsetDateTime;

use super::challenge::ChallengeLimits;
use super::codes::AcceptedCode;
use super::device::{DeviceLimits, Evicts, ShownDevice};
use super::fresh::Fresh;
use super::judged::{Judged, Replacement};
use super::owed_mail::Notice;
use super::progress::Progress;
use super::reset::Recovery;
use super::session::OpenSession;
use super::session_limits::{SessionLimits, SessionWish};
use super::state::User;
use super::stored::{Assurance, Document, NextStep};
use crate::session::AuthMethod;
use crate::sharing::SharingSigns;
use crate::types::{Digest, NewDeviceNotice, Token};

/// The settings that apply to every sign-in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignInRules {
    pub(crate) challenges: ChallengeLimits,
    pub(crate) devices: DeviceLimits,
    pub(crate) sessions: SessionLimits,
    /// Whether there is no session without a second factor.
    pub(crate) second_factor_required: bool,
    pub(crate) new_device_notice: NewDeviceNotice,
}

/// What a proof led to, and the state that records it. The first is worth nothing until the second is stored.
pub(crate) struct Passed {
    pub(crate) step: Step,
    pub(crate) user: User,
}

/// The next step of a sign-in.
#[allow(clippy::large_enum_variant)] // one on the stack at a time
pub(crate) enum Step {
    Complete(Completed),
    SecondFactor(Token),
    ChangePassword(Token),
    Enroll(Token),
}

/// A session, and what its browser is from now on.
pub(crate) struct Completed {
    pub(crate) session: OpenSession,
    pub(crate) device: Option<Token>,
    /// Whether the browser was not known before.
    pub(crate) is_new_device: bool,
    /// To be reported: the account looks shared.
    pub(crate) shared: Option<SharingSigns>,
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

    /// What the live temporary password proves. It stays valid until the forced change is accepted.
    pub(crate) fn proved_by_temporary(
        &self,
        typed: &Digest,
        shown: Option<&ShownDevice>,
        wish: &SessionWish,
        now: OffsetDateTime,
    ) -> Option<Progress> {
        self.matches_temporary(typed, now).then(|| Progress::by_temporary_password(shown, wish.clone(), now))
    }

    /// What a right password proves. `None` if the verdict is about another state.
    pub(crate) fn proved_by_password(
        &self,
        judged: &Judged,
        shown: Option<&ShownDevice>,
        wish: &SessionWish,
        now: OffsetDateTime,
    ) -> Option<Progress> {
        judged.holds_for(self).then(|| Progress::by_password(shown, wish.clone(), now))
    }

    /// The next step after what was proved, with a hash to put in place of the one that was judged.
    #[allow(clippy::too_many_arguments)] // all are inputs of one decision; a struct would only rename them
    pub(crate) fn sign_in_with_password(
        &self,
        proved: Progress,
        judged: &Judged,
        rehashed: Option<&Replacement>,
        accepted: Option<&AcceptedCode>,
        rules: &SignInRules,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Passed {
        self.advance(proved, rules, now, fresh, |document| {
            document.rehash(judged, rehashed);
            if let Some(accepted) = accepted {
                document.accept(accepted);
            }
        })
    }

    /// The next step after the temporary password, and after a code if one was given with it.
    pub(crate) fn sign_in_with_temporary(
        &self,
        proved: Progress,
        accepted: Option<&AcceptedCode>,
        rules: &SignInRules,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Passed {
        self.advance(proved, rules, now, fresh, |document| {
            if let Some(mailed_at) = document.temporary.as_ref().map(|temporary| temporary.span.issued_at) {
                document.mail_arrived(mailed_at, now);
            }
            if let Some(accepted) = accepted {
                document.accept(accepted);
            }
        })
    }

    /// The next step after a right code for a challenge, which is used up. The browser may be remembered for so long.
    #[allow(clippy::too_many_arguments)] // as above
    pub(crate) fn pass_second_factor(
        &self,
        challenge: &Token,
        proved: Progress,
        accepted: &AcceptedCode,
        remember: Option<Duration>,
        rules: &SignInRules,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Passed {
        let mut passed = self.advance(proved.and(accepted.method(), now), rules, now, fresh, |document| {
            document.consume(&self.id, challenge);
            document.accept(accepted);
        });
        if let (Step::Complete(Completed { session, .. }), Some(lifetime)) = (&passed.step, remember)
            && let Some(id) = session.device()
        {
            passed.user = passed.user.next(fresh, |document| document.remember_factor(id, lifetime, now));
        }
        passed
    }

    /// The next step after the authenticator that a policy demands was proved by its first code.
    #[allow(clippy::too_many_arguments)] // as above
    pub(crate) fn enroll_by_challenge(
        &self,
        challenge: &Token,
        proved: Progress,
        proving: &AcceptedCode,
        recovery_codes: Vec<Digest>,
        rules: &SignInRules,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Passed {
        self.advance(proved.and(AuthMethod::Totp, now), rules, now, fresh, |document| {
            document.consume(&self.id, challenge);
            document.enroll(proving, recovery_codes, now);
            document.end_sessions(fresh);
        })
    }

    /// What comes next: a code, if one is asked for and not given; the choice of a password, if it was a temporary one or a
    /// change is due; an authenticator, if the policy demands one; else a session.
    pub(super) fn advance(
        &self,
        proved: Progress,
        rules: &SignInRules,
        now: OffsetDateTime,
        fresh: &Fresh,
        also: impl FnOnce(&mut Document),
    ) -> Passed {
        let (step, user) = self.next_with(fresh, |document| {
            also(document);
            document.next_step(self, proved, rules, now, fresh)
        });
        Passed { step, user }
    }
}

impl User {
    /// Whether there is a session once a code is right too, and all places for sessions are taken.
    pub(crate) fn refuses_session_after_code(
        &self,
        proved: &Progress,
        rules: &SignInRules,
        now: OffsetDateTime,
    ) -> bool {
        let device = proved.device.as_ref().map(|device| device.id);
        !self.document.change_is_due(proved) && self.refuses_session(device, &rules.sessions, now)
    }
}

impl Document {
    /// Whether a password has to be chosen first: it was a temporary one, which is there until another was chosen, or a change is
    /// due.
    fn change_is_due(&self, proved: &Progress) -> bool {
        let by_temporary = proved.assurance == Assurance::TemporaryPassword && self.temporary.is_some();
        by_temporary || self.password.as_ref().is_none_or(|password| password.change_required)
    }

    fn next_step(
        &mut self,
        user: &User,
        proved: Progress,
        rules: &SignInRules,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Step {
        let change_due = self.change_is_due(&proved);
        let (step, issue): (_, fn(Token) -> Step) = if self.second_factor.is_on() && !proved.factor_passed {
            (NextStep::SecondFactor, Step::SecondFactor)
        } else if change_due {
            (NextStep::ChangePassword, Step::ChangePassword)
        } else if rules.second_factor_required && !self.second_factor.is_on() {
            (NextStep::Enroll, Step::Enroll)
        } else {
            return Step::Complete(self.complete(user, proved, rules, now, fresh));
        };
        issue(self.add_challenge(&user.id, step, &proved, &rules.challenges, now, fresh))
    }

    fn complete(
        &mut self,
        user: &User,
        proved: Progress,
        rules: &SignInRules,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Completed {
        let recovering = matches!(user.recovery(now), Recovery::Open { .. });
        let evicts = if recovering { Evicts::Dead } else { Evicts::Idle };
        let remembered = self.remember_device(&user.id, proved.device.as_ref(), &rules.devices, evicts, now, fresh);
        let id = remembered.as_ref().map(|device| device.id);
        if proved.methods.iter().any(|proven| proven.method.is_second_factor()) {
            self.mark_factor_proved(id, now);
        }
        self.last_sign_in_at = Some(now);
        // Also where all places are taken and it is not remembered.
        let is_new_device = proved.device.is_none();
        let notified = match rules.new_device_notice {
            NewDeviceNotice::Never => false,
            NewDeviceNotice::WithSecondFactor => self.second_factor.is_on(),
            NewDeviceNotice::Always => true,
        };
        if is_new_device && notified {
            self.mail(Notice::NewDevice);
        }
        let address = proved.wish.address;
        let session = self.open_session(&user.id, proved, id, &rules.sessions, now, fresh);
        let shared = self.sight(session.id(), id, address, &rules.sessions, now);
        Completed { session, device: remembered.and_then(|device| device.token), is_new_device, shared }
    }
}
