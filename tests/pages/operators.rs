//! Accounts, for operators alone.

use http::{Method, Request, header};
use pollster::block_on;
use serde_json::json;

use crate::app::App;
use crate::client::{Client, FORM, ask};
use crate::desk::{BOSS, Hooks, Told, id_of, world_with_boss};
use crate::support::*;

fn signed_in(hooks: &Hooks, world: &World, email: &str) -> Client {
    let mut client = Client::of(&hooks.pages(world));
    client.sign_in(email, OLD).location();
    client
}

/// Everything a client can see, except the date and its own path.
fn seen(client: &Client, method: &Method, path: &str) -> (u16, String, String) {
    let mut request = Request::builder().method(method).uri(path).header("sec-fetch-site", "same-origin");
    if *method == Method::POST {
        request = request.header(header::CONTENT_TYPE, FORM);
    }
    if let Some(token) = client.cookie("session") {
        request = request.header(header::COOKIE, format!("__Host-session={token}"));
    }
    let shown = block_on(ask(&client.pages, request.body("user=x".to_owned()).unwrap()));
    (shown.status.as_u16(), format!("{:?}", shown.headers), shown.text)
}

#[test]
fn for_everyone_but_operators_there_are_no_such_pages() {
    let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
    let _ = world.open(ANN, OLD);
    let (nobody, member) = (Client::of(&hooks.pages(&world)), signed_in(&hooks, &world, ANN));
    let paths: Vec<_> = member.pages.routes().filter(|(_, path)| path.starts_with("/accounts")).collect();
    assert_eq!(paths.len(), 24, "{paths:?}");
    for (_, path) in &paths {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE] {
            let unknown = seen(&member, &method, "/nowhere");
            assert_eq!(seen(&member, &method, path), unknown, "{method} {path}");
            let (status, headers, _) = seen(&nobody, &method, path);
            assert!(status == 303 && headers.contains("/sign-in?then=%2Faccounts"), "{method} {path}: {status}");
        }
    }
    // Without operators the host may have such paths itself.
    let plain = crate::client::pages_of(&world);
    assert!(!plain.has("/accounts") && plain.routes().all(|(_, path)| !path.starts_with("/accounts")));
    // Whoever is no operator any more.
    let boss = signed_in(&hooks, &world, BOSS);
    assert_eq!(seen(&boss, &Method::GET, "/accounts").0, 200);
    *hooks.operator.lock().unwrap() = Ok("somebody@acme.example");
    assert_eq!(seen(&boss, &Method::GET, "/accounts"), seen(&boss, &Method::GET, "/nowhere"));
    *hooks.operator.lock().unwrap() = Err(());
    assert_eq!(seen(&boss, &Method::GET, "/accounts").0, 503, "nothing is known");
    assert!(boss.who().is_some(), "and nobody is signed out");
}

#[test]
fn an_operator_finds_provisions_and_changes_accounts() {
    let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
    let _ = world.open(ANN, OLD);
    let ann = id_of(&world, ANN);
    let mut boss = signed_in(&hooks, &world, BOSS);
    boss.get("/accounts").says(ANN).says(BOSS);
    let created = boss.post("/accounts/provision", &[("email", "new@acme.example")]).location().to_owned();
    boss.get(&created).says("Its first password was emailed.").says("Never signed in.").says("new first password");
    assert!(world.mailer.last_to(&email("new@acme.example")).is_some());
    assert_eq!(boss.post("/accounts/provision", &[("email", "NEW@acme.example")]).status, 409);
    assert_eq!(boss.post("/accounts/provision", &[("email", "new")]).status, 422);
    let page = boss.post("/accounts/find", &[("email", "Ann@acme.example")]).location().to_owned();
    assert_eq!(page, format!("/accounts/account?user={ann}"));
    boss.get(&page).says("Send a reset link").says("Active").says("Signed in ");
    boss.post("/accounts/find", &[("email", NOBODY)]).says("There is no account with this address.");
    assert_eq!(boss.get("/accounts/account?user=nobody").status, 404);

    let user = [("user", ann.as_str())];
    let mails = world.mailer.count();
    for (action, says) in [
        ("start-reset", "A reset link is on its way"),
        ("require-change", "The next sign-in will ask for a new password."),
        ("mark-compromised", "The password no longer works."),
        ("sign-out", "All sessions have ended."),
        ("deactivate", "The account is deactivated."),
    ] {
        boss.get(&format!("/accounts/{action}?user={ann}")).says(ANN).says("<button");
        assert_eq!(boss.post(&format!("/accounts/{action}"), &user).location(), page, "{action}");
        boss.get(&page).says(says);
    }
    assert_eq!(world.mailer.count(), mails + 3, "a link and two notices");
    let listed = boss.get("/accounts").text;
    assert!(!listed.contains(ANN));
    boss.get("/accounts?deactivated").says(ANN);
    boss.get(&page).says("Reactivate");
    boss.post("/accounts/reactivate", &user).location();
    assert!(boss.get("/accounts").text.contains(ANN));
    // Who did it is in the journal.
    let entries =
        block_on(doorward::journal::Journal::latest(&*world.users, &doorward::UserId::parse(&ann).unwrap(), None, 50));
    let boss_id = id_of(&world, BOSS);
    let archived = entries.unwrap().into_iter().find(|entry| &*entry.event == "user_archived").unwrap();
    assert_eq!(archived.operator.map(|id| id.to_string()), Some(boss_id));
}

#[test]
fn actions_take_a_fresh_proof_a_reason_and_never_lock_the_operator_out() {
    let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
    let ann = world.open(ANN, OLD);
    let _ = world.enroll(&ann);
    let (ann, own) = (id_of(&world, ANN), id_of(&world, BOSS));
    let mut boss = signed_in(&hooks, &world, BOSS);
    world.clock.advance(HOUR / 2);
    assert_eq!(boss.get(&format!("/accounts/account?user={ann}")).status, 200, "looking takes none");
    let version = || block_on(doorward::UserRepository::find_by_email(&*world.users, &email(ANN))).unwrap().unwrap();
    let before = format!("{:?}", version());
    for (method, path) in boss.pages.clone().routes().filter(|(_, path)| path.starts_with("/accounts/")) {
        if ["/accounts/find", "/accounts/account"].contains(&&*path) {
            continue;
        }
        let body = format!("user={ann}&email=eve@acme.example&reason=none");
        let asked = match method {
            Method::GET => boss.get(&format!("{path}?user={ann}")),
            _ => boss.send(method, &path, &body),
        };
        assert!(asked.location().starts_with("/confirm?then=%2Faccounts%2F"), "{path}: {}", asked.location());
    }
    assert_eq!(before, format!("{:?}", version()), "nothing was done");
    boss.post("/confirm", &[("proof", OLD), ("then", "/accounts")]).location();

    for action in ["deactivate", "reset-second-factor", "change-email"] {
        let fields = [("user", own.as_str()), ("reason", "none"), ("email", "eve@acme.example")];
        let refused = boss.post(&format!("/accounts/{action}"), &fields);
        assert_eq!(refused.status, 422, "{action}");
        refused.says("Please ask another operator");
    }
    let silent = boss.post("/accounts/reset-second-factor", &[("user", ann.as_str()), ("reason", " ")]);
    assert_eq!(silent.status, 422);
    silent.says("Please say how you verified their identity.").says(r##"href="#reason""##);
    let reset = [("user", ann.as_str()), ("reason", "came in person")];
    boss.post("/accounts/reset-second-factor", &reset).location();
    world.clock.advance(MINUTE);
    assert_eq!(Client::of(&boss.pages).sign_in(ANN, OLD).location(), "/");
}

#[test]
fn the_list_goes_on_page_by_page() {
    let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
    for number in 0..120 {
        block_on(world.operator.provision(email(&format!("user{number:03}@acme.example")))).unwrap();
    }
    let mut boss = signed_in(&hooks, &world, BOSS);
    let (mut path, mut seen, mut pages) = ("/accounts".to_owned(), std::collections::BTreeSet::new(), 0);
    loop {
        let shown = boss.get(&path);
        pages += 1;
        let listed: Vec<_> = shown.text.split("<bdi>").filter_map(|rest| rest.split("</bdi>").next()).collect();
        for address in listed.into_iter().filter(|text| text.ends_with("@acme.example") && !text.contains('"')) {
            assert!(seen.insert(address.to_owned()) || address == "help@acme.example", "{address} twice");
        }
        let Some((_, rest)) = shown.text.split_once(r#"<a href="/accounts?after="#) else { break };
        path = format!("/accounts?after={}", rest.split('"').next().unwrap());
    }
    assert_eq!((pages, seen.iter().filter(|address| address.starts_with("user")).count()), (3, 120));
    assert_eq!(boss.get("/accounts?after=nobody").status, 200, "it begins anew");
}

#[test]
fn recent_activity_folds_what_anyone_can_cause_and_says_what_is_missing() {
    let world = world_with_boss(|builder| builder);
    let shown = |journal: Told| {
        let pages = doorward::pages::Pages::builder(world.auth.clone()).activity(journal).activity_lines(
            |_, language| async move { Ok(vec![(time::OffsetDateTime::UNIX_EPOCH, format!("Order <1> {language}"))]) },
        );
        world.clock.advance(MINUTE);
        let mut client = Client::of(&pages.build().unwrap());
        client.sign_in(BOSS, OLD).location();
        client.get("/security")
    };
    let mut events = vec!["authn_login_fail"; 30];
    events.push("authn_password_change");
    events.push("authn_login_fail");
    let text = shown(Told(Ok(events))).text;
    assert!(text.contains("Sign-in failed, 31 times") && text.contains("Password changed"), "{text}");
    assert!(text.contains("Order &#60;1&#62; en"), "{text}");
    shown(Told(Ok(Vec::new()))).says("Order");
    shown(Told(Err(()))).says("Not all of it can be shown right now.").says("Order");
}

#[test]
fn what_an_operator_is_offered_is_not_refused() {
    let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
    let _ = world.open(ANN, OLD);
    world.provision("new@acme.example");
    let (ann, new) = (id_of(&world, ANN), id_of(&world, "new@acme.example"));
    let mut boss = signed_in(&hooks, &world, BOSS);
    boss.post("/accounts/mark-compromised", &[("user", &ann)]).location();
    // Neither has a password now; only one of them never had.
    for (user, helps, does_not) in [(&new, "resend", "start-reset"), (&ann, "start-reset", "resend")] {
        let page = boss.get(&format!("/accounts/account?user={user}"));
        page.says(&format!("/accounts/{helps}?"));
        assert!(!page.text.contains(&format!("/accounts/{does_not}?")), "{does_not} is of no use");
        let mails = world.mailer.count();
        boss.post(&format!("/accounts/{helps}"), &[("user", user)]).location();
        assert_eq!(world.mailer.count(), mails + 1, "{helps}");
    }
}

#[test]
fn a_mail_that_is_not_accepted_is_said_and_can_be_sent_again() {
    let world = world_with_boss(|builder| builder);
    let auth = doorward::Auth::builder(site(), world.users.clone(), world.attempts.clone(), DeadRelay);
    let auth = for_pages(auth.clock(world.clock.clone()).keyring(keyring())).configure(for_tests);
    let (auth, operator) = auth.build_with_operator().unwrap();
    let pages = doorward::pages::Pages::builder(auth);
    let pages = pages.operators(operator, world.users.clone(), |_| async { Ok(true) }).build().unwrap();
    let mut boss = Client::of(&pages);
    boss.sign_in(BOSS, OLD).location();
    let created = boss.post("/accounts/provision", &[("email", "new@acme.example")]).location().to_owned();
    let new = id_of(&world, "new@acme.example");
    let page = boss.get(&created);
    page.says("could not be").says(&format!("/accounts/resend?user={new}"));
    let again = boss.post("/accounts/resend", &[("user", &new)]);
    assert_eq!(again.status, 503);
    again.says("new@acme.example").says("<button");
}

#[test]
fn a_journal_that_cannot_be_read_is_said_to_operators_and_the_rest_is_shown() {
    let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
    let pages = hooks.on(doorward::pages::Pages::builder(world.auth.clone()), &world);
    let mut boss = Client::of(&pages.activity(Told(Err(()))).build().unwrap());
    boss.sign_in(BOSS, OLD).location();
    let page = boss.get(&format!("/accounts/account?user={}", id_of(&world, BOSS)));
    page.says("Not all of it can be shown right now.").says("Journal").says(BOSS);
}

#[test]
fn activity_behind_a_flood_of_guesses_is_said_to_be_missing() {
    let world = world_with_boss(|builder| builder);
    let flood = Told(Ok(vec!["authn_login_fail"; 100]));
    let pages = doorward::pages::Pages::builder(world.auth.clone()).activity(flood).build().unwrap();
    let mut client = Client::of(&pages);
    client.sign_in(BOSS, OLD).location();
    client.get("/security").says("Sign-in failed, 500 times").says("Not all of it can be shown right now.");
}

#[test]
fn a_line_of_the_host_may_be_at_the_end_of_time() {
    let world = world_with_boss(|builder| builder);
    let behind = time::UtcOffset::from_hms(-1, 0, 0).unwrap();
    let never = time::PrimitiveDateTime::MAX.assume_offset(behind);
    let pages = doorward::pages::Pages::builder(world.auth.clone())
        .activity_lines(move |_, _| async move { Ok(vec![(never, "Never".to_owned())]) });
    let mut client = Client::of(&pages.build().unwrap());
    client.sign_in(BOSS, OLD).location();
    client.get("/security").says("Never").says("9999");
}

#[test]
fn who_is_no_operator_when_the_body_has_come_does_nothing() {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    /// While it is read, the boss is none any more.
    struct Late(Hooks, Option<bytes::Bytes>);

    impl http_body::Body for Late {
        type Data = bytes::Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, std::convert::Infallible>>> {
            *self.0.operator.lock().unwrap() = Ok("somebody@acme.example");
            Poll::Ready(self.1.take().map(|data| Ok(http_body::Frame::data(data))))
        }
    }

    let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
    let boss = signed_in(&hooks, &world, BOSS);
    let (mails, session) = (world.mailer.count(), boss.cookie("session").unwrap());
    for (path, body) in
        [("/accounts/provision", "email=new%40acme.example"), ("/accounts/find", "email=boss%40acme.example")]
    {
        *hooks.operator.lock().unwrap() = Ok(BOSS);
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, FORM)
            .header(header::COOKIE, format!("__Host-session={session}"))
            .body(Late(hooks.clone(), Some(body.into())))
            .unwrap();
        assert_eq!(block_on(boss.pages.respond(request)).status(), 404, "{path}");
    }
    assert_eq!(world.mailer.count(), mails, "no account was created");
}

#[test]
fn an_operator_gives_an_account_another_address() {
    let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
    let ann = world.open(ANN, OLD);
    world.provision("new@acme.example");
    let (id, new) = (id_of(&world, ANN), id_of(&world, "new@acme.example"));
    let mut boss = signed_in(&hooks, &world, BOSS);
    let form = boss.get(&format!("/accounts/change-email?user={id}"));
    form.says("Only after you have made sure").says(ANN).says("New email address");
    for (address, status, words) in [
        ("ann@@", 422, "Please enter one complete email address."),
        ("ANN@acme.example", 422, "The account has this address already."),
        (BOSS, 409, "There is an account with this address already."),
    ] {
        let wrong = boss.post("/accounts/change-email", &[("user", id.as_str()), ("email", address)]);
        assert_eq!(wrong.status, status, "{address}");
        wrong.says(words).says(&format!(r#"value="{address}""#)).says(r##"href="#email""##);
    }
    assert!(world.is_live(&ann));
    let page = format!("/accounts/account?user={id}");
    let fields = [("user", id.as_str()), ("email", "lee@acme.example")];
    assert_eq!(boss.post("/accounts/change-email", &fields).location(), page);
    boss.get(&page).says("The address was changed, and all sessions have ended.").says("lee@acme.example");
    assert!(!world.is_live(&ann));
    let _ = world.signed_in("lee@acme.example", OLD);
    // The mailbox of before gets no way back.
    assert!(world.mailer.last_to(&email(ANN)).unwrap().link().is_none());

    // Nobody has chosen a password for this one: its first one is mailed to the right address.
    let fields = [("user", new.as_str()), ("email", "newer@acme.example")];
    boss.post("/accounts/change-email", &fields).location();
    let welcome = world.mailer.last_to(&email("newer@acme.example")).expect("a mail went there");
    assert!(welcome.temporary_password().is_some());
    // The same as JSON.
    let mut app = App::of(&boss.pages);
    world.clock.advance(MINUTE);
    assert_eq!(app.sign_in(BOSS, OLD).step(), "signed_in");
    let asked = app.get(&format!("/accounts/change-email?user={id}")).json;
    assert_eq!((&asked["action"]["takes_email"], &asked["account"]["id"]), (&json!(true), &json!(id)));
    assert_eq!(app.post("/accounts/change-email", json!({ "user": id })).code(), (400, "request_malformed"));
    let refused = app.post("/accounts/change-email", json!({ "user": id, "email": "lee@acme.example" }));
    assert_eq!((refused.code(), &refused.json["field"]), ((422, "same_email"), &json!("email")));
    assert_eq!(app.post("/accounts/change-email", json!({ "user": id, "email": BOSS })).code(), (409, "email_taken"));
    let done = app.post("/accounts/change-email", json!({ "user": id, "email": ANN }));
    assert_eq!((&done.json["notice"], &done.json["next"]), (&json!("account_email_changed"), &json!(page)));
    // An operator's own address is changed in the settings.
    let own = format!("/accounts/account?user={}", id_of(&world, BOSS));
    assert!(!boss.get(&own).text.contains("/accounts/change-email"));
}
