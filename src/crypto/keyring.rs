//! Keys of the host, under which secrets at rest are sealed.

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use thiserror::Error;
use zeroize::Zeroizing;

use super::digest::{Purpose, keyed};
use super::random::{Draw, RandomError};
use crate::types::{SecretBytes, UserId};

/// XChaCha20's nonce: long enough to be drawn at random for every seal.
const NONCE_BYTES: usize = 24;
/// What a sealed text begins with. The number is that of the format, and is authenticated too.
const PREFIX: &str = "$sealed$v=1$k=";

/// The keys under which secrets at rest are sealed, so that a stolen store alone gives nothing to attack: those of
/// authenticators always, and password hashes if [`HashingConfig::sealing`](crate::config::HashingConfig::sealing) says so.
///
/// One key is current: everything is sealed under it. Others only open what was sealed under them, until it was sealed anew,
/// by use or by [`Operator::reseal`](crate::Operator::reseal). Each value is bound to its user and its purpose, so that one moved to
/// another row opens nothing.
///
/// To change keys where several processes run, in this order: let the new key open in all of them
/// (`Keyring::new(old).also_opens(new)`); make it current in all of them (`Keyring::new(new).also_opens(old)`); reseal every
/// user; give up the old one. Otherwise one process cannot read what another has sealed already.
///
/// The keys come from outside the store: a file, an environment, a key service. **Whoever loses all of them loses what is
/// sealed**: passwords then fail for everyone, and each user comes back in by "Forgot your password?"; authenticators fail too,
/// and recovery codes or an operator let their owners in.
///
/// ```
/// use doorward::Keyring;
///
/// # let (new, old) = ([7; 32], [8; 32]);
/// let keyring = Keyring::new("2026-11", new)?.also_opens("2025-03", old)?;
/// assert_eq!(format!("{keyring:?}"), r#"Keyring { current: "2026-11", also_opens: ["2025-03"] }"#);
/// # Ok::<(), doorward::error::KeyringError>(())
/// ```
///
/// Two keys of one name would leave open which of them is meant:
///
/// ```
/// use doorward::Keyring;
/// use doorward::error::KeyringError;
///
/// let refused = Keyring::new("a", [7; 32]).and_then(|keyring| keyring.also_opens("a", [8; 32]));
/// assert_eq!(refused.unwrap_err(), KeyringError::DuplicateId);
/// ```
#[derive(Clone)]
pub struct Keyring {
    /// The current one first.
    keys: Vec<NamedKey>,
}

#[derive(Clone)]
struct NamedKey {
    id: Box<str>,
    key: SecretBytes<32>,
}

/// A key was not taken into a [`Keyring`].
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum KeyringError {
    /// The id is not 1 to 32 ASCII letters, digits, dots, dashes and underscores.
    #[error("a key id is 1 to 32 ASCII letters, digits, dots, dashes and underscores")]
    MalformedId,
    /// Another key has this id.
    #[error("another key has this id")]
    DuplicateId,
    /// All bytes of the key are zero: it was never filled in.
    #[error("all bytes of the key are zero")]
    BlankKey,
}

/// Why a stored secret, a password hash or that of an authenticator, is not evaluated. What is typed then fails like a wrong
/// password or code. A reset sets a new password; recovery codes work without the secret.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SecretFault {
    /// It is nothing that this build evaluates: edited by hand, of costs above the caps, or of a scheme whose feature is
    /// off.
    Malformed,
    /// It is sealed under a key that the [`Keyring`] does not have, or there is no keyring.
    UnknownKey,
    /// It is sealed, and was changed or moved here from another user.
    SealBroken,
    /// It is not sealed, and only sealed ones count ([`HashSealing::Enforced`](crate::config::HashSealing::Enforced)).
    NotSealed,
}

impl SecretFault {
    /// A stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::SealBroken => "seal_broken",
            Self::NotSealed => "not_sealed",
        }
    }
}

impl Keyring {
    /// A keyring whose current key is this one: 32 random bytes, under an id that stands beside whatever is sealed.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn new(id: &str, key: [u8; 32]) -> Result<Self, KeyringError> {
        Self { keys: Vec::new() }.with(id, key)
    }

    /// Adds a key that only opens: one that was current before, or is to be.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn also_opens(self, id: &str, key: [u8; 32]) -> Result<Self, KeyringError> {
        self.with(id, key)
    }

    fn with(mut self, id: &str, key: [u8; 32]) -> Result<Self, KeyringError> {
        let key = SecretBytes::new(key);
        let well_formed = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        if !well_formed || !(1..=32).contains(&id.len()) {
            return Err(KeyringError::MalformedId);
        }
        if self.keys.iter().any(|other| &*other.id == id) {
            return Err(KeyringError::DuplicateId);
        }
        if *key.expose() == [0; 32] {
            return Err(KeyringError::BlankKey);
        }
        self.keys.push(NamedKey { id: id.into(), key });
        Ok(self)
    }

    /// Seals under the current key.
    pub(crate) fn seal(&self, purpose: Purpose, user: &UserId, secret: &[u8]) -> Result<String, RandomError> {
        let nonce: [u8; NONCE_BYTES] = Draw::draw()?;
        // `new` put one in, and nothing takes one out.
        let NamedKey { id, key } = &self.keys[0];
        let aad = associated(purpose, id, user);
        let sealed = cipher(key, purpose)
            .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: &aad })
            .expect("only a message of 256 GiB is too long to be sealed");
        Ok(format!("{PREFIX}{id}${}", Base64UrlUnpadded::encode_string(&[&nonce[..], &sealed].concat())))
    }

    /// Opens what was sealed under any of the keys, for that purpose and user.
    pub(crate) fn open(&self, purpose: Purpose, user: &UserId, text: &str) -> Result<Zeroizing<Vec<u8>>, SecretFault> {
        // Longer than any secret that is sealed.
        const MAX_BYTES: usize = 4096;
        let (id, body) = parts(text).filter(|_| text.len() <= MAX_BYTES).ok_or(SecretFault::SealBroken)?;
        let key = self.keys.iter().find(|key| &*key.id == id).ok_or(SecretFault::UnknownKey)?;
        let bytes = Base64UrlUnpadded::decode_vec(body).map_err(|_| SecretFault::SealBroken)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(SecretFault::SealBroken)?;
        let aad = associated(purpose, id, user);
        let opened = cipher(&key.key, purpose).decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad });
        opened.map(Zeroizing::new).map_err(|_| SecretFault::SealBroken)
    }

    /// Whether the text is sealed under the current key.
    pub(crate) fn is_up_to_date(&self, text: &str) -> bool {
        parts(text).is_some_and(|(id, _)| *id == *self.keys[0].id)
    }
}

/// Whether the text claims to be sealed.
pub(crate) fn is_sealed(text: &str) -> bool {
    text.starts_with("$sealed$")
}

fn parts(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix(PREFIX)?.split_once('$')
}

/// Each purpose has a key of its own.
fn cipher(key: &SecretBytes<32>, purpose: Purpose) -> XChaCha20Poly1305 {
    let subkey = Zeroizing::new(*keyed(key.expose(), purpose, &[]).as_bytes());
    XChaCha20Poly1305::new(&Key::from(*subkey))
}

/// What a sealed value is bound to.
fn associated(purpose: Purpose, key_id: &str, user: &UserId) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in [PREFIX.as_bytes(), purpose.prefix(), key_id.as_bytes(), user.as_str().as_bytes()] {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(part);
    }
    bytes
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.keys.iter().map(|key| &*key.id).collect();
        f.debug_struct("Keyring").field("current", &ids[0]).field("also_opens", &&ids[1..]).finish()
    }
}
