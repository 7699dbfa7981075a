//! Shared by the tests: a host on a manual clock, with a mailbox that tests can read.
#![allow(dead_code, unused_imports)] // each test binary uses only a part of it

mod app;
mod asking;
pub mod dead;
pub mod gate;
mod meddling;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod harness;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod lives;
pub mod mounted;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod sql;
pub mod stage;

use std::sync::Arc;
use std::time::Duration;

pub use app::{App, code_challenge, for_pages, keyring};
pub use asking::{Ask, Asking};
use doorward::error::{ChoosePasswordError, SignInError};
use doorward::hashing::HashParams;
use doorward::mail::Mail;
use doorward::session::SessionLifetimes;
use doorward::store::{BackendError, BackendErrorKind, MemoryAttempts, MemoryUsers, User};
use doorward::testing::{ManualClock, RecordedMail, RecordingMailer, RecordingObserver};
use doorward::{
    Auth, AuthBuilder, Challenge, Config, Email, Mailer, Operator, SignIn, SignInRequest, SignedIn, Site, UserId,
    UserRepository,
};
pub use meddling::Meddling;
use pollster::block_on;

pub const SECOND: Duration = Duration::from_secs(1);
pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(24 * 3600);

pub const ANN: &str = "ann@acme.example";
pub const NOBODY: &str = "nobody@acme.example";
pub const OLD: &str = "a quiet morning in May";
pub const NEW: &str = "rain on the roof at night";

pub struct World {
    pub auth: Auth,
    pub operator: Operator,
    pub clock: ManualClock,
    pub mailer: RecordingMailer,
    pub observer: RecordingObserver,
    pub users: Arc<MemoryUsers>,
    pub attempts: Arc<MemoryAttempts>,
}

pub fn site() -> Site {
    Site::new("Acme", "https://acme.example", "help@acme.example").unwrap()
}

pub fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

impl World {
    pub fn new() -> Self {
        Self::with(|builder| builder)
    }

    /// Background work is done before the response here, unless a test changes that.
    pub fn with(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> Self {
        Self::over(MemoryUsers::new(), change)
    }

    pub fn over(users: MemoryUsers, change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> Self {
        let (clock, mailer, observer) = (ManualClock::new(), RecordingMailer::new(), RecordingObserver::new());
        let (users, attempts) = (Arc::new(users), Arc::new(MemoryAttempts::new()));
        let builder = Auth::builder(site(), users.clone(), attempts.clone(), mailer.clone())
            .clock(clock.clone())
            .observer(observer.clone())
            .configure(for_tests);
        let (auth, operator) = change(builder).build_with_operator().unwrap();
        Self { auth, operator, clock, mailer, observer, users, attempts }
    }

    /// Another `Auth` over the same stores, as after a restart with other settings.
    pub fn restarted(&self, change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> Self {
        let (users, attempts) = (Arc::clone(&self.users), Arc::clone(&self.attempts));
        let (clock, mailer, observer) = (self.clock.clone(), self.mailer.clone(), self.observer.clone());
        let builder = Auth::builder(site(), users.clone(), attempts.clone(), mailer.clone())
            .clock(clock.clone())
            .observer(observer.clone())
            .configure(for_tests);
        let (auth, operator) = change(builder).build_with_operator().unwrap();
        Self { auth, operator, clock, mailer, observer, users, attempts }
    }

    /// Another `Auth` over the same stores, whose mails are all rejected.
    pub fn over_a_dead_relay(&self) -> (Auth, Operator) {
        Auth::builder(site(), self.users.clone(), self.attempts.clone(), DeadRelay)
            .clock(self.clock.clone())
            .observer(self.observer.clone())
            .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
            .build_with_operator()
            .unwrap()
    }

    /// A world in which Ann has an account with a password of her own.
    pub fn with_ann() -> (Self, SignedIn) {
        let world = Self::new();
        let ann = world.open(ANN, OLD);
        (world, ann)
    }

    pub fn now(&self) -> time::OffsetDateTime {
        doorward::Clock::now(&self.clock)
    }

    pub fn provision(&self, address: &str) -> UserId {
        block_on(self.operator.provision(email(address))).unwrap().user_id
    }

    pub fn mailed_password(&self) -> String {
        self.last_mail().temporary_password().expect("the last mail carries a temporary password")
    }

    pub fn mailed_token(&self) -> String {
        self.last_mail().token().expect("the last mail carries a link")
    }

    pub fn last_mail(&self) -> RecordedMail {
        self.mailer.last().expect("a mail was sent")
    }

    /// All mails of that kind so far.
    pub fn mails(&self, name: &str) -> Vec<RecordedMail> {
        self.mailer.mails().into_iter().filter(|recorded| recorded.mail.kind().name() == name).collect()
    }

    /// Provisions an account and chooses its password.
    pub fn open(&self, address: &str, password: &str) -> SignedIn {
        self.provision(address);
        let challenge = self.challenge(address, &self.mailed_password());
        self.choose(&challenge, password)
    }

    pub fn try_sign_in(&self, address: &str, password: &str) -> Result<SignIn, SignInError> {
        block_on(self.auth.try_sign_in(SignInRequest::new(address, password)))
    }

    /// Signs in, waiting as long as required.
    pub fn sign_in(&self, address: &str, password: &str) -> Result<SignIn, SignInError> {
        loop {
            match self.try_sign_in(address, password) {
                Err(SignInError::Throttled { retry_after }) => self.clock.advance(retry_after),
                outcome => return outcome,
            }
        }
    }

    pub fn signed_in(&self, address: &str, password: &str) -> SignedIn {
        complete(self.sign_in(address, password).unwrap())
    }

    pub fn challenge(&self, address: &str, password: &str) -> Challenge {
        match self.sign_in(address, password).unwrap() {
            SignIn::PasswordChangeRequired(challenge) => challenge,
            other => panic!("no password change was required: {other:?}"),
        }
    }

    pub fn choose(&self, challenge: &Challenge, password: &str) -> SignedIn {
        complete(block_on(self.auth.choose_password(challenge, password)).unwrap())
    }

    pub fn choice_error(&self, challenge: &Challenge, password: &str) -> ChoosePasswordError {
        block_on(self.auth.choose_password(challenge, password)).expect_err("the password is rejected")
    }

    pub fn fails(&self, address: &str, password: &str) -> bool {
        matches!(self.sign_in(address, password), Err(SignInError::InvalidCredentials))
    }

    /// Requests a reset and reads the link's token.
    pub fn request(&self, address: &str) -> String {
        block_on(self.auth.request_reset(&email(address))).unwrap();
        self.mailed_token()
    }

    /// Requests and confirms a reset, and reads the temporary password.
    pub fn confirm(&self, address: &str) -> String {
        let token = self.request(address);
        let _ = block_on(self.auth.confirm_reset(&token)).unwrap();
        self.mailed_password()
    }

    pub fn user(&self, address: &str) -> User {
        let head = block_on(self.users.find_by_email(&email(address))).unwrap().expect("the user exists");
        block_on(self.users.find_by_id(head.id())).unwrap().expect("a user with a head has a document")
    }

    pub fn is_live(&self, signed_in: &SignedIn) -> bool {
        block_on(self.auth.resume(&signed_in.token().expose())).is_ok()
    }
}

/// Hashes are cheap, and sessions last, so that a test about something else may let months pass.
pub fn for_tests(config: &mut Config) {
    config.hashing.params = HashParams::danger_cheap_for_tests();
    config.session.lifetimes = LASTING;
    config.session.kept_lifetimes = LASTING;
}

/// As long as can be set.
pub const LASTING: SessionLifetimes = {
    let lifetime = Duration::from_secs(400 * 24 * 60 * 60);
    SessionLifetimes { absolute: lifetime, idle: lifetime }
};

/// A relay that rejects everything and quotes the message in its reply.
#[derive(Debug)]
pub struct DeadRelay;

#[doorward::async_trait]
impl Mailer for DeadRelay {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        let answer = format!("550 {} {}", to.as_typed(), mail.text());
        Err(BackendError::new(BackendErrorKind::Refused).with_code("550").with_source(answer))
    }
}

pub fn complete(outcome: SignIn) -> SignedIn {
    match outcome {
        SignIn::Complete(signed_in) => signed_in,
        other => panic!("not complete: {other:?}"),
    }
}

pub fn device(signed_in: &SignedIn) -> String {
    signed_in.device_token().expect("a device token was granted").expose()
}
