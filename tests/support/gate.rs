//! Two calls that are proven to collide.
#![allow(dead_code)] // each test binary uses only a part of it

use std::fmt;
use std::sync::Arc;

use doorward::store::{BackendError, Insert, Replace, Swap, User, UserHead, Version};
use doorward::{Email, UserId, UserRepository};
use tokio::sync::watch;

/// Who stores first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    Left,
    Right,
}

/// Holds the first write of two calls until both are about to write over the same version: neither has stored, and both have
/// read. Then the first one stores, and after it the second, whose write comes too late.
#[derive(Clone)]
pub struct Gate(Arc<watch::Sender<State>>);

#[derive(Clone, Debug, Default)]
struct State {
    first: Option<Side>,
    /// The versions that the two expect.
    left: Option<Version>,
    right: Option<Version>,
    first_has_stored: bool,
    /// A call of that side is done, and nobody waits for it.
    left_is_done: bool,
    right_is_done: bool,
    /// Whether the write of the second was answered with `Stale`.
    collided: bool,
}

impl Gate {
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(State::default())))
    }

    /// From now on the gate holds the next two calls.
    pub fn close(&self, first: Side) {
        self.0.send_replace(State { first: Some(first), ..State::default() });
    }

    /// From now on every call passes. Returns whether two have collided since it was closed.
    pub fn open(&self) -> bool {
        self.0.send_replace(State::default()).collided
    }

    /// Runs a call. Once it is done, nobody waits for it to store.
    pub async fn run<T>(&self, side: Side, call: impl Future<Output = T>) -> T {
        let outcome = call.await;
        self.0.send_modify(|state| match side {
            Side::Left => state.left_is_done = true,
            Side::Right => state.right_is_done = true,
        });
        outcome
    }

    /// The repository as the calls on one side see it.
    pub fn side(&self, side: Side, users: Arc<dyn UserRepository>) -> Gated {
        Gated { gate: self.clone(), side, users }
    }

    async fn until(&self, holds: impl FnMut(&State) -> bool) {
        let mut state = self.0.subscribe();
        drop(state.wait_for(holds).await.expect("the gate is there"));
    }
}

/// A repository that passes the gate.
#[derive(Clone)]
pub struct Gated {
    gate: Gate,
    side: Side,
    users: Arc<dyn UserRepository>,
}

impl fmt::Debug for Gated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gated")
    }
}

impl Gated {
    /// Whether this call is held: the first of its side since the gate was closed.
    fn is_held(&self, expected: Version) -> bool {
        let mut held = false;
        self.gate.0.send_if_modified(|state| {
            let mine = match self.side {
                Side::Left => &mut state.left,
                Side::Right => &mut state.right,
            };
            held = state.first.is_some() && mine.is_none();
            if held {
                *mine = Some(expected);
            }
            held
        });
        held
    }
}

#[async_trait::async_trait]
impl UserRepository for Gated {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.users.insert(user).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        self.users.find_by_id(id).await
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        self.users.find_by_email(email).await
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        if !self.is_held(expected) {
            return self.users.replace(user, expected).await;
        }
        let left = |state: &State| state.left.is_some() || state.left_is_done;
        let right = |state: &State| state.right.is_some() || state.right_is_done;
        self.gate.until(|state| left(state) && right(state)).await;
        let state = self.gate.0.borrow().clone();
        if state.left != state.right {
            // No collision: the other call stored nothing, or read another version.
            return self.users.replace(user, expected).await;
        }
        if state.first == Some(self.side) {
            let answer = self.users.replace(user, expected).await;
            self.gate.0.send_modify(|state| state.first_has_stored = matches!(answer, Ok(Replace::Stored)));
            return answer;
        }
        self.gate.until(|state| state.first_has_stored).await;
        let answer = self.users.replace(user, expected).await;
        self.gate.0.send_modify(|state| state.collided = matches!(answer, Ok(Replace::Stale)));
        answer
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        self.users.delete(user).await
    }

    fn keeps_journal(&self) -> bool {
        self.users.keeps_journal()
    }
}
