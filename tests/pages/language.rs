//! The language of a page: whose it is, and that nothing on any page is in another one.

use doorward::pages::{Pages, PagesBuilder};
use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use http::{Request, header};
use pollster::block_on;

use crate::catalogue::{error_codes, rule_codes, texts};
use crate::client::{FORM, Shown, ask};
use crate::pseudo::{named, names, pseudo};
use crate::support::*;
use crate::tour::Tour;

/// What a page shows that is no text: addresses, names, and what a script replaces.
const VALUES: [&str; 10] = [
    "help@acme.example",
    "ann@@acme.example",
    "ann@acme.example",
    "new@acme.example",
    "bob@acme.example",
    "Acme",
    "Firefox",
    "Linux",
    "{seconds}",
    "{count}",
];

/// Attributes that are read or heard.
const SHOWN: [&str; 11] = [
    "title",
    "alt",
    "aria-label",
    "placeholder",
    "label",
    "data-show",
    "data-hide",
    "data-copy",
    "data-copied",
    "data-download",
    "data-file",
];

/// Elements within a line, which a text goes on through.
const INLINE: [&str; 8] = ["bdi", "strong", "span", "a", "code", "b", "em", "br"];

/// Reads a page in the language of brackets and accents.
struct Check<'a> {
    what: &'a str,
    depth: i32,
    in_code: bool,
}

impl Check<'_> {
    fn text(&mut self, text: &str) {
        let plain = VALUES.iter().fold(text.to_owned(), |text, value| text.replace(value, ""));
        let plain: Vec<_> = plain.split_whitespace().filter(|word| !word.ends_with("@acme.example")).collect();
        for c in plain.join(" ").chars() {
            match c {
                '⟦' => self.depth += 1,
                '⟧' => self.depth -= 1,
                _ if self.in_code => {}
                _ => {
                    let is_text = self.depth > 0 && !c.is_ascii_alphabetic();
                    assert!(is_text || !c.is_alphanumeric(), "{}: {text:?} is in no catalogue", self.what);
                }
            }
        }
    }

    fn line_ends(&mut self, at: &str) {
        assert_eq!(self.depth, 0, "{}: a text does not end before {at}", self.what);
    }

    fn tag(&mut self, tag: &StartTag<()>) {
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        if !INLINE.contains(&&*name) {
            self.line_ends(&name);
        }
        self.in_code |= name == "code";
        for (name, value) in &tag.attributes {
            let (name, value) = (String::from_utf8_lossy(name), String::from_utf8_lossy(value));
            if SHOWN.contains(&&*name) || name.ends_with("-text") {
                let depth = std::mem::take(&mut self.depth);
                assert!(!value.is_empty(), "{}: {name} is empty", self.what);
                self.text(&value);
                self.line_ends(&name);
                self.depth = depth;
            }
        }
    }
}

/// Every text and attribute that someone sees or hears is in brackets, but values.
fn check(what: &str, shown: &Shown) {
    let mut check = Check { what, depth: 0, in_code: false };
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut read = 0;
    for token in Tokenizer::new_with_emitter(&shown.text, emitter) {
        match token.unwrap() {
            Token::StartTag(tag) => check.tag(&tag),
            Token::EndTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                check.in_code &= name != "code";
                if !INLINE.contains(&&*name) {
                    check.line_ends(&name);
                }
            }
            Token::String(text) => {
                read += text.len();
                check.text(&String::from_utf8_lossy(&text));
            }
            Token::Error(error) => panic!("{what}: {error:?}"),
            Token::Comment(_) | Token::Doctype(_) => {}
        }
    }
    assert!(read > 100, "{what}: the page was read");
}

#[test]
fn no_page_shows_a_text_that_is_in_no_catalogue() {
    let texts = pseudo(&texts("en"), &error_codes(), &rule_codes());
    let tour = Tour::through("en-XA", &texts);
    assert!(tour.seen.len() > 60, "{} pages", tour.seen.len());
    for (what, shown) in &tour.seen {
        shown.says(r#"<html lang="en-XA" dir="ltr">"#);
        check(what, shown);
    }
}

/// What the tour brings about in no page: failures of the machine and of the mailer, and what only programs are told.
const UNSEEN: [&str; 6] = [
    "failed-internal",
    "failed-no-sign-in",
    "failed-not-signed-in",
    "notice-welcome-not-mailed",
    "email-undo-not-mailed",
    "deleted-not-mailed",
];

#[test]
fn the_tour_sees_every_text() {
    let english = texts("en");
    let tour = Tour::through("en-XB", &named(&english));
    for name in names(&english) {
        let shown = |(_, shown): &&(String, Shown)| {
            shown.text.contains(&format!("⟦{name}⟧")) || shown.text.contains(&format!("⟦{name} "))
        };
        let seen = tour.seen.iter().find(shown);
        assert_eq!(seen.is_none(), UNSEEN.contains(&&*name), "{name}: {:?}", seen.map(|(what, _)| what));
    }
}

#[test]
fn a_page_from_right_to_left_leaves_what_is_typed_and_copied_as_it_is() {
    for tag in ["ar", "he"] {
        let tour = Tour::through(tag, "sign-in-title = ⟦⟧\n");
        let mut fields = 0;
        for (what, shown) in &tour.seen {
            shown.says(&format!(r#"<html lang="{tag}" dir="rtl">"#));
            for field in shown.text.split("<input ").skip(1).filter_map(|rest| rest.split('>').next()) {
                let is_typed = ["\"email\"", "\"password\"", "\"text\""]
                    .iter()
                    .any(|kind| field.contains(&format!("type={kind}")));
                if is_typed && !field.contains(" hidden") {
                    fields += 1;
                    // A reason is a sentence, in whatever language.
                    let own = field.contains(r#" dir="auto""#) && field.contains("reason");
                    assert!(own || field.contains(r#" dir="ltr""#), "{what}: {field}");
                }
            }
            assert!(!shown.text.contains("<code id"), "{what}");
        }
        assert!(fields > 50, "fields were found: {fields}");
        assert!(tour.seen.iter().any(|(_, shown)| shown.text.contains(r#"<code dir="ltr" id="key">"#)));
        assert!(tour.seen.iter().any(|(_, shown)| shown.text.contains(r#"<ul class="codes" dir="ltr""#)));
    }
}

fn pages(world: &World, change: impl FnOnce(PagesBuilder) -> PagesBuilder) -> Pages {
    change(Pages::builder(world.auth.clone())).build().unwrap()
}

/// A request with these headers; a POST if there is a body.
fn send(pages: &Pages, path: &str, headers: &[(&str, &str)], body: &str) -> Shown {
    let mut request = if body.is_empty() { Request::get(path) } else { Request::post(path) };
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    block_on(ask(pages, request.body(body.to_owned()).unwrap()))
}

/// The language of the sign-in page for a browser.
fn language(pages: &Pages, accepted: &str) -> String {
    let shown = send(pages, "/sign-in", &[("accept-language", accepted)], "");
    assert_eq!(shown.status, 200);
    let (_, rest) = shown.text.split_once("<html lang=\"").unwrap();
    let tag = rest.split('"').next().unwrap().to_owned();
    let title =
        [("en", "Sign in"), ("de", "Anmelden"), ("es", "Iniciar sesión")].into_iter().find(|(of, _)| *of == tag);
    if let Some((_, title)) = title {
        shown.says(&format!("<h1>{title}</h1>"));
    }
    tag
}

#[test]
fn a_browser_gets_the_first_of_its_languages_that_there_is() {
    let world = World::for_pages(|builder| builder);
    let pages = pages(&world, |builder| builder);
    for (accepted, tag) in [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE-at,de;q=0.9,en;q=0.1", "de"),
        ("es-419,es;q=0.9", "es"),
        ("en-GB", "en"),
        ("fr,es;q=0.5,de;q=0.4", "es"),
        // The order counts, and not the weights.
        ("es;q=0.1,de;q=0.9", "es"),
        ("fr", "en"),
        ("fr-CA,ja", "en"),
        ("", "en"),
        ("*", "en"),
        (",,,;;;q=,-,_,d", "en"),
        ("de;q=nan", "de"),
        (&"de-".repeat(300), "en"),
        (&format!("{}de", "fr,".repeat(500)), "en"),
    ] {
        assert_eq!(language(&pages, accepted), tag, "{accepted}");
    }
    // None at all, and one that is no text.
    send(&pages, "/sign-in", &[], "").says(r#"<html lang="en" dir="ltr">"#);
    let odd = Request::get("/sign-in").header("accept-language", &b"de\xff\xfe"[..]).body(String::new()).unwrap();
    block_on(ask(&pages, odd)).says(r#"<html lang="en" dir="ltr">"#);
    assert!(send(&pages, "/sign-in", &[], "").headers[header::VARY].to_str().unwrap().contains("Accept-Language"));
}

#[test]
fn a_host_chooses_the_language_and_leaves_it_to_the_browser_where_it_does_not() {
    let world = World::for_pages(|builder| builder);
    let chosen = pages(&world, |builder| {
        builder.language(|request| request.uri.query().and_then(|query| Some(query.strip_prefix("in=")?.to_owned())))
    });
    let say = |path: &str| send(&chosen, path, &[("accept-language", "es")], "").text;
    assert!(say("/sign-in?in=de").contains(r#"<html lang="de""#));
    assert!(say("/sign-in").contains(r#"<html lang="es""#));
    assert!(say("/sign-in?in=fr").contains(r#"<html lang="en""#), "there is no French");
    assert!(say("/sign-in?in=%%%").contains(r#"<html lang="es""#), "no tag is no choice");
}

#[test]
fn a_host_replaces_a_text_and_adds_a_language() {
    let world = World::for_pages(|builder| builder);
    let pages = pages(&world, |builder| {
        let own = "sign-in-title = Log in\nerror-invalid_credentials = No\n";
        builder.texts("en", own).texts("de", "sign-in-button = Los\n").texts("fr", "sign-in-title = Se connecter\n")
    });
    let of = |tag: &str| send(&pages, "/sign-in", &[("accept-language", tag)], "");
    of("en").says("<h1>Log in</h1>").says("<button>Sign in</button>");
    of("de").says("<h1>Anmelden</h1>").says("<button>Los</button>");
    // What a language lacks is in English, as the crate or the host has it.
    of("fr-CA").says(r#"<html lang="fr" dir="ltr">"#).says("<h1>Se connecter</h1>").says("<button>Sign in</button>");
    let headers = [("accept-language", "en"), ("content-type", FORM)];
    send(&pages, "/sign-in", &headers, "email=x&password=x").says(">No</a>");
}

#[test]
fn texts_that_cannot_be_read_fail_when_pages_are_built() {
    let world = World::for_pages(|builder| builder);
    let fault = |tag: &str, texts: &str| Pages::builder(world.auth.clone()).texts(tag, texts).build();
    for (tag, texts) in [
        ("de", "sign-in-title = { $"),
        ("fr", "sign-in-title"),
        ("fr", "a = 1\na = 2\n"),
        ("", "sign-in-title = x\n"),
        ("not a tag", "sign-in-title = x\n"),
        ("english", "= x\n"),
    ] {
        assert_eq!(fault(tag, texts).unwrap_err().setting(), "texts", "{tag} {texts}");
    }
    assert!(fault("fr", "sign-in-title = x\n").is_ok());
}

#[test]
fn refusals_are_in_the_language_for_people_and_for_programs() {
    let world = World::for_pages(|builder| builder);
    let pages = pages(&world, |builder| builder);
    let (wrong, title) = ("E-Mail-Adresse und Passwort stimmen nicht überein", "Fehler: Anmelden – Acme");
    let refused = send(&pages, "/sign-in", &[("accept-language", "de"), ("content-type", FORM)], "email=x&password=x");
    assert_eq!(refused.status, 401);
    refused.says(wrong).says(title);
    let json = [("accept-language", "de"), ("content-type", "application/json"), ("accept", "application/json")];
    world.clock.advance(MINUTE);
    let problem = send(&pages, "/sign-in", &json, r#"{"email":"y","password":"y"}"#);
    assert_eq!(problem.status, 401);
    let problem: serde_json::Value = serde_json::from_str(&problem.text).unwrap();
    assert_eq!((problem["code"].as_str(), problem["detail"].as_str()), (Some("invalid_credentials"), Some(wrong)));
    let spanish = [("accept-language", "es"), ("accept", "application/json")];
    let missing: serde_json::Value = serde_json::from_str(&send(&pages, "/nowhere", &spanish, "").text).unwrap();
    assert_eq!(missing["detail"], "Esta página no existe.");
    send(&pages, "/nowhere", &[("accept-language", "es")], "")
        .says("<h1>Lo sentimos</h1>")
        .says("Esta página no existe.");
}

#[test]
fn dates_are_written_as_they_are_in_each_language() {
    for (tag, date) in [("de", "24. November 2026, 10:15 UTC"), ("es", "24 de noviembre de 2026, 10:15 UTC")] {
        let world = World::for_pages(|builder| builder);
        world.clock.set(time::macros::datetime!(2026-11-24 10:15 UTC));
        let _ = world.open(ANN, OLD);
        let mut browser =
            crate::client::Client::of(&pages(&world, |builder| builder.language(move |_| Some(tag.into()))));
        let _ = browser.sign_in(ANN, OLD);
        browser.get("/security").says(date);
    }
}
