use time::OffsetDateTime;

use super::{EmailPseudonym, EventKind};
use crate::types::UserId;

/// Something that happened. It holds no address, password, token or code.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// When, by the clock given to the crate; in UTC.
    pub at: OffsetDateTime,
    /// What.
    pub kind: EventKind,
    /// About which address, as a pseudonym. `None` where there is none: a malformed one, or a token that names nobody.
    pub email_pseudonym: Option<EmailPseudonym>,
    /// About which user. `None` for unknown addresses.
    pub user_id: Option<UserId>,
    /// The host's own id of the request, if it gave one.
    pub request_id: Option<Box<str>>,
}

impl Event {
    /// An event about nobody in particular: for adapters, which may have something to tell when no call is running.
    ///
    /// ```
    /// use doorward::{Clock, SystemClock};
    /// use doorward::event::{Event, EventKind};
    /// use doorward::store::BackendErrorKind;
    ///
    /// let kind = EventKind::MailFailed { mail: "welcome", error: BackendErrorKind::Unavailable, code: None };
    /// let event = Event::new(SystemClock.now(), kind);
    /// assert!(event.kind.name() == "sys_mail_failed" && event.email_pseudonym.is_none());
    /// ```
    pub fn new(at: OffsetDateTime, kind: EventKind) -> Self {
        Self { at, kind, email_pseudonym: None, user_id: None, request_id: None }
    }
}
