//! The contract of [`Journal`] and of a repository that keeps one.

use std::sync::Arc;

use super::samples::{builder, email, panics};
use doorward::journal::{Journal, JournalCursor, JournalEntry, JournalFilter};
use doorward::store::MemoryAttempts;
use doorward::testing::{ManualClock, RecordingMailer};
use doorward::{Clock, Operator, UserId, UserRepository};

const PEOPLE: u32 = 3;
/// How often a reader looks again, which takes some seconds on a database.
const PATIENCE: u32 = 20_000;
const HOUR: core::time::Duration = core::time::Duration::from_secs(60 * 60);

fn events(entries: &[JournalEntry]) -> Vec<&str> {
    entries.iter().map(|entry| &*entry.event).collect()
}

/// Checks a repository that [keeps a journal](UserRepository::keeps_journal), and the [`Journal`] that reads it, over empty tables:
/// each change is entered once, entries are numbered without gaps and found by user, event, period and cursor, and what is purged
/// leaves a chain that verifies. Panics if the adapters break the contract.
///
/// ```
/// use std::sync::Arc;
/// use doorward::UserId;
/// use doorward::store::MemoryUsers;
/// use doorward::testing::conformance::a_journal_keeps_what_is_stored;
///
/// let users = Arc::new(MemoryUsers::new().with_journal());
/// let fresh_id = |n| UserId::parse(&format!("user-{n}")).unwrap();
/// pollster::block_on(a_journal_keeps_what_is_stored(users.clone(), users, fresh_id));
/// ```
pub async fn a_journal_keeps_what_is_stored(
    users: impl UserRepository,
    journal: impl Journal,
    fresh_id: impl Fn(u32) -> UserId,
) {
    assert!(users.keeps_journal(), "the repository says that it keeps no journal");
    let (clock, journal) = (ManualClock::new(), Arc::new(journal) as Arc<dyn Journal>);
    let (_, operator) = builder(users, MemoryAttempts::new(), &clock, RecordingMailer::new())
        .index_key([5; 32])
        .build_with_operator()
        .unwrap_or_else(panics);
    let begun = clock.now();
    let boss = UserId::parse("boss").unwrap_or_else(panics);
    let mut ids = Vec::new();
    for n in 0..PEOPLE {
        let account = doorward::account::Provision::new(email(&format!("user{n}@conformance.example"))).id(fresh_id(n));
        ids.push(operator.provision(account).await.unwrap_or_else(panics).user_id);
        clock.advance(HOUR);
    }
    operator.on_behalf_of(&boss).deactivate(&ids[0]).await.unwrap_or_else(panics);
    operator.deactivate(&ids[0]).await.unwrap_or_else(panics);
    operator.reactivate(&ids[0]).await.unwrap_or_else(panics);
    operator.on_behalf_of(&boss).delete(&ids[1]).await.unwrap_or_else(panics);

    let of_first = journal.history(&ids[0], 0, 100).await.unwrap_or_else(panics);
    assert_eq!(events(&of_first), ["user_created", "user_archived", "user_updated:reactivated"]);
    assert_eq!(of_first.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2, 3]);
    let operators: Vec<_> = of_first.iter().map(|entry| entry.operator.as_ref()).collect();
    assert_eq!(operators, [None, Some(&boss), None]);
    assert!(of_first[0].at == begun && of_first.iter().all(|entry| entry.user_id == ids[0] && entry.digest.is_some()));
    assert_eq!(journal.history(&ids[0], 2, 100).await.unwrap_or_else(panics), of_first[2..]);
    let latest = journal.latest(&ids[0], None, 2).await.unwrap_or_else(panics);
    assert_eq!(latest, [of_first[2].clone(), of_first[1].clone()]);
    let rest = journal.latest(&ids[0], Some(latest[1].seq), 2).await.unwrap_or_else(panics);
    assert_eq!(rest, [of_first[0].clone()]);
    let deleted = journal.history(&ids[1], 0, 100).await.unwrap_or_else(panics);
    assert_eq!((events(&deleted), deleted[1].operator.as_ref()), (vec!["user_created", "user_deleted"], Some(&boss)));

    lists(&*journal, &clock, begun).await;
    let all = follows(&*journal, 6).await;
    assert_eq!(all.len(), 6);
    for id in &ids {
        let checked = operator.check_journal(&*journal, id).await.unwrap_or_else(panics);
        assert_eq!((checked.unchained, checked.first_break), (0, None), "{id}");
    }
    purges(&*journal, &operator, &clock, &ids).await;
}

async fn lists(journal: &dyn Journal, clock: &ManualClock, begun: time::OffsetDateTime) {
    let created = JournalFilter::period(begun, clock.now() + HOUR).event("user_created");
    let mut listed: Vec<JournalEntry> = Vec::new();
    loop {
        let page = journal.list(&created, listed.last(), 2).await.unwrap_or_else(panics);
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    assert_eq!(events(&listed), ["user_created"; 3]);
    assert!(listed.windows(2).all(|pair| pair[0].at < pair[1].at), "{listed:?}");
    let first_two_hours = JournalFilter::period(begun, begun + 2 * HOUR);
    assert_eq!(journal.list(&first_two_hours, None, 100).await.unwrap_or_else(panics), listed[..2]);
    let later = JournalFilter::period(begun + HOUR, clock.now());
    assert_eq!(journal.list(&later, None, 100).await.unwrap_or_else(panics), listed[1..]);
    let all = JournalFilter::period(begun, clock.now() + HOUR);
    assert_eq!(journal.list(&all, None, 100).await.unwrap_or_else(panics).len(), 6);
}

/// Everything, in pages of two. An entry may be held back as long as others write to the same server, so what is missing is waited
/// for.
async fn follows(journal: &dyn Journal, expected: usize) -> Vec<JournalEntry> {
    let (mut cursor, mut all) = (JournalCursor::default(), Vec::<JournalEntry>::new());
    let mut patience = PATIENCE;
    loop {
        let page = journal.follow(cursor, 2).await.unwrap_or_else(panics);
        if page.entries.is_empty() {
            assert_eq!(page.next, cursor, "nothing new moves no cursor");
            patience -= 1;
            if all.len() >= expected || patience == 0 {
                return all;
            }
            continue;
        }
        assert!(page.entries.len() <= 2 && page.next > cursor);
        all.extend(page.entries);
        cursor = page.next.to_string().parse().unwrap_or_else(panics);
    }
}

async fn purges(journal: &dyn Journal, operator: &Operator, clock: &ManualClock, ids: &[UserId]) {
    // All of the second user's entries are old, one of the third's, and of the first's two.
    let before = clock.now();
    clock.advance(HOUR);
    operator.reactivate(&ids[2]).await.unwrap_or_else(panics);
    operator.deactivate(&ids[2]).await.unwrap_or_else(panics);
    operator.deactivate(&ids[0]).await.unwrap_or_else(panics);
    let mut purged = 0;
    loop {
        match operator.purge_journal(journal, before + HOUR / 2, 2).await.unwrap_or_else(panics) {
            0 => break,
            some => purged += some,
        }
    }
    assert!(purged >= 6, "{purged}");
    assert_eq!(journal.history(&ids[1], 0, 100).await.unwrap_or_else(panics), []);
    for (id, left, checkpoint) in [(&ids[0], "user_archived", 3), (&ids[2], "user_archived", 1)] {
        let history = journal.history(id, 0, 100).await.unwrap_or_else(panics);
        assert_eq!(events(&history), [JournalEntry::PURGED, left], "{id}");
        assert!(history[0].seq == checkpoint && history[0].checkpoint.is_some() && history[0].operator.is_none());
        assert_eq!(events(&journal.latest(id, None, 100).await.unwrap_or_else(panics)), [left]);
        let checked = operator.check_journal(journal, id).await.unwrap_or_else(panics);
        assert_eq!((checked.entries, checked.first_break), (1, None), "{id}");
    }
    assert_eq!(follows(journal, 2).await.len(), 2);
}
