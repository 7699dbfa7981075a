//! What pages load: nothing of it is secret.

use bytes::Bytes;
use http::StatusCode;
use http::header::{self, HeaderValue};

use serde_json::Value;

use super::answer::{Answer, content};
use super::state::Pages;

/// Short, so that an update of the crate reaches browsers soon.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=300");

fn asset(kind: &'static str, text: impl Into<Bytes>) -> Answer {
    let mut answer = content(StatusCode::OK, kind, text);
    answer.headers_mut().insert(header::CACHE_CONTROL, KEPT);
    answer
}

pub(super) fn style() -> Answer {
    asset("text/css; charset=utf-8", include_str!("assets/style.css"))
}

pub(super) fn script() -> Answer {
    asset("text/javascript; charset=utf-8", include_str!("assets/page.js"))
}

pub(super) fn icon() -> Answer {
    asset("image/svg+xml", include_str!("assets/icon.svg"))
}

/// The description of the pages as JSON, with where they are. Its paths are below the base path, and only those that this host has.
pub(super) fn openapi(pages: &Pages) -> Answer {
    asset("application/json", pages.shared.openapi.get_or_init(|| document(pages).into()).clone())
}

fn document(pages: &Pages) -> String {
    let mut document: Value = serde_json::from_str(include_str!("openapi.json")).unwrap_or_default();
    document["servers"][0]["url"] = format!("{}{}", pages.shared.origin, pages.shared.base).into();
    if let Some(paths) = document["paths"].as_object_mut() {
        paths.retain(|path, _| pages.has(&format!("{}{path}", pages.shared.base)));
    }
    document.to_string()
}
