//! S20: stored data reveals no secret. Two accounts go through everything there is. Then every byte ever handed to a store,
//! every event, every error and every `Debug` output is searched for each secret ever issued, in every encoding. Sealed data is
//! useful only in its own row and for its own purpose.
#![cfg(feature = "testing")]

mod support;

use std::cell::RefCell;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding};
use doorward::account::ResealOutcome;
use doorward::config::{HashSealing, ResetMode};
use doorward::email_change::EmailChangeRequest;
use doorward::error::EnrollmentError;
use doorward::event::{EventKind, SecretFault};
use doorward::hashing::HashParams;
use doorward::mail::MailKind;
use doorward::second_factor::{TotpDigits, TotpEnrollment};
use doorward::store::{
    AttemptKey, Attempts, BackendError, Insert, MemoryAttempts, MemoryUsers, Replace, Swap, User, UserHead, UserRow,
    Version,
};
use doorward::testing::{ManualClock, RecordingMailer, RecordingObserver};
use doorward::{
    AttemptStore, Auth, AuthError, Email, Keyring, SignIn, SignInRequest, SignedIn, UserId, UserRepository,
};
use pollster::block_on;
use support::*;
use time::OffsetDateTime;

const EVE: &str = "eve@acme.example";

/// Stores that keep a copy of everything they were ever handed.
#[derive(Debug)]
struct Copying<P> {
    inner: Arc<P>,
    copies: Copies,
}

#[derive(Clone, Debug, Default)]
struct Copies(Arc<Mutex<Vec<String>>>);

impl Copies {
    fn keep(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }

    fn keep_user(&self, user: &User) {
        let (id, email, version) = (user.id(), user.email(), user.version());
        self.keep(format!("{id} {} {} {version} {}", email.canonical(), email.as_typed(), user.to_snapshot()));
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

#[async_trait]
impl UserRepository for Copying<MemoryUsers> {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.copies.keep_user(user);
        self.inner.insert(user).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        self.copies.keep(id.to_string());
        self.inner.find_by_id(id).await
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        self.copies.keep(email.canonical().to_owned());
        self.inner.find_by_email(email).await
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        self.copies.keep_user(user);
        self.copies.keep(expected.to_string());
        self.inner.replace(user, expected).await
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        self.copies.keep(format!("{} {}", user.id(), user.version()));
        self.inner.delete(user).await
    }

    fn keeps_journal(&self) -> bool {
        self.inner.keeps_journal()
    }
}

#[async_trait]
impl AttemptStore for Copying<MemoryAttempts> {
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        self.copies.keep(key.to_string());
        self.inner.load(key).await
    }

    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        self.copies.keep(format!("{key} {expected:?} {}", next.to_snapshot()));
        self.inner.swap(key, expected, next).await
    }

    async fn purge(&self, now: OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
        self.inner.purge(now, at_most).await
    }
}

/// A secret in every encoding in which it may occur.
struct Needle {
    name: &'static str,
    spellings: Vec<String>,
}

impl Needle {
    fn text(name: &'static str, text: &str) -> Self {
        let bare: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let mut spellings = vec![text.to_owned(), bare.clone(), text.to_lowercase(), bare.to_lowercase()];
        spellings.extend(encoded(text.as_bytes()));
        spellings.extend(encoded(bare.as_bytes()));
        Self { name, spellings }
    }

    fn bytes(name: &'static str, bytes: &[u8]) -> Self {
        Self { name, spellings: encoded(bytes) }
    }
}

fn encoded(bytes: &[u8]) -> Vec<String> {
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    let list: Vec<_> = bytes.iter().map(u8::to_string).collect();
    vec![
        // The raw bytes, read as Latin-1 and as UTF-8.
        bytes.iter().copied().map(char::from).collect(),
        String::from_utf8_lossy(bytes).into_owned(),
        hex.to_uppercase(),
        hex,
        Base64::encode_string(bytes),
        Base64Unpadded::encode_string(bytes),
        Base64UrlUnpadded::encode_string(bytes),
        list.join(","),
        list.join(", "),
    ]
}

/// The secrets that occur in the text.
fn found<'a>(needles: &'a [Needle], text: &str) -> Vec<&'a str> {
    let stands = |needle: &&Needle| needle.spellings.iter().any(|spelling| text.contains(spelling.as_str()));
    needles.iter().filter(stands).map(|needle| needle.name).collect()
}

/// A host with copying stores, and everything that it issued and showed.
struct Run {
    world: World,
    copies: Copies,
    needles: RefCell<Vec<Needle>>,
    shown: RefCell<String>,
    mails_read: RefCell<usize>,
}

impl Run {
    fn new(mode: ResetMode) -> Self {
        let (clock, mailer, observer) = (ManualClock::new(), RecordingMailer::new(), RecordingObserver::new());
        let (users, attempts) = (Arc::new(MemoryUsers::new()), Arc::new(MemoryAttempts::new()));
        let copies = Copies::default();
        let copying_users = Copying { inner: users.clone(), copies: copies.clone() };
        let copying_attempts = Copying { inner: attempts.clone(), copies: copies.clone() };
        let (auth, operator) = Auth::builder(site(), copying_users, copying_attempts, mailer.clone())
            .clock(clock.clone())
            .observer(observer.clone())
            .keyring(ring("a", 1))
            .configure(|config| {
                config.hashing.params = HashParams::danger_cheap_for_tests();
                config.hashing.sealing = HashSealing::On;
                config.password.history = 3;
                config.reset.mode = mode;
                config.second_factor.remember_device = Some(DAY);
                // Six digits may occur in a time by chance.
                config.second_factor.totp.digits = TotpDigits::Eight;
            })
            .build_with_operator()
            .unwrap();
        let world = World { auth, operator, clock, mailer, observer, users, attempts };
        let (needles, shown, mails_read) = (RefCell::default(), RefCell::default(), RefCell::default());
        Self { world, copies, needles, shown, mails_read }
    }

    fn secret(&self, name: &'static str, text: &str) {
        self.needles.borrow_mut().push(Needle::text(name, text));
    }

    /// A token: whole, and each of its halves. The first is sealed here, so that it belongs nowhere else either.
    fn token(&self, name: &'static str, text: &str) {
        self.secret(name, text);
        let (holder, secret) = text.split_once('.').unwrap();
        for half in [holder, secret] {
            self.secret(name, half);
            self.needles.borrow_mut().push(Needle::bytes(name, &Base64UrlUnpadded::decode_vec(half).unwrap()));
        }
    }

    fn show(&self, value: &dyn Debug) {
        writeln!(self.shown.borrow_mut(), "{value:?} {value:#?}").unwrap();
    }

    /// Shows an error in every way in which a host can.
    fn refused<T: Debug, E: AuthError + Debug + 'static>(&self, outcome: Result<T, E>) {
        let error = outcome.expect_err("it is rejected");
        self.show(&error);
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            writeln!(self.shown.borrow_mut(), "{error} {error:?}").unwrap();
            cause = error.source();
        }
        let refusal = self.world.auth.error_response(&error);
        self.show(&refusal);
        writeln!(self.shown.borrow_mut(), "{} {}", error.user_message(), error.code()).unwrap();
    }

    /// Collects the secrets in new mails.
    fn read_mails(&self) {
        let mails = self.world.mailer.mails();
        for mail in &mails[self.mails_read.replace(mails.len())..] {
            self.show(mail);
            self.show(&mail.mail);
            writeln!(self.shown.borrow_mut(), "{}", mail.mail.subject()).unwrap();
            if let Some(password) = mail.temporary_password() {
                self.secret("temporary password", &password);
            }
            if let Some(token) = mail.token() {
                self.token("link", &token);
            }
            if let MailKind::ConfirmReset { link, .. } | MailKind::ChooseNewPassword { link, .. } = mail.mail.kind() {
                self.show(link);
            }
        }
    }

    fn signed_in(&self, signed_in: SignedIn) -> SignedIn {
        self.show(&signed_in);
        self.show(signed_in.token());
        self.token("session", &signed_in.token().expose());
        if let Some(token) = signed_in.device_token() {
            self.show(token);
            self.token("device", &token.expose());
        }
        let devices = block_on(self.world.auth.devices(&signed_in)).unwrap();
        self.show(&devices);
        signed_in
    }

    /// The challenge of an intermediate step.
    fn challenge(&self, step: SignIn) -> doorward::Challenge {
        self.show(&step);
        match step {
            SignIn::PasswordChangeRequired(challenge)
            | SignIn::SecondFactorRequired(challenge)
            | SignIn::EnrollmentRequired(challenge) => {
                self.token("challenge", &challenge.expose());
                challenge
            }
            SignIn::Complete(_) => panic!("a step is missing"),
        }
    }

    fn typed(&self, name: &'static str, text: &str) -> String {
        self.secret(name, text);
        text.to_owned()
    }

    fn next_code(&self, app: &App) -> String {
        self.typed("code", &app.next(&self.world))
    }

    fn wrong_code(&self, app: &App) -> String {
        self.typed("wrong code", &app.wrong_code(&self.world))
    }

    fn request(&self, address: &str, password: &str) -> SignInRequest {
        self.world.clock.advance(2 * SECOND);
        let request = SignInRequest::new(address, password);
        self.show(&request);
        request
    }

    fn sign_in(&self, request: SignInRequest) -> SignIn {
        block_on(self.world.auth.try_sign_in(request)).unwrap()
    }

    fn app(&self, enrollment: &TotpEnrollment) -> App {
        self.show(enrollment);
        let app = App::new(enrollment);
        self.secret("authenticator", enrollment.key());
        self.secret("authenticator", enrollment.uri());
        self.needles.borrow_mut().push(Needle::bytes("authenticator", &app.secret()));
        app
    }

    fn recovery_codes(&self, codes: &doorward::second_factor::RecoveryCodes) -> Vec<String> {
        self.show(codes);
        codes.expose().map(|code| self.typed("recovery code", code)).collect()
    }

    fn enroll(&self, signed_in: &SignedIn) -> (SignedIn, App, Vec<String>) {
        let auth = &self.world.auth;
        let app = self.app(&block_on(auth.begin_enrollment(signed_in)).unwrap());
        self.refused(block_on(auth.confirm_enrollment(signed_in, &self.wrong_code(&app))));
        self.refused(block_on(auth.confirm_enrollment(signed_in, "no code")));
        let (signed_in, codes) = block_on(auth.confirm_enrollment(signed_in, &self.next_code(&app))).unwrap();
        (self.signed_in(signed_in), app, self.recovery_codes(&codes))
    }

    /// Everything that a user, and an operator for a user, can do. A second factor is on at the end.
    fn live(&self, address: &str, mode: ResetMode) {
        let World { auth, operator, .. } = &self.world;
        let world = &self.world;
        let password = |name: &str| self.typed("password", &format!("the {name} password of {address}"));
        let (first, second, third) = (password("first"), password("second"), password("third"));

        self.show(&block_on(operator.provision(email(address))).unwrap());
        let id = world.user(address).id().clone();
        self.show(&block_on(operator.resend_welcome(&id)).unwrap());
        self.read_mails();
        let challenge = self.challenge(self.sign_in(self.request(address, &world.mailed_password())));
        self.refused(block_on(auth.choose_password(&challenge, &self.typed("refused password", "sh0rt Passw0rd"))));
        let ann = self.signed_in(complete(block_on(auth.choose_password(&challenge, &first)).unwrap()));
        let typo = self.typed("wrong password", "a password typed amiss");
        self.refused(block_on(auth.try_sign_in(self.request(address, &typo))));

        // On, then every way through it.
        let (ann, app, codes) = self.enroll(&ann);
        let challenge = self.challenge(self.sign_in(self.request(address, &first)));
        self.refused(block_on(auth.verify_second_factor(&challenge, &self.wrong_code(&app))));
        self.refused(block_on(auth.verify_second_factor(&challenge, "no code")));
        let code = self.next_code(&app);
        let desk = complete(block_on(auth.verify_second_factor_and_remember(&challenge, &code)).unwrap());
        let cookie = device(&self.signed_in(desk));
        self.refused(block_on(auth.verify_second_factor(&challenge, &code)));
        let _ = self.signed_in(complete(self.sign_in(self.request(address, &first).device(&cookie))));
        let challenge = self.challenge(self.sign_in(self.request(address, &first)));
        let _ = self.signed_in(complete(block_on(auth.verify_second_factor(&challenge, &codes[0])).unwrap()));
        let _ = self.signed_in(complete(self.sign_in(self.request(address, &first).code(&self.next_code(&app)))));
        let _ = self.signed_in(complete(self.sign_in(self.request(address, &first).code(&codes[1]))));
        self.refused(block_on(auth.try_sign_in(self.request(address, &first).code(&self.wrong_code(&app)))));

        // Changes made by a signed-in user.
        self.refused(block_on(auth.reauthenticate(&ann, &typo)));
        world.clock.advance(SECOND);
        let ann = self.signed_in(block_on(auth.reauthenticate(&ann, &first)).unwrap());
        self.refused(block_on(auth.reauthenticate_with_code(&ann, &self.wrong_code(&app))));
        let ann = self.signed_in(block_on(auth.reauthenticate_with_code(&ann, &self.next_code(&app))).unwrap());
        self.show(&block_on(auth.second_factor(&ann)).unwrap());
        let (ann, again) = block_on(auth.regenerate_recovery_codes(&ann)).unwrap();
        self.recovery_codes(&again);
        let (ann, app, codes) = self.enroll(&ann);
        self.refused(block_on(auth.change_password(&ann, &typo, &second)));
        world.clock.advance(MINUTE);
        self.refused(block_on(auth.change_password(&ann, &first, "12345678")));
        let ann = self.signed_in(block_on(auth.change_password(&ann, &first, &second)).unwrap());

        // A forgotten password.
        self.show(&block_on(auth.request_reset(&email(address))).unwrap());
        self.read_mails();
        let token = world.mailed_token();
        self.show(&block_on(auth.inspect_reset(&token)).unwrap());
        match mode {
            ResetMode::ChooseNewPassword => {
                self.refused(block_on(auth.confirm_reset(&token)));
                self.refused(block_on(auth.complete_reset(&token, &third)));
                let wrong = self.wrong_code(&app);
                self.refused(block_on(auth.complete_reset_with_code(&token, &wrong, &third)));
                let outcome = block_on(auth.complete_reset_with_code(&token, &self.next_code(&app), &third));
                let _ = self.signed_in(complete(outcome.unwrap()));
            }
            _ => {
                let confirmed = block_on(auth.confirm_reset(&token)).unwrap();
                self.show(&confirmed);
                self.token("device", &confirmed.device.unwrap().expose());
                self.read_mails();
                self.refused(block_on(auth.begin_enrollment(&ann)));
                self.refused(block_on(auth.confirm_reset(&token)));
                let mailed = world.mailed_password();
                self.challenge(self.sign_in(self.request(address, &mailed)));
                self.refused(block_on(auth.try_sign_in(self.request(address, &mailed).code(&self.wrong_code(&app)))));
                let step = self.sign_in(self.request(address, &mailed).code(&self.next_code(&app)));
                let challenge = self.challenge(step);
                let _ = self.signed_in(complete(block_on(auth.choose_password(&challenge, &third)).unwrap()));
            }
        }
        self.refused(block_on(auth.complete_reset(&token, &third)));
        self.refused(block_on(auth.resume(&ann.token().expose())));

        let third = self.moves(address, &third, &app);

        // Off and on, by the owner and by an operator.
        let ann = complete(self.sign_in(self.request(address, &third).code(&self.next_code(&app))));
        let ann = self.signed_in(block_on(auth.disable_second_factor(&ann)).unwrap());
        self.refused(block_on(auth.disable_second_factor(&ann)));
        let (ann, ..) = self.enroll(&ann);
        block_on(operator.reset_second_factor(ann.user_id(), "the phone was lost")).unwrap();
        let ann = complete(self.sign_in(self.request(address, &third)));
        let (ann, app, _) = self.enroll(&ann);
        let ann = self.signed_in(block_on(auth.sign_out_others(&ann)).unwrap());
        let own = ann.session().device.unwrap();
        block_on(auth.revoke_device(&ann, own)).unwrap();
        block_on(operator.require_password_change(&id)).unwrap();
        let challenge = self.challenge(self.sign_in(self.request(address, &third).code(&self.next_code(&app))));
        let _ = self.signed_in(complete(block_on(auth.choose_password(&challenge, &password("fourth"))).unwrap()));
        block_on(operator.deactivate(&id)).unwrap();
        block_on(operator.reactivate(&id)).unwrap();
        block_on(operator.mark_compromised(&id)).unwrap();
        self.show(&block_on(operator.reseal(&id)).unwrap());
        self.read_mails();
        assert!(codes.len() == 10 && world.user(address).to_snapshot().contains("second_factor"));
        self.show(&world.user(address));
    }

    /// To another address and back, by the owner and by an operator; returns the password from then on.
    fn moves(&self, address: &str, old: &str, app: &App) -> String {
        let World { auth, operator, .. } = &self.world;
        let world = &self.world;
        let (new, ann) = (email(&format!("new.{address}")), self.request(address, old).code(&self.next_code(app)));
        let ann = self.signed_in(complete(self.sign_in(ann)));
        self.show(&EmailChangeRequest::new(new.clone()));
        self.show(&block_on(auth.request_email_change(&ann, new.clone())).unwrap());
        self.refused(block_on(auth.request_email_change(&ann, new.clone())));
        self.read_mails();
        let token = world.mailed_token();
        self.show(&block_on(auth.inspect_email_change(&token)).unwrap());
        self.refused(block_on(auth.confirm_email_change(&ann, "no token")));
        let ann = self.signed_in(block_on(auth.confirm_email_change(&ann, &token)).unwrap());
        self.refused(block_on(auth.confirm_email_change(&ann, &token)));
        self.read_mails();
        let undo = world.mails("email_changed").last().and_then(|mail| mail.token()).unwrap();
        self.token("undo", &undo);
        self.show(&block_on(auth.inspect_email_undo(&undo)).unwrap());
        self.show(&block_on(auth.undo_email_change(&undo)).unwrap());
        self.refused(block_on(auth.undo_email_change(&undo)));
        self.read_mails();
        let mailed = self.request(address, &world.mailed_password()).code(&self.next_code(app));
        let challenge = self.challenge(self.sign_in(mailed));
        let own = self.typed("password", &format!("a password of {address} after the way back"));
        let _ = self.signed_in(complete(block_on(auth.choose_password(&challenge, &own)).unwrap()));
        for address in [new, email(address)] {
            block_on(operator.change_email(ann.user_id(), address.clone())).unwrap();
            self.refused(block_on(operator.change_email(ann.user_id(), address)));
        }
        own
    }
}

fn key(byte: u8) -> [u8; 32] {
    std::array::from_fn(|index| byte ^ index as u8)
}

fn ring(id: &str, byte: u8) -> Keyring {
    Keyring::new(id, key(byte)).unwrap()
}

#[test]
fn s20_no_stored_byte_no_event_no_error_and_no_debug_text_tells_a_secret() {
    for mode in [ResetMode::TemporaryPassword, ResetMode::ChooseNewPassword] {
        let run = Run::new(mode);
        run.live(ANN, mode);
        run.live(EVE, mode);
        run.world.observer.events().iter().for_each(|event| run.show(event));
        run.show(&run.world.auth);
        run.show(&ring("a", 1));
        let (stored, shown, needles) = (run.copies.text(), run.shown.borrow(), run.needles.borrow());
        assert_eq!(found(&needles, &stored), [""; 0], "stored in plaintext");
        assert_eq!(found(&needles, &shown), [""; 0], "shown");

        // Makes sure that nothing was left unstored, unshown or unsearched.
        let everything = [
            "$sealed$v=1$k=a$",
            "\"pending\"",
            "\"totp\"",
            "\"recovery_codes\"",
            "\"failures\"",
            "\"challenges\"",
            "\"devices\"",
            "\"links\"",
            "\"temporary\"",
            "\"earlier_passwords\"",
            "\"warned_at\"",
            "account:",
            "device:",
            "session:",
            "\"cooldown\"",
            ANN,
            EVE,
        ];
        for part in everything {
            assert!(stored.contains(part), "{part} was never stored");
        }
        assert!(!stored.contains("argon2"), "password hashes are sealed");
        for part in ["[redacted]", "SecondFactorPassed", "NewDevice", "CodeWrong", "RecoveryPending"] {
            let only_elsewhere = part == "RecoveryPending" && mode == ResetMode::ChooseNewPassword;
            assert_ne!(shown.contains(part), only_elsewhere, "{part} was never shown");
        }
        for needle in needles.iter() {
            for spelling in &needle.spellings {
                assert!(spelling.len() >= 8, "{} is too short to search for: {spelling}", needle.name);
                let planted = format!("{}{spelling}{}", &stored[..100], &shown[..100]);
                assert_eq!(
                    found(std::slice::from_ref(needle), &planted),
                    [needle.name],
                    "{} would be missed",
                    needle.name
                );
            }
        }
        println!(
            "{mode:?}: {} secrets in {} spellings, searched for in {} stored and {} shown bytes",
            needles.len(),
            needles.iter().map(|needle| needle.spellings.len()).sum::<usize>(),
            stored.len(),
            shown.len(),
        );
    }
}

/// Another `Auth` over the stores of the world, as after a restart with other keys.
fn restarted(world: &World, keyring: Option<Keyring>) -> World {
    let sealing = if keyring.is_some() { HashSealing::On } else { HashSealing::Off };
    restarted_with(world, keyring, sealing)
}

fn restarted_with(world: &World, keyring: Option<Keyring>, sealing: HashSealing) -> World {
    world.restarted(|builder| {
        let builder = builder.configure(|config| {
            config.hashing.sealing = sealing;
            config.second_factor.totp.digits = TotpDigits::Eight;
        });
        match keyring {
            Some(keyring) => builder.keyring(keyring),
            None => builder,
        }
    })
}

fn host() -> World {
    restarted(&World::new(), Some(ring("a", 1)))
}

fn both(current: (&str, u8), other: (&str, u8)) -> Keyring {
    ring(current.0, current.1).also_opens(other.0, key(other.1)).unwrap()
}

/// Whether a code, after the password, completes the sign-in.
fn opens(world: &World, address: &str, code: &str) -> bool {
    world.clock.advance(SECOND);
    let SignIn::SecondFactorRequired(challenge) = world.sign_in(address, OLD).unwrap() else {
        panic!("no code was required");
    };
    matches!(block_on(world.auth.verify_second_factor(&challenge, code)), Ok(SignIn::Complete(_)))
}

/// The sealed secret of the authenticator, or of the pending one.
fn sealed(world: &World, address: &str, of: &str) -> String {
    let stored: serde_json::Value = serde_json::from_str(&world.user(address).to_snapshot()).unwrap();
    let secret = match of {
        "password" => &stored["password"]["hash"],
        of => &stored["second_factor"][of]["secret"],
    };
    secret.as_str().unwrap().to_owned()
}

/// Replaces a stored text, as an attacker with write access to the store could.
fn forge(world: &World, address: &str, text: &str, other: &str) {
    let user = world.user(address);
    let snapshot = user.to_snapshot();
    assert_eq!(snapshot.matches(text).count(), 1);
    let (forged, version) = (snapshot.replace(text, other), user.version().to_string());
    let row = UserRow { id: user.id().as_str(), email: address, version: &version, snapshot: &forged };
    let forged = User::from_snapshot(row).unwrap();
    let _ = block_on(world.users.delete(&user)).unwrap();
    let _ = block_on(world.users.insert(&forged)).unwrap();
}

fn unusable(world: &World, fault: SecretFault) -> usize {
    world.observer.count(&EventKind::TotpSecretUnusable { fault })
}

#[test]
fn s20_sealing_anew_keeps_every_enrolment_working_without_the_old_key() {
    let world = host();
    let apps: Vec<_> = [ANN, EVE]
        .map(|address| {
            let (_, app, codes) = world.enroll(&world.open(address, OLD));
            (address, app, codes.expose().next().unwrap().to_owned())
        })
        .into();
    let rotated = restarted(&world, Some(both(("b", 2), ("a", 1))));
    for (address, ..) in &apps {
        let id = world.user(address).id().clone();
        assert_eq!(block_on(rotated.operator.reseal(&id)).unwrap(), ResealOutcome::Resealed);
        assert_eq!(block_on(rotated.operator.reseal(&id)).unwrap(), ResealOutcome::UpToDate);
    }
    let after = restarted(&world, Some(ring("b", 2)));
    for (address, app, recovery_code) in &apps {
        assert!(sealed(&world, address, "totp").starts_with("$sealed$v=1$k=b$"));
        let code = app.next(&world);
        assert!(opens(&after, address, &code) && !opens(&after, address, &code));
        assert!(opens(&after, address, recovery_code) && !opens(&after, address, recovery_code));
    }
    assert_eq!(unusable(&world, SecretFault::UnknownKey), 0);
}

#[test]
fn s20_every_use_of_a_code_seals_anew_in_passing() {
    type Use = fn(&World, &App);
    let uses: [(&str, Use); 4] = [
        ("in two steps", |world, app| assert!(opens(world, ANN, &app.next(world)))),
        ("in one step", |world, app| {
            let request = SignInRequest::new(ANN, OLD).code(&app.next(world));
            let _ = complete(block_on(world.auth.try_sign_in(request)).unwrap());
        }),
        ("with a temporary password", |world, app| {
            let request = SignInRequest::new(ANN, &world.confirm(ANN)).code(&app.next(world));
            assert!(matches!(block_on(world.auth.try_sign_in(request)), Ok(SignIn::PasswordChangeRequired(_))));
        }),
        ("by the password alone", |world, _| {
            assert!(matches!(world.sign_in(ANN, OLD), Ok(SignIn::SecondFactorRequired(_))));
        }),
    ];
    for (name, in_use) in uses {
        let world = host();
        let (_, app, _) = world.enroll(&world.open(ANN, OLD));
        world.clock.advance(MINUTE);
        in_use(&restarted(&world, Some(both(("b", 2), ("a", 1)))), &app);
        assert!(sealed(&world, ANN, "totp").starts_with("$sealed$v=1$k=b$"), "{name}");
        // The password may not have been used yet, and so still be sealed with the old key.
        let later = restarted(&world, Some(both(("b", 2), ("a", 1))));
        assert!(opens(&later, ANN, &app.next(&world)), "{name}");
    }
}

/// An operator retires the old key once no user has anything sealed with it.
#[test]
fn s20_an_enrolment_that_was_begun_under_the_old_key_outlives_it_too() {
    let world = host();
    let ann = world.open(ANN, OLD);
    let app = App::new(&block_on(world.auth.begin_enrollment(&ann)).unwrap());
    let rotated = restarted(&world, Some(both(("b", 2), ("a", 1))));
    assert_ne!(block_on(rotated.operator.reseal(ann.user_id())).unwrap(), ResealOutcome::KeyMissing);
    assert_eq!(block_on(rotated.operator.reseal(ann.user_id())).unwrap(), ResealOutcome::UpToDate);
    let _ = block_on(rotated.auth.confirm_enrollment(&ann, &app.code(&world))).unwrap();
    assert!(sealed(&world, ANN, "totp").starts_with("$sealed$v=1$k=b$"));
    assert!(opens(&restarted(&world, Some(ring("b", 2))), ANN, &app.next(&world)));
}

/// The same without an explicit reseal: the step that enrolls counts as a use like any other.
#[test]
fn s20_an_enrolment_is_confirmed_under_the_current_key() {
    let world = host();
    let ann = world.open(ANN, OLD);
    let app = App::new(&block_on(world.auth.begin_enrollment(&ann)).unwrap());
    let rotated = restarted(&world, Some(both(("b", 2), ("a", 1))));
    let _ = block_on(rotated.auth.confirm_enrollment(&ann, &app.code(&world))).unwrap();
    assert!(sealed(&world, ANN, "totp").starts_with("$sealed$v=1$k=b$"));
}

#[test]
fn s20_a_secret_that_is_moved_to_another_user_opens_nothing() {
    let world = host();
    let (_, app, codes) = world.enroll(&world.open(ANN, OLD));
    let (_, eves, _) = world.enroll(&world.open(EVE, OLD));
    forge(&world, ANN, &sealed(&world, ANN, "totp"), &sealed(&world, EVE, "totp"));
    assert!(!opens(&world, ANN, &eves.next(&world)), "her code opens nothing here");
    assert!(!opens(&world, ANN, &app.next(&world)), "nor does the owner's");
    assert_eq!(unusable(&world, SecretFault::SealBroken), 2);
    let request = SignInRequest::new(ANN, OLD).code(&eves.next(&world));
    assert!(block_on(world.auth.try_sign_in(request)).is_err());
    assert_eq!(unusable(&world, SecretFault::SealBroken), 3);
    assert!(opens(&world, ANN, codes.expose().next().unwrap()), "the recovery codes work");
    assert!(opens(&world, EVE, &eves.next(&world)), "and nothing changed for her");
}

#[test]
fn s20_a_begun_secret_that_is_moved_to_another_user_enrolls_nothing() {
    let world = host();
    let (ann, eve) = (world.open(ANN, OLD), world.open(EVE, OLD));
    let app = App::new(&block_on(world.auth.begin_enrollment(&ann)).unwrap());
    let eves = App::new(&block_on(world.auth.begin_enrollment(&eve)).unwrap());
    forge(&world, ANN, &sealed(&world, ANN, "pending"), &sealed(&world, EVE, "pending"));
    for app in [&eves, &app] {
        let confirmed = block_on(world.auth.confirm_enrollment(&ann, &app.code(&world)));
        assert!(matches!(confirmed, Err(EnrollmentError::CodeWrong)), "{confirmed:?}");
    }
    assert_eq!(unusable(&world, SecretFault::SealBroken), 2);
    let _ = world.signed_in(ANN, OLD);
    let _ = world.enroll(&ann);
}

#[test]
fn s20_what_is_sealed_for_one_purpose_opens_nothing_for_another() {
    let world = host();
    let (_, app, codes) = world.enroll(&world.open(ANN, OLD));
    let (password, totp) = (sealed(&world, ANN, "password"), sealed(&world, ANN, "totp"));
    forge(&world, ANN, &totp, &password);
    // Both texts are now the same; one is where it belongs.
    assert!(!opens(&world, ANN, &app.next(&world)));
    assert_eq!(unusable(&world, SecretFault::SealBroken), 1);
    assert!(opens(&world, ANN, codes.expose().next().unwrap()));

    let world = host();
    let _ = world.enroll(&world.open(ANN, OLD));
    forge(&world, ANN, &sealed(&world, ANN, "password"), &sealed(&world, ANN, "totp"));
    assert!(world.fails(ANN, OLD));
    assert_eq!(world.observer.count(&EventKind::HashUnusable { fault: SecretFault::SealBroken }), 1);
}

#[test]
fn s20_without_the_keys_codes_fail_and_recovery_codes_work() {
    // Hashes are not sealed here, so that the password still works.
    let world = World::with(|builder| {
        builder.keyring(ring("a", 1)).configure(|config| config.second_factor.totp.digits = TotpDigits::Eight)
    });
    let (_, app, codes) = world.enroll(&world.open(ANN, OLD));
    let mut codes = codes.expose();
    for (index, keyring) in [None, Some(ring("b", 2))].into_iter().enumerate() {
        let has_keyring = keyring.is_some();
        let lost = restarted_with(&world, keyring, HashSealing::Off);
        let code = app.next(&world);
        assert!(!opens(&lost, ANN, &code));
        assert_eq!(unusable(&world, SecretFault::UnknownKey), index + 1);
        assert!(opens(&lost, ANN, codes.next().unwrap()));
        world.clock.advance(SECOND);
        let request = SignInRequest::new(ANN, OLD).code(codes.next().unwrap());
        let ann = complete(block_on(lost.auth.try_sign_in(request)).unwrap());
        assert_eq!(block_on(lost.operator.reseal(ann.user_id())).unwrap(), ResealOutcome::KeyMissing);
        let begun = block_on(lost.auth.begin_enrollment(&ann));
        assert_eq!(matches!(begun, Err(EnrollmentError::NoKeyring)), !has_keyring, "{begun:?}");
        assert!(sealed(&world, ANN, "totp").contains("$k=a$"), "an unreadable secret is left unchanged");
        // With the key back, the code that was not evaluated works.
        if !has_keyring {
            assert!(opens(&world, ANN, &code));
        }
    }
    // Another key under the name of the lost one is detected.
    let other = restarted_with(&world, Some(ring("a", 3)), HashSealing::Off);
    assert!(!opens(&other, ANN, &app.next(&world)));
    assert_eq!(unusable(&world, SecretFault::SealBroken), 1);
}
