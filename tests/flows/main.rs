//! Each flow through the public API alone, and each promise by its id.
#![cfg(feature = "testing")]

#[path = "../support/mod.rs"]
mod support;

mod change_password;
mod choose_password;
mod device;
mod email_change;
mod import;
mod import_from;
mod journal;
mod keyring;
mod leaving;
mod operator;
mod owed;
mod provision;
mod reauthenticate;
mod register;
mod reset;
mod second_factor;
mod session;
mod settings;
mod sign_in;
mod stored;
mod tokens;
mod typed;
mod undeliverable;
mod verify_second_factor;
