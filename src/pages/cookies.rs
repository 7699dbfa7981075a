//! Cookies as they come and go. None holds a user's id, and what must not be read or changed is sealed. An app that keeps no cookies
//! gets what they hold as tokens, and sends it back so.

use core::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use cookie::{Cookie, CookieJar, SameSite};
use http::header::{self, HeaderMap, HeaderValue};
use serde_json::{Map, Value};

/// The cookies of a request, and what a response changes.
#[derive(Clone, Default)]
pub(super) struct Cookies {
    jar: CookieJar,
    /// Whether they are the tokens of an app.
    are_tokens: bool,
}

/// The cookies that an app gets as one token, which it sends back as its bearer: the session, or how far a sign-in has come.
const TOKEN: [&str; 2] = ["session", "steps"];
/// The member of JSON objects in which an app gets its device token, and sends it back.
pub(super) const DEVICE_TOKEN: &str = "device_token";

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
        Self { jar, are_tokens: false }
    }

    /// The tokens of an app. **No cookie is read beside them**, so a script cannot turn the session of a browser into a token.
    pub(super) fn of_app(bearer: &str, device: &str) -> Self {
        let mut jar = CookieJar::new();
        // What it is not, it is not taken for: one is sealed, and the other is found in the store.
        let steps = Base64UrlUnpadded::decode_vec(bearer).ok().and_then(|steps| String::from_utf8(steps).ok());
        let steps = steps.unwrap_or_default();
        for (kind, value) in [("session", bearer), ("steps", &steps), ("device", device)] {
            if !value.is_empty() {
                jar.add_original(built(kind, value.to_owned()));
            }
        }
        Self { jar, are_tokens: true }
    }

    /// The value, empty if there is none.
    pub(super) fn get(&self, kind: &str) -> &str {
        self.jar.get(&name(kind)).map(Cookie::value).unwrap_or_default()
    }

    /// Sets a cookie. Without a lifetime it ends with the browser.
    pub(super) fn set(&mut self, kind: &str, value: String, lifetime: Option<Duration>) {
        let mut cookie = built(kind, value);
        cookie.set_max_age(lifetime.and_then(|lifetime| lifetime.try_into().ok()));
        self.jar.add(cookie);
    }

    pub(super) fn remove(&mut self, kind: &str) {
        self.jar.remove(built(kind, String::new()));
    }

    /// What an app has to keep from now on: a `token` of `null` is one to forget.
    pub(super) fn tokens(&self) -> Map<String, Value> {
        let mut tokens = Map::new();
        let changed: Vec<_> = self.jar.delta().filter(|_| self.are_tokens).collect();
        for kind in TOKEN {
            for cookie in changed.iter().filter(|cookie| cookie.name() == name(kind)) {
                let value = Some(cookie.value()).filter(|value| !value.is_empty());
                // A seal has signs that no bearer token may have (RFC 6750).
                let value = value.map(|value| match kind {
                    "steps" => Base64UrlUnpadded::encode_string(value.as_bytes()),
                    _ => value.to_owned(),
                });
                let token = tokens.entry("token").or_insert(Value::Null);
                if let (true, Some(value)) = (token.is_null(), value) {
                    *token = value.into();
                }
            }
        }
        if let Some(cookie) = changed.iter().find(|cookie| cookie.name() == name("device")) {
            tokens.insert(DEVICE_TOKEN.to_owned(), cookie.value().into());
        }
        tokens
    }

    /// Adds what has changed to the headers of a response.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        if self.are_tokens {
            return;
        }
        for cookie in self.jar.delta() {
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
