//! Responses, and what becomes of requests that failed.

use askama::Template;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::cookies::Cookies;
use super::error_page::ErrorPage;
use super::new_page::new_page;
use super::page::seconds;
use super::page_model::PageModel;
use super::reader::{Format, Reader};
use super::routes::Route;
use super::state::Pages;
use crate::error::ErrorResponse;

pub(super) type Answer = Response<Bytes>;

/// Why a request failed.
pub(super) enum Sorry {
    /// Nobody is signed in. Contains the path to come back to, if there is one.
    SignIn(String),
    /// No sign-in is pending whose next step this would be.
    NoSteps,
    /// Step-up is required first. Contains the path to continue with, and what is to be proved.
    Confirm(String, Box<ErrorResponse>),
    /// The session or the pending sign-in has ended. Contains the path to sign in, and the cookie that says why.
    Ended(String, Box<Cookies>),
    /// The request is malformed.
    Malformed(StatusCode),
    /// A member of a JSON object has the wrong type.
    Member(String),
    NotFound,
    /// The page does not support this method.
    Method(Route),
    /// A cross-site request.
    Foreign,
    Refused(Box<ErrorResponse>),
    /// Something that does not happen did, such as no randomness for a seal.
    Internal,
}

impl Sorry {
    /// Its status, its code in problem documents, and the name of its text.
    fn head(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::SignIn(_) => (StatusCode::UNAUTHORIZED, "not_signed_in", "failed-not-signed-in"),
            Self::NoSteps => (StatusCode::UNAUTHORIZED, "no_sign_in", "failed-no-sign-in"),
            Self::Ended(..) => (StatusCode::UNAUTHORIZED, "session_ended", "notice-session-ended"),
            Self::Malformed(status @ StatusCode::PAYLOAD_TOO_LARGE) => (*status, "too_large", "failed-too-large"),
            Self::Malformed(status @ StatusCode::UNSUPPORTED_MEDIA_TYPE) => {
                (*status, "unsupported_type", "failed-unsupported-type")
            }
            Self::Malformed(status) => (*status, "request_malformed", "failed-malformed"),
            Self::Member(_) => (StatusCode::BAD_REQUEST, "request_malformed", "failed-malformed"),
            Self::NotFound => (StatusCode::NOT_FOUND, "page_unknown", "failed-not-found"),
            Self::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "failed-method"),
            Self::Foreign => (StatusCode::FORBIDDEN, "cross_site", "failed-cross-site"),
            Self::Confirm(_, refusal) | Self::Refused(refusal) => (status(refusal), refusal.code, ""),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "failed-internal"),
        }
    }

    pub(super) fn answer(self, pages: &Pages, reader: &Reader) -> Answer {
        let mut answer = match reader.format {
            Format::Html => self.page(pages, reader),
            Format::Json => self.problem(reader),
        };
        let headers = answer.headers_mut();
        match &self {
            Self::Method(route) => {
                if let Ok(allow) = HeaderValue::from_str(&route.allow()) {
                    headers.insert(header::ALLOW, allow);
                }
            }
            Self::Refused(refusal) => retry_after(headers, refusal),
            _ => {}
        }
        answer
    }

    fn page(&self, pages: &Pages, reader: &Reader) -> Answer {
        let (status, _, text) = self.head();
        let text = match self {
            Self::SignIn(then) => return redirect(&pages.sign_in_path(then)),
            Self::NoSteps => return redirect(&pages.sign_in_path("")),
            Self::Confirm(then, _) => return redirect(&pages.confirm_path(then)),
            Self::Ended(path, cookies) => {
                let mut answer = redirect(path);
                cookies.write(answer.headers_mut());
                return answer;
            }
            Self::Refused(refusal) => reader.texts.error(refusal),
            _ => reader.texts.get(text),
        };
        html(pages, status, &ErrorPage { page: new_page(pages, reader, "error-title").problem("", text) })
    }

    fn problem(&self, reader: &Reader) -> Answer {
        let (status, code, text) = self.head();
        let mut members = match self {
            Self::Refused(refusal) | Self::Confirm(_, refusal) => problem(reader, refusal, ""),
            _ => problem_of(status, code, reader.texts.get(text)),
        };
        if let Self::Member(name) = self {
            members.insert("field".to_owned(), name.as_str().into());
        }
        problem_document(status, members)
    }
}

pub(super) fn status(refusal: &ErrorResponse) -> StatusCode {
    StatusCode::from_u16(refusal.http_status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// For clients that read headers.
pub(super) fn retry_after(headers: &mut HeaderMap, refusal: &ErrorResponse) {
    if let Some(wait) = refusal.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds(wait)));
    }
}

fn problem_of(status: StatusCode, code: &str, detail: String) -> Map<String, Value> {
    let title = status.canonical_reason().unwrap_or_default();
    let members =
        json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "code": code, "detail": detail });
    if let Value::Object(members) = members { members } else { Map::new() }
}

/// The members of a problem document (RFC 9457). `field` is that at fault, if one is.
pub(super) fn problem(reader: &Reader, refusal: &ErrorResponse, field: &str) -> Map<String, Value> {
    let mut members = problem_of(status(refusal), refusal.code, reader.texts.error(refusal));
    // Only input that can be mended has a field at fault.
    let is_at_fault =
        refusal.retry_after.is_none() && refusal.http_status < 500 && refusal.code != "invalid_credentials";
    if !field.is_empty() && is_at_fault {
        members.insert("field".to_owned(), field.into());
    }
    if let Some(wait) = refusal.retry_after {
        members.insert("retry_after".to_owned(), seconds(wait).into());
    }
    if !refusal.violations.is_empty() {
        let broken = |violation: &crate::password::Violation| json!({ "code": violation.code(), "text": reader.texts.rule(&violation.rule()) });
        members.insert("violations".to_owned(), refusal.violations.iter().map(broken).collect());
    }
    members
}

pub(super) fn problem_document(status: StatusCode, members: Map<String, Value>) -> Answer {
    content(status, "application/problem+json", Value::Object(members).to_string())
}

pub(super) fn html<M: PageModel + Template>(pages: &Pages, status: StatusCode, model: &M) -> Answer {
    match pages.shared.look.document(model) {
        Ok(text) => content(status, "text/html; charset=utf-8", text),
        Err(_) => content(
            StatusCode::INTERNAL_SERVER_ERROR,
            "text/plain; charset=utf-8",
            model.page().text("failed-internal"),
        ),
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
