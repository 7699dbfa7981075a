//! "Forgot your password?": the address, a check, and the same response for everyone.

use askama::Template;
use http::StatusCode;

use super::answer::{Answer, Sorry};
use super::browser::Browser;
use super::call::Call;
use super::page::Page;
use crate::auth::ResetRequest;
use crate::types::Email;

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

pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let mut browser = call.browser;
    let page = browser.page(TITLE);
    Ok(browser.show(&ForgotPage { page, email: "" }))
}

/// Shows the address again instead of asking for it twice: people paste what they typed, but read what they see.
pub(super) async fn check(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    match Email::from_input(form.get("email")) {
        Ok(email) => {
            let page = browser.plain_page("Check the address");
            Ok(browser.show(&CheckPage { page, email: email.as_typed() }))
        }
        Err(_) => Ok(malformed(browser, form.get("email"))),
    }
}

/// Shows the form again, with the address filled in.
pub(super) async fn change(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let page = browser.plain_page(TITLE);
    Ok(browser.show(&ForgotPage { page, email: form.get("email") }))
}

pub(super) async fn send(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let Ok(email) = Email::from_input(form.get("email")) else { return Ok(malformed(browser, form.get("email"))) };
    let request = browser.vouch_for_reset(ResetRequest::new(email.clone()));
    match browser.auth().request_reset(request).await {
        Ok(_) => Ok(browser.go("/forgot/sent")),
        Err(error) => {
            let refusal = browser.auth().error_response(&error);
            let page = browser.plain_page("Check the address").refused("", &refusal);
            Ok(browser.refuse(&refusal, &CheckPage { page, email: email.as_typed() }))
        }
    }
}

pub(super) async fn sent(call: Call) -> Result<Answer, Sorry> {
    let mut browser = call.browser;
    let minutes = browser.auth().reset_cooldown().as_secs() / 60;
    let page = browser.page("Check your mailbox");
    Ok(browser.show(&SentPage { page, minutes }))
}

fn malformed(browser: Browser, email: &str) -> Answer {
    let page = browser.plain_page(TITLE).problem("email", "Please enter one complete email address.");
    browser.show_as(StatusCode::UNPROCESSABLE_ENTITY, &ForgotPage { page, email })
}
