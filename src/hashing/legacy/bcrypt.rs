use base64ct::{Base64Bcrypt, Encoding};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::text;

/// The part of its input that bcrypt reads.
const INPUT_BYTES: usize = 72;
const SALT_BYTES: usize = 16;
/// bcrypt computes 24 bytes, but all implementations store 23.
const TAG_BYTES: usize = 23;
/// Characters of the salt; those of the tag follow without a separator.
const SALT_LETTERS: usize = 22;

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct BcryptCost {
    log_rounds: u8,
    /// Whether the input is the SHA-256 of the password in hexadecimal digits.
    prehashed: bool,
}

impl BcryptCost {
    /// From bcrypt's own minimum to the highest cost that a sign-in can wait for: 2^16 rounds take three to four seconds.
    fn new(log_rounds: u8, prehashed: bool) -> Option<Self> {
        (4..=16).contains(&log_rounds).then_some(Self { log_rounds, prehashed })
    }

    pub(super) fn is_prehashed(self) -> bool {
        self.prehashed
    }

    pub(super) fn is_weak(self) -> bool {
        self.log_rounds < 10
    }
}

#[derive(Clone)]
pub(super) struct Bcrypt {
    cost: BcryptCost,
    salt: [u8; SALT_BYTES],
    tag: [u8; TAG_BYTES],
}

/// Parses `$2b$12$` and so on. `2a`, `2b` and `2y` each mark a fix in one implementation and are equivalent for every input
/// verified here; `2x` marks hashes made with one of those bugs and is not supported, nor is the `2` of 1997.
pub(super) fn parse(text: &str, prehashed: bool) -> Option<Bcrypt> {
    let ["", version @ ("2a" | "2b" | "2y"), log_rounds, rest] = text::fields(text)? else { return None };
    let cost = BcryptCost::new(log_rounds.parse().ok()?, prehashed)?;
    let (salt64, tag64) = rest.split_at_checked(SALT_LETTERS)?;
    let salt = text::array::<Base64Bcrypt, SALT_BYTES>(salt64)?;
    let tag = text::array::<Base64Bcrypt, TAG_BYTES>(tag64)?;
    let hash = Bcrypt { cost, salt, tag };
    (hash.render(version) == text).then_some(hash)
}

impl Bcrypt {
    fn render(&self, version: &str) -> String {
        let (salt64, tag64) = (Base64Bcrypt::encode_string(&self.salt), Base64Bcrypt::encode_string(&self.tag));
        format!("${version}${:02}${salt64}{tag64}", self.cost.log_rounds)
    }

    pub(super) fn dummy(cost: BcryptCost, seed: &[u8; 32]) -> Self {
        let (mut salt, mut tag) = ([0; SALT_BYTES], [0; TAG_BYTES]);
        salt.copy_from_slice(&seed[..SALT_BYTES]);
        tag.copy_from_slice(&seed[..TAG_BYTES]);
        Self { cost, salt, tag }
    }

    pub(super) fn cost(&self) -> BcryptCost {
        self.cost
    }

    pub(super) fn verify(&self, typed: &[u8]) -> bool {
        if self.cost.prehashed { self.verify_input(&hex_sha256(typed)[..]) } else { self.verify_input(typed) }
    }

    fn verify_input(&self, input: &[u8]) -> bool {
        // bcrypt ignores everything after the 72nd byte, and the implementations that made these hashes ignored everything
        // after a NUL, so such an input could pass for another. It is rejected after the same work as any other.
        let whole = input.len() <= INPUT_BYTES && !input.contains(&0);
        let taken = input.len().min(INPUT_BYTES);
        let mut key = Zeroizing::new([0; INPUT_BYTES]);
        key[..taken].copy_from_slice(&input[..taken]);
        // The key includes a trailing NUL if there is room for it.
        let used = (taken + 1).min(INPUT_BYTES);
        let mut computed = ::bcrypt::bcrypt(self.cost.log_rounds.into(), self.salt, &key[..used]);
        let equal: bool = computed[..TAG_BYTES].ct_eq(&self.tag[..]).into();
        computed.zeroize();
        equal & whole
    }
}

fn hex_sha256(typed: &[u8]) -> Zeroizing<[u8; 64]> {
    let mut digest: [u8; 32] = Sha256::digest(typed).into();
    let mut hex = Zeroizing::new([0; 64]);
    for (pair, byte) in hex.chunks_exact_mut(2).zip(digest) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    digest.zeroize();
    hex
}

/// Computed rather than looked up, to avoid a timing side channel: the digits are as secret as the password.
fn digit(nibble: u8) -> u8 {
    nibble + b'0' + (b'a' - b'0' - 10) * u8::from(nibble > 9)
}
