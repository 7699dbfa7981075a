use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use time::OffsetDateTime;

use doorward::AttemptStore;
use doorward::store::{AttemptKey, Attempts, BackendError, Swap, Version};

/// Attempts in this process's memory, up to a limit: for a single process, and for tests. They are lost when the
/// process ends, which lets someone try again earlier, and keeps failures out of the journal that were not entered yet.
///
/// When full, it evicts the entry with the fewest failures, and among these the oldest. To evict an entry with n
/// failures, an attacker has to fail n times for each entry of the capacity.
pub struct MemoryAttempts {
    table: Mutex<Table>,
    capacity: usize,
}

#[derive(Default)]
struct Table {
    entries: HashMap<AttemptKey, Entry>,
    /// By failures, then by age: the order of eviction.
    order: BTreeMap<(u32, u64), AttemptKey>,
    written: u64,
}

struct Entry {
    attempts: Attempts,
    age: u64,
}

impl MemoryAttempts {
    /// Holds up to 100,000 entries, about 50 MB when full.
    pub fn new() -> Self {
        Self::with_capacity(100_000)
    }

    /// Holds up to that many entries, at least one.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { table: Mutex::default(), capacity: capacity.max(1) }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.table().entries.len()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryAttempts {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for MemoryAttempts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryAttempts").field("entries", &self.len()).field("capacity", &self.capacity).finish()
    }
}

impl Table {
    fn put(&mut self, key: &AttemptKey, attempts: &Attempts) {
        self.drop_entry(key);
        self.written += 1;
        self.order.insert((attempts.failures(), self.written), key.clone());
        self.entries.insert(key.clone(), Entry { attempts: attempts.clone(), age: self.written });
    }

    fn drop_entry(&mut self, key: &AttemptKey) {
        if let Some(Entry { attempts, age }) = self.entries.remove(key) {
            self.order.remove(&(attempts.failures(), age));
        }
    }

    /// Evicts one entry if there is one too many, but never the one just written.
    fn make_room(&mut self, capacity: usize, written: &AttemptKey) {
        if self.entries.len() > capacity {
            let first = self.order.values().find(|key| *key != written).cloned();
            first.iter().for_each(|key| self.drop_entry(key));
        }
    }
}

#[async_trait]
impl AttemptStore for MemoryAttempts {
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        Ok(self.table().entries.get(key).map(|entry| entry.attempts.clone()))
    }

    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        let mut table = self.table();
        if table.entries.get(key).map(|entry| entry.attempts.version()) != expected {
            return Ok(Swap::Stale);
        }
        table.put(key, next);
        table.make_room(self.capacity, key);
        Ok(Swap::Stored)
    }

    async fn purge(&self, now: OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
        let mut table = self.table();
        let spent: Vec<_> = table
            .entries
            .iter()
            .filter(|(_, entry)| entry.attempts.expires_at() <= now)
            .map(|(key, _)| key.clone())
            .take(at_most as usize)
            .collect();
        spent.iter().for_each(|key| table.drop_entry(key));
        Ok(spent.len() as u64)
    }
}
