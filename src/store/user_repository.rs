use core::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use super::Swap;
use crate::types::{BackendError, Email, UserId, Version};
use crate::user::{User, UserHead};

/// The outcome of inserting a user.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[must_use = "only `Stored` means that the account exists"]
pub enum Insert {
    /// The user is stored durably and visible to all.
    Stored,
    /// Another user has this canonical address. Nothing was stored.
    EmailTaken,
    /// Another user has this id. Nothing was stored.
    IdTaken,
}

/// The outcome of replacing a user.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[must_use = "only `Stored` means that the change was made"]
pub enum Replace {
    /// The user is stored durably and visible to all.
    Stored,
    /// The stored version differs, or there is no such user. Nothing was stored.
    Stale,
    /// Another user has this canonical address. Nothing was stored.
    EmailTaken,
}

/// Stores users. Its methods map onto any store with a unique index and a guarded update.
///
/// # Contract
/// - **Atomic.** [`replace`](Self::replace) and [`delete`](Self::delete) take effect if and only if the stored version is the
///   expected one, across all processes: one guarded statement whose affected-row count decides
///   (`UPDATE … WHERE id = … AND version = …`). Never read first and write afterwards.
/// - **Unique.** For [`insert`](Self::insert) and [`replace`](Self::replace), a unique index of the store guarantees
///   that ids and canonical addresses are unique, not a preceding look-up.
/// - **Durable.** Once `Stored` is returned, the user survives a crash and every later read from any process sees it. Never
///   read from a replica that may lag.
/// - **Honest about failure.** A serialization failure or deadlock, which certainly had no effect, is `Stale`. A call whose
///   outcome is unknown is an error, and the adapter **never** sends it again: the caller reads back and compares the version
///   to learn what happened.
/// - **Exact.** Addresses are compared byte for byte in canonical form ([`Email::canonical`]), without a collation that folds
///   case or accents. (The caller compares the result again.)
/// - **Uniform.** A look-up that finds nothing takes as long as one that succeeds:
///   [`find_by_email`](Self::find_by_email) reads only the head ([`UserHead`], the same size for every user) and calls
///   [`UserHead::decode`] even with `None`; [`find_by_id`](Self::find_by_id) calls [`User::decode`] even with `None`.
///
/// One object may implement both this and [`AttemptStore`](crate::AttemptStore). The conformance suite in `doorward::testing`
/// (feature `testing`) checks an adapter against this contract.
///
/// An implementation needs the attribute `#[doorward::async_trait]` (re-exported from the crate `async-trait`, whose
/// own attribute works too):
///
/// ```
/// use std::sync::{Mutex, PoisonError};
///
/// use doorward::{Email, UserId, UserRepository, async_trait};
/// use doorward::store::{BackendError, UserHeadRow, Insert, Replace, UserRow, Swap, User, UserHead, Version};
///
/// /// Rows as in a table; the lock stands in for the database, which checks and stores in one statement.
/// #[derive(Debug, Default)]
/// struct Table(Mutex<Vec<Stored>>);
///
/// #[derive(Debug)]
/// struct Stored { id: String, email: String, version: String, head: String, snapshot: String }
///
/// impl Stored {
///     fn of(user: &User) -> Self {
///         let (id, email) = (user.id().as_str().to_owned(), user.email().canonical().to_owned());
///         let (version, head) = (user.version().to_string(), user.head().encode());
///         Self { id, email, version, head, snapshot: user.to_snapshot() }
///     }
/// }
///
/// #[async_trait]
/// impl UserRepository for Table {
///     async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
///         let (mut rows, new) = (self.0.lock().unwrap_or_else(PoisonError::into_inner), Stored::of(user));
///         if rows.iter().any(|row| row.id == new.id) {
///             return Ok(Insert::IdTaken);
///         }
///         if rows.iter().any(|row| row.email == new.email) {
///             return Ok(Insert::EmailTaken);
///         }
///         rows.push(new);
///         Ok(Insert::Stored)
///     }
///
///     async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
///         let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
///         let row = rows.iter().find(|row| row.id == id.as_str());
///         // Called with `None` too, so that a miss takes as long as a hit.
///         User::decode(row.map(|Stored { id, email, version, snapshot, .. }| UserRow { id, email, version, snapshot }))
///     }
///
///     async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
///         let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
///         let row = rows.iter().find(|row| row.email == email.canonical());
///         UserHead::decode(row.map(|Stored { id, email, head, .. }| UserHeadRow { id, email, head }))
///     }
///
///     async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
///         let (mut rows, next) = (self.0.lock().unwrap_or_else(PoisonError::into_inner), Stored::of(user));
///         if rows.iter().any(|row| row.email == next.email && row.id != next.id) {
///             return Ok(Replace::EmailTaken);
///         }
///         match rows.iter_mut().find(|row| row.id == next.id && row.version == expected.to_string()) {
///             Some(row) => *row = next,
///             None => return Ok(Replace::Stale),
///         }
///         Ok(Replace::Stored)
///     }
///
///     async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
///         let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
///         let before = rows.len();
///         rows.retain(|row| row.id != user.id().as_str() || row.version != user.version().to_string());
///         Ok(if rows.len() < before { Swap::Stored } else { Swap::Stale })
///     }
///
///     fn keeps_journal(&self) -> bool {
///         false
///     }
/// }
/// ```
///
/// For SQL, see the example `custom_repository` and
/// [`manual::implementing_a_repository`](crate::manual::implementing_a_repository).
#[async_trait]
pub trait UserRepository: Debug + Send + Sync + 'static {
    /// Stores a new user. With a table of the host's own, attaches the document to the existing row, or makes the row: for somebody who
    /// registered, [`User::registration`] holds what the host gave along.
    async fn insert(&self, user: &User) -> Result<Insert, BackendError>;

    /// The user with this id.
    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError>;

    /// The head of the user with this canonical address, and nothing more.
    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError>;

    /// Stores the next state of a user if the stored version is still `expected`.
    ///
    /// **Its address may be another one** than before ([`Auth::confirm_email_change`](crate::Auth::confirm_email_change),
    /// [`Auth::undo_email_change`](crate::Auth::undo_email_change), [`Operator::change_email`](crate::Operator::change_email),
    /// [`Operator::correct_email`](crate::Operator::correct_email)): write the address columns too, in the same statement. From then on
    /// [`find_by_email`](Self::find_by_email) finds the user under the new address and not under the old one, which is free. If another user
    /// has it, the answer is [`Replace::EmailTaken`], and nothing changes.
    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError>;

    /// Deletes a user if the stored version is still that of the given one.
    async fn delete(&self, user: &User) -> Result<Swap, BackendError>;

    /// Whether [`insert`](Self::insert), [`replace`](Self::replace) and [`delete`](Self::delete) store
    /// [`User::journal_entries`] together with the change. A wrapper asks the inner repository, or there is no journal.
    fn keeps_journal(&self) -> bool;
}

/// Forwards to the inner repository, so that a host can keep a handle to what it plugs in.
#[async_trait]
impl<T: UserRepository + ?Sized> UserRepository for Arc<T> {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        (**self).insert(user).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        (**self).find_by_id(id).await
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        (**self).find_by_email(email).await
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        (**self).replace(user, expected).await
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        (**self).delete(user).await
    }

    fn keeps_journal(&self) -> bool {
        (**self).keeps_journal()
    }
}
