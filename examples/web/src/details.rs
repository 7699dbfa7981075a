//! A step of the application's own for newcomers, between their first password and home.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use doorward::axum::Member;
use serde::Deserialize;

use crate::app::App;
use crate::tables::Profile;
use crate::{Failed, page};

/// The path that `Pages` lead newcomers to.
pub const PATH: &str = "/details";

#[derive(Template)]
#[template(path = "details.html")]
struct Details {
    name: String,
    wrong: Option<&'static str>,
}

#[derive(Deserialize)]
pub struct Sent {
    #[serde(default)]
    name: String,
}

pub async fn show(State(app): State<App>, who: Member, request: Parts) -> Result<Response, Failed> {
    page(&app, &request, Some(&who), "Your details", &Details { name: String::new(), wrong: None })
}

pub async fn submit(
    State(app): State<App>,
    who: Member,
    request: Parts,
    Form(sent): Form<Sent>,
) -> Result<Response, Failed> {
    let name = sent.name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        let wrong = Some("Please enter your name, with at most 100 characters.");
        return page(&app, &request, Some(&who), "Your details", &Details { name: sent.name, wrong });
    }
    app.tables.keep_profile(who.user_id(), &Profile { name: name.to_owned(), operator: false }).await?;
    // It asks whether another step is open, and leads on.
    Ok(Redirect::to(&app.pages.welcome_path()).into_response())
}
