//! Registration: an address is proved before anything is stored of it, and the insert is the claim.

use std::collections::HashSet;
use std::sync::mpsc::channel;
use std::thread;

use doorward::config::{RegistrationConfig, RegistrationMode};
use doorward::error::Unavailable;
use doorward::event::EventKind;
use doorward::registration::{Invitation, RegistrationLinkStatus, RegistrationRequest, RegistrationValue};
use doorward::registration::{InviteError, RegisterError, RequestRegistrationError};
use doorward::second_factor::SecondFactorPolicy;
use doorward::session::AuthMethod;
use doorward::store::{BackendError, Insert, MemoryUsers, Replace, Swap, User, UserDirectory, UserHead, Version};
use doorward::testing::Faults;
use doorward::{Auth, AuthBuilder, ClientAddress, Config, Email, SignIn, UserId, UserRepository};
use pollster::block_on;

use crate::support::*;

const BEN: &str = "ben@acme.example";

fn open(config: &mut Config) {
    config.registration.mode = RegistrationMode::Open;
}

fn opened(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> World {
    World::with_keyring(|builder| change(builder.configure(open)))
}

impl World {
    fn requests(&self, address: &str) -> Result<(), RequestRegistrationError> {
        block_on(self.auth.request_registration(email(address))).map(drop)
    }

    /// The token of the mail that a request causes.
    fn registration(&self, address: &str) -> String {
        self.requests(address).unwrap();
        assert_eq!(self.last_mail().mail.kind().name(), "confirm_registration");
        self.mailed_token()
    }

    fn is_unknown(&self, address: &str) -> bool {
        block_on(self.users.find_by_email(&email(address))).unwrap().is_none()
    }
}

fn address(n: u8) -> ClientAddress {
    ClientAddress::from_ip([192, 0, 2, n].into())
}

#[test]
fn r01_a_proved_address_and_a_password_open_an_account_and_sign_in() {
    let world = opened(|builder| builder);
    let token = world.registration("Ben@acme.example");
    assert_eq!(world.last_mail().to.as_typed(), "Ben@acme.example");
    assert!(world.last_mail().mail.text().contains("It works for one hour, until 25 November 2026, 10:00 UTC."));
    assert!(world.is_unknown(BEN), "nothing is stored before the address is proved");

    let RegistrationLinkStatus::Valid(link) = block_on(world.auth.inspect_registration(&token)).unwrap() else {
        panic!("the link does not work")
    };
    assert_eq!((link.email.as_typed(), link.value, link.invited), ("Ben@acme.example", None, false));
    assert_eq!(link.expires_at, world.now() + HOUR);

    let ben = complete(block_on(world.auth.register(&token, OLD)).unwrap());
    assert_eq!(ben.email().as_typed(), "Ben@acme.example");
    assert_eq!(ben.session().methods.iter().map(|proof| proof.method).collect::<Vec<_>>(), [AuthMethod::Password]);
    assert!(ben.device_token().is_some() && world.is_live(&ben));
    assert_eq!(world.last_mail().mail.kind().name(), "registered");
    assert_eq!(world.signed_in(BEN, OLD).user_id(), ben.user_id());
    let kinds = world.observer.kinds();
    for kind in [EventKind::RegistrationRequested, EventKind::RegistrationLinkIssued, EventKind::Registered] {
        assert_eq!(kinds.iter().filter(|other| **other == kind).count(), 1, "{kind:?}");
    }
}

#[test]
fn a_link_works_once_and_until_it_expires() {
    let world = opened(|builder| builder);
    let token = world.registration(BEN);
    world.clock.advance(HOUR - SECOND);
    let _ = block_on(world.auth.register(&token, OLD)).unwrap();
    let again = block_on(world.auth.register(&token, NEW)).unwrap_err();
    assert_eq!((again.code(), again.http_status()), ("link_invalid", 400));
    assert_eq!(block_on(world.auth.inspect_registration(&token)).unwrap(), RegistrationLinkStatus::Invalid);
    assert!(world.fails(BEN, NEW));

    let late = world.registration("late@acme.example");
    world.clock.advance(HOUR);
    assert_eq!(block_on(world.auth.inspect_registration(&late)).unwrap(), RegistrationLinkStatus::Invalid);
    assert!(matches!(block_on(world.auth.register(&late, OLD)), Err(RegisterError::LinkInvalid)));
    assert!(world.is_unknown("late@acme.example"));
    let kinds = world.observer.kinds();
    assert_eq!(kinds.iter().filter(|kind| **kind == EventKind::RegistrationLinkRejected).count(), 2);
}

#[test]
fn a_clock_that_was_set_back_prolongs_no_link() {
    let world = opened(|builder| builder);
    let token = world.registration(BEN);
    world.clock.set(world.now() - 2 * MINUTE);
    assert!(matches!(block_on(world.auth.register(&token, OLD)), Err(RegisterError::LinkInvalid)));
}

#[test]
fn whoever_is_second_gets_nothing() {
    let world = opened(|builder| builder);
    let (one, _) = (world.registration(BEN), world.clock.advance(5 * MINUTE));
    let two = world.registration(BEN);
    let ben = complete(block_on(world.auth.register(&two, OLD)).unwrap());
    assert!(matches!(block_on(world.auth.register(&one, NEW)), Err(RegisterError::LinkInvalid)), "one account");
    assert!(world.is_live(&ben) && world.fails(BEN, NEW));

    // An operator was faster.
    let token = world.registration("eve@acme.example");
    let eve = world.open("eve@acme.example", OLD);
    assert!(matches!(block_on(world.auth.register(&token, NEW)), Err(RegisterError::LinkInvalid)));
    assert!(world.is_live(&eve) && world.fails("eve@acme.example", NEW));
}

#[test]
fn a_rejected_password_names_every_rule_and_leaves_the_link() {
    let world = opened(|builder| builder);
    let token = world.registration(BEN);
    let rejected = block_on(world.auth.register(&token, "ben")).unwrap_err();
    assert_eq!((rejected.code(), rejected.http_status()), ("password_rejected", 422));
    let RegisterError::Rejected { violations } = rejected else { panic!("not rejected") };
    assert!(violations.iter().any(|violation| violation.code() == "about_the_account"), "it is the address");
    assert!(world.is_unknown(BEN));
    assert!(world.observer.kinds().contains(&EventKind::PasswordRejected { violations: violations.len() }));
    let _ = complete(block_on(world.auth.register(&token, OLD)).unwrap());
}

#[test]
fn what_mail_clients_do_to_the_link_is_mended_and_other_tokens_are_none() {
    let world = opened(|builder| builder);
    let token = world.registration(BEN);
    let link = world.last_mail().link().unwrap();
    assert!(link.starts_with("https://acme.example/register/confirm?token=") && link.len() < 400, "{}", link.len());
    let mangled = format!("<{}=\r\n{}>.", &link[..90], &link[90..]);
    assert_eq!(Auth::read_registration_token(&mangled).unwrap(), token);
    for damaged in [&token[..token.len() - 1], &format!("{token}x"), "", "."] {
        let error = block_on(world.auth.register(damaged, OLD)).unwrap_err();
        assert_eq!(error.code(), "link_damaged", "{damaged}");
        assert_eq!(block_on(world.auth.inspect_registration(damaged)).unwrap(), RegistrationLinkStatus::Damaged);
    }
    assert!(world.observer.kinds().contains(&EventKind::RegistrationLinkDamaged));

    // A bit of the seal, one of the secret, and a token of another kind.
    let flip = |at: usize| {
        let replacement = if &token[at..=at] == "A" { "B" } else { "A" };
        format!("{}{replacement}{}", &token[..at], &token[at + 1..])
    };
    let dot = token.find('.').unwrap();
    for forged in [flip(20), flip(dot - 3), flip(dot + 1), flip(dot + 20)] {
        assert_eq!(block_on(world.auth.register(&forged, OLD)).unwrap_err().code(), "link_invalid", "{forged}");
    }
    let ann = world.open(ANN, OLD);
    let reset = world.request(ANN);
    for other in [reset, ann.token().expose()] {
        assert_eq!(block_on(world.auth.register(&other, OLD)).unwrap_err().code(), "link_damaged");
    }
    assert_eq!(block_on(world.auth.confirm_reset(&token)).unwrap_err().code(), "link_damaged");
    assert!(block_on(world.auth.resume(&token)).is_err());
}

#[test]
fn r02_a_taken_address_gets_the_same_answer_and_its_owner_is_told() {
    let world = opened(|builder| builder);
    let ann = world.open(ANN, OLD);
    let version = world.user(ANN).version();
    let answer = |address: &str| format!("{:?}", block_on(world.auth.request_registration(email(address))));
    let (free, taken) = (answer(BEN), answer(ANN));
    assert_eq!(free, taken);
    let told = world.last_mail();
    assert_eq!((told.mail.kind().name(), &told.to), ("already_registered", &email(ANN)));
    assert!(told.link().is_none() && told.temporary_password().is_none());
    assert!(world.is_live(&ann) && world.user(ANN).version() == version, "nothing is stored");
    assert!(world.observer.kinds().contains(&EventKind::RegistrationWithheld));
}

#[test]
fn deactivated_accounts_stay_silent() {
    let world = opened(|builder| builder);
    let ann = world.open(ANN, OLD);
    block_on(world.operator.deactivate(ann.user_id())).unwrap();
    let sent = world.mailer.count();
    world.requests(ANN).unwrap();
    assert_eq!(world.mailer.count(), sent);
}

#[test]
fn r02_free_and_taken_addresses_cause_the_same_calls() {
    let world = opened(|builder| builder);
    let _ = world.open(ANN, OLD);
    world.provision("new@acme.example");
    let counted = Faults::new();
    let (users, attempts) = (counted.users(world.users.clone()), counted.attempts(world.attempts.clone()));
    let (later, after_the_answer) = channel();
    let auth = Auth::builder(site(), users, attempts, counted.mailer(world.mailer.clone()))
        .clock(world.clock.clone())
        .keyring(keyring())
        .background(move |work| drop(later.send(work)))
        .configure(|config| {
            open(config);
            config.purge.every = None;
        })
        .build()
        .unwrap();
    let causes = [BEN, ANN, "new@acme.example", "ANN@acme.example"];
    for (round, address) in causes.into_iter().enumerate() {
        world.clock.advance(5 * MINUTE);
        let before = counted.calls();
        block_on(auth.request_registration(email(address))).unwrap();
        assert_eq!(counted.calls() - before, 0, "{round}: nothing before the answer");
        while let Ok(work) = after_the_answer.try_recv() {
            block_on(work);
        }
        assert_eq!(counted.calls() - before, 3, "{address}: two look-ups and a mail");
    }
}

#[test]
fn one_mail_in_five_minutes_for_each_address() {
    let world = opened(|builder| builder);
    let _ = world.open(ANN, OLD);
    let sent = world.mailer.count();
    for _ in 0..10 {
        world.requests(BEN).unwrap();
        world.requests("BEN@acme.example").unwrap();
        world.requests(ANN).unwrap();
    }
    assert_eq!(world.mailer.count() - sent, 2, "and equal answers");
    assert!(world.observer.kinds().contains(&EventKind::RegistrationCoolingDown));
    world.clock.advance(5 * MINUTE - SECOND);
    world.requests(BEN).unwrap();
    assert_eq!(world.mailer.count() - sent, 2);
    world.clock.advance(SECOND);
    world.requests(BEN).unwrap();
    assert_eq!(world.mailer.count() - sent, 3);
}

#[test]
fn strangers_mails_are_bounded_for_each_client_address_and_in_all() {
    let world = opened(|builder| builder);
    let request = |n: usize, from: u8| {
        let email = email(&format!("guest{n}@x.example"));
        block_on(world.auth.request_registration(RegistrationRequest::new(email).client_address(address(from))))
    };
    for n in 0..20 {
        assert!(request(n, 1).is_ok());
    }
    let refused = request(20, 1).unwrap_err();
    assert_eq!((refused.code(), refused.retry_after()), ("busy", Some(MINUTE)));
    // Others go on, until all of them together are too many.
    for n in 0..40 {
        assert!(request(100 + n, 2 + u8::try_from(n / 20).unwrap()).is_ok(), "{n}");
    }
    let sent = world.mailer.count();
    assert_eq!(sent, 60);
    assert!(matches!(
        request(200, 9).unwrap_err(),
        RequestRegistrationError::Unavailable(Unavailable::Busy { retry_after: SECOND })
    ));
    assert_eq!(world.mailer.count(), sent);
    world.clock.advance(SECOND);
    assert!(request(200, 9).is_ok());
}

#[test]
fn only_the_domains_that_are_listed_may_register() {
    let world = opened(|builder| {
        builder.configure(|config| config.registration.domains = vec!["acme.example".into(), "Bücher.example".into()])
    });
    for refused in ["ben@acme.example.org", "ben@sub.acme.example", "ben@notacme.example"] {
        let error = world.requests(refused).unwrap_err();
        assert_eq!((error.code(), error.http_status()), ("domain_not_allowed", 403), "{refused}");
    }
    assert_eq!(world.mailer.count(), 0);
    let _ = world.registration("ben@ACME.example");
    let _ = world.registration("ben@xn--bcher-kva.example");
    // An operator may invite anyone.
    let _ = block_on(world.operator.invite(email("guest@other.example"))).unwrap();
}

#[test]
fn it_is_off_unless_configured_and_needs_a_keyring() {
    let world = World::new();
    let error = world.requests(BEN).unwrap_err();
    assert_eq!((error.code(), error.http_status()), ("registration_off", 403));
    assert!(matches!(block_on(world.operator.invite(email(BEN))), Err(InviteError::Off)));
    type Change = fn(&mut RegistrationConfig);
    let fields: [(Change, &str); 7] = [
        (|_| {}, "registration.mode"),
        (|it| it.link_lifetime = DAY + SECOND, "registration.link_lifetime"),
        (|it| it.invitation_lifetime = 30 * DAY + SECOND, "registration.invitation_lifetime"),
        (|it| it.cooldown = SECOND, "registration.cooldown"),
        (|it| it.mails_per_minute = 0, "registration.mails_per_minute"),
        (|it| it.domains = vec!["a@b.example".into()], "registration.domains"),
        (|it| it.domains = vec!["acme.example".into(); 1_001], "registration.domains"),
    ];
    for (change, field) in fields {
        let builder = Auth::builder(site(), MemoryUsers::new(), doorward::store::MemoryAttempts::new(), DeadRelay);
        let builder = if field == "registration.mode" { builder } else { builder.keyring(keyring()) };
        let built = builder.configure(|config| {
            open(config);
            change(&mut config.registration);
        });
        assert_eq!(built.build().unwrap_err().field(), Some(field));
    }
}

#[test]
fn by_invitation_only_strangers_are_refused_and_so_are_links_from_before() {
    let before = opened(|builder| builder);
    let token = before.registration(BEN);
    let invited_only = |config: &mut Config| config.registration.mode = RegistrationMode::ByInvitation;
    let world = before.restarted(|builder| builder.keyring(keyring()).configure(invited_only));
    assert!(matches!(world.requests(BEN), Err(RequestRegistrationError::Off)));
    assert!(matches!(block_on(world.auth.register(&token, OLD)), Err(RegisterError::LinkInvalid)));
    let _ = block_on(world.operator.invite(email(BEN))).unwrap();
    let _ = complete(block_on(world.auth.register(&world.mailed_token(), OLD)).unwrap());
}

#[test]
fn an_operator_invites_and_the_hosts_value_travels_in_the_seal() {
    let world = opened(|builder| builder);
    let value = RegistrationValue::parse("team=7; name=Bén").unwrap();
    let inviter = world.open(ANN, OLD);
    let operator = world.operator.on_behalf_of(inviter.user_id());
    let invited = block_on(operator.invite(Invitation::new(email(BEN)).value(value.clone()))).unwrap();
    assert_eq!(invited.expires_at, world.now() + 7 * DAY);
    assert_eq!(world.last_mail().mail.kind().name(), "invitation");
    let event = world.observer.events().into_iter().find(|event| event.kind == EventKind::Invited).unwrap();
    assert_eq!(event.operator.as_ref(), Some(inviter.user_id()));
    world.clock.advance(7 * DAY - SECOND);
    let token = world.mailed_token();
    let RegistrationLinkStatus::Valid(link) = block_on(world.auth.inspect_registration(&token)).unwrap() else {
        panic!("the invitation does not work")
    };
    assert!(link.invited && link.value == Some(value));
    assert!(!format!("{link:?}").contains("ben") && !format!("{link:?}").contains("team"));
    let _ = complete(block_on(world.auth.register(&token, OLD)).unwrap());
    assert!(matches!(block_on(world.operator.invite(email(BEN))), Err(InviteError::EmailTaken)));
    let (_, dead) = world.over_a_dead_relay();
    assert!(matches!(block_on(dead.invite(email("eve@acme.example"))), Err(InviteError::Off)));
}

#[test]
fn a_member_invites_and_learns_nothing_of_who_has_an_account() {
    let world = opened(|builder| builder.configure(|config| config.registration.domains = vec!["acme.example".into()]));
    let ann = world.open(ANN, OLD);
    let _ = world.open("eve@acme.example", OLD);
    let answer = |address: &str| format!("{:?}", block_on(world.auth.invite(&ann, email(address))));
    assert_eq!(answer(BEN), answer("eve@acme.example"));
    assert_eq!(world.mails("invitation").len(), 1);
    assert_eq!(world.last_mail().mail.kind().name(), "already_registered");
    assert!(matches!(
        block_on(world.auth.invite(&ann, email("ben@other.example"))),
        Err(InviteError::DomainNotAllowed)
    ));
    for n in 0..18 {
        let _ = block_on(world.auth.invite(&ann, email(&format!("colleague{n}@acme.example")))).unwrap();
    }
    let refused = block_on(world.auth.invite(&ann, email("one-more@acme.example"))).unwrap_err();
    assert_eq!((refused.code(), refused.retry_after()), ("busy", Some(10 * MINUTE)));
    block_on(world.operator.sign_out_everywhere(ann.user_id())).unwrap();
    assert!(matches!(block_on(world.auth.invite(&ann, email(BEN))), Err(InviteError::SessionEnded)));
}

#[test]
fn a_required_second_factor_comes_next() {
    let required = |config: &mut Config| config.second_factor.policy = SecondFactorPolicy::Required;
    let world = opened(|builder| builder.configure(required));
    let token = world.registration(BEN);
    let SignIn::EnrollmentRequired(_) = block_on(world.auth.register(&token, OLD)).unwrap() else {
        panic!("a session without a second factor")
    };
    assert!(matches!(world.sign_in(BEN, OLD), Ok(SignIn::EnrollmentRequired(_))));
}

#[test]
fn nobody_keeps_an_invitation_away_by_asking_for_mails_to_that_address() {
    let world = opened(|builder| builder);
    let (ann, eve) = (world.open(ANN, OLD), world.open("eve@acme.example", OLD));
    let of_the_team =
        |n: u8| Invitation::new(email(BEN)).value(RegistrationValue::parse(&format!("team={n}")).unwrap());
    world.requests(BEN).unwrap();
    let _ = block_on(world.auth.invite(&eve, of_the_team(6))).unwrap();
    let _ = block_on(world.auth.invite(&ann, of_the_team(7))).unwrap();
    assert_eq!((world.mails("confirm_registration").len(), world.mails("invitation").len()), (1, 2));
    let _ = block_on(world.auth.invite(&ann, of_the_team(7))).unwrap();
    assert_eq!(world.mails("invitation").len(), 2, "each member once in five minutes");
}

#[test]
fn links_from_before_an_instant_are_void() {
    let before = opened(|builder| builder);
    let asked = before.registration(BEN);
    let _ = block_on(before.operator.invite(email("eve@acme.example"))).unwrap();
    let invited = before.mailed_token();
    before.clock.advance(MINUTE);
    let now = before.now();
    let world = before.restarted(|builder| {
        builder.keyring(keyring()).configure(open).configure(|config| config.registration.not_before = Some(now))
    });
    for token in [&asked, &invited] {
        assert!(matches!(block_on(world.auth.register(token, OLD)), Err(RegisterError::LinkInvalid)));
    }
    let _ = complete(block_on(world.auth.register(&world.registration("new@acme.example"), OLD)).unwrap());
}

#[test]
fn a_domain_that_is_listed_no_more_registers_no_more() {
    let before = opened(|builder| builder);
    let asked = before.registration(BEN);
    let elsewhere = |config: &mut Config| config.registration.domains = vec!["other.example".into()];
    let world = before.restarted(|builder| builder.keyring(keyring()).configure(open).configure(elsewhere));
    assert!(matches!(block_on(world.auth.register(&asked, OLD)), Err(RegisterError::LinkInvalid)));
    let _ = block_on(world.operator.invite(email(BEN))).unwrap();
    let _ = complete(block_on(world.auth.register(&world.mailed_token(), OLD)).unwrap());
}

/// Whoever is refused because all have asked too much is charged nothing for their client address.
#[test]
fn a_flood_costs_nobody_their_own_share() {
    let world = opened(|builder| builder);
    let request = |n: usize, from: Option<u8>| {
        let request = RegistrationRequest::new(email(&format!("guest{n}@x.example")));
        let request = from.into_iter().fold(request, |request, from| request.client_address(address(from)));
        block_on(world.auth.request_registration(request))
    };
    for n in 0..60 {
        assert!(request(n, None).is_ok());
    }
    for n in 0..100 {
        assert!(request(100 + n, Some(1)).is_err());
    }
    world.clock.advance(MINUTE);
    for n in 0..20 {
        assert!(request(200 + n, Some(1)).is_ok(), "{n}");
    }
}

/// Whoever goes away while the hash is computed keeps the place, so the same link buys no further ones meanwhile.
#[test]
fn r01_one_link_has_two_hashes_computed_at_once_at_most() {
    let slow = doorward::hashing::HashParams::danger_weak(64 * 1024, 16, 1).unwrap();
    let world = opened(|builder| {
        builder.configure(move |config| {
            config.hashing.params = slow;
            config.hashing.threads = std::num::NonZeroUsize::new(6);
        })
    });
    let token = world.registration(BEN);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let running = || world.auth.hash_load().running;
    let mut most = 0;
    for _ in 0..6 {
        let before = running();
        // The stores answer at once, so the first poll gets as far as the hash.
        let mut registering = Box::pin(world.auth.register(&token, OLD));
        match registering.as_mut().poll(&mut context) {
            std::task::Poll::Ready(Err(RegisterError::Unavailable(Unavailable::Busy { .. }))) => {}
            std::task::Poll::Ready(other) => panic!("{other:?}"),
            std::task::Poll::Pending => {
                while running() == before && world.auth.hash_load().queued > 0 {
                    thread::yield_now();
                }
            }
        }
        drop(registering);
        most = most.max(running());
    }
    assert!(most <= 2, "{most} at once");
    block_on(world.auth.close());
    assert!(world.is_unknown(BEN));
}

/// A host's repository that stores a row of its own with the new user.
#[derive(Debug, Default)]
struct WithNames {
    users: MemoryUsers,
    names: std::sync::Mutex<Vec<String>>,
}

#[doorward::async_trait]
impl UserRepository for WithNames {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        let inserted = self.users.insert(user).await?;
        if let (Insert::Stored, Some(name)) = (inserted, user.registration().and_then(|link| link.value.as_ref())) {
            self.names.lock().unwrap().push(name.as_str().to_owned());
        }
        Ok(inserted)
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        self.users.find_by_id(id).await
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        self.users.find_by_email(email).await
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        assert!(user.registration().is_none(), "it is given once");
        self.users.replace(user, expected).await
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        self.users.delete(user).await
    }

    fn keeps_journal(&self) -> bool {
        self.users.keeps_journal()
    }
}

#[test]
fn a_hosts_own_row_is_made_in_the_same_write() {
    let (repository, world) = (std::sync::Arc::new(WithNames::default()), World::new());
    let auth = Auth::builder(site(), repository.clone(), world.attempts.clone(), world.mailer.clone())
        .clock(world.clock.clone())
        .keyring(keyring())
        .configure(for_tests)
        .configure(open)
        .build()
        .unwrap();
    let name = RegistrationValue::parse("Ben").unwrap();
    block_on(auth.request_registration(RegistrationRequest::new(email(BEN)).value(name))).unwrap();
    let token = world.mailed_token();
    let ben = complete(block_on(auth.register(&token, OLD)).unwrap());
    assert!(block_on(auth.register(&token, OLD)).is_err());
    let _ = block_on(auth.change_password(&ben, OLD, NEW)).unwrap();
    assert_eq!(*repository.names.lock().unwrap(), ["Ben"]);
    let stored = block_on(repository.find_by_id(ben.user_id())).unwrap().unwrap();
    assert!(!stored.to_snapshot().contains("Ben"), "it is the host's to keep");
}

#[test]
fn a_value_is_short_text_without_controls() {
    assert!(RegistrationValue::parse(&"ä".repeat(128)).is_ok());
    for refused in ["x".repeat(257), "two\nlines".into(), "\0".into(), "\u{9b}".into()] {
        assert!(RegistrationValue::parse(&refused).is_err(), "{refused:?}");
    }
    let longest = RegistrationValue::parse(&"\"".repeat(256)).unwrap();
    assert_eq!(format!("{longest:?}"), "RegistrationValue { .. }");
    let world = opened(|builder| builder);
    let long = format!("{}@{}.example", "a".repeat(64), ["b".repeat(60), "c".repeat(60), "d".repeat(54)].join("."));
    let request = RegistrationRequest::new(email(&long)).value(longest.clone());
    block_on(world.auth.request_registration(request)).unwrap();
    let link = world.last_mail().link().unwrap();
    assert!(link.len() < 2_000, "{}", link.len());
    let RegistrationLinkStatus::Valid(opened) =
        block_on(world.auth.inspect_registration(&world.mailed_token())).unwrap()
    else {
        panic!("the longest link does not work")
    };
    assert_eq!((opened.email.as_typed(), opened.value), (&*long, Some(longest)));
}

#[test]
fn r01_a_thousand_confirms_of_one_link_make_one_account_and_one_welcome() {
    let world = opened(|builder| builder);
    let token = world.registration(BEN);
    let outcomes: Vec<Result<SignIn, RegisterError>> = thread::scope(|scope| {
        let confirm = || block_on(world.auth.register(&token, OLD));
        let threads: Vec<_> =
            (0..20).map(|_| scope.spawn(move || (0..50).map(|_| confirm()).collect::<Vec<_>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(outcomes.len(), 1_000);
    let opened = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(opened, 1);
    let refusals: HashSet<_> =
        outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).map(RegisterError::code).collect();
    assert!(refusals.iter().all(|code| ["link_invalid", "in_progress"].contains(code)), "{refusals:?}");
    assert_eq!(world.mails("registered").len(), 1);
    let kinds = world.observer.kinds();
    assert_eq!(kinds.iter().filter(|kind| **kind == EventKind::Registered).count(), 1);
}

/// Without the turn that one process gives: several processes race, and the unique address decides.
#[test]
fn several_processes_make_one_account() {
    for _ in 0..20 {
        let world = opened(|builder| builder);
        let token = world.registration(BEN);
        let others: Vec<_> =
            (0..4).map(|_| world.restarted(|builder| builder.keyring(keyring()).configure(open))).collect();
        let opened: usize = thread::scope(|scope| {
            let threads: Vec<_> = others
                .iter()
                .map(|other| scope.spawn(|| usize::from(block_on(other.auth.register(&token, OLD)).is_ok())))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!((opened, world.mails("registered").len()), (1, 1));
    }
}

#[test]
fn a_lost_answer_of_the_insert_is_looked_up() {
    let world = opened(|builder| builder);
    let token = world.registration(BEN);
    let faults = Faults::new();
    let auth = Auth::builder(site(), faults.users(world.users.clone()), world.attempts.clone(), world.mailer.clone())
        .clock(world.clock.clone())
        .keyring(keyring())
        .configure(for_tests)
        .configure(open)
        .build()
        .unwrap();
    // The first call is the look-up, the second the insert.
    faults.strike(2, doorward::testing::Fault::LosesAnswer);
    let ben = complete(block_on(auth.register(&token, OLD)).unwrap());
    assert!(world.is_live(&ben));
}

/// A hundred thousand requests that nobody confirms, half of them for taken addresses.
#[test]
fn r01_requests_that_nobody_confirms_leave_no_row() {
    unconfirmed(2_000);
}

#[test]
#[ignore = "a minute in release"]
fn two_million_requests_that_nobody_confirms_leave_no_row() {
    unconfirmed(2_000_000);
}

fn unconfirmed(requests: u32) {
    #[derive(Debug, Default)]
    struct Counting(std::sync::atomic::AtomicU32);

    #[doorward::async_trait]
    impl doorward::Mailer for Counting {
        async fn send(&self, _: &Email, _: &doorward::mail::Mail) -> Result<(), BackendError> {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok(())
        }
    }

    let (world, mailer) = (World::new(), std::sync::Arc::new(Counting::default()));
    let taken: Vec<_> = (0..10).map(|n| format!("taken{n}@acme.example")).collect();
    let before: Vec<_> =
        taken.iter().map(|address| world.open(address, OLD)).map(|user| user.user_id().clone()).collect();
    let rows = |world: &World| {
        before.iter().map(|id| block_on(world.users.find_by_id(id)).unwrap().unwrap().version()).collect::<Vec<_>>()
    };
    let versions = rows(&world);
    let auth = Auth::builder(site(), world.users.clone(), world.attempts.clone(), mailer.clone())
        .clock(world.clock.clone())
        .keyring(keyring())
        .configure(for_tests)
        .configure(open)
        .build()
        .unwrap();
    for n in 0..requests {
        world.clock.advance(SECOND);
        let address = match n % 2 {
            0 => format!("nobody{n}@acme.example"),
            _ => taken[n as usize / 2 % taken.len()].clone(),
        };
        block_on(auth.request_registration(email(&address))).unwrap();
    }
    let mailed = mailer.0.load(std::sync::atomic::Ordering::Relaxed);
    assert!(mailed > requests / 2, "{mailed} mails");
    assert_eq!(block_on(world.users.count()).unwrap().active, taken.len() as u64);
    assert_eq!(world.attempts.len(), 0);
    assert_eq!(rows(&world), versions);
}
