//! Responses, and the pages of those that failed.

use askama::Template;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode};

use super::cookies::Cookies;
use super::page::{Page, seconds};
use super::routes::Route;
use super::state::Pages;
use crate::error::ErrorResponse;

pub(super) type Answer = Response<Bytes>;

/// Why a request failed.
pub(super) enum Sorry {
    /// Nobody is signed in, or no sign-in is pending. Contains the path to come back to, if there is one.
    SignIn(String),
    /// Step-up is required first. Contains the path to continue with.
    Confirm(String),
    /// The session or the pending sign-in has ended. Contains the path to sign in, and the cookie that says why.
    Ended(String, Box<Cookies>),
    /// The request is malformed.
    Malformed(StatusCode),
    NotFound,
    /// The page does not support this method.
    Method(Route),
    /// A cross-site request.
    Foreign,
    Refused(Box<ErrorResponse>),
    /// Something that does not happen did, such as no randomness for a seal.
    Internal,
}

const FOREIGN: &str = "Your browser says another site sent this, or does not say where it came from, so nothing was done. \
                       Please start again here; if that does not help, try a newer browser.";

impl Sorry {
    pub(super) fn answer(self, pages: &Pages) -> Answer {
        let failed = |status, words: &str| html(status, &ErrorPage { page: Page::error(pages, words) });
        match self {
            Self::SignIn(then) => redirect(&pages.sign_in_path(&then)),
            Self::Confirm(then) => redirect(&pages.confirm_path(&then)),
            Self::Ended(path, cookies) => {
                let mut answer = redirect(&path);
                cookies.write(answer.headers_mut());
                answer
            }
            Self::Malformed(status) => failed(status, "We could not read that. Please start again."),
            Self::NotFound => failed(StatusCode::NOT_FOUND, "This page does not exist."),
            Self::Method(route) => {
                let mut answer = failed(StatusCode::METHOD_NOT_ALLOWED, "This page cannot do that.");
                if let Ok(allow) = HeaderValue::from_str(&route.allow()) {
                    answer.headers_mut().insert(header::ALLOW, allow);
                }
                answer
            }
            Self::Foreign => failed(StatusCode::FORBIDDEN, FOREIGN),
            Self::Refused(refusal) => refused(&refusal, &ErrorPage { page: Page::error(pages, &refusal.message) }),
            Self::Internal => {
                failed(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side. Please try again.")
            }
        }
    }
}

/// The page with the status of the error and, for clients that read headers, `Retry-After`.
pub(super) fn refused(refusal: &ErrorResponse, template: &impl Template) -> Answer {
    let status = StatusCode::from_u16(refusal.http_status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = html(status, template);
    if let Some(wait) = refusal.retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds(wait)));
    }
    answer
}

pub(super) fn html(status: StatusCode, template: &impl Template) -> Answer {
    match template.render() {
        Ok(text) => content(status, "text/html; charset=utf-8", text),
        Err(_) => content(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", "Please try again."),
    }
}

pub(super) fn content(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// To a path that the pages made, or that was checked.
pub(super) fn redirect(path: &str) -> Answer {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    let headers: &mut HeaderMap = answer.headers_mut();
    headers.insert(header::LOCATION, HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/")));
    answer
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
}
