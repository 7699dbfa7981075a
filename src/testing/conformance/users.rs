use super::samples::{assert_same, auth, by_email, by_id, crowd, email, full_user, moved, next, panics, user};
use super::{Harness, join_all};
use doorward::store::{Insert, Replace, Swap};
use doorward::testing::{ManualClock, RecordingMailer};

/// An inserted user is found by id and by address, complete, including after reopening.
pub async fn a_user_survives_storing_and_reopening(harness: &dyn Harness) {
    let stores = harness.open().await;
    let ann = user(harness.fresh_id(1), "Ann.Lee+x@B\u{fc}cher.example").await;
    assert_eq!(stores.users.insert(&ann).await.unwrap_or_else(panics), Insert::Stored);
    let stores = harness.reopen(stores).await;
    assert_same(&by_id(&stores, ann.id()).await, &ann);
    let found = by_email(&stores, "ann.lee+x@xn--bcher-kva.example").await;
    assert_same(&found, &ann);
    assert_eq!(found.email().as_typed(), "Ann.Lee+x@B\u{fc}cher.example", "the typed form is kept");
    assert!(stores.users.find_by_id(&harness.fresh_id(2)).await.unwrap_or_else(panics).is_none());
    // Before it in any order, after it, and as near as can be.
    for unknown in
        ["a@a.example", "zz@zz.example", "ann.lee+x@xn--bcher-kva.exampl", "ann.lee+x@xn--bcher-kva.example2"]
    {
        let found = stores.users.find_by_email(&email(unknown)).await.unwrap_or_else(panics);
        assert!(found.is_none(), "{unknown} is nobody's");
    }
}

/// A user with fifty sessions, twenty devices, twelve links and a month of use comes back complete, with every session alive.
pub async fn a_full_account_survives_storing_and_reopening(harness: &dyn Harness) {
    let stores = harness.open().await;
    let clock = ManualClock::new();
    let (ann, sessions) = full_user(harness.fresh_id(1), "ann@x.example", &clock).await;
    assert_eq!(sessions.len(), 50);
    assert!(ann.to_snapshot().len() > 15_000, "{} bytes", ann.to_snapshot().len());
    let before = user(ann.id().clone(), "ann@x.example").await;
    assert_eq!(stores.users.insert(&before).await.unwrap_or_else(panics), Insert::Stored);
    assert_eq!(stores.users.replace(&ann, before.version()).await.unwrap_or_else(panics), Replace::Stored);
    let stores = harness.reopen(stores).await;
    assert_same(&by_id(&stores, ann.id()).await, &ann);
    assert_same(&by_email(&stores, "ann@x.example").await, &ann);
    let mailer = RecordingMailer::new();
    let (auth, operator) = auth(stores.users.clone(), stores.attempts.clone(), &clock, &mailer);
    let mut last = None;
    for text in &sessions {
        last = Some(auth.resume(text).await.unwrap_or_else(panics));
    }
    let last = last.unwrap_or_else(|| panic!("there are fifty"));
    assert_eq!(auth.sessions(&last).await.unwrap_or_else(panics).len(), 50);
    assert_eq!(auth.devices(&last).await.unwrap_or_else(panics).len(), 20);
    let signs = operator.sharing_signs(ann.id()).await.unwrap_or_else(panics);
    assert!(signs.client_addresses.is_some_and(|addresses| addresses >= 16), "{signs:?}");
}

/// A second user with the same id or canonical address is rejected and changes nothing.
pub async fn ids_and_canonical_addresses_are_unique(harness: &dyn Harness) {
    let stores = harness.open().await;
    let ann = user(harness.fresh_id(1), "ann@x.example").await;
    assert_eq!(stores.users.insert(&ann).await.unwrap_or_else(panics), Insert::Stored);
    let same_email = user(harness.fresh_id(2), "Ann@X.example").await;
    assert_eq!(stores.users.insert(&same_email).await.unwrap_or_else(panics), Insert::EmailTaken);
    let same_id = user(ann.id().clone(), "bob@x.example").await;
    assert_eq!(stores.users.insert(&same_id).await.unwrap_or_else(panics), Insert::IdTaken);
    assert_same(&by_id(&stores, ann.id()).await, &ann);
    assert!(stores.users.find_by_email(&email("bob@x.example")).await.unwrap_or_else(panics).is_none());
    assert!(stores.users.find_by_id(same_email.id()).await.unwrap_or_else(panics).is_none());
}

/// Of many concurrent inserts with one address, exactly one is stored.
pub async fn of_parallel_inserts_of_one_address_one_wins(harness: &dyn Harness) {
    let stores = harness.open().await;
    let mut users = Vec::new();
    for n in 1..=16 {
        users.push(user(harness.fresh_id(n), "ann@x.example").await);
    }
    let crowd = crowd(harness, &stores).await;
    let rivals = users.iter().zip(crowd.iter().cycle());
    let answers = join_all(rivals.map(|(user, stores)| stores.users.insert(user))).await;
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap_or_else(panics)).collect();
    assert_eq!(answers.iter().filter(|answer| **answer == Insert::Stored).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Insert::EmailTaken).count(), 15, "{answers:?}");
    let winner = users.iter().zip(&answers).find(|(_, answer)| **answer == Insert::Stored);
    assert_same(&by_email(&stores, "ann@x.example").await, winner.map(|(user, _)| user).unwrap_or(&users[0]));
}

/// `replace` stores only over the version it expects; for an unknown user it returns `Stale`.
pub async fn replace_stores_only_over_the_expected_version(harness: &dyn Harness) {
    let stores = harness.open().await;
    let first = user(harness.fresh_id(1), "ann@x.example").await;
    let (second, third) = (next(&first).await, next(&first).await);
    let unknown = stores.users.replace(&second, first.version()).await.unwrap_or_else(panics);
    assert_eq!(unknown, Replace::Stale, "replacing a missing user creates none");
    assert!(stores.users.find_by_id(first.id()).await.unwrap_or_else(panics).is_none());
    assert_eq!(stores.users.insert(&first).await.unwrap_or_else(panics), Insert::Stored);
    assert_eq!(stores.users.replace(&second, third.version()).await.unwrap_or_else(panics), Replace::Stale);
    assert_same(&by_id(&stores, first.id()).await, &first);
    assert_eq!(stores.users.replace(&second, first.version()).await.unwrap_or_else(panics), Replace::Stored);
    assert_eq!(stores.users.replace(&third, first.version()).await.unwrap_or_else(panics), Replace::Stale);
    let stores = harness.reopen(stores).await;
    assert_same(&by_id(&stores, first.id()).await, &second);
    assert_same(&by_email(&stores, "ann@x.example").await, &second);
}

/// Of many concurrent replaces over one version, exactly one is stored.
pub async fn of_parallel_replaces_one_wins(harness: &dyn Harness) {
    let stores = harness.open().await;
    let first = user(harness.fresh_id(1), "ann@x.example").await;
    assert_eq!(stores.users.insert(&first).await.unwrap_or_else(panics), Insert::Stored);
    let mut rivals = Vec::new();
    for _ in 0..16 {
        rivals.push(next(&first).await);
    }
    let crowd = crowd(harness, &stores).await;
    let spread = rivals.iter().zip(crowd.iter().cycle());
    let answers = join_all(spread.map(|(rival, stores)| stores.users.replace(rival, first.version()))).await;
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap_or_else(panics)).collect();
    assert_eq!(answers.iter().filter(|answer| **answer == Replace::Stored).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Replace::Stale).count(), 15, "{answers:?}");
    let winner = rivals.iter().zip(&answers).find(|(_, answer)| **answer == Replace::Stored);
    assert_same(&by_id(&stores, first.id()).await, winner.map(|(user, _)| user).unwrap_or(&first));
}

/// A new address is claimed and the old one freed in one step; a taken address leaves everything unchanged.
pub async fn replace_moves_the_address_or_nothing(harness: &dyn Harness) {
    let stores = harness.open().await;
    let ann = user(harness.fresh_id(1), "ann@x.example").await;
    let bob = user(harness.fresh_id(2), "bob@x.example").await;
    for user in [&ann, &bob] {
        assert_eq!(stores.users.insert(user).await.unwrap_or_else(panics), Insert::Stored);
    }
    let to_bobs = moved(&ann, "Bob@x.example").await;
    assert_eq!(stores.users.replace(&to_bobs, ann.version()).await.unwrap_or_else(panics), Replace::EmailTaken);
    assert_same(&by_email(&stores, "ann@x.example").await, &ann);
    assert_same(&by_email(&stores, "bob@x.example").await, &bob);
    let to_new = moved(&ann, "new@x.example").await;
    assert_eq!(stores.users.replace(&to_new, ann.version()).await.unwrap_or_else(panics), Replace::Stored);
    assert!(stores.users.find_by_email(&email("ann@x.example")).await.unwrap_or_else(panics).is_none());
    assert_same(&by_email(&stores, "new@x.example").await, &to_new);
    let heir = user(harness.fresh_id(3), "ann@x.example").await;
    assert_eq!(stores.users.insert(&heir).await.unwrap_or_else(panics), Insert::Stored);
}

/// `delete` removes only the version it expects; the address and the id are free again, and no old version is valid.
pub async fn delete_removes_only_the_expected_version(harness: &dyn Harness) {
    let stores = harness.open().await;
    let first = user(harness.fresh_id(1), "ann@x.example").await;
    let second = next(&first).await;
    assert_eq!(stores.users.delete(&first).await.unwrap_or_else(panics), Swap::Stale);
    assert_eq!(stores.users.insert(&first).await.unwrap_or_else(panics), Insert::Stored);
    assert_eq!(stores.users.delete(&second).await.unwrap_or_else(panics), Swap::Stale);
    assert_same(&by_id(&stores, first.id()).await, &first);
    assert_eq!(stores.users.delete(&first).await.unwrap_or_else(panics), Swap::Stored);
    let stores = harness.reopen(stores).await;
    assert!(stores.users.find_by_id(first.id()).await.unwrap_or_else(panics).is_none());
    assert!(stores.users.find_by_email(first.email()).await.unwrap_or_else(panics).is_none());
    assert_eq!(stores.users.replace(&second, first.version()).await.unwrap_or_else(panics), Replace::Stale);
    let again = user(harness.fresh_id(2), "ann@x.example").await;
    assert_eq!(stores.users.insert(&again).await.unwrap_or_else(panics), Insert::Stored);
}

/// Addresses that a lenient collation would treat as equal are distinct.
pub async fn addresses_are_compared_exactly(harness: &dyn Harness) {
    let stores = harness.open().await;
    let addresses = [
        "resume@x.example",
        "r\u{e9}sum\u{e9}@x.example",
        "strasse@x.example",
        "stra\u{df}e@x.example",
        "mike@x.example",
        "m\u{131}ke@x.example",
        "m_ke@x.example",
        "m%ke@x.example",
        "m*ke@x.example",
        "o'neil@x.example",
    ];
    for (n, address) in (1..).zip(addresses) {
        let user = user(harness.fresh_id(n), address).await;
        assert_eq!(stores.users.insert(&user).await.unwrap_or_else(panics), Insert::Stored, "{address}");
    }
    for address in addresses {
        assert_eq!(by_email(&stores, address).await.email().as_typed(), address);
    }
}

/// Of concurrent inserts and moves to one address, exactly one gets it.
pub async fn of_parallel_claims_of_one_address_one_wins(harness: &dyn Harness) {
    let stores = harness.open().await;
    let crowd = crowd(harness, &stores).await;
    let (mut movers, mut newcomers) = (Vec::new(), Vec::new());
    for n in 0..8 {
        let first = user(harness.fresh_id(n + 1), &format!("user{n}@x.example")).await;
        assert_eq!(stores.users.insert(&first).await.unwrap_or_else(panics), Insert::Stored);
        movers.push((first.version(), moved(&first, "ann@x.example").await));
        newcomers.push(user(harness.fresh_id(n + 9), "ann@x.example").await);
    }
    let claims = movers.iter().zip(&newcomers).zip(crowd.iter().cycle());
    let tries = claims.flat_map(|(((version, mover), newcomer), stores)| {
        [(Some((*version, mover)), None, stores), (None, Some(newcomer), stores)]
    });
    let answers = join_all(tries.map(async |(moves, inserts, stores)| match (moves, inserts) {
        (Some((version, mover)), _) => {
            stores.users.replace(mover, version).await.unwrap_or_else(panics) == Replace::Stored
        }
        (_, Some(newcomer)) => stores.users.insert(newcomer).await.unwrap_or_else(panics) == Insert::Stored,
        (None, None) => false,
    }))
    .await;
    assert_eq!(answers.iter().filter(|won| **won).count(), 1, "{answers:?}");
    by_email(&stores, "ann@x.example").await;
}

/// Of concurrent deletions and replaces over one version, exactly one takes effect.
pub async fn of_parallel_deletions_and_replaces_one_wins(harness: &dyn Harness) {
    let stores = harness.open().await;
    let crowd = crowd(harness, &stores).await;
    let first = user(harness.fresh_id(1), "ann@x.example").await;
    assert_eq!(stores.users.insert(&first).await.unwrap_or_else(panics), Insert::Stored);
    let second = next(&first).await;
    let tries = (0..16).zip(crowd.iter().cycle()).map(async |(n, stores)| match n % 2 {
        0 => stores.users.replace(&second, first.version()).await.unwrap_or_else(panics) == Replace::Stored,
        _ => stores.users.delete(&first).await.unwrap_or_else(panics) == Swap::Stored,
    });
    let winners: Vec<usize> = (0..).zip(join_all(tries).await).filter(|(_, won)| *won).map(|(n, _)| n).collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    let found = stores.users.find_by_id(first.id()).await.unwrap_or_else(panics);
    assert_eq!(found.is_some(), winners[0].is_multiple_of(2), "the store matches the winner's result");
}
