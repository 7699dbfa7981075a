//! A code from the authenticator app, or a recovery code, after the password.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use doorward::error::VerifySecondFactorError as Error;
use serde::Deserialize;

use super::sign_in::advance;
use crate::app::App;
use crate::browser::Browser;
use crate::forms::Form;
use crate::page::Page;
use crate::sorry::Sorry;

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
        Ok(outcome) => {
            let (browser, next) = advance(browser, outcome).await?;
            Ok(browser.go(next))
        }
        Err(error @ (Error::CodeMalformed | Error::CodeWrong | Error::Throttled { .. })) => {
            let refusal = app.auth.error_response(&error);
            let page = Page::new("Second step").refused("code", &refusal);
            Ok(browser.refuse(&refusal, &SecondStepPage { page, recovery: form.recovery.is_some() }))
        }
        Err(error) => Err(browser.sorry(&error, "")),
    }
}
