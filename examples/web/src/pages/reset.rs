//! The page that a mailed link opens. Mail scanners open it too, so it only asks.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use doorward::ConfirmResetError;
use serde::Deserialize;

use super::moment;
use crate::app::App;
use crate::browser::Browser;
use crate::forms::Query;
use crate::page::Page;
use crate::sorry::Sorry;

#[derive(Template)]
#[template(path = "reset_confirm.html")]
struct ConfirmPage {
    page: Page,
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
    again: bool,
}

#[derive(Deserialize)]
pub struct Link {
    token: Option<String>,
}

/// The same page for every link, whether it works or not: looking at it tells nothing and uses nothing.
pub async fn show(Query(link): Query<Link>, mut browser: Browser) -> Response {
    if let Some(token) = link.token {
        return browser.hold_link(token).go("/reset/confirm");
    }
    let page = browser.page("Confirm your password reset");
    browser.show(&ConfirmPage { page })
}

pub async fn submit(State(app): State<App>, browser: Browser) -> Result<Response, Sorry> {
    match app.auth.confirm_reset(browser.link()).await {
        Ok(confirmed) => {
            let browser = match &confirmed.device {
                Some(token) => browser.remember_too(token),
                None => browser,
            };
            Ok(browser.drop_link().carrying("confirmed", confirmed.expires_at).go("/reset/done"))
        }
        // A crash, a closed tab or a lost mail is mended by the same link, so the browser keeps it until then.
        Err(error @ (ConfirmResetError::AlreadyConfirmed { .. } | ConfirmResetError::MailFailed { .. })) => {
            let refusal = app.auth.refusal(&error);
            let page = Page::new("Check your mailbox again").refused("", &refusal);
            Ok(browser.refuse(&refusal, &FailedPage { page, again: true }))
        }
        Err(error @ ConfirmResetError::LinkInvalid) => {
            let refusal = app.auth.refusal(&error);
            let page = Page::new("This link does not work").refused("", &refusal);
            Ok(browser.drop_link().refuse(&refusal, &FailedPage { page, again: false }))
        }
        Err(error) => Err(browser.sorry(&error, "").await),
    }
}

pub async fn done(mut browser: Browser) -> Response {
    let Some(until) = browser.carried("confirmed") else { return browser.go("/sign-in") };
    let page = browser.page("Check your mailbox again");
    browser.show(&DonePage { page, until: moment(until) })
}
