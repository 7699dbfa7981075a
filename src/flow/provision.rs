//! Opening an account, and what belongs to it until its first password is chosen.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::account::Provision;
use crate::account::Provisioned;
use crate::account::ProvisionedWithPassword;
use crate::engine::{Committed, Decision, Engine};
use crate::error::{ProvisionError, Unavailable, WelcomeError};
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::password::{temporary_digest, temporary_password};
use crate::store::Insert;
use crate::types::{BackendError, Email, TemporaryPassword, UserId, after};
use crate::user::{Fresh, User};

pub(crate) async fn provision(engine: &Arc<Engine>, account: Provision) -> Result<Provisioned, ProvisionError> {
    let opened = open(engine, account).await?;
    let user_id = opened.user.id().clone();
    match welcome(engine, &opened).await {
        Ok(()) => Ok(Provisioned { user_id, expires_at: opened.expires_at }),
        Err(source) => Err(ProvisionError::MailFailed { user_id, source }),
    }
}

pub(crate) async fn provision_without_mail(
    engine: &Arc<Engine>,
    account: Provision,
) -> Result<ProvisionedWithPassword, ProvisionError> {
    let Issued { user, expires_at, temporary_password } = open(engine, account).await?;
    Ok(ProvisionedWithPassword { user_id: user.id().clone(), expires_at, temporary_password })
}

pub(crate) async fn resend_welcome(engine: &Arc<Engine>, id: &UserId) -> Result<Provisioned, WelcomeError> {
    reissue(engine, id, None).await
}

pub(crate) async fn correct_email(
    engine: &Arc<Engine>,
    id: &UserId,
    email: Email,
) -> Result<Provisioned, WelcomeError> {
    reissue(engine, id, Some(email)).await
}

/// A stored user, and the temporary password that opens it.
struct Issued {
    user: User,
    temporary_password: TemporaryPassword,
    expires_at: OffsetDateTime,
}

async fn open(engine: &Arc<Engine>, account: Provision) -> Result<Issued, ProvisionError> {
    engine.open()?;
    let fresh = Fresh::draw().map_err(Unavailable::from)?;
    let (temporary_password, lifetime, now) = (issue(engine, &fresh), lifetime(engine), engine.now());
    let digest = temporary_digest(temporary_password.expose());
    let id = account.id.unwrap_or_else(|| fresh.user_id.clone());
    let user = User::provision(id, account.email, digest, lifetime, now, &fresh);
    drop(fresh);
    match engine.insert(&user).await? {
        Insert::Stored => {}
        Insert::EmailTaken => return Err(ProvisionError::EmailTaken),
        Insert::IdTaken => return Err(ProvisionError::IdTaken),
    }
    engine.report(EventKind::Provisioned).user(&user).send();
    Ok(Issued { user, temporary_password, expires_at: after(now, lifetime) })
}

async fn reissue(engine: &Arc<Engine>, id: &UserId, email: Option<Email>) -> Result<Provisioned, WelcomeError> {
    engine.open()?;
    let found = engine.users.find_by_id(id).await.map_err(Unavailable::from)?;
    let user = found.ok_or(WelcomeError::UnknownUser)?;
    let lifetime = lifetime(engine);
    let outcome = engine
        .commit(user, |user, fresh| {
            if !user.is_active() {
                return Decision::Answer(Err(WelcomeError::Deactivated));
            }
            if !user.awaits_first_password() {
                return Decision::Answer(Err(WelcomeError::PasswordChosen));
            }
            let (temporary_password, now) = (issue(engine, fresh), engine.now());
            let digest = temporary_digest(temporary_password.expose());
            let next = match email.clone() {
                Some(email) => user.correct_email(email, digest, lifetime, now, fresh),
                None => user.reissue_welcome(digest, lifetime, now, fresh),
            };
            let issued = Issued { user: next.clone(), temporary_password, expires_at: after(now, lifetime) };
            Decision::Store(next, Ok(issued))
        })
        .await?;
    let issued = match outcome {
        Committed::Done(outcome) => outcome?,
        Committed::Gone => return Err(WelcomeError::UnknownUser),
        Committed::EmailTaken => return Err(WelcomeError::EmailTaken),
    };
    let event = if email.is_some() { EventKind::EmailCorrected } else { EventKind::WelcomeReissued };
    engine.report(event).user(&issued.user).send();
    match welcome(engine, &issued).await {
        Ok(()) => Ok(Provisioned { user_id: id.clone(), expires_at: issued.expires_at }),
        Err(source) => Err(WelcomeError::MailFailed { source }),
    }
}

fn issue(engine: &Engine, fresh: &Fresh) -> TemporaryPassword {
    temporary_password(&fresh.temporary, engine.config.password.discouraged_composition)
}

fn lifetime(engine: &Engine) -> core::time::Duration {
    engine.config.provision.temporary_password_lifetime
}

/// A failure was an event already.
async fn welcome(engine: &Engine, issued: &Issued) -> Result<(), BackendError> {
    let kind = MailKind::Welcome {
        temporary_password: issued.temporary_password.clone(),
        lifetime: lifetime(engine),
        expires_at: issued.expires_at,
    };
    engine.mail(issued.user.email(), kind).await
}
