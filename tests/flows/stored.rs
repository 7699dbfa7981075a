//! Stored state that is unreadable, from another release, or ahead of a clock that was set back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward::error::{ConfirmResetError, ResumeError, SignInError};
use doorward::event::{EventKind, SignInFailureReason};
use doorward::hashing::HashParams;
use doorward::password::ResetLinkStatus;
use doorward::store::{
    BackendError, BackendErrorKind, Insert, MemoryAttempts, Replace, SnapshotError, Swap, User, UserHead, UserRow,
    Version,
};
use doorward::{Auth, Email, SignIn, SignInRequest, UserId, UserRepository};
use pollster::block_on;

use crate::support::*;

/// A repository that stores rows like a database, so that tests can edit them.
#[derive(Clone, Debug, Default)]
struct Rows(Arc<Mutex<Vec<[String; 4]>>>);

impl Rows {
    fn find(&self, matches: impl Fn(&[String; 4]) -> bool) -> Result<Option<User>, BackendError> {
        let rows = self.0.lock().unwrap();
        let row = rows.iter().find(|row| matches(row));
        User::decode(row.map(|[id, email, version, snapshot]| UserRow { id, email, version, snapshot }))
    }

    fn row(user: &User) -> [String; 4] {
        [user.id().to_string(), user.email().canonical().to_owned(), user.version().to_string(), user.to_snapshot()]
    }

    fn edit(&self, change: impl Fn(&str) -> String) {
        self.0.lock().unwrap().iter_mut().for_each(|row| row[3] = change(&row[3]));
    }
}

#[async_trait::async_trait]
impl UserRepository for Rows {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.0.lock().unwrap().push(Self::row(user));
        Ok(Insert::Stored)
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        self.find(|row| row[0] == id.as_str())
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        Ok(self.find(|row| row[1] == email.canonical())?.map(|user| user.head()))
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        let mut rows = self.0.lock().unwrap();
        let expected = expected.to_string();
        match rows.iter_mut().find(|row| row[0] == user.id().as_str() && row[2] == expected) {
            Some(row) => *row = Self::row(user),
            None => return Ok(Replace::Stale),
        }
        Ok(Replace::Stored)
    }

    async fn delete(&self, _user: &User) -> Result<Swap, BackendError> {
        Err(BackendError::new(BackendErrorKind::Refused))
    }

    fn keeps_journal(&self) -> bool {
        false
    }
}

fn world_on_rows() -> (World, Rows) {
    let (mut world, rows) = (World::new(), Rows::default());
    (world.auth, world.operator) = Auth::builder(site(), rows.clone(), MemoryAttempts::new(), world.mailer.clone())
        .clock(world.clock.clone())
        .observer(world.observer.clone())
        .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
        .build_with_operator()
        .unwrap();
    (world, rows)
}

#[test]
fn s15_a_row_that_cannot_be_understood_is_like_nobody_to_strangers_and_an_event() {
    type Edit = fn(&str) -> String;
    let edits: [(&str, Edit); 6] = [
        ("empty", |_| String::new()),
        ("cut off", |document| document[..document.len() / 2].to_owned()),
        ("no JSON", |document| document.replacen('{', "[", 1)),
        ("unknown format", |document| document.replacen("\"format\":1", "\"format\":2", 1)),
        ("unknown feature", |document| document.replacen("\"requires\":[]", "\"requires\":[\"passkeys\"]", 1)),
        ("another user's", |document| document.replacen(ANN, "eve@acme.example", 1)),
    ];
    for (name, edit) in edits {
        let (world, rows) = world_on_rows();
        let ann = world.open(ANN, OLD);
        let token = world.request(ANN);
        let sent = world.mailer.count();
        rows.edit(edit);
        world.clock.advance(5 * MINUTE);
        assert!(world.fails(ANN, OLD), "{name}");
        let reason = SignInFailureReason::Unreadable;
        assert_eq!(world.observer.count(&EventKind::SignInFailed { reason }), 1, "{name}");
        let (call, error) = ("find_by_email", BackendErrorKind::Unreadable);
        assert!(world.observer.kinds().contains(&EventKind::StoreFailed { call, error, code: None }));
        block_on(world.auth.request_reset(&email(ANN))).unwrap();
        assert_eq!(world.mailer.count(), sent, "{name}");
        assert_eq!(block_on(world.auth.inspect_reset(&token)).unwrap(), ResetLinkStatus::Invalid);
        assert!(matches!(block_on(world.auth.confirm_reset(&token)), Err(ConfirmResetError::LinkInvalid)), "{name}");
        // A running session is neither accepted nor discarded.
        assert!(
            matches!(block_on(world.auth.resume(&ann.token().expose())), Err(ResumeError::Unavailable(_))),
            "{name}"
        );
    }
}

/// The hash of a stored user.
fn stored_hash(document: &str) -> &str {
    document.split("\"hash\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("the user has a password")
}

#[test]
fn s15_a_hash_that_is_not_exactly_one_is_never_evaluated_and_a_reset_heals() {
    const TAG: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let phc = |head: &str| format!("{head}$c29tZXNhbHRzb21lc2FsdA${TAG}");
    let hostile = [
        ("empty", String::new()),
        ("no hash", "hunter2".to_owned()),
        ("8 GiB", phc("$argon2id$v=19$m=8388608,t=2,p=1")),
        ("a KiB above the cap", phc("$argon2id$v=19$m=1048577,t=2,p=1")),
        ("2^31 passes", phc("$argon2id$v=19$m=8,t=2147483648,p=1")),
        ("more than 2^32 passes", phc("$argon2id$v=19$m=8,t=4294967297,p=1")),
        ("no passes", phc("$argon2id$v=19$m=8,t=0,p=1")),
        ("no lanes", phc("$argon2id$v=19$m=8,t=1,p=0")),
        ("too little memory for its lanes", phc("$argon2id$v=19$m=8,t=1,p=2")),
        ("a leading zero", phc("$argon2id$v=19$m=08,t=1,p=1")),
        ("a plus", phc("$argon2id$v=19$m=+8,t=1,p=1")),
        ("doubled field", phc("$argon2id$v=19$m=8,m=8,t=1,p=1")),
        ("missing field", phc("$argon2id$v=19$m=8,t=1")),
        ("a field too many", phc("$argon2id$v=19$m=8,t=1,p=1,keyid=AAAA")),
        ("no version", phc("$argon2id$m=8,t=1,p=1")),
        ("another version", phc("$argon2id$v=16$m=8,t=1,p=1")),
        ("unknown algorithm", phc("$argon2xx$v=19$m=8,t=1,p=1")),
        ("unknown scheme", "$9$saltsaltsalt$AAECAwQFBgcICQoLDA0ODw".to_owned()),
        ("zero-length output", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$".to_owned()),
        ("no output", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA".to_owned()),
        ("an output of four bytes", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAECAw".to_owned()),
        ("no salt", format!("$argon2id$v=19$m=8,t=1,p=1$${TAG}")),
        ("a salt of four bytes", format!("$argon2id$v=19$m=8,t=1,p=1$c2FsdA${TAG}")),
        ("unused bits that are set", phc("$argon2id$v=19$m=8,t=1,p=1").replace("Hh8", "Hh9")),
        ("too much padding", format!("{}==", phc("$argon2id$v=19$m=8,t=1,p=1"))),
        ("a line end", format!("{}\\n", phc("$argon2id$v=19$m=8,t=1,p=1"))),
        ("100 KiB", phc("$argon2id$v=19$m=8,t=1,p=1").repeat(1_000)),
        ("a seal without a keyring", "$sealed$v=1$k=a$AAAA".to_owned()),
        ("half a seal", "$sealed$".to_owned()),
    ];
    for (name, text) in hostile {
        let (world, rows) = world_on_rows();
        let _ = world.open(ANN, OLD);
        rows.edit(|document| document.replacen(stored_hash(document), &text, 1));
        world.clock.advance(HOUR);
        let computed = world.auth.hash_load().computed;
        let outcome = world.try_sign_in(ANN, OLD);
        assert!(matches!(outcome, Err(SignInError::InvalidCredentials)), "{name}");
        assert_eq!(world.auth.hash_load().computed, computed + 1, "{name}: only the dummy is hashed");
        let reason = SignInFailureReason::UnusableHash;
        assert_eq!(world.observer.count(&EventKind::SignInFailed { reason }), 1, "{name}");
        assert!(world.observer.kinds().iter().any(|kind| matches!(kind, EventKind::HashUnusable { .. })), "{name}");
        let mailed = world.confirm(ANN);
        let challenge = world.challenge(ANN, &mailed);
        let _ = world.choose(&challenge, NEW);
        let _ = world.signed_in(ANN, NEW);
    }
}

#[test]
fn a_snapshot_error_names_the_place_and_not_the_content() {
    let (world, ann) = World::with_ann();
    let user = world.user(ANN);
    let (version, document) = (user.version().to_string(), user.to_snapshot());
    let row = UserRow { id: ann.user_id().as_str(), email: ANN, version: &version, snapshot: &document };
    assert!(User::from_snapshot(row).is_ok_and(|read| read == user));
    let other = |row: UserRow<'_>| User::from_snapshot(row).unwrap_err();
    assert_eq!(other(UserRow { id: "another", ..row }), SnapshotError::OtherRow);
    assert_eq!(other(UserRow { email: "eve@acme.example", ..row }), SnapshotError::OtherRow);
    assert_eq!(other(UserRow { version: "", ..row }), SnapshotError::OtherRow);
    let error = BackendError::from(other(UserRow { snapshot: "{", ..row }));
    assert_eq!((error.kind(), error.to_string().as_str()), (BackendErrorKind::Unreadable, "backend unreadable"));
}

#[test]
fn what_a_newer_release_wrote_survives_a_change_of_the_password() {
    let (world, rows) = world_on_rows();
    let ann = world.open(ANN, OLD);
    rows.edit(|document| {
        document.replacen('{', "{\"passkeys\":[{\"id\":7}],", 1).replacen("\"hash\":", "\"pepper\":3,\"hash\":", 1)
    });
    let _ = world.signed_in(ANN, OLD);
    let document = rows.0.lock().unwrap()[0][3].clone();
    assert!(document.contains("\"passkeys\":[{\"id\":7}]") && document.contains("\"pepper\":3"));
    world.clock.advance(SECOND);
    let _ = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
    let document = rows.0.lock().unwrap()[0][3].clone();
    assert!(document.contains("\"passkeys\":[{\"id\":7}]"));
    assert!(!document.contains("pepper"), "fields of the old hash are removed with it");
}

#[test]
fn a_clock_that_is_set_back_lengthens_no_wait_and_revives_nothing() {
    let (world, _) = World::with_ann();
    let used = world.confirm(ANN);
    let challenge = world.challenge(ANN, &used);
    let _ = world.choose(&challenge, NEW);
    world.clock.advance(MINUTE);
    for _ in 0..10 {
        assert!(world.fails(ANN, "wrong"));
    }
    let Err(SignInError::Throttled { retry_after: before }) = world.try_sign_in(ANN, NEW) else { panic!("no wait") };
    world.clock.set_back(365 * DAY);
    // The wait restarts once from the new time, and is no longer than the schedule's own.
    let Err(SignInError::Throttled { retry_after }) = world.try_sign_in(ANN, NEW) else { panic!("no wait") };
    assert_eq!((before, retry_after), (Duration::from_secs(128), Duration::from_secs(128)));
    world.clock.advance(retry_after / 2);
    let Err(SignInError::Throttled { retry_after }) = world.try_sign_in(ANN, NEW) else { panic!("no wait") };
    assert_eq!(retry_after, Duration::from_secs(64));
    world.clock.advance(retry_after);
    assert!(matches!(world.try_sign_in(ANN, NEW), Ok(SignIn::Complete(_))));
    assert!(world.fails(ANN, &used) && world.fails(ANN, OLD));
    assert_eq!(world.choice_error(&challenge, OLD).code(), "challenge_invalid");
}

#[test]
fn no_time_there_is_breaks_anything() {
    for extreme in [time::PrimitiveDateTime::MAX, time::PrimitiveDateTime::MIN] {
        let world = World::new();
        world.clock.set(extreme.assume_offset(time::UtcOffset::UTC));
        // Nothing outlives the end of time, so credentials issued there may expire at once; but nothing may fail.
        let opened = block_on(world.operator.provision_without_mail(email(ANN))).unwrap();
        let _either = world.try_sign_in(ANN, opened.temporary_password.expose());
        let _either = world.try_sign_in(ANN, "wrong");
        block_on(world.auth.request_reset(&email(ANN))).unwrap();
        block_on(world.auth.purge()).unwrap();
        assert!(block_on(world.users.find_by_email(&email(ANN))).unwrap().is_some());
    }
}

#[test]
fn what_was_issued_in_the_future_does_not_live_longer_for_it() {
    let (world, ann) = World::with_ann();
    let token = world.request(ANN);
    let cookie = device(&ann);
    world.clock.set_back(30 * SECOND);
    assert_eq!(
        block_on(world.auth.inspect_reset(&token)).unwrap(),
        ResetLinkStatus::Valid,
        "small clock differences are tolerated"
    );
    world.clock.set_back(2 * MINUTE);
    assert_eq!(block_on(world.auth.inspect_reset(&token)).unwrap(), ResetLinkStatus::Invalid);
    for _ in 0..3 {
        assert!(world.fails(ANN, "wrong"));
    }
    let early = block_on(world.auth.try_sign_in(SignInRequest::new(ANN, OLD).device(&cookie)));
    assert!(matches!(early, Err(SignInError::Throttled { .. })), "a device does not live longer either");
    // A reset can be requested again after the schedule's own wait at the latest.
    block_on(world.auth.request_reset(&email(ANN))).unwrap();
    world.clock.advance(5 * MINUTE);
    world.confirm(ANN);
}
