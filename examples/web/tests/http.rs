//! Guarantees at the HTTP level, without a browser.

mod support;

use std::time::Duration;

use reqwest::{Method, StatusCode};
use support::{Answer, BEN, OLGA, Server, Visitor, link_in, link_named_in, password_in};

/// The pages, and what the application has of its own.
fn paths(server: &Server, method: Method) -> Vec<String> {
    let own: &[&str] =
        if method == Method::POST { &["/details", "/demo/clock", "/demo/mailbox/clear"] } else { &["/", "/details"] };
    let routes = server.app.pages.routes().filter(|(other, path)| *other == method && !path.starts_with("/pages/"));
    routes.map(|(_, path)| path).chain(own.iter().map(|path| (*path).to_owned())).collect()
}

fn assert_headers(path: &str, answer: &Answer) {
    let header = |name: &str| {
        let mut values = answer.headers.get_all(name).iter();
        let value = values.next().unwrap_or_else(|| panic!("{path} has no {name}")).to_str().unwrap().to_owned();
        assert!(values.next().is_none(), "{path} has {name} twice");
        value
    };
    let policy = header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{path}");
    assert_eq!(header("cache-control"), "no-store", "{path}");
    assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(header("x-robots-tag"), "noindex", "{path}");
    // The pages contain nothing that the policy would block.
    for inline in ["<style", " style=", "<script>", " onclick", "javascript:"] {
        assert!(!answer.body.contains(inline), "{path} has {inline}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_the_security_headers() {
    let server = Server::start().await;
    let visitors = [Visitor::new(&server), Visitor::member(&server, BEN).await, Visitor::member(&server, OLGA).await];
    for mut visitor in visitors {
        for path in paths(&server, Method::GET).iter().map(String::as_str).chain(["/no/such/page", "/demo/mailbox"]) {
            let answer = visitor.get(path).await;
            // A redirect of the application's layer, too.
            assert_headers(path, &answer);
        }
    }
    for path in server.app.pages.routes().filter(|(method, _)| method == "POST").map(|(_, path)| path) {
        let mut visitor = Visitor::new(&server);
        assert_headers(&path, &visitor.post(&path, &[]).await);
        let foreign = visitor.send(Method::POST, &path, &[], &[("sec-fetch-site", "cross-site")]).await;
        assert_headers(&path, &foreign);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_a_mailed_link_changes_nothing_and_the_post_works_once() {
    let server = Server::start().await;
    Visitor::new(&server).post("/forgot/send", &[("email", BEN.0)]).await;
    let mails = server.mails(2).await;
    // The new user's first password came with a link to the sign-in page.
    let (reset, welcome) = (link_in(&mails[0]), link_in(&mails[1]));
    assert!(reset.contains("/reset/confirm?token=") && welcome.ends_with("/sign-in"));
    let before = [server.version(BEN.0).await, server.version("ann@acme.example").await];
    let mut pages = Vec::new();
    for link in [&reset, &welcome] {
        for method in [Method::GET, Method::HEAD] {
            for _ in 0..20 {
                // A scanner with cookies that follows redirects, like a full browser.
                let mut scanner = Visitor::new(&server);
                let answer = scanner.send(method.clone(), link, &[], &[]).await;
                if answer.status == StatusCode::SEE_OTHER {
                    let to = answer.location().to_owned();
                    pages.push(scanner.send(method.clone(), &to, &[], &[]).await.body);
                }
                assert!(scanner.session().is_empty(), "a link signs nobody in");
            }
        }
    }
    assert_eq!(before, [server.version(BEN.0).await, server.version("ann@acme.example").await]);
    assert_eq!(server.mailbox().len(), 2);
    // A link that was never mailed shows the same page.
    let mut stranger = Visitor::new(&server);
    let page = stranger.open_link(&format!("/reset/confirm?token={}", never_mailed(0))).await;
    // Except for the link's name in its form.
    let unnamed = |body: &str| body.replace(&link_named_in(body), "");
    assert!(pages[..20].iter().all(|other| unnamed(other) == unnamed(&page.body)));

    let mut owner = Visitor::new(&server);
    let led_to = owner.get(&reset).await.location().to_owned();
    assert!(led_to.starts_with("/reset/confirm?link="), "{led_to}");
    let (_, token) = reset.split_once("token=").unwrap();
    assert!(!token.contains(led_to.split_once("link=").unwrap().1), "the token leaves the address bar");
    let confirmed = owner.confirm_link(&reset).await;
    assert_eq!(confirmed.location(), "/reset/done");
    for _ in 0..2 {
        assert!(
            owner.get("/reset/done").await.body.contains("We emailed you a temporary password"),
            "also after a reload"
        );
    }
    assert!(owner.cookies.contains_key("__Host-device"), "the confirming browser gets its own bucket");
    let again = owner.confirm_link(&reset).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let mails = server.mails(3).await;
    assert_eq!(mails.len(), 3);
    let signed_in = owner.sign_in((BEN.0, &password_in(&mails[0]))).await;
    assert_eq!(signed_in.location(), "/choose-password");
    let chosen = owner.post("/choose-password", &[("new_password", "figs and bread at dawn")]).await;
    assert_eq!(chosen.location(), "/welcome", "the first sign-in of an imported user");
    let late = stranger.confirm_link(&reset).await;
    assert_eq!(late.status, StatusCode::BAD_REQUEST);
    assert!(late.body.contains("This link has been used or has expired"));
}

/// A well-formed link token that was never mailed.
fn never_mailed(n: u8) -> String {
    format!("YWJj.{}", format!("{n:02}").repeat(21) + "A")
}

/// A navigation that another site caused.
async fn led_astray(visitor: &mut Visitor, path: &str) -> Answer {
    visitor.send(Method::GET, path, &[], &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn section_4_another_site_puts_no_link_in_the_place_of_the_one_about_to_be_confirmed() {
    let server = Server::start().await;
    Visitor::new(&server).post("/forgot/send", &[("email", BEN.0)]).await;
    let own = link_in(&server.mails(2).await[0]);
    let mut ben = Visitor::new(&server);
    // From a web mail client, which is another site too.
    let led_to = led_astray(&mut ben, &own).await.location().to_owned();
    let page = ben.get(&led_to).await;
    let named = link_named_in(&page.body);

    // While his page is open, another site opens its own link, twice.
    for _ in 0..2 {
        led_astray(&mut ben, &format!("/reset/confirm?token={}", never_mailed(1))).await;
    }
    assert_eq!(link_named_in(&ben.get(&led_to).await.body), named, "also after a reload");
    let without_a_name = ben.post("/reset/confirm", &[]).await;
    assert_eq!(without_a_name.status, StatusCode::BAD_REQUEST, "it does not guess which of the two");
    assert!(ben.get("/reset/confirm").await.status == StatusCode::BAD_REQUEST, "nor here");
    assert_eq!(ben.post("/reset/confirm", &[("link", &named)]).await.location(), "/reset/done");
    assert_eq!(server.mails(3).await.len(), 3, "his link was confirmed");

    // Many links evict his, and then his page confirms nothing.
    Visitor::new(&server).post("/forgot/send", &[("email", OLGA.0)]).await;
    let own = link_in(&server.mails(4).await[0]);
    let page = ben.open_link(&own).await;
    for n in 2..10 {
        led_astray(&mut ben, &format!("/reset/confirm?token={}", never_mailed(n))).await;
    }
    let pressed = ben.post("/reset/confirm", &[("link", &link_named_in(&page.body))]).await;
    assert_eq!(pressed.status, StatusCode::BAD_REQUEST);
    assert!(pressed.body.contains("Please open the link in your email again"));
    assert!(ben.cookies["__Host-reset"].len() < 700, "only a few are kept");
    assert_eq!(ben.confirm_link(&own).await.location(), "/reset/done");
}

#[tokio::test(flavor = "multi_thread")]
async fn section_4_nothing_but_a_link_is_kept_of_a_link() {
    let server = Server::start().await;
    let mut visitor = Visitor::new(&server);
    let long = format!("{}.{}", "a".repeat(5_000), "A".repeat(43));
    let two = format!("{}~{}", never_mailed(0), never_mailed(1));
    for text in ["", "none", "YWJj.AAAA", &long, &two, "%3Cscript%3E", "a%0D%0Ab"] {
        let answer = led_astray(&mut visitor, &format!("/reset/confirm?token={text}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{text}");
        assert!(answer.body.contains("copy the whole link") && answer.body.contains("/forgot"), "{text}");
        assert!(!visitor.cookies.contains_key("__Host-reset"), "{text}");
    }
    // Of a link that a mail client mangled, the link itself is kept.
    for (before, after) in [("", "%3E"), ("3D", "."), ("%0D%0A+", "%E2%80%8B"), ("%22", "%22~x")] {
        let mut visitor = Visitor::new(&server);
        visitor.open_link(&format!("/reset/confirm?token={before}{}{after}", never_mailed(0))).await;
        assert_eq!(visitor.cookies["__Host-reset"], never_mailed(0), "{before}…{after}");
    }
    // The same for text planted in the cookie.
    visitor.cookies.insert("__Host-reset".to_owned(), format!("{long}~{}", never_mailed(0)));
    visitor.open_link(&format!("/reset/confirm?token={}", never_mailed(1))).await;
    assert_eq!(visitor.cookies["__Host-reset"], format!("{}~{}", never_mailed(1), never_mailed(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_site_posts_is_refused() {
    let server = Server::start().await;
    let (mut operator, mut member) = (Visitor::member(&server, OLGA).await, Visitor::member(&server, BEN).await);
    let everybody = [BEN.0, OLGA.0, "ann@acme.example"];
    let mut before = Vec::new();
    for email in everybody {
        before.push(server.version(email).await);
    }
    let forged: [&[(&'static str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://evil.localhost")],
        &[("sec-fetch-site", "cross-site"), ("origin", "null")],
        // Browsers without fetch metadata.
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
    ];
    let form = [("email", BEN.0), ("password", BEN.1), ("new_password", "figs and bread at dawn"), ("name", "Eve")];
    for headers in forged {
        for path in &paths(&server, Method::POST) {
            for visitor in [&mut operator, &mut member] {
                let answer = visitor.send(Method::POST, path, &form, headers).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
                assert!(answer.headers.get("set-cookie").is_none(), "{path}");
            }
        }
    }
    for (email, version) in everybody.into_iter().zip(before) {
        assert_eq!(server.version(email).await, version, "{email}");
    }
    for visitor in [&mut operator, &mut member] {
        assert_eq!(visitor.get("/").await.status, StatusCode::OK, "nobody was signed out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_bound_to_this_host_and_tokens_move_with_every_privilege() {
    let server = Server::start().await;
    let mut visitor = Visitor::new(&server);
    visitor.cookies.insert("__Host-session".into(), "planted".into());
    let answer = visitor.sign_in(BEN).await;
    for cookie in answer.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("__Host-") && !cookie.contains("Domain"), "{cookie}");
        for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.split("; ").any(|part| part == attribute), "{cookie}");
        }
    }
    let mut tokens = vec!["planted".to_owned(), visitor.session().to_owned()];
    visitor.post("/confirm", &[("proof", BEN.1)]).await;
    tokens.push(visitor.session().to_owned());
    // A proof right after another would be throttled, like any attempt.
    server.app.clock.forward(Duration::from_secs(1));
    let new = "figs and bread at dawn";
    let changed = visitor.post("/security/password", &[("current_password", BEN.1), ("new_password", new)]).await;
    assert_eq!(changed.location(), "/security");
    tokens.push(visitor.session().to_owned());
    visitor.post("/security/sessions/sign-out-others", &[]).await;
    tokens.push(visitor.session().to_owned());
    visitor.post("/sign-out", &[]).await;
    visitor.sign_in((BEN.0, new)).await;
    tokens.push(visitor.session().to_owned());
    let last = tokens.pop().unwrap();
    for (index, token) in tokens.iter().enumerate() {
        assert!(!tokens[..index].contains(token), "a token was reused");
        visitor.cookies.insert("__Host-session".into(), token.clone());
        assert_eq!(visitor.get("/").await.location(), "/sign-in?then=%2F", "an earlier token is dead");
    }
    visitor.cookies.insert("__Host-session".into(), last);
    assert_eq!(visitor.get("/").await.status, StatusCode::OK);
}

/// Everything a client can see in a response, except the date.
fn seen(answer: &Answer, email: &str) -> (StatusCode, Vec<String>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date");
    let headers = headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    (answer.status, headers, answer.body.replace(email, "…"))
}

#[tokio::test(flavor = "multi_thread")]
async fn known_and_unknown_addresses_are_answered_alike() {
    let server = Server::start().await;
    Visitor::member(&server, OLGA)
        .await
        .post("/accounts/deactivate", &[("user", &user_id(&server, "ann@acme.example").await)])
        .await;
    // All the same length, since the page repeats the address.
    let people = ["ben@acme.example", "ann@acme.example", "zoe@acme.example"];
    for path in ["/forgot", "/forgot/send", "/forgot/send", "/sign-in"] {
        let mut answers = Vec::new();
        for email in people {
            let form = [("email", email), ("password", "wrong")];
            answers.push(seen(&Visitor::new(&server).post(path, &form).await, email));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{path}: {answers:#?}");
        assert_eq!(path == "/sign-in", answers[0].2.contains("Email and Password do not match"), "{path}");
    }
}

async fn user_id(server: &Server, email: &str) -> String {
    use doorward::{Email, UserRepository};
    let found = server.app.store.find_by_email(&Email::parse(email).unwrap()).await.unwrap();
    found.unwrap().id().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_grow_and_are_told_and_the_owner_gets_in() {
    let server = Server::start().await;
    let mut owner = Visitor::member(&server, BEN).await;
    let mut stranger = Visitor::new(&server);
    let mut waits: Vec<u64> = Vec::new();
    while waits.len() < 6 {
        let answer = stranger.sign_in((BEN.0, "wrong")).await;
        let Some(wait) = answer.headers.get("retry-after") else {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            continue;
        };
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.body.contains("Your account is not locked"));
        let wait: u64 = wait.to_str().unwrap().parse().unwrap();
        waits.push(wait);
        stranger.post("/demo/clock", &[("seconds", &wait.to_string())]).await;
    }
    assert!(waits.windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
    owner.post("/sign-out", &[]).await;
    assert_eq!(owner.sign_in(BEN).await.location(), "/", "failures elsewhere do not throttle a known browser");
    server.app.clock.forward(Duration::from_secs(60 * 60));
    assert_eq!(stranger.sign_in(BEN).await.location(), "/", "nobody is locked out");
}

#[tokio::test(flavor = "multi_thread")]
async fn password_managers_find_the_page_to_change_a_password() {
    let server = Server::start().await;
    let mut visitor = Visitor::new(&server);
    let answer = visitor.get("/.well-known/change-password").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/security"));
    let unlikely = visitor.get("/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200").await;
    assert_eq!(unlikely.status, StatusCode::NOT_FOUND);
    let page = Visitor::member(&server, BEN).await.get("/security").await.body;
    for needed in [
        "autocomplete=\"username\"",
        "autocomplete=\"current-password\"",
        "autocomplete=\"new-password\"",
        "passwordrules=\"",
    ] {
        assert!(page.contains(needed), "{needed}");
    }
    assert!(!page.contains("maxlength=\"2"), "a field that truncates pasted passwords breaks them silently");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_operators_find_the_operators_page() {
    let server = Server::start().await;
    let mut member = Visitor::member(&server, BEN).await;
    let id = user_id(&server, OLGA.0).await;
    assert_eq!(member.get("/accounts").await.status, StatusCode::NOT_FOUND);
    for action in ["deactivate", "reset-second-factor", "require-change", "resend", "start-reset", "reactivate"] {
        let answer = member.post(&format!("/accounts/{action}"), &[("user", &id), ("reason", "none")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{action}");
    }
    let answer = member.post("/accounts/provision", &[("email", "eve@acme.example")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(Visitor::new(&server).get("/accounts").await.location(), "/sign-in?then=%2Faccounts");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_does_what_the_buttons_say() {
    let server = Server::start().await;
    let mut operator = Visitor::member(&server, OLGA).await;
    let (ann, ben) = (user_id(&server, "ann@acme.example").await, user_id(&server, BEN.0).await);
    for (action, user, mails) in [("resend", &ann, 2), ("start-reset", &ben, 3), ("require-change", &ben, 4)] {
        let answer = operator.post(&format!("/accounts/{action}"), &[("user", user)]).await;
        assert_eq!(answer.location(), format!("/accounts/account?user={user}"), "{action}");
        assert_eq!(server.mails(mails).await.len(), mails, "{action}");
    }
    assert_eq!(Visitor::new(&server).sign_in(BEN).await.location(), "/choose-password");
    let page = operator.get(&format!("/accounts/account?user={ben}")).await.body;
    assert!(page.contains("New password required by our support team") && page.contains("by an operator"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_second_factor_is_required_there_is_no_way_around_it() {
    let server = Server::start_with(|options| options.second_factor_required = true).await;
    let mut visitor = Visitor::new(&server);
    assert_eq!(visitor.sign_in(BEN).await.location(), "/authenticator");
    assert_eq!(visitor.get("/").await.location(), "/sign-in?then=%2F");
    let offer = visitor.get("/authenticator").await.body;
    assert!(!offer.contains("Skip for now"));
    let page = visitor.post("/authenticator", &[]).await.body;
    let key = key_in(&page);
    let uri = format!("otpauth://totp/Acme:ben?secret={key}&issuer=Acme");
    let app = totp_rs::Totp::from_url(&uri).unwrap();
    use doorward::Clock;
    let code = app.generate(server.app.clock.now().unix_timestamp() as u64).to_string();
    let wrong = visitor.post("/authenticator/confirm", &[("code", "000000")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let codes = visitor.post("/authenticator/confirm", &[("code", &code)]).await;
    assert_eq!(codes.status, StatusCode::OK, "{}", codes.body);
    assert_eq!(codes.body.matches("<li><code>").count(), 10);
    assert_eq!(visitor.get("/").await.status, StatusCode::OK);
}

/// Enrolls an authenticator in the settings.
async fn enroll(server: &Server, visitor: &mut Visitor) -> totp_rs::Totp {
    let page = visitor.post("/security/authenticator", &[]).await.body;
    let app = authenticator(&page);
    let codes = visitor.post("/security/authenticator/confirm", &[("code", &code(server, &app))]).await;
    assert_eq!(codes.body.matches("<li><code>").count(), 10);
    app
}

/// The key that a page shows for the authenticator app.
fn key_in(page: &str) -> String {
    let (_, rest) = page.split_once("id=\"key\"").unwrap();
    rest.split(['>', '<']).nth(1).unwrap().replace(' ', "")
}

fn authenticator(page: &str) -> totp_rs::Totp {
    let key = key_in(page);
    totp_rs::Totp::from_url(format!("otpauth://totp/Acme:somebody?secret={key}&issuer=Acme")).unwrap()
}

fn code(server: &Server, app: &totp_rs::Totp) -> String {
    use doorward::Clock;
    app.generate(server.app.clock.now().unix_timestamp() as u64).to_string()
}

const MINUTE: Duration = Duration::from_secs(60);

/// Ben uses his session until that much time has passed.
async fn use_for(server: &Server, ben: &mut Visitor, minutes: u32) {
    for _ in 0..minutes / 30 {
        server.app.clock.forward(30 * MINUTE);
        let before = server.version(BEN.0).await;
        // A use is written down after the response, unless the one before is just being written.
        while server.version(BEN.0).await == before {
            assert_eq!(ben.get("/").await.status, StatusCode::OK);
        }
    }
    server.app.clock.forward(minutes % 30 * MINUTE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_about_to_end_says_so_and_one_that_has_ended_too() {
    let server = Server::start().await;
    let mut ben = Visitor::member(&server, BEN).await;
    let words = "You will be signed out in a few minutes.";
    let page = ben.get("/").await.body;
    assert!(page.contains(&format!("<template><p class=\"notice\">{words}")), "hidden until a script shows it");
    assert!(page.contains("data-ends=\"3300\"") || page.contains("data-ends=\"3299\""), "five minutes before: {page}");
    assert!(page.contains("<a href=\"\">Stay signed in</a>"), "using it is enough");
    use_for(&server, &mut ben, 24 * 60 - 4).await;
    let page = ben.get("/").await.body;
    assert!(page.contains(words) && !page.contains("<template>"));
    assert!(
        page.contains("<a href=\"/sign-in\">Sign in again</a>") && !page.contains("Stay signed in"),
        "at its very end"
    );

    server.app.clock.forward(4 * MINUTE);
    let ended = ben.get("/security").await;
    assert_eq!(ended.location(), "/sign-in?then=%2Fsecurity");
    assert!(!ended.headers["set-cookie"].to_str().unwrap().contains("session"), "the cookie stays");
    assert!(ben.get("/sign-in").await.body.contains("Your session has ended"));
    assert!(!ben.get("/sign-in").await.body.contains("Your session has ended"), "once");
    assert!(!ben.get("/sign-in?ended").await.body.contains("Your session has ended"), "and not because of a link");
    assert_eq!(ben.sign_in(BEN).await.location(), "/");
    server.app.clock.forward(60 * MINUTE);
    assert_eq!(ben.get("/").await.location(), "/sign-in?then=%2F", "an hour without use");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_told_to_be_signed_out_is_whatever_was_under_way() {
    let server = Server::start().await;
    let (mut before, mut after) = (0, 0);
    for round in 0..40 {
        let mut ben = Visitor::member(&server, BEN).await;
        let mut other_window = Visitor::new(&server);
        other_window.cookies = ben.cookies.clone();
        let old = ben.cookies.clone();
        server.app.clock.forward(Duration::from_secs(60));
        // Signing out happens before, during and after the proof, which takes a hash.
        let signing_out = async {
            tokio::time::sleep(Duration::from_millis(round * 4)).await;
            other_window.post("/sign-out", &[]).await
        };
        let (proved, signed_out) = tokio::join!(ben.post("/confirm", &[("proof", BEN.1)]), signing_out);
        match signed_out.headers.contains_key("clear-site-data") {
            // The session has ended, also if the proof has just given it a new token.
            true => before += 1,
            // The token was newer already, so it signed nobody out and does not say so. The new token signs out.
            false => {
                after += 1;
                let mut cookies = signed_out.headers.get_all("set-cookie").iter();
                assert!(cookies.all(|cookie| !cookie.to_str().unwrap().starts_with("__Host-session")));
                assert!(ben.post("/sign-out", &[]).await.headers.contains_key("clear-site-data"));
            }
        }
        for cookies in [old, ben.cookies, other_window.cookies] {
            let mut thief = Visitor::new(&server);
            thief.cookies = cookies;
            assert_eq!(thief.get("/").await.location(), "/sign-in?then=%2F", "round {round}: {proved:?}");
        }
        server.app.clock.forward(Duration::from_secs(60));
    }
    assert!(before > 0 && after > 0, "{before} and {after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_is_a_step_behind_signs_nobody_out() {
    let server = Server::start().await;
    let mut ben = Visitor::member(&server, BEN).await;
    let mut other_window = Visitor::new(&server);
    other_window.cookies = ben.cookies.clone();
    server.app.clock.forward(Duration::from_secs(60));
    assert_eq!(ben.post("/confirm", &[("proof", BEN.1)]).await.location(), "/security");
    for behind in [other_window.get("/security").await, other_window.post("/sign-out", &[]).await] {
        let cookies: Vec<_> = behind.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect();
        assert!(cookies.iter().all(|it| !it.starts_with("__Host-session")), "the newer cookie stays: {cookies:?}");
    }
    assert_eq!(ben.get("/").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_is_kept_signed_in_and_nobody_else() {
    let server = Server::start().await;
    let (mut plain, mut kept) = (Visitor::new(&server), Visitor::new(&server));
    let form = [("email", BEN.0), ("password", BEN.1), ("keep", "1")];
    let days = |answer: &Answer| {
        let mut cookies = answer.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap().to_owned());
        let cookie = cookies.find(|cookie| cookie.starts_with("__Host-session")).expect("a new token");
        let (_, seconds) = cookie.split_once("Max-Age=")?;
        // The sign-in took a moment.
        Some((seconds.split(';').next().unwrap().parse::<u64>().unwrap() + 60) / (24 * 60 * 60))
    };
    assert_eq!(days(&plain.sign_in(BEN).await), None);
    server.app.clock.forward(MINUTE);
    assert_eq!(days(&kept.post("/sign-in", &form).await), Some(30));
    server.app.clock.forward(24 * 60 * MINUTE);
    // What is left after a day, though the token is new.
    assert_eq!(days(&kept.post("/confirm", &[("proof", BEN.1)]).await), Some(29));
    assert_eq!(plain.get("/").await.location(), "/sign-in?then=%2F");
    server.app.clock.forward(28 * 24 * 60 * MINUTE);
    assert_eq!(kept.get("/").await.status, StatusCode::OK);
    server.app.clock.forward(24 * 60 * MINUTE);
    assert_eq!(kept.get("/").await.location(), "/sign-in?then=%2F");

    // A refused form remembers the tick, and the steps of a sign-in do.
    let wrong = kept.post("/sign-in", &[("email", BEN.0), ("password", "wrong"), ("keep", "1")]).await;
    assert!(wrong.body.contains("aria-describedby=\"keep-hint\" checked>"), "{}", wrong.body);
    server.app.clock.forward(MINUTE);
    plain.sign_in(BEN).await;
    let app = enroll(&server, &mut plain).await;
    server.app.clock.forward(MINUTE);
    assert_eq!(kept.post("/sign-in", &form).await.location(), "/second-step");
    assert_eq!(days(&kept.post("/second-step", &[("code", &code(&server, &app))]).await), Some(30));
}

/// The sessions on the page of their owner: where, and whether it is this one.
fn sessions(page: &str) -> Vec<(String, bool)> {
    let (_, list) = page.split_once("<section class=\"card\" id=\"sessions\"").unwrap();
    let list = list.split("</section>").next().unwrap();
    let entries = list.split("<li>").skip(1);
    let label = |entry: &str| entry.split("<strong><bdi>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    entries.map(|entry| (label(entry), entry.contains("This session"))).collect()
}

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1";

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_sessions_marks_this_one_and_any_other_can_be_ended() {
    let server = Server::start().await;
    let mut ben = Visitor::member(&server, BEN).await;
    server.app.clock.forward(MINUTE);
    let mut phone = Visitor::new(&server);
    let form = [("email", BEN.0), ("password", BEN.1), ("keep", "1")];
    let headers = [("sec-fetch-site", "same-origin"), ("user-agent", PHONE)];
    assert_eq!(phone.send(Method::POST, "/sign-in", &form, &headers).await.location(), "/");
    let stolen = phone.cookies.clone();

    let page = ben.get("/security").await.body;
    let (phones, own) = (("Safari on iPhone".to_owned(), false), ("A browser".to_owned(), true));
    assert_eq!(sessions(&page), [phones, own.clone()]);
    assert!(page.contains("with password. Kept signed in. Last seen"));
    assert_eq!(sessions(&phone.get("/security").await.body)[0], ("Safari on iPhone".to_owned(), true));
    let id = page.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(!stolen["__Host-session"].contains(&id), "no credential");

    // Only with a fresh proof.
    server.app.clock.forward(5 * MINUTE);
    let form = [("session", id.as_str())];
    let asked = ben.post("/security/sessions/sign-out", &form).await;
    assert_eq!(asked.location(), "/confirm?then=%2Fsecurity%23sessions");
    assert_eq!(phone.get("/").await.status, StatusCode::OK);
    assert_eq!(
        ben.post("/security/sessions/sign-out-others", &[]).await.location(),
        "/confirm?then=%2Fsecurity%23sessions"
    );
    let proved = ben.post("/confirm", &[("proof", BEN.1), ("then", "/security#sessions")]).await;
    assert_eq!(proved.location(), "/security#sessions");
    assert_eq!(ben.post("/security/sessions/sign-out", &form).await.location(), "/security#sessions");
    assert_eq!(sessions(&ben.get("/security").await.body), [own]);
    let mut thief = Visitor::new(&server);
    thief.cookies = stolen;
    assert_eq!(thief.get("/").await.location(), "/sign-in?then=%2F", "a copied cookie is dead too");
    for unknown in [id.as_str(), "", "none"] {
        let answer = ben.post("/security/sessions/sign-out", &[("session", unknown)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{unknown}");
    }
    // The device is still known.
    server.app.clock.forward(MINUTE);
    assert_eq!(phone.sign_in(BEN).await.location(), "/");
    assert!(ben.get("/security").await.body.contains("name=\"device\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_cookie_is_dead_after_each_end_and_each_change() {
    let server = Server::start().await;
    let mut ben = Visitor::member(&server, BEN).await;
    let new = "figs and bread at dawn";
    let ends: [(&str, &[(&str, &str)]); 4] = [
        ("/confirm", &[("proof", BEN.1)]),
        ("/security/sessions/sign-out-others", &[]),
        ("/security/password", &[("current_password", BEN.1), ("new_password", new)]),
        ("/sign-out", &[]),
    ];
    for (path, form) in ends {
        let mut thief = Visitor::new(&server);
        thief.cookies = ben.cookies.clone();
        assert_eq!(thief.get("/").await.status, StatusCode::OK, "{path}");
        server.app.clock.forward(MINUTE);
        assert_eq!(ben.post(path, form).await.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(thief.get("/").await.location(), "/sign-in?then=%2F", "{path}");
        assert_eq!(ben.get("/").await.location() == "/sign-in?then=%2F", path == "/sign-out", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_sign_in_ends_the_session_before_it_in_the_same_browser() {
    let server = Server::start().await;
    let mut browser = Visitor::member(&server, BEN).await;
    let mut before = Visitor::new(&server);
    before.cookies = browser.cookies.clone();
    server.app.clock.forward(MINUTE);
    assert_eq!(browser.sign_in((BEN.0, "wrong")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get("/").await.status, StatusCode::OK, "a failed one ends nothing");
    server.app.clock.forward(MINUTE);
    browser.sign_in(OLGA).await;
    assert!(browser.get("/").await.body.contains("Hello, Olga."));
    assert_eq!(before.get("/").await.location(), "/sign-in?then=%2F");
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_the_sessions_of_an_account() {
    let server = Server::start().await;
    let mut olga = Visitor::member(&server, OLGA).await;
    Visitor::member(&server, BEN).await;
    let page = olga.get(&format!("/accounts/account?user={}", user_id(&server, BEN.0).await)).await.body;
    assert!(page.contains("A browser") && page.contains(" with password. Last seen "), "{page}");
    assert!(page.contains("up to 1 devices in an hour and 1 places at once"), "{page}");
    let nobody = olga.get(&format!("/accounts/account?user={}", user_id(&server, "ann@acme.example").await)).await.body;
    assert!(nobody.contains("Not signed in anywhere."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_prolonged_by_use_up_to_a_day() {
    let server = Server::start().await;
    let mut ben = Visitor::member(&server, BEN).await;
    use_for(&server, &mut ben, 12 * 60).await;
    assert_eq!(ben.post("/confirm", &[("proof", BEN.1)]).await.location(), "/security", "which changes its token");
    use_for(&server, &mut ben, 12 * 60 - 1).await;
    assert_eq!(ben.get("/").await.status, StatusCode::OK);
    server.app.clock.forward(MINUTE);
    assert_eq!(ben.get("/").await.location(), "/sign-in?then=%2F");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_signed_out_is_signed_out_at_once() {
    let server = Server::start().await;
    let (mut ben, mut other) = (Visitor::member(&server, BEN).await, Visitor::new(&server));
    server.app.clock.forward(Duration::from_secs(1));
    other.sign_in(BEN).await;
    let page = ben.get("/security").await.body;
    let device = page.split("name=\"device\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    server.app.clock.forward(Duration::from_secs(60));
    let form = [("device", device.as_str())];
    let (proved, revoked) =
        tokio::join!(other.post("/confirm", &[("proof", BEN.1)]), ben.post("/security/devices/sign-out", &form));
    assert_eq!(revoked.location(), "/security#devices", "{proved:?}");
    assert_eq!(other.get("/").await.location(), "/sign-in?then=%2F");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_a_demo_is_for_demos_alone() {
    use doorward::Email;
    use doorward::account::Import;
    use doorward::hashing::PasswordHash;
    use doorward_web::demo;
    let server = Server::start().await;
    assert_eq!(server.app.tables.setting("demo").await.unwrap().as_deref(), Some(&b"yes"[..]));
    // A file with other accounts gets none with a public password.
    let folder = tempfile::tempdir().unwrap();
    let options = doorward_web::app::Options {
        base_url: server.url.clone(),
        database: format!("sqlite://{}", folder.path().join("real.db").display()),
        smtp: None,
        second_factor_required: false,
    };
    let app = doorward_web::app::App::open(options).await.unwrap();
    let hash = PasswordHash::parse(
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    );
    app.operator.import_user(Import::new(Email::parse("real@acme.example").unwrap(), hash.unwrap())).await.unwrap();
    assert!(demo::seed(&app).await.is_err());
    assert_eq!(app.tables.setting("demo").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_push_nothing_out_of_the_activity() {
    let server = Server::start().await;
    let mut ben = Visitor::member(&server, BEN).await;
    let passwords = [("current_password", BEN.1), ("new_password", "a lamp in the window")];
    ben.post("/security/password", &passwords).await;
    for n in 0..30 {
        Visitor::new(&server).sign_in((BEN.0, "wrong")).await;
        // One failure is remembered for an hour, and two for longer than any wait.
        server.app.clock.forward(Duration::from_secs(if n == 0 { 30 * 60 } else { 61 * 60 }));
    }
    let mut ben = Visitor::new(&server);
    ben.sign_in((BEN.0, "a lamp in the window")).await;
    let page = ben.get("/security").await.body;
    assert!(page.contains("Password changed") && page.contains("Sign-in failed, 20 times"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_share_a_browser_stay_known_in_it() {
    let server = Server::start().await;
    let mut browser = Visitor::new(&server);
    // A user's own earlier tokens do not evict another user's.
    let mut password = BEN.1.to_owned();
    browser.sign_in(OLGA).await;
    browser.post("/sign-out", &[]).await;
    for round in 0..6 {
        server.app.clock.forward(Duration::from_secs(60));
        browser.sign_in((BEN.0, &password)).await;
        server.app.clock.forward(Duration::from_secs(60));
        let new = if round == 5 { BEN.1.to_owned() } else { format!("a lamp in the window {round}") };
        let passwords = [("current_password", password.as_str()), ("new_password", &new)];
        assert_eq!(browser.post("/security/password", &passwords).await.location(), "/security");
        browser.post("/sign-out", &[]).await;
        password = new;
    }
    assert_eq!(browser.cookies["__Host-device"].split('~').count(), 2);
    server.app.clock.forward(Duration::from_secs(60));
    for _ in 0..3 {
        for who in [BEN, OLGA] {
            assert_eq!(browser.sign_in(who).await.location(), "/");
            let page = browser.get("/security").await.body;
            assert_eq!(page.matches("This device").count(), 1);
            assert!(!page.contains("name=\"device\""), "there is no other");
            browser.post("/sign-out", &[]).await;
            server.app.clock.forward(Duration::from_secs(60));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_asked_for_again_if_the_welcome_is_interrupted() {
    let server = Server::start_with(|options| options.second_factor_required = true).await;
    let temporary = password_in(&server.mails(1).await[0]);
    let mut ann = Visitor::new(&server);
    assert_eq!(ann.sign_in(("ann@acme.example", &temporary)).await.location(), "/choose-password");
    assert_eq!(ann.get("/details").await.location(), "/sign-in?then=%2Fdetails", "nobody is signed in yet");
    let chosen = ann.post("/choose-password", &[("new_password", "figs and bread at dawn")]).await;
    assert_eq!(chosen.location(), "/authenticator");
    let app = authenticator(&ann.post("/authenticator", &[]).await.body);
    let codes = ann.post("/authenticator/confirm", &[("code", &code(&server, &app))]).await;
    assert!(codes.body.contains("href=\"/welcome\""), "it leads on to the details: {}", codes.body);

    // The browser is closed here.
    server.app.clock.forward(Duration::from_secs(60 * 60));
    let mut ann = Visitor::new(&server);
    let again = ann.sign_in(("ann@acme.example", "figs and bread at dawn")).await;
    assert_eq!(again.location(), "/second-step");
    assert_eq!(ann.post("/second-step", &[("code", &code(&server, &app))]).await.location(), "/details");
    assert_eq!(ann.post("/details", &[("name", " ")]).await.status, StatusCode::OK);
    assert_eq!(ann.post("/details", &[("name", "Ann")]).await.location(), "/welcome");
    ann.get("/welcome").await;
    assert!(ann.get("/").await.body.contains("Hello, Ann."));
    let page = ann.get("/security").await.body;
    assert!(!page.contains("Turn it off"), "it is required");
}
