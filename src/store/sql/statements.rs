use std::sync::Arc;

use super::TablePrefix;
use super::journal::{Dialect, JournalStatements, Write};

/// The row that a lookup by address returns for an unknown address: as long as a real one, so that the same amount is read,
/// sent and decoded.
const NOBODY_ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";
const NOBODY_EMAIL: &str = "nobody@decoy.invalid";
const NOBODY_HEAD: &str = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Every statement of the ports. Each write is a single statement, guarded by the expected version, whose row count is the
/// result; so none needs a transaction, unless it stores journal entries as well.
#[derive(Clone, Debug)]
pub struct Statements {
    pub insert: Write,
    pub find_by_id: Arc<str>,
    pub find_by_email: Arc<str>,
    pub replace: Write,
    pub delete: Write,
    pub load: Arc<str>,
    pub swap_absent: Arc<str>,
    pub swap: Arc<str>,
    pub purge: Arc<str>,
    pub count: Arc<str>,
    pub list: Arc<str>,
    pub list_ids: Arc<str>,
    pub list_owing: Arc<str>,
    pub list_pending_resets: Arc<str>,
    pub journal: JournalStatements,
}

impl Statements {
    pub fn new(prefix: &TablePrefix, dialect: &Dialect) -> Self {
        let (users, attempts) = (format!("{}users", prefix.as_str()), format!("{}attempts", prefix.as_str()));
        let columns = "id, email, version, snapshot";
        let write = |statement, parameters| Write::new(statement, parameters, prefix, dialect);
        Self {
            insert: write(
                format!(
                    "INSERT INTO {users} (id, email, version, status, reset_until, mail_due, head, snapshot) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
                ),
                8,
            ),
            find_by_id: format!("SELECT {columns} FROM {users} WHERE id = $1").into(),
            find_by_email: format!(
                "SELECT CAST(CASE WHEN email = $1 THEN 1 ELSE 0 END AS BIGINT), COALESCE(id, '{NOBODY_ID}'), \
                 COALESCE(email, '{NOBODY_EMAIL}'), \
                 COALESCE(head, (SELECT head FROM {users} WHERE email > '' ORDER BY email DESC LIMIT 1), '{NOBODY_HEAD}') \
                 FROM (SELECT 1 AS one) AS always LEFT JOIN \
                 (SELECT id, email, head FROM {users} WHERE email >= $1 ORDER BY email LIMIT 1) AS nearest ON 1 = 1"
            )
            .into(),
            replace: write(
                format!(
                    "UPDATE {users} SET email = $2, version = $3, status = $4, reset_until = $5, mail_due = $6, \
                     head = $7, snapshot = $8 WHERE id = $1 AND version = $9"
                ),
                9,
            ),
            delete: write(format!("DELETE FROM {users} WHERE id = $1 AND version = $2"), 2),
            load: format!("SELECT snapshot FROM {attempts} WHERE key = $1").into(),
            swap_absent: format!(
                "INSERT INTO {attempts} (key, version, expires_at, snapshot) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (key) DO NOTHING"
            )
            .into(),
            swap: format!(
                "UPDATE {attempts} SET version = $2, expires_at = $3, snapshot = $4 WHERE key = $1 AND version = $5"
            )
            .into(),
            // The outer condition is evaluated again on a row that is changed concurrently; the inner one is not.
            purge: format!(
                "DELETE FROM {attempts} WHERE expires_at <= $1 AND key IN \
                 (SELECT key FROM {attempts} WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)"
            )
            .into(),
            count: format!("SELECT status, COUNT(*) FROM {users} GROUP BY status").into(),
            list: format!("SELECT {columns} FROM {users} WHERE status = $1 AND id > $2 ORDER BY id LIMIT $3").into(),
            list_ids: format!("SELECT id FROM {users} WHERE id > $1 ORDER BY id LIMIT $2").into(),
            list_owing: format!("SELECT id FROM {users} WHERE mail_due <= $1 ORDER BY mail_due, id LIMIT $2").into(),
            list_pending_resets: format!(
                "SELECT {columns} FROM {users} WHERE reset_until > $1 AND (reset_until, id) > ($2, $3) \
                 ORDER BY reset_until, id LIMIT $4"
            )
            .into(),
            journal: JournalStatements::new(prefix, dialect),
        }
    }

    /// All statements, under the name of the method they serve.
    pub fn all(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("insert", &*self.insert.alone),
            ("find_by_id", &*self.find_by_id),
            ("find_by_email", &*self.find_by_email),
            ("replace", &*self.replace.alone),
            ("delete", &*self.delete.alone),
            ("load", &*self.load),
            ("swap over nothing", &*self.swap_absent),
            ("swap", &*self.swap),
            ("purge", &*self.purge),
            ("count", &*self.count),
            ("list", &*self.list),
            ("list_ids", &*self.list_ids),
            ("list_owing", &*self.list_owing),
            ("list_pending_resets", &*self.list_pending_resets),
        ]
    }

    /// Those of a store that keeps a journal besides.
    pub fn all_of_the_journal(&self) -> Vec<(&'static str, &str)> {
        let mut all = self.journal.all();
        // Where one statement does both.
        for (name, write) in [
            ("insert with entries", &self.insert),
            ("replace with entries", &self.replace),
            ("delete with entries", &self.delete),
        ] {
            if write.alone != write.with_entries {
                all.push((name, &*write.with_entries));
            }
        }
        all
    }
}
