use core::fmt;
use core::future::{Future, ready};
use std::sync::Arc;

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

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background").field("spawned", &self.spawn.is_some()).finish_non_exhaustive()
    }
}
