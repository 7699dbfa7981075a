//! The pages at the level of their service: what a browser gets, and what it never gets.
#![cfg(all(feature = "pages", feature = "testing"))]

#[path = "../support/mod.rs"]
mod support;

mod app;
mod builder;
mod catalogue;
mod client;
mod cookies;
mod desk;
mod email;
mod json;
mod language;
mod leaving;
mod look;
mod openapi;
mod operators;
mod pseudo;
mod random;
mod register;
mod reset;
mod security;
mod sign_in;
mod table;
mod tour;
mod welcome;
