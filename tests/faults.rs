//! Every flow with every fault at every call of a port: the k-th call fails, or takes effect and loses its answer, or the
//! future is dropped before or after it. Whatever happened, no access is granted, nothing single-use works twice, the user can
//! sign in at once or with a new request after the cooldown, and the journal is what was stored.
#![cfg(feature = "testing")]

mod support;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use doorward::account::{
    Import, ImportMark, ImportReport, ImportReview, ImportRow, ImportSource, Provision, ResealOutcome, UserCounts,
};
use doorward::config::{BackgroundWork, RegistrationMode, ResetMode};
use doorward::error::{
    CompleteResetError, EnrollmentError, ImportError, ProvisionError, SignInError, VerifySecondFactorError,
};
use doorward::hashing::{HashParams, PasswordHash};
use doorward::journal::{Journal, JournalCursor};
use doorward::mail::MailKind;
use doorward::second_factor::{RecoveryCodes, SecondFactorPolicy, TotpDigits, TotpEnrollment};
use doorward::session::{DeviceId, SignOutSweep};
use doorward::store::{BackendError, MemoryUsers, UserDirectory};
use doorward::testing::{Driven, Fault, Faults};
use doorward::{Auth, Challenge, Config, Operator, SignIn, SignInRequest, SignedIn, UserId, UserRepository};
use pollster::block_on;
use serde_json::Value;
use support::*;

/// Chains the journal that every world keeps.
const INDEX_KEY: [u8; 32] = [5; 32];
const FINAL: &str = "three owls in one oak tree";

/// What a process holds.
struct Handles {
    auth: Auth,
    operator: Operator,
}

impl std::ops::Deref for Handles {
    type Target = Auth;

    fn deref(&self) -> &Auth {
        &self.auth
    }
}

/// A world, and a second `Auth` over the same stores whose ports have faults.
struct Stage {
    world: World,
    faulty: Handles,
    faults: Faults,
}

/// Whatever happened, the journal is what was stored.
impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let (users, operator) = (&*self.world.users, &self.world.operator);
        let entries = block_on(users.follow(JournalCursor::default(), 10_000)).unwrap().entries;
        let everybody: BTreeSet<_> = entries.into_iter().map(|entry| entry.user_id).collect();
        for id in everybody {
            let checked = block_on(operator.check_journal(users, &id)).unwrap();
            assert_eq!((checked.unchained, checked.first_break), (0, None), "{id}");
        }
    }
}

/// Background work, of which nothing is left if it is dropped.
fn at_once(mut work: BackgroundWork) {
    let _ = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

impl Stage {
    /// Whose mails are owed.
    fn owing(change: impl Fn(&mut Config)) -> Self {
        let mut stage = Self::new(&change);
        let Self { world, faults, .. } = &stage;
        let (users, attempts) = (faults.users(world.users.clone()), faults.attempts(world.attempts.clone()));
        let (auth, operator) = Auth::builder(site(), users, attempts, faults.mailer(world.mailer.clone()))
            .clock(world.clock.clone())
            .keyring(keyring())
            .index_key(INDEX_KEY)
            .background(at_once)
            .owed_mails(faults.user_directory(world.users.clone()))
            .configure(for_tests)
            .configure(&change)
            .configure(|config| config.hashing.threads = std::num::NonZeroUsize::new(1))
            .build_with_operator()
            .unwrap();
        stage.faulty = Handles { auth, operator };
        stage
    }

    /// What is owed is delivered once the lease of whoever tried it is over; returns the mails of that kind since.
    fn settle(&self, since: usize, kind: &str) -> usize {
        self.world.clock.advance(16 * MINUTE);
        let delivered = block_on(self.faulty.auth.deliver_owed()).unwrap();
        assert_eq!((delivered.failed, delivered.given_up), (0, 0));
        assert_eq!(block_on(self.world.users.list_owing(self.world.now() + DAY, 9)).unwrap(), []);
        self.world.mailer.mails()[since..].iter().filter(|it| it.mail.kind().name() == kind).count()
    }

    fn new(change: impl Fn(&mut Config)) -> Self {
        // It opens seals but creates none, so that both ways of storing hashes occur.
        let change = |config: &mut Config| {
            // No two steps of these share a code by chance.
            config.second_factor.totp.digits = TotpDigits::Eight;
            change(config);
        };
        let world = World::over(MemoryUsers::new().with_journal(), |builder| {
            builder.keyring(keyring()).index_key(INDEX_KEY).configure(change)
        });
        let faults = Faults::new();
        let (users, attempts) = (faults.users(world.users.clone()), faults.attempts(world.attempts.clone()));
        let (auth, operator) = Auth::builder(site(), users, attempts, faults.mailer(world.mailer.clone()))
            .clock(world.clock.clone())
            .keyring(keyring())
            .index_key(INDEX_KEY)
            .configure(|config| {
                change(config);
                config.hashing.params = HashParams::danger_cheap_for_tests();
                config.hashing.sealing = doorward::config::HashSealing::On;
                config.hashing.threads = std::num::NonZeroUsize::new(1);
            })
            .build_with_operator()
            .unwrap();
        Self { world, faulty: Handles { auth, operator }, faults }
    }

    /// Another `Auth` that seals, without faults.
    fn sealing(&self) -> Handles {
        let (auth, operator) =
            Auth::builder(site(), self.world.users.clone(), self.world.attempts.clone(), self.world.mailer.clone())
                .clock(self.world.clock.clone())
                .keyring(keyring())
                .index_key(INDEX_KEY)
                .configure(|config| {
                    config.hashing.params = HashParams::danger_cheap_for_tests();
                    config.hashing.sealing = doorward::config::HashSealing::On;
                })
                .build_with_operator()
                .unwrap();
        Handles { auth, operator }
    }

    /// The user signs in with one of these, or by a reset; afterwards no earlier password is valid.
    fn gets_in(&self, known: &[&str]) {
        let world = &self.world;
        assert!(world.fails(ANN, "never right"), "access was granted");
        let mut works = known.iter().filter(|password| match world.sign_in(ANN, password) {
            Ok(SignIn::Complete(_)) => true,
            Ok(SignIn::PasswordChangeRequired(challenge)) => {
                let _ = world.choose(&challenge, FINAL);
                true
            }
            Err(SignInError::InvalidCredentials) => false,
            other => panic!("{other:?}"),
        });
        if works.next().is_some() {
            return;
        }
        world.clock.advance(HOUR);
        let mailed = world.confirm(ANN);
        let challenge = world.challenge(ANN, &mailed);
        let _ = world.choose(&challenge, FINAL);
        for password in known.iter().chain([&mailed.as_str()]) {
            assert!(world.fails(ANN, password), "a single-use item works twice");
        }
        let _ = world.signed_in(ANN, FINAL);
    }

    /// How many of these passwords sign in, directly or after choosing a new one.
    fn working(&self, passwords: &[&str]) -> usize {
        passwords.iter().filter(|password| self.world.sign_in(ANN, password).is_ok()).count()
    }
}

/// Runs a flow with every fault at every call. `verify` receives the answer: `None` if it was dropped.
fn check<C>(
    name: &str,
    prepare: impl Fn(&Stage) -> C,
    run: impl AsyncFn(&Handles, &C) -> bool,
    verify: impl Fn(&Stage, &C, Option<bool>),
) {
    check_in(ResetMode::TemporaryPassword, name, prepare, run, verify);
}

fn check_in<C>(
    mode: ResetMode,
    name: &str,
    prepare: impl Fn(&Stage) -> C,
    run: impl AsyncFn(&Handles, &C) -> bool,
    verify: impl Fn(&Stage, &C, Option<bool>),
) {
    check_under(|config| config.reset.mode = mode, name, prepare, run, verify);
}

fn check_under<C>(
    change: impl Fn(&mut Config),
    name: &str,
    prepare: impl Fn(&Stage) -> C,
    run: impl AsyncFn(&Handles, &C) -> bool,
    verify: impl Fn(&Stage, &C, Option<bool>),
) {
    check_on(|| Stage::new(&change), name, prepare, run, verify);
}

fn check_on<C>(
    stage: impl Fn() -> Stage,
    name: &str,
    prepare: impl Fn(&Stage) -> C,
    run: impl AsyncFn(&Handles, &C) -> bool,
    verify: impl Fn(&Stage, &C, Option<bool>),
) {
    let mut cases = 0;
    for k in 1.. {
        let mut struck = false;
        for fault in Fault::ALL {
            let stage = stage();
            let context = prepare(&stage);
            stage.faults.strike(k, fault);
            let answer = match stage.faults.drive(run(&stage.faulty, &context)) {
                Driven::Finished(succeeded) => Some(succeeded),
                Driven::Dropped => None,
            };
            if !stage.faults.has_struck() {
                assert_eq!(answer, Some(true), "{name} works without a fault");
                continue;
            }
            struck = true;
            cases += 1;
            stage.faults.relent();
            verify(&stage, &context, answer);
        }
        if !struck {
            break;
        }
        assert!(k < 100, "{name} calls ports without end");
    }
    assert!(cases >= 4, "no fault occurred in {name}");
    println!("{name}: {cases} cases");
}

fn ann(stage: &Stage) -> SignedIn {
    stage.world.open(ANN, OLD)
}

#[test]
fn s01_provision() {
    let settle = |stage: &Stage, answer: Option<bool>| {
        match block_on(stage.world.operator.provision(email(ANN))) {
            // It had no effect.
            Ok(_) => assert_ne!(answer, Some(true)),
            // It took effect: a new mail is sent, and the previous one is void.
            Err(ProvisionError::EmailTaken) => {
                block_on(stage.world.operator.resend_welcome(stage.world.user(ANN).id())).unwrap();
            }
            Err(error) => panic!("{error:?}"),
        }
        stage.gets_in(&[&stage.world.mailed_password()]);
    };
    check(
        "provision",
        |_| (),
        async |auth, ()| auth.operator.provision(email(ANN)).await.is_ok(),
        |stage, (), answer| settle(stage, answer),
    );
    check(
        "provision under the host's id",
        |_| Provision::new(email(ANN)).id(UserId::parse("4711").unwrap()),
        async |auth, account| auth.operator.provision(account.clone()).await.is_ok(),
        |stage, _, answer| settle(stage, answer),
    );
    check(
        "provision_without_mail",
        |_| (),
        async |auth, ()| auth.operator.provision_without_mail(email(ANN)).await.is_ok(),
        |stage, (), answer| settle(stage, answer),
    );
}

/// "password" hashed by the reference implementation (`tests/data/argon2_reference.json`).
const HASH: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
const BOB: &str = "bob@acme.example";
const CEM: &str = "cem@acme.example";

fn imported() -> Import {
    Import::new(email(ANN), PasswordHash::parse(HASH).unwrap())
}

fn id(text: &str) -> UserId {
    UserId::parse(text).unwrap()
}

#[test]
fn import_user() {
    check(
        "import_user",
        |_| imported(),
        async |auth, account| auth.operator.import_user(account.clone()).await.is_ok(),
        |stage, account, answer| {
            match block_on(stage.world.operator.import_user(account.clone())) {
                // It had no effect.
                Ok(_) => assert_ne!(answer, Some(true)),
                Err(ImportError::EmailTaken) => {}
                Err(error) => panic!("{error:?}"),
            }
            stage.gets_in(&["password"]);
        },
    );
    check(
        "import_user of a deactivated person",
        |_| imported().id(id("1")).deactivated(),
        async |auth, account| auth.operator.import_user(account.clone()).await.is_ok(),
        |stage, account, answer| {
            match block_on(stage.world.operator.import_user(account.clone())) {
                Ok(_) => assert_ne!(answer, Some(true)),
                Err(ImportError::IdTaken) => {}
                Err(error) => panic!("{error:?}"),
            }
            assert!(stage.world.fails(ANN, "password"), "access was granted");
            block_on(stage.world.operator.reactivate(&id("1"))).unwrap();
            stage.gets_in(&["password"]);
        },
    );
}

/// A table of another system, and the marks of its rows.
struct Table(Mutex<Rows>);

struct Rows {
    rows: Vec<ImportRow>,
    marks: BTreeMap<String, ImportMark>,
}

#[doorward::async_trait]
impl ImportSource for Table {
    async fn next_page(
        &self,
        mark: Option<ImportMark>,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<ImportRow>, BackendError> {
        let table = self.0.lock().unwrap();
        // The ids are single digits.
        let due = |row: &&ImportRow| Some(row.id()) > after && table.marks.get(row.id()).copied() == mark;
        Ok(table.rows.iter().filter(due).take(at_most as usize).cloned().collect())
    }

    async fn mark(&self, ids: &[&str], mark: ImportMark) -> Result<(), BackendError> {
        let mut table = self.0.lock().unwrap();
        for id in ids {
            table.marks.entry((*id).to_owned()).and_modify(|old| *old = (*old).max(mark)).or_insert(mark);
        }
        Ok(())
    }
}

/// That table, and the same with faults.
struct Source {
    table: Arc<Table>,
    faulty: Arc<dyn ImportSource>,
}

impl Source {
    fn new(stage: &Stage, rows: Vec<ImportRow>) -> Self {
        let table = Arc::new(Table(Mutex::new(Rows { rows, marks: BTreeMap::new() })));
        Self { faulty: stage.faults.import_source(Arc::clone(&table)), table }
    }

    fn marks(&self) -> Vec<(String, ImportMark)> {
        self.table.0.lock().unwrap().marks.clone().into_iter().collect()
    }

    /// A run of a process without faults, when none that was killed can be mailing any more.
    fn run_again(&self, stage: &Stage) -> ImportReport {
        stage.world.clock.advance(10 * MINUTE);
        block_on(stage.world.operator.import_from(&self.table).page_size(2).mail_welcomes().run()).unwrap()
    }
}

/// Rows of every kind: to be imported, welcomed, held, imported as deactivated, and skipped.
fn rows() -> Vec<ImportRow> {
    let hashed = |id, address| ImportRow::new(id, address).password_hash(HASH.to_owned());
    vec![
        hashed("1", ANN),
        ImportRow::new("2", BOB),
        hashed("3", ANN),
        hashed("4", CEM).deactivated(true),
        hashed("5", "no address"),
    ]
}

#[test]
fn import_from() {
    let taken = |id: &str| (id.to_owned(), ImportMark::TakenOver);
    let all = [taken("1"), taken("2"), ("3".to_owned(), ImportMark::Held), taken("4")];
    check(
        "import_from",
        |stage| Source::new(stage, rows()),
        async |auth, source| auth.operator.import_from(&source.faulty).page_size(2).mail_welcomes().run().await.is_ok(),
        |stage, source, answer| {
            let world = &stage.world;
            let marked = source.marks();
            // Only a welcome that may not have been mailed keeps a row open.
            let unmarked = all.iter().filter(|row| !marked.contains(row)).map(|(id, _)| id.as_str());
            assert!(answer != Some(true) || unmarked.clone().all(|id| id == "2"), "{marked:?}");
            for (id, _) in marked.iter().filter(|(_, mark)| *mark == ImportMark::TakenOver) {
                let found = block_on(world.users.find_by_id(&UserId::parse(id).unwrap())).unwrap();
                assert!(found.is_some(), "a mark of {id}, which has no account");
            }
            let report = source.run_again(stage);
            assert_eq!((report.complete, source.marks()), (true, all.to_vec()));
            assert_eq!(source.run_again(stage).imported, 0);
            let counts = block_on(world.users.count()).unwrap();
            assert_eq!((counts.active, counts.deactivated), (2, 1), "nobody is lost, and nobody is there twice");
            let welcomes = world.mailer.mails().iter().filter(|mail| mail.to == email(BOB)).count();
            assert!((1..=2).contains(&welcomes) && world.mailer.count() == welcomes, "{welcomes} welcomes");
            let welcome = world.mailer.last_to(&email(BOB)).and_then(|mail| mail.temporary_password()).unwrap();
            let _ = world.choose(&world.challenge(BOB, &welcome), NEW);
            assert!(world.fails(CEM, "password"), "access was granted");
            block_on(world.operator.reactivate(&id("4"))).unwrap();
            let _ = world.signed_in(CEM, "password");
            stage.gets_in(&["password"]);
        },
    );
}

#[test]
fn review_import() {
    let review = |stage: &Stage, source: &Source| block_on(stage.world.operator.review_import(&source.table)).unwrap();
    check(
        "review_import",
        |stage| -> (Source, ImportReview) {
            let source = Source::new(stage, rows());
            let _ = source.run_again(stage);
            block_on(stage.world.operator.delete(&id("2"))).unwrap();
            source.table.0.lock().unwrap().rows[3] = ImportRow::new("4", "cem.holm@acme.example");
            let expected = review(stage, &source);
            assert_eq!((expected.taken_over, expected.deleted, expected.emails_differ), (3, 1, 1));
            assert_eq!((expected.old_hashes, expected.left, expected.hashes_left), (2, 2, 2));
            (source, expected)
        },
        async |auth, (source, expected)| {
            let reviewed = auth.operator.review_import(&source.faulty).await;
            assert!(reviewed.as_ref().map_or(true, |review| review == expected), "a fault is not counted as a row");
            reviewed.is_ok()
        },
        |stage, (source, expected), _| {
            assert_eq!(review(stage, source), *expected, "reviewing changes nothing");
            assert_eq!(source.run_again(stage).imported, 0);
            stage.gets_in(&["password"]);
        },
    );
}

#[test]
fn delete_imported() {
    check(
        "delete_imported",
        |stage| {
            let source = Source::new(stage, rows().drain(..1).collect());
            // As by a run that was killed before it marked the row.
            let _ = block_on(stage.world.operator.import_user(imported().id(id("1")))).unwrap();
            source
        },
        async |auth, source| auth.operator.delete_imported(&source.faulty, &id("1")).await.is_ok(),
        |stage, source, answer| {
            let deleted = block_on(stage.world.users.find_by_id(&id("1"))).unwrap().is_none();
            assert!(answer != Some(true) || deleted);
            assert!(!deleted || !source.marks().is_empty(), "the next run would bring the person back");
            assert_eq!(block_on(stage.world.operator.delete_imported(&source.table, &id("1"))).is_ok(), !deleted);
            assert_eq!(source.run_again(stage).read, 0);
            assert!(stage.world.fails(ANN, "password"), "access was granted");
            stage.world.provision(ANN);
            stage.gets_in(&[&stage.world.mailed_password()]);
        },
    );
}

#[test]
fn reseal() {
    check(
        "reseal",
        |stage| ann(stage).user_id().clone(),
        async |auth, id| auth.operator.reseal(id).await.is_ok(),
        |stage, id, _| {
            assert_ne!(block_on(stage.sealing().operator.reseal(id)).unwrap(), ResealOutcome::KeyMissing);
            assert!(stage.world.user(ANN).to_snapshot().contains("$sealed$v=1$k=a$"));
            assert!(block_on(stage.sealing().try_sign_in(SignInRequest::new(ANN, OLD))).is_ok());
            stage.gets_in(&[OLD]);
        },
    );
}

#[test]
fn s01_resend_and_correct() {
    let prepare = |stage: &Stage| {
        let id = stage.world.provision("ann@acme.exmaple");
        (id, stage.world.mailed_password())
    };
    check(
        "resend_welcome",
        |stage| (stage.world.provision(ANN), stage.world.mailed_password()),
        async |auth, (id, _)| auth.operator.resend_welcome(id).await.is_ok(),
        |stage, (id, first), answer| {
            if answer == Some(true) {
                assert!(stage.world.fails(ANN, first));
            }
            block_on(stage.world.operator.resend_welcome(id)).unwrap();
            assert!(stage.world.fails(ANN, first));
            stage.gets_in(&[&stage.world.mailed_password()]);
        },
    );
    check(
        "correct_email",
        prepare,
        async |auth, (id, _)| auth.operator.correct_email(id, email(ANN)).await.is_ok(),
        |stage, (id, first), _| {
            block_on(stage.world.operator.correct_email(id, email(ANN))).unwrap();
            assert!(stage.world.fails("ann@acme.exmaple", first) && stage.world.fails(ANN, first));
            stage.gets_in(&[&stage.world.mailed_password()]);
        },
    );
}

#[test]
fn s15_sign_in() {
    check(
        "sign_in with the own password",
        ann,
        async |auth, _| auth.try_sign_in(SignInRequest::new(ANN, OLD)).await.is_ok(),
        |stage, _, _| stage.gets_in(&[OLD]),
    );
    check(
        "sign_in on a known device",
        |stage| device(&ann(stage)),
        async |auth, cookie| auth.try_sign_in(SignInRequest::new(ANN, OLD).device(cookie)).await.is_ok(),
        |stage, _, _| stage.gets_in(&[OLD]),
    );
    check(
        "sign_in from a client address",
        ann,
        async |auth, _| {
            let source = doorward::ClientAddress::from_ip([192, 0, 2, 7].into());
            auth.try_sign_in(SignInRequest::new(ANN, OLD).client_address(source)).await.is_ok()
        },
        |stage, _, _| stage.gets_in(&[OLD]),
    );
    check(
        "sign_in with a wrong password",
        ann,
        async |auth, _| {
            let outcome = auth.try_sign_in(SignInRequest::new(ANN, "wrong")).await;
            assert!(outcome.is_err());
            matches!(outcome, Err(SignInError::InvalidCredentials))
        },
        |stage, _, _| stage.gets_in(&[OLD]),
    );
    check(
        "sign_in of an unknown address",
        ann,
        async |auth, _| {
            let outcome = auth.try_sign_in(SignInRequest::new(NOBODY, OLD)).await;
            assert!(outcome.is_err());
            matches!(outcome, Err(SignInError::InvalidCredentials))
        },
        |stage, _, _| stage.gets_in(&[OLD]),
    );
    check(
        "sign_in with a temporary password",
        |stage| {
            stage.world.provision(ANN);
            stage.world.mailed_password()
        },
        async |auth, mailed| auth.try_sign_in(SignInRequest::new(ANN, mailed)).await.is_ok(),
        |stage, mailed, _| stage.gets_in(&[mailed]),
    );
    check(
        "sign_in with a hash of old parameters",
        |stage| {
            let weaker = HashParams::danger_weak(16, 2, 1).unwrap();
            let older = Auth::builder(
                site(),
                stage.world.users.clone(),
                stage.world.attempts.clone(),
                stage.world.mailer.clone(),
            )
            .clock(stage.world.clock.clone())
            .keyring(keyring())
            .index_key(INDEX_KEY)
            .configure(|config| config.hashing.params = weaker)
            .build()
            .unwrap();
            stage.world.provision(ANN);
            let challenge = stage.world.challenge(ANN, &stage.world.mailed_password());
            let _ = block_on(older.choose_password(&challenge, OLD)).unwrap();
        },
        async |auth, ()| auth.try_sign_in(SignInRequest::new(ANN, OLD)).await.is_ok(),
        |stage, (), _| stage.gets_in(&[OLD]),
    );
}

#[test]
fn s02_choose_password() {
    let after_provision = |stage: &Stage| -> (Challenge, String) {
        stage.world.provision(ANN);
        let mailed = stage.world.mailed_password();
        (stage.world.challenge(ANN, &mailed), mailed)
    };
    let after_reset = |stage: &Stage| {
        let _ = ann(stage);
        let mailed = stage.world.confirm(ANN);
        (stage.world.challenge(ANN, &mailed), mailed)
    };
    let verify = |stage: &Stage, challenge: &Challenge, mailed: &str, answer: Option<bool>| {
        let works = stage.working(&[mailed, NEW]);
        assert_eq!(works, 1, "only the change consumes the temporary password");
        if answer == Some(true) {
            assert!(stage.world.fails(ANN, mailed));
        }
        let chosen = block_on(stage.world.auth.choose_password(challenge, FINAL)).is_ok();
        assert_eq!(chosen, stage.world.fails(ANN, NEW), "a challenge works once");
        stage.gets_in(&[NEW, FINAL]);
    };
    check(
        "choose_password after provision",
        after_provision,
        async |auth, (challenge, _)| auth.choose_password(challenge, NEW).await.is_ok(),
        |stage, (challenge, mailed), answer| verify(stage, challenge, mailed, answer),
    );
    check(
        "choose_password after a reset",
        after_reset,
        async |auth, (challenge, _)| auth.choose_password(challenge, NEW).await.is_ok(),
        |stage, (challenge, mailed), answer| {
            if stage.world.fails(ANN, mailed) {
                assert!(stage.world.fails(ANN, OLD));
            }
            verify(stage, challenge, mailed, answer);
        },
    );
}

#[test]
fn s03_change_password() {
    check(
        "change_password",
        ann,
        async |auth, ann| auth.change_password(ann, OLD, NEW).await.is_ok(),
        |stage, ann, answer| {
            let changed = stage.world.fails(ANN, OLD);
            assert_eq!(changed, !stage.world.is_live(ann), "the session lives until the change is stored");
            assert!(answer != Some(true) || changed);
            assert_eq!(stage.working(&[OLD, NEW]), 1);
            stage.gets_in(&[OLD, NEW]);
        },
    );
    check(
        "change_password with a wrong one",
        ann,
        async |auth, ann| {
            let outcome = auth.change_password(ann, "wrong", NEW).await;
            assert!(outcome.is_err());
            outcome.is_err_and(|error| error.code() == "current_password_wrong")
        },
        |stage, ann, _| {
            assert!(stage.world.is_live(ann) && stage.world.fails(ANN, NEW));
            stage.gets_in(&[OLD]);
        },
    );
}

#[test]
fn s09_reset() {
    check(
        "request_reset",
        ann,
        async |auth, _| auth.request_reset(&email(ANN)).await.is_ok(),
        |stage, ann, _| {
            assert!(stage.world.is_live(ann), "requesting changes nothing");
            stage.world.clock.advance(5 * MINUTE);
            let mailed = stage.world.confirm(ANN);
            stage.gets_in(&[&mailed]);
        },
    );
    check(
        "request_reset of an unknown address",
        ann,
        async |auth, _| auth.request_reset(&email(NOBODY)).await.is_ok(),
        |stage, _, _| stage.gets_in(&[OLD]),
    );
    check(
        "confirm_reset",
        |stage| {
            let _ = ann(stage);
            let token = stage.world.request(ANN);
            (token, stage.world.mailer.count())
        },
        async |auth, (token, _)| auth.confirm_reset(token).await.is_ok(),
        |stage, (token, mails), answer| {
            let mailed = stage.world.mailer.count() - mails;
            assert!(mailed <= 1 && (answer != Some(true) || mailed == 1));
            // The same link, at once or after the cooldown, makes up for whatever was lost.
            let again = block_on(stage.world.auth.confirm_reset(token));
            if again.is_err() {
                stage.world.clock.advance(5 * MINUTE);
                let _ = block_on(stage.world.auth.confirm_reset(token)).unwrap();
            }
            let latest = stage.world.mailed_password();
            if mailed == 1 {
                let mails = stage.world.mailer.mails();
                let first = mails[mails.len() - 2].temporary_password();
                assert!(first.is_none_or(|first| first == latest || stage.world.fails(ANN, &first)));
            }
            let challenge = stage.world.challenge(ANN, &latest);
            let _ = stage.world.choose(&challenge, NEW);
            assert!(stage.world.fails(ANN, OLD) && stage.world.fails(ANN, &latest));
            assert!(block_on(stage.world.auth.confirm_reset(token)).is_err(), "a completed reset voids its links");
            stage.gets_in(&[NEW]);
        },
    );
    check(
        "inspect_reset",
        |stage| {
            let _ = ann(stage);
            stage.world.request(ANN)
        },
        async |auth, token| matches!(auth.inspect_reset(token).await, Ok(doorward::password::ResetLinkStatus::Valid)),
        |stage, token, _| {
            let _ = block_on(stage.world.auth.confirm_reset(token)).unwrap();
            stage.gets_in(&[OLD]);
        },
    );
    check_in(
        ResetMode::ChooseNewPassword,
        "complete_reset",
        |stage| {
            let _ = ann(stage);
            stage.world.request(ANN)
        },
        async |auth, token| auth.complete_reset(token, NEW).await.is_ok(),
        |stage, token, answer| {
            let works = stage.working(&[OLD, NEW]);
            assert_eq!(works, 1);
            let changed = stage.world.fails(ANN, OLD);
            assert!(answer != Some(true) || changed);
            let again = block_on(stage.world.auth.complete_reset(token, FINAL)).is_ok();
            assert_eq!(again, !changed, "a link sets a password once");
            let _ = stage.world.signed_in(ANN, if changed { NEW } else { FINAL });
        },
    );
}

fn desk_and_phone(stage: &Stage) -> (SignedIn, SignedIn) {
    (ann(stage), stage.world.signed_in(ANN, OLD))
}

impl Stage {
    /// Whether the session goes on, perhaps under another token.
    fn is_signed_in(&self, signed_in: &SignedIn) -> bool {
        let sessions = block_on(self.world.operator.sessions(signed_in.user_id())).unwrap();
        sessions.iter().any(|session| session.id == signed_in.session().id)
    }

    /// When the session was last used, as far as that was written down.
    fn last_seen(&self, signed_in: &SignedIn) -> time::OffsetDateTime {
        let sessions = block_on(self.world.operator.sessions(signed_in.user_id())).unwrap();
        sessions.iter().find(|session| session.id == signed_in.session().id).unwrap().last_seen_at
    }
}

#[test]
fn s06_account() {
    check(
        "resume",
        ann,
        async |auth, ann| auth.resume(&ann.token().expose()).await.is_ok(),
        |stage, ann, _| {
            assert!(stage.world.is_live(ann));
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "sign_out",
        desk_and_phone,
        async |auth, (desk, _)| auth.sign_out(desk).await.is_ok(),
        |stage, (desk, phone), answer| {
            agree(answer, !stage.world.is_live(desk));
            assert!(stage.world.is_live(phone));
            block_on(stage.world.auth.sign_out(desk)).unwrap();
            assert!(!stage.world.is_live(desk));
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "sign_out_others",
        desk_and_phone,
        async |auth, (desk, _)| auth.sign_out_others(desk).await.is_ok(),
        |stage, (desk, phone), answer| {
            agree(answer, !stage.world.is_live(phone));
            assert_eq!(stage.world.is_live(desk), stage.world.is_live(phone), "the own token changes with it");
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "resume with a use to note",
        |stage| {
            let ann = ann(stage);
            let before = stage.last_seen(&ann);
            stage.world.clock.advance(6 * MINUTE);
            (ann, before)
        },
        async |auth, (ann, _)| auth.resume(&ann.token().expose()).await.is_ok(),
        |stage, (ann, before), _| {
            let (seen, now) = (stage.last_seen(ann), stage.world.now());
            assert!(seen == *before || seen == now, "the note may be lost");
            assert!(stage.world.is_live(ann));
            assert_eq!(stage.last_seen(ann), now, "and the next use is noted instead");
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "sessions",
        desk_and_phone,
        async |auth, (desk, _)| auth.sessions(desk).await.is_ok_and(|sessions| sessions.len() == 2),
        |stage, (desk, phone), _| {
            assert!(stage.world.is_live(desk) && stage.world.is_live(phone));
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "revoke_session",
        desk_and_phone,
        async |auth, (desk, phone)| auth.revoke_session(desk, phone.session().id).await.is_ok(),
        |stage, (desk, phone), answer| {
            let revoked = !stage.world.is_live(phone);
            agree(answer, revoked);
            let again = block_on(stage.world.auth.revoke_session(desk, phone.session().id));
            assert_eq!(again.is_err_and(|error| error.code() == "unknown_session"), revoked);
            assert!(stage.world.is_live(desk) && !stage.world.is_live(phone));
            stage.gets_in(&[OLD]);
        },
    );
    check("devices", ann, async |auth, ann| auth.devices(ann).await.is_ok(), |stage, _, _| stage.gets_in(&[OLD]));
    check(
        "require_step_up",
        ann,
        async |auth, ann| auth.require_step_up(ann).await.is_ok(),
        |stage, _, _| stage.gets_in(&[OLD]),
    );
    check(
        "revoke_device",
        |stage| -> (SignedIn, DeviceId) {
            let ann = ann(stage);
            (ann, stage.world.signed_in(ANN, OLD).session().device.unwrap())
        },
        async |auth, (ann, id)| auth.revoke_device(ann, *id).await.is_ok(),
        |stage, (ann, id), answer| {
            let again = block_on(stage.world.auth.revoke_device(ann, *id));
            assert!(answer != Some(true) || again.is_err());
            assert_eq!(block_on(stage.world.auth.devices(ann)).unwrap().len(), 1);
            stage.gets_in(&[OLD]);
        },
    );
}

#[test]
#[allow(clippy::await_holding_refcell_ref)] // one caller at a time
fn sign_out_everybody() {
    for continues in [true, false] {
        let name = if continues { "sign_out_everybody, continued" } else { "sign_out_everybody, begun again" };
        check(
            name,
            |stage| {
                let everybody: Vec<_> = [ANN, BOB, CEM].map(|address| stage.world.open(address, OLD)).into();
                stage.world.clock.advance(MINUTE);
                // Pages of two, so that there are several.
                let ask = |after: Option<&UserId>, _: u32| Ok((after.cloned(), 2));
                let directory = stage.faults.user_directory(Asking(Arc::clone(&stage.world.users), ask));
                (directory, everybody, tokio::sync::Mutex::new(SignOutSweep::new()))
            },
            async |auth, (directory, _, sweep)| {
                // What the sweep has reached is kept, also by a caller that was dropped.
                let mut sweep = sweep.lock().await;
                auth.operator.sign_out_everybody(&**directory, &mut sweep).await.is_ok()
            },
            |stage, (directory, everybody, sweep), answer| {
                let (out, sweep) = (|who: &SignedIn| !stage.world.is_live(who), sweep.try_lock().unwrap());
                assert_eq!(answer == Some(true), sweep.is_complete());
                assert!(answer != Some(true) || everybody.iter().all(out));
                stage.world.clock.advance(MINUTE);
                let later = stage.world.signed_in(BOB, OLD);
                let mut sweep =
                    if continues { sweep.clone() } else { SignOutSweep::before(later.session().signed_in_at) };
                block_on(stage.world.operator.sign_out_everybody(&**directory, &mut sweep)).unwrap();
                assert!(sweep.is_complete() && everybody.iter().all(out));
                assert!(stage.world.is_live(&later), "what began after it goes on");
                assert_eq!(sweep.accounts(), 3);
                stage.gets_in(&[OLD]);
            },
        );
    }
}

#[test]
fn s18_admin() {
    check(
        "operator.sessions",
        ann,
        async |auth, ann| auth.operator.sessions(ann.user_id()).await.is_ok_and(|sessions| sessions.len() == 1),
        |stage, ann, _| {
            assert!(stage.world.is_live(ann));
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "deactivate",
        ann,
        async |auth, ann| auth.operator.deactivate(ann.user_id()).await.is_ok(),
        |stage, ann, answer| {
            assert!(answer != Some(true) || !stage.world.is_live(ann));
            block_on(stage.world.operator.deactivate(ann.user_id())).unwrap();
            assert!(stage.world.fails(ANN, OLD) && !stage.world.is_live(ann));
            block_on(stage.world.operator.reactivate(ann.user_id())).unwrap();
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "reactivate",
        |stage| {
            let ann = ann(stage);
            block_on(stage.world.operator.deactivate(ann.user_id())).unwrap();
            ann
        },
        async |auth, ann| auth.operator.reactivate(ann.user_id()).await.is_ok(),
        |stage, ann, answer| {
            assert!(answer != Some(true) || stage.world.sign_in(ANN, OLD).is_ok());
            assert!(!stage.world.is_live(ann));
            block_on(stage.world.operator.reactivate(ann.user_id())).unwrap();
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "require_password_change",
        ann,
        async |auth, ann| auth.operator.require_password_change(ann.user_id()).await.is_ok(),
        |stage, ann, answer| {
            assert!(answer != Some(true) || !stage.world.is_live(ann));
            block_on(stage.world.operator.require_password_change(ann.user_id())).unwrap();
            assert!(matches!(stage.world.sign_in(ANN, OLD), Ok(SignIn::PasswordChangeRequired(_))));
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "mark_compromised",
        ann,
        async |auth, ann| auth.operator.mark_compromised(ann.user_id()).await.is_ok(),
        |stage, ann, answer| {
            assert!(answer != Some(true) || stage.world.fails(ANN, OLD));
            block_on(stage.world.operator.mark_compromised(ann.user_id())).unwrap();
            assert!(stage.world.fails(ANN, OLD) && !stage.world.is_live(ann));
            stage.gets_in(&[]);
        },
    );
    check(
        "sign_out_everywhere",
        ann,
        async |auth, ann| auth.operator.sign_out_everywhere(ann.user_id()).await.is_ok(),
        |stage, ann, answer| {
            assert!(answer != Some(true) || !stage.world.is_live(ann));
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "delete",
        ann,
        async |auth, ann| auth.operator.delete(ann.user_id()).await.is_ok(),
        |stage, ann, answer| {
            let again = block_on(stage.world.operator.delete(ann.user_id()));
            assert!(answer != Some(true) || again.is_err());
            assert!(stage.world.fails(ANN, OLD) && !stage.world.is_live(ann));
            stage.world.provision(ANN);
            stage.gets_in(&[&stage.world.mailed_password()]);
        },
    );
    check("purge", ann, async |auth, _| auth.purge().await.is_ok(), |stage, _, _| stage.gets_in(&[OLD]));
}

/// Ann with a second factor.
struct Enrolled {
    ann: SignedIn,
    app: App,
    recovery_codes: Vec<String>,
}

fn enrolled(stage: &Stage) -> Enrolled {
    let (ann, app, codes) = stage.world.enroll(&ann(stage));
    Enrolled { ann, app, recovery_codes: codes.expose().map(str::to_owned).collect() }
}

fn required(config: &mut Config) {
    config.second_factor.policy = SecondFactorPolicy::Required;
}

fn link_sets_password(config: &mut Config) {
    config.reset.mode = ResetMode::ChooseNewPassword;
}

impl Stage {
    /// What is stored about the second factor.
    fn factor(&self) -> Value {
        let stored: Value = serde_json::from_str(&self.world.user(ANN).to_snapshot()).unwrap();
        stored["second_factor"].clone()
    }

    fn is_on(&self) -> bool {
        self.factor()["totp"].is_object()
    }

    fn last_step(&self) -> u64 {
        self.factor()["totp"]["last_step"].as_u64().unwrap()
    }

    fn recovery_codes_left(&self) -> usize {
        self.factor()["recovery_codes"].as_array().map_or(0, Vec::len)
    }

    /// The number of wrong codes counted after that proof.
    fn counted(&self, proof: &str) -> u64 {
        let factor = self.factor();
        let failures = factor["failures"].as_array().into_iter().flatten();
        failures.filter(|of| of["assurance"] == proof).map(|of| of["attempts"]["failures"].as_u64().unwrap()).sum()
    }

    fn notices_of_wrong_codes(&self) -> usize {
        let mails = self.world.mailer.mails();
        mails.iter().filter(|mail| matches!(mail.mail.kind(), MailKind::WrongCode { .. })).count()
    }

    fn demanded(&self, password: &str) -> Challenge {
        match self.world.sign_in(ANN, password).unwrap() {
            SignIn::SecondFactorRequired(challenge) => challenge,
            other => panic!("no code was required: {other:?}"),
        }
    }

    fn give(&self, challenge: &Challenge, code: &str) -> Result<SignIn, VerifySecondFactorError> {
        loop {
            match block_on(self.world.auth.verify_second_factor(challenge, code)) {
                Err(VerifySecondFactorError::Throttled { retry_after }) => self.world.clock.advance(retry_after),
                outcome => return outcome,
            }
        }
    }

    fn is_code_wrong(&self, password: &str, code: &str) -> bool {
        matches!(self.give(&self.demanded(password), code), Err(VerifySecondFactorError::CodeWrong))
    }

    /// The owner signs in with one of these passwords or by a reset, and always with a code.
    fn gets_in_by_code(&self, app: &App, known: &[&str]) {
        let world = &self.world;
        assert!(world.fails(ANN, "never right") && self.is_on());
        let works = known.iter().find(|password| !world.fails(ANN, password)).map(|password| (*password).to_owned());
        let password = works.unwrap_or_else(|| {
            world.clock.advance(HOUR);
            world.confirm(ANN)
        });
        assert!(self.is_code_wrong(&password, &app.wrong_code(world)), "access was granted");
        let (code, challenge) = (app.next(world), self.demanded(&password));
        match self.give(&challenge, &code).unwrap() {
            SignIn::Complete(_) => {}
            SignIn::PasswordChangeRequired(challenge) => drop(world.choose(&challenge, FINAL)),
            other => panic!("{other:?}"),
        }
        assert!(self.give(&challenge, &app.next(world)).is_err(), "a challenge works once");
        let password = if world.fails(ANN, &password) { FINAL } else { password.as_str() };
        assert!(self.is_code_wrong(password, &code), "a code works once");
    }
}

/// After a single fault, the answer still matches the store: a lost answer is looked up.
fn agree(answer: Option<bool>, stored: bool) {
    assert!(answer.is_none_or(|succeeded| succeeded == stored), "answered {answer:?}, and stored: {stored}");
}

fn is_demand(outcome: Result<SignIn, SignInError>) -> bool {
    assert!(!matches!(outcome, Ok(SignIn::Complete(_))), "access was granted");
    matches!(outcome, Ok(SignIn::SecondFactorRequired(_)))
}

#[test]
fn s20_sign_in_to_a_second_factor() {
    check(
        "sign_in to a second factor",
        enrolled,
        async |auth, _| is_demand(auth.try_sign_in(SignInRequest::new(ANN, OLD)).await),
        |stage, Enrolled { app, .. }, _| stage.gets_in_by_code(app, &[OLD]),
    );
    check(
        "sign_in to a second factor with a temporary password",
        |stage| {
            let Enrolled { app, .. } = enrolled(stage);
            (app, stage.world.confirm(ANN))
        },
        async |auth, (_, mailed)| is_demand(auth.try_sign_in(SignInRequest::new(ANN, mailed)).await),
        |stage, (app, mailed), _| {
            stage.gets_in_by_code(app, &[mailed]);
            assert!(stage.world.fails(ANN, mailed) && stage.world.fails(ANN, OLD));
        },
    );
}

#[test]
fn s20_verify_second_factor() {
    let demanded = |stage: &Stage| {
        let enrolled = enrolled(stage);
        let challenge = stage.demanded(OLD);
        let (right, wrong) = (enrolled.app.next(&stage.world), enrolled.app.wrong_code(&stage.world));
        (enrolled, challenge, right, wrong, stage.last_step())
    };
    check(
        "verify_second_factor by an authenticator",
        demanded,
        async |auth, (_, challenge, right, ..)| {
            matches!(auth.verify_second_factor(challenge, right).await, Ok(SignIn::Complete(_)))
        },
        |stage, (Enrolled { app, .. }, challenge, right, _, step), answer| {
            let used = stage.last_step() > *step;
            agree(answer, used);
            assert_eq!(stage.give(challenge, right).is_ok(), !used, "the challenge and the code work once");
            assert!(stage.is_code_wrong(OLD, right), "nor does the code work for another challenge");
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
    check(
        "verify_second_factor by a recovery code",
        demanded,
        async |auth, (enrolled, challenge, ..)| {
            let outcome = auth.verify_second_factor(challenge, &enrolled.recovery_codes[0]).await;
            matches!(outcome, Ok(SignIn::Complete(_)))
        },
        |stage, (Enrolled { app, recovery_codes, .. }, challenge, ..), answer| {
            let used = stage.recovery_codes_left() == 9;
            agree(answer, used);
            assert_eq!(stage.give(challenge, &recovery_codes[0]).is_ok(), !used, "it works once");
            assert_eq!(stage.recovery_codes_left(), 9);
            assert!(stage.is_code_wrong(OLD, &recovery_codes[0]), "nor does it for another challenge");
            let _ = complete(stage.give(&stage.demanded(OLD), &recovery_codes[1]).unwrap());
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
    check(
        "verify_second_factor by a wrong code",
        demanded,
        async |auth, (_, challenge, _, wrong, _)| {
            let outcome = auth.verify_second_factor(challenge, wrong).await;
            assert!(outcome.is_err());
            matches!(outcome, Err(VerifySecondFactorError::CodeWrong))
        },
        |stage, (Enrolled { app, .. }, challenge, right, ..), answer| {
            let counted = stage.counted("password");
            assert!(counted <= 1 && (answer != Some(true) || counted == 1), "a wrong code is counted once");
            assert!(stage.notices_of_wrong_codes() <= 1);
            let _ = complete(stage.give(challenge, right).unwrap());
            assert_eq!(stage.counted("password"), counted, "a right code forgives only what is over a day old");
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
    check_under(
        |config| config.second_factor.remember_device = Some(DAY),
        "verify_second_factor_and_remember",
        demanded,
        async |auth, (_, challenge, right, ..)| {
            matches!(auth.verify_second_factor_and_remember(challenge, right).await, Ok(SignIn::Complete(_)))
        },
        |stage, (Enrolled { app, .. }, challenge, right, _, step), answer| {
            let used = stage.last_step() > *step;
            agree(answer, used);
            assert_eq!(stage.give(challenge, right).is_ok(), !used, "the challenge and the code work once");
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
}

#[test]
fn s20_sign_in_in_one_step() {
    let ready = |stage: &Stage| {
        let enrolled = enrolled(stage);
        let (right, wrong) = (enrolled.app.next(&stage.world), enrolled.app.wrong_code(&stage.world));
        (enrolled, right, wrong, stage.last_step())
    };
    check(
        "sign_in with a code",
        ready,
        async |auth, (_, right, ..)| {
            let outcome = auth.try_sign_in(SignInRequest::new(ANN, OLD).code(right)).await;
            assert!(matches!(outcome, Ok(SignIn::Complete(_)) | Err(_)));
            outcome.is_ok()
        },
        |stage, (Enrolled { app, .. }, right, _, step), answer| {
            let used = stage.last_step() > *step;
            agree(answer, used);
            assert_eq!(stage.is_code_wrong(OLD, right), used, "it works once, in one step or in two");
            assert!(stage.is_code_wrong(OLD, right));
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
    check(
        "sign_in with a recovery code",
        ready,
        async |auth, (enrolled, ..)| {
            auth.try_sign_in(SignInRequest::new(ANN, OLD).code(&enrolled.recovery_codes[0])).await.is_ok()
        },
        |stage, (Enrolled { app, recovery_codes, .. }, ..), answer| {
            let used = stage.recovery_codes_left() == 9;
            agree(answer, used);
            assert_eq!(stage.is_code_wrong(OLD, &recovery_codes[0]), used, "it works once, in one step or in two");
            assert_eq!(stage.recovery_codes_left(), 9);
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
    check(
        "sign_in with a wrong code",
        ready,
        async |auth, (_, _, wrong, _)| {
            let outcome = auth.try_sign_in(SignInRequest::new(ANN, OLD).code(wrong)).await;
            assert!(outcome.is_err());
            matches!(outcome, Err(SignInError::InvalidCredentials))
        },
        |stage, (Enrolled { app, .. }, ..), _| {
            // It is counted after the answer, which does not fail without it: its bucket was charged before.
            assert!(stage.counted("password") <= 1 && stage.notices_of_wrong_codes() <= 1);
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
    check(
        "sign_in with a temporary password and a code",
        |stage| {
            let (enrolled, right, _, step) = ready(stage);
            (enrolled, right, step, stage.world.confirm(ANN))
        },
        async |auth, (_, right, _, mailed)| {
            let outcome = auth.try_sign_in(SignInRequest::new(ANN, mailed).code(right)).await;
            matches!(outcome, Ok(SignIn::PasswordChangeRequired(_)))
        },
        |stage, (Enrolled { app, .. }, right, step, mailed), answer| {
            let used = stage.last_step() > *step;
            agree(answer, used);
            assert_eq!(stage.is_code_wrong(mailed, right), used, "it works once");
            stage.gets_in_by_code(app, &[mailed]);
            assert!(stage.world.fails(ANN, OLD));
        },
    );
}

#[test]
fn s20_enroll() {
    check(
        "begin_enrollment",
        |stage| (ann(stage), RefCell::new(None::<TotpEnrollment>)),
        async |auth, (ann, begun)| {
            *begun.borrow_mut() = auth.begin_enrollment(ann).await.ok();
            begun.borrow().is_some()
        },
        |stage, (ann, begun), _| {
            assert!(!stage.is_on() && stage.world.is_live(ann), "what is begun changes nothing");
            let _ = stage.world.signed_in(ANN, OLD);
            // What was answered is stored; if the answer was lost, the owner starts again.
            let app = match begun.take() {
                Some(begun) => App::new(&begun),
                None => App::new(&block_on(stage.world.auth.begin_enrollment(ann)).unwrap()),
            };
            let _ = block_on(stage.world.auth.confirm_enrollment(ann, &app.code(&stage.world))).unwrap();
            stage.gets_in_by_code(&app, &[OLD]);
        },
    );
    let begun = |stage: &Stage| {
        let ann = ann(stage);
        let app = App::new(&block_on(stage.world.auth.begin_enrollment(&ann)).unwrap());
        let code = app.code(&stage.world);
        (ann, app, code, RefCell::new(None::<RecoveryCodes>))
    };
    check(
        "confirm_enrollment",
        begun,
        async |auth, (ann, _, code, shown)| {
            *shown.borrow_mut() = auth.confirm_enrollment(ann, code).await.ok().map(|(_, codes)| codes);
            shown.borrow().is_some()
        },
        |stage, (ann, app, code, shown), answer| {
            let on = stage.is_on();
            agree(answer, on);
            assert_eq!(stage.world.is_live(ann), !on, "every session from before ends with it");
            if !on {
                let _ = stage.world.signed_in(ANN, OLD);
            }
            // An owner whose answer was lost tries again: it is already on, or works now.
            let again = block_on(stage.world.auth.confirm_enrollment(ann, code));
            assert_eq!(again.is_ok(), !on);
            assert!(stage.is_code_wrong(OLD, code), "the time step that proves it is used");
            assert_eq!(stage.recovery_codes_left(), 10);
            // The codes that were shown are valid.
            if let Some(shown) = shown.take().or(again.ok().map(|(_, codes)| codes)) {
                let _ = complete(stage.give(&stage.demanded(OLD), shown.expose().last().unwrap()).unwrap());
            }
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
    check(
        "confirm_enrollment by a wrong code",
        |stage| {
            let (ann, app, code, _) = begun(stage);
            let wrong = app.wrong_code(&stage.world);
            (ann, app, code, wrong)
        },
        async |auth, (ann, _, _, wrong)| {
            matches!(auth.confirm_enrollment(ann, wrong).await, Err(EnrollmentError::CodeWrong))
        },
        |stage, (ann, app, code, _), answer| {
            let counted = stage.counted("session");
            assert!(counted <= 1 && (answer != Some(true) || counted == 1));
            assert!(!stage.is_on() && stage.world.is_live(ann));
            let _ = block_on(stage.world.auth.confirm_enrollment(ann, code)).unwrap();
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
    check(
        "confirm_enrollment of another authenticator",
        |stage| {
            let Enrolled { ann, app, recovery_codes } = enrolled(stage);
            let other = App::new(&block_on(stage.world.auth.begin_enrollment(&ann)).unwrap());
            let code = other.code(&stage.world);
            (ann, app, other, code, recovery_codes)
        },
        async |auth, (ann, _, _, code, _)| auth.confirm_enrollment(ann, code).await.is_ok(),
        |stage, (ann, app, other, code, recovery_codes), answer| {
            let replaced = !stage.world.is_live(ann);
            agree(answer, replaced);
            assert_eq!(stage.is_code_wrong(OLD, &recovery_codes[0]), replaced, "the codes go with the authenticator");
            assert!(stage.is_code_wrong(OLD, code), "it is not enrolled, or the code is used");
            let (enrolled, not) = if replaced { (other, app) } else { (app, other) };
            assert!(stage.is_code_wrong(OLD, &not.next(&stage.world)), "there is one authenticator at a time");
            stage.gets_in_by_code(enrolled, &[OLD]);
        },
    );
}

#[test]
fn s20_enroll_where_the_policy_demands_it() {
    let owed = |stage: &Stage| -> Challenge {
        stage.world.provision(ANN);
        let challenge = stage.world.challenge(ANN, &stage.world.mailed_password());
        match block_on(stage.world.auth.choose_password(&challenge, OLD)).unwrap() {
            SignIn::EnrollmentRequired(challenge) => challenge,
            other => panic!("{other:?}"),
        }
    };
    check_under(
        required,
        "begin_required_enrollment",
        |stage| (owed(stage), RefCell::new(None::<TotpEnrollment>)),
        async |auth, (challenge, begun)| {
            *begun.borrow_mut() = auth.begin_required_enrollment(challenge).await.ok();
            begun.borrow().is_some()
        },
        |stage, (challenge, begun), _| {
            assert!(matches!(stage.world.sign_in(ANN, OLD), Ok(SignIn::EnrollmentRequired(_))), "access was granted");
            let app = match begun.take() {
                Some(begun) => App::new(&begun),
                None => App::new(&block_on(stage.world.auth.begin_required_enrollment(challenge)).unwrap()),
            };
            let code = app.code(&stage.world);
            let (signed_in, _) = block_on(stage.world.auth.confirm_required_enrollment(challenge, &code)).unwrap();
            let _ = complete(signed_in);
            stage.gets_in_by_code(&app, &[OLD]);
        },
    );
    let begun = |stage: &Stage| {
        let challenge = owed(stage);
        let app = App::new(&block_on(stage.world.auth.begin_required_enrollment(&challenge)).unwrap());
        (challenge, app.code(&stage.world), app.wrong_code(&stage.world), app)
    };
    check_under(
        required,
        "confirm_required_enrollment",
        begun,
        async |auth, (challenge, code, ..)| {
            matches!(auth.confirm_required_enrollment(challenge, code).await, Ok((SignIn::Complete(_), _)))
        },
        |stage, (challenge, code, _, app), answer| {
            let on = stage.is_on();
            agree(answer, on);
            let again = block_on(stage.world.auth.confirm_required_enrollment(challenge, code));
            assert_eq!(again.is_ok(), !on, "the challenge and the code work once");
            assert!(stage.is_code_wrong(OLD, code));
            assert!(block_on(stage.world.auth.begin_required_enrollment(challenge)).is_err());
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
    check_under(
        required,
        "confirm_required_enrollment by a wrong code",
        begun,
        async |auth, (challenge, _, wrong, _)| {
            matches!(auth.confirm_required_enrollment(challenge, wrong).await, Err(EnrollmentError::CodeWrong))
        },
        |stage, (challenge, code, _, app), answer| {
            let counted = stage.counted("session");
            assert!(!stage.is_on() && counted <= 1 && (answer != Some(true) || counted == 1));
            let _ = block_on(stage.world.auth.confirm_required_enrollment(challenge, code)).unwrap();
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
}

#[test]
fn s20_disable_and_regenerate() {
    let gone = |stage: &Stage, Enrolled { ann, app, recovery_codes }: &Enrolled, answer: Option<bool>| {
        let off = !stage.is_on();
        agree(answer, off);
        assert_eq!(stage.world.is_live(ann), !off);
        if !off {
            return stage.gets_in_by_code(app, &[OLD]);
        }
        let _ = stage.world.signed_in(ANN, OLD);
        assert_eq!(stage.recovery_codes_left(), 0);
        // After enrolling again, nothing from before is valid.
        let (_, other, _) = stage.world.enroll(&stage.world.signed_in(ANN, OLD));
        assert!(stage.is_code_wrong(OLD, &app.next(&stage.world)) && stage.is_code_wrong(OLD, &recovery_codes[0]));
        stage.gets_in_by_code(&other, &[OLD]);
    };
    check("disable_second_factor", enrolled, async |auth, e| auth.disable_second_factor(&e.ann).await.is_ok(), gone);
    check(
        "reset_second_factor",
        enrolled,
        async |auth, e| auth.operator.reset_second_factor(e.ann.user_id(), "she showed her passport").await.is_ok(),
        gone,
    );
    check(
        "regenerate_recovery_codes",
        |stage| (enrolled(stage), RefCell::new(None::<RecoveryCodes>)),
        async |auth, (Enrolled { ann, .. }, shown)| {
            *shown.borrow_mut() = auth.regenerate_recovery_codes(ann).await.ok().map(|(_, codes)| codes);
            shown.borrow().is_some()
        },
        |stage, (Enrolled { ann, app, recovery_codes }, shown), answer| {
            let replaced = !stage.world.is_live(ann);
            agree(answer, replaced);
            assert_eq!(stage.recovery_codes_left(), 10);
            if let Some(shown) = shown.take() {
                let _ = complete(stage.give(&stage.demanded(OLD), shown.expose().next().unwrap()).unwrap());
            }
            assert_eq!(stage.is_code_wrong(OLD, &recovery_codes[0]), replaced);
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
}

#[test]
fn a15_cancel_recovery() {
    check(
        "cancel_recovery",
        |stage| {
            let enrolled = enrolled(stage);
            let token = stage.world.request(ANN);
            let _ = block_on(stage.world.auth.confirm_reset(&token)).unwrap();
            (enrolled, token, stage.world.mailed_password())
        },
        async |auth, (Enrolled { ann, .. }, ..)| auth.cancel_recovery(ann).await.is_ok(),
        |stage, (Enrolled { ann, app, .. }, token, mailed), answer| {
            let cancelled = block_on(stage.world.auth.inspect_reset(token)).unwrap()
                == doorward::password::ResetLinkStatus::Invalid;
            agree(answer, cancelled);
            // All of it or nothing; the owner stays signed in.
            assert!(stage.world.is_live(ann));
            assert_eq!(stage.world.fails(ANN, mailed), cancelled);
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
}

#[test]
fn s20_reauthenticate() {
    check(
        "reauthenticate",
        enrolled,
        async |auth, Enrolled { ann, .. }| auth.reauthenticate(ann, OLD).await.is_ok(),
        |stage, Enrolled { ann, app, .. }, answer| {
            agree(answer, !stage.world.is_live(ann));
            assert!(stage.is_signed_in(ann), "under another token");
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
    check(
        "reauthenticate by a wrong password",
        enrolled,
        async |auth, Enrolled { ann, .. }| {
            let outcome = auth.reauthenticate(ann, "wrong").await;
            assert!(outcome.is_err());
            outcome.is_err_and(|error| matches!(error, doorward::error::ReauthenticateError::PasswordWrong))
        },
        |stage, Enrolled { ann, app, .. }, _| {
            assert!(stage.world.is_live(ann));
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
    let ready = |stage: &Stage| {
        let enrolled = enrolled(stage);
        (enrolled.app.next(&stage.world), enrolled.app.wrong_code(&stage.world), stage.last_step(), enrolled)
    };
    check(
        "reauthenticate_with_code",
        ready,
        async |auth, (right, _, _, Enrolled { ann, .. })| auth.reauthenticate_with_code(ann, right).await.is_ok(),
        |stage, (right, _, step, Enrolled { ann, app, .. }), answer| {
            let used = stage.last_step() > *step;
            agree(answer, used);
            assert_eq!(stage.world.is_live(ann), !used, "the token changes with the proof");
            let again = block_on(stage.world.auth.reauthenticate_with_code(ann, right));
            assert_eq!(again.is_ok(), !used, "a code is valid as proof once");
            assert!(stage.is_code_wrong(OLD, right));
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
    check(
        "reauthenticate_with_code by a wrong one",
        ready,
        async |auth, (_, wrong, _, Enrolled { ann, .. })| {
            let outcome = auth.reauthenticate_with_code(ann, wrong).await;
            assert!(outcome.is_err());
            outcome.is_err_and(|error| matches!(error, doorward::error::ReauthenticateError::CodeWrong))
        },
        |stage, (right, _, _, Enrolled { ann, app, .. }), answer| {
            let counted = stage.counted("session");
            assert!(counted <= 1 && (answer != Some(true) || counted == 1));
            let _ = block_on(stage.world.auth.reauthenticate_with_code(ann, right)).unwrap();
            stage.gets_in_by_code(app, &[OLD]);
        },
    );
}

#[test]
fn s20_reset_with_a_second_factor() {
    check(
        "choose_password after a code",
        |stage| {
            let Enrolled { app, .. } = enrolled(stage);
            let mailed = stage.world.confirm(ANN);
            let code = app.next(&stage.world);
            match stage.give(&stage.demanded(&mailed), &code).unwrap() {
                SignIn::PasswordChangeRequired(challenge) => (app, mailed, challenge),
                other => panic!("{other:?}"),
            }
        },
        async |auth, (_, _, challenge)| matches!(auth.choose_password(challenge, NEW).await, Ok(SignIn::Complete(_))),
        |stage, (app, mailed, challenge), answer| {
            let changed = stage.world.fails(ANN, mailed);
            agree(answer, changed);
            assert_eq!(changed, stage.world.fails(ANN, OLD));
            assert_eq!(block_on(stage.world.auth.choose_password(challenge, FINAL)).is_ok(), !changed);
            stage.gets_in_by_code(app, &[if changed { NEW } else { FINAL }]);
        },
    );
    let requested = |stage: &Stage| {
        let Enrolled { app, .. } = enrolled(stage);
        let token = stage.world.request(ANN);
        (token, app.next(&stage.world), app.wrong_code(&stage.world), app, stage.last_step())
    };
    check_under(
        link_sets_password,
        "complete_reset_with_code",
        requested,
        async |auth, (token, right, ..)| {
            matches!(auth.complete_reset_with_code(token, right, NEW).await, Ok(SignIn::Complete(_)))
        },
        |stage, (token, right, _, app, step), answer| {
            let changed = stage.world.fails(ANN, OLD);
            agree(answer, changed);
            assert_eq!(stage.last_step() > *step, changed, "the write that sets the password also uses the code");
            assert!(block_on(stage.world.auth.complete_reset(token, FINAL)).is_err(), "access was granted");
            let again = block_on(stage.world.auth.complete_reset_with_code(token, right, FINAL)).is_ok();
            assert_eq!(again, !changed, "the link and the code work once");
            stage.world.clock.advance(SECOND);
            let known = if changed { NEW } else { FINAL };
            assert!(stage.is_code_wrong(known, right));
            let (code, challenge) = (app.next(&stage.world), stage.demanded(known));
            let _ = complete(stage.give(&challenge, &code).unwrap());
        },
    );
    check_under(
        link_sets_password,
        "complete_reset_with_code by a wrong one",
        requested,
        async |auth, (token, _, wrong, ..)| {
            let outcome = auth.complete_reset_with_code(token, wrong, NEW).await;
            assert!(outcome.is_err());
            matches!(outcome, Err(CompleteResetError::CodeWrong))
        },
        |stage, (token, right, _, app, _), answer| {
            let counted = stage.counted("temporary_password");
            assert!(counted <= 1 && (answer != Some(true) || counted == 1));
            assert!(!stage.world.fails(ANN, OLD) && stage.world.fails(ANN, NEW));
            let _ = complete(block_on(stage.world.auth.complete_reset_with_code(token, right, NEW)).unwrap());
            assert!(stage.is_code_wrong(NEW, &app.wrong_code(&stage.world)));
            let _ = complete(stage.give(&stage.demanded(NEW), &app.next(&stage.world)).unwrap());
        },
    );
}

#[test]
fn report_undeliverable() {
    let reported = |stage: &Stage| stage.world.user(ANN).overview().undeliverable.is_some();
    let reason = doorward::account::UndeliverableReason::HardBounce;
    check(
        "report_undeliverable",
        ann,
        async |auth, _| auth.operator.report_undeliverable(&email(ANN), reason).await.is_ok(),
        |stage, ann, answer| {
            assert!(reported(stage) || answer != Some(true));
            block_on(stage.world.operator.report_undeliverable(&email(ANN), reason)).unwrap();
            assert!(reported(stage) && stage.world.is_live(ann));
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "clear_undeliverable",
        |stage| {
            let ann = ann(stage);
            block_on(stage.world.operator.report_undeliverable(&email(ANN), reason)).unwrap();
            ann
        },
        async |auth, ann| auth.operator.clear_undeliverable(ann.user_id()).await.is_ok(),
        |stage, ann, answer| {
            assert!(!reported(stage) || answer != Some(true));
            block_on(stage.world.operator.clear_undeliverable(ann.user_id())).unwrap();
            assert!(!reported(stage));
            stage.gets_in(&[OLD]);
        },
    );
}

/// A call whose mail is owed: whatever goes wrong, what was stored is mailed, and at most one mail more than that.
fn check_owed<C>(
    name: &str,
    prepare: impl Fn(&Stage) -> C,
    run: impl AsyncFn(&Handles, &C) -> bool,
    verify: impl Fn(&Stage, &C, Option<bool>),
) {
    check_on(|| Stage::owing(|_| {}), name, prepare, run, verify);
}

#[test]
fn owed_mails() {
    check_owed(
        "owed, provision",
        |_| (),
        async |auth, ()| auth.operator.provision(email(ANN)).await.is_ok(),
        |stage, (), answer| {
            let welcomes = stage.settle(0, "welcome");
            let stored = block_on(stage.world.users.find_by_email(&email(ANN))).unwrap().is_some();
            assert!(stored || answer != Some(true));
            assert!(if stored { (1..=2).contains(&welcomes) } else { welcomes == 0 }, "{welcomes}");
            if stored {
                let mailed: Vec<_> =
                    stage.world.mailer.mails().iter().filter_map(|it| it.temporary_password()).collect();
                let (last, before) = mailed.split_last().unwrap();
                assert!(before.iter().all(|before| stage.world.fails(ANN, before)));
                let challenge = stage.world.challenge(ANN, last);
                let _ = stage.world.choose(&challenge, FINAL);
            }
        },
    );
    check_owed(
        "owed, change_password",
        |stage| (ann(stage), stage.world.mailer.count()),
        async |auth, (ann, _)| auth.change_password(ann, OLD, NEW).await.is_ok(),
        |stage, (_, before), answer| {
            let notices = stage.settle(*before, "password_changed");
            let changed = stage.world.sign_in(ANN, NEW).is_ok();
            agree(answer, changed);
            assert!(if changed { (1..=2).contains(&notices) } else { notices == 0 }, "{notices}");
            stage.gets_in(&[OLD, NEW]);
        },
    );
    check_owed(
        "owed, request_reset",
        |stage| (ann(stage), stage.world.mailer.count()),
        async |auth, _| auth.request_reset(&email(ANN)).await.is_ok(),
        |stage, (_, before), _| {
            let stored = stage.world.user(ANN).overview().reset_expires_at.is_some();
            let links = stage.settle(*before, "confirm_reset");
            assert!(if stored { (1..=2).contains(&links) } else { links == 0 }, "{links}");
            if stored {
                let _ = block_on(stage.world.auth.confirm_reset(&stage.world.mailed_token())).unwrap();
            }
            stage.gets_in(&[OLD]);
        },
    );
    check_owed(
        "owed, confirm_reset",
        |stage| {
            let _ = ann(stage);
            (stage.world.request(ANN), stage.world.mailer.count())
        },
        async |auth, (token, _)| auth.confirm_reset(token).await.is_ok(),
        |stage, (token, before), answer| {
            let mailed = stage.settle(*before, "temporary_password");
            assert!(mailed <= 2 && (answer != Some(true) || mailed > 0), "{mailed}");
            if mailed == 0 {
                let _ = block_on(stage.world.auth.confirm_reset(token)).unwrap();
            }
            let challenge = stage.world.challenge(ANN, &stage.world.mailed_password());
            let _ = stage.world.choose(&challenge, FINAL);
        },
    );
    check_owed(
        "deliver_owed",
        |stage| {
            // The first call stores, and the second mails.
            let owe = |call: &dyn Fn(), k| {
                stage.faults.strike(k, Fault::Fails);
                call();
                assert!(stage.faults.has_struck());
                stage.faults.relent();
            };
            owe(&|| drop(block_on(stage.faulty.operator.provision(email(BOB)))), 2);
            let ann = ann(stage);
            let id = ann.user_id().clone();
            owe(&|| block_on(stage.faulty.operator.require_password_change(&id)).unwrap(), 3);
            stage.world.clock.advance(2 * MINUTE);
            stage.world.mailer.count()
        },
        async |auth, _| auth.deliver_owed().await.is_ok_and(|delivered| (delivered.sent, delivered.failed) == (2, 0)),
        |stage, before, _| {
            stage.settle(*before, "welcome");
            let names: Vec<_> = stage.world.mailer.mails()[*before..].iter().map(|it| it.mail.kind().name()).collect();
            for kind in ["welcome", "password_change_forced"] {
                let sent = names.iter().filter(|name| **name == kind).count();
                assert!((1..=2).contains(&sent), "{kind}: {sent}");
            }
            assert!(names.len() <= 3, "{names:?}");
            let temporary = stage.world.mailer.last_to(&email(BOB)).unwrap().temporary_password().unwrap();
            let challenge = stage.world.challenge(BOB, &temporary);
            let _ = stage.world.choose(&challenge, FINAL);
        },
    );
}

const MOVED: &str = "ann@new.example";

/// Whether the account has the new address; it has one of the two.
fn has_moved(stage: &Stage) -> bool {
    let has = |address| block_on(stage.world.users.find_by_email(&email(address))).unwrap().is_some();
    assert_ne!(has(ANN), has(MOVED), "the account has one address");
    has(MOVED)
}

/// Asks for the new address without faults, and reads the link's token.
fn asked(stage: &Stage, ann: &SignedIn) -> String {
    let _ = block_on(stage.world.auth.request_email_change(ann, email(MOVED))).unwrap();
    stage.world.mailed_token()
}

/// Changes the address without faults, and reads the token that takes it back.
fn moved(stage: &Stage) -> (SignedIn, String) {
    let ann = ann(stage);
    let token = asked(stage, &ann);
    let ann = block_on(stage.world.auth.confirm_email_change(&ann, &token)).unwrap();
    let undo = stage.world.mails("email_changed").remove(0).token().unwrap();
    (ann, undo)
}

/// The tokens of the mails of that kind since.
fn tokens(stage: &Stage, since: usize, kind: &str) -> Vec<String> {
    let sent = stage.world.mailer.mails().split_off(since);
    sent.iter().filter(|it| it.mail.kind().name() == kind).filter_map(|it| it.token()).collect()
}

#[test]
fn email_change() {
    check(
        "request_email_change",
        |stage| (ann(stage), stage.world.mailer.count()),
        async |auth, (ann, _)| auth.request_email_change(ann, email(MOVED)).await.is_ok(),
        |stage, (ann, before), _| {
            let world = &stage.world;
            assert!(!has_moved(stage), "asking changes nothing");
            let mailed = tokens(stage, *before, "confirm_email_change");
            assert!(mailed.len() <= 1);
            // A link that has left works; without one, asking again heals it.
            let (ann, token) = match &mailed[..] {
                [token] => (ann.clone(), token.clone()),
                _ => {
                    world.clock.advance(5 * MINUTE);
                    let ann = block_on(world.auth.reauthenticate(ann, OLD)).unwrap();
                    let token = asked(stage, &ann);
                    (ann, token)
                }
            };
            let _ = block_on(world.auth.confirm_email_change(&ann, &token)).unwrap();
            assert!(has_moved(stage) && world.sign_in(MOVED, OLD).is_ok());
        },
    );
    check(
        "confirm_email_change",
        |stage| {
            let ann = ann(stage);
            let token = asked(stage, &ann);
            (ann, token, stage.world.mailer.count())
        },
        async |auth, (ann, token, _)| auth.confirm_email_change(ann, token).await.is_ok(),
        |stage, (ann, token, before), answer| {
            let world = &stage.world;
            let changed = has_moved(stage);
            agree(answer, changed);
            let back = tokens(stage, *before, "email_changed");
            assert!(back.len() <= usize::from(changed));
            match changed {
                true => {
                    assert!(world.fails(ANN, OLD) && !world.is_live(ann));
                    let ann = complete(world.sign_in(MOVED, OLD).unwrap());
                    let again = block_on(world.auth.confirm_email_change(&ann, token));
                    assert_eq!(again.unwrap_err().code(), "link_invalid", "it works once");
                }
                false => {
                    let _ = block_on(world.auth.confirm_email_change(ann, token)).unwrap();
                }
            }
            // The mail that has left takes the change back.
            for undo in tokens(stage, *before, "email_changed") {
                let _ = block_on(world.auth.undo_email_change(&undo)).unwrap();
                stage.gets_in(&[OLD]);
            }
        },
    );
    check(
        "undo_email_change",
        moved,
        async |auth, (_, undo)| auth.undo_email_change(undo).await.is_ok(),
        |stage, (ann, undo), answer| {
            let world = &stage.world;
            let restored = !has_moved(stage);
            // An error may also say that the mail was not accepted.
            assert!(restored || answer != Some(true));
            match restored {
                true => {
                    let again = block_on(world.auth.undo_email_change(undo));
                    assert_eq!(again.unwrap_err().code(), "link_invalid", "it works once");
                }
                false => {
                    assert!(world.is_live(ann));
                    let _ = block_on(world.auth.undo_email_change(undo)).unwrap();
                }
            }
            assert!(!world.is_live(ann));
            // Whether or not the mail has left, a reset lets the owner in, and the password of before is void.
            stage.gets_in(&[OLD]);
        },
    );
    for (name, undo) in [("inspect_email_change", false), ("inspect_email_undo", true)] {
        check(
            name,
            moved,
            async |auth, (_, token)| match undo {
                true => auth.inspect_email_undo(token).await.is_ok(),
                false => auth.inspect_email_change(token).await.is_ok(),
            },
            |stage, (_, undo), _| {
                assert!(has_moved(stage));
                let _ = block_on(stage.world.auth.undo_email_change(undo)).unwrap();
                stage.gets_in(&[OLD]);
            },
        );
    }
    check(
        "change_email",
        |stage| {
            let ann = ann(stage);
            let token = asked(stage, &ann);
            (ann, token)
        },
        async |auth, (ann, _)| auth.operator.change_email(ann.user_id(), email("ann@third.example")).await.is_ok(),
        |stage, (ann, token), answer| {
            let world = &stage.world;
            let changed = block_on(world.users.find_by_email(&email("ann@third.example"))).unwrap().is_some();
            agree(answer, changed);
            assert_eq!(world.is_live(ann), !changed);
            assert_eq!(block_on(world.auth.confirm_email_change(ann, token)).is_ok(), !changed);
            let address = if changed { "ann@third.example" } else { MOVED };
            assert!(world.fails(ANN, OLD) && world.sign_in(address, OLD).is_ok());
        },
    );
}

#[test]
fn owed_mails_of_an_email_change() {
    check_owed(
        "owed, confirm_email_change",
        |stage| {
            let ann = ann(stage);
            let token = asked(stage, &ann);
            (ann, token, stage.world.mailer.count())
        },
        async |auth, (ann, token, _)| auth.confirm_email_change(ann, token).await.is_ok(),
        |stage, (_, _, before), answer| {
            let changed = has_moved(stage);
            agree(answer, changed);
            let mailed = stage.settle(*before, "email_changed");
            assert!(if changed { (1..=2).contains(&mailed) } else { mailed == 0 }, "{mailed}");
            let told = tokens(stage, *before, "email_changed");
            let Some((last, voided)) = told.split_last() else { return };
            assert!(stage.world.mails("email_changed").iter().all(|sent| sent.to == email(ANN)));
            assert!(voided.iter().all(|undo| block_on(stage.world.auth.undo_email_change(undo)).is_err()));
            let _ = block_on(stage.world.auth.undo_email_change(last)).unwrap();
            stage.gets_in(&[OLD]);
        },
    );
    check_owed(
        "owed, undo_email_change",
        |stage| {
            let (ann, undo) = moved(stage);
            (ann, undo, stage.world.mailer.count())
        },
        async |auth, (_, undo, _)| auth.undo_email_change(undo).await.is_ok(),
        |stage, (_, _, before), answer| {
            let restored = !has_moved(stage);
            // An error may also say that the mail was not accepted.
            assert!(restored || answer != Some(true));
            let mailed = stage.settle(*before, "temporary_password");
            assert!(if restored { (1..=2).contains(&mailed) } else { mailed == 0 }, "{mailed}");
            if restored {
                let challenge = stage.world.challenge(ANN, &stage.world.mailed_password());
                let _ = stage.world.choose(&challenge, FINAL);
            }
        },
    );
    check_owed(
        "owed, change_email",
        |stage| (ann(stage), stage.world.mailer.count()),
        async |auth, (ann, _)| auth.operator.change_email(ann.user_id(), email(MOVED)).await.is_ok(),
        |stage, (_, before), answer| {
            let changed = has_moved(stage);
            agree(answer, changed);
            let told = stage.settle(*before, "email_changed_by_operator");
            // Each of the two at least once, and one of them twice if its answer was lost.
            assert!(if changed { (2..=3).contains(&told) } else { told == 0 }, "{told}");
            let sent = stage.world.mails("email_changed_by_operator");
            let to = |address| sent.iter().any(|sent| sent.to == email(address));
            assert!(!changed || to(ANN) && to(MOVED));
        },
    );
    check_owed(
        "owed, request_email_change",
        |stage| (ann(stage), stage.world.mailer.count()),
        async |auth, (ann, _)| auth.request_email_change(ann, email(MOVED)).await.is_ok(),
        |stage, (_, before), _| {
            let stored = stage.world.user(ANN).to_snapshot().contains("email_changes");
            let told = stage.settle(*before, "email_change_requested");
            assert!(if stored { (1..=2).contains(&told) } else { told == 0 }, "{told}");
        },
    );
}

fn registration(config: &mut Config) {
    config.registration.mode = RegistrationMode::Open;
}

/// Nobody but the owner of the mailbox gets an account, and there is one at most.
#[test]
fn register() {
    check_under(
        registration,
        "request_registration",
        |stage| stage.world.mailer.count(),
        async |auth, _| auth.request_registration(email(ANN)).await.is_ok(),
        |stage, before, _| {
            let world = &stage.world;
            assert_eq!(block_on(world.users.count()).unwrap(), UserCounts::default(), "nothing is stored");
            let mails = world.mailer.mails()[*before..].len();
            assert!(mails <= 1);
            world.clock.advance(5 * MINUTE);
            block_on(world.auth.request_registration(email(ANN))).unwrap();
            let _ = block_on(world.auth.register(&world.mailed_token(), OLD)).unwrap();
            stage.gets_in(&[OLD]);
        },
    );
    check_under(
        registration,
        "request_registration of a taken address",
        ann,
        async |auth, _| auth.request_registration(email(ANN)).await.is_ok(),
        |stage, ann, _| {
            assert!(stage.world.is_live(ann));
            stage.gets_in(&[OLD]);
        },
    );
    check_under(
        registration,
        "invite",
        |stage| stage.world.mailer.count(),
        async |auth, _| auth.operator.invite(email(ANN)).await.is_ok(),
        |stage, before, answer| {
            let world = &stage.world;
            let mailed = world.mailer.count() > *before;
            assert!(answer != Some(true) || mailed);
            if !mailed {
                let _ = block_on(world.operator.invite(email(ANN))).unwrap();
            }
            let _ = block_on(world.auth.register(&world.mailed_token(), OLD)).unwrap();
            stage.gets_in(&[OLD]);
        },
    );
    check_under(
        registration,
        "register",
        |stage| {
            block_on(stage.world.auth.request_registration(email(ANN))).unwrap();
            stage.world.mailed_token()
        },
        async |auth, token| matches!(auth.register(token, OLD).await, Ok(SignIn::Complete(_))),
        |stage, token, answer| {
            let world = &stage.world;
            let exists = block_on(world.users.find_by_email(&email(ANN))).unwrap().is_some();
            assert!(answer != Some(true) || exists);
            // The same link makes up for whatever was lost, unless there is the account.
            assert_eq!(block_on(world.auth.register(token, NEW)).is_ok(), !exists);
            assert_eq!(block_on(world.users.count()).unwrap().active, 1);
            let known = if exists { OLD } else { NEW };
            assert!(world.fails(ANN, if exists { NEW } else { OLD }));
            stage.gets_in(&[known]);
        },
    );
}

/// An account that was asked to be deleted is closed or as before, never half; and its owner is told or may ask again.
#[test]
fn leaving() {
    check(
        "request_deletion",
        |stage| (ann(stage), stage.world.mailer.count()),
        async |auth, (ann, _)| auth.request_deletion(ann).await.is_ok(),
        |stage, (ann, before), answer| {
            let world = &stage.world;
            let closed = world.user(ANN).overview().deletion_due_at.is_some();
            assert!(answer != Some(true) || closed);
            assert_eq!((world.is_live(ann), world.sign_in(ANN, OLD).is_ok()), (!closed, !closed));
            let mails = world.mailer.mails();
            match mails[*before..].iter().find(|it| it.mail.kind().name() == "deletion_requested") {
                Some(mail) => drop(block_on(world.auth.undo_deletion(&mail.token().unwrap())).unwrap()),
                None if closed => block_on(world.operator.reactivate(ann.user_id())).unwrap(),
                None => {}
            }
            stage.gets_in(&[OLD]);
        },
    );
    check_owed(
        "owed, request_deletion",
        |stage| (ann(stage), stage.world.mailer.count()),
        async |auth, (ann, _)| auth.request_deletion(ann).await.is_ok(),
        |stage, (_, before), answer| {
            let world = &stage.world;
            let closed = world.user(ANN).overview().deletion_due_at.is_some();
            assert!(answer != Some(true) || closed);
            world.clock.advance(16 * MINUTE);
            let delivered = block_on(stage.faulty.auth.deliver_owed()).unwrap();
            assert_eq!((delivered.failed, delivered.given_up, delivered.deleted), (0, 0, 0));
            let links: Vec<_> = world.mailer.mails()[*before..]
                .iter()
                .filter(|it| it.mail.kind().name() == "deletion_requested")
                .filter_map(|it| it.token())
                .collect();
            assert!(if closed { (1..=2).contains(&links.len()) } else { links.is_empty() }, "{}", links.len());
            if let Some((last, others)) = links.split_last() {
                assert!(others.iter().all(|other| block_on(world.auth.undo_deletion(other)).is_err()));
                let _ = block_on(world.auth.undo_deletion(last)).unwrap();
            }
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "undo_deletion",
        |stage| {
            let _ = block_on(stage.world.auth.request_deletion(&ann(stage))).unwrap();
            stage.world.mailed_token()
        },
        async |auth, token| auth.undo_deletion(token).await.is_ok(),
        |stage, token, answer| {
            let alive = stage.world.user(ANN).overview().deletion_due_at.is_none();
            assert!(answer != Some(true) || alive);
            assert_eq!(block_on(stage.world.auth.undo_deletion(token)).is_ok(), !alive, "it works once");
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "purge_deleted",
        |stage| {
            let _ = block_on(stage.world.auth.request_deletion(&ann(stage))).unwrap();
            stage.world.clock.advance(14 * DAY);
            stage.faults.user_directory(stage.world.users.clone())
        },
        async |auth, directory| auth.purge_deleted(directory, 10).await.is_ok_and(|deleted| deleted == 1),
        |stage, _, answer| {
            let world = &stage.world;
            let exists = || block_on(world.users.find_by_email(&email(ANN))).unwrap().is_some();
            assert!(answer != Some(true) || !exists());
            assert!(world.fails(ANN, OLD));
            let left = u64::from(exists());
            assert_eq!(block_on(world.auth.purge_deleted(&world.users, 10)).unwrap(), left);
            world.provision(ANN);
            stage.gets_in(&[&world.mailed_password()]);
        },
    );
    check(
        "export",
        ann,
        async |auth, ann| auth.export(ann, None).await.is_ok(),
        |stage, ann, _| {
            assert!(stage.world.is_live(ann));
            stage.gets_in(&[OLD]);
        },
    );
    check_under(
        |config| config.deletion.grace = std::time::Duration::ZERO,
        "request_deletion without grace",
        ann,
        async |auth, ann| auth.request_deletion(ann).await.is_ok(),
        |stage, ann, answer| {
            let world = &stage.world;
            let exists = block_on(world.users.find_by_email(&email(ANN))).unwrap().is_some();
            assert!(answer != Some(true) || !exists);
            assert_eq!(world.is_live(ann), exists);
            if !exists {
                world.provision(ANN);
                return stage.gets_in(&[&world.mailed_password()]);
            }
            stage.gets_in(&[OLD]);
        },
    );
}
