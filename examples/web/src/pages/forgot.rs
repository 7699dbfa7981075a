//! "Forgot your password?": the address, a check, and the same response for everyone.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use doorward::{Email, ResetRequest};
use serde::Deserialize;

use crate::app::App;
use crate::browser::Browser;
use crate::forms::Form;
use crate::page::{Page, html};
use crate::sorry::Sorry;

const TITLE: &str = "Forgot your password?";

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
    minutes: u64,
}

#[derive(Deserialize)]
pub struct ForgotForm {
    #[serde(default)]
    email: String,
}

pub async fn show(mut browser: Browser) -> Response {
    let page = browser.page(TITLE);
    browser.show(&ForgotPage { page, email: "" })
}

/// Shows the address again instead of asking for it twice: people paste what they typed, but read what they see.
pub async fn check(Form(form): Form<ForgotForm>) -> Response {
    match Email::from_input(&form.email) {
        Ok(email) => {
            let page = Page::new("Check the address");
            html(&CheckPage { page, email: email.as_typed() })
        }
        Err(_) => malformed(&form.email),
    }
}

/// Shows the form again, with the address filled in.
pub async fn change(Form(form): Form<ForgotForm>) -> Response {
    html(&ForgotPage { page: Page::new(TITLE), email: &form.email })
}

pub async fn send(State(app): State<App>, browser: Browser, Form(form): Form<ForgotForm>) -> Result<Response, Sorry> {
    let Ok(email) = Email::from_input(&form.email) else { return Ok(malformed(&form.email)) };
    match app.auth.request_reset(browser.vouch_for_reset(ResetRequest::new(email))).await {
        Ok(_) => Ok(browser.go("/forgot/sent")),
        Err(error) => Err(browser.sorry(&error, "")),
    }
}

pub async fn sent(State(app): State<App>, mut browser: Browser) -> Response {
    let minutes = app.auth.reset_cooldown().as_secs() / 60;
    let page = browser.page("Check your mailbox");
    browser.show(&SentPage { page, minutes })
}

fn malformed(email: &str) -> Response {
    let page = Page::new(TITLE).problem("email", "Please enter one complete email address.");
    (StatusCode::UNPROCESSABLE_ENTITY, html(&ForgotPage { page, email })).into_response()
}
