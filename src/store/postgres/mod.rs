mod journal;
mod migrate;
mod verdict;

use core::str::FromStr;
use core::time::Duration;

use doorward::store::BackendError;
use doorward::store::sqlx;
use doorward::store::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, Postgres};

use super::sql::{Statements, TablePrefix, Verdict, implement_journal, implement_ports};
use verdict::{is_spoilt, judge};

/// How long the server works on a statement for a pool of [`PostgresStore::connect`]: less than the store waits, so that it is the
/// server that gives up, and the outcome is certain.
const STATEMENT_TIMEOUT: (&str, &str) = ("statement_timeout", "8s");

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
/// Every call is one statement that commits by itself (purging a journal is a transaction); a write is guarded by the expected version, and its row count is the
/// result. So it is correct at every isolation level. At `READ COMMITTED`, the default and the best choice, losers find no row;
/// above it they get a serialization failure (40001) or a deadlock (40P01), which certainly had no effect and is `Stale`. Leave
/// `synchronous_commit` on, and connect to the primary: a lagging replica shows used tokens as unused.
///
/// # Failover
/// A connection is not used again once an error was about it and not about the statement: the server became read-only (SQLSTATE
/// 25006, as a demoted primary does), is shutting down (57P01 to 57P05), reports a broken connection (08) or an internal error
/// (XX), or has lost the prepared statements (26000, 0A000). So each connection fails at most once after a failover, with a pool
/// of yours too. What the pool must then reach is the new primary: connect by a name that moves to it, or through a proxy.
///
/// # A server that answers late or never
/// Every call ends after [`with_timeout`](Self::with_timeout), ten seconds by default, whatever the pool is, and its connection
/// is closed. The server does not see that while it waits for a lock, so let it give up by itself, a little earlier:
/// [`connect`](Self::connect) sees to that. In a pool of your own set `acquire_timeout` (30 seconds by default) and
/// `statement_timeout`:
///
/// ```no_run
/// use std::time::Duration;
/// use doorward::store::PostgresStore;
/// use doorward::store::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
///
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let options: PgConnectOptions = "postgres://acme@db.acme.example/acme".parse()?;
/// let pool = PgPoolOptions::new()
///     .acquire_timeout(Duration::from_secs(2))
///     .connect_with(options.options([("statement_timeout", "4s")])) // behind a pooler: set it for the database role instead
///     .await?;
/// let store = PostgresStore::new(pool).with_timeout(Duration::from_secs(5))?;
/// # Ok(()) }
/// ```
///
/// # Compatible databases
/// Schema and statements use only what CockroachDB and YugabyteDB document: no advisory locks, collations or procedures, and
/// only migration steps that can be repeated. A journal needs PostgreSQL itself. The tests run on PostgreSQL.
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
    timeout: Duration,
    journal: bool,
}

impl PostgresStore {
    /// Uses the host's pool.
    pub fn new(pool: PgPool) -> Self {
        Self::over(pool)
    }

    /// Connects to the server at this URL, with up to ten connections. A call that gets none within five seconds fails, and the
    /// server cancels statements after eight, unless the URL sets a `statement_timeout` in its `options`, or a pooler allows
    /// none.
    ///
    /// # Errors
    /// [`BackendError`] if the URL is malformed or the server is unreachable.
    pub async fn connect(url: &str) -> Result<Self, BackendError> {
        let options = PgConnectOptions::from_str(url).map_err(failed)?;
        let has_own = options.get_options().is_some_and(|own| own.contains(STATEMENT_TIMEOUT.0));
        let bounded = if has_own { options.clone() } else { options.clone().options([STATEMENT_TIMEOUT]) };
        let pool = match pool().connect_with(bounded).await {
            Err(error) if !has_own && is_unknown_parameter(&error) => pool().connect_with(options).await,
            outcome => outcome,
        };
        pool.map(Self::new).map_err(failed)
    }
}

fn pool() -> PgPoolOptions {
    PgPoolOptions::new().acquire_timeout(Duration::from_secs(5))
}

/// A pooler's answer to a setting that it does not pass on.
fn is_unknown_parameter(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|answer| answer.code()).is_some_and(|code| code == "08P01")
}

implement_ports!(PostgresStore, Postgres, judge, is_spoilt, false);
implement_journal!(PostgresStore, Postgres, judge, is_spoilt, false);
