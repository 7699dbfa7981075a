//! Fast hashes of other systems, imported inside an Argon2id hash.

use core::ops::RangeInclusive;

use thiserror::Error;
use zeroize::Zeroizing;

use super::hash::{HashingError, PasswordHash, hash_text};
use super::malformed::{MalformedHash, malformed};
use super::memory::{HashBackend, HashMemory};
use super::params::HashParams;
use super::wrapped::{FastDigest, Inner, Wrapped};

/// Lengths of salts, in bytes. A salt of a fast hash may be short; some systems used the user's id.
const SALT: RangeInclusive<usize> = 1..=64;

/// A fast hash of another system: MD5, SHA-1, SHA-256 or SHA-512 of the password, with or without a salt, in
/// hexadecimal digits.
///
/// A graphics card computes billions of such hashes per second, so none is ever stored as it is. [`wrap`](Self::wrap)
/// hashes it with Argon2id; the result verifies the password, and is replaced by an ordinary hash when its owner signs
/// in. Delete the old hashes and their backups afterwards: [`HashRisk::FastInside`](super::HashRisk::FastInside) says
/// why.
///
/// `Debug` reveals nothing of it, and the memory of its digits is wiped on drop.
///
/// ```
/// use doorward::hashing::{FastHash, HashParams, HashRisk};
///
/// // md5($salt . $password), as many PHP programs stored it.
/// let fast = FastHash::parse("67a1e09bb1f83f5007dc119c14d663aa")?.salt_before("salt")?;
/// let hash = fast.wrap(HashParams::default())?;
/// assert_eq!(hash.risks(), [HashRisk::FastInside]);
///
/// assert!(FastHash::parse("$2y$10$…").is_err(), "no fast hash");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[cfg_attr(docsrs, doc(cfg(feature = "legacy-hashes")))]
pub struct FastHash {
    inner: Inner,
    digits: Zeroizing<String>,
}

crate::types::redacted_debug!(FastHash => "FastHash");

/// Why a fast hash was not wrapped.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
#[cfg_attr(docsrs, doc(cfg(feature = "legacy-hashes")))]
pub enum WrapError {
    /// The operating system gave no randomness for the salt. Try again.
    #[error("no randomness from the operating system")]
    NoRandomness,
    /// There is not enough memory for a hash with these parameters.
    #[error("not enough memory for a hash")]
    OutOfMemory,
}

impl FastHash {
    /// Parses hexadecimal digits in either case: 32 are MD5, 40 SHA-1, 64 SHA-256, 128 SHA-512. Also Django's
    /// `md5$salt$…` and `sha1$salt$…`, whose salt comes before the password.
    ///
    /// # Errors
    /// [`MalformedHash`] for anything else.
    pub fn parse(text: &str) -> Result<Self, MalformedHash> {
        if let Some((salt, digits)) =
            ["md5$", "sha1$"].iter().find_map(|name| text.strip_prefix(name)).and_then(|rest| rest.split_once('$'))
        {
            let fast = Self::of_digits(digits).ok_or_else(|| malformed(text))?;
            let named = if text.starts_with("md5") { FastDigest::Md5 } else { FastDigest::Sha1 };
            return if fast.inner.digest == named { fast.salt_before(salt) } else { Err(malformed(text)) };
        }
        Self::of_digits(text).ok_or_else(|| match malformed(text) {
            // `NotRead` may say to use `FastHash`, and so send its reader back here.
            MalformedHash::NotRead { .. } => MalformedHash::Unknown,
            other => other,
        })
    }

    fn of_digits(digits: &str) -> Option<Self> {
        let digest = FastDigest::ALL.into_iter().find(|digest| digits.len() == 2 * digest.bytes())?;
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let inner = Inner { digest, before: Box::default(), after: Box::default() };
        hexadecimal.then(|| Self { inner, digits: Zeroizing::new(digits.to_ascii_lowercase()) })
    }

    /// Sets the salt that came before the password when it was hashed.
    ///
    /// # Errors
    /// [`MalformedHash`] unless the salt has 1 to 64 bytes.
    pub fn salt_before(mut self, salt: &str) -> Result<Self, MalformedHash> {
        self.inner.before = checked(salt)?;
        Ok(self)
    }

    /// Sets the salt that came after the password when it was hashed.
    ///
    /// # Errors
    /// As [`salt_before`](Self::salt_before).
    pub fn salt_after(mut self, salt: &str) -> Result<Self, MalformedHash> {
        self.inner.after = checked(salt)?;
        Ok(self)
    }

    /// Hashes the digits with Argon2id and a fresh salt. It blocks the calling thread for as long as a new hash with
    /// these parameters takes, and needs as much memory: for many accounts, call it on a thread that may block.
    ///
    /// # Errors
    /// [`WrapError`].
    pub fn wrap(&self, params: HashParams) -> Result<PasswordHash, WrapError> {
        let mut memory = HashMemory::new(HashBackend::default());
        let hash = hash_text(&self.digits, params, &mut memory).map_err(|error| match error {
            HashingError::Random(_) => WrapError::NoRandomness,
            HashingError::OutOfMemory => WrapError::OutOfMemory,
        })?;
        Ok(PasswordHash::wrapped(Wrapped { inner: self.inner.clone(), hash }))
    }
}

fn checked(salt: &str) -> Result<Box<[u8]>, MalformedHash> {
    let looks_like = "a fast hash whose salt is empty or over 64 bytes";
    if SALT.contains(&salt.len()) { Ok(salt.as_bytes().into()) } else { Err(MalformedHash::Damaged { looks_like }) }
}
