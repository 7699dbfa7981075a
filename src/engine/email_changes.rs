//! Requests for another address between the answer and the mail, and how many there may be: counted in this process, in fixed space.

use core::time::Duration;
use std::sync::Arc;

use time::OffsetDateTime;

use super::backlog::{Backlog, Bounds};
use super::events::Events;
use super::request_rate::{Rate, RequestRate};
use crate::crypto::Purpose;
use crate::types::{ClientAddress, Email, Token, UserId};
use crate::user::User;

/// Mails to new addresses. Each request was charged to its user, so there are no more than users ask for at their rates.
const MAILS: Bounds = Bounds { for_anybody: usize::MAX, for_known: usize::MAX, at_once: 16 };
/// So many requests of one user before there is one for each cooldown: someone who mistypes an address corrects it at once.
const AT_ONCE: u32 = 3;
/// From one client address. An office of hundreds may be behind it.
const OF_ONE_CLIENT_ADDRESS: Rate = Rate { at_once: 100, every: Duration::from_secs(1) };

pub(crate) struct EmailChanges {
    pub(crate) mails: Backlog<Asked>,
    of_client_addresses: RequestRate,
    of_users: RequestRate,
    of_addresses: RequestRate,
    events: Arc<Events>,
}

/// A change that was asked for and stored.
pub(crate) struct Asked {
    /// As stored.
    pub(crate) user: User,
    pub(crate) new: Email,
    pub(crate) token: Token,
    pub(crate) at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
}

impl EmailChanges {
    pub(crate) fn new(cooldown: Duration, events: &Arc<Events>) -> Self {
        Self {
            mails: Backlog::new(MAILS, events),
            of_client_addresses: RequestRate::new(OF_ONE_CLIENT_ADDRESS),
            of_users: RequestRate::new(Rate { at_once: AT_ONCE, every: cooldown }),
            of_addresses: RequestRate::new(Rate { at_once: 1, every: cooldown }),
            events: Arc::clone(events),
        }
    }

    /// Whether this user may ask now, from that client address; otherwise how long to wait.
    pub(crate) fn admit(&self, user: &UserId, address: Option<&ClientAddress>) -> Result<(), Duration> {
        if let Some(address) = address {
            let key = self.events.pseudonym(Purpose::AttemptKey, &[b"email-client", address.as_bytes()]);
            self.of_client_addresses.admit(key.as_bytes(), self.events.now())?;
        }
        self.of_users.admit(user.as_str().as_bytes(), self.events.now())
    }

    /// Whether a mail may go to that address now, whoever asked for it.
    pub(crate) fn admits_mail(&self, to: &Email) -> bool {
        let key = self.events.pseudonym(Purpose::AttemptKey, &[b"email-change", to.canonical().as_bytes()]);
        self.of_addresses.admit(key.as_bytes(), self.events.now()).is_ok()
    }
}
