//! "Forgot your password?": request, confirm, complete.

use core::time::Duration;
use std::sync::Arc;

use time::OffsetDateTime;

use crate::config::ResetMode;
use crate::crypto::{Purpose, sha256};
use crate::engine::{Caller, Committed, Decision, Engine, Hashed, SHORT_WHILE, SignIn};
use crate::error::{CompleteResetError, ConfirmResetError, Unavailable};
use crate::mail::MailKind;
use crate::policy::{temporary_digest, temporary_password};
use crate::port::EventKind;
use crate::types::{DeviceToken, Email, Password, ResetToken, TypedCode, UserId, base64url, until};
use crate::user::{AcceptedCode, CodeVerdict, Confirmation, Fresh, LinkLimits, Passed, Proof, Proved, User, WrongCode};

/// The answer to every reset request: it never tells whether a mail was sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ResetRequested {
    /// When the next mail can be asked for.
    pub next_request_at: OffsetDateTime,
    /// How long that is from now.
    pub retry_after: Duration,
}

/// A reset was confirmed, and a temporary password was mailed.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "its `device` belongs into the device cookie: without it strangers who guess can slow the owner down"]
pub struct ResetConfirmed {
    /// Whose.
    pub user_id: UserId,
    /// Until when the temporary password works.
    pub expires_at: OffsetDateTime,
    /// The token to keep in the device cookie of the confirming browser, as after a sign-in
    /// ([`SignedIn::device_token`](crate::SignedIn::device_token)): it gives the owner a throttle lane that no stranger reaches.
    /// `None` if all places are taken: confirming a link takes none from a device whose token still works.
    pub device: Option<DeviceToken>,
}

/// Whether a link would work now. Telling it changes nothing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum LinkStatus {
    /// It would.
    Usable,
    /// It would not: malformed, used, expired, or of nobody.
    Unusable,
}

pub(crate) async fn request_reset(engine: &Arc<Engine>, email: &Email) -> Result<ResetRequested, Unavailable> {
    engine.open()?;
    let now = engine.now();
    let claim = engine.claim_cooldown(email, now).await?;
    let event = if claim.claimed { EventKind::ResetRequested } else { EventKind::ResetCoolingDown };
    engine.report(event).email(email).send();
    if claim.claimed {
        let (engine, email) = (Arc::clone(engine), email.clone());
        engine.clone().background.run(async move { deliver_link(&engine, &email).await }).await;
    }
    engine.purge_in_time().await;
    let next_request_at = claim.next_request_at;
    Ok(ResetRequested { next_request_at, retry_after: until(now, next_request_at) })
}

/// After the answer: finds the user, stores a link, mails it. Only here do known and unknown addresses part.
async fn deliver_link(engine: &Arc<Engine>, email: &Email) {
    let issued = match store_link(engine, email).await {
        Ok(issued) => issued,
        Err(Unavailable::Backend(error)) => {
            return engine.report(EventKind::store_failed(&error)).email(email).send();
        }
        Err(_) => None,
    };
    let Some((user, kind)) = issued else {
        return engine.report(EventKind::ResetLinkWithheld).email(email).send();
    };
    engine.report(EventKind::ResetLinkIssued).user(&user).send();
    // A failure is an event already; asking again after the cooldown heals it.
    drop(engine.mail(user.email(), kind).await);
}

async fn store_link(engine: &Arc<Engine>, email: &Email) -> Result<Option<(User, MailKind)>, Unavailable> {
    let Some(user) = engine.find_by_email(email).await?.user().cloned() else { return Ok(None) };
    let limits = engine.config.link_limits();
    let outcome = engine
        .commit(user, |user, fresh| {
            // The address may have been corrected since: a link is mailed to the stored address only, and only if that is
            // the one asked for.
            if user.email() != email {
                return Decision::Answer(None);
            }
            match user.add_reset_link(&limits, engine.now(), fresh) {
                Some((token, expires_at, user)) => Decision::Store(user.clone(), Some((token, expires_at, user))),
                None => Decision::Answer(None),
            }
        })
        .await?;
    let Committed::Done(Some((token, expires_at, user))) = outcome else { return Ok(None) };
    let (link, lifetime) = (engine.site.reset_link(&token), limits.lifetime);
    let kind = match engine.config.reset.mode {
        ResetMode::TemporaryPassword => MailKind::ConfirmReset { link, lifetime, expires_at },
        ResetMode::ChooseNewPassword => MailKind::ChooseNewPassword { link, lifetime, expires_at },
    };
    Ok(Some((user, kind)))
}

pub(crate) async fn inspect_reset(engine: &Arc<Engine>, token: &str) -> Result<LinkStatus, Unavailable> {
    engine.open()?;
    let Ok(token) = ResetToken::parse(token) else { return Ok(LinkStatus::Unusable) };
    let Some(user) = owner(engine, &token).await? else { return Ok(LinkStatus::Unusable) };
    let opens = user.reset_link_opens(&token, &engine.config.link_limits(), engine.now());
    Ok(if opens { LinkStatus::Usable } else { LinkStatus::Unusable })
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
    let code = code.map(TypedCode::parse).transpose()?;
    let limits = engine.config.link_limits();
    let user = match owner(engine, &token).await? {
        Some(user) if user.reset_link_opens(&token, &limits, engine.now()) => user,
        other => return refused(other.as_ref()),
    };
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
    let permit = engine.permit(Caller::Known)?;
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
                    let proved = Proved::by_reset_link(now);
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
    match engine.judge_code(user, Proof::TemporaryPassword, code, fresh.version) {
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
    engine.report_about(EventKind::ResetLinkRefused, user);
}
