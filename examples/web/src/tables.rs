use doorward::UserId;
use doorward::store::SqliteStore;
use doorward::store::sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use doorward::store::sqlx::{self, query, query_as, query_scalar};

/// The application's own tables, in the same file as doorward's.
#[derive(Clone, Debug)]
pub struct Tables(SqlitePool);

/// What the application knows about its users besides what doorward keeps.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    pub name: String,
    pub operator: bool,
}

const SCHEMA: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS web_profiles (user_id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, \
     operator INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS web_settings (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL)",
];

impl Tables {
    pub async fn open(url: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let options = SqliteStore::options(url)?;
        let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options).await?;
        for statement in SCHEMA {
            query(statement).execute(&pool).await?;
        }
        Ok(Self(pool))
    }

    pub async fn profile(&self, user: &UserId) -> Result<Option<Profile>, sqlx::Error> {
        let found = query_as("SELECT name, operator FROM web_profiles WHERE user_id = $1").bind(user.as_str());
        let found = found.fetch_optional(&self.0).await?;
        Ok(found.map(|(name, operator)| Profile { name, operator }))
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

    pub async fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, sqlx::Error> {
        query_scalar("SELECT value FROM web_settings WHERE name = $1").bind(name).fetch_optional(&self.0).await
    }

    pub async fn set(&self, name: &str, value: &[u8]) -> Result<(), sqlx::Error> {
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
