//! Walks through the host for apps as an app does, over real HTTP.

#[path = "support/host.rs"]
mod host;

use host::Host;
use serde_json::{Value, json};

/// An app: two strings to keep.
#[derive(Default)]
struct App {
    url: String,
    token: String,
    device: String,
}

impl App {
    async fn ask(&mut self, method: &str, path: &str, mut members: Value) -> (u16, Value) {
        let request = reqwest::Client::new().request(method.parse().unwrap(), format!("{}{path}", self.url));
        let request = match &*self.token {
            "" => {
                members["tokens"] = true.into();
                request
            }
            token => request.header("authorization", format!("Bearer {token}")),
        };
        if !self.device.is_empty() {
            members["device_token"] = self.device.as_str().into();
        }
        let request = request.header("accept", "application/json").header("content-type", "application/json");
        let answer = request.body(members.to_string()).send().await.unwrap();
        assert!(!answer.headers().contains_key("set-cookie"), "an app keeps no cookies");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        let said: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {text}"));
        if let Some(token) = said.get("token") {
            self.token = token.as_str().unwrap_or_default().to_owned();
        }
        if let Some(device) = said["device_token"].as_str() {
            self.device = device.to_owned();
        }
        (status, said)
    }

    async fn post(&mut self, path: &str, members: Value) -> (u16, Value) {
        self.ask("POST", path, members).await
    }
}

#[tokio::test]
async fn an_app_signs_in_and_uses_the_host() {
    let mut host = Host::start(env!("CARGO_BIN_EXE_json"));
    let temporary = host.line("ann@acme.example signs in with ");
    let (email, own, new) = ("ann@acme.example", "a quiet morning in May", "rain on the roof at night");
    let mut app = App { url: host.url.clone(), ..App::default() };
    assert_eq!(app.ask("GET", "/orders", json!({})).await.1["code"], "not_signed_in");

    let (status, said) = app.post("/sign-in", json!({ "email": email, "password": temporary })).await;
    assert_eq!((status, &said["step"]), (200, &json!("choose_password")));
    assert_eq!(app.ask("GET", "/orders", json!({})).await.0, 401, "not yet");
    let (status, said) = app.post("/choose-password", json!({ "new_password": "short" })).await;
    assert_eq!((status, &said["code"]), (422, &json!("password_rejected")));
    let (_, said) = app.post("/choose-password", json!({ "new_password": own })).await;
    assert_eq!((&said["step"], &said["next"]), (&json!("signed_in"), &json!("/orders")));
    assert_eq!(app.ask("GET", "/orders", json!({})).await.1, json!({ "orders": [], "of": email }));

    let (_, said) = app.post("/security/authenticator", json!({})).await;
    let phone = totp_rs::Totp::from_url(said["secret"]["uri"].as_str().unwrap()).unwrap();
    let now = u64::try_from(time::OffsetDateTime::now_utc().unix_timestamp()).unwrap();
    let code = phone.generate(now).to_string();
    let (_, said) = app.post("/security/authenticator/confirm", json!({ "code": code })).await;
    let codes = said["codes"].as_array().unwrap_or_else(|| panic!("{said}")).clone();
    assert_eq!(app.post("/sign-out", json!({})).await.1["notice"], "signed_out");
    assert_eq!(app.token, "");

    let (status, said) = app.post("/sign-in", json!({ "email": email, "password": own })).await;
    assert_eq!((status, &said["step"]), (200, &json!("second_factor")));
    assert_eq!(app.post("/second-step", json!({ "code": codes[0] })).await.1["step"], "signed_in");
    assert_eq!(app.post("/sign-out", json!({})).await.0, 200);

    assert_eq!(app.post("/forgot/send", json!({ "email": email })).await.0, 200);
    let link = host.line(&format!("{}/reset/confirm?token=", host.url));
    assert_eq!(app.post("/reset/confirm", json!({ "reset_token": link })).await.0, 200);
    let temporary = host.line("    ");
    let (_, said) = app.post("/sign-in", json!({ "email": email, "password": temporary })).await;
    assert_eq!(said["step"], "second_factor", "{said}");
    assert_eq!(app.post("/second-step", json!({ "code": codes[1] })).await.1["step"], "choose_password");
    assert_eq!(app.post("/choose-password", json!({ "new_password": new })).await.1["step"], "signed_in");

    let (status, said) = app.post("/account/close", json!({})).await;
    assert_eq!((status, &said), (200, &json!({ "closed": true })), "right after a sign-in");
    assert_eq!(app.ask("GET", "/orders", json!({})).await.0, 401);
}

#[test]
fn it_is_short() {
    assert!(include_str!("../src/bin/json.rs").lines().count() <= 60);
}
