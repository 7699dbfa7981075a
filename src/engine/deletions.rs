//! Deletes accounts whose owners asked for that, once their time is over.

use std::collections::HashSet;

use super::Engine;
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::store::UserDirectory;
use crate::types::{BackendError, BackendErrorKind, UserId};

/// How many users one page of the directory holds.
const PAGE: u32 = 512;

impl Engine {
    /// Deletes the account if its time is over in the very state that is deleted: an undo in between wins.
    pub(crate) async fn delete_if_due(&self, id: &UserId) -> Result<bool, Unavailable> {
        self.users.delete_if(id, None, &[EventKind::Deleted], |user| user.is_to_be_deleted(self.now())).await
    }

    /// Deletes accounts whose time is over, and returns how many. Others that are listed, because they are owed a mail, are passed by.
    pub(crate) async fn purge_deleted(
        &self,
        directory: &(impl UserDirectory + ?Sized),
        at_most: u32,
    ) -> Result<u64, Unavailable> {
        let (mut deleted, mut seen) = (0, HashSet::new());
        loop {
            self.open()?;
            let beyond = u32::try_from(seen.len()).unwrap_or(u32::MAX);
            let listed = directory.list_owing(self.now(), PAGE.saturating_add(beyond)).await;
            let report = |error: &BackendError| self.events.report(EventKind::store_failed(error)).send();
            let listed = listed.map_err(|error| error.during("list_owing")).inspect_err(report)?;
            let mut due = listed.into_iter().filter(|id| !seen.contains(id)).collect::<Vec<_>>().into_iter().peekable();
            if due.peek().is_none() {
                return Ok(deleted);
            }
            for id in due {
                if deleted >= u64::from(at_most) {
                    return Ok(deleted);
                }
                match self.delete_if_due(&id).await {
                    // It was reported, and stands in nobody else's way.
                    Err(Unavailable::Backend(error)) if error.kind() == BackendErrorKind::Unreadable => {}
                    Err(Unavailable::Contended) => {}
                    outcome => deleted += u64::from(outcome?),
                }
                seen.insert(id);
            }
        }
    }
}
