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

    /// The hidden value for the next step.
    fn held(&self) -> String {
        let (_, rest) = self.body.split_once("name=held value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    fn lines(&self) -> Vec<&str> {
        let lines = self.body.split_once("<p>").and_then(|(_, rest)| rest.split_once("</p><form")).unwrap().0;
        lines.split("</p><p>").collect()
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
        for (name, value) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer")] {
            assert_eq!(headers[name], value);
        }
        assert!(headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
        Answer { status, headers, body: answer.text().await.unwrap() }
    }

    async fn sign_in(&mut self, password: &str) -> Answer {
        self.post("/sign-in", &[("email", ANN), ("password", password)]).await
    }
}

#[tokio::test]
async fn every_page_leads_on_and_what_must_not_get_in_does_not() {
    let mut host = Host::start(env!("CARGO_BIN_EXE_minimal"));
    let temporary = host.line("ann@acme.example signs in with ");
    let mut browser = Browser::new(&host);
    assert_eq!(browser.get("/").await.goes_to(), Some("/sign-in"));

    // Forged, wrong, early.
    let form = [("email", ANN), ("password", temporary.as_str())];
    assert_eq!(browser.post_from("cross-site", "/sign-in", &form).await.status, 403);
    let wrong = browser.post("/sign-in", &[("email", "\"><script>"), ("password", "\"><script>")]).await;
    assert_eq!((wrong.status, wrong.lines()[0]), (401, "Email and Password do not match"));
    assert!(!wrong.body.contains("script"));

    // The mailed password, and the forced choice of another.
    let choice = browser.sign_in(&temporary).await;
    assert!(browser.cookies.is_empty(), "there is no session yet");
    assert!(choice.lines().len() > 3, "the rules are shown before anyone types");
    let held = choice.held();
    let refused = browser.post("/sign-in/password", &[("held", &held), ("password", "acme")]).await;
    assert_eq!((refused.status, refused.held()), (422, held.clone()));
    assert!(refused.lines()[0].starts_with("The new password was not accepted."));

    // The required second factor.
    let enrolling = browser.post("/sign-in/password", &[("held", &held), ("password", OWN)]).await;
    let key = enrolling.lines()[0].strip_prefix("Key: ").unwrap().replace(' ', "");
    let app = totp_rs::Totp::from_url(format!("otpauth://totp/Acme:ann?secret={key}&issuer=Acme")).unwrap();
    let code = app.generate(time::OffsetDateTime::now_utc().unix_timestamp() as u64).to_string();
    let form = [("held", enrolling.held()), ("code", code)];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let enrolled = browser.post("/sign-in/authenticator", &form).await;
    let codes: Vec<_> = enrolled.lines().into_iter().skip(1).map(str::to_owned).collect();
    assert_eq!((enrolled.status, codes.len()), (200, 10));
    assert!(browser.get("/").await.lines()[0].starts_with("You are user "));
    assert!(browser.cookies.contains_key("__Host-device"));

    // Sign out, and in again with a password and a code.
    let stolen = browser.cookies["__Host-session"].clone();
    assert_eq!(browser.post("/sign-out", &[]).await.goes_to(), Some("/sign-in"));
    browser.cookies.insert("__Host-session".to_owned(), stolen);
    assert_eq!(browser.get("/").await.goes_to(), Some("/sign-in"), "the session is gone on the server");
    let asked = browser.sign_in(OWN).await;
    assert_eq!(browser.get("/").await.goes_to(), Some("/sign-in"), "a password alone signs nobody in");
    let held = asked.held();
    let wrong = browser.post("/sign-in/code", &[("held", &held), ("code", "no code")]).await;
    assert_eq!((wrong.status, wrong.held()), (422, held.clone()));
    assert_eq!(browser.post("/sign-in/code", &[("held", &held), ("code", &codes[0])]).await.goes_to(), Some("/"));
    assert_eq!(browser.get("/").await.status, 200);

    // Forgot the password, on another machine.
    let mut other = Browser::new(&host);
    let form = [("email", ANN), ("again", "anne@acme.example")];
    assert!(other.post("/forgot", &form).await.lines()[0].starts_with("Please enter your address twice"));
    let known = other.post("/forgot", &[("email", ANN), ("again", "Ann@acme.example")]).await;
    let unknown = other.post("/forgot", &[("email", "eve@acme.example"), ("again", "eve@acme.example")]).await;
    assert_eq!(known.body, unknown.body);
    let link = host.line(&format!("{}/reset/confirm?token=", host.url));
    let shown = other.get(&format!("/reset/confirm?token={link}")).await;
    assert_eq!((shown.status, shown.held()), (200, link.clone()));
    assert!(!other.get("/reset/confirm?token=%22%3E%3Cscript%3E").await.body.contains("script>"));
    assert_eq!(other.post("/reset/confirm", &[("held", &link)]).await.status, 200, "viewing it confirmed nothing");
    assert!(other.cookies.contains_key("__Host-device"));
    let temporary = host.line("    ");

    // Mail alone does not bypass the second factor.
    let held = other.sign_in(&temporary).await.held();
    let choice = other.post("/sign-in/code", &[("held", &held), ("code", &codes[1])]).await;
    let chosen = [("held", choice.held()), ("password", "rain on the roof at night".to_owned())];
    let chosen: Vec<_> = chosen.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(other.post("/sign-in/password", &chosen).await.goes_to(), Some("/"));
    assert_eq!(other.get("/").await.status, 200);
    assert_eq!(browser.get("/").await.goes_to(), Some("/sign-in"), "every other session has ended");
}

#[test]
fn it_is_short() {
    assert!(include_str!("../src/bin/minimal.rs").lines().count() < 300);
}
