//! Security headers on every response.

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;
use tower_http::csrf::CsrfLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::app::App;
use crate::sorry::Sorry;

const HEADERS: [(HeaderName, &str); 8] = [
    // Nothing inline, nothing from elsewhere, no framing. `data:` is for the QR code.
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::CACHE_CONTROL, "no-store"),
    // For two years, once there is TLS; browsers ignore it over plain http.
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
    // Because of this, browsers without fetch metadata (Safari up to 16.3) do not send a form's origin, and are rejected.
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

pub fn around(router: Router<App>) -> Router<App> {
    // Cross-site requests that would change something, sign-in included, get a 403 (CSRF).
    let router = router.layer(CsrfLayer::new().with_rejection_response(|_| Sorry::Foreign.into_response()));
    // Outermost, so that rejections have the headers too.
    HEADERS.into_iter().fold(router, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    })
}
