use time::OffsetDateTime;

use crate::types::UserId;

/// One event of an account.
///
/// The fields are columns. An adapter that reads a row makes an entry with [`new`](Self::new) and sets the fields that may be
/// missing.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct JournalEntry {
    /// Whose account it is.
    pub user_id: UserId,
    /// The number of the entry among those of this user: 1, 2, 3 and so on, without gaps.
    pub seq: u64,
    /// When, by the clock of the process that stored it, in UTC. Clocks differ, and a failed sign-in is entered with a later one at
    /// its own instant, so `at` may go back: the order of a user's entries is that of their numbers.
    pub at: OffsetDateTime,
    /// What happened: the [name](crate::event::EventKind::name) of the event, such as `authn_login_success`; at most 64 bytes.
    pub event: Box<str>,
    /// The host's id of the request, for calls that take one; at most 64 characters.
    pub request_id: Option<Box<str>>,
    /// The operator who did it, if the host [said](crate::Operator::on_behalf_of) who it is.
    pub operator: Option<UserId>,
    /// Where entries are chained: a keyed digest of this entry and the one before it, as text of at most 64 bytes.
    pub digest: Option<Box<str>>,
    /// For the last entry of those that were purged, which stands for all of them: proof that they were purged and not removed
    /// by somebody else. Empty where there was no index key.
    pub checkpoint: Option<Box<str>>,
}

impl JournalEntry {
    /// Whether it stands for purged entries and says nothing else.
    pub(crate) fn is_checkpoint(&self) -> bool {
        &*self.event == Self::PURGED
            && self.request_id.is_none()
            && self.operator.is_none()
            && self.checkpoint.is_some()
    }

    /// The [`event`](Self::event) of an entry that stands for purged ones.
    pub const PURGED: &'static str = "sys_journal_purged";

    /// The [`event`](Self::event) of the last entry of an account.
    const DELETED: &'static str = "user_deleted";

    /// Whether nothing follows: the account is deleted.
    pub(crate) fn is_the_last(&self) -> bool {
        &*self.event == Self::DELETED
    }

    /// An entry without the fields that may be missing.
    pub fn new(user_id: UserId, seq: u64, at: OffsetDateTime, event: impl Into<Box<str>>) -> Self {
        Self { user_id, seq, at, event: event.into(), request_id: None, operator: None, digest: None, checkpoint: None }
    }
}

/// Up to where the entries of one user are purged.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct JournalCheckpoint {
    /// Whose entries.
    pub user_id: UserId,
    /// The number of the last entry that is purged.
    pub seq: u64,
    /// What to store as the [`checkpoint`](JournalEntry::checkpoint) of that entry. `None`: the account is deleted, so the entry
    /// is removed like those before it.
    pub checkpoint: Option<Box<str>>,
}

impl JournalCheckpoint {
    pub(crate) fn new(user_id: UserId, seq: u64, checkpoint: Option<Box<str>>) -> Self {
        Self { user_id, seq, checkpoint }
    }
}
