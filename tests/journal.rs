//! The journal in SQL: stored with the change or not at all, read without missing anything, and of no use to a forger.
#![cfg(all(feature = "testing", feature = "sqlite", feature = "postgres"))]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use doorward::journal::{Journal, JournalBreak, JournalCursor, JournalEntry};
use doorward::store::sqlx::postgres::PgPool;
use doorward::store::sqlx::sqlite::SqlitePool;
use doorward::store::sqlx::{AssertSqlSafe, query_scalar, raw_sql};
use doorward::store::{MemoryUsers, PostgresStore, SqliteStore};
use doorward::testing::conformance::a_journal_keeps_what_is_stored;
use doorward::testing::{ManualClock, RecordingMailer, join_all};
use doorward::{AttemptStore, Auth, Operator, SignIn, UserId, UserRepository};
use support::sql::{Folder, block_on, fresh_prefix};
use support::{email, site};

/// A store, and a way to meddle with its tables: `{journal}` and `{users}` are their names.
struct Database<S> {
    store: S,
    run: Box<dyn Fn(String)>,
    number: Box<dyn Fn(String) -> i64>,
    prefix: String,
    _folder: Option<Folder>,
}

impl<S> Database<S> {
    fn named(&self, sql: &str) -> String {
        let table = |name| format!("{}{name}", self.prefix);
        sql.replace("{journal}", &table("journal")).replace("{users}", &table("users"))
    }

    fn run(&self, sql: &str) {
        (self.run)(self.named(sql));
    }

    fn number(&self, sql: &str) -> i64 {
        (self.number)(self.named(sql))
    }
}

fn in_sqlite() -> Database<SqliteStore> {
    let folder = Folder::new();
    let (store, pool) = block_on(async {
        let store = SqliteStore::connect(&folder.url("auth.db")).await.unwrap().with_journal();
        store.migrate().await.unwrap();
        (store, SqlitePool::connect(&folder.url("auth.db")).await.unwrap())
    });
    let other = pool.clone();
    Database {
        store,
        run: Box::new(move |sql| {
            block_on(raw_sql(AssertSqlSafe(sql)).execute(&pool)).unwrap();
        }),
        number: Box::new(move |sql| block_on(query_scalar(AssertSqlSafe(sql)).fetch_one(&other)).unwrap()),
        prefix: "doorward_".to_owned(),
        _folder: Some(folder),
    }
}

fn in_postgres(url: &str) -> Database<PostgresStore> {
    let prefix = fresh_prefix();
    let (store, pool) = block_on(async {
        let store = PostgresStore::connect(url).await.unwrap().with_prefix(&prefix).unwrap().with_journal();
        store.migrate().await.unwrap();
        (store, PgPool::connect(url).await.unwrap())
    });
    let other = pool.clone();
    Database {
        store,
        run: Box::new(move |sql| {
            block_on(raw_sql(AssertSqlSafe(sql)).execute(&pool)).unwrap();
        }),
        number: Box::new(move |sql| block_on(query_scalar(AssertSqlSafe(sql)).fetch_one(&other)).unwrap()),
        prefix,
        _folder: None,
    }
}

trait Store: UserRepository + AttemptStore + Journal + Clone {}
impl<S: UserRepository + AttemptStore + Journal + Clone> Store for S {}

fn host(store: impl Store, clock: &ManualClock) -> (Auth, Operator, RecordingMailer) {
    let mailer = RecordingMailer::new();
    let (auth, operator) = Auth::builder(site(), store.clone(), store, mailer.clone())
        .clock(clock.clone())
        .index_key([5; 32])
        .configure(|config| config.hashing.params = doorward::hashing::HashParams::danger_cheap_for_tests())
        .build_with_operator()
        .unwrap();
    (auth, operator, mailer)
}

fn id(n: u32) -> UserId {
    UserId::parse(&format!("user-{n}")).unwrap()
}

#[test]
fn a_journal_in_memory_and_in_sql_keeps_what_is_stored() {
    let users = Arc::new(MemoryUsers::new().with_journal());
    block_on(a_journal_keeps_what_is_stored(users.clone(), users, id));
    let sqlite = in_sqlite();
    block_on(a_journal_keeps_what_is_stored(sqlite.store.clone(), sqlite.store, id));
    let Some(url) = support::postgres::url_or_skip("a journal on PostgreSQL") else { return };
    let postgres = in_postgres(url);
    block_on(a_journal_keeps_what_is_stored(postgres.store.clone(), postgres.store, id));
}

/// Many change the same few accounts at once: most lose, and enter nothing. A reader follows meanwhile.
async fn follows_writers(store: impl Store) {
    let clock = ManualClock::new();
    let (_, operator, _) = host(store.clone(), &clock);
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(operator.provision(email(&format!("user{n}@acme.example"))).await.unwrap().user_id);
    }
    let done = Arc::new(AtomicBool::new(false));
    let writers = (0..8).map(|writer| {
        let (operator, ids) = (operator.clone(), ids.clone());
        tokio::spawn(async move {
            for round in 0..20 {
                let id = &ids[(writer + round) % ids.len()];
                let changed = match round % 2 {
                    0 => operator.deactivate(id).await,
                    _ => operator.reactivate(id).await,
                };
                changed.unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let reader = tokio::spawn({
        let (store, done) = (store.clone(), Arc::clone(&done));
        async move {
            let (mut cursor, mut seen) = (JournalCursor::default(), Vec::<JournalEntry>::new());
            loop {
                // Asked before reading, so that the last round sees everything.
                let is_last = done.load(Ordering::SeqCst);
                let page = store.follow(cursor, 7).await.unwrap();
                let is_empty = page.entries.is_empty();
                (cursor, seen) = (page.next, [seen, page.entries].concat());
                if is_last && is_empty {
                    return seen;
                }
            }
        }
    });
    for writer in writers {
        writer.await.unwrap();
    }
    // Other tests share the server, and what they have not committed holds a reader back for a moment.
    let total = async || {
        let histories = ids.iter().map(async |id| store.history(id, 0, 1_000).await.unwrap().len());
        join_all(histories).await.into_iter().sum::<usize>()
    };
    let expected = total().await;
    loop {
        let page = store.follow(JournalCursor::default(), 10_000).await.unwrap();
        if page.entries.len() == expected {
            break;
        }
        tokio::time::sleep(support::SECOND / 100).await;
    }
    done.store(true, Ordering::SeqCst);
    let seen = reader.await.unwrap();
    let mut numbers: BTreeMap<UserId, Vec<u64>> = BTreeMap::new();
    seen.iter().for_each(|entry| numbers.entry(entry.user_id.clone()).or_default().push(entry.seq));
    for id in &ids {
        let history = store.history(id, 0, 1_000).await.unwrap();
        let states: Vec<_> = history.iter().skip(1).map(|entry| &*entry.event).collect();
        assert!(states.windows(2).all(|pair| pair[0] != pair[1]), "only changes are entered: {states:?}");
        assert_eq!(numbers[id], (1..=history.len() as u64).collect::<Vec<_>>(), "each once, in order");
        let checked = operator.check_journal(&store, id).await.unwrap();
        assert_eq!((checked.entries, checked.first_break), (history.len() as u64, None));
    }
    assert!(expected > 3 + 3, "somebody changed something");
}

#[test]
fn a_reader_misses_nothing_while_many_write() {
    block_on(follows_writers(in_sqlite().store));
    let Some(url) = support::postgres::url_or_skip("following a journal on PostgreSQL") else { return };
    block_on(follows_writers(in_postgres(url).store));
}

/// An entry is visible only once no earlier one can appear, though transactions end in another order than they begin.
#[test]
fn an_entry_waits_for_the_transactions_before_it() {
    let Some(url) = support::postgres::url_or_skip("transactions in another order") else { return };
    let database = in_postgres(url);
    block_on(async {
        let clock = ManualClock::new();
        let (_, operator, _) = host(database.store.clone(), &clock);
        let ann = operator.provision(email("ann@acme.example")).await.unwrap().user_id;
        let pool = PgPool::connect(url).await.unwrap();
        let mut slow = pool.begin().await.unwrap();
        let insert = database.named(
            "INSERT INTO {journal} (user_id, seq, at, event) VALUES ('slow', 1, 0, 'user_created') RETURNING xact",
        );
        let slow_number: i64 = query_scalar(AssertSqlSafe(insert)).fetch_one(&mut *slow).await.unwrap();
        operator.deactivate(&ann).await.unwrap();
        // What other tests have not committed yet holds a reader back as well.
        let page = loop {
            let page = database.store.follow(JournalCursor::default(), 100).await.unwrap();
            if !page.entries.is_empty() {
                break page;
            }
        };
        let seen: Vec<_> = page.entries.iter().map(|entry| &*entry.event).collect();
        assert_eq!(seen, ["user_created"], "what was stored behind it waits");
        slow.commit().await.unwrap();
        let mut behind = Vec::new();
        let mut cursor = page.next;
        while behind.len() < 2 {
            let page = database.store.follow(cursor, 1).await.unwrap();
            cursor = page.next;
            behind.extend(page.entries);
        }
        assert_eq!((behind[0].user_id.as_str(), &*behind[1].event), ("slow", "user_archived"));
        assert!(slow_number > 0 && cursor.transaction() > slow_number);
    });
}

/// What a forger with the database but without the key may try, and what the check says.
const FORGERIES: [(&str, JournalBreak); 15] = [
    ("UPDATE {journal} SET event = 'authn_login_success' WHERE seq = 2", JournalBreak::Altered(2)),
    ("UPDATE {journal} SET at = at + 1 WHERE seq = 3", JournalBreak::Altered(3)),
    ("UPDATE {journal} SET operator = 'somebody' WHERE seq = 2", JournalBreak::Altered(2)),
    ("UPDATE {journal} SET operator = NULL WHERE seq = 3", JournalBreak::Altered(3)),
    ("UPDATE {journal} SET request_id = '' WHERE seq = 1", JournalBreak::Altered(1)),
    ("UPDATE {journal} SET digest = NULL WHERE seq = 2", JournalBreak::Altered(2)),
    ("DELETE FROM {journal} WHERE seq = 1", JournalBreak::Missing(1)),
    ("DELETE FROM {journal} WHERE seq = 3", JournalBreak::Missing(3)),
    ("DELETE FROM {journal} WHERE seq = 4", JournalBreak::Missing(4)),
    ("DELETE FROM {journal}", JournalBreak::Missing(1)),
    // Beyond the end.
    (
        "INSERT INTO {journal} (user_id, seq, at, event, digest) SELECT user_id, 5, at, 'authn_login_success', digest \
         FROM {journal} WHERE seq = 4",
        JournalBreak::Altered(5),
    ),
    (
        "INSERT INTO {journal} (user_id, seq, at, event) SELECT user_id, 1000, at, 'authn_login_success' FROM {journal} \
         WHERE seq = 4",
        JournalBreak::Missing(5),
    ),
    // As if all but the last had been purged before there was a key.
    (
        "DELETE FROM {journal} WHERE seq < 4; UPDATE {journal} SET checkpoint = '', digest = NULL, \
         event = 'sys_journal_purged', operator = NULL",
        JournalBreak::Altered(4),
    ),
    (
        "DELETE FROM {journal} WHERE seq = 1; UPDATE {journal} SET checkpoint = 'forged', event = 'sys_journal_purged', \
         operator = NULL WHERE seq = 2",
        JournalBreak::Altered(2),
    ),
    (
        "INSERT INTO {journal} (user_id, seq, at, event, operator, digest) \
         SELECT user_id, seq, at, event, operator, digest FROM {journal} WHERE seq = 3",
        JournalBreak::Repeated(3),
    ),
];

fn finds_forgeries<S: Store>(name: &str, fresh: impl Fn() -> Database<S>) {
    for (forgery, expected) in FORGERIES {
        let database = fresh();
        let (_, operator, _) = host(database.store.clone(), &ManualClock::new());
        let found = block_on(async {
            let ann = operator.provision(email("ann@acme.example")).await.unwrap().user_id;
            let boss = operator.on_behalf_of(&id(1));
            boss.deactivate(&ann).await.unwrap();
            boss.reactivate(&ann).await.unwrap();
            operator.deactivate(&ann).await.unwrap();
            assert_eq!(operator.check_journal(&database.store, &ann).await.unwrap().first_break, None);
            ann
        });
        database.run(forgery);
        let checked = block_on(operator.check_journal(&database.store, &found)).unwrap();
        assert_eq!(checked.first_break, Some(expected), "{name}: {forgery}");
    }
}

#[test]
fn a_check_names_the_first_entry_that_was_altered_or_removed() {
    finds_forgeries("SQLite", in_sqlite);
    let Some(url) = support::postgres::url_or_skip("forgeries on PostgreSQL") else { return };
    finds_forgeries("PostgreSQL", || in_postgres(url));
}

/// One entry is dated years back, as by a machine without the time. It takes none of those before it with it.
#[test]
fn purging_takes_no_entry_before_its_time() {
    let users = Arc::new(MemoryUsers::new().with_journal());
    block_on(keeps_what_is_young(users.clone(), users));
    let sqlite = in_sqlite();
    block_on(keeps_what_is_young(sqlite.store.clone(), sqlite.store));
    let Some(url) = support::postgres::url_or_skip("purging on PostgreSQL") else { return };
    let postgres = in_postgres(url);
    block_on(keeps_what_is_young(postgres.store.clone(), postgres.store));
}

async fn keeps_what_is_young(users: impl UserRepository, journal: impl Journal) {
    let clock = ManualClock::new();
    let builder = Auth::builder(site(), users, doorward::store::MemoryAttempts::new(), RecordingMailer::new());
    let (_, operator) = builder.clock(clock.clone()).index_key([5; 32]).build_with_operator().unwrap();
    let ann = operator.provision(email("ann@acme.example")).await.unwrap().user_id;
    operator.deactivate(&ann).await.unwrap();
    let young = doorward::Clock::now(&clock);
    clock.set(young - 1_000 * support::DAY);
    operator.reactivate(&ann).await.unwrap();
    clock.set(young + support::DAY);
    assert_eq!(operator.purge_journal(&journal, young - support::DAY, 100).await.unwrap(), 0);
    let kept = async || {
        let checked = operator.check_journal(&journal, &ann).await.unwrap();
        (checked.entries, checked.unchained, checked.first_break)
    };
    assert_eq!(kept().await, (3, 0, None));
    assert_eq!(operator.purge_journal(&journal, young + support::HOUR, 100).await.unwrap(), 3);
    assert_eq!(kept().await, (0, 0, None));
    operator.deactivate(&ann).await.unwrap();
    assert_eq!(kept().await, (1, 0, None));
}

/// If the entries cannot be stored, neither is the change; and nobody is locked out by entries that are there already.
fn stores_both_or_neither<S: Store>(name: &str, database: &Database<S>) {
    let clock = ManualClock::new();
    let (auth, operator, mailer) = host(database.store.clone(), &clock);
    let ann = block_on(operator.provision(email("ann@acme.example"))).unwrap().user_id;
    let temporary = mailer.last_to(&email("ann@acme.example")).unwrap().temporary_password().unwrap();
    database.run("ALTER TABLE {journal} RENAME COLUMN event TO hidden");
    block_on(operator.deactivate(&ann)).unwrap_err();
    block_on(operator.provision(email("bob@acme.example"))).unwrap_err();
    block_on(operator.delete(&ann)).unwrap_err();
    assert_eq!(database.number("SELECT COUNT(*) FROM {users} WHERE status = 'active'"), 1, "{name}");
    database.run("ALTER TABLE {journal} RENAME COLUMN hidden TO event");
    assert_eq!(database.number("SELECT COUNT(*) FROM {journal}"), 1, "{name}");

    // As after putting back the table of users, but not that of the journal.
    database.run("UPDATE {journal} SET seq = seq + 1");
    let signed_in = block_on(auth.sign_in(doorward::SignInRequest::new("ann@acme.example", &temporary)));
    assert!(matches!(signed_in, Ok(SignIn::PasswordChangeRequired(_))), "{name}");
    let checked = block_on(operator.check_journal(&database.store, &ann)).unwrap();
    assert!(checked.first_break.is_some(), "{name}");
}

#[test]
fn a_change_and_its_entries_are_stored_both_or_neither() {
    stores_both_or_neither("SQLite", &in_sqlite());
    let Some(url) = support::postgres::url_or_skip("both or neither on PostgreSQL") else { return };
    stores_both_or_neither("PostgreSQL", &in_postgres(url));
}

/// A dump is restored on a server that counts its transactions from a lower number.
#[test]
fn a_reader_goes_on_after_a_move_to_another_server() {
    let Some(url) = support::postgres::url_or_skip("a move to another server") else { return };
    let database = in_postgres(url);
    let (_, operator, _) = host(database.store.clone(), &ManualClock::new());
    let ann = block_on(operator.provision(email("ann@acme.example"))).unwrap().user_id;
    database.run("UPDATE {journal} SET xact = xact + 1000000000");
    let cursor: JournalCursor = {
        let number = database.number("SELECT xact FROM {journal}");
        let position = database.number("SELECT position FROM {journal}");
        JournalCursor::new(number, position)
    };
    block_on(async {
        database.store.migrate().await.unwrap();
        operator.deactivate(&ann).await.unwrap();
        let mut behind = Vec::new();
        while behind.is_empty() {
            behind = database.store.follow(cursor, 10).await.unwrap().entries;
        }
        assert_eq!(behind.iter().map(|entry| &*entry.event).collect::<Vec<_>>(), ["user_archived"]);
        let all = database.store.follow(JournalCursor::default(), 10).await.unwrap().entries;
        assert_eq!(all.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2]);
    });
}

/// Whoever guesses passwords leaves no address in the journal. Their failures are entered when the owner signs in.
#[test]
fn failures_are_entered_without_addresses() {
    let database = in_sqlite();
    let clock = ManualClock::new();
    let (auth, operator, mailer) = host(database.store.clone(), &clock);
    let ann = block_on(operator.provision(email("ann@acme.example"))).unwrap().user_id;
    let temporary = mailer.last_to(&email("ann@acme.example")).unwrap().temporary_password().unwrap();
    let sign_in = |address: &str, password: &str| {
        block_on(auth.sign_in(doorward::SignInRequest::new(address, password).request_id("7c1d")))
    };
    let Ok(SignIn::PasswordChangeRequired(challenge)) = sign_in("ann@acme.example", &temporary) else { panic!() };
    let _ = block_on(auth.choose_password(&challenge, support::OLD)).unwrap();
    let before = database.number("SELECT COUNT(*) FROM {journal}");
    // Each at a time at which it is not throttled. Three failures are remembered for three hours.
    for _ in 0..3 {
        clock.advance(support::HOUR / 2);
        sign_in("ann@acme.example", "a wrong password").unwrap_err();
        sign_in("nobody@acme.example", "a wrong password").unwrap_err();
    }
    assert_eq!(database.number("SELECT COUNT(*) FROM {journal}"), before, "a failure enters nothing");
    clock.advance(2 * support::HOUR);
    block_on(auth.purge()).unwrap();
    let Ok(SignIn::Complete(_)) = sign_in("ann@acme.example", support::OLD) else { panic!() };
    let latest = block_on(database.store.latest(&ann, None, 10)).unwrap();
    let failures: Vec<_> = latest.iter().filter(|entry| &*entry.event == "authn_login_fail").collect();
    assert_eq!(failures.len(), 3);
    assert!(failures.iter().all(|entry| entry.request_id.is_none()));
    assert!(failures.windows(2).all(|pair| pair[0].at - pair[1].at == support::HOUR / 2), "the latest first");
    assert_eq!(latest[0].request_id.as_deref(), Some("7c1d"));
    let strangers = database.number("SELECT COUNT(DISTINCT user_id) FROM {journal}");
    assert_eq!(strangers, 1, "an unknown address is not entered");
    assert_eq!(block_on(operator.check_journal(&database.store, &ann)).unwrap().first_break, None);
    for column in ["event", "request_id", "user_id", "digest"] {
        assert_eq!(database.number(&format!("SELECT COUNT(*) FROM {{journal}} WHERE {column} LIKE '%@%'")), 0);
    }
}
