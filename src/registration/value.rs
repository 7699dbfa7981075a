use serde::{Deserialize, Serialize};

use crate::types::Malformed;

/// A value of the host's own that a registration carries: the name that was typed, a plan, who invited. It travels sealed in the link
/// and is in the [`User`](crate::store::User) that the repository is asked to insert
/// ([`registration`](crate::store::User::registration)), so a host's own row can be made in the same write.
///
/// At most 256 bytes of text without control characters. **If the host took it from a form it is what a stranger typed**, who need not
/// be the owner of the address that confirms it: escape it like any input, and let it grant nothing. Only an invitation's is what an
/// operator or a member gave ([`invited`](super::RegistrationLink::invited)). `Debug` does not show it.
///
/// ```
/// use doorward::registration::RegistrationValue;
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
