//! Sessions: opened by a sign-in, shown by a token, renewed by a proof, ended.

use time::OffsetDateTime;

use super::fresh::Fresh;
use super::owed_mail::Notice;
use super::progress::Progress;
use super::session_limits::{AHEAD_BELIEVED, SessionLimits};
use super::state::User;
use super::stored::{Document, Extra, StoredSession, StoredSessions};
use crate::crypto::{Purpose, sha256};
use crate::session::{AuthMethod, Authentication, Session};
use crate::sharing::{SharingSigns, ShortId, Sighting};
use crate::types::{CLOCK_GRACE, DeviceId, Digest, SessionId, Span, Token, UserId, after};

/// A live session, and the token that shows it.
#[derive(Clone)]
pub(crate) struct OpenSession {
    token: Token,
    stored: StoredSession,
}

impl OpenSession {
    pub(crate) fn id(&self) -> SessionId {
        self.stored.id
    }

    pub(crate) fn device(&self) -> Option<DeviceId> {
        self.stored.device
    }

    pub(crate) fn methods(&self) -> &[Authentication] {
        &self.stored.methods.known
    }

    /// Its token, and the session as its owner sees it. A use that is about to be written down counts already.
    pub(crate) fn shown(self, limits: &SessionLimits, now: OffsetDateTime) -> (Token, Session) {
        let Self { token, mut stored } = self;
        if stored.is_due(limits, now) {
            stored.last_seen_at = now;
        }
        (token, Session { is_current: true, ..stored.listed(limits) })
    }
}

impl StoredSession {
    /// When the sign-in began, perhaps some steps before it was complete.
    fn began_at(&self) -> OffsetDateTime {
        self.began_at.unwrap_or(self.signed_in_at)
    }

    fn is_alive(&self, limits: &SessionLimits, now: OffsetDateTime) -> bool {
        let lifetimes = limits.lifetimes(self.kept);
        Span::starting(self.signed_in_at, lifetimes.absolute).is_alive(now)
            && Span::starting(self.last_seen_at, lifetimes.idle).is_alive(now)
            && limits.not_before.is_none_or(|not_before| self.began_at() >= not_before)
    }

    /// Whether its time is over for good. One that is dated in the future, by a clock that is ahead or because this one was set
    /// back, is not alive and not over.
    fn is_over(&self, limits: &SessionLimits, now: OffsetDateTime) -> bool {
        let lifetimes = limits.lifetimes(self.kept);
        after(self.signed_in_at, lifetimes.absolute) <= now
            || after(self.last_seen_at, lifetimes.idle) <= now
            || limits.not_before.is_some_and(|not_before| self.began_at() < not_before)
    }

    fn is_due(&self, limits: &SessionLimits, now: OffsetDateTime) -> bool {
        after(self.last_seen_at, limits.lifetimes(self.kept).lag()) <= now
    }

    fn listed(self, limits: &SessionLimits) -> Session {
        let lifetimes = limits.lifetimes(self.kept);
        let ends_at = after(self.signed_in_at, lifetimes.absolute);
        Session {
            id: self.id,
            is_current: false,
            signed_in_at: self.signed_in_at,
            methods: self.methods.known,
            device: self.device,
            last_seen_at: self.last_seen_at,
            expires_at: after(self.last_seen_at, lifetimes.idle).min(ends_at),
            ends_at,
            kept: self.kept,
            label: self.label,
        }
    }
}

fn digest(user_id: &UserId, token: &Token) -> Digest {
    sha256(Purpose::Session, &[user_id.as_str().as_bytes(), token.secret.expose()])
}

impl User {
    /// The session that this token shows, if it is alive. It ends with its device, by revocation or eviction; a device whose
    /// token has merely expired still counts.
    pub(crate) fn find_session(
        &self,
        token: &Token,
        limits: &SessionLimits,
        now: OffsetDateTime,
    ) -> Option<OpenSession> {
        self.shown_session(token).and_then(|stored| self.usable(token, stored, limits, now))
    }

    fn usable(
        &self,
        token: &Token,
        stored: &StoredSession,
        limits: &SessionLimits,
        now: OffsetDateTime,
    ) -> Option<OpenSession> {
        let usable = self.is_active() && self.document.has_device_of(stored) && stored.is_alive(limits, now);
        usable.then(|| OpenSession { token: token.clone(), stored: stored.clone() })
    }

    fn shown_session(&self, token: &Token) -> Option<&StoredSession> {
        let shown = digest(&self.id, token);
        let mut open = self.document.open_sessions().iter();
        open.find(|stored| stored.digest.ct_eq(&shown).into()).filter(|_| token.user_id == self.id)
    }

    /// The sessions that are alive, the most recently used first.
    pub(crate) fn sessions(
        &self,
        current: Option<SessionId>,
        limits: &SessionLimits,
        now: OffsetDateTime,
    ) -> Vec<Session> {
        // One that another machine dated ahead of this clock is listed too, so that its owner can end it.
        let runs = |stored: &&StoredSession| self.document.has_device_of(stored) && !stored.is_over(limits, now);
        let alive = self.document.open_sessions().iter().filter(runs);
        let listed =
            alive.cloned().map(|stored| Session { is_current: Some(stored.id) == current, ..stored.listed(limits) });
        let mut sessions: Vec<_> = listed.filter(|_| self.is_active()).collect();
        sessions.sort_by_key(|session| core::cmp::Reverse(session.last_seen_at));
        sessions
    }

    /// Whether there is such a session, alive or not.
    pub(crate) fn has_session(&self, id: SessionId) -> bool {
        self.document.open_sessions().iter().any(|stored| stored.id == id)
    }

    /// The session that this token shows, if it is alive and sessions of this user are `admitted`; and the digest of one of which
    /// something is to be written down: the use of a valid one, or that one is over.
    pub(crate) fn use_session(
        &self,
        token: &Token,
        admitted: bool,
        limits: &SessionLimits,
        used_at: OffsetDateTime,
    ) -> (Option<OpenSession>, Option<Digest>) {
        let Some(stored) = self.shown_session(token) else { return (None, None) };
        let open = self.usable(token, stored, limits, used_at).filter(|_| admitted);
        let due = stored.is_over(limits, used_at) || open.is_some() && stored.is_due(limits, used_at);
        (open, due.then_some(stored.digest))
    }

    /// The state in which a use of that session is written down, or a session that was over then is gone; `None` if neither is due.
    /// So a clock that is set back later revives nothing that was once found to be over.
    pub(crate) fn note_use(
        &self,
        token: &Token,
        address: Option<ShortId>,
        limits: &SessionLimits,
        used_at: OffsetDateTime,
        fresh: &Fresh,
    ) -> Option<(Option<SharingSigns>, User)> {
        let stored = self.shown_session(token)?;
        if stored.is_over(limits, used_at) {
            return Some((None, self.end_session(stored.id, fresh)));
        }
        let StoredSession { id, device, address: first, .. } = self.find_session(token, limits, used_at)?.stored;
        stored.is_due(limits, used_at).then(|| {
            self.next_with(fresh, |document| {
                document.with_session(id, |stored| stored.last_seen_at = used_at);
                document.sight(id, device, address.or(first), limits, used_at)
            })
        })
    }

    /// How the account was used in the last seven days.
    pub(crate) fn sharing_signs(&self, now: OffsetDateTime) -> SharingSigns {
        self.document.sightings.signs(now)
    }

    /// Without what began before that instant, sessions, sign-ins under way and changes of the address; `None` if there is nothing of it. What is dated
    /// ahead of this clock may have begun at any time, so it goes too.
    pub(crate) fn end_what_began_before(
        &self,
        before: OffsetDateTime,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Option<User> {
        let latest = after(now, CLOCK_GRACE);
        let ends = |began_at: OffsetDateTime| began_at < before || latest < began_at;
        let any = self.document.open_sessions().iter().any(|stored| ends(stored.began_at()))
            || self.document.email_changes.pending.iter().any(|pending| ends(pending.span.issued_at))
            || self.document.challenges.iter().any(|challenge| ends(challenge.began_at()));
        any.then(|| {
            self.next(fresh, |document| {
                document.open_sessions_mut().retain(|stored| !ends(stored.began_at()));
                document.challenges.retain(|challenge| !ends(challenge.began_at()));
                document.email_changes.pending.retain(|pending| !ends(pending.span.issued_at));
            })
        })
    }

    /// Without that session.
    pub(crate) fn end_session(&self, id: SessionId, fresh: &Fresh) -> User {
        self.next(fresh, |document| document.open_sessions_mut().retain(|stored| stored.id != id))
    }

    /// Whether one more session would be refused. One in the same browser takes the place of the one before.
    pub(crate) fn refuses_session(
        &self,
        device: Option<DeviceId>,
        limits: &SessionLimits,
        now: OffsetDateTime,
    ) -> bool {
        let counts = |session: &&Session| {
            session.signed_in_at <= after(now, AHEAD_BELIEVED) && (device.is_none() || session.device != device)
        };
        limits.refuses_when_full && self.sessions(None, limits, now).iter().filter(counts).count() >= limits.at_most
    }
}

impl Document {
    /// Starts a new epoch: every session ends, and every change of the address that waits for its confirmation.
    pub(super) fn begin_epoch(&mut self, fresh: &Fresh) {
        self.epoch = fresh.epoch;
        self.email_changes.pending.clear();
        if self.sessions.is_some() {
            self.open_sessions_mut().clear();
        }
    }

    /// Those of this epoch.
    pub(super) fn open_sessions(&self) -> &[StoredSession] {
        match &self.sessions {
            Some(sessions) if sessions.epoch == self.epoch => &sessions.open,
            _ => &[],
        }
    }

    /// Whether a session is alive on that device.
    pub(super) fn has_live_session(&self, device: DeviceId, limits: &SessionLimits, now: OffsetDateTime) -> bool {
        let mut open = self.open_sessions().iter();
        let believed = after(now, AHEAD_BELIEVED);
        open.any(|stored| {
            stored.device == Some(device) && !stored.is_over(limits, now) && stored.signed_in_at <= believed
        })
    }

    pub(super) fn open_sessions_mut(&mut self) -> &mut Vec<StoredSession> {
        let epoch = self.epoch;
        let sessions =
            self.sessions.get_or_insert_with(|| StoredSessions { epoch, open: Vec::new(), extra: Extra::new() });
        if sessions.epoch != epoch {
            sessions.epoch = epoch;
            sessions.open.clear();
        }
        &mut sessions.open
    }

    /// Whether the device that the session runs on still is one. Without it the session is over.
    fn has_device_of(&self, stored: &StoredSession) -> bool {
        stored.device.is_none_or(|id| self.devices.iter().any(|device| device.id == id))
    }

    fn with_session(&mut self, id: SessionId, change: impl FnOnce(&mut StoredSession)) {
        if let Some(stored) = self.open_sessions_mut().iter_mut().find(|stored| stored.id == id) {
            change(stored);
        }
    }

    /// Opens a session for what was proved. When all places are taken others end: see [`Self::make_room`].
    pub(super) fn open_session(
        &mut self,
        user_id: &UserId,
        proved: Progress,
        device: Option<DeviceId>,
        limits: &SessionLimits,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> OpenSession {
        // The browser gets another cookie (ASVS 5.0, 7.2.4).
        if device.is_some() {
            self.open_sessions_mut().retain(|stored| stored.device != device);
        }
        self.make_room(device, limits, now);
        let token = Token::new(user_id.clone(), fresh.session_secret.clone());
        let stored = StoredSession {
            id: fresh.session_id,
            digest: digest(user_id, &token),
            signed_in_at: now,
            last_seen_at: now,
            began_at: Some(proved.began_at).filter(|began_at| *began_at != now),
            address: proved.wish.address,
            methods: proved.methods.into(),
            device,
            kept: proved.wish.kept,
            label: proved.wish.label,
            extra: Extra::new(),
        };
        self.open_sessions_mut().push(stored.clone());
        OpenSession { token, stored }
    }

    /// Makes room for one more session on that device. Whoever merely knows the password must not end the owner's sessions: one
    /// on a new device, or on none, ends only others of that kind, of which there is always room for one. Any other ends those
    /// first. What a wrong clock dated far ahead was not used last, whatever it says.
    fn make_room(&mut self, device: Option<DeviceId>, limits: &SessionLimits, now: OffsetDateTime) {
        let devices = self.devices.iter().filter(|device| after(device.granted_at, limits.established_after) <= now);
        let established: Vec<DeviceId> = devices.map(|device| device.id).collect();
        let believed = after(now, AHEAD_BELIEVED);
        let is_newcomer = |device: Option<DeviceId>| device.is_none_or(|id| !established.contains(&id));
        let mut running = self.open_sessions().to_vec();
        running.retain(|stored| self.has_device_of(stored) && !stored.is_over(limits, now));
        let open = self.open_sessions_mut();
        *open = running;
        while open.len() >= limits.at_most {
            let established = open.iter().filter(|stored| !is_newcomer(stored.device)).count();
            let all = !is_newcomer(device) || established > limits.at_most;
            let endable = open.iter().filter(|stored| all || is_newcomer(stored.device));
            let next = endable.min_by_key(|stored| {
                let believed = stored.signed_in_at <= believed;
                (!is_newcomer(stored.device), believed, stored.last_seen_at)
            });
            let Some(id) = next.map(|stored| stored.id) else { break };
            open.retain(|stored| stored.id != id);
        }
    }

    /// Notes a use. `Some` if that is to be reported: the account looks shared.
    pub(super) fn sight(
        &mut self,
        session: SessionId,
        device: Option<DeviceId>,
        address: Option<ShortId>,
        limits: &SessionLimits,
        now: OffsetDateTime,
    ) -> Option<SharingSigns> {
        let device = device.map(|id| ShortId::of(id.as_bytes()));
        let seen = Sighting { session: ShortId::of(session.as_bytes()), device, address, at: now };
        if !limits.sights {
            return None;
        }
        let signs = self.sightings.note(&seen)?;
        if limits.reminds_of_sharing {
            self.mail(Notice::SharingReminder);
        }
        Some(signs)
    }

    /// The acting session under a new token, in the epoch that may have begun just now, perhaps with one more proof.
    pub(super) fn renew_session(
        &mut self,
        acting: &OpenSession,
        proof: Option<Authentication>,
        device: Option<DeviceId>,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> OpenSession {
        let user_id = &acting.token.user_id;
        let token = Token::new(user_id.clone(), fresh.session_secret.clone());
        let mut stored = acting.stored.clone();
        (stored.digest, stored.last_seen_at, stored.device) = (digest(user_id, &token), now, device);
        if let Some(proof) = proof {
            let known = &mut stored.methods.known;
            known.retain(|proven| proven.method != proof.method);
            known.push(proof);
        }
        let open = self.open_sessions_mut();
        open.retain(|other| other.id != stored.id);
        open.push(stored.clone());
        OpenSession { token, stored }
    }

    /// As above, with one more proof on the same device.
    pub(super) fn prove_session(
        &mut self,
        acting: &OpenSession,
        method: AuthMethod,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> OpenSession {
        let proof = Authentication::new(method, now);
        self.renew_session(acting, Some(proof), acting.device(), now, fresh)
    }
}
