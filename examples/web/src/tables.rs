use doorward::sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use doorward::sqlx::{self, Row, query};
use doorward::{DeviceId, SqliteStore, UserId};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

/// The application's own tables, in the same file as doorward's.
#[derive(Clone, Debug)]
pub struct Tables(SqlitePool);

/// What the application knows of its users beside what doorward keeps.
#[derive(Clone, Debug)]
pub struct Profile {
    pub name: String,
    pub operator: bool,
}

const SCHEMA: [&str; 4] = [
    "CREATE TABLE IF NOT EXISTS web_sessions (digest BLOB NOT NULL PRIMARY KEY, user_id TEXT, device_id TEXT, \
     visit TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS web_profiles (user_id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, \
     operator INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS web_devices (device_id TEXT NOT NULL PRIMARY KEY, label TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS web_settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
];

/// Whoever reads this table learns digests, and can put none of them into a cookie.
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
        owner: Option<(&UserId, Option<DeviceId>)>,
        now: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<(), sqlx::Error> {
        query("DELETE FROM web_sessions WHERE expires_at <= $1").bind(now.unix_timestamp()).execute(&self.0).await?;
        query("INSERT INTO web_sessions (digest, user_id, device_id, visit, expires_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(digest(id))
            .bind(owner.map(|(user, _)| user.as_str()))
            .bind(owner.and_then(|(_, device)| device).map(|device| device.to_string()))
            .bind(visit)
            .bind(expires_at.unix_timestamp())
            .execute(&self.0)
            .await?;
        Ok(())
    }

    pub async fn session(&self, id: &str, now: OffsetDateTime) -> Result<Option<String>, sqlx::Error> {
        let row = query("SELECT visit FROM web_sessions WHERE digest = $1 AND expires_at > $2")
            .bind(digest(id))
            .bind(now.unix_timestamp())
            .fetch_optional(&self.0)
            .await?;
        row.map(|row| row.try_get(0)).transpose()
    }

    pub async fn change_session(&self, id: &str, visit: &str) -> Result<(), sqlx::Error> {
        query("UPDATE web_sessions SET visit = $2 WHERE digest = $1")
            .bind(digest(id))
            .bind(visit)
            .execute(&self.0)
            .await?;
        Ok(())
    }

    pub async fn drop_session(&self, id: &str) -> Result<(), sqlx::Error> {
        query("DELETE FROM web_sessions WHERE digest = $1").bind(digest(id)).execute(&self.0).await?;
        Ok(())
    }

    /// Revoking a device makes doorward forget it; the session that runs on it is the application's to end.
    pub async fn drop_sessions_on(&self, user: &UserId, device: DeviceId) -> Result<(), sqlx::Error> {
        query("DELETE FROM web_sessions WHERE user_id = $1 AND device_id = $2")
            .bind(user.as_str())
            .bind(device.to_string())
            .execute(&self.0)
            .await?;
        Ok(())
    }

    pub async fn profile(&self, user: &UserId) -> Result<Option<Profile>, sqlx::Error> {
        let row = query("SELECT name, operator FROM web_profiles WHERE user_id = $1")
            .bind(user.as_str())
            .fetch_optional(&self.0)
            .await?;
        row.map(|row| Ok(Profile { name: row.try_get(0)?, operator: row.try_get(1)? })).transpose()
    }

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

    pub async fn name_device(&self, device: DeviceId, label: &str) -> Result<(), sqlx::Error> {
        query(
            "INSERT INTO web_devices (device_id, label) VALUES ($1, $2) \
             ON CONFLICT (device_id) DO UPDATE SET label = excluded.label",
        )
        .bind(device.to_string())
        .bind(label)
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
