//! Choosing a password after a challenge: the forced change.

use super::Auth;
use super::outcome::SignIn;
use super::set_password::{Grant, NotSet, set_password};
use crate::error::ChoosePasswordError;
use crate::event::EventKind;
use crate::types::{Challenge, Password};

/// # The forced change of the first password
impl Auth {
    /// Sets the password after [`PasswordChangeRequired`](SignIn::PasswordChangeRequired) and signs in. Every other session and
    /// device of the user is revoked, and a notice is mailed.
    ///
    /// # Errors
    /// [`ChoosePasswordError`]. A rejected password does not use the challenge up: show all violations and ask again.
    ///
    /// ```
    /// use doorward::error::ChoosePasswordError;
    /// use doorward::{Auth, Challenge, SignIn};
    ///
    /// async fn submit(auth: &Auth, challenge: &Challenge, new: &str) -> Result<Result<SignIn, Vec<String>>, ChoosePasswordError> {
    ///     match auth.choose_password(challenge, new).await {
    ///         Ok(next) => Ok(Ok(next)),
    ///         Err(ChoosePasswordError::Rejected { violations }) => Ok(Err(violations.iter().map(|v| v.text()).collect())),
    ///         Err(error) => Err(error), // `ChallengeInvalid`: back to the sign-in
    ///     }
    /// }
    /// ```
    pub async fn choose_password(&self, challenge: &Challenge, new: &str) -> Result<SignIn, ChoosePasswordError> {
        self.engine.open()?;
        let Some(token) = self.engine.users.tokens.open(&challenge.0) else {
            self.engine.events.report_about(EventKind::ChallengeRejected, None);
            return Err(ChoosePasswordError::ChallengeInvalid);
        };
        Ok(set_password(&self.engine, Grant::Challenge(&token), &Password::new(new)).await?)
    }
}

impl From<NotSet> for ChoosePasswordError {
    fn from(not_set: NotSet) -> Self {
        match not_set {
            NotSet::Rejected(violations) => Self::Rejected { violations },
            NotSet::RecoveryPending { until } => Self::RecoveryPending { until },
            NotSet::InProgress { retry_after } => Self::InProgress { retry_after },
            NotSet::Unavailable(error) => Self::Unavailable(error),
            // A challenge takes no code.
            NotSet::Invalid
            | NotSet::CodeNeeded
            | NotSet::CodeMalformed
            | NotSet::CodeWrong
            | NotSet::Throttled { .. } => Self::ChallengeInvalid,
        }
    }
}
