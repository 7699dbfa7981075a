//! The clock, and events with the pseudonym of whom they are about.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::clock::Clock;
use crate::crypto::{Purpose, keyed, sha256};
use crate::event::{EmailPseudonym, Event, EventKind, Observer};
use crate::types::{Digest, Email, SecretBytes, UserId, at_store_precision, base64url};
use crate::user::User;

pub(crate) struct Events {
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    index_key: Option<SecretBytes<32>>,
}

/// An event to be sent.
#[must_use]
pub(crate) struct Report<'a> {
    events: &'a Events,
    event: Event,
}

impl Report<'_> {
    pub(crate) fn email(mut self, email: &Email) -> Self {
        self.event.email_pseudonym = Some(self.events.email_pseudonym(email));
        self
    }

    pub(crate) fn user(mut self, user: &User) -> Self {
        self.event.user_id = Some(user.id().clone());
        self.email(user.email())
    }

    pub(crate) fn user_id(mut self, id: &UserId) -> Self {
        self.event.user_id = Some(id.clone());
        self
    }

    pub(crate) fn without_user_id(mut self) -> Self {
        self.event.user_id = None;
        self
    }

    pub(crate) fn request_id(mut self, request_id: Option<&str>) -> Self {
        self.event.request_id = request_id.map(Into::into);
        self
    }

    pub(crate) fn operator(mut self, operator: Option<&UserId>) -> Self {
        self.event.operator = operator.cloned();
        self
    }

    pub(crate) fn send(self) {
        self.events.observer.observe(&self.event);
    }
}

impl Events {
    pub(crate) fn new(clock: Arc<dyn Clock>, observer: Arc<dyn Observer>, index_key: Option<SecretBytes<32>>) -> Self {
        Self { clock, observer, index_key }
    }

    /// Now, to the precision that stores keep.
    pub(crate) fn now(&self) -> OffsetDateTime {
        at_store_precision(self.clock.now())
    }

    pub(crate) fn report(&self, kind: EventKind) -> Report<'_> {
        Report { events: self, event: Event::new(self.now(), kind) }
    }

    /// An event about a user, if it is known whom it is about.
    pub(crate) fn report_about(&self, kind: EventKind, user: Option<&User>) {
        let report = self.report(kind);
        match user {
            Some(user) => report.user(user).send(),
            None => report.send(),
        }
    }

    pub(crate) fn email_pseudonym(&self, email: &Email) -> EmailPseudonym {
        let digest = self.pseudonym(Purpose::EmailPseudonym, &[email.canonical().as_bytes()]);
        EmailPseudonym::new(base64url::encode(&digest.as_bytes()[..16]))
    }

    /// The host's key for digests.
    pub(crate) fn index_key(&self) -> Option<&[u8; 32]> {
        self.index_key.as_ref().map(SecretBytes::expose)
    }

    /// A digest under the index key; `None` if the host gave none.
    pub(crate) fn keyed_pseudonym(&self, purpose: Purpose, parts: &[&[u8]]) -> Option<Digest> {
        self.index_key.as_ref().map(|key| keyed(key.expose(), purpose, parts))
    }

    /// A digest under the index key, if the host gave one. Without the key nobody can check whether an address is among the keys
    /// of a stolen table.
    pub(crate) fn pseudonym(&self, purpose: Purpose, parts: &[&[u8]]) -> Digest {
        match &self.index_key {
            Some(key) => keyed(key.expose(), purpose, parts),
            None => sha256(purpose, parts),
        }
    }
}
