//! Delivers mails that are owed: what a flow could not send, and what a process that ended has left behind. On its way it deletes the
//! accounts whose owners asked for that.

use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Engine;
use super::decision::Decision;
use super::join::join_all;
use super::mailing::{OwedMails, Try};
use crate::crypto::Draw;
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::mail::{MailKind, OwedReport};
use crate::password::{temporary_digest, temporary_password};
use crate::types::{BackendError, BackendErrorKind, UserId};
use crate::user::{Taking, User};

/// How many users one page of the directory holds, and of how many the mails are delivered before another page is read.
const PAGE: u32 = 512;
const SHARE: usize = 64;
/// How many users' mails are handed over at the same time.
const AT_ONCE: usize = 4;
/// How many mails may wait in a mailer's queue before no further one is handed over: the rest of the queue is for those who wait.
const QUEUED: usize = 64;
/// After so many mails in a row that did not leave, the mailer is taken to be out of order.
const FAILURES_IN_A_ROW: u64 = 8;

#[derive(Default)]
struct Counts {
    sent: AtomicU64,
    failed: AtomicU64,
    given_up: AtomicU64,
    deleted: AtomicU64,
    /// Users whom this run has served or could not serve, as long as they stay listed.
    visited: Mutex<HashSet<UserId>>,
    failed_in_a_row: AtomicU64,
}

impl Engine {
    /// Delivers what is due, until nothing is, or until the mailer turns out to be out of order.
    pub(crate) async fn deliver_owed(&self) -> Result<OwedReport, Unavailable> {
        let counts = Counts::default();
        let Some(owed) = &self.mailing.owed else { return Ok(counts.report()) };
        self.mailing.settle_what_is_left(owed).await;
        loop {
            self.open()?;
            let mut due = self.list_owing(owed, &counts).await?;
            if due.is_empty() {
                return Ok(counts.report());
            }
            // Other processes read the same page. Each takes a share from another place, so that few try for the same user.
            let start = usize::from(u16::from_le_bytes(<[u8; 2]>::draw()?)) % due.len();
            due.rotate_left(start);
            due.truncate(SHARE);
            let lanes = due.chunks(due.len().div_ceil(AT_ONCE));
            for delivered in join_all(lanes.map(|lane| self.deliver_to_each(owed, lane, &counts))).await {
                delivered?;
            }
            if counts.mailer_is_out() {
                return Ok(counts.report());
            }
        }
    }

    /// A page of the users whose mail is due, without those that this run has visited. The page is longer by as many of these as stay
    /// listed, such as rows that cannot be read: others may be due behind them.
    async fn list_owing(&self, owed: &OwedMails, counts: &Counts) -> Result<Vec<UserId>, Unavailable> {
        let beyond = u32::try_from(counts.visited().len()).unwrap_or(u32::MAX);
        let listed = owed.directory.list_owing(self.now(), PAGE.saturating_add(beyond)).await;
        let report = |error: &BackendError| self.events.report(EventKind::store_failed(error)).send();
        let mut due = listed.map_err(|error| error.during("list_owing")).inspect_err(report)?;
        let mut visited = counts.visited();
        let listed: HashSet<_> = due.iter().cloned().collect();
        visited.retain(|id| listed.contains(id));
        due.retain(|id| !visited.contains(id));
        Ok(due)
    }

    async fn deliver_to_each(&self, owed: &OwedMails, users: &[UserId], counts: &Counts) -> Result<(), Unavailable> {
        for id in users {
            if counts.mailer_is_out() {
                return Ok(());
            }
            owed.queued.below(QUEUED).await;
            self.open()?;
            // Closing waits for it.
            let working = self.mailing.background.under_way().enter();
            let delivered = match self.users.find_by_id(id).await {
                Ok(Some(user)) if user.is_to_be_deleted(self.now()) => {
                    let deleted = self.delete_if_due(id).await;
                    deleted.map(|deleted| {
                        counts.deleted.fetch_add(u64::from(deleted), Ordering::Relaxed);
                    })
                }
                Ok(Some(user)) => self.deliver_to(owed, user, counts).await,
                found => found.map(drop),
            };
            drop(working);
            counts.visited().insert(id.clone());
            match delivered {
                // It was reported, and stands in nobody else's way.
                Err(Unavailable::Backend(error)) if error.kind() == BackendErrorKind::Unreadable => {}
                Err(Unavailable::Contended) => {}
                delivered => delivered?,
            }
        }
        Ok(())
    }

    /// Delivers what is due to one user.
    async fn deliver_to(&self, owed: &OwedMails, mut user: User, counts: &Counts) -> Result<(), Unavailable> {
        loop {
            let Some((taken, stored)) = self.take(owed, user).await? else { return Ok(()) };
            user = stored;
            match taken {
                Taken::Void => {}
                Taken::GivenUp => {
                    counts.given_up.fetch_add(1, Ordering::Relaxed);
                }
                Taken::Mail(tried, kind) => {
                    let to = user.recipient_of(&tried.owed);
                    counts.count(self.mailing.hand_over(&user, to, Some(tried), kind).await.is_ok());
                }
            }
            if counts.mailer_is_out() {
                return Ok(());
            }
        }
    }

    /// Takes one mail that is due, so that nobody else does, with its secret made anew. `None` if there is none.
    async fn take(&self, owed: &OwedMails, user: User) -> Result<Option<(Taken, User)>, Unavailable> {
        let (mailing, composition) = (&self.mailing, self.new_passwords.policy.discouraged_composition);
        let outcome = self.users.commit(user, |user, fresh| {
            let temporary = temporary_password(&fresh.temporary, composition);
            match user.take_owed(&owed.limits, temporary_digest(temporary.expose()), self.now(), fresh) {
                Taking::Nothing => Decision::Answer(None),
                Taking::Void(user) => Decision::store(user, Some(Taken::Void)),
                Taking::GivenUp { user, mail } => {
                    Decision::store(user, Some(Taken::GivenUp)).reporting(self.users.given_up(mail))
                }
                Taking::Taken { user, owed, tries, contents } => {
                    let kind = mailing.owed(contents, temporary);
                    Decision::store(user, Some(Taken::Mail(Try { owed, tries }, kind)))
                }
            }
        });
        Ok(outcome.await?.done().and_then(|(taken, user)| Some((taken?, user))))
    }
}

/// What was taken, as stored.
#[allow(clippy::large_enum_variant)] // one on the stack at a time
enum Taken {
    Void,
    GivenUp,
    Mail(Try, MailKind),
}

impl Counts {
    fn visited(&self) -> MutexGuard<'_, HashSet<UserId>> {
        self.visited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, sent: bool) {
        match sent {
            true => {
                self.sent.fetch_add(1, Ordering::Relaxed);
                self.failed_in_a_row.store(0, Ordering::Relaxed);
            }
            false => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                self.failed_in_a_row.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn mailer_is_out(&self) -> bool {
        self.failed_in_a_row.load(Ordering::Relaxed) >= FAILURES_IN_A_ROW
    }

    fn report(&self) -> OwedReport {
        let counted = [&self.sent, &self.failed, &self.given_up, &self.deleted];
        let [sent, failed, given_up, deleted] = counted.map(|it| it.load(Ordering::Relaxed));
        OwedReport { sent, failed, given_up, deleted }
    }
}
