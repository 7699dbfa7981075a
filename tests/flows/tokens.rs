//! Tokens with and without a keyring: the id in them is sealed, keys can be changed, and what was altered is nobody's.

use base64ct::{Base64UrlUnpadded, Encoding};
use doorward::account::Provision;
use doorward::config::ResetMode;
use doorward::error::{
    ChoosePasswordError, CompleteResetError, ConfirmResetError, EnrollmentError, ResumeError, VerifySecondFactorError,
};
use doorward::event::EventKind;
use doorward::password::ResetLinkStatus;
use doorward::testing::Faults;
use doorward::{Auth, AuthBuilder, Challenge, DeviceToken, Keyring, SignInRequest, UserId};
use pollster::block_on;

use crate::support::*;

const EVE: &str = "eve@acme.example";

fn ring(id: &str, byte: u8) -> Keyring {
    Keyring::new(id, [byte; 32]).unwrap()
}

fn given(keyring: Option<Keyring>) -> impl FnOnce(AuthBuilder) -> AuthBuilder {
    |builder| match keyring {
        Some(keyring) => builder.keyring(keyring),
        None => builder,
    }
}

fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn decode(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

/// Tokens of every kind, all of one user and all alive.
struct Issued {
    session: String,
    device: String,
    link: String,
    /// For the choice of a password.
    challenge: String,
    /// Of the browser that confirmed the link.
    confirmed: String,
}

impl Issued {
    fn to(world: &World, id: &str, address: &str) -> Self {
        let provision = Provision::new(email(address)).id(UserId::parse(id).unwrap());
        block_on(world.operator.provision(provision)).unwrap();
        let ann = world.choose(&world.challenge(address, &world.mailed_password()), OLD);
        // In another browser: signing in again in one ends the session there.
        let other = world.signed_in(address, OLD);
        let link = world.request(address);
        let confirmed = block_on(world.auth.confirm_reset(&link)).unwrap().device.unwrap().expose();
        let challenge = world.challenge(address, &world.mailed_password()).expose();
        Self { session: ann.token().expose(), device: device(&other), link, challenge, confirmed }
    }

    fn all(&self) -> [&str; 5] {
        [&self.session, &self.device, &self.link, &self.challenge, &self.confirmed]
    }

    fn challenge(&self) -> Challenge {
        Challenge::parse(&self.challenge).unwrap()
    }

    /// Whether the device token belongs to a device that the session on it shows.
    fn device_is_known(&self, world: &World) -> bool {
        world.clock.advance(SECOND);
        let before = device_ids(world);
        let request = SignInRequest::new(ANN, OLD).device(&self.device);
        let again = complete(block_on(world.auth.sign_in(request)).unwrap());
        before.contains(&again.session().device.unwrap().to_string())
    }

    fn work(&self, world: &World) {
        let _ = block_on(world.auth.resume(&self.session)).unwrap();
        assert_eq!(block_on(world.auth.inspect_reset(&self.link)).unwrap(), ResetLinkStatus::Valid);
        let refused = world.choice_error(&self.challenge(), "short");
        assert!(matches!(refused, ChoosePasswordError::Rejected { .. }), "{refused:?}");
        assert!(self.device_is_known(world));
    }

    fn are_refused(&self, world: &World) {
        let before = world.user(ANN);
        let (auth, challenge) = (&world.auth, self.challenge());
        assert!(matches!(block_on(auth.resume(&self.session)), Err(ResumeError::SessionEnded)));
        assert_eq!(block_on(auth.inspect_reset(&self.link)).unwrap(), ResetLinkStatus::Invalid);
        assert!(matches!(block_on(auth.confirm_reset(&self.link)), Err(ConfirmResetError::LinkInvalid)));
        assert!(matches!(world.choice_error(&challenge, NEW), ChoosePasswordError::ChallengeInvalid));
        assert!(matches!(world.verify(&challenge, "123456"), Err(VerifySecondFactorError::ChallengeInvalid)));
        let begun = block_on(auth.begin_required_enrollment(&challenge));
        assert!(matches!(begun, Err(EnrollmentError::ChallengeInvalid)));
        let enrolled = block_on(auth.confirm_required_enrollment(&challenge, "123456"));
        assert!(matches!(enrolled, Err(EnrollmentError::ChallengeInvalid)));
        assert!(world.user(ANN) == before, "nothing was written");
        assert!(!self.device_is_known(world));
    }
}

fn device_ids(world: &World) -> Vec<String> {
    let snapshot: serde_json::Value = serde_json::from_str(&world.user(ANN).to_snapshot()).unwrap();
    let devices = snapshot["devices"].as_array().unwrap();
    devices.iter().map(|device| device["id"].as_str().unwrap().to_owned()).collect()
}

/// What base64url of the bytes looks like wherever they stand in a longer text.
fn spellings(bytes: &[u8]) -> Vec<String> {
    let at = |lead: usize| {
        let text = encode(&[&[0, 0][..lead], bytes].concat());
        text[(lead * 4).div_ceil(3)..(lead + bytes.len()) * 4 / 3].to_owned()
    };
    // What is shorter occurs by chance.
    (0..3).map(at).filter(|spelling| spelling.len() >= 5).collect()
}

fn ids() -> [String; 6] {
    [
        "7".to_owned(),
        "4711".to_owned(),
        "\u{65e5}\u{672c}-12".to_owned(),
        "0b5c4d5e-8a30-4b5e-9c0e-2f8f6b7a1c22".to_owned(),
        "x".repeat(128),
        "\u{e4}".repeat(64),
    ]
}

#[test]
fn with_a_keyring_tokens_are_equally_long_for_every_id_and_show_nothing_of_it() {
    for id in ids() {
        let world = World::with_keyring(|builder| builder);
        let issued = Issued::to(&world, &id, ANN);
        let mails: String = world.mailer.mails().iter().map(|sent| sent.mail.text() + &sent.mail.html()).collect();
        assert!(mails.contains(&issued.link));
        for token in issued.all() {
            let (holder, secret) = token.split_once('.').unwrap();
            assert_eq!((holder.len(), secret.len()), (194, 43), "{id}");
            let bytes = decode(holder);
            assert!(id.len() < 4 || !bytes.windows(id.len()).any(|part| part == id.as_bytes()), "{id}");
        }
        let shown = issued.all().concat() + &mails;
        assert!(id.len() < 5 || !shown.contains(&id), "{id}");
        assert!(spellings(id.as_bytes()).iter().all(|spelling| !shown.contains(spelling)), "{id}");
        issued.work(&world);
        // Without one, the id stands in each of them.
        let world = World::new();
        let issued = Issued::to(&world, &id, ANN);
        let start = encode(id.as_bytes()) + ".";
        assert!(issued.all().iter().all(|token| token.starts_with(&start)), "{id}");
        issued.work(&world);
    }
}

#[test]
fn a_token_has_one_text() {
    let world = World::with_keyring(|builder| builder);
    let issued = Issued::to(&world, "4711", ANN);
    for world in [&world, &world.restarted(|builder| builder.keyring(keyring()))] {
        let resumed = block_on(world.auth.resume(&issued.session)).unwrap();
        assert_eq!(resumed.token().expose(), issued.session);
        world.clock.advance(SECOND);
        let request = SignInRequest::new(ANN, OLD).device(&issued.device);
        assert_eq!(device(&complete(block_on(world.auth.sign_in(request)).unwrap())), issued.device);
    }
    assert_eq!(issued.challenge().expose(), issued.challenge);
    assert_eq!(DeviceToken::parse(&issued.device).unwrap().expose(), issued.device);
    assert_eq!(Auth::read_reset_token(&issued.link).unwrap(), issued.link);
    // Of one user no two are alike, in either half.
    let halves = issued.all().map(|token| token.split_once('.').unwrap());
    for (index, (holder, secret)) in halves.iter().enumerate() {
        assert!(halves[..index].iter().all(|(other, another)| other != holder && another != secret));
    }
}

#[test]
fn a_former_key_opens_tokens_until_it_is_removed() {
    let world = World::with(given(Some(ring("a", 1))));
    let issued = Issued::to(&world, "4711", ANN);
    let both = || Some(ring("b", 2).also_opens("a", [1; 32]).unwrap().also_opens("c", [3; 32]).unwrap());
    let rotated = world.restarted(given(both()));
    issued.work(&rotated);
    // What is shown again is under the current key from then on.
    let renewed = block_on(rotated.auth.resume(&issued.session)).unwrap().token().expose();
    assert_ne!(renewed, issued.session);
    let done = world.restarted(given(Some(ring("b", 2))));
    assert!(block_on(done.auth.resume(&renewed)).is_ok());
    // So does a key that is yet to become the current one.
    issued.work(&world.restarted(given(Some(ring("a", 1).also_opens("b", [2; 32]).unwrap()))));
    issued.are_refused(&done);
    issued.are_refused(&world.restarted(given(None)));
    // The name of a key is not the key.
    issued.are_refused(&world.restarted(given(Some(ring("a", 9)))));
    issued.work(&world);
}

#[test]
fn tokens_from_before_the_keyring_keep_working_and_are_sealed_when_shown_again() {
    let world = World::new();
    let issued = Issued::to(&world, "4711", ANN);
    let sealing = world.restarted(given(Some(ring("a", 1))));
    issued.work(&sealing);
    let resumed = block_on(sealing.auth.resume(&issued.session)).unwrap();
    assert_eq!(resumed.token().expose().len(), 238);
    assert!(sealing.is_live(&resumed));
    world.clock.advance(SECOND);
    let request = SignInRequest::new(ANN, OLD).device(&issued.device);
    assert_eq!(device(&complete(block_on(sealing.auth.sign_in(request)).unwrap())).len(), 238);
    let _ = sealing.choose(&issued.challenge(), NEW);
}

#[test]
fn what_does_not_open_is_refused_without_a_look_up_and_reported() {
    let world = World::with(given(Some(ring("a", 1))));
    let issued = Issued::to(&world, "4711", ANN);
    for mode in [ResetMode::TemporaryPassword, ResetMode::ChooseNewPassword] {
        let counted = Faults::new();
        let (users, attempts) = (counted.users(world.users.clone()), counted.attempts(world.attempts.clone()));
        let auth = Auth::builder(site(), users, attempts, counted.mailer(world.mailer.clone()))
            .clock(world.clock.clone())
            .observer(world.observer.clone())
            .keyring(ring("b", 2))
            .configure(|config| config.reset.mode = mode)
            .build()
            .unwrap();
        let rejected = [EventKind::SessionRejected, EventKind::ResetLinkRejected, EventKind::ChallengeRejected];
        let before = rejected.clone().map(|kind| world.observer.count(&kind));
        assert!(block_on(auth.resume(&issued.session)).is_err());
        match mode {
            ResetMode::TemporaryPassword => {
                let refused = block_on(auth.confirm_reset(&issued.link));
                assert!(matches!(refused, Err(ConfirmResetError::LinkInvalid)));
            }
            _ => {
                let refused = block_on(auth.complete_reset(&issued.link, NEW));
                assert!(matches!(refused, Err(CompleteResetError::LinkInvalid)));
            }
        }
        assert!(block_on(auth.choose_password(&issued.challenge(), NEW)).is_err());
        assert_eq!(counted.calls(), 0);
        assert_eq!(rejected.map(|kind| world.observer.count(&kind)), before.map(|count| count + 1));
        // The sign-in of a browser whose token does not open costs what one without a token costs.
        world.clock.advance(HOUR);
        let wrong = |request: SignInRequest| {
            world.clock.advance(HOUR);
            let calls = counted.calls();
            assert_eq!(block_on(auth.try_sign_in(request)).unwrap_err().code(), "invalid_credentials");
            counted.calls() - calls
        };
        let without = wrong(SignInRequest::new(ANN, "wrong"));
        assert_eq!(wrong(SignInRequest::new(ANN, "wrong").device(&issued.device)), without);
        assert_eq!(wrong(SignInRequest::new(NOBODY, "wrong").device(&issued.device)), without);
    }
}

#[test]
fn with_any_bit_changed_a_token_is_nobodys() {
    let world = World::with_keyring(|builder| builder);
    let issued = Issued::to(&world, "4711", ANN);
    for token in [&issued.session, &issued.link] {
        let (holder, secret) = token.split_once('.').unwrap();
        let (holder, secret) = (decode(holder), decode(secret));
        assert_eq!((holder.len(), secret.len()), (145, 32));
        for bit in 0..(145 + 32) * 8 {
            let (mut holder, mut secret) = (holder.clone(), secret.clone());
            match bit / 8 {
                byte @ 0..145 => holder[byte] ^= 1 << (bit % 8),
                byte => secret[byte - 145] ^= 1 << (bit % 8),
            }
            let text = format!("{}.{}", encode(&holder), encode(&secret));
            assert!(block_on(world.auth.resume(&text)).is_err(), "{bit}");
            // The first byte belongs to the form.
            let refused = if bit < 8 { ResetLinkStatus::Damaged } else { ResetLinkStatus::Invalid };
            assert_eq!(block_on(world.auth.inspect_reset(&text)).unwrap(), refused, "{bit}");
        }
    }
}

#[test]
fn the_id_of_one_token_does_not_open_beside_the_secret_of_another() {
    let world = World::with_keyring(|builder| builder);
    let (ann, eve) = (Issued::to(&world, "4711", ANN), Issued::to(&world, "4712", EVE));
    // Another browser of Ann's.
    let again = world.signed_in(ANN, OLD);
    let again = [again.token().expose(), device(&again)];
    let works = |text: &str| {
        block_on(world.auth.resume(text)).is_ok()
            || block_on(world.auth.inspect_reset(text)).unwrap() == ResetLinkStatus::Valid
    };
    let tokens: Vec<&str> = ann.all().into_iter().chain(eve.all()).chain(again.iter().map(|token| &**token)).collect();
    for one in &tokens {
        for other in tokens.iter().filter(|other| *other != one) {
            let ((holder, _), (_, secret)) = (one.split_once('.').unwrap(), other.split_once('.').unwrap());
            assert!(!works(&format!("{holder}.{secret}")));
        }
    }
    assert!([&ann.session, &eve.session, &again[0], &ann.link, &eve.link].into_iter().all(|token| works(token)));
    // A clear id beside a secret that is not of that user is not sealed either.
    let (_, secret) = eve.session.split_once('.').unwrap();
    assert!(!works(&format!("{}.{secret}", encode(b"4711"))));
    let (_, secret) = eve.device.split_once('.').unwrap();
    world.clock.advance(SECOND);
    let forged = format!("{}.{secret}", encode(b"4711"));
    let granted =
        device(&complete(block_on(world.auth.sign_in(SignInRequest::new(ANN, OLD).device(&forged))).unwrap()));
    assert!(!granted.ends_with(secret));
}

#[test]
fn the_form_of_a_token_has_one_spelling() {
    let reads = |text: &str| {
        let (challenge, device) = (Challenge::parse(text), DeviceToken::parse(text));
        assert_eq!(challenge.is_ok(), device.is_ok(), "{text}");
        assert!(challenge.as_ref().map_or(true, |read| read.expose() == text), "{text}");
        challenge.is_ok()
    };
    let secret = encode(&[0; 32]);
    for length in 0..=200 {
        let of = |first: u8, rest: u8| {
            let bytes = (0..length).map(|at| if at == 0 { first } else { rest }).collect::<Vec<_>>();
            reads(&format!("{}.{secret}", encode(&bytes)))
        };
        assert_eq!(of(b'a', b'a'), (1..=128).contains(&length), "{length}: an id");
        assert_eq!(of(1, 0xff), length == 145, "{length}: sealed");
        assert!(!of(0xff, 0xff) && !of(2, 0xff) && !of(0, b'a'), "{length}: neither");
    }
    let holder = encode(&[&[1][..], &[0xff; 144]].concat());
    assert!(reads(&format!("{holder}.{secret}")));
    let other_end = |text: &str, end: char| format!("{}{end}", &text[..text.len() - 1]);
    for (holder, secret) in [
        // Bits that encode nothing.
        (other_end(&holder, 'x'), secret.clone()),
        (holder.clone(), other_end(&secret, 'B')),
        // Other alphabets, padding, blanks, and too much or too little.
        (holder.replace('_', "/"), secret.clone()),
        (format!("{holder}=="), secret.clone()),
        (format!(" {holder}"), secret.clone()),
        (format!("{holder}A"), secret.clone()),
        (holder[1..].to_owned(), secret.clone()),
        (holder.clone(), format!("{secret}=")),
        (holder.clone(), format!("{secret}A")),
        (holder.clone(), secret[1..].to_owned()),
        (holder.clone(), format!(".{secret}")),
        (format!("{holder}.{holder}"), secret.clone()),
        (String::new(), secret.clone()),
        (holder.clone(), String::new()),
    ] {
        assert!(!reads(&format!("{holder}.{secret}")), "{holder}.{secret}");
    }
    assert!(!reads(&holder) && !reads(&format!("{holder}{secret}")) && !reads(&secret));
}
