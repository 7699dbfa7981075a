/// Implements the three ports for an SQL store, and the methods that all of them have. A macro, because the bounds for generic sqlx pools would be longer than this,
/// and harder to read.
///
/// The store has the fields `users` and `attempts` (pools), `statements`, `prefix`, `timeout` and `journal`, and the modules `migrate` and `journal`; `$judge` converts a driver
/// error into a [`Verdict`](super::Verdict), and `$spoilt` says whether the connection that it came from is of no more use. `$survives`: a
/// connection whose statement was interrupted can be used again.
macro_rules! implement_ports {
    ($store:ty, $database:ty, $judge:path, $spoilt:path, $survives:literal) => {
        const _: () = {
            use async_trait::async_trait;
            use doorward::account::{UserCounts, UserOverview, UserStatus};
            use doorward::error::Malformed;
            use doorward::store::sqlx::{AssertSqlSafe, Pool, Row, query, query_as};
            use doorward::store::{
                AttemptKey, Attempts, BackendError, Insert, Replace, Swap, User, UserDirectory, UserHead, Version,
            };
            use doorward::{AttemptStore, Email, UserId, UserRepository};
            use time::OffsetDateTime;
            use tokio::time::Instant;

            use super::sql::{
                Columns, Lease, Migration, Statements, Stored, TIMEOUT, TablePrefix, Verdict, ids, in_time, micros,
                migrations, page, read_attempts, read_head, read_user, timeout,
            };

            /// How often a statement that lost to a concurrent one is tried where `Stale` is not a possible answer. It had no
            /// effect, so nothing that may have been done is sent again.
            const STALE_RETRIES: usize = 8;

            /// Runs one statement on a connection of its own, by then.
            macro_rules! send {
                ($pool:expr, $run:ident, $statement:expr, $by:expr) => {
                    match Lease::of(&$pool, $by, $survives).await {
                        Ok(mut lease) => {
                            let outcome = in_time($by, $statement.$run(lease.connection())).await;
                            lease.settle(outcome, $spoilt).map_err($judge)
                        }
                        Err(error) => Err($judge(error)),
                    }
                };
            }

            macro_rules! once {
                ($self:ident.$pool:ident.$run:ident, $statement:expr) => {{
                    let by = Instant::now() + $self.timeout;
                    send!($self.$pool, $run, $statement, by)
                }};
            }

            macro_rules! again_if_stale {
                ($self:ident.$pool:ident.$run:ident, $statement:expr) => {{
                    let by = Instant::now() + $self.timeout;
                    let mut round = 1;
                    loop {
                        match send!($self.$pool, $run, $statement, by) {
                            Err(Verdict::Stale(_)) if round < STALE_RETRIES => round += 1,
                            outcome => break outcome,
                        }
                    }
                }};
            }

            /// Runs one write to the users, with the journal entries that go with it if the store keeps them, and says how many
            /// users it changed.
            macro_rules! write_with_entries {
                ($self:ident, $write:ident, $user:ident, |$statement:ident| $bound:expr, $by:expr) => {{
                    let entries = if $self.journal { $user.journal_entries() } else { &[] };
                    let $statement = query(AssertSqlSafe($self.statements.$write.for_entries(entries)));
                    let bound = $bound;
                    match Lease::of(&$self.users, $by, $survives).await {
                        Ok(mut lease) => {
                            if !entries.is_empty() {
                                lease.must_finish();
                            }
                            let outcome = in_time($by, journal::write(lease.connection(), bound, entries)).await;
                            lease.settle(outcome, $spoilt).map_err($judge)
                        }
                        Err(error) => Err($judge(error)),
                    }
                }};
            }

            impl $store {
                /// Users and attempts over one pool, under the usual names.
                fn over(pool: Pool<$database>) -> Self {
                    let prefix = TablePrefix::default();
                    let statements = Statements::new(&prefix, &journal::DIALECT);
                    Self { attempts: pool.clone(), users: pool, statements, prefix, timeout: TIMEOUT, journal: false }
                }

                /// Keeps attempts in another database: on another server, which takes their many small writes; in another file, or in the same
                /// one over connections that synchronise less. Losing them only allows someone to try again earlier.
                #[must_use]
                pub fn with_attempts(self, pool: Pool<$database>) -> Self {
                    Self { attempts: pool, ..self }
                }

                /// Replaces the prefix `doorward_` of all table names.
                ///
                /// # Errors
                /// [`Malformed`] unless the prefix is a lower-case letter or underscore, followed by up to 31 of those or digits.
                pub fn with_prefix(self, prefix: &str) -> Result<Self, Malformed> {
                    let prefix = TablePrefix::parse(prefix)?;
                    let statements = Statements::new(&prefix, &journal::DIALECT);
                    Ok(Self { statements, prefix, ..self })
                }

                /// Keeps a [journal](doorward::journal) beside the users, in the same database: what happens to an account is stored in the transaction of the
                /// change. The store is then a [`Journal`](doorward::journal::Journal) too. [`migrate`](Self::migrate) creates its table. Switch it on
                /// in all processes: what one without it changes is missing, and nothing shows that.
                #[must_use]
                pub fn with_journal(self) -> Self {
                    Self { journal: true, ..self }
                }

                /// How long a call may take, from waiting for a connection to the answer; 10 seconds by default, 1 millisecond to an hour. A
                /// database that answers late or never then costs the caller this long, and an error with the code `io-timed-out`
                /// or `pool-timed-out`: whether a write took effect is unknown, as after a broken connection. A sign-in makes some
                /// six calls. [`migrate`](Self::migrate) is not bounded.
                ///
                /// # Errors
                /// [`Malformed`] if the time is out of bounds.
                pub fn with_timeout(self, at_most: core::time::Duration) -> Result<Self, Malformed> {
                    Ok(Self { timeout: timeout(at_most)?, ..self })
                }

                /// The schema, step by step, for hosts that run their own migrations.
                pub fn migrations(&self) -> Vec<Migration> {
                    migrations(&self.prefix, self.journal.then_some(&journal::DIALECT))
                }

                /// Brings the schema up to date in the databases of this store (on PostgreSQL in the first schema of the search path): that of
                /// the users and, after [`with_attempts`](Self::with_attempts), that of the attempts. Safe to call from several processes at once and
                /// on every start. Without it, every call fails with [`TablesMissing`](doorward::store::BackendErrorKind::TablesMissing),
                /// which says where they are missing.
                ///
                /// Call it on the fully configured store: a database or prefix set later with `with_attempts` or
                /// [`with_prefix`](Self::with_prefix) has no tables yet. If users and attempts are two separate stores, migrate each.
                ///
                /// # Errors
                /// [`BackendError`] if a step is missing and cannot be applied. No step is left half done.
                pub async fn migrate(&self) -> Result<(), BackendError> {
                    migrate::migrate(&self.users, &self.prefix, self.journal).await?;
                    migrate::migrate(&self.attempts, &self.prefix, false).await
                }

                /// Every statement it sends, with the name of the method it serves: for reviewing query plans.
                pub fn statements(&self) -> Vec<(&'static str, &str)> {
                    let mut all = self.statements.all();
                    if self.journal {
                        all.extend(self.statements.all_of_the_journal());
                    }
                    all
                }

                /// Closes its pools, including those passed in, once their running calls are done.
                pub async fn close(&self) {
                    self.users.close().await;
                    self.attempts.close().await;
                }
            }

            impl core::fmt::Debug for $store {
                fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                    f.debug_struct(stringify!($store)).field("prefix", &self.prefix.as_str()).finish_non_exhaustive()
                }
            }

            #[async_trait]
            impl UserRepository for $store {
                async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
                    let Columns { version, reset_until, mail_due, head, snapshot } = Columns::of(user);
                    let (by, mut round) = (Instant::now() + self.timeout, 1);
                    let inserted = loop {
                        let inserted = write_with_entries!(
                            self,
                            insert,
                            user,
                            |statement| statement
                                .bind(user.id().as_str())
                                .bind(user.email().canonical())
                                .bind(&version)
                                .bind(user.status().as_str())
                                .bind(reset_until)
                                .bind(mail_due)
                                .bind(&head)
                                .bind(&snapshot),
                            by
                        );
                        match inserted {
                            Err(Verdict::Stale(_)) if round < STALE_RETRIES => round += 1,
                            outcome => break outcome,
                        }
                    };
                    match inserted {
                        Ok(_) => Ok(Insert::Stored),
                        Err(Verdict::IdTaken) => Ok(Insert::IdTaken),
                        Err(Verdict::EmailTaken) => Ok(Insert::EmailTaken),
                        Err(Verdict::Stale(error) | Verdict::Failed(error)) => Err(error),
                    }
                }

                async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
                    let found = again_if_stale!(
                        self.users.fetch_optional,
                        query_as::<$database, Stored>(AssertSqlSafe(self.statements.find_by_id.clone()))
                            .bind(id.as_str())
                    );
                    read_user(found.map_err(Verdict::into_error)?)
                }

                async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
                    let nearest = again_if_stale!(
                        self.users.fetch_one,
                        query(AssertSqlSafe(self.statements.find_by_email.clone())).bind(email.canonical())
                    );
                    let nearest = nearest.map_err(Verdict::into_error)?;
                    let judged = |error| $judge(error).into_error();
                    let column = |number: usize| nearest.try_get::<String, _>(number).map_err(judged);
                    let is_found = nearest.try_get::<i64, _>(0).map_err(judged)? == 1;
                    read_head(is_found, [column(1), column(2), column(3)])
                }

                async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
                    let Columns { version, reset_until, mail_due, head, snapshot } = Columns::of(user);
                    let replaced = write_with_entries!(
                        self,
                        replace,
                        user,
                        |statement| statement
                            .bind(user.id().as_str())
                            .bind(user.email().canonical())
                            .bind(version)
                            .bind(user.status().as_str())
                            .bind(reset_until)
                            .bind(mail_due)
                            .bind(head)
                            .bind(snapshot)
                            .bind(expected.to_string()),
                        Instant::now() + self.timeout
                    );
                    match replaced {
                        Ok(1) => Ok(Replace::Stored),
                        Ok(_) | Err(Verdict::Stale(_)) => Ok(Replace::Stale),
                        Err(Verdict::EmailTaken) => Ok(Replace::EmailTaken),
                        Err(other) => Err(other.into_error()),
                    }
                }

                async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
                    let deleted = write_with_entries!(
                        self,
                        delete,
                        user,
                        |statement| statement.bind(user.id().as_str()).bind(user.version().to_string()),
                        Instant::now() + self.timeout
                    );
                    match deleted {
                        Ok(1) => Ok(Swap::Stored),
                        Ok(_) | Err(Verdict::Stale(_)) => Ok(Swap::Stale),
                        Err(other) => Err(other.into_error()),
                    }
                }

                fn keeps_journal(&self) -> bool {
                    self.journal
                }
            }

            #[async_trait]
            impl AttemptStore for $store {
                async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
                    let found = again_if_stale!(
                        self.attempts.fetch_optional,
                        query_as::<$database, (String,)>(AssertSqlSafe(self.statements.load.clone()))
                            .bind(key.as_str())
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
                    match once!(self.attempts.execute, statement) {
                        Ok(done) if done.rows_affected() == 1 => Ok(Swap::Stored),
                        Ok(_) | Err(Verdict::Stale(_)) => Ok(Swap::Stale),
                        Err(other) => Err(other.into_error()),
                    }
                }

                async fn purge(&self, now: OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
                    let purged = again_if_stale!(
                        self.attempts.execute,
                        query(AssertSqlSafe(self.statements.purge.clone())).bind(micros(now)).bind(i64::from(at_most))
                    );
                    Ok(purged.map_err(Verdict::into_error)?.rows_affected())
                }
            }

            #[async_trait]
            impl UserDirectory for $store {
                async fn count(&self) -> Result<UserCounts, BackendError> {
                    let found = again_if_stale!(
                        self.users.fetch_all,
                        query_as::<$database, (String, i64)>(AssertSqlSafe(self.statements.count.clone()))
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
                        self.users.fetch_all,
                        query_as::<$database, Stored>(AssertSqlSafe(self.statements.list.clone()))
                            .bind(status.as_str())
                            .bind(after.map_or("", |user| user.id.as_str()))
                            .bind(i64::from(at_most))
                    );
                    page(&found.map_err(Verdict::into_error)?)
                }

                async fn list_ids(&self, after: Option<&UserId>, at_most: u32) -> Result<Vec<UserId>, BackendError> {
                    let found = again_if_stale!(
                        self.users.fetch_all,
                        query_as::<$database, (String,)>(AssertSqlSafe(self.statements.list_ids.clone()))
                            .bind(after.map_or("", UserId::as_str))
                            .bind(i64::from(at_most))
                    );
                    Ok(ids(&found.map_err(Verdict::into_error)?))
                }

                async fn list_owing(&self, now: OffsetDateTime, at_most: u32) -> Result<Vec<UserId>, BackendError> {
                    let found = again_if_stale!(
                        self.users.fetch_all,
                        query_as::<$database, (String,)>(AssertSqlSafe(self.statements.list_owing.clone()))
                            .bind(micros(now))
                            .bind(i64::from(at_most))
                    );
                    Ok(ids(&found.map_err(Verdict::into_error)?))
                }

                async fn list_pending_resets(
                    &self,
                    now: OffsetDateTime,
                    after: Option<&UserOverview>,
                    at_most: u32,
                ) -> Result<Vec<UserOverview>, BackendError> {
                    let found = again_if_stale!(
                        self.users.fetch_all,
                        query_as::<$database, Stored>(AssertSqlSafe(self.statements.list_pending_resets.clone()))
                            .bind(micros(now))
                            .bind(micros(after.and_then(|user| user.reset_expires_at).unwrap_or(now)))
                            .bind(after.map_or("", |user| user.id.as_str()))
                            .bind(i64::from(at_most))
                    );
                    page(&found.map_err(Verdict::into_error)?)
                }
            }
        };

        fn failed(error: doorward::store::sqlx::Error) -> doorward::store::BackendError {
            $judge(error).into_error()
        }
    };
}
pub(in super::super) use implement_ports;
