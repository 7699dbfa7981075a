//! What an operator does to an account. None of it picks or reveals a password.

use core::fmt;

use super::Auth;
use crate::account::ResealOutcome;
use crate::engine::{Committed, Decision, Engine};
use crate::error::{OperatorError, Unavailable};
use crate::event::EventKind;
use crate::types::UserId;
use crate::user::{Fresh, User};
#[cfg(feature = "pages")]
use crate::{
    account::UserOverview,
    engine::Found,
    types::{BackendError, BackendErrorKind, Email},
};

/// The operations for operators: provisioning, importing, deactivating and deleting accounts, and ending sessions.
///
/// **None of them can check its caller**, and [`provision`](Self::provision) reveals which addresses have accounts. So they are
/// not on [`Auth`] and cannot be reached from one: only
/// [`AuthBuilder::build_with_operator`](crate::AuthBuilder::build_with_operator) returns this handle. Give it to the part of
/// your program that has checked who is calling: require a signed-in operator and a [step-up](Auth::require_step_up). Clones
/// are cheap.
///
/// ```
/// use doorward::mail::PrintingMailer;
/// use doorward::store::{MemoryAttempts, MemoryUsers};
/// use doorward::{Auth, Email, Site};
///
/// # pollster::block_on(async {
/// let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// let builder = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer);
/// let (auth, operator) = builder.build_with_operator()?;
/// let ann = operator.provision(Email::parse("ann@acme.example")?).await?;
/// operator.deactivate(&ann.user_id).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Operator {
    auth: Auth,
    /// Who it is, if the host says so.
    id: Option<UserId>,
}

/// # Operating on accounts
impl Operator {
    pub(super) fn new(auth: Auth) -> Self {
        Self { auth, id: None }
    }

    /// The same handle for the operator with this id, who is named in events and in the journal. The host has checked who it is.
    ///
    /// ```
    /// use doorward::error::OperatorError;
    /// use doorward::{Operator, SignedIn, UserId};
    ///
    /// async fn deactivate(operator: &Operator, who: &SignedIn, user: &UserId) -> Result<(), OperatorError> {
    ///     operator.on_behalf_of(who.user_id()).deactivate(user).await
    /// }
    /// ```
    pub fn on_behalf_of(&self, operator: &UserId) -> Self {
        Self { auth: self.auth.clone(), id: Some(operator.clone()) }
    }

    /// Who it is, if the host has said so.
    pub(super) fn acting(&self) -> Option<&UserId> {
        self.id.as_ref()
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.auth.engine
    }

    /// Deactivates an account: its sessions end, sign-in fails like any other failure, and resets send no mail. A deletion that its
    /// owner has [asked for](Auth::request_deletion) is off: no link revives the account, and no time deletes it.
    ///
    /// # Errors
    /// [`OperatorError`]. Deactivating an account twice is not an error.
    pub async fn deactivate(&self, user: &UserId) -> Result<(), OperatorError> {
        self.change(user, EventKind::Deactivated, User::deactivate).await.map(drop)
    }

    /// Reactivates an account. Its password works again; links and temporary passwords mailed earlier do not. A deletion that its
    /// owner has [asked for](Auth::request_deletion) is off.
    ///
    /// # Errors
    /// [`OperatorError`]. Reactivating an active account is not an error.
    pub async fn reactivate(&self, user: &UserId) -> Result<(), OperatorError> {
        self.change(user, EventKind::Reactivated, User::reactivate).await.map(drop)
    }

    /// Requires the user to choose a new password at the next sign-in. All sessions end, and a notice is mailed.
    ///
    /// # Errors
    /// [`OperatorError`]. It is no error if a new password is required already, or if there is none yet.
    pub async fn require_password_change(&self, user: &UserId) -> Result<(), OperatorError> {
        self.change(user, EventKind::PasswordChangeForced, User::require_password_change).await.map(drop)
    }

    /// Invalidates a compromised password and all sessions and devices, and mails a notice. The user gets back in through
    /// "Forgot your password?".
    ///
    /// # Errors
    /// [`OperatorError`]. It is no error if there is no password.
    pub async fn mark_compromised(&self, user: &UserId) -> Result<(), OperatorError> {
        self.change(user, EventKind::MarkedCompromised, User::mark_compromised).await.map(drop)
    }

    /// Ends every session of a user. For all users, see [`sign_out_everybody`](Self::sign_out_everybody).
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn sign_out_everywhere(&self, user: &UserId) -> Result<(), OperatorError> {
        let sign_out = |user: &User, fresh: &Fresh| Some(user.sign_out_everywhere(fresh));
        self.change(user, EventKind::SignedOutEverywhere, sign_out).await.map(drop)
    }

    /// Removes the second factor of an account whose owner has lost both the authenticator and the recovery codes. First verify
    /// who is asking, by other means than mail. Sessions end, a notice is mailed, and the event holds up to 200 characters of
    /// the reason.
    ///
    /// # Errors
    /// [`OperatorError`]. It is no error if there is no second factor.
    pub async fn reset_second_factor(&self, user: &UserId, reason: &str) -> Result<(), OperatorError> {
        let reason = reason.chars().filter(|c| !c.is_control()).take(200).collect();
        let remove = |user: &User, fresh: &Fresh| user.has_second_factor().then(|| user.without_second_factor(fresh));
        self.change(user, EventKind::SecondFactorReset { reason }, remove).await.map(drop)
    }

    /// Seals a user's secrets under the current key of the [`Keyring`](crate::Keyring), without involving the user. Once that
    /// key is current in every process, and this has then returned [`Resealed`](ResealOutcome::Resealed) or
    /// [`UpToDate`](ResealOutcome::UpToDate) for every user, earlier keys can be removed.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn reseal(&self, user: &UserId) -> Result<ResealOutcome, OperatorError> {
        let engine = self.engine();
        let user = self.find(user).await?;
        let outcome = engine
            .users
            .commit(user, |user, fresh| match resealed(engine, user, fresh) {
                Ok(Some(next)) => {
                    let decision = Decision::store(next, Ok(ResealOutcome::Resealed));
                    decision.reporting(EventKind::Resealed).by(self.acting())
                }
                Ok(None) => Decision::Answer(Ok(ResealOutcome::UpToDate)),
                Err(error) => Decision::Answer(Err(error)),
            })
            .await?;
        let (outcome, user) = outcome.done().ok_or(OperatorError::UnknownUser)?;
        let outcome = outcome?;
        Ok(if engine.hashing.lacks_a_key_for(&user) { ResealOutcome::KeyMissing } else { outcome })
    }

    /// Deletes an account with everything this crate stores of it. Where people [register](crate::registration), an invitation to that
    /// address that is still alive opens another account: deactivate instead whoever must stay out.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn delete(&self, user: &UserId) -> Result<(), OperatorError> {
        let engine = self.engine();
        engine.open()?;
        match engine.users.delete(user, self.acting()).await? {
            true => Ok(()),
            false => Err(OperatorError::UnknownUser),
        }
    }

    /// Stores a change, and returns the user as stored. If the change is none, nothing is stored or reported.
    pub(super) async fn change(
        &self,
        user: &UserId,
        event: EventKind,
        transition: impl Fn(&User, &Fresh) -> Option<User> + Send + Sync,
    ) -> Result<Option<User>, OperatorError> {
        let engine = self.engine();
        let user = self.find(user).await?;
        let outcome = engine
            .users
            .commit(user, |user, fresh| match transition(user, fresh) {
                Some(next) => Decision::store(next, true).reporting(event.clone()).by(self.acting()),
                None => Decision::Answer(false),
            })
            .await?;
        match outcome {
            Committed::Done(true, user) => {
                engine.mailing.notify(&user).await;
                Ok(Some(user))
            }
            Committed::Done(false, _) => Ok(None),
            Committed::Gone | Committed::EmailTaken => Err(OperatorError::UnknownUser),
        }
    }

    pub(super) async fn find(&self, user: &UserId) -> Result<User, OperatorError> {
        let engine = self.engine();
        engine.open()?;
        engine.users.find_by_id(user).await?.ok_or(OperatorError::UnknownUser)
    }
}

// What the pages of an operator show.
#[cfg(feature = "pages")]
impl Operator {
    /// Whether it operates on the accounts of this very `Auth`.
    pub(crate) fn is_of(&self, auth: &Auth) -> bool {
        std::sync::Arc::ptr_eq(&self.auth.engine, &auth.engine)
    }

    /// The account with this id.
    pub(crate) async fn overview(&self, user: &UserId) -> Result<UserOverview, OperatorError> {
        Ok(self.find(user).await?.overview())
    }

    /// The account with this address.
    pub(crate) async fn find_by_email(&self, email: &Email) -> Result<Option<UserId>, Unavailable> {
        let engine = self.engine();
        engine.open()?;
        match engine.users.find_by_email(email).await? {
            Found::Somebody(head) => Ok(Some(head.id().clone())),
            Found::Nobody => Ok(None),
            // There is one: an operator must not be told otherwise.
            Found::Unreadable => Err(BackendError::new(BackendErrorKind::Unreadable).into()),
        }
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator").field("auth", &self.auth).field("id", &self.id).finish()
    }
}

/// The user with every secret sealed as the settings say. `None` if all are so already.
fn resealed(engine: &Engine, user: &User, fresh: &Fresh) -> Result<Option<User>, Unavailable> {
    let kept = engine.hashing.rekept_hashes(user, fresh)?;
    let changed = kept.is_some();
    let resealed = engine.codes.resealed(kept.unwrap_or_else(|| user.clone()), fresh);
    Ok((changed || resealed.is_changed_from(user)).then_some(resealed))
}
