use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use doorward::error::{SignInError, Unavailable};
use doorward::hashing::HashParams;
use doorward::mail::PrintingMailer;
use doorward::password::{BreachLookup, BreachedPasswords};
use doorward::store::{BackendError, BackendErrorKind, MemoryAttempts, MemoryUsers};
use doorward::{Auth, Config, Password, SignInRequest, Site};
use pollster::block_on;

use crate::support::*;

fn field_at_fault(change: impl FnOnce(&mut Config)) -> Option<String> {
    let builder = Auth::builder(site(), MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer);
    let refused = builder.configure(change).build().err()?;
    refused.field().map(str::to_owned)
}

#[test]
fn impossible_settings_are_refused_by_name() {
    type Case = (&'static str, fn(&mut Config));
    let cases: [Case; 31] = [
        ("password.min_length", |config| config.password.min_length = Some(0)),
        ("password.min_length", |config| config.password.min_length = Some(14)),
        ("password.max_length", |config| config.password.min_length = Some(300)),
        ("password.max_length", |config| config.password.max_length = 63),
        ("password.max_length", |config| config.password.max_length = 1025),
        ("password.history", |config| config.password.history = 25),
        ("throttle.cap", |config| config.throttle.cap = Duration::from_millis(100)),
        ("throttle.growth", |config| config.throttle.growth = 1),
        ("throttle.cap", |config| config.throttle.cap = 2 * DAY),
        ("throttle.first_step", |config| config.throttle.first_step = Duration::ZERO),
        ("throttle.free", |config| config.throttle.free = u32::MAX),
        ("client_address_throttle.cap", |config| config.client_address_throttle.cap = Duration::ZERO),
        ("hashing.queue_per_thread", |config| config.hashing.queue_per_thread = 0),
        ("hashing.release_after", |config| config.hashing.release_after = Some(Duration::from_millis(1))),
        ("hashing.sealing", |config| config.hashing.sealing = doorward::config::HashSealing::On),
        ("hashing.profiles", |config| {
            config.hashing.profiles = vec![doorward::config::CostProfile::new(HashParams::OWASP_12_MIB.into(), 1)];
        }),
        ("second_factor.policy", |config| {
            config.second_factor.policy = doorward::second_factor::SecondFactorPolicy::Required
        }),
        ("second_factor.fresh_proof", |config| config.second_factor.fresh_proof = DAY),
        ("second_factor.remember_device", |config| config.second_factor.remember_device = Some(100 * DAY)),
        ("second_factor.throttle.cap", |config| config.second_factor.throttle.cap = Duration::ZERO),
        ("second_factor.throttle", |config| config.second_factor.throttle.free = 11),
        ("device.at_most", |config| config.device.at_most = 0),
        ("device.lifetime", |config| config.device.lifetime = Duration::MAX),
        ("provision.temporary_password_lifetime", |config| {
            config.provision.temporary_password_lifetime = Duration::ZERO;
        }),
        ("reset.link_lifetime", |config| config.reset.link_lifetime = Duration::ZERO),
        ("reset.temporary_password_lifetime", |config| config.reset.temporary_password_lifetime = 2 * DAY),
        ("reset.cooldown", |config| config.reset.cooldown = 2 * HOUR),
        ("challenge.lifetime", |config| config.challenge.lifetime = Duration::ZERO),
        ("purge.every", |config| config.purge.every = Some(SECOND)),
        ("notice.after_failures", |config| config.notice.after_failures = Some(0)),
        ("notice.after_failures", |config| config.notice.after_failures = Some(101)),
    ];
    for (field, change) in cases {
        assert_eq!(field_at_fault(change).as_deref(), Some(field));
    }
    let short = |config: &mut Config| {
        config.password.min_length = Some(8);
        config.password.danger_allow_short = true;
    };
    assert_eq!(field_at_fault(short), None, "allowed with the `danger_*` setting");
}

#[test]
fn m6_what_weakens_a_promise_needs_a_word_of_danger() {
    type Case = (&'static str, fn(&mut Config));
    let weak: [Case; 10] = [
        ("throttle", |config| {
            (config.throttle.first_step, config.throttle.cap) = (Duration::from_millis(1), Duration::from_millis(1));
        }),
        ("throttle", |config| config.throttle.free = 1_000),
        ("throttle", |config| config.throttle.free = 25),
        ("throttle", |config| config.throttle.cap = 10 * MINUTE),
        ("client_address_throttle", |config| config.client_address_throttle.cap = Duration::from_secs(10)),
        ("second_factor.throttle", |config| config.second_factor.throttle.cap = HOUR),
        ("second_factor.throttle", |config| config.second_factor.throttle.free = 4),
        ("second_factor.throttle", |config| config.second_factor.throttle.first_step = SECOND),
        ("reset.cooldown", |config| config.reset.cooldown = 5 * MINUTE - SECOND),
        ("registration.cooldown", |config| config.registration.cooldown = 5 * MINUTE - SECOND),
    ];
    for (field, weaken) in weak {
        assert_eq!(field_at_fault(weaken).as_deref(), Some(field));
        let dangerous = |config: &mut Config| {
            weaken(config);
            config.danger_allow(field);
        };
        assert_eq!(field_at_fault(dangerous), None, "{field}");
        // Each name lifts one floor only.
        let another = Config::FLOORS.into_iter().find(|other| *other != field).unwrap();
        let otherwise = |config: &mut Config| {
            weaken(config);
            config.danger_allow(another);
        };
        assert_eq!(field_at_fault(otherwise).as_deref(), Some(field));
    }
    let tried: std::collections::HashSet<_> = weak.iter().map(|(field, _)| *field).collect();
    assert_eq!(tried, Config::FLOORS.into_iter().collect(), "every floor is covered");
    assert_eq!(field_at_fault(|config| config.danger_allow("throttle.cap")).as_deref(), Some("throttle.cap"));
}

#[test]
fn a_site_without_an_address_of_its_own_is_refused_by_name() {
    let field = |name: &str, base: &str, support: &str| Site::new(name, base, support).unwrap_err().field();
    assert_eq!(field("", "https://acme.example", "help@acme.example"), "name");
    assert_eq!(field("Ac\r\nme", "https://acme.example", "help@acme.example"), "name");
    assert_eq!(field(&"x".repeat(65), "https://acme.example", "help@acme.example"), "name");
    for base in ["", "/", "acme.example", "http://acme.example", "ftp://acme.example", "https://a:b@acme.example"] {
        assert_eq!(field("Acme", base, "help@acme.example"), "base_url", "{base}");
    }
    assert_eq!(field("Acme", "https://acme.example?x=1", "help@acme.example"), "base_url");
    for support in ["", "help", "http://acme.example/chat", "javascript:alert(1)"] {
        assert_eq!(field("Acme", "https://acme.example", support), "support", "{support}");
    }
    for base in ["http://localhost:3000", "http://127.0.0.1:8080", "http://[::1]"] {
        assert!(Site::new("Acme", base, "https://acme.example/chat").is_ok(), "{base}");
    }
    for path in ["", "reset", "//evil.example", "/a/../b", "/a?b", "/a#b", "/a b"] {
        assert_eq!(site().reset_path(path).unwrap_err().field(), "reset_path", "{path}");
        assert_eq!(site().sign_in_path(path).unwrap_err().field(), "sign_in_path", "{path}");
    }
}

#[test]
fn s19_mails_and_refusals_carry_the_support_contact_as_what_it_is() {
    let (world, ann) = World::with_ann();
    let rejected = block_on(world.auth.change_password(&ann, OLD, "acme2026")).unwrap_err();
    world.confirm(ANN);
    for recorded in world.mailer.mails() {
        assert!(recorded.mail.text().contains("Write to help@acme.example"));
        assert!(recorded.mail.html().contains("<a href=\"mailto:help@acme.example\">help@acme.example</a>"));
    }
    let refusal = world.auth.error_response(&SignInError::InvalidCredentials);
    assert_eq!(refusal.support.href(), "mailto:help@acme.example");
    assert_eq!((refusal.code, refusal.http_status), ("invalid_credentials", 401));
    assert!(refusal.violations.is_empty());
    let broken = world.auth.error_response(&rejected).violations;
    assert_eq!(
        broken,
        world.auth.check_new_password(&email(ANN), "acme2026"),
        "the early check and the final one agree"
    );
    assert_eq!(broken.len(), 2);

    let chat = Site::new("Acme", "https://acme.example", "https://acme.example/chat").unwrap();
    let (_, operator) = Auth::builder(chat, MemoryUsers::new(), MemoryAttempts::new(), world.mailer.clone())
        .build_with_operator()
        .unwrap();
    block_on(operator.provision(email(ANN))).unwrap();
    assert!(world.last_mail().mail.text().contains("Reach us at https://acme.example/chat"));
}

#[test]
fn closing_drains_background_work_and_hashing_and_refuses_what_comes_later() {
    let (later, after_the_answer) = channel();
    let world = World::with(move |builder| builder.background(move |work| drop(later.send(work))));
    world.provision(ANN);
    block_on(world.auth.request_reset(&email(ANN))).unwrap();
    let mails = world.mailer.count();
    let (auth, done) = (world.auth.clone(), Arc::new(std::sync::atomic::AtomicBool::new(false)));
    let closing = std::thread::spawn({
        let done = Arc::clone(&done);
        move || {
            block_on(auth.close());
            done.store(true, std::sync::atomic::Ordering::Release);
        }
    });
    // Closing waits for background work.
    while !matches!(block_on(world.auth.request_reset(&email(NOBODY))), Err(Unavailable::Closed)) {
        std::thread::yield_now();
    }
    assert!(!done.load(std::sync::atomic::Ordering::Acquire) && world.mailer.count() == mails);
    after_the_answer.try_iter().for_each(block_on);
    closing.join().unwrap();
    assert_eq!(world.mailer.count(), mails + 1);
    let refused = block_on(world.auth.sign_in(SignInRequest::new(ANN, OLD)));
    assert!(matches!(refused, Err(SignInError::Unavailable(Unavailable::Closed))));
}

#[derive(Debug)]
struct Breached(Result<&'static str, BackendErrorKind>);

#[async_trait::async_trait]
impl BreachedPasswords for Breached {
    async fn contains(&self, password: &Password) -> Result<bool, BackendError> {
        self.0.map(|known| known == password.expose()).map_err(BackendError::new)
    }
}

#[test]
fn breached_passwords_are_refused_and_a_failing_look_up_is_open_or_closed_by_choice() {
    let world = |answer, on_failure| {
        let world = World::with(|builder| builder.breached_passwords(Breached(answer), on_failure));
        world.provision(ANN);
        let challenge = world.challenge(ANN, &world.mailed_password());
        (world, challenge)
    };
    let (found, challenge) = world(Ok(OLD), BreachLookup::FailClosed);
    assert!(found.auth.password_policy().rules().iter().any(|rule| rule.code() == "breached"));
    assert_eq!(found.choice_error(&challenge, OLD).code(), "password_rejected");
    let _ = found.choose(&challenge, NEW);
    let (closed, challenge) = world(Err(BackendErrorKind::Unavailable), BreachLookup::FailClosed);
    assert_eq!(closed.choice_error(&challenge, OLD).code(), "backend");
    let (open, challenge) = world(Err(BackendErrorKind::Unavailable), BreachLookup::FailOpen);
    let _ = open.choose(&challenge, OLD);
}

#[cfg(feature = "zxcvbn")]
#[test]
fn a_minimum_strength_is_shown_and_enforced() {
    let world = World::with(|builder| builder.configure(|config| config.password.min_strength = Some(4)));
    world.provision(ANN);
    let challenge = world.challenge(ANN, &world.mailed_password());
    assert_eq!(world.choice_error(&challenge, "iloveyou password").code(), "password_rejected");
    let _ = world.choose(&challenge, "correct lamp boat kettle figs");
    assert_eq!(
        field_at_fault(|config| config.password.min_strength = Some(5)).as_deref(),
        Some("password.min_strength")
    );
}

#[test]
fn weak_hash_parameters_cannot_be_configured() {
    for (memory_kib, passes) in [(8, 1), (19_455, 2), (47_103, 1), (12_287, 3)] {
        assert!(HashParams::new(memory_kib, passes, 1).is_err());
    }
}
