/// Implements [`Journal`](doorward::journal::Journal) for an SQL store, with the parameters of
/// [`implement_ports`](super::implement_ports).
macro_rules! implement_journal {
    ($store:ty, $database:ty, $judge:path, $spoilt:path, $survives:literal) => {
        const _: () = {
            use async_trait::async_trait;
            use doorward::UserId;
            use doorward::journal::{
                Journal, JournalCheckpoint, JournalCursor, JournalEntry, JournalFilter, JournalPage,
            };
            use doorward::store::sqlx::{self, AssertSqlSafe, Connection, query, query_as};
            use time::OffsetDateTime;
            use tokio::time::Instant;

            use super::sql::{
                FollowedEntry, Lease, StoredEntry, in_time, micros, place, read_entries, read_entry, signed,
            };

            /// Reads rows on a connection of its own. Reading is sent again as little as anything else: a journal is read by
            /// timers and by pages that can be loaded again.
            macro_rules! read {
                ($self:ident, $row:ty, $which:ident, |$statement:ident| $bound:expr) => {{
                    let by = Instant::now() + $self.timeout;
                    let mut lease = Lease::of(&$self.users, by, $survives).await.map_err(failed)?;
                    let $statement =
                        query_as::<$database, $row>(AssertSqlSafe($self.statements.journal.$which.clone()));
                    let outcome = in_time(by, $bound.fetch_all(lease.connection())).await;
                    lease.settle(outcome, $spoilt).map_err(failed)?
                }};
            }

            #[async_trait]
            impl Journal for $store {
                async fn latest(
                    &self,
                    user: &UserId,
                    before: Option<u64>,
                    at_most: u32,
                ) -> Result<Vec<JournalEntry>, BackendError> {
                    let before = before.map_or(i64::MAX, signed);
                    read_entries(read!(self, StoredEntry, latest, |sql| sql
                        .bind(user.as_str())
                        .bind(before)
                        .bind(i64::from(at_most))))
                }

                async fn history(
                    &self,
                    user: &UserId,
                    after: u64,
                    at_most: u32,
                ) -> Result<Vec<JournalEntry>, BackendError> {
                    read_entries(read!(self, StoredEntry, history, |sql| sql
                        .bind(user.as_str())
                        .bind(signed(after))
                        .bind(i64::from(at_most))))
                }

                async fn list(
                    &self,
                    filter: &JournalFilter,
                    after: Option<&JournalEntry>,
                    at_most: u32,
                ) -> Result<Vec<JournalEntry>, BackendError> {
                    let ((at, user, seq), until) = (place(after, filter.from), micros(filter.until));
                    let at_most = i64::from(at_most);
                    read_entries(match &filter.event {
                        Some(event) => {
                            read!(self, StoredEntry, list_event, |sql| sql
                                .bind(&**event)
                                .bind(at)
                                .bind(user)
                                .bind(seq)
                                .bind(until)
                                .bind(at_most))
                        }
                        None => read!(self, StoredEntry, list, |sql| sql
                            .bind(at)
                            .bind(user)
                            .bind(seq)
                            .bind(until)
                            .bind(at_most)),
                    })
                }

                async fn follow(&self, after: JournalCursor, at_most: u32) -> Result<JournalPage, BackendError> {
                    let (transaction, position) = (after.transaction(), after.position());
                    let found = read!(self, FollowedEntry, follow, |sql| sql
                        .bind(transaction)
                        .bind(position)
                        .bind(i64::from(at_most)));
                    let next = found.last().map_or(after, |last| JournalCursor::new(last.0, last.1));
                    let entries =
                        found.into_iter().map(|(_, _, user, seq, at, event, request, operator, digest, check)| {
                            read_entry((user, seq, at, event, request, operator, digest, check))
                        });
                    Ok(JournalPage { entries: entries.collect::<Result<_, _>>()?, next })
                }

                async fn list_expired(
                    &self,
                    before: OffsetDateTime,
                    at_most: u32,
                ) -> Result<Vec<JournalEntry>, BackendError> {
                    read_entries(read!(self, StoredEntry, list_expired, |sql| sql
                        .bind(micros(before))
                        .bind(i64::from(at_most))))
                }

                async fn purge_through(&self, checkpoints: &[JournalCheckpoint]) -> Result<u64, BackendError> {
                    let by = Instant::now() + self.timeout;
                    let mut lease = Lease::of(&self.users, by, $survives).await.map_err(failed)?;
                    let outcome = in_time(by, self.purge(lease.connection(), checkpoints)).await;
                    lease.settle(outcome, $spoilt).map_err(failed)
                }
            }

            impl $store {
                async fn purge(
                    &self,
                    connection: &mut <$database as sqlx::Database>::Connection,
                    checkpoints: &[JournalCheckpoint],
                ) -> sqlx::Result<u64> {
                    let (mut transaction, statements) = (connection.begin().await?, &self.statements.journal);
                    let mut purged = 0;
                    for JournalCheckpoint { user_id, seq, checkpoint, .. } in checkpoints {
                        let statement = if checkpoint.is_some() { &statements.purge } else { &statements.purge_all };
                        let removed = query(AssertSqlSafe(statement.clone()))
                            .bind(user_id.as_str())
                            .bind(signed(*seq))
                            .execute(&mut *transaction)
                            .await?;
                        purged += removed.rows_affected();
                        if let Some(checkpoint) = checkpoint {
                            let marked = query(AssertSqlSafe(statements.mark_purged.clone()))
                                .bind(user_id.as_str())
                                .bind(signed(*seq))
                                .bind(&**checkpoint)
                                .execute(&mut *transaction)
                                .await?;
                            purged += marked.rows_affected();
                        }
                    }
                    transaction.commit().await?;
                    Ok(purged)
                }
            }
        };
    };
}
pub(in super::super) use implement_journal;
