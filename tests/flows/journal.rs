//! The journal: what is stored is entered, and what is entered was reported.

use std::sync::{Arc, Mutex};

use doorward::event::EventKind;
use doorward::journal::{Journal, JournalEntry, JournalSink};
use doorward::store::{BackendError, BackendErrorKind, MemoryAttempts, MemoryUsers};
use doorward::testing::{ManualClock, RecordingMailer, RecordingObserver};
use doorward::{Auth, AuthBuilder, Operator, SignIn, SignInRequest, UserId};
use pollster::block_on;

use crate::support::*;

struct Host {
    auth: Auth,
    operator: Operator,
    users: Arc<MemoryUsers>,
    clock: ManualClock,
    mailer: RecordingMailer,
    observer: RecordingObserver,
}

impl Host {
    fn of(users: MemoryUsers, change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> Self {
        let (users, clock) = (Arc::new(users), ManualClock::new());
        let (mailer, observer) = (RecordingMailer::new(), RecordingObserver::new());
        let builder = Auth::builder(site(), users.clone(), MemoryAttempts::new(), mailer.clone())
            .clock(clock.clone())
            .observer(observer.clone())
            .keyring(keyring())
            .configure(for_tests);
        let (auth, operator) = change(builder).build_with_operator().unwrap();
        Self { auth, operator, users, clock, mailer, observer }
    }

    fn new() -> Self {
        Self::of(MemoryUsers::new().with_journal(), |builder| builder)
    }

    fn history(&self, user: &UserId) -> Vec<JournalEntry> {
        block_on(self.users.history(user, 0, 1_000)).unwrap()
    }

    fn names(&self, user: &UserId) -> Vec<Box<str>> {
        self.history(user).into_iter().map(|entry| entry.event).collect()
    }

    /// Everything that can happen to an account, more or less.
    fn life(&self) -> UserId {
        let Self { auth, operator, clock, mailer, .. } = self;
        let ann = block_on(operator.provision(email(ANN))).unwrap().user_id;
        let temporary = mailer.last_to(&email(ANN)).unwrap().temporary_password().unwrap();
        let sign_in = |password: &str| block_on(auth.sign_in(SignInRequest::new(ANN, password)));
        let SignIn::PasswordChangeRequired(challenge) = sign_in(&temporary).unwrap() else { panic!() };
        let SignIn::Complete(who) = block_on(auth.choose_password(&challenge, OLD)).unwrap() else { panic!() };
        let who = block_on(auth.reauthenticate(&who, OLD)).unwrap();
        let app = App::new(&block_on(auth.begin_enrollment(&who)).unwrap());
        let code = || app.at(u64::try_from(doorward::Clock::now(clock).unix_timestamp()).unwrap());
        let typed = code();
        let (who, _) = block_on(auth.confirm_enrollment(&who, &typed)).unwrap();
        clock.advance(MINUTE);
        let SignIn::SecondFactorRequired(challenge) = sign_in(OLD).unwrap() else { panic!() };
        block_on(auth.verify_second_factor(&challenge, "000000")).unwrap_err();
        clock.advance(MINUTE);
        let typed = code();
        let SignIn::Complete(other) = block_on(auth.verify_second_factor(&challenge, &typed)).unwrap() else {
            panic!()
        };
        sign_in("a wrong password").unwrap_err();
        block_on(auth.reauthenticate(&who, "a wrong password")).unwrap_err();
        block_on(auth.revoke_session(&other, who.session().id)).unwrap();
        clock.advance(10 * MINUTE);
        let typed = code();
        let other = block_on(auth.reauthenticate_with_code(&other, &typed)).unwrap();
        let (other, _) = block_on(auth.regenerate_recovery_codes(&other)).unwrap();
        let other = block_on(auth.disable_second_factor(&other)).unwrap();
        let other = block_on(auth.change_password(&other, OLD, NEW)).unwrap();
        block_on(auth.sign_out(&other)).unwrap();
        block_on(auth.request_reset(&email(ANN))).unwrap();
        let token = mailer.last_to(&email(ANN)).unwrap().token().unwrap();
        let _ = block_on(auth.confirm_reset(&token)).unwrap();
        let boss = operator.on_behalf_of(&UserId::parse("boss").unwrap());
        block_on(boss.require_password_change(&ann)).unwrap();
        block_on(boss.sign_out_everywhere(&ann)).unwrap();
        block_on(boss.mark_compromised(&ann)).unwrap();
        block_on(boss.deactivate(&ann)).unwrap();
        block_on(boss.reactivate(&ann)).unwrap();
        block_on(boss.delete(&ann)).unwrap();
        ann
    }
}

/// What is told to the observer and stores nothing.
const ONLY_REPORTED: [&str; 3] = ["authn_reset_requested", "session_use_after_expire", "excess_rate_limit_exceeded"];

#[test]
fn the_journal_of_a_life_is_what_the_observer_was_told() {
    let host = Host::new();
    let ann = host.life();
    let told = host.observer.events();
    let about_ann = told.iter().filter(|event| event.user_id.as_ref() == Some(&ann));
    let told: Vec<_> = about_ann.map(|event| event.kind.name()).filter(|name| !ONLY_REPORTED.contains(name)).collect();
    let entered = host.names(&ann);
    assert_eq!(entered.iter().map(|name| &**name).collect::<Vec<_>>(), told);
    assert!(entered.len() > 25 && entered.iter().all(|name| name.len() <= 64), "{entered:?}");
    let history = host.history(&ann);
    assert_eq!(
        history.iter().map(|entry| entry.seq).collect::<Vec<_>>(),
        (1..=history.len() as u64).collect::<Vec<_>>()
    );
    assert_eq!(history.iter().filter(|entry| entry.operator.is_some()).count(), 6);
    let by_boss = host.observer.events().iter().filter(|event| event.operator.is_some()).count();
    assert_eq!(by_boss, 6, "the observer is told who it was");
    let checked = block_on(host.operator.check_journal(&*host.users, &ann)).unwrap();
    assert_eq!((checked.first_break, checked.unchained), (None, history.len() as u64), "without an index key");
}

#[test]
fn with_an_index_key_the_journal_of_a_life_is_a_chain() {
    let host = Host::of(MemoryUsers::new().with_journal(), |builder| builder.index_key([5; 32]));
    let ann = host.life();
    let checked = block_on(host.operator.check_journal(&*host.users, &ann)).unwrap();
    assert_eq!((checked.first_break, checked.unchained), (None, 0));
    assert!(checked.entries > 25);
    let other_key = Host::of(MemoryUsers::new(), |builder| builder.index_key([6; 32]));
    let checked = block_on(other_key.operator.check_journal(&*host.users, &ann)).unwrap();
    assert_eq!(checked.first_break, Some(doorward::journal::JournalBreak::Altered(1)));
    assert_eq!(
        block_on(host.operator.check_journal(&*host.users, &UserId::parse("nobody").unwrap())).unwrap().entries,
        0
    );
}

#[test]
fn without_a_journal_nothing_of_it_is_stored() {
    let host = Host::of(MemoryUsers::new(), |builder| builder);
    let ann = block_on(host.operator.provision(email(ANN))).unwrap().user_id;
    block_on(host.auth.sign_in(SignInRequest::new(ANN, "wrong"))).unwrap_err();
    let user = block_on(doorward::UserRepository::find_by_id(&host.users, &ann)).unwrap().unwrap();
    assert!(user.journal_entries().is_empty() && !user.to_snapshot().contains("journal"));
    assert!(host.history(&ann).is_empty());
}

/// A sink that fails on demand.
#[derive(Clone, Debug, Default)]
struct Log {
    entries: Arc<Mutex<Vec<JournalEntry>>>,
    fails: Arc<Mutex<bool>>,
}

#[doorward::async_trait]
impl JournalSink for Log {
    async fn append(&self, entries: &[JournalEntry]) -> Result<(), BackendError> {
        if *self.fails.lock().unwrap() {
            return Err(BackendError::new(BackendErrorKind::Unavailable));
        }
        self.entries.lock().unwrap().extend_from_slice(entries);
        Ok(())
    }
}

#[test]
fn a_sink_receives_what_a_store_would_keep_and_its_failure_stops_nobody() {
    let log = Log::default();
    let kept = Host::new();
    let sent = Host::of(MemoryUsers::new(), |builder| builder.journal_sink(log.clone()));
    let names = |entries: &[JournalEntry]| entries.iter().map(|entry| entry.event.clone()).collect::<Vec<_>>();
    let ann = kept.life();
    sent.life();
    assert_eq!(names(&log.entries.lock().unwrap()), kept.names(&ann));

    *log.fails.lock().unwrap() = true;
    let before = log.entries.lock().unwrap().len();
    let bob = block_on(sent.operator.provision(email("bob@acme.example"))).unwrap().user_id;
    assert_eq!(log.entries.lock().unwrap().len(), before);
    let failed = |kind: &EventKind| matches!(kind, EventKind::StoreFailed { call: "append", .. });
    assert!(sent.observer.events().iter().any(|event| failed(&event.kind) && event.user_id.as_ref() == Some(&bob)));
    *log.fails.lock().unwrap() = false;
    block_on(sent.operator.deactivate(&bob)).unwrap();
    assert_eq!(log.entries.lock().unwrap().last().unwrap().seq, 2, "the gap shows what is lost");
}

#[test]
fn a_store_and_a_sink_get_the_same() {
    let log = Log::default();
    let host = Host::of(MemoryUsers::new().with_journal(), |builder| builder.journal_sink(log.clone()));
    let ann = host.life();
    assert_eq!(*log.entries.lock().unwrap(), host.history(&ann));
}

/// A failure of a known account is one entry, whoever causes it, and only so many in an hour.
#[test]
fn guessing_enters_at_most_twenty_failures_an_hour() {
    let host = Host::of(MemoryUsers::new().with_journal(), |builder| {
        builder.configure(|config| {
            (config.throttle.free, config.throttle.first_step) = (19, MINUTE);
        })
    });
    let ann = block_on(host.operator.provision(email(ANN))).unwrap().user_id;
    let failures = || host.names(&ann).iter().filter(|name| &***name == "authn_login_fail").count();
    let mut evaluated = 0;
    for _ in 0..60 {
        host.clock.advance(MINUTE - SECOND);
        let before = host.observer.events().len();
        block_on(host.auth.sign_in(SignInRequest::new(ANN, "wrong"))).unwrap_err();
        let told = host.observer.events();
        evaluated +=
            usize::from(told[before..].iter().any(|event| matches!(event.kind, EventKind::SignInFailed { .. })));
    }
    assert!(failures() == 20 && evaluated > 20, "{} of {evaluated}", failures());
    host.clock.advance(DAY);
    let before = failures();
    block_on(host.auth.sign_in(SignInRequest::new(ANN, "wrong"))).unwrap_err();
    assert_eq!(failures(), before + 1, "a new hour");
}
