//! A web application with doorward behind it: pages, cookies and headers, which are a host's business.
//!
//! `cargo web` starts it. Begin reading at [`pages`].

mod activity;
mod agent;
pub mod app;
mod browser;
mod clock;
mod headers;
mod mailbox;
mod member;
mod notice;
mod page;
pub mod pages;
mod random;
pub mod seed;
mod sorry;
mod tables;
