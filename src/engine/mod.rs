//! Floor 5: what the flows share. The shell around the pure core: it draws randomness, reads the clock, calls the ports.

mod background;
mod calibrate;
mod commit;
mod conclude;
mod hash_pool;
mod hashes;
mod hold;
mod in_flight;
mod lanes;
mod new_password;
mod post;
mod report;
mod second_factor;
mod signed_in;
mod source;
mod tracker;
mod watched;

use core::time::Duration;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;

pub(crate) use background::Background;
pub use background::BackgroundWork;
pub use calibrate::calibrate;
pub(crate) use commit::{Committed, Decision};
pub use hash_pool::HashLoad;
pub(crate) use hash_pool::{Caller, HashPool, Permit, Refused};
pub use hold::Hold;
pub(crate) use in_flight::InFlight;
pub(crate) use lanes::{Admission, Lane};
pub(crate) use new_password::{Hashed, judge_and_hash};
pub(crate) use second_factor::CodeOutcome;
pub use signed_in::{SignIn, SignedIn};
pub use source::Source;
pub(crate) use watched::Watched;

use crate::config::Config;
use crate::crypto::{Keyring, StoredHash};
use crate::error::Unavailable;
use crate::mail::MailTexts;
use crate::port::{AttemptStore, BreachedPasswords, Clock, EventKind, Mailer, Observer, UserRepository};
use crate::types::{BackendErrorKind, Email, SecretBytes, Site, UserId, after, at_store_precision};
use crate::user::{Session, User};

/// How long to wait after `Busy`, and while another call uses the same challenge: a few hashes' time.
pub(crate) const SHORT_WHILE: Duration = Duration::from_secs(1);

/// Everything a flow needs.
pub(crate) struct Engine {
    pub(crate) site: Site,
    pub(crate) config: Config,
    pub(crate) users: Arc<dyn UserRepository>,
    pub(crate) attempts: Arc<dyn AttemptStore>,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) texts: Arc<dyn MailTexts>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) breached: Option<Arc<dyn BreachedPasswords>>,
    pub(crate) index_key: Option<SecretBytes<32>>,
    pub(crate) keyring: Option<Keyring>,
    pub(crate) pool: HashPool,
    pub(crate) background: Background,
    pub(crate) hold: Option<Hold>,
    /// Challenges and links for which a hash is being computed.
    pub(crate) in_flight: InFlight,
    /// Makes of an address what is verified where it has no password. Derived from the index key, so that it is the same
    /// for all processes; drawn anew for every `Auth` where there is none.
    pub(crate) dummy_key: SecretBytes<32>,
    pub(crate) decoy: User,
    /// The decoy's password, kept like everybody's: read where there is nobody's.
    pub(crate) decoy_hash: StoredHash,
    pub(crate) purged_at: Mutex<OffsetDateTime>,
    pub(crate) closed: AtomicBool,
}

/// A user that was looked up for somebody who has proved nothing yet.
pub(crate) enum Found {
    User(User),
    Nobody,
    /// There is a row, but it cannot be understood. To strangers that is the same as nobody.
    Unreadable,
}

impl Found {
    pub(crate) fn user(&self) -> Option<&User> {
        match self {
            Self::User(user) => Some(user),
            Self::Nobody | Self::Unreadable => None,
        }
    }
}

impl Engine {
    /// Now, to the precision that stores keep.
    pub(crate) fn now(&self) -> OffsetDateTime {
        at_store_precision(self.clock.now())
    }

    /// Refuses once the `Auth` was closed. Every flow begins with it.
    pub(crate) fn open(&self) -> Result<(), Unavailable> {
        if self.closed.load(Ordering::Acquire) { Err(Unavailable::Closed) } else { Ok(()) }
    }

    /// Takes a place for a hash, before the try that needs it is counted.
    pub(crate) fn permit(&self, caller: Caller) -> Result<Permit, Unavailable> {
        self.pool.permit(caller).map_err(|refused| match refused {
            Refused::Full => {
                self.report(EventKind::Busy).send();
                Unavailable::Busy { retry_after: SHORT_WHILE }
            }
            Refused::Closed => Unavailable::Closed,
        })
    }

    /// Looks up whom an address belongs to. The stored canonical address is compared once more: a store whose collation
    /// folds more than this crate does must not open fresh lanes, or make two accounts one.
    pub(crate) async fn find_by_email(&self, email: &Email) -> Result<Found, Unavailable> {
        match self.users.find_by_email(email).await {
            Ok(Some(user)) if user.email() == email => Ok(Found::User(user)),
            Ok(Some(user)) => {
                self.report(EventKind::RepositoryMismatch).user(&user).send();
                Ok(Found::Nobody)
            }
            Ok(None) => Ok(Found::Nobody),
            Err(error) if error.kind() == BackendErrorKind::Unreadable => {
                self.report(EventKind::store_failed(&error)).email(email).send();
                Ok(Found::Unreadable)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a session still is one. One from before a second factor was demanded is none, until there is a second factor.
    pub(crate) fn is_in_session(&self, user: &User, session: &Session) -> bool {
        user.is_in_session(session) && (user.has_second_factor() || !self.config.second_factor.is_required())
    }

    /// The user of a session, if it still is one. If not, that is an event.
    pub(crate) async fn find_in_session(&self, session: &Session) -> Result<Option<User>, Unavailable> {
        self.open()?;
        let found = self.users.find_by_id(session.user_id()).await?.filter(|user| self.is_in_session(user, session));
        if found.is_none() {
            self.report(EventKind::SessionRefused).user_id(session.user_id()).send();
        }
        Ok(found)
    }

    /// Looks up whom a token claims to be of, for somebody who has proved nothing yet. A row that cannot be understood is
    /// like none, and an event.
    pub(crate) async fn find_claimed(&self, id: &UserId) -> Result<Option<User>, Unavailable> {
        match self.users.find_by_id(id).await {
            Ok(found) => Ok(found),
            Err(error) if error.kind() == BackendErrorKind::Unreadable => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Drops spent attempts, in background work, when it is time to.
    pub(crate) async fn purge_in_time(self: &Arc<Self>) {
        let Some(every) = self.config.purge.every else { return };
        let now = self.now();
        {
            let mut purged_at = self.purged_at.lock().unwrap_or_else(PoisonError::into_inner);
            // A clock that was set back must not put the next one off for longer than the period.
            *purged_at = (*purged_at).min(now);
            if now < after(*purged_at, every) {
                return;
            }
            *purged_at = now;
        }
        let engine = Arc::clone(self);
        self.background
            .run(async move {
                if let Ok(entries) = engine.attempts.purge(now).await {
                    engine.report(EventKind::AttemptsPurged { entries }).send();
                }
            })
            .await;
    }
}
