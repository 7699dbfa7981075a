//! What an operator may do to an account. None of it picks or reveals a password.

use time::OffsetDateTime;

use super::fresh::Fresh;
use super::owed_mail::Notice;
use super::session::OpenSession;
use super::state::User;
use super::stored::{Assurance, Document};
use crate::account::UserStatus;

impl User {
    /// Deactivates the account. Nothing mailed or issued before works again, even after reactivation, except the password. A deletion
    /// that its owner has asked for is off: what an operator decides is not undone by a link, nor made final by time. `None` if it is
    /// already deactivated, and not by its owner.
    pub(crate) fn deactivate(&self, fresh: &Fresh) -> Option<User> {
        let is_due = self.is_active() || self.deletion_due_at().is_some();
        is_due.then(|| {
            self.next(fresh, |document| {
                document.close(fresh);
                document.email_changes.void();
            })
        })
    }

    /// Makes the account usable again. A deletion that its owner has asked for is off. `None` if it is active already.
    pub(crate) fn reactivate(&self, fresh: &Fresh) -> Option<User> {
        (!self.is_active()).then(|| self.next(fresh, |document| document.reopen(fresh)))
    }

    /// The next sign-in with the own password leads to a change first. Running sessions end. `None` if a password has to be
    /// chosen already: then there is no session.
    pub(crate) fn require_password_change(&self, fresh: &Fresh) -> Option<User> {
        let is_due = self.document.password.as_ref().is_none_or(|password| password.change_required);
        (!is_due).then(|| {
            self.next(fresh, |document| {
                document.end_sessions(fresh);
                if let Some(password) = &mut document.password {
                    password.change_required = true;
                }
                document.mail(Notice::PasswordChangeForced);
            })
        })
    }

    /// Invalidates a compromised password and everything obtained with it. The owner gets back in through the mailbox. `None` if
    /// there is no password: then there is no session either.
    pub(crate) fn mark_compromised(&self, fresh: &Fresh) -> Option<User> {
        self.has_password().then(|| {
            self.next(fresh, |document| {
                document.end_sessions(fresh);
                document.devices.clear();
                // The hash stays refused as a new password, if the policy looks back.
                if let Some(password) = document.password.take() {
                    document.earlier_passwords.insert(0, password.hash);
                }
                document.mail(Notice::MarkedCompromised);
            })
        })
    }

    /// Ends every session.
    pub(crate) fn sign_out_everywhere(&self, fresh: &Fresh) -> User {
        self.next(fresh, |document| document.end_sessions(fresh))
    }

    /// Ends every session but this one, which gets another token.
    pub(crate) fn sign_out_others(
        &self,
        session: &OpenSession,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> (OpenSession, User) {
        self.next_with(fresh, |document| {
            document.end_sessions(fresh);
            document.renew_session(session, None, session.device(), now, fresh)
        })
    }
}

impl Document {
    /// Starts a new epoch, and voids the challenges obtained with the password alone. Those obtained through the mailbox stay,
    /// since ending sessions must not interrupt the owner's recovery.
    pub(super) fn end_sessions(&mut self, fresh: &Fresh) {
        self.begin_epoch(fresh);
        let active = self.status == UserStatus::Active;
        let recovering = active && self.temporary.is_some();
        self.challenges.retain(|challenge| recovering && challenge.assurance == Assurance::TemporaryPassword);
        self.second_factor.forget_what_was_begun();
    }
}
