use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::extra::Extra;
use crate::throttle::Attempts;
use crate::types::{Digest, Span, micros};

#[derive(Clone, Default, Deserialize, Serialize)]
pub(in crate::user) struct ResetState {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::user) links: Vec<StoredLink>,
    /// A confirmed reset that is not completed yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) opened: Option<Span>,
    /// When a temporary password was last installed for mailing.
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) mailed_at: Option<OffsetDateTime>,
    /// How many links were mailed recently, and when the next may be mailed. Only time resets this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) cooldown: Option<Attempts>,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct StoredLink {
    pub(in crate::user) digest: Digest,
    #[serde(flatten)]
    pub(in crate::user) span: Span,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::user) confirmed: bool,
    #[serde(default)]
    pub(in crate::user) tries: u32,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

impl ResetState {
    pub(in crate::user) fn is_empty(&self) -> bool {
        let Self { links, opened, mailed_at, cooldown, extra } = self;
        links.is_empty() && opened.is_none() && mailed_at.is_none() && cooldown.is_none() && extra.is_empty()
    }

    /// When the last of what is outstanding expires.
    pub(in crate::user) fn expires_at(&self) -> Option<OffsetDateTime> {
        self.links.iter().map(|link| link.span).chain(self.opened).map(|span| span.expires_at).max()
    }

    /// Voids every link and every confirmed reset. The time of the next mail stays, so that completing resets cannot be used to
    /// flood a mailbox.
    pub(in crate::user) fn void(&mut self) {
        (self.links, self.opened) = (Vec::new(), None);
    }

    pub(in crate::user) fn void_confirmed(&mut self, unconfirmed_survive: bool) {
        self.opened = None;
        self.links.retain(|link| unconfirmed_survive && !link.confirmed);
    }
}
