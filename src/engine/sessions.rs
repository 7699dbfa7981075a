//! Sessions: found by their token, and what is written down of their use.

use std::sync::Arc;

use time::OffsetDateTime;

use super::background::Background;
use super::decision::Decision;
use super::events::Events;
use super::in_flight::InFlight;
use super::mailing::Mailing;
use super::users::{Committed, Users};
use crate::crypto::Purpose;
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::session::Session;
use crate::sharing::ShortId;
use crate::types::{ClientAddress, Digest, SessionId, Token, UserId, base64url};
use crate::user::{OpenSession, SessionLimits, User};

/// Clones share what is under way.
#[derive(Clone)]
pub(crate) struct Sessions {
    pub(crate) users: Arc<Users>,
    pub(crate) events: Arc<Events>,
    pub(crate) mailing: Arc<Mailing>,
    pub(crate) background: Background,
    pub(crate) limits: SessionLimits,
    /// Whether sessions without a second factor are invalid.
    pub(crate) second_factor_required: bool,
    /// Sessions whose use is being written down.
    pub(crate) in_flight: InFlight,
}

impl Sessions {
    /// The session that this token shows, if it is valid. One without a second factor is not where the policy requires one.
    pub(crate) fn of(&self, user: &User, token: &Token) -> Option<OpenSession> {
        user.find_session(token, &self.limits, self.events.now()).filter(|_| self.admits(user))
    }

    fn admits(&self, user: &User) -> bool {
        user.has_second_factor() || !self.second_factor_required
    }

    /// The user and the session of a token, if it is valid. If not, that is reported.
    pub(crate) async fn find(&self, token: &Token) -> Result<Option<(User, OpenSession)>, Unavailable> {
        let Some(user) = self.users.find_by_id(&token.user_id).await? else {
            self.report_unknown();
            return Ok(None);
        };
        let open = self.of(&user, token);
        if open.is_none() {
            self.report_rejected(token);
        }
        Ok(open.map(|session| (user, session)))
    }

    /// As [`find`](Self::find), and writes down the use after the answer, where that is due.
    pub(crate) async fn resume(
        &self,
        token: &Token,
        from: Option<&ClientAddress>,
    ) -> Result<Option<(User, OpenSession)>, Unavailable> {
        let Some(user) = self.users.find_by_id(&token.user_id).await? else {
            self.report_unknown();
            return Ok(None);
        };
        let used_at = self.events.now();
        let (open, due) = user.use_session(token, self.admits(&user), &self.limits, used_at);
        if open.is_none() {
            self.report_rejected(token);
        }
        if let Some(digest) = due {
            let address = from.and_then(|from| self.sighted(user.id(), from));
            self.note_use(user.clone(), token, &digest, address, used_at).await;
        }
        Ok(open.map(|open| (user, open)))
    }

    /// The user's live sessions, the most recently used first; none where the policy requires a second factor and there is none.
    pub(crate) fn list(&self, user: &User, current: Option<SessionId>) -> Vec<Session> {
        match self.admits(user) {
            true => user.sessions(current, &self.limits, self.events.now()),
            false => Vec::new(),
        }
    }

    /// One call of this process at a time does it for a session; of several processes the first to store does.
    async fn note_use(
        &self,
        user: User,
        token: &Token,
        digest: &Digest,
        address: Option<ShortId>,
        used_at: OffsetDateTime,
    ) {
        let Some(turn) = self.in_flight.enter(&base64url::encode(digest.as_bytes()), usize::MAX) else { return };
        let (sessions, token) = (self.clone(), token.clone());
        let work = async move {
            let Self { users, limits, .. } = &sessions;
            let noted =
                users.commit(user, |user, fresh| match user.note_use(&token, address, limits, used_at, fresh) {
                    Some((shared, next)) => {
                        let shared = shared.map(|signs| EventKind::SharingSuspected { signs });
                        Decision::store(next, ()).reporting_all(shared)
                    }
                    None => Decision::Answer(()),
                });
            // The answer was given. A failure was reported, and the next use is written down instead.
            if let Ok(Committed::Done((), user)) = noted.await {
                sessions.mailing.notify(&user).await;
            }
            drop(turn);
        };
        self.background.run(work).await;
    }

    /// The digest of a client address for one account; none without a key, since addresses are few enough to try them all.
    pub(crate) fn sighted(&self, user: &UserId, from: &ClientAddress) -> Option<ShortId> {
        let parts = [user.as_str().as_bytes(), from.as_bytes()];
        let digest = self.events.keyed_pseudonym(Purpose::SightedAddress, &parts)?;
        Some(ShortId::of(digest.as_bytes()))
    }

    /// A token of nobody. The id in it is whatever its maker wrote.
    pub(crate) fn report_unknown(&self) {
        self.events.report_about(EventKind::SessionRejected, None);
    }

    pub(crate) fn report_rejected(&self, token: &Token) {
        self.events.report(EventKind::SessionRejected).user_id(&token.user_id).send();
    }
}
