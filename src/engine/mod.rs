//! Floor 5: what the flows share. The shell around the pure core: it draws randomness, reads the clock, calls the ports.

mod background;
mod backlog;
mod calibrate;
mod commit;
mod conclude;
mod device_tokens;
mod hash_pool;
mod hashes;
mod hold;
mod in_flight;
mod mailing;
mod new_password;
mod report;
mod request_rate;
mod resets;
mod second_factor;
mod signed_in;
mod throttle;
mod tracker;
mod watched;

use core::time::Duration;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;

pub(crate) use background::Background;
pub use background::BackgroundWork;
pub(crate) use backlog::Full;
pub use calibrate::calibrate;
pub(crate) use commit::{Committed, Decision};
pub(crate) use device_tokens::DeviceTokens;
pub use hash_pool::HashLoad;
pub(crate) use hash_pool::{Caller, HashPool, Holder, Permit, Refused};
pub use hold::Hold;
pub(crate) use in_flight::InFlight;
pub(crate) use new_password::{Hashed, judge_and_hash};
pub(crate) use resets::{Delivery, Resets};
pub(crate) use second_factor::CodeOutcome;
pub use signed_in::{SignIn, SignedIn};
pub(crate) use throttle::{Admission, Bucket};
pub(crate) use watched::Watched;

use crate::account::Session;
use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::Keyring;
use crate::error::Unavailable;
use crate::event::{EventKind, Observer};
use crate::hashing::StoredHash;
use crate::mail::MailTexts;
use crate::mail::Mailer;
use crate::password::BreachedPasswords;
use crate::store::{AttemptStore, UserRepository};
use crate::types::{BackendErrorKind, Email, SecretBytes, Site, UserId, after, at_store_precision};
use crate::user::{User, UserHead};

/// How long to wait after `Busy`, and while another call uses the same challenge: a few hashes' time.
pub(crate) const SHORT_WHILE: Duration = Duration::from_secs(1);

/// How many spent attempts one call drops: few enough that others who write do not wait long.
const PURGED_AT_ONCE: u32 = 1_000;

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
    pub(crate) decoy_head: UserHead,
    /// The decoy's password, kept like everybody's: read where there is nobody's.
    pub(crate) decoy_hash: StoredHash,
    pub(crate) resets: Resets,
    pub(crate) purged_at: Mutex<OffsetDateTime>,
    pub(crate) closed: AtomicBool,
}

/// A place for a hash, or why there is none for the time being.
pub(crate) enum Seat {
    Taken(Permit),
    /// As many as one lane, user or source may hold at once are taken.
    Held,
}

/// What was found under an address, for somebody who has proved nothing yet.
pub(crate) enum Found<T> {
    Somebody(T),
    Nobody,
    /// There is a row, but it cannot be understood. To strangers that is the same as nobody.
    Unreadable,
}

impl<T> Found<T> {
    pub(crate) fn somebody(&self) -> Option<&T> {
        match self {
            Self::Somebody(found) => Some(found),
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
    pub(crate) fn permit(&self, caller: Caller, holders: Vec<Holder>) -> Result<Seat, Unavailable> {
        match self.pool.permit(caller, holders) {
            Ok(permit) => Ok(Seat::Taken(permit)),
            Err(Refused::Held) => Ok(Seat::Held),
            Err(Refused::Full) => Err(self.busy()),
            Err(Refused::Closed) => Err(Unavailable::Closed),
        }
    }

    /// A place for a hash that somebody who is known asks for, and that no lane is charged for.
    pub(crate) fn permit_of(&self, user: &UserId) -> Result<Permit, Unavailable> {
        match self.permit(Caller::Known, vec![Holder::user(user)])? {
            Seat::Taken(permit) => Ok(permit),
            Seat::Held => Err(self.busy()),
        }
    }

    pub(crate) fn busy(&self) -> Unavailable {
        self.report(EventKind::Busy).send();
        Unavailable::Busy { retry_after: SHORT_WHILE }
    }

    /// Looks up whom an address belongs to. The stored canonical address is compared once more: a store whose collation
    /// folds more than this crate does must not open fresh buckets, or make two accounts one.
    pub(crate) async fn find_by_email(&self, email: &Email) -> Result<Found<UserHead>, Unavailable> {
        match self.users.find_by_email(email).await {
            Ok(Some(head)) if head.is_of(email) => Ok(Found::Somebody(head)),
            Ok(Some(head)) => {
                self.report(EventKind::RepositoryMismatch).email(email).user_id(head.id()).send();
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

    /// The whole of whom an address belongs to. Where there is nobody the same look-up is made for a decoy.
    pub(crate) async fn find_whole(&self, found: &Found<UserHead>, email: &Email) -> Result<Found<User>, Unavailable> {
        let id = found.somebody().map_or(self.decoy.id(), UserHead::id);
        match (self.users.find_by_id(id).await, found) {
            // The address may have been corrected since.
            (Ok(Some(user)), Found::Somebody(_)) if user.email() == email => Ok(Found::Somebody(user)),
            (_, Found::Unreadable) => Ok(Found::Unreadable),
            (Ok(_), _) => Ok(Found::Nobody),
            (Err(error), _) if error.kind() == BackendErrorKind::Unreadable => Ok(Found::Unreadable),
            (Err(error), _) => Err(error.into()),
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
            self.report(EventKind::SessionRejected).user_id(session.user_id()).send();
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

    /// Drops spent attempts after the answer, when it is time to: some at a time, so that nobody who writes waits long. Without a
    /// spawner it is left to the host, for nobody's sign-in is to wait for it.
    pub(crate) async fn purge_in_time(self: &Arc<Self>) {
        let Some(every) = self.config.purge.every.filter(|_| self.background.is_spawned()) else { return };
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
        // A failure is an event already.
        self.background.run(async move { drop(engine.purge().await) }).await;
    }

    /// Drops all attempts that are spent, and tells how many.
    pub(crate) async fn purge(&self) -> Result<u64, Unavailable> {
        let (now, mut entries) = (self.now(), 0);
        loop {
            let dropped = self.attempts.purge(now, PURGED_AT_ONCE).await?;
            entries += dropped;
            if dropped < u64::from(PURGED_AT_ONCE) {
                break;
            }
        }
        self.report(EventKind::AttemptsPurged { entries }).send();
        Ok(entries)
    }
}
