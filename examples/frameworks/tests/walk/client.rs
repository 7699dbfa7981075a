//! A browser without a screen. It sends its `Secure` cookies over http too, since there is no TLS here.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::{Method, RequestBuilder, redirect::Policy};

pub const FORM: &str = "application/x-www-form-urlencoded";

/// What every page has, exactly once and as the pages set it.
const HEADERS: [(&str, &str); 8] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-robots-tag", "noindex"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("strict-transport-security", "max-age=63072000"),
];

pub struct Client {
    http: reqwest::Client,
    pub address: SocketAddr,
    pub cookies: BTreeMap<String, String>,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    #[track_caller]
    pub fn is(&self, status: u16, words: &str) -> &Self {
        assert!(
            self.status == status && self.text.contains(words),
            "{words:?} is not in {} {}",
            self.status,
            self.text
        );
        self
    }

    #[track_caller]
    pub fn leads_to(&self, path: &str) {
        assert_eq!((self.status, self.header("location")), (303, path), "{}", self.text);
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// It is one of the pages, as they made it.
    #[track_caller]
    pub fn is_protected(&self) {
        for (name, value) in HEADERS {
            let values: Vec<_> = self.headers.get_all(name).iter().collect();
            assert_eq!(values, [value], "{name}");
        }
    }

    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap()).collect()
    }

    /// What stands between the first `before` and the next `after`.
    #[track_caller]
    pub fn between(&self, before: &str, after: &str) -> String {
        let (_, rest) = self.text.split_once(before).unwrap_or_else(|| panic!("{before} is not in {}", self.text));
        rest.split(after).next().unwrap().to_owned()
    }

    pub fn recovery_codes(&self) -> Vec<String> {
        self.text.split("<li><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
    }
}

fn answers(address: SocketAddr) -> bool {
    let asked = || -> std::io::Result<usize> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /pages/icon.svg HTTP/1.1\r\nHost: acme.example\r\nConnection: close\r\n\r\n")?;
        stream.read(&mut [0; 16])
    };
    asked().is_ok_and(|read| read > 0)
}

impl Client {
    /// Waits until somebody answers. A framework may bind by itself: until then the test's own listener takes connections, and
    /// resets them when it is dropped.
    pub fn new(address: SocketAddr) -> Self {
        while !answers(address) {
            std::thread::sleep(Duration::from_millis(10));
        }
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { http, address, cookies: BTreeMap::new() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.address)).header("accept", "text/html,*/*;q=0.8")
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_as("sec-fetch-site", "same-origin", path, form).await
    }

    /// With a header that says where it comes from.
    pub async fn post_as(&mut self, name: &str, value: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let form: Vec<_> = form.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let request = self.request(Method::POST, path).header(name, value).header("content-type", FORM);
        self.send(request.body(form.join("&"))).await
    }

    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("email", email), ("password", password)]).await
    }

    pub async fn send(&mut self, mut request: RequestBuilder) -> Answer {
        if !self.cookies.is_empty() {
            let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", cookies.join("; "));
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Answer { status, headers, text: response.text().await.unwrap() };
        for cookie in answer.set_cookies() {
            self.keep(cookie);
        }
        answer
    }

    fn keep(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        assert!(name.starts_with("__Host-"), "{cookie}");
        let mut attributes: Vec<_> = attributes.split("; ").filter(|attribute| !attribute.contains('=')).collect();
        attributes.sort_unstable();
        assert_eq!(attributes, ["HttpOnly", "Secure"], "{cookie}");
        assert!(
            cookie.contains("; SameSite=Lax") && cookie.contains("; Path=/") && !cookie.contains("Domain"),
            "{cookie}"
        );
        match cookie.contains("Max-Age=0") {
            true => drop(self.cookies.remove(name)),
            false => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
        }
    }

    /// All bytes of a response to HEAD, which a client of HTTP does not show.
    pub fn head(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(stream, "HEAD {path} HTTP/1.1\r\naccept: text/html\r\nHost: acme.example\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut bytes = String::new();
        stream.read_to_string(&mut bytes).unwrap();
        bytes.to_lowercase()
    }
}
