//! The page that the link which undoes a deletion opens. It needs no session: there is none any more.

use askama::Template;
use serde::Serialize;

use crate::error::ErrorResponse;
use crate::error::leaving::UndoDeletionError;
use crate::leaving::UndoLinkStatus;
use crate::pages::answer::{Answer, Sorry};
use crate::pages::browser::Browser;
use crate::pages::call::Call;
use crate::pages::links::{Links, name};
use crate::pages::moment::Moment;
use crate::pages::page::Page;
use crate::pages::page_model::models;
use crate::pages::reader::Format;

/// `/leaving/undo`: what the mailed link opens, with one button. The form goes to `/leaving/undo` with `link`.
#[derive(Debug, Serialize, Template)]
#[template(path = "undo_deletion.html")]
#[non_exhaustive]
pub struct UndoDeletionPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The name of the link among those that the browser holds. It is no secret.
    pub link: String,
    /// When the account will be gone, and the link with it.
    pub gone_at: Moment,
}

/// `/leaving/undone`: the account stays, and its owner signs in. Programs are led there at once.
#[derive(Debug, Serialize, Template)]
#[template(path = "undone_deletion.html")]
#[non_exhaustive]
pub struct UndoneDeletionPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
}

/// After `/leaving/undo`: the link did not work. [`Page::problems`] says why.
#[derive(Debug, Serialize, Template)]
#[template(path = "undo_deletion_failed.html")]
#[non_exhaustive]
pub struct UndoDeletionFailedPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
}

models!(UndoDeletionPage, UndoneDeletionPage, UndoDeletionFailedPage);

const TITLE: &str = "undo-deletion-title";
const DONE: &str = "undone-deletion-title";
const NO_USE: &str = "reset-failed-title";
const LINKS: Links = Links::Deletion;
/// The name of the link that was used. For display: nothing depends on it.
const COOKIE: &str = "kept";

pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let Call { mut browser, query, .. } = call;
    if let Some(text) = query.find("token") {
        return Ok(match LINKS.read(text) {
            Ok(token) => LINKS.hold(browser, &token).go(&format!("/leaving/undo?link={}", name(&token))),
            Err(_) => of_no_use(browser, &UndoDeletionError::LinkDamaged),
        });
    }
    let kept = LINKS.named(&browser, &query).and_then(|link| Some((LINKS.kept(&browser, &link)?, link)));
    let Some((token, link)) = kept else { return Ok(not_kept(browser)) };
    match browser.auth().inspect_deletion(&token).await {
        Ok(UndoLinkStatus::Valid { gone_at }) => {
            let (page, gone_at) = (browser.page(TITLE), browser.moment(gone_at));
            Ok(browser.show(&UndoDeletionPage { page, link, gone_at }))
        }
        Ok(_) => Ok(of_no_use(LINKS.drop(browser, &link), &UndoDeletionError::LinkInvalid)),
        Err(error) => Err(browser.sorry(&error, "")),
    }
}

pub(super) async fn submit(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    // The link the page was opened for. Another one may have been opened since, even by another site.
    let link = form.get("link");
    let is_page = browser.reader.format == Format::Html;
    let Some(token) = LINKS.token(&browser, &form) else {
        // The form was sent twice.
        let was_used = !link.is_empty() && browser.cookies.get(COOKIE) == link;
        return Ok(if was_used && is_page { browser.go("/leaving/undone") } else { not_kept(browser) });
    };
    match browser.auth().undo_deletion(&token).await {
        Ok(_) if is_page => {
            let mut browser = LINKS.drop(browser, link);
            let lifetime = LINKS.lifetime(&browser);
            browser.cookies.set(COOKIE, name(&token), Some(lifetime));
            Ok(browser.go("/leaving/undone"))
        }
        Ok(_) => Ok(LINKS.drop(browser, link).go("/sign-in")),
        Err(error @ UndoDeletionError::Unavailable(_)) => Err(browser.sorry(&error, "")),
        Err(error) => Ok(of_no_use(LINKS.drop(browser, link), &error)),
    }
}

pub(super) async fn done(call: Call) -> Result<Answer, Sorry> {
    let mut browser = call.browser;
    if browser.cookies.get(COOKIE).is_empty() || browser.reader.format == Format::Json {
        return Ok(browser.go("/sign-in"));
    }
    let page = browser.page(DONE);
    Ok(browser.show(&UndoneDeletionPage { page }))
}

fn of_no_use(browser: Browser, error: &UndoDeletionError) -> Answer {
    let refusal = browser.auth().error_response(error);
    let text = match error {
        // Those that go by the code would be about a link that can be requested again.
        UndoDeletionError::LinkInvalid => browser.reader.texts.get("undo-deletion-used"),
        UndoDeletionError::LinkDamaged => browser.reader.texts.get("undo-deletion-damaged"),
        UndoDeletionError::Unavailable(_) => browser.reader.texts.error(&refusal),
    };
    failed(browser, &refusal, text)
}

/// The link is not in the browser's cookie: cookies are off, or later links evicted it.
fn not_kept(browser: Browser) -> Answer {
    let refusal = browser.invalid(400, "link_not_kept");
    let text = browser.reader.texts.get("undo-deletion-not-kept");
    failed(browser, &refusal, text)
}

fn failed(browser: Browser, refusal: &ErrorResponse, text: String) -> Answer {
    let page = browser.plain_page(NO_USE).problem("", text);
    browser.refuse(refusal, "", &UndoDeletionFailedPage { page })
}
