//! Throttle lanes: charged before a try is evaluated, refunded after its success is stored.

use core::time::Duration;

use time::OffsetDateTime;

use super::{Engine, Source};
use crate::crypto::{Draw, Purpose};
use crate::error::Unavailable;
use crate::policy::{AttemptKey, Attempts, Backoff, Charge, Cooldown, Spacing};
use crate::port::{AttemptStore, Swap};
use crate::types::{BackendError, DeviceId, Email, UserId, Version, after, base64url, until};

/// How often a charge is decided anew because others changed the entry. Each round somebody else got on.
const ROUNDS: usize = 24;
/// How many failures beyond its own a success takes back at most.
const FORGIVEN: u32 = 5;

/// What tries are counted in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lane<'a> {
    /// All clients together that are not known to the owner of this address, whether there is one or not.
    Account(&'a Email),
    /// One known device of one user.
    Device(&'a UserId, DeviceId),
    /// Proofs asked of a user who is signed in.
    SignedIn(&'a UserId),
    /// Codes given together with a password, by all clients that are not known to the owner of this address.
    Code(&'a Email),
    /// The same on one known device of one user.
    DeviceCode(&'a UserId, DeviceId),
    /// Tries from one place.
    Source(&'a Source),
}

/// A lane that was charged for a try.
#[derive(Debug)]
pub(crate) struct Charged {
    key: AttemptKey,
    spacing: Backoff,
    is_source: bool,
    /// What was stored for this try.
    entry: Attempts,
    /// Failures that were counted before.
    pub(crate) failures_before: u32,
}

/// What charging came to.
pub(crate) enum Admission {
    /// The try may be evaluated.
    Admitted(Vec<Charged>),
    /// Not yet. Nothing was counted.
    Throttled { retry_after: Duration },
}

/// What asking for a reset mail came to. The answer to the outside is the same.
pub(crate) struct CooldownClaim {
    pub(crate) claimed: bool,
    /// When the next mail can be asked for.
    pub(crate) next_request_at: OffsetDateTime,
}

impl Lane<'_> {
    fn spacing(&self, engine: &Engine) -> Backoff {
        match self {
            Self::Source(_) => engine.config.source_throttle.backoff,
            Self::Code(_) | Self::DeviceCode(..) => engine.config.second_factor.throttle,
            _ => engine.config.throttle,
        }
    }
}

impl Engine {
    /// The key that a lane is counted under.
    pub(crate) fn attempt_key(&self, lane: &Lane<'_>) -> AttemptKey {
        let (name, parts): (&str, [&[u8]; 2]) = match lane {
            Lane::Account(email) => ("account", [email.canonical().as_bytes(), b""]),
            Lane::Device(user, device) => ("device", [user.as_str().as_bytes(), device.as_bytes()]),
            Lane::SignedIn(user) => ("signed-in", [user.as_str().as_bytes(), b""]),
            Lane::Code(email) => ("code", [email.canonical().as_bytes(), b""]),
            Lane::DeviceCode(user, device) => ("device-code", [user.as_str().as_bytes(), device.as_bytes()]),
            Lane::Source(source) => ("source", [source.as_bytes(), b""]),
        };
        self.key(name, parts)
    }

    fn key(&self, name: &str, [one, two]: [&[u8]; 2]) -> AttemptKey {
        let digest = self.pseudonym(Purpose::AttemptKey, &[name.as_bytes(), one, two]);
        AttemptKey::new(format!("{name}:{}", base64url::encode(digest.as_bytes())))
    }

    /// Counts a try in all of its lanes, or in none. All are read before any is charged.
    pub(crate) async fn charge(&self, lanes: &[Lane<'_>], now: OffsetDateTime) -> Result<Admission, Unavailable> {
        let mut read = Vec::with_capacity(lanes.len());
        for lane in lanes {
            let (key, spacing) = (self.attempt_key(lane), lane.spacing(self));
            let current = self.attempts.load(&key).await?;
            let decided = Attempts::charge(current.as_ref(), &spacing, now, Version::from_random(Draw::draw()?));
            if let Charge::Early { retry_after } = decided {
                return Ok(Admission::Throttled { retry_after });
            }
            read.push((key, spacing, current, matches!(lane, Lane::Source(_))));
        }
        let mut charged = Vec::with_capacity(lanes.len());
        for (key, spacing, current, is_source) in read {
            match self.claim(&key, &spacing, Some(current), now).await {
                Ok(Claim::Claimed { entry, failures_before }) => {
                    charged.push(Charged { key, spacing, is_source, entry, failures_before });
                }
                // The slot went to somebody else meanwhile: what other lanes were charged for this try is given back.
                Ok(Claim::Early { retry_after }) => {
                    self.give_back(&charged, now).await;
                    return Ok(Admission::Throttled { retry_after });
                }
                Err(error) => {
                    self.give_back(&charged, now).await;
                    return Err(error);
                }
            }
        }
        Ok(Admission::Admitted(charged))
    }

    /// After the success is stored: takes back the try's own charge and a few failures more, and leaves the first step's
    /// spacing. Wiping the count would hand an attacker a fresh budget at every sign-in of the owner.
    pub(crate) async fn refund(&self, charged: &[Charged], now: OffsetDateTime) {
        for lane in charged {
            // A source is shared: a success takes back its own charge only, and shortens no wait of the others.
            let by = if lane.is_source { 1 } else { 1 + FORGIVEN };
            self.take_back(lane, by, now, |left| match lane.is_source {
                true => lane.spacing.delay_after(left),
                false => lane.spacing.first_step,
            })
            .await;
        }
    }

    /// The try was not evaluated after all.
    async fn give_back(&self, charged: &[Charged], now: OffsetDateTime) {
        for lane in charged {
            self.take_back(lane, 1, now, |_| Duration::ZERO).await;
        }
    }

    /// A failure here costs the user a wait and opens nothing, so it is an event and no error.
    async fn take_back(&self, lane: &Charged, by: u32, now: OffsetDateTime, spacing: impl Fn(u32) -> Duration) {
        let mut current = Some(lane.entry.clone());
        for _ in 0..ROUNDS {
            let Some(entry) = current else { return };
            let Ok(version) = Draw::draw().map(Version::from_random) else { return };
            // Where others were charged since, their wait stands: only the count is taken back.
            let own = entry.version() == lane.entry.version();
            let left = match own {
                true => spacing(entry.failures().saturating_sub(by)),
                false => until(now, entry.not_before()),
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

    /// Claims the cooldown slot of an address, known or not: all that happens before a reset request is answered.
    pub(crate) async fn claim_cooldown(
        &self,
        email: &Email,
        now: OffsetDateTime,
    ) -> Result<CooldownClaim, Unavailable> {
        let key = self.key("cooldown", [email.canonical().as_bytes(), b""]);
        let schedule: Cooldown = self.config.reset.schedule();
        Ok(match self.claim(&key, &schedule, None, now).await? {
            Claim::Claimed { entry, .. } => CooldownClaim { claimed: true, next_request_at: entry.not_before() },
            Claim::Early { retry_after } => CooldownClaim { claimed: false, next_request_at: after(now, retry_after) },
        })
    }

    /// Counts one more try under the key, unless it comes too early. `read` is what the caller has just loaded.
    async fn claim(
        &self,
        key: &AttemptKey,
        spacing: &dyn Spacing,
        mut read: Option<Option<Attempts>>,
        now: OffsetDateTime,
    ) -> Result<Claim, Unavailable> {
        for _ in 0..ROUNDS {
            let current = match read.take() {
                Some(current) => current,
                None => self.attempts.load(key).await?,
            };
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
