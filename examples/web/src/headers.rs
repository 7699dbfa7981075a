//! What every response says to the browser.

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;
use tower_http::csrf::CsrfLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::app::App;
use crate::sorry::Sorry;

const HEADERS: [(HeaderName, &str); 8] = [
    // Nothing inline, nothing from elsewhere, no frame around it. `data:` is for the QR code.
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::CACHE_CONTROL, "no-store"),
    // For two years, once there is TLS; over plain http browsers do not listen to it.
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
    // With this a browser from before fetch metadata (Safari up to 16.3) does not say where a form comes from, and is refused.
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

pub fn around(router: Router<App>) -> Router<App> {
    // What another site makes a browser send is refused with 403 wherever it would change something, sign-in included.
    let router = router.layer(CsrfLayer::new().with_rejection_response(|_| Sorry::Foreign.into_response()));
    // Outermost, so that refusals have them too.
    HEADERS.into_iter().fold(router, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    })
}
