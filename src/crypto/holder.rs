//! The seal over the id in a token, so that cookies and links show nothing of it, not even its length.
//!
//! XChaCha20-Poly1305 over the id, which is filled up to its greatest length, under a subkey for this purpose. The nonce is not sent:
//! it is a digest of the token's own secret, which travels beside the seal. So one token has one text, and a sealed id opens beside
//! no other secret.
//!
//! **No nonce is used for two ids.** A secret is 256 bits that were drawn for one token of one user, and a discarded decision
//! discards its secrets. What is sealed is a token that was drawn just now, or one whose secret was found in the account of that id;
//! never an id that merely came with a secret. Sealing such a token again seals the same bytes.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

use super::digest::{Purpose, sha256};
use super::keyring::{Keyring, NONCE_BYTES};
use crate::types::{SealedHolder, SecretBytes, UserId};

/// The keys for ids in tokens, the current one first.
pub(crate) struct HolderKeys(Vec<SecretBytes<32>>);

impl HolderKeys {
    pub(crate) fn of(keyring: &Keyring) -> Self {
        Self(keyring.subkeys(Purpose::TokenHolder))
    }

    /// Seals the id under the current key. `secret` must belong to a token of that user.
    pub(crate) fn seal(&self, id: &UserId, secret: &SecretBytes<32>) -> SealedHolder {
        let sealed = cipher(&self.0[0]).encrypt(&nonce(secret), bound(&padded(id)));
        sealed.ok().and_then(|sealed| sealed.try_into().ok()).expect("128 bytes are sealed as 144")
    }

    /// Opens what was sealed beside that secret under any of the keys. A text does not say which it was: they are few, and tokens
    /// are checked byte for byte. Returns with the id whether it is the current key.
    pub(crate) fn open(&self, sealed: &SealedHolder, secret: &SecretBytes<32>) -> Option<(UserId, bool)> {
        let nonce = nonce(secret);
        let open = |key: &SecretBytes<32>| cipher(key).decrypt(&nonce, bound(sealed)).ok();
        let (opened, index) = self.0.iter().enumerate().find_map(|(index, key)| Some((open(key)?, index)))?;
        let length = opened.iter().position(|byte| *byte == 0).unwrap_or(opened.len());
        let id = UserId::parse(core::str::from_utf8(&opened[..length]).ok()?).ok()?;
        Some((id, index == 0))
    }
}

/// The id, and zeros, of which no id has any.
fn padded(id: &UserId) -> [u8; UserId::MAX_BYTES] {
    let (id, mut padded) = (id.as_str().as_bytes(), [0; UserId::MAX_BYTES]);
    padded[..id.len()].copy_from_slice(id);
    padded
}

fn nonce(secret: &SecretBytes<32>) -> XNonce {
    let digest = sha256(Purpose::TokenNonce, &[secret.expose()]);
    let mut nonce = [0; NONCE_BYTES];
    nonce.copy_from_slice(&digest.as_bytes()[..NONCE_BYTES]);
    XNonce::from(nonce)
}

/// Bound to the purpose, whose name holds the version of the form.
fn bound(msg: &[u8]) -> Payload<'_, '_> {
    Payload { msg, aad: Purpose::TokenHolder.prefix() }
}

fn cipher(key: &SecretBytes<32>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key.expose()))
}
