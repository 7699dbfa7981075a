//! Enrolling an authenticator, replacing recovery codes, turning the second factor off.

use core::time::Duration;

use time::OffsetDateTime;

use super::codes::AcceptedCode;
use super::fresh::Fresh;
use super::owed_mail::Notice;
use super::session::OpenSession;
use super::state::User;
use super::stored::{Document, Extra, PendingTotp, SecondFactor, StoredTotp};
use crate::second_factor::TotpParams;
use crate::session::AuthMethod;
use crate::types::{Digest, Span, after};

/// A new authenticator as it is stored, sealed.
#[derive(Clone)]
pub(crate) struct NewTotp {
    pub(crate) secret: Box<str>,
    pub(crate) params: TotpParams,
}

/// What an account has of a second factor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Enrolled {
    pub(crate) at: OffsetDateTime,
    pub(crate) recovery_codes: usize,
}

impl User {
    /// Whether a code is asked for at sign-in.
    pub(crate) fn has_second_factor(&self) -> bool {
        self.document.second_factor.is_on()
    }

    pub(crate) fn enrolled(&self) -> Option<Enrolled> {
        let SecondFactor { totp, recovery_codes, .. } = &self.document.second_factor;
        totp.as_ref().map(|totp| Enrolled { at: totp.enrolled_at, recovery_codes: recovery_codes.len() })
    }

    /// An authenticator is begun. It changes nothing until a code proves it; one begun before gives way.
    pub(crate) fn begin_enrollment(
        &self,
        new: NewTotp,
        lifetime: Duration,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> User {
        self.next(fresh, |document| {
            let NewTotp { secret, params } = new;
            let span = Span::starting(now, lifetime);
            document.second_factor.pending = Some(PendingTotp { secret, params, span, extra: Extra::new() });
        })
    }

    /// Whether an authenticator was begun and can still be confirmed.
    pub(crate) fn has_pending_totp(&self, now: OffsetDateTime) -> bool {
        self.document.second_factor.pending.as_ref().is_some_and(|pending| pending.span.is_alive(now))
    }

    /// The authenticator that was begun becomes the user's own; every other session ends.
    pub(crate) fn confirm_enrollment(
        &self,
        session: &OpenSession,
        proving: &AcceptedCode,
        recovery_codes: Vec<Digest>,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> (OpenSession, User) {
        self.next_with(fresh, |document| {
            document.enroll(proving, recovery_codes, now);
            document.end_sessions(fresh);
            document.mark_factor_proved(session.device(), now);
            document.prove_session(session, AuthMethod::Totp, now, fresh)
        })
    }

    /// Without a second factor; every session ends.
    pub(crate) fn without_second_factor(&self, fresh: &Fresh) -> User {
        self.next(fresh, |document| {
            document.drop_second_factor(fresh);
            document.mail(Notice::SecondFactorDisabled { by_operator: true });
        })
    }

    /// The user turns the second factor off; every other session ends.
    pub(crate) fn disable_second_factor(
        &self,
        session: &OpenSession,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> (OpenSession, User) {
        self.next_with(fresh, |document| {
            document.drop_second_factor(fresh);
            document.mail(Notice::SecondFactorDisabled { by_operator: false });
            document.renew_session(session, None, session.device(), now, fresh)
        })
    }

    /// New recovery codes in place of all before; every other session ends.
    pub(crate) fn with_recovery_codes(
        &self,
        session: &OpenSession,
        digests: Vec<Digest>,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> (OpenSession, User) {
        self.next_with(fresh, |document| {
            document.second_factor.issue_recovery_codes(digests, now);
            document.mail(Notice::RecoveryCodesRegenerated);
            document.forget_proofs_of_the_factor();
            document.end_sessions(fresh);
            // A code was just given in this session.
            document.mark_factor_proved(session.device(), now);
            document.renew_session(session, None, session.device(), now, fresh)
        })
    }

    /// The same with the secrets of the authenticator, and of one that was begun, in the seals that the function puts in place
    /// of theirs. `None` if it leaves both as they are.
    pub(crate) fn with_totp_secrets_kept(
        &self,
        mut keep: impl FnMut(&str) -> Option<Box<str>>,
        fresh: &Fresh,
    ) -> Option<User> {
        let SecondFactor { totp, pending, .. } = &self.document.second_factor;
        let enrolled = totp.as_ref().and_then(|totp| keep(&totp.secret));
        let begun = pending.as_ref().and_then(|pending| keep(&pending.secret));
        (enrolled.is_some() || begun.is_some()).then(|| {
            self.next(fresh, |document| {
                let SecondFactor { totp, pending, .. } = &mut document.second_factor;
                if let (Some(totp), Some(kept)) = (totp, enrolled) {
                    totp.secret = kept;
                }
                if let (Some(pending), Some(kept)) = (pending, begun) {
                    pending.secret = kept;
                }
            })
        })
    }
}

/// When something was issued that takes the place of what was issued `before`. The instants name the two, so they differ.
fn told_apart(now: OffsetDateTime, before: Option<OffsetDateTime>) -> OffsetDateTime {
    if before == Some(now) { after(now, Duration::from_micros(1)) } else { now }
}

impl SecondFactor {
    /// What was begun before a change of the credentials is not to be finished after it.
    pub(super) fn forget_what_was_begun(&mut self) {
        self.pending = None;
    }

    fn issue_recovery_codes(&mut self, digests: Vec<Digest>, now: OffsetDateTime) {
        self.codes_issued_at = Some(told_apart(now, self.codes_issued_at));
        self.recovery_codes = digests;
    }
}

impl Document {
    fn drop_second_factor(&mut self, fresh: &Fresh) {
        self.forget_second_factor();
        self.end_sessions(fresh);
    }

    /// Neither an authenticator nor recovery codes are left.
    pub(super) fn forget_second_factor(&mut self) {
        self.second_factor = SecondFactor { extra: self.second_factor.extra.clone(), ..Default::default() };
        self.forget_proofs_of_the_factor();
    }

    /// Makes the authenticator that was begun the user's own. The step that proved it is used up.
    pub(super) fn enroll(&mut self, proving: &AcceptedCode, recovery_codes: Vec<Digest>, now: OffsetDateTime) {
        if let Some(PendingTotp { secret, params, extra, .. }) = self.second_factor.pending.take() {
            let before = self.second_factor.totp.as_ref().map(|totp| totp.enrolled_at);
            let enrolled_at = told_apart(now, before);
            self.second_factor.totp = Some(StoredTotp { secret, params, enrolled_at, last_step: 0, extra });
            self.second_factor.issue_recovery_codes(recovery_codes, now);
        }
        self.accept(proving);
        self.mail(Notice::SecondFactorEnabled);
        self.forget_proofs_of_the_factor();
    }
}
