//! Hashing off the caller's thread: a fixed number of threads, each with its own Argon2 memory, and a bounded queue.

use core::num::NonZeroUsize;
use core::time::Duration;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::{fmt, io, thread};

use futures_channel::oneshot;

use super::tracker::{Tracker, UnderWay};
use crate::config::HashingConfig;
use crate::hashing::{HashBackend, HashLoad, HashMemory};
use crate::types::UserId;

/// Who asks for a hash.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Caller {
    /// Anybody: may take at most half of the places.
    Stranger,
    /// Somebody with a known device, a challenge or a session: may take every place.
    Known,
}

/// Who holds a place: a bucket, a user, a client address. Each may hold only so many at once, so that no one takes all of them.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Holder {
    /// A bucket. Its schedule allows one try at a time; a second one is throttled anyway.
    Bucket(Box<str>),
    /// A user who is known: by a device, a session or a challenge.
    User(Box<str>),
    /// A client address, which many people may share.
    ClientAddress(Box<str>),
}

/// How many places one bucket may hold at once.
const PLACES_PER_LANE: usize = 2;
/// What share of all places one user may hold at once.
const SHARE_OF_USER: usize = 16;
/// The share of all places that one client address may hold at once: half of those open to unknown clients.
const SHARE_OF_SOURCE: usize = 4;

impl Holder {
    pub(crate) fn user(id: &UserId) -> Self {
        Self::User(id.as_str().into())
    }

    fn at_most(&self, capacity: usize) -> usize {
        match self {
            Self::Bucket(_) => PLACES_PER_LANE,
            Self::User(_) => (capacity / SHARE_OF_USER).max(PLACES_PER_LANE),
            Self::ClientAddress(_) => (capacity / SHARE_OF_SOURCE).max(PLACES_PER_LANE),
        }
    }
}

/// Why no place was given.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PermitRefused {
    /// All places that the caller may take are taken.
    Full,
    /// One of the holders has as many as it may.
    Held,
    Closed,
}

type Job = Box<dyn FnOnce(&mut HashMemory) + Send>;

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Idle threads. The one that became idle last is woken first: its memory is still warm.
    idle: Vec<usize>,
    /// Places given: permits held, jobs queued and running.
    places: usize,
    stranger_places: usize,
    held: HashMap<Holder, usize>,
    closed: bool,
    load: HashLoad,
}

struct Shared {
    state: Mutex<State>,
    wake: Vec<Condvar>,
    capacity: usize,
    under_way: Tracker,
    memory: MemoryRules,
}

/// What becomes of a thread's memory.
struct MemoryRules {
    backend: HashBackend,
    wipe: bool,
    /// More than this is given back after the hash that needed it.
    keep_kib: usize,
    /// After so long without work all of it is.
    release_after: Option<Duration>,
}

/// The pool. Its threads end when it is dropped, after what was queued.
pub(crate) struct HashPool(Arc<Shared>);

impl fmt::Debug for HashPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HashPool").field(&self.load()).finish()
    }
}

/// A place in the pool: taken before a try is counted, so that a full queue counts nothing against anyone.
///
/// From [`owe`](Self::owe) on it stands for a hash that will be computed whatever becomes of the caller.
pub(crate) struct Permit {
    place: Arc<Place>,
    /// What is computed if this is dropped instead of run.
    owed: Option<Job>,
}

/// Given back when it is dropped.
struct Place {
    shared: Arc<Shared>,
    caller: Caller,
    holders: Vec<Holder>,
}

impl HashPool {
    /// Starts the threads.
    pub(crate) fn start(config: &HashingConfig) -> io::Result<Self> {
        let threads = config.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            wake: (0..threads).map(|_| Condvar::new()).collect(),
            capacity: threads.saturating_mul(config.queue_per_thread),
            under_way: Tracker::default(),
            memory: MemoryRules {
                backend: config.backend,
                wipe: config.wipe_memory,
                keep_kib: config.kept_memory_kib(),
                release_after: config.release_after,
            },
        });
        // From here on dropping the pool ends the threads already started.
        let pool = Self(shared);
        for index in 0..threads {
            let shared = Arc::clone(&pool.0);
            thread::Builder::new().name(format!("doorward-hash-{index}")).spawn(move || shared.work(index))?;
        }
        Ok(pool)
    }

    /// Takes a place, which counts for each of the holders.
    pub(crate) fn permit(&self, caller: Caller, holders: Vec<Holder>) -> Result<Permit, PermitRefused> {
        let capacity = self.0.capacity;
        let mut state = self.0.lock();
        if state.closed {
            return Err(PermitRefused::Closed);
        }
        if holders.iter().any(|holder| state.held.get(holder).is_some_and(|held| *held >= holder.at_most(capacity))) {
            return Err(PermitRefused::Held);
        }
        let crowded = caller == Caller::Stranger && state.stranger_places >= capacity / 2;
        if crowded || state.places >= capacity {
            state.load.refused += 1;
            return Err(PermitRefused::Full);
        }
        state.places += 1;
        state.stranger_places += usize::from(caller == Caller::Stranger);
        for holder in &holders {
            *state.held.entry(holder.clone()).or_default() += 1;
        }
        drop(state);
        let place = Place { shared: Arc::clone(&self.0), caller, holders };
        Ok(Permit { place: Arc::new(place), owed: None })
    }

    pub(crate) fn load(&self) -> HashLoad {
        let state = self.0.lock();
        HashLoad { queued: state.jobs.len(), ..state.load }
    }

    /// Accepts no more jobs. What is queued is still computed.
    pub(crate) fn close(&self) {
        self.0.lock().closed = true;
        self.0.wake.iter().for_each(Condvar::notify_all);
    }

    /// Resolves once no job is queued or running.
    pub(crate) async fn idle(&self) {
        self.0.under_way.idle().await;
    }
}

impl Drop for HashPool {
    fn drop(&mut self) {
        self.close();
    }
}

impl Permit {
    /// From here on a hash is computed for this place even if the caller goes away: a try that is about to be counted is paid
    /// for, so that nobody fills a store with counts that cost no hash. `instead` is what is computed if nothing else is.
    pub(crate) fn owe(&mut self, instead: impl FnOnce(&mut HashMemory) + Send + 'static) {
        self.owed = Some(Box::new(instead));
    }

    /// Nothing was counted after all.
    pub(crate) fn owe_nothing(&mut self) {
        self.owed = None;
    }

    /// Computes on one of the pool's threads. `job` also returns how many hashes it computed.
    ///
    /// Dropping the future cancels the job: it is skipped if it has not started, unless a hash is owed.
    pub(crate) async fn run<T: Send + 'static>(
        mut self,
        job: impl FnOnce(&mut HashMemory) -> (T, u64) + Send + 'static,
    ) -> Result<T, PermitRefused> {
        let (sender, receiver) = oneshot::channel();
        let is_owed = self.owed.take().is_some();
        let shared = Arc::clone(&self.place.shared);
        let under_way: UnderWay = shared.under_way.enter();
        let permit = self;
        shared.submit(Box::new(move |memory| {
            let done = if sender.is_canceled() && !is_owed {
                None
            } else {
                // A panic affects no other job; its caller notices the dropped sender.
                catch_unwind(AssertUnwindSafe(|| job(memory))).ok()
            };
            // Counted, and the place given back, before the caller knows: what it looks at next is true.
            let skipped = sender.is_canceled() && done.is_none();
            permit.place.shared.count(skipped, done.as_ref().map_or(0, |(_, hashes)| *hashes));
            drop(permit);
            if let Some((result, _)) = done {
                // The caller may have gone in the meantime.
                let _ = sender.send(result);
            }
            drop(under_way);
        }))?;
        // The sender goes without a result if the job panicked, or if the pool was closed around it.
        receiver.await.map_err(|_| PermitRefused::Closed)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(instead) = self.owed.take() else { return };
        let (place, shared) = (Arc::clone(&self.place), Arc::clone(&self.place.shared));
        let under_way = shared.under_way.enter();
        // A closed pool computes nothing, and then no other try is counted either.
        let _ = shared.submit(Box::new(move |memory| {
            let done = catch_unwind(AssertUnwindSafe(|| instead(memory))).is_ok();
            place.shared.count(false, u64::from(done));
            drop(place);
            drop(under_way);
        }));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.places -= 1;
        state.stranger_places -= usize::from(self.caller == Caller::Stranger);
        for holder in &self.holders {
            if let Some(held) = state.held.get_mut(holder) {
                *held -= 1;
                if *held == 0 {
                    state.held.remove(holder);
                }
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A job that panics does so outside the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(&self, job: Job) -> Result<(), PermitRefused> {
        let mut state = self.lock();
        if state.closed {
            // The job holds a permit, whose drop takes the lock.
            drop(state);
            drop(job);
            return Err(PermitRefused::Closed);
        }
        state.jobs.push_back(job);
        if let Some(condvar) = state.idle.pop().and_then(|index| self.wake.get(index)) {
            condvar.notify_one();
        }
        Ok(())
    }

    fn work(&self, index: usize) {
        let mut memory = HashMemory::new(self.memory.backend);
        while let Some(job) = self.next_job(index, &mut memory) {
            // The job itself catches panics of its hash; this catches panics of its caller's waker. By then the job is counted
            // and its place given back.
            let _ = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
            if self.memory.wipe {
                memory.wipe();
            }
            memory.shrink_to(self.memory.keep_kib);
        }
    }

    /// Sleeps until woken, or for no longer than told; whether it was that long.
    fn wait<'a>(
        &self,
        index: usize,
        state: MutexGuard<'a, State>,
        at_most: Option<Duration>,
    ) -> (MutexGuard<'a, State>, bool) {
        let condvar = &self.wake[index];
        match at_most {
            None => (condvar.wait(state).unwrap_or_else(PoisonError::into_inner), false),
            Some(at_most) => {
                let (state, timeout) = condvar.wait_timeout(state, at_most).unwrap_or_else(PoisonError::into_inner);
                (state, timeout.timed_out())
            }
        }
    }

    /// One running job has come to its end.
    fn count(&self, skipped: bool, hashes: u64) {
        let load = &mut self.lock().load;
        load.running -= 1;
        load.computed += hashes;
        load.skipped += u64::from(skipped);
    }

    /// Waits for a job, and gives the memory back if that takes long. `None` once the pool is closed and everything queued
    /// is done.
    fn next_job(&self, index: usize, memory: &mut HashMemory) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                state.load.running += 1;
                return Some(job);
            }
            if state.closed {
                return None;
            }
            if !state.idle.contains(&index) {
                state.idle.push(index);
            }
            let patience = self.memory.release_after.filter(|_| memory.held_kib() > 0);
            let (woken, waited_in_vain) = self.wait(index, state, patience);
            state = woken;
            state.idle.retain(|idle| *idle != index);
            if waited_in_vain && state.jobs.is_empty() {
                drop(state);
                memory.shrink_to(0);
                state = self.lock();
            }
        }
    }
}

#[cfg(test)]
#[path = "../../tests/unit/hash_pool.rs"]
mod tests;
