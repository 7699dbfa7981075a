//! What pages load: nothing of it is secret.

use http::StatusCode;
use http::header::{self, HeaderValue};

use super::answer::{Answer, content};

/// Short, so that an update of the crate reaches browsers soon.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=300");

fn asset(kind: &'static str, text: &'static str) -> Answer {
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
