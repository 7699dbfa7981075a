/// Implements the three ports for an SQL store. A macro, because the bounds for generic sqlx pools would be longer than this,
/// and harder to read.
///
/// The store has the fields `users` and `attempts` (pools) and `statements`; `$judge` converts a driver error into a
/// [`Verdict`](super::Verdict).
macro_rules! implement_ports {
    ($store:ty, $database:ty, $judge:path) => {
        const _: () = {
            use async_trait::async_trait;
            use doorward::account::{UserCounts, UserOverview, UserStatus};
            use doorward::store::sqlx::{AssertSqlSafe, query, query_as};
            use doorward::store::{
                AttemptKey, Attempts, BackendError, Insert, Replace, Swap, User, UserDirectory, UserHead, Version,
            };
            use doorward::{AttemptStore, Email, UserId, UserRepository};
            use time::OffsetDateTime;

            use super::sql::{Columns, Stored, StoredHead, Verdict, micros, page, read_attempts, read_head, read_user};

            /// How often a statement that lost to a concurrent one is tried where `Stale` is not a possible answer. It had no
            /// effect, so nothing that may have been done is sent again.
            const STALE_RETRIES: usize = 8;

            macro_rules! again_if_stale {
                ($statement:expr) => {{
                    let mut round = 1;
                    loop {
                        match $statement.await.map_err($judge) {
                            Err(Verdict::Stale(_)) if round < STALE_RETRIES => round += 1,
                            outcome => break outcome,
                        }
                    }
                }};
            }

            #[async_trait]
            impl UserRepository for $store {
                async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
                    let Columns { version, reset_until, head, snapshot } = Columns::of(user);
                    let inserted = again_if_stale!(
                        query(AssertSqlSafe(self.statements.insert.clone()))
                            .bind(user.id().as_str())
                            .bind(user.email().canonical())
                            .bind(&version)
                            .bind(user.status().as_str())
                            .bind(reset_until)
                            .bind(&head)
                            .bind(&snapshot)
                            .execute(&self.users)
                    );
                    match inserted {
                        Ok(_) => Ok(Insert::Stored),
                        Err(Verdict::IdTaken) => Ok(Insert::IdTaken),
                        Err(Verdict::EmailTaken) => Ok(Insert::EmailTaken),
                        Err(Verdict::Stale(error) | Verdict::Failed(error)) => Err(error),
                    }
                }

                async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
                    let found = again_if_stale!(
                        query_as::<$database, Stored>(AssertSqlSafe(self.statements.find_by_id.clone()))
                            .bind(id.as_str())
                            .fetch_optional(&self.users)
                    );
                    read_user(found.map_err(Verdict::into_error)?)
                }

                async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
                    let found = again_if_stale!(
                        query_as::<$database, StoredHead>(AssertSqlSafe(self.statements.find_by_email.clone()))
                            .bind(email.canonical())
                            .fetch_one(&self.users)
                    );
                    read_head(&found.map_err(Verdict::into_error)?)
                }

                async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
                    let Columns { version, reset_until, head, snapshot } = Columns::of(user);
                    let replaced = query(AssertSqlSafe(self.statements.replace.clone()))
                        .bind(user.id().as_str())
                        .bind(user.email().canonical())
                        .bind(version)
                        .bind(user.status().as_str())
                        .bind(reset_until)
                        .bind(head)
                        .bind(snapshot)
                        .bind(expected.to_string())
                        .execute(&self.users)
                        .await;
                    match replaced.map_err($judge) {
                        Ok(done) if done.rows_affected() == 1 => Ok(Replace::Stored),
                        Ok(_) | Err(Verdict::Stale(_)) => Ok(Replace::Stale),
                        Err(Verdict::EmailTaken) => Ok(Replace::EmailTaken),
                        Err(other) => Err(other.into_error()),
                    }
                }

                async fn delete(&self, id: &UserId, expected: Version) -> Result<Swap, BackendError> {
                    let deleted = query(AssertSqlSafe(self.statements.delete.clone()))
                        .bind(id.as_str())
                        .bind(expected.to_string())
                        .execute(&self.users)
                        .await;
                    match deleted.map_err($judge) {
                        Ok(done) if done.rows_affected() == 1 => Ok(Swap::Stored),
                        Ok(_) | Err(Verdict::Stale(_)) => Ok(Swap::Stale),
                        Err(other) => Err(other.into_error()),
                    }
                }
            }

            #[async_trait]
            impl AttemptStore for $store {
                async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
                    let found = again_if_stale!(
                        query_as::<$database, (String,)>(AssertSqlSafe(self.statements.load.clone()))
                            .bind(key.as_str())
                            .fetch_optional(&self.attempts)
                    );
                    read_attempts(found.map_err(Verdict::into_error)?)
                }

                async fn swap(
                    &self,
                    key: &AttemptKey,
                    expected: Option<Version>,
                    next: &Attempts,
                ) -> Result<Swap, BackendError> {
                    let statement = match expected {
                        Some(_) => &self.statements.swap,
                        None => &self.statements.swap_absent,
                    };
                    let statement = query(AssertSqlSafe(statement.clone()))
                        .bind(key.as_str())
                        .bind(next.version().to_string())
                        .bind(micros(next.expires_at()))
                        .bind(next.to_snapshot());
                    let statement = match expected {
                        Some(version) => statement.bind(version.to_string()),
                        None => statement,
                    };
                    match statement.execute(&self.attempts).await.map_err($judge) {
                        Ok(done) if done.rows_affected() == 1 => Ok(Swap::Stored),
                        Ok(_) | Err(Verdict::Stale(_)) => Ok(Swap::Stale),
                        Err(other) => Err(other.into_error()),
                    }
                }

                async fn purge(&self, now: OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
                    let purged = again_if_stale!(
                        query(AssertSqlSafe(self.statements.purge.clone()))
                            .bind(micros(now))
                            .bind(i64::from(at_most))
                            .execute(&self.attempts)
                    );
                    Ok(purged.map_err(Verdict::into_error)?.rows_affected())
                }
            }

            #[async_trait]
            impl UserDirectory for $store {
                async fn count(&self) -> Result<UserCounts, BackendError> {
                    let found = again_if_stale!(
                        query_as::<$database, (String, i64)>(AssertSqlSafe(self.statements.count.clone()))
                            .fetch_all(&self.users)
                    );
                    let mut counts = UserCounts::default();
                    for (status, users) in found.map_err(Verdict::into_error)? {
                        let users = users.unsigned_abs();
                        match status == UserStatus::Active.as_str() {
                            true => counts.active += users,
                            false => counts.deactivated += users,
                        }
                    }
                    Ok(counts)
                }

                async fn list(
                    &self,
                    status: UserStatus,
                    after: Option<&UserOverview>,
                    at_most: u32,
                ) -> Result<Vec<UserOverview>, BackendError> {
                    let found = again_if_stale!(
                        query_as::<$database, Stored>(AssertSqlSafe(self.statements.list.clone()))
                            .bind(status.as_str())
                            .bind(after.map_or("", |user| user.id.as_str()))
                            .bind(i64::from(at_most))
                            .fetch_all(&self.users)
                    );
                    page(&found.map_err(Verdict::into_error)?)
                }

                async fn list_pending_resets(
                    &self,
                    now: OffsetDateTime,
                    after: Option<&UserOverview>,
                    at_most: u32,
                ) -> Result<Vec<UserOverview>, BackendError> {
                    let found = again_if_stale!(
                        query_as::<$database, Stored>(AssertSqlSafe(self.statements.list_pending_resets.clone()))
                            .bind(micros(now))
                            .bind(micros(after.and_then(|user| user.reset_expires_at).unwrap_or(now)))
                            .bind(after.map_or("", |user| user.id.as_str()))
                            .bind(i64::from(at_most))
                            .fetch_all(&self.users)
                    );
                    page(&found.map_err(Verdict::into_error)?)
                }
            }
        };
    };
}
pub(in super::super) use implement_ports;
