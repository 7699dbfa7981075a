//! Each flow through the public API alone, and each promise by its id.
#![cfg(feature = "testing")]

#[path = "../support/mod.rs"]
mod support;

mod account;
mod change_password;
mod choose_password;
mod import;
mod import_from;
mod keyring;
mod operator;
mod provision;
mod reauthenticate;
mod reset;
mod second_factor;
mod settings;
mod sign_in;
mod stored;
mod typed;
mod verify_second_factor;
