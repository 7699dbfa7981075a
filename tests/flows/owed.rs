//! Mails that are owed: recorded with the change, sent again if they did not leave, and never more than due.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use doorward::error::{ProvisionError, VerifySecondFactorError};
use doorward::event::EventKind;
use doorward::mail::{Mail, OwedReport, Receipt};
use doorward::second_factor::StepUp;
use doorward::store::{BackendError, BackendErrorKind, Insert, MemoryUsers, Replace, Swap, User, UserHead, Version};
use doorward::testing::{Fault, Faults, RecordingMailer};
use doorward::{Auth, AuthBuilder, Email, Mailer, UserId, UserRepository};
use pollster::block_on;
use tokio::runtime::{Builder, Runtime};

use crate::support::*;

/// What the mailer does with the next mails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mood {
    Sends,
    Fails,
    /// Says that it cannot take the mail, as with a queue that is full.
    IsFull,
    /// Says that nobody can ever take it.
    Refuses,
    Panics,
    /// Takes the receipt, and says later what became of the mail.
    Queues,
    /// Takes its time.
    Dawdles,
    /// The provider has the mail at once, and its answer comes once the mood has changed.
    Lingers,
}

#[derive(Clone, Debug)]
struct Post {
    record: RecordingMailer,
    mood: Arc<Mutex<Mood>>,
    queue: Arc<Mutex<Vec<Receipt>>>,
}

#[doorward::async_trait]
impl Mailer for Post {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Sends => {}
            Mood::Dawdles => tokio::time::sleep(Duration::from_millis(300)).await,
            Mood::Fails => return Err(BackendError::new(BackendErrorKind::Unavailable)),
            Mood::IsFull => return Err(BackendError::new(BackendErrorKind::Refused).with_code("queue-full")),
            Mood::Refuses => {
                mail.receipt().expect("somebody waits for it").refused();
                return Err(BackendError::new(BackendErrorKind::Refused).with_code("550"));
            }
            Mood::Panics => panic!("the mailer is broken"),
            Mood::Lingers => {
                self.record.send(to, mail).await?;
                while *self.mood.lock().unwrap() == Mood::Lingers {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                return Ok(());
            }
            Mood::Queues => self.queue.lock().unwrap().push(mail.receipt().expect("somebody waits for it")),
        }
        self.record.send(to, mail).await
    }
}

/// A host whose mails are owed.
pub struct Owing {
    pub world: World,
    post: Post,
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}

/// Background work is done by a runtime, so that it may wait for receipts.
fn on_tokio(builder: AuthBuilder) -> AuthBuilder {
    builder.background(|work| drop(runtime().spawn(work)))
}

/// Waits for background work.
fn until(done: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it never comes to that");
}

/// Background work is done before the response, on the same thread.
fn at_once(builder: AuthBuilder) -> AuthBuilder {
    builder.background(block_on)
}

impl Owing {
    pub fn new() -> Self {
        Self::with(at_once)
    }

    pub fn on_tokio() -> Self {
        Self::with(on_tokio)
    }

    /// The process ends with its mailer's queue.
    pub fn drop_queue(&self) {
        self.post.queue.lock().unwrap().clear();
    }

    fn with(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> Self {
        let base = World::new();
        let post = Post { record: base.mailer.clone(), mood: Arc::new(Mutex::new(Mood::Sends)), queue: Arc::default() };
        let mut owing = Self { world: base, post };
        (owing.world.auth, owing.world.operator) = owing.process(change);
        owing
    }

    /// Another process over the same stores, with the same mailer.
    fn process(&self, change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> (Auth, doorward::Operator) {
        let World { users, attempts, clock, observer, .. } = &self.world;
        let builder = Auth::builder(site(), users.clone(), attempts.clone(), self.post.clone())
            .clock(clock.clone())
            .observer(observer.clone())
            .keyring(keyring())
            .owed_mails(Arc::clone(users))
            .configure(for_tests);
        change(builder).build_with_operator().unwrap()
    }

    pub fn is(&self, mood: Mood) {
        *self.post.mood.lock().unwrap() = mood;
    }

    pub fn owed(&self) -> usize {
        self.world.user(ANN).overview().owed_mails
    }

    pub fn deliver(&self) -> OwedReport {
        block_on(self.world.auth.deliver_owed()).unwrap()
    }

    /// Waits until the first owed mail is due, and delivers.
    pub fn deliver_when_due(&self) -> OwedReport {
        self.wait_until_due();
        self.deliver()
    }

    fn wait_until_due(&self) {
        let due = self.world.user(ANN).overview().mail_due_at.expect("a mail is owed");
        let wait = (due - self.world.now()).try_into().unwrap_or(Duration::ZERO);
        assert_eq!(self.deliver(), report(0, 0, 0), "before it is due");
        self.world.clock.advance(wait);
    }

    /// The token of the last link that was mailed.
    fn link(&self) -> Option<String> {
        self.world.mails("confirm_reset").last()?.token()
    }

    pub fn given_up(&self) -> Vec<&'static str> {
        let name = |kind| match kind {
            EventKind::MailGivenUp { mail } => Some(mail),
            _ => None,
        };
        self.world.observer.kinds().into_iter().filter_map(name).collect()
    }
}

pub fn report(sent: u64, failed: u64, given_up: u64) -> OwedReport {
    let mut report = OwedReport::default();
    (report.sent, report.failed, report.given_up) = (sent, failed, given_up);
    report
}

#[test]
fn what_leaves_at_once_is_not_owed_any_more() {
    let owing = Owing::new();
    let ann = owing.world.open(ANN, OLD);
    assert_eq!(owing.owed(), 0);
    let _ = block_on(owing.world.auth.change_password(&ann, OLD, NEW)).unwrap();
    owing.world.confirm(ANN);
    assert_eq!((owing.owed(), owing.world.mailer.count()), (0, 5));
    owing.world.clock.advance(10 * DAY);
    assert_eq!(owing.deliver(), report(0, 0, 0));
    assert!(!owing.world.user(ANN).to_snapshot().contains("owed"));
}

#[test]
fn without_a_directory_nothing_is_owed() {
    let world = World::new();
    world.provision(ANN);
    let (_, operator) = world.over_a_dead_relay();
    let id = world.user(ANN).id().clone();
    assert!(block_on(operator.resend_welcome(&id)).is_err());
    assert_eq!(world.user(ANN).overview().owed_mails, 0);
    world.clock.advance(DAY);
    assert_eq!(block_on(world.auth.deliver_owed()).unwrap(), report(0, 0, 0));
}

#[test]
fn a_directory_needs_a_background() {
    let users = Arc::new(MemoryUsers::new());
    let builder = Auth::builder(site(), users.clone(), doorward::store::MemoryAttempts::new(), RecordingMailer::new());
    assert_eq!(builder.owed_mails(users).build().unwrap_err().field(), Some("owed_mails"));
}

#[test]
fn a_welcome_that_did_not_leave_is_sent_with_another_password() {
    let owing = Owing::new();
    owing.is(Mood::Fails);
    let outcome = block_on(owing.world.operator.provision(email(ANN)));
    assert!(matches!(outcome, Err(ProvisionError::MailFailed { .. })), "the operator is told as before: {outcome:?}");
    assert_eq!(owing.owed(), 1);
    // Waits of a minute, two, four …
    for minutes in [1_u32, 2, 4, 8, 16, 32, 60, 60] {
        let due = owing.world.user(ANN).overview().mail_due_at.unwrap() - owing.world.now();
        assert_eq!(due, time::Duration::minutes(minutes.into()));
        assert_eq!(owing.deliver_when_due(), report(0, 1, 0));
    }
    owing.is(Mood::Sends);
    assert_eq!(owing.deliver_when_due(), report(1, 0, 0));
    assert_eq!((owing.owed(), owing.world.mailer.count()), (0, 1));
    let challenge = owing.world.challenge(ANN, &owing.world.mailed_password());
    let _ = owing.world.choose(&challenge, OLD);
}

#[test]
fn a_process_that_ends_before_the_mail_leaves_it_to_another_once_its_lease_is_over() {
    let owing = Owing::new();
    let ann = owing.world.open(ANN, OLD);
    // It is handed over, and nobody ever says what became of it.
    let lost: Arc<Mutex<Vec<doorward::config::BackgroundWork>>> = Arc::default();
    let slot = Arc::clone(&lost);
    let (dying, _) = owing.process(|builder| builder.background(move |work| slot.lock().unwrap().push(work)));
    let before = owing.world.mailer.count();
    let _ = block_on(dying.change_password(&ann, OLD, NEW)).unwrap();
    lost.lock().unwrap().clear();
    drop(dying);
    assert_eq!((owing.owed(), owing.world.mailer.count()), (1, before));
    let due = owing.world.user(ANN).overview().mail_due_at.unwrap() - owing.world.now();
    assert_eq!(due, time::Duration::minutes(15));
    let changed_at = owing.world.now();
    assert_eq!(owing.deliver_when_due(), report(1, 0, 0));
    let notice = owing.world.last_mail();
    assert_eq!(notice.mail.kind().name(), "password_changed");
    assert!(format!("{:?}", notice.mail.kind()).contains(&format!("{changed_at:?}")), "it tells when it happened");
    assert_eq!(owing.owed(), 0);
}

#[test]
fn a_mail_in_a_queue_is_owed_until_the_server_has_it() {
    let owing = Owing::with(on_tokio);
    let next = || owing.post.queue.lock().unwrap().pop().unwrap();
    owing.is(Mood::Queues);
    owing.world.provision(ANN);
    let first = owing.world.mailed_password();
    assert_eq!(owing.owed(), 1);
    next().accepted();
    until(|| owing.owed() == 0);

    let id = owing.world.user(ANN).id().clone();
    let _ = block_on(owing.world.operator.resend_welcome(&id)).unwrap();
    let due = || owing.world.user(ANN).overview().mail_due_at;
    let lease = due();
    drop(next());
    until(|| due() != lease);
    assert_eq!(due().unwrap() - owing.world.now(), time::Duration::minutes(1), "dropped: it is tried again");
    let second = owing.world.mailed_password();
    assert_ne!(first, second);
    assert_eq!(owing.deliver_when_due(), report(1, 0, 0));
    assert!(owing.world.fails(ANN, &second), "the secret of the mail before opens nothing");
    // A server that never answers gets it twice and no more.
    let lease = due();
    next().unanswered();
    until(|| due() != lease);
    assert_eq!(due().unwrap() - owing.world.now(), time::Duration::minutes(2));
    assert_eq!(owing.deliver_when_due(), report(1, 0, 0));
    next().unanswered();
    until(|| due().is_none());
    assert_eq!(owing.given_up(), ["welcome"]);

    let _ = block_on(owing.world.operator.resend_welcome(&id)).unwrap();
    next().refused();
    until(|| owing.owed() == 0);
    block_on(owing.world.auth.close());
    assert_eq!(owing.given_up(), ["welcome", "welcome"]);
}

#[test]
fn a_mail_that_the_server_refuses_for_good_is_given_up_at_once() {
    let owing = Owing::new();
    owing.is(Mood::Refuses);
    assert!(block_on(owing.world.operator.provision(email(ANN))).is_err());
    assert_eq!((owing.owed(), owing.given_up()), (0, vec!["welcome"]));
}

#[test]
fn a_mailer_that_is_full_or_closed_loses_no_mail() {
    let owing = Owing::new();
    owing.is(Mood::IsFull);
    assert!(block_on(owing.world.operator.provision(email(ANN))).is_err());
    assert_eq!(owing.deliver_when_due(), report(0, 1, 0));
    owing.is(Mood::Sends);
    assert_eq!(owing.deliver_when_due(), report(1, 0, 0));
    assert!(owing.given_up().is_empty());
}

#[test]
fn a_receipt_that_comes_after_another_has_taken_the_mail_does_not_strike_its_secret_off() {
    let owing = Owing::with(on_tokio);
    owing.is(Mood::Queues);
    owing.world.provision(ANN);
    owing.world.clock.advance(15 * MINUTE);
    assert_eq!(owing.deliver(), report(1, 0, 0));
    let due = || owing.world.user(ANN).overview().mail_due_at;
    let (lease, mut receipts) = (due(), std::mem::take(&mut *owing.post.queue.lock().unwrap()));
    let (second, first) = (receipts.pop().unwrap(), receipts.pop().unwrap());
    first.accepted();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(due(), lease, "the second is owed still");
    second.accepted();
    until(|| owing.owed() == 0);
}

#[test]
fn what_became_of_a_mail_is_recorded_later_if_the_store_fails_at_that_moment() {
    let owing = Owing::new();
    let faults = Faults::new();
    let World { users, attempts, clock, .. } = &owing.world;
    let (auth, operator) = Auth::builder(site(), faults.users(users.clone()), attempts.clone(), owing.post.clone())
        .clock(clock.clone())
        .background(block_on)
        .owed_mails(Arc::clone(users))
        .configure(for_tests)
        .build_with_operator()
        .unwrap();
    // The first call stores the account, and the second strikes its mail off.
    faults.strike(2, Fault::Fails);
    block_on(operator.provision(email(ANN))).unwrap();
    assert!(faults.has_struck() && owing.owed() == 1);
    assert_eq!(block_on(auth.deliver_owed()).unwrap(), report(0, 0, 0));
    assert_eq!((owing.owed(), owing.world.mailer.count()), (0, 1));
}

/// A repository in memory hands back what it was given.
#[test]
fn a_notice_is_not_mailed_again_by_a_try_that_stores_nothing() {
    let (world, _ann, app, _) = World::with_enrolled_ann();
    // On a known device the fourth wrong code is mailed, and the next ones come too early.
    let challenge = world.asked_for_a_code(ANN, OLD);
    let own = device(&complete(world.verify(&challenge, &app.next(&world)).unwrap()));
    world.clock.advance(MINUTE);
    let request = doorward::SignInRequest::new(ANN, OLD).device(&own);
    let challenge = code_challenge(block_on(world.auth.sign_in(request)).unwrap());
    for _ in 0..4 {
        assert!(world.verify(&challenge, &app.wrong_code(&world)).is_err());
    }
    assert_eq!(world.mails("wrong_code").len(), 1);
    for _ in 0..4 {
        let outcome = world.verify(&challenge, &app.wrong_code(&world));
        assert!(matches!(outcome, Err(VerifySecondFactorError::Throttled { .. })), "{outcome:?}");
    }
    assert_eq!(world.mails("wrong_code").len(), 1);
}

#[test]
fn a_directory_that_fails_is_reported() {
    let owing = Owing::new();
    let faults = Faults::new();
    let World { users, attempts, clock, mailer, observer, .. } = &owing.world;
    let auth = Auth::builder(site(), users.clone(), attempts.clone(), mailer.clone())
        .clock(clock.clone())
        .observer(observer.clone())
        .background(block_on)
        .owed_mails(faults.user_directory(users.clone()))
        .build()
        .unwrap();
    faults.strike(1, Fault::Fails);
    assert!(block_on(auth.deliver_owed()).is_err());
    let told = |kind: &EventKind| matches!(kind, EventKind::StoreFailed { call: "list_owing", .. });
    assert!(observer.kinds().iter().any(told));
}

#[test]
fn a_mailer_that_panics_does_not_end_the_worker() {
    let owing = Owing::with(|builder| on_tokio(builder).sleep(|_| tokio::time::sleep(Duration::from_millis(20))));
    owing.is(Mood::Fails);
    assert!(block_on(owing.world.operator.provision(email(ANN))).is_err());
    until(|| owing.world.user(ANN).overview().mail_due_at == Some(owing.world.now() + MINUTE));
    owing.is(Mood::Panics);
    owing.world.clock.advance(MINUTE);
    until(|| owing.world.user(ANN).overview().mail_due_at == Some(owing.world.now() + 15 * MINUTE));
    owing.is(Mood::Sends);
    owing.world.clock.advance(15 * MINUTE);
    until(|| owing.owed() == 0 && owing.world.mailer.count() == 1);
}

#[test]
fn closing_waits_for_a_mail_that_is_being_delivered() {
    let owing = Owing::with(on_tokio);
    owing.is(Mood::Fails);
    assert!(block_on(owing.world.operator.provision(email(ANN))).is_err());
    until(|| owing.world.user(ANN).overview().mail_due_at == Some(owing.world.now() + MINUTE));
    owing.is(Mood::Dawdles);
    owing.world.clock.advance(MINUTE);
    let auth = owing.world.auth.clone();
    let delivering = runtime().spawn(async move { auth.deliver_owed().await.is_ok() });
    until(|| owing.world.user(ANN).overview().mail_due_at == Some(owing.world.now() + 15 * MINUTE));
    block_on(owing.world.auth.close());
    assert_eq!((owing.owed(), owing.world.mailer.count()), (0, 1));
    assert!(block_on(delivering).is_ok());
}

#[test]
fn owing_costs_a_call_no_access_to_a_store_before_its_answer() {
    let owing = Owing::new();
    let ann = owing.world.open(ANN, OLD);
    let calls = |owed: bool| {
        let World { users, attempts, clock, mailer, .. } = &owing.world;
        let (faults, lost) = (Faults::new(), |_| {});
        let builder =
            Auth::builder(site(), faults.users(users.clone()), faults.attempts(attempts.clone()), mailer.clone())
                .clock(clock.clone())
                .keyring(keyring())
                .background(lost)
                .configure(for_tests)
                .configure(|config| config.device.new_device_notice = doorward::config::NewDeviceNotice::Always);
        let builder = if owed { builder.owed_mails(Arc::clone(users)) } else { builder };
        let auth = builder.build().unwrap();
        let _ = complete(block_on(auth.sign_in(doorward::SignInRequest::new(ANN, OLD))).unwrap());
        let sign_in = faults.calls();
        owing.world.clock.advance(SECOND);
        let ann = block_on(auth.resume(&ann.token().expose())).unwrap();
        faults.strike(1_000, Fault::Fails);
        block_on(auth.require_step_up(&ann)).unwrap();
        (sign_in, faults.calls())
    };
    assert_eq!(calls(true), calls(false));
    assert_eq!(owing.owed(), 1, "the notice of the first");
}

#[test]
fn a_link_that_did_not_leave_is_replaced_and_no_other_is_touched() {
    let owing = Owing::with(on_tokio);
    let _ = owing.world.open(ANN, OLD);
    block_on(owing.world.auth.request_reset(&email(ANN))).unwrap();
    until(|| owing.link().is_some() && owing.owed() == 0);
    let mailed = owing.link().unwrap();
    owing.world.clock.advance(6 * MINUTE);
    owing.is(Mood::Fails);
    block_on(owing.world.auth.request_reset(&email(ANN))).unwrap();
    let due = || owing.world.user(ANN).overview().mail_due_at;
    until(|| due() == Some(owing.world.now() + MINUTE));
    owing.is(Mood::Queues);
    assert_eq!(owing.deliver_when_due(), report(1, 0, 0));
    let queued = owing.link().unwrap();
    // The process ends with its queue, and another sends the link once more.
    let lease = due();
    owing.post.queue.lock().unwrap().clear();
    until(|| due() != lease);
    owing.is(Mood::Sends);
    assert_eq!(owing.deliver_when_due(), report(1, 0, 0));
    until(|| owing.owed() == 0);
    let sent = owing.link().unwrap();
    let opens = |token: &str| block_on(owing.world.auth.inspect_reset(token)).unwrap();
    let status = [&mailed, &queued, &sent].map(|token| format!("{:?}", opens(token)));
    assert_eq!(status, ["Valid", "Invalid", "Valid"]);
    assert_eq!(owing.owed(), 0);
}

#[test]
fn a_temporary_password_that_did_not_leave_is_replaced_while_the_recovery_lasts() {
    for too_late in [false, true] {
        let owing = Owing::new();
        let _ = owing.world.open(ANN, OLD);
        let token = owing.world.request(ANN);
        owing.is(Mood::Fails);
        assert!(block_on(owing.world.auth.confirm_reset(&token)).is_err());
        owing.is(Mood::Sends);
        if too_late {
            owing.world.clock.advance(61 * MINUTE);
            assert_eq!(owing.deliver(), report(0, 0, 1));
            assert_eq!((owing.given_up(), owing.owed()), (vec!["temporary_password"], 0));
            continue;
        }
        assert_eq!(owing.deliver_when_due(), report(1, 0, 0));
        let challenge = owing.world.challenge(ANN, &owing.world.mailed_password());
        let _ = owing.world.choose(&challenge, NEW);
    }
}

#[test]
fn what_is_owed_for_something_that_is_gone_is_not_sent() {
    type Gone = fn(&Owing);
    let gone: [(&str, Gone); 4] = [
        ("a welcome after the address was corrected", |owing| {
            owing.is(Mood::Fails);
            let _ = block_on(owing.world.operator.provision(email("bnn@acme.example")));
            owing.is(Mood::Sends);
            let head = block_on(owing.world.users.find_by_email(&email("bnn@acme.example"))).unwrap().unwrap();
            let _ = block_on(owing.world.operator.correct_email(head.id(), email(ANN))).unwrap();
        }),
        ("the mails of an account that was deactivated", |owing| {
            let ann = owing.world.open(ANN, OLD);
            owing.is(Mood::Fails);
            let _ = block_on(owing.world.auth.change_password(&ann, OLD, NEW)).unwrap();
            block_on(owing.world.operator.deactivate(ann.user_id())).unwrap();
        }),
        ("a link after the reset was completed by another", |owing| {
            let _ = owing.world.open(ANN, OLD);
            let temporary = owing.world.confirm(ANN);
            owing.world.clock.advance(6 * MINUTE);
            owing.is(Mood::Fails);
            block_on(owing.world.auth.request_reset(&email(ANN))).unwrap();
            owing.is(Mood::Sends);
            let challenge = owing.world.challenge(ANN, &temporary);
            let _ = owing.world.choose(&challenge, NEW);
        }),
        ("a temporary password with which somebody is signing in", |owing| {
            let _ = owing.world.open(ANN, OLD);
            block_on(owing.world.auth.request_reset(&email(ANN))).unwrap();
            until(|| owing.link().is_some() && owing.owed() == 0);
            let token = owing.link().unwrap();
            owing.is(Mood::Queues);
            let _ = block_on(owing.world.auth.confirm_reset(&token)).unwrap();
            owing.world.challenge(ANN, &owing.world.mailed_password());
        }),
    ];
    for (name, gone) in gone {
        // Where receipts are awaited, the lease runs out before one is given.
        let owing = Owing::with(if name.contains("signing in") { on_tokio } else { at_once });
        gone(&owing);
        owing.is(Mood::Sends);
        let before = owing.world.mailer.count();
        owing.world.clock.advance(20 * MINUTE);
        assert_eq!(owing.deliver(), report(0, 0, 0), "{name}");
        until(|| owing.owed() == 0);
        assert_eq!(owing.world.mailer.count(), before, "{name}");
        assert!(owing.given_up().is_empty(), "{name}");
    }
}

#[test]
fn what_is_owed_for_three_days_is_given_up() {
    let owing = Owing::new();
    let ann = owing.world.open(ANN, OLD);
    owing.is(Mood::Fails);
    let _ = block_on(owing.world.auth.change_password(&ann, OLD, NEW)).unwrap();
    owing.world.clock.advance(3 * DAY - SECOND);
    assert_eq!(owing.deliver(), report(0, 1, 0));
    owing.world.clock.advance(HOUR);
    assert_eq!(owing.deliver(), report(0, 0, 1));
    assert_eq!((owing.given_up(), owing.owed()), (vec!["password_changed"], 0));
}

#[test]
fn whoever_knows_the_password_cannot_push_a_notice_out() {
    let owing = Owing::with(|builder| {
        at_once(builder).configure(|config| {
            config.device.new_device_notice = doorward::config::NewDeviceNotice::Always;
        })
    });
    let ann = owing.world.open(ANN, OLD);
    let before = owing.world.mails("password_changed").len();
    owing.is(Mood::Fails);
    let _ = block_on(owing.world.auth.change_password(&ann, OLD, NEW)).unwrap();
    for _ in 0..30 {
        let _ = owing.world.signed_in(ANN, NEW);
    }
    assert_eq!(owing.owed(), 3, "two of a kind");
    assert_eq!(owing.given_up(), ["new_device"; 28], "and the others are told");
    owing.is(Mood::Sends);
    owing.world.clock.advance(HOUR);
    assert_eq!(owing.deliver(), report(3, 0, 0));
    assert_eq!(owing.world.mails("password_changed").len(), before + 1);
}

#[test]
fn a_mailer_that_is_out_of_order_is_not_asked_for_each_mail() {
    let owing = Owing::new();
    owing.is(Mood::Fails);
    for n in 0..40 {
        let _ = block_on(owing.world.operator.provision(email(&format!("user{n}@acme.example"))));
    }
    owing.world.clock.advance(5 * MINUTE);
    let failed = owing.deliver().failed;
    assert!((8..=11).contains(&failed), "{failed}");
    owing.is(Mood::Sends);
    owing.world.clock.advance(5 * MINUTE);
    assert_eq!(owing.deliver(), report(40, 0, 0));
}

#[test]
fn every_notice_is_owed_until_it_leaves() {
    let owing = Owing::new();
    let ann = owing.world.open(ANN, OLD);
    owing.is(Mood::Fails);
    let (auth, operator, id) = (&owing.world.auth, &owing.world.operator, ann.user_id());
    let app = App::new(&block_on(auth.begin_enrollment(&ann)).unwrap());
    let (ann, codes) = block_on(auth.confirm_enrollment(&ann, &app.next(&owing.world))).unwrap();
    let (ann, more) = block_on(auth.regenerate_recovery_codes(&ann)).unwrap();
    drop(codes);
    assert_eq!(block_on(auth.require_step_up(&ann)).err().map(|_| StepUp::SecondFactor), None);
    // In a browser that nobody knows: a wrong code, and then one of those for an emergency.
    let challenge = owing.world.asked_for_a_code(ANN, OLD);
    assert!(owing.world.verify(&challenge, &app.wrong_code(&owing.world)).is_err());
    let _ = complete(owing.world.verify(&challenge, more.expose().next().unwrap()).unwrap());
    let ann = block_on(auth.change_password(&ann, OLD, NEW)).unwrap();
    let _ = block_on(auth.disable_second_factor(&ann)).unwrap();
    block_on(operator.require_password_change(id)).unwrap();
    block_on(operator.mark_compromised(id)).unwrap();
    let expected = [
        "marked_compromised",
        "new_device",
        "password_change_forced",
        "password_changed",
        "recovery_code_used",
        "recovery_codes_regenerated",
        "second_factor_disabled",
        "second_factor_enabled",
        "wrong_code",
    ];
    assert_eq!(owing.owed(), expected.len());
    owing.is(Mood::Sends);
    let before = owing.world.mailer.count();
    owing.world.clock.advance(HOUR);
    assert_eq!(owing.deliver(), report(expected.len() as u64, 0, 0));
    let mut sent: Vec<_> = owing.world.mailer.mails()[before..].iter().map(|it| it.mail.kind().name()).collect();
    sent.sort_unstable();
    assert_eq!(sent, expected);
}

#[test]
fn a_worker_delivers_until_the_auth_is_gone() {
    let waits: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let slot = Arc::clone(&waits);
    let owing = Owing::with(|builder| {
        builder.background(|work| drop(runtime().spawn(work))).sleep(move |wait| {
            slot.lock().unwrap().push(wait);
            tokio::time::sleep(Duration::from_millis(20))
        })
    });
    owing.is(Mood::Fails);
    assert!(block_on(owing.world.operator.provision(email(ANN))).is_err());
    until(|| owing.world.user(ANN).overview().mail_due_at == Some(owing.world.now() + MINUTE));
    owing.is(Mood::Sends);
    owing.world.clock.advance(HOUR);
    for _ in 0..500 {
        if owing.owed() == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!((owing.owed(), owing.world.mailer.count()), (0, 1));
    block_on(owing.world.auth.close());
    // It has ended once it has not slept for as long as it would sleep ten times.
    until(|| {
        let slept = waits.lock().unwrap().len();
        std::thread::sleep(Duration::from_millis(200));
        waits.lock().unwrap().len() == slept
    });
    let waits = waits.lock().unwrap().clone();
    assert!(waits[0] < Duration::from_secs(60) && waits[1..].iter().all(|wait| *wait == Duration::from_secs(60)));
}

#[test]
fn a_caller_who_goes_away_while_the_mail_is_sent_causes_no_second_one() {
    let owing = Owing::with(on_tokio);
    let (auth, operator) = (owing.world.auth.clone(), owing.world.operator.clone());
    owing.is(Mood::Lingers);
    let provisioning = runtime().spawn(async move { drop(operator.provision(email(ANN)).await) });
    until(|| owing.world.mailer.count() == 1);
    provisioning.abort();
    assert!(block_on(provisioning).unwrap_err().is_cancelled());
    owing.is(Mood::Sends);
    until(|| owing.owed() == 0);

    // The same for the host's own timer.
    let id = owing.world.user(ANN).id().clone();
    owing.is(Mood::Fails);
    assert!(block_on(owing.world.operator.resend_welcome(&id)).is_err());
    until(|| owing.world.user(ANN).overview().mail_due_at == Some(owing.world.now() + MINUTE));
    owing.wait_until_due();
    owing.is(Mood::Lingers);
    let delivering = runtime().spawn(async move { drop(auth.deliver_owed().await) });
    until(|| owing.world.mailer.count() == 2);
    delivering.abort();
    assert!(block_on(delivering).unwrap_err().is_cancelled());
    // Closing waits for it.
    let closing = owing.world.auth.clone();
    let closing = runtime().spawn(async move { closing.close().await });
    std::thread::sleep(Duration::from_millis(50));
    assert!(!closing.is_finished());
    owing.is(Mood::Sends);
    block_on(closing).unwrap();
    assert_eq!(owing.owed(), 0);

    let (auth, _) = owing.process(at_once);
    owing.world.clock.advance(HOUR);
    assert_eq!(block_on(auth.deliver_owed()).unwrap(), report(0, 0, 0));
    assert_eq!(owing.world.mailer.count(), 2);
    let challenge = owing.world.restarted(|builder| builder).challenge(ANN, &owing.world.mailed_password());
    let _ = block_on(auth.choose_password(&challenge, OLD)).unwrap();
}

/// A repository some of whose rows cannot be understood.
#[derive(Debug)]
struct Damaged {
    users: Arc<MemoryUsers>,
    unreadable: BTreeSet<String>,
}

#[doorward::async_trait]
impl UserRepository for Damaged {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.users.insert(user).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        match self.unreadable.contains(id.as_str()) {
            true => Err(BackendError::new(BackendErrorKind::Unreadable)),
            false => self.users.find_by_id(id).await,
        }
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        self.users.find_by_email(email).await
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        self.users.replace(user, expected).await
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        self.users.delete(user).await
    }

    fn keeps_journal(&self) -> bool {
        self.users.keeps_journal()
    }
}

#[test]
fn rows_that_cannot_be_read_hold_up_nobody_behind_them() {
    // More than a page of the directory.
    const UNREADABLE: usize = 1_100;
    let owing = Owing::new();
    owing.is(Mood::Fails);
    let mut ids = Vec::new();
    for n in 0..UNREADABLE + 3 {
        if n >= UNREADABLE {
            owing.world.clock.advance(SECOND);
        }
        let Err(ProvisionError::MailFailed { user_id, .. }) =
            block_on(owing.world.operator.provision(email(&format!("user{n}@acme.example"))))
        else {
            panic!("the mailer fails")
        };
        ids.push(user_id.as_str().to_owned());
    }
    owing.is(Mood::Sends);
    owing.world.clock.advance(MINUTE);
    let damaged =
        Damaged { users: Arc::clone(&owing.world.users), unreadable: ids[..UNREADABLE].iter().cloned().collect() };
    let World { users, attempts, clock, observer, .. } = &owing.world;
    let auth = Auth::builder(site(), damaged, attempts.clone(), owing.post.clone())
        .clock(clock.clone())
        .observer(observer.clone())
        .background(block_on)
        .owed_mails(Arc::clone(users))
        .configure(for_tests)
        .build()
        .unwrap();
    assert_eq!(block_on(auth.deliver_owed()).unwrap(), report(3, 0, 0));
    let unreadable = |kind: &EventKind| {
        matches!(kind, EventKind::StoreFailed { call: "find_by_id", error: BackendErrorKind::Unreadable, .. })
    };
    let told = observer.kinds().iter().filter(|kind| unreadable(kind)).count();
    assert_eq!(told, UNREADABLE, "each is reported once in a run");
}
