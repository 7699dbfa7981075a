//! The page that the link to a new address opens. Mail scanners open it too, so it changes nothing until its button is pressed, by
//! whoever asked for the change.

use askama::Template;
use serde::Serialize;

use super::failed::{failed, failed_for, not_kept};
use crate::email_change::EmailLinkStatus;
use crate::error::{ConfirmEmailChangeError, ResumeError};
use crate::pages::answer::{Answer, Sorry};
use crate::pages::browser::Browser;
use crate::pages::call::Call;
use crate::pages::links::{Links, name};
use crate::pages::member::Member;
use crate::pages::notice::Notice;
use crate::pages::page::Page;
use crate::pages::page_model::models;
use crate::pages::reader::Format;

/// `/email/confirm`: what the link to a new address opens. The form goes to `/email/confirm` with `link`.
#[derive(Debug, Serialize, Template)]
#[template(path = "email_confirm.html")]
#[non_exhaustive]
pub struct EmailConfirmPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The name of the link among those that the browser holds. It is no secret.
    pub link: String,
    /// The new address.
    pub email: String,
    /// If nobody is signed in: the path of the sign-in page, which leads back. There is no button then.
    pub sign_in: Option<String>,
}

models!(EmailConfirmPage);

const TITLE: &str = "email-confirm-title";
const LINKS: Links = Links::EmailChange;

/// The page for that link, below the base path.
fn page_of(link: &str) -> String {
    format!("/email/confirm?link={link}")
}

/// The sign-in page, which leads back to the page for that link.
fn sign_in_path(browser: &Browser, link: &str) -> String {
    browser.pages.sign_in_path(&browser.pages.path(&page_of(link)))
}

/// Shows the new address: whoever has the link reads that mailbox.
pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let Call { mut browser, query, .. } = call;
    if let Some(text) = query.find("token") {
        return Ok(match LINKS.read(text) {
            Ok(token) => LINKS.hold(browser, &token).go(&page_of(&name(&token))),
            Err(_) => failed(browser, &ConfirmEmailChangeError::LinkDamaged, None),
        });
    }
    let Some(link) = LINKS.named(&browser, &query) else { return Ok(not_kept(browser, None)) };
    let Some(token) = LINKS.kept(&browser, &link) else { return Ok(not_kept(browser, None)) };
    let email = match browser.auth().inspect_email_change(&token).await {
        Ok(EmailLinkStatus::Valid { email }) => email.as_typed().to_owned(),
        Ok(_) => return Ok(failed(LINKS.drop(browser, &link), &ConfirmEmailChangeError::LinkInvalid, None)),
        Err(error) => return Err(browser.sorry(&error, "")),
    };
    let who = match browser.who().await {
        Ok(who) => Some(who),
        Err(ResumeError::SessionEnded) => None,
        Err(error) => return Err(browser.sorry(&error, "")),
    };
    let page = browser.page(TITLE);
    let (page, sign_in) = match who {
        Some(who) => (page.of(&who), None),
        None => (page, Some(sign_in_path(&browser, &link))),
    };
    Ok(browser.show(&EmailConfirmPage { page, link, email, sign_in }))
}

pub(super) async fn submit(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    // The link the page was opened for. Another one may have been opened since, even by another site.
    let link = form.get("link");
    let Some(token) = LINKS.token(&browser, &form) else { return Ok(sent_twice(browser).await) };
    let Member { mut browser, signed_in } = Member::of(browser, &page_of(link)).await?;
    let error = match browser.auth().confirm_email_change(&signed_in, &token).await {
        Ok(signed_in) => {
            let browser = LINKS.drop(browser.enter(&signed_in), link);
            return Ok(browser.saying(Notice::EmailChanged).go("/security"));
        }
        Err(error) => error,
    };
    match &error {
        ConfirmEmailChangeError::LinkInvalid | ConfirmEmailChangeError::LinkDamaged => {
            Ok(failed(LINKS.drop(browser, link), &error, None))
        }
        // The browser keeps the link: its owner may sign in and go on.
        ConfirmEmailChangeError::OtherAccount => {
            let sign_in = sign_in_path(&browser, link);
            Ok(failed_for(browser, &error, sign_in, &signed_in))
        }
        ConfirmEmailChangeError::SessionEnded | ConfirmEmailChangeError::Unavailable(_) => {
            browser.visit.then = Some(browser.pages.path(&page_of(link)));
            Err(browser.sorry(&error, ""))
        }
        _ => Ok(failed(browser, &error, None)),
    }
}

/// A form without a link that is kept: the browser has dropped it because the form was sent before. The settings show the address.
async fn sent_twice(browser: Browser) -> Answer {
    if browser.reader.format == Format::Html && browser.who().await.is_ok() {
        return browser.go("/security");
    }
    not_kept(browser, None)
}
