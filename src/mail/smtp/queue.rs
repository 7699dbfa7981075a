//! Mails that were accepted but not yet delivered.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::{Notify, futures::Notified, watch};
use tokio::time::{Instant, timeout};

use doorward::event::{Event, EventKind};
use doorward::mail::{Mail, Receipt, SmtpRejection};
use doorward::{Clock, Observer};

use super::connection::Trouble;
use super::message::Rendered;

/// The longest wait between two tries of a mail.
const LONGEST_RETRY: Duration = Duration::from_secs(60);

/// How often a mail is sent in full if the server never confirms it: each time may put a copy into the recipient's mailbox.
const MOST_UNANSWERED: u32 = 2;

/// How many accepted mails are not settled yet.
#[derive(Default)]
struct Held {
    all: usize,
    /// Those that anyone can cause.
    anybodys: usize,
}

/// How long and how often mails are tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) capacity: usize,
    pub(super) first_retry: Duration,
    pub(super) give_up_after: Duration,
}

impl Patience {
    /// The wait after this many failures in a row; doubles each time.
    pub(super) fn delay(&self, failures: u32) -> Duration {
        let doubled = self.first_retry.saturating_mul(1 << failures.saturating_sub(1).min(20));
        doubled.min(LONGEST_RETRY)
    }
}

/// Mails that are ready to be sent, in order of arrival.
pub(super) struct Queue {
    ready: Mutex<VecDeque<Job>>,
    /// Set once: tasks waiting for a retry stop.
    cut: watch::Sender<bool>,
    ledger: Arc<Ledger>,
    pub(super) patience: Patience,
}

/// State that every queued mail keeps alive: how many there are, and who observes their outcome.
struct Ledger {
    held: watch::Sender<Held>,
    wake: Notify,
    closing: AtomicBool,
    /// The server was not working when last contacted.
    trouble: AtomicBool,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
}

/// A mail to be delivered. Unless dropped by [`delivered`](Self::delivered), it has failed and emits an event: no mail is lost
/// silently, even if a task is cancelled or panics.
pub(super) struct Job {
    pub(super) rendered: Rendered,
    mail: &'static str,
    anybodys: bool,
    /// Measured by the runtime. The host's clock may differ from that of the mail's creator, and may be adjusted.
    give_up_at: Instant,
    failures: u32,
    /// How often it was sent in full without an answer.
    unanswered: u32,
    trouble: Trouble,
    outcome: Outcome,
    /// For a mail that is owed.
    receipt: Option<Receipt>,
    ledger: Arc<Ledger>,
}

/// What became of a mail.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Outcome {
    /// It has not left, or perhaps it has.
    Open,
    Delivered,
    Refused,
}

impl Queue {
    pub(super) fn new(patience: Patience, clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Self {
        let ledger = Ledger {
            held: watch::Sender::default(),
            wake: Notify::new(),
            closing: AtomicBool::new(false),
            trouble: AtomicBool::new(false),
            clock,
            observer,
        };
        Self { ready: Mutex::default(), cut: watch::Sender::new(false), ledger: Arc::new(ledger), patience }
    }

    /// By the host's clock: for the dates of mails.
    pub(super) fn now(&self) -> OffsetDateTime {
        self.ledger.clock.now()
    }

    /// Accepts a mail if there is room. Mails that anyone can cause take at most half of it, so an attacker cannot crowd out
    /// the others.
    pub(super) fn accept(&self, mail: &Mail, rendered: Rendered) -> Result<(), SmtpRejection> {
        if self.ledger.closing.load(Ordering::SeqCst) {
            return Err(SmtpRejection::Closed);
        }
        let anybodys = mail.kind().anybody_can_cause();
        let half = (self.patience.capacity / 2).max(1);
        let admitted = self.ledger.held.send_if_modified(|held| {
            let room = held.all < self.patience.capacity && !(anybodys && held.anybodys >= half);
            held.all += usize::from(room);
            held.anybodys += usize::from(room && anybodys);
            room
        });
        if !admitted {
            return Err(SmtpRejection::QueueFull);
        }
        let patience = self.patience.give_up_after;
        let life = mail.worth_sending_for().map_or(patience, |life| life.min(patience));
        self.push(Job {
            rendered,
            mail: mail.kind().name(),
            anybodys,
            give_up_at: monotonic_now() + life,
            failures: 0,
            unanswered: 0,
            trouble: Trouble::UNREACHABLE,
            outcome: Outcome::Open,
            receipt: mail.receipt(),
            ledger: Arc::clone(&self.ledger),
        });
        Ok(())
    }

    /// The next mail that is ready and still worth sending.
    pub(super) fn take(&self) -> Option<Job> {
        let mut ready = self.drop_stale();
        let job = ready.pop_front();
        if !ready.is_empty() {
            // One notification may stand for several mails that arrived while no worker was listening.
            self.ledger.wake.notify_one();
        }
        job
    }

    /// Puts a mail back at the front, as if it had never been taken.
    pub(super) fn put_back(&self, job: Job) {
        self.lock().push_front(job);
        self.ledger.wake.notify_one();
    }

    /// Retries a mail later.
    pub(super) fn retry(self: &Arc<Self>, job: Job, trouble: Trouble) {
        self.retry_after(job, trouble, Duration::ZERO);
    }

    /// Retries a mail after at least `least`, unless its time is running out.
    fn retry_after(self: &Arc<Self>, mut job: Job, trouble: Trouble, least: Duration) {
        job.failures = job.failures.saturating_add(1);
        job.trouble = trouble;
        // The last tries come closer together, so that a mail is not given up with half a minute to spare.
        let rest = job.give_up_at.saturating_duration_since(monotonic_now());
        let delay = self.patience.delay(job.failures).max(least).min((rest / 2).max(self.patience.first_retry));
        let queue = Arc::clone(self);
        tokio::spawn(async move {
            if queue.pause(delay).await {
                queue.push(job);
            }
        });
    }

    /// Retries a mail that the server may have accepted without confirming. There is one more try, later than usual: a server
    /// that restarts is back for it.
    pub(super) fn retry_unanswered(self: &Arc<Self>, mut job: Job, trouble: Trouble) {
        job.unanswered += 1;
        // One that is owed is sent once more later.
        let at_most = if job.receipt.is_some() { 1 } else { MOST_UNANSWERED };
        match job.unanswered < at_most {
            true => {
                self.retry_after(job, trouble, self.patience.delay(4));
            }
            false => job.unanswered(trouble),
        }
    }

    /// Waits on a timer of the runtime; no caller of [`Mailer::send`](doorward::Mailer::send) waits for it. Returns `false` at
    /// once when everything is given up.
    pub(super) async fn pause(&self, delay: Duration) -> bool {
        let mut cut = self.cut.subscribe();
        timeout(delay, cut.wait_for(|cut| *cut)).await.is_err()
    }

    /// Drops expired mails and returns whether no other is ready.
    pub(super) fn is_empty(&self) -> bool {
        self.drop_stale().is_empty()
    }

    /// The next notification of work. Subscribe before looking for work, so that none is missed.
    pub(super) fn woken(&self) -> Notified<'_> {
        self.ledger.wake.notified()
    }

    /// Whether there is nothing left to do, for good.
    pub(super) fn is_over(&self) -> bool {
        self.ledger.closing.load(Ordering::SeqCst) && self.held() == 0
    }

    /// How many accepted mails are not settled yet: ready, waiting for a retry, or being sent.
    pub(super) fn held(&self) -> usize {
        self.ledger.held.borrow().all
    }

    /// Accepts no more mails. Queued ones are still delivered.
    pub(super) fn close(&self) {
        self.ledger.closing.store(true, Ordering::SeqCst);
        self.ledger.wake.notify_waiters();
    }

    /// Waits until no mail is left, at most `within`, and returns how many are.
    pub(super) async fn drained(&self, within: Duration) -> usize {
        let mut held = self.ledger.held.subscribe();
        let drained = timeout(within, held.wait_for(|held| held.all == 0)).await.is_ok();
        if drained { 0 } else { self.held() }
    }

    /// Gives up every mail that is not being sent.
    pub(super) fn give_up(&self) {
        self.cut.send_replace(true);
        let given_up: VecDeque<Job> = std::mem::take(&mut *self.lock());
        drop(given_up);
    }

    /// Reports that the server is not working, once per outage.
    pub(super) fn trouble(&self, trouble: Trouble) {
        if !self.ledger.trouble.swap(true, Ordering::SeqCst) {
            self.ledger.report(EventKind::MailDelayed { error: trouble.kind, code: trouble.code() });
        }
    }

    pub(super) fn delivered(&self, job: Job) {
        self.ledger.trouble.store(false, Ordering::SeqCst);
        job.delivered();
    }

    fn push(&self, job: Job) {
        self.lock().push_back(job);
        self.ledger.wake.notify_one();
    }

    /// Dropping mails calls observers, so the lock is released first.
    fn drop_stale(&self) -> MutexGuard<'_, VecDeque<Job>> {
        let now = monotonic_now();
        let stale = |job: &Job| now >= job.give_up_at;
        let mut ready = self.lock();
        if ready.iter().any(stale) {
            let (gone, kept): (VecDeque<Job>, VecDeque<Job>) = ready.drain(..).partition(stale);
            *ready = kept;
            drop(ready);
            drop(gone);
            ready = self.lock();
        }
        ready
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The runtime's clock: monotonic, never adjusted, and not comparable with a host's clock.
fn monotonic_now() -> Instant {
    tokio::time::Instant::now()
}

impl Ledger {
    fn report(&self, kind: EventKind) {
        self.observer.observe(&Event::new(self.clock.now(), kind));
    }
}

impl Job {
    fn delivered(mut self) {
        self.outcome = Outcome::Delivered;
    }

    /// No retry: the server rejects the mail for good.
    pub(super) fn refused(mut self, trouble: Trouble) {
        (self.outcome, self.trouble) = (Outcome::Refused, trouble);
    }

    /// No retry: the server refuses the sender, or anyone. A mail that is owed is tried again when that may have been mended.
    pub(super) fn not_here(mut self, trouble: Trouble) {
        self.trouble = trouble;
    }

    /// No retry: the server did not refuse the mail, so it has it.
    pub(super) fn unclear(mut self, trouble: Trouble) {
        self.trouble = trouble;
        if let Some(receipt) = self.receipt.take() {
            receipt.accepted();
        }
    }

    /// No retry: the server was sent the mail in full again and again, and may have it.
    fn unanswered(mut self, trouble: Trouble) {
        self.trouble = trouble;
        if let Some(receipt) = self.receipt.take() {
            receipt.unanswered();
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if self.outcome != Outcome::Delivered {
            let (error, code) = (self.trouble.kind, self.trouble.code());
            self.ledger.report(EventKind::MailFailed { mail: self.mail, error, code });
        }
        match (self.receipt.take(), self.outcome) {
            (Some(receipt), Outcome::Delivered) => receipt.accepted(),
            (Some(receipt), Outcome::Refused) => receipt.refused(),
            // Dropped: it did not leave.
            (_, Outcome::Open) | (None, _) => {}
        }
        self.ledger.held.send_modify(|held| {
            held.all -= 1;
            held.anybodys -= usize::from(self.anybodys);
        });
        if self.ledger.closing.load(Ordering::SeqCst) {
            self.ledger.wake.notify_waiters();
        }
    }
}
