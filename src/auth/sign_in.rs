//! Signing in with an address and a password, own or temporary.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use time::OffsetDateTime;

use super::Auth;
use super::client::Client;
use super::outcome::SignIn;
use super::respond::{events_of, respond};
use crate::engine::{Admission, Bucket, Caller, Charged, Coded, Committed, Decision, Engine, Found};
use crate::error::{SignInError, Unavailable};
use crate::event::{EventKind, SignInFailureReason};
use crate::hashing::{self, HashScheme};
use crate::password::temporary_digest;
use crate::second_factor::{MalformedCode, TypedCode};
use crate::throttle::AttemptKey;
use crate::types::{ClientAddress, Digest, Email, Malformed, Password, UserId, is_unseen};
use crate::user::{
    AcceptedCode, Assurance, CodeVerdict, Fresh, GivenFor, Judged, NotedTries, Passed, Progress, Replacement,
    SessionWish, ShownDevice, Step, User, UserHead,
};

/// What was typed into the sign-in form, and what the host knows of the client.
///
/// `Debug` shows neither the address nor the password.
///
/// ```
/// use doorward::{ClientAddress, SignInRequest};
/// # let (form_email, form_password, device_cookie) = ("a@b.example", "…", "");
///
/// let request = SignInRequest::new(form_email, form_password)
///     .device(device_cookie)
///     .client_address(ClientAddress::from_ip([192, 0, 2, 7].into()))
///     .request_id("7c1d");
/// ```
#[derive(Clone)]
pub struct SignInRequest {
    email: Result<Email, Malformed>,
    password: Password,
    temporary: Digest,
    code: Option<Result<TypedCode, MalformedCode>>,
    wish: SessionWish,
    client: Client,
}

impl SignInRequest {
    /// The texts as they were typed.
    pub fn new(email: &str, password: &str) -> Self {
        let password = Password::new(password);
        let temporary = temporary_digest(password.expose());
        let (wish, client) = (SessionWish::default(), Client::default());
        Self { email: Email::from_input(email), password, temporary, code: None, wish, client }
    }

    /// Adds a code from the authenticator, or a recovery code, typed into the same form: a one-step sign-in.
    ///
    /// Any mistake gives the one uniform failure, so nobody learns whether the password was right. That requires a
    /// [`background`](crate::AuthBuilder::background): without one, the response time reveals it. If the account has no second
    /// factor, the code is ignored, so the field may stay blank.
    #[must_use]
    pub fn code(self, typed: &str) -> Self {
        Self { code: Some(TypedCode::parse(typed)), ..self }
    }

    /// Sets whether the user asked to be kept signed in; default `false`. The session then lasts as long as
    /// [`SessionConfig::kept_lifetimes`](crate::session::SessionConfig::kept_lifetimes), 30 days by default, and its cookie outlives
    /// the browser window ([`SignedIn::max_age`](crate::SignedIn::max_age)). It applies to all steps of this sign-in.
    #[must_use]
    pub fn keep_signed_in(mut self, keep: bool) -> Self {
        self.wish.kept = keep;
        self
    }

    /// A label by which its owner recognises the session in a list, such as "Firefox on Linux": up to 64 characters. Invisible
    /// characters, such as controls and bidirectional marks, are dropped. It usually derives from what the client sent, so escape
    /// it like any other input.
    #[must_use]
    pub fn label(mut self, label: &str) -> Self {
        let shown: String = label.chars().filter(|c| *c == ' ' || !is_unseen(*c)).collect();
        let shown: String = shown.trim().chars().take(64).collect();
        let shown = shown.trim_end();
        self.wish.label = (!shown.is_empty()).then(|| shown.into());
        self
    }

    /// The browser's device cookie, if it sent one: the text of a [`DeviceToken`](crate::DeviceToken). Anything else is
    /// ignored.
    ///
    /// A browser shared by several people has a token for each of them: keep the last few in the cookie, and call this once for
    /// each. The first five are looked at; only this account's matters.
    #[must_use]
    pub fn device(self, cookie: &str) -> Self {
        Self { client: self.client.device(cookie), ..self }
    }

    /// The client address. Failures from one client address are throttled together, against credential stuffing and password
    /// spraying.
    #[must_use]
    pub fn client_address(self, address: ClientAddress) -> Self {
        Self { client: self.client.address(address), ..self }
    }

    /// The host's id of the request. It appears in events, up to 64 characters of it.
    #[must_use]
    pub fn request_id(self, request_id: &str) -> Self {
        Self { client: self.client.request_id(request_id), ..self }
    }
}

impl fmt::Debug for SignInRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInRequest").field("client", &self.client).finish_non_exhaustive()
    }
}

/// # Signing in
impl Auth {
    /// Evaluates a sign-in. With a [`Hold`](crate::config::Hold), a short wait is waited out inside the call; a longer one is
    /// returned as `Throttled`.
    ///
    /// # Errors
    /// [`SignInError`]: show its message, and for `Throttled` how long to wait.
    ///
    /// ```
    /// use doorward::error::SignInError;
    /// use doorward::{Auth, SignIn, SignInRequest};
    ///
    /// async fn submit(auth: &Auth, email: &str, password: &str) -> Result<&'static str, SignInError> {
    ///     match auth.sign_in(SignInRequest::new(email, password)).await? {
    ///         SignIn::Complete(signed_in) => Ok("set signed_in.token() and signed_in.device_token() as cookies"),
    ///         SignIn::SecondFactorRequired(challenge) => Ok("ask for a code"),
    ///         SignIn::EnrollmentRequired(challenge) => Ok("show the way to an authenticator"),
    ///         SignIn::PasswordChangeRequired(challenge) => Ok("show the policy and ask for a new password"),
    ///     } // an error is shown as it is: Email and Password do not match
    /// }
    /// ```
    pub async fn sign_in(&self, request: SignInRequest) -> Result<SignIn, SignInError> {
        let engine = &self.engine;
        let stopped = match evaluated(engine, &request).await {
            Err(Stopped::Early { retry_after, bucket: Some(bucket) }) => (retry_after, bucket),
            outcome => return Ok(outcome?),
        };
        let (wait, bucket) = stopped;
        let turn = engine.holding.as_ref().and_then(|holding| Some((holding, holding.take(&bucket, wait)?)));
        let Some((holding, _turn)) = turn else { return Err(SignInError::Throttled { retry_after: wait }) };
        holding.wait(wait).await;
        Ok(evaluated(engine, &request).await?)
    }

    /// Like [`sign_in`](Self::sign_in), but never waits, even with a [`Hold`](crate::config::Hold).
    ///
    /// # Errors
    /// As [`sign_in`](Self::sign_in).
    pub async fn try_sign_in(&self, request: SignInRequest) -> Result<SignIn, SignInError> {
        Ok(evaluated(&self.engine, &request).await?)
    }
}

/// Why a try goes no further.
enum Stopped {
    /// It came too early, as that bucket says.
    Early {
        retry_after: Duration,
        bucket: Option<AttemptKey>,
    },
    Error(SignInError),
}

impl From<Unavailable> for Stopped {
    fn from(error: Unavailable) -> Self {
        Self::Error(error.into())
    }
}

impl From<Stopped> for SignInError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Early { retry_after, .. } => Self::Throttled { retry_after },
            Stopped::Error(error) => error,
        }
    }
}

async fn evaluated(engine: &Arc<Engine>, request: &SignInRequest) -> Result<SignIn, Stopped> {
    let outcome = evaluate(engine, request).await;
    engine.purge_in_time().await;
    outcome
}

async fn evaluate(engine: &Arc<Engine>, request: &SignInRequest) -> Result<SignIn, Stopped> {
    engine.open()?;
    // A malformed address has no account, and anyone can see that it is malformed, so it fails without any work.
    let Ok(email) = &request.email else {
        let reason = SignInFailureReason::MalformedEmail;
        engine.events.report(EventKind::SignInFailed { reason }).request_id(request.client.id()).send();
        return Err(Stopped::Error(SignInError::InvalidCredentials));
    };
    let attempt = Attempt { engine, request, email, found: engine.users.find_by_email(email).await? };
    match attempt.has_temporary() {
        true => attempt.enter_with_temporary().await,
        false => attempt.enter_with_password().await,
    }
}

struct Attempt<'a> {
    engine: &'a Arc<Engine>,
    request: &'a SignInRequest,
    email: &'a Email,
    found: Found<UserHead>,
}

impl Attempt<'_> {
    /// Whether the text is the live temporary password. The same work is done for nobody.
    fn has_temporary(&self) -> bool {
        let head = self.found.somebody().unwrap_or(&self.engine.users.decoy_head);
        head.matches_temporary(&self.request.temporary, self.engine.now()) & self.found.somebody().is_some()
    }

    /// The device whose token the client has shown, of a user that is decided on.
    fn shown_by(&self, user: &User) -> Option<ShownDevice> {
        self.request.client.devices.shown_to(user, &self.engine.users.tokens, self.engine.now())
    }

    /// What was wished for the session, and where it begins.
    fn wish_of(&self, user: &User) -> SessionWish {
        let address = self.request.client.address.as_ref();
        let address = address.and_then(|address| self.engine.sessions.sighted(user.id(), address));
        SessionWish { address, ..self.request.wish.clone() }
    }

    /// 140 random bits cannot be guessed, so a match is neither counted nor delayed. A code given with it is.
    async fn enter_with_temporary(&self) -> Result<SignIn, Stopped> {
        let (engine, rules) = (self.engine, self.engine.config.sign_in_rules());
        let Found::Somebody(user) = engine.users.find_whole(&self.found, self.email).await? else {
            return self.failed(SignInFailureReason::Changed).await;
        };
        let typed = &self.request.temporary;
        let Some(code) = self.request.code.as_ref().filter(|_| user.has_second_factor()) else {
            let outcome = engine
                .users
                .commit(user, |user, fresh| {
                    let now = engine.now();
                    let Some(progress) =
                        user.proved_by_temporary(typed, self.shown_by(user).as_ref(), &self.wish_of(user), now)
                    else {
                        return Decision::Answer(None);
                    };
                    let Passed { step, user } = user.sign_in_with_temporary(progress, None, &rules, now, fresh);
                    self.entering(user, step, 0).map(Some)
                })
                .await?;
            let Some((Some(step), user)) = outcome.done() else {
                return self.failed(SignInFailureReason::Changed).await;
            };
            engine.mailing.notify(&user).await;
            return Ok(respond(engine, step, &user));
        };
        let Ok(code) = code else { return self.failed(SignInFailureReason::WrongCode).await };
        let asked = |user: &User, now| {
            let progress = user.proved_by_temporary(typed, self.shown_by(user).as_ref(), &self.wish_of(user), now)?;
            user.has_second_factor().then_some((progress.assurance, progress))
        };
        let pass = |user: &User, progress: Progress, accepted: &AcceptedCode, now, fresh: &Fresh| {
            let progress = progress.and(accepted.method(), now);
            let Passed { step, user } = user.sign_in_with_temporary(progress, Some(accepted), &rules, now, fresh);
            self.entering(user, step, 0)
        };
        let (coded, user) = engine.codes.commit(user, code, GivenFor::Nothing, asked, pass).await?;
        match coded {
            Coded::Right(step) => Ok(respond(engine, step, &user)),
            Coded::Wrong => self.failed(SignInFailureReason::WrongCode).await,
            Coded::Throttled { retry_after } => Err(Stopped::Early { retry_after, bucket: None }),
            Coded::NotAskedFor(_) | Coded::Refused => self.failed(SignInFailureReason::Changed).await,
        }
    }

    async fn enter_with_password(&self) -> Result<SignIn, Stopped> {
        let Self { engine, request, email, .. } = *self;
        let shown = engine.users.find_shown_device(email, &request.client.devices).await?;
        let buckets = self.buckets(shown.as_ref().map(|(user, shown)| (user, shown)));
        let caller = if shown.is_some() { Caller::Known } else { Caller::Stranger };
        let (permit, charged) = match engine.throttle.charge(&buckets, caller).await? {
            Admission::Admitted(charged) => charged,
            Admission::Throttled { retry_after } => {
                self.report(EventKind::Throttled { retry_after });
                let bucket = buckets.first().map(|bucket| engine.throttle.attempt_key(bucket));
                return Err(Stopped::Early { retry_after, bucket });
            }
        };
        // From here on a hash is always computed, which hides the size of the account that is loaded next.
        let found = match shown {
            Some((user, _)) => Found::Somebody(user),
            None => engine.users.find_whole(&self.found, email).await?,
        };

        let judged = found.somebody().and_then(Judged::password_of);
        let evaluable = engine.hashing.evaluable(email, found.somebody(), judged.as_ref());
        let unusable = judged.is_some() && !evaluable.known;
        let (params, password) = (engine.hashing.params(), request.password.clone());
        let (scheme, with_code) = (evaluable.hash().scheme(), request.code.is_some());
        let verified = permit.run(move |memory| {
            let (right, hashes) = evaluable.verify(&password, memory);
            let outdated = right && evaluable.is_outdated(params);
            // A sign-in does not fail if it cannot be rehashed. With a code to come, the time of a second hash would reveal that
            // the password is right.
            let now = outdated && !with_code;
            let rehashed = now.then(|| hashing::hash(&password, params, memory).ok()).flatten();
            (Verified { right, outdated, rehashed }, hashes + u64::from(now))
        });
        let verified = verified.await.map_err(|_| Unavailable::Closed)?;
        // With a code to come, one more look-up would reveal that the password is right.
        let noted = match verified.right || with_code {
            true => self.noted(&charged, caller == Caller::Known).await,
            false => NotedTries::default(),
        };
        match (judged, found.somebody(), verified.right) {
            (Some(judged), Some(user), true) => self.pass(user, judged, verified, scheme, (&charged, noted)).await,
            _ => {
                // A code given with a wrong password is checked too, against the decoy.
                if let Some(Ok(code)) = &request.code {
                    engine.codes.judge_decoy(code);
                }
                self.failed(if unusable { SignInFailureReason::UnusableHash } else { why(&found) }).await
            }
        }
    }

    /// After a right password: judges the code that came with it, and stores where it leads.
    async fn pass(
        &self,
        user: &User,
        judged: Judged,
        verified: Verified,
        scheme: HashScheme,
        (charged, noted): (&[Charged], NotedTries),
    ) -> Result<SignIn, Stopped> {
        let engine = self.engine;
        let is_rehashed = verified.rehashed.is_some();
        let before = Before { failures: charged.first().map_or(0, |it| it.failures_before), noted };
        let rehashed = engine.hashing.replacement(user, &judged, verified.rehashed.as_ref());
        let outcome = engine
            .users
            .commit(user.clone(), |user, fresh| {
                let rehashed = rehashed.as_ref().map(|hash| (hash, EventKind::Rehashed { from: scheme }));
                self.enter(user, &judged, rehashed, &before, fresh)
            })
            .await?;
        let Committed::Done(Ok(entered), user) = outcome else {
            return self.failed(SignInFailureReason::Changed).await;
        };
        let step = match entered {
            Entered::Passed(step) => step,
            Entered::WrongCode(counted) => return self.wrong_code(user, counted).await,
            Entered::Refused => {
                engine.throttle.refund_alone(charged).await;
                return Err(Stopped::Error(SignInError::TooManySessions));
            }
        };
        engine.mailing.notify(&user).await;
        if verified.outdated && !is_rehashed {
            self.rehash_later(user.id(), judged, scheme).await;
        }
        let signed_in = respond(engine, step, &user);
        engine.throttle.refund(charged).await;
        Ok(signed_in)
    }

    /// Where a right password leads this user, as of now: the device may have been revoked while the hash was computed.
    fn enter(
        &self,
        user: &User,
        judged: &Judged,
        rehashed: Option<(&Replacement, EventKind)>,
        before: &Before,
        fresh: &Fresh,
    ) -> Decision<Result<Entered, SignInFailureReason>> {
        let (engine, now) = (self.engine, self.engine.now());
        let (shown, wish, rules) = (self.shown_by(user), &self.wish_of(user), engine.config.sign_in_rules());
        let Some(progress) = user.proved_by_password(judged, shown.as_ref(), wish, now) else {
            return Decision::Answer(Err(SignInFailureReason::Changed));
        };
        let accepted = match self.code_for(user, &progress, now, fresh) {
            GivenCode::NotAskedFor => None,
            GivenCode::Right(accepted) => Some(accepted),
            GivenCode::Wrong(counted) => return Decision::Answer(Ok(Entered::WrongCode(counted))),
        };
        let method = accepted.as_ref().map(AcceptedCode::method);
        let progress = match method {
            Some(method) => progress.and(method, now),
            None => progress,
        };
        let device = progress.device.as_ref().map(|device| device.id);
        let replacement = rehashed.as_ref().map(|(hash, _)| *hash);
        let Passed { step, user: next } =
            user.sign_in_with_password(progress, judged, replacement, accepted.as_ref(), &rules, now, fresh);
        if matches!(step, Step::Complete(_)) && user.refuses_session(device, &rules.sessions, now) {
            return Decision::Answer(Ok(Entered::Refused));
        }
        let next = engine.codes.resealed(next, fresh);
        let failures = before.failures;
        let notice = engine.config.failure_notice();
        let noticed = notice.and_then(|notice| next.noticed_of_failures(failures, &notice, now, fresh));
        let passed = method.map(|method| EventKind::SecondFactorPassed { method });
        let events = passed.into_iter().chain(rehashed.map(|(_, event)| event)).chain(events_of(&step, failures));
        let (next, missing) = self.settled(user, noticed.unwrap_or(next), &before.noted, now, fresh);
        let decision = Decision::store(next, Ok(Entered::Passed(step))).reporting_all(events);
        // Entries give no reason, so any will do.
        let failed = EventKind::SignInFailed { reason: SignInFailureReason::WrongPassword };
        decision.entering_first(failed.name(), missing).on_request(self.request.client.id())
    }

    /// The next state of this user with the failures before this sign-in settled, and those that are to be entered in the journal.
    fn settled(
        &self,
        user: &User,
        next: User,
        noted: &NotedTries,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> (User, Vec<OffsetDateTime>) {
        if self.engine.users.journaling.is_none() {
            return (next, Vec::new());
        }
        let failures = user.failures_to_enter(noted, now);
        (next.with_settled_tries(&failures, noted, now, fresh), failures)
    }

    /// The tries that the buckets have noted before this one. Known devices are charged in a bucket of their own, so what
    /// strangers tried is read too.
    async fn noted(&self, charged: &[Charged], from_known_device: bool) -> NotedTries {
        let Some(bucket) = charged.first().filter(|bucket| bucket.own().is_some()) else {
            return NotedTries::default();
        };
        let others = match from_known_device {
            true => self.engine.throttle.tries_of(&Bucket::Account(self.email)).await,
            false => Vec::new(),
        };
        NotedTries { charged: bucket.tries_before().to_vec(), others, own: bucket.own() }
    }

    /// The decision for a step.
    fn entering(&self, user: User, step: Step, failures: u32) -> Decision<Step> {
        let events = events_of(&step, failures);
        Decision::store(user, step).reporting_all(events).on_request(self.request.client.id())
    }

    /// The buckets that this try is charged in. A known device has one of its own and shares none.
    fn buckets<'a>(&'a self, shown: Option<(&'a User, &'a ShownDevice)>) -> Vec<Bucket<'a>> {
        match shown {
            Some((user, shown)) => vec![Bucket::Device(user.id(), shown.id)],
            None => {
                let address = self.request.client.address.as_ref().map(Bucket::ClientAddress);
                [Bucket::Account(self.email)].into_iter().chain(address).collect()
            }
        }
    }

    /// Judges the code that came with a right password, if the account asks for one.
    fn code_for(&self, user: &User, progress: &Progress, now: OffsetDateTime, fresh: &Fresh) -> GivenCode {
        let Some(code) = &self.request.code else { return GivenCode::NotAskedFor };
        if !user.has_second_factor() || progress.factor_passed {
            return GivenCode::NotAskedFor;
        }
        let Ok(code) = code else { return GivenCode::Wrong(None) };
        match self.engine.codes.judge(user, progress.assurance, code, now, fresh.version) {
            CodeVerdict::Right(accepted) => GivenCode::Right(accepted),
            CodeVerdict::Wrong(_) | CodeVerdict::Early { rewritten: Some(_), .. } => {
                GivenCode::Wrong(Some(progress.assurance))
            }
            // Not evaluated. To say so would reveal that the password is right.
            CodeVerdict::Early { .. } => GivenCode::Wrong(None),
            CodeVerdict::Unreadable(fault) => {
                self.report(EventKind::TotpSecretUnusable { fault });
                GivenCode::Wrong(None)
            }
        }
    }

    /// A right password with a wrong code fails like a wrong password, after the same work. The failure is counted after the
    /// response, so that its time does not reveal that the password is right.
    async fn wrong_code(&self, user: User, counted: Option<Assurance>) -> Result<SignIn, Stopped> {
        if let (Some(assurance), Some(Ok(code))) = (counted, &self.request.code) {
            let (engine, code) = (Arc::clone(self.engine), code.clone());
            let count = async move {
                if let Err(Unavailable::Backend(error)) = engine.codes.count_wrong(user, assurance, &code).await {
                    engine.events.report(EventKind::store_failed(&error)).send();
                }
            };
            self.engine.housekeeping.background.run(count).await;
        }
        self.failed(SignInFailureReason::WrongCode).await
    }

    /// After the response: the new hash that a sign-in in one step did not compute in passing.
    async fn rehash_later(&self, id: &UserId, judged: Judged, from: HashScheme) {
        let (engine, id, password) = (Arc::clone(self.engine), id.clone(), self.request.password.clone());
        let work = async move {
            // Anything that fails here is done at the next sign-in.
            let (Ok(permit), Ok(Some(user))) = (engine.hashing.permit_of(&id), engine.users.find_by_id(&id).await)
            else {
                return;
            };
            let params = engine.hashing.params();
            let hashed = permit.run(move |memory| (hashing::hash(&password, params, memory), 1)).await;
            let Ok(Ok(hash)) = hashed else { return };
            let Some(stored) = engine.hashing.replacement(&user, &judged, Some(&hash)) else { return };
            let outcome = engine
                .users
                .commit(user, |user, fresh| match user.rehashed(&judged, &stored, fresh) {
                    Some(next) => Decision::store(next, ()).reporting(EventKind::Rehashed { from }),
                    None => Decision::Answer(()),
                })
                .await;
            drop(outcome);
        };
        self.engine.housekeeping.background.run(work).await;
    }

    /// A failure writes nothing of its own: the charge has noted it, and the next sign-in enters it in the journal. Whatever was
    /// written for known addresses only would show by time, even after the response, in the next request.
    async fn failed(&self, reason: SignInFailureReason) -> Result<SignIn, Stopped> {
        self.report(EventKind::SignInFailed { reason });
        Err(Stopped::Error(SignInError::InvalidCredentials))
    }

    fn report(&self, kind: EventKind) {
        let report = self.engine.events.report(kind).email(self.email).request_id(self.request.client.id());
        // Reporting a known user takes as long as reporting nobody.
        let id = self.found.somebody().map_or(self.engine.users.decoy.id(), UserHead::id);
        let of_somebody = core::hint::black_box(report.user_id(id));
        match self.found {
            Found::Somebody(_) => of_somebody.send(),
            Found::Nobody | Found::Unreadable => of_somebody.without_user_id().send(),
        }
    }
}

/// Why a password that was evaluated is wrong.
fn why(found: &Found<User>) -> SignInFailureReason {
    match found {
        Found::Nobody => SignInFailureReason::UnknownEmail,
        Found::Unreadable => SignInFailureReason::Unreadable,
        Found::Somebody(user) if !user.is_active() => SignInFailureReason::Deactivated,
        Found::Somebody(user) if !user.has_password() => SignInFailureReason::NoPassword,
        Found::Somebody(_) => SignInFailureReason::WrongPassword,
    }
}

/// What was tried before a right password.
struct Before {
    failures: u32,
    noted: NotedTries,
}

/// A verified password.
struct Verified {
    right: bool,
    outdated: bool,
    rehashed: Option<hashing::PasswordHash>,
}

/// Where a right password led.
#[allow(clippy::large_enum_variant)] // one on the stack at a time
enum Entered {
    Passed(Step),
    /// At which assurance it is to be counted, if it was evaluated.
    WrongCode(Option<Assurance>),
    /// All places for sessions are taken.
    Refused,
}

/// The verdict on the code given with a password.
#[allow(clippy::large_enum_variant)] // one on the stack at a time
enum GivenCode {
    NotAskedFor,
    Right(AcceptedCode),
    Wrong(Option<Assurance>),
}
