//! Password hashes made by other systems: parsed, verified, and replaced after the next sign-in. New ones are never made here.

mod aspnet;
mod bcrypt;
mod django;
mod passlib;
mod pbkdf2;
mod phpass;
mod scrypt;
mod spring;
mod text;
mod werkzeug;
mod wordpress;

use self::bcrypt::{Bcrypt, BcryptCost, BcryptInput};
use self::pbkdf2::{Pbkdf2, Pbkdf2Cost};
use self::phpass::{Phpass, PhpassCost};
use self::scrypt::{Scrypt, ScryptCost};
use super::scheme::{HashRisk, HashScheme};
use crate::types::Digest;

/// The maximum length of text that is parsed. The longest hash within the other bounds has some 210 bytes.
const MAX_TEXT_BYTES: usize = 256;

/// A completely parsed hash of another system: every field is checked against its bounds before anything is computed, and
/// rendering the fields gives the same text byte for byte.
///
/// The bounds on costs suit a server that people wait for: verifying any hash within them takes a few seconds at most.
///
/// `Debug` reveals nothing of it: a hash is what an attacker brute-forces offline.
#[derive(Clone)]
pub(crate) struct LegacyHash(Kind);

crate::types::redacted_debug!(LegacyHash => "LegacyHash");

#[derive(Clone)]
enum Kind {
    Bcrypt(Bcrypt),
    Scrypt(Scrypt),
    Pbkdf2(Pbkdf2),
    Phpass(Phpass),
}

/// Everything that determines how long a hash takes to verify. It always comes from a parsed hash and is within bounds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum LegacyCost {
    Bcrypt(BcryptCost),
    Scrypt(ScryptCost),
    Pbkdf2(Pbkdf2Cost),
    Phpass(PhpassCost),
}

impl LegacyHash {
    /// Parses a hash; `None` for an unknown scheme, a missing, duplicate or reordered field, a cost or length out of bounds, or
    /// any other spelling of a valid hash.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT_BYTES {
            return None;
        }
        // No text is valid in two of these forms.
        let bcrypt = bcrypt::parse(text, BcryptInput::Password)
            .or_else(|| django::parse_bcrypt(text))
            .or_else(|| passlib::parse_bcrypt(text))
            .or_else(|| spring::parse_bcrypt(text))
            .or_else(|| wordpress::parse(text));
        let scrypt = || {
            scrypt::parse(text)
                .or_else(|| django::parse_scrypt(text))
                .or_else(|| spring::parse_scrypt(text))
                .or_else(|| werkzeug::parse_scrypt(text))
        };
        let pbkdf2 = || {
            pbkdf2::parse(text)
                .or_else(|| passlib::parse(text))
                .or_else(|| django::parse_pbkdf2(text))
                .or_else(|| spring::parse_pbkdf2(text))
                .or_else(|| werkzeug::parse_pbkdf2(text))
                .or_else(|| aspnet::parse(text))
        };
        let kind = bcrypt
            .map(Kind::Bcrypt)
            .or_else(|| scrypt().map(Kind::Scrypt))
            .or_else(|| pbkdf2().map(Kind::Pbkdf2))
            .or_else(|| phpass::parse(text).map(Kind::Phpass));
        kind.map(Self)
    }

    /// The hash that is verified where there is none, made from an unpredictable digest; no password matches it, and verifying
    /// takes as long as a real hash of that cost.
    pub(crate) fn dummy(cost: LegacyCost, seed: &Digest) -> Self {
        let seed = seed.as_bytes();
        Self(match cost {
            LegacyCost::Bcrypt(cost) => Kind::Bcrypt(Bcrypt::dummy(cost, seed)),
            LegacyCost::Scrypt(cost) => Kind::Scrypt(Scrypt::dummy(cost, seed)),
            LegacyCost::Pbkdf2(cost) => Kind::Pbkdf2(Pbkdf2::dummy(cost, seed)),
            LegacyCost::Phpass(cost) => Kind::Phpass(Phpass::dummy(cost, seed)),
        })
    }

    pub(crate) fn scheme(&self) -> HashScheme {
        match self.cost() {
            LegacyCost::Bcrypt(cost) => cost.scheme(),
            LegacyCost::Scrypt(_) => HashScheme::Scrypt,
            LegacyCost::Pbkdf2(cost) => cost.scheme(),
            LegacyCost::Phpass(cost) => cost.scheme(),
        }
    }

    pub(crate) fn cost(&self) -> LegacyCost {
        match &self.0 {
            Kind::Bcrypt(hash) => LegacyCost::Bcrypt(hash.cost()),
            Kind::Scrypt(hash) => LegacyCost::Scrypt(hash.cost()),
            Kind::Pbkdf2(hash) => LegacyCost::Pbkdf2(hash.cost()),
            Kind::Phpass(hash) => LegacyCost::Phpass(hash.cost()),
        }
    }

    /// Its weaknesses that an operator should know about; empty for a good hash.
    pub(crate) fn risks(&self) -> Vec<HashRisk> {
        let weak = match self.cost() {
            LegacyCost::Bcrypt(cost) => cost.is_weak(),
            LegacyCost::Scrypt(cost) => cost.is_weak(),
            LegacyCost::Pbkdf2(cost) => cost.is_weak(),
            LegacyCost::Phpass(_) => true,
        };
        let truncates = self.scheme() == HashScheme::Bcrypt;
        let found = [(truncates, HashRisk::Truncates), (weak, HashRisk::Weak)];
        found.into_iter().filter_map(|(found, risk)| found.then_some(risk)).collect()
    }

    /// Whether the typed text was hashed. A wrong one takes as long as the right one.
    pub(crate) fn verify(&self, typed: &[u8]) -> bool {
        // Of the two texts that WordPress may have hashed both are tried, also for a dummy.
        let from_wordpress = matches!(self.scheme(), HashScheme::PhpassMd5 | HashScheme::BcryptSha384);
        let slashed = if from_wordpress { wordpress::slashed(typed) } else { None };
        self.verify_text(typed) | slashed.is_some_and(|slashed| self.verify_text(&slashed))
    }

    fn verify_text(&self, text: &[u8]) -> bool {
        match &self.0 {
            Kind::Bcrypt(hash) => hash.verify(text),
            Kind::Scrypt(hash) => hash.verify(text),
            Kind::Pbkdf2(hash) => hash.verify(text),
            Kind::Phpass(hash) => hash.verify(text),
        }
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/legacy_hashes.rs"]
mod tests;
