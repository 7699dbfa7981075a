use crate::auth::Auth;
use crate::auth::email_change::opened;
use crate::email_change::EmailChangeUndone;
use crate::engine::{Committed, Decision, Engine};
use crate::error::UndoEmailChangeError;
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::password::{temporary_digest, temporary_password};
use crate::types::{ResetToken, Token};
use crate::user::{EmailUndone, OwedMail, User};

/// # Changing the address: taking a change back
impl Auth {
    /// Takes a change of the address back, for the owner of the address before. Call it for an explicit POST, never for a GET. It needs no
    /// session: the owner may have none any more.
    ///
    /// The account has that address again, and whatever somebody else may know or hold is void: the password, sessions, devices,
    /// challenges, reset links, this change with all later ones and their links. A temporary password is mailed to the address, with
    /// which the owner signs in and chooses a new password.
    ///
    /// **The second factor.** An authenticator that was on before the change is still asked for. One that was enrolled after the change is
    /// removed, and recovery codes that were issued after it are void: they may be those of whoever made the change. It is the only case in which
    /// mail alone removes a factor. If the factor of before was removed after the change, none is asked for.
    ///
    /// The token is mended as by [`read_reset_token`](Self::read_reset_token). Each link works once.
    ///
    /// # Errors
    /// [`UndoEmailChangeError`]. After `MailFailed` the change was taken back all the same: the user requests a reset, or where mails are
    /// [owed](crate::AuthBuilder::owed_mails), the mail follows by itself, with another password.
    ///
    /// ```
    /// use doorward::Auth;
    /// use doorward::email_change::UndoEmailChangeError;
    ///
    /// async fn undo(auth: &Auth, token: &str) -> Result<String, UndoEmailChangeError> {
    ///     match auth.undo_email_change(token).await {
    ///         Ok(undone) => Ok(format!("we have mailed you a temporary password, valid until {}", undone.expires_at)),
    ///         Err(error @ UndoEmailChangeError::LinkInvalid) => Ok(error.user_message()),
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    pub async fn undo_email_change(&self, token: &str) -> Result<EmailChangeUndone, UndoEmailChangeError> {
        let engine = &self.engine;
        engine.open()?;
        let Ok(token) = ResetToken::from_link(token) else {
            engine.events.report_about(EventKind::EmailLinkDamaged, None);
            return Err(UndoEmailChangeError::LinkDamaged);
        };
        let compare = |user: &User, token: &Token| user.email_of_undo(token, engine.now()).is_some();
        let Some((token, user)) = opened(engine, &token, compare).await? else { return Err(rejected(engine, None)) };
        let lifetime = engine.config.reset.temporary_password_lifetime;
        let outcome = engine
            .users
            .commit(user.clone(), |user, fresh| {
                let composition = engine.new_passwords.policy.discouraged_composition;
                let temporary = temporary_password(&fresh.temporary, composition);
                let digest = temporary_digest(temporary.expose());
                match user.undo_email_change(&token, digest, lifetime, engine.now(), fresh) {
                    Some(EmailUndone { user, expires_at, factor_removed }) => {
                        let event = EventKind::EmailChangeUndone { second_factor_removed: factor_removed };
                        Decision::store(user, Ok((temporary, expires_at))).reporting(event)
                    }
                    None => Decision::Answer(Err(rejected(engine, Some(user)))),
                }
            })
            .await?;
        let (undone, user) = match outcome {
            Committed::Done(undone, user) => (undone?, user),
            Committed::Gone => return Err(rejected(engine, Some(&user))),
            Committed::EmailTaken => return Err(UndoEmailChangeError::EmailTaken),
        };
        let (temporary_password, expires_at) = undone;
        let old_password_works = user.has_password();
        let kind = MailKind::TemporaryPassword { temporary_password, old_password_works, lifetime, expires_at };
        match engine.mailing.send(&user, OwedMail::TemporaryPassword, kind).await {
            Ok(()) => Ok(EmailChangeUndone { user_id: user.id().clone(), expires_at }),
            Err(source) => Err(UndoEmailChangeError::MailFailed { retry_after: engine.config.reset.cooldown, source }),
        }
    }
}

fn rejected(engine: &Engine, user: Option<&User>) -> UndoEmailChangeError {
    engine.events.report_about(EventKind::EmailLinkRejected, user);
    UndoEmailChangeError::LinkInvalid
}
