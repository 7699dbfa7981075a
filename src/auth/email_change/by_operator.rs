use crate::auth::Operator;
use crate::engine::{Committed, Decision};
use crate::error::ChangeEmailError;
use crate::event::EventKind;
use crate::types::{Email, UserId};

/// # Changing the address of an account
impl Operator {
    /// Gives an account another address, for someone who has lost the mailbox of the old one. First verify who is asking, by other means
    /// than mail: whoever reads the new mailbox can reset the password.
    ///
    /// Sessions, devices, reset links and temporary passwords are void. The password and the second factor stay. Both addresses are told. The
    /// old one gets **no link that takes the change back**, and links of earlier changes are void: that mailbox may be in wrong hands,
    /// which is why an operator changes the address.
    ///
    /// It is for accounts whose user has chosen a password; until then, [`correct_email`](Self::correct_email) also mails the first
    /// password to the right address. One that was marked as compromised counts as chosen.
    ///
    /// # Errors
    /// [`ChangeEmailError`], for the operator. Nothing changed.
    ///
    /// ```
    /// use doorward::email_change::ChangeEmailError;
    /// use doorward::{Email, Operator, UserId};
    ///
    /// async fn moved(operator: &Operator, user: &UserId, new: Email) -> Result<String, ChangeEmailError> {
    ///     match operator.change_email(user, new).await {
    ///         Ok(()) => Ok("changed; both addresses are told".to_owned()),
    ///         Err(error @ ChangeEmailError::EmailTaken) => Ok(error.user_message()),
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    pub async fn change_email(&self, user: &UserId, email: Email) -> Result<(), ChangeEmailError> {
        let engine = self.engine();
        engine.open()?;
        let user = engine.users.find_by_id(user).await?.ok_or(ChangeEmailError::UnknownUser)?;
        let outcome = engine
            .users
            .commit(user, |user, fresh| {
                let refused = if !user.is_active() {
                    ChangeEmailError::Deactivated
                } else if user.awaits_first_password() {
                    ChangeEmailError::NoPasswordChosen
                } else if *user.email() == email {
                    ChangeEmailError::SameEmail
                } else {
                    let decision = Decision::store(user.change_email(email.clone(), engine.now(), fresh), Ok(()));
                    return decision.reporting(EventKind::EmailChangedByOperator).by(self.acting());
                };
                Decision::Answer(Err(refused))
            })
            .await?;
        match outcome {
            Committed::Done(changed, user) => {
                changed?;
                engine.mailing.notify(&user).await;
                Ok(())
            }
            Committed::Gone => Err(ChangeEmailError::UnknownUser),
            Committed::EmailTaken => Err(ChangeEmailError::EmailTaken),
        }
    }
}
