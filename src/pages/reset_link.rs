//! What is shown if the link of a reset does not work, on whichever page it is used.

use askama::Template;
use serde::Serialize;

use super::answer::Answer;
use super::browser::Browser;
use super::page::Page;
use super::page_model::models;
use crate::error::AuthError;

/// After `/reset/confirm`: the link did not work, or was confirmed before.
#[derive(Debug, Serialize, Template)]
#[template(path = "reset_failed.html")]
#[non_exhaustive]
pub struct ResetFailedPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The name of the link, if it can be confirmed again.
    pub again: Option<String>,
}

models!(ResetFailedPage);

pub(super) const NO_USE: &str = "reset-failed-title";

pub(super) fn failed(browser: Browser, error: &dyn AuthError, title: &str, again: Option<String>) -> Answer {
    let refusal = browser.auth().error_response(error);
    let page = browser.plain_page(title).refused("", &refusal);
    browser.refuse(&refusal, "", &ResetFailedPage { page, again })
}

/// The link is not in the browser's cookie: cookies are off, or later links evicted it.
pub(super) fn not_kept(browser: Browser) -> Answer {
    let refusal = browser.invalid(400, "link_not_kept");
    let page = browser.plain_page(NO_USE).refused("", &refusal);
    browser.refuse(&refusal, "", &ResetFailedPage { page, again: None })
}
