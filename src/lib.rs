//! doorward
#![forbid(unsafe_code)]
extern crate self as doorward;
mod crypto;
mod types;
pub use crypto::*;
pub use types::*;
