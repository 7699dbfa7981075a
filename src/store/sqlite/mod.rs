mod first_start;
mod migrate;
mod verdict;

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use doorward::store::BackendError;
use doorward::store::sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::sql::{Migration, Statements, TablePrefix, Verdict, implement_ports, migrations};
use doorward::error::Malformed;
use verdict::judge;

/// Users and attempts in an SQLite file: for one machine, and as many processes on it as like.
///
/// It is a [`UserRepository`](crate::UserRepository), an [`AttemptStore`](crate::AttemptStore) and a
/// [`UserDirectory`](crate::store::UserDirectory); clone it to plug it into both places.
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
/// let auth = Auth::builder(site, store.clone(), store, PrintingMailer)
///     .background(|work| drop(tokio::spawn(work))) // or the time of an answer tells strangers who has an account
#[cfg_attr(feature = "tracing", doc = "    .observer(doorward::event::TracingObserver) // what fails is told")]
///     .build()?;
/// # operator.provision(doorward::Email::parse("ann@acme.example")?).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What a power loss can cost
/// [`options`](Self::options) asks for a write-ahead log that is synchronised at every commit (`FULL`): what was answered
/// is on the disk, as the contract of [`UserRepository`](crate::UserRepository) demands. With `NORMAL` a crash of the process
/// still costs nothing, but a power loss may cost the last commits: users that were changed just before are as they were,
/// so **a token or a temporary password that was used works again**. That is fine for attempts, where it lets somebody try
/// again earlier; give them a pool and a file of their own with [`with_attempts`](Self::with_attempts), and a sign-in waits
/// for one synchronised commit instead of three. Measured on one machine with a fast disk, beside the default hash: `FULL` adds
/// 12 % to a sign-in, `FULL` with attempts apart at `NORMAL` 8 %, `NORMAL` 5.5 %; a slow disk widens the gap (`cargo bench -p
/// doorward-benches --bench stores` tells yours).
///
/// # When others write
/// SQLite has one writer at a time. Others wait up to the busy timeout (five seconds with [`options`](Self::options)), then
/// the call fails with an error and surely took no effect. Every write is one statement that commits by itself, so nobody
/// holds the file while waiting for something else; keep it that way if your own tables are in the same file.
///
/// # Runtime
/// Calls must be made within a tokio runtime, as must dropping a call that is not finished; background work too, so give
/// [`background`](crate::AuthBuilder::background) `tokio::spawn`.
#[derive(Clone)]
pub struct SqliteStore {
    users: SqlitePool,
    attempts: SqlitePool,
    statements: Statements,
    prefix: TablePrefix,
}

impl SqliteStore {
    /// Over a pool that the host has. Make it with [`options`](Self::options), or see to it that users are written with full
    /// synchronisation and that waiting writers have a busy timeout.
    pub fn new(pool: SqlitePool) -> Self {
        let prefix = TablePrefix::default();
        Self { attempts: pool.clone(), users: pool, statements: Statements::new(&prefix), prefix }
    }

    /// Opens the file at that URL, and makes it if there is none; with [`options`](Self::options) and up to four connections.
    ///
    /// # Errors
    /// [`BackendError`] if the URL is malformed or the file cannot be opened.
    pub async fn connect(url: &str) -> Result<Self, BackendError> {
        let options = Self::options(url)?;
        first_start::turn_log_on(&options, &Self::plain_options(url)?).await?;
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(5))
            // A file does not go away like a server does, so there is nothing to test and nothing to renew.
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None);
        pool.connect_with(options).await.map(Self::new).map_err(failed)
    }

    /// How to open a file: made if missing, write-ahead log, full synchronisation, a busy timeout of five seconds. Change what
    /// you know better, and give the pool to [`new`](Self::new) or [`with_attempts`](Self::with_attempts).
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

    /// Keeps attempts elsewhere: in a file of their own, or in the same one by connections that synchronise less.
    #[must_use]
    pub fn with_attempts(self, pool: SqlitePool) -> Self {
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

    /// Brings the schema up to date, in the files of this store: that of the users and, after
    /// [`with_attempts`](Self::with_attempts), that of the attempts. Several processes may do so at once, at every start. Without
    /// it every call fails with [`TablesMissing`](doorward::store::BackendErrorKind::TablesMissing), which says where they are missing.
    ///
    /// Call it once the store is as it is to be: what `with_attempts` and [`with_prefix`](Self::with_prefix) lead to later has no
    /// tables yet. Where users and attempts are two stores, each is migrated by itself.
    ///
    /// # Errors
    /// [`BackendError`] if the file cannot be written and a step is missing. Nothing is left half done.
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

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("prefix", &self.prefix.as_str()).finish_non_exhaustive()
    }
}

implement_ports!(SqliteStore, Sqlite, judge);
