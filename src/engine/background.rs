use core::fmt;
use core::future::{Future, ready};
use core::pin::Pin;
use core::task::{Context, Poll};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::panicking;

use super::tracker::Tracker;
use crate::config::BackgroundWork;

/// Hands background work to the host's spawner, and remembers what is under way.
#[derive(Clone, Default)]
pub(crate) struct Background {
    spawn: Option<Arc<dyn Fn(BackgroundWork) + Send + Sync>>,
    under_way: Tracker,
}

impl Background {
    pub(crate) fn spawned_by(spawn: impl Fn(BackgroundWork) + Send + Sync + 'static) -> Self {
        Self { spawn: Some(Arc::new(spawn)), under_way: Tracker::default() }
    }

    /// Whether there is a spawner.
    pub(crate) fn is_spawned(&self) -> bool {
        self.spawn.is_some()
    }

    /// Hands the work over; without a spawner it is done here and now. It is boxed at once, so that it takes no room in the future of the
    /// flow that hands it over.
    pub(crate) fn run(&self, work: impl Future<Output = ()> + Send + 'static) -> BackgroundWork {
        let under_way = self.under_way.enter();
        let work = Box::pin(async move {
            work.await;
            drop(under_way);
        });
        match &self.spawn {
            Some(spawn) => {
                spawn(work);
                Box::pin(ready(()))
            }
            None => work,
        }
    }

    /// Does the work here and now. If the future is dropped meanwhile, the spawner finishes the work.
    pub(crate) fn run_to_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send {
        RunToEnd { work: Some(Box::pin(work)), background: self.clone() }
    }

    /// Hands work over that waits for others and must not be waited for; without a spawner it is not done.
    pub(crate) fn watch(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(spawn) = &self.spawn {
            spawn(Box::pin(work));
        }
    }

    pub(crate) fn under_way(&self) -> &Tracker {
        &self.under_way
    }

    /// Resolves once no work is under way.
    pub(crate) async fn idle(&self) {
        self.under_way.idle().await;
    }
}

/// Work in the hands of a caller who may go away.
struct RunToEnd<T: Send + 'static> {
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
    background: Background,
}

impl<T: Send + 'static> Future for RunToEnd<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        // Taken out while it runs, so that work that has panicked is not polled again.
        let Some(mut work) = self.work.take() else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            self.work = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for RunToEnd<T> {
    fn drop(&mut self) {
        // A spawner may panic outside of its runtime, and a second panic would end the process.
        let Some(work) = self.work.take().filter(|_| self.background.is_spawned() && !panicking()) else { return };
        let spawned = AssertUnwindSafe(|| self.background.run(async move { drop(work.await) }));
        // With a spawner there is nothing left to do here.
        drop(catch_unwind(spawned));
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background").field("spawned", &self.spawn.is_some()).finish_non_exhaustive()
    }
}
