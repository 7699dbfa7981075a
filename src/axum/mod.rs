//! The [pages](crate::pages) in axum: one layer, and extractors for whoever is signed in.
//!
//! ```
//! use doorward::axum::Member;
//! # use doorward::pages::Pages;
//!
//! async fn home(who: Member) -> String {
//!     format!("Hello {}", who.email().as_typed())
//! }
//!
//! async fn news(who: Option<Member>) -> &'static str {
//!     if who.is_some() { "News for members" } else { "News" }
//! }
//! # fn mount(pages: &Pages) {
//! let layer = doorward::axum::layer(pages);
//! // Router::new().route("/", get(home)).route("/news", get(news)).layer(layer)
//! # drop(layer);
//! # }
//! ```
//!
//! Call `.layer(doorward::axum::layer(&pages))` last, on the outermost router. Before it, `.fallback_service(pages.service())` answers
//! unknown paths in the same look.
//!
//! It is built on `axum-core` alone, for axum 0.8.

mod fresh;
mod layer;
mod member;
mod operator;
mod rejection;

pub use fresh::Fresh;
pub use layer::{PagesLayer, WithPages, layer};
pub use member::Member;
pub use operator::OperatorMember;
pub use rejection::Rejection;
