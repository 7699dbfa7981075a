//! Single-use items work only once, even if several processes claim one at the same time.

use super::samples::{auth, crowd, email, panics};
use super::{Harness, Stores, join_all};
use doorward::account::Provision;
use doorward::error::{ConfirmResetError, ResumeError, SignInError};
use doorward::testing::{ManualClock, RecordingMailer};
use doorward::{Auth, Challenge, Clock, Operator, SignIn, SignInRequest, SignedIn};

const ANN: &str = "ann@x.example";
const OLD: &str = "a quiet morning in May";

/// Four processes over the same stores.
struct Processes {
    auths: Vec<Auth>,
    operator: Operator,
    clock: ManualClock,
    mailer: RecordingMailer,
}

impl Processes {
    async fn start(harness: &dyn Harness, stores: &Stores) -> Self {
        let (clock, mailer) = (ManualClock::new(), RecordingMailer::new());
        let crowd = crowd(harness, stores).await;
        let all = crowd.into_iter().map(|Stores { users, attempts }| auth(users, attempts, &clock, &mailer));
        let (auths, mut operators): (Vec<_>, Vec<_>) = all.unzip();
        Self { auths, operator: operators.remove(0), clock, mailer }
    }

    /// Makes sixteen concurrent calls, spread over the processes, and returns their outcomes.
    async fn all<T>(&self, call: impl AsyncFn(&Auth, usize) -> T) -> Vec<T> {
        let (auths, call) = (&self.auths, &call);
        join_all((0..16).map(async |n| call(&auths[n % auths.len()], n).await)).await
    }

    fn mailed_password(&self) -> String {
        self.mailer.last().and_then(|mail| mail.temporary_password()).unwrap_or_default()
    }

    async fn challenge(&self) -> Challenge {
        let outcome = self.auths[0].try_sign_in(SignInRequest::new(ANN, &self.mailed_password())).await;
        let Ok(SignIn::PasswordChangeRequired(challenge)) = outcome else {
            panic!("no password change was due: {outcome:?}")
        };
        challenge
    }

    async fn provision(&self, harness: &dyn Harness) {
        let ann = Provision::new(email(ANN)).id(harness.fresh_id(1));
        self.operator.provision(ann).await.unwrap_or_else(panics);
    }

    async fn open(&self, harness: &dyn Harness) -> SignedIn {
        self.provision(harness).await;
        let chosen = self.auths[0].choose_password(&self.challenge().await, OLD).await;
        let Ok(SignIn::Complete(signed_in)) = chosen else { panic!("not chosen: {chosen:?}") };
        signed_in
    }
}

fn count<T>(outcomes: &[T], is: impl Fn(&&T) -> bool) -> usize {
    outcomes.iter().filter(is).count()
}

/// Of many choices with one challenge, or with several challenges of one temporary password, one is stored.
pub async fn of_parallel_choices_one_wins(harness: &dyn Harness) {
    let stores = harness.open().await;
    let processes = Processes::start(harness, &stores).await;
    processes.provision(harness).await;
    let (one, other) = (processes.challenge().await, processes.challenge().await);
    let chosen = processes
        .all(async |auth, n| {
            auth.choose_password(if n % 3 == 0 { &one } else { &other }, &format!("the password of task {n}")).await
        })
        .await;
    let winners: Vec<usize> = (0..16).filter(|n| chosen[*n].is_ok()).collect();
    assert_eq!(winners.len(), 1, "{chosen:?}");
    let mailed = processes.mailed_password();
    let failed = processes.auths[1].try_sign_in(SignInRequest::new(ANN, &mailed)).await;
    assert!(matches!(failed, Err(SignInError::InvalidCredentials)), "the temporary password is used");
    processes.clock.advance(core::time::Duration::from_secs(60));
    let password = format!("the password of task {}", winners[0]);
    let signed_in = processes.auths[2].try_sign_in(SignInRequest::new(ANN, &password)).await;
    assert!(matches!(signed_in, Ok(SignIn::Complete(_))), "{signed_in:?}");
}

/// Of many concurrent changes in one session, one is stored.
pub async fn of_parallel_changes_one_wins(harness: &dyn Harness) {
    let stores = harness.open().await;
    let processes = Processes::start(harness, &stores).await;
    let ann = processes.open(harness).await;
    let changed = processes
        .all(async |auth, n| auth.change_password(&ann, OLD, &format!("the password of task {n}")).await.is_ok())
        .await;
    assert_eq!(count(&changed, |changed| **changed), 1, "{changed:?}");
    assert!(processes.auths[3].resume(&ann.token().expose()).await.is_err(), "the previous session has ended");
}

/// A session that ends while other processes write down its use, or open another one, has ended in all of them.
pub async fn of_parallel_uses_and_ends_of_a_session_the_end_wins(harness: &dyn Harness) {
    let stores = harness.open().await;
    let processes = Processes::start(harness, &stores).await;
    let _ = processes.open(harness).await;
    let (began, mut copies) = (processes.clock.now(), Vec::new());
    for round in 0..4 {
        processes.clock.advance(core::time::Duration::from_secs(2));
        let entered = processes.auths[0].try_sign_in(SignInRequest::new(ANN, OLD)).await;
        let Ok(SignIn::Complete(ann)) = entered else { panic!("not signed in: {entered:?}") };
        let (copy, now) = (ann.token().expose(), processes.clock.now());
        // Its use is to be written down.
        processes.clock.advance(core::time::Duration::from_secs(301));
        processes
            .all(async |auth, n| match n {
                7 if round % 2 == 0 => auth.sign_out(&ann).await.unwrap_or_else(panics),
                7 => processes.operator.sign_out_everywhere(ann.user_id()).await.unwrap_or_else(panics),
                // One that began before everybody was signed out fails.
                11 => match auth.try_sign_in(SignInRequest::new(ANN, OLD)).await {
                    Ok(SignIn::Complete(_)) | Err(SignInError::InvalidCredentials) => {}
                    other => panic!("{other:?}"),
                },
                // Before the end it is alive, and after it no longer.
                _ => match auth.resume(&copy).await {
                    Ok(_) | Err(ResumeError::SessionEnded) => {}
                    Err(error) => panics(error),
                },
            })
            .await;
        for at in [processes.clock.now(), now] {
            processes.clock.set(at);
            for auth in &processes.auths {
                let revived = auth.resume(&copy).await;
                assert!(matches!(revived, Err(ResumeError::SessionEnded)), "{revived:?}");
            }
        }
        processes.clock.set(now + core::time::Duration::from_secs(400));
        copies.push(copy);
    }
    let stores = harness.reopen(stores).await;
    let (restarted, _) = auth(stores.users, stores.attempts, &processes.clock, &processes.mailer);
    for at in [processes.clock.now(), began] {
        processes.clock.set(at);
        for copy in &copies {
            let revived = restarted.resume(copy).await;
            assert!(matches!(revived, Err(ResumeError::SessionEnded)), "{revived:?}");
        }
    }
}

/// Of many concurrent reset requests, one sends a mail; of many confirmations of its link, one does.
pub async fn of_parallel_resets_one_mails(harness: &dyn Harness) {
    let stores = harness.open().await;
    let processes = Processes::start(harness, &stores).await;
    let _ = processes.open(harness).await;
    let before = processes.mailer.count();
    let answers = processes.all(async |auth, _| auth.request_reset(&email(ANN)).await.unwrap_or_else(panics)).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(processes.mailer.count(), before + 1);
    let token = processes.mailer.last().and_then(|mail| mail.token()).unwrap_or_default();
    let confirmed = processes.all(async |auth, _| auth.confirm_reset(&token).await).await;
    assert_eq!(count(&confirmed, |outcome| outcome.is_ok()), 1, "{confirmed:?}");
    let early = |outcome: &&Result<_, _>| matches!(outcome, Err(ConfirmResetError::AlreadyConfirmed { .. }));
    assert_eq!(count(&confirmed, early), 15, "{confirmed:?}");
    assert_eq!(processes.mailer.count(), before + 2);
    processes.challenge().await;
}

/// Of many concurrent attempts, one is evaluated per wait, and the rest are throttled.
pub async fn of_parallel_tries_one_is_evaluated_per_slot(harness: &dyn Harness) {
    let stores = harness.open().await;
    let processes = Processes::start(harness, &stores).await;
    let _ = processes.open(harness).await;
    processes.clock.advance(core::time::Duration::from_secs(60));
    for slot in 1..=3 {
        let guess =
            async |auth: &Auth, n: usize| auth.try_sign_in(SignInRequest::new(ANN, &format!("guess {n}"))).await;
        let outcomes = processes.all(guess).await;
        let evaluated = |outcome: &&Result<_, _>| matches!(outcome, Err(SignInError::InvalidCredentials));
        assert_eq!(count(&outcomes, evaluated), 1, "{outcomes:?}");
        let waiting = |outcome: &&Result<_, _>| matches!(outcome, Err(SignInError::Throttled { .. }));
        assert_eq!(count(&outcomes, waiting), 15, "{outcomes:?}");
        processes.clock.advance(doorward::config::Backoff::default().delay_after(slot));
    }
}

/// If many present the same authenticator code, and then the same recovery code, one passes.
pub async fn of_parallel_codes_one_passes(harness: &dyn Harness) {
    let stores = harness.open().await;
    let processes = Processes::start(harness, &stores).await;
    let ann = processes.open(harness).await;
    let enrollment = processes.auths[0].begin_enrollment(&ann).await.unwrap_or_else(panics);
    let authenticator = totp_rs::Totp::from_url(enrollment.uri()).unwrap_or_else(panics);
    let code = || {
        processes.clock.advance(core::time::Duration::from_secs(30));
        let now = processes.clock.now().unix_timestamp().unsigned_abs();
        authenticator.generate(now).to_string()
    };
    let (_, codes) = processes.auths[0].confirm_enrollment(&ann, &code()).await.unwrap_or_else(panics);
    let recovery_code = codes.expose().next().unwrap_or_default().to_owned();
    for code in [code(), recovery_code] {
        let mut challenges = Vec::new();
        for auth in &processes.auths {
            processes.clock.advance(core::time::Duration::from_secs(2));
            let outcome = auth.try_sign_in(SignInRequest::new(ANN, OLD)).await;
            let Ok(SignIn::SecondFactorRequired(challenge)) = outcome else {
                panic!("no code was required: {outcome:?}")
            };
            challenges.push(challenge);
        }
        let passed = processes
            .all(async |auth, n| auth.verify_second_factor(&challenges[n % challenges.len()], &code).await.is_ok())
            .await;
        assert_eq!(count(&passed, |passed| **passed), 1, "{passed:?}");
        // The waits counted against the losers are over by then.
        processes.clock.advance(core::time::Duration::from_secs(3_600));
    }
}
