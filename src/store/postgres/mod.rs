mod migrate;
mod verdict;

use core::fmt;
use core::time::Duration;

use doorward::store::BackendError;
use doorward::store::sqlx::postgres::{PgPool, PgPoolOptions, Postgres};

use super::sql::{Migration, Statements, TablePrefix, Verdict, implement_ports, migrations};
use doorward::error::Malformed;
use verdict::judge;

/// Users and attempts in PostgreSQL: for any number of machines.
///
/// It is a [`UserRepository`](crate::UserRepository), an [`AttemptStore`](crate::AttemptStore) and a
/// [`UserDirectory`](crate::store::UserDirectory); clone it to plug it into both places.
///
/// ```no_run
/// use doorward::{Auth, Site};
/// use doorward::mail::PrintingMailer;
/// use doorward::store::PostgresStore;
///
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let store = PostgresStore::connect("postgres://acme@db.acme.example/acme").await?;
/// store.migrate().await?;
/// let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// let auth = Auth::builder(site, store.clone(), store, PrintingMailer)
///     .background(|work| drop(tokio::spawn(work))) // or the time of an answer tells strangers who has an account
#[cfg_attr(feature = "tracing", doc = "    .observer(doorward::event::TracingObserver) // what fails is told")]
///     .build()?;
/// # Ok(()) }
/// ```
///
/// # How it holds
/// Every call is one statement that commits by itself; a write is guarded by the version it expects, and its count of rows
/// is the answer. So it is correct at every isolation level: at `READ COMMITTED`, the default and the best choice, losers
/// find no row; above it they get a serialization failure (40001) or a deadlock (40P01), which surely took no effect and is
/// `Stale`. Leave `synchronous_commit` on, and connect to the primary: a replica that lags shows used tokens as unused.
///
/// # Its relatives
/// Schema and statements keep to what CockroachDB and YugabyteDB document: no advisory locks, no collations, no
/// procedures, and steps of the schema that may run again. The tests run on PostgreSQL.
///
/// # Behind a pooler
/// Statements are prepared. PgBouncer keeps up with that in transaction mode since its version 1.21; for an older one make the
/// pool with `statement_cache_capacity(0)`.
///
/// # What the server logs
/// This crate shows no values of the server's messages, but the server's own log does: a violated constraint is logged with the
/// whole row, address and all, unless `log_error_verbosity` is `terse`.
///
/// # Runtime
/// Calls must be made within a tokio runtime, as must dropping a call that is not finished; background work too, so give
/// [`background`](crate::AuthBuilder::background) `tokio::spawn`.
#[derive(Clone)]
pub struct PostgresStore {
    users: PgPool,
    attempts: PgPool,
    statements: Statements,
    prefix: TablePrefix,
}

impl PostgresStore {
    /// Over a pool that the host has.
    pub fn new(pool: PgPool) -> Self {
        let prefix = TablePrefix::default();
        Self { attempts: pool.clone(), users: pool, statements: Statements::new(&prefix), prefix }
    }

    /// Connects to the server at that URL, with up to ten connections. A call that gets none within five seconds fails.
    ///
    /// # Errors
    /// [`BackendError`] if the URL is malformed or the server cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, BackendError> {
        let pool = PgPoolOptions::new().acquire_timeout(Duration::from_secs(5));
        pool.connect(url).await.map(Self::new).map_err(failed)
    }

    /// Keeps attempts in another database, so that their many small writes burden another server. What is lost there lets
    /// somebody try again earlier, and nothing else.
    #[must_use]
    pub fn with_attempts(self, pool: PgPool) -> Self {
        Self { attempts: pool, ..self }
    }

    /// Lets the names of all tables begin with this instead of `doorward_`.
    ///
    /// # Errors
    /// [`Malformed`] if it is anything but a lower-case letter or underscore and up to 31 of those or digits.
    pub fn with_prefix(self, prefix: &str) -> Result<Self, Malformed> {
        let prefix = TablePrefix::parse(prefix)?;
        Ok(Self { statements: Statements::new(&prefix), prefix, ..self })
    }

    /// The schema, step by step, for hosts that run migrations of their own.
    pub fn migrations(&self) -> Vec<Migration> {
        migrations(&self.prefix)
    }

    /// Brings the schema up to date, in the first schema of the search path, in the databases of this store: that of the users
    /// and, after [`with_attempts`](Self::with_attempts), that of the attempts. Several processes may do so at once, at every
    /// start. Without it every call fails with [`TablesMissing`](doorward::store::BackendErrorKind::TablesMissing), which says where they
    /// are missing.
    ///
    /// Call it once the store is as it is to be: what `with_attempts` and [`with_prefix`](Self::with_prefix) lead to later has no
    /// tables yet. Where users and attempts are two stores, each is migrated by itself.
    ///
    /// # Errors
    /// [`BackendError`] if a step is missing and cannot be applied.
    pub async fn migrate(&self) -> Result<(), BackendError> {
        migrate::migrate(&self.users, &self.prefix).await?;
        migrate::migrate(&self.attempts, &self.prefix).await
    }

    /// Every statement it sends, under the name of the method it serves: for reviewing plans.
    pub fn statements(&self) -> Vec<(&'static str, &str)> {
        self.statements.all()
    }

    /// Closes its pools, also those it was given, once what they are doing is done.
    pub async fn close(&self) {
        self.users.close().await;
        self.attempts.close().await;
    }
}

fn failed(error: doorward::store::sqlx::Error) -> BackendError {
    judge(error).into_error()
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("prefix", &self.prefix.as_str()).finish_non_exhaustive()
    }
}

implement_ports!(PostgresStore, Postgres, judge);
