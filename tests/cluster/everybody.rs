//! Everybody is signed out, of every process, by a sweep that fails again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use doorward::account::Import;
use doorward::hashing::{HashParams, PasswordHash};
use doorward::session::SignOutSweep;
use doorward::store::{BackendError, BackendErrorKind, Insert, Replace, Swap, User, UserDirectory, UserHead, Version};
use doorward::testing::join_all;
use doorward::{AttemptStore, Auth, Clock, Email, Operator, UserId, UserRepository};
use time::OffsetDateTime;

use crate::support::dead::is_dead_text;
use crate::support::sql::{Folder, block_on, fresh_prefix};
use crate::support::stage::Stage;
use crate::support::{Asking, MINUTE, SECOND, email, postgres, site};
use crate::{connect, connect_sqlite};

const ACCOUNTS: usize = 1_000;
/// "password" hashed by the reference implementation (`tests/data/argon2_reference.json`).
const HASH: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

/// A store of users whose calls fail every now and then, one in a hundred.
#[derive(Debug)]
struct Flaky<S> {
    store: S,
    random: AtomicU64,
}

impl<S> Flaky<S> {
    fn fails(&self, one_in: u64) -> Result<(), BackendError> {
        let next = |state: u64| state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let before = self.random.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |state| Some(next(state))).unwrap();
        match (next(before) >> 33) % one_in {
            0 => Err(BackendError::new(BackendErrorKind::Unavailable)),
            _ => Ok(()),
        }
    }
}

#[doorward::async_trait]
impl<S: UserRepository> UserRepository for Flaky<S> {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.store.insert(user).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        self.fails(100)?;
        self.store.find_by_id(id).await
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        self.store.find_by_email(email).await
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        let answer = self.store.replace(user, expected).await;
        // It took effect, and the answer is lost.
        self.fails(100)?;
        answer
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        self.store.delete(user).await
    }

    fn keeps_journal(&self) -> bool {
        self.store.keeps_journal()
    }
}

fn address(n: usize) -> String {
    format!("person{n}@acme.example")
}

/// Signs these people in, spread over the processes, and returns the texts of their sessions.
async fn sign_in(processes: &[Stage], people: impl Iterator<Item = usize>) -> Vec<String> {
    processes[0].clock.advance(SECOND);
    let (people, mut texts) = (people.collect::<Vec<_>>(), Vec::new());
    for some in people.chunks(24) {
        let signing_in = some.iter().map(async |n| {
            let stage = &processes[n % processes.len()];
            stage.signs_in(&address(*n), "password").await.token().expose()
        });
        texts.extend(join_all(signing_in).await);
    }
    texts
}

async fn all_are_dead(processes: &[Stage], texts: &[String], name: &str) {
    for stage in processes {
        for text in texts {
            is_dead_text(&stage.auth, text, name).await;
        }
    }
}

async fn all_live(processes: &[Stage], texts: &[String], name: &str, what: &str) {
    for stage in processes {
        for text in texts {
            let resumed = stage.auth.resume(text).await;
            assert!(resumed.is_ok(), "{name}: {what}, {resumed:?}");
        }
    }
}

async fn everybody_is_out<S>(name: &str, open: impl AsyncFn() -> S)
where
    S: UserRepository + UserDirectory + AttemptStore + Clone,
{
    let first = Stage::new(open().await);
    let processes = [first.restarted(open().await), first.restarted(open().await), first];
    for n in 0..ACCOUNTS {
        let person = Import::new(email(&address(n)), PasswordHash::parse(HASH).unwrap());
        let _ = processes[n % 3].operator.import_user(person).await.unwrap();
    }
    let mut older = sign_in(&processes, 0..ACCOUNTS).await;
    // Some have a second session, on another process.
    older.extend(sign_in(&processes, (0..ACCOUNTS).filter(|n| n % 10 == 1)).await);
    // Somebody has not come to the end yet.
    processes[0].operator.provision(email("new@acme.example")).await.unwrap();
    let under_way = processes[0].challenge("new@acme.example").await;
    all_live(&processes, &older[..30], name, "before").await;
    let clock = processes[0].clock.clone();
    clock.advance(SECOND);

    let store = open().await;
    let flaky = Arc::new(Flaky { store: store.clone(), random: AtomicU64::new(7) });
    let (_, operator) = over(flaky.clone(), store.clone(), &processes[0], None);
    let failing = Arc::clone(&flaky);
    let directory = Asking(store.clone(), move |after: Option<&UserId>, _| {
        failing.fails(3)?;
        Ok((after.cloned(), 37))
    });

    // Continued with the same sweep, while others sign in.
    let (mut sweep, mut failures, mut later) = (SignOutSweep::new(), 0, Vec::new());
    while operator.sign_out_everybody(&directory, &mut sweep).await.is_err() {
        assert!(!sweep.is_complete());
        failures += 1;
        if failures == 1 {
            // Until then a clock that is ahead may have dated something that began before.
            clock.advance(MINUTE);
        }
        later.extend(sign_in(&processes, [failures * 67 % ACCOUNTS].into_iter()).await);
    }
    assert!(sweep.is_complete() && failures > 10, "{failures}");
    assert_eq!((sweep.accounts(), sweep.signed_out()), (ACCOUNTS as u64 + 1, ACCOUNTS as u64 + 1), "{name}");
    all_are_dead(&processes, &older, name).await;
    all_live(&processes, &later, name, "signed in meanwhile").await;
    assert!(processes[1].auth.choose_password(&under_way, "something else again").await.is_err(), "{name}");

    // Abandoned and begun again, for the same instant.
    later.extend(sign_in(&processes, (0..ACCOUNTS).filter(|n| n % 5 == 2)).await);
    clock.advance(SECOND);
    let (instant, mut again) = (clock.now(), Vec::new());
    for sweeps in 1.. {
        let mut sweep = SignOutSweep::before(instant);
        for _ in 0..4 * sweeps {
            if operator.sign_out_everybody(&directory, &mut sweep).await.is_ok() {
                break;
            }
            again.extend(sign_in(&processes, [(again.len() * 71 + 3) % ACCOUNTS].into_iter()).await);
        }
        if sweep.is_complete() {
            assert!(sweeps > 1, "it was begun again");
            break;
        }
    }
    all_are_dead(&processes, &later, name).await;
    all_live(&processes, &again, name, "signed in meanwhile, again").await;

    // At once in one process. What it has seen to be over is over everywhere.
    clock.advance(SECOND);
    let (shut, _) = over(store.clone(), store, &processes[0], Some(clock.now()));
    all_live(&processes, &again, name, "elsewhere").await;
    for text in &again {
        is_dead_text(&shut, text, name).await;
    }
    all_are_dead(&processes, &again, name).await;
    let new = sign_in(&processes, 0..3).await;
    for text in &new {
        assert!(shut.resume(text).await.is_ok(), "{name}");
    }
    println!("{name}: {} sessions, {failures} failures of the sweep", older.len() + later.len() + again.len());
}

/// Another process, over these stores.
fn over(
    users: impl UserRepository,
    attempts: impl AttemptStore,
    stage: &Stage,
    not_before: Option<OffsetDateTime>,
) -> (Auth, Operator) {
    Auth::builder(site(), users, attempts, stage.mailer.clone())
        .clock(stage.clock.clone())
        .configure(|config| {
            config.hashing.params = HashParams::danger_cheap_for_tests();
            config.session.not_before = not_before;
        })
        .build_with_operator()
        .unwrap()
}

#[test]
fn everybody_is_out_of_three_processes_on_sqlite() {
    let folder = Folder::new();
    block_on(everybody_is_out("SQLite", async || connect_sqlite(&folder.url("auth.db")).await));
}

#[test]
fn everybody_is_out_of_three_processes_on_postgres() {
    let Some(url) = postgres::url_or_skip("signing everybody out on PostgreSQL") else { return };
    let prefix = fresh_prefix();
    block_on(everybody_is_out("PostgreSQL", async || connect(url, &prefix).await));
}
