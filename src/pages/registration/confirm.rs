//! The page that the link of a registration or an invitation opens. Mail scanners open it too, so it changes nothing until its button
//! is pressed.

use askama::Template;
use serde::Serialize;

use crate::error::AuthError;
use crate::pages::answer::{Answer, Sorry};
use crate::pages::browser::Browser;
use crate::pages::call::Call;
use crate::pages::fields::Fields;
use crate::pages::links::{Links, name};
use crate::pages::onboarding::{ShownSteps, steps};
use crate::pages::page::{Page, ShownRule, first_rules};
use crate::pages::page_model::models;
use crate::pages::reader::Format;
use crate::pages::routes::Route;
use crate::pages::sign_in::advance;
use crate::pages::visit::Visit;
use crate::password::Violation;
use crate::registration::{RegisterError, RegistrationLinkStatus};
use crate::types::Email;

const TITLE: &str = "register-confirm-title";
const NO_USE: &str = "reset-failed-title";
const LINKS: Links = Links::Registration;

/// `/register/confirm`: what a mailed link opens, with the rules of the policy and a field. The form goes to `/register/confirm` with
/// `new_password` and `link`.
#[derive(Debug, Serialize, Template)]
#[template(path = "register_confirm.html")]
#[non_exhaustive]
pub struct RegisterConfirmPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The name of the link among those that the browser holds. It is no secret.
    pub link: String,
    /// The address of the new account.
    pub email: String,
    /// The rules of the policy, in order.
    pub rules: Vec<ShownRule>,
    /// What the rules mean for password managers: the attribute `passwordrules` of the field.
    pub passwordrules: String,
    /// The steps of the welcome, if the host names its own.
    pub steps: Option<ShownSteps>,
}

/// After `/register/confirm`: the link did not work.
#[derive(Debug, Serialize, Template)]
#[template(path = "register_failed.html")]
#[non_exhaustive]
pub struct RegisterFailedPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// Whether another link can be had at `/register`.
    pub may_register: bool,
}

models!(RegisterConfirmPage, RegisterFailedPage);

fn confirm_page(
    browser: &mut Browser,
    page: Page,
    link: &str,
    email: &Email,
    broken: &[Violation],
) -> RegisterConfirmPage {
    // Whoever opens an account is new, whoever was about to sign in here.
    browser.visit.newcomer = true;
    let auth = browser.auth();
    RegisterConfirmPage {
        page,
        link: link.to_owned(),
        email: email.as_typed().to_owned(),
        rules: first_rules(auth, &browser.reader.texts, broken),
        passwordrules: auth.password_policy().password_rules_attribute(),
        steps: steps(browser, 1),
    }
}

/// Shows whose account it will be: whoever has the link reads that mailbox. What a mail client did to a link is mended; a damaged one
/// is not kept.
pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let Call { mut browser, query, .. } = call;
    if let Some(text) = query.find("token") {
        return Ok(match LINKS.read(text) {
            Ok(token) => {
                let path = format!("/register/confirm?link={}", name(&token));
                LINKS.hold(browser, &token).go(&path)
            }
            Err(_) => failed(browser, &RegisterError::LinkDamaged),
        });
    }
    let Some(link) = LINKS.named(&browser, &query) else { return Ok(not_kept(browser)) };
    let Some(token) = LINKS.kept(&browser, &link) else { return Ok(not_kept(browser)) };
    match browser.auth().inspect_registration(&token).await {
        Ok(RegistrationLinkStatus::Valid(found)) => {
            let page = browser.page(TITLE);
            let shown = confirm_page(&mut browser, page, &link, &found.email, &[]);
            Ok(browser.show(&shown))
        }
        Ok(_) => Ok(failed(LINKS.drop(browser, &link), &RegisterError::LinkInvalid)),
        Err(error) => Err(browser.sorry(&error, "")),
    }
}

pub(super) async fn submit(call: Call) -> Result<Answer, Sorry> {
    let Call { mut browser, form, .. } = call;
    // The link the page was opened for. Another one may have been opened since, even by another site.
    let link = form.get("link");
    let Some(token) = LINKS.token(&browser, &form) else { return Ok(sent_twice(browser).await) };
    let email = match browser.auth().inspect_registration(&token).await {
        Ok(RegistrationLinkStatus::Valid(found)) => Some(found.email),
        // `register` says why.
        Ok(_) => None,
        Err(error) => return Err(browser.sorry(&error, "")),
    };
    let error = match browser.auth().register(&token, form.get("new_password")).await {
        Ok(outcome) => {
            let browser = arrived(LINKS.drop(browser, link), email.as_ref()).await;
            let (browser, next) = advance(browser, outcome).await?;
            return Ok(browser.redirect(&next));
        }
        Err(error) => error,
    };
    match (&error, email) {
        (RegisterError::LinkInvalid | RegisterError::LinkDamaged, _) => Ok(failed(LINKS.drop(browser, link), &error)),
        (_, None) => Err(browser.sorry(&error, "")),
        (_, Some(email)) => {
            let field = if matches!(error, RegisterError::Rejected { .. }) { "new_password" } else { "" };
            let refusal = browser.auth().error_response(&error);
            let page = browser.plain_page(TITLE).refused(field, &refusal);
            let shown = confirm_page(&mut browser, page, link, &email, &refusal.violations);
            Ok(browser.refuse(&refusal, field, &shown))
        }
    }
}

/// Ends the session before and any pending sign-in, as signing in does: they may have been someone else's. The account is there by
/// now, so a session that could not be ended is only replaced.
async fn arrived(browser: Browser, email: Option<&Email>) -> Browser {
    let mut browser = match browser.clone().leave().await {
        Ok((left, _)) => left,
        Err(_) => browser,
    };
    let email = email.map(|email| email.as_typed().to_owned()).unwrap_or_default();
    // Newcomers see something of it only where the host welcomes them.
    let newcomer = browser.pages.shared.hooks.onboarding.is_some();
    browser.visit = Visit { email, newcomer, ..Visit::default() };
    browser
}

/// A form without a link that is kept: the browser has dropped it because the form was sent before, and somebody is signed in since.
async fn sent_twice(browser: Browser) -> Answer {
    if browser.reader.format == Format::Json {
        return not_kept(browser);
    }
    match browser.who().await {
        Ok(who) => {
            let next = match browser.pages.shared.hooks.onboarding {
                Some(_) => browser.pages.welcome_path(),
                None => browser.pages.destination(None, &who),
            };
            browser.redirect(&next)
        }
        Err(_) => not_kept(browser),
    }
}

/// Whose account the link that a form names would open, for the live check of its password.
pub(in crate::pages) async fn address_of(browser: &Browser, form: &Fields) -> Option<Email> {
    let token = LINKS.token(browser, form)?;
    match browser.auth().inspect_registration(&token).await {
        Ok(RegistrationLinkStatus::Valid(found)) => Some(found.email),
        _ => None,
    }
}

fn failed(browser: Browser, error: &dyn AuthError) -> Answer {
    let refusal = browser.auth().error_response(error);
    refused(browser, &refusal)
}

/// The link is not in the browser's cookie: cookies are off, or later links evicted it.
fn not_kept(browser: Browser) -> Answer {
    let refusal = browser.invalid(400, "link_not_kept");
    refused(browser, &refusal)
}

fn refused(browser: Browser, refusal: &crate::error::ErrorResponse) -> Answer {
    let page = browser.plain_page(NO_USE).refused("", refusal);
    let may_register = browser.pages.answers(Route::Register);
    browser.refuse(refusal, "", &RegisterFailedPage { page, may_register })
}
