use base64ct::{Base64, Base64Bcrypt, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::text;
use crate::hashing::HashScheme;

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
    input: BcryptInput,
}

/// What bcrypt is computed of. A digest is never longer than bcrypt reads, so it has no limit of 72 bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum BcryptInput {
    /// The password itself.
    Password,
    /// Its SHA-256 in hexadecimal digits, as in Django.
    HexSha256,
    /// Its SHA-256 in base64, as passlib did at first.
    Sha256,
    /// Its HMAC-SHA-256 under the text of the salt in base64, as passlib does now.
    HmacSha256,
    /// Its HMAC-SHA-384 under a constant in base64, as in WordPress.
    WordPress,
}

impl BcryptCost {
    /// From bcrypt's own minimum to the highest cost that a sign-in can wait for: 2^16 rounds take three to four seconds.
    fn new(log_rounds: u8, input: BcryptInput) -> Option<Self> {
        (4..=16).contains(&log_rounds).then_some(Self { log_rounds, input })
    }

    pub(super) fn scheme(self) -> HashScheme {
        match self.input {
            BcryptInput::Password => HashScheme::Bcrypt,
            BcryptInput::HexSha256 | BcryptInput::Sha256 | BcryptInput::HmacSha256 => HashScheme::BcryptSha256,
            BcryptInput::WordPress => HashScheme::BcryptSha384,
        }
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
pub(super) fn parse(text: &str, input: BcryptInput) -> Option<Bcrypt> {
    let ["", version @ ("2a" | "2b" | "2y"), log_rounds, rest] = text::fields(text)? else { return None };
    let cost = BcryptCost::new(log_rounds.parse().ok()?, input)?;
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
        match self.cost.input {
            // bcrypt ignores everything after the 72nd byte, and the implementations that made these hashes ignored everything
            // after a NUL, so such a text could pass for another. Symfony hashes the SHA-512 of one; from other systems it matches
            // nothing, after the same work as any other.
            BcryptInput::Password if typed.len() > INPUT_BYTES || typed.contains(&0) => {
                self.verify_input(&base64(Sha512::digest(typed)).as_bytes()[..INPUT_BYTES])
            }
            BcryptInput::Password => self.verify_input(typed),
            BcryptInput::HexSha256 => self.verify_input(&hex_sha256(typed)[..]),
            BcryptInput::Sha256 => self.verify_input(base64(Sha256::digest(typed)).as_bytes()),
            BcryptInput::HmacSha256 => {
                let salt64 = Base64Bcrypt::encode_string(&self.salt);
                self.verify_input(base64(keyed::<Hmac<Sha256>>(salt64.as_bytes(), typed)).as_bytes())
            }
            BcryptInput::WordPress => self.verify_input(base64(keyed::<Hmac<Sha384>>(b"wp-sha384", typed)).as_bytes()),
        }
    }

    /// At most 72 bytes.
    fn verify_input(&self, input: &[u8]) -> bool {
        let mut key = Zeroizing::new([0; INPUT_BYTES]);
        let taken = input.len().min(INPUT_BYTES);
        key[..taken].copy_from_slice(&input[..taken]);
        // The key includes a trailing NUL if there is room for it.
        let used = (taken + 1).min(INPUT_BYTES);
        let mut computed = ::bcrypt::bcrypt(self.cost.log_rounds.into(), self.salt, &key[..used]);
        let equal: bool = computed[..TAG_BYTES].ct_eq(&self.tag[..]).into();
        computed.zeroize();
        equal
    }
}

fn keyed<M: Mac + KeyInit>(key: &[u8], typed: &[u8]) -> impl AsRef<[u8]> + use<M> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(typed);
    mac.finalize().into_bytes()
}

fn base64(digest: impl AsRef<[u8]>) -> Zeroizing<String> {
    Zeroizing::new(Base64::encode_string(digest.as_ref()))
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
