//! Signing in, and the steps that follow.

use askama::Template;
use http::header::{HeaderName, HeaderValue};
use serde::Serialize;

use super::answer::{Answer, Sorry};
use super::browser::Browser;
use super::call::Call;
use super::notice::Notice;
use super::page::Page;
use super::page_model::models;
use super::reader::Format;
use super::routes::Route;
use super::state::local_path;
use super::visit::{Step, Visit};
use super::welcome;
use crate::auth::{SignIn, SignInRequest};
use crate::types::Email;

/// `/sign-in`: the address and the password. The form goes to `/sign-in` with `email`, `password`, `keep` (`1`, a checkbox) and a hidden
/// `then`.
#[derive(Debug, Serialize, Template)]
#[template(path = "sign_in.html")]
#[non_exhaustive]
pub struct SignInPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The address, as it was typed; empty at first.
    pub email: String,
    /// Whether "Keep me signed in" was chosen.
    pub keep: bool,
    /// For how many days a session is kept then, at most.
    pub keep_days: u64,
    /// Where a sign-in leads, if not home.
    pub then: Option<String>,
    /// Whether people open accounts themselves, at `/register`.
    pub may_register: bool,
}

/// `/sign-out`: a button. The form goes to `/sign-out`.
#[derive(Debug, Serialize, Template)]
#[template(path = "sign_out.html")]
#[non_exhaustive]
pub struct SignOutPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
}

models!(SignInPage, SignOutPage);

const TITLE: &str = "sign-in-title";
const DAY: u64 = 24 * 60 * 60;

pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let Call { mut browser, query, .. } = call;
    let who = browser.who().await.ok();
    let email = who.as_ref().map_or(browser.visit.email.clone(), |who| who.email().as_typed().to_owned());
    let page = Page { is_signed_in: who.is_some(), ..browser.page(TITLE) };
    let (keep_days, then) = (keep_days(&browser), local_path(query.get("then")).map(str::to_owned));
    let may_register = may_register(&browser);
    Ok(browser.show(&SignInPage { page, email, keep: false, keep_days, then, may_register }))
}

fn keep_days(browser: &Browser) -> u64 {
    browser.auth().config().session.kept_lifetimes.absolute.as_secs() / DAY
}

fn may_register(browser: &Browser) -> bool {
    browser.pages.answers(Route::Register)
}

pub(super) async fn submit(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form: sent, .. } = call;
    let (email, keep, then) = (sent.get("email"), sent.has("keep"), local_path(sent.get("then")).map(str::to_owned));
    let request = browser.vouch(SignInRequest::new(email, sent.get("password"))).keep_signed_in(keep);
    // An app has no name that its header tells.
    let request = match sent.find("label").filter(|_| browser.reader.format == Format::Json) {
        Some(label) => request.label(label),
        None => request,
    };
    match browser.auth().sign_in(request).await {
        Ok(outcome) => {
            // Drop the session before and any pending sign-in: they may have been someone else's.
            let (mut browser, _) = browser.leave().await?;
            let email = Email::from_input(email).map(|email| email.as_typed().to_owned()).unwrap_or_default();
            browser.visit = Visit { email, then, ..Visit::default() };
            let (browser, next) = advance(browser, outcome).await?;
            Ok(browser.redirect(&next))
        }
        Err(error) => {
            // The form shows the address again, never the password.
            let refusal = browser.auth().error_response(&error);
            let page = browser.plain_page(TITLE).refused("email", &refusal);
            let (email, keep_days, may_register) = (email.to_owned(), keep_days(&browser), may_register(&browser));
            let shown = SignInPage { page, email, keep, keep_days, then, may_register };
            Ok(browser.refuse(&refusal, "email", &shown))
        }
    }
}

/// Continues a sign-in and returns the path of its next page. Only `Complete` has a session.
pub(super) async fn advance(browser: Browser, outcome: SignIn) -> Result<(Browser, String), Sorry> {
    let visit = browser.visit.clone();
    let newcomer = is_newcomer(&browser, &outcome).await;
    let (step, name, below) = match outcome {
        SignIn::Complete(signed_in) => {
            let (browser, next) = welcome::enter(browser, &signed_in).await;
            return Ok((browser.stepping("signed_in"), next));
        }
        SignIn::SecondFactorRequired(challenge) => (Step::Code(challenge.expose()), "second_factor", "/second-step"),
        SignIn::PasswordChangeRequired(challenge) => {
            (Step::Password(challenge.expose()), "choose_password", "/choose-password")
        }
        SignIn::EnrollmentRequired(challenge) => (Step::Authenticator(challenge.expose()), "enroll", "/authenticator"),
    };
    let browser = browser.at(Visit { step: Some(step), newcomer, ..visit })?;
    let next = browser.pages.path(below);
    Ok((browser.stepping(name), next))
}

/// Whether the user has never been signed in. Asked only where newcomers see something of it.
async fn is_newcomer(browser: &Browser, outcome: &SignIn) -> bool {
    match outcome {
        SignIn::PasswordChangeRequired(challenge) | SignIn::EnrollmentRequired(challenge)
            if browser.pages.shared.hooks.onboarding.is_some() =>
        {
            browser.auth().is_newcomer(challenge).await
        }
        _ => browser.visit.newcomer,
    }
}

/// For links of the host. It changes nothing.
pub(super) async fn offer_sign_out(call: Call) -> Result<Answer, Sorry> {
    let mut browser = call.browser;
    let page = browser.page("sign-out-title");
    Ok(browser.show(&SignOutPage { page }))
}

pub(super) async fn sign_out(call: Call) -> Result<Answer, Sorry> {
    let (mut browser, left) = call.browser.leave().await?;
    if !left {
        // Nobody else goes on with a sign-in that was begun here.
        browser.cookies.remove("steps");
        // Ended already, or another window has just got a newer token: the page tells which.
        return Ok(browser.go("/sign-in"));
    }
    let mut answer = browser.saying(Notice::SignedOut).go("/sign-in");
    // Clears the browser's cached pages too; cookies are dropped one by one, and what the host stores is its own.
    let cached = HeaderValue::from_static("\"cache\"");
    answer.headers_mut().insert(HeaderName::from_static("clear-site-data"), cached);
    Ok(answer)
}
