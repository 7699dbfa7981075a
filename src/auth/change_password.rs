//! Changing the password of a signed-in user.

use super::Auth;
use super::current_password::{Current, confirm_password};
use super::outcome::SignedIn;
use crate::engine::{Committed, Decision, Engine, Hashed, compare_and_hash};
use crate::error::{ChangePasswordError, Unavailable};
use crate::event::EventKind;
use crate::hashing::{HashMemory, HashingError};
use crate::password::NewPassword;
use crate::types::Password;
use crate::user::{Judged, OpenSession, Recovery, User};

/// # Changing the password
impl Auth {
    /// Changes the password. The acting session continues as the [`SignedIn`] returned; every other session and device of the user
    /// ends, and a notice is mailed.
    ///
    /// # Errors
    /// [`ChangePasswordError`]. Nothing was changed. Wrong current passwords are counted in a bucket that only the user's own
    /// sessions can reach.
    ///
    /// ```
    /// use doorward::error::ChangePasswordError;
    /// use doorward::{Auth, SignedIn};
    ///
    /// async fn submit(auth: &Auth, ann: &SignedIn, current: &str, new: &str) -> Result<SignedIn, String> {
    ///     match auth.change_password(ann, current, new).await {
    ///         Ok(ann) => Ok(ann), // keep its token in place of the one before
    ///         Err(ChangePasswordError::Rejected { violations }) => {
    ///             Err(violations.iter().map(|violation| violation.text()).collect::<Vec<_>>().join("\n"))
    ///         }
    ///         Err(error) => Err(error.user_message()),
    ///     }
    /// }
    /// ```
    pub async fn change_password(
        &self,
        signed_in: &SignedIn,
        current: &str,
        new: &str,
    ) -> Result<SignedIn, ChangePasswordError> {
        let engine = &self.engine;
        let (current, new) = (Password::new(current), Password::new(new));
        engine.open()?;
        let found = engine.users.find_by_id(signed_in.user_id()).await?;
        let Some(user) = found else { return Err(ended(engine, signed_in)) };
        may_change(engine, &user, signed_in)?;
        let checked = engine.new_passwords.check(&user, &new).await?;
        let new = checked.map_err(|violations| ChangePasswordError::Rejected { violations })?;

        let hash = || hashing_of(engine, &user, &current, new);
        let (judged, charged, hashed) =
            match confirm_password(engine, &user, signed_in.session().id, &current, hash).await? {
                Current::Right { judged, charged, then } => (judged, charged, then.map_err(Unavailable::from)?),
                Current::Throttled { retry_after } => return Err(ChangePasswordError::Throttled { retry_after }),
                Current::Wrong => {
                    engine.report_failure(EventKind::PasswordChangeFailed, &user).await;
                    return Err(ChangePasswordError::CurrentPasswordWrong);
                }
            };
        let Hashed::New(hash) = hashed else {
            // The current password was right: nothing was guessed.
            engine.throttle.refund(&charged).await;
            return Err(ChangePasswordError::Rejected { violations: engine.new_passwords.reused(&user) });
        };

        let credential = engine.new_passwords.credential(&user, &hash)?;
        let (devices, fresh_proof) = (engine.config.device_limits(), engine.config.second_factor.fresh_proof);
        let outcome = engine
            .users
            .commit(user, |user, fresh| match may_change(engine, user, signed_in) {
                Ok(session) if judged.holds_for(user) => {
                    let (session, device, user) =
                        user.change_password(&session, credential.clone(), &devices, fresh_proof, engine.now(), fresh);
                    Decision::store(user, Ok((session, device))).reporting(EventKind::PasswordChanged)
                }
                Ok(_) => Decision::Answer(Err(ended(engine, signed_in))),
                Err(error) => Decision::Answer(Err(error)),
            })
            .await?;
        let Committed::Done(changed, user) = outcome else { return Err(ended(engine, signed_in)) };
        let (session, device) = changed?;

        engine.throttle.refund(&charged).await;
        engine.mailing.notify(&user).await;
        Ok(engine.signed_in(&user, session, device))
    }
}

/// The job that hashes the new password, unless it was used before.
fn hashing_of(
    engine: &Engine,
    user: &User,
    current: &Password,
    new: NewPassword,
) -> impl FnOnce(&mut HashMemory) -> (Result<Hashed, HashingError>, u64) + Send + use<> {
    // The first of these is the current password, with which the new one is compared as text: one hash less.
    let refused = user.refused_hashes(engine.new_passwords.policy.history);
    let skipped = usize::from(Judged::password_of(user).is_some());
    let refused = engine.hashing.readable(user, refused.get(skipped..).unwrap_or_default());
    let (params, current) = (engine.hashing.params(), current.clone());
    move |memory| match bool::from(current.ct_eq(new.password())) {
        true => (Ok(Hashed::Reused), 0),
        false => compare_and_hash(&new, &refused, params, memory),
    }
}

/// Whether the session is valid, and no recovery is pending.
fn may_change(engine: &Engine, user: &User, signed_in: &SignedIn) -> Result<OpenSession, ChangePasswordError> {
    let Some(session) = engine.sessions.of(user, signed_in.shown()) else { return Err(ended(engine, signed_in)) };
    match user.recovery(engine.now()) {
        Recovery::Open { until } => Err(ChangePasswordError::RecoveryPending { until }),
        Recovery::None => Ok(session),
    }
}

fn ended(engine: &Engine, signed_in: &SignedIn) -> ChangePasswordError {
    engine.sessions.report_rejected(signed_in.shown());
    ChangePasswordError::SessionEnded
}
