//! Accounts that people open themselves: a free and a taken address are the same, and nothing happens before the button is pressed.

use std::sync::{Arc, Mutex};

use doorward::config::{RegistrationMode, TokenPlacement};
use doorward::event::EventKind;
use doorward::pages::model::RegisterPage;
use doorward::pages::{Look, Pages, PagesBuilder, RegistrationRefusal};
use doorward::registration::{RegistrationLinkStatus, RegistrationValue};
use doorward::second_factor::SecondFactorPolicy;
use doorward::store::{BackendError, BackendErrorKind};
use doorward::{AuthBuilder, UserRepository};
use http::{Method, Request};
use pollster::block_on;
use serde_json::json;

use crate::app::App;
use crate::client::{Client, FORM, Shown, ask, pages_of, world_with_pages};
use crate::support::*;

const BEN: &str = "ben@acme.example";

pub fn open_to_all(builder: AuthBuilder) -> AuthBuilder {
    builder.configure(|config| config.registration.mode = RegistrationMode::Open)
}

fn by_invitation(builder: AuthBuilder) -> AuthBuilder {
    builder.configure(|config| config.registration.mode = RegistrationMode::ByInvitation)
}

fn is_unknown(world: &World, address: &str) -> bool {
    block_on(world.users.find_by_email(&email(address))).unwrap().is_none()
}

/// Asks for an account as people do, and returns the path of the mailed link.
fn asked(world: &World, browser: &mut Client, address: &str) -> String {
    browser.get("/register").says("email you how to go on").says(r#"autocomplete="email""#);
    browser.post("/register", &[("email", address)]).says("Create an account for").says(address);
    assert_eq!(browser.post("/register/send", &[("email", address)]).location(), "/register/sent");
    browser.get("/register/sent").says("We have emailed you how to go on").says("every 5 minutes");
    let link = world.last_mail().link().expect("a mail with a link");
    link.strip_prefix("https://acme.example").expect("the link leads to the site").to_owned()
}

/// The name of the link, once the mailed one was opened.
fn opened(browser: &mut Client, link: &str) -> String {
    let page = browser.get(link).location().to_owned();
    assert!(page.starts_with("/register/confirm?link=") && page.len() < 60, "the token has left the address: {page}");
    page.rsplit('=').next().unwrap().to_owned()
}

fn confirmed(browser: &mut Client, link: &str, password: &str) -> Shown {
    browser.post("/register/confirm", &[("link", link), ("new_password", password)])
}

#[test]
fn whoever_proves_an_address_opens_an_account_with_a_password_of_their_own() {
    let (world, mut browser) = world_with_pages(open_to_all);
    browser.get("/sign-in").says(r#"<a href="/register">Create an account</a>"#);
    let link = asked(&world, &mut browser, BEN);
    let mails = world.mailer.count();
    // Scanners open the link, too.
    for _ in 0..3 {
        let mut scanner = Client::of(&browser.pages);
        let page = scanner.get(&link).location().to_owned();
        assert_eq!(scanner.get(&page).status, 200);
        assert_eq!(Client::of(&browser.pages).send(Method::HEAD, &link, "").status, 303);
    }
    let name = opened(&mut browser, &link);
    let form = browser.get(&format!("/register/confirm?link={name}"));
    form.says("Choose a password for your account").says(BEN).says("No account was created.");
    form.says(r#"autocomplete="new-password""#)
        .says("passwordrules=")
        .says(r#"autocomplete="username" hidden readonly"#);
    assert!(!form.text.contains("last password") && !form.text.contains("temporary password"), "there was none");
    assert!(is_unknown(&world, BEN) && world.mailer.count() == mails, "opening a link changes nothing");

    let rejected = confirmed(&mut browser, &name, "ben");
    assert_eq!((rejected.status.as_u16(), is_unknown(&world, BEN)), (422, true));
    rejected.says("Not yet").says(&format!(r#"value="{name}""#)).says(BEN);
    assert!(!rejected.text.contains(r#"value="ben""#), "a secret is not shown again");

    let done = confirmed(&mut browser, &name, OLD);
    assert_eq!(done.location(), "/");
    assert_eq!(browser.who().as_deref(), Some(BEN));
    assert!(browser.cookie("device").is_some() && browser.cookie("register").is_none(), "the link is dropped");
    assert_eq!(world.last_mail().mail.kind().name(), "registered");
    // The link has done its work.
    let name = opened(&mut browser, &link);
    let used = browser.get(&format!("/register/confirm?link={name}"));
    assert_eq!(used.status, 400);
    used.says("This link has been used or has expired.").says("Go to sign-in").says("Start again");
    assert!(browser.cookie("register").is_none());
    assert_eq!(Client::of(&browser.pages).sign_in(BEN, OLD).location(), "/");
}

#[test]
fn a_form_that_is_sent_twice_is_one_act() {
    let (world, mut browser) = world_with_pages(open_to_all);
    let link = asked(&world, &mut browser, BEN);
    let mails = world.mailer.count();
    assert_eq!(browser.post("/register/send", &[("email", BEN)]).location(), "/register/sent");
    assert_eq!(world.mailer.count(), mails, "one mail in five minutes");
    let name = opened(&mut browser, &link);
    let mut at_once = browser.clone();
    assert_eq!(confirmed(&mut browser, &name, OLD).location(), "/");
    let mails = world.mailer.count();
    // With the cookies of the first answer, and without them.
    assert_eq!(confirmed(&mut browser, &name, OLD).location(), "/");
    let again = confirmed(&mut at_once, &name, NEW);
    assert_eq!((again.status.as_u16(), at_once.who()), (400, None));
    again.says("If you have already chosen your password, sign in with it.");
    assert_eq!((browser.who().as_deref(), world.mailer.count()), (Some(BEN), mails));
    assert!(world.fails(BEN, NEW));
}

#[test]
fn a_form_that_is_sent_many_times_at_once_opens_one_account() {
    let (world, mut browser) = world_with_pages(open_to_all);
    let link = asked(&world, &mut browser, BEN);
    let name = opened(&mut browser, &link);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let send = || confirmed(&mut browser.clone(), &name, OLD);
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|shown| shown.status == 303).count(), 1);
    for shown in answers.iter().filter(|shown| shown.status != 303) {
        let is_waiting = shown.status == 409 && shown.headers.contains_key("retry-after");
        assert!(shown.status == 400 || is_waiting, "{}", shown.status);
        if is_waiting {
            shown.says(&format!(r#"value="{name}""#)).says(BEN).says("Please wait");
        }
    }
    assert_eq!(world.mails("registered").len(), 1);
}

#[test]
fn s15_free_and_taken_addresses_get_the_same_answer() {
    let (world, browser) = world_with_pages(open_to_all);
    let _ = world.open(ANN, OLD);
    world.provision("new@acme.example");
    let deactivated = world.open("eve@acme.example", OLD);
    block_on(world.operator.deactivate(deactivated.user_id())).unwrap();
    let all = [BEN, ANN, "new@acme.example", "eve@acme.example"];
    for path in ["/register", "/register/change", "/register/send"] {
        let answers = all.map(|address| {
            let shown = Client::of(&browser.pages).post(path, &[("email", address)]);
            let headers = format!("{:?}", shown.headers);
            (
                shown.status,
                if path == "/register/send" { headers } else { String::new() },
                shown.text.replace(address, ""),
            )
        });
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{path}: {answers:?}");
    }
    let told = [("confirm_registration", BEN), ("already_registered", ANN), ("already_registered", "new@acme.example")];
    for (kind, address) in told {
        assert!(world.mails(kind).iter().any(|mail| mail.to == email(address)), "{kind} {address}");
    }
    let mut app = App::of(&browser.pages);
    for address in all {
        let said = app.post("/register/send", json!({ "email": address }));
        assert_eq!((said.status, said.json), (200, json!({ "next": "/register/sent" })));
    }
}

#[test]
fn what_cannot_register_is_said_and_shown_again() {
    let (world, mut browser) = world_with_pages(|builder| {
        open_to_all(builder).configure(|config| config.registration.domains = vec!["acme.example".into()])
    });
    for path in ["/register", "/register/send"] {
        for (address, status, words) in [
            ("ben@@acme.example", 422, "Please enter one complete email address."),
            ("ben@other.example", 403, "Accounts are not open to email addresses of this domain."),
        ] {
            let wrong = browser.post(path, &[("email", address)]);
            assert_eq!(wrong.status, status, "{path} {address}");
            wrong.says(words).says(&format!(r#"value="{address}""#)).says(r#"aria-invalid="true""#).says("#email");
        }
    }
    browser.post("/register/change", &[("email", BEN)]).says(r#"value="ben@acme.example""#);
    assert_eq!(world.mailer.count(), 0);
    let refused = App::of(&browser.pages).post("/register", json!({ "email": "ben@other.example" }));
    assert_eq!((refused.code(), &refused.json["field"]), ((403, "domain_not_allowed"), &json!("email")));
}

#[test]
fn too_many_are_told_to_wait_and_the_client_address_counts() {
    let world = World::for_pages(open_to_all);
    let builder = Pages::builder(world.auth.clone());
    let pages = builder.client_address(|request| request.extensions.get().copied()).build().unwrap();
    let send = |n: usize, from: [u8; 4]| {
        let request = Request::post("/register/send").header("content-type", FORM).header("accept", "text/html");
        let request = request.extension(std::net::IpAddr::from(from));
        block_on(ask(&pages, request.body(format!("email=guest{n}%40acme.example")).unwrap()))
    };
    for n in 0..20 {
        assert_eq!(send(n, [192, 0, 2, 1]).status, 303, "{n}");
    }
    let busy = send(20, [192, 0, 2, 1]);
    assert_eq!((busy.status.as_u16(), &busy.headers["retry-after"]), (503, &"60".parse().unwrap()));
    busy.says("We are very busy right now.").says(r#"value="guest20@acme.example""#).says("/register/send");
    assert_eq!(send(20, [192, 0, 2, 2]).status, 303, "others go on");
}

#[test]
fn where_nobody_may_register_there_are_no_such_pages() {
    let all = ["/register", "/register/change", "/register/send", "/register/sent", "/register/confirm"];
    let (_, mut browser) = world_with_pages(|builder| builder);
    assert!(!browser.get("/sign-in").text.contains("/register"));
    for path in all {
        assert!(!browser.pages.has(path));
        let (here, nowhere) = (browser.get(path), browser.get("/nowhere"));
        assert_eq!((here.status.as_u16(), here.text, here.headers), (404, nowhere.text, nowhere.headers), "{path}");
        assert_eq!(browser.post(path, &[("email", BEN)]).status, 404, "{path}");
    }
    assert!(!browser.get("/pages/openapi.json").text.contains("\"/register"));

    let (world, mut browser) = world_with_pages(by_invitation);
    assert!(!browser.get("/sign-in").text.contains("/register"));
    for path in &all[..4] {
        assert_eq!(
            (browser.get(path).status, browser.post(path, &[("email", BEN)]).status),
            (http::StatusCode::NOT_FOUND, http::StatusCode::NOT_FOUND),
            "{path}"
        );
    }
    let damaged = browser.get("/register/confirm?token=damaged");
    assert_eq!(damaged.status, 400);
    damaged.says("Please copy the whole link").says("Go to sign-in");
    assert!(!damaged.text.contains("Start again"), "nobody starts by themselves");
    let _ = block_on(world.operator.invite(email(BEN))).unwrap();
    let name = opened(&mut browser, &format!("/register/confirm?token={}", world.mailed_token()));
    browser.get("/register/confirm").says(BEN);
    assert_eq!(confirmed(&mut browser, &name, OLD).location(), "/");
    assert_eq!(browser.who().as_deref(), Some(BEN));
}

#[test]
fn another_site_cannot_replace_the_link_that_a_page_is_about_to_confirm() {
    let (world, mut browser) = world_with_pages(open_to_all);
    let bens = asked(&world, &mut browser, BEN);
    let eves = asked(&world, &mut browser, "eve@acme.example");
    let (bens, eves) = (opened(&mut browser, &bens), opened(&mut browser, &eves));
    assert_ne!(bens, eves);
    assert_eq!(browser.get("/register/confirm").status, 400, "which of the two is not guessed");
    assert_eq!(confirmed(&mut browser, &bens, OLD).location(), "/");
    assert_eq!(browser.who().as_deref(), Some(BEN));
    assert!(is_unknown(&world, "eve@acme.example") && browser.cookie("register").is_some(), "the other one stays");
    // Neither link passes for one of a reset.
    assert_eq!(browser.post("/reset/confirm", &[("link", &eves)]).status, 400);
    assert!(browser.cookie("reset").is_none());
}

#[test]
fn long_links_fit_into_a_cookie() {
    let value = RegistrationValue::parse(&"\"".repeat(256)).unwrap();
    let (world, mut browser) = world_with_pages(open_to_all);
    for n in 0..4 {
        let long =
            format!("{}{n}@{}.example", "a".repeat(63), ["b".repeat(60), "c".repeat(60), "d".repeat(54)].join("."));
        let invitation = doorward::registration::Invitation::new(email(&long)).value(value.clone());
        let _ = block_on(world.operator.invite(invitation)).unwrap();
        let name = opened(&mut browser, &format!("/register/confirm?token={}", world.mailed_token()));
        browser.get(&format!("/register/confirm?link={name}")).says(&long);
        let kept = browser.cookie("register").unwrap();
        assert!(kept.len() < 3_700, "{}", kept.len());
        assert!(n == 0 || kept.contains('~'), "two fit");
    }
}

#[test]
fn a_link_is_mended_or_said_to_be_damaged_and_needs_the_browser_that_opened_it() {
    let (world, mut browser) = world_with_pages(open_to_all);
    let link = asked(&world, &mut browser, BEN);
    let page = browser.get(&format!("{link}.")).location().to_owned();
    let damaged = browser.get(&link[..link.len() - 4]);
    assert_eq!(damaged.status, 400);
    damaged.says("Please copy the whole link");
    let mut other = Client::of(&browser.pages);
    for shown in [other.get(&page), confirmed(&mut other, page.rsplit('=').next().unwrap(), OLD)] {
        assert_eq!(shown.status, 400);
        shown.says("Please open the link in your email again");
    }
    assert_eq!(browser.get(&page).status, 200);
    world.clock.advance(HOUR);
    let expired = browser.get(&page);
    assert_eq!(expired.status, 400);
    expired.says("has expired");
    assert!(is_unknown(&world, BEN));
}

#[test]
fn links_whose_token_reaches_no_server_are_refused_when_pages_are_built() {
    let auth = doorward::Auth::builder(
        site().link_token(TokenPlacement::Fragment),
        doorward::store::MemoryUsers::new(),
        doorward::store::MemoryAttempts::new(),
        doorward::mail::PrintingMailer,
    );
    let auth = open_to_all(for_pages(auth.keyring(keyring()))).build().unwrap();
    assert_eq!(Pages::builder(auth).build().unwrap_err().setting(), "site.link_token");
}

#[test]
fn a_session_before_ends_and_the_steps_that_follow_are_those_of_a_sign_in() {
    let (world, mut browser) = world_with_pages(|builder| {
        open_to_all(builder).configure(|config| config.second_factor.policy = SecondFactorPolicy::Required)
    });
    let link = asked(&world, &mut browser, BEN);
    let name = opened(&mut browser, &link);
    assert_eq!(confirmed(&mut browser, &name, OLD).location(), "/authenticator");
    assert_eq!(browser.who(), None);
    browser.get("/authenticator").says("An authenticator app is required here.");

    let (world, mut browser) = world_with_pages(open_to_all);
    let _ = world.open(ANN, OLD);
    let _ = browser.sign_in(ANN, OLD);
    let anns = browser.clone();
    let link = asked(&world, &mut browser, BEN);
    let name = opened(&mut browser, &link);
    assert_eq!(confirmed(&mut browser, &name, NEW).location(), "/");
    assert_eq!((browser.who().as_deref(), anns.who()), (Some(BEN), None));
}

#[test]
fn newcomers_are_welcomed() {
    let world = World::for_pages(open_to_all);
    let pages = Pages::builder(world.auth.clone()).onboarding(|_| async { Ok(None) }).onboarding_steps(["Your name"]);
    let mut browser = Client::of(&pages.build().unwrap());
    let link = asked(&world, &mut browser, BEN);
    let name = opened(&mut browser, &link);
    browser.get(&format!("/register/confirm?link={name}")).says("Step 1 of 2").says("Your name");
    assert_eq!(confirmed(&mut browser, &name, OLD).location(), "/welcome");
    browser.get("/welcome").says("You are all set");
    assert_eq!(confirmed(&mut browser, &name, OLD).location(), "/welcome");
    assert_eq!(browser.get("/welcome").location(), "/");
}

#[test]
fn the_script_judges_a_password_for_whoever_has_a_link() {
    let (world, mut browser) = world_with_pages(open_to_all);
    let link = asked(&world, &mut browser, BEN);
    assert_eq!(browser.post("/check-password", &[("new_password", "x")]).status, 404);
    let name = opened(&mut browser, &link);
    let judged = browser.post("/check-password", &[("new_password", "ben acme example"), ("link", &name)]);
    assert_eq!(judged.status, 200);
    judged.says("about_the_account");
    assert_eq!(browser.post("/check-password", &[("new_password", "x"), ("link", "x")]).status, 404);
    let mut app = App::of(&browser.pages);
    let judged =
        app.post("/check-password", json!({ "new_password": "short", "registration_token": world.mailed_token() }));
    assert_eq!(judged.json, json!({ "broken": ["too_short"] }));
}

#[test]
fn a_store_that_is_down_is_a_503_and_the_link_stays() {
    let (world, mut browser) = world_with_pages(open_to_all);
    let link = asked(&world, &mut browser, BEN);
    let name = opened(&mut browser, &link);
    block_on(world.auth.close());
    assert_eq!(browser.get(&format!("/register/confirm?link={name}")).status, 503);
    assert_eq!(confirmed(&mut browser, &name, OLD).status, 503);
    let refused = browser.post("/register/send", &[("email", BEN)]);
    assert_eq!(refused.status, 503);
    refused.says(r#"value="ben@acme.example""#);
    assert!(browser.cookie("register").is_some());
}

/// A host that asks for a name and a puzzle.
fn asking(builder: PagesBuilder, told: &Arc<Mutex<Vec<String>>>) -> PagesBuilder {
    let look = Look::new().content(|form: &RegisterPage| {
        let (name, email) = (form.fields.get("name").replace('"', "&quot;"), form.email.replace('"', "&quot;"));
        format!(
            r#"<form method="post" action="{}/register"><input name="email" value="{email}"><input name="name" value="{name}"></form>"#,
            form.page.base
        )
    });
    let told = Arc::clone(told);
    builder.look(look).before_registration(move |form| {
        let agent = form.request.headers.get("user-agent").map(|agent| agent.to_str().unwrap().to_owned());
        told.lock().unwrap().push(format!("{form:?} {} {agent:?}", form.email.as_typed()));
        async move {
            match form.fields.get("puzzle") {
                "42" => Ok(Some(RegistrationValue::parse(form.fields.get("name")).expect("a short name"))),
                "down" => Err(BackendError::new(BackendErrorKind::Unavailable).into()),
                _ => Err(RegistrationRefusal::said("<b>Once more</b>, please.")),
            }
        }
    })
}

#[test]
fn a_host_asks_for_a_puzzle_and_a_name_before_anything_is_mailed() {
    let (world, told) = (World::for_pages(open_to_all), Arc::new(Mutex::new(Vec::new())));
    let mut browser = Client::of(&asking(Pages::builder(world.auth.clone()), &told).build().unwrap());
    browser.get("/register").says(r#"name="name" value="""#);
    let typed = |puzzle: &'static str| [("email", BEN), ("name", "Ben \"B\""), ("puzzle", puzzle)];
    // Everything goes through the check, and back.
    let checked = browser.post("/register", &typed("41"));
    checked.says(r#"name="name" value="Ben &#34;B&#34;""#).says(r#"name="puzzle" value="41""#);
    browser.post("/register/change", &typed("41")).says(r#"name="name" value="Ben &quot;B&quot;""#).says(BEN);
    assert!(told.lock().unwrap().is_empty(), "it is asked once, before the mail");

    let refused = browser.post("/register/send", &typed("41"));
    assert_eq!((refused.status.as_u16(), world.mailer.count()), (422, 0));
    refused.says("&#60;b&#62;Once more&#60;/b&#62;, please.").says("Ben &quot;B&quot;").says(BEN);
    let failed = browser.post("/register/send", &typed("down"));
    assert_eq!((failed.status.as_u16(), world.mailer.count()), (503, 0));
    failed.says("Something went wrong on our side.").says("Ben &quot;B&quot;");
    let failures = world.observer.kinds();
    assert!(
        failures
            .iter()
            .any(|kind| matches!(kind, EventKind::StoreFailed { call, .. } if *call == "before_registration"))
    );
    let first = told.lock().unwrap()[0].clone();
    assert!(first.contains("ben@acme.example None") && first.contains("\"en\"") && !first.contains("41"), "{first}");

    // A malformed address is none to ask about.
    let asked = told.lock().unwrap().len();
    assert_eq!(browser.post("/register/send", &[("email", "ben@@"), ("puzzle", "42")]).status, 422);
    assert_eq!(told.lock().unwrap().len(), asked);

    assert_eq!(browser.post("/register/send", &typed("42")).location(), "/register/sent");
    let status = block_on(world.auth.inspect_registration(&world.mailed_token())).unwrap();
    let RegistrationLinkStatus::Valid(link) = status else { panic!("the link does not work") };
    assert_eq!(link.value, Some(RegistrationValue::parse("Ben \"B\"").unwrap()));

    // A program sends members, and reads what the host says.
    let mut app = App::of(&browser.pages);
    let refused = app.post("/register/send", json!({ "email": "eve@acme.example", "puzzle": "41" }));
    assert_eq!(
        (refused.code(), &refused.json["detail"]),
        ((422, "registration_refused"), &json!("<b>Once more</b>, please."))
    );
    assert_eq!(refused.json.get("field"), None);
    let sent = app.post("/register/send", json!({ "email": "eve@acme.example", "puzzle": "42", "name": "Eve" }));
    assert_eq!(sent.status, 200);
}

#[test]
fn names_of_the_crate_are_no_fields_of_the_host() {
    let (world, told) = (World::for_pages(open_to_all), Arc::new(Mutex::new(Vec::new())));
    let mut browser = Client::of(&asking(Pages::builder(world.auth.clone()), &told).build().unwrap());
    let fields = [("email", BEN), ("password", "secret"), ("new_password", "secret"), ("link", "x"), ("keep", "1")];
    let checked = browser.post("/register", &fields);
    assert!(
        !checked.text.contains("secret") && checked.text.matches("type=\"hidden\"").count() == 1,
        "{}",
        checked.text
    );
    let debug = format!("{:?}", doorward::pages::OwnFields::default());
    assert_eq!(debug, "[]");
}

/// An app and a script, from the address to the session. Returns what was asked, for the document.
pub fn told_in_json() -> App {
    let world = World::for_pages(open_to_all);
    let pages = pages_of(&world);
    let mut app = App::of(&pages);
    assert_eq!(app.get("/sign-in").json["may_register"], true);
    for path in ["/register", "/register/change", "/register/send"] {
        assert_eq!(app.get(path).json, json!({ "email": "" }));
        assert_eq!(app.post(path, json!({})).code(), (400, "request_malformed"));
    }
    assert_eq!(app.post("/register", json!({ "email": BEN, "age": 7 })).json, json!({ "email": BEN }));
    assert_eq!(app.post("/register/change", json!({ "email": BEN })).json, json!({ "email": BEN }));
    assert_eq!(app.post("/register", json!({ "email": "ben@@" })).code(), (422, "email_malformed"));
    assert_eq!(app.post("/register/send", json!({ "email": BEN })).json, json!({ "next": "/register/sent" }));
    assert_eq!(app.get("/register/sent").json, json!({ "minutes": 5 }));
    let link = world.last_mail().link().unwrap().to_owned();
    let send = |app: &mut App, token: &str, password: &str| {
        app.post("/register/confirm", json!({ "registration_token": token, "new_password": password }))
    };
    assert_eq!(app.post("/register/confirm", json!({ "registration_token": link })).code(), (400, "request_malformed"));
    assert_eq!(app.post("/register/confirm", json!({ "new_password": OLD })).code(), (400, "link_not_kept"));
    assert_eq!(send(&mut app, "x", OLD).code(), (400, "link_damaged"));
    let rejected = send(&mut app, &link, "ben");
    assert_eq!((rejected.code(), &rejected.json["field"]), ((422, "password_rejected"), &json!("new_password")));
    assert!(rejected.json["violations"].as_array().is_some_and(|violations| violations.len() > 1));
    assert_eq!(send(&mut app, &link, OLD).step(), "signed_in");
    assert_eq!((app.who().as_deref(), app.device.is_some()), (Some(BEN), true));
    assert_eq!(send(&mut app, &link, OLD).code(), (400, "link_invalid"));

    // A script of the site keeps the link in a cookie, as a page does.
    let mut script = App::script_of(&pages);
    let _ = block_on(world.operator.invite(email("eve@acme.example"))).unwrap();
    assert_eq!(script.get("/register/confirm").code(), (400, "link_not_kept"));
    let kept = script.get(&format!("/register/confirm?token={}", world.mailed_token()));
    let shown = script.get(kept.json["next"].as_str().unwrap()).json;
    assert_eq!((&shown["email"], &shown["steps"]), (&json!("eve@acme.example"), &json!(null)));
    assert!(shown["rules"].as_array().is_some_and(|rules| rules.len() > 3));
    let done = script.post("/register/confirm", json!({ "link": shown["link"], "new_password": OLD }));
    assert_eq!((done.step(), script.who().as_deref()), ("signed_in", Some("eve@acme.example")));
    script.seen.extend(app.seen);
    script
}
