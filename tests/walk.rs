//! S20: no sequence of calls bypasses the second factor.
//!
//! An attacker has stolen the mailbox and, if the state says so, the password; only the owner has the authenticator and the
//! recovery codes. From each prepared state, every sequence of up to four calls is tried, with everything that the owner and
//! the attacker ever held. None may obtain a session, change the password, or touch the second factor. The same walk with right
//! codes shows that a session can be obtained at all.
//!
//! All state of the crate is in its stores, so the walk is a tree: before each call, stores and clock are restored to where the
//! preceding sequence left them. A call that changes nothing and yields nothing is not followed further: whatever could come
//! after it is covered without it.
#![cfg(feature = "testing")]

mod support;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use doorward::config::ResetMode;
use doorward::error::{
    ChangePasswordError, CompleteResetError, ConfirmResetError, DeviceError, EnrollmentError, ReauthenticateError,
    ResumeError, SecondFactorError, SessionError, SignInError, VerifySecondFactorError,
};
use doorward::hashing::HashParams;
use doorward::mail::{Mail, MailKind};
use doorward::second_factor::{SecondFactorPolicy, TotpDigits};
use doorward::store::{AttemptKey, Attempts, BackendError, Insert, Replace, Swap, User, UserHead, Version};
use doorward::testing::ManualClock;
use doorward::{
    AttemptStore, Auth, Challenge, Clock, Email, Keyring, Mailer, Operator, SignIn, SignInRequest, SignedIn, UserId,
    UserRepository,
};
use pollster::block_on;
use serde_json::Value;
use support::{ANN, App, DAY, NEW, OLD, SECOND, complete, device, email, site};
use time::OffsetDateTime;

const DEPTH: usize = 4;

/// Both stores, for one account, and the mailbox; they can be restored.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<Content>>);

#[derive(Clone, Default)]
struct Content {
    user: Option<User>,
    attempts: HashMap<AttemptKey, Attempts>,
    /// The number of writes.
    written: u64,
    last_mail: Option<Mail>,
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shelf")
    }
}

impl Shelf {
    fn content(&self) -> std::sync::MutexGuard<'_, Content> {
        self.0.lock().unwrap()
    }

    fn find(&self, is_it: impl Fn(&User) -> bool) -> Option<User> {
        self.content().user.clone().filter(is_it)
    }
}

#[async_trait]
impl UserRepository for Shelf {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        let mut content = self.content();
        content.user = Some(user.clone());
        content.written += 1;
        Ok(Insert::Stored)
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        Ok(self.find(|user| user.id() == id))
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        Ok(self.find(|user| user.email() == email).map(|user| user.head()))
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        let mut content = self.content();
        if content.user.as_ref().map(User::version) != Some(expected) {
            return Ok(Replace::Stale);
        }
        content.user = Some(user.clone());
        content.written += 1;
        Ok(Replace::Stored)
    }

    async fn delete(&self, _: &User) -> Result<Swap, BackendError> {
        unreachable!("nobody is deleted here")
    }

    fn keeps_journal(&self) -> bool {
        false
    }
}

#[async_trait]
impl AttemptStore for Shelf {
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        Ok(self.content().attempts.get(key).cloned())
    }

    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        let mut content = self.content();
        if content.attempts.get(key).map(Attempts::version) != expected {
            return Ok(Swap::Stale);
        }
        content.attempts.insert(key.clone(), next.clone());
        content.written += 1;
        Ok(Swap::Stored)
    }

    async fn purge(&self, _: OffsetDateTime, _: u32) -> Result<u64, BackendError> {
        Ok(0)
    }
}

#[async_trait]
impl Mailer for Shelf {
    async fn send(&self, _: &Email, mail: &Mail) -> Result<(), BackendError> {
        self.content().last_mail = Some(mail.clone());
        Ok(())
    }
}

/// The host, and the owner's app, which only provides the right codes.
struct Stage {
    auth: Auth,
    operator: Operator,
    shelf: Shelf,
    clock: ManualClock,
    mode: ResetMode,
}

/// What the attacker holds.
#[derive(Clone, Default)]
struct Held {
    password: Option<String>,
    temporary: Option<String>,
    links: Vec<String>,
    challenges: Vec<Challenge>,
    /// From earlier epochs: some from before the second factor was on, some with a fresh code.
    sessions: Vec<SignedIn>,
    cookie: Option<String>,
}

impl Held {
    fn size(&self) -> usize {
        usize::from(self.temporary.is_some()) + self.links.len() + self.challenges.len()
    }
}

/// A call, or several that can only be rejected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Op {
    Password,
    PasswordOnDevice,
    PasswordWithBlankCode,
    PasswordWithWrongCode,
    PasswordWithMalformedCodeOnDevice,
    Temporary,
    TemporaryOnDevice,
    TemporaryWithBlankCode,
    TemporaryWithWrongCode,
    RequestReset,
    ConfirmOldestLink,
    ConfirmLatestLink,
    CompleteWithoutCode,
    CompleteWithMalformedCode,
    CompleteWithWrongCode,
    /// With the challenge issued last.
    WrongCode,
    /// Every challenge for every step that it is not valid for, and a malformed code.
    MisuseChallenges,
    /// Everything that a session allows, with sessions of earlier epochs.
    UseOldSessions,
    // Only if right codes are given:
    RightCode,
    PasswordWithRightCode,
    TemporaryWithRightCode,
    CompleteWithRightCode,
}

const WITHOUT_CODE: [Op; 18] = [
    Op::Password,
    Op::PasswordOnDevice,
    Op::PasswordWithBlankCode,
    Op::PasswordWithWrongCode,
    Op::PasswordWithMalformedCodeOnDevice,
    Op::Temporary,
    Op::TemporaryOnDevice,
    Op::TemporaryWithBlankCode,
    Op::TemporaryWithWrongCode,
    Op::RequestReset,
    Op::ConfirmOldestLink,
    Op::ConfirmLatestLink,
    Op::CompleteWithoutCode,
    Op::CompleteWithMalformedCode,
    Op::CompleteWithWrongCode,
    Op::WrongCode,
    Op::MisuseChallenges,
    Op::UseOldSessions,
];
const WITH_CODE: [Op; 4] =
    [Op::RightCode, Op::PasswordWithRightCode, Op::TemporaryWithRightCode, Op::CompleteWithRightCode];

/// The result of a call.
enum Came {
    /// A prerequisite is missing.
    NotApplicable,
    ToNothing,
    ToASession,
}

impl Stage {
    fn new(mode: ResetMode, policy: SecondFactorPolicy) -> Self {
        let (shelf, clock) = (Shelf::default(), ManualClock::new());
        let (auth, operator) = Auth::builder(site(), shelf.clone(), shelf.clone(), shelf.clone())
            .clock(clock.clone())
            .keyring(Keyring::new("a", [7; 32]).unwrap())
            .configure(|config| {
                config.hashing.params = HashParams::danger_cheap_for_tests();
                config.hashing.threads = std::num::NonZeroUsize::new(1);
                config.purge.every = None;
                config.reset.mode = mode;
                config.second_factor.policy = policy;
                // Tens of thousands of wrong codes are tried: one of six digits is right by chance now and then.
                config.second_factor.totp.digits = TotpDigits::Eight;
                config.second_factor.remember_device = Some(30 * DAY);
            })
            .build_with_operator()
            .unwrap();
        Self { auth, operator, shelf, clock, mode }
    }

    fn now(&self) -> u64 {
        self.clock.now().unix_timestamp().try_into().unwrap()
    }

    fn next_code(&self, app: &App) -> String {
        self.clock.advance(30 * SECOND);
        app.at(self.now())
    }

    fn mailed<T>(&self, read: impl Fn(&MailKind) -> Option<T>) -> Option<T> {
        self.shelf.content().last_mail.as_ref().and_then(|mail| read(mail.kind()))
    }

    fn mailed_password(&self) -> String {
        self.mailed(|kind| match kind {
            MailKind::Welcome { temporary_password, .. } | MailKind::TemporaryPassword { temporary_password, .. } => {
                Some(temporary_password.expose().to_owned())
            }
            _ => None,
        })
        .unwrap()
    }

    fn mailed_token(&self) -> Option<String> {
        let link = self.mailed(|kind| match kind {
            MailKind::ConfirmReset { link, .. } | MailKind::ChooseNewPassword { link, .. } => {
                Some(link.expose().to_owned())
            }
            _ => None,
        })?;
        Some(link.split_once("token=")?.1.to_owned())
    }

    fn sign_in(&self, request: &SignInRequest) -> Result<SignIn, SignInError> {
        loop {
            match block_on(self.auth.try_sign_in(request.clone())) {
                Err(SignInError::Throttled { retry_after }) => self.clock.advance(retry_after),
                outcome => return outcome,
            }
        }
    }

    /// Requests until accepted, and reads the mail if one arrived.
    fn request(&self) -> Option<String> {
        let address = email(ANN);
        let before = block_on(self.auth.request_reset(&address)).unwrap();
        self.mailed_token().or_else(|| {
            self.clock.advance(before.cooldown);
            block_on(self.auth.request_reset(&address)).unwrap();
            self.mailed_token()
        })
    }

    fn confirm(&self, token: &str) -> Option<String> {
        loop {
            match block_on(self.auth.confirm_reset(token)) {
                Ok(_) => return Some(self.mailed_password()),
                Err(ConfirmResetError::AlreadyConfirmed { retry_after }) => self.clock.advance(retry_after),
                Err(ConfirmResetError::LinkInvalid | ConfirmResetError::OtherMode) => return None,
                Err(error) => panic!("{error:?}"),
            }
        }
    }

    fn verify(&self, challenge: &Challenge, code: &str) -> Result<SignIn, VerifySecondFactorError> {
        loop {
            match block_on(self.auth.verify_second_factor(challenge, code)) {
                Err(VerifySecondFactorError::Throttled { retry_after }) => self.clock.advance(retry_after),
                outcome => return outcome,
            }
        }
    }

    fn complete_reset(&self, token: &str, code: Option<&str>) -> Result<SignIn, CompleteResetError> {
        loop {
            let outcome = match code {
                Some(code) => block_on(self.auth.complete_reset_with_code(token, code, NEW)),
                None => block_on(self.auth.complete_reset(token, NEW)),
            };
            match outcome {
                Err(CompleteResetError::Throttled { retry_after }) => self.clock.advance(retry_after),
                outcome => return outcome,
            }
        }
    }

    /// What is stored about the password and the second factor, without counters.
    fn credentials(&self) -> (Value, Value, Value) {
        let snapshot = self.shelf.content().user.as_ref().unwrap().to_snapshot();
        let stored: Value = serde_json::from_str(&snapshot).unwrap();
        let factor = &stored["second_factor"];
        (stored["password"]["hash"].clone(), factor["totp"].clone(), factor["recovery_codes"].clone())
    }

    fn perform(&self, op: Op, held: &mut Held, app: &App) -> Came {
        // A call's mail belongs to no earlier call.
        self.shelf.content().last_mail = None;
        let wrong = app.wrong_at(self.now());
        let password = held.password.clone().map(|password| SignInRequest::new(ANN, &password));
        let temporary = held.temporary.clone().map(|password| SignInRequest::new(ANN, &password));
        let on_device = |request: Option<SignInRequest>| Some(request?.device(held.cookie.as_ref()?));
        let with = |request: Option<SignInRequest>, code: &str| Some(request?.code(code));
        let request = match op {
            Op::Password => password,
            Op::PasswordOnDevice => on_device(password),
            Op::PasswordWithBlankCode => with(password, ""),
            Op::PasswordWithWrongCode => with(password, &wrong),
            Op::PasswordWithMalformedCodeOnDevice => with(on_device(password), "no code"),
            Op::Temporary => temporary,
            Op::TemporaryOnDevice => on_device(temporary),
            Op::TemporaryWithBlankCode => with(temporary, " "),
            Op::TemporaryWithWrongCode => with(temporary, &wrong),
            Op::PasswordWithRightCode => password.map(|request| request.code(&self.next_code(app))),
            Op::TemporaryWithRightCode => temporary.map(|request| request.code(&self.next_code(app))),
            _ => return self.perform_other(op, held, app, &wrong),
        };
        let Some(request) = request else { return Came::NotApplicable };
        let outcome = self.sign_in(&request);
        held.take(outcome, |error| matches!(error, SignInError::InvalidCredentials))
    }

    fn perform_other(&self, op: Op, held: &mut Held, app: &App, wrong: &str) -> Came {
        let by_link = self.mode == ResetMode::ChooseNewPassword;
        let is_refused = |error: &CompleteResetError| {
            matches!(
                error,
                CompleteResetError::CodeNeeded
                    | CompleteResetError::CodeMalformed
                    | CompleteResetError::CodeWrong
                    | CompleteResetError::Rejected { .. }
                    | CompleteResetError::LinkInvalid
            )
        };
        match op {
            Op::RequestReset => {
                held.links.extend(self.request());
                Came::ToNothing
            }
            Op::ConfirmOldestLink | Op::ConfirmLatestLink => {
                let link = if op == Op::ConfirmOldestLink { held.links.first() } else { held.links.last() };
                // With one link, there is one way to confirm it. The other mode confirms none.
                let applies = !by_link && (op == Op::ConfirmLatestLink || held.links.len() > 1);
                let Some(link) = link.filter(|_| applies).cloned() else { return Came::NotApplicable };
                if let Some(temporary) = self.confirm(&link) {
                    held.temporary = Some(temporary);
                }
                Came::ToNothing
            }
            Op::CompleteWithoutCode
            | Op::CompleteWithMalformedCode
            | Op::CompleteWithWrongCode
            | Op::CompleteWithRightCode => {
                let Some(link) = held.links.last().filter(|_| by_link).cloned() else { return Came::NotApplicable };
                let right = (op == Op::CompleteWithRightCode).then(|| self.next_code(app));
                let code = match op {
                    Op::CompleteWithoutCode => None,
                    Op::CompleteWithMalformedCode => Some(""),
                    Op::CompleteWithWrongCode => Some(wrong),
                    _ => right.as_deref(),
                };
                let outcome = self.complete_reset(&link, code);
                if outcome.is_ok() {
                    held.password = Some(NEW.to_owned());
                }
                held.take(outcome, is_refused)
            }
            Op::WrongCode | Op::RightCode => {
                let Some(challenge) = held.challenges.last().cloned() else { return Came::NotApplicable };
                let code = if op == Op::RightCode { self.next_code(app) } else { wrong.to_owned() };
                held.take(self.verify(&challenge, &code), |error| {
                    matches!(error, VerifySecondFactorError::CodeWrong | VerifySecondFactorError::ChallengeInvalid)
                })
            }
            Op::MisuseChallenges => self.misuse_challenges(held, wrong),
            Op::UseOldSessions => self.use_old_sessions(held, wrong),
            _ => unreachable!("{op:?} is a sign-in"),
        }
    }

    /// Also the only step after a right code: choosing a password.
    fn misuse_challenges(&self, held: &mut Held, wrong: &str) -> Came {
        if held.challenges.is_empty() {
            return Came::NotApplicable;
        }
        for challenge in held.challenges.clone() {
            // Neither the current nor the previous one is accepted.
            let new = if held.password.as_deref() == Some(NEW) { "a third one, long enough" } else { NEW };
            let chosen = block_on(self.auth.choose_password(&challenge, new));
            if chosen.is_ok() {
                held.password = Some(new.to_owned());
            }
            if let Came::ToASession = held.take(chosen, |error| error.code_is("challenge_invalid recovery_pending")) {
                return Came::ToASession;
            }
            let malformed = block_on(self.auth.verify_second_factor_and_remember(&challenge, "no code"));
            // An invalid challenge is reported before a malformed code.
            let refused = matches!(
                malformed,
                Err(VerifySecondFactorError::CodeMalformed | VerifySecondFactorError::ChallengeInvalid)
            );
            assert!(refused, "{malformed:?}");
            match block_on(self.auth.begin_required_enrollment(&challenge)) {
                // Anyone can install an app. If none is enrolled yet, that is the required step.
                Ok(begun) if !self.credentials().1.is_null() => {
                    let code = App::new(&begun).at(self.now());
                    let confirmed = block_on(self.auth.confirm_required_enrollment(&challenge, &code));
                    if let Came::ToASession = held.take(confirmed.map(|(step, _)| step), |_| true) {
                        return Came::ToASession;
                    }
                }
                Ok(_) | Err(EnrollmentError::ChallengeInvalid | EnrollmentError::RecoveryPending { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
            let confirmed = block_on(self.auth.confirm_required_enrollment(&challenge, wrong));
            assert!(confirmed.is_err(), "{confirmed:?}");
        }
        Came::ToNothing
    }

    fn use_old_sessions(&self, held: &mut Held, wrong: &str) -> Came {
        for old in &held.sessions {
            let auth = &self.auth;
            let password = held.password.as_deref().unwrap_or(OLD);
            assert!(matches!(block_on(auth.resume(&old.token().expose())), Err(ResumeError::SessionEnded)));
            assert!(matches!(block_on(auth.sign_out_others(old)), Err(SessionError::SessionEnded)));
            assert!(matches!(block_on(auth.sessions(old)), Err(ResumeError::SessionEnded)));
            let revoked = block_on(auth.revoke_session(old, old.session().id));
            assert!(matches!(revoked, Err(SessionError::SessionEnded)));
            assert!(block_on(auth.sign_out(old)).is_ok());
            assert!(matches!(block_on(auth.begin_enrollment(old)), Err(EnrollmentError::SessionEnded)));
            assert!(matches!(block_on(auth.confirm_enrollment(old, wrong)), Err(EnrollmentError::SessionEnded)));
            let disabled = block_on(auth.disable_second_factor(old));
            assert!(matches!(disabled, Err(SecondFactorError::SessionEnded | SecondFactorError::RequiredByPolicy)));
            let codes = block_on(auth.regenerate_recovery_codes(old));
            assert!(matches!(codes, Err(SecondFactorError::SessionEnded)));
            assert!(matches!(block_on(auth.second_factor(old)), Err(SecondFactorError::SessionEnded)));
            let proved = block_on(auth.reauthenticate(old, password));
            assert!(matches!(proved, Err(ReauthenticateError::SessionEnded)));
            let proved = block_on(auth.reauthenticate_with_code(old, wrong));
            assert!(matches!(proved, Err(ReauthenticateError::SessionEnded)));
            let changed = block_on(auth.change_password(old, password, NEW));
            assert!(matches!(changed, Err(ChangePasswordError::SessionEnded)));
            assert!(matches!(block_on(auth.devices(old)), Err(DeviceError::SessionEnded)));
            if let Some(id) = old.session().device {
                assert!(matches!(block_on(auth.revoke_device(old, id)), Err(DeviceError::SessionEnded)));
            }
        }
        if held.sessions.is_empty() { Came::NotApplicable } else { Came::ToNothing }
    }
}

trait CodeIs {
    fn code_is(&self, codes: &str) -> bool;
}

impl<E: doorward::AuthError> CodeIs for E {
    fn code_is(&self, codes: &str) -> bool {
        codes.split(' ').any(|code| code == self.code())
    }
}

impl Held {
    fn take<E: fmt::Debug>(&mut self, outcome: Result<SignIn, E>, is_expected: impl Fn(&E) -> bool) -> Came {
        match outcome {
            Ok(SignIn::Complete(_)) => return Came::ToASession,
            Ok(
                SignIn::SecondFactorRequired(challenge)
                | SignIn::EnrollmentRequired(challenge)
                | SignIn::PasswordChangeRequired(challenge),
            ) => self.challenges.push(challenge),
            Err(error) => assert!(is_expected(&error), "{error:?}"),
        }
        Came::ToNothing
    }
}

/// Where a walk starts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// Only what is left over from before the second factor was on.
    Enrolled,
    /// A link was mailed.
    Requested,
    /// The link was also confirmed; if it is not, two links are held.
    Confirmed,
    /// Challenges issued for the password and, if there is one, the temporary password.
    Challenged,
    /// The owner completed the reset with a code. The attacker knows the new password too, and holds everything used for it.
    Changed,
    /// With a fresh code, the owner started enrolling another authenticator.
    EnrolmentPending,
    /// The cookie of a device on which a code was accepted.
    DeviceHeld,
    /// The cookie of a device on which no code is required, without the password: mailbox and device do not replace a code.
    DeviceRememberedWithoutPassword,
    /// An operator required a password change.
    ChangeDue,
    /// The cookies of sessions that a code had opened, copied before the owner signed out, revoked one and proved who acts in the
    /// third.
    SessionsEnded,
    /// There is no second factor yet, the policy requires one, and the owner has started enrolling.
    Owed,
}

const STATES: [State; 11] = [
    State::Enrolled,
    State::Requested,
    State::Confirmed,
    State::Challenged,
    State::Changed,
    State::EnrolmentPending,
    State::DeviceHeld,
    State::DeviceRememberedWithoutPassword,
    State::ChangeDue,
    State::SessionsEnded,
    State::Owed,
];

/// Brings the account into that state. `None` if the policy has no such state.
fn prepare(stage: &Stage, policy: SecondFactorPolicy, state: State) -> Option<(Held, App)> {
    let (auth, required) = (&stage.auth, policy == SecondFactorPolicy::Required);
    let mut held = Held { password: Some(OLD.to_owned()), ..Held::default() };
    block_on(stage.operator.provision(email(ANN))).unwrap();
    let first = SignInRequest::new(ANN, &stage.mailed_password());
    let challenge = challenge(stage.sign_in(&first).unwrap());
    held.challenges.push(challenge.clone());
    let chosen = block_on(auth.choose_password(&challenge, OLD)).unwrap();
    let by_password = SignInRequest::new(ANN, OLD);
    let (ann, app) = if required {
        // Two paths lead to enrolling. The one not taken uses the mailbox.
        held.challenges.push(self::challenge(chosen));
        let challenge = self::challenge(stage.sign_in(&by_password).unwrap());
        held.challenges.push(challenge.clone());
        let app = App::new(&block_on(auth.begin_required_enrollment(&challenge)).unwrap());
        if state == State::Owed {
            return Some((held, app));
        }
        let (signed_in, _) = block_on(auth.confirm_required_enrollment(&challenge, &app.at(stage.now()))).unwrap();
        (complete(signed_in), app)
    } else if state == State::Owed {
        return None;
    } else {
        let ann = complete(chosen);
        held.sessions.push(ann.clone());
        let app = App::new(&block_on(auth.begin_enrollment(&ann)).unwrap());
        (block_on(auth.confirm_enrollment(&ann, &app.at(stage.now()))).unwrap().0, app)
    };
    held.sessions.push(ann.clone());
    let ann = block_on(auth.sign_out_others(&ann)).unwrap();
    match state {
        State::Enrolled | State::Owed => {}
        State::Requested => held.links.extend(stage.request()),
        State::Confirmed => reset(stage, &mut held),
        State::Challenged => {
            reset(stage, &mut held);
            held.challenges.push(self::challenge(stage.sign_in(&by_password).unwrap()));
            if let Some(temporary) = &held.temporary {
                held.challenges.push(self::challenge(stage.sign_in(&SignInRequest::new(ANN, temporary)).unwrap()));
            }
        }
        State::Changed => {
            reset(stage, &mut held);
            let code = stage.next_code(&app);
            match &held.temporary {
                Some(temporary) => {
                    let request = SignInRequest::new(ANN, temporary);
                    let untaken = self::challenge(stage.sign_in(&request).unwrap());
                    let challenge = self::challenge(stage.sign_in(&request.code(&code)).unwrap());
                    let _ = complete(block_on(auth.choose_password(&challenge, NEW)).unwrap());
                    held.challenges.extend([untaken, challenge]);
                }
                None => drop(complete(stage.complete_reset(&held.links[0], Some(&code)).unwrap())),
            }
            held.password = Some(NEW.to_owned());
        }
        State::EnrolmentPending => drop(block_on(auth.begin_enrollment(&ann)).unwrap()),
        State::DeviceHeld => {
            let request = by_password.code(&stage.next_code(&app));
            held.cookie = Some(device(&complete(stage.sign_in(&request).unwrap())));
        }
        State::DeviceRememberedWithoutPassword => {
            let challenge = self::challenge(stage.sign_in(&by_password).unwrap());
            let code = stage.next_code(&app);
            let ann = complete(block_on(auth.verify_second_factor_and_remember(&challenge, &code)).unwrap());
            held.cookie = Some(device(&ann));
            held.password = None;
            stage.clock.advance(SECOND);
            let _ = complete(stage.sign_in(&by_password.device(held.cookie.as_ref().unwrap())).unwrap());
        }
        State::SessionsEnded => {
            let sign_in = || complete(stage.sign_in(&by_password.clone().code(&stage.next_code(&app))).unwrap());
            let (signed_out, revoked) = (sign_in(), sign_in());
            block_on(auth.sign_out(&signed_out)).unwrap();
            block_on(auth.revoke_session(&ann, revoked.session().id)).unwrap();
            let renewed = block_on(auth.reauthenticate_with_code(&ann, &stage.next_code(&app))).unwrap();
            assert!(block_on(auth.resume(&renewed.token().expose())).is_ok());
            held.sessions.extend([signed_out, revoked, ann]);
        }
        State::ChangeDue => block_on(stage.operator.require_password_change(ann.user_id())).unwrap(),
    }
    Some((held, app))
}

/// As far as the mailbox alone gets.
fn reset(stage: &Stage, held: &mut Held) {
    held.links.extend(stage.request());
    match stage.mode {
        ResetMode::TemporaryPassword => held.temporary = stage.confirm(&held.links[0]),
        ResetMode::ChooseNewPassword => {
            stage.shelf.content().last_mail = None;
            held.links.extend(stage.request());
            assert_eq!(held.links.len(), 2);
        }
        other => panic!("unknown mode {other:?}"),
    }
}

fn challenge(step: SignIn) -> Challenge {
    let mut held = Held::default();
    assert!(matches!(held.take(Ok::<_, SignInError>(step), |_| false), Came::ToNothing), "a step is missing");
    held.challenges.pop().unwrap()
}

struct Walk<'a> {
    stage: &'a Stage,
    app: &'a App,
    ops: Vec<Op>,
    path: Vec<Op>,
    credentials: (Value, Value, Value),
    /// Whether setting a password takes no code because there is no second factor.
    owed: bool,
    /// Sequences walked, including those whose last call changed nothing.
    sequences: u64,
    sessions: u64,
}

impl Walk<'_> {
    fn go(&mut self, held: &Held, depth: usize) {
        let (before, now) = (self.stage.shelf.content().clone(), self.stage.clock.now());
        for op in self.ops.clone() {
            let mut next = held.clone();
            self.path.push(op);
            let came = self.stage.perform(op, &mut next, self.app);
            if !matches!(came, Came::NotApplicable) {
                self.sequences += 1;
                let code_given = self.path.iter().any(|op| WITH_CODE.contains(op));
                if let Came::ToASession = came {
                    assert!(code_given, "a session without a code: {:?}", self.path);
                    self.sessions += 1;
                } else {
                    let changed = self.stage.shelf.content().written != before.written || next.size() != held.size();
                    if changed {
                        self.look(code_given);
                    }
                    if depth > 1 && (changed || self.stage.clock.now() != now) {
                        self.go(&next, depth - 1);
                    }
                }
            }
            self.path.pop();
            *self.stage.shelf.content() = before.clone();
            self.stage.clock.set(now);
        }
    }

    fn look(&self, code_given: bool) {
        let (password, totp, recovery_codes) = self.stage.credentials();
        assert_eq!(totp.is_null(), self.owed, "the second factor was turned on or off: {:?}", self.path);
        if !code_given {
            assert_eq!(totp, self.credentials.1, "the authenticator was replaced: {:?}", self.path);
            assert_eq!(recovery_codes, self.credentials.2, "a recovery code was used: {:?}", self.path);
            if !self.owed {
                assert_eq!(password, self.credentials.0, "the password was changed: {:?}", self.path);
            }
        }
    }
}

fn walk(mode: ResetMode, policy: SecondFactorPolicy) {
    let mut total = 0;
    for state in STATES {
        let stage = Stage::new(mode, policy);
        let Some((held, app)) = prepare(&stage, policy, state) else { continue };
        let owed = state == State::Owed;
        // With the mailbox alone it takes four calls: request, confirm, sign in with a code, choose a password.
        let far = if state == State::DeviceRememberedWithoutPassword { DEPTH } else { DEPTH - 1 };
        let with_code = [&WITHOUT_CODE[..], &WITH_CODE[..]].concat();
        let mut walked = Vec::new();
        for (ops, depth) in [(WITHOUT_CODE.to_vec(), DEPTH), (with_code, far)] {
            let (path, credentials) = (Vec::new(), stage.credentials());
            let (stage, app) = (&stage, &app);
            let mut walk = Walk { stage, app, ops, path, credentials, owed, sequences: 0, sessions: 0 };
            walk.go(&held, depth);
            walked.push((walk.sequences, walk.sessions));
            // Nothing requires a code at sign-in yet.
            if owed {
                break;
            }
        }
        println!("{mode:?}, {policy:?}, {state:?}: {walked:?} sequences and sessions");
        assert_eq!(walked[0].1, 0);
        assert!(owed || walked[1].1 > 0, "with a code there is a way in");
        total += walked.iter().map(|(sequences, _)| sequences).sum::<u64>();
    }
    println!("{mode:?}, {policy:?}: {total} sequences in all");
    assert!(total > 10_000, "the walk went nowhere");
}

#[test]
fn s20_scenario_18_no_order_of_calls_goes_around_the_second_factor() {
    walk(ResetMode::TemporaryPassword, SecondFactorPolicy::Optional);
}

#[test]
fn s20_scenario_18_nor_where_the_policy_demands_one() {
    walk(ResetMode::TemporaryPassword, SecondFactorPolicy::Required);
}

#[test]
fn s20_scenario_18_nor_where_a_link_sets_the_password() {
    walk(ResetMode::ChooseNewPassword, SecondFactorPolicy::Optional);
}

#[test]
fn s20_scenario_18_nor_where_a_link_sets_it_and_the_policy_demands_one() {
    walk(ResetMode::ChooseNewPassword, SecondFactorPolicy::Required);
}
