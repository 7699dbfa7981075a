//! Walks through the one-file host as a browser would.

#[path = "support/host.rs"]
mod host;

use std::collections::BTreeMap;

use host::Host;
use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::{Client, redirect::Policy};

const ANN: &str = "ann@acme.example";
const OWN: &str = "a quiet morning in May";

struct Browser {
    client: Client,
    url: String,
    cookies: BTreeMap<String, String>,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn goes_to(&self) -> Option<&str> {
        (self.status == 303).then(|| self.headers["location"].to_str().unwrap())
    }
}

impl Browser {
    fn new(host: &Host) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { client, url: host.url.clone(), cookies: BTreeMap::new() }
    }

    async fn get(&mut self, path: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.url));
        self.send(request).await
    }

    /// As a browser asks for a page.
    async fn get_page(&mut self, path: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.url)).header("accept", "text/html");
        self.send(request).await
    }

    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_from("same-origin", path, form).await
    }

    async fn post_from(&mut self, site: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let form: Vec<_> = form.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let request = self.client.post(format!("{}{path}", self.url)).header("sec-fetch-site", site);
        self.send(request.header("content-type", "application/x-www-form-urlencoded").body(form.join("&"))).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", cookies.join("; ")).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            assert!(name.starts_with("__Host-") && cookie.contains("Secure") && cookie.contains("Path=/"), "{cookie}");
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
            assert_eq!(cookie.contains("Max-Age=7776000"), name == "__Host-device", "{cookie}");
            match value {
                "" => drop(self.cookies.remove(name)),
                _ => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        if headers.contains_key("content-security-policy") {
            for (name, value) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer")] {
                assert_eq!(headers[name], value);
            }
        }
        Answer { status, headers, body: answer.text().await.unwrap() }
    }
}

#[tokio::test]
async fn every_page_leads_on_and_what_must_not_get_in_does_not() {
    let mut host = Host::start(env!("CARGO_BIN_EXE_minimal"));
    let temporary = host.line("ann@acme.example signs in with ");
    let mut browser = Browser::new(&host);
    let asked = browser.get_page("/?tab=2").await;
    assert_eq!(asked.goes_to(), Some("/sign-in?then=%2F%3Ftab%3D2"));
    assert_eq!(browser.get("/").await.status, 401, "a client that shows no pages");
    assert_eq!(browser.get("/nowhere").await.status, 404);

    // Forged and wrong.
    let form = [("email", ANN), ("password", temporary.as_str()), ("then", "/?tab=2")];
    assert_eq!(browser.post_from("cross-site", "/sign-in", &form).await.status, 403);
    assert_eq!(
        browser.post_from("cross-site", "/", &form).await.status,
        403,
        "the host's own routes are protected too"
    );
    let wrong = browser.post("/sign-in", &[("email", "\"><script>"), ("password", "\"><script>")]).await;
    assert!(wrong.status == 401 && wrong.body.contains("Email and Password do not match"), "{}", wrong.body);
    assert!(!wrong.body.contains("<script>"));

    // The mailed password, the choice of another, and back to the page that was asked for.
    assert_eq!(browser.post("/sign-in", &form).await.goes_to(), Some("/choose-password"));
    let refused = browser.post("/choose-password", &[("new_password", "acme")]).await;
    assert!(refused.status == 422 && refused.body.contains("The new password was not accepted."));
    assert_eq!(browser.get_page("/").await.status, 303, "nobody is signed in yet");
    assert_eq!(browser.post("/choose-password", &[("new_password", OWN)]).await.goes_to(), Some("/?tab=2"));
    assert_eq!(browser.get_page("/?tab=2").await.body, "Hello ann@acme.example");

    // An authenticator app.
    let begun = browser.post("/security/authenticator", &[]).await;
    let key = begun.body.split_once("id=\"key\">").unwrap().1.split('<').next().unwrap().replace(' ', "");
    let app = totp_rs::Totp::from_url(format!("otpauth://totp/Acme:ann?secret={key}&issuer=Acme")).unwrap();
    let code = app.generate(time::OffsetDateTime::now_utc().unix_timestamp() as u64).to_string();
    let enrolled = browser.post("/security/authenticator/confirm", &[("code", &code)]).await;
    let codes: Vec<_> = enrolled.body.split("<li><code>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    assert_eq!((enrolled.status, codes.len()), (200, 10));

    // Sign out, and in again with a password and a code.
    let stolen = browser.cookies["__Host-session"].clone();
    assert_eq!(browser.post("/sign-out", &[]).await.goes_to(), Some("/sign-in"));
    browser.cookies.insert("__Host-session".to_owned(), stolen);
    assert_eq!(browser.get_page("/").await.status, 303, "the session is gone on the server");
    assert_eq!(browser.post("/sign-in", &[("email", ANN), ("password", OWN)]).await.goes_to(), Some("/second-step"));
    assert_eq!(browser.get_page("/").await.status, 303, "a password alone signs nobody in");
    assert_eq!(browser.post("/second-step", &[("code", "no code")]).await.status, 422);
    assert_eq!(browser.post("/second-step", &[("code", codes[0])]).await.goes_to(), Some("/"));
    assert_eq!(browser.get_page("/").await.status, 200);

    // Forgot the password, on another machine.
    let mut other = Browser::new(&host);
    let sent = other.post("/forgot/send", &[("email", ANN)]).await;
    assert_eq!(sent.goes_to(), Some("/forgot/sent"));
    let link = host.line(&format!("{}/reset/confirm?token=", host.url));
    let page = other.get(&format!("/reset/confirm?token={link}")).await.goes_to().unwrap().to_owned();
    assert_eq!(other.get(&page).await.status, 200);
    let name = page.rsplit('=').next().unwrap();
    assert_eq!(other.post("/reset/confirm", &[("link", name)]).await.goes_to(), Some("/reset/done"));
    assert!(other.cookies.contains_key("__Host-device"));
    let temporary = host.line("    ");

    // Mail alone does not bypass the second factor.
    let form = [("email", ANN), ("password", temporary.as_str())];
    assert_eq!(other.post("/sign-in", &form).await.goes_to(), Some("/second-step"));
    assert_eq!(other.post("/second-step", &[("code", codes[1])]).await.goes_to(), Some("/choose-password"));
    let chosen = [("new_password", "rain on the roof at night")];
    assert_eq!(other.post("/choose-password", &chosen).await.goes_to(), Some("/"));
    assert_eq!(other.get_page("/").await.status, 200);
    assert_eq!(browser.get_page("/").await.status, 303, "every other session has ended");
}

#[test]
fn it_is_short_and_in_the_readme_word_for_word() {
    let source = include_str!("../src/bin/minimal.rs");
    let program = source.splitn(3, '\n').last().unwrap();
    assert!(program.lines().count() <= 30);
    assert!(include_str!("../../../README.md").contains(&format!("```rust,ignore\n{program}```")), "they differ");
}
