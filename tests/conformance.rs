//! Runs the conformance suite on every store of the crate, on shared ones, and on a copy of an adapter compiled outside the
//! crate.
#![cfg(feature = "testing")]

mod support;

use std::sync::Arc;

use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::testing::conformance::{Harness, Stores};
use doorward::{AttemptStore, UserId, UserRepository};

// The adapters again, compiled outside the crate, to show that they use only public items.
#[allow(dead_code)]
#[path = "../src/store"]
mod outside_memory {
    pub mod memory_attempts;
    mod memory_entries;
    mod memory_journal;
    pub mod memory_users;
}

/// Stores whose content lives as long as someone holds them.
struct InMemory(fn() -> Stores);

#[async_trait::async_trait]
impl Harness for InMemory {
    async fn open(&self) -> Stores {
        (self.0)()
    }

    async fn reopen(&self, stores: Stores) -> Stores {
        stores
    }

    async fn beside(&self, stores: &Stores) -> Stores {
        stores.clone()
    }

    async fn overwrite_snapshot(&self, _: &Stores, _: &UserId, _: &str) -> bool {
        false
    }

    fn fresh_id(&self, n: u32) -> UserId {
        UserId::parse(&format!("user {n} \u{e9}")).unwrap()
    }
}

const MEMORY: InMemory =
    InMemory(|| Stores { users: Arc::new(MemoryUsers::new()), attempts: Arc::new(MemoryAttempts::new()) });
const SHARED: InMemory = InMemory(|| {
    let (users, attempts): (Arc<dyn UserRepository>, Arc<dyn AttemptStore>) =
        (Arc::new(MemoryUsers::new()), Arc::new(MemoryAttempts::new()));
    Stores { users: Arc::new(users), attempts: Arc::new(attempts) }
});
const OUTSIDE: InMemory = InMemory(|| Stores {
    users: Arc::new(outside_memory::memory_users::MemoryUsers::new()),
    attempts: Arc::new(outside_memory::memory_attempts::MemoryAttempts::new()),
});

doorward::conformance_tests!(memory, pollster::block_on, super::MEMORY);
doorward::conformance_tests!(shared_memory, pollster::block_on, super::SHARED);
doorward::conformance_tests!(outside_the_crate, pollster::block_on, super::OUTSIDE);

#[cfg(feature = "sqlite")]
mod in_sqlite {
    use super::support::harness::{InPeople, InSqlite, plain, shared};
    use super::support::sql::block_on;

    doorward::conformance_tests!(sqlite, super::block_on, super::InSqlite::new(super::plain));
    doorward::conformance_tests!(shared_sqlite, super::block_on, super::InSqlite::new(super::shared));
    doorward::conformance_tests!(custom_repository, super::block_on, super::InPeople::new(super::plain));
    doorward::conformance_tests!(shared_custom_repository, super::block_on, super::InPeople::new(super::shared));

    #[test]
    fn section_5_the_custom_repository_keeps_the_databases_code_and_reopens_nobody_who_was_deleted() {
        use doorward::account::Provision;
        use doorward::error::ProvisionError;
        use doorward::hashing::HashParams;
        use doorward::mail::PrintingMailer;
        use doorward::store::sqlx::{SqlitePool, raw_sql};
        use doorward::store::{MemoryAttempts, SqliteStore};
        use doorward::{Auth, UserId, UserRepository};

        use super::support::harness::custom_repository::{BEFORE, People, add_columns};
        use super::support::{email, site, sql::Folder};

        let folder = Folder::new();
        block_on(async {
            let pool = SqlitePool::connect_with(SqliteStore::options(&folder.url("acme.db")).unwrap()).await.unwrap();
            let (ann, id) = (email("ann@acme.example"), UserId::parse("1").unwrap());
            let error = People(pool.clone()).find_by_id(&id).await.unwrap_err();
            assert_eq!(error.code(), Some("1"), "there is no such table");

            raw_sql(BEFORE).execute(&pool).await.unwrap();
            add_columns(&pool).await.unwrap();
            add_columns(&pool).await.expect("as on the next start");
            let builder = Auth::builder(site(), People(pool.clone()), MemoryAttempts::new(), PrintingMailer);
            let (_, operator) = builder
                .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
                .build_with_operator()
                .unwrap();
            let account = || Provision::new(ann.clone()).id(id.clone());
            let _ = operator.provision_without_mail(account()).await.unwrap();
            operator.delete(&id).await.unwrap();
            // By an instance that had already computed its list.
            assert!(matches!(operator.provision_without_mail(account()).await, Err(ProvisionError::IdTaken)));
            assert!(People(pool.clone()).find_by_email(&ann).await.unwrap().is_none());
        });
    }

    #[test]
    fn the_adapter_of_the_custom_repository_is_short() {
        let example = include_str!("../examples/custom_repository.rs");
        let (_, adapter) = example.split_once("// The adapter begins.\n").unwrap();
        let (adapter, _) = adapter.split_once("// The adapter ends.\n").unwrap();
        assert!(adapter.lines().count() <= 80, "{} lines", adapter.lines().count());
    }
}

/// The SQL adapters again, compiled outside the crate.
#[cfg(all(feature = "sqlite", feature = "postgres"))]
#[allow(dead_code, unused_imports)]
#[path = "../src/store"]
mod outside {
    pub mod postgres;
    pub mod sql;
    pub mod sqlite;
}

/// On a PostgreSQL server. Without one, each module says so once.
#[cfg(feature = "postgres")]
mod in_postgres {
    use std::future::Future;

    use super::support::harness::{InPostgres, Wrap, plain, shared};
    use super::support::postgres::{url, url_or_skip};
    use super::support::sql;

    /// Runs a case, unless there is no server.
    fn block_on<F: Future<Output = ()>>(case: F) {
        if url().is_some() {
            sql::block_on(case);
        }
    }

    fn harness(wrap: Wrap, isolation: &'static str) -> InPostgres {
        InPostgres::new(wrap, url().unwrap_or_default(), isolation)
    }

    #[test]
    fn a_server_is_there_or_its_absence_is_told() {
        url_or_skip("the conformance of PostgresStore");
    }

    doorward::conformance_tests!(postgres, super::block_on, super::harness(super::plain, "read committed"));
    doorward::conformance_tests!(shared_postgres, super::block_on, super::harness(super::shared, "read committed"));
    // Above the default isolation level, losers of a race get serialization failures from the server.
    doorward::conformance_tests!(repeatable_read, super::block_on, super::harness(super::plain, "repeatable read"));
    doorward::conformance_tests!(serializable, super::block_on, super::harness(super::plain, "serializable"));
}

/// A host's own table on a PostgreSQL server.
#[cfg(all(feature = "postgres", feature = "legacy-hashes"))]
mod in_postgres_people {
    use std::future::Future;

    use super::support::harness::{InPostgresPeople, Wrap, custom_postgres as example, plain, shared};
    use super::support::postgres::{url, url_or_skip};
    use super::support::sql;

    /// Runs a case, unless there is no server.
    fn block_on<F: Future<Output = ()>>(case: F) {
        if url().is_some() {
            sql::block_on(case);
        }
    }

    fn harness(wrap: Wrap) -> InPostgresPeople {
        InPostgresPeople::new(wrap, url().unwrap_or_default())
    }

    doorward::conformance_tests!(custom_postgres, super::block_on, super::harness(super::plain));
    doorward::conformance_tests!(shared_custom_postgres, super::block_on, super::harness(super::shared));

    #[test]
    fn the_example_of_a_postgres_table_imports_it_twice_at_once_and_reopens_nobody() {
        let Some(url) = url_or_skip("the example custom_postgres") else { return };
        sql::block_on(async { example::run(url).await.unwrap() });
    }

    #[test]
    fn the_adapter_of_the_postgres_table_is_short() {
        let example = include_str!("../examples/custom_postgres.rs");
        let (_, adapter) = example.split_once("// The adapter begins.\n").unwrap();
        let (adapter, _) = adapter.split_once("// The adapter ends.\n").unwrap();
        assert!(adapter.lines().count() <= 100, "{} lines", adapter.lines().count());
    }
}

/// A repository that stores unconditionally: the suite must detect it.
#[derive(Debug, Default)]
struct Careless(Arc<MemoryUsers>);

#[async_trait::async_trait]
impl UserRepository for Careless {
    async fn insert(
        &self,
        user: &doorward::store::User,
    ) -> Result<doorward::store::Insert, doorward::store::BackendError> {
        self.0.insert(user).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<doorward::store::User>, doorward::store::BackendError> {
        self.0.find_by_id(id).await
    }

    async fn find_by_email(
        &self,
        email: &doorward::Email,
    ) -> Result<Option<doorward::store::UserHead>, doorward::store::BackendError> {
        self.0.find_by_email(email).await
    }

    async fn replace(
        &self,
        user: &doorward::store::User,
        _expected: doorward::store::Version,
    ) -> Result<doorward::store::Replace, doorward::store::BackendError> {
        let Some(stored) = self.0.find_by_id(user.id()).await? else { return Ok(doorward::store::Replace::Stale) };
        self.0.replace(user, stored.version()).await
    }

    async fn delete(
        &self,
        user: &doorward::store::User,
    ) -> Result<doorward::store::Swap, doorward::store::BackendError> {
        self.0.delete(user).await
    }

    fn keeps_journal(&self) -> bool {
        self.0.keeps_journal()
    }
}

#[test]
#[should_panic(expected = "Stale")]
fn a_repository_that_ignores_versions_is_found_out() {
    let careless =
        InMemory(|| Stores { users: Arc::new(Careless::default()), attempts: Arc::new(MemoryAttempts::new()) });
    pollster::block_on(doorward::testing::conformance::replace_stores_only_over_the_expected_version(&careless));
}

#[test]
fn a_full_attempt_store_lets_the_fewest_failures_go_first_and_the_oldest_of_them() {
    use doorward::error::SignInError;
    use doorward::hashing::HashParams;
    use doorward::testing::{ManualClock, RecordingMailer};
    use doorward::{Auth, SignInRequest, Site};
    let (clock, attempts) = (ManualClock::new(), Arc::new(MemoryAttempts::with_capacity(3)));
    let site = Site::new("Acme", "https://acme.example", "help@acme.example").unwrap();
    let auth = Auth::builder(site, MemoryUsers::new(), attempts.clone(), RecordingMailer::new())
        .clock(clock.clone())
        .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
        .build()
        .unwrap();
    let fail = |address: &str| match pollster::block_on(auth.try_sign_in(SignInRequest::new(address, "x"))) {
        Err(SignInError::InvalidCredentials) => true,
        Err(SignInError::Throttled { .. }) => false,
        other => panic!("{other:?}"),
    };
    for n in 0..6 {
        assert!(fail("target@x.example"));
        clock.advance(doorward::config::Backoff::default().delay_after(n + 1));
    }
    assert!(fail("target@x.example"));
    // A flood of other addresses evicts itself, not the counter under attack.
    for n in 0..50 {
        assert!(fail(&format!("flood{n}@x.example")));
        assert!(attempts.len() <= 3);
    }
    assert!(!fail("target@x.example"), "its count and its wait are kept");
    assert!(fail("flood0@x.example"), "the oldest single failure was evicted");
}
