//! Random requests: paths, methods, headers, bodies and cookies, cut and mixed.

use std::collections::BTreeMap;

use http::{Method, Request, header};
use pollster::block_on;

use crate::client::{Client, FORM, ask, world_with_pages};
use crate::support::*;

/// The same sequence in every run (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.roll(from.len())]
    }

    /// A text, or a part of it, or two mixed.
    fn mangled(&mut self, texts: &[String]) -> String {
        let (one, other) = (&texts[self.roll(texts.len())], &texts[self.roll(texts.len())]);
        let cut = |text: &str, at: usize| text.chars().take(at).collect::<String>();
        match self.roll(4) {
            0 => cut(one, self.roll(one.len() + 1)),
            1 => format!("{}{other}", cut(one, self.roll(one.len() + 1))),
            2 => one.chars().rev().collect(),
            _ => one.clone(),
        }
    }
}

const FIELDS: [&str; 9] = ["email", "password", "code", "new_password", "link", "then", "keep", "remember", "recovery"];

/// Members of any type, with names that are read or not, as a whole or cut and mixed.
fn random_json(dice: &mut Dice, texts: &[String]) -> String {
    const OTHERS: [&str; 10] =
        ["true", "false", "null", "0", "-1e308", "1e999", "[]", "{\"a\":[{}]}", "\"\\ud800\"", "nul"];
    const NAMES: [&str; 7] =
        ["tokens", "device_token", "reset_token", "registration_token", "email_token", "deletion_token", "\u{0}"];
    let members: Vec<_> = (0..dice.roll(4))
        .map(|_| {
            let name = if dice.roll(3) == 0 { NAMES[dice.roll(7)] } else { FIELDS[dice.roll(FIELDS.len())] };
            let text = serde_json::Value::from(dice.mangled(texts)).to_string();
            let value = if dice.roll(3) == 0 { OTHERS[dice.roll(10)].to_owned() } else { text };
            format!("{}:{value}", serde_json::Value::from(name))
        })
        .collect();
    let whole = format!("{{{}}}", members.join(","));
    if dice.roll(3) == 0 { dice.mangled(&[whole, "{}".to_owned(), "[".repeat(3_000)]) } else { whole }
}

/// As a query, what a URI may have.
fn as_query(body: &str) -> String {
    let query: String =
        body.chars().filter(|char| char.is_ascii_graphic() && !"\"<>\\^`{}|#".contains(*char)).collect();
    format!("?{}", &query[..query.len().min(400)])
}

#[test]
fn random_requests_give_no_failure_no_panic_and_no_session() {
    send(10_000, 18);
}

/// `cargo test --release --features pages,testing --test pages -- --ignored`
#[test]
#[ignore = "takes a minute without optimisation"]
fn a_hundred_thousand_random_requests_give_no_failure_no_panic_and_no_session() {
    send(100_000, 2026);
}

fn send(turns: usize, seed: u64) {
    let (world, browser) = world_with_pages(crate::register::open_to_all);
    let _ = world.open(ANN, OLD);
    world.provision("new@acme.example");
    let mailed = world.mailed_password();
    let mut visitor = browser.clone();
    let _ = visitor.sign_in("new@acme.example", &mailed);
    let token = world.request(ANN);
    let _ = visitor.get(&format!("/reset/confirm?token={token}"));
    let cookies: Vec<_> = visitor.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let texts: Vec<_> =
        [ANN, NOBODY, "", "\u{0}", "ü\u{202e}", "%", "../../x", "<script>", "/orders", "'; --", &*token]
            .map(str::to_owned)
            .into_iter()
            .chain(cookies.clone())
            .chain(["x".repeat(9000)])
            .collect();
    let routes: Vec<_> = browser.pages.routes().collect();
    // What cookies hold, as an app sends it.
    let tokens: Vec<_> = visitor.cookies.values().cloned().collect();
    let mut dice = Dice(seed);
    let mut reached = BTreeMap::<String, usize>::new();
    for turn in 0..turns {
        let (method, path) = routes[dice.roll(routes.len())].clone();
        let method = if dice.roll(4) == 0 {
            dice.pick(&[&Method::PUT, &Method::HEAD, &Method::OPTIONS]).clone()
        } else {
            method
        };
        let body = {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for _ in 0..dice.roll(4) {
                form.append_pair(FIELDS[dice.roll(FIELDS.len())], &dice.mangled(&texts));
            }
            form.finish()
        };
        let is_json = dice.roll(3) == 0;
        let body = if is_json { random_json(&mut dice, &texts) } else { body };
        let query = if dice.roll(2) == 0 { as_query(&body) } else { String::new() };
        let path = if dice.roll(8) == 0 { format!("{path}/x") } else { path };
        let kind = match (dice.roll(8), is_json) {
            (0, _) => "text/plain",
            (_, true) => "application/json",
            (_, false) => FORM,
        };
        let site = if dice.roll(8) == 0 { "cross-site" } else { "same-origin" };
        let mut request = Request::builder().method(&method).uri(format!("{path}{query}"));
        request = request.header(header::CONTENT_TYPE, kind).header("sec-fetch-site", site);
        let cookie = dice.mangled(&cookies);
        let is_header = header::HeaderValue::from_str(&cookie).is_ok();
        if is_header && dice.roll(2) == 0 {
            request = request.header(header::COOKIE, cookie);
        }
        let token = dice.mangled(&tokens);
        if dice.roll(4) == 0 && header::HeaderValue::from_str(&token).is_ok() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let shown = block_on(ask(&browser.pages, request.body(body).unwrap()));
        assert!(!shown.status.is_server_error(), "turn {turn}: {method} {path} {}", shown.status);
        let session = shown.set_cookies().iter().any(|cookie| cookie.starts_with("__Host-session="));
        let session = session || shown.text.contains(r#""step":"signed_in""#);
        assert!(!session, "turn {turn}: {method} {path}");
        if ![403, 404, 405, 413, 415].contains(&shown.status.as_u16()) {
            *reached.entry(format!("{method} {path}")).or_default() += 1;
        }
        world.clock.advance(SECOND);
    }
    let handled: usize = reached.values().sum();
    assert!(handled * 10 >= turns * 3, "{handled} of {turns} reached a handler: {reached:?}");
    for (method, path) in &routes {
        let often = reached.get(&format!("{method} {path}")).copied().unwrap_or_default();
        assert!(often >= 20 || path == "/check-password", "{method} {path} was reached {often} times");
    }
    // After all that, the owner gets in.
    assert_eq!(Client::of(&browser.pages).sign_in(ANN, OLD).location(), "/");
}
