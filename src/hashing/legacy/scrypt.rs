use base64ct::{Base64Unpadded, Encoding};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::text::{self, SALT};

const MIB: u64 = 1 << 20;
/// The length that passlib, RustCrypto and Spring write. Each form has one length, since truncation could not be detected
/// otherwise: scrypt's shorter outputs are prefixes of its longer ones.
pub(super) const TAG_BYTES: usize = 32;
/// The length that Django and Werkzeug write.
pub(super) const LONG_TAG_BYTES: usize = 64;

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct ScryptCost {
    log_n: u8,
    r: u32,
    p: u32,
}

impl ScryptCost {
    /// Memory, allocated afresh by each verification: 256 MiB, twice OWASP's recommendation.
    const MAX_MEMORY: u64 = 256 * MIB;
    /// Memory times lanes determines the time: 1 GiB takes about two seconds.
    const MAX_WORK: u64 = 1024 * MIB;
    /// The highest value that the memory cap allows.
    const MAX_LOG_N: u8 = 21;
    /// In practice `r` is 8. More lanes or larger blocks would grow a second buffer, which is 64 KiB at these limits.
    const MAX_R: u32 = 32;
    const MAX_P: u32 = 16;

    pub(super) fn new(log_n: u8, r: u32, p: u32) -> Option<Self> {
        let each =
            (1..=Self::MAX_LOG_N).contains(&log_n) && (1..=Self::MAX_R).contains(&r) && (1..=Self::MAX_P).contains(&p);
        let cost = Self { log_n, r, p };
        let fits = || cost.memory() <= Self::MAX_MEMORY && cost.memory() * u64::from(p) <= Self::MAX_WORK;
        (each && fits()).then_some(cost)
    }

    /// From `N` itself, as some systems write it, which must be a power of two.
    pub(super) fn from_n(n: u64, r: u32, p: u32) -> Option<Self> {
        n.is_power_of_two().then(|| Self::new(u8::try_from(n.trailing_zeros()).ok()?, r, p))?
    }

    pub(super) fn n(self) -> u64 {
        1 << self.log_n
    }

    pub(super) fn r(self) -> u32 {
        self.r
    }

    pub(super) fn p(self) -> u32 {
        self.p
    }

    /// In bytes.
    fn memory(self) -> u64 {
        (128 * u64::from(self.r)) << self.log_n
    }

    /// OWASP's sets of equal strength: less memory requires more lanes. All have `r=8`.
    pub(super) fn is_weak(self) -> bool {
        let lanes = match self.memory() / MIB {
            128.. => 1,
            64.. => 2,
            32.. => 3,
            16.. => 5,
            8.. => 10,
            _ => return true,
        };
        self.r < 8 || self.p < lanes
    }
}

#[derive(Clone)]
pub(super) struct Scrypt {
    cost: ScryptCost,
    salt: Box<[u8]>,
    tag: Box<[u8]>,
}

/// Parses the PHC form as passlib and RustCrypto write it.
pub(super) fn parse(text: &str) -> Option<Scrypt> {
    let ["", "scrypt", params, salt64, tag64] = text::fields(text)? else { return None };
    let (log_n, rest) = params.strip_prefix("ln=")?.split_once(",r=")?;
    let (r, p) = rest.split_once(",p=")?;
    let cost = ScryptCost::new(log_n.parse().ok()?, r.parse().ok()?, p.parse().ok()?)?;
    let salt = text::bytes::<Base64Unpadded>(salt64, SALT)?;
    let tag = text::bytes::<Base64Unpadded>(tag64, TAG_BYTES..=TAG_BYTES)?;
    let hash = Scrypt::new(cost, salt, tag);
    (hash.render() == text).then_some(hash)
}

impl Scrypt {
    /// For the parsers of the forms, each of which checks the bounds of salt and tag itself.
    pub(super) fn new(cost: ScryptCost, salt: Box<[u8]>, tag: Box<[u8]>) -> Self {
        Self { cost, salt, tag }
    }

    pub(super) fn salt(&self) -> &[u8] {
        &self.salt
    }

    pub(super) fn tag(&self) -> &[u8] {
        &self.tag
    }

    fn render(&self) -> String {
        let ScryptCost { log_n, r, p } = self.cost;
        let (salt64, tag64) = (Base64Unpadded::encode_string(&self.salt), Base64Unpadded::encode_string(&self.tag));
        format!("$scrypt$ln={log_n},r={r},p={p}${salt64}${tag64}")
    }

    pub(super) fn dummy(cost: ScryptCost, seed: &[u8; 32]) -> Self {
        Self { cost, salt: seed[..16].into(), tag: seed.as_slice().into() }
    }

    pub(super) fn cost(&self) -> ScryptCost {
        self.cost
    }

    pub(super) fn verify(&self, typed: &[u8]) -> bool {
        let ScryptCost { log_n, r, p } = self.cost;
        let mut computed = vec![0; self.tag.len()];
        // Our bounds on costs and tags are within scrypt's own, so neither `else` is ever taken; returning avoids a panic path.
        let Ok(params) = ::scrypt::Params::new(log_n, r, p) else { return false };
        let Ok(()) = ::scrypt::scrypt(typed, &self.salt, &params, &mut computed) else { return false };
        let equal = computed.ct_eq(&self.tag).into();
        computed.zeroize();
        equal
    }
}
