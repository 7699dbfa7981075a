//! Importing all accounts of another system.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use doorward::account::{
    ImportMark, ImportReport, ImportRow, ImportSource, ImportStopped, Provision, SkipReason, SkippedRow, UserStatus,
};
use doorward::event::EventKind;
use doorward::hashing::HashScheme;
use doorward::store::{BackendError, BackendErrorKind, MemoryUsers, UserDirectory};
use doorward::testing::{Driven, Fault, Faults};
use doorward::{Auth, UserId, UserRepository};
use pollster::block_on;

use crate::support::*;

/// "password" hashed by the reference implementation (`tests/data/argon2_reference.json`).
const HASH: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
const BCRYPT: &str = "$2b$04$.OGB/.SE/ueHAeqKBO2NC.XCOKWuDEDghK0cRaRNb98jHaNaIveVO";

/// A table of another system, in the order of its rows. It counts its pages, and fails when it is told to.
#[derive(Clone, Default)]
struct Table(Arc<Mutex<Rows>>);

#[derive(Default)]
struct Rows {
    rows: Vec<ImportRow>,
    ids: Vec<String>,
    marks: BTreeMap<String, ImportMark>,
    largest_page: usize,
    marks_to_fail: u32,
    ignores_after: bool,
}

impl Table {
    fn of(rows: &[(&str, &str, Option<&str>)]) -> Self {
        let table = Self::default();
        rows.iter().for_each(|(id, email, hash)| table.add(id, email, *hash));
        table
    }

    fn add(&self, id: &str, email: &str, hash: Option<&str>) {
        self.add_row(id, ImportRow::new(id, email).password_hash(hash.map(str::to_owned)));
    }

    fn add_row(&self, id: &str, row: ImportRow) {
        let mut table = self.0.lock().unwrap();
        table.rows.push(row);
        table.ids.push(id.to_owned());
    }

    /// As an administrator of the old system would.
    fn change(&self, id: &str, email: &str, hash: Option<&str>) {
        let mut table = self.0.lock().unwrap();
        let nth = table.ids.iter().position(|known| known == id).unwrap();
        table.rows[nth] = ImportRow::new(id, email).password_hash(hash.map(str::to_owned));
    }

    fn marks(&self) -> Vec<(String, ImportMark)> {
        self.0.lock().unwrap().marks.clone().into_iter().collect()
    }

    fn clear(&self, id: &str) {
        self.0.lock().unwrap().marks.remove(id);
    }
}

#[doorward::async_trait]
impl ImportSource for Table {
    async fn next_page(
        &self,
        mark: Option<ImportMark>,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<ImportRow>, BackendError> {
        let mut table = self.0.lock().unwrap();
        let after = after.filter(|_| !table.ignores_after);
        let begin = after.map_or(0, |after| table.ids.iter().position(|id| id == after).unwrap() + 1);
        let due = |nth: &usize| table.marks.get(&table.ids[*nth]).copied() == mark;
        let page: Vec<_> = (begin..table.rows.len()).filter(due).take(at_most as usize).collect();
        let page: Vec<_> = page.into_iter().map(|nth| table.rows[nth].clone()).collect();
        table.largest_page = table.largest_page.max(page.len());
        Ok(page)
    }

    async fn mark(&self, ids: &[&str], mark: ImportMark) -> Result<(), BackendError> {
        let mut table = self.0.lock().unwrap();
        if table.marks_to_fail > 0 {
            table.marks_to_fail -= 1;
            return Err(BackendError::new(BackendErrorKind::Unavailable));
        }
        for id in ids {
            let stored = table.marks.entry((*id).to_owned()).or_insert(mark);
            *stored = (*stored).max(mark);
        }
        Ok(())
    }
}

fn run(world: &World, table: &Table) -> ImportReport {
    block_on(world.operator.import_from(table).page_size(3).run()).unwrap()
}

fn id(text: &str) -> UserId {
    UserId::parse(text).unwrap()
}

fn reasons(report: &ImportReport) -> Vec<(&str, &'static str)> {
    report.rows.iter().map(|row| (row.id.as_ref().map_or("-", UserId::as_str), row.reason.code())).collect()
}

/// Rows of every kind, in an order that no page respects.
fn mixed() -> Table {
    Table::of(&[
        ("1", ANN, Some(HASH)),
        ("2", "bob at acme", Some(HASH)),
        ("3", "Ann@ACME.example", Some(HASH)),
        ("4", " cem@acme.example\r\n", Some(HASH)),
        ("5", "dora@acme.example", None),
        ("6", "eve@acme.example", Some("5f4dcc3b5aa765d61d8327deb882cf99")),
        ("7", "", Some(HASH)),
        ("8", "fay@acme.example", Some("!v3RyUnusable")),
        ("", "gus@acme.example", Some(HASH)),
        ("hal@acme.example", "hal@acme.example", Some(HASH)),
        (BCRYPT, "ida@acme.example", None),
        ("12", "jo\u{200b}e@acme.example", None),
    ])
}

const BAD: [(&str, &str); 8] = [
    ("2", "malformed_email"),
    ("3", "email_taken"),
    ("6", "unreadable_hash"),
    ("7", "malformed_email"),
    ("-", "malformed_id"),
    ("-", "malformed_id"),
    ("-", "malformed_id"),
    ("12", "malformed_email"),
];

#[test]
fn a_bad_row_stops_nothing_and_is_named_by_its_id_and_a_reason() {
    let (world, table) = (World::new(), mixed());
    let report = run(&world, &table);
    assert_eq!((report.read, report.imported, report.provisioned, report.skipped), (12, 2, 2, 8));
    assert_eq!(reasons(&report), BAD);
    assert_eq!(report.rows[1].reason, SkipReason::EmailTaken { by: Some(id("1")) });
    assert_eq!(report.rows.iter().map(|row| row.position).collect::<Vec<_>>(), [2, 3, 6, 7, 9, 10, 11, 12]);
    assert_eq!(report.schemes, BTreeMap::from([("argon2id", 2)]));
    assert_eq!((report.risks["weak"], report.costs.values().sum::<u64>()), (2, 2));
    assert_eq!((report.hashes_left, report.may_empty_old_hashes()), (6, false));
    assert_eq!(world.mailer.count(), 0);
    assert_eq!(world.observer.count(&EventKind::Imported { scheme: HashScheme::Argon2id }), 2);
    assert_eq!(table.0.lock().unwrap().largest_page, 3);
    let ann = world.signed_in(ANN, "password");
    assert_eq!(ann.user_id().as_str(), "1");
    let _ = world.signed_in("cem@acme.example", "password");
    // Those without a password prove their mailbox.
    let challenge = world.challenge("fay@acme.example", &world.confirm("fay@acme.example"));
    let _ = world.choose(&challenge, NEW);
}

#[test]
fn a_report_holds_no_address_no_hash_and_no_password() {
    let (world, table) = (World::new(), mixed());
    let said = Mutex::new(String::new());
    let say = |text: String| said.lock().unwrap().push_str(&text);
    let report = block_on(
        world
            .operator
            .import_from(&table)
            .on_progress(|report| say(format!("{report} {report:?} {report:#?}")))
            .on_skipped(|row| say(format!("{row} {row:?}")))
            .run(),
    )
    .unwrap();
    report.rows.iter().for_each(|row| say(format!("{row} {row:?} {}", row.reason)));
    let review = block_on(world.operator.review_import(&table)).unwrap();
    say(format!("{report} {report:?} {review} {review:?}"));
    for row in &table.0.lock().unwrap().rows {
        say(format!("{row:?}"));
    }
    table.0.lock().unwrap().marks_to_fail = 1;
    table.add("13", "kim@acme.example", Some(HASH));
    let stopped = block_on(world.operator.import_from(&table).run()).unwrap_err();
    say(format!("{stopped} {stopped:?}"));
    let said = said.into_inner().unwrap();
    for secret in ["@", "acme", "$", "5f4dcc", "!v3", "c29tZXNhbHQ", "OGB"] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
}

#[test]
fn a_repeated_run_imports_what_was_corrected_and_nothing_twice() {
    let (world, table) = (World::new(), mixed());
    let _ = run(&world, &table);
    let again = run(&world, &table);
    assert_eq!((again.read, again.imported, again.provisioned, again.taken_over_already), (8, 0, 0, 0));
    let mut same = reasons(&again);
    same.sort_unstable();
    let mut bad = BAD;
    bad.sort_unstable();
    assert_eq!(same, bad, "the report still names them");
    table.change("2", "bob@acme.example", Some(HASH));
    table.change("3", "other.ann@acme.example", Some(HASH));
    // Eve was provisioned by hand.
    let eve = Provision::new(email("eve@acme.example")).id(id("6"));
    let _ = block_on(world.operator.provision_without_mail(eve)).unwrap();
    let third = run(&world, &table);
    assert_eq!((third.imported, third.taken_over_already), (1, 1));
    assert!(reasons(&third).contains(&("3", "held")), "corrected, but nobody said that it is somebody else");
    table.clear("3");
    assert_eq!(run(&world, &table).imported, 1);
    let _ = world.signed_in("other.ann@acme.example", "password");
}

#[test]
fn a_deleted_person_does_not_come_back_by_the_row_nor_by_another_row_of_the_address() {
    let (world, table) = (World::new(), mixed());
    let _ = run(&world, &table);
    block_on(world.operator.delete(&id("1"))).unwrap();
    let report = run(&world, &table);
    assert_eq!((report.imported, report.provisioned), (0, 0));
    assert_eq!(reasons(&report)[0], ("3", "held"));
    assert!(world.fails(ANN, "password"));
    // Nor where the account with the address was there before the import.
    let (world, ann) = World::with_ann();
    let table = Table::of(&[("7", ANN, Some(HASH))]);
    assert_eq!(reasons(&run(&world, &table)), [("7", "email_taken")]);
    block_on(world.operator.delete(ann.user_id())).unwrap();
    assert_eq!(run(&world, &table).imported, 0);
    assert!(world.fails(ANN, "password"));
}

#[test]
fn a_run_that_died_between_an_account_and_its_mark_is_continued() {
    let (world, table) = (World::new(), mixed());
    table.0.lock().unwrap().marks_to_fail = 1;
    let stopped = block_on(world.operator.import_from(&table).run()).unwrap_err();
    assert!(matches!(stopped, ImportStopped::Source { .. }));
    assert_eq!((stopped.code(), stopped.report().imported, stopped.report().complete), ("source_failed", 2, false));
    assert!(!stopped.report().may_empty_old_hashes());
    assert!(table.marks().is_empty());
    let report = run(&world, &table);
    assert_eq!((report.imported, report.provisioned, report.taken_over_already), (0, 0, 4));
    assert_eq!(reasons(&report), BAD);

    // The same, and the person is deleted before the next run.
    let (world, table) = (World::new(), mixed());
    table.0.lock().unwrap().marks_to_fail = 1;
    block_on(world.operator.import_from(&table).run()).unwrap_err();
    block_on(world.operator.delete_imported(&table, &id("4"))).unwrap();
    assert_eq!(run(&world, &table).imported, 0);
    assert!(world.fails("cem@acme.example", "password"));
}

#[test]
fn a_source_that_fails_to_mark_keeps_the_account_that_was_to_be_deleted() {
    let (world, table) = (World::new(), mixed());
    let _ = run(&world, &table);
    table.0.lock().unwrap().marks_to_fail = 1;
    assert!(block_on(world.operator.delete_imported(&table, &id("4"))).is_err());
    let _ = world.signed_in("cem@acme.example", "password");
}

/// A server spawns the run at its start.
#[test]
fn a_run_can_be_spawned() {
    fn is_send(_: &impl Send) {}
    let (world, table) = (World::new(), mixed());
    let run = world.operator.import_from(&table).on_progress(|_| {}).run();
    is_send(&run);
    assert_eq!(block_on(run).unwrap().imported, 2);
    is_send(&world.operator.review_import(&table));
    is_send(&world.operator.delete_imported(&table, &id("1")));
}

#[test]
fn two_runs_at_once_create_each_account_once() {
    let (world, table) = (World::new(), Table::default());
    for n in 0..400 {
        // Every fifth row has the address of the row before.
        table.add(&n.to_string(), &format!("user{}@acme.example", n - i32::from(n % 5 == 4)), Some(HASH));
    }
    let run = || block_on(world.operator.import_from(&table).page_size(7).run()).unwrap();
    let reports = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(reports.iter().map(|report| report.imported).sum::<u64>(), 320);
    assert_eq!(block_on(world.users.count()).unwrap().active, 320);
    let held = |(id, mark): &(String, ImportMark)| (id.parse::<u32>().unwrap() % 5 == 4) == (*mark == ImportMark::Held);
    let marks = table.marks();
    assert!(marks.len() == 400 && marks.iter().all(held));
}

#[test]
fn an_id_that_belongs_to_another_address_is_told_and_nothing_is_overwritten() {
    let (world, table) = (World::new(), Table::of(&[("1", ANN, Some(HASH)), ("2", "bob@acme.example", Some(HASH))]));
    let other = Provision::new(email("somebody@acme.example")).id(id("1"));
    let _ = block_on(world.operator.provision_without_mail(other)).unwrap();
    assert_eq!(reasons(&run(&world, &table)), [("1", "id_taken")]);
    assert_eq!(reasons(&run(&world, &table)), [("1", "id_taken")], "and again");
    assert!(world.fails(ANN, "password"));
}

#[test]
fn a_review_tells_which_addresses_differ_who_was_deleted_and_what_is_left() {
    let (world, table) = (World::new(), mixed());
    let _ = run(&world, &table);
    let review = || block_on(world.operator.review_import(&table)).unwrap();
    let first = review();
    assert_eq!((first.taken_over, first.deleted, first.emails_differ, first.old_hashes), (4, 0, 0, 2));
    assert_eq!((first.left, first.hashes_left, first.may_empty_old_hashes()), (8, 6, false));
    table.change("5", "dora.holm@acme.example", None);
    table.change("8", "no address", None);
    block_on(world.operator.delete(&id("4"))).unwrap();
    let _ = world.signed_in(ANN, "password");
    let second = review();
    assert_eq!((second.taken_over, second.deleted, second.emails_differ, second.old_hashes), (4, 1, 2, 0));
    assert_eq!(second.differing, [id("5"), id("8")]);
    // Once the rows that are left have no hash, the column is needed no more.
    for (bad, address) in [("2", "bob at acme"), ("3", ANN), ("6", "eve@acme.example"), ("7", "")] {
        table.change(bad, address, None);
    }
    table.change("", "gus@acme.example", None);
    table.change("hal@acme.example", "hal@acme.example", None);
    assert!(review().may_empty_old_hashes());
    assert!(run(&world, &table).may_empty_old_hashes());
}

#[test]
fn a_person_who_could_not_sign_in_there_cannot_sign_in_here() {
    let (world, table) = (World::new(), Table::default());
    let row = |id, address| ImportRow::new(id, address).deactivated(true);
    table.add_row("1", row("1", ANN).password_hash(HASH.to_owned()));
    table.add_row("2", row("2", "bob@acme.example"));
    let report = block_on(world.operator.import_from(&table).mail_welcomes().run()).unwrap();
    assert_eq!((report.imported, report.provisioned, report.deactivated), (1, 1, 2));
    assert_eq!(world.mailer.count(), 0, "nor is anybody welcomed");
    assert_eq!(world.observer.count(&EventKind::Deactivated), 2);
    assert!(world.fails(ANN, "password"));
    assert_eq!(block_on(world.users.list(UserStatus::Deactivated, None, 9)).unwrap().len(), 2);
    block_on(world.operator.reactivate(&id("1"))).unwrap();
    let _ = world.signed_in(ANN, "password");
}

#[test]
fn a_change_can_be_asked_of_everybody() {
    let (world, table) = (World::new(), Table::default());
    table.add_row("1", ImportRow::new("1", ANN).password_hash(HASH.to_owned()).require_password_change());
    let _ = run(&world, &table);
    assert!(matches!(world.sign_in(ANN, "password"), Ok(doorward::SignIn::PasswordChangeRequired(_))));
}

#[test]
fn rows_whose_hash_cannot_be_read_are_provisioned_where_the_host_says_so() {
    let (world, table) = (World::new(), mixed());
    let report = block_on(world.operator.import_from(&table).provision_unreadable().run()).unwrap();
    assert_eq!((report.imported, report.provisioned, report.hashes_dropped), (2, 3, 1));
    assert!(!report.reasons.contains_key("unreadable_hash"));
    // One that was welcomed before the run died is welcomed again.
    let (world, table) = (World::new(), Table::of(&[("6", "eve@acme.example", Some("md5$q8Zr$5f4dcc3b"))]));
    let run = || block_on(world.operator.import_from(&table).provision_unreadable().mail_welcomes().run());
    table.0.lock().unwrap().marks_to_fail = 1;
    let _ = run().unwrap_err();
    world.clock.advance(10 * MINUTE);
    let _ = run().unwrap();
    assert_eq!((world.mailer.count(), table.marks().len()), (2, 1));
}

/// PostgreSQL pads `CHAR(128)`, and files end their lines.
#[test]
fn blanks_around_a_hash_are_no_part_of_it_and_blanks_alone_are_none() {
    let (world, table) = (World::new(), Table::of(&[("2", "bob@acme.example", Some("   "))]));
    table.add("1", ANN, Some(&format!("{HASH:<128}\r\n")));
    let report = run(&world, &table);
    assert_eq!((report.imported, report.provisioned), (1, 1));
    let _ = world.signed_in(ANN, "password");
}

#[test]
fn a_held_row_whose_account_was_made_by_hand_is_taken_over() {
    let (world, table) = (World::new(), Table::of(&[("1", ANN, Some(HASH)), ("2", ANN, Some(HASH))]));
    let _ = run(&world, &table);
    table.change("2", "second.ann@acme.example", Some(HASH));
    let by_hand = Provision::new(email("second.ann@acme.example")).id(id("2"));
    let _ = block_on(world.operator.provision_without_mail(by_hand)).unwrap();
    let report = run(&world, &table);
    assert_eq!((report.read, report.taken_over_already, report.skipped), (1, 1, 0));
    assert_eq!(run(&world, &table).read, 0);
}

#[test]
fn a_welcome_is_mailed_once_unless_nobody_knows_whether_it_was() {
    let table = Table::of(&[("1", ANN, None), ("2", "bob@acme.example", Some(HASH)), ("3", "cem@acme.example", None)]);
    let world = World::new();
    let welcome = || block_on(world.operator.import_from(&table).mail_welcomes().run());
    // The run dies after the first mail, before the mark.
    table.0.lock().unwrap().marks_to_fail = 1;
    welcome().unwrap_err();
    assert_eq!(world.mailer.count(), 1);
    // It may still be running for all that another instance knows.
    let report = welcome().unwrap();
    assert_eq!(reasons(&report), [("1", "welcome_not_mailed")]);
    assert_eq!((report.imported, report.provisioned, world.mailer.count()), (1, 1, 2));
    world.clock.advance(10 * MINUTE);
    assert_eq!(welcome().unwrap().taken_over_already, 1);
    assert_eq!((world.mailer.count(), welcome().unwrap().read), (3, 0));
    let challenge = world.challenge(ANN, &world.mailed_password());
    let _ = world.choose(&challenge, NEW);
}

/// Each kind of fault at each call of the store and the mailer: the next run ends as a quiet one.
#[test]
fn a_fault_at_any_call_loses_nobody_and_doubles_nobody() {
    let (mut struck, mut k) = (true, 0);
    while struck {
        (struck, k) = (false, k + 1);
        for fault in Fault::ALL {
            let (world, table, faults) = (World::new(), mixed(), Faults::new());
            let users = faults.users(world.users.clone());
            let builder = Auth::builder(site(), users, world.attempts.clone(), faults.mailer(world.mailer.clone()));
            let (_auth, operator) = builder.clock(world.clock.clone()).build_with_operator().unwrap();
            let run = || operator.import_from(&table).page_size(3).mail_welcomes().run();
            faults.strike(k, fault);
            let first = faults.drive(run());
            struck |= faults.has_struck();
            faults.relent();
            world.clock.advance(10 * MINUTE);
            if let Driven::Finished(Ok(report)) = &first {
                let unwelcomed = |row: &&SkippedRow| row.reason == SkipReason::WelcomeNotMailed;
                assert!(report.rows.iter().filter(unwelcomed).count() <= 1, "{fault:?} at {k}");
            }
            assert_eq!(reasons(&block_on(run()).unwrap()).len(), BAD.len(), "{fault:?} at {k}");
            let marks = |mark| table.marks().into_iter().filter(|(_, it)| *it == mark).map(|(id, _)| id).collect();
            let (taken, held): (Vec<_>, Vec<_>) = (marks(ImportMark::TakenOver), marks(ImportMark::Held));
            assert_eq!((taken, held), (["1", "4", "5", "8"].map(String::from).into(), vec!["3".to_owned()]));
            for address in [ANN, "cem@acme.example"] {
                let _ = world.signed_in(address, "password");
            }
            for address in ["dora@acme.example", "fay@acme.example"] {
                let welcome = world.mailer.last_to(&email(address)).expect("a welcome");
                let _ = world.challenge(address, &welcome.temporary_password().unwrap());
            }
        }
    }
    assert!(k > 10, "{k} calls");
}

#[test]
fn a_failing_store_stops_the_run_and_the_next_one_continues() {
    let table = mixed();
    let world = World::new();
    block_on(world.auth.close());
    let stopped = block_on(world.operator.import_from(&table).run()).unwrap_err();
    assert!(matches!(stopped, ImportStopped::Unavailable { .. }));
    assert_eq!((stopped.code(), stopped.report().read), ("closed", 0));
    assert_eq!(run(&world.restarted(|builder| builder), &table).imported, 2);
}

/// Refuses one address, as a check of a host's table may.
#[derive(Debug)]
struct Picky(Arc<MemoryUsers>);

#[doorward::async_trait]
impl UserRepository for Picky {
    async fn insert(&self, user: &doorward::store::User) -> Result<doorward::store::Insert, BackendError> {
        if user.email().canonical() == ANN {
            return Err(BackendError::new(BackendErrorKind::Refused).with_code("23514"));
        }
        self.0.insert(user).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<doorward::store::User>, BackendError> {
        self.0.find_by_id(id).await
    }

    async fn find_by_email(&self, email: &doorward::Email) -> Result<Option<doorward::store::UserHead>, BackendError> {
        self.0.find_by_email(email).await
    }

    async fn replace(
        &self,
        user: &doorward::store::User,
        expected: doorward::store::Version,
    ) -> Result<doorward::store::Replace, BackendError> {
        self.0.replace(user, expected).await
    }

    async fn delete(&self, user: &doorward::store::User) -> Result<doorward::store::Swap, BackendError> {
        self.0.delete(user).await
    }

    fn keeps_journal(&self) -> bool {
        self.0.keeps_journal()
    }
}

#[test]
fn a_row_that_the_store_refuses_stops_nothing() {
    let world = World::new();
    let builder = Auth::builder(site(), Picky(world.users.clone()), world.attempts.clone(), world.mailer.clone());
    let (_auth, operator) = builder.build_with_operator().unwrap();
    let table = mixed();
    let report = block_on(operator.import_from(&table).run()).unwrap();
    assert_eq!((report.imported, report.reasons["refused"]), (1, 2));
    assert_eq!(report.rows[0].to_string(), "row 1: the store refused the account (23514)");
    assert!(!table.marks().iter().any(|(id, _)| id == "1"), "it is tried again");
}

#[test]
fn a_source_that_returns_a_row_again_ends_the_run_instead_of_repeating_it_for_ever() {
    let (world, table) = (World::new(), mixed());
    table.0.lock().unwrap().ignores_after = true;
    let stopped = block_on(world.operator.import_from(&table).page_size(3).run()).unwrap_err();
    assert_eq!(stopped.code(), "source_repeats");
}

#[test]
fn a_report_names_ten_thousand_rows_and_counts_all() {
    let (world, table) = (World::new(), Table::default());
    for n in 0..10_050 {
        table.add(&n.to_string(), "", Some(HASH));
    }
    let mut told = 0;
    let report = block_on(world.operator.import_from(&table).page_size(1_000).on_skipped(|_| told += 1).run()).unwrap();
    assert_eq!((report.rows.len(), report.skipped, told), (10_000, 10_050, 10_050));
}

#[cfg(feature = "legacy-hashes")]
#[path = "../../examples/import.rs"]
mod example;

#[cfg(feature = "legacy-hashes")]
mod exports {
    use super::example::{Export, Reader, SYSTEMS, import, show};
    use super::*;

    fn world() -> World {
        World::with(|builder| builder.configure(|config| config.hashing.legacy = true))
    }

    fn read(system: &str) -> (Reader, String) {
        let (_, reader, file) = SYSTEMS.into_iter().find(|(name, ..)| *name == system).unwrap();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/exports");
        (reader, std::fs::read_to_string(format!("{folder}/{file}")).unwrap())
    }

    #[test]
    fn the_example_imports_every_export() {
        tokio::runtime::Runtime::new().unwrap().block_on(show()).unwrap();
    }

    /// With each system: how many are imported, provisioned and deactivated, and why the others are skipped.
    #[test]
    fn each_export_is_read_as_its_system_means_it() {
        let expected: [(&str, u64, u64, u64, &[&str]); 8] = [
            ("django", 3, 1, 1, &["email_taken", "malformed_email", "unreadable_hash"]),
            ("devise", 3, 2, 0, &["malformed_email"]),
            ("aspnet", 1, 1, 0, &["unreadable_hash"]),
            ("laravel", 2, 0, 0, &["email_taken", "malformed_email"]),
            ("keycloak", 4, 0, 1, &[]),
            ("wordpress", 3, 0, 0, &[]),
            ("auth0", 2, 1, 0, &[]),
            ("firebase", 1, 1, 0, &[]),
        ];
        for (system, imported, provisioned, deactivated, bad) in expected {
            let (world, (reader, text)) = (world(), read(system));
            let export = Export::open(reader(&text).unwrap(), None).unwrap();
            let report = block_on(import(&world.operator, &export)).unwrap();
            let counted = (report.imported, report.provisioned, report.deactivated);
            assert_eq!(counted, (imported, provisioned, deactivated), "{system}: {report}");
            assert_eq!(report.reasons.keys().copied().collect::<Vec<_>>(), bad, "{system}");
            assert_eq!(report.read, report.imported + report.provisioned + report.skipped, "{system}");
        }
    }

    /// Whoever signed up there with a stranger's address brings no password.
    #[test]
    fn an_address_that_was_never_verified_brings_no_password() {
        for (system, address) in [("devise", "bob@acme.example"), ("auth0", "bob@acme.example")] {
            let (world, (reader, text)) = (world(), read(system));
            let export = Export::open(reader(&text).unwrap(), None).unwrap();
            let _ = block_on(import(&world.operator, &export)).unwrap();
            assert!(world.fails(address, "correct horse battery staple"), "{system}");
            let challenge = world.challenge(address, &world.confirm(address));
            let _ = world.choose(&challenge, NEW);
        }
    }

    #[test]
    fn a_file_that_is_none_of_the_system_is_an_error_and_no_empty_import() {
        for (system, reader, _) in SYSTEMS {
            let rows = reader("<!DOCTYPE html>\n<p>Please sign in\n");
            assert!(rows.is_err(), "{system}");
        }
    }

    #[test]
    fn a_journal_that_was_cut_off_marks_no_other_row() {
        let path = std::env::temp_dir().join(format!("doorward-journal-{}", std::process::id()));
        std::fs::write(&path, "taken_over\t3\nheld\t4\ntaken_over\t1").unwrap();
        let rows = || (1..=12).map(|n| ImportRow::new(n, format!("user{n}@acme.example"))).collect();
        let export = Export::open(rows(), Some(&path)).unwrap();
        let world = world();
        let report = block_on(world.operator.import_from(&export).run()).unwrap();
        assert_eq!((report.provisioned, reasons(&report)), (10, vec![("4", "held")]));
        let again = Export::open(rows(), Some(&path)).unwrap();
        assert_eq!(block_on(world.operator.import_from(&again).run()).unwrap().read, 1);
        std::fs::remove_file(path).unwrap();
    }
}
