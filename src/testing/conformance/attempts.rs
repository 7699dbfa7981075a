use super::samples::{attempts, crowd, panics};
use super::{Harness, join_all};
use doorward::store::{Attempts, Swap, Version};

/// An entry comes back complete, including after reopening.
pub async fn attempts_survive_storing_and_reopening(harness: &dyn Harness) {
    let stores = harness.open().await;
    let entries = attempts(3).await;
    for (key, entry) in &entries {
        assert!(stores.attempts.load(key).await.unwrap_or_else(panics).is_none());
        assert_eq!(stores.attempts.swap(key, None, entry).await.unwrap_or_else(panics), Swap::Stored);
    }
    let stores = harness.reopen(stores).await;
    for (key, entry) in &entries {
        assert_eq!(stores.attempts.load(key).await.unwrap_or_else(panics).as_ref(), Some(entry));
    }
}

/// `swap` stores only over what it expects, present or absent.
pub async fn swap_stores_only_over_the_expected_version(harness: &dyn Harness) {
    let stores = harness.open().await;
    let entries = attempts(3).await;
    let [(key, first), (_, second), (_, third)] = &entries[..] else { panic!("three entries") };
    let swap = async |expected: Option<Version>, next: &Attempts| {
        stores.attempts.swap(key, expected, next).await.unwrap_or_else(panics)
    };
    assert_eq!(swap(Some(first.version()), second).await, Swap::Stale, "there is no entry yet");
    assert_eq!(swap(None, first).await, Swap::Stored);
    assert_eq!(swap(None, second).await, Swap::Stale, "there is an entry");
    assert_eq!(swap(Some(third.version()), second).await, Swap::Stale);
    assert_eq!(stores.attempts.load(key).await.unwrap_or_else(panics).as_ref(), Some(first));
    assert_eq!(swap(Some(first.version()), second).await, Swap::Stored);
    assert_eq!(swap(Some(first.version()), third).await, Swap::Stale);
    let stores = harness.reopen(stores).await;
    assert_eq!(stores.attempts.load(key).await.unwrap_or_else(panics).as_ref(), Some(second));
}

/// Of many concurrent swaps, exactly one is stored: over no entry, and over an existing one.
pub async fn of_parallel_swaps_one_wins(harness: &dyn Harness) {
    let stores = harness.open().await;
    let entries = attempts(16).await;
    let crowd = crowd(harness, &stores).await;
    let key = &entries[0].0;
    let mut expected = None;
    for _ in 0..2 {
        let rivals = entries.iter().filter(|(_, entry)| Some(entry.version()) != expected);
        let rivals: Vec<_> = rivals.map(|(_, entry)| entry).collect();
        let spread = rivals.iter().zip(crowd.iter().cycle());
        let answers = join_all(spread.map(|(next, stores)| stores.attempts.swap(key, expected, next))).await;
        let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap_or_else(panics)).collect();
        assert_eq!(answers.iter().filter(|answer| **answer == Swap::Stored).count(), 1, "{answers:?}");
        let winner = rivals.iter().zip(&answers).find(|(_, answer)| **answer == Swap::Stored).map(|(entry, _)| *entry);
        let stored = stores.attempts.load(key).await.unwrap_or_else(panics);
        assert_eq!(stored.as_ref(), winner);
        expected = stored.map(|entry| entry.version());
    }
}

/// `purge` drops entries from their expiry on, at most as many as requested, and counts them.
pub async fn purge_drops_what_has_expired_and_nothing_else(harness: &dyn Harness) {
    let stores = harness.open().await;
    let entries = attempts(4).await;
    for (key, entry) in &entries {
        assert_eq!(stores.attempts.swap(key, None, entry).await.unwrap_or_else(panics), Swap::Stored);
    }
    // Each was created an hour after the previous one.
    let second = entries[1].1.expires_at();
    let just_before = second - time::Duration::microseconds(1);
    assert_eq!(stores.attempts.purge(just_before, 100).await.unwrap_or_else(panics), 1);
    assert_eq!(stores.attempts.purge(second, 100).await.unwrap_or_else(panics), 1);
    assert_eq!(stores.attempts.purge(second, 100).await.unwrap_or_else(panics), 0);
    for (n, (key, _)) in entries.iter().enumerate() {
        assert_eq!(stores.attempts.load(key).await.unwrap_or_else(panics).is_some(), n >= 2);
    }
    let last = entries[3].1.expires_at();
    for dropped in [1, 1, 0] {
        assert_eq!(stores.attempts.purge(last, 1).await.unwrap_or_else(panics), dropped, "no more than requested");
    }
}
