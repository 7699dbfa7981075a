//! People who register, move to another address, take that back, leave and stay after all, in a process that is killed at random
//! moments: everybody has one account or none, at an address that they proved, and gets in.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use doorward::account::UserStatus;
use doorward::config::RegistrationMode;
use doorward::mail::Mail;
use doorward::store::BackendError;
use doorward::testing::conformance::Stores;
use doorward::testing::{ManualClock, RecordingMailer};
use doorward::{Auth, Email, Mailer, SignIn, SignedIn};

use crate::support::sql::{Folder, block_on, fresh_prefix};
use crate::support::{complete, email, for_tests, keyring, site};
use crate::{Living, Moments, PREFIX, STORE, connect};

const KILLS: usize = 100;
const PASSWORD: &str = "an apple on the sill";

/// Tells what it mails, one line each, before the mail counts as accepted.
#[derive(Debug, Default)]
struct Telling(RecordingMailer);

#[async_trait::async_trait]
impl Mailer for Telling {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        self.0.send(to, mail).await?;
        if let Some(token) = self.0.last_to(to).and_then(|mail| mail.token()) {
            tell(to.canonical(), mail.kind().name(), &token);
        }
        Ok(())
    }
}

fn tell(user: &str, verb: &str, word: &str) {
    let line = format!("@\t{}\t{verb}\t{word}\n", user.split('@').next().unwrap_or_default());
    std::io::stdout().lock().write_all(line.as_bytes()).expect("a reader");
}

fn host(stores: &Stores, mailer: impl Mailer) -> Auth {
    Auth::builder(site(), stores.users.clone(), stores.attempts.clone(), mailer)
        .clock(ManualClock::new())
        .keyring(keyring())
        .configure(for_tests)
        .configure(|config| {
            config.registration.mode = RegistrationMode::Open;
            config.registration.mails_per_minute = 6_000;
            config.hashing.threads = std::num::NonZeroUsize::new(1);
        })
        .build()
        .unwrap()
}

fn before(user: &str) -> Email {
    email(&format!("{user}@before.example"))
}

fn after(user: &str) -> Email {
    email(&format!("{user}@after.example"))
}

async fn life(auth: &Auth, mails: &RecordingMailer, user: &str, leaves: bool) -> Option<()> {
    let (old, new) = (before(user), after(user));
    let token = |to: &Email| mails.last_to(to).and_then(|mail| mail.token());
    auth.request_registration(&old).await.ok()?;
    tell(user, "try register", "");
    let session = complete(auth.register(&token(&old)?, PASSWORD).await.ok()?);
    tell(user, "did register", "");
    let _ = auth.request_email_change(&session, new.clone()).await.ok()?;
    tell(user, "try move", "");
    let session: SignedIn = auth.confirm_email_change(&session, &token(&new)?).await.ok()?;
    tell(user, "did move", "");
    if leaves {
        tell(user, "try leave", "");
        let _ = auth.request_deletion(&session).await.ok()?;
        tell(user, "did leave", "");
        let keep = token(&new)?;
        tell(user, "try keep", "");
        auth.undo_deletion(&keep).await.ok()?;
        tell(user, "did keep", "");
    }
    let undo = mails.mails().into_iter().rfind(|mail| mail.mail.kind().name() == "email_changed" && mail.to == old)?;
    tell(user, "try undo", "");
    let _ = auth.undo_email_change(&undo.token()?).await.ok()?;
    tell(user, "did undo", "");
    Some(())
}

/// Started by the tests below.
#[test]
#[ignore = "the other tests start it as a process of its own"]
fn the_process_that_is_killed() {
    let (Ok(url), Ok(prefix)) = (std::env::var(STORE), std::env::var(PREFIX)) else { return };
    block_on(async {
        let stores = connect(&url, &prefix, &prefix).await;
        let process = std::process::id();
        let lives = (0..3).map(|life_of| {
            let mailer = std::sync::Arc::new(Telling::default());
            let (auth, mails) = (host(&stores, mailer.clone()), mailer.0.clone());
            tokio::spawn(async move {
                for n in 0.. {
                    let user = format!("p{process}.{life_of}.{n}");
                    assert!(life(&auth, &mails, &user, n % 2 == 1).await.is_some(), "{user}");
                }
            })
        });
        for life in lives.collect::<Vec<_>>() {
            life.await.expect("the living do not panic");
        }
    });
}

/// What the diary says of one person: steps that were begun or done, and tokens by the kind of their mail.
#[derive(Debug, Default)]
struct Person {
    steps: Vec<String>,
    tokens: BTreeMap<String, String>,
}

impl Person {
    fn has(&self, step: &str) -> bool {
        self.steps.iter().any(|other| other == step)
    }

    fn is_open(&self, act: &str) -> bool {
        self.has(&format!("try {act}")) && !self.has(&format!("did {act}"))
    }
}

fn read(line: &str, people: &mut BTreeMap<String, Person>) {
    let fields: Vec<_> = line.split('\t').collect();
    let ["@", user, verb, word] = fields[..] else { return };
    let person = people.entry(user.to_owned()).or_default();
    if word.is_empty() {
        person.steps.push(verb.to_owned());
    } else {
        person.tokens.insert(verb.to_owned(), word.to_owned());
    }
}

/// What must hold, whenever the process was killed.
async fn inspect(stores: &Stores, user: &str, person: &Person) {
    let mailer = RecordingMailer::new();
    let auth = host(stores, mailer.clone());
    let at = async |address: Email| stores.users.find_by_email(&address).await.unwrap().map(|head| head.id().clone());
    let (old, new) = (at(before(user)).await, at(after(user)).await);
    assert!(old.is_none() || new.is_none(), "{user} has two accounts: {person:?}");
    let Some(id) = old.clone().or(new.clone()) else {
        assert!(!person.has("did register"), "{user} is lost: {person:?}");
        return;
    };
    assert!(person.has("try register"), "{user} was not proved: {person:?}");
    if person.has("did undo") || !person.has("try move") {
        assert!(old.is_some(), "{user}: {person:?}");
    } else if person.has("did move") && !person.has("try undo") {
        assert!(new.is_some(), "{user}: {person:?}");
    }
    if person.has("did undo") {
        assert!(auth.undo_email_change(&person.tokens["email_changed"]).await.is_err(), "{user}: it works once");
    }
    if old.is_some() {
        let again = auth.register(&person.tokens["confirm_registration"], "another long password").await;
        assert!(again.is_err(), "{user}: a link opened a second account");
    }
    let status = stores.users.find_by_id(&id).await.unwrap().expect("a head has a document").status();
    if status == UserStatus::Deactivated {
        assert!(person.has("try leave") && !person.has("did keep"), "{user} is shut out: {person:?}");
        match person.tokens.get("deletion_requested") {
            Some(keep) => drop(auth.undo_deletion(keep).await.unwrap()),
            // The mail was lost with the process, and nothing is owed here.
            None => return assert!(person.is_open("leave"), "{user}: {person:?}"),
        }
    }
    let address = if old.is_some() { before(user) } else { after(user) };
    auth.request_reset(&address).await.unwrap();
    let token = mailer.last_to(&address).unwrap().token().unwrap();
    // A temporary password was mailed a moment ago if a change was taken back.
    match auth.confirm_reset(&token).await {
        Ok(_) => {
            let mailed = mailer.last_to(&address).unwrap().temporary_password().unwrap();
            let step = auth.sign_in(doorward::SignInRequest::new(address.as_typed(), &mailed)).await.unwrap();
            let SignIn::PasswordChangeRequired(challenge) = step else { panic!("{step:?}") };
            let _ = complete(auth.choose_password(&challenge, "the pear is on the table").await.unwrap());
        }
        Err(error) => assert!(error.code() == "already_confirmed" && person.has("try undo"), "{user}: {error}"),
    }
}

fn kill_and_inspect(name: &str, url: &str, prefix: &str, settle: impl Fn()) {
    let stores = block_on(connect(url, prefix, "inspector"));
    let (mut moments, mut open, mut all) = (Moments::new(), BTreeMap::<&str, usize>::new(), 0);
    for _ in 0..KILLS {
        let (living, mut people) = (Living::start("moving::the_process_that_is_killed", url, prefix), BTreeMap::new());
        for _ in 0..moments.below(60) {
            read(&living.line(), &mut people);
        }
        std::thread::sleep(moments.within(Duration::from_millis(5)));
        living.kill(|line| read(&line, &mut people));
        settle();
        all += people.len();
        for (user, person) in &people {
            for act in ["register", "move", "leave", "keep", "undo"] {
                *open.entry(act).or_default() += usize::from(person.is_open(act));
            }
            block_on(inspect(&stores, user, person));
        }
    }
    let line = format!("{name}: {KILLS} kills, {all} people, calls cut off: {open:?}\n");
    drop(std::io::stderr().write_all(line.as_bytes()));
    assert!(open.values().filter(|times| **times > 0).count() >= 4, "kills came at the same moments: {open:?}");
}

#[test]
fn r01_r04_people_on_the_move_survive_kills_on_sqlite() {
    let folder = Folder::new();
    kill_and_inspect("moving, SQLite", &folder.url("auth.db"), "doorward_", || {});
}

#[test]
fn r01_r04_people_on_the_move_survive_kills_on_postgres() {
    let Some(url) = crate::support::postgres::url_or_skip("killing processes of movers on PostgreSQL") else { return };
    let prefix = fresh_prefix();
    let pool = block_on(doorward::store::sqlx::postgres::PgPool::connect(url)).unwrap();
    kill_and_inspect("moving, PostgreSQL", url, &prefix, || {
        let left = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = $1";
        let count = || doorward::store::sqlx::query_scalar::<_, i64>(left).bind(&prefix).fetch_one(&pool);
        while block_on(count()).unwrap() > 0 {
            std::thread::sleep(Duration::from_millis(2));
        }
    });
}
