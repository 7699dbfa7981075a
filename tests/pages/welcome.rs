//! The host's own steps for newcomers.

use crate::client::Client;
use crate::desk::{BOSS, Hooks, world_with_boss};
use crate::support::*;

const NEWCOMER: &str = "new@acme.example";

#[test]
fn a_newcomer_goes_through_the_steps_and_on_to_the_page_that_was_asked_for() {
    let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
    world.provision(NEWCOMER);
    let mailed = world.mailed_password();
    *hooks.step.lock().unwrap() = Ok(Some("/details"));
    let mut client = Client::of(&hooks.pages(&world));
    let form = [("email", NEWCOMER), ("password", &*mailed), ("then", "/orders?page=2")];
    assert_eq!(client.post("/sign-in", &form).location(), "/choose-password");
    assert_eq!(client.who(), None, "nobody is signed in before an own password");
    assert!(client.get("/welcome").location().starts_with("/sign-in"));
    assert_eq!(client.post("/choose-password", &[("new_password", OLD)]).location(), "/details");
    assert_eq!(client.who().as_deref(), Some(NEWCOMER));
    assert_eq!(client.get("/welcome").location(), "/details", "it is still open");
    *hooks.step.lock().unwrap() = Ok(Some("/terms"));
    assert_eq!(client.get("/welcome").location(), "/terms");
    *hooks.step.lock().unwrap() = Ok(None);
    client.get("/welcome").says("You are all set").says("href=\"/orders?page=2\"");
    assert_eq!(client.get("/welcome").location(), "/", "once");
}

#[test]
fn an_interrupted_welcome_goes_on_at_the_next_sign_in() {
    let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
    *hooks.step.lock().unwrap() = Ok(Some("/details"));
    let mut client = Client::of(&hooks.pages(&world));
    let form = [("email", BOSS), ("password", OLD), ("then", "/orders")];
    assert_eq!(client.post("/sign-in", &form).location(), "/details");
    *hooks.step.lock().unwrap() = Ok(None);
    assert_eq!(client.get("/welcome").location(), "/orders", "no newcomer: straight on");
    world.clock.advance(MINUTE);
    assert_eq!(Client::of(&client.pages).post("/sign-in", &form).location(), "/orders");
}

#[test]
fn a_hook_that_fails_or_leads_astray_signs_nobody_out() {
    let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
    let mut client = Client::of(&hooks.pages(&world));
    for says in [Err(()), Ok(Some("https://elsewhere.example")), Ok(Some("//elsewhere.example")), Ok(Some("/welcome"))]
    {
        world.clock.advance(MINUTE);
        *hooks.step.lock().unwrap() = says;
        let form = [("email", BOSS), ("password", OLD), ("then", "/orders")];
        assert_eq!(client.post("/sign-in", &form).location(), "/welcome", "{says:?}");
        assert_eq!(client.get("/welcome").status, 503, "{says:?}");
        assert_eq!(client.who().as_deref(), Some(BOSS));
        *hooks.step.lock().unwrap() = Ok(None);
        assert_eq!(client.get("/welcome").location(), "/orders", "and then it goes on");
    }
}

#[test]
fn a_host_says_where_a_sign_in_leads() {
    let world = world_with_boss(|builder| builder);
    let pages = |path: &'static str| {
        let pages = doorward::pages::Pages::builder(world.auth.clone());
        pages.after_sign_in(move |who| (who.email().canonical() == BOSS).then(|| path.to_owned())).build().unwrap()
    };
    for (path, leads) in [("/staff", "/staff"), ("//elsewhere.example", "/"), ("javascript:alert(1)", "/")] {
        world.clock.advance(MINUTE);
        assert_eq!(Client::of(&pages(path)).sign_in(BOSS, OLD).location(), leads, "{path}");
    }
    world.clock.advance(MINUTE);
    let form = [("email", BOSS), ("password", OLD), ("then", "/orders")];
    assert_eq!(
        Client::of(&pages("/staff")).post("/sign-in", &form).location(),
        "/orders",
        "what was asked for is first"
    );
}

#[test]
fn newcomers_see_how_many_steps_there_are_and_nobody_else_does() {
    let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
    let pages = hooks.on(doorward::pages::Pages::builder(world.auth.clone()), &world);
    let pages = pages.onboarding_steps(["Your name", "Our <terms>"]).build().unwrap();
    world.provision(NEWCOMER);
    let mut newcomer = Client::of(&pages);
    assert_eq!(newcomer.sign_in(NEWCOMER, &world.mailed_password()).location(), "/choose-password");
    let page = newcomer.get("/choose-password");
    page.says("Step 1 of 3").says("Your name").says("Our &#60;terms&#62;").says(r#"aria-current="step""#);
    newcomer.post("/choose-password", &[("new_password", "short")]).says("Step 1 of 3");
    // After a reset it is the same page, without steps.
    let mailed = world.confirm(BOSS);
    let mut boss = Client::of(&pages);
    assert_eq!(boss.sign_in(BOSS, &mailed).location(), "/choose-password");
    assert!(!boss.get("/choose-password").text.contains("Step 1"));
}
