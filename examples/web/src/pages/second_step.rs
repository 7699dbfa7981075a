//! A code of the authenticator app, or a recovery code, after the password.

use askama::Template;
use axum::Form;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Deserialize;

use super::sign_in::advance;
use crate::app::App;
use crate::browser::Browser;
use crate::page::{Page, html};
use crate::sorry::{Sorry, refused};

#[derive(Template)]
#[template(path = "second_step.html")]
struct SecondStepPage {
    page: Page,
    recovery: bool,
}

#[derive(Deserialize)]
pub struct CodeForm {
    #[serde(default)]
    code: String,
    remember: Option<String>,
    recovery: Option<String>,
}

pub async fn show(RawQuery(query): RawQuery, mut browser: Browser) -> Result<Response, Sorry> {
    browser.visit.code_challenge()?;
    let page = browser.page("Second step");
    Ok(browser.show(&SecondStepPage { page, recovery: query.as_deref() == Some("recovery") }))
}

pub async fn submit(State(app): State<App>, browser: Browser, Form(form): Form<CodeForm>) -> Result<Response, Sorry> {
    let challenge = browser.visit.code_challenge()?;
    let outcome = match form.remember {
        Some(_) => app.auth.verify_second_factor_and_remember(&challenge, &form.code).await,
        None => app.auth.verify_second_factor(&challenge, &form.code).await,
    };
    match outcome {
        Ok(outcome) => advance(browser, outcome).await,
        Err(error) if matches!(error.code(), "code_malformed" | "code_wrong" | "throttled") => {
            let refusal = app.auth.refusal(&error);
            let page = Page::new("Second step").refused("code", &refusal);
            Ok(refused(&refusal, html(&SecondStepPage { page, recovery: form.recovery.is_some() })))
        }
        Err(error) => Err(Sorry::from_failure(&app.auth, &error, "")),
    }
}
