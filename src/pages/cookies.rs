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
        let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        for cookie in texts.flat_map(Cookie::split_parse).flatten() {
            jar.add_original(cookie.into_owned());
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
            if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
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
