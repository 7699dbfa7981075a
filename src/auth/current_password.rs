//! Verifying the current password of a signed-in user, throttled in a bucket that no other session reaches.

use core::time::Duration;

use crate::engine::{Admission, Bucket, Caller, Charged, Engine};
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::hashing::HashMemory;
use crate::types::{Password, SessionId};
use crate::user::{Judged, User};

/// The outcome of a verification.
pub(super) enum Current<T> {
    Right {
        judged: Judged,
        charged: Vec<Charged>,
        /// What the rest of the job returned.
        then: T,
    },
    Wrong,
    Throttled {
        retry_after: Duration,
    },
}

/// Verifies the password, and after a right one does the rest of the job, which returns how many hashes it computed. It is prepared
/// once the attempt is charged.
pub(super) async fn confirm_password<T: Send + 'static, F: FnOnce(&mut HashMemory) -> (T, u64) + Send + 'static>(
    engine: &Engine,
    user: &User,
    session: SessionId,
    typed: &Password,
    prepare: impl FnOnce() -> F + Send,
) -> Result<Current<T>, Unavailable> {
    let (permit, charged) = match engine.throttle.charge(&[Bucket::Session(user.id(), session)], Caller::Known).await? {
        Admission::Admitted(charged) => charged,
        Admission::Throttled { retry_after } => {
            engine.events.report(EventKind::Throttled { retry_after }).user(user).send();
            return Ok(Current::Throttled { retry_after });
        }
    };
    let judged = Judged::password_of(user);
    let evaluable = engine.hashing.evaluable(user.email(), Some(user), judged.as_ref());
    let (typed, then) = (typed.clone(), prepare());
    let verified = permit.run(move |memory| match evaluable.verify(&typed, memory) {
        (true, hashes) => {
            let (then, further) = then(memory);
            (Some(then), hashes + further)
        }
        (false, hashes) => (None, hashes),
    });
    match (judged, verified.await.map_err(|_| Unavailable::Closed)?) {
        (Some(judged), Some(then)) => Ok(Current::Right { judged, charged, then }),
        _ => Ok(Current::Wrong),
    }
}
