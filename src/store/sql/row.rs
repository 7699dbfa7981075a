use time::OffsetDateTime;

use doorward::account::UserOverview;
use doorward::store::{Attempts, BackendError, BackendErrorKind, User, UserHead, UserHeadRow, UserRow};

/// A row of the users: id, email, version, snapshot.
pub type Stored = (String, String, String, String);

/// What a look-up by address finds: whether it is somebody's, id, email, head.
pub type StoredHead = (i64, String, String, String);

/// What is bound for a user.
pub struct Columns {
    pub version: String,
    pub reset_until: Option<i64>,
    pub head: String,
    pub snapshot: String,
}

impl Columns {
    pub fn of(user: &User) -> Self {
        Self {
            version: user.version().to_string(),
            reset_until: user.overview().reset_expires_at.map(micros),
            head: user.head().encode(),
            snapshot: user.to_snapshot(),
        }
    }
}

/// An instant as a column keeps it: microseconds since 1970.
pub fn micros(at: OffsetDateTime) -> i64 {
    let micros = at.unix_timestamp_nanos().div_euclid(1_000);
    i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX })
}

/// Reads what was found, and where nothing was found takes as long.
pub fn read_user(found: Option<Stored>) -> Result<Option<User>, BackendError> {
    User::decode(found.as_ref().map(row))
}

/// Reads the one row that a look-up by address always finds.
pub fn read_head((is_found, id, email, head): &StoredHead) -> Result<Option<UserHead>, BackendError> {
    let read = UserHead::decode(Some(UserHeadRow { id, email, head }))?;
    Ok(read.filter(|_| *is_found == 1))
}

fn row((id, email, version, snapshot): &Stored) -> UserRow<'_> {
    UserRow { id, email, version, snapshot }
}

pub fn read_attempts(found: Option<(String,)>) -> Result<Option<Attempts>, BackendError> {
    let read = found.map(|(snapshot,)| Attempts::from_snapshot(&snapshot)).transpose();
    read.map_err(|malformed| BackendError::new(BackendErrorKind::Unreadable).with_source(malformed))
}

/// A page of a list. A row that cannot be read is an error: a list that left it out would be taken for complete.
pub fn page(found: &[Stored]) -> Result<Vec<UserOverview>, BackendError> {
    found.iter().map(|stored| Ok(User::from_snapshot(row(stored))?.overview())).collect()
}
