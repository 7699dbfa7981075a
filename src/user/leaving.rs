//! The deletion that an owner asks for: scheduled, undone, due.

use core::time::Duration;

use time::OffsetDateTime;

use super::fresh::Fresh;
use super::owed_mail::{Notice, OwedMail};
use super::state::User;
use super::stored::{Document, Extra, StoredDeletion};
use crate::account::UserStatus;
use crate::crypto::{Purpose, sha256};
use crate::types::{Digest, Span, Token, UserId, after, until};

/// How long after a deletion was undone none is accepted: enough to reset the password.
const AFTER_UNDOING: Duration = Duration::from_secs(24 * 60 * 60);

fn digest(user_id: &UserId, token: &Token) -> Digest {
    sha256(Purpose::DeletionLink, &[user_id.as_str().as_bytes(), token.secret.expose()])
}

impl User {
    /// How long the account stays after its owner has asked for its deletion: the grace, and while a change of its address can be taken
    /// back. Otherwise whoever has taken the account over could destroy it before its owner reads the mail.
    pub(crate) fn deletion_grace(&self, grace: Duration, now: OffsetDateTime) -> Duration {
        let undos = self.document.email_changes.undo.iter().map(|undo| until(now, undo.span.expires_at));
        undos.fold(grace, Duration::max)
    }

    /// Closes the account until it is deleted, and the token of the link to mail, which undoes that.
    pub(crate) fn request_deletion(&self, grace: Duration, now: OffsetDateTime, fresh: &Fresh) -> (Token, User) {
        let token = Token::new(self.id.clone(), fresh.secret.clone());
        let user = self.next(fresh, |document| {
            document.close(fresh);
            let (link, span) = (digest(&self.id, &token), Span::starting(now, grace));
            document.deletion = Some(StoredDeletion { requested_at: now, link, span, extra: Extra::new() });
            document.mail(OwedMail::DeletionRequested);
        });
        (token, user)
    }

    /// When the account will be gone, if its owner has asked for its deletion and nobody has decided otherwise since.
    pub(crate) fn deletion_due_at(&self) -> Option<OffsetDateTime> {
        self.document.pending_deletion().map(|deletion| deletion.span.expires_at)
    }

    /// Whether the account is to be deleted now.
    pub(crate) fn is_to_be_deleted(&self, now: OffsetDateTime) -> bool {
        self.deletion_due_at().is_some_and(|due| due <= now)
    }

    /// Whether this link undoes the deletion, and until when.
    pub(crate) fn undoes_deletion(&self, token: &Token, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let shown = digest(&self.id, token);
        let deletion = self.document.pending_deletion()?;
        let works = bool::from(deletion.link.ct_eq(&shown)) && token.user_id == self.id && deletion.span.is_alive(now);
        works.then_some(deletion.span.expires_at)
    }

    /// How long no other deletion is accepted after one was undone. Whoever knows the password may have asked for it, and must not void
    /// the reset with which its owner gets a new one.
    pub(crate) fn deletion_refused_for(&self, now: OffsetDateTime) -> Option<Duration> {
        // One that was undone in the future was undone before the clock was set back.
        let undone_at = self.document.deletion_undone_at.filter(|at| *at <= now)?;
        Some(until(now, after(undone_at, AFTER_UNDOING))).filter(|wait| !wait.is_zero())
    }

    /// The account is as before, and its owner signed out. `None` unless the link undoes the deletion.
    pub(crate) fn undo_deletion(&self, token: &Token, now: OffsetDateTime, fresh: &Fresh) -> Option<User> {
        self.undoes_deletion(token, now)?;
        Some(self.next(fresh, |document| {
            let mailed_at = document.deletion.as_ref().map(|deletion| deletion.span.issued_at);
            document.reopen(fresh);
            if let Some(mailed_at) = mailed_at {
                document.mail_arrived(mailed_at, now);
            }
            document.deletion_undone_at = Some(now);
            document.mail(Notice::DeletionUndone);
        }))
    }

    /// The same account, recorded under a new version: something was done that changes nothing.
    pub(crate) fn unchanged(&self, fresh: &Fresh) -> User {
        self.next(fresh, |_| ())
    }
}

impl Document {
    /// Nothing mailed or issued before works again, even after reopening, except the password.
    pub(super) fn close(&mut self, fresh: &Fresh) {
        (self.status, self.deletion) = (UserStatus::Deactivated, None);
        self.end_sessions(fresh);
        self.reset.void();
        self.temporary = None;
        self.devices.clear();
    }

    pub(super) fn reopen(&mut self, fresh: &Fresh) {
        (self.status, self.deletion) = (UserStatus::Active, None);
        self.end_sessions(fresh);
    }

    pub(super) fn pending_deletion(&self) -> Option<&StoredDeletion> {
        self.deletion.as_ref().filter(|_| self.status == UserStatus::Deactivated)
    }

    /// Makes another token for the link in place of the one before, and returns how long it works. `None` if that is over.
    pub(super) fn renew_undo_link(
        &mut self,
        user_id: &UserId,
        token: &Token,
        now: OffsetDateTime,
    ) -> Option<(Duration, OffsetDateTime)> {
        self.pending_deletion()?;
        let deletion = self.deletion.as_mut().filter(|deletion| now < deletion.span.expires_at)?;
        (deletion.link, deletion.span.issued_at) = (digest(user_id, token), now);
        Some((until(now, deletion.span.expires_at), deletion.span.expires_at))
    }
}
