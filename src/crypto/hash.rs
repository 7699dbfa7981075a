//! Argon2id and the PHC strings it is stored as.

use core::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use phc::Ident;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroize;

use super::random::{Draw, RandomError};
use crate::types::{Digest, Password};

/// Salts are 16 bytes (RFC 9106 section 3.1).
const SALT_BYTES: usize = 16;
/// Tags are 32 bytes (RFC 9106 section 4; ASVS 5.0, 11.4.3).
const TAG_BYTES: usize = 32;

/// Cost parameters of Argon2id.
///
/// The default is OWASP's 19 MiB, 2 passes, 1 lane (Password Storage Cheat Sheet; also ASVS 5.0 appendix C). Weaker sets
/// are refused: the sets accepted are those of ASVS appendix C and everything above them.
///
/// ```
/// use doorward::HashParams;
///
/// assert_eq!(HashParams::default(), HashParams::new(19 * 1024, 2, 1)?);
/// assert!(HashParams::new(4 * 1024, 1, 1).is_err());
/// # Ok::<(), doorward::HashParamsError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct HashParams {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// Cost parameters are out of bounds.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum HashParamsError {
    /// Weaker than every set that ASVS 5.0 appendix C approves.
    #[error("weaker than 46 MiB with 1 pass, 19 MiB with 2 or 12 MiB with 3")]
    TooWeak,
    /// Above [`HashParams::MAX_MEMORY_KIB`], [`HashParams::MAX_PASSES`] or [`HashParams::MAX_LANES`], or less than 8 KiB
    /// for each lane.
    #[error("outside what this crate computes")]
    OutOfBounds,
}

impl HashParams {
    /// The most memory a hash may take, also one read from a store: 1 GiB.
    pub const MAX_MEMORY_KIB: u32 = 1024 * 1024;
    /// The most passes.
    pub const MAX_PASSES: u32 = 64;
    /// The most lanes. All are computed on one thread: sign-ins in parallel use the cores better.
    pub const MAX_LANES: u32 = 16;

    /// Memory in KiB, passes over it, and lanes.
    ///
    /// # Errors
    /// [`HashParamsError`] when they are weaker than ASVS 5.0 appendix C or out of bounds.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, HashParamsError> {
        let params = Self::bounded(memory_kib, passes, lanes)?;
        let floor_kib = match passes {
            1 => 47_104,
            2 => 19_456,
            _ => 12_288,
        };
        if memory_kib < floor_kib { Err(HashParamsError::TooWeak) } else { Ok(params) }
    }

    /// Parameters for tests: a hash of 8 KiB in microseconds. Exists with the feature `testing` only.
    #[cfg(feature = "testing")]
    pub fn danger_cheap_for_tests() -> Self {
        Self { memory_kib: 8, passes: 1, lanes: 1 }
    }

    /// Any parameters within the computable bounds, however weak, for tests that need a hash of a certain cost. Exists
    /// with the feature `testing` only.
    ///
    /// # Errors
    /// [`HashParamsError::OutOfBounds`].
    #[cfg(feature = "testing")]
    pub fn danger_weak_for_tests(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, HashParamsError> {
        Self::bounded(memory_kib, passes, lanes)
    }

    fn bounded(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, HashParamsError> {
        let fits = (1..=Self::MAX_LANES).contains(&lanes)
            && (1..=Self::MAX_PASSES).contains(&passes)
            && (8 * lanes..=Self::MAX_MEMORY_KIB).contains(&memory_kib);
        if fits { Ok(Self { memory_kib, passes, lanes }) } else { Err(HashParamsError::OutOfBounds) }
    }

    /// Memory in KiB.
    pub fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub fn passes(&self) -> u32 {
        self.passes
    }

    /// Lanes.
    pub fn lanes(&self) -> u32 {
        self.lanes
    }
}

impl Default for HashParams {
    fn default() -> Self {
        Self { memory_kib: Params::DEFAULT_M_COST, passes: Params::DEFAULT_T_COST, lanes: Params::DEFAULT_P_COST }
    }
}

/// A text is not a password hash that this crate computes.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("not an Argon2id PHC string with all its fields, within bounds, in canonical form")]
pub struct MalformedHash;

/// An Argon2id hash as a PHC string, checked whole: every field is there and within bounds, and writing it anew gives the
/// same text byte for byte.
///
/// `Debug` shows nothing of it: a hash is what an attacker grinds offline.
///
/// ```
/// use doorward::PasswordHash;
///
/// let text = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
///             AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// assert!(PasswordHash::parse(text).is_ok());
/// assert!(PasswordHash::parse(&text.replace("m=19456", "m=4294967295")).is_err());
/// ```
#[derive(Clone)]
pub struct PasswordHash {
    text: Box<str>,
    params: HashParams,
    salt: [u8; SALT_BYTES],
    tag: [u8; TAG_BYTES],
}

crate::types::redacted_debug!(PasswordHash => "PasswordHash");

impl PasswordHash {
    /// Reads a PHC string.
    ///
    /// # Errors
    /// [`MalformedHash`] for another algorithm or version, a missing, doubled or reordered field, parameters above the
    /// caps of [`HashParams`], a salt that is not 16 bytes or a tag that is not 32, or any other spelling of those.
    pub fn parse(text: &str) -> Result<Self, MalformedHash> {
        let parsed = phc::PasswordHash::new(text).map_err(|_| MalformedHash)?;
        let decimal = |name: &str| parsed.params.get_decimal(Ident::new(name).ok()?);
        let parts = || {
            let params = HashParams::bounded(decimal("m")?, decimal("t")?, decimal("p")?).ok()?;
            let salt: [u8; SALT_BYTES] = parsed.salt.as_ref()?.as_ref().try_into().ok()?;
            let tag: [u8; TAG_BYTES] = parsed.hash.as_ref()?.as_bytes().try_into().ok()?;
            Some(Self::from_parts(params, salt, tag))
        };
        let hash = parts().ok_or(MalformedHash)?;
        if hash.as_str() == text { Ok(hash) } else { Err(MalformedHash) }
    }

    fn from_parts(params: HashParams, salt: [u8; SALT_BYTES], tag: [u8; TAG_BYTES]) -> Self {
        use base64ct::{Base64Unpadded, Encoding};
        let HashParams { memory_kib, passes, lanes } = params;
        let (salt64, tag64) = (Base64Unpadded::encode_string(&salt), Base64Unpadded::encode_string(&tag));
        let text = format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt64}${tag64}").into();
        Self { text, params, salt, tag }
    }

    /// What is verified where there is no hash, made of a digest that nobody can foresee: the hash of nothing.
    ///
    /// Argon2id reads memory in an order that depends on the salt, and so does its time, by a little. One dummy for all
    /// would make all unknown addresses alike in that; a dummy for each makes them as different as known ones are.
    pub(crate) fn dummy(params: HashParams, seed: &Digest) -> Self {
        let mut salt = [0; SALT_BYTES];
        salt.copy_from_slice(&seed.as_bytes()[..SALT_BYTES]);
        Self::from_parts(params, salt, *seed.as_bytes())
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The cost it was computed with.
    pub fn params(&self) -> HashParams {
        self.params
    }
}

impl Serialize for PasswordHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for PasswordHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// Argon2's working memory, kept by a thread from one hash to the next.
///
/// It grows to the largest parameters it was used with. What a hash leaves in it is not the password, and the next hash
/// overwrites it.
#[derive(Default)]
pub(crate) struct HashMemory(Vec<Block>);

impl fmt::Debug for HashMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HashMemory({} KiB)", self.0.len())
    }
}

/// Hashes a password with a fresh salt.
pub(crate) fn hash(
    password: &Password,
    params: HashParams,
    memory: &mut HashMemory,
) -> Result<PasswordHash, RandomError> {
    let salt = Draw::draw()?;
    Ok(PasswordHash::from_parts(params, salt, compute(password, params, &salt, memory)))
}

/// Whether the password is the one that was hashed. Takes as long for a wrong one as for the right one.
pub(crate) fn verify(password: &Password, hash: &PasswordHash, memory: &mut HashMemory) -> bool {
    let mut tag = compute(password, hash.params, &hash.salt, memory);
    let equal = tag[..].ct_eq(&hash.tag[..]).into();
    tag.zeroize();
    equal
}

fn compute(
    password: &Password,
    params: HashParams,
    salt: &[u8; SALT_BYTES],
    memory: &mut HashMemory,
) -> [u8; TAG_BYTES] {
    let mut tag = [0; TAG_BYTES];
    let argon_params = Params::new(params.memory_kib, params.passes, params.lanes, Some(TAG_BYTES))
        .expect("HashParams are within Argon2's own bounds");
    let blocks = argon_params.block_count();
    if memory.0.len() < blocks {
        memory.0.resize(blocks, Block::new());
    }
    Argon2::new(Algorithm::Argon2id, Version::V0x13, argon_params)
        .hash_password_into_with_memory(password.expose().as_bytes(), salt, &mut tag, &mut memory.0[..blocks])
        .expect("salt, tag and memory have the sizes Argon2 asks for, and a password is at most a few KiB");
    tag
}
