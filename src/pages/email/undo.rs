//! The page that the link to the old address opens. It needs no session: its owner may have none any more.

use askama::Template;
use serde::Serialize;
use time::OffsetDateTime;

use super::failed::{failed, failed_saying, not_kept};
use crate::auth::SignedIn;
use crate::email_change::{EmailChangeUndone, EmailLinkStatus};
use crate::error::UndoEmailChangeError;
use crate::pages::answer::{Answer, Sorry};
use crate::pages::browser::{BETWEEN, Browser};
use crate::pages::call::Call;
use crate::pages::links::{Links, name};
use crate::pages::moment::Moment;
use crate::pages::page::Page;
use crate::pages::page_model::models;
use crate::pages::reader::Format;

/// `/email/undo`: what the link to the old address opens, with one button. The form goes to `/email/undo` with `link`.
#[derive(Debug, Serialize, Template)]
#[template(path = "email_undo.html")]
#[non_exhaustive]
pub struct EmailUndoPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The name of the link among those that the browser holds. It is no secret.
    pub link: String,
    /// The address that the account would have again.
    pub email: String,
}

/// `/email/undone`: everything was signed out, and a temporary password was mailed.
#[derive(Debug, Serialize, Template)]
#[template(path = "email_undone.html")]
#[non_exhaustive]
pub struct EmailUndonePage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// Until when the temporary password works.
    pub until: Moment,
}

models!(EmailUndoPage, EmailUndonePage);

const TITLE: &str = "email-undo-title";
const DONE: &str = "email-undone-title";
const LINKS: Links = Links::EmailUndo;
/// Until when the temporary password works, and the name of the link that was used. For display: nothing depends on it.
const COOKIE: &str = "undone";

pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let Call { mut browser, query, .. } = call;
    if let Some(text) = query.find("token") {
        return Ok(match LINKS.read(text) {
            Ok(token) => LINKS.hold(browser, &token).go(&format!("/email/undo?link={}", name(&token))),
            Err(_) => of_no_use(browser, &UndoEmailChangeError::LinkDamaged),
        });
    }
    let kept = LINKS.named(&browser, &query).and_then(|link| Some((LINKS.kept(&browser, &link)?, link)));
    let Some((token, link)) = kept else { return Ok(nothing_kept(browser)) };
    match browser.auth().inspect_email_undo(&token).await {
        Ok(EmailLinkStatus::Valid { email }) => {
            let page = browser.page(TITLE);
            Ok(browser.show(&EmailUndoPage { page, link, email: email.as_typed().to_owned() }))
        }
        Ok(_) => Ok(of_no_use(LINKS.drop(browser, &link), &UndoEmailChangeError::LinkInvalid)),
        Err(error) => Err(browser.sorry(&error, "")),
    }
}

pub(super) async fn submit(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    // The link the page was opened for. Another one may have been opened since, even by another site.
    let link = form.get("link");
    let Some(token) = LINKS.token(&browser, &form) else {
        // The form was sent twice.
        let was_used = last_undone(&browser).is_some_and(|(_, used)| used == link);
        let is_page = browser.reader.format == Format::Html;
        return Ok(if was_used && is_page { browser.go("/email/undone") } else { nothing_kept(browser) });
    };
    let who = browser.who().await.ok();
    let error = match browser.auth().undo_email_change(&token).await {
        Ok(undone) => {
            let browser = signed_out(LINKS.drop(browser, link), who).await;
            return Ok(undone_page(browser, link, &undone));
        }
        Err(error) => error,
    };
    match error {
        UndoEmailChangeError::LinkInvalid | UndoEmailChangeError::LinkDamaged => {
            Ok(of_no_use(LINKS.drop(browser, link), &error))
        }
        UndoEmailChangeError::MailFailed { .. } => {
            Ok(of_no_use(signed_out(LINKS.drop(browser, link), who).await, &error))
        }
        // The browser keeps the link, which remains valid.
        UndoEmailChangeError::EmailTaken => Ok(of_no_use(browser, &error)),
        UndoEmailChangeError::Unavailable(_) => Err(browser.sorry(&error, "")),
    }
}

/// Drops the session that the browser had, if taking the change back has ended it.
async fn signed_out(browser: Browser, who: Option<SignedIn>) -> Browser {
    match who {
        Some(_) => browser.forget_ended().await,
        None => browser,
    }
}

fn undone_page(mut browser: Browser, link: &str, undone: &EmailChangeUndone) -> Answer {
    if browser.reader.format == Format::Json {
        let (page, until) = (browser.plain_page(DONE), browser.moment(undone.expires_at));
        return browser.show(&EmailUndonePage { page, until });
    }
    let lifetime = browser.auth().config().reset.temporary_password_lifetime;
    let value = format!("{}{BETWEEN}{link}", undone.expires_at.unix_timestamp());
    browser.cookies.set(COOKIE, value, Some(lifetime));
    browser.go("/email/undone")
}

fn last_undone(browser: &Browser) -> Option<(OffsetDateTime, &str)> {
    let (until, link) = browser.cookies.get(COOKIE).split_once(BETWEEN)?;
    let until = OffsetDateTime::from_unix_timestamp(until.parse().ok()?).ok()?;
    Some((until, link))
}

pub(super) async fn done(call: Call) -> Result<Answer, Sorry> {
    let mut browser = call.browser;
    let Some((until, _)) = last_undone(&browser) else { return Ok(browser.go("/sign-in")) };
    let (page, until) = (browser.page(DONE), browser.moment(until));
    Ok(browser.show(&EmailUndonePage { page, until }))
}

fn of_no_use(browser: Browser, error: &UndoEmailChangeError) -> Answer {
    let sign_in = Some(browser.pages.path("/sign-in"));
    match error {
        UndoEmailChangeError::LinkInvalid => failed_saying(browser, error, "email-undo-used", sign_in),
        UndoEmailChangeError::MailFailed { .. } => failed_saying(browser, error, "email-undo-not-mailed", sign_in),
        _ => failed(browser, error, sign_in),
    }
}

fn nothing_kept(browser: Browser) -> Answer {
    let sign_in = Some(browser.pages.path("/sign-in"));
    not_kept(browser, sign_in)
}
