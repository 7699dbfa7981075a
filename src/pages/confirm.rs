//! Step-up: "Confirm it's you", before a sensitive action.

use askama::Template;
use serde::Serialize;

use super::answer::{Answer, Sorry};
use super::call::Call;
use super::member::Member;
use super::notice::Notice;
use super::page::Page;
use super::page_model::models;
use super::state::local_path;
use crate::error::{ReauthenticateError, SecondFactorError};
use crate::second_factor::SecondFactorStatus;

const TITLE: &str = "confirm-title";

/// `/confirm`: the password or a code once more (step-up). The form goes to `/confirm` with `proof` and a hidden `then`.
#[derive(Debug, Serialize, Template)]
#[template(path = "confirm.html")]
#[non_exhaustive]
pub struct ConfirmPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The user's address.
    pub email: String,
    /// Whether a code is asked for: with a second factor on, a password alone is not enough.
    pub by_code: bool,
    /// The path to continue with.
    pub then: String,
}

models!(ConfirmPage);

fn confirm_page(member: &Member, page: Page, by_code: bool, then: String) -> ConfirmPage {
    ConfirmPage { page, email: member.signed_in.email().as_typed().to_owned(), by_code, then }
}

async fn by_code(member: &Member) -> Result<bool, SecondFactorError> {
    let status = member.browser.auth().second_factor(&member.signed_in).await?;
    Ok(matches!(status, SecondFactorStatus::On { .. }))
}

/// The path to continue with: one of this site, by default the settings.
fn path(member: &Member, then: &str) -> String {
    local_path(then).map_or_else(|| member.browser.pages.path("/security"), str::to_owned)
}

pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, query, .. } = call;
    let mut member = Member::of(browser, "/confirm").await?;
    let by_code = match by_code(&member).await {
        Ok(by_code) => by_code,
        Err(error) => return Err(member.browser.sorry(&error, "")),
    };
    let (page, then) = (member.page(TITLE), path(&member, query.get("then")));
    let shown = confirm_page(&member, page, by_code, then);
    Ok(member.browser.show(&shown))
}

pub(super) async fn submit(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let mut member = Member::of(browser, "/confirm").await?;
    let by_code = match by_code(&member).await {
        Ok(by_code) => by_code,
        Err(error) => return Err(member.browser.sorry(&error, "")),
    };
    let (auth, proof, then) = (member.browser.auth(), form.get("proof"), path(&member, form.get("then")));
    let proved = match by_code {
        true => auth.reauthenticate_with_code(&member.signed_in, proof).await,
        false => auth.reauthenticate(&member.signed_in, proof).await,
    };
    match proved {
        Ok(signed_in) => {
            let browser = member.browser.enter(&signed_in);
            // Where another page could not show it, it would be shown too late.
            let path = then.split(['?', '#']).next().unwrap_or_default();
            let is_page = browser.pages.has(path);
            let browser = if is_page { browser.saying(Notice::Confirmed) } else { browser };
            Ok(browser.redirect(&then))
        }
        Err(error @ ReauthenticateError::SessionEnded) => Err(member.browser.sorry(&error, "")),
        Err(error) => {
            let refusal = member.browser.auth().error_response(&error);
            let page = member.page(TITLE).refused("proof", &refusal);
            let shown = confirm_page(&member, page, by_code, then);
            Ok(member.browser.refuse(&refusal, "proof", &shown))
        }
    }
}
