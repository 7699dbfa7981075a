//! Mails on their own: all wording comes from the catalogue, every kind has a preview, and no subject contains a secret.

#![cfg(feature = "testing")]

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use doorward::hashing::HashParams;
use doorward::mail::{English, Mail, MailKind, MailTexts};
use doorward::testing::ManualClock;
use doorward::{Auth, Site};
use pollster::block_on;
use support::{ANN, DAY, HOUR, Meddling, World, email, site};
use time::OffsetDateTime;

/// A language in which every letter is foreign, so that a word from another catalogue stands out.
#[derive(Debug)]
struct Pseudo;

/// Replaces each ASCII letter with its fullwidth form. Values within a text stay unchanged.
fn pseudo(text: &str) -> String {
    let foreign = |c: char| match c {
        'a'..='z' | 'A'..='Z' => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
        c => c,
    };
    let values = ["Acme", "help@acme.example", "https://acme.example/chat"];
    let mut rest = text;
    let mut out = String::new();
    while let Some(value) = values.iter().filter_map(|v| rest.find(v).map(|at| (at, *v))).min() {
        out.extend(rest[..value.0].chars().map(foreign));
        out.push_str(value.1);
        rest = &rest[value.0 + value.1.len()..];
    }
    out.extend(rest.chars().map(foreign));
    out
}

/// Every text of the catalogue, derived from the English one.
macro_rules! pseudo_locale {
    ($($text:ident($($argument:ident: $kind:ty),*));* $(;)?) => {
        impl MailTexts for Pseudo {
            fn language(&self) -> &str {
                "qps-ploc"
            }

            fn right_to_left(&self) -> bool {
                true
            }

            $(fn $text(&self, $($argument: $kind),*) -> String {
                pseudo(&English.$text($($argument),*))
            })*
        }
    };
}

pseudo_locale! {
    moment(at: OffsetDateTime);
    duration(duration: Duration);
    works(lifetime: Duration, expires_at: OffsetDateTime);
    ignore_reset();
    not_you();
    others_signed_out();
    write_to(address: &str);
    reach_at(link: &str);
    welcome_subject(site: &Site);
    welcome_password(site: &Site);
    welcome_sign_in();
    welcome_for_you_alone();
    reset_requested(site: &Site);
    confirm_reset_subject(site: &Site);
    confirm_reset_link();
    choose_new_password_subject(site: &Site);
    choose_new_password_link();
    temporary_password_subject(site: &Site);
    temporary_password(site: &Site);
    temporary_password_sign_in();
    old_password_stays();
    password_changed_subject(site: &Site);
    password_changed(site: &Site, at: OffsetDateTime);
    reset_completed_subject(site: &Site);
    reset_completed(site: &Site, at: OffsetDateTime);
    second_factor_enabled_subject(site: &Site);
    second_factor_enabled(site: &Site, at: OffsetDateTime);
    keep_recovery_codes();
    second_factor_disabled_subject(site: &Site);
    second_factor_disabled(site: &Site, at: OffsetDateTime);
    second_factor_disabled_by_operator(site: &Site, at: OffsetDateTime);
    recovery_code_used_subject(site: &Site);
    recovery_code_used(site: &Site, at: OffsetDateTime);
    recovery_codes_left(left: usize);
    recovery_codes_regenerated_subject(site: &Site);
    recovery_codes_regenerated(site: &Site, at: OffsetDateTime);
    wrong_code_subject(site: &Site);
    wrong_code(site: &Site, at: OffsetDateTime);
    wrong_code_advice();
    new_device_subject(site: &Site);
    new_device(site: &Site, at: OffsetDateTime);
    sign_in_after_failures_subject(site: &Site);
    sign_in_after_failures(site: &Site, failures: u32, at: OffsetDateTime);
    sign_in_after_failures_advice();
    signed_out_everywhere();
    password_change_forced_subject(site: &Site);
    password_change_forced(site: &Site, at: OffsetDateTime);
    password_change_forced_advice();
    marked_compromised_subject(site: &Site);
    marked_compromised(site: &Site, at: OffsetDateTime);
    marked_compromised_advice();
    sharing_reminder_subject(site: &Site);
    sharing_reminder(site: &Site);
    account_for_a_colleague();
    change_a_known_password();
    confirm_registration_subject(site: &Site);
    confirm_registration(site: &Site);
    confirm_registration_link();
    ignore_registration();
    invitation_subject(site: &Site);
    invitation(site: &Site);
    ignore_invitation();
    already_registered_subject(site: &Site);
    already_registered(site: &Site);
    already_registered_advice();
    registered_subject(site: &Site);
    registered(site: &Site, at: OffsetDateTime);
    temporary_password_alone(site: &Site);
    old_password_void();
    confirm_email_change_subject(site: &Site);
    confirm_email_change(site: &Site);
    confirm_email_change_link();
    ignore_email_change();
    email_change_requested_subject(site: &Site);
    email_change_requested(site: &Site, at: OffsetDateTime);
    email_change_requested_advice();
    email_in_use_subject(site: &Site);
    email_in_use(site: &Site, at: OffsetDateTime);
    email_in_use_advice();
    email_changed_subject(site: &Site);
    email_changed(site: &Site, at: OffsetDateTime);
    email_undo_link();
    email_undo(expires_at: OffsetDateTime);
    email_confirmed_subject(site: &Site);
    email_confirmed(site: &Site, at: OffsetDateTime);
    email_changed_by_operator(site: &Site, at: OffsetDateTime);
    email_changed_by_operator_advice();
    email_set_by_operator(site: &Site, at: OffsetDateTime);
    deletion_requested_subject(site: &Site);
    deletion_requested(site: &Site, gone_at: OffsetDateTime);
    deletion_undo_link();
    deletion_undo_until(gone_at: OffsetDateTime);
    deletion_not_you();
    deletion_undone_subject(site: &Site);
    deletion_undone(site: &Site, at: OffsetDateTime);
    deletion_undone_advice();
    account_deleted_subject(site: &Site);
    account_deleted(site: &Site, at: OffsetDateTime);
    account_deleted_advice();
}

fn sites() -> [Site; 2] {
    [site(), Site::new("Acme", "https://acme.example", "https://acme.example/chat").unwrap()]
}

/// The secrets and links of a mail, which are in no catalogue.
fn values(mail: &Mail) -> Vec<String> {
    let secret = match mail.kind() {
        MailKind::Welcome { temporary_password, .. } | MailKind::TemporaryPassword { temporary_password, .. } => {
            Some(temporary_password.expose().to_owned())
        }
        MailKind::ConfirmReset { link, .. }
        | MailKind::ChooseNewPassword { link, .. }
        | MailKind::ConfirmRegistration { link, .. }
        | MailKind::Invitation { link, .. }
        | MailKind::ConfirmEmailChange { link, .. }
        | MailKind::EmailChanged { link, .. }
        | MailKind::DeletionRequested { link, .. } => Some(link.expose().to_owned()),
        _ => None,
    };
    let site = mail.site();
    let known = [site.sign_in_url(), site.support().as_str().to_owned(), site.name().to_owned()];
    secret.into_iter().chain(known).collect()
}

/// What a reader sees of a page, including its title.
fn without_tags(html: &str) -> String {
    let mut seen = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        seen.push_str(before);
        rest = tag.split_once('>').unwrap().1;
    }
    seen + rest
}

#[test]
fn every_word_comes_from_the_catalogue() {
    for mail in sites().iter().flat_map(Mail::previews) {
        let mail = mail.in_words_of(Arc::new(Pseudo));
        let html = mail.html();
        assert!(html.contains("<html lang=\"qps-ploc\" dir=\"rtl\">"), "{html}");
        for (part, shown) in [("subject", mail.subject()), ("text", mail.text()), ("html", without_tags(&html))] {
            let mut words = shown;
            for value in values(&mail) {
                words = words.replace(&value, "");
            }
            let foreign = words.chars().filter(|c| !c.is_ascii()).count();
            assert!(foreign > 10, "{}'s {part} has wording: {words}", mail.kind().name());
            let hard_wired: String = words.chars().filter(char::is_ascii_alphabetic).collect();
            assert_eq!(hard_wired, "", "{}'s {part} in another language: {words}", mail.kind().name());
        }
    }
}

#[test]
fn a_word_that_is_hard_wired_would_be_found() {
    // The same check against a catalogue without any texts, which falls back to English.
    let mail = Mail::previews(&site()).remove(0);
    let mut words = mail.text();
    for value in values(&mail) {
        words = words.replace(&value, "");
    }
    assert!(words.chars().any(|c| c.is_ascii_alphabetic()));
}

#[test]
fn every_kind_has_a_preview_with_its_name() {
    let names: BTreeSet<_> = Mail::previews(&site()).iter().map(|mail| mail.kind().name()).collect();
    // `MailKind` may grow; the match that names its variants is kept complete by the compiler.
    let source = include_str!("../src/mail/mod.rs");
    let named = source.lines().filter_map(|line| line.split_once("{ .. } => \"")?.1.strip_suffix("\","));
    assert_eq!(names, named.collect());
}

#[test]
fn no_subject_and_no_title_holds_a_secret_and_no_page_loads_anything() {
    for mail in Mail::previews(&site()) {
        let (html, secret) = (mail.html(), values(&mail).remove(0));
        let title = html.split_once("</title>").unwrap().0;
        assert!(!title.contains(&secret) && !mail.subject().contains(&secret));
        for remote in ["<img", "<script", "<link", "src=", "url("] {
            assert!(!html.contains(remote), "{remote}");
        }
        assert!(html.len() < 100 * 1024);
        assert_eq!(mail.text().lines().filter(|line| line.contains("http")).count(), {
            mail.text().lines().filter(|line| line.starts_with("http")).count()
        });
    }
}

#[test]
fn a_catalogue_may_hold_markup_and_line_breaks_without_harm() {
    #[derive(Debug)]
    struct Hostile;
    impl MailTexts for Hostile {
        fn language(&self) -> &str {
            "en\"><script>"
        }
        fn welcome_subject(&self, _site: &Site) -> String {
            "Welcome\r\nBcc: everybody@elsewhere.example".to_owned()
        }
        fn welcome_sign_in(&self) -> String {
            "<script>".to_owned()
        }
        fn write_to(&self, _address: &str) -> String {
            "Ask <b>us</b>".to_owned()
        }
    }
    let mail = Mail::previews(&site()).remove(0).in_words_of(Arc::new(Hostile));
    assert_eq!(mail.subject(), "Welcome  Bcc: everybody@elsewhere.example");
    let html = mail.html();
    assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
    // The contact is there even if the text leaves it out.
    assert!(
        html.contains("<br><a href=\"mailto:help@acme.example\">") && mail.text().ends_with("\nhelp@acme.example\n")
    );
}

/// The previews of that kind.
fn previewed(name: &str) -> Vec<Mail> {
    Mail::previews(&site()).into_iter().filter(|mail| mail.kind().name() == name).collect()
}

#[test]
fn a_notice_says_what_happened_when_and_what_to_do_and_has_no_link_but_the_contact() {
    let at = "25 November 2026, 09:00 UTC";
    let cases: [(&str, &[&str]); 8] = [
        (
            "sign_in_after_failures",
            &[
                at,
                "at least 12 failed attempts",
                "do not need to do anything",
                "\"Forgot your password?\"",
                "let us know",
            ],
        ),
        ("password_change_forced", &[at, "Our support", "next time you sign in", "choose a new one", "no link"]),
        ("marked_compromised", &[at, "our support", "no longer works", "\"Forgot your password?\"", "nowhere else"]),
        (
            "sharing_reminder",
            &[
                "for you alone",
                "overwrite each other's work",
                "who did what",
                "account of their own",
                "please change it",
            ],
        ),
        (
            "email_change_requested",
            &[at, "another email address", "once it is confirmed", "\"Forgot your password?\"", "let us know"],
        ),
        ("email_in_use", &[at, "another account", "nothing has changed", "you have an account already"]),
        ("email_confirmed", &[at, "you sign in at Acme with this email address", "have been signed out"]),
        ("email_changed_by_operator", &[at, "our support", "sign in with the new one", "let us know right away"]),
    ];
    for (name, parts) in cases {
        let mail = previewed(name).remove(0);
        let text = mail.text();
        for part in parts {
            assert!(text.contains(part), "{name} does not say {part:?}:\n{text}");
        }
        assert!(!text.contains("http") && !text.contains("acme.example/"), "{text}");
        assert_eq!(mail.html().matches("<a href=").count(), 1, "{name}: the contact");
        assert!(text.ends_with("\n\nQuestions? Write to help@acme.example\n"), "{text}");
        let kind = mail.kind();
        assert!(
            !kind.anybody_can_cause() && kind.expires_at().is_none() && mail.worth_sending_for().is_none(),
            "{name}"
        );
    }
    let once = previewed("sign_in_after_failures").remove(1);
    assert!(once.text().contains("at least one failed attempt."), "{}", once.text());
}

#[test]
fn the_words_of_the_builder_are_those_of_every_mail() {
    let world = World::with(|builder| builder.mail_texts(Pseudo));
    world.provision(ANN);
    assert_eq!(world.last_mail().mail.subject(), "Ｙｏｕｒ ｎｅｗ ａｃｃｏｕｎｔ – Acme");
}

#[test]
fn durations_and_instants_are_never_rounded_up() {
    let seconds = |seconds| English.duration(Duration::from_secs(seconds));
    let shown = [1, 59, 119, 120, 3_599, 3_600, 3_660, 7_200, 86_400].map(seconds);
    let expected = [
        "one second",
        "59 seconds",
        "119 seconds",
        "2 minutes",
        "59 minutes",
        "one hour",
        "61 minutes",
        "2 hours",
        "24 hours",
    ];
    assert_eq!(shown, expected);
    let at = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(59);
    let elsewhere = at.to_offset(time::UtcOffset::from_hms(5, 30, 0).unwrap());
    assert_eq!(English.moment(elsewhere), "1 January 1970, 00:00 UTC");
}

/// How long such a mail is worth sending if the clock changes after its expiry was set and before the mailer gets it.
fn worth_sending(name: &str, change: impl FnOnce(&ManualClock) + Send + 'static) -> Option<Duration> {
    let world = World::new();
    let id = world.provision(ANN);
    let token = (name == "temporary_password").then(|| world.request(ANN));
    let clock = world.clock.clone();
    let users = Meddling::new(world.users.clone(), move || change(&clock));
    let (auth, operator) = Auth::builder(site(), users, world.attempts.clone(), world.mailer.clone())
        .clock(world.clock.clone())
        .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
        .build_with_operator()
        .unwrap();
    let before = world.mailer.count();
    match (name, token) {
        ("welcome", _) => drop(block_on(operator.resend_welcome(&id)).unwrap()),
        (_, None) => drop(block_on(auth.request_reset(&email(ANN))).unwrap()),
        (_, Some(token)) => drop(block_on(auth.confirm_reset(&token)).unwrap()),
    }
    let mail = world.last_mail().mail;
    assert_eq!((world.mailer.count(), mail.kind().name()), (before + 1, name));
    mail.worth_sending_for()
}

#[test]
fn a_mail_is_worth_sending_for_the_rest_of_its_lifetime_and_never_longer() {
    const MICROSECOND: Duration = Duration::from_micros(1);
    for (name, lifetime) in [("welcome", DAY), ("confirm_reset", HOUR), ("temporary_password", HOUR)] {
        let after = |by| worth_sending(name, move |clock| clock.advance(by));
        assert_eq!(after(Duration::ZERO), Some(lifetime), "{name}");
        assert_eq!(after(MICROSECOND), Some(lifetime - MICROSECOND), "{name}");
        assert_eq!(after(lifetime - MICROSECOND), Some(MICROSECOND), "{name}");
        for late in [lifetime, lifetime + MICROSECOND, lifetime + DAY] {
            assert_eq!(after(late), Some(Duration::ZERO), "{name}: it has expired");
        }
        for back in [MICROSECOND, DAY] {
            let worth = worth_sending(name, move |clock| clock.set_back(back));
            assert_eq!(worth, Some(lifetime), "{name}: a clock that was set back adds nothing");
        }
    }
}
