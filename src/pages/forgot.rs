//! "Forgot your password?": the address, a check, and the same response for everyone.

use askama::Template;
use serde::Serialize;

use super::answer::{Answer, Sorry};
use super::browser::Browser;
use super::call::Call;
use super::page::Page;
use super::page_model::models;
use crate::auth::ResetRequest;
use crate::types::Email;

const TITLE: &str = "forgot-title";
const CHECK: &str = "forgot-check-title";

/// `/forgot`: the address. The form goes to `/forgot` with `email`.
#[derive(Debug, Serialize, Template)]
#[template(path = "forgot.html")]
#[non_exhaustive]
pub struct ForgotPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The address, as it was typed; empty at first.
    pub email: String,
}

/// After `/forgot`: the address once more, before a mail is sent to it. One form goes to `/forgot/send`, another to `/forgot/change`,
/// each with `email`.
#[derive(Debug, Serialize, Template)]
#[template(path = "forgot_check.html")]
#[non_exhaustive]
pub struct ForgotCheckPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The address, well-formed.
    pub email: String,
}

/// `/forgot/sent`: the same for everyone.
#[derive(Debug, Serialize, Template)]
#[template(path = "forgot_sent.html")]
#[non_exhaustive]
pub struct ForgotSentPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// For how many minutes no other mail is sent.
    pub minutes: u64,
}

models!(ForgotPage, ForgotCheckPage, ForgotSentPage);

pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let mut browser = call.browser;
    let page = browser.page(TITLE);
    Ok(browser.show(&ForgotPage { page, email: String::new() }))
}

/// Shows the address again instead of asking for it twice: people paste what they typed, but read what they see.
pub(super) async fn check(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    match Email::from_input(form.get("email")) {
        Ok(email) => {
            let page = browser.plain_page(CHECK);
            Ok(browser.show(&ForgotCheckPage { page, email: email.as_typed().to_owned() }))
        }
        Err(_) => Ok(malformed(browser, form.get("email"))),
    }
}

/// Shows the form again, with the address filled in.
pub(super) async fn change(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let page = browser.plain_page(TITLE);
    Ok(browser.show(&ForgotPage { page, email: form.get("email").to_owned() }))
}

pub(super) async fn send(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let Ok(email) = Email::from_input(form.get("email")) else { return Ok(malformed(browser, form.get("email"))) };
    let request = browser.vouch_for_reset(ResetRequest::new(email.clone()));
    match browser.auth().request_reset(request).await {
        Ok(_) => Ok(browser.go("/forgot/sent")),
        Err(error) => {
            let refusal = browser.auth().error_response(&error);
            let page = browser.plain_page(CHECK).refused("", &refusal);
            let shown = ForgotCheckPage { page, email: email.as_typed().to_owned() };
            Ok(browser.refuse(&refusal, "", &shown))
        }
    }
}

pub(super) async fn sent(call: Call) -> Result<Answer, Sorry> {
    let mut browser = call.browser;
    // Rounded up: whoever waits this long is not too early.
    let minutes = browser.auth().reset_cooldown().as_secs().div_ceil(60).max(1);
    let page = browser.page("forgot-sent-title");
    Ok(browser.show(&ForgotSentPage { page, minutes }))
}

fn malformed(browser: Browser, email: &str) -> Answer {
    let refusal = browser.invalid(422, "email_malformed");
    let page = browser.plain_page(TITLE).refused("email", &refusal);
    browser.refuse(&refusal, "email", &ForgotPage { page, email: email.to_owned() })
}
