//! Kills processes between a change and its mail, again and again, with a mailer that fails at random, and with `SmtpMailer` and a
//! server that refuses, stalls and closes at random: nothing that was stored goes unmailed, the journal says what is stored, no kill and
//! no mail that a server leaves unanswered costs more than one mail too many, and of each secret only the last one mailed opens anything.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward::account::UserOverview;
use doorward::error::SignInError;
use doorward::hashing::HashParams;
use doorward::journal::Journal;
use doorward::mail::{Mail, Receipt};
use doorward::store::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use doorward::store::sqlx::query_scalar;
use doorward::store::{BackendError, BackendErrorKind, PostgresStore, SqliteStore, UserDirectory};
use doorward::testing::{ManualClock, RecordingMailer};
use doorward::{AttemptStore, Auth, Clock, Email, Mailer, Operator, SignIn, SignInRequest, UserRepository};
use time::OffsetDateTime;

use super::post_office::{Mailboxes, PostOffice};
use super::{KILLS, Moments, PREFIX, STORE};
use crate::support::sql::{Folder, block_on, fresh_prefix};
use crate::support::{self, DAY, MINUTE, SECOND, email, site};

/// Of them, so many at least hit between the decision of a mail and its being struck off.
const HITS: usize = 100;

trait Store: UserRepository + UserDirectory + AttemptStore + Journal + Clone {}
impl<S: UserRepository + UserDirectory + AttemptStore + Journal + Clone> Store for S {}

/// An `Auth` whose mails are owed, the same in every process of these tests.
fn host(store: impl Store, clock: &ManualClock, mailer: impl Mailer) -> (Auth, Operator) {
    Auth::builder(site(), store.clone(), store.clone(), mailer)
        .clock(clock.clone())
        .background(|work| drop(tokio::spawn(work)))
        .owed_mails(store)
        .index_key([5; 32])
        .configure(|config| {
            config.hashing.params = HashParams::danger_cheap_for_tests();
            config.hashing.threads = std::num::NonZeroUsize::new(1);
            config.purge.every = None;
        })
        .build_with_operator()
        .unwrap()
}

/// A mailer that takes a moment, fails at random, and tells of every mail that its server has.
#[derive(Clone, Debug)]
struct RandomPost {
    record: RecordingMailer,
    moments: Arc<Mutex<Moments>>,
    /// Mails in its queue, which dies with the process.
    queue: Arc<Mutex<Vec<Receipt>>>,
}

impl RandomPost {
    fn new() -> Self {
        let moments = Arc::new(Mutex::new(Moments::new()));
        Self { record: RecordingMailer::new(), moments, queue: Arc::default() }
    }

    fn chance(&self) -> f64 {
        self.moments.lock().unwrap().share()
    }
}

#[async_trait::async_trait]
impl Mailer for RandomPost {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        tokio::time::sleep(Duration::from_micros((self.chance() * 3_000.0) as u64)).await;
        let chance = self.chance();
        if chance < 0.2 {
            return Err(BackendError::new(BackendErrorKind::Unavailable));
        }
        if chance < 0.3 {
            // It stays in a queue until the process dies.
            self.queue.lock().unwrap().extend(mail.receipt());
            return Ok(());
        }
        if chance < 0.35 {
            // The server never gets it.
            drop(mail.receipt());
            return Ok(());
        }
        self.record.send(to, mail).await?;
        let recorded = self.record.last_to(to).unwrap();
        let secret = recorded.temporary_password().or(recorded.token()).unwrap_or_default();
        tell(to.canonical(), "mailed", &[mail.kind().name(), &secret]);
        if chance < 0.6 {
            // The server has it, and the process learns of that a moment later.
            let receipt = mail.receipt();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(2)).await;
                if let Some(receipt) = receipt {
                    receipt.accepted();
                }
            });
        }
        Ok(())
    }
}

/// What a process sends by, and where its users read what was sent.
#[derive(Clone, Debug)]
enum Post {
    Random(RandomPost),
    Smtp(Mailboxes),
}

#[async_trait::async_trait]
impl Mailer for Post {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        match self {
            Self::Random(post) => post.send(to, mail).await,
            Self::Smtp(mailboxes) => mailboxes.mailer.send(to, mail).await,
        }
    }
}

impl Post {
    /// The secret of the last mail, if it is of that kind.
    async fn secret(&self, to: &Email, kind: &str) -> Option<String> {
        match self {
            Self::Random(post) => {
                let mail = post.record.last_to(to).filter(|mail| mail.mail.kind().name() == kind)?;
                mail.temporary_password().or(mail.token())
            }
            Self::Smtp(mailboxes) => mailboxes.wait(to.canonical(), kind).await,
        }
    }
}

/// The time of a process that is killed. It ends before a lease does: what somebody tries is taken by nobody else, however long it
/// takes on a slow machine.
#[derive(Clone)]
struct Time {
    clock: ManualClock,
    end: OffsetDateTime,
}

impl Time {
    const LONGEST: Duration = Duration::from_secs(14 * 60);

    fn beginning(began: OffsetDateTime) -> Self {
        Self { clock: ManualClock::at(began), end: began + Self::LONGEST }
    }

    fn passes(&self, by: Duration) {
        if self.clock.now() + by < self.end {
            self.clock.advance(by);
        }
    }
}

fn tell(user: &str, verb: &str, words: &[&str]) {
    let line = format!("@\t{user}\t{verb}\t{}\n", words.join("\t"));
    std::io::stdout().lock().write_all(line.as_bytes()).expect("a reader");
}

/// One user after another, each until their mail does not come.
async fn live(auth: Auth, operator: Operator, time: Time, post: Post, name: String) {
    for n in 0.. {
        let user = format!("{name}.{n}@acme.example");
        let _ = life(&auth, &operator, &time, &post, &user).await;
    }
}

async fn life(auth: &Auth, operator: &Operator, time: &Time, post: &Post, user: &str) -> Option<()> {
    let passwords = [1, 2, 3].map(|step| format!("the {step}. password of {user}"));
    let address = email(user);
    let step = |verb: &str| {
        time.passes(SECOND);
        tell(user, verb, &["."]);
    };

    step("try provision");
    let _ = operator.provision(address.clone()).await;
    step("did provision");
    let temporary = post.secret(&address, "welcome").await?;
    // A temporary password waits for nothing.
    let entered = auth.try_sign_in(SignInRequest::new(user, &temporary)).await.ok()?;
    let SignIn::PasswordChangeRequired(challenge) = entered else { return None };
    step("try choose");
    let SignIn::Complete(ann) = auth.choose_password(&challenge, &passwords[0]).await.ok()? else { return None };
    step("did choose");
    step("try change");
    let _ = auth.change_password(&ann, &passwords[0], &passwords[1]).await.ok()?;
    step("did change");
    step("try request");
    auth.request_reset(&address).await.ok()?;
    tokio::time::sleep(Duration::from_millis(4)).await;
    let token = post.secret(&address, "confirm_reset").await?;
    step("try confirm");
    let _ = auth.confirm_reset(&token).await;
    step("did confirm");
    Some(())
}

async fn lives(store: impl Store, began: i64) {
    let time = Time::beginning(OffsetDateTime::from_unix_timestamp(began).unwrap());
    let (process, mailboxes) = (std::process::id(), Mailboxes::of_environment());
    for n in 0..4 {
        let post = mailboxes.clone().map_or_else(|| Post::Random(RandomPost::new()), Post::Smtp);
        let (auth, operator) = host(store.clone(), &time.clock, post.clone());
        // A worker that looks often, beside those of the other hosts.
        let (worker, waiting) = (auth.clone(), time.clone());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(5)).await;
                waiting.passes(2 * SECOND);
                drop(worker.deliver_owed().await);
            }
        });
        tokio::spawn(live(auth, operator, time.clone(), post, format!("p{process}.{n}")));
    }
    std::future::pending::<()>().await;
}

async fn sqlite(url: &str) -> SqliteStore {
    let store = SqliteStore::connect(url).await.unwrap().with_journal();
    store.migrate().await.unwrap();
    store
}

async fn postgres(url: &str, prefix: &str, application: &str) -> PostgresStore {
    let options: PgConnectOptions = url.parse().unwrap();
    let pool = PgPoolOptions::new().max_connections(5).acquire_timeout(Duration::from_secs(5));
    let pool = pool.connect_with(options.application_name(application)).await.unwrap();
    let store = PostgresStore::new(pool).with_prefix(prefix).unwrap().with_journal();
    store.migrate().await.unwrap();
    store
}

/// The process to be killed. Started by the tests below.
#[test]
#[ignore = "the other tests start it as a process of its own"]
fn the_process_that_is_killed() {
    let (Ok(url), Ok(prefix)) = (std::env::var(STORE), std::env::var(PREFIX)) else { return };
    let began = std::env::var("DOORWARD_TEST_BEGAN").unwrap().parse().unwrap();
    block_on(async {
        match url.starts_with("sqlite") {
            true => lives(sqlite(&url).await, began).await,
            false => lives(postgres(&url, &prefix, &prefix).await, began).await,
        }
    });
}

/// What is known of one user.
#[derive(Debug, Default)]
struct Known {
    /// The mails that a server has, with their secrets.
    mailed: Vec<(String, String)>,
    /// Steps that began, and those that were answered.
    tried: Vec<String>,
    done: Vec<String>,
}

#[derive(Default)]
struct Book {
    users: BTreeMap<String, Known>,
    lines: usize,
}

impl Book {
    fn read(&mut self, line: &str) {
        let mut words = line.trim_end().split('\t').map(str::to_owned);
        if words.next().as_deref() != Some("@") {
            return;
        }
        let (Some(user), Some(verb), Some(word)) = (words.next(), words.next(), words.next()) else { return };
        self.lines += 1;
        let known = self.users.entry(user).or_default();
        match verb.split_once(' ') {
            None => known.mailed.push((word, words.next().unwrap_or_default())),
            Some((began, step)) => {
                if began == "try" { &mut known.tried } else { &mut known.done }.push(step.to_owned());
            }
        }
    }
}

struct Living {
    process: Child,
    lines: Receiver<String>,
}

impl Living {
    fn start(url: &str, prefix: &str, began: OffsetDateTime, office: Option<&PostOffice>) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "owed::the_process_that_is_killed", "--nocapture"])
            .env(STORE, url)
            .env(PREFIX, prefix)
            .env("DOORWARD_TEST_BEGAN", began.unix_timestamp().to_string())
            .envs(office.map(PostOffice::environment).into_iter().flatten())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { process, lines }
    }

    fn kill_after(mut self, book: &mut Book, lines: usize, moment: Duration) {
        while book.lines < lines {
            let line = self.lines.recv_timeout(Duration::from_secs(60)).expect("the process lives");
            book.read(&line);
        }
        std::thread::sleep(moment);
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        while let Ok(line) = self.lines.recv() {
            book.read(&line);
        }
    }
}

/// Figures of all kills.
#[derive(Debug, Default)]
struct Toll {
    users: usize,
    /// Kills between the decision of a mail, or its being taken, and its being struck off or put off; and how many mails these were.
    hits: usize,
    in_flight: usize,
    /// Mails that were owed after the kills.
    left: usize,
    /// Mails that the server of SMTP has.
    by_smtp: usize,
    /// Mails that it took without an answer: they are sent once more.
    unanswered: usize,
    /// Mails beyond those that were decided.
    too_many: usize,
}

async fn inspect(store: impl Store, clock: &ManualClock, book: &Book, office: Option<&PostOffice>, toll: &mut Toll) {
    let mailer = RecordingMailer::new();
    let (auth, operator) = host(store.clone(), clock, mailer.clone());
    let (mut owed, in_flight_before) = (Vec::new(), toll.in_flight);
    for user in book.users.keys() {
        let Some(head) = store.find_by_email(&email(user)).await.unwrap() else { continue };
        let stored = store.find_by_id(head.id()).await.unwrap().unwrap();
        toll.in_flight += in_flight(&stored.to_snapshot());
        super::journal::equals_the_state(&store, &operator, &stored.overview()).await;
        owed.push((user, stored.overview()));
    }
    let left: usize = owed.iter().map(|(_, user)| user.owed_mails).sum();
    toll.users += owed.len();
    toll.hits += usize::from(toll.in_flight > in_flight_before);
    toll.left += left;

    // Another process delivers once the leases are over.
    clock.advance(16 * MINUTE);
    let delivered = auth.deliver_owed().await.unwrap();
    auth.close().await;
    assert_eq!(delivered.failed, 0);
    assert_eq!(UserDirectory::list_owing(&store, clock.now() + DAY, 10).await.unwrap(), []);

    let (own, operator) = reader(&store, clock);
    let (mut beyond, mut unanswered) = (0, 0);
    for (user, known) in &book.users {
        let Some((_, stored)) = owed.iter().find(|(name, _)| *name == user) else {
            assert!(known.done.is_empty() && known.mailed.is_empty(), "{user} is lost: {known:?}");
            continue;
        };
        let reader = Reader { auth: own.clone(), clock, mailer: &mailer };
        let swallowed = usize::from(office.is_some_and(|office| office.server.has_swallowed(user)));
        unanswered += swallowed;
        beyond += reader.mails_are_as_stored(user, stored, known, (delivered.given_up > 0, swallowed)).await;
        operator.delete(&stored.id).await.unwrap();
    }
    // Four hosts run in a process, and each hands over a few mails at a time.
    toll.too_many += beyond;
    toll.unanswered += unanswered;
    assert!(beyond <= left + unanswered, "{beyond} mails too many, {left} were owed, {unanswered} unanswered");
}

/// How many owed mails are under a lease.
fn in_flight(snapshot: &str) -> usize {
    let document: serde_json::Value = serde_json::from_str(snapshot).unwrap();
    let lease = i64::try_from((15 * MINUTE).as_micros()).unwrap();
    let leased = |owed: &&serde_json::Value| {
        let [since, due] = ["since", "due"].map(|name| owed[name].as_i64().unwrap());
        owed["tries"] == 0 && due - since == lease
    };
    document["owed"].as_array().map_or(0, |owed| owed.iter().filter(leased).count())
}

fn reader(store: &impl Store, clock: &ManualClock) -> (Auth, Operator) {
    Auth::builder(site(), store.clone(), store.clone(), RecordingMailer::new())
        .clock(clock.clone())
        .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
        .build_with_operator()
        .unwrap()
}

/// Reads the mails of everybody, as everybody would.
struct Reader<'a> {
    auth: Auth,
    clock: &'a ManualClock,
    mailer: &'a RecordingMailer,
}

impl Reader<'_> {
    /// Returns how many mails there were beyond those that were decided.
    async fn mails_are_as_stored(
        &self,
        user: &str,
        stored: &UserOverview,
        known: &Known,
        (given_up, unanswered): (bool, usize),
    ) -> usize {
        let mut mailed = known.mailed.clone();
        for recorded in self.mailer.mails().into_iter().filter(|recorded| recorded.to == stored.email) {
            let secret = recorded.temporary_password().or(recorded.token()).unwrap_or_default();
            mailed.push((recorded.mail.kind().name().to_owned(), secret));
        }
        let secrets = |kind: &str| -> Vec<&str> {
            mailed.iter().filter(|(name, _)| name == kind).map(|(_, secret)| secret.as_str()).collect()
        };
        let (welcomes, links) = (secrets("welcome"), secrets("confirm_reset"));
        let (notices, temporaries) = (secrets("password_changed").len(), secrets("temporary_password").len());
        let what = || format!("{user}: {mailed:?} {known:?}");

        // What was stored was mailed.
        let recovering = stored.reset_expires_at.is_some();
        assert!(!links.is_empty() || !recovering || given_up, "a link is lost: {}", what());
        let chosen = stored.has_password;
        assert!(chosen || !known.done.iter().any(|step| step == "choose"), "{}", what());
        assert!(!welcomes.is_empty(), "a welcome is lost: {}", what());

        // Of each secret the last one alone opens anything.
        if let Some((last, before)) = links.split_last() {
            for link in before {
                assert!(self.auth.confirm_reset(link).await.is_err(), "an earlier link opens: {}", what());
            }
            let opens = self.auth.confirm_reset(last).await.is_ok();
            assert!(opens || temporaries > 0 || given_up, "the last link opens nothing: {}", what());
        }
        let (last, before) = welcomes.split_last().unwrap();
        assert_eq!(self.signs_in(user, last).await, !chosen, "the last welcome: {}", what());
        for welcome in before {
            assert!(!self.signs_in(user, welcome).await, "an earlier welcome opens: {}", what());
        }
        let changed = self.signs_in(user, &format!("the 2. password of {user}")).await;
        let decided = usize::from(chosen) + usize::from(changed);
        assert!(notices >= decided, "a notice is lost: {}", what());
        let beyond = [welcomes.len(), links.len(), temporaries].map(|mails| mails.saturating_sub(1));
        let [welcomes, links, temporaries] = beyond;
        let most = 1 + unanswered;
        assert!(beyond.iter().all(|beyond| *beyond <= most) && notices <= decided + 1 + most, "{}", what());
        welcomes + links + temporaries + (notices - decided)
    }

    async fn signs_in(&self, user: &str, password: &str) -> bool {
        loop {
            match self.auth.try_sign_in(SignInRequest::new(user, password)).await {
                Err(SignInError::Throttled { retry_after }) => self.clock.advance(retry_after),
                outcome => return outcome.is_ok(),
            }
        }
    }
}

fn kill_and_inspect<S: Store>(name: &str, url: &str, prefix: &str, open: impl AsyncFn() -> S, settle: impl Fn()) {
    let store = block_on(open());
    let (clock, office) = (ManualClock::new(), PostOffice::open());
    let (mut moments, mut toll) = (Moments::new(), Toll::default());
    for kill in 0..KILLS {
        // Every other process sends by SMTP.
        let office = Some(&office).filter(|_| kill % 2 == 1);
        let (mut book, began) = (Book::default(), clock.now());
        let living = Living::start(url, prefix, began, office);
        let most = if office.is_some() { 60 } else { 120 };
        let (lines, moment) = (3 + moments.below(most), moments.within(Duration::from_millis(5)));
        living.kill_after(&mut book, lines, moment);
        settle();
        for (user, kind, secret) in office.map(PostOffice::take_all).unwrap_or_default() {
            toll.by_smtp += 1;
            book.users.entry(user).or_default().mailed.push((kind, secret));
        }
        clock.set(began + Time::LONGEST);
        block_on(inspect(store.clone(), &clock, &book, office, &mut toll));
        clock.advance(MINUTE);
    }
    let line = format!("{name}: {KILLS} kills, {toll:?}\n");
    drop(std::io::stderr().write_all(line.as_bytes()));
    assert!(toll.hits >= HITS && toll.by_smtp >= KILLS, "{toll:?}");
}

#[test]
fn no_mail_is_lost_with_a_process_on_sqlite() {
    let folder = Folder::new();
    let url = folder.url("auth.db");
    kill_and_inspect("SQLite", &url, "doorward_", async || sqlite(&url).await, || {});
}

#[test]
fn no_mail_is_lost_with_a_process_on_postgres() {
    let Some(url) = support::postgres::url_or_skip("mails after kills on PostgreSQL") else { return };
    let prefix = fresh_prefix();
    let pool = block_on(PgPool::connect(url)).unwrap();
    let settle = || {
        let left = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = $1";
        while block_on(query_scalar::<_, i64>(left).bind(&prefix).fetch_one(&pool)).unwrap() > 0 {
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    kill_and_inspect("PostgreSQL", url, &prefix, async || postgres(url, &prefix, "inspector").await, settle);
}
