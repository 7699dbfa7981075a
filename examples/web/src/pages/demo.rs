//! For looking at the example only: the mailbox and the clock. A real application has neither.

use std::time::Duration;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use doorward::Clock;
use serde::Deserialize;

use super::moment;
use crate::app::App;
use crate::browser::Browser;
use crate::notice::Notice;
use crate::page::Page;
use crate::sorry::Sorry;

#[derive(Template)]
#[template(path = "mailbox.html")]
struct MailboxPage {
    page: Page,
    mails: Vec<MailShown>,
}

struct MailShown {
    at: String,
    to: String,
    subject: String,
    lines: Vec<Line>,
}

enum Line {
    Text(String),
    Link(String),
    /// A password, alone on its line.
    Secret(String),
}

#[derive(Template)]
#[template(path = "clock.html")]
struct ClockPage {
    page: Page,
    now: String,
}

#[derive(Deserialize)]
pub struct ForwardForm {
    #[serde(default)]
    seconds: u64,
}

fn line(text: &str) -> Line {
    let trimmed = text.trim();
    if trimmed.starts_with("http://") || trimmed.starts_with("https://") {
        Line::Link(trimmed.to_owned())
    } else if text.starts_with("    ") {
        Line::Secret(trimmed.to_owned())
    } else {
        Line::Text(text.to_owned())
    }
}

pub async fn mailbox(State(app): State<App>, mut browser: Browser) -> Response {
    let mails = app.mailbox.mails().into_iter().map(|mail| MailShown {
        at: moment(mail.at),
        to: mail.to,
        subject: mail.subject,
        lines: mail.text.lines().filter(|text| !text.is_empty()).map(line).collect(),
    });
    let mails = mails.collect();
    let page = browser.page("Mailbox");
    browser.show(&MailboxPage { page, mails })
}

pub async fn clear_mailbox(State(app): State<App>, browser: Browser) -> Response {
    app.mailbox.clear();
    browser.saying(Notice::MailboxCleared).go("/demo/mailbox")
}

pub async fn clock(State(app): State<App>, mut browser: Browser) -> Response {
    let page = browser.page("Clock");
    browser.show(&ClockPage { page, now: moment(app.clock.now()) })
}

pub async fn forward(
    State(app): State<App>,
    browser: Browser,
    Form(form): Form<ForwardForm>,
) -> Result<Response, Sorry> {
    let ahead = app.clock.forward(Duration::from_secs(form.seconds));
    // Kept, so that a restart on the same file does not turn time back.
    app.tables.set("clock_ahead", &ahead.to_string()).await?;
    Ok(browser.saying(Notice::ClockMoved).go("/demo/clock"))
}
