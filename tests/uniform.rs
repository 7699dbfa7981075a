//! What an unauthenticated client sees and causes is the same for every cause: equal results and equal numbers of store calls
//! and hashes.
#![cfg(feature = "testing")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use doorward::hashing::HashParams;
use doorward::store::{
    AttemptKey, Attempts, BackendError, Insert, MemoryAttempts, MemoryUsers, Replace, Swap, User, UserHead, Version,
};
use doorward::testing::{Faults, join_all};
use doorward::{AttemptStore, Auth, Email, SignInRequest, UserId, UserRepository};
use pollster::block_on;
use support::*;

/// Ann has a password; Gone is deactivated; Leaving has asked for the deletion of the account; New has a valid temporary password; Late has an expired one; Void's password was
/// invalidated as compromised. The `Auth` counts the calls of its ports.
fn crowd() -> (World, Auth, Faults, String) {
    let world = World::new();
    world.provision("late@acme.example");
    let expired = world.mailed_password();
    world.clock.advance(DAY - HOUR);
    let _ = world.open(ANN, OLD);
    let gone = world.open("gone@acme.example", OLD);
    block_on(world.operator.deactivate(gone.user_id())).unwrap();
    let leaving = world.open("leaving@acme.example", OLD);
    let _ = block_on(world.auth.request_deletion(&leaving)).unwrap();
    let void = world.open("void@acme.example", OLD);
    block_on(world.operator.mark_compromised(void.user_id())).unwrap();
    world.provision("new@acme.example");
    world.clock.advance(HOUR);
    let counted = Faults::new();
    let (users, attempts) = (counted.users(world.users.clone()), counted.attempts(world.attempts.clone()));
    let auth = Auth::builder(site(), users, attempts, counted.mailer(world.mailer.clone()))
        .clock(world.clock.clone())
        .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
        .build()
        .unwrap();
    (world, auth, counted, expired)
}

#[test]
fn s15_every_failure_costs_and_answers_the_same() {
    let (world, auth, counted, expired) = crowd();
    let causes = [
        ("unknown", NOBODY, OLD),
        ("wrong", ANN, "wrong"),
        ("deactivated", "gone@acme.example", OLD),
        ("to be deleted", "leaving@acme.example", OLD),
        ("passwordless", "void@acme.example", OLD),
        ("live temporary password, wrong text", "new@acme.example", "wrong"),
        ("expired temporary password, right text", "late@acme.example", &expired),
    ];
    let mut seen = Vec::new();
    // The first failure of each, a throttled attempt, and the second failure.
    for round in 0..3 {
        if round == 2 {
            world.clock.advance(SECOND);
        }
        for (cause, address, password) in causes {
            let (calls, hashes) = (counted.calls(), auth.hash_load().computed);
            let error = block_on(auth.try_sign_in(SignInRequest::new(address, password))).unwrap_err();
            let cost = (counted.calls() - calls, auth.hash_load().computed - hashes);
            let answer = format!("{error:?} {error} {} {:?}", error.code(), auth.error_response(&error));
            seen.push((round, cause, cost, answer));
        }
    }
    for (round, cause, cost, answer) in &seen {
        let (_, _, first_cost, first_answer) = seen.iter().find(|(other, ..)| other == round).unwrap();
        assert_eq!((cost, answer), (first_cost, first_answer), "round {round}: {cause}");
    }
    let costs: Vec<_> = (0..3).map(|round| seen[round * causes.len()].2).collect();
    assert_eq!(
        costs,
        [(4, 1), (2, 0), (4, 1)],
        "find, load, swap, read and one hash; a throttled attempt does not write, read a document or hash"
    );
}

#[test]
fn s20_in_one_step_every_failure_costs_the_same_store_calls_and_one_hash_whoever_it_is() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let _ = world.open("bob@acme.example", OLD);
    // Hashes due for replacement must not stand out either.
    let params = HashParams::danger_weak(16, 1, 1).unwrap();
    let counted = Faults::new();
    let (users, attempts) = (counted.users(world.users.clone()), counted.attempts(world.attempts.clone()));
    let (later, after_the_answer) = std::sync::mpsc::channel();
    let auth = Auth::builder(site(), users, attempts, counted.mailer(world.mailer.clone()))
        .clock(world.clock.clone())
        .keyring(keyring())
        .background(move |work| drop(later.send(work)))
        .configure(|config| {
            config.hashing.params = params;
            config.purge.every = None;
        })
        .build()
        .unwrap();
    let (right, wrong) = (app.code(&world), app.wrong_code(&world));
    let causes = [
        ("unknown", NOBODY, OLD, &right),
        ("wrong password", ANN, "wrong", &right),
        ("wrong code", ANN, OLD, &wrong),
        ("no second factor", "bob@acme.example", "wrong", &right),
    ];
    for (cause, address, password, code) in causes {
        world.clock.advance(HOUR);
        let (calls, hashes) = (counted.calls(), auth.hash_load().computed);
        let error = block_on(auth.try_sign_in(SignInRequest::new(address, password).code(code))).unwrap_err();
        let cost = (counted.calls() - calls, auth.hash_load().computed - hashes);
        assert_eq!((cost, error.code()), ((4, 1), "invalid_credentials"), "{cause}: find, one bucket, and one hash");
    }
    assert_eq!(after_the_answer.try_iter().count(), 1, "the wrong code is counted after the answer");
    // The right ones sign in, and the hash is replaced after the answer as well.
    world.clock.advance(HOUR);
    let request = SignInRequest::new(ANN, OLD).code(&app.code(&world));
    let _ = complete(block_on(auth.try_sign_in(request)).unwrap());
    after_the_answer.try_iter().for_each(block_on);
    assert!(world.user(ANN).to_snapshot().contains("m=16,"));
}

#[test]
fn s12_a_reset_request_answers_before_known_and_unknown_part() {
    let (world, _, counted, _) = crowd();
    let (later, after_the_answer) = std::sync::mpsc::channel();
    let (users, attempts) = (counted.users(world.users.clone()), counted.attempts(world.attempts.clone()));
    let auth = Auth::builder(site(), users, attempts, counted.mailer(world.mailer.clone()))
        .clock(world.clock.clone())
        .background(move |work| drop(later.send(work)))
        .build()
        .unwrap();
    let mut seen = Vec::new();
    for address in [NOBODY, ANN, "gone@acme.example", "void@acme.example", "new@acme.example"] {
        for _ in 0..2 {
            let calls = counted.calls();
            let answer = block_on(auth.request_reset(&email(address))).unwrap();
            seen.push((counted.calls() - calls, format!("{answer:?}")));
        }
    }
    for pair in seen.chunks(2) {
        assert_eq!(pair, &seen[..2]);
    }
    assert_eq!((seen[0].0, seen[1].0), (0, 0), "no store is asked before the answer");
    let (workers, mails) = (after_the_answer.try_iter().collect::<Vec<_>>(), world.mailer.count());
    assert_eq!(workers.len(), 4, "a few workers look all of them up in turn");
    workers.into_iter().for_each(block_on);
    after_the_answer.try_iter().for_each(block_on);
    assert_eq!(world.mailer.count(), mails + 3, "one to each active account");
}

#[test]
fn a_complete_sign_in_is_six_store_calls() {
    let (world, auth, counted, _) = crowd();
    world.clock.advance(SECOND);
    let calls = counted.calls();
    assert!(block_on(auth.try_sign_in(SignInRequest::new(ANN, OLD))).is_ok());
    assert_eq!(counted.calls() - calls, 6, "find, load, swap, read, replace, swap");
}

/// Counts the writes to users that are tried and stored. After each read it lets others go first.
#[derive(Clone, Debug)]
struct Counting {
    users: Arc<MemoryUsers>,
    tried: Arc<AtomicUsize>,
    stored: Arc<AtomicUsize>,
}

#[doorward::async_trait]
impl UserRepository for Counting {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.users.insert(user).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        let found = self.users.find_by_id(id).await;
        let mut others_went = false;
        std::future::poll_fn(|context| {
            context.waker().wake_by_ref();
            if std::mem::replace(&mut others_went, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        found
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        self.users.find_by_email(email).await
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        self.tried.fetch_add(1, Ordering::SeqCst);
        let answer = self.users.replace(user, expected).await?;
        self.stored.fetch_add(usize::from(answer == Replace::Stored), Ordering::SeqCst);
        Ok(answer)
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        self.users.delete(user).await
    }

    fn keeps_journal(&self) -> bool {
        self.users.keeps_journal()
    }
}

#[test]
fn a_session_in_use_adds_one_write_in_five_minutes_however_many_processes_see_it() {
    let (world, ann) = World::with_ann();
    let users = Counting { users: world.users.clone(), tried: Arc::default(), stored: Arc::default() };
    let process = || {
        let users = users.clone();
        let builder = Auth::builder(site(), users, world.attempts.clone(), world.mailer.clone());
        builder.clock(world.clock.clone()).build().unwrap()
    };
    let processes = [process(), process(), process()];
    let cookie = ann.token().expose();
    for _ in 0..3_600 {
        world.clock.advance(SECOND);
        // All three at the same moment, twice.
        let requests = processes.iter().chain(&processes).map(|auth| auth.resume(&cookie));
        assert!(block_on(join_all(requests)).iter().all(Result::is_ok));
    }
    let (stored, tried) = (users.stored.load(Ordering::SeqCst), users.tried.load(Ordering::SeqCst));
    assert_eq!(stored, 12, "in an hour");
    assert!((stored..6 * stored).contains(&tried), "not every request tries: {tried}");
}

/// Stores that write down which of their methods is called.
#[derive(Clone, Debug)]
struct Recorded<S> {
    inner: Arc<S>,
    calls: Arc<Mutex<Vec<&'static str>>>,
}

impl<S> Recorded<S> {
    fn called(&self, call: &'static str) -> &S {
        self.calls.lock().unwrap().push(call);
        &self.inner
    }
}

#[doorward::async_trait]
impl UserRepository for Recorded<MemoryUsers> {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.called("insert").insert(user).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        self.called("find_by_id").find_by_id(id).await
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        self.called("find_by_email").find_by_email(email).await
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        self.called("replace").replace(user, expected).await
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        self.called("delete").delete(user).await
    }

    fn keeps_journal(&self) -> bool {
        self.inner.keeps_journal()
    }
}

#[doorward::async_trait]
impl AttemptStore for Recorded<MemoryAttempts> {
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        self.called("load").load(key).await
    }

    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        self.called("swap").swap(key, expected, next).await
    }

    async fn purge(&self, now: time::OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
        self.called("purge").purge(now, at_most).await
    }
}

/// What follows the answer delays the next request, so it must be the same too, call by call: nothing.
#[test]
fn s15_with_a_journal_a_failure_causes_the_same_calls_for_known_and_unknown_addresses() {
    let world = World::over(MemoryUsers::new().with_journal(), |builder| builder);
    let _ = world.open(ANN, OLD);
    let calls = Arc::new(Mutex::new(Vec::new()));
    let users = Recorded { inner: world.users.clone(), calls: calls.clone() };
    let attempts = Recorded { inner: world.attempts.clone(), calls: calls.clone() };
    let auth = Auth::builder(site(), users, attempts, world.mailer.clone())
        .clock(world.clock.clone())
        .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
        .build()
        .unwrap();
    for _ in 0..3 {
        world.clock.advance(HOUR);
        for address in [ANN, NOBODY] {
            calls.lock().unwrap().clear();
            // Background work is done at once where there is no spawner.
            block_on(auth.try_sign_in(SignInRequest::new(address, "wrong"))).unwrap_err();
            assert_eq!(*calls.lock().unwrap(), ["find_by_email", "load", "swap", "find_by_id"], "{address}");
        }
    }
}

/// From a known device the account's bucket is read as well, which must not reveal that the password beside a wrong code is right.
#[test]
fn s20_with_a_journal_a_wrong_code_on_a_known_device_causes_the_calls_of_a_wrong_password() {
    let world = World::over(MemoryUsers::new().with_journal(), |builder| builder.keyring(keyring()));
    let who = world.open(ANN, OLD);
    let who = block_on(world.auth.reauthenticate(&who, OLD)).unwrap();
    let app = App::new(&block_on(world.auth.begin_enrollment(&who)).unwrap());
    let (who, _) = block_on(world.auth.confirm_enrollment(&who, &app.code(&world))).unwrap();
    drop(who);
    world.clock.advance(HOUR);
    let request = SignInRequest::new(ANN, OLD).code(&app.code(&world));
    let known = complete(block_on(world.auth.sign_in(request)).unwrap()).device_token().unwrap().expose().to_string();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let users = Recorded { inner: world.users.clone(), calls: calls.clone() };
    let attempts = Recorded { inner: world.attempts.clone(), calls: calls.clone() };
    let auth = Auth::builder(site(), users, attempts, world.mailer.clone())
        .clock(world.clock.clone())
        .keyring(keyring())
        .background(drop)
        .configure(for_tests)
        .build()
        .unwrap();
    let mut seen = Vec::new();
    for password in [OLD, "a wrong password"] {
        world.clock.advance(HOUR);
        calls.lock().unwrap().clear();
        let request = SignInRequest::new(ANN, password).code(&app.wrong_code(&world)).device(&known);
        block_on(auth.try_sign_in(request)).unwrap_err();
        seen.push(calls.lock().unwrap().clone());
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].iter().filter(|call| **call == "load").count(), 2, "{seen:?}");
}
