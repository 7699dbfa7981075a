//! The journal: what is stored is entered, and what is entered was reported.

use std::sync::{Arc, Mutex};

use doorward::error::SignInError;
use doorward::event::EventKind;
use doorward::journal::{Journal, JournalEntry, JournalSink};
use doorward::store::{BackendError, BackendErrorKind, MemoryAttempts, MemoryUsers};
use doorward::testing::{Fault, Faults, ManualClock, RecordingMailer, RecordingObserver};
use doorward::{Auth, AuthBuilder, Operator, SignIn, SignInRequest, SignedIn, UserId};
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
        clock.advance(MINUTE);
        let SignIn::SecondFactorRequired(_) = sign_in(OLD).unwrap() else { panic!() };
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
    // A failed sign-in is entered with the next one, which is what follows it in this life.
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

/// An account with a password, at a host that keeps a journal.
impl Host {
    fn open(&self, address: &str) -> SignedIn {
        block_on(self.operator.provision(email(address))).unwrap();
        let temporary = self.mailer.last_to(&email(address)).unwrap().temporary_password().unwrap();
        let signed_in = block_on(self.auth.sign_in(SignInRequest::new(address, &temporary)));
        let SignIn::PasswordChangeRequired(challenge) = signed_in.unwrap() else { panic!() };
        complete(block_on(self.auth.choose_password(&challenge, OLD)).unwrap())
    }

    /// A failure of a stranger a minute later; returns when.
    fn fails(&self, address: &str) -> time::OffsetDateTime {
        self.clock.advance(MINUTE);
        let failed = block_on(self.auth.sign_in(SignInRequest::new(address, "a wrong password")));
        assert!(matches!(failed, Err(SignInError::InvalidCredentials)), "{failed:?}");
        doorward::Clock::now(&self.clock)
    }

    fn signs_in(&self, address: &str) -> SignedIn {
        self.clock.advance(MINUTE);
        complete(block_on(self.auth.sign_in(SignInRequest::new(address, OLD))).unwrap())
    }

    fn signs_in_from(&self, known: &SignedIn) {
        self.clock.advance(MINUTE);
        let request = SignInRequest::new(ANN, OLD).device(&known.device_token().unwrap().expose());
        let _ = complete(block_on(self.auth.sign_in(request)).unwrap());
    }

    /// When failed sign-ins were, as entered.
    fn failures(&self, user: &UserId) -> Vec<time::OffsetDateTime> {
        let history = self.history(user);
        history.iter().filter(|entry| &*entry.event == "authn_login_fail").map(|entry| entry.at).collect()
    }
}

#[test]
fn failures_are_entered_once_each_with_the_next_sign_in_and_their_own_instants() {
    let host = Host::of(MemoryUsers::new().with_journal(), |builder| builder.index_key([5; 32]));
    let (ann, bob) = (host.open(ANN).user_id().clone(), host.open("bob@acme.example").user_id().clone());
    let failed = [host.fails(ANN), host.fails(ANN)];
    assert!(host.failures(&ann).is_empty(), "nothing is written when it happens");
    let of_bob = host.fails("bob@acme.example");
    let told = || host.observer.events().iter().filter(|event| event.kind.name() == "authn_login_fail").count();
    assert_eq!(told(), 3, "the observer is told at once");
    let _ = host.signs_in(ANN);
    let last: Vec<_> = host.names(&ann).into_iter().rev().take(4).collect();
    assert_eq!(
        last.iter().map(|it| &**it).collect::<Vec<_>>(),
        ["authn_token_created:device", "authn_login_successafterfail", "authn_login_fail", "authn_login_fail"]
    );
    assert_eq!(host.failures(&ann), failed);
    for _ in 0..2 {
        let _ = host.signs_in(ANN);
    }
    assert_eq!((host.failures(&ann), told()), (failed.to_vec(), 3), "once each, and told once");
    assert!(host.failures(&bob).is_empty());
    let _ = host.signs_in("bob@acme.example");
    assert_eq!(host.failures(&bob), [of_bob]);
    for id in [&ann, &bob] {
        assert_eq!(block_on(host.operator.check_journal(&*host.users, id)).unwrap().first_break, None);
    }
}

#[test]
fn from_a_known_device_what_strangers_tried_is_entered_too_and_once() {
    let host = Host::new();
    let known = host.open(ANN);
    let ann = known.user_id();
    let mut failed = vec![host.fails(ANN), host.fails(ANN)];
    // The account's bucket is not charged, so it goes on holding them.
    for _ in 0..3 {
        host.signs_in_from(&known);
        assert_eq!(host.failures(ann), failed);
    }
    // A slip of the owner on that device, in a bucket of its own.
    host.clock.advance(MINUTE);
    let slip = SignInRequest::new(ANN, "a slip").device(&known.device_token().unwrap().expose());
    block_on(host.auth.sign_in(slip)).unwrap_err();
    let slipped = doorward::Clock::now(&host.clock);
    failed.push(host.fails(ANN));
    let _ = host.signs_in(ANN);
    assert_eq!(host.failures(ann), failed, "elsewhere that bucket is not read");
    host.signs_in_from(&known);
    failed.push(slipped);
    assert_eq!(host.failures(ann), failed, "though a later failure was entered before");
}

/// Whoever guesses must not fill the journal.
#[test]
fn one_sign_in_enters_the_latest_twenty_failures() {
    let free = |builder: AuthBuilder| {
        builder.configure(|config| (config.throttle.free, config.throttle.first_step) = (19, MINUTE))
    };
    let host = Host::of(MemoryUsers::new().with_journal(), free);
    let known = host.open(ANN);
    let mut failed: Vec<_> = (0..19).map(|_| host.fails(ANN)).collect();
    for _ in 0..6 {
        host.clock.advance(2 * HOUR);
        failed.push(host.fails(ANN));
    }
    host.signs_in_from(&known);
    assert_eq!(host.failures(known.user_id()), failed[failed.len() - 20..]);
    host.clock.advance(2 * HOUR);
    let _ = host.signs_in(ANN);
    assert_eq!(host.failures(known.user_id()), failed[failed.len() - 20..]);
    let user = block_on(doorward::UserRepository::find_by_id(&host.users, known.user_id())).unwrap().unwrap();
    assert!(user.to_snapshot().len() < 8_000);
}

/// The refund of the success is lost: neither it nor the failures before it count as further failures.
#[test]
fn a_lost_refund_loses_no_failure_and_enters_none_twice() {
    for fault in [Fault::Fails, Fault::LosesAnswer, Fault::DroppedBefore, Fault::DroppedAfter] {
        for call in 1..12 {
            let host = Host::new();
            let known = host.open(ANN);
            let attempts = Arc::new(MemoryAttempts::new());
            let over = |users, attempts| {
                let builder = Auth::builder(site(), users, attempts, host.mailer.clone()).clock(host.clock.clone());
                builder.keyring(keyring()).configure(for_tests).build().unwrap()
            };
            let sound = over(host.users.clone(), attempts.clone() as Arc<dyn doorward::AttemptStore>);
            let faults = Faults::new();
            let faulty = {
                let (users, attempts) = (faults.users(host.users.clone()), faults.attempts(attempts.clone()));
                let builder = Auth::builder(site(), users, attempts, host.mailer.clone()).clock(host.clock.clone());
                builder.keyring(keyring()).configure(for_tests).build().unwrap()
            };
            let wrong = SignInRequest::new(ANN, "a wrong password");
            let mut failed = Vec::new();
            for _ in 0..2 {
                host.clock.advance(MINUTE);
                block_on(sound.sign_in(wrong.clone())).unwrap_err();
                failed.push(doorward::Clock::now(&host.clock));
            }
            host.clock.advance(MINUTE);
            faults.strike(call, fault);
            let before = host.names(known.user_id()).len();
            let _ = faults.drive(faulty.sign_in(SignInRequest::new(ANN, OLD)));
            faults.relent();
            let stored = host.names(known.user_id()).len() > before;
            let struck_at = doorward::Clock::now(&host.clock);
            for _ in 0..2 {
                host.clock.advance(HOUR);
                let _ = complete(block_on(sound.sign_in(SignInRequest::new(ANN, OLD))).unwrap());
            }
            let entered = host.failures(known.user_id());
            // A sign-in that was cut off before it was stored is a failure.
            let cut_off = entered.iter().filter(|at| **at == struck_at).count();
            assert!(cut_off == 0 || (cut_off == 1 && !stored), "{fault:?} at call {call}");
            assert_eq!(entered[..2], failed, "{fault:?} at call {call}");
            assert_eq!(entered.len(), 2 + cut_off, "{fault:?} at call {call}");
        }
    }
}

#[test]
fn a_failure_at_an_address_before_it_was_the_accounts_is_not_entered() {
    let host = Host::new();
    let _ = host.fails(ANN);
    let first = host.open(ANN);
    let _ = host.fails(ANN);
    block_on(host.operator.delete(first.user_id())).unwrap();
    let second = host.open(ANN);
    let _ = host.signs_in(ANN);
    assert_eq!((host.failures(first.user_id()), host.failures(second.user_id())), (vec![], vec![]));
    // An address that is corrected is the account's from then on.
    let _ = host.fails("bob@acme.example");
    let provisioned = block_on(host.operator.provision(email("bop@acme.example"))).unwrap();
    let _ = host.fails("bob@acme.example");
    host.clock.advance(HOUR);
    block_on(host.operator.correct_email(&provisioned.user_id, email("bob@acme.example"))).unwrap();
    let temporary = host.mailer.last_to(&email("bob@acme.example")).unwrap().temporary_password().unwrap();
    let failed = host.fails("bob@acme.example");
    let signed_in = block_on(host.auth.sign_in(SignInRequest::new("bob@acme.example", &temporary))).unwrap();
    let SignIn::PasswordChangeRequired(challenge) = signed_in else { panic!() };
    let _ = block_on(host.auth.choose_password(&challenge, OLD)).unwrap();
    assert!(host.failures(&provisioned.user_id).is_empty(), "with a temporary password nothing is entered yet");
    let _ = host.signs_in("bob@acme.example");
    assert_eq!(host.failures(&provisioned.user_id), [failed]);
}

#[test]
fn clocks_that_are_set_back_or_were_ahead_lose_no_failure() {
    let host = Host::new();
    let ann = host.open(ANN).user_id().clone();
    let start = doorward::Clock::now(&host.clock);
    // For a while the clock is ten days ahead.
    host.clock.set(start + 10 * DAY);
    let ahead = host.fails(ANN);
    let _ = host.signs_in(ANN);
    assert_eq!(host.failures(&ann), [ahead]);
    host.clock.set(start + HOUR);
    let _ = block_on(host.auth.sign_in(SignInRequest::new(ANN, OLD)));
    host.clock.advance(HOUR);
    let _ = host.signs_in(ANN);
    let behind = host.fails(ANN);
    let _ = host.signs_in(ANN);
    assert_eq!(host.failures(&ann), [ahead, behind], "though a later one was entered before");
    assert_eq!(block_on(host.operator.check_journal(&*host.users, &ann)).unwrap().first_break, None);
}

#[test]
fn a_failure_that_is_entered_late_is_purged_in_the_order_of_numbers() {
    let host = Host::of(MemoryUsers::new().with_journal(), |builder| builder.index_key([5; 32]));
    let ann = host.open(ANN).user_id().clone();
    let failed = host.fails(ANN);
    host.clock.advance(MINUTE);
    block_on(host.operator.deactivate(&ann)).unwrap();
    block_on(host.operator.reactivate(&ann)).unwrap();
    let younger = doorward::Clock::now(&host.clock);
    let _ = host.signs_in(ANN);
    let purge = |before| block_on(host.operator.purge_journal(&*host.users, before, 1_000)).unwrap();
    assert!(purge(failed + SECOND) > 0);
    assert_eq!(host.failures(&ann), [failed], "what has an earlier number is younger and stays");
    assert!(host.names(&ann).iter().any(|name| &**name == "user_archived"));
    assert!(purge(younger + SECOND) > 0);
    assert!(host.failures(&ann).is_empty());
    let checked = block_on(host.operator.check_journal(&*host.users, &ann)).unwrap();
    assert_eq!((checked.first_break, checked.unchained), (None, 0));
}
