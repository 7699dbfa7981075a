//! The compare-and-swap loop: load, decide, store; if the version moved, decide again.

use super::Engine;
use crate::error::Unavailable;
use crate::store::{Insert, Replace};
use crate::types::{BackendError, UserId, Version};
use crate::user::{Fresh, User};

/// How often a decision is made anew because others changed the user. Each round somebody else got on.
const ROUNDS: usize = 64;

/// What a decision about a user comes to.
pub(crate) enum Decision<T> {
    /// Store this state; then, and only then, `T` is true.
    Store(User, T),
    /// Nothing is to be stored.
    Answer(T),
}

/// What became of it.
pub(crate) enum Committed<T> {
    Done(T),
    /// The user was deleted meanwhile.
    Gone,
    /// Another user has the address that was to be stored.
    EmailTaken,
}

impl Engine {
    /// Decides on the user given, stores the outcome, and decides again on a fresh load for as long as others get in
    /// between. `decide` must draw all secrets from the `Fresh` it is given, so that those of a decision that was thrown
    /// away are never used.
    pub(crate) async fn commit<T>(
        &self,
        mut user: User,
        mut decide: impl FnMut(&User, &Fresh) -> Decision<T> + Send,
    ) -> Result<Committed<T>, Unavailable> {
        for _ in 0..ROUNDS {
            let fresh = Fresh::draw()?;
            let (next, outcome) = match decide(&user, &fresh) {
                Decision::Store(next, outcome) => (next, outcome),
                Decision::Answer(outcome) => return Ok(Committed::Done(outcome)),
            };
            drop(fresh);
            match self.replace(&next, user.version()).await? {
                Replace::Stored => return Ok(Committed::Done(outcome)),
                Replace::EmailTaken => return Ok(Committed::EmailTaken),
                Replace::Stale => match self.users.find_by_id(user.id()).await? {
                    Some(current) => user = current,
                    None => return Ok(Committed::Gone),
                },
            }
        }
        Err(Unavailable::Contended)
    }

    /// Stores a new user. A lost answer is looked up.
    pub(crate) async fn insert(&self, user: &User) -> Result<Insert, Unavailable> {
        match self.users.insert(user).await {
            Ok(answer) => Ok(answer),
            Err(error) if self.is_stored(user.id(), user.version()).await => {
                drop(error);
                Ok(Insert::Stored)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn replace(&self, next: &User, expected: Version) -> Result<Replace, BackendError> {
        match self.users.replace(next, expected).await {
            Ok(answer) => Ok(answer),
            Err(error) if self.is_stored(next.id(), next.version()).await => {
                drop(error);
                Ok(Replace::Stored)
            }
            Err(error) => Err(error),
        }
    }

    /// After a lost answer: whether the state under this version is what is stored now.
    async fn is_stored(&self, id: &UserId, version: Version) -> bool {
        matches!(self.users.find_by_id(id).await, Ok(Some(stored)) if stored.version() == version)
    }
}
