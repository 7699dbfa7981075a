//! What a change adds to the journal. The entries travel with the state that the change leads to and are not part of it: the
//! state itself knows only how many there are, and the digest of the last one.

use core::time::Duration;
use std::sync::Arc;

use time::OffsetDateTime;

use super::fresh::Fresh;
use super::state::User;
use super::stored::{Document, EnteredFailures, StoredJournal};
use crate::journal::{JournalEntry, chain};
use crate::types::{UserId, after};

/// How many failures of one account are entered in a [`FAILURE_PERIOD`]. Whoever guesses must not fill the journal.
const MOST_FAILURES: u32 = 20;
const FAILURE_PERIOD: Duration = Duration::from_secs(60 * 60);

/// What the entries of a change have in common.
pub(crate) struct Entering<'a> {
    pub(crate) at: OffsetDateTime,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) operator: Option<&'a UserId>,
    /// Chains the entries.
    pub(crate) key: Option<&'a [u8; 32]>,
}

impl User {
    /// What the change that led to this state adds to the journal. A store that keeps one stores these entries together with
    /// the user, all or nothing: on [`insert`](crate::UserRepository::insert), [`replace`](crate::UserRepository::replace) and
    /// [`delete`](crate::UserRepository::delete). Empty for a change that is no event, and in a
    /// user that a store has read from rows.
    pub fn journal_entries(&self) -> &[JournalEntry] {
        &self.document.journal_entries
    }

    /// The same state with these events entered, which the store that it is given to adds to the journal.
    pub(crate) fn entered(mut self, events: &[&str], entering: &Entering<'_>) -> User {
        let document = Arc::make_mut(&mut self.document);
        document.journal_entries.clear();
        for event in events {
            let journal = document.journal.get_or_insert_default();
            journal.entries += 1;
            let entry = JournalEntry {
                request_id: entering.request_id.map(Into::into),
                operator: entering.operator.cloned(),
                ..JournalEntry::new(self.id.clone(), journal.entries, entering.at, *event)
            };
            let digest = entering.key.map(|key| chain::digest(key, &entry, journal.digest.as_deref()));
            journal.digest.clone_from(&digest);
            document.journal_entries.push(JournalEntry { digest, ..entry });
        }
        self
    }

    /// The number and the digest of the last entry; 0 before the first.
    pub(crate) fn journal_end(&self) -> (u64, Option<&str>) {
        self.document.journal.as_ref().map_or((0, None), |journal| (journal.entries, journal.digest.as_deref()))
    }

    /// The next state, in which a failure is counted that is entered in the journal. `None` if there were too many of late.
    pub(crate) fn failure_entered(&self, now: OffsetDateTime, fresh: &Fresh) -> Option<User> {
        let failures = self.document.journal.as_ref().and_then(|journal| journal.failures);
        // A clock that was set back begins a period as well.
        let under_way = failures.filter(|it| it.since <= now && now < after(it.since, FAILURE_PERIOD));
        let EnteredFailures { since, entered } = under_way.unwrap_or(EnteredFailures { since: now, entered: 0 });
        (entered < MOST_FAILURES).then(|| {
            self.next(fresh, |document| {
                let journal: &mut StoredJournal = document.journal.get_or_insert_default();
                journal.failures = Some(EnteredFailures { since, entered: entered + 1 });
            })
        })
    }

    /// The same state without what was decided on the way to it, for one that was read: a repository may hand back what it was
    /// given.
    pub(crate) fn without_change(mut self) -> User {
        let Document { to_mail, journal_entries, registration, .. } = &*self.document;
        if !to_mail.is_empty() || !journal_entries.is_empty() || registration.is_some() {
            let document = Arc::make_mut(&mut self.document);
            document.to_mail.clear();
            document.journal_entries.clear();
            document.registration = None;
        }
        self
    }
}
