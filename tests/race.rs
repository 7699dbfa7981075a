//! Races that prove a collision happened, with threads released together and stores that count lost swaps.
#![cfg(feature = "testing")]

#[path = "race/sessions.rs"]
mod sessions;
mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use doorward::error::{ChoosePasswordError, ConfirmResetError, SignInError};
use doorward::hashing::HashParams;
use doorward::store::{
    AttemptKey, Attempts, BackendError, Insert, MemoryAttempts, MemoryUsers, Replace, Swap, User, UserHead, Version,
};
use doorward::testing::{ManualClock, RecordingMailer};
use doorward::{AttemptStore, Auth, Email, SignInRequest, UserId, UserRepository};
use pollster::block_on;
use support::*;

/// Stores that count rejected writes, and yield the processor after each read, so that others interleave.
#[derive(Clone, Debug, Default)]
struct Racing {
    users: Arc<MemoryUsers>,
    attempts: Arc<MemoryAttempts>,
    stale: Arc<AtomicU64>,
}

impl Racing {
    fn stale(&self) -> u64 {
        self.stale.load(Ordering::SeqCst)
    }

    fn count(&self, stale: bool) {
        self.stale.fetch_add(u64::from(stale), Ordering::SeqCst);
    }
}

#[async_trait::async_trait]
impl UserRepository for Racing {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.users.insert(user).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        let found = self.users.find_by_id(id).await;
        thread::yield_now();
        found
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        let found = self.users.find_by_email(email).await;
        thread::yield_now();
        found
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        let answer = self.users.replace(user, expected).await?;
        self.count(answer == Replace::Stale);
        Ok(answer)
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        self.users.delete(user).await
    }

    fn keeps_journal(&self) -> bool {
        self.users.keeps_journal()
    }
}

#[async_trait::async_trait]
impl AttemptStore for Racing {
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        let found = self.attempts.load(key).await;
        thread::yield_now();
        found
    }

    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        let answer = self.attempts.swap(key, expected, next).await?;
        self.count(answer == Swap::Stale);
        Ok(answer)
    }

    async fn purge(&self, now: time::OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
        self.attempts.purge(now, at_most).await
    }
}

fn racing_world() -> (World, Racing) {
    let stores = Racing::default();
    let (clock, mailer) = (ManualClock::new(), RecordingMailer::new());
    let observer = doorward::testing::RecordingObserver::new();
    let (auth, operator) = Auth::builder(site(), stores.clone(), stores.clone(), mailer.clone())
        .clock(clock.clone())
        .observer(observer.clone())
        .configure(|config| {
            config.hashing.params = HashParams::danger_cheap_for_tests();
            config.hashing.queue_per_thread = 4_096;
        })
        .build_with_operator()
        .unwrap();
    let world = World {
        auth,
        operator,
        clock,
        mailer,
        observer,
        users: stores.users.clone(),
        attempts: stores.attempts.clone(),
    };
    (world, stores)
}

/// Releases `n` calls together, each on its own thread.
fn together<T: Send>(n: usize, call: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(n);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..n)
            .map(|index| {
                let (barrier, call) = (&barrier, &call);
                thread::Builder::new()
                    .stack_size(1 << 19)
                    .spawn_scoped(scope, move || {
                        barrier.wait();
                        call(index)
                    })
                    .unwrap()
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Repeats a race until its calls have collided, usually one round or two: the scheduler decides whether they do.
fn until_they_collide(race: impl Fn() -> u64) {
    assert!((0..50).any(|_| race() > 0), "no collision in fifty rounds");
}

#[test]
fn s10_of_64_tasks_confirming_one_link_one_installs_and_mails() {
    until_they_collide(|| {
        let (world, stores) = racing_world();
        let _ = world.open(ANN, OLD);
        let token = world.request(ANN);
        let (mails, before) = (world.mailer.count(), stores.stale());
        let outcomes = together(64, |_| block_on(world.auth.confirm_reset(&token)));
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        let early = |outcome: &&Result<_, _>| matches!(outcome, Err(ConfirmResetError::AlreadyConfirmed { .. }));
        assert_eq!(outcomes.iter().filter(early).count(), 63);
        assert_eq!(world.mailer.count(), mails + 1);
        world.challenge(ANN, &world.mailed_password());
        stores.stale() - before
    });
}

#[test]
fn s02_of_64_tasks_changing_with_one_temporary_password_one_wins() {
    until_they_collide(|| {
        let (world, stores) = racing_world();
        world.provision(ANN);
        let mailed = world.mailed_password();
        let before = stores.stale();
        let outcomes = together(64, |index| {
            let outcome = block_on(world.auth.try_sign_in(SignInRequest::new(ANN, &mailed)));
            let Ok(doorward::SignIn::PasswordChangeRequired(challenge)) = outcome else { return None };
            block_on(world.auth.choose_password(&challenge, &format!("the password of task {index}")))
                .ok()
                .map(|_| index)
        });
        let winners: Vec<_> = outcomes.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        let _ = world.signed_in(ANN, &format!("the password of task {}", winners[0]));
        stores.stale() - before
    });
}

#[test]
fn s02_of_64_tasks_choosing_with_one_challenge_one_wins() {
    let (world, _) = racing_world();
    world.provision(ANN);
    let challenge = world.challenge(ANN, &world.mailed_password());
    let outcomes = together(64, |index| {
        block_on(world.auth.choose_password(&challenge, &format!("the password of task {index}")))
    });
    let winners: Vec<_> = outcomes.iter().enumerate().filter(|(_, outcome)| outcome.is_ok()).map(|(n, _)| n).collect();
    assert_eq!(winners.len(), 1);
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        let refused = matches!(error, ChoosePasswordError::InProgress { .. } | ChoosePasswordError::ChallengeInvalid);
        assert!(refused, "{error:?}");
    }
    assert!(world.auth.hash_load().computed <= 10, "one hash per challenge at a time, and at most ten tries");
    let _ = world.signed_in(ANN, &format!("the password of task {}", winners[0]));
}

#[test]
fn s02_of_challenges_used_from_two_processes_one_wins() {
    // Two `Auth`s over the same stores do not know of each other: only the versioned write can settle it.
    until_they_collide(|| {
        let (world, stores) = racing_world();
        world.provision(ANN);
        let challenge = world.challenge(ANN, &world.mailed_password());
        let auths: Vec<Auth> = (0..8)
            .map(|_| {
                Auth::builder(site(), stores.clone(), stores.clone(), world.mailer.clone())
                    .clock(world.clock.clone())
                    .configure(|config| {
                        config.hashing.params = HashParams::danger_cheap_for_tests();
                        config.hashing.threads = std::num::NonZeroUsize::new(1);
                    })
                    .build()
                    .unwrap()
            })
            .collect();
        let before = stores.stale();
        let outcomes = together(8, |index| {
            block_on(auths[index].choose_password(&challenge, &format!("the password of process {index}")))
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        stores.stale() - before
    });
}

#[test]
fn s03_of_64_tasks_changing_from_one_session_one_wins() {
    let (world, _) = racing_world();
    let ann = world.open(ANN, OLD);
    let outcomes =
        together(64, |index| block_on(world.auth.change_password(&ann, OLD, &format!("the password of task {index}"))));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

#[test]
fn s16_of_1000_parallel_wrong_guesses_one_is_hashed_per_slot() {
    until_they_collide(|| {
        let (world, stores) = racing_world();
        let _ = world.open(ANN, OLD);
        world.clock.advance(MINUTE);
        let mut collisions = 0;
        for slot in 1..=3 {
            let (hashed, stale) = (world.auth.hash_load().computed, stores.stale());
            let outcomes = together(1_000, |index| world.try_sign_in(ANN, &format!("guess {index}")));
            let evaluated =
                outcomes.iter().filter(|outcome| matches!(outcome, Err(SignInError::InvalidCredentials))).count();
            assert_eq!((evaluated, world.auth.hash_load().computed - hashed), (1, 1));
            let waiting = |outcome: &&Result<_, _>| matches!(outcome, Err(SignInError::Throttled { .. }));
            assert_eq!(outcomes.iter().filter(waiting).count(), 999);
            collisions += stores.stale() - stale;
            world.clock.advance(doorward::config::Backoff::default().delay_after(slot));
        }
        collisions
    });
}

#[test]
fn s12_of_two_simultaneous_requests_one_mails() {
    until_they_collide(|| {
        let (world, stores) = racing_world();
        let _ = world.open(ANN, OLD);
        // Two processes: a single one handles the requests for a user one at a time.
        let other = Auth::builder(site(), stores.clone(), stores.clone(), world.mailer.clone())
            .clock(world.clock.clone())
            .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
            .build()
            .unwrap();
        let auths = [&world.auth, &other];
        let (mails, before) = (world.mailer.count(), stores.stale());
        let answers = together(2, |index| block_on(auths[index].request_reset(&email(ANN))).unwrap());
        assert_eq!(answers[0], answers[1]);
        assert_eq!(world.mailer.count(), mails + 1);
        stores.stale() - before
    });
}

#[test]
fn s18_a_deactivation_between_the_check_and_the_write_is_never_missed() {
    // Fifteen sign-ins race one deactivation: once it has returned, none of their sessions is valid.
    until_they_collide(|| {
        let (world, stores) = racing_world();
        let ann = world.open(ANN, OLD);
        let cookies: Vec<_> = (0..15).map(|_| device(&world.signed_in(ANN, OLD))).collect();
        world.clock.advance(MINUTE);
        let before = stores.stale();
        let outcomes = together(16, |index| {
            if index == 15 {
                block_on(world.operator.deactivate(ann.user_id())).unwrap();
                return None;
            }
            let request = SignInRequest::new(ANN, OLD).device(&cookies[index]);
            match block_on(world.auth.try_sign_in(request)) {
                Ok(doorward::SignIn::Complete(signed_in)) => Some(signed_in),
                // The account's deactivation voids its device, so an attempt may also fall into the bucket of unknown devices.
                Err(SignInError::InvalidCredentials | SignInError::Throttled { .. }) => None,
                other => panic!("{other:?}"),
            }
        });
        for signed_in in outcomes.into_iter().flatten() {
            assert!(!world.is_live(&signed_in));
        }
        stores.stale() - before
    });
}

fn meddled(world: &World, meddle: impl FnOnce() + Send + 'static) -> Auth {
    let users = Meddling::new(world.users.clone(), meddle);
    Auth::builder(site(), users, world.attempts.clone(), world.mailer.clone())
        .clock(world.clock.clone())
        .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
        .build()
        .unwrap()
}

#[test]
fn s16_the_refund_of_a_slow_success_shortens_no_wait_that_others_earned_meanwhile() {
    let (world, _) = World::with_ann();
    for _ in 0..10 {
        assert!(world.fails(ANN, "wrong"));
    }
    let schedule = doorward::config::Backoff::default();
    world.clock.advance(schedule.delay_after(10));
    let (strangers, clock) = (world.auth.clone(), world.clock.clone());
    let auth = meddled(&world, move || {
        clock.advance(schedule.delay_after(11));
        let wrong = block_on(strangers.try_sign_in(SignInRequest::new(ANN, "wrong")));
        assert!(matches!(wrong, Err(SignInError::InvalidCredentials)));
    });
    assert!(block_on(auth.try_sign_in(SignInRequest::new(ANN, OLD))).is_ok());
    let Err(SignInError::Throttled { retry_after }) = world.try_sign_in(ANN, "wrong") else { panic!("not throttled") };
    assert_eq!(retry_after, schedule.delay_after(12), "an unknown browser waits as long as before");
    // The count was reduced all the same: the next failure is the seventh.
    world.clock.advance(retry_after);
    assert!(matches!(world.try_sign_in(ANN, "wrong"), Err(SignInError::InvalidCredentials)));
    let Err(SignInError::Throttled { retry_after }) = world.try_sign_in(ANN, "wrong") else { panic!("not throttled") };
    assert_eq!(retry_after, schedule.delay_after(7));
}

#[test]
fn s02_a_verdict_on_a_password_that_was_changed_meanwhile_opens_nothing() {
    let (world, ann) = World::with_ann();
    world.clock.advance(MINUTE);
    let owner = world.auth.clone();
    let auth = meddled(&world, move || {
        let _ = block_on(owner.change_password(&ann, OLD, NEW)).unwrap();
    });
    let before = auth.hash_load().computed;
    let outcome = block_on(auth.try_sign_in(SignInRequest::new(ANN, OLD)));
    assert!(matches!(outcome, Err(SignInError::InvalidCredentials)), "the uniform error");
    assert_eq!(auth.hash_load().computed - before, 1, "without a second hash");
}

/// Ann with an authenticator, over stores that count lost swaps.
fn racing_enrolled() -> (World, Racing, App, doorward::second_factor::RecoveryCodes) {
    let racing = Racing::default();
    let mut world = World::with_keyring(|builder| builder);
    (world.auth, world.operator) = Auth::builder(site(), racing.clone(), racing.clone(), world.mailer.clone())
        .clock(world.clock.clone())
        .keyring(keyring())
        .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
        .build_with_operator()
        .unwrap();
    let ann = world.open(ANN, OLD);
    let (_, app, codes) = world.enroll(&ann);
    world.clock.advance(MINUTE);
    (world, racing, app, codes)
}

#[test]
fn scenario_14_of_twenty_submissions_of_one_code_one_wins() {
    let mut collided = false;
    for _ in 0..50 {
        let (world, racing, app, _) = racing_enrolled();
        // As many challenges as may be outstanding, all using the same code.
        let challenges: Vec<_> = (0..5).map(|_| world.asked_for_a_code(ANN, OLD)).collect();
        let (code, stale) = (app.code(&world), racing.stale());
        let outcomes = together(20, |index| world.verify(&challenges[index % 5], &code).is_ok());
        assert_eq!(outcomes.iter().filter(|won| **won).count(), 1);
        collided |= racing.stale() > stale;
        if collided {
            break;
        }
    }
    assert!(collided, "they never collided");
}

#[test]
fn scenario_17_of_twenty_uses_of_one_recovery_code_one_wins_and_the_others_are_counted() {
    let mut collided = false;
    for _ in 0..50 {
        let (world, racing, _, codes) = racing_enrolled();
        let challenges: Vec<_> = (0..5).map(|_| world.asked_for_a_code(ANN, OLD)).collect();
        let (code, stale) = (codes.expose().next().unwrap(), racing.stale());
        let outcomes = together(20, |index| world.verify(&challenges[index % 5], code));
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        collided |= racing.stale() > stale;
        if collided {
            break;
        }
    }
    assert!(collided, "they never collided");
}

#[test]
fn s20_a_hundred_wrong_codes_at_once_are_evaluated_one_in_each_slot() {
    let (world, _, app, _) = racing_enrolled();
    let challenges: Vec<_> = (0..5).map(|_| world.asked_for_a_code(ANN, OLD)).collect();
    let wrong = app.wrong_code(&world);
    let outcomes = together(100, |index| world.verify(&challenges[index % 5], &wrong));
    let evaluated = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(doorward::error::VerifySecondFactorError::CodeWrong)))
        .count();
    assert_eq!(evaluated, 4, "three are free; the fourth causes a wait for all others");
}

#[test]
fn s20_a_remembered_device_that_is_revoked_while_its_password_is_checked_is_asked_for_a_code() {
    let (world, _, app, _) = World::with_enrolled_ann_and(|builder| {
        builder.configure(|config| config.second_factor.remember_device = Some(DAY))
    });
    let challenge = world.asked_for_a_code(ANN, OLD);
    let outcome = block_on(world.auth.verify_second_factor_and_remember(&challenge, &app.code(&world)));
    let ann = complete(outcome.unwrap());
    let token = device(&ann);
    world.clock.advance(SECOND);
    let (owner, stolen) = (world.auth.clone(), ann.session().device.unwrap());
    let users = Meddling::new(world.users.clone(), move || {
        block_on(owner.revoke_device(&ann, stolen)).unwrap();
    });
    let auth = Auth::builder(site(), users, world.attempts.clone(), world.mailer.clone())
        .clock(world.clock.clone())
        .keyring(keyring())
        .configure(|config| {
            config.hashing.params = HashParams::danger_cheap_for_tests();
            config.second_factor.remember_device = Some(DAY);
        })
        .build()
        .unwrap();
    let outcome = block_on(auth.try_sign_in(SignInRequest::new(ANN, OLD).device(&token)));
    code_challenge(outcome.unwrap());
}
