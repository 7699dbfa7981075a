use crate::client::{Client, world_with_pages};
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
