use serde::Serialize;

use crate::account::{UserOverview, UserStatus};
use crate::pages::catalogue::Texts;
use crate::pages::moment::Moment;
use crate::session::SharingSigns;

/// An account, as operators see it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ShownAccount {
    /// Its id.
    pub id: String,
    /// The address.
    pub email: String,
    /// Whether its user can sign in.
    pub active: bool,
    /// Whether the user has chosen a password.
    pub has_password: bool,
    /// Whether a second factor is on.
    pub has_second_factor: bool,
    /// When it was provisioned.
    pub created: Moment,
    /// When its user last signed in.
    pub last_sign_in: Option<Moment>,
    /// Since when mail is known not to reach the address.
    pub undeliverable: Option<Moment>,
    /// Whether it is the operator's own.
    pub this: bool,
}

impl ShownAccount {
    pub(super) fn new(account: &UserOverview, this: bool, texts: &Texts) -> Self {
        Self {
            id: account.id.to_string(),
            email: account.email.as_typed().to_owned(),
            active: account.status == UserStatus::Active,
            has_password: account.has_password,
            has_second_factor: account.has_second_factor,
            created: Moment::new(account.created_at, texts),
            last_sign_in: account.last_sign_in_at.map(|at| Moment::new(at, texts)),
            undeliverable: account.undeliverable.map(|report| Moment::new(report.since, texts)),
            this,
        }
    }

    /// What a link says to name this account.
    pub(super) fn query(&self) -> String {
        query(&self.id)
    }
}

pub(super) fn query(id: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair("user", id).finish()
}

/// How an account was used in the last seven days: [`SharingSigns`].
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
pub struct ShownSigns {
    /// The most devices within one hour.
    pub devices_in_an_hour: u32,
    /// The most places within two hours.
    pub places_at_once: u32,
    /// How often a place was used again after another one.
    pub alternations: u32,
    /// The distinct client addresses, if they are known.
    pub client_addresses: Option<u32>,
    /// The hours with three places by turns.
    pub crowded_hours: u32,
    /// The days with such hours.
    pub crowded_days: u32,
}

impl From<SharingSigns> for ShownSigns {
    fn from(signs: SharingSigns) -> Self {
        Self {
            devices_in_an_hour: signs.devices_in_an_hour,
            places_at_once: signs.places_at_once,
            alternations: signs.alternations,
            client_addresses: signs.client_addresses,
            crowded_hours: signs.crowded_hours,
            crowded_days: signs.crowded_days,
        }
    }
}
