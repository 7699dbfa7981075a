//! What attacks on the crate found: each test asserts the correct behaviour, under the number of the attack.
#![cfg(feature = "testing")]

mod support;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Waker};

use doorward::account::Provision;
use doorward::config::ResetMode;
use doorward::error::{ChangePasswordError, SignInError, Unavailable, VerifySecondFactorError};
use doorward::event::EventKind;
use doorward::hashing::HashParams;
use doorward::mail::Mail;
use doorward::store::{
    AttemptKey, Attempts, BackendError, Insert, MemoryAttempts, MemoryUsers, Replace, Swap, User, UserHead, Version,
};
use doorward::testing::{ManualClock, RecordingMailer};
use doorward::{
    AttemptStore, Auth, Challenge, ClientAddress, Email, Mailer, Operator, ResetRequest, SignIn, SignInRequest, UserId,
    UserRepository,
};
use pollster::block_on;
use support::*;
use tokio::sync::Semaphore;

const STRANGERS: usize = 100_000;

/// How many of five thousand simultaneous guesses at ten accounts are evaluated.
fn guesses_evaluated(world: &World, victims: &[String]) -> usize {
    let evaluated = |n: usize| {
        let guess = world.try_sign_in(&victims[n % victims.len()], &format!("guess number {n}"));
        usize::from(matches!(guess, Err(SignInError::InvalidCredentials)))
    };
    (0..5_000).map(evaluated).sum()
}

fn with_victims() -> (World, Vec<String>) {
    let world = World::new();
    let victims: Vec<_> = (0..10).map(|n| format!("victim{n}@acme.example")).collect();
    victims.iter().for_each(|victim| drop(world.open(victim, OLD)));
    world.clock.advance(2 * DAY);
    (world, victims)
}

#[test]
fn a1_reset_requests_displace_no_count_and_flood_no_mailbox() {
    let (world, victims) = with_victims();
    for _ in 0..2 {
        for n in 0..STRANGERS {
            block_on(world.auth.request_reset(&email(&format!("x{n}@evil.example")))).unwrap();
        }
        world.clock.advance(12 * HOUR);
    }
    assert_eq!(world.auth.hash_load().computed, 10, "only the accounts cost hashes");
    assert_eq!(guesses_evaluated(&world, &victims), 10, "one per account");
    let before = world.mailer.count();
    for n in 0..12 {
        block_on(world.auth.request_reset(&email(&victims[0]))).unwrap();
        block_on(world.auth.request_reset(&email(&format!("z{n}@evil.example")))).unwrap();
    }
    assert_eq!(world.mailer.count(), before + 1);
}

#[test]
fn a1_a_try_that_was_counted_is_hashed_though_its_caller_has_gone() {
    let (world, victims) = with_victims();
    let computed = world.auth.hash_load().computed;
    let mut context = Context::from_waker(Waker::noop());
    let mut abandoned = 0;
    while abandoned < STRANGERS {
        let address = format!("x{abandoned}@evil.example");
        let mut attempt = Box::pin(world.auth.try_sign_in(SignInRequest::new(&address, "wrong")));
        // Polled once, then the client disconnects.
        match attempt.as_mut().poll(&mut context) {
            std::task::Poll::Ready(Err(SignInError::Unavailable(Unavailable::Busy { .. }))) => std::thread::yield_now(),
            _ => abandoned += 1,
        }
    }
    while world.auth.hash_load().running + world.auth.hash_load().queued > 0 {
        std::thread::yield_now();
    }
    assert_eq!(world.auth.hash_load().computed - computed, STRANGERS as u64, "one hash per counted try");
    assert_eq!(world.auth.hash_load().skipped, 0);
    assert_eq!(guesses_evaluated(&world, &victims), 10);
}

#[test]
fn a2_a_forged_challenge_tells_no_id_from_another() {
    let world = World::new();
    let id = UserId::parse("ann").unwrap();
    let _ = block_on(world.operator.provision(Provision::new(email(ANN)).id(id.clone()))).unwrap();
    let forged = |id: &str| Challenge::parse(&format!("{id}.{}", "A".repeat(43))).unwrap();
    let (known, unknown) = (forged("YW5u"), forged("Ym9i"));
    for code in ["x", "", "123456", "no code at all"] {
        for challenge in [&known, &unknown] {
            let refused = block_on(world.auth.verify_second_factor(challenge, code));
            assert!(matches!(refused, Err(VerifySecondFactorError::ChallengeInvalid)), "{code}: {refused:?}");
            let refused = block_on(world.auth.confirm_required_enrollment(challenge, code)).err().unwrap();
            assert_eq!(refused.code(), "challenge_invalid", "{code}");
        }
    }
    block_on(world.operator.deactivate(&id)).unwrap();
    let refused = block_on(world.auth.verify_second_factor(&known, "x"));
    assert!(matches!(refused, Err(VerifySecondFactorError::ChallengeInvalid)));
}

/// A store that takes five milliseconds per call.
#[derive(Debug)]
struct Slow(MemoryAttempts);

#[doorward::async_trait]
impl AttemptStore for Slow {
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        tokio::time::sleep(SECOND / 200).await;
        self.0.load(key).await
    }

    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        tokio::time::sleep(SECOND / 200).await;
        self.0.swap(key, expected, next).await
    }

    async fn purge(&self, now: time::OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
        self.0.purge(now, at_most).await
    }
}

async fn opens(
    (auth, operator): (&Auth, &Operator),
    mailer: &RecordingMailer,
    address: &str,
    password: &str,
) -> doorward::SignedIn {
    operator.provision(email(address)).await.unwrap();
    let mailed = mailer.last().unwrap().temporary_password().unwrap();
    let Ok(SignIn::PasswordChangeRequired(challenge)) = auth.sign_in(SignInRequest::new(address, &mailed)).await else {
        panic!("no password change was required")
    };
    complete(auth.choose_password(&challenge, password).await.unwrap())
}

fn is_busy(outcome: &Result<SignIn, SignInError>) -> bool {
    matches!(outcome, Err(SignInError::Unavailable(Unavailable::Busy { .. })))
}

/// Runs many tasks that repeat the same call, while fifty other calls are made; how many of those were busy.
async fn while_flooded<F: Future<Output = ()> + Send>(
    tasks: usize,
    flood: impl Fn() -> F + Clone + Send + 'static,
    others: impl AsyncFn(usize) -> bool,
) -> usize {
    let stop = Arc::new(AtomicBool::new(false));
    let crowd: Vec<_> = (0..tasks)
        .map(|_| {
            let (flood, stop) = (flood.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    flood().await;
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    tokio::time::sleep(SECOND / 20).await;
    let mut busy = 0;
    for n in 0..50 {
        busy += usize::from(others(n).await);
        tokio::time::sleep(SECOND / 300).await;
    }
    stop.store(true, Ordering::Relaxed);
    for task in crowd {
        task.await.unwrap();
    }
    busy
}

#[test]
fn a3_tries_that_come_too_early_take_nobodys_place() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    runtime.block_on(async {
        let (clock, mailer) = (ManualClock::new(), RecordingMailer::new());
        let (auth, operator) = Auth::builder(site(), MemoryUsers::new(), Slow(MemoryAttempts::new()), mailer.clone())
            .clock(clock.clone())
            .configure(|config| {
                config.hashing.params = HashParams::danger_cheap_for_tests();
                config.hashing.threads = NonZeroUsize::new(2);
            })
            .build_with_operator()
            .unwrap();
        let ann = opens((&auth, &operator), &mailer, ANN, OLD).await;
        let mallory = opens((&auth, &operator), &mailer, "mallory@acme.example", NEW).await;
        let cookie = device(&ann);
        for _ in 0..3 {
            let _ = auth.reauthenticate(&mallory, "wrong").await;
            let _ = auth.try_sign_in(SignInRequest::new(NOBODY, "wrong")).await;
        }
        // One ordinary user against an owner on a known device.
        let of_a_user = {
            let (auth, mallory) = (auth.clone(), mallory.clone());
            move || {
                let (auth, mallory) = (auth.clone(), mallory.clone());
                async move { drop(auth.reauthenticate(&mallory, "wrong").await) }
            }
        };
        let owner = async |_| {
            clock.advance(SECOND);
            is_busy(&auth.try_sign_in(SignInRequest::new(ANN, OLD).device(&cookie)).await)
        };
        assert_eq!(while_flooded(200, of_a_user, owner).await, 0, "a3");
        // Unauthenticated clients at one address against those at others.
        let of_strangers = {
            let auth = auth.clone();
            move || {
                let auth = auth.clone();
                async move { drop(auth.try_sign_in(SignInRequest::new(NOBODY, "wrong")).await) }
            }
        };
        let others = async |n| is_busy(&auth.try_sign_in(SignInRequest::new(&format!("n{n}@acme.example"), "x")).await);
        assert_eq!(while_flooded(60, of_strangers, others).await, 0, "a3b");
    });
}

#[test]
fn a5_machines_whose_clocks_differ_share_one_schedule() {
    // How many guesses one machine evaluates in an hour.
    let alone = 15;
    for skews in [&[0][..], &[2], &[60], &[600], &[3_600], &[7_200], &[25 * 3_600], &[3_600, 7_200], &[600, 3_600]] {
        let world = World::new();
        let _ = world.open(ANN, OLD);
        world.clock.advance(3 * HOUR);
        let machines: Vec<_> = skews
            .iter()
            .map(|skew| {
                let clock = ManualClock::at(world.now() + *skew * SECOND);
                let auth = Auth::builder(site(), world.users.clone(), world.attempts.clone(), world.mailer.clone())
                    .clock(clock.clone())
                    .observer(world.observer.clone())
                    .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
                    .build()
                    .unwrap();
                (auth, clock)
            })
            .collect();
        let mut evaluated = 0;
        for _ in 0..3_600 * 4 {
            for auth in machines.iter().map(|(auth, _)| auth).chain([&world.auth]) {
                let guess = block_on(auth.try_sign_in(SignInRequest::new(ANN, "wrong guess")));
                evaluated += usize::from(matches!(guess, Err(SignInError::InvalidCredentials)));
            }
            for clock in machines.iter().map(|(_, clock)| clock).chain([&world.clock]) {
                clock.advance(SECOND / 4);
            }
        }
        let bound = alone * (skews.len() + 1) + 1;
        assert!(evaluated <= bound, "clocks {skews:?} s ahead: {evaluated} guesses in an hour, more than {bound}");
        let told = world.observer.kinds().iter().any(|kind| matches!(kind, EventKind::ClockSkew { .. }));
        assert_eq!(told, skews.iter().any(|skew| *skew > 60), "{skews:?}");
    }
}

#[test]
fn a5_a_clock_that_was_set_back_by_a_year_shuts_nobody_out() {
    let world = World::new();
    let _ = world.open(ANN, OLD);
    for _ in 0..20 {
        assert!(world.fails(ANN, "wrong"));
    }
    world.clock.set_back(365 * DAY);
    let Err(SignInError::Throttled { retry_after }) = world.try_sign_in(ANN, OLD) else { panic!("no wait") };
    assert!(retry_after <= HOUR, "{retry_after:?}");
    world.clock.advance(retry_after);
    let _ = complete(world.try_sign_in(ANN, OLD).unwrap());
}

#[test]
fn a6_confirming_grants_one_device_at_a_time_and_it_goes_with_the_reset() {
    let (world, _) = World::with_ann();
    let mut tokens = Vec::new();
    for _ in 0..24 {
        let token = world.request(ANN);
        let confirmed = block_on(world.auth.confirm_reset(&token)).unwrap();
        tokens.push(confirmed.device.expect("the confirming browser gets a device").expose());
        world.clock.advance(HOUR);
    }
    let ann = world.signed_in(ANN, OLD);
    assert!(ann.device_token().is_some(), "the owner's new browser gets a token");
    assert_eq!(block_on(world.auth.devices(&ann)).unwrap().len(), 2, "the first browser and this one");
    // None of the granted tokens still has a bucket.
    for _ in 0..5 {
        assert!(world.fails(ANN, "wrong"));
    }
    for token in &tokens {
        let request = SignInRequest::new(ANN, OLD).device(token);
        assert!(matches!(block_on(world.auth.try_sign_in(request)), Err(SignInError::Throttled { .. })));
    }
}

#[test]
fn a6_confirming_again_takes_the_place_of_the_device_before() {
    let (world, _) = World::with_ann();
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let token = world.request(ANN);
        tokens.push(block_on(world.auth.confirm_reset(&token)).unwrap().device.unwrap().expose());
        world.clock.advance(6 * MINUTE);
    }
    for _ in 0..5 {
        assert!(world.fails(ANN, "wrong"));
    }
    let has_a_bucket = |token: &String| {
        let request = SignInRequest::new(ANN, "wrong").device(token);
        matches!(block_on(world.auth.try_sign_in(request)), Err(SignInError::InvalidCredentials))
    };
    assert_eq!(
        tokens.iter().map(has_a_bucket).collect::<Vec<_>>(),
        [false, false, true],
        "only the last one has a bucket"
    );
}

#[test]
fn a8_a_change_with_the_password_alone_invalidates_no_link() {
    for mode in [ResetMode::ChooseNewPassword, ResetMode::TemporaryPassword] {
        let world = World::with(|builder| builder.configure(|config| config.reset.mode = mode));
        let mut thief = world.open(ANN, OLD);
        let mut current = OLD.to_owned();
        for round in 0..24 {
            let token = world.request(ANN);
            let next = format!("the passphrase {round} of a thief");
            thief = block_on(world.auth.change_password(&thief, &current, &next)).unwrap();
            current = next;
            let status = block_on(world.auth.inspect_reset(&token)).unwrap();
            assert_eq!(status, doorward::password::ResetLinkStatus::Valid, "{mode:?}, round {round}");
            world.clock.advance(HOUR);
        }
        // The owner's link is still valid.
        let token = world.request(ANN);
        match mode {
            ResetMode::ChooseNewPassword => drop(complete(block_on(world.auth.complete_reset(&token, NEW)).unwrap())),
            _ => {
                let _ = block_on(world.auth.confirm_reset(&token)).unwrap();
                let _ = world.choose(&world.challenge(ANN, &world.mailed_password()), NEW);
            }
        }
        assert!(!world.is_live(&thief));
        assert_eq!(block_on(world.auth.inspect_reset(&token)).unwrap(), doorward::password::ResetLinkStatus::Invalid);
    }
}

#[test]
fn m1_the_owner_voids_links_by_a_change_after_a_code() {
    let (world, ann, app, _) = World::with_enrolled_ann_and(|builder| {
        builder.configure(|config| config.reset.mode = ResetMode::ChooseNewPassword)
    });
    let token = world.request(ANN);
    let ann = block_on(world.auth.reauthenticate_with_code(&ann, &app.code(&world))).unwrap();
    let _ = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
    assert_eq!(block_on(world.auth.inspect_reset(&token)).unwrap(), doorward::password::ResetLinkStatus::Invalid);
}

#[test]
fn h1_the_cooldown_survives_a_completed_reset_and_every_other_change() {
    let (world, ann) = World::with_ann();
    let _ = world.choose(&world.challenge(ANN, &world.confirm(ANN)), NEW);
    let before = world.mails("confirm_reset").len();
    block_on(world.auth.request_reset(&email(ANN))).unwrap();
    block_on(world.operator.deactivate(ann.user_id())).unwrap();
    block_on(world.operator.reactivate(ann.user_id())).unwrap();
    block_on(world.auth.request_reset(&email(ANN))).unwrap();
    block_on(world.operator.sign_out_everywhere(ann.user_id())).unwrap();
    block_on(world.operator.mark_compromised(ann.user_id())).unwrap();
    block_on(world.auth.request_reset(&email(ANN))).unwrap();
    assert_eq!(world.mails("confirm_reset").len(), before);
    world.clock.advance(5 * MINUTE);
    block_on(world.auth.request_reset(&email(ANN))).unwrap();
    assert_eq!(world.mails("confirm_reset").len(), before + 1);
}

#[test]
fn h1_no_client_address_takes_more_than_its_share_and_a_known_device_is_answered_all_the_same() {
    let (world, ann) = World::with_ann();
    let source = || doorward::ClientAddress::from_ip([192, 0, 2, 7].into());
    let ask = |address: &str| doorward::ResetRequest::new(email(address)).client_address(source());
    let answered = (0..500).filter(|n| block_on(world.auth.request_reset(ask(&format!("x{n}@evil.example")))).is_ok());
    assert_eq!(answered.count(), 100);
    // Every further request from this client address must wait, whether the account exists or not.
    for address in [ANN, NOBODY] {
        let refused = block_on(world.auth.request_reset(ask(address))).unwrap_err();
        assert!(matches!(refused, Unavailable::Busy { .. }), "{address}: {refused:?}");
    }
    let before = world.mailer.count();
    block_on(world.auth.request_reset(ask(ANN).device(&device(&ann)))).unwrap();
    assert_eq!(world.mailer.count(), before + 1, "the owner's browser is served");
    assert!(
        block_on(world.auth.request_reset(ask(NOBODY).device(&device(&ann)))).is_err(),
        "the token counts only for its owner"
    );
    block_on(world.auth.request_reset(doorward::ResetRequest::new(email("bob@acme.example")))).unwrap();
}

#[test]
fn h1_a_known_device_has_a_rate_too() {
    let (world, ann) = World::with_ann();
    let ask = || {
        let address = ClientAddress::from_ip([192, 0, 2, 7].into());
        let request = ResetRequest::new(email(ANN)).client_address(address).device(&device(&ann));
        block_on(world.auth.request_reset(request)).is_ok()
    };
    assert_eq!((0..500).filter(|_| ask()).count(), 110, "a hundred for the client address, ten for the device");
}

/// Users who are looked up by address one at a time, each after a permit, as on a database that is slow.
#[derive(Debug)]
struct Gated(Arc<MemoryUsers>, Arc<Semaphore>);

#[doorward::async_trait]
impl UserRepository for Gated {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.0.insert(user).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        self.0.find_by_id(id).await
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        self.1.acquire().await.unwrap().forget();
        self.0.find_by_email(email).await
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        self.0.replace(user, expected).await
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        self.0.delete(user).await
    }

    fn keeps_journal(&self) -> bool {
        self.0.keeps_journal()
    }
}

/// Lets the other tasks of a runtime on one thread run until each of them waits.
async fn all_wait() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn h1_strangers_fill_their_places_and_the_request_of_a_known_device_is_the_next_to_be_looked_up() {
    let (world, ann) = World::with_ann();
    let (permits, before) = (Arc::new(Semaphore::new(0)), world.mailer.count());
    let users = Gated(Arc::clone(&world.users), Arc::clone(&permits));
    let auth = Auth::builder(site(), users, world.attempts.clone(), world.mailer.clone())
        .clock(world.clock.clone())
        .background(|work| drop(tokio::spawn(work)))
        .build()
        .unwrap();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        let is_taken = async |request: ResetRequest| auth.request_reset(request).await.is_ok();
        let mut taken = 0;
        // Twice, since some leave the queue and are looked up in the meantime.
        for _ in 0..2 {
            while is_taken(ResetRequest::new(email(&format!("x{taken}@evil.example")))).await {
                taken += 1;
                assert!(taken < STRANGERS, "the queue is bounded");
            }
            all_wait().await;
        }
        let waiting = taken - 4;
        for address in [ANN, NOBODY] {
            assert!(!is_taken(ResetRequest::new(email(address))).await, "{address}: no place is left");
        }
        assert!(is_taken(ResetRequest::new(email(ANN)).device(&device(&ann))).await, "the owner's browser has a place");
        // Four are looked up at once: hers comes right after them, before all that wait.
        permits.add_permits(5);
        all_wait().await;
        assert_eq!(world.mailer.count(), before + 1, "{waiting} strangers wait");
        assert_eq!(world.last_mail().to, email(ANN));
        permits.add_permits(waiting);
        auth.close().await;
        assert_eq!((permits.available_permits(), world.mailer.count()), (0, before + 1), "all were looked up once");
    });
}

/// Counts how often a purge was asked for, and the largest number of entries asked for at once.
#[derive(Clone, Debug, Default)]
struct Purges(Arc<MemoryAttempts>, Arc<AtomicUsize>, Arc<AtomicUsize>);

#[doorward::async_trait]
impl AttemptStore for Purges {
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        self.0.load(key).await
    }

    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        self.0.swap(key, expected, next).await
    }

    async fn purge(&self, now: time::OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.2.fetch_max(at_most as usize, Ordering::SeqCst);
        self.0.purge(now, at_most).await
    }
}

#[test]
fn m5_no_sign_in_waits_for_a_purge_and_a_purge_takes_a_thousand_at_a_time() {
    let (clock, store) = (ManualClock::new(), Purges::default());
    let auth = Auth::builder(site(), MemoryUsers::new(), store.clone(), RecordingMailer::new())
        .clock(clock.clone())
        .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
        .build()
        .unwrap();
    for _ in 0..3 {
        let _ = block_on(auth.try_sign_in(SignInRequest::new(NOBODY, "wrong")));
        let _ = block_on(auth.request_reset(&email(NOBODY)));
        clock.advance(DAY);
    }
    assert_eq!(store.1.load(Ordering::SeqCst), 0, "without a spawner nobody waits for a purge");
    block_on(auth.purge()).unwrap();
    assert!(store.2.load(Ordering::SeqCst) <= 1_000, "some at a time");
}

#[test]
fn a15_an_owner_with_the_factor_ends_a_recovery_that_the_mailbox_holds_open() {
    let (world, ann, app, _) = World::with_enrolled_ann();
    let token = world.request(ANN);
    let confirmed = block_on(world.auth.confirm_reset(&token)).unwrap();
    let mailed = world.mailed_password();
    let refused = block_on(world.auth.change_password(&ann, OLD, NEW));
    assert!(matches!(refused, Err(ChangePasswordError::RecoveryPending { .. })));
    world.clock.advance(5 * MINUTE);
    let refused = block_on(world.auth.cancel_recovery(&ann)).unwrap_err();
    assert_eq!(refused.code(), "code_proof_needed", "the password alone is not enough");
    let ann = block_on(world.auth.reauthenticate_with_code(&ann, &app.code(&world))).unwrap();
    block_on(world.auth.cancel_recovery(&ann)).unwrap();
    assert!(world.fails(ANN, &mailed), "the mailed password is no longer valid");
    assert_eq!(block_on(world.auth.inspect_reset(&token)).unwrap(), doorward::password::ResetLinkStatus::Invalid);
    for _ in 0..3 {
        assert!(world.fails(ANN, "wrong"));
    }
    let request = SignInRequest::new(ANN, OLD).device(&confirmed.device.unwrap().expose());
    assert!(matches!(block_on(world.auth.try_sign_in(request)), Err(SignInError::Throttled { .. })));
    let _ = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
    // Without a second factor, access to the mailbox is sufficient.
    let bob = world.open("bob@acme.example", OLD);
    assert_eq!(block_on(world.auth.cancel_recovery(&bob)).unwrap_err().code(), "not_enrolled");
}

/// An attacker with the mailbox, the password, a session and a browser of the owner, but not the authenticator, uses every
/// opportunity in every class, while the owner enters a right code every day.
#[test]
fn a15_a_challenge_won_by_the_mailed_password_ends_with_the_recovery() {
    let (world, ann, app, _) = World::with_enrolled_ann();
    let token = world.request(ANN);
    let _ = block_on(world.auth.confirm_reset(&token)).unwrap();
    let challenge = world.asked_for_a_code(ANN, &world.mailed_password());
    world.clock.advance(5 * MINUTE);
    let ann = block_on(world.auth.reauthenticate_with_code(&ann, &app.code(&world))).unwrap();
    block_on(world.auth.cancel_recovery(&ann)).unwrap();
    let refused = world.verify(&challenge, &app.wrong_code(&world)).unwrap_err();
    assert_eq!(refused.code(), "challenge_invalid");
}

#[test]
fn a17_of_all_who_guess_codes_together_forty_are_looked_at_in_a_day_and_750_in_thirty() {
    let (world, ann, app, _) = World::with_enrolled_ann();
    let challenge = world.asked_for_a_code(ANN, OLD);
    let owner = complete(world.verify(&challenge, &app.code(&world)).unwrap());
    let browser = device(&owner);
    let begun = world.now();
    let looked_at = || world.failed_codes().len();
    let (mut by_quarter, mut days) = (vec![0], 0);
    while world.now() - begun < 30 * DAY {
        // In a session.
        let _ = block_on(world.auth.reauthenticate_with_code(&ann, &app.wrong_code(&world)));
        // With the password alone, and on the owner's browser.
        for request in [SignInRequest::new(ANN, OLD), SignInRequest::new(ANN, OLD).device(&browser)] {
            if let Ok(SignIn::SecondFactorRequired(challenge)) = block_on(world.auth.try_sign_in(request)) {
                while let Err(VerifySecondFactorError::CodeWrong) = world.verify(&challenge, &app.wrong_code(&world)) {}
            }
        }
        // Through the mailbox, in two steps and in one.
        let before = world.mailer.count();
        block_on(world.auth.request_reset(&email(ANN))).unwrap();
        if world.mailer.count() > before && block_on(world.auth.confirm_reset(&world.mailed_token())).is_ok() {
            let mailed = world.mailed_password();
            let challenge = world.asked_for_a_code(ANN, &mailed);
            while let Err(VerifySecondFactorError::CodeWrong) = world.verify(&challenge, &app.wrong_code(&world)) {}
            let request = SignInRequest::new(ANN, &mailed).code(&app.wrong_code(&world));
            let _ = block_on(world.auth.try_sign_in(request));
        }
        if (world.now() - begun).whole_days() > days {
            days += 1;
            // The owner enters a code where one is due by now.
            let _ = block_on(world.auth.reauthenticate_with_code(&owner, &app.code(&world)));
        }
        world.clock.advance(15 * MINUTE);
        by_quarter.push(looked_at());
    }
    let in_a_day = by_quarter.windows(97).map(|window| window[96] - window[0]).max().unwrap();
    let in_thirty = looked_at();
    println!("a17: at most {in_a_day} codes looked at in a day, {in_thirty} in thirty");
    assert!(in_a_day <= 40 && in_thirty <= 750, "{in_a_day} in a day, {in_thirty} in thirty");
    assert!(in_thirty > 100, "the guesses were evaluated: {in_thirty}");
}

/// One class alone, whose owner confirms by code every so often during eight hours of each day. The attacker stops guessing where
/// the next wait would outlast the owner's next right code. How many guesses are evaluated in a day at most, and in thirty.
fn guesses_beside_an_owner(every: std::time::Duration, stops_at: usize) -> (usize, usize) {
    // Who guesses sits at the owner's browser: each right code gives it another token.
    let (world, mut ann, app, _) = World::with_enrolled_ann();
    let (begun, step) = (world.now(), 5);
    let looked_at = || world.failed_codes().len();
    let (mut counts, mut since, mut minute) = (vec![0], 0_usize, 0_u64);
    while world.now() - begun < 30 * DAY {
        let of_day = minute % (24 * 60);
        if of_day < 8 * 60 && of_day % (every.as_secs() / 60) == 0 {
            if let Ok(proved) = block_on(world.auth.reauthenticate_with_code(&ann, &app.code(&world))) {
                (ann, since) = (proved, since.saturating_sub(5));
            }
        } else if since < stops_at {
            let guessed = block_on(world.auth.reauthenticate_with_code(&ann, &app.wrong_code(&world)));
            since += usize::from(guessed.is_err_and(|error| error.code() == "code_wrong"));
        }
        world.clock.advance(step * MINUTE);
        minute += u64::from(step);
        counts.push(looked_at());
    }
    let a_day = (24 * 60 / step) as usize;
    (counts.windows(a_day + 1).map(|window| window[a_day] - window[0]).max().unwrap(), looked_at())
}

/// A machine whose clock is a moment behind must not make recent failures look old.
#[test]
fn a17_two_machines_whose_clocks_differ_by_a_moment_hand_out_no_guesses() {
    let (world, mut ann, app, _) = World::with_enrolled_ann();
    let behind = ManualClock::at(world.now() - SECOND / 20);
    let other = Auth::builder(site(), world.users.clone(), world.attempts.clone(), world.mailer.clone())
        .clock(behind.clone())
        .keyring(keyring())
        .configure(for_tests)
        .build()
        .unwrap();
    let (mut guesses, mut step) = (Vec::new(), 0_u32);
    while step < 3 * 24 * 12 {
        for auth in [&world.auth, &other, &world.auth] {
            let guess = block_on(auth.reauthenticate_with_code(&ann, &app.wrong_code(&world)));
            if guess.is_err_and(|error| error.code() == "code_wrong") {
                guesses.push(step);
            }
        }
        // The owner, wherever no wait is on.
        if step % 24 == 0
            && let Ok(proved) = block_on(world.auth.reauthenticate_with_code(&ann, &app.code(&world)))
        {
            ann = proved;
        }
        world.clock.advance(5 * MINUTE);
        behind.advance(5 * MINUTE);
        step += 1;
    }
    let in_a_day = |from: u32| guesses.iter().filter(|at| (from..from + 24 * 12).contains(*at)).count();
    let most = guesses.iter().map(|from| in_a_day(*from)).max().unwrap();
    assert!(most <= 10, "{most} in a day");
}

/// A quarter of what all four classes may take together.
#[test]
fn a17_an_owner_who_gives_right_codes_often_hands_out_no_guesses() {
    for (every, stops_at) in [(HOUR, 6), (HOUR, 7), (2 * HOUR, 7), (8 * HOUR, 9)] {
        let (in_a_day, in_thirty) = guesses_beside_an_owner(every, stops_at);
        println!(
            "a17: a right code every {every:?}, stopping at {stops_at}: {in_a_day} in a day, {in_thirty} in thirty"
        );
        assert!(in_a_day <= 10 && in_thirty <= 750 / 4, "{in_a_day} in a day, {in_thirty} in thirty");
        assert!(in_thirty > 30, "the guesses were evaluated: {in_thirty}");
    }
}

/// Sends one mail for each permit.
#[derive(Debug)]
struct Halting {
    mailer: RecordingMailer,
    permits: Arc<Semaphore>,
    under_way: Arc<AtomicUsize>,
}

#[doorward::async_trait]
impl Mailer for Halting {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        self.permits.acquire().await.unwrap().forget();
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        self.mailer.send(to, mail).await
    }
}

#[test]
fn a20_a_mailer_that_halts_holds_up_no_request_and_keeps_one_mail_a_user() {
    const OWNERS: usize = 50;
    let world = World::new();
    let owner = |n: usize| format!("owner{}@acme.example", n % OWNERS);
    (0..OWNERS).map(owner).chain([ANN.to_owned()]).for_each(|address| drop(world.provision(&address)));
    let (permits, under_way) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let (tasks, before) = (Arc::new(AtomicUsize::new(0)), world.mailer.count());
    let mailer =
        Halting { mailer: world.mailer.clone(), permits: Arc::clone(&permits), under_way: Arc::clone(&under_way) };
    let counted = Arc::clone(&tasks);
    let auth = Auth::builder(site(), world.users.clone(), world.attempts.clone(), mailer)
        .clock(world.clock.clone())
        .observer(world.observer.clone())
        .background(move |work| {
            let tasks = Arc::clone(&counted);
            tasks.fetch_add(1, Ordering::SeqCst);
            drop(tokio::spawn(async move {
                work.await;
                tasks.fetch_sub(1, Ordering::SeqCst);
            }));
        })
        .build()
        .unwrap();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        // More than may wait for their look-ups. Every other request is for an account.
        for n in 0..STRANGERS {
            let address = if n % 2 == 0 { owner(n / 2) } else { format!("f{n}@evil.example") };
            auth.request_reset(&email(&address)).await.expect("no place is held by a mail");
            if n % 1_000 == 0 {
                all_wait().await;
            }
        }
        auth.request_reset(&email(ANN)).await.unwrap();
        all_wait().await;
        assert_eq!(world.mailer.count(), before, "the mailer halts");
        assert_eq!(world.observer.count(&EventKind::ResetLinkWithheld), STRANGERS / 2, "strangers are dealt with");
        let repeated = world.observer.count(&EventKind::ResetCoolingDown);
        assert_eq!(repeated, STRANGERS / 2 - OWNERS, "so is all but the first request of each owner");
        assert_eq!(under_way.load(Ordering::SeqCst), 16, "the others wait in the queue, in no task");
        assert_eq!(tasks.load(Ordering::SeqCst), 16);
        permits.add_permits(OWNERS + 1);
        auth.close().await;
    });
    assert_eq!((permits.available_permits(), world.mailer.count()), (0, before + OWNERS + 1), "one mail for each");
    assert!(world.mailer.last_to(&email(ANN)).unwrap().token().is_some());
}

#[cfg(feature = "zxcvbn")]
#[test]
fn a12_no_text_takes_long_to_judge() {
    let world = World::with(|builder| {
        builder.configure(|config| {
            config.password.min_strength = Some(4);
            config.password.max_length = 1_024;
        })
    });
    let took = |text: &str| {
        let one = || {
            let begun = std::time::Instant::now();
            let _ = world.auth.check_new_password(&email(ANN), text);
            begun.elapsed()
        };
        (0..5).map(|_| one()).min().unwrap()
    };
    let usual = took("a lamp in the window and rain on the roof at night, in May");
    for symbols in ["4@8({[<3690!1|7$5+%2", "4@8({[<369&#!1/|0$5+7%2", "4@", "p4$$w0rd1!", "1.1.2020", "qwertyuiop[]"] {
        let text: String = symbols.chars().cycle().take(256).collect();
        let ratio = took(&text).as_secs_f64() / usual.as_secs_f64();
        assert!(ratio < 20.0, "{symbols}: {ratio:.0} times as long as an ordinary password");
    }
}

#[cfg(feature = "sqlite")]
mod over_sqlite {
    use super::*;
    use doorward::store::SqliteStore;
    use support::sql::Folder;

    fn on_two_threads<F: Future>(work: F) -> F::Output {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
    }

    #[test]
    fn a3c_an_ordinary_user_of_many_connections_shuts_no_owner_out() {
        on_two_threads(async {
            let folder = Folder::new();
            let store = SqliteStore::connect(&folder.url("a.db")).await.unwrap();
            store.migrate().await.unwrap();
            let (clock, mailer) = (ManualClock::new(), RecordingMailer::new());
            let (auth, operator) = Auth::builder(site(), store.clone(), store, mailer.clone())
                .clock(clock.clone())
                .background(|work| drop(tokio::spawn(work)))
                .configure(|config| config.hashing.threads = NonZeroUsize::new(2))
                .build_with_operator()
                .unwrap();
            let owner = device(&opens((&auth, &operator), &mailer, ANN, OLD).await);
            let cookie = device(&opens((&auth, &operator), &mailer, "mallory@acme.example", NEW).await);
            let of_a_user = {
                let (auth, cookie) = (auth.clone(), cookie.clone());
                move || {
                    let request = SignInRequest::new("mallory@acme.example", "wrong").device(&cookie);
                    let auth = auth.clone();
                    async move { drop(auth.try_sign_in(request).await) }
                }
            };
            let others = async |_| {
                clock.advance(SECOND);
                is_busy(&auth.try_sign_in(SignInRequest::new(ANN, OLD).device(&owner)).await)
            };
            assert_eq!(while_flooded(150, of_a_user, others).await, 0);
        });
    }

    #[test]
    fn a10_reset_requests_of_strangers_leave_nothing_in_the_store() {
        on_two_threads(async {
            let folder = Folder::new();
            let store = SqliteStore::connect(&folder.url("a.db")).await.unwrap();
            store.migrate().await.unwrap();
            let auth = Auth::builder(site(), store.clone(), store.clone(), RecordingMailer::new())
                .background(|work| drop(tokio::spawn(work)))
                .build()
                .unwrap();
            for n in 0..20_000 {
                auth.request_reset(&email(&format!("g{n}@evil.example"))).await.unwrap();
            }
            auth.close().await;
            let pool = doorward::store::sqlx::SqlitePool::connect(&folder.url("a.db")).await.unwrap();
            for table in ["users", "attempts"] {
                let count = format!("SELECT COUNT(*) FROM doorward_{table}");
                let rows: i64 = doorward::store::sqlx::query_scalar(doorward::store::sqlx::AssertSqlSafe(count))
                    .fetch_one(&pool)
                    .await
                    .unwrap();
                assert_eq!(rows, 0, "{table}");
            }
        });
    }

    #[test]
    fn a20_a_flood_of_requests_loses_no_owners_mail() {
        on_two_threads(async {
            let folder = Folder::new();
            let store = SqliteStore::connect(&folder.url("a.db")).await.unwrap();
            store.migrate().await.unwrap();
            let mailer = RecordingMailer::new();
            let (auth, operator) = Auth::builder(site(), store.clone(), store, mailer.clone())
                .background(|work| drop(tokio::spawn(work)))
                .build_with_operator()
                .unwrap();
            for n in 0..50 {
                operator.provision(email(&format!("owner{n}@acme.example"))).await.unwrap();
            }
            let before = mailer.count();
            let ask = |address: String, after: std::time::Duration| {
                let auth = auth.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(after).await;
                    auth.request_reset(&email(&address)).await.is_ok()
                })
            };
            let flood: Vec<_> =
                (0..40_000).map(|n| ask(format!("f{n}@evil.example"), std::time::Duration::ZERO)).collect();
            let owners: Vec<_> = (0..50).map(|n| ask(format!("owner{n}@acme.example"), n * SECOND / 25)).collect();
            let mut answered = 0;
            for owner in owners {
                answered += usize::from(owner.await.unwrap());
            }
            for stranger in flood {
                let _ = stranger.await.unwrap();
            }
            auth.close().await;
            assert!(answered >= 45, "{answered} owners of 50 were answered");
            assert_eq!(mailer.count() - before, answered, "every accepted request sends a mail");
        });
    }
}

#[test]
fn signing_out_ends_a_session_that_this_clock_does_not_accept() {
    let (world, ann) = World::with_ann();
    let copy = ann.token().expose();
    // By the clock of this machine the session begins in the future. By that of another, it is alive.
    world.clock.set_back(5 * MINUTE);
    assert!(!world.is_live(&ann));
    block_on(world.auth.sign_out(&ann)).unwrap();
    assert_eq!(world.observer.count(&EventKind::SignedOut), 1);
    world.clock.advance(5 * MINUTE);
    assert!(block_on(world.auth.resume(&copy)).is_err(), "nobody signed out");
}

#[test]
fn a_session_whose_device_was_revoked_takes_no_place() {
    // Where a further session is refused.
    let world = World::with(|builder| {
        builder.configure(|config| {
            config.session.at_most = 2;
            config.session.danger_refuse_when_full = true;
        })
    });
    let desk = world.open(ANN, OLD);
    let phone = world.signed_in(ANN, OLD);
    assert!(matches!(world.sign_in(ANN, OLD), Err(SignInError::TooManySessions)));
    block_on(world.auth.revoke_device(&desk, phone.session().device.unwrap())).unwrap();
    let again = world.signed_in(ANN, OLD);
    assert!(world.is_live(&desk) && world.is_live(&again) && !world.is_live(&phone));

    // Where the least recently used one would end.
    let world = World::with(|builder| builder.configure(|config| config.session.at_most = 3));
    let desk = world.open(ANN, OLD);
    let phone = world.signed_in(ANN, OLD);
    let laptop = world.signed_in(ANN, OLD);
    block_on(world.auth.revoke_device(&desk, laptop.session().device.unwrap())).unwrap();
    let again = world.signed_in(ANN, OLD);
    assert!(world.is_live(&desk) && world.is_live(&phone) && world.is_live(&again));
}
