use std::sync::{Arc, Mutex, PoisonError};

use futures_channel::oneshot;

/// Counts work under way, and tells when none is left.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracker(Arc<Mutex<Tracked>>);

#[derive(Debug, Default)]
struct Tracked {
    under_way: usize,
    /// Those who wait until fewer than so many are under way.
    waiting: Vec<(usize, oneshot::Sender<()>)>,
}

/// A piece of work under way, until this is dropped: when it ends or is given up.
#[derive(Debug)]
pub(crate) struct UnderWay(Tracker);

impl Tracker {
    pub(crate) fn enter(&self) -> UnderWay {
        self.with(|tracked| tracked.under_way += 1);
        UnderWay(self.clone())
    }

    /// Resolves once nothing is under way.
    pub(crate) async fn idle(&self) {
        self.below(1).await;
    }

    /// Resolves once fewer than so many are under way.
    pub(crate) async fn below(&self, limit: usize) {
        let waiting = self.with(|tracked| {
            let (sender, receiver) = oneshot::channel();
            (tracked.under_way >= limit).then(|| {
                tracked.waiting.push((limit, sender));
                receiver
            })
        });
        if let Some(receiver) = waiting {
            // An error means that the tracker itself is gone, and with it all work.
            let _ = receiver.await;
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Tracked) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let waiting = self.0.with(|tracked| {
            tracked.under_way -= 1;
            let under_way = tracked.under_way;
            tracked.waiting.extract_if(.., |(limit, _)| under_way < *limit).collect::<Vec<_>>()
        });
        for (_, sender) in waiting {
            // Whoever waited may have stopped waiting.
            let _ = sender.send(());
        }
    }
}
