//! A directory that is asked for ids in another way than its caller asked.

use std::fmt;

use doorward::UserId;
use doorward::account::{UserCounts, UserOverview, UserStatus};
use doorward::store::{BackendError, UserDirectory};
use time::OffsetDateTime;

/// After which id, and how many are asked for.
pub type Ask = (Option<UserId>, u32);

/// The function says how the directory is asked, or fails in its place.
pub struct Asking<D, F>(pub D, pub F);

impl<D, F> fmt::Debug for Asking<D, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asking")
    }
}

#[doorward::async_trait]
impl<D, F> UserDirectory for Asking<D, F>
where
    D: UserDirectory,
    F: Fn(Option<&UserId>, u32) -> Result<Ask, BackendError> + Send + Sync + 'static,
{
    async fn count(&self) -> Result<UserCounts, BackendError> {
        self.0.count().await
    }

    async fn list(
        &self,
        status: UserStatus,
        after: Option<&UserOverview>,
        at_most: u32,
    ) -> Result<Vec<UserOverview>, BackendError> {
        self.0.list(status, after, at_most).await
    }

    async fn list_ids(&self, after: Option<&UserId>, at_most: u32) -> Result<Vec<UserId>, BackendError> {
        let (after, at_most) = (self.1)(after, at_most)?;
        self.0.list_ids(after.as_ref(), at_most).await
    }

    async fn list_owing(&self, now: OffsetDateTime, at_most: u32) -> Result<Vec<UserId>, BackendError> {
        self.0.list_owing(now, at_most).await
    }

    async fn list_pending_resets(
        &self,
        now: OffsetDateTime,
        after: Option<&UserOverview>,
        at_most: u32,
    ) -> Result<Vec<UserOverview>, BackendError> {
        self.0.list_pending_resets(now, after, at_most).await
    }
}
