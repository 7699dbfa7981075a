//! Step-up: somebody who is signed in proves once more who it is.

use core::time::Duration;

use time::OffsetDateTime;

use super::codes::AcceptedCode;
use super::fresh::Fresh;
use super::session::OpenSession;
use super::state::User;
use crate::session::AuthMethod;
use crate::types::Span;

impl User {
    /// A right code proves once more who acts in a session.
    pub(crate) fn prove_again_by_code(
        &self,
        session: &OpenSession,
        accepted: &AcceptedCode,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> (OpenSession, User) {
        self.next_with(fresh, |document| {
            document.accept(accepted);
            document.prove_session(session, accepted.method(), now, fresh)
        })
    }

    /// The password proves once more who acts in a session.
    pub(crate) fn prove_again(
        &self,
        session: &OpenSession,
        method: AuthMethod,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> (OpenSession, User) {
        self.next_with(fresh, |document| document.prove_session(session, method, now, fresh))
    }

    /// Whether what the session proved is fresh enough for changing how this user signs in: a code, where a second factor
    /// is on; anything else, where none is.
    pub(crate) fn is_freshly_proved(&self, session: &OpenSession, within: Duration, now: OffsetDateTime) -> bool {
        session.methods().iter().any(|proven| {
            let counts = !self.has_second_factor() || proven.method.is_second_factor();
            let span = Span::starting(proven.at, within);
            counts && span.is_alive(now)
        })
    }
}
