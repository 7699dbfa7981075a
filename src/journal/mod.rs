//! The journal: what happened to each account, stored in step with the account itself.
//!
//! `SqliteStore::with_journal` and `PostgresStore::with_journal` (features `sqlite` and `postgres`) store a [`JournalEntry`] for every event that
//! changes an account, in the transaction of the change: after a crash, either both are there or neither is. A repository of
//! your own can do the same with [`User::journal_entries`](crate::store::User::journal_entries). Where the users are in a store
//! that cannot, a [`JournalSink`] receives the entries right after the change; a crash in between loses them.
//!
//! Failed sign-ins are entered with the next sign-in by password of the same account, each at its own instant.
//!
//! The entries of a user are numbered from 1 without gaps. They hold no address, password, token or code, and are kept when the
//! account is deleted. [`Journal`] reads them:
//!
//! - the latest entries of a user, for a page that shows recent activity: [`Journal::latest`];
//! - all entries of one kind or of one period: [`Journal::list`];
//! - everything, in order, from where you stopped: [`Journal::follow`], for a queue or a SIEM.
//!
//! With an [index key](crate::AuthBuilder::index_key), entries form a chain of keyed digests for each user, and
//! [`Operator::check_journal`](crate::Operator::check_journal) names the first entry that was altered or removed.
//! [`Operator::purge_journal`](crate::Operator::purge_journal) removes what is older than you keep it, and leaves a chain that
//! still verifies. See [`manual::journal`](crate::manual::journal).

pub(crate) mod chain;
mod check;
mod entry;
mod page;

pub(crate) use check::Checker;
pub use check::{JournalBreak, JournalCheck};
pub use entry::{JournalCheckpoint, JournalEntry};
pub use page::{JournalCursor, JournalFilter, JournalPage};

pub use crate::store::journal::{Journal, JournalSink};
