//! Codes of the second factor: how they are judged, and how failures are counted.
//!
//! Failures are counted in the document and not in the attempt store: they never expire by idleness, and a code is judged and its
//! outcome recorded by one write.

use core::time::Duration;

use time::OffsetDateTime;

use super::fresh::Fresh;
use super::owed_mail::Notice;
use super::state::User;
use super::stored::{Assurance, Document, Extra, Failures, Forgiveness, SecondFactor};
use crate::crypto::{Keyring, Purpose, SecretFault, sha256};
use crate::second_factor::{RecoveryCodes, TotpParams, TotpSecret, TotpVerdict, TypedCode};
use crate::session::AuthMethod;
use crate::throttle::{Attempts, Backoff, Charge, Spacing};
use crate::types::{Digest, Token, UserId, Version, after, micros, typed_leniently};

/// How many failures are forgiven within a day: the owner's own slips, those that a right code came after and that are over a day
/// old. Forgiving recent ones would give anyone else who guesses in that class a fresh budget at every sign-in of the owner. So a
/// class takes at most ten wrong codes in any 24 hours, however often the owner gives right ones.
const FORGIVEN_A_DAY: u32 = 5;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The times of so many failures are kept: the schedule allows no more in a day.
const MOST_RECENT: usize = 11;

/// Bounds on codes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodeLimits {
    pub(crate) backoff: Backoff,
    /// The number of failures in one class at which operators are alarmed.
    pub(crate) alarm_at: u32,
    /// From one notice of a wrong code to the next.
    pub(crate) notice_every: Duration,
}

/// The schedule of wrong codes. They are never forgotten by idleness.
struct CodeSpacing<'a>(&'a CodeLimits);

// Counting goes on past the alarm, so that it is raised once.
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

/// What a code is given for: a failure counts against it too.
#[derive(Clone, Copy)]
pub(crate) enum GivenFor<'a> {
    Challenge(&'a Token),
    Link(&'a Token),
    Nothing,
}

/// The verdict on a code. It counts only once what it says is stored.
pub(crate) enum CodeVerdict {
    Right(AcceptedCode),
    Wrong(WrongCode),
    /// The wait after the last failure is not over, so the code was not evaluated. If the clock was set back the wait is rewritten
    /// to count from now.
    Early {
        retry_after: Duration,
        rewritten: Option<WrongCode>,
    },
    /// The secret cannot be read, so no code can be right. Nothing is counted: it is not the user's fault.
    Unreadable(SecretFault),
}

/// A right code. Storing it uses it up.
#[derive(Clone)]
pub(crate) struct AcceptedCode {
    assurance: Assurance,
    kind: AcceptedKind,
    /// The failures of its class that are left.
    left: Option<(Attempts, Forgiveness)>,
}

#[derive(Clone)]
enum AcceptedKind {
    Totp { step: u64 },
    Recovery { digest: Digest },
}

impl AcceptedCode {
    /// For the decoy, whose second factor nobody has proved.
    pub(super) fn of_no_step() -> Self {
        Self { assurance: Assurance::Session, kind: AcceptedKind::Totp { step: 0 }, left: None }
    }

    pub(crate) fn method(&self) -> AuthMethod {
        match self.kind {
            AcceptedKind::Totp { .. } => AuthMethod::Totp,
            AcceptedKind::Recovery { .. } => AuthMethod::RecoveryCode,
        }
    }
}

/// What a code was found to be.
enum FoundCode {
    Right(AcceptedKind),
    Wrong { steps_off: Option<i32> },
}

impl From<TotpVerdict> for FoundCode {
    fn from(verdict: TotpVerdict) -> Self {
        match verdict {
            TotpVerdict::Right { step } => Self::Right(AcceptedKind::Totp { step }),
            TotpVerdict::Wrong { steps_off } => Self::Wrong { steps_off },
        }
    }
}

/// A wrong code, to be counted.
#[derive(Clone)]
pub(crate) struct WrongCode {
    assurance: Assurance,
    attempts: Attempts,
    forgiveness: Forgiveness,
    /// Whether to mail the owner: somebody knows the password.
    pub(crate) warns_owner: bool,
    /// Whether this failure reaches the number at which operators are alarmed.
    pub(crate) alarms: bool,
    /// How many steps ahead a phone is that shows this code, if one can be. For operators only.
    pub(crate) steps_off: Option<i32>,
}

/// Digests of new recovery codes; these are stored, the codes are not.
pub(crate) fn recovery_digests(user: &UserId, codes: &RecoveryCodes) -> Vec<Digest> {
    codes.expose().map(|code| recovery_digest(user, &typed_leniently(code))).collect()
}

fn recovery_digest(user: &UserId, canonical: &str) -> Digest {
    sha256(Purpose::RecoveryCode, &[user.as_str().as_bytes(), canonical.as_bytes()])
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
    /// Judges a code that is given at that level of assurance.
    pub(crate) fn judge_code(
        &self,
        assurance: Assurance,
        typed: &TypedCode,
        keyring: Option<&Keyring>,
        limits: &CodeLimits,
        now: OffsetDateTime,
        version: Version,
    ) -> CodeVerdict {
        self.judge(assurance, limits, now, version, || self.find_code(typed, keyring, now))
    }

    /// Judges the code that confirms an authenticator whose enrollment was begun. The time step of a right code comes with it.
    pub(crate) fn judge_enrolling_code(
        &self,
        typed: &TypedCode,
        keyring: Option<&Keyring>,
        limits: &CodeLimits,
        now: OffsetDateTime,
        version: Version,
    ) -> CodeVerdict {
        match self.judge(Assurance::Session, limits, now, version, || self.find_enrolling_code(typed, keyring, now)) {
            // Failures counted so far were against another authenticator, or against none.
            CodeVerdict::Right(accepted) => CodeVerdict::Right(AcceptedCode { left: None, ..accepted }),
            verdict => verdict,
        }
    }

    fn judge(
        &self,
        assurance: Assurance,
        limits: &CodeLimits,
        now: OffsetDateTime,
        version: Version,
        find: impl FnOnce() -> Result<FoundCode, SecretFault>,
    ) -> CodeVerdict {
        let (factor, spacing) = (&self.document.second_factor, CodeSpacing(limits));
        let before = factor.failures(assurance);
        let today = Forgiveness::today(before, now);
        let (before, forgiveness) = match before {
            Some(before) => {
                let (attempts, forgiveness) = today.settle(&before.attempts, &spacing, now, version);
                (Some(attempts), forgiveness)
            }
            None => (None, today),
        };
        let counted = match Attempts::charge(before.as_ref(), &spacing, now, version) {
            Charge::Due(counted) => counted,
            Charge::Early { retry_after } => return CodeVerdict::Early { retry_after, rewritten: None },
            Charge::SetBack { rewritten: attempts, retry_after } => {
                let rewritten =
                    WrongCode { assurance, attempts, forgiveness, warns_owner: false, alarms: false, steps_off: None };
                return CodeVerdict::Early { retry_after, rewritten: Some(rewritten) };
            }
        };
        match find() {
            Ok(FoundCode::Right(kind)) => {
                let left = before.map(|before| forgiveness.redeemed(&before).settle(&before, &spacing, now, version));
                let left = left.filter(|(left, _)| left.failures() > 0);
                CodeVerdict::Right(AcceptedCode { assurance, kind, left })
            }
            Ok(FoundCode::Wrong { steps_off }) => {
                let notified = factor.warned_at.filter(|at| *at <= now && now < after(*at, limits.notice_every));
                // On a known device the owner slips, but not more often than is free.
                let many = assurance == Assurance::KnownDevice && counted.failures() > limits.backoff.free;
                let warns_owner = (assurance == Assurance::Password || many) && notified.is_none();
                let alarms = counted.failures() == limits.alarm_at;
                let forgiveness = forgiveness.with_failure(now);
                CodeVerdict::Wrong(WrongCode {
                    assurance,
                    attempts: counted,
                    forgiveness,
                    warns_owner,
                    alarms,
                    steps_off,
                })
            }
            Err(fault) => CodeVerdict::Unreadable(fault),
        }
    }

    /// What the code is, if it is valid now.
    fn find_code(
        &self,
        typed: &TypedCode,
        keyring: Option<&Keyring>,
        now: OffsetDateTime,
    ) -> Result<FoundCode, SecretFault> {
        const NOT_FOUND: FoundCode = FoundCode::Wrong { steps_off: None };
        let SecondFactor { totp, recovery_codes, .. } = &self.document.second_factor;
        match typed {
            TypedCode::Authenticator(code) => {
                let Some(totp) = totp else { return Ok(NOT_FOUND) };
                let secret = opened(&totp.secret, totp.params, keyring, &self.id)?;
                Ok(secret.judge(code, unix_seconds(now), Some(totp.last_step)).into())
            }
            TypedCode::Recovery(code) => {
                let shown = recovery_digest(&self.id, code);
                // Every code is compared, whichever of them it is.
                let matching = recovery_codes.iter().filter(|digest| bool::from(digest.ct_eq(&shown)));
                let found = matching.fold(None, |_, digest| Some(*digest));
                let found = found.filter(|_| totp.is_some());
                Ok(found.map_or(NOT_FOUND, |digest| FoundCode::Right(AcceptedKind::Recovery { digest })))
            }
        }
    }

    fn find_enrolling_code(
        &self,
        typed: &TypedCode,
        keyring: Option<&Keyring>,
        now: OffsetDateTime,
    ) -> Result<FoundCode, SecretFault> {
        let pending = self.document.second_factor.pending.as_ref().filter(|pending| pending.span.is_alive(now));
        let (Some(pending), TypedCode::Authenticator(code)) = (pending, typed) else {
            return Ok(FoundCode::Wrong { steps_off: None });
        };
        let secret = opened(&pending.secret, pending.params, keyring, &self.id)?;
        Ok(secret.judge(code, unix_seconds(now), None).into())
    }

    /// Counts a wrong code, also against what it was given for.
    pub(crate) fn count_wrong_code(
        &self,
        wrong: &WrongCode,
        given_for: GivenFor<'_>,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> User {
        self.next(fresh, |document| {
            document.second_factor.record(wrong, now);
            if wrong.warns_owner {
                document.mail(Notice::WrongCode);
            }
            match given_for {
                GivenFor::Challenge(challenge) => document.count_try(&self.id, challenge),
                GivenFor::Link(token) => document.count_link_try(&self.id, token, now),
                GivenFor::Nothing => {}
            }
        })
    }

    /// Why the authenticator's secret cannot be read, if it cannot.
    pub(crate) fn totp_fault(&self, keyring: Option<&Keyring>) -> Option<SecretFault> {
        let totp = self.document.second_factor.totp.as_ref()?;
        opened(&totp.secret, totp.params, keyring, &self.id).err()
    }
}

impl Forgiveness {
    /// What may be forgiven now. A failure in the future was counted by a clock that is ahead, or before this one was set back: it is
    /// recent.
    fn today(before: Option<&Failures>, now: OffsetDateTime) -> Self {
        let counted = before.map_or(0, |before| before.attempts.failures() as usize);
        let Some(mut today) = before.and_then(|before| before.forgiveness.clone()) else {
            // Counted by a release that kept no times.
            let recent = vec![micros::to_i64(now); counted.min(MOST_RECENT)];
            return Self { began_at: now, left: FORGIVEN_A_DAY, redeemed: 0, recent };
        };
        let is_recent = |at: &i64| micros::from_i64(*at).is_none_or(|at| now < after(at, DAY));
        today.recent.retain(is_recent);
        if now >= after(today.began_at, DAY) {
            (today.began_at, today.left) = (now, FORGIVEN_A_DAY);
        }
        // Never later than now, or a clock that stood in the future would put the next day off.
        today.began_at = today.began_at.min(now);
        today
    }

    /// The same after one more failure.
    fn with_failure(mut self, now: OffsetDateTime) -> Self {
        self.recent.push(micros::to_i64(now));
        let superfluous = self.recent.len().saturating_sub(MOST_RECENT);
        self.recent.drain(..superfluous);
        self
    }

    /// The same after a right code: what has been counted so far is forgiven once it is a day old.
    fn redeemed(self, attempts: &Attempts) -> Self {
        Self { redeemed: attempts.failures(), ..self }
    }

    /// Forgives what may be forgiven now. A wait that runs goes on.
    fn settle(
        self,
        attempts: &Attempts,
        spacing: &CodeSpacing<'_>,
        now: OffsetDateTime,
        version: Version,
    ) -> (Attempts, Self) {
        let recent = u32::try_from(self.recent.len()).unwrap_or(u32::MAX);
        let aged = attempts.failures().saturating_sub(recent);
        let forgiven = aged.min(self.redeemed).min(self.left);
        if forgiven == 0 {
            return (attempts.clone(), self);
        }
        let settled = attempts.refund(forgiven, attempts.wait_left(now), spacing, now, version);
        (settled, Self { left: self.left - forgiven, redeemed: self.redeemed - forgiven, ..self })
    }
}

impl Document {
    /// Uses a right code up. The owner is mailed about a recovery code.
    pub(super) fn accept(&mut self, accepted: &AcceptedCode) {
        self.second_factor.accept(accepted);
        if let AcceptedKind::Recovery { .. } = accepted.kind {
            self.mail(Notice::RecoveryCodeUsed { left: self.second_factor.recovery_codes.len() });
        }
    }
}

impl SecondFactor {
    fn record(&mut self, wrong: &WrongCode, now: OffsetDateTime) {
        self.set_failures(wrong.assurance, Some((wrong.attempts.clone(), wrong.forgiveness.clone())));
        if wrong.warns_owner {
            self.warned_at = Some(now);
        }
    }

    /// Uses a right code up, and forgives some failures of its class.
    fn accept(&mut self, accepted: &AcceptedCode) {
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
        self.set_failures(accepted.assurance, accepted.left.clone());
    }

    fn set_failures(&mut self, assurance: Assurance, counted: Option<(Attempts, Forgiveness)>) {
        self.failures.retain(|failures| failures.assurance != assurance);
        self.failures.extend(counted.map(|(attempts, forgiveness)| Failures {
            assurance,
            attempts,
            forgiveness: Some(forgiveness),
            extra: Extra::new(),
        }));
    }

    /// After a new password was chosen by somebody who gave a code: those who knew the old one know nothing now.
    pub(super) fn forget_failures_of_the_password(&mut self) {
        self.set_failures(Assurance::Password, None);
    }
}
