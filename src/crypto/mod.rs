//! Floor 1: randomness, digests, password hashes and seals. Pure and synchronous; the primitives are all from libraries.

mod digest;
#[cfg(not(feature = "legacy-hashes"))]
mod foreign;
mod hash;
mod keyring;
#[cfg(feature = "legacy-hashes")]
mod legacy;
mod memory;
mod params;
mod phc;
mod random;
mod scheme;
mod stored;
mod totp;

pub(crate) use digest::{Purpose, keyed, sha256};
pub use hash::{HashCost, MalformedHash, PasswordHash};
pub(crate) use hash::{HashingError, hash};
pub use keyring::{Keyring, KeyringError, SecretFault};
pub use memory::HashBackend;
pub(crate) use memory::HashMemory;
pub use params::{HashParams, HashParamsError};
pub(crate) use random::Draw;
pub use random::RandomError;
pub use scheme::{HashRisk, HashScheme};
pub(crate) use stored::StoredHash;
pub use totp::TotpAlgorithm;
pub(crate) use totp::{TotpParams, TotpSecret};
