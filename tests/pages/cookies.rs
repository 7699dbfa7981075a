use pollster::block_on;

use crate::client::{Client, pages_of, world_with_pages};
use crate::support::*;

/// What is in a cookie, decoded as far as anyone can.
fn decoded(text: &str) -> Vec<u8> {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let mut found = text.as_bytes().to_vec();
    for part in text.split(['.', '~', '$', '=', ':']) {
        found.extend(Base64UrlUnpadded::decode_vec(part).unwrap_or_default());
    }
    found
}

fn contains(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

#[test]
fn no_cookie_holds_a_users_id_address_or_secret() {
    let world = World::for_pages(|builder| builder);
    world.provision(ANN);
    let (mailed, user) = (world.mailed_password(), world.user(ANN));
    let mut browser = Client::of(&pages_of(&world));
    let mut seen = Vec::new();
    let _ = browser.sign_in(ANN, &mailed);
    assert!(browser.cookie("steps").is_some());
    seen.extend(browser.cookies.values().cloned());
    let _ = browser.post("/choose-password", &[("new_password", OLD)]);
    seen.extend(browser.cookies.values().cloned());
    let _ = browser.get(&format!("/reset/confirm?token={}", world.request(ANN)));
    seen.extend(browser.cookies.values().cloned());
    assert!(seen.len() >= 6, "{seen:?}");
    for cookie in &seen {
        assert!(cookie.len() < 4000, "browsers drop what is longer");
        for secret in [user.id().as_str(), ANN, OLD, &*mailed] {
            assert!(!contains(&decoded(cookie), secret), "{secret} is in {cookie}");
        }
    }
}

#[test]
fn a_cookie_that_was_not_sealed_here_is_no_cookie() {
    let (world, mut browser) = world_with_pages(|builder| builder);
    world.provision(ANN);
    let _ = browser.sign_in(ANN, &world.mailed_password());
    let sealed = browser.cookie("steps").unwrap().to_owned();
    assert_eq!(browser.get("/choose-password").status, 200);
    let (head, tail) = sealed.split_at(sealed.len() - 9);
    let flipped = if tail.starts_with('A') { "B" } else { "A" };
    // Altered, cut, of other keys, and in clear.
    let elsewhere = {
        let world = World::for_pages(|builder| builder.keyring(doorward::Keyring::new("a", [8; 32]).unwrap()));
        world.provision(ANN);
        let mut browser = Client::of(&pages_of(&world));
        let _ = browser.sign_in(ANN, &world.mailed_password());
        browser.cookie("steps").unwrap().to_owned()
    };
    for forged in [
        format!("{head}{flipped}{}", &tail[1..]),
        head.to_owned(),
        format!("{sealed}AA"),
        elsewhere,
        r#"{"email":"ann@acme.example"}"#.to_owned(),
        String::new(),
        "~~~".to_owned(),
    ] {
        let mut browser = browser.clone();
        browser.cookies.insert("__Host-steps".to_owned(), forged.clone());
        assert_eq!(browser.get("/choose-password").location(), "/sign-in", "{forged}");
    }
    // A sealed text of one cookie is none of another.
    let mut moved = browser.clone();
    moved.cookies.insert("__Host-session".to_owned(), sealed);
    assert_eq!(moved.who(), None);
}

#[test]
fn people_who_share_a_browser_each_stay_known_and_nobody_twice() {
    let (world, mut browser) = world_with_pages(|builder| builder);
    let people: Vec<_> = (0..7).map(|number| format!("p{number}@acme.example")).collect();
    for address in &people {
        let _ = world.open(address, OLD);
    }
    for address in people.iter().chain(&people[..2]) {
        world.clock.advance(MINUTE);
        assert_eq!(browser.sign_in(address, OLD).location(), "/");
    }
    let tokens: Vec<_> = browser.cookie("device").unwrap().split('~').collect();
    assert_eq!(tokens.len(), 5);
    assert!(browser.cookie("device").unwrap().len() < 4000);
    // The same person again: the token is renewed, and stays the only one.
    for _ in 0..3 {
        world.clock.advance(MINUTE);
        let _ = browser.sign_in(&people[1], OLD);
    }
    assert_eq!(browser.cookie("device").unwrap().split('~').count(), 5);
}

#[test]
fn cookies_of_others_and_malformed_ones_do_no_harm() {
    use http::Request;

    let (world, browser) = world_with_pages(crate::register::open_to_all);
    let _ = world.open(ANN, OLD);
    for cookie in [
        "theirs=1; other",
        "=; ; =x; __Host-session; __Host-notice=99; __Host-notice=-1",
        "__Host-device=~~~~~~~~~~; __Host-reset=~a~b; __Host-register=~.~x; __Host-confirmed=99999999999999999999; __Host-undone=99999999999999999999~x; __Host-leaving=~x; __Host-deleted=99999999999999999999~1; __Host-kept=~",
        "__Host-steps=$sealed$v=1$k=a$AAAA",
    ] {
        for path in [
            "/sign-in",
            "/second-step",
            "/reset/confirm",
            "/reset/done",
            "/register/confirm",
            "/email/undone",
            "/leaving/undo",
            "/leaving/undone",
            "/security/deleted",
            "/sign-out",
        ] {
            let request = Request::get(path).header("cookie", cookie).body(String::new()).unwrap();
            let shown = block_on(crate::client::ask(&browser.pages, request));
            assert!(!shown.status.is_server_error(), "{path} {cookie}: {}", shown.status);
        }
    }
}

/// What others put into a browser neither hides the session nor passes for it.
#[test]
fn cookies_of_others_hide_none_and_pass_for_none() {
    let world = World::for_pages(|builder| builder);
    let ann = world.open(ANN, OLD);
    let (pages, token) = (pages_of(&world), ann.token().expose());
    let resumed = |cookie: Vec<u8>| {
        let request = http::Request::get("/").header("cookie", http::HeaderValue::from_bytes(&cookie).unwrap());
        block_on(pages.resume(&request.body(()).unwrap().into_parts().0)).is_ok()
    };
    let session = format!("__Host-session={token}").into_bytes();
    assert!(resumed(session.clone()));
    assert!(resumed([b"city=Z\xfcrich; ".to_vec(), session.clone(), b"; other=\xe2\x82\xac".to_vec()].concat()));
    assert!(!resumed(["\u{2003}".as_bytes(), &session].concat()), "a subdomain may set that name");
    assert!(!resumed(["\u{a0}".as_bytes(), &session].concat()));
}

#[test]
fn no_response_shows_its_secrets_to_debug() {
    let world = World::for_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let body = format!("email={ANN}&password={}", OLD.replace(' ', "+"));
    let request = http::Request::post("/sign-in").header("content-type", "application/x-www-form-urlencoded");
    let response = block_on(pages_of(&world).respond(request.body(body).unwrap()));
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert!(cookies.len() >= 2 && cookies.iter().all(|cookie| cookie.is_sensitive()));
    let shown = format!("{response:?}");
    assert!(!shown.contains("__Host-session=") && shown.contains("PageBody([redacted])"), "{shown}");
}
