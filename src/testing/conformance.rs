//! The conformance suite: what the contracts of [`UserRepository`] and [`AttemptStore`] demand, as tests of an adapter.
//!
//! Write a [`Harness`] for the adapter and let [`conformance_tests!`](crate::conformance_tests) make a test of each case:
//!
//! ```
//! use std::sync::Arc;
//!
//! use doorward::testing::conformance::{Harness, Stores};
//! use doorward::{MemoryAttempts, MemoryUsers};
//!
//! struct Memory;
//!
//! #[async_trait::async_trait]
//! impl Harness for Memory {
//!     async fn open(&self) -> Stores {
//!         Stores { users: Arc::new(MemoryUsers::new()), attempts: Arc::new(MemoryAttempts::new()) }
//!     }
//!
//!     async fn reopen(&self, stores: Stores) -> Stores {
//!         stores // memory has nothing to open anew
//!     }
//!
//!     fn fresh_id(&self, n: u32) -> doorward::UserId {
//!         doorward::UserId::parse(&format!("user-{n}")).unwrap()
//!     }
//! }
//!
//! doorward::conformance_tests!(memory, pollster::block_on, super::Memory);
//! # fn main() { pollster::block_on(doorward::testing::conformance::the_whole_story_runs(&Memory)) }
//! ```

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use time::OffsetDateTime;

use doorward::testing::{ManualClock, RecordingMailer, join_all};
use doorward::{
    AttemptKey, AttemptStore, Attempts, Auth, BackendError, Clock, Email, HashParams, Insert, MemoryAttempts,
    MemoryUsers, Provision, Replace, Row, SignIn, SignInRequest, Site, Swap, User, UserId, UserRepository, Version,
};

/// What the suite needs of an adapter.
#[async_trait]
pub trait Harness: Send + Sync {
    /// Opens empty stores.
    async fn open(&self) -> Stores;

    /// Opens the same stores anew, as after a restart of the process. Memory gives back what it is given.
    async fn reopen(&self, stores: Stores) -> Stores;

    /// The `n`-th id that `insert` accepts. A host with a table of its own makes the row here.
    fn fresh_id(&self, n: u32) -> UserId;
}

/// The stores under test. Both may be one object.
#[derive(Clone, Debug)]
pub struct Stores {
    /// The repository.
    pub users: Arc<dyn UserRepository>,
    /// The attempt store.
    pub attempts: Arc<dyn AttemptStore>,
}

/// Makes a module of that name with a `#[test]` for each case of the suite.
///
/// The arguments are the module's name, a function that drives a future to its end (of the runtime that the adapter
/// needs), and an expression for the [`Harness`](crate::testing::conformance::Harness), as seen from within that module.
#[macro_export]
macro_rules! conformance_tests {
    ($name:ident, $block_on:path, $harness:expr) => {
        $crate::conformance_tests!(@cases $name, $block_on, $harness;
            a_user_survives_storing_and_reopening,
            ids_and_canonical_addresses_are_unique,
            of_parallel_inserts_of_one_address_one_wins,
            replace_stores_only_over_the_expected_version,
            of_parallel_replaces_one_wins,
            replace_moves_the_address_or_nothing,
            delete_removes_only_the_expected_version,
            addresses_are_compared_exactly,
            what_a_newer_release_wrote_comes_back_whole,
            attempts_survive_storing_and_reopening,
            swap_stores_only_over_the_expected_version,
            of_parallel_swaps_one_wins,
            purge_drops_what_has_expired_and_nothing_else,
            the_whole_story_runs
        );
    };
    (@cases $name:ident, $block_on:path, $harness:expr; $($case:ident),+) => {
        mod $name {
            $(
                #[test]
                fn $case() {
                    $block_on($crate::testing::conformance::$case(&$harness));
                }
            )+
        }
    };
}

/// An inserted user is found by id and by address, whole, also after reopening.
pub async fn a_user_survives_storing_and_reopening(harness: &dyn Harness) {
    let stores = harness.open().await;
    let ann = user(harness.fresh_id(1), "Ann.Lee+x@B\u{fc}cher.example").await;
    assert_eq!(stores.users.insert(&ann).await.unwrap_or_else(panics), Insert::Stored);
    let stores = harness.reopen(stores).await;
    assert_same(&by_id(&stores, ann.id()).await, &ann);
    let found = by_email(&stores, "ann.lee+x@xn--bcher-kva.example").await;
    assert_same(&found, &ann);
    assert_eq!(found.email().as_typed(), "Ann.Lee+x@B\u{fc}cher.example", "the typed form is kept");
    assert!(stores.users.find_by_id(&harness.fresh_id(2)).await.unwrap_or_else(panics).is_none());
    assert!(stores.users.find_by_email(&email("nobody@x.example")).await.unwrap_or_else(panics).is_none());
}

/// A second user with the same id or the same canonical address is refused, and changes nothing.
pub async fn ids_and_canonical_addresses_are_unique(harness: &dyn Harness) {
    let stores = harness.open().await;
    let ann = user(harness.fresh_id(1), "ann@x.example").await;
    assert_eq!(stores.users.insert(&ann).await.unwrap_or_else(panics), Insert::Stored);
    let same_email = user(harness.fresh_id(2), "Ann@X.example").await;
    assert_eq!(stores.users.insert(&same_email).await.unwrap_or_else(panics), Insert::EmailTaken);
    let same_id = user(ann.id().clone(), "bob@x.example").await;
    assert_eq!(stores.users.insert(&same_id).await.unwrap_or_else(panics), Insert::IdTaken);
    assert_same(&by_id(&stores, ann.id()).await, &ann);
    assert!(stores.users.find_by_email(&email("bob@x.example")).await.unwrap_or_else(panics).is_none());
    assert!(stores.users.find_by_id(same_email.id()).await.unwrap_or_else(panics).is_none());
}

/// Of many inserts at once with one address exactly one is stored.
pub async fn of_parallel_inserts_of_one_address_one_wins(harness: &dyn Harness) {
    let stores = harness.open().await;
    let mut users = Vec::new();
    for n in 1..=16 {
        users.push(user(harness.fresh_id(n), "ann@x.example").await);
    }
    let answers = join_all(users.iter().map(|user| stores.users.insert(user))).await;
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap_or_else(panics)).collect();
    assert_eq!(answers.iter().filter(|answer| **answer == Insert::Stored).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Insert::EmailTaken).count(), 15, "{answers:?}");
    let winner = users.iter().zip(&answers).find(|(_, answer)| **answer == Insert::Stored);
    assert_same(&by_email(&stores, "ann@x.example").await, winner.map(|(user, _)| user).unwrap_or(&users[0]));
}

/// `replace` stores over the version it expects, and over no other; an unknown user is stale.
pub async fn replace_stores_only_over_the_expected_version(harness: &dyn Harness) {
    let stores = harness.open().await;
    let first = user(harness.fresh_id(1), "ann@x.example").await;
    let (second, third) = (next(&first).await, next(&first).await);
    let unknown = stores.users.replace(&second, first.version()).await.unwrap_or_else(panics);
    assert_eq!(unknown, Replace::Stale, "a user that is not there is not made");
    assert!(stores.users.find_by_id(first.id()).await.unwrap_or_else(panics).is_none());
    assert_eq!(stores.users.insert(&first).await.unwrap_or_else(panics), Insert::Stored);
    assert_eq!(stores.users.replace(&second, third.version()).await.unwrap_or_else(panics), Replace::Stale);
    assert_same(&by_id(&stores, first.id()).await, &first);
    assert_eq!(stores.users.replace(&second, first.version()).await.unwrap_or_else(panics), Replace::Stored);
    assert_eq!(stores.users.replace(&third, first.version()).await.unwrap_or_else(panics), Replace::Stale);
    let stores = harness.reopen(stores).await;
    assert_same(&by_id(&stores, first.id()).await, &second);
    assert_same(&by_email(&stores, "ann@x.example").await, &second);
}

/// Of many replaces at once over one version exactly one is stored.
pub async fn of_parallel_replaces_one_wins(harness: &dyn Harness) {
    let stores = harness.open().await;
    let first = user(harness.fresh_id(1), "ann@x.example").await;
    assert_eq!(stores.users.insert(&first).await.unwrap_or_else(panics), Insert::Stored);
    let mut rivals = Vec::new();
    for _ in 0..16 {
        rivals.push(next(&first).await);
    }
    let answers = join_all(rivals.iter().map(|rival| stores.users.replace(rival, first.version()))).await;
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap_or_else(panics)).collect();
    assert_eq!(answers.iter().filter(|answer| **answer == Replace::Stored).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Replace::Stale).count(), 15, "{answers:?}");
    let winner = rivals.iter().zip(&answers).find(|(_, answer)| **answer == Replace::Stored);
    assert_same(&by_id(&stores, first.id()).await, winner.map(|(user, _)| user).unwrap_or(&first));
}

/// A new address is taken and the old one freed in one step; a taken one leaves everything as it was.
pub async fn replace_moves_the_address_or_nothing(harness: &dyn Harness) {
    let stores = harness.open().await;
    let ann = user(harness.fresh_id(1), "ann@x.example").await;
    let bob = user(harness.fresh_id(2), "bob@x.example").await;
    for user in [&ann, &bob] {
        assert_eq!(stores.users.insert(user).await.unwrap_or_else(panics), Insert::Stored);
    }
    let to_bobs = moved(&ann, "Bob@x.example").await;
    assert_eq!(stores.users.replace(&to_bobs, ann.version()).await.unwrap_or_else(panics), Replace::EmailTaken);
    assert_same(&by_email(&stores, "ann@x.example").await, &ann);
    assert_same(&by_email(&stores, "bob@x.example").await, &bob);
    let to_new = moved(&ann, "new@x.example").await;
    assert_eq!(stores.users.replace(&to_new, ann.version()).await.unwrap_or_else(panics), Replace::Stored);
    assert!(stores.users.find_by_email(&email("ann@x.example")).await.unwrap_or_else(panics).is_none());
    assert_same(&by_email(&stores, "new@x.example").await, &to_new);
    let heir = user(harness.fresh_id(3), "ann@x.example").await;
    assert_eq!(stores.users.insert(&heir).await.unwrap_or_else(panics), Insert::Stored);
}

/// `delete` removes the version it expects, and no other; the address and the id are free again, and no old version works.
pub async fn delete_removes_only_the_expected_version(harness: &dyn Harness) {
    let stores = harness.open().await;
    let first = user(harness.fresh_id(1), "ann@x.example").await;
    let second = next(&first).await;
    assert_eq!(stores.users.delete(first.id(), first.version()).await.unwrap_or_else(panics), Swap::Stale);
    assert_eq!(stores.users.insert(&first).await.unwrap_or_else(panics), Insert::Stored);
    assert_eq!(stores.users.delete(first.id(), second.version()).await.unwrap_or_else(panics), Swap::Stale);
    assert_same(&by_id(&stores, first.id()).await, &first);
    assert_eq!(stores.users.delete(first.id(), first.version()).await.unwrap_or_else(panics), Swap::Stored);
    let stores = harness.reopen(stores).await;
    assert!(stores.users.find_by_id(first.id()).await.unwrap_or_else(panics).is_none());
    assert!(stores.users.find_by_email(first.email()).await.unwrap_or_else(panics).is_none());
    assert_eq!(stores.users.replace(&second, first.version()).await.unwrap_or_else(panics), Replace::Stale);
    let again = user(harness.fresh_id(2), "ann@x.example").await;
    assert_eq!(stores.users.insert(&again).await.unwrap_or_else(panics), Insert::Stored);
}

/// Addresses that a lenient collation would take for one are several.
pub async fn addresses_are_compared_exactly(harness: &dyn Harness) {
    let stores = harness.open().await;
    let addresses = [
        "resume@x.example",
        "r\u{e9}sum\u{e9}@x.example",
        "strasse@x.example",
        "stra\u{df}e@x.example",
        "mike@x.example",
        "m\u{131}ke@x.example",
        "m_ke@x.example",
        "m%ke@x.example",
        "m*ke@x.example",
        "o'neil@x.example",
    ];
    for (n, address) in (1..).zip(addresses) {
        let user = user(harness.fresh_id(n), address).await;
        assert_eq!(stores.users.insert(&user).await.unwrap_or_else(panics), Insert::Stored, "{address}");
    }
    for address in addresses {
        assert_eq!(by_email(&stores, address).await.email().as_typed(), address);
    }
}

/// Fields that this release does not know survive loading, changing and storing.
pub async fn what_a_newer_release_wrote_comes_back_whole(harness: &dyn Harness) {
    let stores = harness.open().await;
    let ann = user(harness.fresh_id(1), "ann@x.example").await;
    let written = ann.to_snapshot();
    let document = written.replacen('{', r#"{"from_the_future":{"depth":[1,"two",null]},"#, 1);
    let document = document.replacen("\"temporary\":{", r#""temporary":{"hint":"\u2028 \ud83d\udc19","#, 1);
    assert_ne!(document.len(), written.len());
    let (id, version) = (ann.id().to_string(), ann.version().to_string());
    let row = Row { id: &id, email: ann.email().canonical(), version: &version, snapshot: &document };
    let ann = match User::from_snapshot(row) {
        Ok(user) => user,
        Err(error) => panic!("{error}"),
    };
    assert_eq!(stores.users.insert(&ann).await.unwrap_or_else(panics), Insert::Stored);
    let loaded = by_id(&stores, ann.id()).await;
    let changed = next(&loaded).await;
    assert_eq!(stores.users.replace(&changed, loaded.version()).await.unwrap_or_else(panics), Replace::Stored);
    let stores = harness.reopen(stores).await;
    let document = by_id(&stores, ann.id()).await.to_snapshot();
    assert!(document.contains(r#""from_the_future":{"depth":[1,"two",null]}"#), "an unknown field was lost");
    assert!(document.contains("\u{1f419}"), "an unknown field of a nested struct was lost");
}

/// An entry comes back whole, also after reopening.
pub async fn attempts_survive_storing_and_reopening(harness: &dyn Harness) {
    let stores = harness.open().await;
    let entries = attempts(3).await;
    for (key, entry) in &entries {
        assert!(stores.attempts.load(key).await.unwrap_or_else(panics).is_none());
        assert_eq!(stores.attempts.swap(key, None, entry).await.unwrap_or_else(panics), Swap::Stored);
    }
    let stores = harness.reopen(stores).await;
    for (key, entry) in &entries {
        assert_eq!(stores.attempts.load(key).await.unwrap_or_else(panics).as_ref(), Some(entry));
    }
}

/// `swap` stores over what it expects, present or absent, and over nothing else.
pub async fn swap_stores_only_over_the_expected_version(harness: &dyn Harness) {
    let stores = harness.open().await;
    let entries = attempts(3).await;
    let [(key, first), (_, second), (_, third)] = &entries[..] else { panic!("three entries") };
    let swap = async |expected: Option<Version>, next: &Attempts| {
        stores.attempts.swap(key, expected, next).await.unwrap_or_else(panics)
    };
    assert_eq!(swap(Some(first.version()), second).await, Swap::Stale, "there is nothing yet");
    assert_eq!(swap(None, first).await, Swap::Stored);
    assert_eq!(swap(None, second).await, Swap::Stale, "there is something");
    assert_eq!(swap(Some(third.version()), second).await, Swap::Stale);
    assert_eq!(stores.attempts.load(key).await.unwrap_or_else(panics).as_ref(), Some(first));
    assert_eq!(swap(Some(first.version()), second).await, Swap::Stored);
    assert_eq!(swap(Some(first.version()), third).await, Swap::Stale);
    assert_eq!(stores.attempts.load(key).await.unwrap_or_else(panics).as_ref(), Some(second));
}

/// Of many swaps at once exactly one is stored: over nothing, and over an entry.
pub async fn of_parallel_swaps_one_wins(harness: &dyn Harness) {
    let stores = harness.open().await;
    let entries = attempts(16).await;
    let key = &entries[0].0;
    let mut expected = None;
    for _ in 0..2 {
        let rivals = entries.iter().filter(|(_, entry)| Some(entry.version()) != expected);
        let rivals: Vec<_> = rivals.map(|(_, entry)| entry).collect();
        let answers = join_all(rivals.iter().map(|next| stores.attempts.swap(key, expected, next))).await;
        let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap_or_else(panics)).collect();
        assert_eq!(answers.iter().filter(|answer| **answer == Swap::Stored).count(), 1, "{answers:?}");
        let winner = rivals.iter().zip(&answers).find(|(_, answer)| **answer == Swap::Stored).map(|(entry, _)| *entry);
        let stored = stores.attempts.load(key).await.unwrap_or_else(panics);
        assert_eq!(stored.as_ref(), winner);
        expected = stored.map(|entry| entry.version());
    }
}

/// `purge` drops entries from their last instant on, and counts them.
pub async fn purge_drops_what_has_expired_and_nothing_else(harness: &dyn Harness) {
    let stores = harness.open().await;
    let entries = attempts(4).await;
    for (key, entry) in &entries {
        assert_eq!(stores.attempts.swap(key, None, entry).await.unwrap_or_else(panics), Swap::Stored);
    }
    // Each was made an hour after the one before.
    let second = entries[1].1.expires_at();
    let just_before = second - time::Duration::microseconds(1);
    assert_eq!(stores.attempts.purge(just_before).await.unwrap_or_else(panics), 1);
    assert_eq!(stores.attempts.purge(second).await.unwrap_or_else(panics), 1);
    assert_eq!(stores.attempts.purge(second).await.unwrap_or_else(panics), 0);
    for (n, (key, _)) in entries.iter().enumerate() {
        assert_eq!(stores.attempts.load(key).await.unwrap_or_else(panics).is_some(), n >= 2);
    }
}

/// Provision, sign-in, forced change, throttle, reset and deactivation over the stores.
pub async fn the_whole_story_runs(harness: &dyn Harness) {
    let stores = harness.open().await;
    let (clock, mailer) = (ManualClock::new(), RecordingMailer::new());
    let auth = auth(stores.users.clone(), stores.attempts.clone(), &clock, &mailer);
    let ann = Provision::new(email("Ann@x.example")).id(harness.fresh_id(1));
    let ann = auth.provision(ann).await.unwrap_or_else(panics).user_id;
    let sign_in = async |password: &str| {
        clock.advance(core::time::Duration::from_secs(2));
        auth.try_sign_in(SignInRequest::new("ann@x.example", password)).await
    };
    let mailed = || mailer.last().and_then(|mail| mail.temporary_password()).unwrap_or_default();
    for password in ["a quiet morning in May", "rain on the roof at night"] {
        let Ok(SignIn::PasswordChangeRequired(challenge)) = sign_in(&mailed()).await else {
            panic!("no change was due")
        };
        let chosen = auth.choose_password(&challenge, password).await;
        assert!(matches!(chosen, Ok(SignIn::Complete(_))), "{chosen:?}");
        assert!(sign_in("wrong").await.is_err());
        let Ok(SignIn::Complete(signed_in)) = sign_in(password).await else { panic!("the right password failed") };
        assert!(auth.resume(signed_in.session()).await.is_ok());
        clock.advance(core::time::Duration::from_secs(3_600));
        auth.request_reset(&email("ann@x.example")).await.unwrap_or_else(panics);
        let token = mailer.last().and_then(|mail| mail.token()).unwrap_or_default();
        auth.confirm_reset(&token).await.unwrap_or_else(panics);
    }
    auth.deactivate(&ann).await.unwrap_or_else(panics);
    assert!(sign_in("rain on the roof at night").await.is_err() && sign_in(&mailed()).await.is_err());
    auth.delete(&ann).await.unwrap_or_else(panics);
    assert!(stores.users.find_by_id(&ann).await.unwrap_or_else(panics).is_none());
}

fn panics<T, E: core::fmt::Debug>(error: E) -> T {
    panic!("the store failed: {error:?}")
}

fn assert_same(found: &User, expected: &User) {
    assert!(found == expected, "another state was found: {found:?} instead of {expected:?}");
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap_or_else(panics)
}

async fn by_id(stores: &Stores, id: &UserId) -> User {
    stores.users.find_by_id(id).await.unwrap_or_else(panics).unwrap_or_else(|| panic!("{id} was not found"))
}

async fn by_email(stores: &Stores, address: &str) -> User {
    let found = stores.users.find_by_email(&email(address)).await.unwrap_or_else(panics);
    found.unwrap_or_else(|| panic!("{address} was not found"))
}

fn auth(
    users: impl UserRepository,
    attempts: impl AttemptStore,
    clock: &ManualClock,
    mailer: &RecordingMailer,
) -> Auth {
    let site = Site::new("Conformance", "https://conformance.example", "help@conformance.example");
    Auth::builder(site.unwrap_or_else(panics), users, attempts, mailer.clone())
        .clock(clock.clone())
        .configure(|config| {
            config.hashing.params = HashParams::danger_cheap_for_tests();
            config.hashing.threads = core::num::NonZeroUsize::new(1);
        })
        .build()
        .unwrap_or_else(panics)
}

/// A user as this crate makes one, not stored anywhere.
async fn user(id: UserId, address: &str) -> User {
    let users = Arc::new(MemoryUsers::new());
    let auth = auth(users.clone(), MemoryAttempts::new(), &ManualClock::new(), &RecordingMailer::new());
    auth.provision(Provision::new(email(address)).id(id.clone())).await.unwrap_or_else(panics);
    users.find_by_id(&id).await.unwrap_or_else(panics).unwrap_or_else(|| panic!("it was just opened"))
}

/// A next state of a user, under a version of its own.
async fn next(user: &User) -> User {
    changed(user, async |auth| auth.sign_out_everywhere(user.id()).await.unwrap_or_else(panics)).await
}

/// A next state of a user with another address.
async fn moved(user: &User, address: &str) -> User {
    changed(user, async |auth| drop(auth.correct_email(user.id(), email(address)).await.unwrap_or_else(panics))).await
}

async fn changed(user: &User, change: impl AsyncFn(&Auth)) -> User {
    let users = Arc::new(MemoryUsers::new());
    users.insert(user).await.unwrap_or_else(panics);
    let auth = auth(users.clone(), MemoryAttempts::new(), &ManualClock::new(), &RecordingMailer::new());
    change(&auth).await;
    users.find_by_id(user.id()).await.unwrap_or_else(panics).unwrap_or_else(|| panic!("it was just stored"))
}

/// Entries as this crate makes them, each an hour after the one before.
async fn attempts(n: usize) -> Vec<(AttemptKey, Attempts)> {
    let (spy, clock) = (Spy::default(), ManualClock::new());
    let auth = auth(MemoryUsers::new(), spy.clone(), &clock, &RecordingMailer::new());
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

/// Remembers what is stored through it.
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

    async fn purge(&self, now: OffsetDateTime) -> Result<u64, BackendError> {
        self.inner.purge(now).await
    }
}
