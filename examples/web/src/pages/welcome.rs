//! What a temporary password leads to: for somebody new the whole welcome, after a reset the new password alone.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use doorward::{ChoosePasswordError, SignIn};
use serde::Deserialize;

use super::sign_in::advance;
use crate::app::App;
use crate::browser::Browser;
use crate::member::Member;
use crate::notice::Notice;
use crate::page::{Page, RuleShown, html, rules};
use crate::sorry::{Sorry, refused};

#[derive(Template)]
#[template(path = "welcome_details.html")]
struct DetailsPage<'a> {
    page: Page,
    name: &'a str,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "welcome_password.html")]
struct PasswordPage<'a> {
    page: Page,
    wizard: bool,
    email: &'a str,
    rules: Vec<RuleShown>,
    passwordrules: String,
}

#[derive(Template)]
#[template(path = "welcome_done.html")]
struct DonePage {
    page: Page,
}

#[derive(Deserialize)]
pub struct DetailsForm {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
pub struct PasswordForm {
    #[serde(default)]
    new_password: String,
}

pub async fn details(mut browser: Browser) -> Result<Response, Sorry> {
    browser.visit.password_challenge()?;
    let (page, visit) = (browser.page("Your details"), browser.visit.clone());
    Ok(browser.show(&DetailsPage { page, name: &visit.name, email: &visit.email }))
}

/// Nothing is stored for the account before its owner has a password: a temporary one opens its choice only.
pub async fn submit_details(mut browser: Browser, Form(form): Form<DetailsForm>) -> Result<Response, Sorry> {
    browser.visit.password_challenge()?;
    let name = form.name.trim();
    if !(1..=64).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        let page = Page::new("Your details").problem("name", "Please enter your name, in up to 64 characters.");
        let page = html(&DetailsPage { page, name, email: &browser.visit.email });
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    browser.visit.name = name.to_owned();
    browser.change().await?;
    Ok(browser.go("/welcome/password"))
}

fn password_page<'a>(app: &App, page: Page, browser: &'a Browser, rules: Vec<RuleShown>) -> PasswordPage<'a> {
    let passwordrules = app.auth.password_policy().password_rules_attribute();
    PasswordPage { page, wizard: browser.visit.wizard, email: &browser.visit.email, rules, passwordrules }
}

pub async fn password(State(app): State<App>, mut browser: Browser) -> Result<Response, Sorry> {
    browser.visit.password_challenge()?;
    let page = browser.page("Choose your password");
    let shown = html(&password_page(&app, page, &browser, rules(&app.auth, &[])));
    Ok(shown)
}

pub async fn submit_password(
    State(app): State<App>,
    browser: Browser,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Sorry> {
    let challenge = browser.visit.password_challenge()?;
    match app.auth.choose_password(&challenge, &form.new_password).await {
        Ok(outcome) => {
            let said = matches!(outcome, SignIn::Complete(_)) && !browser.visit.wizard;
            let browser = if said { browser.saying(Notice::PasswordChosen) } else { browser };
            advance(browser, outcome).await
        }
        Err(error) => {
            let broken = match &error {
                ChoosePasswordError::Rejected { violations } => violations.as_slice(),
                ChoosePasswordError::InProgress { .. } | ChoosePasswordError::RecoveryPending { .. } => &[],
                _ => return Err(Sorry::from_failure(&app.auth, &error, "")),
            };
            let refusal = app.auth.refusal(&error);
            let page = Page::new("Choose your password").refused("new_password", &refusal);
            Ok(refused(&refusal, html(&password_page(&app, page, &browser, rules(&app.auth, broken)))))
        }
    }
}

pub async fn done(mut member: Member) -> Response {
    let page = member.page("You are all set");
    member.browser.show(&DonePage { page })
}
