//! A web application with doorward behind it: pages, cookies and headers, which are a host's business.
//!
//! `cargo web` starts it. Begin reading at [`pages`].

mod activity;
mod agent;
pub mod app;
mod browser;
#[cfg(feature = "demo")]
pub mod demo;
mod forms;
mod headers;
mod member;
mod notice;
mod page;
pub mod pages;
pub mod post;
mod random;
mod sorry;
pub mod tables;
