//! Addresses: which are valid, and when two are the same.

use std::collections::HashMap;

use doorward::error::UnconfirmedEmail;
use doorward::password::{PasswordPolicy, PolicyContext};
use doorward::{Email, Password};
use serde_json::Value;

/// Addresses that their category accepts and this crate rejects, each with the rule that says so.
const REFUSED_ALL_THE_SAME: [(&str, &str); 1] = [("test@io", "a domain without a dot is unreachable by public mail")];

/// RFC 5321 allows these; the crate accepts none of them.
fn documented_choice(address: &str) -> &'static str {
    let domain = address.rsplit('@').next().unwrap_or_default();
    if address.starts_with('"') {
        "a quoted local part would give one mailbox several spellings"
    } else if domain.starts_with('[') {
        "a domain literal names a machine, not an organisation"
    } else if !domain.contains('.') {
        "a domain without a dot is unreachable by public mail"
    } else if domain.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
        "a numeric last label is an address literal without its brackets"
    } else {
        panic!("no rule rejects {address:?}")
    }
}

#[test]
fn s08_every_address_of_isemail_is_treated_as_its_category_says() {
    let data: Value = serde_json::from_str(include_str!("data/isemail_tests.json")).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for test in data["tests"].as_array().unwrap() {
        let (address, category) = (test["address"].as_str().unwrap(), test["category"].as_str().unwrap());
        let parsed = Email::parse(address);
        match category {
            "ISEMAIL_VALID_CATEGORY" | "ISEMAIL_DNSWARN" => {
                let exception = REFUSED_ALL_THE_SAME.iter().find(|(other, _)| *other == address);
                assert_eq!(parsed.is_err(), exception.is_some(), "{category} {address:?}");
            }
            "ISEMAIL_RFC5321" => {
                documented_choice(address);
                assert!(parsed.is_err(), "{category} {address:?}");
            }
            "ISEMAIL_ERR" | "ISEMAIL_CFWS" | "ISEMAIL_DEPREC" | "ISEMAIL_RFC5322" => {
                assert!(parsed.is_err(), "{category} {address:?}");
            }
            other => panic!("unknown category {other}"),
        }
        *if parsed.is_ok() { &mut accepted } else { &mut refused } += 1;
    }
    assert_eq!((accepted, refused), (21, 143));
}

#[test]
fn s08_the_canonical_form_folds_case_and_domain_and_nothing_else() {
    let table = [
        ("Ann@Acme.Example", "ann@acme.example"),
        ("a.n.n+Tag@acme.example", "a.n.n+tag@acme.example"),
        ("ann@B\u{dc}CHER.example", "ann@xn--bcher-kva.example"),
        ("ann@bu\u{308}cher.example", "ann@xn--bcher-kva.example"),
        ("\u{c9}MILE@acme.example", "\u{e9}mile@acme.example"),
        ("e\u{301}mile@acme.example", "\u{e9}mile@acme.example"),
        ("STRASSE@acme.example", "strasse@acme.example"),
        ("stra\u{df}e@acme.example", "stra\u{df}e@acme.example"),
        ("\u{130}stanbul@acme.example", "i\u{307}stanbul@acme.example"),
        ("\u{3a3}\u{3a3}@acme.example", "\u{3c3}\u{3c3}@acme.example"),
        ("\u{92a}\u{94d}\u{930}@acme.example", "\u{92a}\u{94d}\u{930}@acme.example"),
    ];
    for (typed, canonical) in table {
        let email = Email::parse(typed).unwrap_or_else(|_| panic!("{typed}"));
        assert_eq!((email.canonical(), email.as_typed()), (canonical, typed));
        // Canonicalizing a canonical form changes nothing.
        assert_eq!(Email::parse(canonical).unwrap().canonical(), canonical);
    }
    // Simple lower-casing is not case folding: these remain two people.
    assert_ne!(Email::parse("stra\u{df}e@acme.example"), Email::parse("strasse@acme.example"));
    assert_ne!(Email::parse("\u{17f}am@acme.example"), Email::parse("sam@acme.example"));
    assert_ne!(Email::parse("m\u{131}ke@acme.example"), Email::parse("mike@acme.example"));
    assert_ne!(Email::parse("\u{430}nn@acme.example"), Email::parse("ann@acme.example"));
}

#[test]
fn s08_what_would_pass_for_another_address_is_refused() {
    let refused = [
        // Non-ASCII letters whose canonical form is ASCII.
        "\u{212a}im@acme.example",
        "ann@\u{212a}im.example",
        "ann@acme\u{ff0e}example",
        "ann@acme\u{3002}example",
        "ann@\u{ff41}cme.example",
        "ann@acme.ex\u{2460}",
        // Invisible characters.
        "an\u{200b}n@acme.example",
        "an\u{ad}n@acme.example",
        "an\u{2060}n@acme.example",
        "an\u{3164}n@acme.example",
        "an\u{2800}n@acme.example",
        "an\u{fe0f}n@acme.example",
        "an\u{e0061}n@acme.example",
        "an\u{34f}n@acme.example",
        // Characters that change the text direction.
        "a\u{202e}nn@acme.example",
        "ann\u{200f}@acme.example",
        "ann@\u{2066}acme.example",
        // Spaces and control characters.
        "an n@acme.example",
        "an\u{a0}n@acme.example",
        "ann\u{85}@acme.example",
        "ann@acme\u{2028}.example",
        "ann\0@acme.example",
        // Several addresses, or more than an address.
        "ann@acme.example,bob@acme.example",
        "ann@acme.example;bob@acme.example",
        "Ann <ann@acme.example>",
        "mailto:ann@acme.example?x=",
        "ann@acme.example (Ann)",
        "@acme.example",
        "ann@",
        "ann@@acme.example",
        // Invalid domains.
        "ann@localhost",
        "ann@acme.example.",
        "ann@.acme.example",
        "ann@-acme.example",
        "ann@acme_corp.example",
        "ann@[192.0.2.1]",
        "ann@192.0.2.1",
        "ann@xn--.example",
        "ann@xn--a.example",
    ];
    for text in refused {
        assert!(Email::parse(text).is_err(), "{text:?}");
        assert_eq!(Email::confirmed(text, text), Err(UnconfirmedEmail::Malformed), "{text:?}");
    }
}

/// Every plane that has invisible characters, and what is between them.
fn characters() -> impl Iterator<Item = char> {
    (0..0x3200)
        .chain(0xa000..0xa200)
        .chain(0xf900..0x1_0200)
        .chain(0x1_d100..0x1_d200)
        .chain(0xe_0000..0xe_0200)
        .filter_map(char::from_u32)
}

#[test]
fn s08_what_nobody_sees_is_dropped_around_an_address_and_refused_within() {
    let ann = Email::parse("ann@acme.example").unwrap();
    let mut dropped = Vec::new();
    for c in characters() {
        let around = Email::from_input(&format!("{c}ann@acme.example{c}"));
        if around.as_ref() == Ok(&ann) {
            assert_eq!(around.unwrap().as_typed(), "ann@acme.example");
            dropped.push(c);
            for inside in
                [format!("a{c}nn@acme.example"), format!("ann{c}@acme.example"), format!("ann@ac{c}me.example")]
            {
                assert!(Email::from_input(&inside).is_err(), "{inside:?}");
            }
        }
        // What is seen is never dropped: another address, or none.
        for seen in [format!("{c}ann@acme.example"), format!("ann@acme.example{c}"), format!("an{c}n@acme.example")] {
            let dropped = dropped.last() == Some(&c);
            assert!(dropped || Email::from_input(&seen).as_ref() != Ok(&ann), "{seen:?}");
            assert!(Email::parse(&seen).as_ref() != Ok(&ann), "{seen:?}");
        }
    }
    let asked =
        ['\u{a0}', '\u{200b}', '\u{3000}', '\u{feff}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{200e}', '\u{202f}'];
    let others = [
        '\t',
        '\u{85}',
        '\u{ad}',
        '\u{61c}',
        '\u{180e}',
        '\u{2029}',
        '\u{2066}',
        '\u{2800}',
        '\u{3164}',
        '\u{fe0f}',
        '\u{e0041}',
    ];
    for c in asked.into_iter().chain(others) {
        assert!(dropped.contains(&c), "U+{:04X}", u32::from(c));
    }
    for c in ['<', '.', '\u{301}', '\u{600}', '\u{e9}'] {
        assert!(!dropped.contains(&c), "U+{:04X}", u32::from(c));
    }
    let padded = |blanks| Email::from_input(&format!("{}ann@acme.example", "\u{a0}".repeat(blanks)));
    assert!(padded(400).is_ok() && padded(1 << 20).is_err());
}

#[test]
fn s08_an_address_with_dots_that_cannot_be_mailed_to_says_so_to_operators() {
    for local in ["taro.", "taro..", ".taro", "ta..ro", "..ta..ro..", "t\u{fc}ro."] {
        let error = Email::parse(&format!("{local}@docomo.example")).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("malformed email address: dots") && !text.contains("taro"), "{local}: {text}");
        assert_eq!(Email::from_input(&format!(" {local}@docomo.example")), Err(error));
    }
    // Whatever else is wrong is not about dots.
    for text in [
        "taro..@localhost",
        "..@docomo.example",
        "ta..ro@@docomo.example",
        "\"ta..ro\"@docomo.example",
        "taro@docomo..example",
        "taro",
    ] {
        assert_eq!(Email::parse(text).unwrap_err().to_string(), "malformed email address", "{text}");
    }
    assert!(Email::parse(&format!("{}@docomo.example", "..".repeat(1 << 20))).is_err());
}

#[test]
fn s08_length_is_bounded_as_typed_and_as_canonical() {
    let label = "a".repeat(63);
    let domain = format!("{label}.{label}.{label}");
    assert!(Email::parse(&format!("{}@{domain}", "x".repeat(62))).is_ok(), "254 octets");
    assert!(Email::parse(&format!("{}@{domain}", "x".repeat(63))).is_err(), "255 octets");
    assert!(Email::parse(&format!("{}@acme.example", "x".repeat(65))).is_err());
    assert!(Email::parse(&"a@b.example".repeat(100_000)).is_err());
}

#[test]
fn an_address_survives_storing() {
    let email = Email::parse("Ann.Lee@B\u{fc}cher.example").unwrap();
    let stored = serde_json::to_string(&email).unwrap();
    let read: Email = serde_json::from_str(&stored).unwrap();
    assert_eq!((read.as_typed(), &read), (email.as_typed(), &email));
    assert!(serde_json::from_str::<Email>("\"ann\"").is_err());
    assert_eq!(HashMap::from([(email, 1)])[&Email::parse("ann.lee@b\u{fc}cher.example").unwrap()], 1);
}

#[test]
fn naughty_strings_break_nothing() {
    let strings: Vec<String> = serde_json::from_str(include_str!("data/blns.json")).unwrap();
    assert!(strings.len() > 500);
    let (policy, context) = (PasswordPolicy::default(), PolicyContext::new("Acme"));
    for text in &strings {
        for address in
            [text.clone(), format!("{text}@acme.example"), format!("ann@{text}"), format!("ann@{text}.example")]
        {
            if let Ok(email) = Email::parse(&address) {
                assert!(email.canonical().len() <= 254);
                assert_eq!(Email::parse(email.canonical()).as_ref(), Ok(&email), "{address:?}");
                assert_eq!(Email::parse(email.canonical()).unwrap().canonical(), email.canonical());
            }
        }
        let password = Password::new(text);
        let again = Password::new(password.expose());
        assert_eq!(password.expose(), again.expose(), "canonicalizing twice changes nothing");
        let _either = policy.check(&password, &context);
    }
}

#[test]
fn s05_the_3000_most_common_passwords_of_8_characters_and_more_are_refused() {
    let mut policy = PasswordPolicy::default();
    policy.min_length = Some(8);
    policy.danger_allow_short = true;
    for password in include_str!("data/common_passwords_min8_top3000.txt").lines() {
        let violations = policy.check(&Password::new(password), &PolicyContext::new("Acme")).unwrap_err();
        assert!(violations.iter().any(|violation| violation.code() == "too_common"), "{password}");
    }
}
