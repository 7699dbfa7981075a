//! doorward
#![forbid(unsafe_code)]
extern crate self as doorward;
mod crypto;
mod policy;
mod user;
mod types;
pub use crypto::*;
pub use policy::*;
pub use user::*;
pub use types::*;
