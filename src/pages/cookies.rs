//! Cookies as they come and go. None holds a user's id, and what must not be read or changed is sealed.

use core::time::Duration;

use cookie::{Cookie, CookieJar, SameSite};
use http::header::{self, HeaderMap, HeaderValue};

/// The cookies of a request, and what a response changes.
#[derive(Clone, Default)]
pub(super) struct Cookies(CookieJar);

impl Cookies {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut jar = CookieJar::new();
        // Pair by pair, since a cookie of somebody else may hold anything. Only ASCII: the parser trims what Unicode calls white space,
        // so "\u{2003}__Host-session", which a subdomain may set, would pass for ours.
        let pairs =
            headers.get_all(header::COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
        for pair in pairs.filter(|pair| pair.is_ascii()).filter_map(|pair| core::str::from_utf8(pair).ok()) {
            if let Ok(cookie) = Cookie::parse(pair.to_owned()) {
                jar.add_original(cookie);
            }
        }
        Self(jar)
    }

    /// The value, empty if there is none.
    pub(super) fn get(&self, kind: &str) -> &str {
        self.0.get(&name(kind)).map(Cookie::value).unwrap_or_default()
    }

    /// Sets a cookie. Without a lifetime it ends with the browser.
    pub(super) fn set(&mut self, kind: &str, value: String, lifetime: Option<Duration>) {
        let mut cookie = built(kind, value);
        cookie.set_max_age(lifetime.and_then(|lifetime| lifetime.try_into().ok()));
        self.0.add(cookie);
    }

    pub(super) fn remove(&mut self, kind: &str) {
        self.0.remove(built(kind, String::new()));
    }

    /// Adds what has changed to the headers of a response.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        for cookie in self.0.delta() {
            if let Ok(mut value) = HeaderValue::from_str(&cookie.to_string()) {
                // It is not shown by `Debug`.
                value.set_sensitive(true);
                headers.append(header::SET_COOKIE, value);
            }
        }
    }
}

/// `__Host-`: set by this host itself, for the whole host and for no other.
fn name(kind: &str) -> String {
    format!("__Host-{kind}")
}

fn built(kind: &str, value: String) -> Cookie<'static> {
    // With `Strict`, browsers would not send the session when a user follows a link from a mail.
    Cookie::build((name(kind), value)).path("/").http_only(true).secure(true).same_site(SameSite::Lax).build()
}
