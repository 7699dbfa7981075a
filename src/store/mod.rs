//! Stores: where users and attempts are kept.
//!
//! A host implements [`UserRepository`] and [`AttemptStore`], or uses one of the
//! crate's stores: in memory, on SQLite (feature `sqlite`) or on PostgreSQL (feature `postgres`).
//! [`manual::implementing_a_repository`](crate::manual::implementing_a_repository) is the guide, and
//! [`manual::conformance`](crate::manual::conformance) describes the test suite.

pub(crate) mod attempt_store;
pub(crate) mod journal;
mod memory_attempts;
mod memory_entries;
mod memory_journal;
mod memory_users;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod user_directory;
pub(crate) mod user_repository;

/// The SQL crate whose pools the stores use, for hosts that create their own.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "sqlite", feature = "postgres"))))]
pub use ::sqlx;
pub(crate) use attempt_store::AttemptStore;
pub use attempt_store::Swap;
pub use memory_attempts::MemoryAttempts;
pub use memory_users::MemoryUsers;
#[cfg(feature = "postgres")]
#[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
pub use postgres::PostgresStore;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "sqlite", feature = "postgres"))))]
pub use sql::Migration;
#[cfg(feature = "sqlite")]
#[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
pub use sqlite::SqliteStore;
pub use user_directory::UserDirectory;
pub(crate) use user_repository::UserRepository;
pub use user_repository::{Insert, Replace};

pub use crate::throttle::{AttemptKey, Attempts};
pub use crate::types::{BackendCode, BackendError, BackendErrorKind, Version};
pub use crate::user::{SnapshotError, User, UserHead, UserHeadRow, UserRow};
