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
/// Implements [`UserRepository`](crate::UserRepository), [`AttemptStore`](crate::AttemptStore) and
/// [`UserDirectory`](crate::store::UserDirectory). Clone it to use it for both.
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
///     .background(|work| drop(tokio::spawn(work))) // otherwise response times reveal which addresses have accounts
#[cfg_attr(feature = "tracing", doc = "    .observer(doorward::event::TracingObserver) // reports failures")]
///     .build()?;
/// # Ok(()) }
/// ```
///
/// # Guarantees
/// Every call is one statement that commits by itself; a write is guarded by the expected version, and its row count is the
/// result. So it is correct at every isolation level. At `READ COMMITTED`, the default and the best choice, losers find no row;
/// above it they get a serialization failure (40001) or a deadlock (40P01), which certainly had no effect and is `Stale`. Leave
/// `synchronous_commit` on, and connect to the primary: a lagging replica shows used tokens as unused.
///
/// # Compatible databases
/// Schema and statements use only what CockroachDB and YugabyteDB document: no advisory locks, collations or procedures, and
/// only migration steps that can be repeated. The tests run on PostgreSQL.
///
/// # Behind a pooler
/// Statements are prepared. PgBouncer supports that in transaction mode since version 1.21; for an older one, create the pool
/// with `statement_cache_capacity(0)`.
///
/// # What the server logs
/// This crate shows no values from the server's messages, but the server's own log does: it logs a violated constraint with the
/// whole row, including the address, unless `log_error_verbosity` is `terse`.
///
/// # Runtime
/// Calls must be made within a tokio runtime, and unfinished calls must be dropped within one. So must background work: pass
/// `tokio::spawn` to [`background`](crate::AuthBuilder::background).
#[derive(Clone)]
pub struct PostgresStore {
    users: PgPool,
    attempts: PgPool,
    statements: Statements,
    prefix: TablePrefix,
}

impl PostgresStore {
    /// Uses the host's pool.
    pub fn new(pool: PgPool) -> Self {
        let prefix = TablePrefix::default();
        Self { attempts: pool.clone(), users: pool, statements: Statements::new(&prefix), prefix }
    }

    /// Connects to the server at this URL, with up to ten connections. A call that gets none within five seconds fails.
    ///
    /// # Errors
    /// [`BackendError`] if the URL is malformed or the server is unreachable.
    pub async fn connect(url: &str) -> Result<Self, BackendError> {
        let pool = PgPoolOptions::new().acquire_timeout(Duration::from_secs(5));
        pool.connect(url).await.map(Self::new).map_err(failed)
    }

    /// Keeps attempts in another database, so that their many small writes load another server. Losing them only allows someone
    /// to try again earlier.
    #[must_use]
    pub fn with_attempts(self, pool: PgPool) -> Self {
        Self { attempts: pool, ..self }
    }

    /// Replaces the prefix `doorward_` of all table names.
    ///
    /// # Errors
    /// [`Malformed`] unless the prefix is a lower-case letter or underscore, followed by up to 31 of those or digits.
    pub fn with_prefix(self, prefix: &str) -> Result<Self, Malformed> {
        let prefix = TablePrefix::parse(prefix)?;
        Ok(Self { statements: Statements::new(&prefix), prefix, ..self })
    }

    /// The schema, step by step, for hosts that run their own migrations.
    pub fn migrations(&self) -> Vec<Migration> {
        migrations(&self.prefix)
    }

    /// Brings the schema up to date in the first schema of the search path, in the databases of this store: that of the users
    /// and, after [`with_attempts`](Self::with_attempts), that of the attempts. Safe to call from several processes at once and
    /// on every start. Without it, every call fails with [`TablesMissing`](doorward::store::BackendErrorKind::TablesMissing),
    /// which says where they are missing.
    ///
    /// Call it on the fully configured store: a database or prefix set later with `with_attempts` or
    /// [`with_prefix`](Self::with_prefix) has no tables yet. If users and attempts are two separate stores, migrate each.
    ///
    /// # Errors
    /// [`BackendError`] if a step is missing and cannot be applied.
    pub async fn migrate(&self) -> Result<(), BackendError> {
        migrate::migrate(&self.users, &self.prefix).await?;
        migrate::migrate(&self.attempts, &self.prefix).await
    }

    /// Every statement it sends, with the name of the method it serves: for reviewing query plans.
    pub fn statements(&self) -> Vec<(&'static str, &str)> {
        self.statements.all()
    }

    /// Closes its pools, including those passed in, once their running calls are done.
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
