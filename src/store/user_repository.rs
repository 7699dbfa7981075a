use core::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use super::Swap;
use crate::types::{BackendError, Email, UserId, Version};
use crate::user::{User, UserHead};

/// What inserting a user came to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[must_use = "only `Stored` means that the account is there"]
pub enum Insert {
    /// The user is stored, durably and visibly to all.
    Stored,
    /// Another user has this canonical address. Nothing was stored.
    EmailTaken,
    /// Another user has this id. Nothing was stored.
    IdTaken,
}

/// What replacing a user came to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[must_use = "only `Stored` means that the change was made"]
pub enum Replace {
    /// The user is stored, durably and visibly to all.
    Stored,
    /// The stored version is another one, or there is no such user. Nothing was stored.
    Stale,
    /// Another user has this canonical address. Nothing was stored.
    EmailTaken,
}

/// Where users live. Five methods that map onto any store with a unique index and a guarded update.
///
/// # Contract
/// - **Atomic.** [`replace`](Self::replace) and [`delete`](Self::delete) take effect if and only if the stored version
///   equals `expected`, across all processes: one guarded statement whose affected-row count is the answer
///   (`UPDATE … WHERE id = … AND version = …`). Never read and then write.
/// - **Unique.** [`insert`](Self::insert) and [`replace`](Self::replace) get the uniqueness of the id and of the canonical
///   address from a unique index of the store, not from a look-up before.
/// - **Durable.** Once `Stored` is returned the user survives a crash and every later read sees it, from any process.
///   Reads never come from a replica that may lag.
/// - **Honest about failure.** A serialization failure or deadlock, which surely took no effect, is `Stale`. A call whose
///   completion is unknown is an error; it is **never** sent again by the adapter: the caller reads back and compares the
///   version to learn what happened.
/// - **Exact.** Addresses are compared byte for byte in canonical form ([`Email::canonical`]): no collation that folds case
///   or accents. (The caller compares once more what it gets.)
/// - **Level.** A look-up that finds nothing takes as long as one that does: [`find_by_email`](Self::find_by_email) reads the head
///   alone ([`UserHead`], of one size for everybody) and calls [`UserHead::decode`] with `None`, [`find_by_id`](Self::find_by_id)
///   calls [`User::decode`] with `None`.
///
/// Any object may implement this and [`AttemptStore`](crate::AttemptStore) at once. The conformance suite in
/// `doorward::testing` (feature `testing`) checks all of this on an adapter.
///
/// An implementation carries `#[doorward::async_trait]` (that of the crate `async-trait`, which will do as well):
///
/// ```
/// use std::sync::{Mutex, PoisonError};
///
/// use doorward::{Email, UserId, UserRepository, async_trait};
/// use doorward::store::{BackendError, UserHeadRow, Insert, Replace, UserRow, Swap, User, UserHead, Version};
///
/// /// Rows as a table has them; the lock stands for the database, which checks and stores in one statement.
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
///         // Also with `None`, which takes as long as a row.
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
///     async fn delete(&self, id: &UserId, expected: Version) -> Result<Swap, BackendError> {
///         let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
///         let before = rows.len();
///         rows.retain(|row| row.id != id.as_str() || row.version != expected.to_string());
///         Ok(if rows.len() < before { Swap::Stored } else { Swap::Stale })
///     }
/// }
/// ```
///
/// Over SQL: the example `custom_repository`, and [`manual::implementing_a_repository`](crate::manual::implementing_a_repository).
#[async_trait]
pub trait UserRepository: Debug + Send + Sync + 'static {
    /// Stores a new user. For a host's own table: attaches the document to the row that exists.
    async fn insert(&self, user: &User) -> Result<Insert, BackendError>;

    /// The user of that id.
    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError>;

    /// Whose that canonical address is: the head of the user, and nothing else of it.
    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError>;

    /// Stores the next state of a user if the stored version is still `expected`.
    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError>;

    /// Deletes a user if the stored version is still `expected`.
    async fn delete(&self, id: &UserId, expected: Version) -> Result<Swap, BackendError>;
}

/// A shared repository is one: a host keeps a handle to what it plugs in.
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

    async fn delete(&self, id: &UserId, expected: Version) -> Result<Swap, BackendError> {
        (**self).delete(id, expected).await
    }
}
