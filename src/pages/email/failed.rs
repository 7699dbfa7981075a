use askama::Template;
use serde::Serialize;

use crate::auth::SignedIn;
use crate::error::{AuthError, ErrorResponse};
use crate::pages::answer::Answer;
use crate::pages::browser::Browser;
use crate::pages::page::Page;
use crate::pages::page_model::models;

const NO_USE: &str = "reset-failed-title";

/// After `/email/confirm` and `/email/undo`: the link did not work.
#[derive(Debug, Serialize, Template)]
#[template(path = "email_failed.html")]
#[non_exhaustive]
pub struct EmailFailedPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The path of the sign-in page, if signing in is what helps. Otherwise the settings are.
    pub sign_in: Option<String>,
    /// The address of whoever is signed in, if the link is of another account.
    pub signed_in_as: Option<String>,
}

models!(EmailFailedPage);

pub(super) fn failed(browser: Browser, error: &dyn AuthError, sign_in: Option<String>) -> Answer {
    let refusal = browser.auth().error_response(error);
    refused(browser, &refusal, sign_in)
}

/// The link is of another account: says whose session it is.
pub(super) fn failed_for(browser: Browser, error: &dyn AuthError, sign_in: String, who: &SignedIn) -> Answer {
    let refusal = browser.auth().error_response(error);
    let page = browser.plain_page(NO_USE).of(who).refused("", &refusal);
    let signed_in_as = Some(who.email().as_typed().to_owned());
    browser.refuse(&refusal, "", &EmailFailedPage { page, sign_in: Some(sign_in), signed_in_as })
}

/// The link is not in the browser's cookie: cookies are off, or later links evicted it.
pub(super) fn not_kept(browser: Browser, sign_in: Option<String>) -> Answer {
    let refusal = browser.invalid(400, "link_not_kept");
    refused(browser, &refusal, sign_in)
}

fn refused(browser: Browser, refusal: &ErrorResponse, sign_in: Option<String>) -> Answer {
    let page = browser.plain_page(NO_USE).refused("", refusal);
    browser.refuse(refusal, "", &EmailFailedPage { page, sign_in, signed_in_as: None })
}

/// With words of the page's own, where those that go by the code would be about another kind of link.
pub(super) fn failed_saying(browser: Browser, error: &dyn AuthError, text: &str, sign_in: Option<String>) -> Answer {
    let refusal = browser.auth().error_response(error);
    let page = browser.plain_page(NO_USE);
    let text = page.text(text);
    browser.refuse(&refusal, "", &EmailFailedPage { page: page.problem("", text), sign_in, signed_in_as: None })
}
