//! Harnesses of the conformance suite for the SQL stores.
#![allow(dead_code, unused_imports)] // each test binary uses only a part of it

use std::sync::{Arc, Mutex};

use doorward::store::sqlx::{AssertSqlSafe, query};
use doorward::testing::conformance::{Harness, Stores};
use doorward::{AttemptStore, UserId, UserRepository};

use super::sql::{Folder, fresh_prefix};

/// How a test wraps the stores before the suite sees them.
pub type Wrap = fn(Stores) -> Stores;

pub fn plain(stores: Stores) -> Stores {
    stores
}

/// An `Arc<dyn …>` is a store too.
pub fn shared(Stores { users, attempts }: Stores) -> Stores {
    let (users, attempts): (Arc<dyn UserRepository>, Arc<dyn AttemptStore>) = (users, attempts);
    Stores { users: Arc::new(users), attempts: Arc::new(attempts) }
}

fn overwrite(prefix: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("UPDATE {prefix}users SET snapshot = $2 WHERE id = $1"))
}

fn id(n: u32) -> UserId {
    UserId::parse(&format!("user {n} \u{e9}")).unwrap()
}

#[cfg(feature = "sqlite")]
pub use sqlite::InSqlite;

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::*;
    use doorward::store::SqliteStore;
    use doorward::store::sqlx::sqlite::SqlitePool;

    /// SQLite in a file, a new one for each case.
    pub struct InSqlite {
        wrap: Wrap,
        folder: Folder,
        opened: Mutex<Option<SqliteStore>>,
    }

    impl InSqlite {
        pub fn new(wrap: Wrap) -> Self {
            Self { wrap, folder: Folder::new(), opened: Mutex::new(None) }
        }

        async fn connect(&self) -> SqliteStore {
            SqliteStore::connect(&self.folder.url("auth.db")).await.unwrap()
        }

        fn stores(&self, store: SqliteStore) -> Stores {
            (self.wrap)(Stores { users: Arc::new(store.clone()), attempts: Arc::new(store) })
        }
    }

    #[async_trait::async_trait]
    impl Harness for InSqlite {
        async fn open(&self) -> Stores {
            let store = self.connect().await;
            store.migrate().await.unwrap();
            *self.opened.lock().unwrap() = Some(store.clone());
            self.stores(store)
        }

        async fn reopen(&self, _: Stores) -> Stores {
            let opened = self.opened.lock().unwrap().take().expect("opened before");
            opened.close().await;
            self.open().await
        }

        async fn beside(&self, _: &Stores) -> Stores {
            self.stores(self.connect().await)
        }

        async fn overwrite_snapshot(&self, _: &Stores, id: &UserId, snapshot: &str) -> bool {
            let options = SqliteStore::options(&self.folder.url("auth.db")).unwrap();
            let pool = SqlitePool::connect_with(options).await.unwrap();
            let done = query(overwrite("doorward_")).bind(id.as_str()).bind(snapshot).execute(&pool).await.unwrap();
            done.rows_affected() == 1
        }

        fn fresh_id(&self, n: u32) -> UserId {
            id(n)
        }
    }
}

#[cfg(feature = "postgres")]
pub use postgres::InPostgres;

#[cfg(feature = "postgres")]
mod postgres {
    use super::*;
    use doorward::store::PostgresStore;
    use doorward::store::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

    /// A set of tables for each case, on the server that all tests share.
    pub struct InPostgres {
        wrap: Wrap,
        url: &'static str,
        isolation: &'static str,
        prefix: String,
        opened: Mutex<Option<PostgresStore>>,
    }

    impl InPostgres {
        pub fn new(wrap: Wrap, url: &'static str, isolation: &'static str) -> Self {
            Self { wrap, url, isolation, prefix: fresh_prefix(), opened: Mutex::new(None) }
        }

        async fn pool(&self) -> PgPool {
            let options: PgConnectOptions = self.url.parse().unwrap();
            let options = options.options([("default_transaction_isolation", self.isolation)]);
            PgPoolOptions::new().max_connections(8).connect_with(options).await.unwrap()
        }

        async fn connect(&self) -> PostgresStore {
            PostgresStore::new(self.pool().await).with_prefix(&self.prefix).unwrap()
        }

        fn stores(&self, store: PostgresStore) -> Stores {
            (self.wrap)(Stores { users: Arc::new(store.clone()), attempts: Arc::new(store) })
        }
    }

    #[async_trait::async_trait]
    impl Harness for InPostgres {
        async fn open(&self) -> Stores {
            let store = self.connect().await;
            store.migrate().await.unwrap();
            *self.opened.lock().unwrap() = Some(store.clone());
            self.stores(store)
        }

        async fn reopen(&self, _: Stores) -> Stores {
            let opened = self.opened.lock().unwrap().take().expect("opened before");
            opened.close().await;
            self.open().await
        }

        async fn beside(&self, _: &Stores) -> Stores {
            self.stores(self.connect().await)
        }

        async fn overwrite_snapshot(&self, _: &Stores, id: &UserId, snapshot: &str) -> bool {
            let pool = self.pool().await;
            let done = query(overwrite(&self.prefix)).bind(id.as_str()).bind(snapshot).execute(&pool).await.unwrap();
            done.rows_affected() == 1
        }

        fn fresh_id(&self, n: u32) -> UserId {
            id(n)
        }
    }
}

#[cfg(feature = "sqlite")]
#[path = "../../examples/custom_repository.rs"]
pub mod custom_repository;

#[cfg(feature = "sqlite")]
pub use people::InPeople;

#[cfg(feature = "sqlite")]
mod people {
    use super::custom_repository::{BEFORE, People, add_columns};
    use super::*;
    use doorward::store::SqliteStore;
    use doorward::store::sqlx::raw_sql;
    use doorward::store::sqlx::sqlite::SqlitePool;

    /// A host's own table, with people in it who have no document yet.
    pub struct InPeople {
        wrap: Wrap,
        folder: Folder,
    }

    impl InPeople {
        pub fn new(wrap: Wrap) -> Self {
            Self { wrap, folder: Folder::new() }
        }

        async fn pool(&self) -> SqlitePool {
            SqlitePool::connect_with(SqliteStore::options(&self.folder.url("acme.db")).unwrap()).await.unwrap()
        }

        fn stores(&self, pool: SqlitePool) -> Stores {
            (self.wrap)(Stores { users: Arc::new(People(pool.clone())), attempts: Arc::new(SqliteStore::new(pool)) })
        }
    }

    #[async_trait::async_trait]
    impl Harness for InPeople {
        async fn open(&self) -> Stores {
            let pool = self.pool().await;
            raw_sql(BEFORE).execute(&pool).await.unwrap();
            add_columns(&pool).await.unwrap();
            for _ in 0..32 {
                let add = query("INSERT INTO users (tenant, name) VALUES ('west', 'Somebody')");
                add.execute(&pool).await.unwrap();
            }
            SqliteStore::new(pool.clone()).migrate().await.unwrap();
            self.stores(pool)
        }

        async fn reopen(&self, _: Stores) -> Stores {
            self.stores(self.pool().await)
        }

        async fn beside(&self, _: &Stores) -> Stores {
            self.stores(self.pool().await)
        }

        async fn overwrite_snapshot(&self, _: &Stores, id: &UserId, snapshot: &str) -> bool {
            let overwrite = "UPDATE users SET auth_document = $2 WHERE id = CAST($1 AS INTEGER)";
            let done = query(overwrite).bind(id.as_str()).bind(snapshot).execute(&self.pool().await).await.unwrap();
            done.rows_affected() == 1
        }

        fn fresh_id(&self, n: u32) -> UserId {
            UserId::parse(&n.to_string()).unwrap()
        }
    }
}

#[cfg(all(feature = "postgres", feature = "legacy-hashes"))]
#[path = "../../examples/custom_postgres.rs"]
pub mod custom_postgres;

#[cfg(all(feature = "postgres", feature = "legacy-hashes"))]
pub use people_on_postgres::InPostgresPeople;

#[cfg(all(feature = "postgres", feature = "legacy-hashes"))]
mod people_on_postgres {
    use super::custom_postgres::{BEFORE, People, add_columns};
    use super::*;
    use doorward::store::PostgresStore;
    use doorward::store::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
    use doorward::store::sqlx::raw_sql;

    /// A host's own table on a PostgreSQL server, in a schema for each case.
    pub struct InPostgresPeople {
        wrap: Wrap,
        url: &'static str,
        schema: String,
    }

    impl InPostgresPeople {
        pub fn new(wrap: Wrap, url: &'static str) -> Self {
            Self { wrap, url, schema: format!("people_{}", fresh_prefix()) }
        }

        async fn pool(&self) -> PgPool {
            let options: PgConnectOptions = self.url.parse().unwrap();
            let options = options.options([("search_path", &self.schema)]);
            PgPoolOptions::new().max_connections(8).connect_with(options).await.unwrap()
        }

        fn stores(&self, pool: PgPool) -> Stores {
            (self.wrap)(Stores { users: Arc::new(People(pool.clone())), attempts: Arc::new(PostgresStore::new(pool)) })
        }
    }

    #[async_trait::async_trait]
    impl Harness for InPostgresPeople {
        async fn open(&self) -> Stores {
            let pool = self.pool().await;
            let schema = format!("CREATE SCHEMA IF NOT EXISTS {}", self.schema);
            raw_sql(AssertSqlSafe(schema)).execute(&pool).await.unwrap();
            raw_sql(BEFORE).execute(&pool).await.unwrap();
            add_columns(&pool).await.unwrap();
            let add = "INSERT INTO users (name) SELECT 'Somebody' FROM generate_series(1, 32)";
            raw_sql(add).execute(&pool).await.unwrap();
            PostgresStore::new(pool.clone()).migrate().await.unwrap();
            self.stores(pool)
        }

        async fn reopen(&self, _: Stores) -> Stores {
            self.stores(self.pool().await)
        }

        async fn beside(&self, _: &Stores) -> Stores {
            self.stores(self.pool().await)
        }

        async fn overwrite_snapshot(&self, _: &Stores, id: &UserId, snapshot: &str) -> bool {
            let overwrite = "UPDATE users SET auth_document = $2 WHERE id = $1";
            let statement = query(overwrite).bind(id.as_str().parse::<i64>().unwrap()).bind(snapshot);
            statement.execute(&self.pool().await).await.unwrap().rows_affected() == 1
        }

        fn fresh_id(&self, n: u32) -> UserId {
            UserId::parse(&n.to_string()).unwrap()
        }
    }
}
