//! The page that a mailed link opens. Mail scanners open it too, so it changes nothing until its button is pressed.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use doorward::Auth;
use doorward::error::ConfirmResetError;
use serde::Deserialize;

use super::moment;
use crate::app::App;
use crate::browser::{Browser, link_name};
use crate::forms::{Form, Query};
use crate::page::Page;
use crate::sorry::Sorry;

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

#[derive(Deserialize)]
pub struct Link {
    token: Option<String>,
    link: Option<String>,
}

#[derive(Deserialize)]
pub struct ConfirmForm {
    /// The link the page was opened for. Another one may have been opened since, even by another site.
    #[serde(default)]
    link: String,
}

const NO_USE: &str = "This link does not work";
const NOT_KEPT: &str = "Please open the link in your email again, or request a new one.";

/// The same page for every link, valid or not: viewing it reveals nothing and uses up nothing. What a mail client did to a link is
/// mended; a damaged one is not kept.
pub async fn show(State(app): State<App>, Query(query): Query<Link>, mut browser: Browser) -> Response {
    if let Some(text) = query.token {
        return match Auth::read_reset_token(&text) {
            Ok(token) => browser.hold_link(&token).go(&format!("/reset/confirm?link={}", link_name(&token))),
            Err(_) => {
                let refusal = app.auth.error_response(&ConfirmResetError::LinkDamaged);
                let page = Page::new(NO_USE).refused("", &refusal);
                browser.refuse(&refusal, &FailedPage { page, again: None })
            }
        };
    }
    let link = match query.link {
        Some(link) => Some(link).filter(|link| browser.link(link).is_some()),
        None => browser.only_link(),
    };
    let Some(link) = link else { return not_kept(browser) };
    let page = browser.page("Confirm your password reset");
    browser.show(&ConfirmPage { page, link })
}

pub async fn submit(
    State(app): State<App>,
    browser: Browser,
    Form(ConfirmForm { link }): Form<ConfirmForm>,
) -> Result<Response, Sorry> {
    let Some(token) = browser.link(&link) else { return Ok(not_kept(browser)) };
    match app.auth.confirm_reset(token).await {
        Ok(confirmed) => {
            let browser = match &confirmed.device {
                Some(token) => browser.remember_too(token),
                None => browser,
            };
            Ok(browser.drop_link(&link).carrying("confirmed", confirmed.expires_at).go("/reset/done"))
        }
        // The same link recovers from a crash, a closed tab or a lost mail, so the browser keeps it.
        Err(error @ (ConfirmResetError::AlreadyConfirmed { .. } | ConfirmResetError::MailFailed { .. })) => {
            let refusal = app.auth.error_response(&error);
            let page = Page::new("Check your mailbox again").refused("", &refusal);
            Ok(browser.refuse(&refusal, &FailedPage { page, again: Some(link) }))
        }
        Err(error @ (ConfirmResetError::LinkInvalid | ConfirmResetError::LinkDamaged)) => {
            let refusal = app.auth.error_response(&error);
            let page = Page::new(NO_USE).refused("", &refusal);
            Ok(browser.drop_link(&link).refuse(&refusal, &FailedPage { page, again: None }))
        }
        Err(error) => Err(browser.sorry(&error, "")),
    }
}

/// The link is not in the browser's cookie: cookies are off, or later links evicted it.
fn not_kept(browser: Browser) -> Response {
    let page = Page::new(NO_USE).problem("", NOT_KEPT);
    browser.show_as(StatusCode::BAD_REQUEST, &FailedPage { page, again: None })
}

pub async fn done(mut browser: Browser) -> Response {
    let Some(until) = browser.carried("confirmed") else { return browser.go("/sign-in") };
    let page = browser.page("Check your mailbox again");
    browser.show(&DonePage { page, until: moment(until) })
}
