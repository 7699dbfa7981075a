use super::Auth;
use crate::error::Unavailable;
use crate::store::UserDirectory;

/// # Leaving: deleting what is due
impl Auth {
    /// Deletes at most `at_most` accounts whose owners [asked for that](Self::request_deletion) and whose grace is over, and returns how
    /// many. Call it from a timer until it returns 0, once a day is enough, where no mails are [owed](crate::AuthBuilder::owed_mails):
    /// otherwise the worker and [`deliver_owed`](Self::deliver_owed) do the same.
    ///
    /// Each account is deleted in one guarded write. An owner who undoes the deletion at that moment, or an operator who reactivates or
    /// deactivates the account, either wins and nothing is deleted, or finds no account any more. The journal's last entry says that the
    /// account was deleted. Several processes may call it at once.
    ///
    /// # Errors
    /// [`Unavailable`]: a store failed, or the `Auth` was closed. What was deleted stays so; call it again. An account that cannot be
    /// read is reported as [`StoreFailed`](crate::event::EventKind::StoreFailed), stays, and delays nobody else.
    ///
    /// ```
    /// use doorward::Auth;
    /// use doorward::error::Unavailable;
    /// use doorward::store::UserDirectory;
    ///
    /// async fn every_day(auth: &Auth, users: &impl UserDirectory) -> Result<(), Unavailable> {
    ///     while auth.purge_deleted(users, 1_000).await? > 0 {}
    ///     Ok(())
    /// }
    /// ```
    pub async fn purge_deleted(
        &self,
        directory: &(impl UserDirectory + ?Sized),
        at_most: u32,
    ) -> Result<u64, Unavailable> {
        self.engine.purge_deleted(directory, at_most).await
    }
}
