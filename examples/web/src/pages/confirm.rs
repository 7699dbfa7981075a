//! Step-up: "Confirm it's you", before a sensitive action.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use doorward::error::ReauthenticateError as Error;
use doorward::second_factor::SecondFactorStatus;
use serde::Deserialize;

use crate::app::App;
use crate::forms::{Form, Query};
use crate::member::Member;
use crate::notice::Notice;
use crate::page::Page;
use crate::sorry::Sorry;

const TITLE: &str = "Confirm it's you";

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    page: Page,
    email: String,
    /// With a second factor on, a password alone is not enough.
    by_code: bool,
    then: String,
    path: &'static str,
}

#[derive(Deserialize)]
pub struct Then {
    #[serde(default)]
    then: String,
}

#[derive(Deserialize)]
pub struct ConfirmForm {
    #[serde(default)]
    proof: String,
    #[serde(default)]
    then: String,
}

/// Where to continue. Names instead of paths, to prevent open redirects.
fn path(then: &str) -> &'static str {
    match then {
        "authenticator" => "/security#authenticator",
        "devices" => "/security#devices",
        "sessions" => "/security#sessions",
        "operator" => "/operator",
        "home" => "/",
        _ => "/security",
    }
}

fn confirm_page(member: &Member, page: Page, by_code: bool, then: String) -> ConfirmPage {
    let (email, path) = (member.signed_in.email().as_typed().to_owned(), path(&then));
    // Cancelling must not lead back to a page that asks for the same proof.
    let path = if path == "/operator" { "/" } else { path };
    ConfirmPage { page, email, by_code, then, path }
}

async fn by_code(app: &App, member: &Member) -> Result<bool, doorward::error::SecondFactorError> {
    let status = app.auth.second_factor(&member.signed_in).await?;
    Ok(matches!(status, SecondFactorStatus::On { .. }))
}

pub async fn show(State(app): State<App>, Query(query): Query<Then>, mut member: Member) -> Result<Response, Sorry> {
    let by_code = match by_code(&app, &member).await {
        Ok(by_code) => by_code,
        Err(error) => return Err(member.browser.sorry(&error, "")),
    };
    let page = member.page(TITLE);
    let shown = confirm_page(&member, page, by_code, query.then);
    Ok(member.browser.show(&shown))
}

pub async fn submit(
    State(app): State<App>,
    mut member: Member,
    Form(form): Form<ConfirmForm>,
) -> Result<Response, Sorry> {
    let by_code = match by_code(&app, &member).await {
        Ok(by_code) => by_code,
        Err(error) => return Err(member.browser.sorry(&error, "")),
    };
    let proved = match by_code {
        true => app.auth.reauthenticate_with_code(&member.signed_in, &form.proof).await,
        false => app.auth.reauthenticate(&member.signed_in, &form.proof).await,
    };
    match proved {
        Ok(signed_in) => {
            let browser = member.browser.enter(&signed_in).await;
            Ok(browser.saying(Notice::Confirmed).go(path(&form.then)))
        }
        Err(error @ (Error::PasswordWrong | Error::CodeMalformed | Error::CodeWrong | Error::Throttled { .. })) => {
            let refusal = app.auth.error_response(&error);
            let page = member.page(TITLE).refused("proof", &refusal);
            let shown = confirm_page(&member, page, by_code, form.then);
            Ok(member.browser.refuse(&refusal, &shown))
        }
        Err(error) => Err(member.browser.sorry(&error, "")),
    }
}
