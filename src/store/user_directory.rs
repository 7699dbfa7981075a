use core::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::account::{UserCounts, UserOverview, UserStatus};
use crate::types::BackendError;

/// Lists users for operators, without secrets. No flow needs it, so it is no part of
/// [`UserRepository`](crate::UserRepository): an adapter may offer it.
///
/// Lists come in pages of at most `at_most`. The first page is asked for with `after` being `None`, each next one with the
/// last entry of the page before; entries that change meanwhile may be missed or seen twice.
///
/// ```
/// use doorward::account::UserStatus;
/// use doorward::store::{MemoryUsers, UserDirectory};
///
/// # pollster::block_on(async {
/// let users = MemoryUsers::new();
/// let (mut page, mut all) = (users.list(UserStatus::Active, None, 100).await?, Vec::new());
/// while let Some(last) = page.last().cloned() {
///     all.append(&mut page);
///     page = users.list(UserStatus::Active, Some(&last), 100).await?;
/// }
/// assert_eq!(all.len() as u64, users.count().await?.active);
/// # Ok::<(), doorward::store::BackendError>(()) }).unwrap();
/// ```
///
/// An implementation carries `#[doorward::async_trait]`, as those of the other ports do; its columns come from
/// [`User::overview`](crate::store::User::overview).
#[async_trait]
pub trait UserDirectory: Debug + Send + Sync + 'static {
    /// How many users there are. It may read an index from end to end, so it is nothing to call with every request.
    async fn count(&self) -> Result<UserCounts, BackendError>;

    /// The users of that status, in the order of their ids.
    async fn list(
        &self,
        status: UserStatus,
        after: Option<&UserOverview>,
        at_most: u32,
    ) -> Result<Vec<UserOverview>, BackendError>;

    /// The users with a reset outstanding at that time, the one that expires next first.
    async fn list_pending_resets(
        &self,
        now: OffsetDateTime,
        after: Option<&UserOverview>,
        at_most: u32,
    ) -> Result<Vec<UserOverview>, BackendError>;
}

/// A shared directory is one.
#[async_trait]
impl<T: UserDirectory + ?Sized> UserDirectory for Arc<T> {
    async fn count(&self) -> Result<UserCounts, BackendError> {
        (**self).count().await
    }

    async fn list(
        &self,
        status: UserStatus,
        after: Option<&UserOverview>,
        at_most: u32,
    ) -> Result<Vec<UserOverview>, BackendError> {
        (**self).list(status, after, at_most).await
    }

    async fn list_pending_resets(
        &self,
        now: OffsetDateTime,
        after: Option<&UserOverview>,
        at_most: u32,
    ) -> Result<Vec<UserOverview>, BackendError> {
        (**self).list_pending_resets(now, after, at_most).await
    }
}
