//! The page that a mailed link opens. Mail scanners open it too, so it changes nothing until its button is pressed.

use askama::Template;
use serde::Serialize;
use time::OffsetDateTime;

use super::answer::{Answer, Sorry};
use super::browser::Browser;
use super::call::Call;
use super::links::{Links, name};
use super::moment::Moment;
use super::page::Page;
use super::page_model::models;
use super::reader::Format;
use super::reset_link::{NO_USE, failed, not_kept};
use super::reset_password;
use crate::error::ConfirmResetError;

/// `/reset/confirm`: the page that a mailed link opens, with one button. The form goes to `/reset/confirm` with `link`.
#[derive(Debug, Serialize, Template)]
#[template(path = "reset_confirm.html")]
#[non_exhaustive]
pub struct ResetConfirmPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The name of the link among those that the browser holds. It is no secret.
    pub link: String,
}

/// `/reset/done`: a temporary password was mailed.
#[derive(Debug, Serialize, Template)]
#[template(path = "reset_done.html")]
#[non_exhaustive]
pub struct ResetDonePage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// Until when the temporary password works.
    pub until: Moment,
}

models!(ResetConfirmPage, ResetDonePage);

const TITLE: &str = "reset-confirm-title";
const AGAIN: &str = "reset-done-title";

/// The same page for every link, valid or not: viewing it reveals nothing and uses up nothing. What a mail client did to a link is
/// mended; a damaged one is not kept.
pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let Call { mut browser, query, .. } = call;
    if let Some(text) = query.find("token") {
        return Ok(match Links::Reset.read(text) {
            Ok(token) => {
                let path = format!("/reset/confirm?link={}", name(&token));
                Links::Reset.hold(browser, &token).go(&path)
            }
            Err(_) => failed(browser, &ConfirmResetError::LinkDamaged, NO_USE, None),
        });
    }
    let Some(link) = Links::Reset.named(&browser, &query) else { return Ok(not_kept(browser)) };
    if reset_password::is_offered(&browser) {
        return Ok(reset_password::show(browser, link));
    }
    let page = browser.page(TITLE);
    Ok(browser.show(&ResetConfirmPage { page, link }))
}

pub(super) async fn submit(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    // The link the page was opened for. Another one may have been opened since, even by another site.
    let link = form.get("link");
    let Some(token) = Links::Reset.token(&browser, &form) else { return Ok(not_kept(browser)) };
    if reset_password::is_offered(&browser) {
        return reset_password::submit(browser, &form, &token).await;
    }
    match browser.auth().confirm_reset(&token).await {
        Ok(confirmed) => {
            let browser = match &confirmed.device {
                Some(token) => browser.remember_too(token),
                None => browser,
            };
            let mut browser = Links::Reset.drop(browser, link);
            if browser.reader.format == Format::Json {
                let (page, until) = (browser.plain_page(AGAIN), browser.moment(confirmed.expires_at));
                return Ok(browser.show(&ResetDonePage { page, until }));
            }
            // For display: nothing depends on it.
            let (until, lifetime) = (confirmed.expires_at.unix_timestamp().to_string(), temporary_lifetime(&browser));
            browser.cookies.set("confirmed", until, Some(lifetime));
            Ok(browser.go("/reset/done"))
        }
        // The same link recovers from a crash, a closed tab or a lost mail, so the browser keeps it.
        Err(error @ (ConfirmResetError::AlreadyConfirmed { .. } | ConfirmResetError::MailFailed { .. })) => {
            Ok(failed(browser, &error, AGAIN, Some(link.to_owned())))
        }
        Err(error @ (ConfirmResetError::LinkInvalid | ConfirmResetError::LinkDamaged)) => {
            Ok(failed(Links::Reset.drop(browser, link), &error, NO_USE, None))
        }
        Err(error) => {
            let refusal = browser.auth().error_response(&error);
            let page = browser.plain_page(TITLE).refused("", &refusal);
            Ok(browser.refuse(&refusal, "", &ResetConfirmPage { page, link: link.to_owned() }))
        }
    }
}

fn temporary_lifetime(browser: &Browser) -> core::time::Duration {
    browser.auth().config().reset.temporary_password_lifetime
}

pub(super) async fn done(call: Call) -> Result<Answer, Sorry> {
    let mut browser = call.browser;
    let until = browser.cookies.get("confirmed").parse().ok();
    let Some(until) = until.and_then(|until| OffsetDateTime::from_unix_timestamp(until).ok()) else {
        return Ok(browser.go("/sign-in"));
    };
    let (page, until) = (browser.page(AGAIN), browser.moment(until));
    Ok(browser.show(&ResetDonePage { page, until }))
}
