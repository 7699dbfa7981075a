//! The deletion of the own account: a page that says what happens, one button, and what became of it.

use core::time::Duration;

use askama::Template;
use serde::Serialize;
use time::OffsetDateTime;

use crate::error::leaving::RequestDeletionError;
use crate::leaving::DeletionRequested;
use crate::pages::answer::{Answer, Sorry};
use crate::pages::browser::{BETWEEN, Browser};
use crate::pages::call::Call;
use crate::pages::member::Member;
use crate::pages::moment::Moment;
use crate::pages::page::Page;
use crate::pages::page_model::models;
use crate::pages::reader::Format;

/// `/security/delete`: what a deletion does, with one button. The form goes to `/security/delete` without fields.
#[derive(Debug, Serialize, Template)]
#[template(path = "delete.html")]
#[non_exhaustive]
pub struct DeletePage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The user's address.
    pub email: String,
    /// For how many seconds the deletion can be undone, at least; 0 if it cannot. It is longer while a change of the address can be
    /// taken back.
    pub grace: u64,
}

/// `/security/deleted`: the account is closed, or gone.
#[derive(Debug, Serialize, Template)]
#[template(path = "deleted.html")]
#[non_exhaustive]
pub struct DeletedPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// From when on the account is deleted; `None` if it is gone.
    pub gone_at: Option<Moment>,
    /// Whether the mail with the link that undoes the deletion could not be sent.
    pub mail_failed: bool,
}

models!(DeletePage, DeletedPage);

const TITLE: &str = "delete-title";
const CLOSED: &str = "deleted-title";
const GONE: &str = "deleted-gone-title";
const BELOW: &str = "/security/delete";
/// What became of the account. For display: nothing depends on it.
const COOKIE: &str = "deleted";
/// For how long a reload shows it again.
const SHOWN: Duration = Duration::from_secs(60 * 60);
const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

impl DeletePage {
    /// Rounded down: whoever changes their mind within that time is not too late.
    fn words(&self) -> String {
        match self.grace {
            0 => self.page.text("delete-at-once"),
            grace if grace >= DAY => self.page.count("delete-days", &(grace / DAY)),
            grace => self.page.count("delete-hours", &(grace / HOUR).max(1)),
        }
    }
}

/// What became of an account.
#[derive(Clone, Copy)]
struct Outcome {
    gone_at: Option<OffsetDateTime>,
    mail_failed: bool,
}

impl Outcome {
    fn to_cookie(self) -> String {
        let gone_at = self.gone_at.map(|at| at.unix_timestamp().to_string()).unwrap_or_default();
        format!("{gone_at}{BETWEEN}{}", u8::from(self.mail_failed))
    }

    fn of(browser: &Browser) -> Option<Self> {
        let (gone_at, mail_failed) = browser.cookies.get(COOKIE).split_once(BETWEEN)?;
        let gone_at = match gone_at {
            "" => None,
            at => Some(OffsetDateTime::from_unix_timestamp(at.parse().ok()?).ok()?),
        };
        Some(Self { gone_at, mail_failed: mail_failed == "1" })
    }

    fn page(self, mut browser: Browser) -> Answer {
        let page = browser.page(if self.gone_at.is_some() { CLOSED } else { GONE });
        let gone_at = self.gone_at.map(|at| browser.moment(at));
        browser.show(&DeletedPage { page, gone_at, mail_failed: self.mail_failed })
    }

    /// Without the session, which has ended. The device cookie may be of others, too.
    fn answer(self, browser: Browser) -> Answer {
        let mut browser = browser.forget();
        if browser.reader.format == Format::Json {
            return self.page(browser);
        }
        browser.cookies.set(COOKIE, self.to_cookie(), Some(SHOWN));
        browser.go("/security/deleted")
    }
}

fn delete_page(member: &Member, page: Page) -> DeletePage {
    let grace = member.browser.auth().config().deletion.grace.as_secs();
    DeletePage { page, email: member.signed_in.email().as_typed().to_owned(), grace }
}

pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let mut member = Member::of(call.browser, BELOW).await?;
    let page = member.page(TITLE);
    let shown = delete_page(&member, page);
    Ok(member.browser.show(&shown))
}

pub(super) async fn submit(call: Call) -> Result<Answer, Sorry> {
    let browser = call.browser;
    if was_sent_before(&browser) {
        return Ok(browser.go("/security/deleted"));
    }
    let mut member = Member::of(browser, BELOW).await?;
    let error = match member.browser.auth().request_deletion(&member.signed_in).await {
        Ok(requested) => {
            let gone_at = match requested {
                DeletionRequested::Scheduled { gone_at, .. } => Some(gone_at),
                DeletionRequested::Deleted => None,
            };
            return Ok(Outcome { gone_at, mail_failed: false }.answer(member.browser));
        }
        Err(error) => error,
    };
    match &error {
        RequestDeletionError::MailFailed { gone_at, .. } => {
            let outcome = Outcome { gone_at: Some(*gone_at), mail_failed: true };
            if member.browser.reader.format == Format::Html {
                return Ok(outcome.answer(member.browser));
            }
            let (refusal, browser) = (member.browser.auth().error_response(&error), member.browser.forget());
            let (page, gone_at) = (browser.plain_page(CLOSED), Some(browser.moment(*gone_at)));
            let text = page.text("deleted-not-mailed");
            let page = page.problem("", text);
            Ok(browser.refuse(&refusal, "", &DeletedPage { page, gone_at, mail_failed: true }))
        }
        RequestDeletionError::RecoveryPending | RequestDeletionError::JustUndone { .. } => {
            let refusal = member.browser.auth().error_response(&error);
            let page = member.page(TITLE).refused("", &refusal);
            let shown = delete_page(&member, page);
            Ok(member.browser.refuse(&refusal, "", &shown))
        }
        _ => Err(member.browser.sorry(&error, BELOW)),
    }
}

/// A form that was sent twice: this browser has deleted an account lately, and nobody has signed in since.
fn was_sent_before(browser: &Browser) -> bool {
    let is_page = browser.reader.format == Format::Html;
    is_page && Outcome::of(browser).is_some() && browser.cookies.get("session").is_empty()
}

pub(super) async fn done(call: Call) -> Result<Answer, Sorry> {
    let browser = call.browser;
    match (Outcome::of(&browser), browser.who().await) {
        (Some(outcome), Err(_)) => Ok(outcome.page(browser)),
        // Whoever is signed in has an account.
        _ => Member::of(browser, "/security").await.map(|member| member.browser.go("/security")),
    }
}
