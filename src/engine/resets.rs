//! Requests for reset mails between the answer and the mail. Whoever asks is known by nothing, pays no hash and leaves nothing
//! behind in a store, so all that is kept of them is here, in a bounded space.

use core::time::Duration;

use super::backlog::{Backlog, Bounds};
use super::in_flight::{InFlight, Turn};
use super::request_rate::{Rate, RequestRate};
use super::{Caller, Engine};
use crate::crypto::Purpose;
use crate::types::{ClientAddress, DeviceId, Email, UserId};

/// Look-ups of addresses, in which known and unknown ones are alike. A place is some 300 bytes, so all of them are 20 MB.
const LOOK_UPS: Bounds = Bounds { for_anybody: 49_152, for_known: 16_384, at_once: 4 };
/// Links to be stored and mailed: at most one for each user. They hold no place of the look-ups, or a mailer that is slow would
/// show whether those before were known.
const DELIVERIES: Bounds = Bounds { for_anybody: usize::MAX, for_known: usize::MAX, at_once: 16 };
/// Of one source. An office of hundreds may be behind it.
const OF_ONE_SOURCE: Rate = Rate { at_once: 100, every: Duration::from_secs(1) };
/// Of one known device.
const OF_ONE_DEVICE: Rate = Rate { at_once: 10, every: Duration::from_secs(60) };

pub(crate) struct Resets {
    pub(crate) look_ups: Backlog<Email>,
    pub(crate) deliveries: Backlog<Delivery>,
    of_sources: RequestRate,
    of_devices: RequestRate,
    under_way: InFlight,
}

/// Somebody to whom a link is to be mailed.
pub(crate) struct Delivery {
    pub(crate) user: UserId,
    pub(crate) email: Email,
    _turn: Turn,
}

impl Resets {
    pub(crate) fn new() -> Self {
        Self {
            look_ups: Backlog::new(LOOK_UPS),
            deliveries: Backlog::new(DELIVERIES),
            of_sources: RequestRate::new(OF_ONE_SOURCE),
            of_devices: RequestRate::new(OF_ONE_DEVICE),
            under_way: InFlight::default(),
        }
    }

    /// `None` if one for that user is under way.
    pub(crate) fn delivery(&self, user: &UserId, email: &Email) -> Option<Delivery> {
        let turn = self.under_way.enter(user.as_str(), usize::MAX)?;
        Some(Delivery { user: user.clone(), email: email.clone(), _turn: turn })
    }
}

impl Engine {
    /// Whether anybody from there may ask now, whoever it is; else how long to wait.
    pub(crate) fn admits_reset_request(&self, source: Option<&ClientAddress>) -> Result<Caller, Duration> {
        if !self.resets.look_ups.has_room() {
            return Err(super::SHORT_WHILE);
        }
        match source {
            Some(source) => {
                let key = self.pseudonym(Purpose::AttemptKey, &[b"reset-source", source.as_bytes()]);
                self.resets.of_sources.admit(key.as_bytes(), self.now()).map(|()| Caller::Stranger)
            }
            None => Ok(Caller::Stranger),
        }
    }

    /// Whether a device that is known may ask now.
    pub(crate) fn admits_reset_request_of(&self, device: DeviceId) -> Result<Caller, Duration> {
        self.resets.of_devices.admit(device.as_bytes(), self.now()).map(|()| Caller::Known)
    }
}
