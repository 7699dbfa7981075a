//! Password hashes: their cost, their schemes, and reading stored ones.
//!
//! New hashes are Argon2id under [`HashParams`]. [`PasswordHash`] parses stored hashes and lists their weaknesses
//! ([`HashRisk`]). [`calibrate`] suggests parameters for a machine.
//!
//! Hashes of other systems (bcrypt, scrypt, PBKDF2, Django, ASP.NET Identity) can be imported with
//! [`Operator::import_user`](crate::Operator::import_user). That needs the feature `legacy-hashes` and, in the settings,
//! [`HashingConfig::legacy`](crate::config::HashingConfig::legacy).

mod calibrate;
#[cfg(feature = "legacy-hashes")]
mod fast;
mod hash;
mod keycloak;
#[cfg(feature = "legacy-hashes")]
mod legacy;
mod load;
mod malformed;
mod memory;
mod params;
mod phc;
mod scheme;
mod stored;
#[cfg(feature = "legacy-hashes")]
mod wrapped;

pub use calibrate::calibrate;
#[cfg(feature = "legacy-hashes")]
pub use fast::{FastHash, WrapError};
pub use hash::{HashCost, PasswordHash};
pub(crate) use hash::{HashingError, hash};
pub use load::HashLoad;
pub use malformed::MalformedHash;
pub use memory::HashBackend;
pub(crate) use memory::HashMemory;
pub use params::{HashParams, HashParamsError};
pub use scheme::{HashRisk, HashScheme};
pub(crate) use stored::StoredHash;
