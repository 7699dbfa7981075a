//! The mailbox page and the clock page.

use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use doorward::Clock;
use serde::Deserialize;

use crate::app::App;
use crate::browser::Browser;
use crate::forms::Form;
use crate::notice::Notice;
use crate::page::Page;
use crate::pages::moment;
use crate::post::Post;
use crate::sorry::Sorry;

#[derive(Template)]
#[template(path = "mailbox.html")]
struct MailboxPage {
    page: Page,
    /// How many mails are queued, if there is a mail server.
    queued: Option<usize>,
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
    /// A password on its own line.
    Secret(String),
}

#[derive(Template)]
#[template(path = "clock.html")]
struct ClockPage {
    page: Page,
    now: String,
}

#[derive(Deserialize)]
struct ForwardForm {
    #[serde(default)]
    seconds: u64,
}

pub fn router() -> Router<App> {
    Router::new()
        .route("/demo/mailbox", get(mailbox))
        .route("/demo/mailbox/clear", post(clear_mailbox))
        .route("/demo/clock", get(clock).post(forward))
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

async fn mailbox(State(app): State<App>, mut browser: Browser) -> Response {
    let (queued, kept) = match &app.post {
        Post::Smtp(mailer) => (Some(mailer.queued()), Vec::new()),
        Post::Mailbox(mailbox) => (None, mailbox.mails()),
    };
    let mails = kept.into_iter().map(|mail| MailShown {
        at: moment(mail.at),
        to: mail.to,
        subject: mail.subject,
        lines: mail.text.lines().filter(|text| !text.is_empty()).map(line).collect(),
    });
    let mails = mails.collect();
    let page = browser.page("Mailbox");
    browser.show(&MailboxPage { page, queued, mails })
}

async fn clear_mailbox(State(app): State<App>, browser: Browser) -> Response {
    if let Post::Mailbox(mailbox) = &app.post {
        mailbox.clear();
    }
    browser.saying(Notice::MailboxCleared).go("/demo/mailbox")
}

async fn clock(State(app): State<App>, mut browser: Browser) -> Response {
    let page = browser.page("Clock");
    browser.show(&ClockPage { page, now: moment(app.clock.now()) })
}

async fn forward(State(app): State<App>, browser: Browser, Form(form): Form<ForwardForm>) -> Result<Response, Sorry> {
    let ahead = app.clock.forward(Duration::from_secs(form.seconds));
    // Stored, so that a restart on the same file does not set the clock back.
    app.tables.set("clock_ahead", &ahead.to_string()).await?;
    Ok(browser.saying(Notice::ClockMoved).go("/demo/clock"))
}
