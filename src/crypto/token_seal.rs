//! The seal over what a token carries beside its secret: the id of its holder, or all that a link stands for.
//!
//! XChaCha20-Poly1305 under a subkey for the purpose. The nonce is not sent: it is a digest of the token's own secret, which travels
//! beside the seal. So one token has one text, and what is sealed opens beside no other secret.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::digest::{Purpose, sha256};
use super::keyring::{Keyring, NONCE_BYTES};
use crate::types::SecretBytes;

/// The keys for tokens of one purpose, the current one first.
pub(crate) struct TokenSeal {
    purpose: Purpose,
    keys: Vec<SecretBytes<32>>,
}

impl TokenSeal {
    pub(crate) fn of(keyring: &Keyring, purpose: Purpose) -> Self {
        Self { purpose, keys: keyring.subkeys(purpose) }
    }

    /// Seals under the current key. **No secret may seal two contents**: it must have been drawn for this one.
    pub(crate) fn seal(&self, content: &[u8], secret: &SecretBytes<32>) -> Vec<u8> {
        let sealed = cipher(&self.keys[0]).encrypt(&nonce(secret), self.bound(content));
        sealed.expect("only a message of 256 GiB is too long to seal")
    }

    /// Opens what was sealed beside that secret under any of the keys. A text does not say which it was: they are few, and tokens
    /// are checked byte for byte. Returns with the content whether it is the current key.
    pub(crate) fn open(&self, sealed: &[u8], secret: &SecretBytes<32>) -> Option<(Zeroizing<Vec<u8>>, bool)> {
        let nonce = nonce(secret);
        let open = |key: &SecretBytes<32>| cipher(key).decrypt(&nonce, self.bound(sealed)).ok();
        let mut opened = self.keys.iter().enumerate().filter_map(|(index, key)| Some((open(key)?, index == 0)));
        opened.next().map(|(content, up_to_date)| (Zeroizing::new(content), up_to_date))
    }

    /// Bound to the purpose, whose name holds the version of the form.
    fn bound<'a>(&self, msg: &'a [u8]) -> Payload<'a, 'static> {
        Payload { msg, aad: self.purpose.prefix() }
    }
}

fn nonce(secret: &SecretBytes<32>) -> XNonce {
    let digest = sha256(Purpose::TokenNonce, &[secret.expose()]);
    let mut nonce = [0; NONCE_BYTES];
    nonce.copy_from_slice(&digest.as_bytes()[..NONCE_BYTES]);
    XNonce::from(nonce)
}

fn cipher(key: &SecretBytes<32>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key.expose()))
}
