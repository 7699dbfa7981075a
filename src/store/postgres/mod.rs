mod migrate;
mod verdict;

use core::time::Duration;

use doorward::store::BackendError;
use doorward::store::sqlx::postgres::{PgPool, PgPoolOptions, Postgres};

use super::sql::{Statements, TablePrefix, Verdict, implement_ports};
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
}

implement_ports!(PostgresStore, Postgres, judge);
