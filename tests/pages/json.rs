//! The pages as JSON: by bearer token, as an app, and by cookies, as a script of the site.

use std::collections::BTreeSet;

use doorward::event::EventKind;
use doorward::second_factor::SecondFactorPolicy;
use http::{HeaderMap, Method, Request, header};
use pollster::block_on;
use serde_json::{Value, json};

use crate::app::{App, Said};
use crate::client::{Client, FORM, Shown, ask, pages_of, world_with_pages};
use crate::support::*;

const JSON: &str = "application/json";

fn totp(begun: &Said) -> totp_rs::Totp {
    totp_rs::Totp::from_url(begun.json["secret"]["uri"].as_str().unwrap()).unwrap()
}

fn code(world: &World, app: &totp_rs::Totp) -> String {
    world.clock.advance(30 * SECOND);
    app.generate(u64::try_from(world.now().unix_timestamp()).unwrap()).to_string()
}

/// A world in which Ann is signed in, as an app or as a script.
fn world_with_app() -> (World, App) {
    let (world, browser) = world_with_pages(|builder| builder);
    let app = App::of(&browser.pages);
    (world, app)
}

fn signed_in(by: fn(&doorward::pages::Pages) -> App) -> (World, App) {
    let world = World::for_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let mut app = by(&pages_of(&world));
    assert_eq!(app.sign_in(ANN, OLD).step(), "signed_in");
    (world, app)
}

fn both() -> [fn(&doorward::pages::Pages) -> App; 2] {
    [App::of, App::script_of]
}

/// A request as it is, without a helper's habits.
fn raw(app: &App, path: &str, headers: &[(&str, &str)], body: impl Into<String>) -> Shown {
    let mut request = Request::post(path).header("accept", JSON);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let shown = block_on(ask(&app.pages, request.body(body.into()).unwrap()));
    app.document.judge(&Method::POST, path, &shown, &serde_json::from_str(&shown.text).unwrap());
    shown
}

/// From the first mail to a second factor that is required: every step of a sign-in.
fn arrive(by: fn(&doorward::pages::Pages) -> App) -> (World, App, totp_rs::Totp, Vec<String>) {
    let world = World::for_pages(|builder| {
        builder.configure(|config| config.second_factor.policy = SecondFactorPolicy::Required)
    });
    world.provision(ANN);
    let mut app = by(&pages_of(&world));
    assert!(app.get("/sign-in").json["keep_days"].is_u64());
    let first = json!({ "email": ANN, "password": world.mailed_password(), "then": "/orders", "keep": true });
    let began = app.post("/sign-in", first);
    assert_eq!((began.step(), &began.json["next"]), ("choose_password", &json!("/choose-password")));
    assert_eq!(app.who(), None, "nobody is signed in yet");
    assert_eq!(app.get("/second-step").code(), (401, "no_sign_in"), "it is another step");
    assert!(app.get("/choose-password").json["rules"].as_array().is_some_and(|rules| !rules.is_empty()));
    let broken = app.post("/check-password", json!({ "new_password": "short" }));
    assert_eq!(broken.json, json!({ "broken": ["too_short"] }));
    let refused = app.post("/choose-password", json!({ "new_password": "short" }));
    assert_eq!(refused.code(), (422, "password_rejected"));
    assert_eq!(
        (&refused.json["field"], &refused.json["violations"][0]["code"]),
        (&json!("new_password"), &json!("too_short"))
    );
    assert_eq!(app.post("/choose-password", json!({ "new_password": OLD })).step(), "enroll");
    assert_eq!((app.get("/authenticator").status, app.get("/authenticator/confirm").status), (200, 200));
    let begun = app.post("/authenticator", json!({}));
    assert!(begun.json["secret"]["qr"].as_str().unwrap().starts_with("data:image/svg+xml;base64,"));
    let phone = totp(&begun);
    assert_eq!(app.post("/authenticator/confirm", json!({ "code": "x" })).code(), (422, "code_malformed"));
    let done = app.post("/authenticator/confirm", json!({ "code": code(&world, &phone) }));
    assert_eq!((done.step(), &done.json["next"]), ("signed_in", &json!("/orders")));
    assert_eq!(app.who().as_deref(), Some(ANN));
    let codes = done.json["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    (world, app, phone, codes)
}

/// Sign-out, a code, a recovery code, a reset.
fn come_back(world: &World, app: &mut App, phone: &totp_rs::Totp, codes: &[String]) {
    assert_eq!(app.get("/sign-out").json, json!({}));
    let before = app.clone();
    let left = app.post("/sign-out", json!({}));
    assert_eq!((&left.json["next"], &left.json["notice"]), (&json!("/sign-in"), &json!("signed_out")));
    assert_eq!((app.who(), before.who()), (None, None));
    assert_eq!(app.get("/security").code(), (401, "not_signed_in"));
    assert_eq!(app.post("/check-password", json!({ "new_password": "x" })).code(), (401, "not_signed_in"));
    for proof in [code(world, phone), codes[0].clone()] {
        world.clock.advance(MINUTE);
        assert_eq!(app.sign_in(ANN, OLD).step(), "second_factor");
        assert_eq!(app.get("/second-step").status, 200);
        let wrong = app.post("/second-step", json!({ "code": "x" }));
        assert_eq!((wrong.code(), &wrong.json["field"]), ((422, "code_malformed"), &json!("code")));
        let proof = if proof.len() == 6 { code(world, phone) } else { proof };
        assert_eq!(app.post("/second-step", json!({ "code": proof })).step(), "signed_in");
    }
    let _ = app.post("/sign-out", json!({}));
    for path in ["/forgot", "/forgot/change", "/forgot/send"] {
        assert_eq!(app.get(path).json, json!({ "email": "" }));
    }
    assert_eq!(app.post("/forgot", json!({ "email": ANN })).json, json!({ "email": ANN }));
    assert_eq!(app.post("/forgot/change", json!({ "email": ANN })).json, json!({ "email": ANN }));
    assert_eq!(app.post("/forgot", json!({ "email": "ann@@" })).code(), (422, "email_malformed"));
    assert_eq!(app.post("/forgot/send", json!({ "email": ANN })).json, json!({ "next": "/forgot/sent" }));
    assert_eq!(app.get("/forgot/sent").json, json!({ "minutes": 5 }));
    let link = world.last_mail().link().unwrap().to_owned();
    assert_eq!(app.post("/reset/confirm", json!({ "reset_token": "x" })).code(), (400, "link_damaged"));
    assert!(app.post("/reset/confirm", json!({ "reset_token": link })).json["until"].is_string());
    assert_eq!(app.post("/reset/confirm", json!({ "reset_token": link })).code(), (409, "already_confirmed"));
    let again = app.sign_in(ANN, &world.mailed_password());
    let again = if again.step() == "second_factor" {
        app.post("/second-step", json!({ "code": code(world, phone) }))
    } else {
        again
    };
    assert_eq!(again.step(), "choose_password");
    assert_eq!(app.post("/choose-password", json!({ "new_password": NEW })).step(), "signed_in");
    assert_eq!(app.post("/reset/confirm", json!({ "reset_token": link })).code(), (400, "link_invalid"));
}

/// The settings, each after a proof. Returns what was asked, for the document.
fn settle(by: fn(&doorward::pages::Pages) -> App) -> BTreeSet<(String, String)> {
    let (world, mut app) = signed_in(by);
    let phone = totp(&app.post("/security/authenticator", json!({})));
    let on = app.post("/security/authenticator/confirm", json!({ "code": code(&world, &phone) }));
    assert_eq!((on.json["codes"].as_array().unwrap().len(), &on.json["next"]), (10, &json!("/security")));
    for path in ["/security/sessions/sign-out-others", "/security/recovery-codes", "/security/authenticator/off"] {
        world.clock.advance(HOUR);
        assert_eq!(app.get(path).json["email"], ANN);
        assert_eq!(app.post(path, json!({})).code(), (403, "code_proof_needed"), "{path}");
        assert_eq!(app.get("/confirm").json["by_code"], true);
        assert_eq!(app.post("/confirm", json!({ "proof": OLD })).status, 422, "a password is not enough");
        let before = app.clone();
        let proved = app.post("/confirm", json!({ "proof": code(&world, &phone), "then": path }));
        assert_eq!((&proved.json["next"], &proved.json["notice"]), (&json!(path), &json!("confirmed")));
        assert_eq!((before.who(), app.who().as_deref()), (None, Some(ANN)), "a new token replaces the old one");
        assert_eq!(app.post(path, json!({})).status, 200, "{path}");
    }
    world.clock.advance(HOUR);
    let mut other = by(&app.pages);
    let _ = other.sign_in(ANN, OLD);
    assert_eq!(app.post("/confirm", json!({ "proof": OLD })).status, 200);
    let listed = app.get("/security").json;
    let others =
        |kind: &str| listed[kind].as_array().unwrap().iter().find(|one| one["this"] == false).unwrap()["id"].clone();
    let ended = app.post("/security/sessions/sign-out", json!({ "session": others("sessions") }));
    assert_eq!((&ended.json["notice"], other.who()), (&json!("session_signed_out"), None));
    assert_eq!(app.post("/security/sessions/sign-out", json!({ "session": "x" })).code(), (404, "unknown_session"));
    let ended = app.post("/security/devices/sign-out", json!({ "device": others("devices") }));
    assert_eq!(ended.json["notice"], "device_signed_out");
    assert_eq!(app.post("/security/devices/sign-out", json!({ "device": "x" })).code(), (404, "unknown_device"));
    world.clock.advance(MINUTE);
    let wrong = app.post("/security/password", json!({ "current_password": "x", "new_password": NEW }));
    assert_eq!((wrong.code(), &wrong.json["field"]), ((422, "current_password_wrong"), &json!("current_password")));
    world.clock.advance(MINUTE);
    let changed = app.post("/security/password", json!({ "current_password": OLD, "new_password": NEW }));
    assert_eq!((&changed.json["notice"], app.who().as_deref()), (&json!("password_changed"), Some(ANN)));
    for path in ["password", "authenticator", "authenticator/confirm", "devices/sign-out", "sessions/sign-out"] {
        assert_eq!(app.get(&format!("/security/{path}")).status, 200);
    }
    app.seen
}

#[test]
fn the_whole_story_is_told_in_json_and_every_200_of_the_document_is_met() {
    let mut seen = BTreeSet::new();
    for by in both() {
        let (world, mut app, phone, codes) = arrive(by);
        come_back(&world, &mut app, &phone, &codes);
        seen.extend(app.seen);
        seen.extend(settle(by));
        seen.extend(crate::email::told_in_json(by));
        seen.extend(crate::leaving::told_in_json(by));
    }
    // A browser opens a link, in JSON or not.
    let world = World::for_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let mut script = App::script_of(&pages_of(&world));
    assert_eq!(script.get("/reset/confirm").code(), (400, "link_not_kept"));
    let opened = script.get(&format!("/reset/confirm?token={}", world.request(ANN)));
    let link = script.get(opened.json["next"].as_str().unwrap()).json["link"].clone();
    assert!(script.post("/reset/confirm", json!({ "link": link })).json["until"].is_string());
    assert_eq!(script.get("/reset/done").json, json!({ "next": "/sign-in" }));
    seen.extend(script.seen);
    seen.extend(crate::email::opened_in_json());
    seen.extend(crate::leaving::opened_in_json());
    let registered = crate::register::told_in_json();
    seen.extend(registered.seen);
    let unseen: Vec<_> = registered
        .pages
        .routes()
        .map(|(method, path)| (method.to_string(), path))
        .filter(|(_, path)| !path.starts_with("/pages/") && !path.starts_with("/.well-known/"))
        .filter(|route| !seen.contains(route))
        .collect();
    assert_eq!(unseen, []);
}

/// The lines of the manual.
#[test]
fn an_app_signs_in_as_the_manual_says() {
    let manual = include_str!("../../src/pages/mod.rs");
    let (_, section) = manual.split_once("//! # JSON\n").expect("the manual has the section");
    let (world, client) = world_with_pages(|builder| builder);
    world.provision(ANN);
    let mailed = world.mailed_password();
    let mut token = String::new();
    let (mut asked, mut answered) = (0, Value::Null);
    for line in section.lines().take_while(|line| !line.starts_with("//! # ")) {
        let line = line.trim_start_matches("//! ").replace("MAILED", &mailed).replace("TOKEN", &token);
        if let Some(call) = line.strip_prefix("POST ").or_else(|| line.strip_prefix("GET ")) {
            let mut parts = call.splitn(2, ' ');
            let (path, rest) = (parts.next().unwrap(), parts.next().unwrap_or_default());
            let method = if line.starts_with("POST") { Method::POST } else { Method::GET };
            let mut request = Request::builder().method(method).uri(path).header("accept", JSON);
            if !token.is_empty() {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let shown =
                block_on(ask(&client.pages, request.header("content-type", JSON).body(rest.to_owned()).unwrap()));
            (asked, answered) = (asked + 1, serde_json::from_str(&shown.text).unwrap());
            if let Some(new) = answered["token"].as_str() {
                token = new.to_owned();
            }
        } else if let Some(expected) = line.strip_prefix("→ ") {
            for part in expected.split([',', '{', '}']).filter_map(|part| part.split_once(':')) {
                let (name, value) = (part.0.trim().trim_matches('"'), part.1.trim());
                let found = answered[name].to_string();
                assert!(
                    !answered[name].is_null() && (value == "…" || value == found),
                    "{name} is not {value} in {answered}"
                );
            }
        }
    }
    assert!(asked >= 4, "{asked} calls were found");
}

#[test]
fn a_token_says_how_long_it_lasts_and_a_kept_one_lasts_longer() {
    let config = doorward::Config::default().session;
    let world =
        World::for_pages(|builder| builder.configure(|config| config.session = doorward::Config::default().session));
    let _ = world.open(ANN, OLD);
    let mut app = App::of(&pages_of(&world));
    let mut lasts = |members: Value| {
        world.clock.advance(MINUTE);
        app.post("/sign-in", members).json["expires_in"].as_u64().unwrap()
    };
    let short = lasts(json!({ "email": ANN, "password": OLD, "keep": false }));
    let long = lasts(json!({ "email": ANN, "password": OLD, "keep": true }));
    assert_eq!((short, long), (config.lifetimes.idle.as_secs(), config.kept_lifetimes.idle.as_secs()));
    assert!(short < long);
}

#[test]
fn no_script_turns_the_session_of_a_browser_into_a_token() {
    let (world, script) = signed_in(App::script_of);
    let cookies: Vec<_> = script.cookies.iter().flatten().map(|(name, value)| format!("{name}={value}")).collect();
    let cookies = cookies.join("; ");
    let version = world.user(ANN).version();
    let proof = json!({ "proof": OLD, "tokens": true }).to_string();
    for credential in ["", "Bearer", "Bearer ", "bearer x", "Bearer \u{fc}", "BEARER a b"] {
        let mut headers = vec![("cookie", &*cookies), ("content-type", JSON)];
        headers.extend(Some(("authorization", credential)).filter(|_| !credential.is_empty()));
        let shown = raw(&script, "/confirm", &headers, &proof);
        assert_eq!((shown.status.as_u16(), shown.set_cookies().len()), (401, 0), "{credential:?} {}", shown.text);
        assert!(!shown.text.contains("token"), "{}", shown.text);
    }
    assert_eq!(world.user(ANN).version(), version);
    assert!(script.who().is_some());
}

#[test]
fn credentials_of_a_proxy_disturb_no_browser() {
    let (_, script) = signed_in(App::script_of);
    let cookies: Vec<_> = script.cookies.iter().flatten().map(|(name, value)| format!("{name}={value}")).collect();
    let status = |accept: &str, credentials: &[&str]| {
        let mut request = Request::get("/security").header("accept", accept).header("cookie", cookies.join("; "));
        for credential in credentials {
            request = request.header("authorization", *credential);
        }
        block_on(ask(&script.pages, request.body(String::new()).unwrap())).status.as_u16()
    };
    assert_eq!(status(JSON, &["Basic c3RhZ2luZzp4"]), 200);
    assert_eq!(status("text/html", &["Basic c3RhZ2luZzp4"]), 200);
    assert_eq!(status("text/html,*/*;q=0.8", &["Bearer of.a.proxy"]), 200, "it signs in users of its own");
    for bearer in ["Bearer of.a.proxy", "Bearer", "bearer "] {
        assert_eq!(status(JSON, &[bearer]), 401, "{bearer:?} is an app's, beside which no cookie is read");
    }
    let token = script.cookies.as_ref().unwrap()["__Host-session"].clone();
    let bearer = format!("Bearer {token}");
    assert_eq!(status(JSON, &[&bearer]), 200);
    assert_eq!(status(JSON, &[&bearer, &bearer]), 401, "which of two credentials counts is not guessed");
    assert_eq!(status(JSON, &["Basic c3RhZ2luZzp4", &bearer]), 401);
}

#[test]
fn a_stale_token_and_those_of_others_are_nobodys() {
    let (world, mut app) = signed_in(App::of);
    let stale = app.clone();
    world.clock.advance(MINUTE);
    assert_eq!(app.post("/confirm", json!({ "proof": OLD })).status, 200);
    let _ = world.open("bob@acme.example", OLD);
    let mut bob = App::of(&app.pages);
    let _ = bob.sign_in("bob@acme.example", OLD);
    assert_eq!(bob.get("/security").json["email"], "bob@acme.example");
    let foreign = {
        let world = World::for_pages(|builder| builder.keyring(doorward::Keyring::new("a", [8; 32]).unwrap()));
        let _ = world.open(ANN, OLD);
        let mut app = App::of(&pages_of(&world));
        let _ = app.sign_in(ANN, OLD);
        app.token
    };
    let sealed = {
        world.provision("new@acme.example");
        let mut app = App::of(&app.pages);
        assert_eq!(app.sign_in("new@acme.example", &world.mailed_password()).step(), "choose_password");
        app.token
    };
    for token in [stale.token, foreign, sealed, app.device.clone()] {
        let mut app = App { token, ..app.clone() };
        let refused = app.get("/security");
        assert_eq!(
            (refused.code(), &refused.headers["www-authenticate"]),
            ((401, "session_ended"), &"Bearer".parse().unwrap())
        );
        assert_eq!(app.who(), None);
    }
}

#[test]
fn a_new_sign_in_by_bearer_ends_the_session_before() {
    let (world, mut app) = signed_in(App::of);
    let before = app.clone();
    let _ = world.open("bob@acme.example", OLD);
    let _ = app.sign_in("bob@acme.example", OLD);
    assert_eq!((before.who(), app.who().as_deref()), (None, Some("bob@acme.example")));
}

#[test]
fn a_post_by_bearer_needs_neither_body_nor_type_and_without_one_it_does() {
    let (_, app) = signed_in(App::of);
    let bearer = format!("Bearer {}", app.token.clone().unwrap());
    assert_eq!(raw(&app, "/sign-out", &[], "").status, 415);
    assert_eq!(raw(&app, "/sign-out", &[("authorization", &bearer), ("content-type", "text/plain")], "").status, 415);
    assert!(app.who().is_some());
    assert_eq!(raw(&app, "/sign-out", &[("authorization", &bearer)], "").status, 200);
    assert_eq!(app.who(), None);
}

#[test]
fn what_is_no_plain_object_is_malformed_and_the_member_at_fault_is_named() {
    let (world, app) = signed_in(App::of);
    let right = format!(r#"{{"email":"{ANN}","password":"{OLD}","tokens":true}}"#);
    let deep = format!(r#"{{"email":{}1{}}}"#, "[".repeat(3_000), "]".repeat(3_000));
    let nested = format!(r#"{{"email":{}1{}}}"#, "[".repeat(20), "]".repeat(20));
    let twice = right.replace("}", r#","\u0070assword":"x"}"#);
    let surrogate = right.replace(OLD, "\\ud800");
    let trailing = format!("{right}{right}");
    for (body, field) in [
        ("null", ""),
        ("[]", ""),
        ("\"x\"", ""),
        ("{", ""),
        ("{'a':1}", ""),
        (&*deep, "email"),
        (&*twice, ""),
        (&*surrogate, ""),
        (&*trailing, ""),
        (r#"{"email":1e999}"#, ""),
        ("email=x", ""),
        (&*nested, "email"),
        (r#"{"email":"a@b.example","password":123456}"#, "password"),
        (r#"{"email":"a@b.example","password":99999999999999999999999999}"#, "password"),
        (r#"{"email":true}"#, "email"),
        (r#"{"email":false}"#, "email"),
        (r#"{"email":{"a":{}}}"#, "email"),
        (r#"{"tokens":"false"}"#, "tokens"),
        (r#"{"keep":1}"#, "keep"),
        (r#"{"keep":"false"}"#, "keep"),
    ] {
        let shown = raw(&app, "/sign-in", &[("content-type", JSON)], body);
        let json: Value = serde_json::from_str(&shown.text).unwrap();
        assert_eq!((shown.status.as_u16(), &json["code"]), (400, &json!("request_malformed")), "{body}: {json}");
        assert_eq!(json["field"].as_str().unwrap_or_default(), field, "{body}");
        assert_eq!(shown.headers["content-type"], "application/problem+json");
    }
    let mut latin: Vec<u8> = right.clone().into_bytes();
    latin.insert(20, 0xfc);
    let request = Request::post("/sign-in").header("content-type", "application/json; charset=iso-8859-1");
    let refused =
        block_on(app.pages.respond(request.body(http_body_util::Full::new(bytes::Bytes::from(latin))).unwrap()));
    assert_eq!(refused.status(), 400, "not UTF-8");
    let long = format!(r#"{{"email":"{}"}}"#, "x".repeat(9_000));
    assert_eq!(raw(&app, "/sign-in", &[("content-type", JSON)], long).status, 413);
    for body in [right.clone(), format!("\u{feff}{right}"), right.replace("true", "true,\"keep\":null,\"other\":\"x\"")]
    {
        world.clock.advance(MINUTE);
        let shown = raw(&app, "/sign-in", &[("content-type", "Application/JSON; charset=utf-8")], body);
        assert_eq!(shown.status, 200, "{}", shown.text);
    }
    // An empty body is an empty object.
    raw(&app, "/sign-in", &[("content-type", JSON)], "").says("\"field\":\"email\"");
}

#[test]
fn another_site_changes_nothing_by_json_either() {
    let (world, script) = signed_in(App::script_of);
    let cookies: Vec<_> = script.cookies.iter().flatten().map(|(name, value)| format!("{name}={value}")).collect();
    let cookies = cookies.join("; ");
    let version = world.user(ANN).version();
    let body = json!({ "email": ANN, "password": OLD, "proof": OLD, "tokens": true }).to_string();
    let posts: Vec<_> = script.pages.routes().filter(|(method, _)| *method == Method::POST).collect();
    for (_, path) in &posts {
        for (name, value, kind, status) in [
            ("sec-fetch-site", "cross-site", JSON, 403),
            ("origin", "https://elsewhere.example", JSON, 403),
            ("sec-fetch-site", "same-origin", "text/plain", 415),
            ("sec-fetch-site", "cross-site", "text/plain", 403),
        ] {
            let shown = raw(&script, path, &[("cookie", &cookies), ("content-type", kind), (name, value)], &body);
            assert_eq!((shown.status.as_u16(), shown.set_cookies().len()), (status, 0), "{path} {kind}");
        }
    }
    assert_eq!(world.user(ANN).version(), version);
}

#[test]
fn s15_json_is_the_same_for_known_and_unknown_addresses() {
    let world = World::for_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    for by in both() {
        world.clock.advance(HOUR);
        for (path, status) in [("/sign-in", 401), ("/sign-in", 429), ("/forgot/send", 200), ("/forgot/send", 200)] {
            let mut app = by(&pages_of(&world));
            let mut said = |address: &str| app.post(path, json!({ "email": address, "password": "a guess" }));
            let (known, unknown) = (said(ANN), said(NOBODY));
            assert_eq!(known.status, status, "{path}");
            assert_eq!((known.status, &known.headers, &known.json), (unknown.status, &unknown.headers, &unknown.json));
            assert_eq!(known.headers.contains_key("retry-after"), status == 429);
        }
    }
}

#[test]
fn a_store_that_is_down_is_a_503_and_tokens_and_cookies_stay() {
    for by in both() {
        let (world, mut app) = signed_in(by);
        block_on(world.auth.close());
        for (path, members) in [
            ("/sign-in", json!({ "email": ANN, "password": OLD })),
            ("/sign-out", json!({})),
            ("/forgot/send", json!({ "email": ANN })),
            ("/confirm", json!({ "proof": OLD })),
            ("/security/sessions/sign-out-others", json!({})),
        ] {
            let refused = app.post(path, members);
            assert_eq!(refused.status, 503, "{path}");
            assert!(refused.json.get("token").is_none() && !refused.headers.contains_key("set-cookie"));
        }
        assert_eq!(app.get("/security").status, 503);
        assert!(app.token.is_some() || app.cookies.is_some_and(|cookies| cookies.contains_key("__Host-session")));
    }
}

#[test]
fn answers_are_not_kept_by_caches_and_differ_by_what_the_request_has() {
    let (_, mut app) = signed_in(App::of);
    let header = |headers: &HeaderMap, name: &str| headers[name].to_str().unwrap().to_owned();
    for said in [app.get("/security"), app.get("/second-step"), app.post("/confirm", json!({ "proof": "x" }))] {
        assert_eq!(header(&said.headers, "cache-control"), "no-store");
        let vary = header(&said.headers, "vary");
        for name in ["Accept", "Authorization", "Cookie"] {
            assert!(vary.split(", ").any(|other| other == name), "{vary}");
        }
    }
    let head = Request::head("/security").header("authorization", format!("Bearer {}", app.token.clone().unwrap()));
    let shown = block_on(ask(&app.pages, head.body(String::new()).unwrap()));
    assert_eq!((shown.status.as_u16(), &*shown.text), (200, ""));
    assert_eq!(shown.headers["content-type"], JSON);
}

#[test]
fn a_form_gets_json_too_and_a_script_leaves_the_notice_to_the_page() {
    let (_, mut app) = signed_in(App::of);
    let body = format!("email={ANN}&password=x&tokens=1");
    assert_eq!(
        raw(&app, "/sign-in", &[("content-type", FORM)], body).headers["content-type"],
        "application/problem+json"
    );
    assert_eq!(app.get("/sign-in").status, 200);
    let (world, mut browser) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let _ = browser.sign_in(ANN, OLD);
    let _ = browser.post("/sign-out", &[]);
    let mut script = App::script_of(&browser.pages);
    script.cookies = Some(browser.cookies.clone());
    let _ = script.get("/sign-in");
    browser = Client { pages: browser.pages, cookies: script.cookies.unwrap() };
    browser.get("/sign-in").says("You are signed out.");
}

#[test]
fn no_answer_shows_a_token_to_debug() {
    let (world, app) = signed_in(App::of);
    world.clock.advance(MINUTE);
    let body = json!({ "email": ANN, "password": OLD, "tokens": true }).to_string();
    let request = Request::post("/sign-in").header(header::CONTENT_TYPE, JSON).header(header::ACCEPT, JSON);
    let response = block_on(app.pages.respond(request.body(body).unwrap()));
    let shown = format!("{response:?}");
    assert!(response.status() == 200 && shown.contains("PageBody([redacted])") && !shown.contains("token"), "{shown}");
}

#[test]
fn members_that_no_page_reads_are_ignored_whatever_they_are() {
    let (world, mut app) = world_with_app();
    let _ = world.open(ANN, OLD);
    let members =
        json!({ "email": ANN, "password": OLD, "battery": 7, "dark": true, "sensors": [1, {}], "device": null });
    assert_eq!(app.post("/sign-in", members).step(), "signed_in");
}

#[test]
fn a_member_that_is_missing_is_named_and_nothing_is_tried() {
    let (world, mut app) = world_with_app();
    let _ = world.open(ANN, OLD);
    let mut tried = 0;
    for (path, required) in app.document.required_members() {
        if path.starts_with("/accounts") {
            // Of operators: others do not learn that there is such a page.
            continue;
        }
        for missing in &required {
            let sent: serde_json::Map<_, _> =
                required.iter().filter(|name| *name != missing).map(|name| (name.clone(), json!("x"))).collect();
            let said = app.post(&path, sent.into());
            assert_eq!(said.code(), (400, "request_malformed"), "{path} without {missing}: {}", said.json);
            assert_eq!(said.json["field"], missing.as_str(), "{path}");
            tried += 1;
        }
    }
    assert!(tried >= 14, "{tried}");
    assert!(!world.observer.kinds().iter().any(|kind| matches!(kind, EventKind::SignInFailed { .. })));
}

#[test]
fn who_is_not_signed_in_learns_why_and_keeps_what_is_alive() {
    let (world, mut app) = world_with_app();
    let _ = world.open(ANN, OLD);
    assert_eq!(app.get("/security").code(), (401, "not_signed_in"));
    assert_eq!(app.sign_in(ANN, OLD).step(), "signed_in");
    for path in ["/second-step", "/choose-password", "/authenticator"] {
        assert_eq!(app.get(path).code(), (401, "no_sign_in"), "{path}: the session goes on");
    }
    assert_eq!(app.who().as_deref(), Some(ANN));
    let ended = app.clone();
    let _ = app.post("/sign-out", json!({}));
    let mut ended = ended;
    assert_eq!(ended.get("/security").code(), (401, "session_ended"));
}

#[test]
fn every_token_of_an_app_is_one_that_a_header_may_have() {
    let (world, mut app) = world_with_app();
    world.provision(ANN);
    assert_eq!(app.sign_in(ANN, &world.mailed_password()).step(), "choose_password");
    // RFC 6750: b64token
    let is_token = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
    assert!(app.token.as_deref().is_some_and(is_token), "of a step");
    assert_eq!(app.post("/choose-password", json!({ "new_password": NEW })).step(), "signed_in");
    assert!(app.token.as_deref().is_some_and(is_token), "of a session");
}

#[test]
fn an_app_names_itself() {
    let (world, mut app) = world_with_app();
    let _ = world.open(ANN, OLD);
    let _ = app.post("/sign-in", json!({ "email": ANN, "password": OLD, "label": "Acme on Ann's phone" }));
    assert!(app.get("/security").json["sessions"].to_string().contains("Acme on Ann's phone"));
}
