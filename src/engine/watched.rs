//! Stores that report each failure of theirs: the caller gets an error, the host's log an event.

use core::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::policy::{AttemptKey, Attempts};
use crate::port::{AttemptStore, Clock, Event, EventKind, Insert, Observer, Replace, Swap, UserRepository};
use crate::types::{BackendError, BackendErrorKind, Email, UserId, Version, at_store_precision};
use crate::user::User;

pub(crate) struct Watched<P: ?Sized> {
    store: Arc<P>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
}

impl<P: ?Sized> Watched<P> {
    pub(crate) fn new(store: Arc<P>, clock: &Arc<dyn Clock>, observer: &Arc<dyn Observer>) -> Self {
        Self { store, clock: clock.clone(), observer: observer.clone() }
    }

    fn report<T>(&self, outcome: Result<T, BackendError>) -> Result<T, BackendError> {
        outcome.inspect_err(|error| {
            let kind = EventKind::StoreFailed { error: error.kind() };
            self.observer.observe(&Event::new(at_store_precision(self.clock.now()), kind));
        })
    }
}

impl Watched<dyn UserRepository> {
    /// A row that cannot be understood is reported by whoever looked for it, since they know whose it is.
    fn found<T>(&self, outcome: Result<T, BackendError>) -> Result<T, BackendError> {
        match outcome {
            Err(error) if error.kind() == BackendErrorKind::Unreadable => Err(error),
            outcome => self.report(outcome),
        }
    }
}

impl<P: fmt::Debug + ?Sized> fmt::Debug for Watched<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

#[async_trait]
impl UserRepository for Watched<dyn UserRepository> {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.report(self.store.insert(user).await)
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        self.found(self.store.find_by_id(id).await)
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<User>, BackendError> {
        self.found(self.store.find_by_email(email).await)
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        self.report(self.store.replace(user, expected).await)
    }

    async fn delete(&self, id: &UserId, expected: Version) -> Result<Swap, BackendError> {
        self.report(self.store.delete(id, expected).await)
    }
}

#[async_trait]
impl AttemptStore for Watched<dyn AttemptStore> {
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        self.report(self.store.load(key).await)
    }

    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        self.report(self.store.swap(key, expected, next).await)
    }

    async fn purge(&self, now: OffsetDateTime) -> Result<u64, BackendError> {
        self.report(self.store.purge(now).await)
    }
}
