use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Things that only one call of this process does at a time: a hash for one challenge, a wait in one bucket.
///
/// It only spares work. What must hold across processes is settled by the versioned write.
#[derive(Clone, Debug, Default)]
pub(crate) struct InFlight(Arc<Mutex<HashSet<Box<str>>>>);

/// The turn of one call, until this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    set: InFlight,
    key: Box<str>,
}

impl InFlight {
    /// Takes the turn; `None` if another call has it, or if as many as `at_most` others are under way.
    pub(crate) fn enter(&self, key: &str, at_most: usize) -> Option<Turn> {
        let mut set = self.lock();
        let entered = set.len() < at_most && set.insert(key.into());
        drop(set);
        entered.then(|| Turn { set: self.clone(), key: key.into() })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Box<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.set.lock().remove(&self.key);
    }
}
