//! Password hashes: what they cost, where they come from, and how old ones are read.
//!
//! New hashes are Argon2id under [`HashParams`]. [`PasswordHash`] reads what is stored, of this crate and of others, and says
//! what is wrong with it ([`HashRisk`]). [`calibrate`] suggests parameters for a machine.

mod calibrate;
#[cfg(not(feature = "legacy-hashes"))]
mod foreign;
mod hash;
#[cfg(feature = "legacy-hashes")]
mod legacy;
mod load;
mod memory;
mod params;
mod phc;
mod scheme;
mod stored;

pub use calibrate::calibrate;
pub use hash::{HashCost, MalformedHash, PasswordHash};
pub(crate) use hash::{HashingError, hash};
pub use load::HashLoad;
pub use memory::HashBackend;
pub(crate) use memory::HashMemory;
pub use params::{HashParams, HashParamsError};
pub use scheme::{HashRisk, HashScheme};
pub(crate) use stored::StoredHash;
