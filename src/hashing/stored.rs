//! Password hashes at rest, plain or sealed.

use serde::{Deserialize, Serialize};

use super::hash::PasswordHash;
use crate::crypto::{Keyring, Purpose, RandomError, SecretFault, is_sealed};
use crate::types::UserId;

/// A password hash as the store holds it. It is parsed only when a password is verified, so an unreadable hash affects nothing
/// else of its user: a reset still works.
#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct StoredHash(Box<str>);

crate::types::redacted_debug!(StoredHash => "StoredHash");

impl StoredHash {
    /// Stored as it is, without a seal.
    pub(crate) fn plain(hash: &PasswordHash) -> Self {
        Self(hash.as_str().into())
    }

    /// Sealed under the keyring's current key, if there is a keyring.
    pub(crate) fn kept(hash: &PasswordHash, under: Option<&Keyring>, user: &UserId) -> Result<Self, RandomError> {
        let Some(keyring) = under else { return Ok(Self::plain(hash)) };
        Ok(Self(keyring.seal(Purpose::SealedPasswordHash, user, hash.as_str().as_bytes())?.into()))
    }

    /// The text, for comparing and digesting.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Opens and parses the hash.
    pub(crate) fn open(&self, keyring: Option<&Keyring>, user: &UserId) -> Result<PasswordHash, SecretFault> {
        if !is_sealed(&self.0) {
            return PasswordHash::parse(&self.0).map_err(|_| SecretFault::Malformed);
        }
        let keyring = keyring.ok_or(SecretFault::UnknownKey)?;
        let opened = keyring.open(Purpose::SealedPasswordHash, user, &self.0)?;
        let text = core::str::from_utf8(&opened).map_err(|_| SecretFault::Malformed)?;
        PasswordHash::parse(text).map_err(|_| SecretFault::Malformed)
    }

    pub(crate) fn is_sealed(&self) -> bool {
        is_sealed(&self.0)
    }

    /// Whether it is sealed under the current key.
    pub(crate) fn is_up_to_date(&self, keyring: &Keyring) -> bool {
        keyring.is_up_to_date(&self.0)
    }
}
