//! An Argon2id hash of a fast hash of another system.

use base64ct::{Base64Unpadded, Encoding};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use super::memory::HashMemory;
use super::phc::Argon2Hash;

/// How a fast hash was computed.
#[derive(Clone)]
pub(super) struct Inner {
    pub(super) digest: FastDigest,
    pub(super) before: Box<[u8]>,
    pub(super) after: Box<[u8]>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum FastDigest {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

/// A fast hash inside an Argon2id hash.
#[derive(Clone)]
pub(super) struct Wrapped {
    pub(super) inner: Inner,
    pub(super) hash: Argon2Hash,
}

impl FastDigest {
    pub(super) const ALL: [Self; 4] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512];

    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
}

impl Inner {
    fn digits_of(&self, text: &[u8]) -> Zeroizing<String> {
        let parts = [&*self.before, text, &*self.after];
        match self.digest {
            FastDigest::Md5 => digits::<Md5>(parts),
            FastDigest::Sha1 => digits::<Sha1>(parts),
            FastDigest::Sha256 => digits::<Sha256>(parts),
            FastDigest::Sha512 => digits::<Sha512>(parts),
        }
    }
}

fn digits<D: sha2::Digest>(parts: [&[u8]; 3]) -> Zeroizing<String> {
    let digest = parts.iter().fold(D::new(), |digest, part| digest.chain_update(part)).finalize();
    let mut digits = Zeroizing::new(String::with_capacity(2 * digest.len()));
    for byte in digest {
        digits.extend([byte >> 4, byte & 15].map(digit));
    }
    digits
}

/// Computed rather than looked up, to avoid a timing side channel: the digits are as secret as the password.
fn digit(nibble: u8) -> char {
    char::from(nibble + b'0' + (b'a' - b'0' - 10) * u8::from(nibble > 9))
}

impl Wrapped {
    /// Parses `$over-md5$before=…,after=…` and the PHC string of the outer hash, as [`render`](Self::render) writes it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.strip_prefix("$over-")?.split_once('$')?;
        let digest = FastDigest::ALL.into_iter().find(|digest| digest.name() == name)?;
        let at = rest.find('$')?;
        let (salts, phc) = rest.split_at(at);
        let (before64, after64) = salts.strip_prefix("before=")?.split_once(",after=")?;
        let hash = Argon2Hash::parse(phc)?;
        let inner = Inner { digest, before: salt(before64)?, after: salt(after64)? };
        let wrapped = Self { inner, hash };
        (wrapped.render() == text).then_some(wrapped)
    }

    pub(super) fn render(&self) -> String {
        let Inner { digest, before, after } = &self.inner;
        let (before64, after64) = (Base64Unpadded::encode_string(before), Base64Unpadded::encode_string(after));
        format!("$over-{}$before={before64},after={after64}{}", digest.name(), self.hash.render())
    }

    pub(super) fn verify(&self, text: &[u8], memory: &mut HashMemory) -> bool {
        self.hash.verify(self.inner.digits_of(text).as_bytes(), memory)
    }
}

fn salt(text64: &str) -> Option<Box<[u8]>> {
    let mut buffer = [0; 64];
    Base64Unpadded::decode(text64, &mut buffer).ok().map(Into::into)
}
