//! The address, a check, and the same answer for everyone.

use askama::Template;
use http::request::Parts;
use serde::Serialize;

use super::hook::{OwnFields, RegistrationForm, RegistrationRefusal};
use crate::error::ErrorResponse;
use crate::pages::answer::{Answer, Sorry};
use crate::pages::browser::Browser;
use crate::pages::call::Call;
use crate::pages::page::Page;
use crate::pages::page_model::models;
use crate::registration::{RegistrationRequest, RegistrationValue, RequestRegistrationError};
use crate::types::Email;

const TITLE: &str = "register-title";
const CHECK: &str = "forgot-check-title";

/// `/register`: the address. The form goes to `/register` with `email`, and with fields of your own, if you draw some.
#[derive(Debug, Serialize, Template)]
#[template(path = "register.html")]
#[non_exhaustive]
pub struct RegisterPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The address, as it was typed; empty at first.
    pub email: String,
    /// The other fields, as they were sent. They are not in the JSON.
    #[serde(skip)]
    pub fields: OwnFields,
}

/// After `/register`: the address once more, before a mail is sent to it. One form goes to `/register/send`, another to
/// `/register/change`, each with `email` and all other fields, hidden.
#[derive(Debug, Serialize, Template)]
#[template(path = "register_check.html")]
#[non_exhaustive]
pub struct RegisterCheckPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The address, well-formed.
    pub email: String,
    /// The other fields, as they were sent. They are not in the JSON.
    #[serde(skip)]
    pub fields: OwnFields,
}

/// `/register/sent`: the same for everyone.
#[derive(Debug, Serialize, Template)]
#[template(path = "register_sent.html")]
#[non_exhaustive]
pub struct RegisterSentPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// For how many minutes no other mail is sent.
    pub minutes: u64,
}

models!(RegisterPage, RegisterCheckPage, RegisterSentPage);

pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let mut browser = call.browser;
    let page = browser.page(TITLE);
    Ok(browser.show(&RegisterPage { page, email: String::new(), fields: OwnFields::default() }))
}

/// As for a reset: people read what they see.
pub(super) async fn check(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let fields = OwnFields::of(&form);
    match admitted(&browser, form.get("email")) {
        Ok(email) => {
            let page = browser.plain_page(CHECK);
            Ok(browser.show(&RegisterCheckPage { page, email: email.as_typed().to_owned(), fields }))
        }
        Err(refusal) => Ok(again(browser, "email", &refusal, form.get("email"), fields)),
    }
}

/// Shows the form again, with what was typed.
pub(super) async fn change(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let page = browser.plain_page(TITLE);
    Ok(browser.show(&RegisterPage { page, email: form.get("email").to_owned(), fields: OwnFields::of(&form) }))
}

pub(super) async fn send(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, head, .. } = call;
    let fields = OwnFields::of(&form);
    let email = match admitted(&browser, form.get("email")) {
        Ok(email) => email,
        Err(refusal) => return Ok(again(browser, "email", &refusal, form.get("email"), fields)),
    };
    let is_asked = head.is_some();
    let value = match ask(&browser, &email, &fields, head).await {
        Ok(value) => value,
        Err(refusal) => return Ok(again(browser, "", &refusal, form.get("email"), fields)),
    };
    let request = RegistrationRequest::new(email.clone());
    let request = value.into_iter().fold(request, RegistrationRequest::value);
    match browser.auth().request_registration(browser.vouch_for_registration(request)).await {
        Ok(_) => Ok(browser.go("/register/sent")),
        Err(error) => {
            let refusal = browser.auth().error_response(&error);
            // What proves that somebody is no robot mostly does so once.
            if is_asked {
                return Ok(again(browser, "", &refusal, email.as_typed(), fields));
            }
            let page = browser.plain_page(CHECK).refused("", &refusal);
            let shown = RegisterCheckPage { page, email: email.as_typed().to_owned(), fields };
            Ok(browser.refuse(&refusal, "", &shown))
        }
    }
}

pub(super) async fn sent(call: Call) -> Result<Answer, Sorry> {
    let mut browser = call.browser;
    // Rounded up: whoever waits this long is not too early.
    let minutes = browser.auth().config().registration.cooldown.as_secs().div_ceil(60).max(1);
    let page = browser.page("forgot-sent-title");
    Ok(browser.show(&RegisterSentPage { page, minutes }))
}

/// An address that may register, judged by itself alone.
fn admitted(browser: &Browser, typed: &str) -> Result<Email, ErrorResponse> {
    let email = Email::from_input(typed).map_err(|_| browser.invalid(422, "email_malformed"))?;
    match browser.auth().config().registration.allows(&email) {
        true => Ok(email),
        false => Err(browser.auth().error_response(&RequestRegistrationError::DomainNotAllowed)),
    }
}

/// What the host says.
async fn ask(
    browser: &Browser,
    email: &Email,
    fields: &OwnFields,
    head: Option<Box<Parts>>,
) -> Result<Option<RegistrationValue>, ErrorResponse> {
    let (Some(hook), Some(head)) = (&browser.pages.shared.hooks.before_registration, head) else { return Ok(None) };
    let form = RegistrationForm::new(email.clone(), fields.clone(), browser.reader.texts.tag(), *head);
    hook(form).await.map_err(|refusal| match refusal {
        RegistrationRefusal::Said(text) => browser.refusal(422, "registration_refused", text),
        RegistrationRefusal::Failed(error) => {
            browser.auth().error_response(&browser.auth().page_failed("before_registration", error))
        }
    })
}

fn again(browser: Browser, field: &'static str, refusal: &ErrorResponse, email: &str, fields: OwnFields) -> Answer {
    let page = browser.plain_page(TITLE).refused(field, refusal);
    browser.refuse(refusal, field, &RegisterPage { page, email: email.to_owned(), fields })
}
