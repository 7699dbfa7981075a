//! Floor 7: the paved path. It only delegates.

mod builder;

use std::sync::Arc;
use std::sync::atomic::Ordering;

pub use builder::{AuthBuilder, BuildError};

use crate::account::Session;
use crate::account::{Device, Import, Imported, Provision, Provisioned, ProvisionedWithPassword, ResealOutcome};
use crate::engine::{Engine, HashLoad, SignIn, SignedIn};
use crate::error::ErrorResponse;
use crate::error::{
    AuthError, ChangePasswordError, ChoosePasswordError, CompleteResetError, ConfirmResetError, DeviceError,
    EnrollmentError, ImportError, OperatorError, ProvisionError, ReauthenticateError, ResumeError, SecondFactorError,
    SignInError, StepUpError, Unavailable, VerifySecondFactorError, WelcomeError,
};
use crate::event::EmailPseudonym;
use crate::flow::{
    ResetRequest, SignInRequest, account, admin, change_password, choose_password, import, provision, reauthenticate,
    reset, second_factor, sign_in, verify_second_factor,
};
use crate::mail::Mailer;
use crate::password::{PasswordPolicy, PolicyContext, Violation};
use crate::password::{ResetConfirmed, ResetLinkStatus, ResetRequested};
use crate::second_factor::SecondFactorStatus;
use crate::second_factor::{RecoveryCodes, TotpEnrollment};
use crate::store::{AttemptStore, UserRepository};
use crate::types::{Challenge, DeviceId, Email, Password, Site, UserId};

/// The sign-in system of a host. Cloning it is cheap, and all clones are one.
///
/// Every method that hashes does so on threads of its own, so none blocks an executor; none needs one either: any
/// `block_on` drives them.
///
/// Every future may be dropped at any await, as web frameworks do when a client goes away: whatever was stored holds,
/// nothing is stored by halves, and repeating the call is safe.
#[derive(Clone)]
pub struct Auth {
    engine: Arc<Engine>,
}

impl Auth {
    /// Begins with what has no default: who the host is, and its ports. Each port is given by value or in an `Arc`.
    ///
    /// A host that serves people gives at least [`background`](AuthBuilder::background) and [`observer`](AuthBuilder::observer)
    /// too, or the time of an answer tells strangers who has an account, and nobody hears of what fails after an answer. All of
    /// it together (features `smtp`, `sqlite` and `tracing`):
    ///
    #[cfg_attr(all(feature = "smtp", feature = "sqlite", feature = "tracing"), doc = "```no_run")]
    #[cfg_attr(not(all(feature = "smtp", feature = "sqlite", feature = "tracing")), doc = "```ignore")]
    #[doc = include_str!("../../examples/production.rs")]
    /// ```
    pub fn builder(
        site: Site,
        users: impl UserRepository,
        attempts: impl AttemptStore,
        mailer: impl Mailer,
    ) -> AuthBuilder {
        AuthBuilder::new(site, Arc::new(users), Arc::new(attempts), Arc::new(mailer))
    }

    // Opening accounts.

    /// Opens an account and mails its first password, which nobody chooses or sees. It works for 24 hours unless
    /// configured otherwise, and opens the choice of an own password only.
    ///
    /// # Errors
    /// [`ProvisionError`], for the operator. After `MailFailed` the account stands; [`resend_welcome`](Self::resend_welcome)
    /// goes on from there. Its `source` holds the reason, a [`BackendError`](crate::store::BackendError) whose kind and code are fit for
    /// logs.
    ///
    /// ```
    #[doc = include_str!("../../examples/provision.rs")]
    /// ```
    pub async fn provision(&self, account: impl Into<Provision>) -> Result<Provisioned, ProvisionError> {
        provision::provision(&self.engine, account.into()).await
    }

    /// Opens an account and **shows** its first password instead of mailing it: for the first operator of an installation
    /// that cannot mail yet.
    ///
    /// # Errors
    /// As [`provision`](Self::provision), without `MailFailed`.
    pub async fn provision_without_mail(
        &self,
        account: impl Into<Provision>,
    ) -> Result<ProvisionedWithPassword, ProvisionError> {
        provision::provision_without_mail(&self.engine, account.into()).await
    }

    /// Mails a fresh first password to somebody who has not chosen one yet. The one before stops working.
    ///
    /// # Errors
    /// [`WelcomeError`], for the operator. After `MailFailed` its `source` holds the reason.
    pub async fn resend_welcome(&self, user: &UserId) -> Result<Provisioned, WelcomeError> {
        provision::resend_welcome(&self.engine, user).await
    }

    /// Corrects a mistyped address before the first sign-in, and mails a fresh first password there. Whatever went to the
    /// old address stops working.
    ///
    /// # Errors
    /// [`WelcomeError`], for the operator.
    pub async fn correct_email(&self, user: &UserId, email: Email) -> Result<Provisioned, WelcomeError> {
        provision::correct_email(&self.engine, user, email).await
    }

    /// Takes over an account of another system with the hash of its password, which is replaced by a new one when its owner
    /// signs in. Nothing is mailed. What is wrong with the hash is told.
    ///
    /// The password is verified in the Unicode form in which it is typed, as the other system did; an Argon2id hash in that
    /// of [`Password`].
    ///
    /// # Errors
    /// [`ImportError`], for the operator.
    ///
    /// ```
    #[doc = include_str!("../../examples/import.rs")]
    /// ```
    pub async fn import_user(&self, account: Import) -> Result<Imported, ImportError> {
        import::import_user(&self.engine, account).await
    }

    // Signing in.

    /// Evaluates a sign-in. Where the host configured a [`Hold`](crate::config::Hold), a short delay is waited out inside; a longer
    /// one is answered as `Throttled`.
    ///
    /// # Errors
    /// [`SignInError`]: show its message, and for `Throttled` how long to wait.
    ///
    /// ```
    #[doc = include_str!("../../examples/sign_in.rs")]
    /// ```
    pub async fn sign_in(&self, request: SignInRequest) -> Result<SignIn, SignInError> {
        sign_in::sign_in(&self.engine, &request).await
    }

    /// The same without ever waiting.
    ///
    /// # Errors
    /// As [`sign_in`](Self::sign_in).
    pub async fn try_sign_in(&self, request: SignInRequest) -> Result<SignIn, SignInError> {
        sign_in::try_sign_in(&self.engine, &request).await
    }

    /// Chooses a password after [`PasswordChangeRequired`](SignIn::PasswordChangeRequired), and signs in. Every other
    /// session and device of the user ends, and a notice is mailed.
    ///
    /// # Errors
    /// [`ChoosePasswordError`]. A rejected password does not use the challenge up: show all violations and ask again.
    pub async fn choose_password(&self, challenge: &Challenge, new: &str) -> Result<SignIn, ChoosePasswordError> {
        choose_password::choose_password(&self.engine, challenge, &Password::new(new)).await
    }

    /// Gives a code after [`SecondFactorRequired`](SignIn::SecondFactorRequired): that of the authenticator, or a recovery
    /// code. Spaces and dashes in it do not matter. A right code leads on; each works once.
    ///
    /// # Errors
    /// [`VerifySecondFactorError`]. A wrong code does not use the challenge up.
    ///
    /// ```
    #[doc = include_str!("../../examples/verify_second_factor.rs")]
    /// ```
    pub async fn verify_second_factor(
        &self,
        challenge: &Challenge,
        code: &str,
    ) -> Result<SignIn, VerifySecondFactorError> {
        verify_second_factor::verify_second_factor(&self.engine, challenge, code, false).await
    }

    /// The same for somebody who asked that this device be remembered: no code is asked for on it for as long as
    /// [`SecondFactorConfig::remember_device`](crate::second_factor::SecondFactorConfig::remember_device) says, until a credential changes.
    /// Where that is off, nothing is remembered.
    ///
    /// # Errors
    /// As [`verify_second_factor`](Self::verify_second_factor).
    pub async fn verify_second_factor_and_remember(
        &self,
        challenge: &Challenge,
        code: &str,
    ) -> Result<SignIn, VerifySecondFactorError> {
        verify_second_factor::verify_second_factor(&self.engine, challenge, code, true).await
    }

    /// Begins an authenticator after [`EnrollmentRequired`](SignIn::EnrollmentRequired): show its QR code or key, and ask for
    /// a code of it.
    ///
    /// # Errors
    /// [`EnrollmentError`].
    pub async fn begin_required_enrollment(&self, challenge: &Challenge) -> Result<TotpEnrollment, EnrollmentError> {
        second_factor::begin_required_enrollment(&self.engine, challenge).await
    }

    /// Enrolls that authenticator by a code of it, and signs in. Show the recovery codes: they are never shown again.
    ///
    /// # Errors
    /// [`EnrollmentError`]. A wrong code does not use the challenge up.
    pub async fn confirm_required_enrollment(
        &self,
        challenge: &Challenge,
        code: &str,
    ) -> Result<(SignIn, RecoveryCodes), EnrollmentError> {
        second_factor::confirm_required_enrollment(&self.engine, challenge, code).await
    }

    /// Whether a session still is one: called with every later request. It costs one look-up.
    ///
    /// # Errors
    /// [`ResumeError::SessionEnded`] once the user changed a credential, was signed out everywhere, deactivated or deleted, or
    /// the session's device was revoked or gave its place to another: drop the session and show the sign-in. How long a session
    /// lasts without any of this is the host's to say, by [`Session::signed_in_at`].
    pub async fn resume(&self, session: &Session) -> Result<SignedIn, ResumeError> {
        account::resume(&self.engine, session).await
    }

    // What a signed-in user does.

    /// Changes the password. The acting session goes on under the [`SignedIn`] returned; every other session and device of
    /// the user ends, and a notice is mailed.
    ///
    /// # Errors
    /// [`ChangePasswordError`]. Nothing changed in any case; wrong current passwords are counted in a lane that no stranger
    /// reaches.
    ///
    /// ```
    #[doc = include_str!("../../examples/change_password.rs")]
    /// ```
    pub async fn change_password(
        &self,
        signed_in: &SignedIn,
        current: &str,
        new: &str,
    ) -> Result<SignedIn, ChangePasswordError> {
        let (current, new) = (Password::new(current), Password::new(new));
        change_password::change_password(&self.engine, signed_in.session(), &current, &new).await
    }

    /// Ends every session of the user but the acting one, which goes on under the [`SignedIn`] returned.
    ///
    /// # Errors
    /// [`ResumeError`].
    pub async fn sign_out_others(&self, signed_in: &SignedIn) -> Result<SignedIn, ResumeError> {
        account::sign_out_others(&self.engine, signed_in.session()).await
    }

    /// The user's devices, the most recently used first: browsers with a live token, and those whose token has expired but whose
    /// sessions may still run.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn devices(&self, signed_in: &SignedIn) -> Result<Vec<Device>, DeviceError> {
        account::devices(&self.engine, signed_in.session()).await
    }

    /// Revokes one of the user's own devices: its token works no longer, and every session on it ends, also the acting one if
    /// it is that device.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn revoke_device(&self, signed_in: &SignedIn, device: DeviceId) -> Result<(), DeviceError> {
        account::revoke_device(&self.engine, signed_in.session(), device).await
    }

    // The second factor of a signed-in user.

    /// How the second factor of the user stands.
    ///
    /// # Errors
    /// [`SecondFactorError::SessionEnded`].
    pub async fn second_factor(&self, signed_in: &SignedIn) -> Result<SecondFactorStatus, SecondFactorError> {
        second_factor::second_factor(&self.engine, signed_in.session()).await
    }

    /// Begins an authenticator: show its QR code or key, and ask for a code of it. Nothing changes until
    /// [`confirm_enrollment`](Self::confirm_enrollment); what was begun before gives way. Where a second factor is on already, the new
    /// authenticator is to take its place, which takes a fresh code of the old one.
    ///
    /// # Errors
    /// [`EnrollmentError`]: after [`StepUpRequired`](EnrollmentError::StepUpRequired) ask for the proof it names.
    ///
    /// ```
    #[doc = include_str!("../../examples/second_factor.rs")]
    /// ```
    pub async fn begin_enrollment(&self, signed_in: &SignedIn) -> Result<TotpEnrollment, EnrollmentError> {
        second_factor::begin_enrollment(&self.engine, signed_in.session()).await
    }

    /// Enrolls the authenticator that was begun, by a code of it, within ten minutes. Every other session ends, a notice is
    /// mailed, and a code is asked for from now on. Show the recovery codes: they are never shown again.
    ///
    /// # Errors
    /// [`EnrollmentError`]. A wrong code changes nothing.
    pub async fn confirm_enrollment(
        &self,
        signed_in: &SignedIn,
        code: &str,
    ) -> Result<(SignedIn, RecoveryCodes), EnrollmentError> {
        second_factor::confirm_enrollment(&self.engine, signed_in.session(), code).await
    }

    /// Turns the second factor off. Every other session ends, and a notice is mailed.
    ///
    /// # Errors
    /// [`SecondFactorError`]: after [`StepUpRequired`](SecondFactorError::StepUpRequired) ask for a code.
    pub async fn disable_second_factor(&self, signed_in: &SignedIn) -> Result<SignedIn, SecondFactorError> {
        second_factor::disable_second_factor(&self.engine, signed_in.session()).await
    }

    /// Makes ten new recovery codes in place of all before. Every other session ends, and a notice is mailed. Show the codes:
    /// they are never shown again.
    ///
    /// # Errors
    /// [`SecondFactorError`]: after [`StepUpRequired`](SecondFactorError::StepUpRequired) ask for a code.
    pub async fn regenerate_recovery_codes(
        &self,
        signed_in: &SignedIn,
    ) -> Result<(SignedIn, RecoveryCodes), SecondFactorError> {
        second_factor::regenerate_recovery_codes(&self.engine, signed_in.session()).await
    }

    /// Proves once more, by the password, who is signed in: before something that takes a fresh proof. Keep the session of the
    /// [`SignedIn`] returned, which says so. Where a second factor is on, what asked with `StepUpRequired` takes a code, and asks
    /// again after this.
    ///
    /// # Errors
    /// [`ReauthenticateError`]. Wrong passwords are counted in a lane that no stranger reaches.
    ///
    /// ```
    #[doc = include_str!("../../examples/reauthenticate.rs")]
    /// ```
    pub async fn reauthenticate(&self, signed_in: &SignedIn, password: &str) -> Result<SignedIn, ReauthenticateError> {
        reauthenticate::reauthenticate(&self.engine, signed_in.session(), &Password::new(password)).await
    }

    /// The same by a code of the second factor.
    ///
    /// # Errors
    /// [`ReauthenticateError`]. Wrong codes are counted apart from those of sign-ins.
    pub async fn reauthenticate_with_code(
        &self,
        signed_in: &SignedIn,
        code: &str,
    ) -> Result<SignedIn, ReauthenticateError> {
        reauthenticate::reauthenticate_with_code(&self.engine, signed_in.session(), code).await
    }

    /// Whether what the session proved is fresh enough for something of the host's own that matters as much as a credential:
    /// changing an address, paying, acting on other accounts. Fresh is what enrolling and disabling a second factor ask for: a
    /// proof within [`SecondFactorConfig::fresh_proof`](crate::second_factor::SecondFactorConfig::fresh_proof), and a code where a second
    /// factor is on.
    ///
    /// # Errors
    /// [`StepUpError`]: after [`StepUpRequired`](StepUpError::StepUpRequired) ask for the proof it names, and call
    /// [`reauthenticate`](Self::reauthenticate) or [`reauthenticate_with_code`](Self::reauthenticate_with_code). Like [`resume`](Self::resume) it decides by reading, so what
    /// the host does next is not undone by a session that ends meanwhile.
    ///
    /// ```
    /// use doorward::{Auth, SignedIn};
    /// use doorward::error::{StepUpError, StepUp};
    ///
    /// async fn close_the_shop(auth: &Auth, signed_in: &SignedIn) -> Result<&'static str, StepUpError> {
    ///     match auth.require_step_up(signed_in).await {
    ///         Ok(()) => Ok("closed"),
    ///         Err(StepUpError::StepUpRequired { needs: StepUp::Password }) => Ok("ask for the password"),
    ///         Err(StepUpError::StepUpRequired { needs: StepUp::SecondFactor }) => Ok("ask for a code"),
    ///         Err(error) => Err(error), // the session has ended, or the store failed: nothing was done
    ///     }
    /// }
    /// ```
    pub async fn require_step_up(&self, signed_in: &SignedIn) -> Result<(), StepUpError> {
        reauthenticate::require_step_up(&self.engine, signed_in.session()).await
    }

    // Forgotten passwords.

    /// Asks for a reset mail. The answer is the same for every address at every moment: say that a mail is on its way if there
    /// is an account, and that there is at most one in five minutes. Whether one is sent is decided in background work, after
    /// the answer. It changes nothing on the account, and leaves nothing behind for an address that is nobody's.
    ///
    /// Give the [`ClientAddress`](crate::ClientAddress), and the device cookie as at sign-in: requests wait in a queue of this process with a
    /// bounded number of places, of which no source may take more than a share, and some are kept for known devices.
    ///
    /// The answer also says nothing of a mailer that is broken, or the answer would tell who has an account: only an
    /// [`observer`](AuthBuilder::observer) hears of that.
    ///
    /// # Errors
    /// [`Busy`](Unavailable::Busy) if no place is left, for a known address as for any other: nothing is mailed then, so tell
    /// whoever asked to try again in a moment. [`Unavailable`] if nothing could be decided.
    ///
    /// ```
    #[doc = include_str!("../../examples/reset.rs")]
    /// ```
    pub async fn request_reset(&self, request: impl Into<ResetRequest>) -> Result<ResetRequested, Unavailable> {
        reset::request_reset(&self.engine, request.into()).await
    }

    /// Whether a link's token would work now: for the page that the link opens. It changes nothing, so mail scanners and
    /// previews may fetch that page as often as they like.
    ///
    /// # Errors
    /// [`Unavailable`] if nothing could be decided.
    pub async fn inspect_reset(&self, token: &str) -> Result<ResetLinkStatus, Unavailable> {
        reset::inspect_reset(&self.engine, token).await
    }

    /// Confirms a reset: mails a temporary password that works for one hour. Call it for an explicit POST, never for a GET.
    ///
    /// The old password signs in until a new one is chosen, but cannot be changed with: who merely knows it cannot undo a
    /// recovery. The same link can be confirmed again after the cooldown, within its hour.
    ///
    /// Put [`ResetConfirmed::device`] into the device cookie: whoever confirms reads the mailbox, and with it signs in unhindered
    /// by strangers who guess. The example of [`request_reset`](Self::request_reset) goes on with it.
    ///
    /// # Errors
    /// [`ConfirmResetError`]. After `MailFailed` its `source` holds the reason, for the log.
    pub async fn confirm_reset(&self, token: &str) -> Result<ResetConfirmed, ConfirmResetError> {
        reset::confirm_reset(&self.engine, token).await
    }

    /// In the mode [`ChooseNewPassword`](crate::config::ResetMode::ChooseNewPassword): sets a new password by a link's token, and
    /// signs in. Call it for an explicit POST.
    ///
    /// # Errors
    /// [`CompleteResetError`]. A rejected password does not use the link up.
    pub async fn complete_reset(&self, token: &str, new: &str) -> Result<SignIn, CompleteResetError> {
        reset::complete_reset(&self.engine, token, None, &Password::new(new)).await
    }

    /// The same for an account with a second factor, after [`CodeNeeded`](CompleteResetError::CodeNeeded): mail alone never
    /// goes around it. The code is used up in the write that sets the password.
    ///
    /// # Errors
    /// [`CompleteResetError`]. A wrong code and a rejected password do not use the link up.
    pub async fn complete_reset_with_code(
        &self,
        token: &str,
        code: &str,
        new: &str,
    ) -> Result<SignIn, CompleteResetError> {
        reset::complete_reset(&self.engine, token, Some(code), &Password::new(new)).await
    }

    /// Ends a reset that somebody else has begun, by whoever is signed in and has a second factor: the links that were mailed, the
    /// temporary password and what was gained by them are void. While a confirmed reset is open nobody changes anything else,
    /// so somebody who reads the mailbox could hold it open for ever. Nothing happens if there is none.
    ///
    /// An account without a second factor cannot: there the mailbox decides.
    ///
    /// # Errors
    /// [`SecondFactorError`]: after [`StepUpRequired`](SecondFactorError::StepUpRequired) ask for a code.
    pub async fn cancel_recovery(&self, signed_in: &SignedIn) -> Result<(), SecondFactorError> {
        second_factor::cancel_recovery(&self.engine, signed_in.session()).await
    }

    // What an operator does.

    /// Silences an account: sessions end, sign-in fails like any other failure, resets mail nothing.
    ///
    /// # Errors
    /// [`OperatorError`]. It is no error if the account is deactivated already.
    pub async fn deactivate(&self, user: &UserId) -> Result<(), OperatorError> {
        admin::deactivate(&self.engine, user).await
    }

    /// Makes a deactivated account usable again, with its own password. Nothing mailed before works.
    ///
    /// # Errors
    /// [`OperatorError`]. It is no error if the account is active already.
    pub async fn reactivate(&self, user: &UserId) -> Result<(), OperatorError> {
        admin::reactivate(&self.engine, user).await
    }

    /// Makes the next sign-in with the own password lead to a change first. Sessions end.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn require_password_change(&self, user: &UserId) -> Result<(), OperatorError> {
        admin::require_password_change(&self.engine, user).await
    }

    /// Voids a password that others know, with all sessions and devices. The user gets back in by "Forgot your password?".
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn mark_compromised(&self, user: &UserId) -> Result<(), OperatorError> {
        admin::mark_compromised(&self.engine, user).await
    }

    /// Ends every session of a user.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn sign_out_everywhere(&self, user: &UserId) -> Result<(), OperatorError> {
        admin::sign_out_everywhere(&self.engine, user).await
    }

    /// Takes the second factor off an account whose owner lost authenticator and recovery codes, after the operator made sure
    /// by other means who it is: never by mail alone. Sessions end, a notice is mailed, and the reason, up to 200 characters
    /// of it, stands in the event.
    ///
    /// # Errors
    /// [`OperatorError`]. It is no error if there is no second factor.
    pub async fn reset_second_factor(&self, user: &UserId, reason: &str) -> Result<(), OperatorError> {
        admin::reset_second_factor(&self.engine, user, reason).await
    }

    /// Seals what is sealed of a user under the current key of the [`Keyring`](crate::Keyring), without the user's doing. Once
    /// every process has that key as its current one, and every user was answered [`Anew`](ResealOutcome::Resealed) or
    /// [`Already`](ResealOutcome::UpToDate) since, the keys before can be given up.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn reseal(&self, user: &UserId) -> Result<ResealOutcome, OperatorError> {
        admin::reseal(&self.engine, user).await
    }

    /// Deletes an account with all that this crate keeps of it.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn delete(&self, user: &UserId) -> Result<(), OperatorError> {
        admin::delete(&self.engine, user).await
    }

    // Around it.

    /// The policy, to show its [`rules`](PasswordPolicy::rules) before anyone types.
    pub fn password_policy(&self) -> &PasswordPolicy {
        &self.engine.config.password
    }

    /// What of the policy a new password for that account breaks, for a form that tells while somebody types. It advises only:
    /// what takes more to judge ([`Rule::is_judged_when_set`](crate::password::Rule::is_judged_when_set)) is judged when the password is
    /// set, together with all of this. No hash, no store call, nothing counted.
    ///
    /// ```
    /// # use doorward::{Auth, Email, Site};
    /// # use doorward::mail::PrintingMailer;
    /// # use doorward::store::{MemoryAttempts, MemoryUsers};
    /// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// # let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer).build()?;
    /// let ann = Email::parse("ann@acme.example")?;
    /// let broken = auth.check_new_password(&ann, "acme2026");
    /// assert_eq!(broken.iter().map(|violation| violation.code()).collect::<Vec<_>>(), ["too_short", "about_the_account"]);
    /// assert!(auth.check_new_password(&ann, "a lamp in the window").is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check_new_password(&self, email: &Email, password: &str) -> Vec<Violation> {
        let context = PolicyContext::new(self.engine.site.name()).email(email);
        self.password_policy().check(&Password::new(password), &context).err().unwrap_or_default()
    }

    /// Who the host is.
    pub fn site(&self) -> &Site {
        &self.engine.site
    }

    /// Everything a page needs in order to answer an error, with the support contact.
    pub fn error_response(&self, error: &dyn AuthError) -> ErrorResponse {
        ErrorResponse::new(error, &self.engine.site)
    }

    /// The pseudonym under which events speak of an address.
    pub fn email_pseudonym(&self, email: &Email) -> EmailPseudonym {
        self.engine.email_pseudonym(email)
    }

    /// The shortest time between two reset mails to one account, for the page that tells of it.
    pub fn reset_cooldown(&self) -> core::time::Duration {
        self.engine.config.reset.cooldown
    }

    /// What the hash pool is doing, for metrics.
    pub fn hash_load(&self) -> HashLoad {
        self.engine.pool.load()
    }

    /// Drops spent attempts from the store now, and tells how many.
    ///
    /// With a [`background`](AuthBuilder::background) nobody needs to call it: each `Auth` does so once per
    /// [`PurgeConfig::every`](crate::config::PurgeConfig::every), after a sign-in or a reset request. A host with many processes may turn
    /// that off and call this from one of them. Without one, call it from time to time.
    ///
    /// # Errors
    /// [`Unavailable`] if the store failed.
    pub async fn purge(&self) -> Result<u64, Unavailable> {
        self.engine.purge().await
    }

    /// Refuses new calls, and resolves once background work and hashing have come to their end. Call it before the process
    /// ends, so that no mail is lost; bound it with your runtime's timeout.
    pub async fn close(&self) {
        self.engine.closed.store(true, Ordering::Release);
        self.engine.background.idle().await;
        self.engine.pool.close();
        self.engine.pool.idle().await;
    }
}

impl core::fmt::Debug for Auth {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Engine { site, pool, .. } = &*self.engine;
        f.debug_struct("Auth").field("site", &site.name()).field("pool", pool).finish_non_exhaustive()
    }
}
