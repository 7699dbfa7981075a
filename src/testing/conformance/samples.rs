//! Building blocks of the cases.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use time::OffsetDateTime;

use doorward::account::Provision;
use doorward::hashing::HashParams;
use doorward::store::{AttemptKey, Attempts, BackendError, MemoryAttempts, MemoryUsers, Swap, User, Version};
use doorward::testing::conformance::{Harness, Stores};
use doorward::testing::{ManualClock, RecordingMailer};
use doorward::{
    AttemptStore, Auth, AuthBuilder, ClientAddress, Clock, Email, Keyring, Mailer, Operator, SignIn, SignInRequest,
    Site, UserId, UserRepository,
};

pub fn panics<T, E: core::fmt::Debug>(error: E) -> T {
    panic!("the store failed: {error:?}")
}

pub fn assert_same(found: &User, expected: &User) {
    assert!(found == expected, "found another state: {found:?} instead of {expected:?}");
}

pub fn email(text: &str) -> Email {
    Email::parse(text).unwrap_or_else(panics)
}

pub async fn by_id(stores: &Stores, id: &UserId) -> User {
    stores.users.find_by_id(id).await.unwrap_or_else(panics).unwrap_or_else(|| panic!("{id} was not found"))
}

pub async fn by_email(stores: &Stores, address: &str) -> User {
    let found = stores.users.find_by_email(&email(address)).await.unwrap_or_else(panics);
    let found = found.unwrap_or_else(|| panic!("{address} was not found"));
    let user = by_id(stores, found.id()).await;
    assert!(found == user.head(), "found the head of another state");
    user
}

pub fn auth(
    users: impl UserRepository,
    attempts: impl AttemptStore,
    clock: &ManualClock,
    mailer: &RecordingMailer,
) -> (Auth, Operator) {
    builder(users, attempts, clock, mailer.clone()).build_with_operator().unwrap_or_else(panics)
}

pub fn builder(
    users: impl UserRepository,
    attempts: impl AttemptStore,
    clock: &ManualClock,
    mailer: impl Mailer,
) -> AuthBuilder {
    let site = Site::new("Conformance", "https://conformance.example", "help@conformance.example");
    Auth::builder(site.unwrap_or_else(panics), users, attempts, mailer)
        .clock(clock.clone())
        .keyring(Keyring::new("a", [7; 32]).unwrap_or_else(panics))
        .index_key([7; 32])
        .configure(|config| {
            config.hashing.params = HashParams::danger_cheap_for_tests();
            config.hashing.threads = core::num::NonZeroUsize::new(1);
            config.session.at_most = 50;
        })
}

/// The stores, as seen by four processes.
pub async fn crowd(harness: &dyn Harness, stores: &Stores) -> Vec<Stores> {
    let mut crowd = vec![stores.clone()];
    for _ in 1..4 {
        crowd.push(harness.beside(stores).await);
    }
    crowd
}

/// A user as created by this crate, not stored anywhere.
pub async fn user(id: UserId, address: &str) -> User {
    let users = Arc::new(MemoryUsers::new());
    let (_, operator) = auth(users.clone(), MemoryAttempts::new(), &ManualClock::new(), &RecordingMailer::new());
    operator.provision(Provision::new(email(address)).id(id.clone())).await.unwrap_or_else(panics);
    users.find_by_id(&id).await.unwrap_or_else(panics).unwrap_or_else(|| panic!("it was just provisioned"))
}

/// A user with as many sessions, devices and links as there may be, not stored anywhere, and the texts of the sessions.
pub async fn full_user(id: UserId, address: &str, clock: &ManualClock) -> (User, Vec<String>) {
    let (users, mailer) = (Arc::new(MemoryUsers::new()), RecordingMailer::new());
    let builder = builder(users.clone(), MemoryAttempts::new(), clock, mailer.clone()).configure(|config| {
        // The cooldown doubles, and no link expires meanwhile.
        config.danger_allow("reset.cooldown");
        config.reset.cooldown = core::time::Duration::from_secs(60);
        config.reset.link_lifetime = core::time::Duration::from_secs(86_400);
    });
    let (auth, operator) = builder.build_with_operator().unwrap_or_else(panics);
    operator.provision(Provision::new(email(address)).id(id.clone())).await.unwrap_or_else(panics);
    let mailed = mailer.last().and_then(|mail| mail.temporary_password()).unwrap_or_default();
    let entered = auth.try_sign_in(SignInRequest::new(address, &mailed)).await.unwrap_or_else(panics);
    let SignIn::PasswordChangeRequired(challenge) = entered else { panic!("no password change was due") };
    let password = "a quiet morning in May";
    let _ = auth.choose_password(&challenge, password).await.unwrap_or_else(panics);
    let mut texts = Vec::new();
    // Twenty browsers are devices; a device has one session, and any other browser as well.
    for n in 0..50_u8 {
        clock.advance(core::time::Duration::from_secs(2));
        let label = format!("{n} \u{1f419} \"Firefox\" on Linux");
        let request = SignInRequest::new(address, password).keep_signed_in(true).label(&label);
        let request = request.client_address(ClientAddress::from_ip([192, 0, 2, n].into()));
        let entered = auth.try_sign_in(request).await;
        let Ok(SignIn::Complete(signed_in)) = entered else { panic!("not signed in: {entered:?}") };
        texts.push(signed_in.token().expose());
    }
    let links = mailer.count() + 12;
    while mailer.count() < links {
        clock.advance(core::time::Duration::from_secs(60));
        auth.request_reset(&email(address)).await.unwrap_or_else(panics);
    }
    let user = users.find_by_id(&id).await.unwrap_or_else(panics).unwrap_or_else(|| panic!("it was just stored"));
    (user, texts)
}

/// A next state of a user, with a version of its own.
pub async fn next(user: &User) -> User {
    changed(user, async |operator| operator.sign_out_everywhere(user.id()).await.unwrap_or_else(panics)).await
}

/// A next state of a user with another address.
pub async fn moved(user: &User, address: &str) -> User {
    changed(user, async |operator| drop(operator.correct_email(user.id(), email(address)).await.unwrap_or_else(panics)))
        .await
}

async fn changed(user: &User, change: impl AsyncFn(&Operator)) -> User {
    let users = Arc::new(MemoryUsers::new());
    let _ = users.insert(user).await.unwrap_or_else(panics);
    let (_, operator) = auth(users.clone(), MemoryAttempts::new(), &ManualClock::new(), &RecordingMailer::new());
    change(&operator).await;
    users.find_by_id(user.id()).await.unwrap_or_else(panics).unwrap_or_else(|| panic!("it was just stored"))
}

/// Entries as created by this crate, each an hour after the previous one.
pub async fn attempts(n: usize) -> Vec<(AttemptKey, Attempts)> {
    let (spy, clock) = (Spy::default(), ManualClock::new());
    let (auth, _) = auth(MemoryUsers::new(), spy.clone(), &clock, &RecordingMailer::new());
    for index in 0..n {
        let failed = auth.try_sign_in(SignInRequest::new(&format!("nobody{index}@x.example"), "wrong")).await;
        assert!(failed.is_err());
        clock.advance(core::time::Duration::from_secs(3_600));
    }
    let seen = spy.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(seen.len(), n);
    assert!(seen.iter().all(|(_, entry)| entry.expires_at() > clock.now() - time::Duration::hours(n as i64 + 1)));
    seen
}

/// Records what is stored through it.
#[derive(Clone, Debug, Default)]
struct Spy {
    inner: Arc<MemoryAttempts>,
    seen: Arc<Mutex<Vec<(AttemptKey, Attempts)>>>,
}

#[async_trait]
impl AttemptStore for Spy {
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        self.inner.load(key).await
    }

    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push((key.clone(), next.clone()));
        self.inner.swap(key, expected, next).await
    }

    async fn purge(&self, now: OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
        self.inner.purge(now, at_most).await
    }
}
