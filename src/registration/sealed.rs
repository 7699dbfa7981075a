use serde::{Deserialize, Serialize};

use super::link::RegistrationLink;
use super::value::RegistrationValue;
use crate::types::{Email, Span, WireToken};

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
    use core::time::Duration;

    use time::OffsetDateTime;

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
