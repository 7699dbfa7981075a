//! Requests for registration between the answer and the mail. Strangers make them and pay no hash, so nothing about them is stored:
//! what they asked for is sealed into the link, and how much they may ask for is counted here, in bounded memory.

use core::time::Duration;
use std::sync::Arc;

use super::backlog::{Backlog, Bounds};
use super::events::Events;
use super::in_flight::InFlight;
use super::request_rate::{CommonRate, Rate, RequestRate};
use crate::config::{RegistrationConfig as Config, RegistrationMode};
use crate::crypto::{Draw, Keyring, Purpose, RandomError, TokenSeal};
use crate::mail::MailKind;
use crate::registration::{RegistrationLink, RegistrationRequest, SealedRegistration};
use crate::types::{ClientAddress, Email, Holder, RegistrationToken, SecretBytes, UserId, WireToken};

/// Look-ups of addresses, in which free and taken ones are alike. A place takes some 700 bytes.
const LOOK_UPS: Bounds = Bounds { for_anybody: 4_096, for_known: 1_024, at_once: 4 };
/// Mails: as many as were admitted. They hold no place of the look-ups, so that a slow mailer does not show for which addresses
/// there is one.
const DELIVERIES: Bounds = Bounds { for_anybody: usize::MAX, for_known: usize::MAX, at_once: 16 };
/// From one client address. An office may be behind it, but nobody registers a hundred people in a minute.
const OF_ONE_CLIENT_ADDRESS: Rate = Rate { at_once: 20, every: Duration::from_secs(60) };
/// By one member.
const OF_ONE_MEMBER: Rate = Rate { at_once: 20, every: Duration::from_secs(10 * 60) };

pub(crate) struct Registrations {
    pub(crate) look_ups: Backlog<(RegistrationRequest, Option<UserId>)>,
    pub(crate) deliveries: Backlog<(Email, MailKind)>,
    /// Links with which somebody registers right now.
    pub(crate) under_way: InFlight,
    seal: TokenSeal,
    config: Config,
    of_client_addresses: RequestRate,
    of_members: RequestRate,
    of_addresses: RequestRate,
    of_invited: RequestRate,
    in_all: CommonRate,
    events: Arc<Events>,
}

impl Registrations {
    pub(crate) fn new(config: &Config, keyring: &Keyring, events: &Arc<Events>) -> Self {
        let per_minute = config.mails_per_minute.max(1);
        Self {
            look_ups: Backlog::new(LOOK_UPS, events),
            deliveries: Backlog::new(DELIVERIES, events),
            under_way: InFlight::default(),
            seal: TokenSeal::of(keyring, Purpose::RegistrationLink),
            config: config.clone(),
            of_client_addresses: RequestRate::new(OF_ONE_CLIENT_ADDRESS),
            of_members: RequestRate::new(OF_ONE_MEMBER),
            of_addresses: RequestRate::new(Rate { at_once: 1, every: config.cooldown }),
            of_invited: RequestRate::new(Rate { at_once: 1, every: config.cooldown }),
            in_all: CommonRate::new(Rate { at_once: per_minute, every: Duration::from_secs(60) / per_minute }),
            events: Arc::clone(events),
        }
    }

    /// Whether a stranger at that client address may cause one more mail; otherwise how long to wait. Whoever is refused for all is
    /// charged nothing, and one client address cannot use up what there is for all.
    pub(crate) fn admit(&self, address: Option<&ClientAddress>) -> Result<(), Duration> {
        let now = self.events.now();
        self.in_all.has_room(now)?;
        if let Some(address) = address {
            let key = self.events.pseudonym(Purpose::AttemptKey, &[b"registration-client", address.as_bytes()]);
            self.of_client_addresses.admit(key.as_bytes(), now)?;
        }
        self.in_all.admit(now)
    }

    /// Whether that member may invite one more.
    pub(crate) fn admit_member(&self, member: &UserId) -> Result<(), Duration> {
        self.of_members.admit(member.as_str().as_bytes(), self.events.now())
    }

    /// Whether the last mail to that address was long enough ago: the last one that this member caused, or that strangers did. So
    /// nobody keeps an invitation away by asking for mails to that address.
    pub(crate) fn may_mail(&self, email: &Email, by: Option<&UserId>) -> bool {
        let (rate, by) = match by {
            Some(member) => (&self.of_invited, member.as_str()),
            None => (&self.of_addresses, ""),
        };
        let parts = [b"registration", email.canonical().as_bytes(), by.as_bytes()];
        let key = self.events.pseudonym(Purpose::AttemptKey, &parts);
        rate.admit(key.as_bytes(), self.events.now()).is_ok()
    }

    /// The token of a new link.
    pub(crate) fn issue(&self, registration: &SealedRegistration) -> Result<RegistrationToken, RandomError> {
        let secret = SecretBytes::new(Draw::draw()?);
        let content = registration.to_bytes().expect("an address and a value are bounded");
        let sealed = self.seal.seal(&content, &secret);
        Ok(RegistrationToken(WireToken { holder: Holder::Content(sealed.into()), secret }))
    }

    /// What a link stands for, if it was issued here, has not expired, and registration is still as open as it was. Nothing says
    /// whether it was used: the account that it opened does.
    pub(crate) fn open(&self, token: &RegistrationToken) -> Option<RegistrationLink> {
        let Holder::Content(sealed) = &token.0.holder else { return None };
        let (content, _) = self.seal.open(sealed, &token.0.secret)?;
        let registration = SealedRegistration::from_bytes(&content)?;
        let Config { mode, not_before, .. } = &self.config;
        let asked_for = *mode == RegistrationMode::Open && self.config.allows(&registration.email);
        let voided = not_before.is_some_and(|not_before| registration.span.issued_at < not_before);
        let is_open = (registration.invited || asked_for) && !voided;
        (is_open && registration.span.is_alive(self.events.now())).then(|| registration.shown())
    }
}
