//! A change of the address: asked for in a session, confirmed in a session by what was mailed to the new address, or made by an
//! operator.

use core::time::Duration;

use time::OffsetDateTime;

use super::fresh::Fresh;
use super::owed_mail::{Notice, OwedMail};
use super::session::OpenSession;
use super::state::User;
use super::stored::{Document, EmailUndo, Extra, PendingEmail};
use crate::crypto::{Purpose, sha256};
use crate::types::{Digest, Email, Span, Token, UserId, after, until};

/// Bounds on changes of an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EmailChangeLimits {
    pub(crate) lifetime: Duration,
    /// From one mail to an address to the next.
    pub(crate) cooldown: Duration,
    /// How many changes may wait for their confirmation; the oldest gives way.
    pub(crate) pending: usize,
    pub(crate) undo_lifetime: Duration,
    /// How many changes can be taken back. When all places are taken, there is no further change: the oldest, which leads back to
    /// the owner's address, must never give way.
    pub(crate) undos: usize,
}

/// The outcome of asking for a change.
#[allow(clippy::large_enum_variant)] // one on the stack at a time
pub(crate) enum EmailRequest {
    /// Store the user, then mail the link.
    Added { token: Token, expires_at: OffsetDateTime, user: User },
    /// It is the address of the account.
    Same,
    /// The same was asked for a moment ago.
    CoolingDown { retry_after: Duration },
    /// As many changes as can be taken back were made.
    TooMany { retry_after: Duration },
}

/// The outcome of confirming one.
#[allow(clippy::large_enum_variant)] // one on the stack at a time
pub(crate) enum EmailConfirmation {
    /// No link of this user that still works.
    Invalid,
    /// As many changes as can be taken back were made.
    TooMany { retry_after: Duration },
    /// Store the user, then mail the link that takes the change back.
    Confirmed { session: OpenSession, undo: Token, expires_at: OffsetDateTime, user: User },
}

fn digest(user_id: &UserId, token: &Token) -> Digest {
    sha256(Purpose::EmailChange, &[user_id.as_str().as_bytes(), token.secret.expose()])
}

pub(super) fn undo_digest(user_id: &UserId, token: &Token) -> Digest {
    sha256(Purpose::EmailUndo, &[user_id.as_str().as_bytes(), token.secret.expose()])
}

impl User {
    /// Asks for another address. It changes nothing yet, but the address that the account has is told.
    pub(crate) fn request_email_change(
        &self,
        new: &Email,
        limits: &EmailChangeLimits,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> EmailRequest {
        if *new == self.email {
            return EmailRequest::Same;
        }
        if let Some(retry_after) = self.has_all_undos(limits, now) {
            return EmailRequest::TooMany { retry_after };
        }
        let same = self.pending_emails(now).filter(|pending| pending.email == *new);
        let wait = same.map(|pending| until(now, after(pending.span.issued_at, limits.cooldown))).max();
        if let Some(retry_after) = wait.filter(|wait| *wait > Duration::ZERO) {
            return EmailRequest::CoolingDown { retry_after };
        }
        let token = Token::new(self.id.clone(), fresh.secret.clone());
        let span = Span::starting(now, limits.lifetime);
        let user = self.next(fresh, |document| {
            let epoch = document.epoch;
            let pending = &mut document.email_changes.pending;
            pending.retain(|pending| pending.span.is_alive(now) && pending.epoch == epoch);
            let spare = (pending.len() + 1).saturating_sub(limits.pending);
            pending.drain(..spare);
            let digest = digest(&self.id, &token);
            pending.push(PendingEmail { digest, email: new.clone(), epoch, span, extra: Extra::new() });
            document.mail(Notice::EmailChangeRequested);
        });
        EmailRequest::Added { token, expires_at: span.expires_at, user }
    }

    /// Those that can still be confirmed.
    fn pending_emails(&self, now: OffsetDateTime) -> impl Iterator<Item = &PendingEmail> {
        let document = &self.document;
        let pending = document.email_changes.pending.iter();
        pending.filter(move |pending| pending.span.is_alive(now) && pending.epoch == document.epoch)
    }

    fn pending_email(&self, token: &Token, now: OffsetDateTime) -> Option<&PendingEmail> {
        let shown = digest(&self.id, token);
        let found = self.pending_emails(now).find(|pending| pending.digest.ct_eq(&shown).into());
        found.filter(|_| self.is_active() && token.user_id == self.id)
    }

    /// The address that this link would give to the account.
    pub(crate) fn email_of_change(&self, token: &Token, now: OffsetDateTime) -> Option<&Email> {
        self.pending_email(token, now).map(|pending| &pending.email)
    }

    /// How long it takes until a further change could be taken back; `None` if it could now. A way back that is dated ahead by
    /// another clock counts too: nobody must push it out.
    fn has_all_undos(&self, limits: &EmailChangeLimits, now: OffsetDateTime) -> Option<Duration> {
        let ends = self.document.email_changes.undo.iter().map(|undo| undo.span.expires_at);
        let mut alive: Vec<_> = ends.filter(|end| now < *end).collect();
        alive.sort_unstable();
        let first = alive.len().checked_sub(limits.undos)?;
        alive.get(first).map(|end| until(now, *end))
    }

    /// The address becomes the one to which the link was mailed. The acting session lives on; everything else that was issued
    /// ends, also what was mailed to the old address. The old address gets the way back.
    pub(crate) fn confirm_email_change(
        &self,
        session: &OpenSession,
        token: &Token,
        limits: &EmailChangeLimits,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> EmailConfirmation {
        let Some(email) = self.email_of_change(token, now).cloned() else { return EmailConfirmation::Invalid };
        if let Some(retry_after) = self.has_all_undos(limits, now) {
            return EmailConfirmation::TooMany { retry_after };
        }
        let undo = Token::new(self.id.clone(), fresh.secret.clone());
        let span = Span::starting(now, limits.undo_lifetime);
        let (session, next) = self.next_with(fresh, |document| {
            document.leave_address(&self.email, now, fresh);
            document.devices.retain(|device| Some(device.id) == session.device());
            let factor = document.second_factor.totp.as_ref().map(|totp| totp.enrolled_at);
            let recovery_codes = document.second_factor.codes_issued_at;
            let undos = &mut document.email_changes.undo;
            undos.retain(|undo| now < undo.span.expires_at);
            let (digest, email, extra) = (undo_digest(&self.id, &undo), self.email.clone(), Extra::new());
            undos.push(EmailUndo { digest, email, span, factor, recovery_codes, extra });
            document.mail_to(OwedMail::EmailUndo, &self.email);
            document.mail(Notice::EmailConfirmed);
            document.renew_session(session, None, session.device(), now, fresh)
        });
        let user = User { email, ..next };
        EmailConfirmation::Confirmed { session, undo, expires_at: span.expires_at, user }
    }

    /// An operator gives the account another address. Both are told, and there is no way back for the old mailbox, which may be in
    /// wrong hands.
    pub(crate) fn change_email(&self, email: Email, now: OffsetDateTime, fresh: &Fresh) -> User {
        let next = self.next(fresh, |document| {
            document.leave_address(&self.email, now, fresh);
            document.devices.clear();
            document.email_changes.void();
            document.mail_to(Notice::EmailChangedByOperator.into(), &self.email);
            document.mail(Notice::EmailSetByOperator);
        });
        User { email, ..next }
    }
}

impl Document {
    /// Another address takes the place of this one: whatever was mailed to it or issued before is void. What is still to be mailed
    /// to it goes there all the same: otherwise somebody who changes the address would get the notice of what they did before.
    fn leave_address(&mut self, old: &Email, now: OffsetDateTime, fresh: &Fresh) {
        self.note_new_address(now);
        self.void_what_was_issued(fresh);
        self.undeliverable = None;
        // What lets somebody in is void, and its mail with it.
        self.owed.known.retain(|owed| !owed.mail.lets_in());
        for owed in &mut self.owed.known {
            owed.to.get_or_insert_with(|| old.clone());
        }
    }

    /// Starts a new epoch, and voids reset links, the temporary password, challenges and pending changes of the address.
    pub(super) fn void_what_was_issued(&mut self, fresh: &Fresh) {
        self.begin_epoch(fresh);
        self.reset.void();
        self.temporary = None;
        self.challenges.clear();
        self.second_factor.forget_what_was_begun();
    }
}
