use askama::Template;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::Response;
use doorward::axum::Member;

use crate::app::App;
use crate::{Failed, page};

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    name: String,
    email: String,
    operator: bool,
}

/// Reachable by whoever is signed in; others are sent to the sign-in page, and come back.
pub async fn show(State(app): State<App>, who: Member, request: Parts) -> Result<Response, Failed> {
    let profile = app.tables.profile(who.user_id()).await?.unwrap_or_default();
    let home = Home { name: profile.name, email: who.email().as_typed().to_owned(), operator: profile.operator };
    page(&app, &request, Some(&who), "Home", &home)
}
