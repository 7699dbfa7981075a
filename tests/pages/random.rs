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
    let (world, browser) = world_with_pages(|builder| builder);
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
        let query = if dice.roll(2) == 0 { format!("?{}", &body[..body.len().min(400)]) } else { String::new() };
        let path = if dice.roll(8) == 0 { format!("{path}/x") } else { path };
        let kind = if dice.roll(8) == 0 { "text/plain" } else { FORM };
        let site = if dice.roll(8) == 0 { "cross-site" } else { "same-origin" };
        let mut request = Request::builder().method(&method).uri(format!("{path}{query}"));
        request = request.header(header::CONTENT_TYPE, kind).header("sec-fetch-site", site);
        let cookie = dice.mangled(&cookies);
        let is_header = header::HeaderValue::from_str(&cookie).is_ok();
        if is_header && dice.roll(2) == 0 {
            request = request.header(header::COOKIE, cookie);
        }
        let shown = block_on(ask(&browser.pages, request.body(body).unwrap()));
        assert!(!shown.status.is_server_error(), "turn {turn}: {method} {path} {}", shown.status);
        let session = shown.set_cookies().iter().any(|cookie| cookie.starts_with("__Host-session="));
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
