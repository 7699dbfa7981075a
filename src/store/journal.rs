use core::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::journal::{JournalCheckpoint, JournalCursor, JournalEntry, JournalFilter, JournalPage};
use crate::types::{BackendError, UserId};

/// Reads a journal, and purges it. Optional for adapters: the flows of [`Auth`](crate::Auth) do not need it.
///
/// ```
/// use doorward::journal::{Journal, JournalCursor};
/// use doorward::store::BackendError;
///
/// /// Hands new entries over, and returns where to go on: keep that in the same transaction as what you made of them.
/// async fn relay(journal: &dyn Journal, mut cursor: JournalCursor) -> Result<JournalCursor, BackendError> {
///     loop {
///         let page = journal.follow(cursor, 500).await?;
///         if page.entries.is_empty() {
///             return Ok(cursor);
///         }
///         for entry in &page.entries {
///             println!("{} {} {}", entry.at, entry.event, entry.user_id);
///         }
///         cursor = page.next;
///     }
/// }
/// ```
///
/// An implementation needs the attribute `#[doorward::async_trait]`, as for the other ports.
#[async_trait]
pub trait Journal: Debug + Send + Sync + 'static {
    /// The latest entries of a user with a number lower than `before`, the latest first; `None` begins with the last one.
    async fn latest(&self, user: &UserId, before: Option<u64>, at_most: u32)
    -> Result<Vec<JournalEntry>, BackendError>;

    /// The entries of a user with a number higher than `after`, in their order, the checkpoint of purged ones among them.
    async fn history(&self, user: &UserId, after: u64, at_most: u32) -> Result<Vec<JournalEntry>, BackendError>;

    /// The entries that the filter asks for, ordered by time, user and number. Request the first page with `after` being
    /// `None`, and each next one with the last entry of the previous page. An entry that is stored late, by a process whose
    /// clock is behind, may be missed: to miss nothing, [`follow`](Self::follow).
    async fn list(
        &self,
        filter: &JournalFilter,
        after: Option<&JournalEntry>,
        at_most: u32,
    ) -> Result<Vec<JournalEntry>, BackendError>;

    /// The entries behind the cursor, in the order in which they were stored. None is missed, whatever is being stored
    /// meanwhile: an entry is returned only once no earlier one can appear.
    ///
    /// A reader that keeps its cursor only after it has processed a page sees every entry at least once; the user and the
    /// number identify one that it sees again.
    async fn follow(&self, after: JournalCursor, at_most: u32) -> Result<JournalPage, BackendError>;

    /// Entries from before that instant, the earliest first, without checkpoints, and without those behind a lower number of the same
    /// user that is not from before: entries are purged in the order of their numbers.
    async fn list_expired(&self, before: OffsetDateTime, at_most: u32) -> Result<Vec<JournalEntry>, BackendError>;

    /// Removes every entry up to these, all or none, and returns how many. The entry of the checkpoint itself becomes
    /// [`PURGED`](JournalEntry::PURGED): it keeps its number, instant and digest, and loses the request and the operator.
    async fn purge_through(&self, checkpoints: &[JournalCheckpoint]) -> Result<u64, BackendError>;
}

/// Receives journal entries where the user store does not keep them itself: another database, or a log.
///
/// Called after the change is stored, as background work. **If the process ends first, or `append` fails, the entries are
/// lost**: then [`StoreFailed`](crate::event::EventKind::StoreFailed) is reported, and a gap in the numbers remains. Entries of one
/// user may arrive out of order; their numbers tell. [`AuthBuilder::journal_sink`](crate::AuthBuilder::journal_sink) has an example.
///
/// What fails is not sent again, and the flow goes on:
///
/// ```
/// use doorward::event::EventKind;
/// use doorward::journal::{JournalEntry, JournalSink};
/// use doorward::mail::PrintingMailer;
/// use doorward::store::{BackendError, BackendErrorKind, MemoryAttempts, MemoryUsers};
/// use doorward::{Auth, Email, Observer, Site};
///
/// #[derive(Debug)]
/// struct Down;
///
/// #[doorward::async_trait]
/// impl JournalSink for Down {
///     async fn append(&self, _: &[JournalEntry]) -> Result<(), BackendError> {
///         Err(BackendError::new(BackendErrorKind::Unavailable))
///     }
/// }
///
/// /// Alert on it: the entries are lost.
/// #[derive(Debug)]
/// struct Alarm;
///
/// impl Observer for Alarm {
///     fn observe(&self, event: &doorward::event::Event) {
///         if let EventKind::StoreFailed { call: "append", .. } = event.kind {
///             eprintln!("the journal misses what happened at {}", event.at);
///         }
///     }
/// }
///
/// # pollster::block_on(async {
/// let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// let (_, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
///     .journal_sink(Down)
///     .observer(Alarm)
///     .build_with_operator()?;
/// operator.provision(Email::parse("ann@acme.example")?).await?; // the account exists all the same
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[async_trait]
pub trait JournalSink: Debug + Send + Sync + 'static {
    /// Stores the entries of one change.
    async fn append(&self, entries: &[JournalEntry]) -> Result<(), BackendError>;
}

/// Forwards to the inner journal.
#[async_trait]
impl<T: Journal + ?Sized> Journal for Arc<T> {
    async fn latest(
        &self,
        user: &UserId,
        before: Option<u64>,
        at_most: u32,
    ) -> Result<Vec<JournalEntry>, BackendError> {
        (**self).latest(user, before, at_most).await
    }

    async fn history(&self, user: &UserId, after: u64, at_most: u32) -> Result<Vec<JournalEntry>, BackendError> {
        (**self).history(user, after, at_most).await
    }

    async fn list(
        &self,
        filter: &JournalFilter,
        after: Option<&JournalEntry>,
        at_most: u32,
    ) -> Result<Vec<JournalEntry>, BackendError> {
        (**self).list(filter, after, at_most).await
    }

    async fn follow(&self, after: JournalCursor, at_most: u32) -> Result<JournalPage, BackendError> {
        (**self).follow(after, at_most).await
    }

    async fn list_expired(&self, before: OffsetDateTime, at_most: u32) -> Result<Vec<JournalEntry>, BackendError> {
        (**self).list_expired(before, at_most).await
    }

    async fn purge_through(&self, checkpoints: &[JournalCheckpoint]) -> Result<u64, BackendError> {
        (**self).purge_through(checkpoints).await
    }
}

/// Forwards to the inner sink.
#[async_trait]
impl<T: JournalSink + ?Sized> JournalSink for Arc<T> {
    async fn append(&self, entries: &[JournalEntry]) -> Result<(), BackendError> {
        (**self).append(entries).await
    }
}
