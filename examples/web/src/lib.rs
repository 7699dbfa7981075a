//! A web application built on doorward: the pages, cookies and headers that a host provides.
//!
//! Start it with `cargo web`; start reading at [`pages`].

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
