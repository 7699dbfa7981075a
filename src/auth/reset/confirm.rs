use super::{Auth, opened};
use crate::config::ResetMode;
use crate::engine::{Committed, Decision, Engine};
use crate::error::ConfirmResetError;
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::password::{ResetConfirmed, temporary_digest, temporary_password};
use crate::types::{DeviceToken, ResetToken};
use crate::user::{Confirmation, OwedMail, User};

/// # "Forgot your password?": confirming
impl Auth {
    /// Confirms a reset: mails a temporary password that works for one hour. Call it for an explicit POST, never for a GET.
    ///
    /// The old password still signs in until a new one is chosen, but cannot be used to change it, so someone who knows only
    /// the old password cannot undo the recovery. The same link can be confirmed again after the cooldown, within its hour.
    ///
    /// The token is mended as by [`read_reset_token`](Self::read_reset_token).
    ///
    /// Put [`ResetConfirmed::device`] into the device cookie: anyone who can confirm reads the mailbox, and with the device an
    /// attacker's failures do not delay their sign-in.
    ///
    /// # Errors
    /// [`ConfirmResetError`]. `LinkDamaged` and `LinkInvalid` differ in what the user does: copy the whole link, or request a new
    /// one. After `MailFailed` its `source` holds the reason, for the log; where mails are [owed](crate::AuthBuilder::owed_mails), the
    /// mail follows by itself, with another password.
    ///
    /// ```
    /// use doorward::Auth;
    /// use doorward::error::ConfirmResetError;
    ///
    /// async fn confirm(auth: &Auth, token: &str) -> Result<String, ConfirmResetError> {
    ///     match auth.confirm_reset(token).await {
    ///         Ok(confirmed) => Ok(format!("mailed; valid until {}", confirmed.expires_at)),
    ///         Err(ConfirmResetError::LinkInvalid) => Ok("show the form for another link".to_owned()),
    ///         Err(error @ ConfirmResetError::LinkDamaged) => Ok(error.user_message()),
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    pub async fn confirm_reset(&self, token: &str) -> Result<ResetConfirmed, ConfirmResetError> {
        let engine = &self.engine;
        engine.open()?;
        if engine.config.reset.mode != ResetMode::TemporaryPassword {
            return Err(ConfirmResetError::OtherMode);
        }
        let Ok(token) = ResetToken::from_link(token) else {
            engine.events.report_about(EventKind::ResetLinkDamaged, None);
            return Err(ConfirmResetError::LinkDamaged);
        };
        let Some((token, user)) = opened(engine, &token).await? else { return Err(refused(engine, None)) };
        let (limits, devices) = (engine.config.link_limits(), engine.config.device_limits());
        let outcome = engine
            .users
            .commit(user.clone(), |user, fresh| {
                let composition = engine.new_passwords.policy.discouraged_composition;
                let temporary = temporary_password(&fresh.temporary, composition);
                let digest = temporary_digest(temporary.expose());
                match user.confirm_reset(&token, digest, &limits, &devices, engine.now(), fresh) {
                    Confirmation::Confirmed { user, device, expires_at } => {
                        let granted = device.is_some().then_some(EventKind::DeviceGranted);
                        let decision = Decision::store(user, Ok((temporary, device, expires_at)));
                        decision.reporting(EventKind::ResetConfirmed).reporting_all(granted)
                    }
                    Confirmation::Early { retry_after } => {
                        Decision::Answer(Err(ConfirmResetError::AlreadyConfirmed { retry_after }))
                    }
                    Confirmation::Invalid => Decision::Answer(Err(refused(engine, Some(user)))),
                }
            })
            .await?;
        let Committed::Done(confirmed, user) = outcome else { return Err(refused(engine, Some(&user))) };
        let (temporary_password, device, expires_at) = confirmed?;
        let (lifetime, old_password_works) = (limits.temporary_lifetime, user.has_password());
        let kind = MailKind::TemporaryPassword { temporary_password, old_password_works, lifetime, expires_at };
        let device = device.map(|device| DeviceToken(engine.users.tokens.wire(&device)));
        // Anyone with the link owns the mailbox, so the response may say whether the mail was sent.
        match engine.mailing.send(&user, OwedMail::TemporaryPassword, kind).await {
            Ok(()) => Ok(ResetConfirmed { user_id: user.id().clone(), expires_at, device }),
            Err(source) => Err(ConfirmResetError::MailFailed { retry_after: limits.cooldown, source }),
        }
    }
}

fn refused(engine: &Engine, user: Option<&User>) -> ConfirmResetError {
    engine.events.report_about(EventKind::ResetLinkRejected, user);
    ConfirmResetError::LinkInvalid
}
