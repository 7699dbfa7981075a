use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use subtle::{Choice, ConstantTimeEq};

use super::base64url;

/// The SHA-256 digest of a random secret, stored in place of the secret.
///
/// A plain digest is enough for a secret with at least 112 random bits (ASVS 5.0, 6.5.2); every secret that this crate digests
/// has at least 128. Digests are compared in constant time, so there is no `PartialEq`.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    pub(crate) fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn ct_eq(&self, other: &Self) -> Choice {
        // By words: a whole account's sessions are compared for each request.
        let [one, other] = [self, other].map(|digest| digest.0.as_chunks::<8>().0);
        one.iter().zip(other).fold(Choice::from(1), |equal, (one, other)| {
            equal & u64::from_ne_bytes(*one).ct_eq(&u64::from_ne_bytes(*other))
        })
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest([redacted])")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        base64url::decode_array(&text).map(Self).ok_or_else(|| de::Error::custom("not a digest"))
    }
}
