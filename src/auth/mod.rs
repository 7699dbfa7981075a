//! Floor 9: the flows, one file each, on [`Auth`] and [`Operator`]: load, decide, store, answer.

mod builder;
mod change_password;
mod choose_password;
mod client;
mod current_password;
mod device;
mod email_change;
mod import;
mod journal;
mod leaving;
mod operator;
mod outcome;
mod owed;
mod provision;
mod reauthenticate;
mod register;
mod reset;
mod respond;
mod second_factor;
mod session;
mod set_password;
mod sign_in;
mod undeliverable;
mod verify_second_factor;

use core::fmt;
use std::sync::Arc;

pub use builder::{AuthBuilder, BuildError};
pub use email_change::EmailChangeRequest;
pub use import::{ImportRun, ImportStopped};
pub use operator::Operator;
pub use outcome::{SignIn, SignedIn};
pub use reset::ResetRequest;
pub use sign_in::SignInRequest;

use crate::engine::Engine;
use crate::error::{AuthError, ErrorResponse, Unavailable};
use crate::event::EmailPseudonym;
use crate::hashing::HashLoad;
use crate::mail::Mailer;
use crate::password::{PasswordPolicy, Violation};
use crate::store::{AttemptStore, UserRepository};
use crate::types::{Email, Password, Site};
#[cfg(feature = "pages")]
use crate::{
    event::EventKind,
    types::{BackendError, Challenge, DeviceToken, UserId},
};

/// The authentication system of a host. Clones are cheap and share state.
///
/// Hashes are computed on its own threads, so no method blocks an executor. No particular runtime is needed: any `block_on`
/// will do.
///
/// Every future may be dropped at any await, as web frameworks do when a client disconnects: nothing is stored partially, what
/// was stored remains, and repeating the call is safe. A mail that is being sent at that moment is sent to the end as
/// [`background`](AuthBuilder::background) work.
#[derive(Clone)]
pub struct Auth {
    engine: Arc<Engine>,
}

/// # Building, showing the policy, answering errors, closing
impl Auth {
    /// Starts a builder with what has no default: the site and the ports. Pass each port by value or in an `Arc`.
    ///
    /// A server also sets at least [`background`](AuthBuilder::background) and [`observer`](AuthBuilder::observer). Without the
    /// first, response times reveal which addresses have accounts (account enumeration); without the second, failures after a
    /// response are reported to nobody. All of it together (features `smtp`, `sqlite` and `tracing`):
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

    /// The policy, to show its [`rules`](PasswordPolicy::rules) before anyone types.
    pub fn password_policy(&self) -> &PasswordPolicy {
        &self.engine.config.password
    }

    /// Checks a new password for the account with this address, for a form that validates while the user types. Advisory only:
    /// rules that need more than the text ([`Rule::is_judged_when_set`](crate::password::Rule::is_judged_when_set)) are checked
    /// when the password is set, along with all the others. Computes no hash, calls no store and counts nothing.
    ///
    /// ```
    /// # use doorward::mail::PrintingMailer;
    /// # use doorward::store::{MemoryAttempts, MemoryUsers};
    /// # use doorward::{Auth, Email, Site};
    /// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// # let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer).build()?;
    /// let ann = Email::parse("ann@acme.example")?;
    /// let broken = auth.check_new_password(&ann, "acme2026");
    /// assert_eq!(broken.iter().map(|violation| violation.code()).collect::<Vec<_>>(), ["too_short", "about_the_account"]);
    /// assert!(auth.check_new_password(&ann, "a lamp in the window").is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check_new_password(&self, email: &Email, password: &str) -> Vec<Violation> {
        let context = self.engine.new_passwords.context().email(email);
        self.password_policy().check(&Password::new(password), &context).err().unwrap_or_default()
    }

    /// The site that was passed to [`builder`](Self::builder).
    pub fn site(&self) -> &Site {
        &self.engine.mailing.site
    }

    /// What a page or an API returns for an error: code, HTTP status, message, wait and support contact.
    pub fn error_response(&self, error: &dyn AuthError) -> ErrorResponse {
        ErrorResponse::new(error, self.site())
    }

    /// A request that the pages refused as one of another site.
    #[cfg(feature = "pages")]
    pub(crate) fn report_cross_site(&self, origin: Option<Box<str>>) {
        self.engine.events.report(crate::event::EventKind::CrossSiteRefused { origin }).send();
    }

    /// The pseudonym that events use for an address.
    pub fn email_pseudonym(&self, email: &Email) -> EmailPseudonym {
        self.engine.events.email_pseudonym(email)
    }

    /// The load of the hash pool, for metrics.
    pub fn hash_load(&self) -> HashLoad {
        self.engine.hashing.pool.load()
    }

    /// Deletes spent attempts from the store now, and returns how many.
    ///
    /// With a [`background`](AuthBuilder::background) you need not call it: each `Auth` purges once per
    /// [`PurgeConfig::every`](crate::config::PurgeConfig::every), after a sign-in or a reset request. A host with many processes
    /// may turn that off and call this from one of them. Without a background, call it from time to time.
    ///
    /// # Errors
    /// [`Unavailable`] if the store failed.
    pub async fn purge(&self) -> Result<u64, Unavailable> {
        self.engine.throttle.purge().await
    }

    /// Refuses new calls, and resolves once background work and hashing have finished. Call it before the process ends, so that no
    /// mail is lost; bound it with your runtime's timeout.
    ///
    /// It does not wait for a mailer's queue: close the mailer after it. Where mails are [owed](AuthBuilder::owed_mails), call this once
    /// more then: it waits until those that left are struck off, so that the next process does not send them again.
    pub async fn close(&self) {
        let engine = &self.engine;
        engine.housekeeping.close();
        engine.housekeeping.background.idle().await;
        engine.hashing.pool.close();
        engine.hashing.pool.idle().await;
    }
}

#[cfg(feature = "pages")]
impl Auth {
    /// The settings, of which pages show some.
    pub(crate) fn config(&self) -> &crate::config::Config {
        &self.engine.config
    }

    /// Whether work is done after the response.
    pub(crate) fn has_background(&self) -> bool {
        self.engine.housekeeping.background.is_spawned()
    }

    /// The keys, if there are any.
    pub(crate) fn keyring(&self) -> Option<&crate::crypto::Keyring> {
        self.engine.codes.keyring.as_deref()
    }

    /// Whether the user whom this challenge names has never signed in. For display: what cannot be read is no newcomer.
    pub(crate) async fn is_newcomer(&self, challenge: &Challenge) -> bool {
        let Some(token) = self.engine.users.tokens.open(&challenge.0) else { return false };
        let user = self.engine.users.find_by_id(&token.user_id).await;
        matches!(user, Ok(Some(user)) if user.overview().last_sign_in_at.is_none())
    }

    /// Reports that a hook of the pages failed, or a port that only they call, and returns what the caller of the page gets.
    pub(crate) fn page_failed(&self, call: &'static str, error: BackendError) -> Unavailable {
        let error = error.during(call);
        self.engine.events.report_about(EventKind::store_failed(&error), None);
        error.into()
    }

    /// Whether a device cookie's text belongs to that user. It may be invalid all the same.
    pub(crate) fn is_device_of(&self, text: &str, user: &UserId) -> bool {
        let token = DeviceToken::parse(text).ok().and_then(|token| self.engine.users.tokens.open(&token.0));
        token.is_some_and(|token| token.user_id == *user)
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pool = &self.engine.hashing.pool;
        f.debug_struct("Auth").field("site", &self.site().name()).field("pool", pool).finish_non_exhaustive()
    }
}
