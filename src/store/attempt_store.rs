use core::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::throttle::{AttemptKey, Attempts};
use crate::types::{BackendError, Version};

/// The outcome of a compare-and-swap.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[must_use = "only `Stored` means that the change was made"]
pub enum Swap {
    /// The new value is stored.
    Stored,
    /// The stored version differs from the expected one. Nothing was stored.
    Stale,
}

/// Counts the attempts that cost a hash. Nothing else writes to it.
///
/// A separate port because attempts are keyed by a digest of the address entered, known or not.
///
/// # Contract
/// - **Atomic.** [`swap`](Self::swap) stores if and only if the stored version equals `expected` (`None`: no entry under the
///   key), across all processes: one guarded statement whose affected-row count decides. A serialization failure or deadlock is
///   `Stale`. A call whose outcome is unknown is an error and is never sent again.
/// - **Visible.** Once `Stored` is returned, every later [`load`](Self::load) from any process sees the entry. It should
///   survive a crash; a lost entry only allows someone to try again earlier, and takes failures with it that are not in the
///   [journal](crate::manual::journal) yet.
/// - **Where it may be lossy.** Entries may be dropped from their [`expires_at`](Attempts::expires_at) on, not before. A
///   bounded store first evicts the entries with the fewest [`failures`](Attempts::failures), and among these the oldest:
///   forgetting one failure costs a wait of 250 ms, whereas flushing a real counter costs an attacker as many hashes as it
///   holds, times the capacity.
///
/// An implementation needs the attribute `#[doorward::async_trait]` (re-exported from the crate `async-trait`, which works as
/// well):
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::{Mutex, PoisonError};
///
/// use doorward::{AttemptStore, async_trait};
/// use doorward::store::{AttemptKey, Attempts, BackendError, Swap, Version};
/// use time::OffsetDateTime;
///
/// /// For a single process and unbounded, unlike [`MemoryAttempts`](crate::store::MemoryAttempts).
/// #[derive(Debug, Default)]
/// struct Counted(Mutex<HashMap<String, Attempts>>);
///
/// #[async_trait]
/// impl AttemptStore for Counted {
///     async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
///         Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key.as_str()).cloned())
///     }
///
///     async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
///         // Compared and stored under one lock: no other writer gets in between.
///         let mut stored = self.0.lock().unwrap_or_else(PoisonError::into_inner);
///         if stored.get(key.as_str()).map(Attempts::version) != expected {
///             return Ok(Swap::Stale);
///         }
///         stored.insert(key.as_str().to_owned(), next.clone());
///         Ok(Swap::Stored)
///     }
///
///     async fn purge(&self, now: OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
///         let mut stored = self.0.lock().unwrap_or_else(PoisonError::into_inner);
///         let spent = stored.iter().filter(|(_, attempts)| attempts.expires_at() <= now).map(|(key, _)| key.clone());
///         let spent: Vec<_> = spent.take(at_most as usize).collect();
///         spent.iter().for_each(|key| drop(stored.remove(key)));
///         Ok(spent.len() as u64)
///     }
/// }
/// ```
#[async_trait]
pub trait AttemptStore: Debug + Send + Sync + 'static {
    /// The entry under the key, including one that has expired but was not purged yet.
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError>;

    /// Stores `next` under the key if the stored version is still `expected`.
    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError>;

    /// Drops up to `at_most` entries with `expires_at <= now` and returns how many. Fewer than `at_most` means that none is
    /// left.
    async fn purge(&self, now: OffsetDateTime, at_most: u32) -> Result<u64, BackendError>;
}

/// Forwards to the inner store.
#[async_trait]
impl<T: AttemptStore + ?Sized> AttemptStore for Arc<T> {
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        (**self).load(key).await
    }

    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        (**self).swap(key, expected, next).await
    }

    async fn purge(&self, now: OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
        (**self).purge(now, at_most).await
    }
}
