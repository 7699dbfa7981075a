use core::fmt;

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use doorward::AuthError;
use doorward::pages::{PageBody, Pages};
use http::request::Parts;
use http::{Method, StatusCode};

/// Why an extractor let nobody in, as the response to return: what browsers show, or a problem document (RFC 9457).
#[must_use = "it is a response"]
pub struct Rejection(Box<Response>);

impl Rejection {
    /// The status of the response: 303 to the sign-in page or to step-up, 401, 403, 404, 500 without the
    /// [layer](super::layer) or the hook that an extractor needs, or 503.
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    pub(super) fn nobody(pages: &Pages, request: &Parts, asked_for: &str) -> Self {
        Self::of(pages.redirect_to_sign_in(request, way_back(request, asked_for)))
    }

    pub(super) fn stale(pages: &Pages, request: &Parts, asked_for: &str, error: &dyn AuthError) -> Self {
        Self::of(pages.redirect_to_confirm(request, error, way_back(request, asked_for)))
    }

    pub(super) fn by(pages: &Pages, request: &Parts, error: &dyn AuthError) -> Self {
        Self::of(pages.error_page(request, error))
    }

    pub(super) fn unknown(pages: &Pages, request: &Parts) -> Self {
        Self::of(pages.not_found(request))
    }

    fn of(response: http::Response<PageBody>) -> Self {
        Self(Box::new(response.map(Body::new)))
    }

    /// A programming error.
    pub(super) fn without_layer() -> Self {
        Self::wrong("The layer of `doorward::axum` is missing, or was applied before this route was added.")
    }

    /// A programming error.
    pub(super) fn without_operators() -> Self {
        Self::wrong("The pages do not know who is an operator: `PagesBuilder::operators` was not called.")
    }

    fn wrong(words: &'static str) -> Self {
        Self(Box::new((StatusCode::INTERNAL_SERVER_ERROR, words).into_response()))
    }
}

/// What was sent with a form is lost, so only what reads is asked for again.
fn way_back<'a>(request: &Parts, asked_for: &'a str) -> &'a str {
    if matches!(request.method, Method::GET | Method::HEAD) { asked_for } else { "" }
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
