//! Cross-site requests (CSRF): what another site made a browser send.

use http::{HeaderMap, Method, header};

/// Whether a request that may change something came from another site.
///
/// Browsers say so by fetch metadata (`Sec-Fetch-Site`, all of them since 2023). Older ones send the `Origin` of a form; it must be the
/// site's own, as configured: `Host` comes from the client. Browsers since 2020 send at least one of them, so a request with neither
/// is taken for that of a program.
pub(super) fn is_refused(method: &Method, headers: &HeaderMap, origin: &str) -> bool {
    // A WebSocket handshake is a GET, and opens a channel over which anything can be changed.
    let is_handshake = headers.contains_key(header::SEC_WEBSOCKET_KEY);
    if !is_handshake && matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return false;
    }
    let mut sites = headers.get_all("sec-fetch-site").iter().peekable();
    if sites.peek().is_some() {
        return !sites.all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"));
    }
    !headers.get_all(header::ORIGIN).iter().all(|sent| sent.as_bytes() == origin.as_bytes())
}

/// The origin that such a request names, for logs. Anyone can choose it.
pub(super) fn named_origin(headers: &HeaderMap) -> Option<Box<str>> {
    const LONGEST: usize = 128;
    let origin = headers.get(header::ORIGIN)?.to_str().ok()?;
    Some(origin.chars().filter(char::is_ascii_graphic).take(LONGEST).collect())
}
