//! Signing in, and the steps that follow.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use doorward::{Email, SignIn, SignInRequest, UserRepository};
use serde::Deserialize;

use crate::app::App;
use crate::browser::{Browser, Step, Visit};
use crate::forms::Form;
use crate::notice::Notice;
use crate::page::{Page, html};
use crate::sorry::{Sorry, refused};
use crate::tables::Profile;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    page: Page,
    email: &'a str,
    keep: bool,
    /// The page also serves signed-in users, who may have come with a mailed password.
    signed_in: bool,
}

#[derive(Deserialize)]
pub struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    keep: Option<String>,
}

pub async fn show(mut browser: Browser) -> Response {
    let who = browser.who().await.ok();
    let email = who.as_ref().map_or(browser.visit.email.clone(), |who| who.email().as_typed().to_owned());
    let page = browser.page("Sign in");
    browser.show(&SignInPage { page, email: &email, keep: false, signed_in: who.is_some() })
}

pub async fn submit(State(app): State<App>, browser: Browser, Form(form): Form<SignInForm>) -> Result<Response, Sorry> {
    let keep = form.keep.is_some();
    let request = browser.vouch(SignInRequest::new(&form.email, &form.password)).keep_signed_in(keep);
    match app.auth.sign_in(request).await {
        Ok(outcome) => {
            // Drop the session before and any pending sign-in: they may have been someone else's.
            let (mut browser, _) = browser.leave().await?;
            browser.visit = Visit { email: form.email, ..Visit::default() };
            let (browser, next) = advance(browser, outcome).await?;
            Ok(browser.go(next))
        }
        Err(error) => {
            // The form shows the address again, never the password.
            let refusal = app.auth.error_response(&error);
            let page = Page::new("Sign in").refused("email", &refusal);
            Ok(refused(&refusal, html(&SignInPage { page, email: &form.email, keep, signed_in: false })))
        }
    }
}

/// Continues a sign-in and returns the path of its next page. Only `Complete` has a session.
pub async fn advance(browser: Browser, outcome: SignIn) -> Result<(Browser, &'static str), Sorry> {
    let visit = browser.visit.clone();
    let at = |step| Visit { step: Some(step), ..visit.clone() };
    Ok(match outcome {
        SignIn::Complete(signed_in) => {
            // Someone who has a profile keeps it.
            if !visit.name.is_empty() {
                let profile = Profile { name: visit.name, operator: false };
                browser.app.tables.keep_profile(signed_in.user_id(), &profile).await?;
            }
            let next = if visit.newcomer { "/welcome/authenticator" } else { "/" };
            (browser.enter(&signed_in).await, next)
        }
        SignIn::SecondFactorRequired(challenge) => (browser.at(at(Step::Code(challenge.expose()))), "/second-step"),
        SignIn::EnrollmentRequired(challenge) => {
            let newcomer = is_newcomer(&browser.app, &visit.email).await?;
            // Whoever was interrupted in the welcome is asked again.
            let next = if newcomer && visit.name.is_empty() { "/welcome" } else { "/welcome/authenticator" };
            (browser.at(Visit { newcomer, ..at(Step::Authenticator(challenge.expose())) }), next)
        }
        SignIn::PasswordChangeRequired(challenge) => {
            let newcomer = is_newcomer(&browser.app, &visit.email).await?;
            let next = if newcomer { "/welcome" } else { "/welcome/password" };
            (browser.at(Visit { newcomer, ..at(Step::Password(challenge.expose())) }), next)
        }
    })
}

/// Whether the user has no profile yet. Called only after the first step was proved.
async fn is_newcomer(app: &App, email: &str) -> Result<bool, Sorry> {
    let Ok(email) = Email::from_input(email) else { return Ok(false) };
    let Some(user) = app.store.find_by_email(&email).await? else { return Ok(false) };
    Ok(app.tables.profile(user.id()).await?.is_none())
}

pub async fn sign_out(browser: Browser) -> Result<Response, Sorry> {
    let (browser, left) = browser.leave().await?;
    if !left {
        // Ended already, or another window has just got a newer token: the page tells which.
        return Ok(browser.go("/"));
    }
    let mut response = browser.saying(Notice::SignedOut).go("/sign-in");
    // Clears the browser's cached pages too; cookies are dropped one by one.
    let kept = HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert(HeaderName::from_static("clear-site-data"), kept);
    Ok(response)
}
