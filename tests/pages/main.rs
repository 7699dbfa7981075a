//! The pages at the level of their service: what a browser gets, and what it never gets.
#![cfg(all(feature = "pages", feature = "testing"))]

#[path = "../support/mod.rs"]
mod support;

mod app;
mod builder;
mod catalogue;
mod client;
mod cookies;
mod language;
mod look;
mod pseudo;
mod json;
mod openapi;
mod random;
mod reset;
mod security;
mod sign_in;
mod table;
mod tour;
