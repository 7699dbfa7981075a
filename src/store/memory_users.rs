use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use time::OffsetDateTime;

use super::memory_entries::Entries;
use doorward::account::{UserCounts, UserOverview, UserStatus};
use doorward::store::{BackendError, Insert, Replace, Swap, User, UserDirectory, UserHead, Version};
use doorward::{Email, UserId, UserRepository};

/// Users in this process's memory: for trying the crate, and for tests. They are lost when it ends.
#[derive(Default)]
pub struct MemoryUsers {
    table: Mutex<Table>,
    keeps_journal: bool,
}

#[derive(Default)]
struct Table {
    by_id: HashMap<UserId, User>,
    /// The unique index on the address.
    by_email: HashMap<Email, UserId>,
    journal: Entries,
}

impl MemoryUsers {
    /// An empty repository.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a [journal](doorward::journal) too.
    #[must_use]
    pub fn with_journal(self) -> Self {
        Self { keeps_journal: true, ..self }
    }

    pub(super) fn journal<T>(&self, work: impl FnOnce(&mut Entries) -> T) -> T {
        work(&mut self.table().journal)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing panics while the lock is held; even if something did, the table is consistent after every statement.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, table: &mut Table, user: &User) {
        if self.keeps_journal {
            table.journal.append(user.journal_entries());
        }
    }

    /// The users for which `place` is `Some`, sorted by it.
    fn page<T: Ord>(
        &self,
        at_most: u32,
        after: Option<&UserOverview>,
        place: impl Fn(&UserOverview) -> Option<T>,
    ) -> Vec<UserOverview> {
        let after = after.and_then(&place);
        let users = self.table().by_id.values().map(User::overview).collect::<Vec<_>>();
        let mut listed: Vec<_> = users.into_iter().filter_map(|user| Some((place(&user)?, user))).collect();
        listed.retain(|(place, _)| after.as_ref().is_none_or(|after| place > after));
        listed.sort_by(|(one, _), (other, _)| one.cmp(other));
        listed.into_iter().take(at_most as usize).map(|(_, user)| user).collect()
    }
}

impl std::fmt::Debug for MemoryUsers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryUsers").field("users", &self.table().by_id.len()).finish()
    }
}

#[async_trait]
impl UserRepository for MemoryUsers {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        let mut table = self.table();
        if table.by_id.contains_key(user.id()) {
            return Ok(Insert::IdTaken);
        }
        if table.by_email.contains_key(user.email()) {
            return Ok(Insert::EmailTaken);
        }
        table.by_email.insert(user.email().clone(), user.id().clone());
        table.by_id.insert(user.id().clone(), user.clone());
        self.keep(&mut table, user);
        Ok(Insert::Stored)
    }

    // A lookup shares the user's document instead of copying it, so it takes as long for a large user as for a small one. On a miss a
    // decoy is shared and dropped.
    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        Ok(User::shared(self.table().by_id.get(id)))
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        let table = self.table();
        let user = table.by_email.get(email).and_then(|id| table.by_id.get(id)).cloned();
        drop(table);
        Ok(UserHead::of(user.as_ref()))
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        let mut table = self.table();
        let before = match table.by_id.get(user.id()) {
            Some(stored) if stored.version() == expected => stored.email().clone(),
            _ => return Ok(Replace::Stale),
        };
        if table.by_email.get(user.email()).is_some_and(|owner| owner != user.id()) {
            return Ok(Replace::EmailTaken);
        }
        table.by_email.remove(&before);
        table.by_email.insert(user.email().clone(), user.id().clone());
        table.by_id.insert(user.id().clone(), user.clone());
        self.keep(&mut table, user);
        Ok(Replace::Stored)
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        let mut table = self.table();
        let email = match table.by_id.get(user.id()) {
            Some(stored) if stored.version() == user.version() => stored.email().clone(),
            _ => return Ok(Swap::Stale),
        };
        table.by_email.remove(&email);
        table.by_id.remove(user.id());
        self.keep(&mut table, user);
        Ok(Swap::Stored)
    }

    fn keeps_journal(&self) -> bool {
        self.keeps_journal
    }
}

#[async_trait]
impl UserDirectory for MemoryUsers {
    async fn count(&self) -> Result<UserCounts, BackendError> {
        let mut counts = UserCounts::default();
        self.table().by_id.values().for_each(|user| match user.status() {
            UserStatus::Deactivated => counts.deactivated += 1,
            _ => counts.active += 1,
        });
        Ok(counts)
    }

    async fn list(
        &self,
        status: UserStatus,
        after: Option<&UserOverview>,
        at_most: u32,
    ) -> Result<Vec<UserOverview>, BackendError> {
        Ok(self.page(at_most, after, |user| (user.status == status).then(|| user.id.clone())))
    }

    async fn list_ids(&self, after: Option<&UserId>, at_most: u32) -> Result<Vec<UserId>, BackendError> {
        let mut ids: Vec<_> =
            self.table().by_id.keys().filter(|id| after.is_none_or(|after| *id > after)).cloned().collect();
        ids.sort();
        ids.truncate(at_most as usize);
        Ok(ids)
    }

    async fn list_owing(&self, now: OffsetDateTime, at_most: u32) -> Result<Vec<UserId>, BackendError> {
        let due = |user: &UserOverview| user.due_at.filter(|due| *due <= now).map(|due| (due, user.id.clone()));
        Ok(self.page(at_most, None, due).into_iter().map(|user| user.id).collect())
    }

    async fn list_pending_resets(
        &self,
        now: OffsetDateTime,
        after: Option<&UserOverview>,
        at_most: u32,
    ) -> Result<Vec<UserOverview>, BackendError> {
        let pending = |user: &UserOverview| user.reset_expires_at.filter(|expires_at| *expires_at > now);
        Ok(self.page(at_most, after, |user| Some((pending(user)?, user.id.clone()))))
    }
}
