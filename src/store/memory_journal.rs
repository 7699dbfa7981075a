use async_trait::async_trait;
use time::OffsetDateTime;

use doorward::UserId;
use doorward::journal::{Journal, JournalCheckpoint, JournalCursor, JournalEntry, JournalFilter, JournalPage};
use doorward::store::BackendError;

use super::memory_entries::place;
use super::memory_users::MemoryUsers;

#[async_trait]
impl Journal for MemoryUsers {
    async fn latest(
        &self,
        user: &UserId,
        before: Option<u64>,
        at_most: u32,
    ) -> Result<Vec<JournalEntry>, BackendError> {
        let asked = |entry: &&JournalEntry| entry.user_id == *user && before.is_none_or(|before| entry.seq < before);
        Ok(self.journal(|entries| {
            entries.live().map(|(_, entry)| entry).rev().filter(asked).take(at_most as usize).cloned().collect()
        }))
    }

    async fn history(&self, user: &UserId, after: u64, at_most: u32) -> Result<Vec<JournalEntry>, BackendError> {
        let asked = |entry: &&JournalEntry| entry.user_id == *user && entry.seq > after;
        Ok(self.journal(|entries| {
            entries.stored.iter().map(|(_, entry)| entry).filter(asked).take(at_most as usize).cloned().collect()
        }))
    }

    async fn list(
        &self,
        filter: &JournalFilter,
        after: Option<&JournalEntry>,
        at_most: u32,
    ) -> Result<Vec<JournalEntry>, BackendError> {
        let asked = |entry: &JournalEntry| {
            filter.event.as_ref().is_none_or(|event| *event == entry.event)
                && (filter.from..filter.until).contains(&entry.at)
                && after.is_none_or(|after| place(entry) > place(after))
        };
        Ok(self.journal(|entries| entries.sorted(asked, at_most)))
    }

    async fn follow(&self, after: JournalCursor, at_most: u32) -> Result<JournalPage, BackendError> {
        Ok(self.journal(|entries| {
            let behind = entries.live().filter(|(position, _)| *position > after.position());
            let page: Vec<_> = behind.take(at_most as usize).map(|(at, entry)| (at, entry.clone())).collect();
            let next = page.last().map_or(after, |(position, _)| JournalCursor::new(0, *position));
            JournalPage { entries: page.into_iter().map(|(_, entry)| entry).collect(), next }
        }))
    }

    async fn list_expired(&self, before: OffsetDateTime, at_most: u32) -> Result<Vec<JournalEntry>, BackendError> {
        Ok(self.journal(|entries| {
            let kept = |entry: &JournalEntry| {
                let earlier =
                    |(_, other): &(i64, JournalEntry)| other.user_id == entry.user_id && other.seq < entry.seq;
                entries.stored.iter().filter(|it| earlier(it)).any(|(_, other)| other.at >= before)
            };
            entries.sorted(|entry| entry.at < before && !kept(entry), at_most)
        }))
    }

    async fn purge_through(&self, checkpoints: &[JournalCheckpoint]) -> Result<u64, BackendError> {
        Ok(self.journal(|entries| checkpoints.iter().map(|checkpoint| entries.purge(checkpoint)).sum()))
    }
}
