use doorward::config::ResetMode;
use serde_json::json;

use crate::app::App;
use crate::client::{Client, pages_of, world_with_pages};
use crate::support::*;

/// Asks for a reset as a user does, and returns the path of the mailed link.
fn asked(world: &World, browser: &mut Client) -> String {
    browser.get("/forgot").says("email you if there is an account");
    browser.post("/forgot", &[("email", ANN)]).says("Reset the password for").says(ANN);
    assert_eq!(browser.post("/forgot/send", &[("email", ANN)]).location(), "/forgot/sent");
    browser.get("/forgot/sent").says("If that account exists").says("every 5 minutes");
    let link = world.last_mail().link().expect("a mail with a link");
    link.strip_prefix("https://acme.example").expect("the link leads to the site").to_owned()
}

#[test]
fn s10_a_forgotten_password_is_replaced_by_two_mails() {
    let (world, mut browser) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let link = asked(&world, &mut browser);
    let mails = world.mailer.count();
    let opened = browser.get(&link);
    let page = opened.location().to_owned();
    assert!(page.starts_with("/reset/confirm?link=") && page.len() < 60, "the token has left the address: {page}");
    let form = browser.get(&page);
    form.says("Confirm your password reset").says("Nothing has changed");
    assert_eq!(world.mailer.count(), mails, "opening a link mails nothing");
    let name = page.rsplit('=').next().unwrap();
    assert_eq!(browser.post("/reset/confirm", &[("link", name)]).location(), "/reset/done");
    browser.get("/reset/done").says("It works once, until ").says("UTC");
    assert!(browser.cookie("device").is_some() && browser.cookie("reset").is_none());
    let mailed = world.mailed_password();
    assert_eq!(browser.sign_in(ANN, &mailed).location(), "/choose-password");
    assert_eq!(browser.post("/choose-password", &[("new_password", NEW)]).location(), "/");
    assert_eq!(browser.who().as_deref(), Some(ANN));
    assert!(world.fails(ANN, OLD));
    // The link has done its work.
    let page = browser.get(&link).location().to_owned();
    let used = browser.post("/reset/confirm", &[("link", page.rsplit('=').next().unwrap())]);
    assert_eq!(used.status, 400);
    used.says("This link has been used or has expired.").says("Start again");
}

#[test]
fn s10_a_confirmation_sent_twice_is_one_act_and_says_so() {
    let (world, mut browser) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let link = asked(&world, &mut browser);
    let page = browser.get(&link).location().to_owned();
    let name = page.rsplit('=').next().unwrap().to_owned();
    let mut twice = browser.clone();
    assert_eq!(browser.post("/reset/confirm", &[("link", &name)]).location(), "/reset/done");
    let mails = world.mailer.count();
    let again = twice.post("/reset/confirm", &[("link", &name)]);
    assert_eq!((again.status.as_u16(), world.mailer.count()), (409, mails));
    assert!(again.headers.contains_key("retry-after"));
    again.says("We have just mailed you a temporary password.").says("Confirm again");
}

#[test]
fn s15_every_address_gets_the_same_answer_and_a_malformed_one_is_shown_again() {
    let (world, mut browser) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let mails = world.mailer.count();
    let known = browser.post("/forgot/send", &[("email", ANN)]);
    assert_eq!(world.mailer.count(), mails + 1);
    let unknown = browser.post("/forgot/send", &[("email", NOBODY)]);
    assert_eq!(world.mailer.count(), mails + 1);
    assert_eq!((known.status, &known.headers, &known.text), (unknown.status, &unknown.headers, &unknown.text));
    for path in ["/forgot", "/forgot/send"] {
        let wrong = browser.post(path, &[("email", "ann@@acme.example")]);
        assert_eq!(wrong.status, 422);
        wrong.says("Please enter one complete email address.").says(r#"value="ann@@acme.example""#);
    }
    browser.post("/forgot/change", &[("email", ANN)]).says(r#"value="ann@acme.example""#);
}

#[test]
fn another_site_cannot_replace_the_link_that_a_page_is_about_to_confirm() {
    let (world, mut browser) = world_with_pages(|builder| builder);
    for address in [ANN, "eve@acme.example"] {
        let _ = world.open(address, OLD);
    }
    let anns = browser.get(&format!("/reset/confirm?token={}", world.request(ANN))).location().to_owned();
    let eves =
        browser.get(&format!("/reset/confirm?token={}", world.request("eve@acme.example"))).location().to_owned();
    assert_ne!(anns, eves);
    assert_eq!(browser.get("/reset/confirm").status, 400, "which of the two is not guessed");
    let form = browser.get(&anns);
    let name = anns.rsplit('=').next().unwrap();
    form.says(&format!(r#"value="{name}""#));
    let _ = browser.post("/reset/confirm", &[("link", name)]);
    assert_eq!(world.last_mail().to.as_typed(), ANN);
}

#[test]
fn a_link_is_mended_or_said_to_be_damaged_and_needs_the_browser_that_opened_it() {
    let (world, mut browser) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let token = world.request(ANN);
    let mended = browser.get(&format!("/reset/confirm?token={token}."));
    let page = mended.location().to_owned();
    let damaged = browser.get(&format!("/reset/confirm?token={}", &token[..token.len() - 4]));
    assert_eq!(damaged.status, 400);
    damaged.says("Please copy the whole link");
    let mut other = Client::of(&browser.pages);
    for shown in [other.get(&page), other.post("/reset/confirm", &[("link", page.rsplit('=').next().unwrap())])] {
        assert_eq!(shown.status, 400);
        shown.says("Please open the link in your email again");
    }
    assert_eq!(other.get("/reset/done").location(), "/sign-in");
    assert_eq!(browser.get(&page).status, 200);
}

/// Where a link sets a password, as a browser sees it: the page of the link, its path and the name of the link.
fn opened_to_choose(world: &World, browser: &mut Client) -> String {
    let page = browser.get(&format!("/reset/confirm?token={}", world.request(ANN))).location().to_owned();
    let form = browser.get(&page);
    form.says("Choose a new password").says("rules").says("Nothing has changed");
    assert!(!form.text.contains(ANN), "a link names nobody");
    page.rsplit('=').next().unwrap().to_owned()
}

fn world_where_links_set_passwords() -> (World, Client) {
    world_with_pages(|builder| builder.configure(|config| config.reset.mode = ResetMode::ChooseNewPassword))
}

#[test]
fn a_link_that_sets_a_password_sets_it_once_and_signs_in() {
    let (world, mut browser) = world_where_links_set_passwords();
    let _ = world.open(ANN, OLD);
    let link = opened_to_choose(&world, &mut browser);
    let rejected = browser.post("/reset/confirm", &[("link", &link), ("new_password", "acme")]);
    assert_eq!(rejected.status, 422);
    rejected.says("Not yet").says(&format!(r#"value="{link}""#));
    assert!(!world.fails(ANN, OLD), "nothing has changed");
    let mut twice = browser.clone();
    let fields = [("link", link.as_str()), ("new_password", NEW)];
    assert_eq!(browser.post("/reset/confirm", &fields).location(), "/");
    assert_eq!(browser.who().as_deref(), Some(ANN));
    assert!(browser.cookie("reset").is_none(), "the link is dropped");
    let used = twice.post("/reset/confirm", &fields);
    assert_eq!((used.status.as_u16(), twice.who()), (400, None));
    used.says("Start again");
    assert!(world.fails(ANN, OLD));
}

#[test]
fn a_link_alone_never_replaces_the_second_factor() {
    let (world, _, app, _) = World::with_enrolled_ann_and(|builder| {
        for_pages(builder).configure(|config| config.reset.mode = ResetMode::ChooseNewPassword)
    });
    let mut browser = Client::of(&pages_of(&world));
    let link = opened_to_choose(&world, &mut browser);
    let mut post = |code: &[(&str, &str)]| {
        let fields = [&[("link", link.as_str()), ("new_password", NEW)], code].concat();
        browser.post("/reset/confirm", &fields)
    };
    let asked = post(&[]);
    assert_eq!(asked.status, 401);
    asked.says("name=\"code\"").says("Please also enter a code");
    for (code, status) in [("no code".to_owned(), 422), (app.wrong_code(&world), 401)] {
        let refused = post(&[("code", &code)]);
        assert_eq!(refused.status, status);
        refused.says("name=\"code\"");
    }
    assert!(!world.fails(ANN, OLD), "nothing has changed");
    world.clock.advance(MINUTE);
    assert_eq!(post(&[("code", &app.next(&world))]).location(), "/");
    assert_eq!(browser.who().as_deref(), Some(ANN));
}

#[test]
fn an_app_sets_a_password_by_the_token_of_a_link() {
    let (world, browser) = world_where_links_set_passwords();
    let _ = world.open(ANN, OLD);
    let mut app = App::of(&browser.pages);
    let token = world.request(ANN);
    let rejected = app.post("/reset/confirm", json!({ "reset_token": token, "new_password": "acme" }));
    assert_eq!(rejected.code(), (422, "password_rejected"));
    let done = app.post("/reset/confirm", json!({ "reset_token": token, "new_password": NEW }));
    assert_eq!(done.step(), "signed_in");
    assert_eq!(app.who().as_deref(), Some(ANN));
    let used = app.post("/reset/confirm", json!({ "reset_token": token, "new_password": OLD }));
    assert_eq!(used.code(), (400, "link_invalid"));
    let damaged = app.post("/reset/confirm", json!({ "reset_token": &token[1..], "new_password": OLD }));
    assert!(matches!(damaged.code(), (400, "link_damaged" | "link_invalid")), "{:?}", damaged.code());
}
