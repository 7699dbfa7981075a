//! Floor 6: the flows, one file each: load, decide, store, answer. None imports another.

pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod change_password;
pub(crate) mod choose_password;
pub(crate) mod import;
pub(crate) mod provision;
pub(crate) mod reauthenticate;
pub(crate) mod reset;
pub(crate) mod second_factor;
pub(crate) mod sign_in;
pub(crate) mod verify_second_factor;

pub use reset::ResetRequest;
pub use sign_in::SignInRequest;
