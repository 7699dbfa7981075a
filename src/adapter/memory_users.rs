use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use doorward::{BackendError, Email, Insert, Replace, Swap, User, UserId, UserRepository, Version};

/// Users in this process's memory: for trying the crate out and for tests. They are gone when it ends.
#[derive(Default)]
pub struct MemoryUsers(Mutex<Table>);

#[derive(Default)]
struct Table {
    by_id: HashMap<UserId, User>,
    /// The unique index on the address.
    by_email: HashMap<Email, UserId>,
}

impl MemoryUsers {
    /// An empty repository.
    pub fn new() -> Self {
        Self::default()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing panics while it is held; should it have, the table is still whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        Ok(Insert::Stored)
    }

    // A look-up shares the user's document, so it takes as long for a user who holds much as for one who is not there.
    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        Ok(self.table().by_id.get(id).cloned())
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<User>, BackendError> {
        let table = self.table();
        Ok(table.by_email.get(email).and_then(|id| table.by_id.get(id)).cloned())
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
        Ok(Replace::Stored)
    }

    async fn delete(&self, id: &UserId, expected: Version) -> Result<Swap, BackendError> {
        let mut table = self.table();
        let email = match table.by_id.get(id) {
            Some(stored) if stored.version() == expected => stored.email().clone(),
            _ => return Ok(Swap::Stale),
        };
        table.by_email.remove(&email);
        table.by_id.remove(id);
        Ok(Swap::Stored)
    }
}
