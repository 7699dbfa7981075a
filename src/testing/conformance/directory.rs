//! The contract of [`UserDirectory`], for adapters that implement it.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::samples::{auth, builder, email, panics};
use doorward::account::Provision;
use doorward::config::BackgroundWork;
use doorward::leaving::DeletionRequested;
use doorward::mail::Mail;
use doorward::store::{BackendError, BackendErrorKind, MemoryAttempts, UserDirectory};
use doorward::testing::{ManualClock, RecordingMailer};
use doorward::{Clock, Email, Mailer, SignIn, SignInRequest, UserId, UserRepository};

/// A mailer that is out of order.
#[derive(Debug)]
struct OutOfOrder;

#[async_trait]
impl Mailer for OutOfOrder {
    async fn send(&self, _: &Email, _: &Mail) -> Result<(), BackendError> {
        Err(BackendError::new(BackendErrorKind::Unavailable))
    }
}

const PEOPLE: u32 = 5;
const MINUTE: core::time::Duration = core::time::Duration::from_secs(60);

/// Checks an adapter of [`UserDirectory`] over an empty table: `list_ids` returns each id once, in pages; `list_owing` returns
/// users from the moment a mail or a deletion is due, the earliest first, until that is done. Panics if the adapter breaks the contract.
///
/// ```
/// use std::sync::Arc;
/// use doorward::UserId;
/// use doorward::store::MemoryUsers;
/// use doorward::testing::conformance::a_directory_lists_everybody_and_who_is_owed_a_mail;
///
/// let users = Arc::new(MemoryUsers::new());
/// let fresh_id = |n| UserId::parse(&format!("user-{n}")).unwrap();
/// pollster::block_on(a_directory_lists_everybody_and_who_is_owed_a_mail(users.clone(), users, fresh_id));
/// ```
pub async fn a_directory_lists_everybody_and_who_is_owed_a_mail(
    users: impl UserRepository,
    directory: impl UserDirectory,
    fresh_id: impl Fn(u32) -> UserId,
) {
    let (users, directory): (Arc<dyn UserRepository>, Arc<dyn UserDirectory>) = (Arc::new(users), Arc::new(directory));
    let (clock, works) = (ManualClock::new(), Arc::new(Mutex::new(Vec::<BackgroundWork>::new())));
    let slot = Arc::clone(&works);
    let spawn = move |work| slot.lock().unwrap_or_else(PoisonError::into_inner).push(work);
    let done = async || {
        let works = core::mem::take(&mut *works.lock().unwrap_or_else(PoisonError::into_inner));
        for work in works {
            work.await;
        }
    };
    let (failing, operator) = builder(users.clone(), MemoryAttempts::new(), &clock, OutOfOrder)
        .background(spawn.clone())
        .owed_mails(Arc::clone(&directory))
        .build_with_operator()
        .unwrap_or_else(panics);

    let ids: Vec<_> = (1..=PEOPLE).map(&fresh_id).collect();
    for (n, id) in ids.iter().enumerate() {
        let account = Provision::new(email(&format!("user{n}@x.example"))).id(id.clone());
        assert!(operator.provision(account).await.is_err(), "the mailer is out of order");
        done().await;
        clock.advance(MINUTE / 6);
    }
    operator.deactivate(&ids[1]).await.unwrap_or_else(panics);

    lists_everybody(&*directory, &ids).await;

    // The first was put off for a minute when it failed, and each of the others ten seconds later.
    let began = clock.now() - MINUTE / 6 * PEOPLE;
    for (n, _) in ids.iter().enumerate() {
        let due = began + MINUTE + MINUTE / 6 * u32::try_from(n).unwrap_or_default();
        let before = due - core::time::Duration::from_micros(1);
        assert_eq!(directory.list_owing(before, 10).await.unwrap_or_else(panics), ids[..n]);
        assert_eq!(directory.list_owing(due, 10).await.unwrap_or_else(panics), ids[..=n]);
    }
    assert_eq!(directory.list_owing(began + 10 * MINUTE, 2).await.unwrap_or_else(panics), ids[..2]);
    drop(failing);

    let mailer = RecordingMailer::new();
    let (delivering, _) = builder(users.clone(), MemoryAttempts::new(), &clock, mailer.clone())
        .background(spawn)
        .owed_mails(Arc::clone(&directory))
        .build_with_operator()
        .unwrap_or_else(panics);
    clock.advance(10 * MINUTE);
    let delivered = delivering.deliver_owed().await.unwrap_or_else(panics);
    done().await;
    // Nobody mails a deactivated account.
    assert_eq!((delivered.sent, mailer.count()), (u64::from(PEOPLE) - 1, PEOPLE as usize - 1));
    assert_eq!(directory.list_owing(began + 1_000 * MINUTE, 10).await.unwrap_or_else(panics), []);
    deletions_are_due(&users, &*directory, &clock, &ids[2]).await;
    let (_, operator) = auth(users, MemoryAttempts::new(), &clock, &mailer);
    operator.delete(&ids[0]).await.unwrap_or_else(panics);
    assert!(!directory.list_ids(None, 10).await.unwrap_or_else(panics).contains(&ids[0]));
}

/// An account that its owner has asked to delete is listed from the end of the grace on, and gone once it is deleted.
async fn deletions_are_due(
    users: &Arc<dyn UserRepository>,
    directory: &dyn UserDirectory,
    clock: &ManualClock,
    id: &UserId,
) {
    let mailer = RecordingMailer::new();
    let (auth, operator) = auth(Arc::clone(users), MemoryAttempts::new(), clock, &mailer);
    operator.resend_welcome(id).await.unwrap_or_else(panics);
    let mailed = mailer.last().unwrap_or_else(|| panic!("the welcome was mailed"));
    let (address, password) = (mailed.to.canonical().to_owned(), mailed.temporary_password().unwrap_or_default());
    let entered = auth.try_sign_in(SignInRequest::new(&address, &password)).await;
    let Ok(SignIn::PasswordChangeRequired(challenge)) = entered else { panic!("not let in: {entered:?}") };
    let chosen = auth.choose_password(&challenge, "a quiet morning in May").await;
    let Ok(SignIn::Complete(signed_in)) = chosen else { panic!("not signed in: {chosen:?}") };
    let requested = auth.request_deletion(&signed_in).await;
    let Ok(DeletionRequested::Scheduled { gone_at, .. }) = requested else { panic!("not scheduled: {requested:?}") };
    let before = gone_at - core::time::Duration::from_micros(1);
    assert_eq!(directory.list_owing(before, 10).await.unwrap_or_else(panics), []);
    assert_eq!(directory.list_owing(gone_at, 10).await.unwrap_or_else(panics), core::slice::from_ref(id));
    assert_eq!(auth.purge_deleted(directory, 10).await.unwrap_or_else(panics), 0);
    clock.set(gone_at);
    assert_eq!(auth.purge_deleted(directory, 10).await.unwrap_or_else(panics), 1);
    assert_eq!(directory.list_owing(gone_at, 10).await.unwrap_or_else(panics), []);
    assert!(!directory.list_ids(None, 10).await.unwrap_or_else(panics).contains(id));
}

/// Everybody, in pages of two.
async fn lists_everybody(directory: &dyn UserDirectory, ids: &[UserId]) {
    let (mut listed, mut sorted) = (Vec::<UserId>::new(), ids.to_vec());
    loop {
        let page = directory.list_ids(listed.last(), 2).await.unwrap_or_else(panics);
        assert!(page.len() <= 2, "{page:?}");
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    sorted.sort();
    assert_eq!(listed, sorted);
}
