use std::sync::Arc;

use doorward::UserId;
use doorward::error::Malformed;
use doorward::journal::JournalEntry;
use doorward::store::{BackendError, BackendErrorKind};
use time::OffsetDateTime;

use super::{TablePrefix, micros};

/// What is read of an entry: user, number, instant, event, request, operator, digest, checkpoint.
pub type StoredEntry = (String, i64, i64, String, Option<String>, Option<String>, Option<String>, Option<String>);

/// The same behind its transaction and position.
pub type FollowedEntry =
    (i64, i64, String, i64, i64, String, Option<String>, Option<String>, Option<String>, Option<String>);

const COLUMNS: &str = "user_id, seq, at, event, request_id, operator, digest, checkpoint";

/// What the databases have no common SQL for.
pub struct Dialect {
    /// The columns that say in which order entries were stored.
    pub order: &'static str,
    /// Behind the cursor of transaction `$1` and position `$2`, without what an earlier entry can still appear before.
    pub behind: &'static str,
    /// The columns of that order.
    pub by: &'static str,
    /// The columns of the index by user and number.
    pub by_user: &'static str,
    /// Further indexes, on `{journal}`.
    pub indexes: &'static [&'static str],
    /// Makes a statement on the users, with so many parameters, one that stores journal entries as well, if it can be one.
    pub with_entries: fn(statement: &str, parameters: usize, journal: &str) -> String,
}

/// A write to the users: alone, and with journal entries.
#[derive(Clone, Debug)]
pub struct Write {
    pub alone: Arc<str>,
    pub with_entries: Arc<str>,
}

impl Write {
    pub fn new(statement: String, parameters: usize, prefix: &TablePrefix, dialect: &Dialect) -> Self {
        let with_entries = (dialect.with_entries)(&statement, parameters, &table(prefix)).into();
        Self { alone: statement.into(), with_entries }
    }

    pub fn for_entries(&self, entries: &[JournalEntry]) -> Arc<str> {
        if entries.is_empty() { self.alone.clone() } else { self.with_entries.clone() }
    }
}

/// The statements on the journal alone.
#[derive(Clone, Debug)]
pub struct JournalStatements {
    pub latest: Arc<str>,
    pub history: Arc<str>,
    pub list: Arc<str>,
    pub list_event: Arc<str>,
    pub follow: Arc<str>,
    pub list_expired: Arc<str>,
    pub purge: Arc<str>,
    pub purge_all: Arc<str>,
    pub mark_purged: Arc<str>,
}

pub fn table(prefix: &TablePrefix) -> String {
    format!("{}journal", prefix.as_str())
}

impl JournalStatements {
    pub fn new(prefix: &TablePrefix, dialect: &Dialect) -> Self {
        let (journal, purged) = (table(prefix), JournalEntry::PURGED);
        let Dialect { behind, by, .. } = dialect;
        let select = format!("SELECT {COLUMNS} FROM {journal} WHERE");
        let page = "AND (at, user_id, seq) > ($2, $3, $4) AND at < $5 ORDER BY at, user_id, seq LIMIT $6";
        Self {
            latest: format!("{select} user_id = $1 AND seq < $2 AND checkpoint IS NULL ORDER BY seq DESC LIMIT $3")
                .into(),
            history: format!("{select} user_id = $1 AND seq > $2 ORDER BY seq LIMIT $3").into(),
            list: format!(
                "{select} checkpoint IS NULL AND (at, user_id, seq) > ($1, $2, $3) AND at < $4 \
                 ORDER BY at, user_id, seq LIMIT $5"
            )
            .into(),
            list_event: format!("{select} checkpoint IS NULL AND event = $1 {page}").into(),
            follow: format!(
                "SELECT xact, position, {COLUMNS} FROM {journal} \
                 WHERE {behind} AND checkpoint IS NULL ORDER BY {by} LIMIT $3"
            )
            .into(),
            list_expired: format!(
                "{select} checkpoint IS NULL AND at < $1 AND NOT EXISTS (SELECT 1 FROM {journal} AS kept \
                 WHERE kept.user_id = {journal}.user_id AND kept.seq < {journal}.seq AND kept.at >= $1) \
                 ORDER BY at, user_id, seq LIMIT $2"
            )
            .into(),
            purge: format!("DELETE FROM {journal} WHERE user_id = $1 AND seq < $2").into(),
            purge_all: format!("DELETE FROM {journal} WHERE user_id = $1 AND seq <= $2").into(),
            mark_purged: format!(
                "UPDATE {journal} SET event = '{purged}', request_id = NULL, operator = NULL, checkpoint = $3 \
                 WHERE user_id = $1 AND seq = $2"
            )
            .into(),
        }
    }

    pub fn all(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("latest", &*self.latest),
            ("history", &*self.history),
            ("list journal", &*self.list),
            ("list journal of an event", &*self.list_event),
            ("follow", &*self.follow),
            ("list_expired", &*self.list_expired),
            ("purge_through", &*self.purge),
            ("purge_through of a deleted account", &*self.purge_all),
            ("purge_through, the checkpoint", &*self.mark_purged),
        ]
    }
}

/// The journal's table and indexes.
///
/// There is no unique index on user and number: a table of users that was put back to an earlier state would then lock everybody out.
/// The guard of the users' versions keeps numbers apart, and a check of the journal finds any that repeat.
pub fn schema(prefix: &TablePrefix, dialect: &Dialect) -> Vec<String> {
    let (p, order) = (prefix.as_str(), dialect.order);
    let mut schema = vec![
        format!(
            "CREATE TABLE IF NOT EXISTS {p}journal (
    {order},
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    event TEXT NOT NULL,
    request_id TEXT,
    operator TEXT,
    digest TEXT,
    checkpoint TEXT
)"
        ),
        format!("CREATE INDEX IF NOT EXISTS {p}journal_user ON {p}journal {}", dialect.by_user),
        format!("CREATE INDEX IF NOT EXISTS {p}journal_at ON {p}journal (at, user_id, seq) WHERE checkpoint IS NULL"),
        format!(
            "CREATE INDEX IF NOT EXISTS {p}journal_event ON {p}journal (event, at, user_id, seq) \
             WHERE checkpoint IS NULL"
        ),
    ];
    let journal = table(prefix);
    schema.extend(dialect.indexes.iter().map(|index| index.replace("{journal}", &journal)));
    schema
}

/// A number as a column holds it.
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub fn read_entry(stored: StoredEntry) -> Result<JournalEntry, BackendError> {
    let unreadable = |source: Malformed| BackendError::new(BackendErrorKind::Unreadable).with_source(source);
    let (user, seq, at, event, request_id, operator, digest, checkpoint) = stored;
    let user = UserId::parse(&user).map_err(unreadable)?;
    let seq = u64::try_from(seq).map_err(|_| unreadable(Malformed::new("number of a journal entry")))?;
    let at = instant(at).ok_or(unreadable(Malformed::new("instant of a journal entry")))?;
    let mut entry = JournalEntry::new(user, seq, at, event);
    entry.request_id = request_id.map(Into::into);
    entry.operator = operator.map(|operator| UserId::parse(&operator)).transpose().map_err(unreadable)?;
    (entry.digest, entry.checkpoint) = (digest.map(Into::into), checkpoint.map(Into::into));
    Ok(entry)
}

pub fn read_entries(stored: Vec<StoredEntry>) -> Result<Vec<JournalEntry>, BackendError> {
    stored.into_iter().map(read_entry).collect()
}

fn instant(micros: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()
}

/// Where a list goes on: behind that entry, or with the first one from then on.
pub fn place(after: Option<&JournalEntry>, from: OffsetDateTime) -> (i64, &str, i64) {
    match after {
        Some(entry) => (micros(entry.at), entry.user_id.as_str(), signed(entry.seq)),
        // No user has an empty id.
        None => (micros(from), "", 0),
    }
}
