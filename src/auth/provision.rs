//! Provisioning an account, and what belongs to it until its first password is chosen.

use core::time::Duration;

use time::OffsetDateTime;

use super::Operator;
use crate::account::{Provision, Provisioned, ProvisionedWithPassword};
use crate::engine::{Committed, Decision, Engine, Happened};
use crate::error::{ProvisionError, Unavailable, WelcomeError};
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::password::{temporary_digest, temporary_password};
use crate::store::Insert;
use crate::types::{BackendError, Email, TemporaryPassword, UserId, after};
use crate::user::{Fresh, OwedMail, User};

/// # Provisioning
impl Operator {
    /// Provisions an account and mails its temporary password, which nobody chooses or sees. It is valid for 24 hours by
    /// default, and only for choosing a password.
    ///
    /// # Errors
    /// [`ProvisionError`], for the operator. After `MailFailed` the account exists; [`resend_welcome`](Self::resend_welcome)
    /// continues from there. Where mails are [owed](crate::AuthBuilder::owed_mails), the welcome follows by itself, with another
    /// password. Its `source` holds the reason, a [`BackendError`] whose kind and code may be logged.
    ///
    /// ```
    /// use doorward::error::ProvisionError;
    /// use doorward::{Email, Operator};
    ///
    /// async fn provision(operator: &Operator, email: Email) -> Result<String, ProvisionError> {
    ///     match operator.provision(email).await {
    ///         Ok(provisioned) => Ok(format!("invited until {}", provisioned.expires_at)),
    ///         Err(ProvisionError::EmailTaken) => Ok("there is an account with this address already".to_owned()),
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    pub async fn provision(&self, account: impl Into<Provision>) -> Result<Provisioned, ProvisionError> {
        let engine = self.engine();
        let opened = open(engine, account.into(), ByMail::Yes, self.acting()).await?;
        let user_id = opened.user.id().clone();
        match welcome(engine, &opened).await {
            Ok(()) => Ok(Provisioned { user_id, expires_at: opened.expires_at }),
            Err(source) => Err(ProvisionError::MailFailed { user_id, source }),
        }
    }

    /// Provisions an account and **returns** its temporary password instead of mailing it: for the first operator of an
    /// installation that cannot mail yet.
    ///
    /// # Errors
    /// As [`provision`](Self::provision), without `MailFailed`.
    pub async fn provision_without_mail(
        &self,
        account: impl Into<Provision>,
    ) -> Result<ProvisionedWithPassword, ProvisionError> {
        let Issued { user, expires_at, temporary_password } =
            open(self.engine(), account.into(), ByMail::No, self.acting()).await?;
        Ok(ProvisionedWithPassword { user_id: user.id().clone(), expires_at, temporary_password })
    }

    /// Mails a fresh temporary password to a user who has not chosen a password yet. The earlier one becomes invalid.
    ///
    /// # Errors
    /// [`WelcomeError`], for the operator. After `MailFailed` its `source` holds the reason.
    pub async fn resend_welcome(&self, user: &UserId) -> Result<Provisioned, WelcomeError> {
        reissue(self.engine(), user, None, self.acting()).await
    }

    /// Corrects a mistyped address before the first sign-in, and mails a fresh temporary password there. Everything mailed to the
    /// old address becomes invalid.
    ///
    /// # Errors
    /// [`WelcomeError`], for the operator.
    pub async fn correct_email(&self, user: &UserId, email: Email) -> Result<Provisioned, WelcomeError> {
        reissue(self.engine(), user, Some(email), self.acting()).await
    }
}

/// A stored user, and the temporary password that was issued.
struct Issued {
    user: User,
    temporary_password: TemporaryPassword,
    expires_at: OffsetDateTime,
}

/// Whether the temporary password is mailed.
#[derive(Clone, Copy, Eq, PartialEq)]
enum ByMail {
    Yes,
    No,
}

async fn open(
    engine: &Engine,
    account: Provision,
    by_mail: ByMail,
    by: Option<&UserId>,
) -> Result<Issued, ProvisionError> {
    engine.open()?;
    let fresh = Fresh::draw().map_err(Unavailable::from)?;
    let (temporary_password, lifetime, now) = (issue(engine, &fresh), lifetime(engine), engine.now());
    let digest = temporary_digest(temporary_password.expose());
    let id = account.id.unwrap_or_else(|| fresh.user_id.clone());
    let active = User::provision(id, account.email, digest, lifetime, now, &fresh);
    let user = if account.deactivated { active.deactivate(&fresh).unwrap_or(active) } else { active };
    drop(fresh);
    let user = if by_mail == ByMail::Yes { user.mailing(OwedMail::Welcome) } else { user };
    let deactivated = account.deactivated.then_some(EventKind::Deactivated);
    let happened = Happened::of([EventKind::Provisioned].into_iter().chain(deactivated)).by(by);
    let (inserted, user) = engine.users.insert(user, happened).await?;
    match inserted {
        Insert::Stored => {}
        Insert::EmailTaken => return Err(ProvisionError::EmailTaken),
        Insert::IdTaken => return Err(ProvisionError::IdTaken),
    }
    Ok(Issued { user, temporary_password, expires_at: after(now, lifetime) })
}

async fn reissue(
    engine: &Engine,
    id: &UserId,
    email: Option<Email>,
    by: Option<&UserId>,
) -> Result<Provisioned, WelcomeError> {
    engine.open()?;
    let user = engine.users.find_by_id(id).await?.ok_or(WelcomeError::UnknownUser)?;
    let lifetime = lifetime(engine);
    let outcome = engine
        .users
        .commit(user, |user, fresh| {
            if !user.is_active() {
                return Decision::Answer(Err(WelcomeError::Deactivated));
            }
            if !user.awaits_first_password() {
                return Decision::Answer(Err(WelcomeError::PasswordChosen));
            }
            let (temporary_password, now) = (issue(engine, fresh), engine.now());
            let digest = temporary_digest(temporary_password.expose());
            let (next, event) = match email.clone() {
                Some(email) => (user.correct_email(email, digest, lifetime, now, fresh), EventKind::EmailCorrected),
                None => (user.reissue_welcome(digest, lifetime, now, fresh), EventKind::WelcomeReissued),
            };
            let issued = Ok((temporary_password, after(now, lifetime)));
            Decision::store(next.mailing(OwedMail::Welcome), issued).reporting(event).by(by)
        })
        .await?;
    let (issued, user) = match outcome {
        Committed::Done(issued, user) => (issued?, user),
        Committed::Gone => return Err(WelcomeError::UnknownUser),
        Committed::EmailTaken => return Err(WelcomeError::EmailTaken),
    };
    let (temporary_password, expires_at) = issued;
    match welcome(engine, &Issued { user, temporary_password, expires_at }).await {
        Ok(()) => Ok(Provisioned { user_id: id.clone(), expires_at }),
        Err(source) => Err(WelcomeError::MailFailed { source }),
    }
}

fn issue(engine: &Engine, fresh: &Fresh) -> TemporaryPassword {
    temporary_password(&fresh.temporary, engine.new_passwords.policy.discouraged_composition)
}

fn lifetime(engine: &Engine) -> Duration {
    engine.config.provision.temporary_password_lifetime
}

/// A failure was reported already.
async fn welcome(engine: &Engine, issued: &Issued) -> Result<(), BackendError> {
    let kind = MailKind::Welcome {
        temporary_password: issued.temporary_password.clone(),
        lifetime: lifetime(engine),
        expires_at: issued.expires_at,
    };
    engine.mailing.send(&issued.user, OwedMail::Welcome, kind).await
}
