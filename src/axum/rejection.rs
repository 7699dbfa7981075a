use core::fmt;

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use doorward::AuthError;
use doorward::error::ResumeError;
use doorward::pages::Pages;
use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode};

/// Why an extractor let nobody in, as the response to return: what browsers show, or a problem document (RFC 9457).
#[must_use = "it is a response"]
pub struct Rejection(Box<Response>);

impl Rejection {
    /// The status of the response: 303 to the sign-in page or to step-up, 401, 403, 500 without the [layer](super::layer), or 503.
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    pub(super) fn nobody(pages: &Pages, request: &Parts, asked_for: &str) -> Self {
        if !wants_page(request) {
            return Self::by(pages, request, &ResumeError::SessionEnded);
        }
        let reads = matches!(request.method, Method::GET | Method::HEAD);
        Self(Box::new(pages.redirect_to_sign_in(request, if reads { asked_for } else { "" }).map(Body::new)))
    }

    pub(super) fn stale(pages: &Pages, request: &Parts, asked_for: &str, error: &dyn AuthError) -> Self {
        if !wants_page(request) {
            return Self::by(pages, request, error);
        }
        let reads = matches!(request.method, Method::GET | Method::HEAD);
        Self(Box::new(pages.redirect_to_confirm(if reads { asked_for } else { "" }).map(Body::new)))
    }

    pub(super) fn by(pages: &Pages, request: &Parts, error: &dyn AuthError) -> Self {
        let page = pages.error_page(error);
        if wants_page(request) {
            return Self(Box::new(page.map(Body::new)));
        }
        let (mut head, _) = page.into_parts();
        let problem = serde_json::json!({
            "type": "about:blank",
            "title": head.status.canonical_reason().unwrap_or_default(),
            "status": head.status.as_u16(),
            "detail": error.user_message(),
            "code": error.code(),
        });
        head.headers.remove(header::CONTENT_LENGTH);
        head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        Self(Box::new(Response::from_parts(head, Body::from(problem.to_string()))))
    }

    /// A programming error.
    pub(super) fn without_layer() -> Self {
        let words = "The layer of `doorward::axum` is missing, or was applied before this route was added.";
        Self(Box::new((StatusCode::INTERNAL_SERVER_ERROR, words).into_response()))
    }
}

/// Whether the client shows pages to a person.
fn wants_page(request: &Parts) -> bool {
    let accepted = request.headers.get_all(header::ACCEPT).iter();
    accepted.filter_map(|accepted| accepted.to_str().ok()).any(|accepted| accepted.contains("text/html"))
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// Without headers: they may set cookies.
impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rejection").field(&self.status()).finish()
    }
}
