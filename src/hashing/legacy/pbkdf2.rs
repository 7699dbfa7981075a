use ::pbkdf2::pbkdf2_hmac;
use base64ct::{Base64Unpadded, Encoding};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::text::{self, MAX_BYTES, SALT, TAG};
use crate::hashing::HashScheme;

/// The hash function of the HMAC.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Prf {
    Sha1,
    Sha256,
    Sha512,
}

impl Prf {
    /// The size of one output block.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    pub(super) fn scheme(self) -> HashScheme {
        match self {
            Self::Sha1 => HashScheme::Pbkdf2Sha1,
            Self::Sha256 => HashScheme::Pbkdf2Sha256,
            Self::Sha512 => HashScheme::Pbkdf2Sha512,
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Pbkdf2Cost {
    prf: Prf,
    iterations: u32,
    /// A tag longer than one output block is computed block by block.
    blocks: u32,
}

impl Pbkdf2Cost {
    /// Iterations times blocks: one to five seconds, and over seven times OWASP's recommendation even with SHA-1.
    const MAX_WORK: u64 = 10_000_000;

    fn new(prf: Prf, iterations: u32, tag_bytes: usize) -> Option<Self> {
        let blocks = u32::try_from(tag_bytes.div_ceil(prf.bytes())).ok()?;
        let work = u64::from(iterations) * u64::from(blocks);
        (1..=Self::MAX_WORK).contains(&work).then_some(Self { prf, iterations, blocks })
    }

    pub(super) fn scheme(self) -> HashScheme {
        self.prf.scheme()
    }

    /// OWASP's iteration counts. An attacker needs only the first block, so further blocks add no strength.
    pub(super) fn is_weak(self) -> bool {
        self.iterations
            < match self.prf {
                Prf::Sha1 => 1_300_000,
                Prf::Sha256 => 600_000,
                Prf::Sha512 => 210_000,
            }
    }
}

#[derive(Clone)]
pub(super) struct Pbkdf2 {
    cost: Pbkdf2Cost,
    salt: Box<[u8]>,
    tag: Box<[u8]>,
}

/// Parses the PHC form as RustCrypto writes it, where the length of the tag is a parameter.
pub(super) fn parse(text: &str) -> Option<Pbkdf2> {
    let ["", id, params, salt64, tag64] = text::fields(text)? else { return None };
    let prf = match id {
        "pbkdf2-sha1" => Prf::Sha1,
        "pbkdf2-sha256" => Prf::Sha256,
        "pbkdf2-sha512" => Prf::Sha512,
        _ => return None,
    };
    let (iterations, _) = params.strip_prefix("i=")?.split_once(",l=")?;
    let salt = text::bytes::<Base64Unpadded>(salt64, SALT)?;
    let tag = text::bytes::<Base64Unpadded>(tag64, TAG)?;
    let hash = Pbkdf2::new(prf, iterations.parse().ok()?, salt, tag)?;
    (hash.render(id) == text).then_some(hash)
}

impl Pbkdf2 {
    /// For the parsers of the forms, each of which checks the bounds of salt and tag itself.
    pub(super) fn new(prf: Prf, iterations: u32, salt: Box<[u8]>, tag: Box<[u8]>) -> Option<Self> {
        let cost = Pbkdf2Cost::new(prf, iterations, tag.len())?;
        Some(Self { cost, salt, tag })
    }

    fn render(&self, id: &str) -> String {
        let (salt64, tag64) = (Base64Unpadded::encode_string(&self.salt), Base64Unpadded::encode_string(&self.tag));
        format!("${id}$i={},l={}${salt64}${tag64}", self.iterations(), self.tag.len())
    }

    pub(super) fn dummy(cost: Pbkdf2Cost, seed: &[u8; 32]) -> Self {
        // A tag of whole blocks, up to the maximum length, which the seed repeated twice covers.
        let tag_bytes = (cost.blocks as usize * cost.prf.bytes()).min(MAX_BYTES);
        let tag = seed.iter().chain(seed).copied().take(tag_bytes).collect();
        Self { cost, salt: seed[..16].into(), tag }
    }

    pub(super) fn cost(&self) -> Pbkdf2Cost {
        self.cost
    }

    pub(super) fn iterations(&self) -> u32 {
        self.cost.iterations
    }

    pub(super) fn salt(&self) -> &[u8] {
        &self.salt
    }

    pub(super) fn tag(&self) -> &[u8] {
        &self.tag
    }

    pub(super) fn verify(&self, typed: &[u8]) -> bool {
        let compute = match self.cost.prf {
            Prf::Sha1 => pbkdf2_hmac::<Sha1>,
            Prf::Sha256 => pbkdf2_hmac::<Sha256>,
            Prf::Sha512 => pbkdf2_hmac::<Sha512>,
        };
        let mut computed = vec![0; self.tag.len()];
        compute(typed, &self.salt, self.cost.iterations, &mut computed);
        let equal = computed.ct_eq(&self.tag).into();
        computed.zeroize();
        equal
    }
}
