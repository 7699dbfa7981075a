//! The second factor of a signed-in user: its status, turning it off, recovery codes, cancelling a recovery.

mod enrollment;

use enrollment::new_recovery_codes;

use super::Auth;
use super::outcome::SignedIn;
use crate::engine::{Committed, Decision, Engine};
use crate::error::SecondFactorError;
use crate::event::EventKind;
use crate::second_factor::{RecoveryCodes, SecondFactorStatus, StepUp};
use crate::user::{Fresh, OpenSession, Recovery, User};

/// # The second factor of a signed-in user
impl Auth {
    /// Whether the user has a second factor.
    ///
    /// # Errors
    /// [`SecondFactorError::SessionEnded`].
    pub async fn second_factor(&self, signed_in: &SignedIn) -> Result<SecondFactorStatus, SecondFactorError> {
        let user = find(&self.engine, signed_in).await?;
        Ok(match user.enrolled() {
            None => SecondFactorStatus::Off,
            Some(enrolled) => {
                SecondFactorStatus::On { enrolled_at: enrolled.at, recovery_codes_left: enrolled.recovery_codes }
            }
        })
    }

    /// Turns the second factor off. Every other session ends, and a notice is mailed.
    ///
    /// # Errors
    /// [`SecondFactorError`]: after [`StepUpRequired`](SecondFactorError::StepUpRequired) ask for a code.
    ///
    /// ```
    /// use doorward::error::SecondFactorError;
    /// use doorward::{Auth, SignedIn};
    ///
    /// async fn turn_off(auth: &Auth, ann: &SignedIn, code: &str) -> Result<SignedIn, String> {
    ///     match auth.disable_second_factor(ann).await {
    ///         Ok(ann) => Ok(ann), // keep its token
    ///         Err(SecondFactorError::StepUpRequired { .. }) => {
    ///             let ann = auth.reauthenticate_with_code(ann, code).await.map_err(|error| error.user_message())?;
    ///             auth.disable_second_factor(&ann).await.map_err(|error| error.user_message())
    ///         }
    ///         Err(error) => Err(error.user_message()),
    ///     }
    /// }
    /// ```
    pub async fn disable_second_factor(&self, signed_in: &SignedIn) -> Result<SignedIn, SecondFactorError> {
        let engine = &self.engine;
        if engine.config.second_factor.is_required() {
            return Err(SecondFactorError::RequiredByPolicy);
        }
        let disable = |user: &User, session: &OpenSession, fresh: &Fresh| {
            user.disable_second_factor(session, engine.now(), fresh)
        };
        let (session, user) =
            change(engine, signed_in, During::Normal, EventKind::SecondFactorDisabled, disable).await?;
        engine.mailing.notify(&user).await;
        Ok(engine.signed_in(&user, session, None))
    }

    /// Makes ten new recovery codes, which replace all earlier ones. Every other session ends, and a notice is mailed. Show the
    /// codes: they are never shown again.
    ///
    /// # Errors
    /// [`SecondFactorError`]: after [`StepUpRequired`](SecondFactorError::StepUpRequired) ask for a code.
    pub async fn regenerate_recovery_codes(
        &self,
        signed_in: &SignedIn,
    ) -> Result<(SignedIn, RecoveryCodes), SecondFactorError> {
        let engine = &self.engine;
        let (codes, digests) = new_recovery_codes(signed_in.user_id())?;
        let renew = |user: &User, session: &OpenSession, fresh: &Fresh| {
            user.with_recovery_codes(session, digests.clone(), engine.now(), fresh)
        };
        let (session, user) =
            change(engine, signed_in, During::Normal, EventKind::RecoveryCodesRegenerated, renew).await?;
        engine.mailing.notify(&user).await;
        Ok((engine.signed_in(&user, session, None), codes))
    }

    /// Cancels a reset that someone else started: the mailed links, the temporary password and everything obtained with them
    /// become invalid. While a confirmed reset is open, nothing else can be changed, so an attacker who reads the mailbox could
    /// otherwise block the owner forever. Without such a reset, nothing happens.
    ///
    /// Requires a second factor: without one, the mailbox decides who owns the account.
    ///
    /// # Errors
    /// [`SecondFactorError`]: after [`StepUpRequired`](SecondFactorError::StepUpRequired) ask for a code.
    pub async fn cancel_recovery(&self, signed_in: &SignedIn) -> Result<(), SecondFactorError> {
        let engine = &self.engine;
        let cancel = |user: &User, _: &OpenSession, fresh: &Fresh| ((), user.cancel_recovery(fresh));
        change(engine, signed_in, During::Recovery, EventKind::RecoveryCancelled, cancel).await.map(drop)
    }
}

/// When a change is possible.
#[derive(Clone, Copy, Eq, PartialEq)]
enum During {
    /// Not while a recovery is open: a known password must undo none.
    Normal,
    /// At any time.
    Recovery,
}

/// Stores a change of a user with a second factor who has just proved it.
async fn change<T: Send>(
    engine: &Engine,
    signed_in: &SignedIn,
    during: During,
    event: EventKind,
    transition: impl Fn(&User, &OpenSession, &Fresh) -> (T, User) + Send + Sync,
) -> Result<(T, User), SecondFactorError> {
    let user = find(engine, signed_in).await?;
    let fresh_proof = engine.config.second_factor.fresh_proof;
    let outcome = engine
        .users
        .commit(user, |user, fresh| {
            let now = engine.now();
            let Some(session) = engine.sessions.of(user, signed_in.shown()) else {
                return Decision::Answer(Err(SecondFactorError::SessionEnded));
            };
            let refused = match user.recovery(now) {
                Recovery::Open { until } if during == During::Normal => SecondFactorError::RecoveryPending { until },
                _ if !user.has_second_factor() => SecondFactorError::NotEnrolled,
                _ if !user.is_freshly_proved(&session, fresh_proof, now) => {
                    SecondFactorError::StepUpRequired { needs: StepUp::needed_of(user) }
                }
                _ => {
                    let (outcome, next) = transition(user, &session, fresh);
                    return Decision::store(next, Ok(outcome)).reporting(event.clone());
                }
            };
            Decision::Answer(Err(refused))
        })
        .await?;
    let Committed::Done(changed, user) = outcome else { return Err(SecondFactorError::SessionEnded) };
    changed.map(|outcome| (outcome, user))
}

async fn find(engine: &Engine, signed_in: &SignedIn) -> Result<User, SecondFactorError> {
    engine.open()?;
    let (user, _) = engine.sessions.find(signed_in.shown()).await?.ok_or(SecondFactorError::SessionEnded)?;
    Ok(user)
}
