//! The sign-in, and whatever it leads to.

use askama::Template;
use axum::Form;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use doorward::{Email, SignIn, SignInRequest, UserRepository};
use serde::Deserialize;

use crate::app::App;
use crate::browser::{Browser, Step, Visit};
use crate::notice::Notice;
use crate::page::{Page, html};
use crate::sorry::{Sorry, refused};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    page: Page,
    email: &'a str,
}

#[derive(Deserialize)]
pub struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

pub async fn show(RawQuery(query): RawQuery, mut browser: Browser) -> Response {
    let mut page = browser.page("Sign in");
    if query.as_deref() == Some("ended") {
        page.notice = Some(Notice::SessionEnded);
    }
    let email = browser.visit.email.clone();
    browser.show(&SignInPage { page, email: &email })
}

pub async fn submit(
    State(app): State<App>,
    mut browser: Browser,
    Form(form): Form<SignInForm>,
) -> Result<Response, Sorry> {
    let mut request = SignInRequest::new(&form.email, &form.password).device(browser.device());
    if let Some(source) = browser.source() {
        request = request.source(source);
    }
    match app.auth.sign_in(request).await {
        Ok(outcome) => {
            browser.visit = Visit { email: form.email, ..Visit::default() };
            advance(browser, outcome).await
        }
        Err(error) => {
            // The password is not given back, the address is.
            let refusal = app.auth.refusal(&error);
            let page = Page::new("Sign in").refused("email", &refusal);
            Ok(refused(&refusal, html(&SignInPage { page, email: &form.email })))
        }
    }
}

/// Goes on with a sign-in from wherever it stands. There is a session in one of the cases only.
pub async fn advance(browser: Browser, outcome: SignIn) -> Result<Response, Sorry> {
    let visit = browser.visit.clone();
    let at = |step| Visit { step: Some(step), session: None, ..visit.clone() };
    match outcome {
        SignIn::Complete(signed_in) => {
            let entered = browser.enter(&signed_in).await?;
            Ok(if visit.wizard { entered.go("/welcome/authenticator") } else { entered.go("/") })
        }
        SignIn::SecondFactorRequired(challenge) => {
            Ok(browser.renew(at(Step::Code(challenge.expose()))).await?.go("/second-step"))
        }
        SignIn::EnrollmentRequired(challenge) => {
            let next = at(Step::Authenticator(challenge.expose()));
            Ok(browser.renew(next).await?.go("/welcome/authenticator"))
        }
        SignIn::PasswordChangeRequired(challenge) => {
            let wizard = is_new(&browser.app, &visit.email).await?;
            let next = Visit { wizard, ..at(Step::Password(challenge.expose())) };
            Ok(browser.renew(next).await?.go(if wizard { "/welcome" } else { "/welcome/password" }))
        }
    }
}

/// Whether the application has heard nothing of that person yet. Asked only once the first step is proved.
async fn is_new(app: &App, email: &str) -> Result<bool, Sorry> {
    let Ok(email) = Email::from_input(email) else { return Ok(false) };
    let Some(user) = app.store.find_by_email(&email).await? else { return Ok(false) };
    Ok(app.tables.profile(user.id()).await?.is_none())
}

pub async fn sign_out(browser: Browser) -> Result<Response, Sorry> {
    let mut response = browser.leave().await?.saying(Notice::SignedOut).go("/sign-in");
    // What the browser kept of pages goes as well; cookies are dropped one by one.
    let kept = HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert(HeaderName::from_static("clear-site-data"), kept);
    Ok(response)
}
