use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use time::OffsetDateTime;

use super::samples::{auth, by_email, email, panics};
use super::{Harness, Stores};
use doorward::account::{Provision, UserStatus};
use doorward::error::SignInError;
use doorward::store::{AttemptKey, Attempts, BackendError, Insert, Replace, Swap, User, UserHead, Version};
use doorward::testing::{ManualClock, RecordingMailer};
use doorward::{AttemptStore, Clock, Email, SignIn, SignInRequest, UserId, UserRepository};

/// Provisioning, sign-in, forced change, throttling, sessions, reset and deactivation over the stores.
pub async fn the_whole_story_runs(harness: &dyn Harness) {
    let stores = harness.open().await;
    tell(harness, stores).await;
}

/// The same, but every other write loses to a concurrent one, as after a serialization failure.
pub async fn the_whole_story_runs_though_writes_give_way(harness: &dyn Harness) {
    let stores = harness.open().await;
    let giving_way = Arc::new(GivingWay { stores: stores.clone(), writes: AtomicU64::new(0) });
    tell(harness, Stores { users: giving_way.clone(), attempts: giving_way.clone() }).await;
    assert!(giving_way.writes.load(Ordering::SeqCst) > 20, "the story writes");
}

async fn tell(harness: &dyn Harness, stores: Stores) {
    let (clock, mailer) = (ManualClock::new(), RecordingMailer::new());
    let (auth, operator) = auth(stores.users.clone(), stores.attempts.clone(), &clock, &mailer);
    let ann = Provision::new(email("Ann@x.example")).id(harness.fresh_id(1));
    let ann = operator.provision(ann).await.unwrap_or_else(panics).user_id;
    let sign_in = async |password: &str| {
        clock.advance(core::time::Duration::from_secs(2));
        auth.try_sign_in(SignInRequest::new("ann@x.example", password)).await
    };
    let mailed = || mailer.last().and_then(|mail| mail.temporary_password()).unwrap_or_default();
    for password in ["a quiet morning in May", "rain on the roof at night"] {
        let Ok(SignIn::PasswordChangeRequired(challenge)) = sign_in(&mailed()).await else {
            panic!("no password change was due")
        };
        let chosen = auth.choose_password(&challenge, password).await;
        assert!(matches!(chosen, Ok(SignIn::Complete(_))), "{chosen:?}");
        assert!(sign_in("wrong").await.is_err());
        let Ok(SignIn::Complete(signed_in)) = sign_in(password).await else { panic!("the right password failed") };
        let resumed = auth.resume(&signed_in.token().expose()).await.unwrap_or_else(panics);
        let others = auth.sessions(&resumed).await.unwrap_or_else(panics);
        let other = others.iter().find(|session| !session.is_current).unwrap_or_else(|| panic!("one is listed"));
        auth.revoke_session(&resumed, other.id).await.unwrap_or_else(panics);
        assert_eq!(operator.sessions(&ann).await.unwrap_or_else(panics).len(), 1, "only the current one is left");
        let renewed = auth.sign_out_others(&resumed).await.unwrap_or_else(panics);
        assert!(auth.resume(&signed_in.token().expose()).await.is_err(), "the token has changed");
        auth.sign_out(&renewed).await.unwrap_or_else(panics);
        assert!(auth.resume(&renewed.token().expose()).await.is_err() && auth.sessions(&renewed).await.is_err());
        assert!(operator.sessions(&ann).await.unwrap_or_else(panics).is_empty());
        clock.advance(core::time::Duration::from_secs(3_600));
        auth.request_reset(&email("ann@x.example")).await.unwrap_or_else(panics);
        let token = mailer.last().and_then(|mail| mail.token()).unwrap_or_default();
        let _ = auth.confirm_reset(&token).await.unwrap_or_else(panics);
    }
    operator.deactivate(&ann).await.unwrap_or_else(panics);
    assert!(sign_in("rain on the roof at night").await.is_err() && sign_in(&mailed()).await.is_err());
    operator.delete(&ann).await.unwrap_or_else(panics);
    assert!(stores.users.find_by_id(&ann).await.unwrap_or_else(panics).is_none());
}

/// With the clock set back, nothing used or expired works again, no wait grows, and no entry is lost.
pub async fn a_clock_set_back_revives_nothing(harness: &dyn Harness) {
    let stores = harness.open().await;
    let (clock, mailer) = (ManualClock::new(), RecordingMailer::new());
    let (auth, operator) = auth(stores.users.clone(), stores.attempts.clone(), &clock, &mailer);
    operator.provision(Provision::new(email("ann@x.example")).id(harness.fresh_id(1))).await.unwrap_or_else(panics);
    let mailed = mailer.last().and_then(|mail| mail.temporary_password()).unwrap_or_default();
    let sign_in = async |password: &str| auth.try_sign_in(SignInRequest::new("ann@x.example", password)).await;
    let Ok(SignIn::PasswordChangeRequired(challenge)) = sign_in(&mailed).await else {
        panic!("no password change was due")
    };
    let _ = auth.choose_password(&challenge, "a quiet morning in May").await.unwrap_or_else(panics);
    auth.request_reset(&email("ann@x.example")).await.unwrap_or_else(panics);
    let token = mailer.last().and_then(|mail| mail.token()).unwrap_or_default();

    clock.set_back(core::time::Duration::from_secs(7_200));
    assert!(auth.confirm_reset(&token).await.is_err(), "a link from the future");
    assert!(auth.choose_password(&challenge, "rain on the roof").await.is_err(), "a used challenge");
    assert!(matches!(sign_in(&mailed).await, Err(SignInError::InvalidCredentials)), "a used temporary password");
    for failures in 1..8 {
        let Err(SignInError::Throttled { retry_after }) = sign_in("wrong").await else { panic!("no wait") };
        assert!(retry_after <= doorward::config::Backoff::default().delay_after(failures), "{retry_after:?}");
        clock.set_back(core::time::Duration::from_secs(500));
        let Err(SignInError::Throttled { retry_after }) = sign_in("wrong").await else { panic!("no wait") };
        assert!(retry_after <= doorward::config::Backoff::default().delay_after(failures), "{retry_after:?}");
        clock.advance(retry_after);
        assert!(matches!(sign_in("wrong").await, Err(SignInError::InvalidCredentials)));
    }
    assert_eq!(stores.attempts.purge(clock.now(), 100).await.unwrap_or_else(panics), 0, "nothing has expired yet");
    let stores = harness.reopen(stores).await;
    assert_eq!(by_email(&stores, "ann@x.example").await.status(), UserStatus::Active);
}

/// Stores in which every other write returns `Stale`, without effect.
#[derive(Debug)]
struct GivingWay {
    stores: Stores,
    writes: AtomicU64,
}

impl GivingWay {
    fn gives_way(&self) -> bool {
        self.writes.fetch_add(1, Ordering::SeqCst).is_multiple_of(2)
    }
}

#[async_trait]
impl UserRepository for GivingWay {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.stores.users.insert(user).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        self.stores.users.find_by_id(id).await
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        self.stores.users.find_by_email(email).await
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        if self.gives_way() { Ok(Replace::Stale) } else { self.stores.users.replace(user, expected).await }
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        if self.gives_way() { Ok(Swap::Stale) } else { self.stores.users.delete(user).await }
    }

    fn keeps_journal(&self) -> bool {
        self.stores.users.keeps_journal()
    }
}

#[async_trait]
impl AttemptStore for GivingWay {
    async fn load(&self, key: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        self.stores.attempts.load(key).await
    }

    async fn swap(&self, key: &AttemptKey, expected: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        if self.gives_way() { Ok(Swap::Stale) } else { self.stores.attempts.swap(key, expected, next).await }
    }

    async fn purge(&self, now: OffsetDateTime, at_most: u32) -> Result<u64, BackendError> {
        self.stores.attempts.purge(now, at_most).await
    }
}
