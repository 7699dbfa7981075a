//! The second factor: an authenticator, recovery codes, and how often codes were wrong.
//!
//! Wrong codes are counted here and not in the attempt store: no idleness may make them forgotten, and a code is judged and
//! its outcome recorded by one write.

use core::time::Duration;

use time::OffsetDateTime;

use super::fresh::Fresh;
use super::state::User;
use super::stored::{Assurance, Document, Extra, Failures, PendingTotp, SecondFactor, StoredTotp};
use crate::account::{AuthMethod, Session};
use crate::crypto::{Keyring, Purpose, SecretFault, sha256};
use crate::second_factor::{RecoveryCodes, TypedCode};
use crate::second_factor::{TotpParams, TotpSecret};
use crate::throttle::{Attempts, Backoff, Charge, Spacing};
use crate::types::{Challenge, Digest, Span, UserId, Version, after};

/// How many wrong codes a right one forgives: the owner's own slips. To forgive all would hand whoever else guesses in that class a
/// fresh budget at every sign-in of the owner.
const FORGIVEN: u32 = 5;

/// Bounds on codes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodeLimits {
    pub(crate) backoff: Backoff,
    /// The number of wrong codes of one class at which an operator is to know of it.
    pub(crate) alarm_at: u32,
    /// From one notice of a wrong code to the next.
    pub(crate) notice_every: Duration,
}

/// The schedule of wrong codes. They are never forgotten by idleness.
struct CodeSpacing<'a>(&'a CodeLimits);

// Counting goes on past the alarm, so that it is given once.
impl Spacing for CodeSpacing<'_> {
    fn after(&self, count: u32) -> Duration {
        self.0.backoff.delay_after(count)
    }

    fn saturation(&self) -> u32 {
        self.0.backoff.saturation().max(self.0.alarm_at + 1)
    }

    fn remembered(&self, _count: u32) -> Duration {
        Duration::MAX
    }
}

/// What a code comes to. It counts only once what it says is stored.
pub(crate) enum CodeVerdict {
    Right(AcceptedCode),
    Wrong(WrongCode),
    /// The wait after the last wrong one is not over: it was not looked at.
    Early {
        retry_after: Duration,
    },
    /// The secret cannot be read, so that no code can be right. Nothing is counted: it is not the fault of whoever typed it.
    Unreadable(SecretFault),
    /// The same as too early, and the clock was set back: the wait counts from now.
    SetBack {
        rewritten: WrongCode,
        retry_after: Duration,
    },
}

/// A code that is right, and is used up by being stored as such.
#[derive(Clone)]
pub(crate) struct AcceptedCode {
    proof: Assurance,
    kind: AcceptedKind,
    /// The failures of its class that are left.
    left: Option<Attempts>,
}

#[derive(Clone)]
enum AcceptedKind {
    Totp { step: u64 },
    Recovery { digest: Digest },
}

impl AcceptedCode {
    /// For the decoy, who has a second factor that nobody proved.
    pub(super) fn of_no_step() -> Self {
        Self { proof: Assurance::Session, kind: AcceptedKind::Totp { step: 0 }, left: None }
    }

    pub(crate) fn method(&self) -> AuthMethod {
        match self.kind {
            AcceptedKind::Totp { .. } => AuthMethod::Totp,
            AcceptedKind::Recovery { .. } => AuthMethod::RecoveryCode,
        }
    }
}

/// A wrong code, counted.
pub(crate) struct WrongCode {
    proof: Assurance,
    attempts: Attempts,
    /// Whether the owner is to be told: somebody knows the password.
    pub(crate) warn: bool,
    /// Whether with this one there are so many that an operator is to know of it.
    pub(crate) alarms: bool,
}

/// A new authenticator as it is stored, sealed.
#[derive(Clone)]
pub(crate) struct NewTotp {
    pub(crate) secret: Box<str>,
    pub(crate) params: TotpParams,
}

/// What there is of a second factor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Enrolled {
    pub(crate) at: OffsetDateTime,
    pub(crate) recovery_codes: usize,
}

fn recovery_digest(user: &UserId, canonical: &str) -> Digest {
    sha256(Purpose::RecoveryCode, &[user.as_str().as_bytes(), canonical.as_bytes()])
}

/// Digests of new recovery codes, to be stored in place of them.
pub(crate) fn recovery_digests(user: &UserId, codes: &RecoveryCodes) -> Vec<Digest> {
    codes.expose().map(|code| recovery_digest(user, &crate::types::typed_leniently(code))).collect()
}

fn opened(
    sealed: &str,
    params: TotpParams,
    keyring: Option<&Keyring>,
    user: &UserId,
) -> Result<TotpSecret, SecretFault> {
    let keyring = keyring.ok_or(SecretFault::UnknownKey)?;
    let bytes = keyring.open(Purpose::SealedTotpSecret, user, sealed)?;
    Ok(TotpSecret::new(bytes, params))
}

fn unix_seconds(now: OffsetDateTime) -> u64 {
    u64::try_from(now.unix_timestamp()).unwrap_or(0)
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

    /// Judges a code of the second factor, given after that proof.
    pub(crate) fn judge_code(
        &self,
        proof: Assurance,
        typed: &TypedCode,
        keyring: Option<&Keyring>,
        limits: &CodeLimits,
        now: OffsetDateTime,
        version: Version,
    ) -> CodeVerdict {
        let factor = &self.document.second_factor;
        let before = factor.attempts(proof);
        let wrong = |attempts, warn, alarms| WrongCode { proof, attempts, warn, alarms };
        let counted = match Attempts::charge(before, &CodeSpacing(limits), now, version) {
            Charge::Early { retry_after } => return CodeVerdict::Early { retry_after },
            Charge::SetBack { rewritten, retry_after } => {
                return CodeVerdict::SetBack { rewritten: wrong(rewritten, false, false), retry_after };
            }
            Charge::Due(counted) => counted,
        };
        let found = match self.find_code(typed, keyring, now) {
            Ok(found) => found,
            Err(fault) => return CodeVerdict::Unreadable(fault),
        };
        match found {
            Some(kind) => {
                let spacing = CodeSpacing(limits);
                let left = before
                    .map(|attempts| attempts.refund(FORGIVEN, Duration::ZERO, &spacing, now, version))
                    .filter(|attempts| attempts.failures() > 0);
                CodeVerdict::Right(AcceptedCode { proof, kind, left })
            }
            None => {
                let told = factor.warned_at.filter(|at| *at <= now && now < after(*at, limits.notice_every));
                // On a known device the owner slips, but not more often than is free.
                let many = proof == Assurance::KnownDevice && counted.failures() > limits.backoff.free;
                let warn = (proof == Assurance::Password || many) && told.is_none();
                let alarms = counted.failures() == limits.alarm_at;
                CodeVerdict::Wrong(wrong(counted, warn, alarms))
            }
        }
    }

    /// What the code is, if it is one that works now.
    fn find_code(
        &self,
        typed: &TypedCode,
        keyring: Option<&Keyring>,
        now: OffsetDateTime,
    ) -> Result<Option<AcceptedKind>, SecretFault> {
        let SecondFactor { totp, recovery_codes, .. } = &self.document.second_factor;
        match typed {
            TypedCode::Authenticator(code) => {
                let Some(totp) = totp else { return Ok(None) };
                let secret = opened(&totp.secret, totp.params, keyring, &self.id)?;
                let step = secret.accepted_step(code, unix_seconds(now), Some(totp.last_step));
                Ok(step.map(|step| AcceptedKind::Totp { step }))
            }
            TypedCode::Recovery(code) => {
                let shown = recovery_digest(&self.id, code);
                // Every code is compared, whichever of them it is.
                let matching = recovery_codes.iter().filter(|digest| bool::from(digest.ct_eq(&shown)));
                let found = matching.fold(None, |_, digest| Some(*digest));
                Ok(found.filter(|_| totp.is_some()).map(|digest| AcceptedKind::Recovery { digest }))
            }
        }
    }

    /// The state in which a wrong code is counted, against a challenge too if it was given for one.
    pub(crate) fn count_wrong_code(
        &self,
        wrong: &WrongCode,
        challenge: Option<&Challenge>,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> User {
        self.next(fresh, |document| {
            document.second_factor.record(wrong, now);
            if let Some(challenge) = challenge {
                document.count_try(&self.id, challenge);
            }
        })
    }

    /// Why the secret of the authenticator cannot be read, if there is one that cannot.
    pub(crate) fn totp_fault(&self, keyring: Option<&Keyring>) -> Option<SecretFault> {
        let totp = self.document.second_factor.totp.as_ref()?;
        opened(&totp.secret, totp.params, keyring, &self.id).err()
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

    /// Judges the code by which the authenticator that was begun is to prove itself. The step it is of comes with a right one.
    pub(crate) fn judge_proving_code(
        &self,
        typed: &TypedCode,
        keyring: Option<&Keyring>,
        limits: &CodeLimits,
        now: OffsetDateTime,
        version: Version,
    ) -> CodeVerdict {
        let (proof, before) = (Assurance::Session, self.document.second_factor.attempts(Assurance::Session));
        let counted = |attempts| WrongCode { proof, attempts, warn: false, alarms: false };
        match Attempts::charge(before, &CodeSpacing(limits), now, version) {
            Charge::Early { retry_after } => CodeVerdict::Early { retry_after },
            Charge::SetBack { rewritten, retry_after } => {
                CodeVerdict::SetBack { rewritten: counted(rewritten), retry_after }
            }
            Charge::Due(attempts) => match self.proving_step(typed, keyring, now) {
                Ok(Some(step)) => {
                    CodeVerdict::Right(AcceptedCode { proof, kind: AcceptedKind::Totp { step }, left: None })
                }
                Ok(None) => CodeVerdict::Wrong(counted(attempts)),
                Err(fault) => CodeVerdict::Unreadable(fault),
            },
        }
    }

    fn proving_step(
        &self,
        typed: &TypedCode,
        keyring: Option<&Keyring>,
        now: OffsetDateTime,
    ) -> Result<Option<u64>, SecretFault> {
        let pending = self.document.second_factor.pending.as_ref().filter(|pending| pending.span.is_alive(now));
        match (pending, typed) {
            (Some(pending), TypedCode::Authenticator(code)) => {
                let secret = opened(&pending.secret, pending.params, keyring, &self.id)?;
                Ok(secret.accepted_step(code, unix_seconds(now), None))
            }
            _ => Ok(None),
        }
    }

    /// The authenticator that was begun becomes the user's own; every other session ends.
    pub(crate) fn confirm_enrollment(
        &self,
        session: &Session,
        proving: &AcceptedCode,
        recovery_codes: Vec<Digest>,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> (Session, User) {
        let user = self.next(fresh, |document| {
            document.enroll(proving, recovery_codes, now);
            document.end_sessions(fresh);
            document.mark_factor_proved(session.device(), now);
        });
        (session.proved_again(fresh.epoch, AuthMethod::Totp, now), user)
    }

    /// Without a second factor; every other session ends.
    pub(crate) fn without_second_factor(&self, fresh: &Fresh) -> User {
        self.next(fresh, |document| {
            document.second_factor = SecondFactor { extra: document.second_factor.extra.clone(), ..Default::default() };
            document.forget_proofs_of_the_factor();
            document.end_sessions(fresh);
        })
    }

    /// New recovery codes in place of all before; every other session ends.
    pub(crate) fn with_recovery_codes(
        &self,
        session: &Session,
        digests: Vec<Digest>,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> User {
        self.next(fresh, |document| {
            document.second_factor.recovery_codes = digests;
            document.forget_proofs_of_the_factor();
            document.end_sessions(fresh);
            // A code was just given in this session.
            document.mark_factor_proved(session.device(), now);
        })
    }

    /// A right code proves once more who acts in a session.
    pub(crate) fn prove_again_by_code(
        &self,
        session: &Session,
        accepted: &AcceptedCode,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> (Session, User) {
        let user = self.next(fresh, |document| document.second_factor.accept(accepted));
        (session.proved_again(self.epoch(), accepted.method(), now), user)
    }

    /// The password proves once more who acts in a session. Stored, so that a change or a deactivation that came in between is
    /// not missed.
    pub(crate) fn prove_again(
        &self,
        session: &Session,
        method: AuthMethod,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> (Session, User) {
        (session.proved_again(self.epoch(), method, now), self.next(fresh, |_| {}))
    }

    /// Whether what the session proved is fresh enough for changing how this user signs in: a code, where a second factor
    /// is on; anything else, where none is.
    pub(crate) fn is_freshly_proved(&self, session: &Session, within: Duration, now: OffsetDateTime) -> bool {
        session.methods().iter().any(|proven| {
            let counts = !self.has_second_factor() || proven.method.is_second_factor();
            let span = Span::starting(proven.at, within);
            counts && span.is_alive(now)
        })
    }
}

impl SecondFactor {
    fn record(&mut self, wrong: &WrongCode, now: OffsetDateTime) {
        self.failures.retain(|failures| failures.proof != wrong.proof);
        self.failures.push(Failures { proof: wrong.proof, attempts: wrong.attempts.clone(), extra: Extra::new() });
        if wrong.warn {
            self.warned_at = Some(now);
        }
    }

    /// A right code is used up, and some failures of its own class are forgiven.
    pub(super) fn accept(&mut self, accepted: &AcceptedCode) {
        match &accepted.kind {
            AcceptedKind::Totp { step } => {
                if let Some(totp) = &mut self.totp {
                    totp.last_step = *step;
                }
            }
            AcceptedKind::Recovery { digest } => {
                self.recovery_codes.retain(|stored| !bool::from(stored.ct_eq(digest)));
            }
        }
        self.failures.retain(|failures| failures.proof != accepted.proof);
        if let Some(attempts) = accepted.left.clone() {
            self.failures.push(Failures { proof: accepted.proof, attempts, extra: Extra::new() });
        }
    }

    /// What was begun before a change of the credentials is not to be finished after it.
    pub(super) fn forget_what_was_begun(&mut self) {
        self.pending = None;
    }

    /// There is a new password, chosen by somebody who gave a code: who knew the old one knows nothing any more.
    pub(super) fn forget_failures_of_the_password(&mut self) {
        self.failures.retain(|failures| failures.proof != Assurance::Password);
    }
}

impl Document {
    /// Makes the authenticator that was begun the user's own. The step that proved it is used up.
    pub(super) fn enroll(&mut self, proving: &AcceptedCode, recovery_codes: Vec<Digest>, now: OffsetDateTime) {
        if let Some(PendingTotp { secret, params, extra, .. }) = self.second_factor.pending.take() {
            self.second_factor.totp = Some(StoredTotp { secret, params, enrolled_at: now, last_step: 0, extra });
            self.second_factor.recovery_codes = recovery_codes;
        }
        self.second_factor.accept(proving);
        self.forget_proofs_of_the_factor();
    }
}
