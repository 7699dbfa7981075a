//! Throttle buckets: charged before a try is evaluated, refunded after its success is stored.

use core::time::Duration;
use std::sync::Arc;

use time::OffsetDateTime;

use super::events::Events;
use super::hash_pool::{Caller, Holder, Permit};
use super::hashing::{Hashing, SHORT_WHILE, Seat};
use super::reporting::Reporting;
use crate::config::Config;
use crate::crypto::{Draw, Purpose};
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::store::{AttemptStore, Swap};
use crate::throttle::{AttemptKey, Attempts, Backoff, Charge};
use crate::types::{BackendError, CLOCK_GRACE, ClientAddress, DeviceId, Email, SessionId, UserId, Version, base64url};

/// How often a charge is retried because others changed the entry. In each round another caller made progress; one that still
/// loses after this many is part of a flood, and returning is better than another round.
const CHARGE_ROUNDS: usize = 24;
/// How many failures beyond its own a success takes back at most.
const FORGIVEN: u32 = 5;
/// How many spent entries one call of the store deletes: few enough that writers do not wait long.
const PURGED_AT_ONCE: u32 = 1_000;

pub(crate) struct Throttle {
    attempts: Reporting<dyn AttemptStore>,
    events: Arc<Events>,
    hashing: Arc<Hashing>,
    of_accounts: Backoff,
    of_client_addresses: Backoff,
    /// Whether entries keep the instants of tries, for a journal.
    notes_tries: bool,
}

/// What failures are counted in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bucket<'a> {
    /// All clients together that the owner of this address is not known to use, whether there is an account or not.
    Account(&'a Email),
    /// One known device of one user.
    Device(&'a UserId, DeviceId),
    /// Proofs asked in one session of a user. Of one, so that whoever stole another slows the owner's down in no way.
    Session(&'a UserId, SessionId),
    /// All tries from one client address.
    ClientAddress(&'a ClientAddress),
}

/// Buckets that were read and found to be due. Nothing is counted yet.
pub(crate) struct Due {
    buckets: Vec<DueBucket>,
    holders: Vec<Holder>,
    caller: Caller,
}

struct DueBucket {
    key: AttemptKey,
    spacing: Backoff,
    kind: BucketKind,
    read: Option<Attempts>,
    notes: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum BucketKind {
    /// Shared by all clients that are not known.
    Shared,
    /// Of one known client.
    Own,
    ClientAddress,
}

/// A bucket that was charged for a try.
#[derive(Debug)]
pub(crate) struct Charged {
    key: AttemptKey,
    spacing: Backoff,
    kind: BucketKind,
    /// What was stored for this try.
    entry: Attempts,
    /// Failures that were counted before.
    pub(crate) failures_before: u32,
    /// The instant that names this try, where tries are noted.
    own: Option<OffsetDateTime>,
}

/// Which of the noted tries a bucket forgets: those that are no failures, or are in the journal.
#[derive(Clone, Copy)]
enum Settled {
    /// This try alone.
    Own,
    /// This try and all before it.
    Through,
}

impl Charged {
    /// The instant that names this try, where tries are noted.
    pub(crate) fn own(&self) -> Option<OffsetDateTime> {
        self.own
    }

    /// The instants of the tries in this bucket before this one that did not succeed.
    pub(crate) fn tries_before(&self) -> &[OffsetDateTime] {
        let tries = self.entry.tries();
        // The try itself was counted last.
        &tries[..tries.len().saturating_sub(usize::from(self.own.is_some()))]
    }

    /// The entry without the tries that are settled.
    fn settled(&self, entry: Attempts, settled: Settled) -> Attempts {
        match (self.own, settled) {
            (Some(own), Settled::Own) => entry.without_try(own),
            (Some(own), Settled::Through) => entry.without_tries_through(own),
            (None, _) => entry,
        }
    }
}

/// What reading buckets, or charging them, found.
pub(crate) enum Admission<T> {
    /// The try may go on.
    Admitted(T),
    /// Not yet. Nothing was counted.
    Throttled { retry_after: Duration },
}

impl Bucket<'_> {
    fn kind(&self) -> BucketKind {
        match self {
            Self::Account(_) => BucketKind::Shared,
            Self::Device(..) | Self::Session(..) => BucketKind::Own,
            Self::ClientAddress(_) => BucketKind::ClientAddress,
        }
    }

    /// Whether its tries are sign-ins of one account, known or not, which a journal enters.
    fn is_of_sign_ins(&self) -> bool {
        matches!(self, Self::Account(_) | Self::Device(..))
    }

    /// Who holds the place in the hash queue that a try in this bucket takes.
    fn holders(&self, key: &AttemptKey) -> Vec<Holder> {
        let text = key.as_str().into();
        match self {
            Self::Account(_) => vec![Holder::Bucket(text)],
            Self::Device(user, _) | Self::Session(user, _) => vec![Holder::Bucket(text), Holder::user(user)],
            Self::ClientAddress(_) => vec![Holder::ClientAddress(text)],
        }
    }
}

impl Throttle {
    pub(crate) fn new(
        attempts: Reporting<dyn AttemptStore>,
        events: &Arc<Events>,
        hashing: &Arc<Hashing>,
        config: &Config,
        notes_tries: bool,
    ) -> Self {
        let (events, hashing) = (Arc::clone(events), Arc::clone(hashing));
        let (of_accounts, of_client_addresses) = (config.throttle, config.client_address_throttle);
        Self { attempts, events, hashing, of_accounts, of_client_addresses, notes_tries }
    }

    /// The instants of the tries in a bucket that did not succeed. If they cannot be read, which was reported, there are none.
    pub(crate) async fn tries_of(&self, bucket: &Bucket<'_>) -> Vec<OffsetDateTime> {
        let read = self.attempts.load(&self.attempt_key(bucket)).await;
        let alive = read.ok().flatten().filter(|entry| entry.counts(self.events.now()));
        alive.map_or_else(Vec::new, |entry| entry.tries().to_vec())
    }

    /// The key under which a bucket is stored.
    pub(crate) fn attempt_key(&self, bucket: &Bucket<'_>) -> AttemptKey {
        let (name, parts): (&str, [&[u8]; 2]) = match bucket {
            Bucket::Account(email) => ("account", [email.canonical().as_bytes(), b""]),
            Bucket::Device(user, device) => ("device", [user.as_str().as_bytes(), device.as_bytes()]),
            Bucket::Session(user, session) => ("session", [user.as_str().as_bytes(), session.as_bytes()]),
            Bucket::ClientAddress(address) => ("client", [address.as_bytes(), b""]),
        };
        let [one, two] = parts;
        let digest = self.events.pseudonym(Purpose::AttemptKey, &[name.as_bytes(), one, two]);
        AttemptKey::new(format!("{name}:{}", base64url::encode(digest.as_bytes())))
    }

    /// Takes a place for the hash and charges the buckets, or says how long to wait.
    ///
    /// All buckets are read first: a try that comes too early is refused here and takes nobody's place. Then the place is taken,
    /// so that a full queue counts nothing against anyone. Then the try is counted, in all buckets or in none.
    pub(crate) async fn charge(
        &self,
        buckets: &[Bucket<'_>],
        caller: Caller,
    ) -> Result<Admission<(Permit, Vec<Charged>)>, Unavailable> {
        let now = self.events.now();
        match self.look_at(buckets, caller, now).await? {
            Admission::Admitted(due) => self.charge_due(due, self.events.now()).await,
            Admission::Throttled { retry_after } => Ok(Admission::Throttled { retry_after }),
        }
    }

    async fn look_at(
        &self,
        buckets: &[Bucket<'_>],
        caller: Caller,
        now: OffsetDateTime,
    ) -> Result<Admission<Due>, Unavailable> {
        let mut due = Due { buckets: Vec::with_capacity(buckets.len()), holders: Vec::new(), caller };
        for bucket in buckets {
            let (key, kind) = (self.attempt_key(bucket), bucket.kind());
            let spacing = if kind == BucketKind::ClientAddress { self.of_client_addresses } else { self.of_accounts };
            let read = self.attempts.load(&key).await?;
            let ahead = read.as_ref().map_or(Duration::ZERO, |entry| entry.ahead_of(now));
            if ahead > CLOCK_GRACE {
                self.events.report(EventKind::ClockSkew { ahead }).send();
            }
            let decided = Attempts::charge(read.as_ref(), &spacing, now, Version::from_random(Draw::draw()?));
            if let Charge::Early { retry_after } = decided {
                return Ok(Admission::Throttled { retry_after });
            }
            due.holders.extend(bucket.holders(&key));
            let notes = self.notes_tries && bucket.is_of_sign_ins();
            due.buckets.push(DueBucket { key, spacing, kind, read, notes });
        }
        Ok(Admission::Admitted(due))
    }

    /// Once something may be counted the hash is computed even if the caller goes away.
    async fn charge_due(
        &self,
        due: Due,
        now: OffsetDateTime,
    ) -> Result<Admission<(Permit, Vec<Charged>)>, Unavailable> {
        let Due { buckets, holders, caller } = due;
        let mut permit = match self.hashing.permit(caller, holders)? {
            Seat::Taken(permit) => permit,
            // Another try of theirs is under way, after which this one comes too early.
            Seat::Held => {
                let waits = buckets.iter().map(|bucket| bucket.spacing.first_step);
                return Ok(Admission::Throttled { retry_after: waits.max().unwrap_or(SHORT_WHILE) });
            }
        };
        permit.owe(self.hashing.any_hash());
        let mut charged = Vec::with_capacity(buckets.len());
        for DueBucket { key, spacing, kind, read, notes } in buckets {
            match self.claim(&key, (&spacing, notes), read, now).await {
                Ok(Claim::Claimed { entry, failures_before }) => {
                    let own = entry.tries().last().copied().filter(|_| notes);
                    charged.push(Charged { key, spacing, kind, entry, failures_before, own });
                }
                // Somebody else was charged in between: what other buckets were charged for this try is given back.
                Ok(Claim::Early { retry_after }) => {
                    self.give_back(&charged, now).await;
                    permit.owe_nothing();
                    return Ok(Admission::Throttled { retry_after });
                }
                Err(error) => {
                    self.give_back(&charged, now).await;
                    return Err(error);
                }
            }
        }
        Ok(Admission::Admitted((permit, charged)))
    }

    /// After the success is stored: takes back the try's own charge and a few failures more. Wiping the count would give an
    /// attacker a fresh budget at every sign-in of the owner.
    ///
    /// In a bucket of one's own only the first step is left to wait. In one that is shared the wait stays as it is: if it shrank,
    /// an observer of it would see that somebody has signed in. The failures before it are in the journal, where there is one, and
    /// are forgotten here.
    pub(crate) async fn refund(&self, charged: &[Charged]) {
        self.refund_settling(charged, Settled::Through).await;
    }

    /// The same where the success stored nothing: the failures before it are still to be entered.
    pub(crate) async fn refund_alone(&self, charged: &[Charged]) {
        self.refund_settling(charged, Settled::Own).await;
    }

    async fn refund_settling(&self, charged: &[Charged], settled: Settled) {
        let now = self.events.now();
        for bucket in charged {
            let own_step = |_: &Attempts| bucket.spacing.first_step;
            match bucket.kind {
                BucketKind::Own => self.take_back(bucket, (1 + FORGIVEN, settled), now, own_step).await,
                BucketKind::Shared => {
                    self.take_back(bucket, (1 + FORGIVEN, settled), now, |entry| entry.wait_left(now)).await;
                }
                // Many people may share it: a success takes back its own charge only.
                BucketKind::ClientAddress => {
                    let left = |entry: &Attempts| bucket.spacing.delay_after(entry.failures().saturating_sub(1));
                    self.take_back(bucket, (1, settled), now, left).await
                }
            }
        }
    }

    /// The try was not evaluated after all.
    async fn give_back(&self, charged: &[Charged], now: OffsetDateTime) {
        for bucket in charged {
            self.take_back(bucket, (1, Settled::Own), now, |_| Duration::ZERO).await;
        }
    }

    /// A failure here costs the user a wait and opens nothing, so it is an event and no error.
    async fn take_back(
        &self,
        bucket: &Charged,
        (by, settled): (u32, Settled),
        now: OffsetDateTime,
        left: impl Fn(&Attempts) -> Duration,
    ) {
        let mut current = Some(bucket.entry.clone());
        for _ in 0..CHARGE_ROUNDS {
            let Some(entry) = current else { return };
            let Ok(version) = Draw::draw().map(Version::from_random) else { return };
            // Where others were charged since, their wait stands: only the count is taken back.
            let own = entry.version() == bucket.entry.version();
            let left = if own { left(&entry) } else { entry.wait_left(now) };
            let next = bucket.settled(entry.refund(by, left, &bucket.spacing, now, version), settled);
            let stored = match self.swap(&bucket.key, Some(entry.version()), &next).await {
                Ok(Swap::Stored) => return,
                Ok(Swap::Stale) => self.attempts.load(&bucket.key).await,
                Err(error) => Err(error),
            };
            // A failed store was reported.
            let Ok(stored) = stored else { return };
            current = stored;
        }
    }

    /// Counts one more try under the key, and notes it if asked to, unless it comes too early. `read` is what was loaded last.
    async fn claim(
        &self,
        key: &AttemptKey,
        (spacing, notes): (&Backoff, bool),
        read: Option<Attempts>,
        now: OffsetDateTime,
    ) -> Result<Claim, Unavailable> {
        let mut current = read;
        for _ in 0..CHARGE_ROUNDS {
            let expected = current.as_ref().map(Attempts::version);
            let (next, claim) =
                match Attempts::charge(current.as_ref(), spacing, now, Version::from_random(Draw::draw()?)) {
                    Charge::Early { retry_after } => return Ok(Claim::Early { retry_after }),
                    Charge::SetBack { rewritten, retry_after } => (rewritten, Claim::Early { retry_after }),
                    Charge::Due(entry) => {
                        // One that counts no more may have been purged, so nothing of it is used.
                        let alive = current.as_ref().filter(|entry| entry.counts(now));
                        let entry = if notes { entry.noting_try(alive, now) } else { entry };
                        let failures_before = alive.map_or(0, Attempts::failures);
                        (entry.clone(), Claim::Claimed { entry, failures_before })
                    }
                };
            if self.swap(key, expected, &next).await? == Swap::Stored {
                return Ok(claim);
            }
            current = self.attempts.load(key).await?;
        }
        Err(Unavailable::Contended)
    }

    /// If the answer was lost, a look-up finds out whether what is stored now is what was to be stored.
    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        match self.attempts.swap(key, expected, next).await {
            Ok(answer) => Ok(answer),
            Err(error) => match self.attempts.load(key).await {
                Ok(Some(stored)) if stored.version() == next.version() => Ok(Swap::Stored),
                _ => Err(error),
            },
        }
    }

    /// Deletes all spent entries, and returns how many.
    pub(crate) async fn purge(&self) -> Result<u64, Unavailable> {
        let (now, mut entries) = (self.events.now(), 0);
        loop {
            let deleted = self.attempts.purge(now, PURGED_AT_ONCE).await?;
            entries += deleted;
            if deleted < u64::from(PURGED_AT_ONCE) {
                break;
            }
        }
        self.events.report(EventKind::AttemptsPurged { entries }).send();
        Ok(entries)
    }
}

enum Claim {
    Claimed { entry: Attempts, failures_before: u32 },
    Early { retry_after: Duration },
}
