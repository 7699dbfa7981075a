//! The seal over the id in a token, so that cookies and links show nothing of it, not even its length: the id is filled up to its
//! greatest length.
//!
//! **No nonce is used for two ids.** A secret is 256 bits that were drawn for one token of one user, and a discarded decision
//! discards its secrets. What is sealed is a token that was drawn just now, or one whose secret was found in the account of that id;
//! never an id that merely came with a secret. Sealing such a token again seals the same bytes.

use super::digest::Purpose;
use super::keyring::Keyring;
use super::token_seal::TokenSeal;
use crate::types::{SealedHolder, SecretBytes, UserId};

/// The keys for ids in tokens.
pub(crate) struct HolderKeys(TokenSeal);

impl HolderKeys {
    pub(crate) fn of(keyring: &Keyring) -> Self {
        Self(TokenSeal::of(keyring, Purpose::TokenHolder))
    }

    /// Seals the id under the current key. `secret` must belong to a token of that user.
    pub(crate) fn seal(&self, id: &UserId, secret: &SecretBytes<32>) -> SealedHolder {
        self.0.seal(&padded(id), secret).try_into().expect("128 bytes are sealed as 144")
    }

    /// Opens what was sealed beside that secret. Returns with the id whether it was the current key.
    pub(crate) fn open(&self, sealed: &SealedHolder, secret: &SecretBytes<32>) -> Option<(UserId, bool)> {
        let (opened, up_to_date) = self.0.open(sealed, secret)?;
        let length = opened.iter().position(|byte| *byte == 0).unwrap_or(opened.len());
        let id = UserId::parse(core::str::from_utf8(&opened[..length]).ok()?).ok()?;
        Some((id, up_to_date))
    }
}

/// The id, and zeros, of which no id has any.
fn padded(id: &UserId) -> [u8; UserId::MAX_BYTES] {
    let (id, mut padded) = (id.as_str().as_bytes(), [0; UserId::MAX_BYTES]);
    padded[..id.len()].copy_from_slice(id);
    padded
}
