use time::OffsetDateTime;

use doorward::UserId;
use doorward::journal::{JournalCheckpoint, JournalEntry};

/// The entries in the order in which they were stored, each at the position after the one before.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) stored: Vec<(i64, JournalEntry)>,
    last: i64,
}

impl Entries {
    pub(super) fn append(&mut self, entries: &[JournalEntry]) {
        for entry in entries {
            self.last += 1;
            self.stored.push((self.last, entry.clone()));
        }
    }

    /// The entries that are there, and not only stand for others.
    pub(super) fn live(&self) -> impl DoubleEndedIterator<Item = (i64, &JournalEntry)> {
        self.stored.iter().filter(|(_, entry)| entry.checkpoint.is_none()).map(|(position, entry)| (*position, entry))
    }

    pub(super) fn sorted(&self, of: impl Fn(&JournalEntry) -> bool, at_most: u32) -> Vec<JournalEntry> {
        let mut found: Vec<_> = self.live().map(|(_, entry)| entry).filter(|entry| of(entry)).cloned().collect();
        found.sort_by(|one, other| place(one).cmp(&place(other)));
        found.truncate(at_most as usize);
        found
    }

    pub(super) fn purge(&mut self, JournalCheckpoint { user_id, seq, checkpoint, .. }: &JournalCheckpoint) -> u64 {
        let before = self.stored.len();
        let stays = |entry: &JournalEntry| entry.seq > *seq || entry.seq == *seq && checkpoint.is_some();
        self.stored.retain(|(_, entry)| entry.user_id != *user_id || stays(entry));
        let mut purged = before - self.stored.len();
        for (_, entry) in &mut self.stored {
            if entry.user_id == *user_id && entry.seq == *seq {
                (entry.event, entry.checkpoint) = (JournalEntry::PURGED.into(), checkpoint.clone());
                (entry.request_id, entry.operator) = (None, None);
                purged += 1;
            }
        }
        purged as u64
    }
}

/// By what lists are ordered.
pub(super) fn place(entry: &JournalEntry) -> (OffsetDateTime, &UserId, u64) {
    (entry.at, &entry.user_id, entry.seq)
}
