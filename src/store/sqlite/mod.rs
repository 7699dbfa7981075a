mod first_start;
mod journal;
mod migrate;
mod verdict;

use core::str::FromStr;
use core::time::Duration;

use doorward::store::BackendError;
use doorward::store::sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::sql::{Statements, TablePrefix, Verdict, implement_journal, implement_ports};
use verdict::{is_spoilt, judge};

/// Users and attempts in an SQLite file: for one machine, with any number of processes.
///
/// Implements [`UserRepository`](crate::UserRepository), [`AttemptStore`](crate::AttemptStore) and
/// [`UserDirectory`](crate::store::UserDirectory). Clone it to use it for both.
///
/// ```
/// use doorward::{Auth, Site};
/// use doorward::mail::PrintingMailer;
/// use doorward::store::SqliteStore;
///
/// # let folder = std::env::temp_dir().join(format!("doorward-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let url = format!("sqlite://{}/auth.db", folder.display());
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// // such as sqlite://auth.db, or sqlite:///var/lib/acme/auth.db
/// let store = SqliteStore::connect(&url).await?;
/// store.migrate().await?;
/// let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// let (auth, operator) = Auth::builder(site, store.clone(), store, PrintingMailer)
///     .background(|work| drop(tokio::spawn(work))) // otherwise response times reveal which addresses have accounts
#[cfg_attr(feature = "tracing", doc = "    .observer(doorward::event::TracingObserver) // reports failures")]
///     .build_with_operator()?;
/// # operator.provision(doorward::Email::parse("ann@acme.example")?).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What a power loss can cost
/// [`options`](Self::options) enables a write-ahead log that is synchronised at every commit (`FULL`): an acknowledged change
/// is on disk, as the contract of [`UserRepository`](crate::UserRepository) requires. With `NORMAL`, a process crash still
/// costs nothing, but a power loss may lose the last commits: recent changes to users are undone, so **a used token or
/// temporary password works again**. That is fine for attempts, where it only allows someone to try again earlier. Give them a
/// pool and file of their own with [`with_attempts`](Self::with_attempts), and a sign-in waits for one synchronised commit
/// instead of three. Measured on one machine with a fast disk, relative to the default hash: `FULL` adds 12 % to a sign-in,
/// `FULL` with separate attempts at `NORMAL` 8 %, `NORMAL` 5.5 %; a slow disk widens the gap
/// (`cargo bench -p doorward-benches --bench stores` measures yours).
///
/// # Concurrent writers
/// SQLite allows one writer at a time. Others wait up to the busy timeout (five seconds with [`options`](Self::options)), then
/// the call fails with an error and certainly had no effect. Every write is one statement, with a journal one transaction that is sent at once, so the lock
/// is never held while waiting for something else; keep it that way if your own tables are in the same file. Every call ends
/// after [`with_timeout`](Self::with_timeout), ten seconds by default; keep the busy timeout below that, because a write that
/// SQLite gives up certainly had no effect.
///
/// # Runtime
/// Calls must be made within a tokio runtime, and unfinished calls must be dropped within one. So must background work: pass
/// `tokio::spawn` to [`background`](crate::AuthBuilder::background).
#[derive(Clone)]
pub struct SqliteStore {
    users: SqlitePool,
    attempts: SqlitePool,
    statements: Statements,
    prefix: TablePrefix,
    timeout: Duration,
    journal: bool,
}

impl SqliteStore {
    /// Uses the host's pool. Create it with [`options`](Self::options), or make sure that users are written with full
    /// synchronisation and that waiting writers have a busy timeout.
    pub fn new(pool: SqlitePool) -> Self {
        Self::over(pool)
    }

    /// Opens the file at this URL, and creates it if missing, with [`options`](Self::options) and up to four connections.
    ///
    /// # Errors
    /// [`BackendError`] if the URL is malformed or the file cannot be opened.
    pub async fn connect(url: &str) -> Result<Self, BackendError> {
        let options = Self::options(url)?;
        first_start::turn_log_on(&options, &Self::plain_options(url)?).await?;
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(5))
            // A file does not disappear like a server, so there is nothing to test and nothing to renew.
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None);
        pool.connect_with(options).await.map(Self::new).map_err(failed)
    }

    /// How to open a file: created if missing, write-ahead log, full synchronisation, a busy timeout of five seconds. Adjust it
    /// as needed and pass the pool to [`new`](Self::new) or [`with_attempts`](Self::with_attempts).
    ///
    /// # Errors
    /// [`BackendError`] if the URL is malformed.
    pub fn options(url: &str) -> Result<SqliteConnectOptions, BackendError> {
        let options = Self::plain_options(url)?;
        Ok(options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full))
    }

    fn plain_options(url: &str) -> Result<SqliteConnectOptions, BackendError> {
        let options = SqliteConnectOptions::from_str(url).map_err(failed)?;
        Ok(options.create_if_missing(true).busy_timeout(Duration::from_secs(5)))
    }
}

implement_ports!(SqliteStore, Sqlite, judge, is_spoilt, true);
implement_journal!(SqliteStore, Sqlite, judge, is_spoilt, true);
