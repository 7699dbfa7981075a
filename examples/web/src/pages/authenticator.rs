//! Setting up an authenticator app, in the welcome and in the settings.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base64ct::{Base64, Encoding};
use doorward::SignIn;
use doorward::error::EnrollmentError as Error;
use doorward::second_factor::{RecoveryCodes, TotpEnrollment};
use serde::Deserialize;

use super::sign_in::advance;
use crate::app::App;
use crate::browser::Browser;
use crate::forms::Form;
use crate::member::Member;
use crate::page::{Page, html};
use crate::sorry::Sorry;

const TITLE: &str = "Authenticator app";

#[derive(Template)]
#[template(path = "authenticator_offer.html")]
struct OfferPage {
    page: Page,
    /// The policy requires one, so it cannot be skipped.
    required: bool,
}

#[derive(Template)]
#[template(path = "authenticator_enroll.html")]
struct EnrollPage {
    page: Page,
    place: Place,
    /// The QR code and key. Shown once: after a wrong code, the app already has them.
    shown: Option<Shown>,
}

struct Shown {
    qr: String,
    key: String,
}

/// Where the user sets it up.
#[derive(Clone, Copy)]
struct Place {
    /// The form's action.
    action: &'static str,
    wizard: bool,
    /// The link that skips it, if it can be skipped.
    leave: Option<(&'static str, &'static str)>,
}

const SETTINGS: Place =
    Place { action: "/security/authenticator", wizard: false, leave: Some(("/security", "Cancel")) };
const OFFERED: Place =
    Place { action: "/welcome/authenticator", wizard: true, leave: Some(("/welcome/done", "Skip for now")) };
const REQUIRED: Place = Place { leave: None, ..OFFERED };

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct CodesPage {
    page: Page,
    codes: Vec<String>,
    next: &'static str,
}

#[derive(Deserialize)]
pub struct CodeForm {
    #[serde(default)]
    code: String,
}

impl From<TotpEnrollment> for Shown {
    fn from(begun: TotpEnrollment) -> Self {
        let qr = format!("data:image/svg+xml;base64,{}", Base64::encode_string(begun.qr_svg().as_bytes()));
        Self { qr, key: begun.key().to_owned() }
    }
}

/// Recovery codes exist only in this response, so they are shown even if what follows failed and the user has to sign in again.
fn show_codes(going_on: Result<Browser, Sorry>, page: Page, codes: &RecoveryCodes, next: &'static str) -> Response {
    let page = Page { title: "Recovery codes".to_owned(), ..page };
    let page = CodesPage { page, codes: codes.expose().map(str::to_owned).collect(), next };
    match going_on {
        Ok(browser) => browser.show(&page),
        Err(_) => html(&page),
    }
}

fn not_confirmed(app: &App, browser: Browser, page: Page, error: &Error, place: Place) -> Response {
    let refusal = app.auth.error_response(error);
    let page = page.refused("code", &refusal);
    browser.refuse(&refusal, &EnrollPage { page, place, shown: None })
}

// In the welcome: with a challenge if it is required, with the session if it may be skipped.

pub async fn offer(mut browser: Browser) -> Result<Response, Sorry> {
    let required = browser.visit.authenticator_challenge().is_ok();
    if !required && let Err(error) = browser.who().await {
        return Err(browser.nobody(&error));
    }
    let page = browser.page(TITLE);
    Ok(browser.show(&OfferPage { page, required }))
}

pub async fn begin_in_welcome(State(app): State<App>, browser: Browser) -> Result<Response, Sorry> {
    let (begun, place) = match browser.visit.authenticator_challenge() {
        Ok(challenge) => (app.auth.begin_required_enrollment(&challenge).await, REQUIRED),
        Err(_) => match browser.who().await {
            Ok(signed_in) => (app.auth.begin_enrollment(&signed_in).await, OFFERED),
            Err(error) => return Err(browser.nobody(&error)),
        },
    };
    match begun {
        Ok(begun) => Ok(browser.show(&EnrollPage { page: Page::new(TITLE), place, shown: Some(begun.into()) })),
        Err(error) => Err(browser.sorry(&error, "authenticator")),
    }
}

pub async fn confirm_in_welcome(
    State(app): State<App>,
    browser: Browser,
    Form(form): Form<CodeForm>,
) -> Result<Response, Sorry> {
    let (confirmed, place) = match browser.visit.authenticator_challenge() {
        Ok(challenge) => (app.auth.confirm_required_enrollment(&challenge, &form.code).await, REQUIRED),
        Err(_) => {
            let confirmed = match browser.who().await {
                Ok(signed_in) => app.auth.confirm_enrollment(&signed_in, &form.code).await,
                Err(error) => return Err(browser.nobody(&error)),
            };
            (confirmed.map(|(signed_in, codes)| (SignIn::Complete(signed_in), codes)), OFFERED)
        }
    };
    match confirmed {
        Ok((outcome, codes)) => {
            // Another step may follow, after the button below the codes.
            let complete = matches!(outcome, SignIn::Complete(_));
            let next = if complete { "/welcome/done" } else { "/welcome/password" };
            let going_on = advance(browser, outcome).await.map(|(browser, _)| browser);
            Ok(show_codes(going_on, Page::default(), &codes, next))
        }
        Err(error @ (Error::CodeMalformed | Error::CodeWrong | Error::Throttled { .. })) => {
            Ok(not_confirmed(&app, browser, Page::new(TITLE), &error, place))
        }
        Err(error) => Err(browser.sorry(&error, "authenticator")),
    }
}

// In the settings.

pub async fn begin(State(app): State<App>, mut member: Member) -> Result<Response, Sorry> {
    match app.auth.begin_enrollment(&member.signed_in).await {
        Ok(begun) => {
            let page = member.page(TITLE);
            Ok(member.browser.show(&EnrollPage { page, place: SETTINGS, shown: Some(begun.into()) }))
        }
        Err(error) => Err(member.browser.sorry(&error, "authenticator")),
    }
}

pub async fn confirm(
    State(app): State<App>,
    mut member: Member,
    Form(form): Form<CodeForm>,
) -> Result<Response, Sorry> {
    match app.auth.confirm_enrollment(&member.signed_in, &form.code).await {
        Ok((signed_in, codes)) => {
            let page = member.page(TITLE);
            Ok(show_codes(Ok(member.browser.enter(&signed_in).await), page, &codes, "/security"))
        }
        Err(error @ (Error::CodeMalformed | Error::CodeWrong | Error::Throttled { .. })) => {
            let page = member.page(TITLE);
            Ok(not_confirmed(&app, member.browser, page, &error, SETTINGS))
        }
        Err(error) => Err(member.browser.sorry(&error, "authenticator")),
    }
}

pub async fn new_recovery_codes(State(app): State<App>, mut member: Member) -> Result<Response, Sorry> {
    match app.auth.regenerate_recovery_codes(&member.signed_in).await {
        Ok((signed_in, codes)) => {
            let page = member.page(TITLE);
            Ok(show_codes(Ok(member.browser.enter(&signed_in).await), page, &codes, "/security"))
        }
        Err(error) => Err(member.browser.sorry(&error, "authenticator")),
    }
}
