use core::time::Duration;

use super::value::RegistrationValue;
use crate::types::{ClientAddress, Email};

/// Who wants to register, and what the host knows of the client.
///
/// `Debug` shows neither the address nor the value.
///
/// ```
/// use doorward::registration::{RegistrationRequest, RegistrationValue};
/// use doorward::{ClientAddress, Email};
///
/// let request = RegistrationRequest::new(Email::from_input("Ann@acme.example ")?)
///     .value(RegistrationValue::parse(r#"{"name":"Ann"}"#)?)
///     .client_address(ClientAddress::from_ip([192, 0, 2, 7].into()))
///     .request_id("7c1d");
/// # Ok::<(), doorward::error::Malformed>(())
/// ```
#[derive(Clone)]
pub struct RegistrationRequest {
    pub(crate) email: Email,
    pub(crate) value: Option<RegistrationValue>,
    pub(crate) client_address: Option<ClientAddress>,
    pub(crate) request_id: Option<Box<str>>,
}

impl RegistrationRequest {
    /// For the owner of that address.
    pub fn new(email: Email) -> Self {
        Self { email, value: None, client_address: None, request_id: None }
    }

    /// What the account is to begin with.
    #[must_use]
    pub fn value(self, value: RegistrationValue) -> Self {
        Self { value: Some(value), ..self }
    }

    /// Where the request comes from. No client address causes more than its share of mails: 20 at once, then one per minute.
    #[must_use]
    pub fn client_address(self, address: ClientAddress) -> Self {
        Self { client_address: Some(address), ..self }
    }

    /// The host's id of the request. It appears in the event, up to 64 characters of it.
    #[must_use]
    pub fn request_id(self, request_id: &str) -> Self {
        Self { request_id: Some(request_id.chars().filter(|c| !c.is_control()).take(64).collect()), ..self }
    }
}

impl From<Email> for RegistrationRequest {
    fn from(email: Email) -> Self {
        Self::new(email)
    }
}

impl From<&Email> for RegistrationRequest {
    fn from(email: &Email) -> Self {
        Self::new(email.clone())
    }
}

impl core::fmt::Debug for RegistrationRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RegistrationRequest").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

/// The response to a request for registration, the same for every address at any time: a mail is on its way, which says how to go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RegistrationRequested {
    /// The minimum time between two mails to one address
    /// ([`RegistrationConfig::cooldown`](crate::config::RegistrationConfig::cooldown)).
    pub cooldown: Duration,
}
