use doorward::second_factor::SecondFactorPolicy;
use http::{Method, Request};
use pollster::block_on;

use crate::client::{Client, FORM, Shown, ask, world_with_pages};
use crate::support::*;

/// A world in which Ann is signed in, in a browser.
fn signed_in() -> (World, Client) {
    let (world, mut browser) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    assert_eq!(browser.sign_in(ANN, OLD).location(), "/");
    (world, browser)
}

/// The authenticator app, set up by the key that a page shows.
fn app_of(shown: &Shown) -> totp_rs::Totp {
    let (_, key) = shown.text.split_once(r#"id="key">"#).unwrap_or_else(|| panic!("no key in {}", shown.text));
    let key = key.split('<').next().unwrap().replace(' ', "");
    totp_rs::Totp::from_url(format!("otpauth://totp/Acme:ann?secret={key}&issuer=Acme")).unwrap()
}

fn code(world: &World, app: &totp_rs::Totp) -> String {
    app.generate(u64::try_from(world.now().unix_timestamp()).unwrap()).to_string()
}

fn recovery_codes(shown: &Shown) -> Vec<String> {
    let codes = shown.text.split("<li><code>").skip(1).filter_map(|rest| rest.split('<').next());
    codes.map(str::to_owned).collect()
}

/// The hidden values of that name.
fn hidden(shown: &Shown, name: &str) -> Vec<String> {
    let before = format!(r#"name="{name}" value=""#);
    let values = shown.text.split(&before).skip(1).filter_map(|rest| rest.split('"').next());
    values.map(str::to_owned).collect()
}

#[test]
fn s20_a_required_second_factor_is_set_up_before_anyone_is_signed_in() {
    let (world, mut browser) = world_with_pages(|builder| {
        builder.configure(|config| config.second_factor.policy = SecondFactorPolicy::Required)
    });
    world.provision(ANN);
    let fields = [("email", ANN), ("password", &*world.mailed_password()), ("then", "/orders")]
        .map(|(name, value)| (name, value.to_owned()));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.post("/sign-in", &fields).location(), "/choose-password");
    assert_eq!(browser.post("/choose-password", &[("new_password", OLD)]).location(), "/authenticator");
    browser.get("/authenticator").says("An authenticator app is required here.");
    let begun = browser.post("/authenticator", &[]);
    begun.says("data:image/svg+xml;base64,").says("Scan this code");
    let app = app_of(&begun);
    let malformed = browser.post("/authenticator/confirm", &[("code", "x")]);
    assert_eq!(malformed.status, 422);
    malformed.says("Start again with a new key");
    assert_eq!(browser.who(), None);
    let shown = browser.post("/authenticator/confirm", &[("code", &code(&world, &app))]);
    assert_eq!(recovery_codes(&shown).len(), 10);
    shown.says(r#"href="/orders""#);
    assert_eq!(browser.who().as_deref(), Some(ANN));
    browser.get("/security").says("has been on since").says("10 recovery codes are left");
    assert!(!browser.get("/security").text.contains("Turn it off"), "it is required");
    // From now on a password alone signs nobody in.
    assert_eq!(Client::of(&browser.pages).sign_in(ANN, OLD).location(), "/second-step");
}

#[test]
fn s05_a_password_is_changed_and_ends_every_other_session() {
    let (world, mut browser) = signed_in();
    let mut other = Client::of(&browser.pages);
    world.clock.advance(MINUTE);
    let _ = other.sign_in(ANN, OLD);
    browser.get("/security").says("Current password").says(ANN).says("Use at least 15 characters.");
    let wrong = browser.post("/security/password", &[("current_password", "x"), ("new_password", NEW)]);
    assert_eq!(wrong.status, 422);
    wrong.says("The current password is not right.");
    world.clock.advance(MINUTE);
    let weak = browser.post("/security/password", &[("current_password", OLD), ("new_password", "short")]);
    assert_eq!(weak.status, 422);
    weak.says("Not yet");
    assert_eq!(browser.post("/check-password", &[("new_password", "short")]).text, r#"{"broken":["too_short"]}"#);
    world.clock.advance(MINUTE);
    let device = browser.cookie("device").unwrap().to_owned();
    let changed = browser.post("/security/password", &[("current_password", OLD), ("new_password", NEW)]);
    assert_eq!(changed.location(), "/security");
    browser.get("/security").says("Password changed.");
    let renewed = browser.cookie("device").unwrap();
    assert!(renewed != device && !renewed.contains('~'), "one token for one person");
    assert_eq!((browser.who().as_deref(), other.who()), (Some(ANN), None));
    let ended = other.get("/security");
    assert_eq!(ended.location(), "/sign-in?then=%2Fsecurity");
    other.get("/sign-in").says("Your session has ended");
}

#[test]
fn s19_sensitive_actions_ask_for_a_fresh_proof_and_then_go_on() {
    let (world, mut browser) = signed_in();
    // The app, right after the sign-in.
    let app = app_of(&browser.post("/security/authenticator", &[]));
    let shown = browser.post("/security/authenticator/confirm", &[("code", &code(&world, &app))]);
    assert_eq!(recovery_codes(&shown).len(), 10);
    let device = browser.cookie("device").unwrap().to_owned();
    for path in [
        "/security/recovery-codes",
        "/security/authenticator",
        "/security/authenticator/off",
        "/security/sessions/sign-out-others",
    ] {
        world.clock.advance(HOUR);
        let before = browser.clone();
        let to = browser.post(path, &[]).location().to_owned();
        assert!(to.starts_with("/confirm?then=%2Fsecurity%23"), "{path}: {to}");
        let asked = browser.get(&to);
        asked.says("Code from your authenticator app");
        let then = hidden(&asked, "then").remove(0);
        let wrong = browser.post("/confirm", &[("proof", OLD), ("then", &then)]);
        assert_eq!(wrong.status, 422, "a password is not enough");
        let proved = browser.post("/confirm", &[("proof", &code(&world, &app)), ("then", &then)]);
        assert_eq!(proved.location(), then);
        browser.get("/security").says("Thank you. You can continue now.");
        assert_eq!((before.who(), browser.who().as_deref()), (None, Some(ANN)), "the token is new");
    }
    assert!(browser.post("/security/sessions/sign-out-others", &[]).location().ends_with("#sessions"));
    assert_eq!(recovery_codes(&browser.post("/security/recovery-codes", &[])).len(), 10);
    assert_eq!(browser.post("/security/authenticator/off", &[]).location(), "/security");
    browser.get("/security").says("Two-step sign-in is off.").says("Set up an authenticator app");
    assert_eq!(browser.cookie("device").unwrap(), device);
}

#[test]
fn a_proof_leads_on_within_the_site_only() {
    let (world, mut browser) = signed_in();
    for (then, leads) in [("/orders?x=1", "/orders?x=1"), ("//elsewhere.example", "/security"), ("", "/security")] {
        world.clock.advance(HOUR);
        let asked = browser.get(&browser.pages.confirm_path(then));
        asked.says("Your password");
        let proved = browser.post("/confirm", &[("proof", OLD), ("then", then)]);
        assert_eq!(proved.location(), leads);
    }
}

#[test]
fn s18_sessions_and_devices_are_listed_and_ended_one_by_one() {
    let (world, mut browser) = signed_in();
    let mut others: Vec<_> = (0..3).map(|_| Client::of(&browser.pages)).collect();
    for other in &mut others {
        world.clock.advance(MINUTE);
        let _ = other.sign_in(ANN, OLD);
    }
    let page = browser.get("/security");
    page.says("This session").says("This device").says("with password");
    let (sessions, devices) = (hidden(&page, "session"), hidden(&page, "device"));
    assert!(sessions.len() >= 3 && devices.len() >= 3, "all but this one can be ended");
    let live = |others: &[Client]| others.iter().filter(|other| other.who().is_some()).count();
    assert_eq!(
        browser.post("/security/sessions/sign-out", &[("session", &sessions[0])]).location(),
        "/security#sessions"
    );
    assert_eq!(live(&others), 2);
    // The devices include that of the session which has ended.
    let page = browser.get("/security");
    page.says("Signed out there.");
    for device in hidden(&page, "device") {
        assert_eq!(browser.post("/security/devices/sign-out", &[("device", &device)]).location(), "/security#devices");
    }
    assert_eq!((live(&others), browser.who().as_deref()), (0, Some(ANN)));
    for path in ["/security/sessions/sign-out", "/security/devices/sign-out"] {
        assert_eq!(browser.post(path, &[("session", "x"), ("device", "x")]).status, 404, "{path}");
    }
}

#[test]
fn nobody_reaches_a_members_pages_and_comes_back_after_signing_in() {
    let (world, browser) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let version = world.user(ANN).version();
    let routes: Vec<_> =
        browser.pages.routes().filter(|(_, path)| path.starts_with("/security") || path == "/confirm").collect();
    assert!(routes.len() > 15);
    for (method, path) in routes {
        let to = browser.clone().send(method.clone(), &path, "").location().to_owned();
        assert!(to.starts_with("/sign-in?then=%2F"), "{method} {path}: {to}");
    }
    assert_eq!(browser.clone().get("/.well-known/change-password").location(), "/security");
    assert_eq!(world.user(ANN).version(), version);
}

#[test]
fn another_site_changes_nothing_for_someone_who_is_signed_in() {
    let (world, browser) = signed_in();
    let (version, mails) = (world.user(ANN).version(), world.mailer.count());
    let cookies: Vec<_> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    for (_, path) in browser.pages.routes().filter(|(method, _)| *method == Method::POST) {
        let request = Request::post(&path).header("content-type", FORM).header("cookie", cookies.join("; "));
        let body = format!("email={ANN}&proof=x&current_password=x&new_password=x");
        let shown = block_on(ask(&browser.pages, request.header("sec-fetch-site", "cross-site").body(body).unwrap()));
        assert_eq!((shown.status.as_u16(), shown.set_cookies().len()), (403, 0), "{path}");
    }
    assert_eq!((world.user(ANN).version(), world.mailer.count()), (version, mails));
    assert!(browser.who().is_some());
}

#[test]
fn a_page_warns_before_the_session_ends() {
    let (world, mut browser) = world_with_pages(|builder| {
        builder.configure(|config| config.session.lifetimes = doorward::session::SessionLifetimes::AAL2)
    });
    let _ = world.open(ANN, OLD);
    let _ = browser.sign_in(ANN, OLD);
    browser.get("/security").says("<template>").says("Stay signed in");
    assert!(!browser.get("/sign-in").text.contains("Stay signed in"));
    // A day after the sign-in it ends, however much it is used.
    for _ in 0..47 {
        world.clock.advance(30 * MINUTE);
        let _ = browser.get("/security");
    }
    world.clock.advance(26 * MINUTE);
    let soon = browser.get("/security");
    soon.says("Sign in again");
    assert!(!soon.text.contains("<template>"));
}
