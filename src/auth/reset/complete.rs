use super::Auth;
use super::set_password::{Grant, NotSet, set_password};
use crate::auth::outcome::SignIn;
use crate::config::ResetMode;
use crate::error::CompleteResetError;
use crate::event::EventKind;
use crate::second_factor::TypedCode;
use crate::types::{Password, ResetToken};

/// # "Forgot your password?": choosing by the link itself
impl Auth {
    /// Sets a new password with a link's token and signs in, in the mode [`ChooseNewPassword`](ResetMode::ChooseNewPassword).
    /// Call it for an explicit POST, never for a GET. The token is mended as by
    /// [`read_reset_token`](Self::read_reset_token).
    ///
    /// # Errors
    /// [`CompleteResetError`]. A rejected password does not use up the link.
    pub async fn complete_reset(&self, token: &str, new: &str) -> Result<SignIn, CompleteResetError> {
        self.complete(token, None, new).await
    }

    /// Like [`complete_reset`](Self::complete_reset), for an account with a second factor, after
    /// [`CodeNeeded`](CompleteResetError::CodeNeeded): mail alone never replaces the second factor. The write that sets the
    /// password also uses up the code.
    ///
    /// # Errors
    /// [`CompleteResetError`]. A wrong code or a rejected password does not use up the link.
    pub async fn complete_reset_with_code(
        &self,
        token: &str,
        code: &str,
        new: &str,
    ) -> Result<SignIn, CompleteResetError> {
        self.complete(token, Some(code), new).await
    }

    async fn complete(&self, token: &str, code: Option<&str>, new: &str) -> Result<SignIn, CompleteResetError> {
        let engine = &self.engine;
        engine.open()?;
        if engine.config.reset.mode != ResetMode::ChooseNewPassword {
            return Err(CompleteResetError::OtherMode);
        }
        let Ok(token) = ResetToken::from_link(token) else {
            engine.events.report_about(EventKind::ResetLinkDamaged, None);
            return Err(CompleteResetError::LinkDamaged);
        };
        let Some(token) = engine.users.tokens.open(&token.0) else {
            engine.events.report_about(EventKind::ResetLinkRejected, None);
            return Err(CompleteResetError::LinkInvalid);
        };
        let code = code.map(TypedCode::parse);
        Ok(set_password(engine, Grant::Link(&token, code.as_ref()), &Password::new(new)).await?)
    }
}

impl From<NotSet> for CompleteResetError {
    fn from(not_set: NotSet) -> Self {
        match not_set {
            // No recovery stands in the way of a link: it is one.
            NotSet::Invalid | NotSet::RecoveryPending { .. } => Self::LinkInvalid,
            NotSet::Rejected(violations) => Self::Rejected { violations },
            NotSet::InProgress { retry_after } => Self::InProgress { retry_after },
            NotSet::CodeNeeded => Self::CodeNeeded,
            NotSet::CodeMalformed => Self::CodeMalformed,
            NotSet::CodeWrong => Self::CodeWrong,
            NotSet::Throttled { retry_after } => Self::Throttled { retry_after },
            NotSet::Unavailable(error) => Self::Unavailable(error),
        }
    }
}
