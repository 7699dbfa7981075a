//! Password hashes: made, read, verified.

use thiserror::Error;

#[cfg(not(feature = "legacy-hashes"))]
use super::foreign::is_foreign;
#[cfg(feature = "legacy-hashes")]
use super::legacy::{LegacyCost, LegacyHash};
use super::memory::{HashMemory, Input, Revision, Variant};
use super::phc::{Argon2Cost, Argon2Hash, SALT_BYTES, TAG_BYTES};
use super::{HashParams, HashRisk, HashScheme};
use crate::crypto::{Draw, RandomError};
use crate::types::{Digest, Password};

/// The longest text that is looked at, in bytes. The longest hash of any scheme is well below it.
const MAX_TEXT_BYTES: usize = 512;

/// A text is not a password hash that this build verifies.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum MalformedHash {
    /// It is of no known scheme, or a field of it is missing, out of bounds, or not in its canonical form.
    #[error("not a password hash of a known scheme with all its fields, within bounds, in canonical form")]
    Unknown,
    /// It looks like a hash of another system, such as bcrypt, and this build reads none of those.
    #[error("a password hash of another system: it is read by a build with doorward's feature `legacy-hashes`")]
    NeedsLegacyHashes,
}

/// A password hash, read whole: every field is there and within bounds, and writing it anew gives the same text byte for
/// byte.
///
/// New hashes are Argon2id as PHC strings. Those of other systems are verified with the feature `legacy-hashes`, and
/// replaced by a new one when their owner signs in: see [`Operator::import_user`](crate::Operator::import_user).
///
/// `Debug` shows nothing of it: a hash is what an attacker grinds offline.
///
/// ```
/// use doorward::hashing::{HashScheme, PasswordHash};
///
/// let text = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
///             AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// let hash = PasswordHash::parse(text)?;
/// assert_eq!(hash.scheme(), HashScheme::Argon2id);
/// assert!(hash.risks().is_empty());
/// # Ok::<(), doorward::hashing::MalformedHash>(())
/// ```
///
/// What would cost too much, or could be read in two ways, is none:
///
/// ```
/// # use doorward::hashing::PasswordHash;
/// # let text = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
/// #             AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// assert!(PasswordHash::parse(&text.replace("m=19456", "m=8388608")).is_err(), "8 GiB");
/// assert!(PasswordHash::parse(&text.replace("t=2,p=1", "p=1,t=2")).is_err(), "out of order");
/// ```
#[derive(Clone)]
pub struct PasswordHash {
    text: Box<str>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Argon2(Argon2Hash),
    #[cfg(feature = "legacy-hashes")]
    Legacy(LegacyHash),
}

crate::types::redacted_debug!(PasswordHash => "PasswordHash");

/// What makes a hash as expensive as it is: its scheme and its parameters, without salt and tag.
///
/// Imported hashes cost more or less than new ones, and so does the answer about them. A host that counts the costs of what
/// it imports can give unknown addresses the same mix: see [`CostProfile`](crate::config::CostProfile).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct HashCost(Cost);

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Cost {
    Argon2(Argon2Cost),
    #[cfg(feature = "legacy-hashes")]
    Legacy(LegacyCost),
}

/// That of new hashes of these parameters.
impl From<HashParams> for HashCost {
    fn from(params: HashParams) -> Self {
        Self(Cost::Argon2(Argon2Cost::current(params)))
    }
}

impl HashCost {
    /// How much of the memory that is kept between hashes it takes, in KiB. Schemes other than Argon2 take none of that.
    pub(crate) fn memory_kib(&self) -> usize {
        match self.0 {
            Cost::Argon2(cost) => cost.params.memory_kib() as usize,
            #[cfg(feature = "legacy-hashes")]
            Cost::Legacy(_) => 0,
        }
    }
}

impl PasswordHash {
    /// Reads a hash of any scheme that this build verifies: Argon2id as a PHC string, and with the feature `legacy-hashes`:
    ///
    /// - Argon2i and Argon2d as PHC strings, and all three as Django writes them (`argon2$argon2id$…`);
    /// - bcrypt (`$2a$`, `$2b$`, `$2y$`), and Django's `bcrypt_sha256$$2b$…`;
    /// - scrypt as passlib writes it (`$scrypt$ln=…`);
    /// - PBKDF2 as a PHC string (`$pbkdf2-sha256$i=…`), as passlib writes it (`$pbkdf2-sha256$29000$…`), as Django does
    ///   (`pbkdf2_sha256$…`, `pbkdf2_sha1$…`) and as ASP.NET Identity does (version 3).
    ///
    /// Whoever has no usable hash, such as Django's `!…`, is provisioned instead, or resets the password.
    ///
    /// # Errors
    /// [`MalformedHash`] for another scheme or version, a missing, doubled or reordered field, parameters above the caps
    /// ([`HashParams`] has those of Argon2), a salt or tag of unusual length, or any other spelling of a good hash. Without the
    /// feature `legacy-hashes` a hash that takes it is answered
    /// [`NeedsLegacyHashes`](MalformedHash::NeedsLegacyHashes).
    pub fn parse(text: &str) -> Result<Self, MalformedHash> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(MalformedHash::Unknown);
        }
        let kind = Kind::parse(text)?;
        Ok(Self { text: text.into(), kind })
    }

    /// What is verified where there is no hash, made of a digest that nobody can foresee: the hash of nothing.
    ///
    /// Argon2id reads memory in an order that depends on the salt, and so does its time, by a little. One dummy for all
    /// would make all unknown addresses alike in that; a dummy for each makes them as different as known ones are.
    pub(crate) fn dummy(cost: HashCost, seed: &Digest) -> Self {
        match cost.0 {
            Cost::Argon2(cost) => Self::argon2(Argon2Hash::dummy(cost, seed)),
            // It is never kept nor shown, so it needs no text.
            #[cfg(feature = "legacy-hashes")]
            Cost::Legacy(cost) => Self { text: "".into(), kind: Kind::Legacy(LegacyHash::dummy(cost, seed)) },
        }
    }

    fn argon2(hash: Argon2Hash) -> Self {
        Self { text: hash.render().into(), kind: Kind::Argon2(hash) }
    }

    /// The text, as it was read or made.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The scheme.
    pub fn scheme(&self) -> HashScheme {
        match &self.kind {
            Kind::Argon2(hash) => match hash.cost.variant {
                Variant::Argon2d => HashScheme::Argon2d,
                Variant::Argon2i => HashScheme::Argon2i,
                Variant::Argon2id => HashScheme::Argon2id,
            },
            #[cfg(feature = "legacy-hashes")]
            Kind::Legacy(hash) => hash.scheme(),
        }
    }

    /// What it costs.
    pub fn cost(&self) -> HashCost {
        HashCost(match &self.kind {
            Kind::Argon2(hash) => Cost::Argon2(hash.cost),
            #[cfg(feature = "legacy-hashes")]
            Kind::Legacy(hash) => Cost::Legacy(hash.cost()),
        })
    }

    /// What an operator should know of it. None for a hash that is as good as a new one.
    pub fn risks(&self) -> Vec<HashRisk> {
        match &self.kind {
            Kind::Argon2(hash) => {
                // Only Argon2id resists both guessing on special hardware and spying on memory access (RFC 9106, section 4).
                let dated = hash.cost.variant != Variant::Argon2id || hash.cost.revision != Revision::V19;
                if dated || hash.cost.params.is_weak() { vec![HashRisk::Weak] } else { Vec::new() }
            }
            #[cfg(feature = "legacy-hashes")]
            Kind::Legacy(hash) => hash.risks(),
        }
    }

    /// Whether a new hash of these parameters would be of the same kind. If not, it is replaced when its owner signs in.
    pub(crate) fn is_up_to_date(&self, params: HashParams) -> bool {
        match &self.kind {
            // Others write the same hash with something around it.
            Kind::Argon2(hash) => hash.is_up_to_date(params) && self.text.starts_with('$'),
            #[cfg(feature = "legacy-hashes")]
            Kind::Legacy(_) => false,
        }
    }

    /// Whether the password is the one that was hashed. Takes as long for a wrong one as for the right one.
    pub(crate) fn verify(&self, password: &Password, memory: &mut HashMemory) -> bool {
        match &self.kind {
            Kind::Argon2(hash) => {
                // Argon2id may be our own, of the canonical text. Other systems hashed what was typed, as it was typed.
                let own = hash.cost.variant == Variant::Argon2id && hash.cost.revision == Revision::V19;
                let text = if own { password.expose() } else { password.typed() };
                hash.verify(text.as_bytes(), memory)
            }
            #[cfg(feature = "legacy-hashes")]
            Kind::Legacy(hash) => hash.verify(password.typed().as_bytes()),
        }
    }
}

impl Kind {
    #[cfg(not(feature = "legacy-hashes"))]
    fn parse(text: &str) -> Result<Self, MalformedHash> {
        let own = |hash: &Argon2Hash| hash.cost.variant == Variant::Argon2id && hash.cost.revision == Revision::V19;
        match Argon2Hash::parse(text) {
            Some(hash) if own(&hash) => Ok(Self::Argon2(hash)),
            Some(_) => Err(MalformedHash::NeedsLegacyHashes),
            None if is_foreign(text) => Err(MalformedHash::NeedsLegacyHashes),
            None => Err(MalformedHash::Unknown),
        }
    }

    #[cfg(feature = "legacy-hashes")]
    fn parse(text: &str) -> Result<Self, MalformedHash> {
        // Django puts the name of its hasher in front of the PHC string.
        let phc = text.strip_prefix("argon2$").map_or(text, |_| &text["argon2".len()..]);
        let read = Argon2Hash::parse(phc).map(Self::Argon2).or_else(|| LegacyHash::parse(text).map(Self::Legacy));
        read.ok_or(MalformedHash::Unknown)
    }
}

/// Why a password was not hashed.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub(crate) enum HashingError {
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error("no memory for a hash")]
    OutOfMemory,
}

/// Hashes a password with a fresh salt.
pub(crate) fn hash(
    password: &Password,
    params: HashParams,
    memory: &mut HashMemory,
) -> Result<PasswordHash, HashingError> {
    let salt: [u8; SALT_BYTES] = Draw::draw()?;
    let mut tag = [0; TAG_BYTES];
    let (variant, revision) = (Variant::Argon2id, Revision::V19);
    let input = Input { variant, revision, params, password: password.expose().as_bytes(), salt: &salt };
    // Parameters, salt, tag and password are within Argon2's bounds.
    if !memory.compute(&input, &mut tag) {
        return Err(HashingError::OutOfMemory);
    }
    Ok(PasswordHash::argon2(Argon2Hash::new(Argon2Cost::current(params), &salt, &tag)))
}
