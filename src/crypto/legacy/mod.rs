//! Password hashes that other systems made: read, verified, and replaced after the next sign-in. None is ever made here.

mod aspnet;
mod bcrypt;
mod django;
mod passlib;
mod pbkdf2;
mod scrypt;
mod text;

use self::bcrypt::{Bcrypt, BcryptCost};
use self::pbkdf2::{Pbkdf2, Pbkdf2Cost};
use self::scrypt::{Scrypt, ScryptCost};
use super::scheme::{HashRisk, HashScheme};
use crate::types::Digest;

/// The longest text looked at. The longest hash within the other bounds has some 210 bytes.
const MAX_TEXT_BYTES: usize = 256;

/// A hash that another system made, checked whole: every field is within bounds before anything is computed with it, and
/// writing the fields anew gives the same text byte for byte.
///
/// The bounds on costs are those of a server that people wait for: what they let through takes some seconds at most.
///
/// `Debug` shows nothing of it: a hash is what an attacker grinds offline.
#[derive(Clone)]
pub(crate) struct LegacyHash(Kind);

crate::types::redacted_debug!(LegacyHash => "LegacyHash");

#[derive(Clone)]
enum Kind {
    Bcrypt(Bcrypt),
    Scrypt(Scrypt),
    Pbkdf2(Pbkdf2),
}

/// What determines how long a hash takes to verify, always within bounds: only a hash that was read gives one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum LegacyCost {
    Bcrypt(BcryptCost),
    Scrypt(ScryptCost),
    Pbkdf2(Pbkdf2Cost),
}

impl LegacyHash {
    /// Reads a hash; `None` for a scheme that is not known, a field that is missing, doubled or out of order, a cost or a
    /// length out of bounds, or any other spelling of a hash that would be good.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT_BYTES {
            return None;
        }
        // The forms have nothing in common, so at most one of them reads a text.
        let bcrypt = || bcrypt::parse(text, false).or_else(|| django::parse_bcrypt(text)).map(Kind::Bcrypt);
        let scrypt = || scrypt::parse(text).map(Kind::Scrypt);
        let phc_or_passlib = || pbkdf2::parse(text).or_else(|| passlib::parse(text));
        let django_or_aspnet = || django::parse_pbkdf2(text).or_else(|| aspnet::parse(text));
        let pbkdf2 = || phc_or_passlib().or_else(django_or_aspnet).map(Kind::Pbkdf2);
        bcrypt().or_else(scrypt).or_else(pbkdf2).map(Self)
    }

    /// What is verified where there is no hash: the hash of nothing, made of a digest that nobody can foresee, which takes
    /// as long as a real one of that cost.
    pub(crate) fn dummy(cost: LegacyCost, seed: &Digest) -> Self {
        let seed = seed.as_bytes();
        Self(match cost {
            LegacyCost::Bcrypt(cost) => Kind::Bcrypt(Bcrypt::dummy(cost, seed)),
            LegacyCost::Scrypt(cost) => Kind::Scrypt(Scrypt::dummy(cost, seed)),
            LegacyCost::Pbkdf2(cost) => Kind::Pbkdf2(Pbkdf2::dummy(cost, seed)),
        })
    }

    pub(crate) fn scheme(&self) -> HashScheme {
        match self.cost() {
            LegacyCost::Bcrypt(cost) if cost.is_prehashed() => HashScheme::BcryptSha256,
            LegacyCost::Bcrypt(_) => HashScheme::Bcrypt,
            LegacyCost::Scrypt(_) => HashScheme::Scrypt,
            LegacyCost::Pbkdf2(cost) => cost.scheme(),
        }
    }

    pub(crate) fn cost(&self) -> LegacyCost {
        match &self.0 {
            Kind::Bcrypt(hash) => LegacyCost::Bcrypt(hash.cost()),
            Kind::Scrypt(hash) => LegacyCost::Scrypt(hash.cost()),
            Kind::Pbkdf2(hash) => LegacyCost::Pbkdf2(hash.cost()),
        }
    }

    /// What an operator should know of it; nothing, of a good one.
    pub(crate) fn risks(&self) -> Vec<HashRisk> {
        let weak = match self.cost() {
            LegacyCost::Bcrypt(cost) => cost.is_weak(),
            LegacyCost::Scrypt(cost) => cost.is_weak(),
            LegacyCost::Pbkdf2(cost) => cost.is_weak(),
        };
        let truncates = self.scheme() == HashScheme::Bcrypt;
        let found = [(truncates, HashRisk::Truncates), (weak, HashRisk::Weak)];
        found.into_iter().filter_map(|(found, risk)| found.then_some(risk)).collect()
    }

    /// Whether the typed text is what was hashed. Takes as long for a wrong one as for the right one.
    pub(crate) fn verify(&self, typed: &[u8]) -> bool {
        match &self.0 {
            Kind::Bcrypt(hash) => hash.verify(typed),
            Kind::Scrypt(hash) => hash.verify(typed),
            Kind::Pbkdf2(hash) => hash.verify(typed),
        }
    }
}
