//! The portable hashes of phpass: iterated MD5 in WordPress before 6.8 and phpBB, iterated SHA-512 in Drupal 7 to 10.0.

use md5::Md5;
use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::text;
use crate::hashing::HashScheme;

const LETTERS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SALT_LETTERS: usize = 8;
/// Of MD5, the whole output.
const MD5_LETTERS: usize = 22;
/// Of SHA-512, as much as Drupal's column of 55 characters holds.
const SHA512_LETTERS: usize = 43;

/// What the rounds are computed with, and of what.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Variant {
    Md5,
    Sha512,
    /// SHA-512 over the MD5 that Drupal 6 had stored.
    Sha512OfMd5,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct PhpassCost {
    variant: Variant,
    log_rounds: u8,
}

impl PhpassCost {
    pub(super) fn scheme(self) -> HashScheme {
        match self.variant {
            Variant::Md5 => HashScheme::PhpassMd5,
            Variant::Sha512 | Variant::Sha512OfMd5 => HashScheme::PhpassSha512,
        }
    }
}

#[derive(Clone)]
pub(super) struct Phpass {
    cost: PhpassCost,
    salt: [u8; SALT_LETTERS],
    /// In letters, since Drupal cuts in the middle of a byte.
    tag: Box<[u8]>,
}

/// Parses `$P$B` and so on: a letter for the number of rounds, 8 for the salt, the rest for the tag. phpBB writes `$H$`, Drupal
/// `$S$`, and `U$S$` for what it took over from its sixth release.
pub(super) fn parse(text: &str) -> Option<Phpass> {
    let (variant, letters, rest) = if let Some(rest) = text.strip_prefix("U$S$") {
        (Variant::Sha512OfMd5, SHA512_LETTERS, rest)
    } else if let Some(rest) = text.strip_prefix("$S$") {
        (Variant::Sha512, SHA512_LETTERS, rest)
    } else {
        (Variant::Md5, MD5_LETTERS, text.strip_prefix("$P$").or_else(|| text.strip_prefix("$H$"))?)
    };
    let values: Vec<usize> =
        rest.bytes().map(|byte| LETTERS.iter().position(|letter| *letter == byte)).collect::<Option<_>>()?;
    let exact = values.len() == 1 + SALT_LETTERS + letters;
    // phpass writes at least 2^7 rounds. 2^18 take a second with the longest password; systems write 2^11 to 2^16. The last letter
    // of an MD5 has two bits.
    let log_rounds = u8::try_from(*values.first()?).ok().filter(|log_rounds| (7..=18).contains(log_rounds))?;
    if !exact || (variant == Variant::Md5 && *values.last()? > 3) {
        return None;
    }
    let (salt, tag) = rest.as_bytes()[1..].split_at(SALT_LETTERS);
    Some(Phpass { cost: PhpassCost { variant, log_rounds }, salt: salt.try_into().ok()?, tag: tag.into() })
}

impl Phpass {
    pub(super) fn dummy(cost: PhpassCost, seed: &[u8; 32]) -> Self {
        let letters = seed.iter().chain(seed).map(|byte| LETTERS[usize::from(byte & 63)]);
        let tag_letters = if cost.variant == Variant::Md5 { MD5_LETTERS } else { SHA512_LETTERS };
        let mut salt = [0; SALT_LETTERS];
        salt.copy_from_slice(&seed[..SALT_LETTERS]);
        Self { cost, salt, tag: letters.take(tag_letters).collect() }
    }

    pub(super) fn cost(&self) -> PhpassCost {
        self.cost
    }

    pub(super) fn verify(&self, typed: &[u8]) -> bool {
        match self.cost.variant {
            Variant::Md5 => self.verify_by::<Md5>(typed),
            Variant::Sha512 => self.verify_by::<Sha512>(typed),
            Variant::Sha512OfMd5 => {
                let inner = Zeroizing::new(text::to_hex(&Md5::digest(typed)));
                self.verify_by::<Sha512>(inner.as_bytes())
            }
        }
    }

    fn verify_by<D: Digest>(&self, typed: &[u8]) -> bool {
        let mut digest = D::new().chain_update(self.salt).chain_update(typed).finalize();
        for _ in 0..1_u32 << self.cost.log_rounds {
            digest = D::new().chain_update(&digest).chain_update(typed).finalize();
        }
        let letters = encoded(&digest);
        letters[..self.tag.len()].ct_eq(&self.tag).into()
    }
}

/// In the letters of phpass: three bytes at a time, the lowest bits first.
fn encoded(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut letters = Zeroizing::new(Vec::with_capacity(bytes.len() * 2));
    for group in bytes.chunks(3) {
        let value = group.iter().rev().fold(0_usize, |value, byte| value << 8 | usize::from(*byte));
        letters.extend((0..=group.len()).map(|at| LETTERS[value >> (6 * at) & 63]));
    }
    letters
}
