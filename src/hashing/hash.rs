//! Making, parsing and verifying password hashes.

use thiserror::Error;

#[cfg(feature = "legacy-hashes")]
use super::legacy::{LegacyCost, LegacyHash};
use super::malformed::{MalformedHash, malformed};
use super::memory::{HashMemory, Input, Revision, Variant};
use super::phc::{Argon2Cost, Argon2Hash, SALT_BYTES, TAG_BYTES};
#[cfg(feature = "legacy-hashes")]
use super::wrapped::Wrapped;
use super::{HashParams, HashRisk, HashScheme};
use crate::crypto::{Draw, RandomError};
use crate::types::{Digest, Password};

/// The maximum length of text that is parsed, in bytes. The longest hash of any scheme is well below it.
const MAX_TEXT_BYTES: usize = 512;

/// A completely parsed password hash: every field is present once and within bounds, and no other text means the same, but for
/// the order of Argon2's parameters and the padding of its base64, which systems write differently.
///
/// New hashes are Argon2id as PHC strings. With the feature `legacy-hashes` it also parses hashes of other systems, such as
/// bcrypt. To import and verify those, also set [`HashingConfig::legacy`](crate::config::HashingConfig::legacy); they are
/// replaced when their owner signs in: see [`Operator::import_user`](crate::Operator::import_user).
///
/// `Debug` reveals nothing of it: a hash is what an attacker brute-forces offline.
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
/// Hashes that would cost too much or are ambiguous are rejected:
///
/// ```
/// # use doorward::hashing::PasswordHash;
/// # let text = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
/// #             AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// assert!(PasswordHash::parse(&text.replace("m=19456", "m=8388608")).is_err(), "8 GiB");
/// assert!(PasswordHash::parse(&text.replace("t=2,p=1", "t=2,t=2,p=1")).is_err(), "twice the same field");
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
    #[cfg(feature = "legacy-hashes")]
    Wrapped(Wrapped),
}

crate::types::redacted_debug!(PasswordHash => "PasswordHash");

/// The cost of a hash: its scheme and parameters, without salt and tag.
///
/// Imported hashes take more or less time than new ones, which shows in response times. A host that counts the costs of the
/// hashes it imports can give unknown addresses the same mix: see [`CostProfile`](crate::config::CostProfile).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct HashCost(Cost);

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Cost {
    Argon2(Argon2Cost),
    #[cfg(feature = "legacy-hashes")]
    Legacy(LegacyCost),
}

/// The cost of new hashes with these parameters.
impl From<HashParams> for HashCost {
    fn from(params: HashParams) -> Self {
        Self(Cost::Argon2(Argon2Cost::current(params)))
    }
}

impl HashCost {
    /// Whether it is of a scheme that only `legacy-hashes` can compute.
    pub(crate) fn is_legacy(&self) -> bool {
        !matches!(self.0, Cost::Argon2(_))
    }

    /// The kept working memory that it uses, in KiB. Schemes other than Argon2 use none of it.
    pub(crate) fn memory_kib(&self) -> usize {
        match self.0 {
            Cost::Argon2(cost) => cost.params.memory_kib() as usize,
            #[cfg(feature = "legacy-hashes")]
            Cost::Legacy(_) => 0,
        }
    }
}

impl PasswordHash {
    /// Parses a hash of any scheme that this build verifies: Argon2id as a PHC string, and with the feature `legacy-hashes`
    /// also:
    ///
    /// - Argon2i and Argon2d as PHC strings, and all three as Django and Spring Security write them;
    /// - bcrypt (`$2a$`, `$2b$`, `$2y$`), also over a digest as in Django, passlib and WordPress;
    /// - scrypt and PBKDF2 as PHC strings, and as passlib, Django, Werkzeug and Spring Security write them; PBKDF2 also of ASP.NET
    ///   Identity (version 3);
    /// - the portable hashes of phpass, as in WordPress, phpBB and Drupal.
    ///
    /// [`manual::coming_from`](crate::manual::coming_from) lists them by system, with what is not read and why. Keycloak keeps a
    /// hash in two texts: [`from_keycloak`](Self::from_keycloak). Firebase's needs a key, and a fast hash such as MD5 is wrapped
    /// first: `FirebaseScrypt` and `FastHash`.
    ///
    /// Provision users without a usable hash, such as Django's `!…`, or have them reset their password.
    ///
    /// # Errors
    /// [`MalformedHash`], which names the system that the text looks like, for an unknown scheme or version, a missing or duplicate
    /// field, parameters above the caps (for Argon2 see [`HashParams`]), a salt or tag of unusual length, or any other spelling of
    /// a valid hash. Without the feature `legacy-hashes`, a hash that needs it is
    /// [`NeedsLegacyHashes`](MalformedHash::NeedsLegacyHashes).
    pub fn parse(text: &str) -> Result<Self, MalformedHash> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(MalformedHash::Unknown);
        }
        let kind = Kind::parse(text)?;
        Ok(Self { text: text.into(), kind })
    }

    /// The hash that is verified where there is none, made from an unpredictable digest; no password matches it.
    ///
    /// Argon2id accesses memory in an order that depends on the salt, and so, slightly, does its time. A single dummy would
    /// give all unknown addresses the same time; a dummy per address makes them vary as known ones do.
    pub(crate) fn dummy(cost: HashCost, seed: &Digest) -> Self {
        match cost.0 {
            Cost::Argon2(cost) => Self::argon2(Argon2Hash::dummy(cost, seed)),
            // It is never stored or shown, so it needs no text.
            #[cfg(feature = "legacy-hashes")]
            Cost::Legacy(cost) => Self { text: "".into(), kind: Kind::Legacy(LegacyHash::dummy(cost, seed)) },
        }
    }

    #[cfg(feature = "legacy-hashes")]
    pub(super) fn wrapped(wrapped: Wrapped) -> Self {
        Self { text: wrapped.render().into(), kind: Kind::Wrapped(wrapped) }
    }

    fn argon2(hash: Argon2Hash) -> Self {
        Self { text: hash.render().into(), kind: Kind::Argon2(hash) }
    }

    /// The text, as it was parsed or made.
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
            #[cfg(feature = "legacy-hashes")]
            Kind::Wrapped(_) => HashScheme::Argon2idOverFast,
        }
    }

    /// The cost.
    pub fn cost(&self) -> HashCost {
        HashCost(match &self.kind {
            Kind::Argon2(hash) => Cost::Argon2(hash.cost),
            #[cfg(feature = "legacy-hashes")]
            Kind::Legacy(hash) => Cost::Legacy(hash.cost()),
            #[cfg(feature = "legacy-hashes")]
            Kind::Wrapped(wrapped) => Cost::Argon2(wrapped.hash.cost),
        })
    }

    /// Its weaknesses that an operator should know about; empty for a hash as good as a new one.
    pub fn risks(&self) -> Vec<HashRisk> {
        // Only Argon2id resists both brute force on special hardware and spying on memory access (RFC 9106, section 4).
        let is_weak = |hash: &Argon2Hash| !hash.is_own() || hash.cost.params.is_weak();
        match &self.kind {
            Kind::Argon2(hash) => is_weak(hash).then_some(HashRisk::Weak).into_iter().collect(),
            #[cfg(feature = "legacy-hashes")]
            Kind::Wrapped(wrapped) => {
                let weak = is_weak(&wrapped.hash).then_some(HashRisk::Weak);
                [HashRisk::FastInside].into_iter().chain(weak).collect()
            }
            #[cfg(feature = "legacy-hashes")]
            Kind::Legacy(hash) => hash.risks(),
        }
    }

    /// Whether it has the form of a new hash with these parameters. If not, it is replaced when its owner signs in.
    pub(crate) fn is_up_to_date(&self, params: HashParams) -> bool {
        match &self.kind {
            // Other systems write the same hash in another order or in text of their own.
            Kind::Argon2(hash) => hash.is_up_to_date(params) && *self.text == *hash.render(),
            #[cfg(feature = "legacy-hashes")]
            Kind::Legacy(_) | Kind::Wrapped(_) => false,
        }
    }

    /// Whether it may be this crate's own, by its scheme.
    pub(crate) fn is_own(&self) -> bool {
        match &self.kind {
            Kind::Argon2(hash) => hash.is_own(),
            #[cfg(feature = "legacy-hashes")]
            Kind::Legacy(_) | Kind::Wrapped(_) => false,
        }
    }

    /// Whether this text was hashed: the canonical form of a password, or the typed one. A wrong one takes as long as the right
    /// one.
    pub(crate) fn verify(&self, text: &str, memory: &mut HashMemory) -> bool {
        match &self.kind {
            Kind::Argon2(hash) => hash.verify(text.as_bytes(), memory),
            #[cfg(feature = "legacy-hashes")]
            Kind::Legacy(hash) => hash.verify(text.as_bytes()),
            #[cfg(feature = "legacy-hashes")]
            Kind::Wrapped(wrapped) => wrapped.verify(text.as_bytes(), memory),
        }
    }
}

impl Kind {
    #[cfg(not(feature = "legacy-hashes"))]
    fn parse(text: &str) -> Result<Self, MalformedHash> {
        match Argon2Hash::parse(text) {
            Some(hash) if hash.is_own() => Ok(Self::Argon2(hash)),
            Some(_) => Err(MalformedHash::NeedsLegacyHashes),
            None => Err(malformed(text)),
        }
    }

    #[cfg(feature = "legacy-hashes")]
    fn parse(text: &str) -> Result<Self, MalformedHash> {
        // Django and Spring put the name of their encoder in front of the PHC string.
        let names = ["argon2", "{argon2}", "{argon2@SpringSecurity_v5_8}"];
        let phc = names.into_iter().find_map(|name| text.strip_prefix(name).filter(|phc| phc.starts_with('$')));
        let phc = phc.unwrap_or(text);
        let read = Argon2Hash::parse(phc).map(Self::Argon2).or_else(|| LegacyHash::parse(text).map(Self::Legacy));
        let read = read.or_else(|| Wrapped::parse(text).map(Self::Wrapped));
        read.ok_or_else(|| malformed(text))
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
    hash_text(password.expose(), params, memory).map(PasswordHash::argon2)
}

/// Hashes a text with a fresh salt.
pub(super) fn hash_text(text: &str, params: HashParams, memory: &mut HashMemory) -> Result<Argon2Hash, HashingError> {
    let salt: [u8; SALT_BYTES] = Draw::draw()?;
    let mut tag = [0; TAG_BYTES];
    let (variant, revision) = (Variant::Argon2id, Revision::V19);
    let input = Input { variant, revision, params, password: text.as_bytes(), salt: &salt };
    // Parameters, salt, tag and password are within Argon2's bounds.
    if !memory.compute(&input, &mut tag) {
        return Err(HashingError::OutOfMemory);
    }
    Ok(Argon2Hash::new(Argon2Cost::current(params), &salt, &tag))
}
