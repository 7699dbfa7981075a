use core::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::types::{ClientAddress, Email, Malformed, Span, WireToken};

/// The response to a request for registration, the same for every address at any time: a mail is on its way, which says how to go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RegistrationRequested {
    /// The minimum time between two mails to one address
    /// ([`RegistrationConfig::cooldown`](crate::config::RegistrationConfig::cooldown)).
    pub cooldown: Duration,
}

/// Somebody was invited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Invited {
    /// When the invitation expires.
    pub expires_at: OffsetDateTime,
}

/// Whether the link of a registration or an invitation is valid. Checking changes nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RegistrationLinkStatus {
    /// The link would work now.
    Valid(RegistrationLink),
    /// The link is used or expired, or was never issued. The user asks for a new one, or signs in.
    Invalid,
    /// The text has not the form of a link's token: something was lost or added on the way from the mail. The user copies the whole
    /// link.
    Damaged,
}

/// What the link of a registration or an invitation stands for. Whoever holds it can read the mailbox.
///
/// `Debug` shows neither the address nor the value.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct RegistrationLink {
    /// Whose account will be opened.
    pub email: Email,
    /// What the host gave along ([`RegistrationValue`]).
    pub value: Option<RegistrationValue>,
    /// Whether it is an invitation.
    pub invited: bool,
    /// When it expires.
    pub expires_at: OffsetDateTime,
}

impl core::fmt::Debug for RegistrationLink {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { invited, expires_at, .. } = self;
        f.debug_struct("RegistrationLink")
            .field("invited", invited)
            .field("expires_at", expires_at)
            .finish_non_exhaustive()
    }
}

/// A value of the host's own that a registration carries: the name that was typed, a plan, who invited. It travels sealed in the link
/// and is in the [`User`](crate::store::User) that the repository is asked to insert
/// ([`registration_value`](crate::store::User::registration_value)), so a host's own row can be made in the same write.
///
/// At most 256 bytes of text without control characters. **It is what a stranger typed**, if the host took it from a form: escape it
/// like any input. `Debug` does not show it.
///
/// ```
/// use doorward::account::RegistrationValue;
///
/// let value = RegistrationValue::parse(r#"{"name":"Ann","plan":"small"}"#)?;
/// assert!(RegistrationValue::parse("two\nlines").is_err());
/// # Ok::<(), doorward::error::Malformed>(())
/// ```
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct RegistrationValue(Box<str>);

impl RegistrationValue {
    /// The most bytes of a value: with the longest address a link still has fewer than 2,000 characters, which every mail client and
    /// server takes.
    const MAX_BYTES: usize = 256;

    /// Takes a text as it is.
    ///
    /// # Errors
    /// [`Malformed`] if it is longer than 256 bytes or has a control character in it.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let fits = text.len() <= Self::MAX_BYTES && !text.contains(char::is_control);
        if fits { Ok(Self(text.into())) } else { Err(Malformed::new("registration value")) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for RegistrationValue {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RegistrationValue").finish_non_exhaustive()
    }
}

/// Who wants to register, and what the host knows of the client.
///
/// `Debug` shows neither the address nor the value.
///
/// ```
/// use doorward::account::{RegistrationRequest, RegistrationValue};
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

impl core::fmt::Debug for RegistrationRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RegistrationRequest").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

/// Whom to invite.
///
/// ```
/// use doorward::Email;
/// use doorward::account::{Invitation, RegistrationValue};
///
/// let invitation = Invitation::new(Email::parse("ben@acme.example")?).value(RegistrationValue::parse("team=7")?);
/// # Ok::<(), doorward::error::Malformed>(())
/// ```
#[derive(Clone, Debug)]
pub struct Invitation {
    pub(crate) email: Email,
    pub(crate) value: Option<RegistrationValue>,
}

impl Invitation {
    /// The owner of that address.
    pub fn new(email: Email) -> Self {
        Self { email, value: None }
    }

    /// What the account is to begin with.
    #[must_use]
    pub fn value(self, value: RegistrationValue) -> Self {
        Self { value: Some(value), ..self }
    }
}

impl From<Email> for Invitation {
    fn from(email: Email) -> Self {
        Self::new(email)
    }
}

/// What the link carries, sealed. Nothing else is kept of it.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct SealedRegistration {
    #[serde(rename = "e")]
    pub(crate) email: Email,
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<RegistrationValue>,
    #[serde(rename = "i", default, skip_serializing_if = "is_false")]
    pub(crate) invited: bool,
    #[serde(flatten)]
    pub(crate) span: Span,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde passes it
fn is_false(flag: &bool) -> bool {
    !flag
}

impl SealedRegistration {
    /// `None` if the link would be too long for mail clients. It never is: its parts are bounded.
    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok().filter(|bytes| bytes.len() + 16 <= WireToken::MAX_CONTENT_BYTES)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    pub(crate) fn shown(self) -> RegistrationLink {
        let Self { email, value, invited, span } = self;
        RegistrationLink { email, value, invited, expires_at: span.expires_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quotes and backslashes are escaped, so the longest parts are those that consist of them.
    #[test]
    fn the_longest_parts_fit_into_a_link() {
        let local = format!("\"{}\"", "\\\"".repeat(15));
        let domain = format!("{}.example", ["a".repeat(60), "b".repeat(60), "c".repeat(54)].join("."));
        let email = Email::parse(&format!("{local}@{domain}")).or_else(|_| {
            let local = "q".repeat(64);
            Email::parse(&format!("{local}@{domain}"))
        });
        let value = RegistrationValue::parse(&"\"".repeat(256)).expect("a value");
        let span =
            Span::starting(OffsetDateTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000), Duration::from_secs(1));
        let sealed = SealedRegistration { email: email.expect("an address"), value: Some(value), invited: true, span };
        assert!(sealed.to_bytes().is_some());
    }
}
