use std::task::{Context, Waker};

use doorward::Auth;
use doorward::config::BackgroundWork;
use doorward::event::EventKind;
use doorward::pages::Pages;
use doorward::testing::{Driven, Fault, Faults};
use http::{Method, Request};
use pollster::block_on;

use crate::client::{Client, FORM, ask, pages_of, world_with_pages};
use crate::support::*;

#[test]
fn s01_a_first_password_leads_to_one_of_ones_own_and_that_signs_in() {
    let (world, mut browser) = world_with_pages(|builder| builder);
    world.provision(ANN);
    let mailed = world.mailed_password();
    browser.get("/sign-in").says("Keep me signed in").says("For 400 days").says("Forgot your password?");
    assert_eq!(browser.sign_in(ANN, &mailed).location(), "/choose-password");
    assert_eq!(browser.who(), None, "nobody is signed in yet");
    browser.get("/choose-password").says("Use at least 15 characters.").says(ANN);
    let refused = browser.post("/choose-password", &[("new_password", "short")]);
    assert_eq!(refused.status, 422);
    refused.says("Not yet").says("The new password was not accepted.");
    let checked = browser.post("/check-password", &[("new_password", "short")]);
    assert_eq!(checked.text, r#"{"broken":["too_short"]}"#);
    assert_eq!(browser.post("/choose-password", &[("new_password", OLD)]).location(), "/");
    assert_eq!(browser.who().as_deref(), Some(ANN));
    assert_eq!(browser.cookie("steps"), None);
    // The way there is closed.
    assert_eq!(browser.get("/choose-password").location(), "/sign-in");
    let mut stranger = Client::of(&browser.pages);
    assert_eq!(stranger.post("/check-password", &[("new_password", "short")]).status, 404);
}

#[test]
fn s20_a_code_or_a_recovery_code_completes_a_sign_in() {
    let (world, _, app, codes) = World::with_enrolled_ann_and(for_pages);
    let pages = pages_of(&world);
    let mut browser = Client::of(&pages);
    assert_eq!(browser.get("/second-step").location(), "/sign-in");
    assert_eq!(browser.sign_in(ANN, OLD).location(), "/second-step");
    let page = browser.get("/second-step");
    page.says("6-digit code").says("Use a recovery code");
    assert!(!page.text.contains("Do not ask"), "remembering is off");
    let wrong = browser.post("/second-step", &[("code", &app.wrong_code(&world))]);
    assert_eq!(wrong.status, 401);
    wrong.says("This code is not right");
    assert_eq!(browser.post("/second-step", &[("code", "x")]).status, 422);
    assert_eq!(browser.who(), None);
    // The steps of another browser's sign-in, taken half-way.
    let mut twice = browser.clone();
    assert_eq!(browser.post("/second-step", &[("code", &app.next(&world))]).location(), "/");
    assert_eq!(browser.who().as_deref(), Some(ANN));
    let again = twice.post("/second-step", &[("code", &app.next(&world))]);
    assert_eq!(again.location(), "/sign-in");
    twice.get("/sign-in").says("Please sign in again.");
    assert_eq!(twice.who(), None);

    let mut browser = Client::of(&pages);
    let _ = browser.sign_in(ANN, OLD);
    browser.get("/second-step?recovery").says("Recovery code").says("Use the authenticator app");
    let code = codes.expose().next().unwrap();
    assert_eq!(browser.post("/second-step", &[("code", code), ("recovery", "1")]).location(), "/");
    assert_eq!(browser.who().as_deref(), Some(ANN));
}

#[test]
fn s20_a_browser_is_remembered_only_where_the_host_allows_it() {
    for (allowed, next) in [(true, "/"), (false, "/second-step")] {
        let (world, _, app, _) = World::with_enrolled_ann_and(|builder| {
            for_pages(builder).configure(|config| config.second_factor.remember_device = allowed.then_some(30 * DAY))
        });
        let mut browser = Client::of(&pages_of(&world));
        let _ = browser.sign_in(ANN, OLD);
        let offered = browser.get("/second-step").text.contains("for 30 days");
        assert_eq!(offered, allowed);
        let _ = browser.post("/second-step", &[("code", &app.next(&world)), ("remember", "1")]);
        world.clock.advance(MINUTE);
        assert_eq!(browser.sign_in(ANN, OLD).location(), next);
    }
}

#[test]
fn s15_known_and_unknown_addresses_get_the_same_page() {
    let (world, mut browser) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let known = browser.sign_in(ANN, "a guess");
    // As long as hers: the page shows what was typed.
    const UNKNOWN: &str = "eve@acme.example";
    let unknown = browser.sign_in(UNKNOWN, "a guess");
    assert_eq!((known.status.as_u16(), unknown.status.as_u16()), (401, 401));
    assert_eq!(known.headers, unknown.headers);
    assert_eq!(known.text.replace(ANN, ""), unknown.text.replace(UNKNOWN, ""));
    known.says("Email and Password do not match").says(r#"value="ann@acme.example""#);
    assert!(!known.text.contains("a guess"), "the password is not shown again");

    let waits: Vec<_> = [ANN, UNKNOWN].into_iter().map(|address| browser.sign_in(address, "a guess")).collect();
    for wait in &waits {
        assert_eq!((wait.status.as_u16(), wait.headers["retry-after"].to_str().unwrap()), (429, "1"));
        wait.says("Your account is not locked.").says(r#"data-wait="1""#);
    }
    assert_eq!(waits[0].headers, waits[1].headers);
}

#[test]
fn a_sign_in_leads_back_to_the_page_that_asked_for_it_and_nowhere_else() {
    let (world, browser) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    for (then, leads) in [
        ("/orders?page=2", "/orders?page=2"),
        ("", "/"),
        ("//elsewhere.example", "/"),
        ("https://elsewhere.example/", "/"),
        ("/\\elsewhere.example", "/"),
        ("/\t/elsewhere.example", "/"),
    ] {
        world.clock.advance(MINUTE);
        let mut browser = browser.clone();
        let page = browser.get(&browser.pages.sign_in_path(then));
        assert_eq!(page.text.contains(r#"name="then""#), leads != "/", "{then:?}");
        let sent = browser.post("/sign-in", &[("email", ANN), ("password", OLD), ("then", then)]);
        assert_eq!(sent.location(), leads);
    }
    // Through every step, and after a refusal.
    world.provision("new@acme.example");
    let mailed = world.mailed_password();
    let mut browser = browser.clone();
    let refused = browser.post("/sign-in", &[("email", ANN), ("password", "x"), ("then", "/orders")]);
    refused.says(r#"name="then" value="/orders""#);
    let fields = [("email", "new@acme.example"), ("password", &*mailed), ("then", "/orders")];
    assert_eq!(browser.post("/sign-in", &fields).location(), "/choose-password");
    assert_eq!(browser.post("/choose-password", &[("new_password", NEW)]).location(), "/orders");
    // A link of an attacker shows nothing but the page.
    let page = browser.get("/sign-in?then=%2F%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E");
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
}

#[test]
fn s18_signing_out_ends_the_session_and_keeps_the_device() {
    let (world, mut browser) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let _ = browser.sign_in(ANN, OLD);
    let (session, device) = (browser.cookies.clone(), browser.cookie("device").map(str::to_owned));
    browser.get("/sign-in").says("You are already signed in.").says("Sign out");
    browser.get("/sign-out").says("Do you want to sign out");
    assert!(browser.who().is_some(), "a GET changes nothing");
    let left = browser.post("/sign-out", &[]);
    assert_eq!((left.location(), left.headers["clear-site-data"].to_str().unwrap()), ("/sign-in", "\"cache\""));
    browser.get("/sign-in").says("You are signed out.");
    assert!(!browser.get("/sign-in").text.contains("You are signed out."), "said once");
    assert_eq!(browser.cookie("session"), None);
    assert_eq!(browser.cookie("device").map(str::to_owned), device);
    let copied = Client { pages: browser.pages.clone(), cookies: session };
    assert_eq!(copied.who(), None);
    // A form sent twice is one act.
    assert_eq!(browser.post("/sign-out", &[]).location(), "/sign-in");
}

#[test]
fn signing_in_as_someone_else_ends_the_session_before() {
    let (world, mut browser) = world_with_pages(|builder| builder);
    for address in [ANN, "bob@acme.example"] {
        let _ = world.open(address, OLD);
    }
    let _ = browser.sign_in(ANN, OLD);
    let before = browser.clone();
    let _ = browser.sign_in("bob@acme.example", OLD);
    assert_eq!((before.who(), browser.who().as_deref()), (None, Some("bob@acme.example")));
}

#[test]
fn keep_me_signed_in_outlives_the_browser_and_only_if_asked_for() {
    let (world, browser) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    for (keep, lasts) in [(&[][..], false), (&[("keep", "1")], true)] {
        world.clock.advance(MINUTE);
        let fields: Vec<_> = [("email", ANN), ("password", OLD)].into_iter().chain(keep.iter().copied()).collect();
        let shown = browser.clone().post("/sign-in", &fields);
        let cookies = shown.set_cookies();
        let session = cookies.iter().find(|cookie| cookie.starts_with("__Host-session=")).unwrap();
        assert_eq!(session.contains("Max-Age"), lasts, "{session}");
    }
}

#[test]
fn get_and_head_consume_nothing() {
    let (world, mut browser) = world_with_pages(|builder| builder);
    world.provision(ANN);
    let mailed = world.mailed_password();
    let _ = browser.sign_in(ANN, &mailed);
    let token = world.request(ANN);
    let before = world.user(ANN);
    let paths: Vec<_> = browser.pages.routes().map(|(_, path)| path).collect();
    for path in paths.iter().map(String::as_str).chain([&*format!("/reset/confirm?token={token}")]) {
        for method in [Method::GET, Method::HEAD] {
            let shown = browser.clone().send(method.clone(), path, "");
            let sets_none = shown.set_cookies().is_empty();
            // Only a GET keeps a link for the form.
            assert_eq!(sets_none, method == Method::HEAD || !path.contains("token="), "{method} {path}");
        }
    }
    assert_eq!(world.user(ANN).version(), before.version());
    assert_eq!(browser.post("/choose-password", &[("new_password", OLD)]).location(), "/");
}

#[test]
fn a_store_that_is_down_is_a_503_that_keeps_cookies_and_what_was_typed() {
    let (world, mut browser) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let _ = browser.sign_in(ANN, OLD);
    block_on(world.auth.close());
    for (path, fields) in [
        ("/sign-in", &[("email", ANN), ("password", OLD)][..]),
        ("/sign-out", &[]),
        ("/forgot/send", &[("email", ANN)]),
    ] {
        let shown = browser.post(path, fields);
        assert_eq!(shown.status, 503, "{path}");
        shown.says("Something went wrong on our side.");
        assert!(shown.set_cookies().is_empty(), "{path}");
        assert!(path == "/sign-out" || shown.text.contains(ANN), "{path} forgot the address");
    }
    assert!(browser.cookie("session").is_some());
    assert_eq!(browser.get("/sign-in").status, 200);
}

#[test]
fn failures_count_per_client_address_as_configured_and_never_for_a_proxy() {
    let world = World::for_pages(|builder| builder);
    let pages = Pages::builder(world.auth.clone())
        .client_address(|request| request.headers.get("x-test-peer").and_then(|peer| peer.to_str().ok()?.parse().ok()));
    let pages = pages.build().unwrap();
    let throttled = |peer: &str| {
        (0..60).any(|turn| {
            let request = Request::post("/sign-in").header("content-type", FORM);
            let request = request.header("x-test-peer", peer);
            let body = format!("email=nobody{turn}{}@acme.example&password=a+guess", peer.replace([':', '.'], "-"));
            block_on(ask(&pages, request.body(body).unwrap())).status == 429
        })
    };
    assert!(throttled("192.0.2.7"), "many addresses from one client");
    assert!(!throttled("127.0.0.1") && !throttled("::ffff:127.0.0.1") && !throttled("::1") && !throttled("x"));
    assert!(world.observer.kinds().iter().any(|kind| matches!(kind, EventKind::Throttled { .. })));
}

#[test]
fn any_call_of_a_port_may_fail_or_drop_the_request_and_the_owner_still_gets_in() {
    let world = World::for_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let faults = Faults::new();
    let (users, attempts) = (faults.users(world.users.clone()), faults.attempts(world.attempts.clone()));
    let auth = Auth::builder(site(), users, attempts, world.mailer.clone());
    let auth = auth.clock(world.clock.clone()).keyring(keyring());
    // What a fault stops is given up.
    let poll_once = |mut work: BackgroundWork| {
        let _ = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    };
    let auth = auth.background(poll_once);
    let auth = auth.configure(for_tests).build().unwrap();
    let pages = Pages::builder(auth).build().unwrap();
    let request = || {
        let body = format!("email={ANN}&password={}", OLD.replace(' ', "+"));
        Request::post("/sign-in").header("content-type", FORM).body(body).unwrap()
    };
    let mut struck = 0;
    for fault in Fault::ALL {
        for k in 1.. {
            world.clock.advance(HOUR);
            faults.strike(k, fault);
            let driven = faults.drive(pages.respond(request()));
            if let Driven::Finished(answer) = driven {
                let status = answer.status().as_u16();
                assert!([303, 503].contains(&status), "{fault:?} at call {k}: {status}");
                let session = answer
                    .headers()
                    .get_all("set-cookie")
                    .iter()
                    .any(|set| set.to_str().unwrap().contains("-session="));
                assert_eq!(session, status == 303, "{fault:?} at call {k}");
            }
            if !faults.has_struck() {
                break;
            }
            faults.relent();
            struck += 1;
            world.clock.advance(HOUR);
            assert_eq!(Client::of(&pages).sign_in(ANN, OLD).location(), "/", "after {fault:?} at call {k}");
        }
    }
    assert!(struck >= 8, "faults struck: {struck}");
}
