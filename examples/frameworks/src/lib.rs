//! doorward's pages in several frameworks: one small host each, to copy from. `cargo run -p doorward-frameworks --bin hyper [PORT]`,
//! and so on by the name of the file. Mails are printed, and all data is gone at exit.
//!
//! hyper, axum, poem and salvo mount the pages as they are. actix-web and Rocket have types of their own for requests and responses,
//! so their hosts begin with a bridge.

pub mod actix;
mod app;
pub mod axum;
mod demo;
pub mod hyper;
pub mod poem;
pub mod rocket;
pub mod salvo;

pub use app::App;
pub use demo::run;

/// Why a host stopped.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
