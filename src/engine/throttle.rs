//! Throttle buckets: charged before a try is evaluated, refunded after its success is stored.

use core::time::Duration;

use time::OffsetDateTime;

use super::{Caller, Engine, Holder, Permit, SHORT_WHILE, Seat};
use crate::crypto::{Draw, Purpose};
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::hashing;
use crate::hashing::HashMemory;
use crate::store::{AttemptStore, Swap};
use crate::throttle::{AttemptKey, Attempts, Backoff, Charge};
use crate::types::{BackendError, CLOCK_GRACE, ClientAddress, DeviceId, Email, Password, UserId, Version, base64url};

/// How often a charge is decided anew because others changed the entry. Each round somebody else got on.
const ROUNDS: usize = 24;
/// How many failures beyond its own a success takes back at most.
const FORGIVEN: u32 = 5;

/// What tries are counted in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bucket<'a> {
    /// All clients together that are not known to the owner of this address, whether there is one or not.
    Account(&'a Email),
    /// One known device of one user.
    Device(&'a UserId, DeviceId),
    /// Proofs asked of a user who is signed in.
    SignedIn(&'a UserId),
    /// Tries from one place.
    ClientAddress(&'a ClientAddress),
}

/// Lanes that were read and found to be due. Nothing is counted yet.
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
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum BucketKind {
    /// Of everybody who is not known.
    Strangers,
    /// Of somebody who is.
    Own,
    ClientAddress,
}

/// A lane that was charged for a try.
#[derive(Debug)]
pub(crate) struct Charged {
    key: AttemptKey,
    spacing: Backoff,
    kind: BucketKind,
    /// What was stored for this try.
    entry: Attempts,
    /// Failures that were counted before.
    pub(crate) failures_before: u32,
}

/// What looking at buckets, or charging them, came to.
pub(crate) enum Admission<T> {
    /// The try may go on.
    Admitted(T),
    /// Not yet. Nothing was counted.
    Throttled { retry_after: Duration },
}

impl Bucket<'_> {
    fn spacing(&self, engine: &Engine) -> Backoff {
        match self {
            Self::ClientAddress(_) => engine.config.client_address_throttle,
            _ => engine.config.throttle,
        }
    }

    fn kind(&self) -> BucketKind {
        match self {
            Self::Account(_) => BucketKind::Strangers,
            Self::Device(..) | Self::SignedIn(_) => BucketKind::Own,
            Self::ClientAddress(_) => BucketKind::ClientAddress,
        }
    }

    /// Who holds the place that a try in this lane takes.
    fn holders(&self, key: &AttemptKey) -> Vec<Holder> {
        let text = key.as_str().into();
        match self {
            Self::Account(_) => vec![Holder::Bucket(text)],
            Self::Device(user, _) | Self::SignedIn(user) => vec![Holder::Bucket(text), Holder::user(user)],
            Self::ClientAddress(_) => vec![Holder::ClientAddress(text)],
        }
    }
}

impl Engine {
    /// The key that a lane is counted under.
    pub(crate) fn attempt_key(&self, lane: &Bucket<'_>) -> AttemptKey {
        let (name, parts): (&str, [&[u8]; 2]) = match lane {
            Bucket::Account(email) => ("account", [email.canonical().as_bytes(), b""]),
            Bucket::Device(user, device) => ("device", [user.as_str().as_bytes(), device.as_bytes()]),
            Bucket::SignedIn(user) => ("signed-in", [user.as_str().as_bytes(), b""]),
            Bucket::ClientAddress(source) => ("source", [source.as_bytes(), b""]),
        };
        let [one, two] = parts;
        let digest = self.pseudonym(Purpose::AttemptKey, &[name.as_bytes(), one, two]);
        AttemptKey::new(format!("{name}:{}", base64url::encode(digest.as_bytes())))
    }

    /// Looks at all buckets of a try. Whoever comes too early is told so here, and takes no place of anybody's.
    pub(crate) async fn look_at(
        &self,
        buckets: &[Bucket<'_>],
        caller: Caller,
        now: OffsetDateTime,
    ) -> Result<Admission<Due>, Unavailable> {
        let mut due = Due { buckets: Vec::with_capacity(buckets.len()), holders: Vec::new(), caller };
        for lane in buckets {
            let (key, spacing) = (self.attempt_key(lane), lane.spacing(self));
            let read = self.attempts.load(&key).await?;
            let ahead = read.as_ref().map_or(Duration::ZERO, |entry| entry.ahead_of(now));
            if ahead > CLOCK_GRACE {
                self.report(EventKind::ClockSkew { ahead }).send();
            }
            let decided = Attempts::charge(read.as_ref(), &spacing, now, Version::from_random(Draw::draw()?));
            if let Charge::Early { retry_after } = decided {
                return Ok(Admission::Throttled { retry_after });
            }
            due.holders.extend(lane.holders(&key));
            due.buckets.push(DueBucket { key, spacing, kind: lane.kind(), read });
        }
        Ok(Admission::Admitted(due))
    }

    /// Takes a place for the hash, then counts the try in all of its buckets, or in none. In this order a full queue counts nothing
    /// against anyone; and once something may be counted the hash is computed, whatever becomes of the caller.
    pub(crate) async fn charge(
        &self,
        due: Due,
        now: OffsetDateTime,
    ) -> Result<Admission<(Permit, Vec<Charged>)>, Unavailable> {
        let Due { buckets, holders, caller } = due;
        let mut permit = match self.permit(caller, holders)? {
            Seat::Taken(permit) => permit,
            // Another try of theirs is under way, after which this one comes too early.
            Seat::Held => {
                let waits = buckets.iter().map(|lane| lane.spacing.first_step);
                return Ok(Admission::Throttled { retry_after: waits.max().unwrap_or(SHORT_WHILE) });
            }
        };
        permit.owe(self.any_hash());
        let mut charged = Vec::with_capacity(buckets.len());
        for DueBucket { key, spacing, kind, read } in buckets {
            match self.claim(&key, &spacing, read, now).await {
                Ok(Claim::Claimed { entry, failures_before }) => {
                    charged.push(Charged { key, spacing, kind, entry, failures_before });
                }
                // The slot went to somebody else meanwhile: what other buckets were charged for this try is given back.
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

    /// The place and the charge for a proof asked of somebody who is signed in.
    pub(crate) async fn charge_signed_in(
        &self,
        user: &UserId,
    ) -> Result<Admission<(Permit, Vec<Charged>)>, Unavailable> {
        let now = self.now();
        match self.look_at(&[Bucket::SignedIn(user)], Caller::Known, now).await? {
            Admission::Admitted(due) => self.charge(due, now).await,
            Admission::Throttled { retry_after } => Ok(Admission::Throttled { retry_after }),
        }
    }

    /// A hash of nothing that costs what a try does.
    fn any_hash(&self) -> impl FnOnce(&mut HashMemory) + Send + 'static {
        let params = self.config.hashing.params;
        move |memory| drop(hashing::hash(&Password::new(""), params, memory))
    }

    /// After the success is stored: takes back the try's own charge and a few failures more. Wiping the count would hand an
    /// attacker a fresh budget at every sign-in of the owner.
    ///
    /// On a lane of one's own only the first step is left to wait. On one that strangers share the wait stands as it is: if it
    /// shrank, whoever watches it would see that somebody has signed in there.
    pub(crate) async fn refund(&self, charged: &[Charged], now: OffsetDateTime) {
        for lane in charged {
            match lane.kind {
                BucketKind::Own => self.take_back(lane, 1 + FORGIVEN, now, |_| lane.spacing.first_step).await,
                BucketKind::Strangers => self.take_back(lane, 1 + FORGIVEN, now, |entry| entry.wait_left(now)).await,
                // A source is shared: a success takes back its own charge only.
                BucketKind::ClientAddress => {
                    let left = |entry: &Attempts| lane.spacing.delay_after(entry.failures().saturating_sub(1));
                    self.take_back(lane, 1, now, left).await
                }
            }
        }
    }

    /// The try was not evaluated after all.
    async fn give_back(&self, charged: &[Charged], now: OffsetDateTime) {
        for lane in charged {
            self.take_back(lane, 1, now, |_| Duration::ZERO).await;
        }
    }

    /// A failure here costs the user a wait and opens nothing, so it is an event and no error.
    async fn take_back(&self, lane: &Charged, by: u32, now: OffsetDateTime, left: impl Fn(&Attempts) -> Duration) {
        let mut current = Some(lane.entry.clone());
        for _ in 0..ROUNDS {
            let Some(entry) = current else { return };
            let Ok(version) = Draw::draw().map(Version::from_random) else { return };
            // Where others were charged since, their wait stands: only the count is taken back.
            let own = entry.version() == lane.entry.version();
            let left = match own {
                true => left(&entry),
                false => entry.wait_left(now),
            };
            let next = entry.refund(by, left, &lane.spacing, now, version);
            let stored = match swap(&*self.attempts, &lane.key, Some(entry.version()), &next).await {
                Ok(Swap::Stored) => return,
                Ok(Swap::Stale) => self.attempts.load(&lane.key).await,
                Err(error) => Err(error),
            };
            current = match stored {
                Ok(stored) => stored,
                // The store has reported it.
                Err(_) => return,
            };
        }
    }

    /// Counts one more try under the key, unless it comes too early. `read` is what was loaded last.
    async fn claim(
        &self,
        key: &AttemptKey,
        spacing: &Backoff,
        read: Option<Attempts>,
        now: OffsetDateTime,
    ) -> Result<Claim, Unavailable> {
        let mut current = read;
        for _ in 0..ROUNDS {
            let expected = current.as_ref().map(Attempts::version);
            let (next, claim) =
                match Attempts::charge(current.as_ref(), spacing, now, Version::from_random(Draw::draw()?)) {
                    Charge::Early { retry_after } => return Ok(Claim::Early { retry_after }),
                    Charge::SetBack { rewritten, retry_after } => (rewritten, Claim::Early { retry_after }),
                    Charge::Due(entry) => {
                        let alive = current.as_ref().filter(|entry| now < entry.expires_at());
                        let failures_before = alive.map_or(0, Attempts::failures);
                        (entry.clone(), Claim::Claimed { entry, failures_before })
                    }
                };
            if swap(&*self.attempts, key, expected, &next).await? == Swap::Stored {
                return Ok(claim);
            }
            current = self.attempts.load(key).await?;
        }
        Err(Unavailable::Contended)
    }
}

enum Claim {
    Claimed { entry: Attempts, failures_before: u32 },
    Early { retry_after: Duration },
}

/// A swap whose lost answer is looked up: if what is stored now is what was to be stored, it was.
async fn swap(
    store: &dyn AttemptStore,
    key: &AttemptKey,
    expected: Option<Version>,
    next: &Attempts,
) -> Result<Swap, BackendError> {
    match store.swap(key, expected, next).await {
        Ok(answer) => Ok(answer),
        Err(error) => match store.load(key).await {
            Ok(Some(stored)) if stored.version() == next.version() => Ok(Swap::Stored),
            _ => Err(error),
        },
    }
}
