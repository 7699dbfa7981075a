//! Stores that report their failures: the caller gets an error, the observer an event.

use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::events::Events;
use crate::event::EventKind;
use crate::journal::{JournalEntry, JournalSink};
use crate::store::{AttemptStore, Insert, Replace, Swap, UserRepository};
use crate::throttle::{AttemptKey, Attempts};
use crate::types::{BackendError, BackendErrorKind, Email, UserId, Version};
use crate::user::{User, UserHead};

#[derive(Clone)]
pub(crate) struct Reporting<P: ?Sized> {
    store: Arc<P>,
    events: Arc<Events>,
}

impl<P: ?Sized> Reporting<P> {
    pub(crate) fn new(store: Arc<P>, events: &Arc<Events>) -> Self {
        Self { store, events: Arc::clone(events) }
    }

    fn report<T>(
        &self,
        call: &'static str,
        user: Option<&UserId>,
        outcome: Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        outcome.map_err(|error| error.during(call)).inspect_err(|error| {
            let report = self.events.report(EventKind::store_failed(error));
            match user {
                Some(id) => report.user_id(id).send(),
                None => report.send(),
            }
        })
    }
}

impl<P: ?Sized> core::fmt::Debug for Reporting<P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reporting").finish_non_exhaustive()
    }
}

#[async_trait]
impl UserRepository for Reporting<dyn UserRepository> {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.report("insert", None, self.store.insert(user).await)
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        self.report("find_by_id", Some(id), self.store.find_by_id(id).await)
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        match self.store.find_by_email(email).await {
            // Reported by the caller, who knows the pseudonym.
            Err(error) if error.kind() == BackendErrorKind::Unreadable => Err(error.during("find_by_email")),
            outcome => self.report("find_by_email", None, outcome),
        }
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        self.report("replace", None, self.store.replace(user, expected).await)
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        self.report("delete", None, self.store.delete(user).await)
    }

    fn keeps_journal(&self) -> bool {
        self.store.keeps_journal()
    }
}

#[async_trait]
impl AttemptStore for Reporting<dyn AttemptStore> {
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        self.report("load", None, self.store.load(key).await)
    }

    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        self.report("swap", None, self.store.swap(key, expected, next).await)
    }

    async fn purge(&self, now: OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
        self.report("purge", None, self.store.purge(now, at_most).await)
    }
}

#[async_trait]
impl JournalSink for Reporting<dyn JournalSink> {
    async fn append(&self, entries: &[JournalEntry]) -> Result<(), BackendError> {
        let user = entries.first().map(|entry| &entry.user_id);
        self.report("append", user, self.store.append(entries).await)
    }
}
