//! Setting up an authenticator app: at a sign-in that requires one, and in the settings.

use core::fmt;

use askama::Template;
use base64ct::{Base64, Encoding};
use serde::Serialize;

use super::answer::{Answer, Sorry};
use super::browser::Browser;
use super::call::Call;
use super::member::Member;
use super::onboarding::{ShownSteps, steps};
use super::page::Page;
use super::page_model::models;
use super::sign_in::advance;
use super::welcome::enter_at_once;
use crate::auth::SignIn;
use crate::error::EnrollmentError;
use crate::second_factor::{RecoveryCodes, TotpEnrollment};

const TITLE: &str = "authenticator-title";

/// `/authenticator`: an authenticator app is required. The form goes to `/authenticator`.
#[derive(Debug, Serialize, Template)]
#[template(path = "authenticator_offer.html")]
#[non_exhaustive]
pub struct AuthenticatorOfferPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// For newcomers: the steps of the welcome, if the host names its own.
    pub steps: Option<ShownSteps>,
}

/// After `/authenticator` and `/security/authenticator`: the QR code, and a field for a first code. The form goes to `action` with `code`.
#[derive(Debug, Serialize, Template)]
#[template(path = "authenticator_enroll.html")]
#[non_exhaustive]
pub struct AuthenticatorPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// Where the code is sent, below the base path.
    pub action: &'static str,
    /// Where a POST begins anew, with another key, below the base path.
    #[serde(skip)]
    pub begin: &'static str,
    /// Whether it may be left undone.
    pub can_leave: bool,
    /// What the app needs, shown once: after a wrong code, the app already has it.
    pub secret: Option<AuthenticatorSecret>,
}

/// What an authenticator app needs.
#[derive(Serialize)]
#[non_exhaustive]
pub struct AuthenticatorSecret {
    /// The QR code as a `data:` URL.
    pub qr: String,
    /// The key, to be typed.
    pub key: String,
    /// The `otpauth` URI, which opens the authenticator app on the phone itself.
    pub uri: String,
}

impl fmt::Debug for AuthenticatorSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthenticatorSecret([redacted])")
    }
}

/// Where the user sets it up.
#[derive(Clone, Copy)]
struct Place {
    action: &'static str,
    begin: &'static str,
    can_leave: bool,
}

const SETTINGS: Place =
    Place { action: "/security/authenticator/confirm", begin: "/security/authenticator", can_leave: true };
const REQUIRED: Place = Place { action: "/authenticator/confirm", begin: "/authenticator", can_leave: false };

/// New recovery codes, shown once.
#[derive(Serialize, Template)]
#[template(path = "recovery_codes.html")]
#[non_exhaustive]
pub struct RecoveryCodesPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The codes.
    pub codes: Vec<String>,
    /// The path to go on to.
    pub next: String,
}

impl fmt::Debug for RecoveryCodesPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecoveryCodesPage").field("next", &self.next).finish_non_exhaustive()
    }
}

models!(AuthenticatorOfferPage, AuthenticatorPage, RecoveryCodesPage);

impl From<TotpEnrollment> for AuthenticatorSecret {
    fn from(begun: TotpEnrollment) -> Self {
        let qr = format!("data:image/svg+xml;base64,{}", Base64::encode_string(begun.qr_svg().as_bytes()));
        Self { qr, key: begun.key().to_owned(), uri: begun.uri().to_owned() }
    }
}

fn enroll_page(page: Page, place: Place, secret: Option<AuthenticatorSecret>) -> AuthenticatorPage {
    let Place { action, begin, can_leave } = place;
    AuthenticatorPage { page, action, begin, can_leave, secret }
}

fn codes_page(page: Page, codes: &RecoveryCodes, next: String) -> RecoveryCodesPage {
    let page = Page { title: page.text("recovery-codes-title"), ..page };
    RecoveryCodesPage { page, codes: codes.expose().map(str::to_owned).collect(), next }
}

/// Another try at the same authenticator, if that can help; otherwise the page for the error.
fn again(browser: Browser, page: Page, error: &EnrollmentError, place: Place) -> Result<Answer, Sorry> {
    let helps = matches!(
        error,
        EnrollmentError::CodeMalformed
            | EnrollmentError::CodeWrong
            | EnrollmentError::Throttled { .. }
            | EnrollmentError::Unavailable(_)
    );
    if !helps {
        return Err(browser.sorry(error, "/security#authenticator"));
    }
    let refusal = browser.auth().error_response(error);
    let page = page.refused("code", &refusal);
    Ok(browser.refuse(&refusal, "code", &enroll_page(page, place, None)))
}

// At a sign-in.

pub(super) async fn offer(call: Call) -> Result<Answer, Sorry> {
    let mut browser = call.browser;
    browser.visit.authenticator_challenge()?;
    let (page, steps) = (browser.page(TITLE), steps(&browser, 2));
    Ok(browser.show(&AuthenticatorOfferPage { page, steps }))
}

pub(super) async fn begin_required(call: Call) -> Result<Answer, Sorry> {
    let browser = call.browser;
    let challenge = browser.visit.authenticator_challenge()?;
    match browser.auth().begin_required_enrollment(&challenge).await {
        Ok(begun) => {
            let page = browser.plain_page(TITLE);
            Ok(browser.show(&enroll_page(page, REQUIRED, Some(begun.into()))))
        }
        Err(error) => Err(browser.sorry(&error, "")),
    }
}

pub(super) async fn confirm_required(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let challenge = browser.visit.authenticator_challenge()?;
    let page = browser.plain_page(TITLE);
    match browser.auth().confirm_required_enrollment(&challenge, form.get("code")).await {
        // The codes exist only in this response, so they are shown even if what follows failed and the user has to sign in again.
        Ok((outcome, codes)) => {
            let again = browser.clone();
            let entered = match outcome {
                SignIn::Complete(signed_in) => {
                    let (browser, next) = enter_at_once(browser, &signed_in);
                    Ok((browser.stepping("signed_in"), next))
                }
                other => advance(browser, other).await,
            };
            Ok(match entered {
                Ok((browser, next)) => browser.show(&codes_page(page, &codes, next)),
                Err(_) => {
                    let next = format!("{}/sign-in", page.base);
                    again.show(&codes_page(page, &codes, next))
                }
            })
        }
        Err(error) => again(browser, page, &error, REQUIRED),
    }
}

// In the settings.

pub(super) async fn begin(call: Call) -> Result<Answer, Sorry> {
    let mut member = Member::of(call.browser, "/security#authenticator").await?;
    match member.browser.auth().begin_enrollment(&member.signed_in).await {
        Ok(begun) => {
            let page = member.page(TITLE);
            Ok(member.browser.show(&enroll_page(page, SETTINGS, Some(begun.into()))))
        }
        Err(error) => Err(member.browser.sorry(&error, "/security#authenticator")),
    }
}

pub(super) async fn confirm(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let mut member = Member::of(browser, "/security#authenticator").await?;
    let page = member.page(TITLE);
    match member.browser.auth().confirm_enrollment(&member.signed_in, form.get("code")).await {
        Ok((signed_in, codes)) => {
            let next = format!("{}/security", page.base);
            Ok(member.browser.enter(&signed_in).show(&codes_page(page, &codes, next)))
        }
        Err(error) => again(member.browser, page, &error, SETTINGS),
    }
}

pub(super) async fn new_recovery_codes(call: Call) -> Result<Answer, Sorry> {
    let mut member = Member::of(call.browser, "/security#authenticator").await?;
    match member.browser.auth().regenerate_recovery_codes(&member.signed_in).await {
        Ok((signed_in, codes)) => {
            let page = member.page(TITLE);
            let next = format!("{}/security", page.base);
            Ok(member.browser.enter(&signed_in).show(&codes_page(page, &codes, next)))
        }
        Err(error) => Err(member.browser.sorry(&error, "/security#authenticator")),
    }
}
