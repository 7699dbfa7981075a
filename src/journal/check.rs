use super::chain;
use super::entry::JournalEntry;

/// What [`Operator::check_journal`](crate::Operator::check_journal) found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
#[must_use]
pub struct JournalCheck {
    /// How many entries were checked. Purged ones are not among them.
    pub entries: u64,
    /// How many were stored without a digest, and whether what is purged was purged without a key: before the host set an index
    /// key. If it was set from the beginning, more than 0 means that somebody removed digests.
    pub unchained: u64,
    /// The first fault; `None` if there is none.
    pub first_break: Option<JournalBreak>,
}

/// Where the journal of a user is not what was stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum JournalBreak {
    /// The entry with this number is missing: it was removed, or lost.
    Missing(u64),
    /// There are two entries with this number.
    Repeated(u64),
    /// The entry with this number is not the one that was stored, or was stored under another index key.
    Altered(u64),
}

/// Checks the entries of one user, in the order of their numbers.
pub(crate) struct Checker<'a> {
    key: Option<&'a [u8; 32]>,
    /// What the account itself knows of its last entry; `None` if the account is deleted, whose last entry says so.
    stored: Option<(u64, Option<&'a str>)>,
    seq: u64,
    digest: Option<Box<str>>,
    /// The last entry says that the account was deleted.
    deleted: bool,
    checked: JournalCheck,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(key: Option<&'a [u8; 32]>, stored: Option<(u64, Option<&'a str>)>) -> Self {
        Self { key, stored, seq: 0, digest: None, deleted: false, checked: JournalCheck::default() }
    }

    /// The number of the last entry that was checked.
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    pub(crate) fn has_found_a_break(&self) -> bool {
        self.checked.first_break.is_some()
    }

    pub(crate) fn check(&mut self, entry: &JournalEntry) {
        if self.has_found_a_break() {
            return;
        }
        self.checked.first_break = self.break_at(entry);
        let proved = entry.digest.is_some() && entry.checkpoint.as_deref() != Some("");
        self.checked.entries += u64::from(entry.checkpoint.is_none());
        self.checked.unchained += u64::from(!proved);
        (self.seq, self.digest) = (entry.seq, entry.digest.clone());
        self.deleted = entry.is_the_last();
    }

    fn break_at(&self, entry: &JournalEntry) -> Option<JournalBreak> {
        // It stands for all those before it, so it can only be the first.
        let is_first_checkpoint = self.seq == 0 && entry.is_checkpoint();
        if entry.seq <= self.seq {
            return Some(JournalBreak::Repeated(entry.seq));
        }
        if entry.seq != self.seq + 1 && !is_first_checkpoint {
            return Some(JournalBreak::Missing(self.seq + 1));
        }
        let genuine = if is_first_checkpoint { self.is_purged(entry) } else { self.follows(entry) };
        let expected = self.stored.is_none_or(|(last, digest)| entry.seq != last || entry.digest.as_deref() == digest);
        (!genuine || !expected).then_some(JournalBreak::Altered(entry.seq))
    }

    /// Whether it stands for entries that were purged by somebody with the key. From before there was a key nothing proves it.
    fn is_purged(&self, entry: &JournalEntry) -> bool {
        match self.key.filter(|_| entry.checkpoint.as_deref() != Some("")) {
            Some(key) => chain::is(entry.checkpoint.as_deref(), &chain::checkpoint(key, entry)),
            None => true,
        }
    }

    /// Whether it is the entry that was stored behind the one before.
    fn follows(&self, entry: &JournalEntry) -> bool {
        entry.checkpoint.is_none()
            && match (self.key, &entry.digest) {
                // From before there was a key.
                (_, None) => self.digest.is_none(),
                (None, Some(_)) => true,
                (Some(key), digest) => chain::is(digest.as_deref(), &chain::digest(key, entry, self.digest.as_deref())),
            }
    }

    /// `latest` is what the account knows of its last entry after all entries were read.
    pub(crate) fn finish(mut self, latest: Option<u64>) -> JournalCheck {
        let seq = self.seq;
        let at_the_end = match (self.stored, latest) {
            (Some((last, _)), _) if last > seq => Some(JournalBreak::Missing(seq + 1)),
            // Nobody has stored what lies beyond.
            (Some(_), Some(last)) if last < seq => Some(JournalBreak::Altered(last + 1)),
            (None, _) if seq > 0 && !self.deleted => Some(JournalBreak::Missing(seq + 1)),
            _ => None,
        };
        self.checked.first_break = self.checked.first_break.or(at_the_end);
        self.checked
    }
}
