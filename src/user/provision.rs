//! Accounts before their first sign-in: opening one, a fresh temporary password, a mistyped address.

use std::sync::Arc;

use core::time::Duration;

use time::OffsetDateTime;

use super::fresh::Fresh;
use super::state::User;
use super::stored::{Document, StoredPassword, StoredTemporary, TemporaryOrigin};
use crate::hashing::StoredHash;
use crate::types::{Digest, Email, UserId};

impl User {
    /// A new account: active, without a password, with a temporary one.
    pub(crate) fn provision(
        id: UserId,
        email: Email,
        temporary: Digest,
        lifetime: Duration,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> User {
        let temporary = StoredTemporary::new(temporary, TemporaryOrigin::Welcome, lifetime, now);
        let document = Document { temporary: Some(temporary), ..Document::blank(now, fresh) };
        User { id, email, version: fresh.version, document: Arc::new(document) }
    }

    /// An account taken over from another system: active, with the password used there.
    pub(crate) fn import(
        id: UserId,
        email: Email,
        hash: StoredHash,
        change_required: bool,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> User {
        let password = StoredPassword { imported: true, change_required, ..StoredPassword::new(hash, now, fresh) };
        let document = Document { password: Some(password), ..Document::blank(now, fresh) };
        User { id, email, version: fresh.version, document: Arc::new(document) }
    }

    /// Whether nobody has chosen a password for this account yet.
    pub(crate) fn awaits_first_password(&self) -> bool {
        let Document { password, earlier_passwords, last_sign_in_at, .. } = &*self.document;
        // One that was marked as compromised is an earlier password.
        password.is_none() && earlier_passwords.is_empty() && last_sign_in_at.is_none()
    }

    /// A fresh temporary password in place of the one before; what was derived from that one is void.
    pub(crate) fn reissue_welcome(
        &self,
        temporary: Digest,
        lifetime: Duration,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> User {
        self.next(fresh, |document| {
            document.install_temporary(temporary, TemporaryOrigin::Welcome, lifetime, now);
        })
    }

    /// Another address before the first sign-in. Whatever went to the old one is void.
    pub(crate) fn correct_email(
        &self,
        email: Email,
        temporary: Digest,
        lifetime: Duration,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> User {
        let next = self.next(fresh, |document| {
            document.begin_epoch(fresh);
            document.reset.void();
            document.challenges.clear();
            document.devices.clear();
            document.undeliverable = None;
            document.note_new_address(now);
            document.install_temporary(temporary, TemporaryOrigin::Welcome, lifetime, now);
        });
        User { email, ..next }
    }
}

impl Document {
    /// Installs a temporary password. There is one at a time: the one before and its challenges are void.
    pub(super) fn install_temporary(
        &mut self,
        digest: Digest,
        origin: TemporaryOrigin,
        lifetime: Duration,
        now: OffsetDateTime,
    ) {
        self.temporary = Some(StoredTemporary::new(digest, origin, lifetime, now));
        self.challenges.retain(|challenge| challenge.assurance != super::Assurance::TemporaryPassword);
    }
}
