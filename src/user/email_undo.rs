//! Taking back a change of the address by what was mailed to the old one.

use core::time::Duration;

use time::OffsetDateTime;

use super::email_change::undo_digest;
use super::fresh::Fresh;
use super::owed_mail::OwedMail;
use super::state::User;
use super::stored::{Document, EmailUndo, TemporaryOrigin};
use crate::account::UserStatus;
use crate::types::{Digest, Email, Span, Token, UserId};

/// The outcome of taking a change back: store the user, then mail the temporary password.
pub(crate) struct EmailUndone {
    pub(crate) user: User,
    pub(crate) expires_at: OffsetDateTime,
    /// Whether an authenticator was removed that was enrolled after the change.
    pub(crate) factor_removed: bool,
}

impl User {
    fn email_undo(&self, token: &Token, now: OffsetDateTime) -> Option<(usize, &EmailUndo)> {
        let shown = undo_digest(&self.id, token);
        let mut undos = self.document.email_changes.undo.iter().enumerate();
        let found = undos.find(|(_, undo)| undo.digest.ct_eq(&shown).into())?;
        // Whoever changed the address may have asked for the deletion too.
        let is_open = self.is_active() || self.deletion_due_at().is_some();
        (found.1.span.is_alive(now) && is_open && token.user_id == self.id).then_some(found)
    }

    /// The address to which this link would take the account back.
    pub(crate) fn email_of_undo(&self, token: &Token, now: OffsetDateTime) -> Option<&Email> {
        self.email_undo(token, now).map(|(_, undo)| &undo.email)
    }

    /// Gives the account back to the owner of the old address: nothing that anyone else knows or holds works any more, and a temporary
    /// password is mailed to that address. `None` if the link does not work.
    ///
    /// The authenticator and the recovery codes that were there before the change stay; later ones may be those of whoever made
    /// the change.
    pub(crate) fn undo_email_change(
        &self,
        token: &Token,
        temporary: Digest,
        lifetime: Duration,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Option<EmailUndone> {
        let (index, undo) = self.email_undo(token, now)?;
        let opened = Span::starting(now, lifetime);
        let (factor_removed, next) = self.next_with(fresh, |document| {
            document.void_what_was_issued(fresh);
            (document.status, document.deletion) = (UserStatus::Active, None);
            document.undeliverable = None;
            document.note_new_address(now);
            document.devices.clear();
            // The hash stays refused as a new password, if the policy looks back.
            if let Some(password) = document.password.take() {
                document.earlier_passwords.insert(0, password.hash);
            }
            // Later changes are void with this one; the ways back to still earlier addresses stay.
            document.email_changes.undo.truncate(index);
            // What still says that another address is that of the account is not true any more.
            document.owed.known.retain(|owed| owed.to.is_some() || !owed.mail.welcomes_an_address());
            let factor_removed = document.restore_second_factor(undo);
            (document.reset.opened, document.reset.mailed_at) = (Some(opened), Some(now));
            document.install_temporary(temporary, TemporaryOrigin::Reset, lifetime, now);
            document.mail(OwedMail::TemporaryPassword);
            factor_removed
        });
        let user = User { email: undo.email.clone(), ..next };
        Some(EmailUndone { user, expires_at: opened.expires_at, factor_removed })
    }
}

impl Document {
    /// Removes the authenticator unless it is the one that was on at the change, and the recovery codes likewise. Returns whether
    /// there was another authenticator.
    fn restore_second_factor(&mut self, undo: &EmailUndo) -> bool {
        let enrolled_at = self.second_factor.totp.as_ref().map(|totp| totp.enrolled_at);
        if enrolled_at.is_some() && enrolled_at != undo.factor {
            self.forget_second_factor();
            return true;
        }
        if self.second_factor.codes_issued_at != undo.recovery_codes {
            self.second_factor.recovery_codes.clear();
        }
        false
    }

    /// Puts another token in place of that of a way back. Its end stays.
    pub(super) fn renew_undo(
        &mut self,
        link: &Digest,
        user_id: &UserId,
        token: &Token,
        now: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        let shown = |undo: &&mut EmailUndo| bool::from(undo.digest.ct_eq(link)) && now < undo.span.expires_at;
        let undo = self.email_changes.undo.iter_mut().find(shown)?;
        undo.digest = undo_digest(user_id, token);
        Some(undo.span.expires_at)
    }

    /// Whether a change can still be taken back by that link.
    pub(super) fn has_undo(&self, link: &Digest) -> bool {
        self.email_changes.undo.iter().any(|undo| undo.digest.ct_eq(link).into())
    }
}
