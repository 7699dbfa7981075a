//! What a mailed link opens in the mode [`ChooseNewPassword`](ResetMode::ChooseNewPassword): a new password, chosen at once.

use askama::Template;
use serde::Serialize;

use super::answer::{Answer, Sorry};
use super::browser::Browser;
use super::fields::Fields;
use super::links::Links;
use super::page::{Page, ShownRule, rules};
use super::page_model::models;
use super::reset_link::{NO_USE, failed};
use super::sign_in::advance;
use crate::config::ResetMode;
use crate::error::CompleteResetError;
use crate::password::Violation;

const TITLE: &str = "reset-password-title";

/// `/reset/confirm` in the mode [`ChooseNewPassword`](ResetMode::ChooseNewPassword): the rules of the policy and a field, which is
/// `new_password` in the form, beside `link`.
#[derive(Debug, Serialize, Template)]
#[template(path = "reset_password.html")]
#[non_exhaustive]
pub struct ResetPasswordPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The name of the link among those that the browser holds. It is no secret.
    pub link: String,
    /// Whether it also asks for a code, in the field `code`: mail alone never replaces the second factor.
    pub needs_code: bool,
    /// The rules of the policy, in order.
    pub rules: Vec<ShownRule>,
    /// What the rules mean for password managers: the attribute `passwordrules` of the field.
    pub passwordrules: String,
}

models!(ResetPasswordPage);

pub(super) fn is_offered(browser: &Browser) -> bool {
    browser.auth().config().reset.mode == ResetMode::ChooseNewPassword
}

fn reset_page(browser: &Browser, page: Page, link: &str, needs_code: bool, broken: &[Violation]) -> ResetPasswordPage {
    let auth = browser.auth();
    let rules = rules(auth, &browser.reader.texts, broken);
    let passwordrules = auth.password_policy().password_rules_attribute();
    ResetPasswordPage { page, link: link.to_owned(), needs_code, rules, passwordrules }
}

/// The same page for every link, valid or not: viewing it reveals nothing and uses up nothing.
pub(super) fn show(mut browser: Browser, link: String) -> Answer {
    let page = browser.page(TITLE);
    let shown = reset_page(&browser, page, &link, false, &[]);
    browser.show(&shown)
}

pub(super) async fn submit(browser: Browser, form: &Fields, token: &str) -> Result<Answer, Sorry> {
    let (link, new) = (form.get("link"), form.get("new_password"));
    let outcome = match form.find("code") {
        Some(code) => browser.auth().complete_reset_with_code(token, code, new).await,
        None => browser.auth().complete_reset(token, new).await,
    };
    let error = match outcome {
        Ok(outcome) => {
            let (browser, next) = advance(Links::Reset.drop(browser, link), outcome).await?;
            return Ok(browser.redirect(&next));
        }
        Err(error) => error,
    };
    let (field, needs_code) = match &error {
        CompleteResetError::LinkInvalid | CompleteResetError::LinkDamaged => {
            return Ok(failed(Links::Reset.drop(browser, link), &error, NO_USE, None));
        }
        CompleteResetError::Rejected { .. } => ("new_password", form.has("code")),
        CompleteResetError::CodeNeeded | CompleteResetError::CodeMalformed | CompleteResetError::CodeWrong => {
            ("code", true)
        }
        _ => ("", form.has("code")),
    };
    let refusal = browser.auth().error_response(&error);
    let page = browser.plain_page(TITLE).refused(field, &refusal);
    let shown = reset_page(&browser, page, link, needs_code, &refusal.violations);
    Ok(browser.refuse(&refusal, field, &shown))
}
