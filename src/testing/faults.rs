use core::future::{Future, pending};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;
use std::thread::{self, Thread};

use async_trait::async_trait;
use time::OffsetDateTime;

use doorward::account::{ImportMark, ImportRow, ImportSource, UserCounts, UserOverview, UserStatus};
use doorward::mail::Mail;
use doorward::store::{
    AttemptKey, Attempts, BackendError, BackendErrorKind, Insert, Replace, Swap, User, UserDirectory, UserHead, Version,
};
use doorward::{AttemptStore, Email, Mailer, UserId, UserRepository};

/// What goes wrong with a call of a port.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Fault {
    /// The call has no effect and fails.
    Fails,
    /// The call takes effect but still fails: its answer is lost.
    LosesAnswer,
    /// The caller is dropped before the call takes effect.
    DroppedBefore,
    /// The caller is dropped after the call took effect.
    DroppedAfter,
}

impl Fault {
    /// Every kind of fault.
    pub const ALL: [Self; 4] = [Self::Fails, Self::LosesAnswer, Self::DroppedBefore, Self::DroppedAfter];
}

/// Ports that work, except for one chosen call, counted over all of them together, that has a fault.
///
/// ```
/// use doorward::{Auth, Site, Email};
/// use doorward::store::{MemoryAttempts, MemoryUsers};
/// use doorward::testing::{Driven, Fault, Faults, RecordingMailer};
///
/// let faults = Faults::new();
/// let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// let (users, attempts, mailer) = (MemoryUsers::new(), MemoryAttempts::new(), RecordingMailer::new());
/// let builder = Auth::builder(site, faults.users(users), faults.attempts(attempts), faults.mailer(mailer));
/// let (auth, operator) = builder.build_with_operator()?;
///
/// faults.strike(2, Fault::Fails); // the first call stores the account, the second mails
/// let outcome = faults.drive(operator.provision(Email::parse("ann@acme.example")?));
/// assert!(matches!(outcome, Driven::Finished(Err(doorward::error::ProvisionError::MailFailed { .. }))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    calls: usize,
    strike: Option<(usize, Fault)>,
    struck: bool,
    drop_now: bool,
}

/// The outcome of driving a future.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Driven<T> {
    /// It ran to completion.
    Finished(T),
    /// The fault dropped it.
    Dropped,
}

impl Faults {
    /// Without a fault.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the `k`-th call from now on, counted from 1, the fault. All others work.
    pub fn strike(&self, k: usize, fault: Fault) {
        *self.plan() = Plan { calls: 0, strike: Some((k, fault)), struck: false, drop_now: false };
    }

    /// Removes the fault: from now on, every call works.
    pub fn relent(&self) {
        self.plan().strike = None;
    }

    /// Whether the fault has occurred.
    pub fn has_struck(&self) -> bool {
        self.plan().struck
    }

    /// The number of calls since the last [`strike`](Self::strike), or in total if there was none.
    pub fn calls(&self) -> usize {
        self.plan().calls
    }

    /// A repository with faults.
    pub fn users(&self, inner: impl UserRepository) -> Arc<dyn UserRepository> {
        Arc::new(Faulty { faults: self.clone(), inner: Arc::new(inner) as Arc<dyn UserRepository> })
    }

    /// An attempt store with faults.
    pub fn attempts(&self, inner: impl AttemptStore) -> Arc<dyn AttemptStore> {
        Arc::new(Faulty { faults: self.clone(), inner: Arc::new(inner) as Arc<dyn AttemptStore> })
    }

    /// A mailer with faults.
    pub fn mailer(&self, inner: impl Mailer) -> Arc<dyn Mailer> {
        Arc::new(Faulty { faults: self.clone(), inner: Arc::new(inner) as Arc<dyn Mailer> })
    }

    /// A user directory with faults.
    pub fn user_directory(&self, inner: impl UserDirectory) -> Arc<dyn UserDirectory> {
        Arc::new(Faulty { faults: self.clone(), inner: Arc::new(inner) as Arc<dyn UserDirectory> })
    }

    /// A source of an import with faults.
    pub fn import_source(&self, inner: impl ImportSource + 'static) -> Arc<dyn ImportSource> {
        Arc::new(Faulty { faults: self.clone(), inner: Arc::new(inner) as Arc<dyn ImportSource> })
    }

    /// Drives a future to completion on this thread, or drops it if the fault requires that.
    pub fn drive<F: Future>(&self, future: F) -> Driven<F::Output> {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Driven::Finished(output);
            }
            if std::mem::take(&mut self.plan().drop_now) {
                return Driven::Dropped;
            }
            thread::park();
        }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Fault> {
        let mut plan = self.plan();
        plan.calls += 1;
        let fault = plan.strike.filter(|(k, _)| *k == plan.calls).map(|(_, fault)| fault);
        plan.struck |= fault.is_some();
        fault
    }

    async fn apply<T>(&self, call: impl Future<Output = Result<T, BackendError>> + Send) -> Result<T, BackendError> {
        let broken = || BackendError::new(BackendErrorKind::Unavailable);
        match self.next() {
            None => call.await,
            Some(Fault::Fails) => Err(broken()),
            Some(Fault::LosesAnswer) => call.await.and_then(|_| Err(broken())),
            Some(Fault::DroppedBefore) => {
                self.plan().drop_now = true;
                pending().await
            }
            Some(Fault::DroppedAfter) => {
                drop(call.await);
                self.plan().drop_now = true;
                pending().await
            }
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

struct Faulty<P: ?Sized> {
    faults: Faults,
    inner: Arc<P>,
}

impl<P: ?Sized + fmt::Debug> fmt::Debug for Faulty<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Faulty").field(&self.inner).finish()
    }
}

#[async_trait]
impl UserRepository for Faulty<dyn UserRepository> {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.faults.apply(self.inner.insert(user)).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        self.faults.apply(self.inner.find_by_id(id)).await
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        self.faults.apply(self.inner.find_by_email(email)).await
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        self.faults.apply(self.inner.replace(user, expected)).await
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        self.faults.apply(self.inner.delete(user)).await
    }

    fn keeps_journal(&self) -> bool {
        self.inner.keeps_journal()
    }
}

#[async_trait]
impl AttemptStore for Faulty<dyn AttemptStore> {
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        self.faults.apply(self.inner.load(key)).await
    }

    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        self.faults.apply(self.inner.swap(key, expected, next)).await
    }

    async fn purge(&self, now: OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
        self.faults.apply(self.inner.purge(now, at_most)).await
    }
}

#[async_trait]
impl Mailer for Faulty<dyn Mailer> {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        self.faults.apply(self.inner.send(to, mail)).await
    }
}

#[async_trait]
impl UserDirectory for Faulty<dyn UserDirectory> {
    async fn count(&self) -> Result<UserCounts, BackendError> {
        self.faults.apply(self.inner.count()).await
    }

    async fn list(
        &self,
        status: UserStatus,
        after: Option<&UserOverview>,
        at_most: u32,
    ) -> Result<Vec<UserOverview>, BackendError> {
        self.faults.apply(self.inner.list(status, after, at_most)).await
    }

    async fn list_ids(&self, after: Option<&UserId>, at_most: u32) -> Result<Vec<UserId>, BackendError> {
        self.faults.apply(self.inner.list_ids(after, at_most)).await
    }

    async fn list_owing(&self, now: OffsetDateTime, at_most: u32) -> Result<Vec<UserId>, BackendError> {
        self.faults.apply(self.inner.list_owing(now, at_most)).await
    }

    async fn list_pending_resets(
        &self,
        now: OffsetDateTime,
        after: Option<&UserOverview>,
        at_most: u32,
    ) -> Result<Vec<UserOverview>, BackendError> {
        self.faults.apply(self.inner.list_pending_resets(now, after, at_most)).await
    }
}

#[async_trait]
impl ImportSource for Faulty<dyn ImportSource> {
    async fn next_page(
        &self,
        mark: Option<ImportMark>,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<ImportRow>, BackendError> {
        self.faults.apply(self.inner.next_page(mark, after, at_most)).await
    }

    async fn mark(&self, ids: &[&str], mark: ImportMark) -> Result<(), BackendError> {
        self.faults.apply(self.inner.mark(ids, mark)).await
    }
}
