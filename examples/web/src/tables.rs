use doorward::UserId;
use doorward::account::DeviceId;
use doorward::store::SqliteStore;
use doorward::store::sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use doorward::store::sqlx::{self, Row, query};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

/// The application's own tables, in the same file as doorward's.
#[derive(Clone, Debug)]
pub struct Tables(SqlitePool);

/// What the application knows about its users besides what doorward keeps.
#[derive(Clone, Debug)]
pub struct Profile {
    pub name: String,
    pub operator: bool,
}

const SCHEMA: [&str; 7] = [
    "CREATE TABLE IF NOT EXISTS web_sessions (digest BLOB NOT NULL PRIMARY KEY, previous BLOB, \
     visit TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS web_sessions_by_previous ON web_sessions (previous)",
    "CREATE INDEX IF NOT EXISTS web_sessions_by_expiry ON web_sessions (expires_at)",
    "CREATE TABLE IF NOT EXISTS web_profiles (user_id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, \
     operator INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS web_devices (device_id TEXT NOT NULL PRIMARY KEY, label TEXT NOT NULL, \
     named_at INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS web_devices_by_age ON web_devices (named_at)",
    "CREATE TABLE IF NOT EXISTS web_settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
];

/// Longer than doorward keeps any device without a sign-in.
const NAMES_ARE_KEPT: Duration = Duration::days(400);

/// Someone who steals this table gets digests of ids, which do not work in a cookie. The visit stored with them may contain the
/// challenge of a pending step: it is valid for ten minutes, and this application accepts no challenge from clients.
fn digest(id: &str) -> Vec<u8> {
    Sha256::digest(id.as_bytes()).to_vec()
}

impl Tables {
    pub async fn open(url: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let options = SqliteStore::options(url)?;
        let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options).await?;
        for statement in SCHEMA {
            query(statement).execute(&pool).await?;
        }
        Ok(Self(pool))
    }

    pub async fn keep_session(
        &self,
        id: &str,
        visit: &str,
        now: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<(), sqlx::Error> {
        query("DELETE FROM web_sessions WHERE expires_at <= $1").bind(now.unix_timestamp()).execute(&self.0).await?;
        query("INSERT INTO web_sessions (digest, visit, expires_at) VALUES ($1, $2, $3)")
            .bind(digest(id))
            .bind(visit)
            .bind(expires_at.unix_timestamp())
            .execute(&self.0)
            .await?;
        Ok(())
    }

    /// Gives a session a new id. Returns `false` if it has ended in the meantime. One statement, so that a sign-out and a move
    /// cannot both succeed.
    pub async fn move_session(
        &self,
        from: &str,
        to: &str,
        visit: &str,
        expires_at: OffsetDateTime,
    ) -> Result<bool, sqlx::Error> {
        let moved =
            query("UPDATE web_sessions SET digest = $2, previous = $1, visit = $3, expires_at = $4 WHERE digest = $1")
                .bind(digest(from))
                .bind(digest(to))
                .bind(visit)
                .bind(expires_at.unix_timestamp())
                .execute(&self.0)
                .await?;
        Ok(moved.rows_affected() == 1)
    }

    /// The stored visit and when it expires.
    pub async fn session(
        &self,
        id: &str,
        now: OffsetDateTime,
    ) -> Result<Option<(String, OffsetDateTime)>, sqlx::Error> {
        let row = query("SELECT visit, expires_at FROM web_sessions WHERE digest = $1 AND expires_at > $2")
            .bind(digest(id))
            .bind(now.unix_timestamp())
            .fetch_optional(&self.0)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let expires_at = OffsetDateTime::from_unix_timestamp(row.try_get(1)?).unwrap_or(now);
        Ok(Some((row.try_get(0)?, expires_at)))
    }

    pub async fn change_session(&self, id: &str, visit: &str) -> Result<(), sqlx::Error> {
        query("UPDATE web_sessions SET visit = $2 WHERE digest = $1")
            .bind(digest(id))
            .bind(visit)
            .execute(&self.0)
            .await?;
        Ok(())
    }

    /// Ends a session by its current or previous id: the response with the new id may not have arrived yet.
    pub async fn sign_out(&self, id: &str) -> Result<(), sqlx::Error> {
        query("DELETE FROM web_sessions WHERE digest = $1 OR previous = $1").bind(digest(id)).execute(&self.0).await?;
        Ok(())
    }

    /// Deletes a session. Returns whether it existed.
    pub async fn drop_session(&self, id: &str) -> Result<bool, sqlx::Error> {
        let dropped = query("DELETE FROM web_sessions WHERE digest = $1").bind(digest(id)).execute(&self.0).await?;
        Ok(dropped.rows_affected() == 1)
    }

    pub async fn profile(&self, user: &UserId) -> Result<Option<Profile>, sqlx::Error> {
        let row = query("SELECT name, operator FROM web_profiles WHERE user_id = $1")
            .bind(user.as_str())
            .fetch_optional(&self.0)
            .await?;
        row.map(|row| Ok(Profile { name: row.try_get(0)?, operator: row.try_get(1)? })).transpose()
    }

    /// Stores the profile unless the user already has one.
    pub async fn keep_profile(&self, user: &UserId, profile: &Profile) -> Result<(), sqlx::Error> {
        query(
            "INSERT INTO web_profiles (user_id, name, operator) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO NOTHING",
        )
        .bind(user.as_str())
        .bind(&profile.name)
        .bind(profile.operator)
        .execute(&self.0)
        .await?;
        Ok(())
    }

    pub async fn name_device(&self, device: DeviceId, label: &str, now: OffsetDateTime) -> Result<(), sqlx::Error> {
        let oldest = now.saturating_sub(NAMES_ARE_KEPT);
        query("DELETE FROM web_devices WHERE named_at <= $1").bind(oldest.unix_timestamp()).execute(&self.0).await?;
        query(
            "INSERT INTO web_devices (device_id, label, named_at) VALUES ($1, $2, $3) \
             ON CONFLICT (device_id) DO UPDATE SET label = excluded.label, named_at = excluded.named_at",
        )
        .bind(device.to_string())
        .bind(label)
        .bind(now.unix_timestamp())
        .execute(&self.0)
        .await?;
        Ok(())
    }

    pub async fn device_name(&self, device: DeviceId) -> Result<Option<String>, sqlx::Error> {
        let row = query("SELECT label FROM web_devices WHERE device_id = $1")
            .bind(device.to_string())
            .fetch_optional(&self.0)
            .await?;
        row.map(|row| row.try_get(0)).transpose()
    }

    pub async fn setting(&self, name: &str) -> Result<Option<String>, sqlx::Error> {
        let row = query("SELECT value FROM web_settings WHERE name = $1").bind(name).fetch_optional(&self.0).await?;
        row.map(|row| row.try_get(0)).transpose()
    }

    pub async fn set(&self, name: &str, value: &str) -> Result<(), sqlx::Error> {
        query(
            "INSERT INTO web_settings (name, value) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(value)
        .execute(&self.0)
        .await?;
        Ok(())
    }
}
