use std::time::Duration;

use doorward::error::Malformed;
use doorward::store::sqlx::pool::PoolConnection;
use doorward::store::sqlx::{self, Database, Pool};
use tokio::time::{self, Instant};

/// How long a call may take: waiting for a connection (five seconds), then for the statement.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// The bounds of the timeout that a host sets.
pub fn timeout(timeout: Duration) -> Result<Duration, Malformed> {
    let sensible = (Duration::from_millis(1)..=Duration::from_secs(3_600)).contains(&timeout);
    sensible.then_some(timeout).ok_or(Malformed::new("store timeout, not between 1 millisecond and an hour"))
}

/// How long a server may take to prove that a connection which is given back is still alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// A connection of a pool, borrowed for one statement. It goes back only if the next statement can use it.
pub struct Lease<D: Database> {
    connection: PoolConnection<D>,
    /// Whether a connection outlives a statement that was interrupted, as one to a file does and one to a server may not.
    survives: bool,
    /// The statement is several, of which one interrupted in between leaves a transaction open.
    must_finish: bool,
    goes_back: bool,
}

impl<D: Database> Lease<D> {
    /// The statement may be interrupted: by the timeout, or because its future is dropped.
    pub async fn of(pool: &Pool<D>, by: Instant, survives: bool) -> sqlx::Result<Self> {
        let connection = in_time(by, pool.acquire()).await?;
        Ok(Self { connection, survives, must_finish: false, goes_back: survives })
    }

    /// It does not go back if its statements are interrupted.
    pub fn must_finish(&mut self) {
        (self.must_finish, self.goes_back) = (true, false);
    }

    pub fn connection(&mut self) -> &mut D::Connection {
        &mut self.connection
    }

    /// Gives it back, unless the error says that it is spoilt.
    pub fn settle<T>(mut self, outcome: sqlx::Result<T>, spoilt: fn(&sqlx::Error) -> bool) -> sqlx::Result<T> {
        let interrupted = |error: &sqlx::Error| self.must_finish && matches!(error, sqlx::Error::Io(_));
        self.goes_back = !outcome.as_ref().is_err_and(|error| spoilt(error) || interrupted(error));
        outcome
    }
}

impl<D: Database> Drop for Lease<D> {
    fn drop(&mut self) {
        if !self.goes_back {
            self.connection.close_on_drop();
        } else if !self.survives {
            // Dropping the connection would do the same, but without a bound: of a pool whose server falls silent, each
            // connection on its way back would be lost. The method is public and undocumented.
            tokio::spawn(time::timeout(SIGN_OF_LIFE, self.connection.return_to_pool()));
        }
    }
}

/// The outcome, or an I/O error if there is none by then.
pub async fn in_time<T>(by: Instant, work: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    time::timeout_at(by, work).await.unwrap_or_else(|elapsed| Err(sqlx::Error::Io(elapsed.into())))
}
