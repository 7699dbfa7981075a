//! Requests for reset mails between the answer and the mail. An unauthenticated client can make any number of them and pays no
//! hash, so nothing about them is stored: all of it is here, in bounded memory.

use core::time::Duration;
use std::sync::Arc;

use super::backlog::{Backlog, Bounds};
use super::email_changes::EmailChanges;
use super::events::Events;
use super::hash_pool::Caller;
use super::hashing::SHORT_WHILE;
use super::in_flight::{InFlight, Turn};
use super::request_rate::{Rate, RequestRate};
use crate::crypto::Purpose;
use crate::types::{ClientAddress, DeviceId, Email, UserId};

/// Look-ups of addresses, in which known and unknown ones are alike. A place takes some 300 bytes, so all of them are 20 MB.
const LOOK_UPS: Bounds = Bounds { for_anybody: 49_152, for_known: 16_384, at_once: 4 };
/// Links to be stored and mailed: at most one for each user. They hold no place of the look-ups; otherwise a slow mailer would
/// reveal whether earlier requests were for known addresses.
const DELIVERIES: Bounds = Bounds { for_anybody: usize::MAX, for_known: usize::MAX, at_once: 16 };
/// From one client address. An office of hundreds may be behind it.
const OF_ONE_CLIENT_ADDRESS: Rate = Rate { at_once: 100, every: Duration::from_secs(1) };
/// From one known device.
const OF_ONE_DEVICE: Rate = Rate { at_once: 10, every: Duration::from_secs(60) };

pub(crate) struct Resets {
    pub(crate) look_ups: Backlog<Email>,
    pub(crate) deliveries: Backlog<Delivery>,
    pub(crate) email_changes: EmailChanges,
    of_client_addresses: RequestRate,
    of_devices: RequestRate,
    under_way: InFlight,
    events: Arc<Events>,
}

/// A user to whom a link is to be mailed.
pub(crate) struct Delivery {
    pub(crate) user: UserId,
    pub(crate) email: Email,
    _turn: Turn,
}

impl Resets {
    pub(crate) fn new(cooldown: Duration, events: &Arc<Events>) -> Self {
        Self {
            look_ups: Backlog::new(LOOK_UPS, events),
            deliveries: Backlog::new(DELIVERIES, events),
            email_changes: EmailChanges::new(cooldown, events),
            of_client_addresses: RequestRate::new(OF_ONE_CLIENT_ADDRESS),
            of_devices: RequestRate::new(OF_ONE_DEVICE),
            under_way: InFlight::default(),
            events: Arc::clone(events),
        }
    }

    /// `None` if one for that user is under way.
    pub(crate) fn delivery(&self, user: &UserId, email: &Email) -> Option<Delivery> {
        let turn = self.under_way.enter(user.as_str(), usize::MAX)?;
        Some(Delivery { user: user.clone(), email: email.clone(), _turn: turn })
    }

    /// Whether a client at that client address may ask now; otherwise how long to wait.
    pub(crate) fn admit(&self, address: Option<&ClientAddress>) -> Result<Caller, Duration> {
        if !self.look_ups.has_room() {
            return Err(SHORT_WHILE);
        }
        self.admit_client(b"reset-client", address)?;
        Ok(Caller::Stranger)
    }

    /// Whether a client at that client address may ask for another address of an account now; otherwise how long to wait.
    pub(crate) fn admit_email_change(&self, address: Option<&ClientAddress>) -> Result<(), Duration> {
        self.admit_client(b"email-client", address)
    }

    fn admit_client(&self, purpose: &[u8], address: Option<&ClientAddress>) -> Result<(), Duration> {
        let Some(address) = address else { return Ok(()) };
        let key = self.events.pseudonym(Purpose::AttemptKey, &[purpose, address.as_bytes()]);
        self.of_client_addresses.admit(key.as_bytes(), self.events.now())
    }

    /// Whether a known device may ask now.
    pub(crate) fn admit_device(&self, device: DeviceId) -> Result<Caller, Duration> {
        self.of_devices.admit(device.as_bytes(), self.events.now()).map(|()| Caller::Known)
    }
}
