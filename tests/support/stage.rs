//! A host over any stores, on a manual clock.
#![allow(dead_code)] // each test binary uses only a part of it

use std::sync::Arc;

use doorward::error::SignInError;
use doorward::hashing::HashParams;
use doorward::testing::conformance::Stores;
use doorward::testing::{ManualClock, RecordingMailer, RecordingObserver};
use doorward::{AttemptStore, Auth, Challenge, Operator, SignIn, SignInRequest, SignedIn, UserRepository};

use super::{complete, email, site};

pub struct Stage {
    pub auth: Auth,
    pub operator: Operator,
    pub clock: ManualClock,
    pub mailer: RecordingMailer,
    pub observer: RecordingObserver,
    pub stores: Stores,
}

impl Stage {
    pub fn new(store: impl UserRepository + AttemptStore + Clone) -> Self {
        Self::of(Stores { users: Arc::new(store.clone()), attempts: Arc::new(store) })
    }

    pub fn of(stores: Stores) -> Self {
        Self::over(stores, &ManualClock::new(), &RecordingMailer::new())
    }

    /// As after a restart of the process: another store, at the same time.
    pub fn restarted(&self, store: impl UserRepository + AttemptStore + Clone) -> Self {
        let stores = Stores { users: Arc::new(store.clone()), attempts: Arc::new(store) };
        Self::over(stores, &self.clock, &self.mailer)
    }

    fn over(stores: Stores, clock: &ManualClock, mailer: &RecordingMailer) -> Self {
        let observer = RecordingObserver::new();
        let (auth, operator) = Auth::builder(site(), stores.users.clone(), stores.attempts.clone(), mailer.clone())
            .clock(clock.clone())
            .observer(observer.clone())
            .configure(|config| {
                config.hashing.params = HashParams::danger_cheap_for_tests();
                config.hashing.threads = std::num::NonZeroUsize::new(1);
            })
            .build_with_operator()
            .unwrap();
        Self { auth, operator, clock: clock.clone(), mailer: mailer.clone(), observer, stores }
    }

    /// Provisions an account and chooses its password.
    pub async fn open(&self, address: &str, password: &str) -> SignedIn {
        self.operator.provision(email(address)).await.unwrap();
        let challenge = self.challenge(address).await;
        complete(self.auth.choose_password(&challenge, password).await.unwrap())
    }

    /// Signs in with the last mailed temporary password.
    pub async fn challenge(&self, address: &str) -> Challenge {
        let mailed = self.mailer.last_to(&email(address)).and_then(|mail| mail.temporary_password());
        match self.sign_in(address, &mailed.expect("a temporary password was mailed")).await {
            Ok(SignIn::PasswordChangeRequired(challenge)) => challenge,
            other => panic!("no password change was required: {other:?}"),
        }
    }

    /// Signs in, waiting as long as required.
    pub async fn sign_in(&self, address: &str, password: &str) -> Result<SignIn, SignInError> {
        loop {
            match self.auth.try_sign_in(SignInRequest::new(address, password)).await {
                Err(SignInError::Throttled { retry_after }) => self.clock.advance(retry_after),
                outcome => return outcome,
            }
        }
    }

    pub async fn signs_in(&self, address: &str, password: &str) -> SignedIn {
        complete(self.sign_in(address, password).await.unwrap())
    }

    /// Requests a reset, confirms it and chooses a password.
    pub async fn resets(&self, address: &str, password: &str) {
        self.clock.advance(super::HOUR);
        self.auth.request_reset(&email(address)).await.unwrap();
        let token = self.mailer.last_to(&email(address)).and_then(|mail| mail.token()).expect("a link was mailed");
        let _ = self.auth.confirm_reset(&token).await.unwrap();
        let challenge = self.challenge(address).await;
        let _ = self.auth.choose_password(&challenge, password).await.unwrap();
    }
}
