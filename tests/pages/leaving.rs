//! Leaving: a download, the deletion of the own account, and the mailed link that undoes it. Nothing happens before a button is pressed.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward::UserRepository;
use doorward::account::UserStatus;
use doorward::pages::Pages;
use http::{Method, header};
use pollster::block_on;
use serde_json::{Value, json};

use crate::app::App;
use crate::client::{Client, Shown, pages_of, world_with_pages};
use crate::desk::{BOSS, Hooks, id_of, world_with_boss};
use crate::email::opened;
use crate::support::*;

/// A world in which Ann is signed in, in a browser.
fn signed_in(grace: std::time::Duration) -> (World, Client) {
    let (world, mut browser) = world_with_pages(|builder| builder.configure(|config| config.deletion.grace = grace));
    let _ = world.open(ANN, OLD);
    assert_eq!(browser.sign_in(ANN, OLD).location(), "/");
    (world, browser)
}

/// The path of the link that undoes the last deletion.
pub fn undo_link(world: &World) -> String {
    let link = world.mails("deletion_requested").last().expect("the owner was told").link().unwrap();
    link.strip_prefix("https://acme.example").expect("the link leads to the site").to_owned()
}

fn deleted(browser: &mut Client) -> Shown {
    browser.post("/security/delete", &[])
}

fn undone(browser: &mut Client, link: &str) -> Shown {
    browser.post("/leaving/undo", &[("link", link)])
}

fn exists(world: &World) -> bool {
    block_on(world.users.find_by_email(&email(ANN))).unwrap().is_some()
}

#[test]
fn a_member_leaves_changes_their_mind_and_signs_in_again() {
    let (world, mut browser) = signed_in(14 * DAY);
    let mut other = Client::of(&browser.pages);
    let _ = other.sign_in(ANN, OLD);
    browser.get("/security").says(r#"href="/security/delete""#).says("Delete your account");
    let version = world.user(ANN).version();
    let page = browser.get("/security/delete");
    page.says(ANN).says("Your account will be closed at once").says("after 14 days").says("Delete my account</button>");
    assert_eq!(world.user(ANN).version(), version, "looking changes nothing");

    assert_eq!(deleted(&mut browser).location(), "/security/deleted");
    assert!(browser.cookie("session").is_none() && browser.cookie("device").is_some());
    assert_eq!((browser.who(), other.who()), (None, None));
    for _ in 0..2 {
        let page = browser.get("/security/deleted");
        assert_eq!(page.status, 200);
        page.says("Your account is closed").says("Your account will be gone on ").says("open the link in the email");
    }
    assert_eq!(Client::of(&browser.pages).get("/security/deleted").location(), "/sign-in?then=%2Fsecurity");
    // As for anybody.
    world.clock.advance(MINUTE);
    let (ann, nobody) = (Client::of(&browser.pages).sign_in(ANN, OLD), Client::of(&browser.pages).sign_in(NOBODY, OLD));
    assert_eq!((ann.status, ann.text.replace(ANN, "")), (nobody.status, nobody.text.replace(NOBODY, "")));

    let link = undo_link(&world);
    let mut anns = Client::of(&browser.pages);
    let name = opened(&mut anns, &link);
    assert!(anns.cookie("leaving").is_some());
    let page = anns.get(&format!("/leaving/undo?link={name}"));
    page.says("will be gone on ").says("Keep my account</button>").says("Nothing changes.");
    assert_eq!(undone(&mut anns, &name).location(), "/leaving/undone");
    assert!(anns.cookie("leaving").is_none(), "the link is dropped");
    for _ in 0..2 {
        anns.get("/leaving/undone").says("Your account stays").says(r#"href="/sign-in""#);
    }
    assert_eq!(world.mails("deletion_undone").len(), 1);
    world.clock.advance(MINUTE);
    assert_eq!(anns.sign_in(ANN, OLD).location(), "/");
    assert_eq!(anns.who().as_deref(), Some(ANN));
    // Whoever is signed in again is not told that the account is closed.
    world.clock.advance(MINUTE);
    let _ = browser.sign_in(ANN, OLD);
    assert!(browser.cookie("deleted").is_none());
    assert_eq!(browser.get("/security/deleted").location(), "/security");
}

#[test]
fn both_take_a_fresh_proof_which_leads_back() {
    let (world, mut browser) = signed_in(14 * DAY);
    world.clock.advance(HOUR);
    for (path, back) in [("/security/export", "/security#leaving"), ("/security/delete", "/security/delete")] {
        let to = browser.post(path, &[]).location().to_owned();
        assert_eq!(to, format!("/confirm?then={}", back.replace('/', "%2F").replace('#', "%23")));
        browser.get(&to).says("Your password");
    }
    assert_eq!((world.user(ANN).status(), world.mails("deletion_requested").len()), (UserStatus::Active, 0));
    assert_eq!(
        browser.post("/confirm", &[("proof", OLD), ("then", "/security#leaving")]).location(),
        "/security#leaving"
    );
    browser.get("/security").says("You can continue now.").says(r#"id="leaving""#);
    assert_eq!(browser.post("/security/export", &[]).status, 200);
    assert_eq!(deleted(&mut browser).location(), "/security/deleted");
    for path in ["/security/export", "/security/delete"] {
        let nobody = Client::of(&browser.pages).post(path, &[]);
        assert!(nobody.location().starts_with("/sign-in?then=%2Fsecurity"), "{path}");
    }
}

#[test]
fn what_is_stored_is_downloaded_with_the_journal_if_the_pages_have_one() {
    let (world, mut browser) = signed_in(14 * DAY);
    let saved = browser.post("/security/export", &[]);
    assert_eq!(saved.status, 200);
    assert_eq!(saved.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(saved.headers[header::CONTENT_DISPOSITION], "attachment; filename=\"account.json\"");
    assert_eq!((&saved.headers[header::CACHE_CONTROL], saved.set_cookies().len()), (&"no-store".parse().unwrap(), 0));
    assert_eq!(saved.headers["x-content-type-options"], "nosniff");
    let document: Value = serde_json::from_str(&saved.text).unwrap();
    assert!(saved.text.contains(ANN) && document.get("journal").is_none());
    assert_eq!(browser.who().as_deref(), Some(ANN));
    browser.get("/security/export").says(r#"id="leaving""#);
    drop(world);

    let world = world_with_boss(|builder| builder);
    let journal = Pages::builder(world.auth.clone()).activity(Arc::clone(&world.users)).build().unwrap();
    let mut browser = Client::of(&journal);
    let _ = browser.sign_in(BOSS, OLD);
    let document: Value = serde_json::from_str(&browser.post("/security/export", &[]).text).unwrap();
    let latest = document["journal"]["latest_entries"].as_array().unwrap();
    assert_eq!(latest[0]["event"], "sensitive_read:export");
    browser.get("/security").says("A copy of the account&#39;s data was made");
}

#[test]
fn a_pending_recovery_is_finished_first() {
    let (world, mut browser) = signed_in(14 * DAY);
    let _ = world.confirm(ANN);
    for path in ["/security/export", "/security/delete"] {
        let shown = browser.post(path, &[]);
        assert_eq!(shown.status, 409, "{path}");
        shown.says("A password reset is in progress for this account.").says(&format!(r#"action="{path}""#));
    }
    assert_eq!(world.user(ANN).status(), UserStatus::Active);
}

#[test]
fn scanners_use_nothing_up_and_links_of_no_use_say_what_helps() {
    let (world, mut browser) = signed_in(14 * DAY);
    let _ = deleted(&mut browser);
    let link = undo_link(&world);
    let (mails, version) = (world.mailer.count(), world.user(ANN).version());
    for _ in 0..3 {
        let mut scanner = Client::of(&browser.pages);
        let page = scanner.get(&link).location().to_owned();
        assert_eq!(
            (scanner.get(&page).status, scanner.get("/leaving/undo").status.as_u16()),
            (200.try_into().unwrap(), 200)
        );
        assert_eq!(Client::of(&browser.pages).send(Method::HEAD, &link, "").status, 303);
    }
    assert_eq!((world.mailer.count(), world.user(ANN).version()), (mails, version), "opening a link changes nothing");
    let mut anns = Client::of(&browser.pages);
    let damaged = anns.get(&link[..link.len() - 9]);
    assert_eq!(damaged.status, 400);
    damaged.says("This link is incomplete").says(r#"href="/sign-in""#);
    let nothing = anns.get("/leaving/undo");
    assert_eq!(nothing.status, 400);
    nothing.says("Please open the link in your email again.");
    assert_eq!(anns.get("/leaving/undone").location(), "/sign-in");
    // It is no link of another page.
    let other = anns.get(&link.replace("/leaving/undo", "/email/undo")).location().to_owned();
    assert_eq!(anns.get(&other).status, 400);
    let name = opened(&mut anns, &link);
    // An operator has decided otherwise.
    block_on(world.operator.deactivate(world.user(ANN).id())).unwrap();
    let void = undone(&mut anns, &name);
    assert_eq!(void.status, 400);
    void.says("This link has been used or has expired. If your account is still there, you can sign in.");
    assert!(anns.cookie("leaving").is_none());
}

#[test]
fn forms_that_are_sent_twice_do_it_once() {
    let (world, mut browser) = signed_in(14 * DAY);
    let mut at_once = browser.clone();
    assert_eq!(deleted(&mut browser).location(), "/security/deleted");
    assert_eq!(deleted(&mut browser).location(), "/security/deleted");
    assert!(deleted(&mut at_once).location().starts_with("/sign-in"), "without the cookies of the first answer");
    assert_eq!(world.mails("deletion_requested").len(), 1);
    let name = opened(&mut browser, &undo_link(&world));
    let mut at_once = browser.clone();
    assert_eq!(undone(&mut browser, &name).location(), "/leaving/undone");
    assert_eq!(undone(&mut browser, &name).location(), "/leaving/undone");
    let again = undone(&mut at_once, &name);
    assert_eq!(again.status, 400);
    again.says("If your account is still there, you can sign in.");
    assert_eq!(world.mails("deletion_undone").len(), 1);
}

#[test]
fn without_grace_the_account_is_gone_at_once() {
    let (world, mut browser) = signed_in(std::time::Duration::ZERO);
    browser.get("/security/delete").says("It will be deleted at once. This cannot be undone.");
    assert_eq!(deleted(&mut browser).location(), "/security/deleted");
    assert!(!exists(&world) && browser.cookie("session").is_none());
    for _ in 0..2 {
        browser.get("/security/deleted").says("Your account is deleted").says("Your account is gone");
    }
    assert_eq!(deleted(&mut browser).location(), "/security/deleted");
}

#[test]
fn while_a_change_of_the_address_can_be_taken_back_the_account_stays() {
    let (world, mut browser) = signed_in(std::time::Duration::ZERO);
    crate::email::moved(&world, &mut browser);
    browser.get("/security/delete").says("If its address was changed lately");
    assert_eq!(deleted(&mut browser).location(), "/security/deleted");
    browser.get("/security/deleted").says("Your account is closed").says("Your account will be gone on ");
    let mut anns = Client::of(&browser.pages);
    let name = opened(&mut anns, &undo_link(&world));
    anns.get(&format!("/leaving/undo?link={name}")).says("Keep my account</button>");
    // Whoever reads the mailbox of before gets the account back, too.
    let name = opened(&mut anns, &crate::email::undo_link(&world));
    assert_eq!(anns.post("/email/undo", &[("link", &name)]).location(), "/email/undone");
}

#[test]
fn a_mail_that_is_not_accepted_is_said_and_the_account_is_closed() {
    let (world, mut browser) = signed_in(14 * DAY);
    let auth = doorward::Auth::builder(site(), world.users.clone(), world.attempts.clone(), DeadRelay);
    let auth = for_pages(auth.clock(world.clock.clone()).keyring(keyring())).configure(for_tests).build().unwrap();
    let pages = Pages::builder(auth).build().unwrap();
    browser.pages = pages.clone();
    assert_eq!(deleted(&mut browser).location(), "/security/deleted");
    assert_eq!((browser.who(), world.user(ANN).status()), (None, UserStatus::Deactivated));
    for _ in 0..2 {
        let page = browser.get("/security/deleted");
        page.says("Your account is closed")
            .says("We could not send you the email about it. To keep your account, please contact us.");
    }
    block_on(world.operator.reactivate(world.user(ANN).id())).unwrap();
    world.clock.advance(MINUTE);
    let mut app = App::of(&pages);
    assert_eq!(app.sign_in(ANN, OLD).step(), "signed_in");
    let failed = app.post("/security/delete", json!({}));
    assert_eq!(failed.code(), (503, "mail_failed"));
    assert!(failed.json["detail"].as_str().unwrap().contains("To keep your account, please contact us."));
    assert_eq!(app.who(), None);
}

#[test]
fn operators_see_that_an_account_is_to_be_deleted_and_call_it_off() {
    let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
    let ann = world.open(ANN, OLD);
    let _ = block_on(world.auth.request_deletion(&ann)).unwrap();
    let mut boss = Client::of(&hooks.pages(&world));
    let _ = boss.sign_in(BOSS, OLD);
    let id = id_of(&world, ANN);
    let account = format!("/accounts/account?user={id}");
    let page = boss.get(&account);
    page.says("Its owner has asked for its deletion. It will be gone on ").says("/accounts/reactivate");
    page.says("/accounts/deactivate").says("Deletion of the account requested");
    let mut app = App::script_of(&boss.pages);
    world.clock.advance(MINUTE);
    let _ = app.sign_in(BOSS, OLD);
    assert!(app.get(&account).json["account"]["deletion_due"].is_string());
    let _ = boss.post("/accounts/reactivate", &[("user", &id)]).location();
    assert!(!boss.get(&account).text.contains("has asked for its deletion"));
    assert_eq!(app.get(&account).json["account"]["deletion_due"], json!(null));
    world.clock.advance(MINUTE);
    assert_eq!(Client::of(&boss.pages).sign_in(ANN, OLD).location(), "/");
    // Deactivating is stronger: the link is void.
    let ann = world.signed_in(ANN, OLD);
    let _ = block_on(world.auth.request_deletion(&ann)).unwrap();
    let link = undo_link(&world);
    let _ = boss.post("/accounts/deactivate", &[("user", &id)]).location();
    let mut anns = Client::of(&boss.pages);
    let name = opened(&mut anns, &link);
    assert_eq!(anns.get(&format!("/leaving/undo?link={name}")).status, 400);
}

/// An app or a script leaves and comes back. Returns what was asked, for the document.
pub fn told_in_json(by: fn(&Pages) -> App) -> BTreeSet<(String, String)> {
    let world = World::for_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let mut app = by(&pages_of(&world));
    assert_eq!(app.post("/security/delete", json!({})).code(), (401, "not_signed_in"));
    let _ = app.sign_in(ANN, OLD);
    world.clock.advance(HOUR);
    assert_eq!(app.get("/security/export").json["email"], ANN);
    for path in ["/security/export", "/security/delete"] {
        assert_eq!(app.post(path, json!({})).code(), (403, "password_proof_needed"), "{path}");
    }
    let _ = app.post("/confirm", json!({ "proof": OLD }));
    assert!(app.post("/security/export", json!({})).json.to_string().contains(ANN));
    assert_eq!(app.get("/security/delete").json, json!({ "email": ANN, "grace": 14 * 24 * 60 * 60 }));
    let closed = app.post("/security/delete", json!({})).json;
    assert!(closed["gone_at"].is_string() && closed["mail_failed"] == false, "{closed}");
    assert_eq!((app.token.as_ref(), app.who()), (None, None));
    let link = format!("https://acme.example{}", undo_link(&world));
    assert_eq!(app.post("/leaving/undo", json!({})).code(), (400, "link_not_kept"));
    assert_eq!(app.post("/leaving/undo", json!({ "deletion_token": "x" })).code(), (400, "link_damaged"));
    assert_eq!(app.post("/leaving/undo", json!({ "deletion_token": link })).json, json!({ "next": "/sign-in" }));
    assert_eq!(app.post("/leaving/undo", json!({ "deletion_token": link })).code(), (400, "link_invalid"));
    assert_eq!(app.sign_in(ANN, OLD).step(), "signed_in");
    app.seen
}

/// What only whoever keeps cookies asks for.
pub fn opened_in_json() -> BTreeSet<(String, String)> {
    let (world, mut browser) = signed_in(14 * DAY);
    let _ = deleted(&mut browser);
    let mut script = App::script_of(&browser.pages);
    assert_eq!(script.get("/leaving/undo").code(), (400, "link_not_kept"));
    let next = script.get(&undo_link(&world)).json["next"].as_str().unwrap().to_owned();
    let shown = script.get(&next).json;
    assert!(shown["gone_at"].is_string());
    assert_eq!(script.post("/leaving/undo", json!({ "link": shown["link"] })).json, json!({ "next": "/sign-in" }));
    assert_eq!(script.get("/leaving/undone").json, json!({ "next": "/sign-in" }));
    assert_eq!(script.get("/security/deleted").code(), (401, "not_signed_in"));
    world.clock.advance(MINUTE);
    let _ = script.sign_in(ANN, OLD);
    assert_eq!(script.get("/security/deleted").json, json!({ "next": "/security" }));
    // With the cookie of a browser.
    script.cookies = Some(browser.cookies.clone());
    let told = script.get("/security/deleted").json;
    assert!(told["gone_at"].is_string() && told["mail_failed"] == false, "{told}");
    script.seen
}
