//! The mailbox page and the clock page.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use doorward::Clock;
use doorward::axum::Member;
use doorward::mail::SmtpMailer;
use serde::Deserialize;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use crate::app::App;
use crate::{Failed, page};

#[derive(Template)]
#[template(path = "mailbox.html")]
struct MailboxPage {
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
    now: String,
    moved: bool,
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

async fn mailbox(State(app): State<App>, who: Option<Member>, request: Parts) -> Result<Response, Failed> {
    let queued = app.smtp.as_ref().map(SmtpMailer::queued);
    let mails = app.mailbox.mails().into_iter().map(|(at, to, mail)| MailShown {
        at: moment(at),
        to: to.as_typed().to_owned(),
        subject: mail.subject(),
        lines: mail.text().lines().filter(|text| !text.is_empty()).map(line).collect(),
    });
    let mails = mails.collect();
    page(&app, &request, who.as_ref(), "Mailbox", &MailboxPage { queued, mails })
}

async fn clear_mailbox(State(app): State<App>) -> Redirect {
    app.mailbox.clear();
    Redirect::to("/demo/mailbox")
}

async fn clock(State(app): State<App>, who: Option<Member>, request: Parts) -> Result<Response, Failed> {
    let moved = request.uri.query() == Some("moved");
    page(&app, &request, who.as_ref(), "Clock", &ClockPage { now: moment(app.clock.now()), moved })
}

async fn forward(State(app): State<App>, Form(form): Form<ForwardForm>) -> Result<Redirect, Failed> {
    let ahead = app.clock.forward(Duration::from_secs(form.seconds));
    // Stored, so that a restart on the same file does not set the clock back.
    app.tables.set("clock_ahead", &ahead.to_be_bytes()).await?;
    Ok(Redirect::to("/demo/clock?moved"))
}

/// "24 November 2026, 10:15 UTC"
fn moment(at: OffsetDateTime) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    at.to_offset(UtcOffset::UTC).format(format).unwrap_or_default()
}
