//! Another address for an account: a free and a taken one are the same, nothing happens before a button is pressed, and whoever reads
//! the old mailbox gets the account back.

use std::collections::BTreeSet;

use doorward::pages::Pages;
use doorward::{Auth, UserRepository};
use http::{Method, Request};
use pollster::block_on;
use serde_json::json;

use crate::app::App;
use crate::client::{Client, FORM, Shown, ask, pages_of, world_with_pages};
use crate::support::*;

const MOVED: &str = "Ann.Lee@acme.example";
const BOB: &str = "bob@acme.example";

/// A world in which Ann is signed in, in a browser.
fn signed_in() -> (World, Client) {
    let (world, mut browser) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    assert_eq!(browser.sign_in(ANN, OLD).location(), "/");
    (world, browser)
}

fn path_of(link: &str) -> String {
    link.strip_prefix("https://acme.example").expect("the link leads to the site").to_owned()
}

/// Asks for that address, and returns the path of the link that went there.
pub fn asked(world: &World, browser: &mut Client, address: &str) -> String {
    assert_eq!(browser.post("/security/email", &[("email", address)]).location(), "/security");
    let mail = world.last_mail();
    assert_eq!((mail.to.as_typed(), mail.mail.kind().name()), (address, "confirm_email_change"));
    path_of(&mail.link().unwrap())
}

/// The path of the link that takes the last change back.
pub fn undo_link(world: &World) -> String {
    path_of(&world.mails("email_changed").last().expect("the old address was told").link().unwrap())
}

/// The name of the link, once the mailed one was opened.
pub fn opened(browser: &mut Client, link: &str) -> String {
    let page = browser.get(link).location().to_owned();
    let path = link.split('?').next().unwrap();
    assert!(page.starts_with(&format!("{path}?link=")) && page.len() < 60, "the token has left the address: {page}");
    page.rsplit('=').next().unwrap().to_owned()
}

fn confirmed(browser: &mut Client, link: &str) -> Shown {
    browser.post("/email/confirm", &[("link", link)])
}

fn undone(browser: &mut Client, link: &str) -> Shown {
    browser.post("/email/undo", &[("link", link)])
}

/// Ann's address is changed in that browser.
pub fn moved(world: &World, browser: &mut Client) {
    let link = asked(world, browser, MOVED);
    let name = opened(browser, &link);
    assert_eq!(confirmed(browser, &name).location(), "/security");
}

fn has(world: &World, address: &str) -> bool {
    block_on(world.users.find_by_email(&email(address))).unwrap().is_some()
}

#[test]
fn an_address_is_changed_by_a_mailed_link_and_one_button() {
    let (world, mut browser) = signed_in();
    let mut other = Client::of(&browser.pages);
    world.clock.advance(MINUTE);
    let _ = other.sign_in(ANN, OLD);
    browser.get("/security").says("New email address").says(r#"action="/security/email""#).says(ANN);
    let link = asked(&world, &mut browser, MOVED);
    browser.get("/security").says("We have emailed a link to the new address. Open it here within 1 hour.");
    assert!(!browser.get("/security").text.contains("We have emailed a link"), "it is said once");
    let (mails, version) = (world.mailer.count(), world.user(ANN).version());
    // Scanners open the link, too.
    for _ in 0..3 {
        let mut scanner = Client::of(&browser.pages);
        let page = scanner.get(&link).location().to_owned();
        assert_eq!(
            (scanner.get(&page).status, scanner.get(&page).status),
            (200.try_into().unwrap(), 200.try_into().unwrap())
        );
        assert_eq!(Client::of(&browser.pages).send(Method::HEAD, &link, "").status, 303);
    }
    let name = opened(&mut browser, &link);
    assert!(browser.cookie("email").is_some());
    let form = browser.get(&format!("/email/confirm?link={name}"));
    form.says("Confirm your new address").says(MOVED).says("Nothing has changed.").says(">Confirm</button>");
    form.says("/sign-out").says(&format!(r#"value="{name}""#));
    browser.get("/email/confirm").says(MOVED);
    assert_eq!((world.mailer.count(), world.user(ANN).version()), (mails, version), "opening a link changes nothing");

    let before = browser.clone();
    let done = confirmed(&mut browser, &name);
    assert_eq!(done.location(), "/security");
    assert_eq!(browser.who().as_deref(), Some(MOVED));
    assert_eq!((before.who(), other.who()), (None, None), "the token is new, and every other session has ended");
    assert!(browser.cookie("email").is_none() && browser.cookie("device").is_some(), "the link is dropped");
    browser.get("/security").says("Email address changed.").says(MOVED);
    let name = opened(&mut browser, &link);
    let used = browser.get(&format!("/email/confirm?link={name}"));
    assert_eq!(used.status, 400);
    used.says("This link has been used or has expired.").says("My password and security");
    assert!(browser.cookie("email").is_none());
    assert_eq!(Client::of(&browser.pages).sign_in(MOVED, OLD).location(), "/");
}

#[test]
fn free_and_taken_addresses_get_the_same_answer() {
    let (world, browser) = signed_in();
    let _ = world.open(BOB, OLD);
    world.provision("new@acme.example");
    let answers = ["free@acme.example", BOB, "new@acme.example"].map(|address| {
        let mut browser = browser.clone();
        let sent = browser.post("/security/email", &[("email", address)]);
        let next = browser.get("/security");
        assert!(!next.text.contains(address));
        (sent.status, format!("{:?}", sent.headers), sent.text, next.text, format!("{:?}", next.headers))
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!((world.mails("confirm_email_change").len(), world.mails("email_in_use").len()), (1, 2));
}

#[test]
fn a_fresh_proof_is_asked_for_and_leads_back() {
    let (world, mut browser) = signed_in();
    world.clock.advance(HOUR);
    let mails = world.mailer.count();
    // What can be said without a proof is said first.
    assert_eq!(browser.post("/security/email", &[("email", "ann@@")]).status, 422);
    let to = browser.post("/security/email", &[("email", MOVED)]).location().to_owned();
    assert_eq!((&*to, world.mailer.count()), ("/confirm?then=%2Fsecurity%23address", mails));
    browser.get(&to).says("Your password");
    let proved = browser.post("/confirm", &[("proof", OLD), ("then", "/security#address")]);
    assert_eq!(proved.location(), "/security#address");
    browser.get("/security").says("You can continue now.").says(r#"id="address""#);
    let _ = asked(&world, &mut browser, MOVED);
}

#[test]
fn what_is_wrong_with_an_address_stands_next_to_it() {
    let (world, mut browser) = signed_in();
    let mails = world.mailer.count();
    for (address, words) in [
        ("ann@@acme.example", "Please enter one complete email address."),
        ("", "Please enter one complete email address."),
        ("ANN@acme.example", "Your account has this address already."),
    ] {
        let wrong = browser.post("/security/email", &[("email", address)]);
        assert_eq!(wrong.status, 422, "{address}");
        wrong.says(words).says(&format!(r#"value="{address}" autocomplete="email""#)).says(r##"href="#email""##);
        wrong.says(r#"aria-describedby="email-hint email-wrong" aria-invalid="true""#);
    }
    assert_eq!(world.mailer.count(), mails);
    let _ = asked(&world, &mut browser, MOVED);
    let early = browser.post("/security/email", &[("email", MOVED)]);
    assert_eq!((early.status.as_u16(), &early.headers["retry-after"]), (429, &"300".parse().unwrap()));
    early.says(&format!(r#"value="{MOVED}""#)).says("Please wait");
    // Of five changes each can be taken back.
    for n in 0..5 {
        world.clock.advance(6 * MINUTE);
        let (who, _) = (browser.who().unwrap(), browser.post("/confirm", &[("proof", OLD)]));
        assert_ne!(who, format!("ann{n}@acme.example"));
        let link = asked(&world, &mut browser, &format!("ann{n}@acme.example"));
        let name = opened(&mut browser, &link);
        assert_eq!(confirmed(&mut browser, &name).location(), "/security", "{n}");
    }
    world.clock.advance(6 * MINUTE);
    let _ = browser.post("/confirm", &[("proof", OLD)]);
    let many = browser.post("/security/email", &[("email", MOVED)]);
    assert!(many.status == 409 && many.headers.contains_key("retry-after"), "{}", many.status);
    many.says("was changed several times").says(&format!(r#"value="{MOVED}""#));
}

#[test]
fn a_pending_recovery_is_finished_first() {
    let (world, mut browser) = signed_in();
    let link = asked(&world, &mut browser, MOVED);
    let name = opened(&mut browser, &link);
    let _ = world.confirm(ANN);
    for shown in [browser.post("/security/email", &[("email", "else@acme.example")]), confirmed(&mut browser, &name)] {
        assert_eq!(shown.status, 409);
        shown.says("A password reset is in progress for this account.");
    }
    assert!(!has(&world, MOVED));
}

#[test]
fn a_link_waits_for_whoever_has_to_sign_in_first() {
    let (world, mut browser) = signed_in();
    let link = asked(&world, &mut browser, MOVED);
    // Another browser, in which nobody is signed in.
    let mut other = Client::of(&browser.pages);
    let name = opened(&mut other, &link);
    let back = format!("/email/confirm?link={name}");
    let to_sign_in = format!("/sign-in?then=%2Femail%2Fconfirm%3Flink%3D{name}");
    let page = other.get(&back);
    page.says("Please sign in first, still with your current address.").says(MOVED);
    page.says(&format!(r#"href="{to_sign_in}""#));
    assert!(!page.text.contains("<form"), "there is no button");
    // A form that was open before the session ended.
    assert_eq!(confirmed(&mut other, &name).location(), to_sign_in);
    world.clock.advance(MINUTE);
    let signed_in = other.post("/sign-in", &[("email", ANN), ("password", OLD), ("then", &back)]);
    assert_eq!(signed_in.location(), back);
    other.get(&back).says(">Confirm</button>");
    assert_eq!(confirmed(&mut other, &name).location(), "/security");
    assert_eq!(other.who().as_deref(), Some(MOVED));
    // The session here has ended by that. A form of before leads to the sign-in page and back.
    let ended = browser.post("/email/confirm", &[("link", &opened(&mut browser.clone(), &link))]);
    assert_eq!(ended.status, 400, "this browser does not keep the link");
    let name = opened(&mut browser, &link);
    assert!(confirmed(&mut browser, &name).location().starts_with("/sign-in?then=%2Femail%2Fconfirm"));
}

#[test]
fn a_strangers_link_changes_nothing() {
    let (world, mut browser) = signed_in();
    let _ = world.open(BOB, OLD);
    let link = asked(&world, &mut browser, MOVED);
    let mut bobs = Client::of(&browser.pages);
    let _ = bobs.sign_in(BOB, OLD);
    let name = opened(&mut bobs, &link);
    let refused = confirmed(&mut bobs, &name);
    assert_eq!(refused.status, 409);
    refused.says("You are signed in as").says(BOB);
    refused.says("This link does not work").says("This link belongs to another account").says("/sign-in?then=");
    assert_eq!((bobs.who().as_deref(), browser.who().as_deref()), (Some(BOB), Some(ANN)));
    assert!(!has(&world, MOVED) && has(&world, ANN) && has(&world, BOB));
    // Ann may use that browser, too.
    let back = format!("/email/confirm?link={name}");
    world.clock.advance(MINUTE);
    let _ = bobs.post("/sign-in", &[("email", ANN), ("password", OLD), ("then", &back)]);
    assert_eq!(confirmed(&mut bobs, &name).location(), "/security");
    assert_eq!(bobs.who().as_deref(), Some(MOVED));
}

#[test]
fn an_address_that_was_taken_since_is_said_to_be() {
    let (world, mut browser) = signed_in();
    let link = asked(&world, &mut browser, MOVED);
    let name = opened(&mut browser, &link);
    let _ = world.open(MOVED, NEW);
    let taken = confirmed(&mut browser, &name);
    assert_eq!(taken.status, 409);
    taken.says("There is another account with this address already.");
    assert_eq!(browser.who().as_deref(), Some(ANN));
}

#[test]
fn a_form_that_is_sent_twice_changes_the_address_once() {
    let (world, mut browser) = signed_in();
    let link = asked(&world, &mut browser, MOVED);
    let name = opened(&mut browser, &link);
    let mut at_once = browser.clone();
    assert_eq!(confirmed(&mut browser, &name).location(), "/security");
    let mails = world.mailer.count();
    // With the cookies of the first answer, and without them.
    assert_eq!(confirmed(&mut browser, &name).location(), "/security");
    browser.get("/security").says("Email address changed.").says(MOVED);
    assert!(confirmed(&mut at_once, &name).location().starts_with("/sign-in?then="));
    assert_eq!((browser.who().as_deref(), world.mailer.count()), (Some(MOVED), mails));
    // Nobody is signed in, and nothing is kept.
    let nobody = confirmed(&mut Client::of(&browser.pages), &name);
    assert_eq!(nobody.status, 400);
    nobody.says("Please open the link in your email again");

    let link = undo_link(&world);
    let name = opened(&mut browser, &link);
    let mut at_once = browser.clone();
    assert_eq!(undone(&mut browser, &name).location(), "/email/undone");
    assert_eq!(undone(&mut browser, &name).location(), "/email/undone");
    let again = undone(&mut at_once, &name);
    assert_eq!(again.status, 400);
    again.says("If you pressed the button before, look in your mailbox for a temporary password.");
    assert_eq!(world.mails("temporary_password").len(), 1);
}

#[test]
fn the_old_mailbox_gets_the_account_back_without_a_session() {
    let (world, mut thief) = signed_in();
    moved(&world, &mut thief);
    let link = undo_link(&world);
    let (mails, version) = (world.mailer.count(), world.user(MOVED).version());
    for _ in 0..3 {
        let mut scanner = Client::of(&thief.pages);
        let page = scanner.get(&link).location().to_owned();
        assert_eq!(scanner.get(&page).status, 200);
        assert_eq!(Client::of(&thief.pages).send(Method::HEAD, &link, "").status, 303);
    }
    let mut anns = Client::of(&thief.pages);
    let name = opened(&mut anns, &link);
    assert!(anns.cookie("undo").is_some());
    let page = anns.get(&format!("/email/undo?link={name}"));
    page.says("Your account will have this address again:").says(ANN).says("Everyone will be signed out");
    page.says("Nothing is undone.");
    assert_eq!((world.mailer.count(), world.user(MOVED).version()), (mails, version), "opening a link changes nothing");
    // It is no link of another page.
    assert_eq!(confirmed(&mut thief, &name).location(), "/security");
    assert_eq!(thief.get(&link.replace("undo", "confirm")).location(), format!("/email/confirm?link={name}"));
    assert_eq!(thief.get(&format!("/email/confirm?link={name}")).status, 400);

    assert_eq!(undone(&mut anns, &name).location(), "/email/undone");
    assert!(anns.cookie("undo").is_none(), "the link is dropped");
    let done = anns.get("/email/undone");
    done.says("Everyone was signed out").says("We emailed you a temporary password.").says(r#"href="/sign-in""#);
    assert_eq!((thief.who(), has(&world, ANN), has(&world, MOVED)), (None, true, false));
    assert!(world.fails(ANN, OLD));
    let mailed = world.mailed_password();
    assert_eq!(anns.sign_in(ANN, &mailed).location(), "/choose-password");
    assert_eq!(anns.post("/choose-password", &[("new_password", NEW)]).location(), "/");
    assert_eq!(anns.who().as_deref(), Some(ANN));
    let name = opened(&mut anns, &link);
    let used = anns.get(&format!("/email/undo?link={name}"));
    assert_eq!(used.status, 400);
    used.says("Otherwise please contact us.").says("Go to sign-in");
    assert_eq!(Client::of(&thief.pages).get("/email/undone").location(), "/sign-in");
}

#[test]
fn taking_a_change_back_drops_the_session_of_that_account_and_no_other() {
    let (world, mut browser) = signed_in();
    moved(&world, &mut browser);
    let (mut own, link) = (browser.clone(), undo_link(&world));
    let name = opened(&mut own, &link);
    assert_eq!(undone(&mut own, &name).location(), "/email/undone");
    assert!(own.cookie("session").is_none() && own.cookie("device").is_some());
    own.get("/sign-in").says(r#"name="password""#);

    let (world, mut browser) = signed_in();
    moved(&world, &mut browser);
    let _ = world.open(BOB, OLD);
    let mut bobs = Client::of(&browser.pages);
    let _ = bobs.sign_in(BOB, OLD);
    let name = opened(&mut bobs, &undo_link(&world));
    assert_eq!(undone(&mut bobs, &name).location(), "/email/undone");
    assert_eq!((bobs.who().as_deref(), browser.who()), (Some(BOB), None));
}

#[test]
fn a_change_is_taken_back_even_if_no_mail_can_be_sent() {
    let (world, mut browser) = signed_in();
    moved(&world, &mut browser);
    let auth = Auth::builder(site(), world.users.clone(), world.attempts.clone(), DeadRelay).clock(world.clock.clone());
    let auth = for_pages(auth.keyring(keyring())).configure(for_tests).build().unwrap();
    let mut other = Client::of(&Pages::builder(auth).build().unwrap());
    let name = opened(&mut other, &undo_link(&world));
    let shown = undone(&mut other, &name);
    assert_eq!(shown.status, 503);
    shown.says("Your account has your address again").says("in a few minutes").says(r#"href="/sign-in""#);
    assert!(shown.headers.contains_key("retry-after") && other.cookie("undo").is_none());
    assert!(has(&world, ANN) && browser.who().is_none());
}

#[test]
fn a_link_is_mended_or_said_to_be_damaged_and_expires() {
    let (world, mut browser) = signed_in();
    let link = asked(&world, &mut browser, MOVED);
    let page = browser.get(&format!("{link}.")).location().to_owned();
    for path in ["/email/confirm", "/email/undo"] {
        let damaged = browser.get(&format!("{path}?token=damaged"));
        assert_eq!((damaged.status.as_u16(), damaged.set_cookies().len()), (400, 0), "{path}");
        damaged.says("Please copy the whole link");
        let unkept = browser.post(path, &[("link", "x")]);
        assert!(unkept.status == 400 || unkept.location() == "/security", "{path}");
        assert_eq!(Client::of(&browser.pages).get(path).status, 400, "{path}");
    }
    assert_eq!(browser.get(&page).status, 200);
    world.clock.advance(HOUR);
    let expired = browser.get(&page);
    assert_eq!(expired.status, 400);
    expired.says("has expired");
}

#[test]
fn another_site_cannot_replace_the_link_that_a_page_is_about_to_confirm() {
    let (world, mut browser) = signed_in();
    let first = asked(&world, &mut browser, MOVED);
    let second = asked(&world, &mut browser, "else@acme.example");
    let (first, second) = (opened(&mut browser, &first), opened(&mut browser, &second));
    assert_eq!(browser.get("/email/confirm").status, 400, "which of the two is not guessed");
    assert_eq!(confirmed(&mut browser, &first).location(), "/security");
    assert_eq!(browser.who().as_deref(), Some(MOVED));
    assert!(browser.cookie("email").is_some(), "the other one stays");
    assert_eq!(confirmed(&mut browser, &second).status, 400, "and is void");
    assert!(browser.cookie("email").is_none());
}

#[test]
fn the_client_address_counts() {
    let world = World::for_pages(|builder| builder);
    let pages = Pages::builder(world.auth.clone()).client_address(|request| request.extensions.get().copied());
    let pages = pages.build().unwrap();
    let sent = |n: usize, from: [u8; 4]| {
        let address = format!("user{n}@acme.example");
        let signed_in = world.open(&address, OLD);
        let request = Request::post("/security/email").header("content-type", FORM).header("accept", "text/html");
        let request = request.header("cookie", format!("__Host-session={}", signed_in.token().expose()));
        let request = request.extension(std::net::IpAddr::from(from));
        block_on(ask(&pages, request.body(format!("email=moved{n}%40acme.example")).unwrap())).status
    };
    for n in 0..100 {
        assert_eq!(sent(n, [192, 0, 2, 1]), 303, "{n}");
    }
    assert_eq!((sent(100, [192, 0, 2, 1]).as_u16(), sent(101, [192, 0, 2, 2]).as_u16()), (429, 303));
}

/// The whole walk of an app or a script. Returns what was asked, for the document.
pub fn told_in_json(by: fn(&Pages) -> App) -> BTreeSet<(String, String)> {
    let world = World::for_pages(|builder| builder);
    let pages = pages_of(&world);
    let (_, mut app) = (world.open(ANN, OLD), by(&pages));
    assert_eq!(app.post("/security/email", json!({ "email": MOVED })).code().0, 401);
    assert_eq!(app.sign_in(ANN, OLD).step(), "signed_in");
    assert_eq!(app.get("/security/email").json["email"], ANN);
    assert_eq!(app.post("/security/email", json!({})).code(), (400, "request_malformed"));
    for (wrong, code) in [("ann@@", "email_malformed"), (ANN, "same_email")] {
        let refused = app.post("/security/email", json!({ "email": wrong }));
        assert_eq!((refused.code(), &refused.json["field"]), ((422, code), &json!("email")));
    }
    world.clock.advance(HOUR);
    assert_eq!(app.post("/security/email", json!({ "email": MOVED })).code(), (403, "password_proof_needed"));
    assert_eq!(app.post("/confirm", json!({ "proof": OLD })).json["notice"], "confirmed");
    let sent = app.post("/security/email", json!({ "email": MOVED })).json;
    assert_eq!(sent, json!({ "next": "/security", "notice": "email_requested" }));
    let early = app.post("/security/email", json!({ "email": MOVED }));
    assert_eq!((early.code(), &early.json["retry_after"]), ((429, "throttled"), &json!(300)));

    let link = world.last_mail().link().unwrap();
    let mut stranger = by(&pages);
    let _ = world.open(BOB, OLD);
    assert_eq!(stranger.post("/email/confirm", json!({ "email_token": link })).code(), (401, "not_signed_in"));
    let _ = stranger.sign_in(BOB, OLD);
    assert_eq!(stranger.post("/email/confirm", json!({ "email_token": link })).code(), (409, "other_account"));
    assert_eq!(app.post("/email/confirm", json!({})).code(), (400, "link_not_kept"));
    assert_eq!(app.post("/email/confirm", json!({ "email_token": "x" })).code(), (400, "link_damaged"));
    let done = app.post("/email/confirm", json!({ "email_token": link }));
    assert_eq!((&done.json["next"], &done.json["notice"]), (&json!("/security"), &json!("email_changed")));
    assert_eq!(app.who().as_deref(), Some(MOVED));
    assert_eq!(app.post("/email/confirm", json!({ "email_token": link })).code(), (400, "link_invalid"));

    let link = format!("https://acme.example{}", undo_link(&world));
    assert_eq!(app.post("/email/undo", json!({ "email_token": "x" })).code(), (400, "link_damaged"));
    let undone = app.post("/email/undo", json!({ "email_token": link }));
    assert!(undone.json["until"].is_string(), "{}", undone.json);
    assert_eq!((app.token.as_ref(), app.who()), (None, None));
    assert_eq!(app.post("/email/undo", json!({ "email_token": link })).code(), (400, "link_invalid"));
    assert_eq!(
        app.sign_in(ANN, &world.mails("temporary_password")[0].temporary_password().unwrap()).step(),
        "choose_password"
    );
    app.seen
}

/// What only whoever keeps cookies asks for.
pub fn opened_in_json() -> BTreeSet<(String, String)> {
    let (world, mut browser) = signed_in();
    let link = asked(&world, &mut browser, MOVED);
    let mut script = App::script_of(&browser.pages);
    for path in ["/email/confirm", "/email/undo"] {
        assert_eq!(script.get(path).code(), (400, "link_not_kept"));
    }
    let next = script.get(&link).json["next"].as_str().unwrap().to_owned();
    let shown = script.get(&next).json;
    assert_eq!((&shown["email"], shown["sign_in"].as_str().is_some()), (&json!(MOVED), true));
    world.clock.advance(MINUTE);
    let _ = script.sign_in(ANN, OLD);
    let shown = script.get(&next).json;
    assert_eq!(shown["sign_in"], json!(null));
    let done = script.post("/email/confirm", json!({ "link": shown["link"] }));
    assert_eq!((&done.json["notice"], script.who().as_deref()), (&json!("email_changed"), Some(MOVED)));
    let next = script.get(&undo_link(&world)).json["next"].as_str().unwrap().to_owned();
    let shown = script.get(&next).json;
    assert_eq!(shown["email"], ANN);
    assert!(script.post("/email/undo", json!({ "link": shown["link"] })).json["until"].is_string());
    assert_eq!(script.get("/email/undone").json, json!({ "next": "/sign-in" }));
    assert_eq!(script.who(), None);
    script.seen
}
