//! doorward
#![forbid(unsafe_code)]
extern crate self as doorward;
mod config;
mod crypto;
mod error;
mod mail;
mod policy;
mod port;
mod types;
mod user;
mod engine;
mod flow;
pub use config::*;
pub use crypto::*;
pub use error::*;
pub use mail::*;
pub use policy::*;
pub use port::*;
pub use types::*;
pub use user::*;
pub use engine::*;
pub use flow::*;
