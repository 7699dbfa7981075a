//! An account that its owner opens: the address is proved, and the password is theirs from the beginning.

use std::sync::Arc;

use time::OffsetDateTime;

use super::fresh::Fresh;
use super::owed_mail::Notice;
use super::progress::Progress;
use super::session_limits::SessionWish;
use super::sign_in::{Passed, SignInRules};
use super::state::User;
use super::stored::{Document, StoredPassword};
use crate::hashing::StoredHash;
use crate::registration::RegistrationLink;
use crate::types::UserId;

impl User {
    /// A new account for the address that the link was mailed to, and where its owner goes from there. `id` is that under which the
    /// hash is kept.
    pub(crate) fn register(
        link: RegistrationLink,
        id: UserId,
        hash: StoredHash,
        rules: &SignInRules,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Passed {
        let document = Document {
            password: Some(StoredPassword::new(hash, now, fresh)),
            registration: Some(link.clone()),
            ..Document::blank(now, fresh)
        };
        let user = User { id, email: link.email, version: fresh.version, document: Arc::new(document) };
        let proved = Progress::by_password(None, SessionWish::default(), now);
        user.advance(proved, rules, now, fresh, |document| document.mail(Notice::Registered))
    }

    /// The link with which this account was opened ([`Auth::register`](crate::Auth::register)), with the host's own value. Only in the
    /// user that [`insert`](crate::UserRepository::insert) is given then: a host with a table of its own stores its row in that same
    /// write. It is not part of the snapshot, so this is `None` in every user that was read.
    ///
    /// Trust its [value](RegistrationLink::value) only if it was an [invitation](RegistrationLink::invited): otherwise whoever typed the
    /// address typed it too, and that need not be the owner.
    pub fn registration(&self) -> Option<&RegistrationLink> {
        self.document.registration.as_ref()
    }
}
