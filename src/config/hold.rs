use core::fmt;
use core::future::Future;
use core::time::Duration;
use std::sync::Arc;

use super::BackgroundWork;

/// The sleep of the host's runtime.
#[derive(Clone)]
pub(crate) struct Sleep(Arc<dyn Fn(Duration) -> BackgroundWork + Send + Sync>);

impl Sleep {
    pub(crate) fn by<F, S>(sleep: S) -> Self
    where
        S: Fn(Duration) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move |wait| Box::pin(sleep(wait))))
    }

    pub(crate) async fn wait(&self, wait: Duration) {
        (self.0)(wait).await;
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sleep")
    }
}

/// Waits out short delays inside [`sign_in`](crate::Auth::sign_in), so that to a user each further try simply takes longer
/// to load.
///
/// The crate never sleeps by itself: the host passes its runtime's sleep. One try per bucket is held at a time, and a bounded
/// number in all; all others get `Throttled` with the time left. Two `Auth`s built with clones of one `Hold` each have these
/// bounds for themselves.
///
/// ```
/// use std::time::Duration;
/// use doorward::config::Hold;
///
/// let hold = Hold::up_to(Duration::from_secs(10), tokio::time::sleep).at_most(200);
/// ```
#[derive(Clone)]
pub struct Hold {
    pub(crate) longest: Duration,
    pub(crate) at_most: usize,
    sleep: Sleep,
}

impl Hold {
    /// Waits out delays of up to `longest` with the given sleep; longer ones are answered at once. At most 100 tries are
    /// held together unless [`at_most`](Self::at_most) says otherwise.
    pub fn up_to<F, S>(longest: Duration, sleep: S) -> Self
    where
        S: Fn(Duration) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self { longest, at_most: 100, sleep: Sleep::by(sleep) }
    }

    /// How many tries may be held together.
    #[must_use]
    pub fn at_most(self, at_most: usize) -> Self {
        Self { at_most, ..self }
    }

    pub(crate) async fn wait(&self, wait: Duration) {
        self.sleep.wait(wait).await;
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold").field("longest", &self.longest).field("at_most", &self.at_most).finish_non_exhaustive()
    }
}
