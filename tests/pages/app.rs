//! An app, which keeps tokens and no cookies, or a script of the site, which keeps cookies and sees no tokens. Each answer is checked
//! against the OpenAPI document.

use std::collections::{BTreeMap, BTreeSet};

use doorward::pages::Pages;
use http::{HeaderMap, Method, Request, header};
use pollster::block_on;
use serde_json::{Value, json};

use crate::client::ask;
use crate::openapi::Document;

pub struct Said {
    pub status: u16,
    pub headers: HeaderMap,
    pub json: Value,
}

impl Said {
    /// Status and code, for what is refused.
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.json["code"].as_str().unwrap_or_default())
    }

    pub fn step(&self) -> &str {
        self.json["step"].as_str().unwrap_or_else(|| panic!("no step in {}", self.json))
    }
}

#[derive(Clone)]
pub struct App {
    pub pages: Pages,
    pub token: Option<String>,
    pub device: Option<String>,
    /// `None` is an app.
    pub cookies: Option<BTreeMap<String, String>>,
    /// What was asked and answered with 200.
    pub seen: BTreeSet<(String, String)>,
    pub document: Document,
}

impl App {
    pub fn of(pages: &Pages) -> Self {
        let (pages, document) = (pages.clone(), Document::of(pages));
        Self { pages, token: None, device: None, cookies: None, seen: BTreeSet::new(), document }
    }

    pub fn script_of(pages: &Pages) -> Self {
        Self { cookies: Some(BTreeMap::new()), ..Self::of(pages) }
    }

    pub fn get(&mut self, path: &str) -> Said {
        self.send(Method::GET, path, String::new())
    }

    /// Sends what an app sends, whatever the members are.
    pub fn post(&mut self, path: &str, mut members: Value) -> Said {
        if self.cookies.is_none() {
            if self.token.is_none() {
                members["tokens"] = true.into();
            }
            if let Some(device) = &self.device {
                members["device_token"] = device.as_str().into();
            }
        }
        self.send(Method::POST, path, members.to_string())
    }

    pub fn sign_in(&mut self, email: &str, password: &str) -> Said {
        self.post("/sign-in", json!({ "email": email, "password": password }))
    }

    pub fn send(&mut self, method: Method, path: &str, body: String) -> Said {
        let mut request = Request::builder().method(&method).uri(path).header(header::ACCEPT, "application/json");
        if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(cookies) = self.cookies.as_ref().filter(|cookies| !cookies.is_empty()) {
            let cookies: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; ")).header("sec-fetch-site", "same-origin");
        }
        let shown = block_on(ask(&self.pages, request.body(body).unwrap()));
        shown.has_protected_cookies();
        let json: Value = serde_json::from_str(&shown.text).unwrap_or_else(|_| panic!("{path}: {}", shown.text));
        let path = path.split(['?', '#']).next().unwrap();
        self.document.judge(&method, path, &shown, &json);
        if shown.status == 200 {
            self.seen.insert((method.to_string(), path.to_owned()));
        }
        self.keep(&shown, &json);
        Said { status: shown.status.as_u16(), headers: shown.headers, json }
    }

    fn keep(&mut self, shown: &crate::client::Shown, json: &Value) {
        let Some(cookies) = &mut self.cookies else {
            assert!(shown.set_cookies().is_empty(), "an app gets no cookies");
            if let Some(token) = json.get("token") {
                self.token = token.as_str().map(str::to_owned);
            }
            if let Some(device) = json.get("device_token") {
                self.device = device.as_str().map(str::to_owned);
            }
            return;
        };
        assert!(json.get("token").is_none() && json.get("device_token").is_none(), "a script gets no tokens: {json}");
        for cookie in shown.set_cookies() {
            let (pair, attributes) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match attributes.contains("Max-Age=0") {
                true => cookies.remove(name),
                false => cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }

    /// The address of whoever is signed in, as a route of the host sees it.
    pub fn who(&self) -> Option<String> {
        let mut request = Request::get("/orders").body(()).unwrap().into_parts().0;
        if let Some(token) = &self.token {
            request.headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        }
        for (name, value) in self.cookies.iter().flatten() {
            request.headers.append(header::COOKIE, format!("{name}={value}").parse().unwrap());
        }
        block_on(self.pages.resume(&request)).ok().map(|who| who.email().as_typed().to_owned())
    }
}
