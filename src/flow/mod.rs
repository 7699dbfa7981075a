//! Floor 6: the flows, one file each: load, decide, store, answer. None imports another.

mod account;
mod admin;
mod change_password;
mod choose_password;
mod provision;
mod reset;
mod sign_in;

pub use provision::{Provision, Provisioned, Revealed};
pub use reset::{LinkStatus, ResetConfirmed, ResetRequested};
pub use sign_in::SignInRequest;
