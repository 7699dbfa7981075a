use core::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::account::{UserCounts, UserOverview, UserStatus};
use crate::types::{BackendError, UserId};

/// Lists users, without secrets: for operators, for [`sign_out_everybody`](crate::Operator::sign_out_everybody), for [owed
/// mails](crate::AuthBuilder::owed_mails) and for [deletions](crate::Auth::purge_deleted). No other flow needs it, so it is separate from
/// [`UserRepository`](crate::UserRepository) and optional for adapters.
///
/// Lists come in pages of at most `at_most` entries. Request the first page with `after` being `None`, and each next one with
/// the last entry of the previous page. Entries that change in between may be missed or seen twice; a user whose
/// status stays the same is not missed by [`list`](Self::list).
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
/// An implementation needs the attribute `#[doorward::async_trait]`, as for the other ports; its columns come from
/// [`User::overview`](crate::store::User::overview).
#[async_trait]
pub trait UserDirectory: Debug + Send + Sync + 'static {
    /// The number of users. May scan an index, so do not call it on every request.
    async fn count(&self) -> Result<UserCounts, BackendError>;

    /// The users with this status, ordered by id.
    async fn list(
        &self,
        status: UserStatus,
        after: Option<&UserOverview>,
        at_most: u32,
    ) -> Result<Vec<UserOverview>, BackendError>;

    /// The ids of all users, whatever their status, ordered. Read only the ids, so that users whose data is damaged or was
    /// written by a newer release are listed too. Skip a value that is not a valid id.
    async fn list_ids(&self, after: Option<&UserId>, at_most: u32) -> Result<Vec<UserId>, BackendError>;

    /// At most `at_most` users whose [`UserOverview::due_at`] is not after `now`, the earliest first: those who are owed a mail, and
    /// those whose account is to be deleted. The crate calls it often and expects an index; see
    /// [`AuthBuilder::owed_mails`](crate::AuthBuilder::owed_mails) and [`Auth::purge_deleted`](crate::Auth::purge_deleted).
    async fn list_owing(&self, now: OffsetDateTime, at_most: u32) -> Result<Vec<UserId>, BackendError>;

    /// The users with a pending reset at `now`, ordered by when it expires.
    async fn list_pending_resets(
        &self,
        now: OffsetDateTime,
        after: Option<&UserOverview>,
        at_most: u32,
    ) -> Result<Vec<UserOverview>, BackendError>;
}

/// Forwards to the inner directory.
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

    async fn list_ids(&self, after: Option<&UserId>, at_most: u32) -> Result<Vec<UserId>, BackendError> {
        (**self).list_ids(after, at_most).await
    }

    async fn list_owing(&self, now: OffsetDateTime, at_most: u32) -> Result<Vec<UserId>, BackendError> {
        (**self).list_owing(now, at_most).await
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
