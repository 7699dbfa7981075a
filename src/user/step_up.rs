//! Step-up: somebody who is signed in proves once more who it is.

use core::time::Duration;

use time::OffsetDateTime;

use super::codes::AcceptedCode;
use super::fresh::Fresh;
use super::state::User;
use crate::account::{AuthMethod, Session};
use crate::types::Span;

impl User {
    /// A right code proves once more who acts in a session.
    pub(crate) fn prove_again_by_code(
        &self,
        session: &Session,
        accepted: &AcceptedCode,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> (Session, User) {
        let user = self.next(fresh, |document| document.second_factor.accept(accepted));
        (session.proved_again(self.epoch(), accepted.method(), now), user)
    }

    /// The password proves once more who acts in a session. Stored, so that a change or a deactivation that came in between is
    /// not missed.
    pub(crate) fn prove_again(
        &self,
        session: &Session,
        method: AuthMethod,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> (Session, User) {
        (session.proved_again(self.epoch(), method, now), self.next(fresh, |_| {}))
    }

    /// Whether what the session proved is fresh enough for changing how this user signs in: a code, where a second factor
    /// is on; anything else, where none is.
    pub(crate) fn is_freshly_proved(&self, session: &Session, within: Duration, now: OffsetDateTime) -> bool {
        session.methods().iter().any(|proven| {
            let counts = !self.has_second_factor() || proven.method.is_second_factor();
            let span = Span::starting(proven.at, within);
            counts && span.is_alive(now)
        })
    }
}
