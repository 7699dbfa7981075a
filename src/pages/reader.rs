//! Who reads the answer: a person, in a language, or a program.

use http::header;
use http::request::Parts;

use super::catalogue::Texts;
use super::state::Pages;

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

/// The session of an app, which keeps no cookies (RFC 6750).
pub(super) fn bearer(request: &Parts) -> Option<&str> {
    let value = request.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[derive(Clone)]
pub(super) struct Reader {
    pub(super) format: Format,
    pub(super) texts: Texts,
}

impl Reader {
    pub(super) fn of(pages: &Pages, request: &Parts) -> Self {
        Self { format: Format::of(request), texts: pages.shared.choice.texts_for(request) }
    }

    pub(super) fn at_a_host(pages: &Pages, request: &Parts) -> Self {
        Self { format: Format::at_a_host(request), texts: pages.shared.choice.texts_for(request) }
    }
}
