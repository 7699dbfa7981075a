//! Work that is queued after the response: a bounded number of pieces, and a few workers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::background::Background;
use super::events::Events;
use super::hash_pool::Caller;
use crate::event::EventKind;

/// How much may wait, and how many work on it at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Places that anybody may take.
    pub(crate) for_anybody: usize,
    /// Further places, for those who are known.
    pub(crate) for_known: usize,
    pub(crate) at_once: usize,
}

/// No place is left for this caller. Work accepted earlier is never dropped to make room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Full;

pub(crate) struct Backlog<T> {
    state: Arc<Mutex<State<T>>>,
    bounds: Bounds,
    events: Arc<Events>,
}

struct State<T> {
    /// Those who are known go first.
    known: VecDeque<T>,
    others: VecDeque<T>,
    workers: usize,
}

/// One of those who work it off, until it is dropped.
pub(crate) struct Worker<T> {
    state: Arc<Mutex<State<T>>>,
    events: Arc<Events>,
    is_busy: bool,
    has_left: bool,
}

impl<T> Backlog<T> {
    pub(crate) fn new(bounds: Bounds, events: &Arc<Events>) -> Self {
        let state = State { known: VecDeque::new(), others: VecDeque::new(), workers: 0 };
        Self { state: Arc::new(Mutex::new(state)), bounds, events: Arc::clone(events) }
    }

    /// Whether somebody who is not known would find a place.
    pub(crate) fn has_room(&self) -> bool {
        lock(&self.state).others.len() < self.bounds.for_anybody
    }

    fn push(&self, piece: T, caller: Caller) -> Result<(), Full> {
        let mut state = lock(&self.state);
        let (queue, places) = match caller {
            Caller::Stranger => (&mut state.others, self.bounds.for_anybody),
            Caller::Known => (&mut state.known, self.bounds.for_known),
        };
        if queue.len() >= places {
            return Err(Full);
        }
        queue.push_back(piece);
        Ok(())
    }

    /// One more worker, if there are not as many as may be.
    fn hire(&self) -> Option<Worker<T>> {
        let mut state = lock(&self.state);
        let hired = state.workers < self.bounds.at_once;
        state.workers += usize::from(hired);
        drop(state);
        hired.then(|| Worker {
            state: Arc::clone(&self.state),
            events: Arc::clone(&self.events),
            is_busy: false,
            has_left: false,
        })
    }

    /// Does a piece of work after the response, in its turn. Without a spawner it is done here and now.
    pub(crate) async fn work_off<F: Future<Output = ()> + Send>(
        &self,
        background: &Background,
        piece: T,
        caller: Caller,
        work: impl Fn(T) -> F + Send + 'static,
    ) -> Result<(), Full>
    where
        T: Send + 'static,
    {
        if !background.is_spawned() {
            work(piece).await;
            return Ok(());
        }
        self.push(piece, caller)?;
        let Some(mut worker) = self.hire() else { return Ok(()) };
        let work = async move {
            while let Some(piece) = worker.next() {
                work(piece).await;
            }
        };
        background.run(work).await;
        Ok(())
    }
}

impl<T> Worker<T> {
    /// The next piece of work. If there is none, the worker leaves under the same lock, so that the next push hires another.
    fn next(&mut self) -> Option<T> {
        let mut state = lock(&self.state);
        let next = state.known.pop_front().or_else(|| state.others.pop_front());
        self.is_busy = next.is_some();
        self.has_left = next.is_none();
        state.workers -= usize::from(self.has_left);
        next
    }
}

/// If the host drops the task, as at the end of a runtime, the work under way is lost, and so is the queue if no other worker
/// is left. Emits an event.
impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        if self.has_left {
            return;
        }
        let mut state = lock(&self.state);
        state.workers -= 1;
        let mut lost = usize::from(self.is_busy);
        if state.workers == 0 {
            lost += state.known.len() + state.others.len();
            (state.known, state.others) = (VecDeque::new(), VecDeque::new());
        }
        drop(state);
        if lost > 0 {
            self.events.report(EventKind::BackgroundWorkLost { pieces: lost as u64 }).send();
        }
    }
}

fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
