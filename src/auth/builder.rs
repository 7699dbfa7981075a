use core::time::Duration;
use std::io;
use std::sync::Arc;

use thiserror::Error;

use super::{Auth, Operator, owed};
use crate::clock::{Clock, SystemClock};
use crate::config::{BackgroundWork, Config, ConfigError, Hold, Sleep};
use crate::crypto::{Draw, Keyring, Purpose, RandomError, keyed};
use crate::engine::{
    Background, Codes, EmailChanges, Engine, Events, Hashing, Holding, Housekeeping, InFlight, Journaling, Mailing,
    NewPasswords, OwedMails, Registrations, Reporting, Requests, Resets, Sessions, StartError, Throttle, Tokens, Users,
};
use crate::event::{Observer, SilentObserver};
use crate::journal::JournalSink;
use crate::mail::{English, MailTexts, Mailer};
use crate::password::{BreachLookup, BreachedPasswords};
use crate::store::{AttemptStore, UserDirectory, UserRepository};
use crate::types::{SecretBytes, Site, at_store_precision};
use crate::user::{Fresh, User};

/// Why an [`Auth`] was not built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A setting is out of bounds.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The hashing threads could not be started.
    #[error("the hashing threads could not be started")]
    Threads(#[source] io::Error),
    /// The operating system gave no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl From<StartError> for BuildError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Threads(error) => Self::Threads(error),
            StartError::Random(error) => Self::Random(error),
        }
    }
}

impl BuildError {
    /// The setting at fault, such as `throttle.cap`, if it is one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Config(error) => Some(error.field()),
            Self::Threads(_) | Self::Random(_) => None,
        }
    }
}

/// Builds an [`Auth`]. Everything set here has a safe default unless its method says otherwise.
#[derive(Debug)]
pub struct AuthBuilder {
    site: Site,
    users: Arc<dyn UserRepository>,
    attempts: Arc<dyn AttemptStore>,
    mailer: Arc<dyn Mailer>,
    texts: Arc<dyn MailTexts>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    breached: Option<Arc<dyn BreachedPasswords>>,
    index_key: Option<SecretBytes<32>>,
    keyring: Option<Keyring>,
    background: Background,
    hold: Option<Hold>,
    directory: Option<Arc<dyn UserDirectory>>,
    journal_sink: Option<Arc<dyn JournalSink>>,
    sleep: Option<Sleep>,
    config: Config,
}

impl AuthBuilder {
    pub(super) fn new(
        site: Site,
        users: Arc<dyn UserRepository>,
        attempts: Arc<dyn AttemptStore>,
        mailer: Arc<dyn Mailer>,
    ) -> Self {
        Self {
            site,
            users,
            attempts,
            mailer,
            texts: Arc::new(English),
            clock: Arc::new(SystemClock),
            observer: Arc::new(SilentObserver),
            breached: None,
            index_key: None,
            keyring: None,
            background: Background::default(),
            hold: None,
            directory: None,
            journal_sink: None,
            sleep: None,
            config: Config::default(),
        }
    }

    /// Sets the clock; default the system's. Tests use `testing::ManualClock` (feature `testing`), which moves only when they
    /// move it.
    #[must_use]
    pub fn clock(self, clock: impl Clock) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Sets the receiver of events; default none. **Without one, failures after the response go unnoticed**: with a broken
    /// mailer, [`request_reset`](Auth::request_reset) returns `Ok` to everyone, no mail is sent, and nothing is printed.
    ///
    /// `TracingObserver` (feature `tracing`) logs every event. Alert on `MailFailed`, `MailDelayed` and `StoreFailed`.
    #[must_use]
    pub fn observer(self, observer: impl Observer) -> Self {
        Self { observer: Arc::new(observer), ..self }
    }

    /// Sets the wording of all mails; default [`English`]. Not used by a mailer that renders
    /// [`Mail::kind`](crate::mail::Mail::kind) itself.
    #[must_use]
    pub fn mail_texts(self, texts: impl MailTexts) -> Self {
        Self { texts: Arc::new(texts), ..self }
    }

    /// Sets what runs background work after the response, such as `|work| { tokio::spawn(work); }`.
    ///
    /// **Without it, that work is done before the response.** A reset request for a known address then takes longer than one
    /// for an unknown address, by a store write and a mail, and response times reveal which addresses have accounts (account
    /// enumeration). That is acceptable only in tests, command-line tools and closed networks.
    #[must_use]
    pub fn background(self, spawn: impl Fn(BackgroundWork) + Send + Sync + 'static) -> Self {
        Self { background: Background::spawned_by(spawn), ..self }
    }

    /// Waits out short delays inside [`sign_in`](Auth::sign_in); off by default.
    #[must_use]
    pub fn hold(self, hold: Hold) -> Self {
        Self { hold: Some(hold), ..self }
    }

    /// Records each mail together with the change that causes it (a transactional outbox), so that none is lost if the process
    /// ends first or the mail server is down. The record is removed once the mail has left. Off by default; all processes should
    /// have it, or none.
    ///
    /// Pass the user store's own directory; with another one, nothing is delivered. It needs a [`background`](Self::background);
    /// without one, `build` returns an error. With a [`sleep`](Self::sleep), a worker sends what is due; otherwise call
    /// [`Auth::deliver_owed`] every minute or so. A mail whose process ended is due after fifteen minutes.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use doorward::mail::PrintingMailer;
    /// # use doorward::store::{MemoryAttempts, MemoryUsers};
    /// # use doorward::{Auth, Site};
    /// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # let _inside = runtime.enter();
    /// let users = Arc::new(MemoryUsers::new()); // with SQLite or PostgreSQL, a clone of the store
    /// let auth = Auth::builder(site, users.clone(), MemoryAttempts::new(), PrintingMailer)
    ///     .background(|work| drop(tokio::spawn(work)))
    ///     .owed_mails(users)
    ///     .sleep(tokio::time::sleep)
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Nothing could record what became of a mail without a background:
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use doorward::mail::PrintingMailer;
    /// # use doorward::store::{MemoryAttempts, MemoryUsers};
    /// # use doorward::{Auth, Site};
    /// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// let users = Arc::new(MemoryUsers::new());
    /// let builder = Auth::builder(site, users.clone(), MemoryAttempts::new(), PrintingMailer);
    /// assert_eq!(builder.owed_mails(users).build().unwrap_err().field(), Some("owed_mails"));
    /// # Ok::<(), doorward::config::SiteError>(())
    /// ```
    #[must_use]
    pub fn owed_mails(self, directory: impl UserDirectory) -> Self {
        Self { directory: Some(Arc::new(directory)), ..self }
    }

    /// Hands every [journal](crate::journal) entry to this sink after the change is stored, as background work. For a user store
    /// that keeps a journal itself there is nothing to set here, and its journal loses nothing in a crash. With both, the sink
    /// receives what the store keeps.
    ///
    /// ```
    /// use doorward::journal::{JournalEntry, JournalSink};
    /// use doorward::store::BackendError;
    /// # use doorward::mail::PrintingMailer;
    /// # use doorward::store::{MemoryAttempts, MemoryUsers};
    /// # use doorward::{Auth, Site};
    ///
    /// #[derive(Debug)]
    /// struct AuditLog;
    ///
    /// #[doorward::async_trait]
    /// impl JournalSink for AuditLog {
    ///     async fn append(&self, entries: &[JournalEntry]) -> Result<(), BackendError> {
    ///         for entry in entries {
    ///             println!("{} {} {}", entry.user_id, entry.seq, entry.event); // and only return `Ok` once it is stored
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// # let (users, attempts) = (MemoryUsers::new(), MemoryAttempts::new());
    /// let auth = Auth::builder(site, users, attempts, PrintingMailer).journal_sink(AuditLog).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn journal_sink(self, sink: impl JournalSink) -> Self {
        Self { journal_sink: Some(Arc::new(sink)), ..self }
    }

    /// Sets the runtime's sleep, such as `tokio::time::sleep`: then a worker delivers [`owed_mails`](Self::owed_mails) every minute
    /// ([`OwedMailConfig::every`](crate::config::OwedMailConfig::every)), from [`background`](Self::background) work of this process.
    /// Without `owed_mails` it has no effect. [`build`](Self::build) starts the worker, so call it within the runtime. If the
    /// background runs work on the calling thread, `build` never returns.
    #[must_use]
    pub fn sleep<F, S>(self, sleep: S) -> Self
    where
        S: Fn(Duration) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self { sleep: Some(Sleep::by(sleep)), ..self }
    }

    /// Looks up new passwords among those known from breaches; off by default.
    #[must_use]
    pub fn breached_passwords(mut self, breached: impl BreachedPasswords, on_failure: BreachLookup) -> Self {
        self.config.password.breached = Some(on_failure);
        Self { breached: Some(Arc::new(breached)), ..self }
    }

    /// Sets the key (32 random bytes) under which addresses are digested in attempts and events, and journal entries are chained. Use
    /// the same key in every process, set it in all of them at once, and do not change it. Without one, anyone who steals the table of
    /// attempts can test which addresses were tried.
    #[must_use]
    pub fn index_key(self, key: [u8; 32]) -> Self {
        Self { index_key: Some(SecretBytes::new(key)), ..self }
    }

    /// Sets the keys that seal secrets at rest and the ids in tokens; default none. TOTP secrets are always sealed, and
    /// password hashes if [`HashingConfig::sealing`](crate::config::HashingConfig::sealing) says so.
    ///
    /// Without a keyring there is no second factor, and **everyone can read the user's id in session tokens, device
    /// cookies, challenges and reset links**. Tokens from before the keyring keep working. Give it to all processes at
    /// once: one without it rejects sealed tokens as invalid.
    #[must_use]
    pub fn keyring(self, keyring: Keyring) -> Self {
        Self { keyring: Some(keyring), ..self }
    }

    /// Changes settings: every field of [`Config`](crate::Config) and of its parts.
    ///
    /// ```
    /// # use doorward::mail::PrintingMailer;
    /// # use doorward::store::{MemoryAttempts, MemoryUsers};
    /// # use doorward::{Auth, Keyring, Site};
    /// use doorward::second_factor::SecondFactorPolicy;
    ///
    /// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// # let (users, attempts, mailer) = (MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer);
    /// let auth = Auth::builder(site, users, attempts, mailer)
    ///     .keyring(Keyring::new("2026-11", [7; 32])?) // the second factor needs one: 32 random bytes from outside the store
    ///     .configure(|config| {
    ///         config.password.min_length = Some(12); // 15 by default, 8 where a second factor is required
    ///         config.second_factor.policy = SecondFactorPolicy::Required;
    ///     })
    ///     .build()?; // names the setting that is out of bounds
    /// assert_eq!(auth.password_policy().rules()[0].text(), "Use at least 12 characters.");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Checks every setting and starts the hashing threads.
    ///
    /// It calls no port, so it does not notice missing tables or a broken mailer. A store without its tables fails at the first
    /// call, with [`TablesMissing`](crate::store::BackendErrorKind::TablesMissing); a mailer that cannot send is reported to
    /// the [`observer`](Self::observer).
    ///
    /// # Errors
    /// [`BuildError`] names the setting at fault.
    pub fn build(self) -> Result<Auth, BuildError> {
        let (background, sleep, every) = (self.background.clone(), self.sleep.clone(), self.config.owed_mails.every);
        let engine = Arc::new(self.engine()?);
        if let Some(sleep) = sleep.filter(|_| engine.mailing.owed.is_some()) {
            background.watch(owed::work(Arc::downgrade(&engine), background.clone(), sleep, every));
        }
        Ok(Auth { engine })
    }

    /// Like [`build`](Self::build), and also returns the [`Operator`], the handle for operations that cannot check their
    /// caller. It cannot be obtained from an [`Auth`], so only code that is given it can provision, deactivate or delete
    /// accounts.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_with_operator(self) -> Result<(Auth, Operator), BuildError> {
        let auth = self.build()?;
        Ok((auth.clone(), Operator::new(auth)))
    }

    fn validate(&mut self) -> Result<(), ConfigError> {
        let (config, now) = (&mut self.config, at_store_precision(self.clock.now()));
        config.validate(self.keyring.is_some(), self.index_key.is_some())?;
        config.session.check_not_before(now)?;
        if self.index_key.as_ref().is_some_and(|key| *key.expose() == [0; 32]) {
            return Err(ConfigError::new("index_key", "is blank"));
        }
        config.password.second_factor_required = config.second_factor.is_required();
        if self.directory.is_some() && !self.background.is_spawned() {
            return Err(ConfigError::new("owed_mails", "needs a background"));
        }
        Ok(())
    }

    fn engine(mut self) -> Result<Engine, BuildError> {
        self.validate()?;
        let config = self.config;
        let keyring = self.keyring.map(Arc::new);
        let (decoy, dummy_key) = (sealed_decoy(keyring.as_deref())?, dummy_key(self.index_key.as_ref())?);
        let events = Arc::new(Events::new(self.clock, self.observer, self.index_key));
        let hashing = Hashing::start(config.hashing.clone(), keyring.clone(), &events, dummy_key, decoy.id())?;
        let users = Arc::new(Users {
            events: Arc::clone(&events),
            tokens: Tokens::new(keyring.as_deref()),
            decoy_head: decoy.head(),
            decoy,
            links_set_passwords: config.links_set_passwords(),
            journaling: journaling(self.users.as_ref(), self.journal_sink, &events, &self.background),
            repository: Reporting::new(self.users, &events),
            mail_lease: self.directory.as_ref().map(|_| config.owed_limits().lease),
        });
        let (hashing, attempts) = (Arc::new(hashing), Reporting::new(self.attempts, &events));
        let throttle = Throttle::new(attempts, &events, &hashing, &config, users.journaling.is_some());
        let mailing = Arc::new(Mailing {
            mailer: self.mailer,
            texts: self.texts,
            site: self.site,
            events: Arc::clone(&events),
            users: Arc::clone(&users),
            background: self.background.clone(),
            owed: self.directory.map(|directory| OwedMails::new(directory, config.owed_limits())),
        });
        let sessions = sessions(&config, &users, &mailing, self.background.clone());
        let codes = Codes {
            users: Arc::clone(&users),
            mailing: Arc::clone(&mailing),
            events: Arc::clone(&events),
            keyring,
            limits: config.code_limits(),
        };
        let new_passwords = new_passwords(&config, self.breached, &mailing, &hashing);
        Ok(Engine {
            requests: Requests {
                resets: Resets::new(&events),
                email_changes: EmailChanges::new(config.reset.cooldown, &events),
                registrations: registrations(&config, codes.keyring.as_deref(), &events),
            },
            sessions,
            housekeeping: Housekeeping::new(self.background, config.purge.every, events.now()),
            holding: self.hold.map(Holding::new),
            config,
            events,
            users,
            throttle,
            hashing,
            codes,
            new_passwords,
            mailing,
        })
    }
}

/// If somebody keeps a journal.
fn journaling(
    users: &dyn UserRepository,
    sink: Option<Arc<dyn JournalSink>>,
    events: &Arc<Events>,
    background: &Background,
) -> Option<Journaling> {
    let sink = sink.map(|sink| Arc::new(Reporting::new(sink, events)));
    let kept = users.keeps_journal() || sink.is_some();
    kept.then(|| Journaling { sink, background: background.clone() })
}

fn new_passwords(
    config: &Config,
    breached: Option<Arc<dyn BreachedPasswords>>,
    mailing: &Mailing,
    hashing: &Arc<Hashing>,
) -> NewPasswords {
    NewPasswords {
        policy: config.password.clone(),
        breached,
        service: mailing.site.name().to_owned(),
        hashing: Arc::clone(hashing),
        events: Arc::clone(&mailing.events),
        links_set_passwords: config.links_set_passwords(),
        in_flight: InFlight::default(),
    }
}

/// Unless registration is off. `validate` has seen to it that there is a keyring then.
fn registrations(config: &Config, keyring: Option<&Keyring>, events: &Arc<Events>) -> Option<Registrations> {
    let keyring = keyring.filter(|_| config.registration.is_on())?;
    Some(Registrations::new(&config.registration, keyring, events))
}

fn sessions(config: &Config, users: &Arc<Users>, mailing: &Arc<Mailing>, background: Background) -> Sessions {
    Sessions {
        users: Arc::clone(users),
        events: Arc::clone(&users.events),
        mailing: Arc::clone(mailing),
        background,
        limits: config.session_limits(),
        second_factor_required: config.second_factor.is_required(),
        in_flight: InFlight::default(),
    }
}

/// Made of the index key, so that it is the same in all processes; random without one.
fn dummy_key(index_key: Option<&SecretBytes<32>>) -> Result<[u8; 32], RandomError> {
    match index_key {
        Some(key) => Ok(*keyed(key.expose(), Purpose::DummyHash, &[]).as_bytes()),
        None => Draw::draw(),
    }
}

/// A decoy whose authenticator opens under the key at hand, so that judging a code for nobody takes every step.
fn sealed_decoy(keyring: Option<&Keyring>) -> Result<User, BuildError> {
    let decoy = User::decoy();
    let Some(keyring) = keyring else { return Ok(decoy) };
    let sealed: Box<str> = keyring.seal(Purpose::SealedTotpSecret, decoy.id(), &<[u8; 20]>::draw()?)?.into();
    Ok(decoy.with_totp_secrets_kept(|_| Some(sealed.clone()), &Fresh::draw()?).unwrap_or(decoy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward::mail::PrintingMailer;
    use doorward::store::{MemoryAttempts, MemoryUsers};

    /// Judging a code for nobody opens a seal and computes codes, as for everybody.
    #[test]
    fn l6_the_decoys_authenticator_opens_under_the_key_at_hand() -> Result<(), Box<dyn std::error::Error>> {
        let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
        let builder = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer);
        let auth = builder.keyring(Keyring::new("a", [7; 32])?).build()?;
        let Engine { users, codes, .. } = &*auth.engine;
        assert!(users.decoy.has_second_factor());
        assert_eq!(users.decoy.totp_fault(codes.keyring.as_deref()), None);
        Ok(())
    }
}
