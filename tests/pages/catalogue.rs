//! The catalogue itself: every language has every text, every text has its place, and every one can be shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};

use crate::pseudo::{names, variables};

const LANGUAGES: [&str; 2] = ["de", "es"];

fn root(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

pub fn texts(tag: &str) -> String {
    fs::read_to_string(root(&format!("src/pages/locales/{tag}.ftl"))).unwrap()
}

/// All files below a folder, with their texts.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| match path.is_dir() {
        true => files(&path),
        false => vec![fs::read_to_string(path).unwrap()],
    };
    entries.flat_map(below).collect()
}

/// What stands between `before` and the next quotation mark, with what follows.
fn quoted<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    text.split(before).skip(1).filter_map(|rest| rest.split_once('"'))
}

fn is_snake(code: &str) -> bool {
    !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// The codes of all errors: the rows of their tables, which no error can do without, and what the pages refuse by themselves.
pub fn error_codes() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let mut tables = 0;
    for text in files(&root("src/error")) {
        tables += text.matches("failure!(").count();
        let rows = quoted(&text, "=> \"").filter(|(_, rest)| rest.starts_with(", "));
        codes.extend(rows.map(|(code, _)| code.to_owned()));
    }
    for text in files(&root("src/pages")) {
        codes.extend(text.split(".invalid(").skip(1).filter_map(|rest| Some(rest.split('"').nth(1)?.to_owned())));
    }
    assert!(tables > 12 && codes.len() > 30, "the tables were found: {codes:?}");
    assert!(codes.iter().all(|code| is_snake(code)), "{codes:?}");
    codes
}

pub fn rule_codes() -> BTreeSet<String> {
    let text = fs::read_to_string(root("src/password/rule.rs")).unwrap();
    let codes: BTreeSet<_> = quoted(&text, "=> \"").map(|(code, _)| code).filter(|code| is_snake(code)).collect();
    let variants = text.split("pub fn code").nth(1).unwrap().split("pub fn").next().unwrap().matches("Self::").count();
    assert_eq!(codes.len(), variants, "{codes:?}");
    codes.into_iter().map(str::to_owned).collect()
}

fn is_of_the_crate(name: &str) -> bool {
    name.starts_with("error-") || name.starts_with("rule-")
}

#[test]
fn every_language_has_every_text_and_what_errors_and_rules_say() {
    let english: BTreeSet<_> = names(&texts("en")).into_iter().collect();
    let mut wanted = english.clone();
    wanted.extend(error_codes().iter().map(|code| format!("error-{code}")));
    wanted.extend(rule_codes().iter().map(|code| format!("rule-{code}")));
    for tag in LANGUAGES {
        let there = names(&texts(tag));
        let found: BTreeSet<_> = there.iter().cloned().collect();
        assert_eq!(there.len(), found.len(), "{tag} has a name twice");
        let missing: Vec<_> = wanted.difference(&found).collect();
        let unknown: Vec<_> = found.difference(&wanted).collect();
        assert!(missing.is_empty() && unknown.is_empty(), "{tag} lacks {missing:?} and has {unknown:?}");
        let copied = english.iter().filter(|name| !is_of_the_crate(name));
        let same = copied.filter(|name| message(&texts(tag), name) == message(&texts("en"), name)).count();
        assert!(same < 10, "{tag} has {same} texts in English");
    }
}

/// A message as it is written.
fn message<'a>(texts: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = texts.split_once(&format!("\n{name} ="))?;
    // Lines of a message that go on are indented.
    let end =
        rest.match_indices('\n').find(|(at, _)| !rest[at + 1..].starts_with(' ')).map_or(rest.len(), |(at, _)| at);
    Some(&rest[..end])
}

#[test]
fn every_text_has_a_place_and_every_place_a_text() {
    let names: BTreeSet<_> = names(&texts("en")).into_iter().collect();
    let sources: Vec<_> =
        files(&root("src/pages")).into_iter().filter(|text| !text.contains("\nsign-in-title =")).collect();
    for name in names.iter().filter(|name| !name.starts_with("error-")) {
        let quoted = format!("\"{name}\"");
        assert!(sources.iter().any(|text| text.contains(&quoted)), "{name} is shown nowhere");
    }
    let mut places = 0;
    for text in &sources {
        let calls =
            ["page.text(\"", "page.count(\"", "page.value(\"", "page.around(\"", "texts.get(\"", "texts.with(\""];
        let called = calls.into_iter().flat_map(|call| quoted(text, call)).map(|(name, _)| name);
        let calls = text.split("{% call fields::").skip(1).filter_map(|rest| rest.split(") %}").next());
        let given = calls
            .flat_map(|call| call.split(", ").skip(2))
            .filter_map(|word| word.strip_prefix('"')?.strip_suffix('"'));
        for name in called.chain(given).filter(|name| !name.is_empty()) {
            places += 1;
            assert!(names.contains(name), "{name} is shown, and is no text");
        }
    }
    assert!(places > 100, "the places were found: {places}");
}

fn bundle(tag: &str) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new(vec![tag.parse().unwrap()]);
    bundle.set_use_isolating(false);
    bundle.add_resource(FluentResource::try_new(texts(tag)).unwrap()).unwrap();
    bundle
}

/// What the crate may give to each text, in all the ways that matter to plurals.
fn values() -> Vec<FluentArgs<'static>> {
    let mut all = Vec::new();
    for (unit, amount) in
        [("none", 0_u64), ("seconds", 0), ("seconds", 1), ("seconds", 8), ("minutes", 2), ("minutes", 15)]
    {
        for count in [0_u64, 1, 2, 5, 12, 400] {
            let mut values = FluentArgs::new();
            for (name, number) in [("amount", amount), ("count", count), ("month", 1 + count % 12), ("day", 24)] {
                values.set(name, number);
            }
            for (name, text) in
                [("unit", unit), ("rules", "⟨rules⟩"), ("value", "⟨value⟩"), ("at", "⟨at⟩"), ("proofs", "⟨proofs⟩")]
            {
                values.set(name, text);
            }
            for (name, text) in [("year", "2026"), ("time", "10:15"), ("browser", "Firefox"), ("system", "Linux")] {
                values.set(name, text);
            }
            for name in ["devices", "places", "hours", "days", "current", "times"] {
                values.set(name, count);
            }
            all.push(values);
        }
    }
    all
}

#[test]
fn every_text_can_be_shown_and_leaves_no_value_out() {
    let english = variables(&texts("en"));
    for tag in ["en", "de", "es"] {
        let bundle = bundle(tag);
        for (name, used) in variables(&texts(tag)) {
            let allowed: BTreeSet<&str> = match english.get(&name) {
                Some(allowed) => allowed.iter().map(String::as_str).collect(),
                None if name.starts_with("rule-") => ["count"].into(),
                None => ["unit", "amount", "rules"].into(),
            };
            assert!(used.iter().all(|value| allowed.contains(value.as_str())), "{tag} {name} uses {used:?}");
            if english.contains_key(&name) {
                assert_eq!(used.len(), allowed.len(), "{tag} {name} leaves a value out");
            }
            for values in values() {
                let mut problems = Vec::new();
                let pattern = bundle.get_message(&name).unwrap().value().unwrap();
                let text = bundle.format_pattern(pattern, Some(&values), &mut problems);
                assert!(problems.is_empty(), "{tag} {name}: {problems:?}");
                assert!(!text.trim().is_empty() && !text.contains("{ "), "{tag} {name}: {text}");
            }
        }
    }
}

#[test]
fn numbers_choose_the_right_plural() {
    let say = |tag: &str, name: &str, value: &'static str, number: u64, unit: &'static str| {
        let mut values = FluentArgs::new();
        values.set(value, number);
        values.set("unit", unit);
        let (bundle, mut problems) = (bundle(tag), Vec::new());
        bundle
            .format_pattern(bundle.get_message(name).unwrap().value().unwrap(), Some(&values), &mut problems)
            .into_owned()
    };
    let expected: BTreeMap<_, _> = BTreeMap::from([
        (("de", "recovery-codes-left", "count", 1), "1 Wiederherstellungscode ist noch übrig."),
        (("de", "recovery-codes-left", "count", 10), "10 Wiederherstellungscodes sind noch übrig."),
        (("es", "recovery-codes-left", "count", 1), "Queda 1 código de recuperación."),
        (("es", "recovery-codes-left", "count", 0), "Quedan 0 códigos de recuperación."),
        (("de", "error-throttled", "amount", 8), "Bitte warten Sie 8 Sekunden, bevor Sie es noch einmal versuchen."),
        (("es", "error-throttled", "amount", 8), "Espere 8 segundos antes de volver a intentarlo."),
        (("es", "rule-reused", "count", 1), "No use su última contraseña."),
        (("de", "rule-reused", "count", 5), "Verwenden Sie keines Ihrer letzten 5 Passwörter."),
    ]);
    for ((tag, name, value, number), text) in expected {
        assert_eq!(say(tag, name, value, number, "seconds"), text);
    }
    assert!(say("de", "error-throttled", "amount", 2, "minutes").contains("2 Minuten"));
    assert!(say("es", "error-throttled", "amount", 2, "minutes").contains("2 minutos"));
}

#[test]
fn the_script_and_the_styles_have_no_words_and_no_sides() {
    let script = fs::read_to_string(root("src/pages/assets/page.js")).unwrap();
    let words = script
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split('"').skip(1).step_by(2));
    for word in words {
        let is_word = word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.contains(|c: char| c.is_ascii_lowercase());
        assert!(!is_word && !word.ends_with(".txt"), "{word:?} is in page.js");
    }
    let style = fs::read_to_string(root("src/pages/assets/style.css")).unwrap();
    for side in ["left:", "right:", "left-", "right-", ": left", ": right"] {
        let found = style.match_indices(side).any(|(at, _)| at == 0 || !style.as_bytes()[at - 1].is_ascii_alphabetic());
        assert!(!found, "{side} is in style.css");
    }
}
