use time::OffsetDateTime;

use doorward::UserId;
use doorward::account::UserOverview;
use doorward::store::{Attempts, BackendError, BackendErrorKind, User, UserHead, UserHeadRow, UserRow};

/// A row of the users table: id, email, version, snapshot.
pub type Stored = (String, String, String, String);

/// The values bound for a user.
pub struct Columns {
    pub version: String,
    pub reset_until: Option<i64>,
    /// When a mail is due, or a deletion.
    pub mail_due: Option<i64>,
    pub head: String,
    pub snapshot: String,
}

impl Columns {
    pub fn of(user: &User) -> Self {
        let overview = user.overview();
        Self {
            version: user.version().to_string(),
            reset_until: overview.reset_expires_at.map(micros),
            mail_due: overview.due_at.map(micros),
            head: user.head().encode(),
            snapshot: user.to_snapshot(),
        }
    }
}

/// An instant as stored in a column: microseconds since 1970.
pub fn micros(at: OffsetDateTime) -> i64 {
    let micros = at.unix_timestamp_nanos().div_euclid(1_000);
    i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX })
}

/// Decodes the row; if there is none, takes as long.
pub fn read_user(found: Option<Stored>) -> Result<Option<User>, BackendError> {
    User::decode(found.as_ref().map(row))
}

/// Decodes the columns id, email and head of the one row that a lookup by address always reads. If it is another user's, it may be
/// damaged: that is no concern of who asked.
pub fn read_head(is_found: bool, columns: [Result<String, BackendError>; 3]) -> Result<Option<UserHead>, BackendError> {
    let read = || {
        let [id, email, head] = columns;
        UserHead::decode(Some(UserHeadRow { id: &id?, email: &email?, head: &head? }))
    };
    let read = read();
    if is_found { read } else { Ok(None) }
}

fn row((id, email, version, snapshot): &Stored) -> UserRow<'_> {
    UserRow { id, email, version, snapshot }
}

pub fn read_attempts(found: Option<(String,)>) -> Result<Option<Attempts>, BackendError> {
    let read = found.map(|(snapshot,)| Attempts::from_snapshot(&snapshot)).transpose();
    read.map_err(|malformed| BackendError::new(BackendErrorKind::Unreadable).with_source(malformed))
}

/// A page of ids. If a row's is not one, nobody can be asked for by it.
pub fn ids(found: &[(String,)]) -> Vec<UserId> {
    found.iter().filter_map(|(id,)| UserId::parse(id).ok()).collect()
}

/// A page of a list. An unreadable row is an error: a list that omitted it would pass as complete.
pub fn page(found: &[Stored]) -> Result<Vec<UserOverview>, BackendError> {
    found.iter().map(|stored| Ok(User::from_snapshot(row(stored))?.overview())).collect()
}
