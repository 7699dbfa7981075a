//! Who reads the answer: a person, in a language, or a program.

use http::header::{self, HeaderValue};
use http::request::Parts;

use super::catalogue::{Choice, Texts};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    Html,
    Json,
}

impl Format {
    /// A client that names JSON and not HTML gets JSON, and one that sends JSON or a bearer token, unless it wants HTML.
    fn of(request: &Parts) -> Self {
        if accepts(request, "text/html") {
            return Self::Html;
        }
        let speaks = accepts(request, "json") || is_json(request) || bearer(request).is_some();
        if speaks { Self::Json } else { Self::Html }
    }

    /// At a path of the host's: whoever does not show pages is a program.
    fn at_a_host(request: &Parts) -> Self {
        if accepts(request, "text/html") { Self::Html } else { Self::Json }
    }
}

fn accepts(request: &Parts, kind: &str) -> bool {
    let mut accepted = request.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.any(|accepted| accepted.to_ascii_lowercase().contains(kind))
}

/// The type of the body without its parameters.
fn content_type(request: &Parts) -> &str {
    let kind = request.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim()
}

pub(super) fn is_form(request: &Parts) -> bool {
    content_type(request).eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

pub(super) fn is_json(request: &Parts) -> bool {
    content_type(request).eq_ignore_ascii_case("application/json")
}

/// Whether nothing says what the body is.
pub(super) fn is_untyped(request: &Parts) -> bool {
    !request.headers.contains_key(header::CONTENT_TYPE)
}

/// The token of an app, which keeps no cookies (RFC 6750). It is empty, which is nobody's, if it cannot be read or comes with other
/// credentials: a proxy may have checked those.
pub(super) fn bearer(request: &Parts) -> Option<&str> {
    let sent = request.headers.get_all(header::AUTHORIZATION);
    let token = sent.iter().find_map(bearer_token)?;
    Some(if sent.iter().count() == 1 { token } else { "" })
}

/// Other schemes, such as the `Basic` of a test server's proxy, are not ours.
fn bearer_token(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.as_bytes().split_at_checked("bearer".len())?;
    let is_bearer = scheme.eq_ignore_ascii_case(b"bearer") && token.first().is_none_or(|byte| *byte == b' ');
    is_bearer.then(|| core::str::from_utf8(token).unwrap_or_default().trim_ascii())
}

#[derive(Clone)]
pub(super) struct Reader {
    pub(super) format: Format,
    pub(super) texts: Texts,
}

impl Reader {
    pub(super) fn of(choice: &Choice, request: &Parts) -> Self {
        Self { format: Format::of(request), texts: choice.texts_for(request) }
    }

    pub(super) fn at_a_host(choice: &Choice, request: &Parts) -> Self {
        Self { format: Format::at_a_host(request), texts: choice.texts_for(request) }
    }
}
