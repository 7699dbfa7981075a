//! "Confirm that it is you", before something that takes a fresh proof.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use doorward::SecondFactorStatus;
use serde::Deserialize;

use crate::app::App;
use crate::member::Member;
use crate::notice::Notice;
use crate::page::{Page, html};
use crate::sorry::{Sorry, refused};

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage<'a> {
    page: Page,
    email: &'a str,
    /// Where a second factor is on, a password alone proves too little.
    by_code: bool,
    then: &'a str,
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

/// Where to go on. Names and no paths: a link must not lead astray.
fn path(then: &str) -> &'static str {
    match then {
        "authenticator" => "/security#authenticator",
        "devices" => "/security#devices",
        _ => "/security",
    }
}

async fn by_code(app: &App, member: &Member) -> Result<bool, Sorry> {
    let status = app.auth.second_factor(&member.signed_in).await;
    let status = status.map_err(|error| Sorry::from_failure(&app.auth, &error, ""))?;
    Ok(matches!(status, SecondFactorStatus::On { .. }))
}

pub async fn show(State(app): State<App>, Query(query): Query<Then>, mut member: Member) -> Result<Response, Sorry> {
    let by_code = by_code(&app, &member).await?;
    let (page, email) = (member.page("Confirm that it is you"), member.signed_in.email().as_typed().to_owned());
    Ok(member.browser.show(&ConfirmPage { page, email: &email, by_code, then: &query.then }))
}

pub async fn submit(
    State(app): State<App>,
    mut member: Member,
    Form(form): Form<ConfirmForm>,
) -> Result<Response, Sorry> {
    let by_code = by_code(&app, &member).await?;
    let proved = match by_code {
        true => app.auth.reauthenticate_with_code(&member.signed_in, &form.proof).await,
        false => app.auth.reauthenticate(&member.signed_in, &form.proof).await,
    };
    match proved {
        Ok(signed_in) => {
            let browser = member.browser.enter(&signed_in).await?;
            Ok(browser.saying(Notice::Confirmed).go(path(&form.then)))
        }
        Err(error) if matches!(error.code(), "password_wrong" | "code_malformed" | "code_wrong" | "throttled") => {
            let refusal = app.auth.refusal(&error);
            let page = member.page("Confirm that it is you").refused("proof", &refusal);
            let email = member.signed_in.email().as_typed();
            Ok(refused(&refusal, html(&ConfirmPage { page, email, by_code, then: &form.then })))
        }
        Err(error) => Err(Sorry::from_failure(&app.auth, &error, "")),
    }
}
