use std::sync::{Arc, Mutex};

use doorward::store::{BackendError, Insert, MemoryUsers, Replace, Swap, User, UserHead, Version};
use doorward::{Email, UserId, UserRepository};

/// A repository in which a concurrent change happens right before the first `replace`.
pub struct Meddling {
    users: Arc<MemoryUsers>,
    before_storing: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Meddling {
    pub fn new(users: Arc<MemoryUsers>, meddle: impl FnOnce() + Send + 'static) -> Self {
        Self { users, before_storing: Mutex::new(Some(Box::new(meddle))) }
    }

    pub fn has_meddled(&self) -> bool {
        self.before_storing.lock().unwrap().is_none()
    }
}

impl std::fmt::Debug for Meddling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meddling")
    }
}

#[async_trait::async_trait]
impl UserRepository for Meddling {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.users.insert(user).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        self.users.find_by_id(id).await
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        self.users.find_by_email(email).await
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        // Taken out first, since the change may call this method again.
        let meddle = self.before_storing.lock().unwrap().take();
        if let Some(meddle) = meddle {
            meddle();
        }
        self.users.replace(user, expected).await
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        self.users.delete(user).await
    }

    fn keeps_journal(&self) -> bool {
        self.users.keeps_journal()
    }
}
