//! Signing in, and the steps that follow.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use doorward::{Email, SignIn, SignInRequest, UserId, UserRepository};
use serde::Deserialize;

use crate::app::App;
use crate::browser::{Browser, Step, Visit};
use crate::forms::Form;
use crate::notice::Notice;
use crate::page::{Page, html};
use crate::sorry::{Sorry, refused};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    page: Page,
    email: &'a str,
    /// The page also serves signed-in users, who may have come with a mailed password.
    signed_in: bool,
}

#[derive(Deserialize)]
pub struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

pub async fn show(mut browser: Browser) -> Response {
    let (page, visit) = (browser.page("Sign in"), browser.visit.clone());
    browser.show(&SignInPage { page, email: &visit.email, signed_in: visit.session.is_some() })
}

pub async fn submit(
    State(app): State<App>,
    mut browser: Browser,
    Form(form): Form<SignInForm>,
) -> Result<Response, Sorry> {
    let request = browser.vouch(SignInRequest::new(&form.email, &form.password));
    match app.auth.sign_in(request).await {
        Ok(outcome) => {
            // Drop any pending sign-in: it may have been someone else's.
            browser.visit = Visit { email: form.email, session: browser.visit.session, ..Visit::default() };
            let (browser, next) = advance(browser, outcome).await?;
            Ok(browser.go(next))
        }
        Err(error) => {
            // The form shows the address again, never the password.
            let refusal = app.auth.error_response(&error);
            let page = Page::new("Sign in").refused("email", &refusal);
            Ok(refused(&refusal, html(&SignInPage { page, email: &form.email, signed_in: false })))
        }
    }
}

/// Continues a sign-in and returns the path of its next page. Only `Complete` has a session.
pub async fn advance(browser: Browser, outcome: SignIn) -> Result<(Browser, &'static str), Sorry> {
    let visit = browser.visit.clone();
    let welcomed = visit.newcomer.is_some();
    let at = |step| Visit { step: Some(step), session: None, ..visit.clone() };
    Ok(match outcome {
        SignIn::Complete(signed_in) => {
            let next = if welcomed { "/welcome/authenticator" } else { "/" };
            (browser.enter(&signed_in).await?, next)
        }
        SignIn::SecondFactorRequired(challenge) => {
            (browser.renew(at(Step::Code(challenge.expose()))).await?, "/second-step")
        }
        SignIn::EnrollmentRequired(challenge) => {
            (browser.renew(at(Step::Authenticator(challenge.expose()))).await?, "/welcome/authenticator")
        }
        SignIn::PasswordChangeRequired(challenge) => {
            let newcomer = newcomer(&browser.app, &visit.email).await?;
            let next = if newcomer.is_some() { "/welcome" } else { "/welcome/password" };
            (browser.renew(Visit { newcomer, ..at(Step::Password(challenge.expose())) }).await?, next)
        }
    })
}

/// The user's id, if they have no profile yet. Called only after the first step was proved.
async fn newcomer(app: &App, email: &str) -> Result<Option<UserId>, Sorry> {
    let Ok(email) = Email::from_input(email) else { return Ok(None) };
    let Some(user) = app.store.find_by_email(&email).await? else { return Ok(None) };
    let known = app.tables.profile(user.id()).await?.is_some();
    Ok(Some(user.id().clone()).filter(|_| !known))
}

pub async fn sign_out(browser: Browser) -> Result<Response, Sorry> {
    let mut response = browser.leave().await?.saying(Notice::SignedOut).go("/sign-in");
    // Clears the browser's cached pages too; cookies are dropped one by one.
    let kept = HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert(HeaderName::from_static("clear-site-data"), kept);
    Ok(response)
}
