//! Floor 1: randomness, digests and seals. Pure and synchronous; all primitives come from libraries.

mod digest;
mod holder;
mod keyring;
mod random;
mod token_seal;

pub(crate) use digest::{Purpose, keyed, sha256};
pub(crate) use holder::HolderKeys;
pub(crate) use keyring::is_sealed;
pub use keyring::{Keyring, KeyringError, SecretFault};
pub(crate) use random::Draw;
pub use random::RandomError;
pub(crate) use token_seal::TokenSeal;
