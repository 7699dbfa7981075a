//! The application on its own port, and an HTTP client that keeps cookies.

#![allow(dead_code)] // Each test file uses what it needs.

pub mod browser;
pub mod process;
pub mod smtp;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};

use doorward::store::Version;
use doorward::{Email, UserRepository};
use doorward_web::app::{App, Options};
use doorward_web::{demo, router};
use reqwest::header::{HeaderMap, HeaderName, SET_COOKIE};
use reqwest::{Method, StatusCode};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub const BEN: (&str, &str) = ("ben@acme.example", "a quiet morning in May");
pub const OLGA: (&str, &str) = ("olga@acme.example", "rain on the roof at night");

pub struct Server {
    pub app: App,
    pub url: String,
    _folder: TempDir,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Options)) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}", folder.path().join("acme.db").display());
        let mut options = Options { base_url: url.clone(), database, smtp: None, second_factor_required: false };
        change(&mut options);
        let app = App::open(options).await.unwrap();
        demo::seed(&app).await.unwrap();
        let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { app, url, _folder: folder }
    }

    /// The user's version, which changes with every write.
    pub async fn version(&self, email: &str) -> Version {
        let found = self.app.store.find_by_email(&Email::parse(email).unwrap()).await.unwrap();
        self.app.store.find_by_id(found.unwrap().id()).await.unwrap().unwrap().version()
    }

    /// The mails that the mailbox page shows.
    pub fn mailbox(&self) -> Vec<String> {
        self.app.mailbox.mails().into_iter().map(|(_, _, mail)| mail.text()).collect()
    }

    /// Waits for that many mails: some are sent after the response.
    pub async fn mails(&self, count: usize) -> Vec<String> {
        for _ in 0..500 {
            let mails = self.mailbox();
            if mails.len() >= count {
                return mails;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{count} mails did not arrive");
    }
}

/// Prints a line that the test harness does not capture.
pub fn tell(line: &str) {
    drop(std::io::stderr().write_all(format!("{line}\n").as_bytes()));
}

pub fn nothing_may_be_skipped() -> bool {
    std::env::var_os("DOORWARD_SKIP_NOTHING").is_some()
}

/// The link in a mail.
pub fn link_in(mail: &str) -> String {
    mail.lines().find(|line| line.starts_with("http")).unwrap().to_owned()
}

/// The password in a mail.
pub fn password_in(mail: &str) -> String {
    mail.lines().find_map(|line| line.strip_prefix("    ")).unwrap().to_owned()
}

/// The name of the link that a page's form confirms.
pub fn link_named_in(page: &str) -> String {
    let (_, rest) = page.split_once(r#"name="link" value=""#).unwrap_or_else(|| panic!("no link in {page}"));
    rest.split('"').next().unwrap().to_owned()
}

pub struct Visitor {
    client: reqwest::Client,
    url: String,
    pub cookies: BTreeMap<String, String>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers.get("location").map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

impl Visitor {
    pub fn new(server: &Server) -> Self {
        Self::of(&server.url)
    }

    pub fn of(url: &str) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { client, url: url.to_owned(), cookies: BTreeMap::new() }
    }

    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let path = path.strip_prefix(&self.url).unwrap_or(path);
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(HeaderName::from_static(name), *value);
        }
        request = request.header("accept", "text/html");
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        if method == Method::POST {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(encoded(form));
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => drop(self.cookies.remove(name)),
                _ => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        Answer { status, headers, body: answer.text().await.unwrap() }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], &[("sec-fetch-site", "none")]).await
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, path, form, &[("sec-fetch-site", "same-origin")]).await
    }

    pub async fn sign_in(&mut self, (email, password): (&str, &str)) -> Answer {
        self.post("/sign-in", &[("email", email), ("password", password)]).await
    }

    /// Opens a mailed link and presses the button on its page.
    pub async fn confirm_link(&mut self, link: &str) -> Answer {
        let page = self.open_link(link).await;
        self.post("/reset/confirm", &[("link", &link_named_in(&page.body))]).await
    }

    /// Opens a mailed link and follows its redirect.
    pub async fn open_link(&mut self, link: &str) -> Answer {
        let to = self.get(link).await.location().to_owned();
        self.get(&to).await
    }

    /// Signed in from a new browser.
    pub async fn member(server: &Server, who: (&str, &str)) -> Self {
        let mut visitor = Self::new(server);
        let answer = visitor.sign_in(who).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
        visitor
    }

    pub fn session(&self) -> &str {
        self.cookies.get("__Host-session").map(String::as_str).unwrap_or_default()
    }
}

fn encoded(form: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            if byte.is_ascii_alphanumeric() {
                out.push(byte.into())
            } else {
                out.push_str(&format!("%{byte:02X}"))
            }
            out
        })
    };
    form.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
}
