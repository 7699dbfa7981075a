use super::Harness;
use super::samples::{assert_same, auth, by_email, by_id, next, panics, user};
use doorward::SignInRequest;
use doorward::error::SignInError;
use doorward::store::{BackendErrorKind, Insert, MemoryAttempts, Replace, User, UserRow};
use doorward::testing::{ManualClock, RecordingMailer};

/// Fields unknown to this release survive loading, changing and storing.
pub async fn what_a_newer_release_wrote_comes_back_whole(harness: &dyn Harness) {
    let stores = harness.open().await;
    let ann = user(harness.fresh_id(1), "ann@x.example").await;
    let written = ann.to_snapshot();
    let document = written.replacen('{', r#"{"from_the_future":{"depth":[1,"two",null]},"#, 1);
    let document = document.replacen("\"temporary\":{", r#""temporary":{"hint":"\u2028 \ud83d\udc19","#, 1);
    assert_ne!(document.len(), written.len());
    let (id, version) = (ann.id().to_string(), ann.version().to_string());
    let row = UserRow { id: &id, email: ann.email().canonical(), version: &version, snapshot: &document };
    let ann = match User::from_snapshot(row) {
        Ok(user) => user,
        Err(error) => panic!("{error}"),
    };
    assert_eq!(stores.users.insert(&ann).await.unwrap_or_else(panics), Insert::Stored);
    let loaded = by_id(&stores, ann.id()).await;
    let changed = next(&loaded).await;
    assert_eq!(stores.users.replace(&changed, loaded.version()).await.unwrap_or_else(panics), Replace::Stored);
    let stores = harness.reopen(stores).await;
    let document = by_id(&stores, ann.id()).await.to_snapshot();
    assert!(document.contains(r#""from_the_future":{"depth":[1,"two",null]}"#), "an unknown field was lost");
    assert!(document.contains("\u{1f419}"), "an unknown field of a nested struct was lost");
}

/// A document that this release cannot read is an error for both lookups and is left unchanged: no one acts on half an account.
/// Other users are unaffected.
pub async fn what_cannot_be_read_is_an_error_and_stays(harness: &dyn Harness) {
    let stores = harness.open().await;
    let ann = user(harness.fresh_id(1), "ann@x.example").await;
    let bob = user(harness.fresh_id(2), "bob@x.example").await;
    for user in [&ann, &bob] {
        assert_eq!(stores.users.insert(user).await.unwrap_or_else(panics), Insert::Stored);
    }
    let written = ann.to_snapshot();
    let newer = written.replacen("\"requires\":[", "\"requires\":[\"a feature of the future\"", 1);
    let unknown = written.replacen("\"format\":", "\"format\":9", 1);
    let cut = written.get(..written.len() / 2).unwrap_or_default();
    let of_another = bob.to_snapshot();
    for document in [newer.as_str(), &unknown, cut, &of_another, "", "null", "[]", "{}", "\u{1f419}"] {
        assert_ne!(document, written);
        if !harness.overwrite_snapshot(&stores, ann.id(), document).await {
            return;
        }
        let error = stores.users.find_by_id(ann.id()).await.err().unwrap_or_else(|| panic!("read: {document}"));
        assert_eq!(error.kind(), BackendErrorKind::Unreadable, "{error}");
        let clock = ManualClock::new();
        let auth = auth(stores.users.clone(), MemoryAttempts::new(), &clock, &RecordingMailer::new());
        let failed = auth.try_sign_in(SignInRequest::new("ann@x.example", "a guess")).await;
        assert!(matches!(failed, Err(SignInError::InvalidCredentials)), "{failed:?}");
        assert_same(&by_email(&stores, "bob@x.example").await, &bob);
    }
    assert!(harness.overwrite_snapshot(&stores, ann.id(), &written).await);
    assert_same(&by_id(&stores, ann.id()).await, &ann);
}
