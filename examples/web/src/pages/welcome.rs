//! What follows a temporary password: for a new user the whole welcome, after a reset just the new password.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use doorward::SignIn;
use doorward::error::ChoosePasswordError as Error;
use serde::Deserialize;

use super::sign_in::advance;
use crate::app::App;
use crate::browser::{Browser, Visit};
use crate::forms::Form;
use crate::member::Member;
use crate::notice::Notice;
use crate::page::{Page, RuleShown, rules};
use crate::sorry::Sorry;

#[derive(Template)]
#[template(path = "welcome_details.html")]
struct DetailsPage<'a> {
    page: Page,
    name: &'a str,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "welcome_password.html")]
struct PasswordPage {
    page: Page,
    wizard: bool,
    email: String,
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
    after_details(&browser)?;
    let (page, visit) = (browser.page("Your details"), browser.visit.clone());
    Ok(browser.show(&DetailsPage { page, name: &visit.name, email: &visit.email }))
}

/// The page after the name: choosing a password, or only the authenticator app if the welcome was interrupted there.
fn after_details(browser: &Browser) -> Result<&'static str, Sorry> {
    if browser.visit.authenticator_challenge().is_ok() {
        return Ok("/welcome/authenticator");
    }
    browser.visit.password_challenge().map(|_| "/welcome/password")
}

/// Stores nothing for the account until its owner is signed in: a temporary password only allows choosing one.
pub async fn submit_details(browser: Browser, Form(form): Form<DetailsForm>) -> Result<Response, Sorry> {
    let next = after_details(&browser)?;
    let name = form.name.trim();
    if !(1..=64).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        let page = Page::new("Your details").problem("name", "Please enter your name, up to 64 characters.");
        let email = browser.visit.email.clone();
        return Ok(browser.show_as(StatusCode::UNPROCESSABLE_ENTITY, &DetailsPage { page, name, email: &email }));
    }
    let visit = Visit { name: name.to_owned(), ..browser.visit.clone() };
    Ok(browser.at(visit).go(next))
}

fn password_page(app: &App, page: Page, browser: &Browser, rules: Vec<RuleShown>) -> PasswordPage {
    let passwordrules = app.auth.password_policy().password_rules_attribute();
    let (wizard, email) = (browser.visit.newcomer, browser.visit.email.clone());
    PasswordPage { page, wizard, email, rules, passwordrules }
}

/// Whether the previous step was skipped.
fn is_nameless(browser: &Browser) -> bool {
    browser.visit.newcomer && browser.visit.name.is_empty()
}

pub async fn password(State(app): State<App>, mut browser: Browser) -> Result<Response, Sorry> {
    browser.visit.password_challenge()?;
    if is_nameless(&browser) {
        return Ok(browser.go("/welcome"));
    }
    let page = browser.page("Choose your password");
    let shown = password_page(&app, page, &browser, rules(&app.auth, &[]));
    Ok(browser.show(&shown))
}

pub async fn submit_password(
    State(app): State<App>,
    browser: Browser,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Sorry> {
    let challenge = browser.visit.password_challenge()?;
    if is_nameless(&browser) {
        return Ok(browser.go("/welcome"));
    }
    match app.auth.choose_password(&challenge, &form.new_password).await {
        Ok(outcome) => {
            let said = matches!(outcome, SignIn::Complete(_)) && !browser.visit.newcomer;
            let browser = if said { browser.saying(Notice::PasswordChosen) } else { browser };
            let (browser, next) = advance(browser, outcome).await?;
            Ok(browser.go(next))
        }
        Err(error @ (Error::Rejected { .. } | Error::InProgress { .. } | Error::RecoveryPending { .. })) => {
            let refusal = app.auth.error_response(&error);
            let page = Page::new("Choose your password").refused("new_password", &refusal);
            let shown = password_page(&app, page, &browser, rules(&app.auth, &refusal.violations));
            Ok(browser.refuse(&refusal, &shown))
        }
        Err(error) => Err(browser.sorry(&error, "")),
    }
}

pub async fn done(mut member: Member) -> Response {
    let page = member.page("You are all set");
    member.browser.show(&DonePage { page })
}
