//! What follows a temporary password: a password of one's own.

use askama::Template;
use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;

use super::answer::{Answer, Sorry, content};
use super::browser::Browser;
use super::call::Call;
use super::onboarding::{ShownSteps, steps};
use super::page::{Page, ShownRule, rules};
use super::page_model::models;
use super::reader::Format;
use super::registration::address_of;
use super::sign_in::advance;
use crate::error::{ChoosePasswordError, ResumeError};
use crate::password::Violation;
use crate::types::Email;

const TITLE: &str = "choose-password-title";

/// `/choose-password`: the rules of the policy and a field. The form goes to `/choose-password` with `new_password`.
#[derive(Debug, Serialize, Template)]
#[template(path = "choose_password.html")]
#[non_exhaustive]
pub struct ChoosePasswordPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The address that signs in.
    pub email: String,
    /// The rules of the policy, in order.
    pub rules: Vec<ShownRule>,
    /// What the rules mean for password managers: the attribute `passwordrules` of the field.
    pub passwordrules: String,
    /// For newcomers: the steps of the welcome, if the host names its own.
    pub steps: Option<ShownSteps>,
}

models!(ChoosePasswordPage);

fn choose_page(browser: &Browser, page: Page, broken: &[Violation]) -> ChoosePasswordPage {
    let auth = browser.auth();
    ChoosePasswordPage {
        page,
        email: browser.visit.email.clone(),
        rules: rules(auth, &browser.reader.texts, broken),
        passwordrules: auth.password_policy().password_rules_attribute(),
        steps: steps(browser, 1),
    }
}

pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let mut browser = call.browser;
    browser.visit.password_challenge()?;
    let page = browser.page(TITLE);
    let shown = choose_page(&browser, page, &[]);
    Ok(browser.show(&shown))
}

pub(super) async fn submit(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let challenge = browser.visit.password_challenge()?;
    match browser.auth().choose_password(&challenge, form.get("new_password")).await {
        Ok(outcome) => {
            let (browser, next) = advance(browser, outcome).await?;
            Ok(browser.redirect(&next))
        }
        Err(error @ ChoosePasswordError::ChallengeInvalid) => Err(browser.sorry(&error, "")),
        Err(error) => {
            let refusal = browser.auth().error_response(&error);
            let page = browser.plain_page(TITLE).refused("new_password", &refusal);
            let shown = choose_page(&browser, page, &refusal.violations);
            Ok(browser.refuse(&refusal, "new_password", &shown))
        }
    }
}

/// The live result next to each rule, as JSON for the page's script. It only advises; the password is checked again when it is
/// set. Anyone who is choosing one can have it: it tells no more than the rules do, and hashes nothing.
pub(super) async fn check(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let email = match (address_of(&browser, &form).await, browser.visit.password_challenge()) {
        (Some(email), _) => email,
        (_, Ok(_)) => Email::from_input(&browser.visit.email).map_err(|_| Sorry::NotFound)?,
        (_, Err(_)) => match browser.who().await {
            Ok(who) => who.email().clone(),
            // The script of a page needs no way to the sign-in page.
            Err(ResumeError::SessionEnded) if browser.reader.format == Format::Html => return Err(Sorry::NotFound),
            Err(ResumeError::SessionEnded) => return Err(browser.nobody()),
            Err(error) => return Err(browser.sorry(&error, "")),
        },
    };
    let broken = browser.auth().check_new_password(&email, form.get("new_password"));
    let broken: Vec<_> = broken.iter().map(Violation::code).collect();
    let body = serde_json::json!({ "broken": broken }).to_string();
    Ok(content(StatusCode::OK, "application/json", Bytes::from(body)))
}
