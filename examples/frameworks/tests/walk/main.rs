//! One walk through the pages over HTTP, the same in every framework: what the pages send arrives as it is, and what must not get in
//! does not.

mod client;
mod world;

use client::{Client, FORM};
use reqwest::Method;
use world::{ANN, App, World};

const OWN: &str = "a quiet morning in May";
const LAST: &str = "rain on the roof at night";

async fn a_first_password_is_replaced(world: &World, browser: &mut Client) {
    browser.get("/").await.leads_to("/sign-in?then=%2F");
    browser.get("/sign-in").await.is(200, "Sign in").is_protected();
    let wrong = browser.sign_in(ANN, "a guess").await;
    wrong.is(401, "Email and Password do not match").is_protected();
    let early = browser.sign_in(ANN, "a guess").await;
    early.is(429, "").is_protected();
    assert_eq!(early.header("retry-after"), "1");
    world.advance(1);
    browser.sign_in(ANN, &world.temporary).await.leads_to("/choose-password");
    browser.get("/choose-password").await.is(200, "<li data-rule=");
    browser.get("/").await.leads_to("/sign-in?then=%2F");
    browser.post("/choose-password", &[("new_password", "acme")]).await.is(422, "The new password was not accepted.");
    let entered = browser.post("/choose-password", &[("new_password", OWN)]).await;
    entered.leads_to("/");
    entered.is_protected();
    let mut names: Vec<_> = entered.set_cookies().iter().map(|cookie| cookie.split('=').next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["__Host-device", "__Host-session", "__Host-steps"], "every cookie has a header of its own");
    let home = browser.get("/").await;
    home.is(200, "Hello ann@acme.example");
    assert_eq!(home.header("cache-control"), "no-store", "of the host's own page");
}

async fn another_site_changes_nothing(browser: &mut Client) {
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")] {
        browser.post_as(name, value, "/sign-out", &[]).await.is(403, "another site sent this").is_protected();
        browser.post_as(name, value, "/wave", &[]).await.is(403, "");
    }
    browser.get("/").await.is(200, "Waves: 0");
    browser.post("/wave", &[]).await.leads_to("/");
    browser.post_as("origin", "https://acme.example", "/wave", &[]).await.leads_to("/");
    browser.get("/").await.is(200, "Waves: 2");
    let mut stranger = Client::new(browser.address);
    stranger.post("/wave", &[]).await.leads_to("/sign-in?then=%2F");
    browser.get("/").await.is(200, "Waves: 2");
}

/// What frameworks like to answer themselves.
async fn requests_of_other_shapes(browser: &mut Client) {
    for path in ["/sign-in", "/nowhere", "/security"] {
        let got = browser.request(Method::GET, path).send().await.unwrap();
        let (length, head) = (got.headers()["content-length"].to_str().unwrap().to_owned(), browser.head(path));
        let (first, rest) = head.split_once("\r\n\r\n").unwrap();
        assert_eq!(rest, "", "a body for {path}");
        assert_eq!(head.split(' ').nth(1), Some(got.status().as_str()), "{head}");
        assert!(first.contains(&format!("\r\ncontent-length: {length}")), "not {length}: {head}");
        assert!(!head.contains("set-cookie"), "{head}");
    }
    assert!(browser.head("/").starts_with("http/1.1 303"), "the host's own route");
    let long = format!("email={}", "a".repeat(9_000));
    let posted = |kind, body| {
        let request = browser.request(Method::POST, "/sign-in").header("sec-fetch-site", "same-origin");
        request.header("content-type", kind).body(body)
    };
    let (long, wrong) = (posted(FORM, long), posted("text/plain", "{}".to_owned()));
    browser.send(long).await.is(413, "That is more than we can read.").is_protected();
    browser.send(wrong).await.is(415, "We read forms and JSON only.").is_protected();
    for path in ["/nowhere", "/nowhere/at/all", "/sign-in/", "/a%20b", "/nowhere?then=%2F"] {
        browser.get(path).await.is(404, "This page does not exist.").is_protected();
    }
    let deleted = browser.send(browser.request(Method::DELETE, "/sign-in")).await;
    deleted.is(405, "This page cannot do that.").is_protected();
    assert_eq!(deleted.header("allow"), "GET, HEAD, POST");
    browser.get("/sign-in?then=%2Forders%3Fpage%3D2").await.is(200, "value=\"/orders?page=2\"");
    let style = browser.get("/pages/style.css").await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert_ne!(style.header("cache-control"), "no-store");
    browser.get("/.well-known/change-password").await.leads_to("/security");
}

/// Returns the app and the recovery codes.
async fn an_authenticator_is_set_up(world: &World, browser: &mut Client) -> (App, Vec<String>) {
    let begun = browser.post("/security/authenticator", &[]).await;
    begun.is(200, "src=\"data:image/svg+xml;base64,").is_protected();
    let app = App::new(&begun.between("id=\"key\">", "<"));
    let confirm = "/security/authenticator/confirm";
    browser.post(confirm, &[("code", "no code")]).await.is(422, "digits shown by your authenticator");
    let enrolled = browser.post(confirm, &[("code", &app.next_code(world))]).await;
    enrolled.is(200, "Recovery codes").is_protected();
    let codes = enrolled.recovery_codes();
    assert_eq!(codes.len(), 10);
    (app, codes)
}

async fn signing_out_and_in_with_codes(world: &World, browser: &mut Client, app: &App, recovery: &str) {
    for code in [app.next_code(world), recovery.to_owned()] {
        world.advance(1);
        let stolen = browser.cookies["__Host-session"].clone();
        let left = browser.post("/sign-out", &[]).await;
        left.leads_to("/sign-in");
        assert_eq!(left.header("clear-site-data"), "\"cache\"");
        browser.get("/sign-in").await.is(200, "You are signed out.");
        browser.cookies.insert("__Host-session".to_owned(), stolen);
        browser.get("/").await.leads_to("/sign-in?then=%2F");
        browser.get("/sign-in").await.is(200, "Your session has ended");
        browser.sign_in(ANN, OWN).await.leads_to("/second-step");
        browser.get("/").await.leads_to("/sign-in?then=%2F");
        browser.post("/second-step", &[("code", "no code")]).await.is(422, "");
        browser.post("/second-step", &[("code", &code)]).await.leads_to("/");
        browser.get("/").await.is(200, "Hello ann@acme.example");
    }
}

async fn another_session_is_ended(browser: &mut Client, recovery: &str) {
    let mut other = Client::new(browser.address);
    other.sign_in(ANN, OWN).await.leads_to("/second-step");
    other.post("/second-step", &[("code", recovery)]).await.leads_to("/");
    let listed = browser.get("/security").await;
    listed.is(200, "Where you are signed in").is_protected();
    let session = listed.between("name=\"session\" value=\"", "\"");
    browser.post("/security/sessions/sign-out", &[("session", &session)]).await.leads_to("/security#sessions");
    browser.get("/security").await.is(200, "Signed out there.");
    other.get("/").await.leads_to("/sign-in?then=%2F");
    browser.get("/").await.is(200, "Hello ann@acme.example");
}

async fn a_fresh_proof_is_asked_for(world: &World, browser: &mut Client, app: &App) {
    world.advance(20 * 60);
    let asked = browser.post("/security/recovery-codes", &[]).await;
    asked.leads_to("/confirm?then=%2Fsecurity%23authenticator");
    let confirmed = browser.post("/confirm", &[("proof", &app.next_code(world)), ("then", "/security")]).await;
    confirmed.leads_to("/security");
    browser.get("/security").await.is(200, "Thank you. You can continue now.");
    assert_eq!(browser.post("/security/recovery-codes", &[]).await.recovery_codes().len(), 10);
}

async fn a_forgotten_password(world: &World, browser: &mut Client, app: &App) {
    let mut other = Client::new(browser.address);
    other.post("/forgot", &[("email", ANN)]).await.is(200, "Check the address");
    other.post("/forgot/send", &[("email", ANN)]).await.leads_to("/forgot/sent");
    let opened = other.get(&world.mailed_path()).await;
    let link = opened.header("location").to_owned();
    opened.leads_to(&link);
    other.get(&link).await.is(200, "Confirm your password reset").is_protected();
    let name = link.rsplit('=').next().unwrap();
    other.post("/reset/confirm", &[("link", name)]).await.leads_to("/reset/done");
    other.get("/reset/done").await.is(200, "Check your mailbox again");
    let temporary = world.mailer.last().unwrap().temporary_password().unwrap();
    other.sign_in(ANN, &temporary).await.leads_to("/second-step");
    other.post("/second-step", &[("code", &app.next_code(world))]).await.leads_to("/choose-password");
    other.post("/choose-password", &[("new_password", LAST)]).await.leads_to("/");
    other.get("/").await.is(200, "Hello ann@acme.example");
    browser.get("/").await.leads_to("/sign-in?then=%2F");
}

/// Twenty failures of a client address are free, whatever the accounts.
async fn the_client_address_is_throttled(browser: &Client) {
    if browser.address.ip().is_loopback() {
        assert!(std::env::var_os("DOORWARD_SKIP_NOTHING").is_none(), "no address but loopback");
        return eprintln!("skipped: the client address, since there is no address but loopback");
    }
    let mut stranger = Client::new(browser.address);
    let mut statuses = Vec::new();
    for n in 0..25 {
        statuses.push(stranger.sign_in(&format!("nobody-{n}@acme.example"), "a guess").await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}

async fn walk(world: World) {
    let mut browser = Client::new(world.address);
    a_first_password_is_replaced(&world, &mut browser).await;
    another_site_changes_nothing(&mut browser).await;
    requests_of_other_shapes(&mut browser).await;
    let (app, codes) = an_authenticator_is_set_up(&world, &mut browser).await;
    signing_out_and_in_with_codes(&world, &mut browser, &app, &codes[0]).await;
    another_session_is_ended(&mut browser, &codes[1]).await;
    a_fresh_proof_is_asked_for(&world, &mut browser, &app).await;
    a_forgotten_password(&world, &mut browser, &app).await;
    the_client_address_is_throttled(&browser).await;
}

macro_rules! walks {
    ($($framework:ident)+) => {
        $(
            #[tokio::test]
            async fn $framework() {
                walk(World::start(doorward_frameworks::$framework::serve)).await;
            }
        )+
    };
}

walks! { actix axum hyper poem rocket salvo }
