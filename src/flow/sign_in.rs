//! Signing in with an address and a password, own or temporary.

use core::fmt;
use std::sync::Arc;

use crate::account::AuthMethod;
use crate::engine::{Admission, Bucket, Caller, CodeOutcome, Committed, Decision, DeviceTokens, Engine, Found, SignIn};
use crate::error::{SignInError, Unavailable};
use crate::event::{EventKind, SignInFailureReason};
use crate::hashing;
use crate::hashing::HashScheme;
use crate::password::temporary_digest;
use crate::second_factor::{MalformedCode, TypedCode};
use crate::types::ClientAddress;
use crate::types::Malformed;
use crate::types::{Digest, Email, Password, UserId};
use crate::user::{
    AcceptedCode, Assurance, CodeVerdict, Fresh, Judged, Passed, Progress, ShownDevice, Step, User, UserHead,
};

/// What somebody typed into the sign-in form, and what the host knows beside it.
///
/// `Debug` shows neither the address nor the password.
///
/// ```
/// use doorward::{SignInRequest, ClientAddress};
/// # let (form_email, form_password, device_cookie) = ("a@b.example", "…", "");
///
/// let request = SignInRequest::new(form_email, form_password)
///     .device(device_cookie)
///     .source(ClientAddress::from_ip([192, 0, 2, 7].into()))
///     .request_id("7c1d");
/// ```
#[derive(Clone)]
pub struct SignInRequest {
    email: Result<Email, Malformed>,
    password: Password,
    temporary: Digest,
    code: Option<Result<TypedCode, MalformedCode>>,
    devices: DeviceTokens,
    source: Option<ClientAddress>,
    request_id: Option<Box<str>>,
}

impl SignInRequest {
    /// The texts as they were typed.
    pub fn new(email: &str, password: &str) -> Self {
        let password = Password::new(password);
        let temporary = temporary_digest(password.expose());
        let email = Email::from_input(email);
        Self {
            email,
            password,
            temporary,
            code: None,
            devices: DeviceTokens::default(),
            source: None,
            request_id: None,
        }
    }

    /// A code of the second factor, typed into the same form: sign-in in one step. Whatever of it all is wrong, the answer is
    /// the one uniform failure, so nobody learns whether the password was right (give the builder a
    /// [`background`](crate::AuthBuilder::background): without one the time of the answer tells it). A recovery code does as
    /// well. Where an
    /// account has no second factor, the code is not looked at, so a form may leave the field blank.
    #[must_use]
    pub fn code(self, typed: &str) -> Self {
        Self { code: Some(TypedCode::parse(typed)), ..self }
    }

    /// The browser's device cookie, if it sent one: the text of a [`DeviceToken`](crate::DeviceToken). Anything else is ignored.
    ///
    /// A browser that several people share has a token of each: keep the last few in the cookie, and call this for each of
    /// them. The first five count, and only the one of this account matters.
    #[must_use]
    pub fn device(mut self, cookie: &str) -> Self {
        self.devices.add(cookie);
        self
    }

    /// Where the request comes from.
    #[must_use]
    pub fn source(self, source: ClientAddress) -> Self {
        Self { source: Some(source), ..self }
    }

    /// The host's id of the request: it appears in the events, up to 64 characters of it.
    #[must_use]
    pub fn request_id(self, request_id: &str) -> Self {
        Self { request_id: Some(request_id.chars().take(64).collect()), ..self }
    }
}

impl fmt::Debug for SignInRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInRequest")
            .field("devices", &self.devices.len())
            .field("source", &self.source.is_some())
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// One try, and one more after a short wait if the host holds.
pub(crate) async fn sign_in(engine: &Arc<Engine>, request: &SignInRequest) -> Result<SignIn, SignInError> {
    let (outcome, throttled_in) = one_try(engine, request).await;
    let (Err(SignInError::Throttled { retry_after }), Some(lane), Some(hold)) = (&outcome, throttled_in, &engine.hold)
    else {
        return outcome;
    };
    let wait = *retry_after;
    let Some(_turn) = hold.take(&lane, wait) else { return outcome };
    hold.wait(wait).await;
    one_try(engine, request).await.0
}

/// One try, which is answered at once.
pub(crate) async fn try_sign_in(engine: &Arc<Engine>, request: &SignInRequest) -> Result<SignIn, SignInError> {
    one_try(engine, request).await.0
}

/// Beside the outcome: the lane that was too early, for holding.
async fn one_try(
    engine: &Arc<Engine>,
    request: &SignInRequest,
) -> (Result<SignIn, SignInError>, Option<crate::throttle::AttemptKey>) {
    let mut throttled_in = None;
    let outcome = evaluate(engine, request, &mut throttled_in).await;
    engine.purge_in_time().await;
    (outcome, throttled_in)
}

async fn evaluate(
    engine: &Arc<Engine>,
    request: &SignInRequest,
    throttled_in: &mut Option<crate::throttle::AttemptKey>,
) -> Result<SignIn, SignInError> {
    engine.open()?;
    // What is not an address is nobody's, and everybody can see that: it is answered without any work.
    let Ok(email) = &request.email else {
        let reason = SignInFailureReason::MalformedEmail;
        engine.report(EventKind::SignInFailed { reason }).request_id(request.request_id.as_deref()).send();
        return Err(SignInError::InvalidCredentials);
    };
    let attempt = Attempt { engine, request, email, found: engine.find_by_email(email).await? };
    match attempt.has_temporary() {
        true => attempt.enter_with_temporary().await,
        false => attempt.enter_with_password(throttled_in).await,
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
        let head = self.found.somebody().unwrap_or(&self.engine.decoy_head);
        head.matches_temporary(&self.request.temporary, self.engine.now()) & self.found.somebody().is_some()
    }

    /// The device that the client has shown to be, of a user that is decided on.
    fn shown_by(&self, user: &User) -> Option<ShownDevice> {
        self.request.devices.shown_to(user, self.engine)
    }

    /// 128 random bits cannot be guessed, so a match is neither counted nor delayed. A code given with it is.
    async fn enter_with_temporary(&self) -> Result<SignIn, SignInError> {
        let (engine, rules) = (self.engine, self.engine.config.sign_in_rules());
        let Found::Somebody(user) = engine.find_whole(&self.found, self.email).await? else {
            return self.failed(SignInFailureReason::Changed);
        };
        let typed = &self.request.temporary;
        let Some(code) = self.request.code.as_ref().filter(|_| user.has_second_factor()) else {
            let outcome = engine
                .commit(user, |user, fresh| {
                    let now = engine.now();
                    let proved = user.proved_by_temporary(typed, self.shown_by(user).as_ref(), now);
                    store(proved.map(|proved| user.sign_in_with_temporary(proved, None, &rules, now, fresh)))
                })
                .await?;
            return self.concluded(outcome, 0).await;
        };
        let Ok(code) = code else { return self.failed(SignInFailureReason::WrongCode) };
        let outcome = engine
            .with_code(
                user,
                code,
                None,
                |user, now| {
                    let proved = user.proved_by_temporary(typed, self.shown_by(user).as_ref(), now)?;
                    user.has_second_factor().then_some((proved.proof, proved))
                },
                |user, proved, accepted, now, fresh| {
                    let proved = proved.and(accepted.method(), now);
                    let Passed { step, user } = user.sign_in_with_temporary(proved, Some(accepted), &rules, now, fresh);
                    (step, user)
                },
            )
            .await?;
        match outcome {
            CodeOutcome::Right(step, user) => {
                Ok(engine.conclude(step, &user, 0, self.request.request_id.as_deref()).await)
            }
            CodeOutcome::Wrong => self.failed(SignInFailureReason::WrongCode),
            CodeOutcome::Throttled { retry_after } => Err(SignInError::Throttled { retry_after }),
            CodeOutcome::Refused => self.failed(SignInFailureReason::Changed),
        }
    }

    async fn enter_with_password(
        &self,
        throttled_in: &mut Option<crate::throttle::AttemptKey>,
    ) -> Result<SignIn, SignInError> {
        let Self { engine, request, email, .. } = *self;
        let shown = engine.find_shown_device(email, &request.devices).await?;
        let buckets = self.buckets(shown.as_ref().map(|(user, shown)| (user, shown)));
        let caller = if shown.is_some() { Caller::Known } else { Caller::Stranger };
        let admission = match engine.look_at(&buckets, caller, engine.now()).await? {
            Admission::Admitted(due) => engine.charge(due, engine.now()).await?,
            Admission::Throttled { retry_after } => Admission::Throttled { retry_after },
        };
        let (permit, charged) = match admission {
            Admission::Admitted(charged) => charged,
            Admission::Throttled { retry_after } => {
                *throttled_in = buckets.first().map(|lane| engine.attempt_key(lane));
                self.report(EventKind::Throttled { retry_after });
                return Err(SignInError::Throttled { retry_after });
            }
        };
        // From here on a hash is computed whatever happens, which hides how large the account is that is loaded now.
        let found = match shown {
            Some((user, _)) => Found::Somebody(user),
            None => engine.find_whole(&self.found, email).await?,
        };

        let judged = found.somebody().and_then(Judged::password_of);
        let evaluable = engine.evaluable(email, found.somebody(), judged.as_ref());
        let unusable = judged.is_some() && !evaluable.known;
        let (params, password) = (engine.config.hashing.params, request.password.clone());
        let (scheme, with_code) = (evaluable.hash().scheme(), request.code.is_some());
        let verified = permit.run(move |memory| {
            let right = evaluable.verify(&password, memory);
            let outdated = right && !evaluable.hash().is_up_to_date(params);
            // A rehash that cannot be had fails no sign-in. With a code to come, its time would tell that the password is
            // right.
            let now = outdated && !with_code;
            let rehashed = now.then(|| hashing::hash(&password, params, memory).ok()).flatten();
            ((right, outdated, rehashed), 1 + u64::from(now))
        });
        let (right, outdated, rehashed) = verified.await.map_err(|_| Unavailable::Closed)?;

        let (Some(judged), Some(user), true) = (judged, found.somebody(), right) else {
            // The code of a try whose password is wrong is judged too, though for nobody.
            if let Some(Ok(code)) = &request.code {
                engine.judge_decoy_code(code);
            }
            return self.failed(if unusable { SignInFailureReason::UnusableHash } else { why(&found) });
        };
        let is_rehashed = rehashed.is_some();
        let rehashed = engine.replacement(user, &judged, rehashed.as_ref());
        let rules = engine.config.sign_in_rules();
        let outcome = engine
            .commit(user.clone(), |user, fresh| {
                let (now, rehashed) = (engine.now(), rehashed.as_ref());
                // Of the user decided on: the device may have been revoked while the hash was computed.
                let Some(proved) = user.proved_by_password(&judged, self.shown_by(user).as_ref(), now) else {
                    return Decision::Answer(Entered::Changed);
                };
                let (proved, accepted) = match self.code_for(user, &proved, fresh) {
                    GivenCode::NotAskedFor => (proved, None),
                    GivenCode::Right(accepted) => (proved.and(accepted.method(), now), Some(accepted)),
                    GivenCode::Wrong(wrong) => return Decision::Answer(Entered::WrongCode(wrong)),
                };
                let Passed { step, user } =
                    user.sign_in_with_password(proved, &judged, rehashed, accepted.as_ref(), &rules, now, fresh);
                let user = engine.with_resealed_totp(user, fresh);
                Decision::Store(user.clone(), Entered::Passed(step, user, accepted.map(|code| code.method())))
            })
            .await?;
        let (step, user) = match outcome {
            Committed::Done(Entered::Passed(step, user, method)) => {
                if let Some(method) = method {
                    engine.tell_of_right_code(&user, method).await;
                }
                (step, user)
            }
            Committed::Done(Entered::WrongCode(proof)) => return self.wrong_code(user, proof).await,
            Committed::Done(Entered::Changed) | Committed::Gone | Committed::EmailTaken => {
                return self.failed(SignInFailureReason::Changed);
            }
        };
        if is_rehashed {
            self.report(EventKind::Rehashed { from: scheme });
        } else if outdated {
            self.rehash_later(user.id(), judged, scheme).await;
        }
        let failures = charged.first().map_or(0, |lane| lane.failures_before);
        let signed_in = engine.conclude(step, &user, failures, request.request_id.as_deref()).await;
        engine.refund(&charged, engine.now()).await;
        Ok(signed_in)
    }

    /// The buckets that this try is charged in. A known device has one of its own and shares none.
    fn buckets<'a>(&'a self, shown: Option<(&'a User, &'a ShownDevice)>) -> Vec<Bucket<'a>> {
        match shown {
            Some((user, shown)) => vec![Bucket::Device(user.id(), shown.id)],
            None => {
                let source = self.request.source.as_ref().map(Bucket::ClientAddress);
                [Bucket::Account(self.email)].into_iter().chain(source).collect()
            }
        }
    }

    /// Judges the code that was given with a right password, if the account asks for one.
    fn code_for(&self, user: &User, proved: &Progress, fresh: &Fresh) -> GivenCode {
        let Some(code) = &self.request.code else { return GivenCode::NotAskedFor };
        if !user.has_second_factor() || proved.factor_passed {
            return GivenCode::NotAskedFor;
        }
        let Ok(code) = code else { return GivenCode::Wrong(None) };
        match self.engine.judge_code(user, proved.proof, code, fresh.version) {
            CodeVerdict::Right(accepted) => GivenCode::Right(accepted),
            CodeVerdict::Wrong(_) => GivenCode::Wrong(Some(proved.proof)),
            // Not looked at. To say so would tell that the password is right.
            CodeVerdict::Early { .. } => GivenCode::Wrong(None),
            CodeVerdict::SetBack { .. } => GivenCode::Wrong(Some(proved.proof)),
            CodeVerdict::Unreadable(fault) => {
                self.report(EventKind::TotpSecretUnusable { fault });
                GivenCode::Wrong(None)
            }
        }
    }

    /// A right password with a wrong code is answered like a wrong password, after the same work. That it is counted, for
    /// somebody knows the password, is done after the answer.
    async fn wrong_code(&self, user: &User, proof: Option<Assurance>) -> Result<SignIn, SignInError> {
        if let (Some(proof), Some(Ok(code))) = (proof, &self.request.code) {
            let (engine, user, code) = (Arc::clone(self.engine), user.clone(), code.clone());
            self.engine
                .background
                .run(async move {
                    let counted = engine.count_wrong_code(user, proof, &code).await;
                    if let Err(Unavailable::Backend(error)) = counted {
                        engine.report(EventKind::store_failed(&error)).send();
                    }
                })
                .await;
        }
        self.failed(SignInFailureReason::WrongCode)
    }

    /// After the answer: what a sign-in in one step did not do in passing.
    async fn rehash_later(&self, id: &UserId, judged: Judged, from: HashScheme) {
        let (engine, id, password) = (Arc::clone(self.engine), id.clone(), self.request.password.clone());
        let work = async move {
            // Whatever fails here is done at the next sign-in.
            let (Ok(permit), Ok(Some(user))) = (engine.permit_of(&id), engine.users.find_by_id(&id).await) else {
                return;
            };
            let params = engine.config.hashing.params;
            let hashed = permit.run(move |memory| (hashing::hash(&password, params, memory), 1)).await;
            let Ok(Ok(hash)) = hashed else { return };
            let Some(stored) = engine.replacement(&user, &judged, Some(&hash)) else { return };
            let outcome = engine
                .commit(user, |user, fresh| match user.rehashed(&judged, &stored, fresh) {
                    Some(next) => Decision::Store(next.clone(), Some(next)),
                    None => Decision::Answer(None),
                })
                .await;
            if let Ok(Committed::Done(Some(user))) = outcome {
                engine.report(EventKind::Rehashed { from }).user(&user).send();
            }
        };
        self.engine.background.run(work).await;
    }

    async fn concluded(
        &self,
        outcome: Committed<Option<(Step, User)>>,
        after_failures: u32,
    ) -> Result<SignIn, SignInError> {
        let Committed::Done(Some((step, user))) = outcome else { return self.failed(SignInFailureReason::Changed) };
        Ok(self.engine.conclude(step, &user, after_failures, self.request.request_id.as_deref()).await)
    }

    fn failed(&self, reason: SignInFailureReason) -> Result<SignIn, SignInError> {
        self.report(EventKind::SignInFailed { reason });
        Err(SignInError::InvalidCredentials)
    }

    fn report(&self, kind: EventKind) {
        let report = self.engine.report(kind).email(self.email).request_id(self.request.request_id.as_deref());
        // What tells of somebody takes as long as what tells of nobody.
        let id = self.found.somebody().map_or(self.engine.decoy.id(), UserHead::id);
        let of_somebody = core::hint::black_box(report.user_id(id));
        match self.found {
            Found::Somebody(_) => of_somebody.send(),
            Found::Nobody | Found::Unreadable => of_somebody.without_user_id().send(),
        }
    }
}

/// Why a password that was evaluated is not right.
fn why(found: &Found<User>) -> SignInFailureReason {
    match found {
        Found::Nobody => SignInFailureReason::UnknownEmail,
        Found::Unreadable => SignInFailureReason::Unreadable,
        Found::Somebody(user) if !user.is_active() => SignInFailureReason::Deactivated,
        Found::Somebody(user) if !user.has_password() => SignInFailureReason::NoPassword,
        Found::Somebody(_) => SignInFailureReason::WrongPassword,
    }
}

/// What a right password led to.
#[allow(clippy::large_enum_variant)] // one on the stack at a time
enum Entered {
    Passed(Step, User, Option<AuthMethod>),
    /// After which proof, if it was looked at.
    WrongCode(Option<Assurance>),
    Changed,
}

/// What the code given with a password is worth.
enum GivenCode {
    NotAskedFor,
    Right(AcceptedCode),
    /// After which proof, if it was looked at.
    Wrong(Option<Assurance>),
}

/// A step to be stored with the state that records it, or nothing.
fn store(passed: Option<Passed>) -> Decision<Option<(Step, User)>> {
    match passed {
        Some(Passed { step, user }) => Decision::Store(user.clone(), Some((step, user))),
        None => Decision::Answer(None),
    }
}
