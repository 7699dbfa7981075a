//! The journal after a process was killed: what it says is what is stored.

use std::collections::BTreeSet;

use doorward::account::{UserOverview, UserStatus};
use doorward::journal::{Journal, JournalCursor, JournalEntry};
use doorward::store::MemoryAttempts;
use doorward::testing::RecordingMailer;
use doorward::{Auth, Operator, UserRepository};

/// The last of these events.
fn last<'a>(entries: &'a [JournalEntry], of: &[&str]) -> Option<&'a JournalEntry> {
    entries.iter().rev().find(|entry| of.contains(&&*entry.event))
}

/// Checks the entries of a user against the account: their number and their chain, whether there is a password, whether it is
/// active, and whether and when somebody signed in.
pub async fn equals_the_state(store: &(impl Journal + UserRepository), operator: &Operator, stored: &UserOverview) {
    let checked = operator.check_journal(store, &stored.id).await.unwrap();
    let entries = store.history(&stored.id, 0, 10_000).await.unwrap();
    let told = format!("{}: {:?}", stored.email.canonical(), entries.iter().map(|it| &*it.event).collect::<Vec<_>>());
    assert_eq!((checked.first_break, checked.unchained), (None, 0), "{told}");
    assert_eq!(checked.entries, entries.len() as u64, "{told}");

    let password = last(
        &entries,
        &[
            "authn_password_change",
            "authn_password_change:reset",
            "user_created:imported",
            "authn_token_revoked:password",
        ],
    );
    let has_password = password.is_some_and(|entry| &*entry.event != "authn_token_revoked:password");
    assert_eq!(stored.has_password, has_password, "{told}");
    let status = last(&entries, &["user_archived", "user_updated:reactivated"]);
    let active = status.is_none_or(|entry| &*entry.event == "user_updated:reactivated");
    assert_eq!(stored.status == UserStatus::Active, active, "{told}");
    let signed_in = last(&entries, &["authn_login_success", "authn_login_successafterfail"]);
    assert_eq!(stored.last_sign_in_at.is_some(), signed_in.is_some(), "{told}");
    // The clock goes on between the decision and its entry.
    assert!(stored.last_sign_in_at <= signed_in.map(|entry| entry.at), "{told}");
}

/// Checks the entries of everybody, also of those who were deleted.
pub async fn is_whole(store: &(impl Journal + UserRepository + Clone)) {
    let auth = Auth::builder(crate::support::site(), store.clone(), MemoryAttempts::new(), RecordingMailer::new());
    let (_, operator) = auth.build_with_operator().unwrap();
    let entries = store.follow(JournalCursor::default(), 100_000).await.unwrap().entries;
    let everybody: BTreeSet<_> = entries.into_iter().map(|entry| entry.user_id).collect();
    assert!(everybody.len() > 10, "many calls were made");
    for id in everybody {
        let checked = operator.check_journal(store, &id).await.unwrap();
        assert!(checked.first_break.is_none() && checked.entries > 0, "{id}: {checked:?}");
    }
}
