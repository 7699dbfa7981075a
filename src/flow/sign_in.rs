//! Signing in with an address and a password, own or temporary.

use core::fmt;
use std::sync::Arc;

use crate::crypto;
use crate::engine::{Admission, Caller, Committed, Decision, Engine, Found, Lane, SignIn, SignedIn, Source};
use crate::error::{SignInError, Unavailable};
use crate::policy::temporary_digest;
use crate::port::{EventKind, SignInFailure};
use crate::types::{DeviceToken, Digest, Email, Password};
use crate::user::{Judged, Passed, ShownDevice, Step, User};

/// What somebody typed into the sign-in form, and what the host knows beside it.
///
/// `Debug` shows neither the address nor the password.
///
/// ```
/// use doorward::{SignInRequest, Source};
/// # let (form_email, form_password, device_cookie) = ("a@b.example", "…", "");
///
/// let request = SignInRequest::new(form_email, form_password)
///     .device(device_cookie)
///     .source(Source::from_ip([192, 0, 2, 7].into()))
///     .request_id("7c1d");
/// ```
#[derive(Clone)]
pub struct SignInRequest {
    email: Result<Email, crate::types::MalformedEmail>,
    password: Password,
    temporary: Digest,
    device: Option<DeviceToken>,
    source: Option<Source>,
    request_id: Option<Box<str>>,
}

impl SignInRequest {
    /// The texts as they were typed.
    pub fn new(email: &str, password: &str) -> Self {
        let password = Password::new(password);
        let temporary = temporary_digest(password.expose());
        Self { email: Email::from_input(email), password, temporary, device: None, source: None, request_id: None }
    }

    /// The browser's device cookie, if it sent one: the text of a [`DeviceToken`]. Anything else is ignored.
    #[must_use]
    pub fn device(self, cookie: &str) -> Self {
        Self { device: DeviceToken::parse(cookie).ok(), ..self }
    }

    /// Where the request comes from.
    #[must_use]
    pub fn source(self, source: Source) -> Self {
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
            .field("device", &self.device.is_some())
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
) -> (Result<SignIn, SignInError>, Option<crate::policy::AttemptKey>) {
    let mut throttled_in = None;
    let outcome = evaluate(engine, request, &mut throttled_in).await;
    engine.purge_in_time().await;
    (outcome, throttled_in)
}

async fn evaluate(
    engine: &Arc<Engine>,
    request: &SignInRequest,
    throttled_in: &mut Option<crate::policy::AttemptKey>,
) -> Result<SignIn, SignInError> {
    engine.open()?;
    // What is not an address is nobody's, and everybody can see that: it is answered without any work.
    let Ok(email) = &request.email else {
        let reason = SignInFailure::MalformedEmail;
        engine.report(EventKind::SignInFailed { reason }).request_id(request.request_id.as_deref()).send();
        return Err(SignInError::InvalidCredentials);
    };
    let attempt = Attempt { engine, request, email, found: engine.find_by_email(email).await? };
    if let Some(user) = attempt.with_temporary() {
        return attempt.enter_with_temporary(user).await;
    }
    attempt.enter_with_password(throttled_in).await
}

struct Attempt<'a> {
    engine: &'a Arc<Engine>,
    request: &'a SignInRequest,
    email: &'a Email,
    found: Found,
}

impl Attempt<'_> {
    /// The user, if the text is the live temporary password. The same work is done for nobody.
    fn with_temporary(&self) -> Option<User> {
        let now = self.engine.now();
        let user = self.found.user();
        let matches = user.unwrap_or(&self.engine.decoy).matches_temporary(&self.request.temporary, now);
        user.filter(|_| matches).cloned()
    }

    /// The device that the client has shown to be. The same work is done for nobody.
    fn shown_device(&self) -> Option<ShownDevice> {
        let now = self.engine.now();
        let user = self.found.user();
        let token = self.request.device.as_ref()?;
        let shown = user.unwrap_or(&self.engine.decoy).shown_device(token, now);
        user.and(shown)
    }

    /// 128 random bits cannot be guessed, so a match is neither counted nor delayed.
    async fn enter_with_temporary(&self, user: User) -> Result<SignIn, SignInError> {
        let limits = self.engine.config.challenge_limits();
        let outcome = self
            .engine
            .commit(user, |user, fresh| {
                store(user.sign_in_with_temporary(&self.request.temporary, &limits, self.engine.now(), fresh))
            })
            .await?;
        self.concluded(outcome, 0)
    }

    async fn enter_with_password(
        &self,
        throttled_in: &mut Option<crate::policy::AttemptKey>,
    ) -> Result<SignIn, SignInError> {
        let Self { engine, request, email, .. } = *self;
        let shown = self.shown_device();
        let charged = {
            let lanes = match (&shown, self.found.user()) {
                // A known device has a lane of its own and shares none.
                (Some(shown), Some(user)) => vec![Lane::Device(user.id(), shown.id)],
                _ => [Lane::Account(email)].into_iter().chain(request.source.as_ref().map(Lane::Source)).collect(),
            };
            let caller = if shown.is_some() { Caller::Known } else { Caller::Stranger };
            let permit = engine.permit(caller)?;
            match engine.charge(&lanes, engine.now()).await? {
                Admission::Admitted(charged) => (permit, charged),
                Admission::Throttled { retry_after } => {
                    *throttled_in = lanes.first().map(|lane| engine.attempt_key(lane));
                    self.report(EventKind::Throttled { retry_after });
                    return Err(SignInError::Throttled { retry_after });
                }
            }
        };
        let (permit, charged) = charged;

        let judged = self.found.user().and_then(Judged::password_of);
        let evaluable = engine.evaluable(email, self.found.user(), judged.as_ref());
        let unusable = judged.is_some() && !evaluable.known;
        let (params, password) = (engine.config.hashing.params, request.password.clone());
        let verified = permit.run(move |memory| {
            let right = evaluable.verify(&password, memory);
            let outdated = right && !evaluable.hash().is_up_to_date(params);
            // A rehash that cannot be had fails no sign-in.
            let rehashed = outdated.then(|| crypto::hash(&password, params, memory).ok()).flatten();
            ((right, rehashed), 1 + u64::from(outdated))
        });
        let (right, rehashed) = verified.await.map_err(|_| Unavailable::Closed)?;

        let (Some(judged), Some(user), true) = (judged, self.found.user(), right) else {
            return self.failed(if unusable { SignInFailure::UnusableHash } else { self.why() });
        };
        let rehashed = engine.replacement(user, &judged, rehashed.as_ref());
        let (challenges, devices) = (engine.config.challenge_limits(), engine.config.device_limits());
        let failures = charged.first().map_or(0, |lane| lane.failures_before);
        let outcome = engine
            .commit(user.clone(), |user, fresh| {
                let (now, rehashed) = (engine.now(), rehashed.as_ref());
                store(user.sign_in_with_password(&judged, rehashed, shown.as_ref(), &challenges, &devices, now, fresh))
            })
            .await?;
        let signed_in = self.concluded(outcome, failures)?;
        engine.refund(&charged, engine.now()).await;
        Ok(signed_in)
    }

    fn concluded(&self, outcome: Committed<Option<(Step, User)>>, after_failures: u32) -> Result<SignIn, SignInError> {
        let Committed::Done(Some((step, user))) = outcome else { return self.failed(SignInFailure::Changed) };
        match step {
            Step::Complete { session, device } => {
                self.report(EventKind::SignedIn { after_failures });
                let renewed =
                    self.request.device.as_ref().map(DeviceToken::expose) == device.as_ref().map(DeviceToken::expose);
                if device.is_some() && !renewed {
                    self.report(EventKind::DeviceGranted);
                }
                Ok(SignIn::Complete(SignedIn::new(&user, session, device)))
            }
            Step::ChangePassword(challenge) => {
                self.report(EventKind::PasswordChangeDemanded);
                Ok(SignIn::PasswordChangeRequired(challenge))
            }
        }
    }

    fn why(&self) -> SignInFailure {
        match &self.found {
            Found::Nobody => SignInFailure::UnknownEmail,
            Found::Unreadable => SignInFailure::Unreadable,
            Found::User(user) if !user.is_active() => SignInFailure::Deactivated,
            Found::User(user) if !user.has_password() => SignInFailure::NoPassword,
            Found::User(_) => SignInFailure::WrongPassword,
        }
    }

    fn failed(&self, reason: SignInFailure) -> Result<SignIn, SignInError> {
        self.report(EventKind::SignInFailed { reason });
        Err(SignInError::InvalidCredentials)
    }

    fn report(&self, kind: EventKind) {
        let report = self.engine.report(kind).email(self.email).request_id(self.request.request_id.as_deref());
        match self.found.user() {
            Some(user) => report.user_id(user.id()).send(),
            None => report.send(),
        }
    }
}

/// A step to be stored with the state that records it, or nothing.
fn store(passed: Option<Passed>) -> Decision<Option<(Step, User)>> {
    match passed {
        Some(Passed { step, user }) => Decision::Store(user.clone(), Some((step, user))),
        None => Decision::Answer(None),
    }
}
