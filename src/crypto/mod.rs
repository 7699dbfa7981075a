//! Floor 1: randomness, digests and password hashes. Pure and synchronous; the primitives are all from libraries.

mod digest;
mod hash;
#[cfg(feature = "legacy-hashes")]
#[allow(dead_code)] // wired by the import flow
mod legacy;
mod random;
mod scheme;

pub(crate) use digest::{Purpose, keyed, sha256};
pub(crate) use hash::{HashMemory, hash, verify};
pub use hash::{HashParams, HashParamsError, MalformedHash, PasswordHash};
#[cfg(feature = "legacy-hashes")]
#[allow(unused_imports)] // wired by the import flow
pub(crate) use legacy::{LegacyCost, LegacyHash};
pub(crate) use random::Draw;
pub use random::RandomError;
pub use scheme::{HashRisk, HashScheme};
