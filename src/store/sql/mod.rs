//! What the SQL adapters share: one schema and one set of statements, in the SQL common to SQLite, PostgreSQL, CockroachDB and
//! YugabyteDB, but for what a journal needs. Parameters are `$1` everywhere.

mod journal;
mod journal_port;
mod lease;
mod migration;
mod ports;
mod prefix;
mod row;
mod statements;
mod verdict;

#[cfg(feature = "postgres")]
pub(super) use journal::table as journal_table;
pub(super) use journal::{Dialect, FollowedEntry, StoredEntry, place, read_entries, read_entry, signed};
pub(super) use journal_port::implement_journal;
pub(super) use lease::{Lease, TIMEOUT, in_time, timeout};
pub use migration::Migration;
pub(super) use migration::{MigrationLog, migrations};
pub(super) use ports::implement_ports;
pub(super) use prefix::TablePrefix;
pub(super) use row::{Columns, Stored, ids, micros, page, read_attempts, read_head, read_user};
pub(super) use statements::Statements;
pub(super) use verdict::Verdict;
