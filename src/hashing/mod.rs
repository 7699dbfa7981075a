//! Password hashes: their cost, their schemes, and reading stored ones.
//!
//! New hashes are Argon2id under [`HashParams`]. [`PasswordHash`] parses stored hashes and lists their weaknesses
//! ([`HashRisk`]). [`calibrate`] suggests parameters for a machine.
//!
//! Hashes of other systems (bcrypt, scrypt, PBKDF2, Django, ASP.NET Identity) can be imported with
//! [`Operator::import_user`](crate::Operator::import_user). That needs the feature `legacy-hashes` and, in the settings,
//! [`HashingConfig::legacy`](crate::config::HashingConfig::legacy).

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
