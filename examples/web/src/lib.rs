//! A web application built on doorward: its pages mounted, and what an application has of its own.
//!
//! Start it with `cargo web`; start reading at [`app`].

pub mod app;
#[cfg(feature = "demo")]
pub mod demo;
mod details;
mod home;
pub mod tables;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use doorward::axum::Member;

use app::App;

/// The application's own routes, with doorward's pages around them.
pub fn router(app: App) -> Router {
    let own = Router::new().route("/", get(home::show)).route("/details", get(details::show).post(details::submit));
    #[cfg(feature = "demo")]
    let own = own.merge(demo::router());
    let pages = app.pages.clone();
    let own = own.fallback_service(pages.service()).with_state(app);
    own.layer(doorward::axum::layer(&pages))
}

/// A page of the application, in the look of doorward's.
fn page(
    app: &App,
    request: &Parts,
    who: Option<&Member>,
    title: &str,
    content: &impl Template,
) -> Result<Response, Failed> {
    let who = who.map(Member::signed_in);
    Ok(app.pages.page(request, who, title, &content.render()?).into_response())
}

/// Something of the application's own failed. The cause is logged where it occurs.
struct Failed;

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        eprintln!("the application: {error}");
        Self
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side. Please try again.").into_response()
    }
}
