//! "Forgot your password?": request, confirm, complete.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use crate::config::ResetMode;
use crate::crypto::{Purpose, sha256};
use crate::engine::{
    Caller, Committed, Decision, Delivery, DeviceTokens, Engine, Found, Full, Hashed, SHORT_WHILE, SignIn,
};
use crate::error::{CompleteResetError, ConfirmResetError, Unavailable};
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::password::ResetConfirmed;
use crate::password::ResetLinkStatus;
use crate::password::ResetRequested;
use crate::password::{temporary_digest, temporary_password};
use crate::second_factor::TypedCode;
use crate::types::ClientAddress;
use crate::types::{Email, Password, ResetToken, base64url};
use crate::user::{
    AcceptedCode, Assurance, CodeVerdict, Confirmation, Fresh, LinkLimits, NewLink, Passed, Progress, User, WrongCode,
};

/// Whose password is forgotten, and what the host knows beside it.
///
/// `Debug` does not show the address.
///
/// ```
/// use doorward::{Email, ResetRequest, ClientAddress};
///
/// let request = ResetRequest::new(Email::confirmed("ann@acme.example", "Ann@acme.example")?)
///     .source(ClientAddress::from_ip([192, 0, 2, 7].into()))
///     .request_id("7c1d");
/// # Ok::<(), doorward::error::UnconfirmedEmail>(())
/// ```
#[derive(Clone)]
pub struct ResetRequest {
    email: Email,
    devices: DeviceTokens,
    source: Option<ClientAddress>,
    request_id: Option<Box<str>>,
}

impl ResetRequest {
    /// For whoever owns that address.
    pub fn new(email: Email) -> Self {
        Self { email, devices: DeviceTokens::default(), source: None, request_id: None }
    }

    /// The browser's device cookie, if it sent one, as with [`SignInRequest::device`](crate::SignInRequest::device): a known
    /// device of this account is answered when strangers have taken every place there is for them.
    #[must_use]
    pub fn device(mut self, cookie: &str) -> Self {
        self.devices.add(cookie);
        self
    }

    /// Where the request comes from. With it nobody takes more than a fair share of the places for requests: 100 at once and
    /// one a second.
    #[must_use]
    pub fn source(self, source: ClientAddress) -> Self {
        Self { source: Some(source), ..self }
    }

    /// The host's id of the request: it appears in the event, up to 64 characters of it.
    #[must_use]
    pub fn request_id(self, request_id: &str) -> Self {
        Self { request_id: Some(request_id.chars().take(64).collect()), ..self }
    }
}

impl From<Email> for ResetRequest {
    fn from(email: Email) -> Self {
        Self::new(email)
    }
}

impl From<&Email> for ResetRequest {
    fn from(email: &Email) -> Self {
        Self::new(email.clone())
    }
}

impl fmt::Debug for ResetRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResetRequest")
            .field("source", &self.source.is_some())
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

pub(crate) async fn request_reset(engine: &Arc<Engine>, request: ResetRequest) -> Result<ResetRequested, Unavailable> {
    engine.open()?;
    let caller = admitted(engine, &request).await?;
    let ResetRequest { email, request_id, .. } = request;
    engine.report(EventKind::ResetRequested).email(&email).request_id(request_id.as_deref()).send();
    let taken = engine.work_off(|engine| &engine.resets.look_ups, email, caller, look_up).await;
    taken.map_err(|Full| engine.busy())?;
    engine.purge_in_time().await;
    Ok(ResetRequested { cooldown: engine.config.reset.cooldown })
}

/// Whether the request finds a place. It is not looked whose address it is: an address that is known is refused like any other.
async fn admitted(engine: &Engine, request: &ResetRequest) -> Result<Caller, Unavailable> {
    let refused = match engine.admits_reset_request(request.source.as_ref()) {
        Ok(caller) => return Ok(caller),
        Err(retry_after) => retry_after,
    };
    let known = engine.find_shown_device(&request.email, &request.devices).await?;
    let refused = match known.map(|(_, device)| engine.admits_reset_request_of(device.id)) {
        Some(Ok(caller)) => return Ok(caller),
        Some(Err(retry_after)) => retry_after,
        None => refused,
    };
    engine.report(EventKind::Busy).request_id(request.request_id.as_deref()).send();
    Err(Unavailable::Busy { retry_after: refused })
}

/// After the answer: whose address it is. Only from here on known and unknown addresses part.
async fn look_up(engine: Arc<Engine>, email: Email) {
    let head = match engine.find_by_email(&email).await {
        Ok(Found::Somebody(head)) => head,
        Ok(Found::Nobody) => return engine.report(EventKind::ResetLinkWithheld).email(&email).send(),
        // An event already.
        Ok(Found::Unreadable) | Err(_) => return,
    };
    let Some(delivery) = engine.resets.delivery(head.id(), &email) else {
        return engine.report(EventKind::ResetCoolingDown).email(&email).send();
    };
    // There is no bound to reach.
    let _ = engine.work_off(|engine| &engine.resets.deliveries, delivery, Caller::Known, deliver).await;
}

/// Stores a link and mails it.
async fn deliver(engine: Arc<Engine>, delivery: Delivery) {
    let (user, kind) = match store_link(&engine, &delivery).await {
        Ok(Requested::Issued(user, kind)) => (user, kind),
        Ok(Requested::CoolingDown) => return engine.report(EventKind::ResetCoolingDown).email(&delivery.email).send(),
        // An event already.
        Err(Unavailable::Backend(_)) => return,
        Ok(Requested::Withheld) | Err(_) => {
            return engine.report(EventKind::ResetLinkWithheld).email(&delivery.email).send();
        }
    };
    engine.report(EventKind::ResetLinkIssued).user(&user).send();
    // A failure is an event already; asking again after the cooldown heals it.
    drop(engine.mail(user.email(), kind).await);
}

#[allow(clippy::large_enum_variant)] // one on the stack at a time
enum Requested {
    Issued(User, MailKind),
    CoolingDown,
    Withheld,
}

async fn store_link(engine: &Engine, delivery: &Delivery) -> Result<Requested, Unavailable> {
    let Some(user) = engine.find_claimed(&delivery.user).await? else { return Ok(Requested::Withheld) };
    let (limits, cooldown) = (engine.config.link_limits(), engine.config.reset.schedule());
    let outcome = engine
        .commit(user, |user, fresh| {
            // The address may have been corrected since: a link is mailed to the stored address only, and only if that is
            // the one asked for.
            if user.email() != &delivery.email {
                return Decision::Answer(NewLink::Withheld);
            }
            match user.add_reset_link(&limits, &cooldown, engine.now(), fresh) {
                NewLink::Added { token, expires_at, user } => {
                    Decision::Store(user.clone(), NewLink::Added { token, expires_at, user })
                }
                NewLink::CoolingDown(Some(rewritten)) => Decision::Store(rewritten, NewLink::CoolingDown(None)),
                NewLink::CoolingDown(None) => Decision::Answer(NewLink::CoolingDown(None)),
                NewLink::Withheld => Decision::Answer(NewLink::Withheld),
            }
        })
        .await?;
    let (token, expires_at, user) = match outcome {
        Committed::Done(NewLink::Added { token, expires_at, user }) => (token, expires_at, user),
        Committed::Done(NewLink::CoolingDown(_)) => return Ok(Requested::CoolingDown),
        Committed::Done(NewLink::Withheld) | Committed::Gone | Committed::EmailTaken => return Ok(Requested::Withheld),
    };
    let (link, lifetime) = (engine.site.reset_link(&token), limits.lifetime);
    let kind = match engine.config.reset.mode {
        ResetMode::TemporaryPassword => MailKind::ConfirmReset { link, lifetime, expires_at },
        ResetMode::ChooseNewPassword => MailKind::ChooseNewPassword { link, lifetime, expires_at },
    };
    Ok(Requested::Issued(user, kind))
}

pub(crate) async fn inspect_reset(engine: &Arc<Engine>, token: &str) -> Result<ResetLinkStatus, Unavailable> {
    engine.open()?;
    let Ok(token) = ResetToken::parse(token) else { return Ok(ResetLinkStatus::Invalid) };
    let Some(user) = owner(engine, &token).await? else { return Ok(ResetLinkStatus::Invalid) };
    let opens = user.reset_link_opens(&token, &engine.config.link_limits(), engine.now());
    Ok(if opens { ResetLinkStatus::Valid } else { ResetLinkStatus::Invalid })
}

pub(crate) async fn confirm_reset(engine: &Arc<Engine>, token: &str) -> Result<ResetConfirmed, ConfirmResetError> {
    engine.open()?;
    if engine.config.reset.mode != ResetMode::TemporaryPassword {
        return Err(ConfirmResetError::OtherMode);
    }
    let refused = |user: Option<&User>| {
        link_refused(engine, user);
        Err(ConfirmResetError::LinkInvalid)
    };
    let Ok(token) = ResetToken::parse(token) else { return refused(None) };
    let Some(user) = owner(engine, &token).await? else { return refused(None) };
    let (limits, devices) = (engine.config.link_limits(), engine.config.device_limits());
    let outcome = engine
        .commit(user.clone(), |user, fresh| {
            let temporary = temporary_password(&fresh.temporary, engine.config.password.discouraged_composition);
            let digest = temporary_digest(temporary.expose());
            match user.confirm_reset(&token, digest, &limits, &devices, engine.now(), fresh) {
                Confirmation::Confirmed { user, device, expires_at } => {
                    Decision::Store(user.clone(), Ok((user, temporary, device, expires_at)))
                }
                Confirmation::Early { retry_after } => {
                    Decision::Answer(Err(ConfirmResetError::AlreadyConfirmed { retry_after }))
                }
                Confirmation::Invalid => Decision::Answer(Err(ConfirmResetError::LinkInvalid)),
            }
        })
        .await?;
    let (user, temporary_password, device, expires_at) = match outcome {
        Committed::Done(Ok(confirmed)) => confirmed,
        Committed::Done(Err(ConfirmResetError::LinkInvalid)) | Committed::Gone | Committed::EmailTaken => {
            return refused(Some(&user));
        }
        Committed::Done(Err(error)) => return Err(error),
    };
    engine.report(EventKind::ResetConfirmed).user(&user).send();
    if device.is_some() {
        engine.report(EventKind::DeviceGranted).user(&user).send();
    }
    let kind = MailKind::TemporaryPassword { temporary_password, lifetime: limits.temporary_lifetime, expires_at };
    // Whoever holds the link owns the mailbox, so the answer may tell how the mail went.
    match engine.mail(user.email(), kind).await {
        Ok(()) => Ok(ResetConfirmed { user_id: user.id().clone(), expires_at, device }),
        Err(source) => Err(ConfirmResetError::MailFailed { retry_after: limits.cooldown, source }),
    }
}

pub(crate) async fn complete_reset(
    engine: &Arc<Engine>,
    token: &str,
    code: Option<&str>,
    new: &Password,
) -> Result<SignIn, CompleteResetError> {
    engine.open()?;
    if engine.config.reset.mode != ResetMode::ChooseNewPassword {
        return Err(CompleteResetError::OtherMode);
    }
    let refused = |user: Option<&User>| {
        link_refused(engine, user);
        Err(CompleteResetError::LinkInvalid)
    };
    let Ok(token) = ResetToken::parse(token) else { return refused(None) };
    let limits = engine.config.link_limits();
    let user = match owner(engine, &token).await? {
        Some(user) if user.reset_link_opens(&token, &limits, engine.now()) => user,
        other => return refused(other.as_ref()),
    };
    // The link first: what else is wrong is told to whoever holds one.
    let code = code.map(TypedCode::parse).transpose()?;
    if user.has_second_factor() && code.is_none() {
        return Err(CompleteResetError::CodeNeeded);
    }
    let new = match engine.check_new_password(&user, new).await? {
        Ok(new) => new,
        Err(violations) => return Err(CompleteResetError::Rejected { violations }),
    };

    let name = base64url::encode(sha256(Purpose::ResetLink, &[token.0.secret.expose()]).as_bytes());
    let Some(_turn) = engine.in_flight.enter(&name, usize::MAX) else {
        return Err(CompleteResetError::InProgress { retry_after: SHORT_WHILE });
    };
    let permit = engine.permit_of(user.id())?;
    // The try is counted before the hash it costs, and a wrong code costs none.
    let counted = engine
        .commit(user.clone(), |user, fresh| {
            let now = engine.now();
            if !user.reset_link_opens(&token, &limits, now) {
                return Decision::Answer(Err(CompleteResetError::LinkInvalid));
            }
            match by_code(engine, user, code.as_ref(), fresh) {
                Ok(_) => {
                    let next = user.count_reset_link_try(&token, now, fresh);
                    Decision::Store(next.clone(), Ok((next, None)))
                }
                Err(NoCode::Wrong(wrong)) => {
                    let next = user.count_wrong_code(&wrong, None, now, fresh);
                    let next = next.count_reset_link_try(&token, now, fresh);
                    Decision::Store(next.clone(), Ok((next, Some(wrong))))
                }
                Err(NoCode::SetBack { rewritten, retry_after }) => {
                    let next = user.count_wrong_code(&rewritten, None, now, fresh);
                    Decision::Store(next, Err(CompleteResetError::Throttled { retry_after }))
                }
                Err(NoCode::Refused(error)) => Decision::Answer(Err(error)),
            }
        })
        .await?;
    let user = match counted {
        Committed::Done(Ok((user, None))) => user,
        Committed::Done(Ok((user, Some(wrong)))) => {
            engine.tell_of_wrong_code(&user, &wrong).await;
            return Err(CompleteResetError::CodeWrong);
        }
        Committed::Done(Err(CompleteResetError::LinkInvalid)) | Committed::Gone | Committed::EmailTaken => {
            return refused(Some(&user));
        }
        Committed::Done(Err(error)) => return Err(error),
    };
    let hash = match engine.hash_new(permit, &user, new).await? {
        Hashed::New(hash) => hash,
        Hashed::Reused => return Err(CompleteResetError::Rejected { violations: engine.reused(&user) }),
    };

    // This try is counted already, so the last one allowed still counts.
    let limits = LinkLimits { tries: limits.tries + 1, ..limits };
    let rules = engine.config.sign_in_rules();
    let credential = engine.new_credential(&user, &hash)?;
    let completed = engine
        .commit(user.clone(), |user, fresh| {
            let now = engine.now();
            if !user.reset_link_opens(&token, &limits, now) {
                return Decision::Answer(Err(CompleteResetError::LinkInvalid));
            }
            // The code is used up here, in the write that sets the password.
            match by_code(engine, user, code.as_ref(), fresh) {
                Ok(accepted) => {
                    let proved = Progress::by_reset_link(now);
                    let proved = match &accepted {
                        Some(accepted) => proved.and(accepted.method(), now),
                        None => proved,
                    };
                    let Passed { step, user } =
                        user.choose_password(proved, credential.clone(), accepted.as_ref(), &rules, now, fresh);
                    let user = engine.with_resealed_totp(user, fresh);
                    Decision::Store(user.clone(), Ok((step, user, accepted)))
                }
                // It was right a moment ago: another call used it up meanwhile.
                Err(NoCode::Wrong(_) | NoCode::SetBack { .. }) => Decision::Answer(Err(CompleteResetError::CodeWrong)),
                Err(NoCode::Refused(error)) => Decision::Answer(Err(error)),
            }
        })
        .await?;
    let (step, user, accepted) = match completed {
        Committed::Done(Ok(completed)) => completed,
        Committed::Done(Err(CompleteResetError::LinkInvalid)) | Committed::Gone | Committed::EmailTaken => {
            return refused(Some(&user));
        }
        Committed::Done(Err(error)) => return Err(error),
    };
    if let Some(accepted) = accepted {
        engine.tell_of_right_code(&user, accepted.method()).await;
    }
    engine.report(EventKind::ResetCompleted).user(&user).send();
    engine.notify(&user, MailKind::ResetCompleted { at: engine.now() }).await;
    Ok(engine.conclude(step, &user, 0, None).await)
}

/// Why a link goes no further for want of a right code.
enum NoCode {
    Wrong(WrongCode),
    /// Too early, and the clock was set back.
    SetBack {
        rewritten: WrongCode,
        retry_after: Duration,
    },
    Refused(CompleteResetError),
}

/// The right code, or `None` where the account asks for none. A link proves the mailbox.
#[allow(clippy::result_large_err)] // one on the stack at a time
fn by_code(
    engine: &Engine,
    user: &User,
    code: Option<&TypedCode>,
    fresh: &Fresh,
) -> Result<Option<AcceptedCode>, NoCode> {
    if !user.has_second_factor() {
        return Ok(None);
    }
    let code = code.ok_or(NoCode::Refused(CompleteResetError::CodeNeeded))?;
    match engine.judge_code(user, Assurance::TemporaryPassword, code, fresh.version) {
        CodeVerdict::Right(accepted) => Ok(Some(accepted)),
        CodeVerdict::Wrong(wrong) => Err(NoCode::Wrong(wrong)),
        CodeVerdict::Unreadable(fault) => {
            engine.report(EventKind::TotpSecretUnusable { fault }).user(user).send();
            Err(NoCode::Refused(CompleteResetError::CodeWrong))
        }
        CodeVerdict::Early { retry_after } => Err(NoCode::Refused(CompleteResetError::Throttled { retry_after })),
        CodeVerdict::SetBack { rewritten, retry_after } => Err(NoCode::SetBack { rewritten, retry_after }),
    }
}

/// Whose link it claims to be. Where there is nobody, the same comparison is done for nobody.
async fn owner(engine: &Engine, token: &ResetToken) -> Result<Option<User>, Unavailable> {
    let found = engine.find_claimed(&token.0.user_id).await?;
    if found.is_none() {
        let decoy = engine.decoy.reset_link_opens(token, &engine.config.link_limits(), engine.now());
        core::hint::black_box(decoy);
    }
    Ok(found)
}

fn link_refused(engine: &Engine, user: Option<&User>) {
    engine.report_about(EventKind::ResetLinkRejected, user);
}
