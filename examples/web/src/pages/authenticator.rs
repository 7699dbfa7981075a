//! Setting an authenticator app up, in the welcome and in the settings.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64ct::{Base64, Encoding};
use doorward::{EnrollmentError, RecoveryCodes, SignIn, TotpEnrollment};
use serde::Deserialize;

use super::sign_in::advance;
use crate::app::App;
use crate::browser::Browser;
use crate::member::Member;
use crate::page::{Page, html};
use crate::sorry::{Sorry, refused};

const TITLE: &str = "Authenticator app";

#[derive(Template)]
#[template(path = "authenticator_offer.html")]
struct OfferPage {
    page: Page,
    /// The policy demands one, so there is no way around it.
    required: bool,
}

#[derive(Template)]
#[template(path = "authenticator_enroll.html")]
struct EnrollPage {
    page: Page,
    wizard: bool,
    /// What to scan or type. Shown once: after a wrong code the app has it already.
    shown: Option<Shown>,
}

struct Shown {
    qr: String,
    key: String,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
pub struct CodesPage {
    pub page: Page,
    pub codes: Vec<String>,
    pub next: &'static str,
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

/// The codes go into the page that answers, and nowhere else.
fn codes_page(mut page: Page, codes: &RecoveryCodes, next: &'static str) -> CodesPage {
    page.title = "Recovery codes".to_owned();
    CodesPage { page, codes: codes.expose().map(str::to_owned).collect(), next }
}

// In the welcome: by the session where it may be skipped, by a challenge where it may not.

pub async fn offer(mut browser: Browser) -> Result<Response, Sorry> {
    let required = browser.visit.authenticator_challenge().is_ok();
    if !required && browser.visit.session.is_none() {
        return Err(Sorry::SignIn);
    }
    let page = browser.page(TITLE);
    Ok(browser.show(&OfferPage { page, required }))
}

pub async fn begin_in_welcome(State(app): State<App>, browser: Browser) -> Result<Response, Sorry> {
    let begun = match browser.visit.authenticator_challenge() {
        Ok(challenge) => app.auth.begin_required_totp(&challenge).await,
        Err(_) => {
            let session = browser.visit.session.as_ref().ok_or(Sorry::SignIn)?;
            let signed_in = app.auth.resume(session).await;
            let signed_in = signed_in.map_err(|error| Sorry::from_failure(&app.auth, &error, ""))?;
            app.auth.begin_totp(&signed_in).await
        }
    };
    let begun = begun.map_err(|error| Sorry::from_failure(&app.auth, &error, "authenticator"))?;
    Ok(html(&EnrollPage { page: Page::new(TITLE), wizard: true, shown: Some(begun.into()) }))
}

pub async fn confirm_in_welcome(
    State(app): State<App>,
    browser: Browser,
    Form(form): Form<CodeForm>,
) -> Result<Response, Sorry> {
    const NEXT: &str = "/welcome/done";
    let confirmed = match browser.visit.authenticator_challenge() {
        Ok(challenge) => app.auth.confirm_required_totp(&challenge, &form.code).await,
        Err(_) => {
            let session = browser.visit.session.as_ref().ok_or(Sorry::SignIn)?;
            let signed_in = app.auth.resume(session).await;
            let signed_in = signed_in.map_err(|error| Sorry::from_failure(&app.auth, &error, ""))?;
            let confirmed = app.auth.confirm_totp(&signed_in, &form.code).await;
            confirmed.map(|(signed_in, codes)| (SignIn::Complete(signed_in), codes))
        }
    };
    match confirmed {
        Ok((SignIn::Complete(signed_in), codes)) => {
            let browser = browser.enter(&signed_in).await?;
            Ok(browser.show(&codes_page(Page::new(""), &codes, NEXT)))
        }
        // Another step follows. The codes have to be shown all the same, and the step waits for the button below them.
        Ok((outcome, codes)) => {
            let onward = advance(browser, outcome).await?;
            let page = html(&codes_page(Page::new(""), &codes, "/welcome/password"));
            let cookies = onward.headers().get_all(axum::http::header::SET_COOKIE).iter();
            let cookies = cookies.map(|cookie| (axum::http::header::SET_COOKIE, cookie.clone()));
            Ok((axum::response::AppendHeaders(cookies.collect::<Vec<_>>()), page).into_response())
        }
        Err(error) => not_confirmed(&app, Page::new(TITLE), &error, true),
    }
}

// In the settings.

pub async fn begin(State(app): State<App>, mut member: Member) -> Result<Response, Sorry> {
    let begun = app.auth.begin_totp(&member.signed_in).await;
    let begun = begun.map_err(|error| Sorry::from_failure(&app.auth, &error, "authenticator"))?;
    let page = member.page(TITLE);
    Ok(member.browser.show(&EnrollPage { page, wizard: false, shown: Some(begun.into()) }))
}

pub async fn confirm(
    State(app): State<App>,
    mut member: Member,
    Form(form): Form<CodeForm>,
) -> Result<Response, Sorry> {
    match app.auth.confirm_totp(&member.signed_in, &form.code).await {
        Ok((signed_in, codes)) => {
            let page = codes_page(member.page(""), &codes, "/security");
            Ok(member.browser.enter(&signed_in).await?.show(&page))
        }
        Err(error) => not_confirmed(&app, member.page(TITLE), &error, false),
    }
}

fn not_confirmed(app: &App, page: Page, error: &EnrollmentError, wizard: bool) -> Result<Response, Sorry> {
    if !matches!(error.code(), "code_malformed" | "code_wrong" | "throttled") {
        return Err(Sorry::from_failure(&app.auth, error, "authenticator"));
    }
    let refusal = app.auth.refusal(error);
    let page = page.refused("code", &refusal);
    Ok(refused(&refusal, html(&EnrollPage { page, wizard, shown: None })))
}
