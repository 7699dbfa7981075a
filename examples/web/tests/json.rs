//! Walks through the JSON-only host as a client would.

#[path = "support/host.rs"]
mod host;

use host::Host;
use serde_json::{Value, json};

impl Host {
    async fn call(&self, path: &str, bearer: &str, sent: Value) -> (u16, Value) {
        let request = reqwest::Client::new().post(format!("{}{path}", self.url));
        let request =
            request.header("content-type", "application/json").header("authorization", format!("Bearer {bearer}"));
        let answer = request.body(sent.to_string()).send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "no-store");
        (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }
}

#[tokio::test]
async fn every_step_is_an_answer_in_json() {
    let mut host = Host::start(env!("CARGO_BIN_EXE_json"));
    let key = host.line("operator's key: ");
    let (email, own) = ("ann@acme.example", "a quiet morning in May");
    assert_eq!(host.call("/accounts/1/provision", "guessed", json!({ "email": email })).await.0, 404);
    assert_eq!(host.call("/accounts/1/provision", &key, json!({ "email": email })).await.0, 200);
    let temporary = host.line("    ");

    let (status, step) = host.call("/sign_in", "", json!({ "email": email, "password": temporary })).await;
    assert_eq!((status, &step["step"]), (200, &json!("new_password")));
    let challenge = &step["challenge"];
    let (status, refused) =
        host.call("/choose_password", "", json!({ "challenge": challenge, "new_password": "acme2026" })).await;
    assert_eq!((status, &refused["broken"]), (422, &json!(["too_short", "about_the_account"])));
    let (_, step) = host.call("/choose_password", "", json!({ "challenge": challenge, "new_password": own })).await;
    assert_eq!(step["step"], "complete");
    let session = step["session"].as_str().unwrap();
    assert_eq!(host.call("/me/resume", session, json!({})).await.1, json!({ "id": "1", "email": email }));

    let (status, refused) = host.call("/sign_in", "", json!({ "email": email, "password": "wrong" })).await;
    assert_eq!((status, &refused["message"]), (401, &json!("Email and Password do not match")));

    let (_, proved) = host.call("/me/reauthenticate", session, json!({ "password": own })).await;
    assert_eq!(host.call("/me/resume", session, json!({})).await.0, 401, "the session from before a proof is gone");
    let session = proved["session"].as_str().unwrap();
    // Another of her apps, in the list of both, is signed out from here.
    let given = json!({ "email": email, "password": own, "label": "tablet", "keep_signed_in": true });
    let tablet = host.call("/sign_in", "", given).await.1;
    let tablet = tablet["session"].as_str().unwrap_or_else(|| panic!("{tablet}"));
    let listed = host.call("/me/sessions", session, json!({})).await.1;
    let listed = listed.as_array().unwrap().iter().find(|listed| listed["label"] == "tablet").unwrap();
    assert_eq!(listed["this"], false);
    let revoked = host.call("/me/revoke_session", session, json!({ "session": listed["id"] })).await;
    assert_eq!(revoked, (200, json!({ "revoked": listed["id"] })));
    assert_eq!(host.call("/me/resume", tablet, json!({})).await.1["code"], "session_ended");
    let (_, begun) = host.call("/me/begin_enrollment", session, json!({})).await;
    let app = totp_rs::Totp::from_url(begun["uri"].as_str().unwrap()).unwrap();
    let now = time::OffsetDateTime::now_utc().unix_timestamp() as u64;
    let (_, on) = host.call("/me/confirm_enrollment", session, json!({ "code": app.generate(now).to_string() })).await;
    let codes = on["recovery_codes"].as_array().unwrap();
    assert_eq!(codes.len(), 10);
    let (_, status) = host.call("/me/second_factor", on["session"].as_str().unwrap(), json!({})).await;
    assert_eq!(status, json!({ "on": true }));
    let device = &step["device"];
    let (_, step) = host.call("/sign_in", "", json!({ "email": email, "password": own, "device": device })).await;
    assert_eq!(step["step"], "second_factor");
    let given = json!({ "challenge": step["challenge"], "code": codes[0] });
    let (_, step) = host.call("/verify_second_factor", "", given).await;
    assert_eq!(step["step"], "complete");

    let last = step["session"].as_str().unwrap();
    assert_eq!(host.call("/me/resume", on["session"].as_str().unwrap(), json!({})).await.0, 401, "of the same device");
    let given = json!({ "email": email, "password": own, "code": codes[1] });
    let (_, other) = host.call("/sign_in", "", given).await;
    let other = other["session"].as_str().unwrap_or_else(|| panic!("{other}"));
    assert_eq!(host.call("/me/sign_out", other, json!({})).await.0, 200);
    assert_eq!(host.call("/me/resume", other, json!({})).await.0, 401);
    assert_eq!(host.call("/me/resume", last, json!({})).await.0, 200, "only that one");
    host.call("/request_reset", "", json!({ "email": email })).await;
    let link = host.line(&format!("{}/reset/confirm?token=", host.url));
    assert_eq!(host.call("/confirm_reset", "", json!({ "token": link })).await.0, 200);
    let (_, refused) = host.call("/complete_reset", "", json!({ "token": "none", "new_password": own })).await;
    assert_eq!(refused["code"], "other_mode", "links mail a temporary password in this mode");
    assert_eq!(host.call("/accounts/1/deactivate", &key, json!({})).await.0, 200);
    let (status, _) = host.call("/me/devices", last, json!({})).await;
    assert_eq!(status, 401);
    assert_eq!(host.call("/no_such_call", "", json!({})).await.0, 404);
}

#[test]
fn it_is_short() {
    assert!(include_str!("../src/bin/json.rs").lines().count() < 250);
}
