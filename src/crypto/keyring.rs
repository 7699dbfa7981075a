//! The host's keys for sealing secrets at rest.

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
pub(super) const NONCE_BYTES: usize = 24;
/// The beginning of every sealed text. The number is the format version, and is authenticated too.
const PREFIX: &str = "$sealed$v=1$k=";

/// The keys that seal secrets at rest, so that a stolen store alone gives an attacker nothing to guess against: TOTP
/// secrets always, and password hashes if [`HashingConfig::sealing`](crate::config::HashingConfig::sealing) says so.
/// They also seal the user's id in every token that leaves the server, so that cookies and links reveal nothing of it,
/// not even its length.
///
/// One key is current and seals everything new. The others only open what was sealed under them, until that is resealed on use
/// or by [`Operator::reseal`](crate::Operator::reseal). Each value is bound to its user and its purpose, so a value moved to another
/// row does not open.
///
/// To change keys across several processes, in this order: let all of them open with the new key
/// (`Keyring::new(old).also_opens(new)`); make it current in all of them (`Keyring::new(new).also_opens(old)`); reseal every
/// user; remove the old key. In any other order a process may be unable to read what another has sealed.
///
/// Tokens cannot be resealed at rest: **removing a key invalidates the sessions, devices and links** whose tokens were
/// issued under it. So after a key is no longer current, keep it for the longest of those lifetimes, which is
/// [`DeviceConfig::lifetime`](crate::config::DeviceConfig::lifetime), 90 days by default, unless sessions last longer.
/// A token that a flow returns is under the current key; a browser whose owner always signs in in two steps keeps its
/// device cookie, and is then treated as a new one once.
///
/// Keep the keys outside the store: in a file, an environment variable or a key service. **Losing all keys loses everything
/// sealed**: everyone is signed out; passwords fail for everyone, if they were sealed, and users get back in by "Forgot your
/// password?"; authenticators fail too, and their owners get back in by a recovery code or through an operator.
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
/// Key ids must be unique:
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
    /// The current key first.
    keys: Vec<NamedKey>,
}

#[derive(Clone)]
struct NamedKey {
    id: Box<str>,
    key: SecretBytes<32>,
}

/// Why a key was not added to a [`Keyring`].
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum KeyringError {
    /// The id is not 1 to 32 ASCII letters, digits, dots, dashes and underscores.
    #[error("a key id is 1 to 32 ASCII letters, digits, dots, dashes and underscores")]
    MalformedId,
    /// Another key has this id.
    #[error("another key has this id")]
    DuplicateId,
    /// All bytes of the key are zero, so it was never filled in.
    #[error("all bytes of the key are zero")]
    BlankKey,
}

/// Why a stored secret (a password hash or a TOTP secret) is not evaluated. The user's input then fails like a wrong
/// password or code. A reset sets a new password; recovery codes work without the secret.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SecretFault {
    /// This build cannot evaluate it: it was edited by hand, its costs exceed the caps, or its scheme needs a feature that is
    /// off.
    Malformed,
    /// It is sealed under a key that the [`Keyring`] does not have, or there is no keyring.
    UnknownKey,
    /// It is sealed, but was altered or moved here from another user.
    SealBroken,
    /// It is not sealed, while only sealed secrets are accepted
    /// ([`HashSealing::Enforced`](crate::config::HashSealing::Enforced)).
    NotSealed,
    /// It is a hash of another system, while [`HashingConfig::legacy`](crate::config::HashingConfig::legacy) is off.
    LegacyScheme,
}

impl SecretFault {
    /// A stable name in snake_case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::SealBroken => "seal_broken",
            Self::NotSealed => "not_sealed",
            Self::LegacyScheme => "legacy_scheme",
        }
    }
}

impl Keyring {
    /// A keyring with this current key: 32 random bytes, under an id that is stored with everything it seals.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn new(id: &str, key: [u8; 32]) -> Result<Self, KeyringError> {
        Self { keys: Vec::new() }.with(id, key)
    }

    /// Adds a key that only opens: a former or a future current key.
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
        self.seal_for(purpose, user.as_str(), secret)
    }

    /// Opens what was sealed under any of the keys, for this purpose and user.
    pub(crate) fn open(&self, purpose: Purpose, user: &UserId, text: &str) -> Result<Zeroizing<Vec<u8>>, SecretFault> {
        self.open_for(purpose, user.as_str(), text)
    }

    /// Seals the content of a cookie of that name. Its text has only characters that a cookie may have.
    #[cfg(feature = "pages")]
    pub(crate) fn seal_cookie(&self, name: &str, content: &[u8]) -> Result<String, RandomError> {
        self.seal_for(Purpose::SealedCookie, name, content)
    }

    /// Opens a cookie of that name. `None` if it was not sealed here, or for another name.
    #[cfg(feature = "pages")]
    pub(crate) fn open_cookie(&self, name: &str, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        self.open_for(Purpose::SealedCookie, name, text).ok()
    }

    fn seal_for(&self, purpose: Purpose, place: &str, secret: &[u8]) -> Result<String, RandomError> {
        let nonce: [u8; NONCE_BYTES] = Draw::draw()?;
        // `new` adds the first key, and keys are never removed.
        let NamedKey { id, key } = &self.keys[0];
        let aad = associated(purpose, id, place);
        let sealed = cipher(key, purpose)
            .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: &aad })
            .expect("only a message of 256 GiB is too long to seal");
        Ok(format!("{PREFIX}{id}${}", Base64UrlUnpadded::encode_string(&[&nonce[..], &sealed].concat())))
    }

    fn open_for(&self, purpose: Purpose, place: &str, text: &str) -> Result<Zeroizing<Vec<u8>>, SecretFault> {
        // Longer than any sealed secret.
        const MAX_BYTES: usize = 4096;
        let (id, body) = parts(text).filter(|_| text.len() <= MAX_BYTES).ok_or(SecretFault::SealBroken)?;
        let key = self.keys.iter().find(|key| &*key.id == id).ok_or(SecretFault::UnknownKey)?;
        let bytes = Base64UrlUnpadded::decode_vec(body).map_err(|_| SecretFault::SealBroken)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(SecretFault::SealBroken)?;
        let aad = associated(purpose, id, place);
        let opened = cipher(&key.key, purpose).decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad });
        opened.map(Zeroizing::new).map_err(|_| SecretFault::SealBroken)
    }

    /// The subkeys for that purpose, the current one first.
    pub(super) fn subkeys(&self, purpose: Purpose) -> Vec<SecretBytes<32>> {
        self.keys.iter().map(|named| subkey(&named.key, purpose)).collect()
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

/// Each purpose has its own subkey.
fn subkey(key: &SecretBytes<32>, purpose: Purpose) -> SecretBytes<32> {
    SecretBytes::new(*keyed(key.expose(), purpose, &[]).as_bytes())
}

fn cipher(key: &SecretBytes<32>, purpose: Purpose) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*subkey(key, purpose).expose()))
}

/// The associated data that binds a sealed value to its place.
fn associated(purpose: Purpose, key_id: &str, place: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in [PREFIX.as_bytes(), purpose.prefix(), key_id.as_bytes(), place.as_bytes()] {
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
