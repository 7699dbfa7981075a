//! The page that a mailed link opens. Mail scanners open it too, so it changes nothing until its button is pressed.

use askama::Template;
use http::StatusCode;
use time::OffsetDateTime;

use super::answer::{Answer, Sorry};
use super::browser::Browser;
use super::call::Call;
use super::links;
use super::page::{Page, moment};
use crate::auth::Auth;
use crate::error::ConfirmResetError;

#[derive(Template)]
#[template(path = "reset_confirm.html")]
struct ConfirmPage {
    page: Page,
    link: String,
}

#[derive(Template)]
#[template(path = "reset_done.html")]
struct DonePage {
    page: Page,
    until: String,
}

#[derive(Template)]
#[template(path = "reset_failed.html")]
struct FailedPage {
    page: Page,
    /// The link, if it can be confirmed again.
    again: Option<String>,
}

const NO_USE: &str = "This link does not work";
const NOT_KEPT: &str = "Please open the link in your email again, or request a new one.";
const AGAIN: &str = "Check your mailbox again";

/// The same page for every link, valid or not: viewing it reveals nothing and uses up nothing. What a mail client did to a link is
/// mended; a damaged one is not kept.
pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let Call { mut browser, query, .. } = call;
    if let Some(text) = query.find("token") {
        return Ok(match Auth::read_reset_token(text) {
            Ok(token) => {
                let path = format!("/reset/confirm?link={}", links::name(&token));
                links::hold(browser, &token).go(&path)
            }
            Err(_) => failed(browser, &ConfirmResetError::LinkDamaged, NO_USE, None),
        });
    }
    let link = match query.find("link") {
        Some(link) => Some(link.to_owned()).filter(|link| links::find(&browser, link).is_some()),
        None => links::only(&browser),
    };
    let Some(link) = link else { return Ok(not_kept(browser)) };
    let page = browser.page("Confirm your password reset");
    Ok(browser.show(&ConfirmPage { page, link }))
}

pub(super) async fn submit(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    // The link the page was opened for. Another one may have been opened since, even by another site.
    let link = form.get("link");
    let Some(token) = links::find(&browser, link) else { return Ok(not_kept(browser)) };
    match browser.auth().confirm_reset(token).await {
        Ok(confirmed) => {
            let browser = match &confirmed.device {
                Some(token) => browser.remember_too(token),
                None => browser,
            };
            let mut browser = links::drop(browser, link);
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
            Ok(failed(links::drop(browser, link), &error, NO_USE, None))
        }
        Err(error) => {
            let refusal = browser.auth().error_response(&error);
            let page = browser.plain_page("Confirm your password reset").refused("", &refusal);
            Ok(browser.refuse(&refusal, &ConfirmPage { page, link: link.to_owned() }))
        }
    }
}

fn temporary_lifetime(browser: &Browser) -> core::time::Duration {
    browser.auth().config().reset.temporary_password_lifetime
}

fn failed(browser: Browser, error: &ConfirmResetError, title: &str, again: Option<String>) -> Answer {
    let refusal = browser.auth().error_response(error);
    let page = browser.plain_page(title).refused("", &refusal);
    browser.refuse(&refusal, &FailedPage { page, again })
}

/// The link is not in the browser's cookie: cookies are off, or later links evicted it.
fn not_kept(browser: Browser) -> Answer {
    let page = browser.plain_page(NO_USE).problem("", NOT_KEPT);
    browser.show_as(StatusCode::BAD_REQUEST, &FailedPage { page, again: None })
}

pub(super) async fn done(call: Call) -> Result<Answer, Sorry> {
    let mut browser = call.browser;
    let until = browser.cookies.get("confirmed").parse().ok();
    let Some(until) = until.and_then(|until| OffsetDateTime::from_unix_timestamp(until).ok()) else {
        return Ok(browser.go("/sign-in"));
    };
    let page = browser.page(AGAIN);
    Ok(browser.show(&DonePage { page, until: moment(until) }))
}
