//! Stores that report each failure of theirs: the caller gets an error, the host's log an event.

use core::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::clock::Clock;
use crate::event::{Event, EventKind, Observer};
use crate::store::{AttemptStore, Insert, Replace, Swap, UserRepository};
use crate::throttle::{AttemptKey, Attempts};
use crate::types::{BackendError, BackendErrorKind, Email, UserId, Version, at_store_precision};
use crate::user::{User, UserHead};

pub(crate) struct Watched<P: ?Sized> {
    store: Arc<P>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
}

impl<P: ?Sized> Watched<P> {
    pub(crate) fn new(store: Arc<P>, clock: &Arc<dyn Clock>, observer: &Arc<dyn Observer>) -> Self {
        Self { store, clock: clock.clone(), observer: observer.clone() }
    }

    fn report<T>(&self, call: &'static str, outcome: Result<T, BackendError>) -> Result<T, BackendError> {
        self.report_about(None, call, outcome)
    }

    fn report_about<T>(
        &self,
        user_id: Option<&UserId>,
        call: &'static str,
        outcome: Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        outcome.map_err(|error| error.during(call)).inspect_err(|error| {
            let event = Event::new(at_store_precision(self.clock.now()), EventKind::store_failed(error));
            self.observer.observe(&Event { user_id: user_id.cloned(), ..event });
        })
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
        self.report("insert", self.store.insert(user).await)
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        self.report_about(Some(id), "find_by_id", self.store.find_by_id(id).await)
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        match self.store.find_by_email(email).await {
            // Reported by whoever looked for it, who knows the pseudonym.
            Err(error) if error.kind() == BackendErrorKind::Unreadable => Err(error.during("find_by_email")),
            outcome => self.report("find_by_email", outcome),
        }
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        self.report("replace", self.store.replace(user, expected).await)
    }

    async fn delete(&self, id: &UserId, expected: Version) -> Result<Swap, BackendError> {
        self.report("delete", self.store.delete(id, expected).await)
    }
}

#[async_trait]
impl AttemptStore for Watched<dyn AttemptStore> {
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        self.report("load", self.store.load(key).await)
    }

    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        self.report("swap", self.store.swap(key, expected, next).await)
    }

    async fn purge(&self, now: OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
        self.report("purge", self.store.purge(now, at_most).await)
    }
}
