//! A code from the authenticator app, or a recovery code, after the password.

use askama::Template;
use serde::Serialize;

use super::answer::{Answer, Sorry};
use super::browser::Browser;
use super::call::Call;
use super::page::Page;
use super::page_model::models;
use super::sign_in::advance;
use crate::error::VerifySecondFactorError;

const TITLE: &str = "second-step-title";

/// `/second-step`: a code. The form goes to `/second-step` with `code`, `remember` (`1`, a checkbox) and, where it asks for a recovery
/// code, a hidden `recovery`.
#[derive(Debug, Serialize, Template)]
#[template(path = "second_step.html")]
#[non_exhaustive]
pub struct SecondStepPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// Whether it asks for a recovery code. Either kind is accepted.
    pub recovery: bool,
    /// For how many days the browser can be remembered, if it can.
    pub remember_days: Option<u64>,
}

models!(SecondStepPage);

fn remember_days(browser: &Browser) -> Option<u64> {
    let remembered = browser.auth().config().second_factor.remember_device;
    remembered.map(|lifetime| lifetime.as_secs() / (24 * 60 * 60)).filter(|days| *days > 0)
}

pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let Call { mut browser, query, .. } = call;
    browser.visit.code_challenge()?;
    let (page, remember_days) = (browser.page(TITLE), remember_days(&browser));
    Ok(browser.show(&SecondStepPage { page, recovery: query.has("recovery"), remember_days }))
}

pub(super) async fn submit(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let challenge = browser.visit.code_challenge()?;
    let (auth, code) = (browser.auth(), form.get("code"));
    let outcome = match form.has("remember") && remember_days(&browser).is_some() {
        true => auth.verify_second_factor_and_remember(&challenge, code).await,
        false => auth.verify_second_factor(&challenge, code).await,
    };
    match outcome {
        Ok(outcome) => {
            let (browser, next) = advance(browser, outcome).await?;
            Ok(browser.redirect(&next))
        }
        Err(error @ VerifySecondFactorError::ChallengeInvalid) => Err(browser.sorry(&error, "")),
        Err(error) => {
            let refusal = browser.auth().error_response(&error);
            let page = browser.plain_page(TITLE).refused("code", &refusal);
            let remember_days = remember_days(&browser);
            Ok(browser.refuse(
                &refusal,
                "code",
                &SecondStepPage { page, recovery: form.has("recovery"), remember_days },
            ))
        }
    }
}
