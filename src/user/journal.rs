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

/// How many failures one sign-in enters.
const MOST_AT_ONCE: usize = 20;
/// How many tries are remembered as settled: more than the two buckets of a sign-in hold.
const MOST_SETTLED: usize = 64;
/// How long they are: longer than a bucket is kept, by clocks that differ by a day.
const SETTLED_FOR: Duration = Duration::from_secs(48 * 60 * 60);

/// Tries to sign in that the buckets have noted, for somebody who has now proved the password.
#[derive(Clone, Default)]
pub(crate) struct NotedTries {
    /// Those in the bucket that this sign-in was charged in, which forgets them afterwards.
    pub(crate) charged: Vec<OffsetDateTime>,
    /// Those in a bucket that was only read.
    pub(crate) others: Vec<OffsetDateTime>,
    /// This sign-in itself.
    pub(crate) own: Option<OffsetDateTime>,
}

/// What the entries of a change have in common.
pub(crate) struct Entering<'a> {
    /// What had happened before and is entered first, each at its own instant.
    pub(crate) earlier: &'a [(OffsetDateTime, &'static str)],
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
        let earlier = entering.earlier.iter().map(|(at, event)| (*at, *event, None, None));
        let now = events.iter().map(|event| (entering.at, *event, entering.request_id, entering.operator));
        for (at, event, request_id, operator) in earlier.chain(now) {
            let journal = document.journal.get_or_insert_default();
            journal.entries += 1;
            let entry = JournalEntry {
                request_id: request_id.map(Into::into),
                operator: operator.cloned(),
                ..JournalEntry::new(self.id.clone(), journal.entries, at, event)
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

    /// The failures to enter in the journal with a sign-in, the earliest first: tries that were noted and are not settled, at an
    /// address that was this account's.
    pub(crate) fn failures_to_enter(&self, noted: &NotedTries, now: OffsetDateTime) -> Vec<OffsetDateTime> {
        let journal = self.document.journal.as_ref();
        let since = journal.and_then(|journal| journal.addressed_at).unwrap_or(self.document.created_at);
        let is_due = |at: &&OffsetDateTime| {
            // An account of the future was made before the clock was set back.
            let of_this_account = **at > since || since > now;
            of_this_account && journal.is_none_or(|journal| !journal.settled_tries.contains(at))
        };
        let newest = |tries: &[OffsetDateTime], at_most: usize| {
            let due: Vec<_> = tries.iter().filter(is_due).copied().collect();
            due[due.len().saturating_sub(at_most)..].to_vec()
        };
        // Those that are about to be forgotten go first; the others are still there at the next sign-in.
        let mut failures = newest(&noted.charged, MOST_AT_ONCE);
        failures.extend(newest(&noted.others, MOST_AT_ONCE - failures.len()));
        failures.sort_unstable();
        failures.dedup();
        failures
    }

    /// The next state, in which these failures count as entered, and the try that the sign-in was charged for as none.
    pub(crate) fn with_settled_tries(
        &self,
        failures: &[OffsetDateTime],
        noted: &NotedTries,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> User {
        self.next(fresh, |document| {
            let settled = &mut document.journal.get_or_insert_default().settled_tries;
            // What a bucket still holds must be known for as long, however old it is.
            let is_held = |at: &OffsetDateTime| noted.charged.contains(at) || noted.others.contains(at);
            let (held, gone): (Vec<_>, Vec<_>) = settled.drain(..).partition(is_held);
            settled.extend(gone.into_iter().filter(|at| now < after(*at, SETTLED_FOR)));
            settled.extend(held.into_iter().chain(failures.iter().copied()).chain(noted.own));
            let superfluous = settled.len().saturating_sub(MOST_SETTLED);
            settled.drain(..superfluous);
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

impl Document {
    /// From now on the account has another address: failures from before were at an address that was not its own.
    pub(super) fn note_new_address(&mut self, now: OffsetDateTime) {
        if let Some(journal) = &mut self.journal {
            journal.addressed_at = Some(now);
        }
    }
}
