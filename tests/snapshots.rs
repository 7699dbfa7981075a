//! Golden files: every later release must read what an earlier one wrote, and keep all promises made to its users.
//!
//! Each file of `tests/data/snapshots` holds a row as stored by a repository, and its user's secrets. Files of a release never
//! change. Before a release, or when there is a new state to keep, write the missing files:
//!
//! ```text
//! cargo test --features testing --test snapshots -- --ignored
//! ```
//!
//! Until the first release the format may still change: delete the files and write them again.
#![cfg(feature = "testing")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base64ct::Encoding;
use doorward::account::{Import, UndeliverableReason};
use doorward::email_change::EmailLinkStatus;
use doorward::error::{ChoosePasswordError, ConfirmResetError, ResumeError, SignInError, VerifySecondFactorError};
use doorward::hashing::{HashParams, PasswordHash};
use doorward::mail::Mail;
use doorward::password::ResetLinkStatus;
use doorward::session::AuthMethod;
use doorward::store::{AttemptKey, Attempts, BackendError, MemoryAttempts, MemoryUsers, Swap, User, UserRow, Version};
use doorward::testing::{ManualClock, RecordingMailer};
use doorward::{
    AttemptStore, Auth, Challenge, Clock, Email, Keyring, Mailer, Operator, SignIn, SignInRequest, SignedIn,
    UserRepository,
};
use pollster::block_on;
use serde_json::{Value, json};
use support::{ANN, DAY, HOUR, MINUTE, NEW, OLD, SECOND, complete, email, site};
use totp_rs::Totp;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/snapshots")
}

/// A host with one user, at the time when all files were written.
struct Host {
    auth: Auth,
    operator: Operator,
    clock: ManualClock,
    mailer: RecordingMailer,
    users: Arc<MemoryUsers>,
}

impl Host {
    fn new() -> Self {
        Self::with(Arc::new(MemoryUsers::new()), MemoryAttempts::new())
    }

    fn with(users: Arc<MemoryUsers>, attempts: impl AttemptStore) -> Self {
        let (clock, mailer) = (ManualClock::new(), RecordingMailer::new());
        let (auth, operator) = Auth::builder(site(), users.clone(), attempts, mailer.clone())
            .clock(clock.clone())
            .keyring(Keyring::new("a", *b"a key of these tests, no secret.").unwrap())
            .configure(|config| {
                config.hashing.params = HashParams::danger_cheap_for_tests();
                config.hashing.threads = std::num::NonZeroUsize::new(1);
                config.password.history = 3;
            })
            .build_with_operator()
            .unwrap();
        Self { auth, operator, clock, mailer, users }
    }

    /// At the time of the file, after the spacing of its last sign-in.
    fn of(golden: &Value, user: &User) -> Self {
        let host = Self::new();
        host.clock.set(at(golden));
        let _ = block_on(host.users.insert(user)).unwrap();
        host.clock.advance(SECOND);
        host
    }

    /// Another process, whose mails are owed. What waits for a receipt is not waited for.
    fn owing(&self, mailer: impl Mailer) -> Owing {
        let (auth, operator) = Auth::builder(site(), self.users.clone(), MemoryAttempts::new(), mailer)
            .clock(self.clock.clone())
            .background(block_on)
            .owed_mails(self.users.clone())
            .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
            .build_with_operator()
            .unwrap();
        Owing { auth, operator }
    }

    fn user(&self) -> User {
        let head = block_on(self.users.find_by_email(&email(ANN))).unwrap().expect("there is one user");
        block_on(self.users.find_by_id(head.id())).unwrap().expect("its head exists")
    }

    fn sign_in(&self, password: &str) -> Result<SignIn, SignInError> {
        loop {
            match block_on(self.auth.try_sign_in(SignInRequest::new(ANN, password))) {
                Err(SignInError::Throttled { retry_after }) => self.clock.advance(retry_after),
                outcome => return outcome,
            }
        }
    }

    fn challenge(&self, password: &str) -> Challenge {
        match self.sign_in(password).unwrap() {
            SignIn::PasswordChangeRequired(challenge) => challenge,
            _ => panic!("no password change was due"),
        }
    }

    fn provision(&self) -> String {
        block_on(self.operator.provision(email(ANN))).unwrap();
        self.mailed(|mail| mail.temporary_password())
    }

    /// Creates the account and returns the device's cookie.
    fn open(&self) -> String {
        let challenge = self.challenge(&self.provision());
        let signed_in = complete(block_on(self.auth.choose_password(&challenge, OLD)).unwrap());
        signed_in.device_token().unwrap().expose()
    }

    fn request(&self) -> String {
        block_on(self.auth.request_reset(&email(ANN))).unwrap();
        self.mailed(|mail| mail.token())
    }

    fn mailed(&self, what: impl Fn(&doorward::testing::RecordedMail) -> Option<String>) -> String {
        self.mailer.last().as_ref().and_then(what).expect("it was mailed")
    }

    /// The code that an authenticator shows half a minute later.
    fn code(&self, uri: &str) -> String {
        self.clock.advance(30 * SECOND);
        Totp::from_url(uri).unwrap().generate(self.clock.now().unix_timestamp().unsigned_abs()).to_string()
    }

    fn code_is_asked(&self, password: &str) -> Challenge {
        match self.sign_in(password).unwrap() {
            SignIn::SecondFactorRequired(challenge) => challenge,
            other => panic!("no code was required: {other:?}"),
        }
    }

    fn fails(&self, password: &str) -> bool {
        matches!(self.sign_in(password), Err(SignInError::InvalidCredentials))
    }
}

struct Owing {
    auth: Auth,
    operator: Operator,
}

type Secrets = BTreeMap<&'static str, String>;
/// Returns the secret of this name.
type Secret<'a> = &'a dyn Fn(&str) -> String;

/// A state worth keeping: how it is created, and what must always hold for it.
struct State {
    name: &'static str,
    make: fn(&Host) -> Secrets,
    check: fn(&Host, Secret<'_>),
}

const STATES: [State; 18] = [
    State {
        name: "provisioned",
        make: |host| Secrets::from([("temporary", host.provision())]),
        check: |host, secret| {
            assert!(host.fails("wrong"));
            let challenge = host.challenge(&secret("temporary"));
            let _ = complete(block_on(host.auth.choose_password(&challenge, NEW)).unwrap());
        },
    },
    State {
        name: "challenged",
        make: |host| {
            let temporary = host.provision();
            Secrets::from([("challenge", host.challenge(&temporary).expose().to_string()), ("temporary", temporary)])
        },
        check: |host, secret| {
            let challenge = Challenge::parse(&secret("challenge")).unwrap();
            let _ = complete(block_on(host.auth.choose_password(&challenge, NEW)).unwrap());
            assert!(host.fails(&secret("temporary")));
        },
    },
    State {
        name: "password",
        make: |host| Secrets::from([("device", host.open()), ("password", OLD.to_owned())]),
        check: |host, secret| {
            assert!(host.fails("wrong"));
            // The device still has its own bucket, and its place in the list.
            let request = SignInRequest::new(ANN, &secret("password")).device(&secret("device"));
            let signed_in = complete(block_on(host.auth.try_sign_in(request)).unwrap());
            assert_eq!(block_on(host.auth.devices(&signed_in)).unwrap().len(), 1);
            let _ = complete(host.sign_in(&secret("password")).unwrap());
        },
    },
    State {
        name: "reset_requested",
        make: |host| {
            host.open();
            Secrets::from([("link", host.request()), ("password", OLD.to_owned())])
        },
        check: |host, secret| {
            assert_eq!(block_on(host.auth.inspect_reset(&secret("link"))).unwrap(), ResetLinkStatus::Valid);
            let _ = complete(host.sign_in(&secret("password")).unwrap());
            let _ = block_on(host.auth.confirm_reset(&secret("link"))).unwrap();
            host.challenge(&host.mailed(|mail| mail.temporary_password()));
        },
    },
    State {
        name: "reset_confirmed",
        make: |host| {
            host.open();
            let link = host.request();
            let _ = block_on(host.auth.confirm_reset(&link)).unwrap();
            let temporary = host.mailed(|mail| mail.temporary_password());
            Secrets::from([("link", link), ("temporary", temporary), ("password", OLD.to_owned())])
        },
        check: |host, secret| {
            let again = block_on(host.auth.confirm_reset(&secret("link")));
            assert!(matches!(again, Err(ConfirmResetError::AlreadyConfirmed { .. })), "{again:?}");
            let _ = complete(host.sign_in(&secret("password")).unwrap());
            let challenge = host.challenge(&secret("temporary"));
            let _ = complete(block_on(host.auth.choose_password(&challenge, NEW)).unwrap());
            assert!(host.fails(&secret("temporary")) && host.fails(&secret("password")));
            assert!(block_on(host.auth.confirm_reset(&secret("link"))).is_err());
        },
    },
    State {
        name: "deactivated",
        make: |host| {
            host.open();
            block_on(host.operator.deactivate(host.user().id())).unwrap();
            Secrets::from([("password", OLD.to_owned())])
        },
        check: |host, secret| {
            assert!(host.fails(&secret("password")));
            block_on(host.operator.reactivate(host.user().id())).unwrap();
            let _ = complete(host.sign_in(&secret("password")).unwrap());
        },
    },
    State {
        name: "change_required",
        make: |host| {
            host.open();
            block_on(host.operator.require_password_change(host.user().id())).unwrap();
            Secrets::from([("password", OLD.to_owned())])
        },
        check: |host, secret| {
            let challenge = host.challenge(&secret("password"));
            let _ = complete(block_on(host.auth.choose_password(&challenge, NEW)).unwrap());
        },
    },
    State {
        name: "compromised",
        make: |host| {
            host.open();
            block_on(host.operator.mark_compromised(host.user().id())).unwrap();
            Secrets::from([("password", OLD.to_owned())])
        },
        check: |host, secret| {
            assert!(host.fails(&secret("password")));
            let _ = block_on(host.auth.confirm_reset(&host.request())).unwrap();
            host.challenge(&host.mailed(|mail| mail.temporary_password()));
        },
    },
    State {
        name: "second_factor",
        make: |host| {
            let challenge = host.challenge(&host.provision());
            let ann = complete(block_on(host.auth.choose_password(&challenge, OLD)).unwrap());
            let uri = block_on(host.auth.begin_enrollment(&ann)).unwrap().uri().to_owned();
            let code = host.code(&uri);
            let (_, codes) = block_on(host.auth.confirm_enrollment(&ann, &code)).unwrap();
            let [first, second] = [0, 1].map(|n| codes.expose().nth(n).unwrap().to_owned());
            let challenge = host.code_is_asked(OLD);
            let _ = complete(block_on(host.auth.verify_second_factor(&challenge, &first)).unwrap());
            Secrets::from([
                ("authenticator", uri),
                ("used_code", code),
                ("used_recovery_code", first),
                ("recovery_code", second),
                ("password", OLD.to_owned()),
            ])
        },
        check: |host, secret| {
            assert!(host.fails("wrong"));
            let challenge = host.code_is_asked(&secret("password"));
            for used in ["used_code", "used_recovery_code"] {
                let again = block_on(host.auth.verify_second_factor(&challenge, &secret(used)));
                assert!(matches!(again, Err(VerifySecondFactorError::CodeWrong)), "{used}: {again:?}");
            }
            let code = host.code(&secret("authenticator"));
            let _ = complete(block_on(host.auth.verify_second_factor(&challenge, &code)).unwrap());
            let challenge = host.code_is_asked(&secret("password"));
            let _ = complete(block_on(host.auth.verify_second_factor(&challenge, &secret("recovery_code"))).unwrap());
        },
    },
    State {
        name: "imported",
        make: |host| {
            // Of the typed text "cafe\u{301} au lait, 7 euros", by another system.
            let hash = "$argon2id$v=19$m=8,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw$qt32ootBxtQXKWkeFJAebBlVB1fisg6ATTvqsLqPJqo";
            let account = Import::new(email(ANN), PasswordHash::parse(hash).unwrap());
            block_on(host.operator.import_user(account)).unwrap();
            Secrets::from([("password", "cafe\u{301} au lait, 7 euros".to_owned())])
        },
        check: |host, secret| {
            assert!(host.fails("wrong"));
            let _ = complete(host.sign_in(&secret("password")).unwrap());
            host.clock.advance(MINUTE);
            let _ = complete(host.sign_in("caf\u{e9} au lait, 7 euros").unwrap());
        },
    },
    State {
        name: "earlier_passwords",
        make: |host| {
            host.open();
            host.clock.advance(MINUTE);
            let signed_in = complete(host.sign_in(OLD).unwrap());
            let _ = block_on(host.auth.change_password(&signed_in, OLD, NEW)).unwrap();
            Secrets::from([("earlier", OLD.to_owned()), ("password", NEW.to_owned())])
        },
        check: |host, secret| {
            assert!(host.fails(&secret("earlier")));
            block_on(host.operator.require_password_change(host.user().id())).unwrap();
            let challenge = host.challenge(&secret("password"));
            let reused = block_on(host.auth.choose_password(&challenge, &secret("earlier")));
            assert!(matches!(reused, Err(ChoosePasswordError::Rejected { .. })), "{reused:?}");
        },
    },
    State {
        name: "sessions",
        make: |host| {
            let device = host.open();
            // Often enough for a notice to the owner.
            for _ in 0..10 {
                assert!(host.fails("wrong"));
            }
            let stranger = complete(host.sign_in(OLD).unwrap());
            host.clock.advance(MINUTE);
            let request = SignInRequest::new(ANN, OLD).device(&device).keep_signed_in(true).label("Firefox on Linux");
            let kept = complete(block_on(host.auth.try_sign_in(request)).unwrap());
            let ended = complete(host.sign_in(OLD).unwrap());
            block_on(host.auth.sign_out(&ended)).unwrap();
            let snapshot = host.user().to_snapshot();
            assert!(["sightings", "failures_noticed_at"].iter().all(|field| snapshot.contains(field)), "{snapshot}");
            let text = |signed_in: SignedIn| signed_in.token().expose();
            let (kept, stranger, ended) = (text(kept), text(stranger), text(ended));
            Secrets::from([("kept", kept), ("session", stranger), ("ended", ended), ("password", OLD.to_owned())])
        },
        check: |host, secret| {
            let resume = |name| block_on(host.auth.resume(&secret(name)));
            assert!(resume("ended").is_err());
            let kept = resume("kept").unwrap();
            assert_eq!(kept.session().label.as_deref(), Some("Firefox on Linux"));
            assert!(kept.session().kept && kept.session().device.is_some());
            let listed = block_on(host.auth.sessions(&kept)).unwrap();
            assert_eq!(listed.len(), 3, "that of the first sign-in too");
            // The owner is not mailed again on the same day.
            for _ in 0..10 {
                assert!(host.fails("wrong"));
            }
            let mails = host.mailer.count();
            let _ = complete(host.sign_in(&secret("password")).unwrap());
            assert_eq!(host.mailer.count(), mails);
            assert!(resume("session").is_ok());
            host.clock.advance(2 * HOUR);
            assert!(resume("session").is_err(), "an hour without use");
            let kept = resume("kept").unwrap();
            block_on(host.auth.sign_out(&kept)).unwrap();
            assert!(resume("kept").is_err() && resume("ended").is_err());
        },
    },
    State {
        name: "challenged_to_be_kept",
        make: |host| {
            let challenge = host.challenge(&host.provision());
            let ann = complete(block_on(host.auth.choose_password(&challenge, OLD)).unwrap());
            let uri = block_on(host.auth.begin_enrollment(&ann)).unwrap().uri().to_owned();
            let code = host.code(&uri);
            let _ = block_on(host.auth.confirm_enrollment(&ann, &code)).unwrap();
            let request = SignInRequest::new(ANN, OLD).keep_signed_in(true).label("Firefox on Linux");
            let Ok(SignIn::SecondFactorRequired(challenge)) = block_on(host.auth.try_sign_in(request)) else {
                panic!("no code was required")
            };
            Secrets::from([("authenticator", uri), ("challenge", challenge.expose().to_string())])
        },
        check: |host, secret| {
            let challenge = Challenge::parse(&secret("challenge")).unwrap();
            let code = host.code(&secret("authenticator"));
            let signed_in = complete(block_on(host.auth.verify_second_factor(&challenge, &code)).unwrap());
            assert_eq!(signed_in.session().label.as_deref(), Some("Firefox on Linux"));
            host.clock.advance(2 * HOUR);
            assert!(block_on(host.auth.resume(&signed_in.token().expose())).is_ok(), "it is kept");
        },
    },
    State {
        name: "owed",
        make: |host| {
            host.open();
            let owing = host.owing(Silent);
            block_on(owing.auth.request_reset(&email(ANN))).unwrap();
            block_on(owing.operator.require_password_change(host.user().id())).unwrap();
            assert_eq!(host.user().overview().owed_mails, 2);
            Secrets::from([("password", OLD.to_owned())])
        },
        check: |host, secret| {
            assert_eq!(host.user().overview().owed_mails, 2);
            let owing = host.owing(host.mailer.clone());
            host.clock.advance(16 * MINUTE);
            assert_eq!(block_on(owing.auth.deliver_owed()).unwrap().sent, 2);
            assert_eq!(host.user().overview().owed_mails, 0);
            let mails = host.mailer.mails();
            assert!(mails.iter().any(|mail| mail.mail.kind().name() == "password_change_forced"));
            let link = mails.iter().find_map(|mail| mail.token()).expect("a link");
            let _ = block_on(host.auth.confirm_reset(&link)).unwrap();
            host.challenge(&host.mailed(|mail| mail.temporary_password()));
            let _ = host.challenge(&secret("password"));
        },
    },
    State {
        name: "undeliverable",
        make: |host| {
            host.open();
            let complaint = UndeliverableReason::Complaint;
            block_on(host.operator.report_undeliverable(&email(ANN), complaint)).unwrap();
            Secrets::from([("password", OLD.to_owned())])
        },
        check: |host, secret| {
            let reported = host.user().overview().undeliverable.expect("it was reported");
            assert_eq!((reported.reason, reported.since + SECOND), (UndeliverableReason::Complaint, host.clock.now()));
            let _ = complete(host.sign_in(&secret("password")).unwrap());
            assert!(host.user().overview().undeliverable.is_some());
            let _ = block_on(host.auth.confirm_reset(&host.request())).unwrap();
            assert_eq!(host.user().overview().undeliverable, None);
        },
    },
    State {
        name: "email_change_requested",
        make: |host| {
            host.open();
            let ann = complete(host.sign_in(OLD).unwrap());
            let _ = block_on(host.auth.request_email_change(&ann, email("ann@new.example"))).unwrap();
            let link = host.mailed(|mail| mail.token());
            Secrets::from([("link", link), ("session", ann.token().expose()), ("password", OLD.to_owned())])
        },
        check: |host, secret| {
            let ann = block_on(host.auth.resume(&secret("session"))).unwrap();
            let moved = block_on(host.auth.confirm_email_change(&ann, &secret("link"))).unwrap();
            assert_eq!(moved.email(), &email("ann@new.example"));
            assert!(host.fails(&secret("password")), "not at the address of before");
        },
    },
    State {
        name: "email_changed",
        make: |host| {
            let challenge = host.challenge(&host.provision());
            let ann = complete(block_on(host.auth.choose_password(&challenge, OLD)).unwrap());
            let uri = block_on(host.auth.begin_enrollment(&ann)).unwrap().uri().to_owned();
            let (ann, _) = block_on(host.auth.confirm_enrollment(&ann, &host.code(&uri))).unwrap();
            let _ = block_on(host.auth.request_email_change(&ann, email("ann@new.example"))).unwrap();
            let ann = block_on(host.auth.confirm_email_change(&ann, &host.mailed(|mail| mail.token()))).unwrap();
            let undo =
                host.mailer.mails().iter().rev().find(|mail| mail.to == email(ANN)).and_then(|mail| mail.token());
            let (ann, codes) = block_on(host.auth.regenerate_recovery_codes(&ann)).unwrap();
            let later = codes.expose().next().unwrap().to_owned();
            // The files are named after this address.
            let _ = block_on(host.auth.request_email_change(&ann, email(ANN))).unwrap();
            let _ = block_on(host.auth.confirm_email_change(&ann, &host.mailed(|mail| mail.token()))).unwrap();
            Secrets::from([
                ("undo", undo.unwrap()),
                ("authenticator", uri),
                ("later_code", later),
                ("password", OLD.to_owned()),
            ])
        },
        check: |host, secret| {
            let status = block_on(host.auth.inspect_email_undo(&secret("undo"))).unwrap();
            assert_eq!(status, EmailLinkStatus::Valid { email: email(ANN) });
            let _ = host.code_is_asked(&secret("password"));
            let _ = block_on(host.auth.undo_email_change(&secret("undo"))).unwrap();
            let challenge = host.code_is_asked(&host.mailed(|mail| mail.temporary_password()));
            let later = block_on(host.auth.verify_second_factor(&challenge, &secret("later_code")));
            assert!(
                matches!(later, Err(VerifySecondFactorError::CodeWrong)),
                "it was issued after the change: {later:?}"
            );
            host.clock.advance(MINUTE);
            let code = host.code(&secret("authenticator"));
            assert!(block_on(host.auth.verify_second_factor(&challenge, &code)).is_ok());
            assert!(host.fails(&secret("password")));
        },
    },
    State {
        name: "to_be_deleted",
        make: |host| {
            let challenge = host.challenge(&host.provision());
            let ann = complete(block_on(host.auth.choose_password(&challenge, OLD)).unwrap());
            let _ = block_on(host.auth.request_deletion(&ann)).unwrap();
            Secrets::from([("password", OLD.to_owned()), ("link", host.mailed(|mail| mail.token()))])
        },
        check: |host, secret| {
            let gone_at = host.user().overview().deletion_due_at.expect("it is to be deleted");
            assert_eq!(gone_at + SECOND, host.clock.now() + 14 * DAY);
            assert!(host.fails(&secret("password")));
            let _ = block_on(host.auth.undo_deletion(&secret("link"))).unwrap();
            let _ = complete(host.sign_in(&secret("password")).unwrap());
            assert!(block_on(host.auth.undo_deletion(&secret("link"))).is_err());
            host.clock.set(gone_at);
            assert_eq!(block_on(host.auth.purge_deleted(&host.users, 10)).unwrap(), 0);
        },
    },
];

/// A process that ends before any mail has left: nobody says what became of one.
#[derive(Debug)]
struct Silent;

#[async_trait::async_trait]
impl Mailer for Silent {
    async fn send(&self, _: &Email, mail: &Mail) -> Result<(), BackendError> {
        drop(mail.receipt());
        Ok(())
    }
}

#[test]
#[ignore = "writes the files that are missing"]
fn write_the_files_that_are_missing() {
    fs::create_dir_all(folder()).unwrap();
    let write = |name: &str, content: Value| {
        let file = folder().join(name).with_extension("json");
        if !file.exists() {
            fs::write(file, format!("{content:#}\n")).unwrap();
        }
    };
    for State { name, make, .. } in STATES {
        let host = Host::new();
        let secrets = make(&host);
        let user = host.user();
        let snapshot: Value = serde_json::from_str(&user.to_snapshot()).unwrap();
        let row = json!({
            "id": user.id().as_str(),
            "email": user.email().canonical(),
            "version": user.version().to_string(),
            "snapshot": snapshot,
        });
        write(name, json!({ "at": host.clock.now().unix_timestamp(), "row": row, "secrets": secrets }));
    }
    let frozen = Frozen::default();
    let host = Host::with(Arc::new(MemoryUsers::new()), frozen.clone());
    for _ in 0..ATTEMPTS {
        assert!(host.fails("wrong"));
    }
    let entry = frozen.0.lock().unwrap().clone().expect("an entry");
    let entry: Value = serde_json::from_str(&entry.to_snapshot()).unwrap();
    write("attempts", json!({ "at": host.clock.now().unix_timestamp(), "attempts": entry }));
}

fn read(name: &str) -> Value {
    let file = folder().join(name).with_extension("json");
    let text = fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; see the top of this file", file.display()));
    serde_json::from_str(&text).unwrap()
}

fn at(golden: &Value) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(golden["at"].as_i64().unwrap()).unwrap()
}

#[test]
fn what_was_written_before_reads_and_holds() {
    for State { name, check, .. } in STATES {
        let golden = read(name);
        let user = user_of(&golden, &golden["row"]["snapshot"], name);
        let kept: Value = serde_json::from_str(&user.to_snapshot()).unwrap();
        assert_contains(&kept, &golden["row"]["snapshot"], name);

        let host = Host::of(&golden, &user);
        check(&host, &|secret| text(&golden["secrets"][secret]));
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// The user of the golden row, with that document.
fn user_of(golden: &Value, snapshot: &Value, name: &str) -> User {
    let [id, email, version] = ["id", "email", "version"].map(|column| text(&golden["row"][column]));
    let row = UserRow { id: &id, email: &email, version: &version, snapshot: &snapshot.to_string() };
    User::from_snapshot(row).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Files of the time when a session was a text that named its account and epoch, with nothing of it stored.
const BEFORE_SESSIONS: [&str; 11] = [
    "provisioned",
    "challenged",
    "password",
    "reset_requested",
    "reset_confirmed",
    "deactivated",
    "change_required",
    "compromised",
    "second_factor",
    "imported",
    "earlier_passwords",
];

#[test]
fn sessions_of_the_time_before_they_were_stored_have_ended() {
    for name in BEFORE_SESSIONS {
        let golden = read(name);
        let snapshot = &golden["row"]["snapshot"];
        assert!(snapshot.get("sessions").is_none(), "{name}");
        let host = Host::of(&golden, &user_of(&golden, snapshot, name));
        let id = host.user().id().clone();
        assert!(block_on(host.operator.sessions(&id)).unwrap().is_empty(), "{name}");
        // What was in the cookie then.
        let at = snapshot["created_at"].clone();
        let session = json!({
            "user_id": id.as_str(),
            "epoch": snapshot["epoch"],
            "signed_in_at": at,
            "methods": [{ "method": "password", "at": at }],
        });
        let cookie = base64ct::Base64UrlUnpadded::encode_string(session.to_string().as_bytes());
        assert!(matches!(block_on(host.auth.resume(&cookie)), Err(ResumeError::SessionEnded)), "{name}");
    }
}

#[test]
fn an_older_release_that_knows_no_sessions_ends_them_all_the_same() {
    let golden = read("sessions");
    let written = &golden["row"]["snapshot"];
    let cookies = ["kept", "session"].map(|name| text(&golden["secrets"][name]));
    let alive = |host: &Host| cookies.iter().filter(|cookie| block_on(host.auth.resume(cookie)).is_ok()).count();
    let host = Host::of(&golden, &user_of(&golden, written, "sessions"));
    assert_eq!(alive(&host), 2);

    // It changes a password, deactivates or signs out everywhere: it moves the epoch, and keeps what it does not understand.
    let mut moved = written.clone();
    moved["epoch"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    assert_ne!(&moved, written);
    let host = Host::of(&golden, &user_of(&golden, &moved, "sessions"));
    assert_eq!(alive(&host), 0);
    let id = host.user().id().clone();
    assert!(block_on(host.operator.sessions(&id)).unwrap().is_empty());
    // Nor does the next session revive them.
    let ann = complete(host.sign_in(&text(&golden["secrets"]["password"])).unwrap());
    assert_eq!(block_on(host.auth.sessions(&ann)).unwrap().len(), 1);
    assert_eq!(alive(&host), 0);
    let stored: Value = serde_json::from_str(&host.user().to_snapshot()).unwrap();
    assert_eq!(stored["sessions"]["open"].as_array().map(Vec::len), Some(1));
    assert_eq!(stored["sessions"]["epoch"], stored["epoch"]);
}

#[test]
fn a_proof_by_a_method_of_a_newer_release_is_kept_and_its_session_goes_on() {
    let golden = read("sessions");
    let mut written = golden["row"]["snapshot"].clone();
    for session in written["sessions"]["open"].as_array_mut().unwrap() {
        let at = session["signed_in_at"].clone();
        session["methods"] =
            json!([{ "method": "passkey", "at": at, "by": "a phone" }, { "method": "password", "at": at }]);
    }
    let host = Host::of(&golden, &user_of(&golden, &written, "sessions"));
    for name in ["kept", "session"] {
        let ann = block_on(host.auth.resume(&text(&golden["secrets"][name]))).unwrap();
        let methods: Vec<_> = ann.session().methods.iter().map(|proof| proof.method).collect();
        assert_eq!(methods, [AuthMethod::Password], "{name}");
        // A write of this release keeps it, also under a new token.
        let ann = block_on(host.auth.reauthenticate(&ann, &text(&golden["secrets"]["password"]))).unwrap();
        let stored: Value = serde_json::from_str(&host.user().to_snapshot()).unwrap();
        let open = stored["sessions"]["open"].as_array().unwrap();
        let newer = |session: &&Value| session["methods"][1]["by"] == "a phone";
        assert_eq!(open.iter().filter(newer).count(), open.len(), "{name}");
        assert!(ann.session().methods.len() == 1, "{name}");
    }
}

#[test]
fn a_reason_and_an_owed_mail_of_a_newer_release_are_kept() {
    let golden = read("undeliverable");
    let mut written = golden["row"]["snapshot"].clone();
    written["undeliverable"]["reason"] = json!("moved_away");
    written["undeliverable"]["by"] = json!("a provider");
    let host = Host::of(&golden, &user_of(&golden, &written, "undeliverable"));
    let reported = host.user().overview().undeliverable.unwrap();
    assert_eq!(reported.reason, UndeliverableReason::HardBounce);
    let owed = read("owed")["row"]["snapshot"]["owed"].clone();
    let mut newer = owed[0].clone();
    newer["mail"] = json!("a_mail_of_a_newer_release");
    written["owed"] = json!([owed[0], newer]);
    let host = Host::of(&golden, &user_of(&golden, &written, "undeliverable"));
    // A write of this release gives up what it knows.
    block_on(host.operator.report_undeliverable(&email(ANN), UndeliverableReason::HardBounce)).unwrap();
    let stored: Value = serde_json::from_str(&host.user().to_snapshot()).unwrap();
    assert_eq!(stored["undeliverable"], written["undeliverable"]);
    assert_eq!(stored["owed"], json!([newer]));
    assert!(host.user().overview().mail_due_at.is_some(), "a newer release looks for it");
    block_on(host.operator.clear_undeliverable(host.user().id())).unwrap();
    assert_eq!(host.user().overview().undeliverable, None);
}

/// Everything written is still there; a later release may add to it.
fn assert_contains(kept: &Value, written: &Value, place: &str) {
    match (kept, written) {
        (Value::Object(kept), Value::Object(written)) => {
            for (key, value) in written.iter().filter(|(key, _)| *key != "format") {
                let place = format!("{place}.{key}");
                assert_contains(kept.get(key).unwrap_or_else(|| panic!("{place} was lost")), value, &place);
            }
        }
        (Value::Array(kept), Value::Array(written)) => {
            assert_eq!(kept.len(), written.len(), "{place}");
            kept.iter().zip(written).for_each(|(kept, written)| assert_contains(kept, written, place));
        }
        _ => assert_eq!(kept, written, "{place}"),
    }
}

#[test]
fn every_file_is_of_a_state_that_is_tested() {
    for file in fs::read_dir(folder()).unwrap() {
        let name = file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        assert!(name == "attempts" || STATES.iter().any(|state| state.name == name), "no test covers {name}");
    }
}

/// The number of failures in the file of attempts.
const ATTEMPTS: u32 = 7;

/// A store with only the entry that counts failures of an address.
#[derive(Clone, Debug, Default)]
struct Frozen(Arc<Mutex<Option<Attempts>>>);

#[async_trait::async_trait]
impl AttemptStore for Frozen {
    async fn load(&self, _: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn swap(&self, _: &AttemptKey, _: Option<Version>, next: &Attempts) -> Result<Swap, BackendError> {
        *self.0.lock().unwrap() = Some(next.clone());
        Ok(Swap::Stored)
    }

    async fn purge(&self, _: time::OffsetDateTime, _: u32) -> Result<u64, BackendError> {
        Ok(0)
    }
}

#[test]
fn what_was_counted_before_still_counts() {
    let golden = read("attempts");
    let entry = Attempts::from_snapshot(&golden["attempts"].to_string()).unwrap();
    assert_eq!(entry.failures(), ATTEMPTS);
    let kept: Value = serde_json::from_str(&entry.to_snapshot()).unwrap();
    assert_contains(&kept, &golden["attempts"], "attempts");
    let frozen = Frozen(Arc::new(Mutex::new(Some(entry))));
    let host = Host::with(Arc::new(MemoryUsers::new()), frozen.clone());
    host.clock.set(at(&golden));
    let schedule = doorward::config::Backoff::default();
    let wait = |host: &Host| match block_on(host.auth.try_sign_in(SignInRequest::new(ANN, "wrong"))) {
        Err(SignInError::Throttled { retry_after }) => retry_after,
        other => panic!("not throttled: {other:?}"),
    };
    let full = schedule.delay_after(ATTEMPTS);
    assert!(wait(&host) <= full && wait(&host) > full - SECOND, "{:?}", wait(&host));
    assert!(host.fails("wrong"));
    assert_eq!(wait(&host), schedule.delay_after(ATTEMPTS + 1));
}

/// Asks for that address a while later, and reads the link's token.
fn ask_for(auth: &Auth, clock: &ManualClock, mailer: &RecordingMailer, ann: &SignedIn, address: &str) -> String {
    clock.advance(MINUTE);
    let _ = block_on(auth.request_email_change(ann, email(address))).unwrap();
    mailer.last().and_then(|mail| mail.token()).expect("a link")
}

/// The document of an account with 50 sessions, 20 devices, 12 links, a second factor, uses at client addresses and such a label
/// for each session.
fn document_of_a_full_account(label: &str) -> String {
    let (users, clock, mailer) = (Arc::new(MemoryUsers::new()), ManualClock::new(), RecordingMailer::new());
    let (auth, operator) = Auth::builder(site(), users.clone(), MemoryAttempts::new(), mailer.clone())
        .clock(clock.clone())
        .keyring(Keyring::new("a", *b"a key of these tests, no secret.").unwrap())
        .index_key([7; 32])
        .configure(|config| {
            config.hashing.params = HashParams::danger_cheap_for_tests();
            config.hashing.sealing = doorward::config::HashSealing::On;
            config.password.history = 3;
            config.session.at_most = 50;
            // The cooldown doubles, and no link expires meanwhile.
            config.danger_allow("reset.cooldown");
            config.reset.cooldown = MINUTE;
            config.reset.link_lifetime = DAY;
        })
        .build_with_operator()
        .unwrap();
    block_on(operator.provision(email(ANN))).unwrap();
    let mailed = mailer.last().and_then(|mail| mail.temporary_password()).unwrap();
    let sign_in = |request: SignInRequest| {
        loop {
            match block_on(auth.try_sign_in(request.clone())) {
                Err(SignInError::Throttled { retry_after }) => clock.advance(retry_after),
                outcome => return outcome.unwrap(),
            }
        }
    };
    let SignIn::PasswordChangeRequired(challenge) = sign_in(SignInRequest::new(ANN, &mailed)) else { panic!() };
    let mut ann = complete(block_on(auth.choose_password(&challenge, "0th password of hers")).unwrap());
    for n in 0..3 {
        clock.advance(MINUTE);
        let (old, new) = (format!("{n}th password of hers"), format!("{}th password of hers", n + 1));
        ann = block_on(auth.change_password(&ann, &old, &new)).unwrap();
    }
    let enrollment = block_on(auth.begin_enrollment(&ann)).unwrap();
    let authenticator = Totp::from_url(enrollment.uri()).unwrap();
    let code = || {
        clock.advance(30 * SECOND);
        authenticator.generate(clock.now().unix_timestamp().unsigned_abs()).to_string()
    };
    ann = block_on(auth.confirm_enrollment(&ann, &code())).unwrap().0;
    // Four addresses were left: after a fifth, none can be asked for.
    let long = |n: usize| format!("{n}.{}@{}.example", "a".repeat(62), "b".repeat(60));
    for n in 0..4 {
        ann = block_on(auth.reauthenticate_with_code(&ann, &code())).unwrap();
        let token = ask_for(&auth, &clock, &mailer, &ann, &long(n));
        ann = block_on(auth.confirm_email_change(&ann, &token)).unwrap();
    }
    let address = long(3);
    for n in 1..50_u8 {
        let client = doorward::ClientAddress::from_ip([192, 0, 2, n].into());
        let request = SignInRequest::new(&address, "3th password of hers").keep_signed_in(true).label(label);
        let SignIn::SecondFactorRequired(challenge) = sign_in(request.client_address(client)) else { panic!() };
        ann = complete(block_on(auth.verify_second_factor(&challenge, &code())).unwrap());
    }
    let links = mailer.count() + 12;
    while mailer.count() < links {
        clock.advance(MINUTE);
        block_on(auth.request_reset(&email(&address))).unwrap();
        assert!(block_on(auth.resume(&ann.token().expose())).is_ok());
    }
    ann = block_on(auth.reauthenticate_with_code(&ann, &code())).unwrap();
    let _ = [4, 5, 6].map(|n| ask_for(&auth, &clock, &mailer, &ann, &long(n)));
    let snapshot = block_on(users.find_by_id(ann.user_id())).unwrap().unwrap().to_snapshot();
    let stored: Value = serde_json::from_str(&snapshot).unwrap();
    let count = |list: &Value| list.as_array().map_or(0, Vec::len);
    let counts = [&stored["sessions"]["open"], &stored["devices"], &stored["reset"]["links"]].map(count);
    assert_eq!(counts, [50, 20, 12]);
    let changes = [&stored["email_changes"]["undo"], &stored["email_changes"]["pending"]].map(count);
    assert_eq!(changes, [4, 3]);
    snapshot
}

#[test]
fn the_largest_account_is_a_document_of_so_many_bytes() {
    for (what, label, at_most) in [
        ("no labels", "", 28_500),
        ("usual labels", "Firefox on Linux", 30_000),
        ("the longest", &"\u{1f419}".repeat(64), 42_000),
    ] {
        let bytes = document_of_a_full_account(label).len();
        println!("{what}: {bytes} bytes");
        assert!(bytes <= at_most, "{what}: {bytes} bytes");
    }
}
