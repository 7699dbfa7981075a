//! The security headers of every response.

use http::header::{self, Entry, HeaderMap, HeaderName, HeaderValue};

/// Set unless a handler has set them: of these only `Cache-Control`, for assets.
const HEADERS: [(HeaderName, &str); 7] = [
    // Nothing inline, nothing from elsewhere, no framing. `data:` is for QR codes.
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::CACHE_CONTROL, "no-store"),
    // Links carry tokens. Because of this, browsers without fetch metadata send `Origin: null` with a form, and are refused.
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// For two years. Only where the site is on https.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000");

pub(super) fn protect(headers: &mut HeaderMap, is_https: bool) {
    for (name, value) in HEADERS {
        if let Entry::Vacant(vacant) = headers.entry(name) {
            vacant.insert(HeaderValue::from_static(value));
        }
    }
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
}
