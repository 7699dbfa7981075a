use time::OffsetDateTime;

use super::{EmailPseudonym, EventKind};
use crate::types::UserId;

/// Something that happened. Holds no address, password, token or code.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// When, by the crate's clock, in UTC.
    pub at: OffsetDateTime,
    /// What happened.
    pub kind: EventKind,
    /// The pseudonym of the address concerned. `None` if there is none: a malformed address, or a token that names no user.
    pub email_pseudonym: Option<EmailPseudonym>,
    /// The user concerned. `None` for unknown addresses.
    pub user_id: Option<UserId>,
    /// The host's own request id, if it provided one.
    pub request_id: Option<Box<str>>,
    /// The operator who did it, if the host [said](crate::Operator::on_behalf_of) who it is.
    pub operator: Option<UserId>,
}

impl Event {
    /// An event about no particular user: for adapters, which may have something to report outside a call.
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
        Self { at, kind, email_pseudonym: None, user_id: None, request_id: None, operator: None }
    }
}
