//! "Forgot your password?": the address, a look at it, and the same answer for everybody.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use doorward::{Clock, Email};
use serde::Deserialize;

use crate::app::App;
use crate::browser::Browser;
use crate::page::{Page, html};
use crate::sorry::Sorry;

#[derive(Template)]
#[template(path = "forgot.html")]
struct ForgotPage<'a> {
    page: Page,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "forgot_check.html")]
struct CheckPage<'a> {
    page: Page,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "forgot_sent.html")]
struct SentPage {
    page: Page,
    minutes: i64,
}

#[derive(Deserialize)]
pub struct ForgotForm {
    #[serde(default)]
    email: String,
}

pub async fn show(mut browser: Browser) -> Response {
    let page = browser.page("Forgot your password?");
    browser.show(&ForgotPage { page, email: "" })
}

/// Shows the address once more instead of asking for it twice: people copy what they typed, and read what they see.
pub async fn check(Form(form): Form<ForgotForm>) -> Response {
    match Email::from_input(&form.email) {
        Ok(email) => {
            let page = Page::new("Check the address");
            html(&CheckPage { page, email: email.as_typed() })
        }
        Err(_) => malformed(&form.email),
    }
}

pub async fn send(State(app): State<App>, Form(form): Form<ForgotForm>) -> Result<Response, Sorry> {
    let Ok(email) = Email::from_input(&form.email) else { return Ok(malformed(&form.email)) };
    let requested = app.auth.request_reset(&email).await;
    let requested = requested.map_err(|error| Sorry::from_failure(&app.auth, &error, ""))?;
    let seconds = (requested.next_request_at - app.clock.now()).whole_seconds();
    let minutes = (seconds.max(0) + 59) / 60;
    Ok(html(&SentPage { page: Page::new("Check your mailbox"), minutes: minutes.max(1) }))
}

fn malformed(email: &str) -> Response {
    let page = Page::new("Forgot your password?").problem("email", "Please enter one complete email address.");
    (StatusCode::UNPROCESSABLE_ENTITY, html(&ForgotPage { page, email })).into_response()
}
