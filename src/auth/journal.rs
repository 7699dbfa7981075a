//! Checking and purging the journal, which needs the key of its chain.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::Operator;
use crate::error::Unavailable;
use crate::journal::{Checker, Journal, JournalCheck, JournalCheckpoint, JournalEntry, chain};
use crate::types::UserId;

/// How many entries are read at once.
const PAGE: u32 = 500;

/// Of how many users entries are purged at once, so that a call of the store stays short.
const USERS_AT_ONCE: usize = 100;

/// # The journal
impl Operator {
    /// Checks that the [journal](crate::journal) of a user is what was stored: that no number is missing, and, with an [index
    /// key](crate::AuthBuilder::index_key), that no entry was altered. The end is compared with the account, which knows its
    /// last entry; that of a deleted account must say so.
    ///
    /// It cannot tell that an account **and** its entries were both put back to an earlier state, as by restoring a backup, that
    /// both were removed, or that the latest entries were removed together with the account's own note of them. Against that, keep
    /// copies of the journal elsewhere ([`Journal::follow`]).
    ///
    /// If a host gives the id of a deleted account to a new one, numbers begin anew, and the check reports
    /// [`Repeated`](crate::journal::JournalBreak::Repeated).
    ///
    /// # Errors
    /// [`Unavailable`] if the journal or the account cannot be read. A break is no error: see
    /// [`JournalCheck::first_break`].
    ///
    /// ```
    /// use doorward::journal::{Journal, JournalBreak};
    /// use doorward::error::Unavailable;
    /// use doorward::{Operator, UserId};
    ///
    /// async fn check(operator: &Operator, journal: &dyn Journal, user: &UserId) -> Result<String, Unavailable> {
    ///     let checked = operator.check_journal(journal, user).await?;
    ///     Ok(match checked.first_break {
    ///         None => format!("{} entries, all as they were stored", checked.entries),
    ///         Some(JournalBreak::Missing(seq)) => format!("entry {seq} is missing"),
    ///         Some(other) => format!("tampered with: {other:?}"),
    ///     })
    /// }
    /// ```
    pub async fn check_journal(&self, journal: &dyn Journal, user: &UserId) -> Result<JournalCheck, Unavailable> {
        let engine = self.engine();
        engine.open()?;
        let checked = self.check_once(journal, user).await?;
        match checked.first_break {
            None => Ok(checked),
            // Others may have purged meanwhile. A break is there the second time, too.
            Some(_) => self.check_once(journal, user).await,
        }
    }

    async fn check_once(&self, journal: &dyn Journal, user: &UserId) -> Result<JournalCheck, Unavailable> {
        let engine = self.engine();
        let stored = engine.users.find_by_id(user).await?;
        let end = stored.as_ref().map(|user| user.journal_end());
        let mut checker = Checker::new(engine.events.index_key(), end);
        loop {
            let page = journal.history(user, checker.seq(), PAGE).await?;
            page.iter().for_each(|entry| checker.check(entry));
            if page.len() < PAGE as usize || checker.has_found_a_break() {
                break;
            }
        }
        // What is stored meanwhile lies beyond the end that was read.
        let latest = match end {
            Some((last, _)) if last < checker.seq() => engine.users.find_by_id(user).await?,
            _ => stored.clone(),
        };
        Ok(checker.finish(latest.map(|user| user.journal_end().0)))
    }

    /// Purges some `at_most` entries of the [journal](crate::journal) from before that instant, the earliest first, and
    /// returns how many are gone. Call it from a timer until it returns 0.
    ///
    /// Of each user the last purged entry stays, as a [checkpoint](JournalEntry::checkpoint): it says when the last purged event
    /// was, but not what, and lets the rest of the chain verify. Of deleted accounts nothing stays. Entries are purged in the
    /// order of their numbers: one whose clock was behind stays until those before it have expired.
    ///
    /// # Errors
    /// [`Unavailable`]. Purging twice, or by several processes at once, does no harm.
    ///
    /// ```
    /// use doorward::error::Unavailable;
    /// use doorward::journal::Journal;
    /// use doorward::{Clock, Operator, SystemClock};
    ///
    /// /// For as long as the host's privacy policy says.
    /// const KEPT: time::Duration = time::Duration::days(365);
    ///
    /// async fn purge(operator: &Operator, journal: &dyn Journal) -> Result<(), Unavailable> {
    ///     while operator.purge_journal(journal, SystemClock.now() - KEPT, 1_000).await? > 0 {}
    ///     Ok(())
    /// }
    /// ```
    pub async fn purge_journal(
        &self,
        journal: &dyn Journal,
        before: OffsetDateTime,
        at_most: u32,
    ) -> Result<u64, Unavailable> {
        let engine = self.engine();
        engine.open()?;
        let mut last: BTreeMap<UserId, JournalEntry> = BTreeMap::new();
        for entry in journal.list_expired(before, at_most).await? {
            let is_later = last.get(&entry.user_id).is_none_or(|other| other.seq < entry.seq);
            if is_later {
                last.insert(entry.user_id.clone(), entry);
            }
        }
        let key = engine.events.index_key();
        let checkpoints: Vec<_> = last.into_values().map(|entry| checkpoint(key, entry)).collect();
        let mut purged = 0;
        for checkpoints in checkpoints.chunks(USERS_AT_ONCE) {
            purged += journal.purge_through(checkpoints).await?;
        }
        Ok(purged)
    }
}

/// What stays of a user's entries up to this one.
fn checkpoint(key: Option<&[u8; 32]>, entry: JournalEntry) -> JournalCheckpoint {
    let proof = match key {
        _ if entry.is_the_last() => None,
        Some(key) => Some(chain::checkpoint(key, &entry)),
        None => Some("".into()),
    };
    JournalCheckpoint::new(entry.user_id, entry.seq, proof)
}
