//! Floor 1: randomness, digests and password hashes. Pure and synchronous; the primitives are all from libraries.

mod digest;
mod hash;
mod random;

pub(crate) use digest::{Purpose, keyed, sha256};
pub(crate) use hash::{HashMemory, hash, verify};
pub use hash::{HashParams, HashParamsError, MalformedHash, PasswordHash};
pub(crate) use random::Draw;
pub use random::RandomError;
