//! A browser without a screen: it keeps cookies, sends forms, and follows redirects when told to.

use std::collections::BTreeMap;

use doorward::AuthBuilder;
use doorward::pages::Pages;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use pollster::block_on;

use crate::support::World;

pub const FORM: &str = "application/x-www-form-urlencoded";

pub struct Shown {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Shown {
    /// Every cookie belongs to this host alone, and no script sees it.
    #[track_caller]
    pub fn has_protected_cookies(&self) {
        for cookie in self.set_cookies() {
            assert!(cookie.starts_with("__Host-") && !cookie.contains("Domain"), "{cookie}");
            for attribute in ["; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax"] {
                assert!(cookie.contains(attribute), "{attribute} is not in {cookie}");
            }
        }
    }

    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.headers[header::LOCATION].to_str().unwrap()
    }

    /// The names and attributes of the cookies it sets, with their values.
    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.text.contains(words), "{words:?} is not in {} {}", self.status, self.text);
        self
    }
}

/// Clones begin with the same cookies.
#[derive(Clone)]
pub struct Client {
    pub pages: Pages,
    pub cookies: BTreeMap<String, String>,
}

pub fn pages_of(world: &World) -> Pages {
    Pages::builder(world.auth.clone()).build().unwrap()
}

/// A world with keys, and its pages.
pub fn world_with_pages(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> (World, Client) {
    let world = World::for_pages(change);
    let client = Client::of(&pages_of(&world));
    (world, client)
}

pub async fn ask(pages: &Pages, request: Request<String>) -> Shown {
    let (parts, body) = pages.respond(request).await.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Shown { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

impl Client {
    pub fn of(pages: &Pages) -> Self {
        Self { pages: pages.clone(), cookies: BTreeMap::new() }
    }

    pub fn get(&mut self, path: &str) -> Shown {
        self.send(Method::GET, path, "")
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, path, &body)
    }

    /// Opens the page, then sends its form: nothing else is needed.
    pub fn send(&mut self, method: Method, path: &str, body: &str) -> Shown {
        let mut request = Request::builder().method(&method).uri(path).header("sec-fetch-site", "same-origin");
        if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, FORM);
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let shown = block_on(ask(&self.pages, request.body(body.to_owned()).unwrap()));
        shown.has_protected_cookies();
        for cookie in shown.set_cookies() {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        shown
    }

    pub fn sign_in(&mut self, email: &str, password: &str) -> Shown {
        self.post("/sign-in", &[("email", email), ("password", password)])
    }

    pub fn cookie(&self, kind: &str) -> Option<&str> {
        self.cookies.get(&format!("__Host-{kind}")).map(String::as_str)
    }

    /// The address of whoever is signed in.
    pub fn who(&self) -> Option<String> {
        let token = self.cookie("session")?;
        let mut request = Request::get("/").body(()).unwrap().into_parts().0;
        request.headers.insert(header::COOKIE, format!("__Host-session={token}").parse().unwrap());
        block_on(self.pages.resume(&request)).ok().map(|who| who.email().as_typed().to_owned())
    }
}
