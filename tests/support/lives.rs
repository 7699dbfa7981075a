//! Users who live through all flows while their process or their database is killed, and what must be true of them then.
//!
//! The living write down what they are about to do and what they were told, a line each. Whoever reads the lines knows what
//! was accepted, and what may or may not have been: that of which they were told nothing.
#![allow(dead_code)] // each test binary uses a part of it

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use doorward::testing::{ManualClock, RecordingMailer};
use doorward::{
    AttemptStore, Auth, Challenge, Clock, Email, Failure, HashParams, Mail, MailKind, Mailer, SignIn, SignInError,
    SignInRequest, SignedIn, UserId, UserRepository,
};
use time::OffsetDateTime;

use super::{HOUR, site};

type Outcome<T> = Result<T, Box<dyn Failure + Send>>;

/// An `Auth` over stores, as every process of these tests has it.
pub fn auth(
    users: Arc<dyn UserRepository>,
    attempts: Arc<dyn AttemptStore>,
    clock: &ManualClock,
    mailer: impl Mailer,
) -> Auth {
    Auth::builder(site(), users, attempts, mailer)
        .clock(clock.clone())
        .configure(|config| {
            config.hashing.params = HashParams::danger_cheap_for_tests();
            config.hashing.threads = std::num::NonZeroUsize::new(1);
        })
        .build()
        .unwrap()
}

/// Writes lines of what happens, each in one piece, and mails too: what is in a mail is known from then on.
#[derive(Clone, Debug)]
pub struct Diary {
    clock: ManualClock,
    mails: RecordingMailer,
    /// Standard output, if it is nobody.
    reader: Option<Sender<String>>,
}

impl Diary {
    pub fn new(clock: ManualClock, reader: Option<Sender<String>>) -> Self {
        Self { clock, mails: RecordingMailer::new(), reader }
    }

    pub fn write(&self, user: &str, verb: &str, words: &[&str]) {
        let at = self.clock.now().unix_timestamp_nanos() / 1_000;
        let line = format!("@\t{at}\t{user}\t{verb}\t{}\n", words.join("\t"));
        match &self.reader {
            Some(reader) => reader.send(line).expect("somebody reads"),
            None => std::io::stdout().lock().write_all(line.as_bytes()).expect("somebody reads"),
        }
    }
}

#[async_trait::async_trait]
impl Mailer for Diary {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), doorward::BackendError> {
        match mail.kind() {
            MailKind::Welcome { temporary_password, .. } | MailKind::TemporaryPassword { temporary_password, .. } => {
                self.write(to.canonical(), "temporary", &[temporary_password.expose()]);
            }
            MailKind::ConfirmReset { link, .. } => {
                let token = link.expose().split_once("token=").map_or("", |(_, token)| token);
                self.write(to.canonical(), "link", &[token]);
            }
            _ => {}
        }
        self.mails.send(to, mail).await
    }
}

/// Lives one life after the other until it is killed; one that meets a failing store ends there.
pub async fn live(auth: &Auth, clock: &ManualClock, diary: &Diary, name: &str) {
    for n in 0.. {
        let user = format!("{name}.{n}@acme.example");
        if life(auth, clock, diary, &user, n).await.is_err() {
            // The store is away: wait a moment before the next.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn life(auth: &Auth, clock: &ManualClock, diary: &Diary, user: &str, n: usize) -> Outcome<()> {
    let email = Email::parse(user).unwrap();
    let temporary = || diary.mails.last_to(&email).and_then(|mail| mail.temporary_password()).unwrap_or_default();
    let write = |verb: &str, words: &[&str]| diary.write(user, verb, words);
    let passwords = [1, 2, 3].map(|step| format!("the {step}. password of {user}"));

    write("try provision", &[]);
    let id = auth.provision(email.clone()).await.map_err(boxed)?.user_id;
    write("did provision", &[id.as_str()]);
    if n % 2 == 1 {
        write("try resend", &[]);
        auth.resend_welcome(&id).await.map_err(boxed)?;
        write("did resend", &[]);
    }
    let session = choose(auth, clock, diary, user, &temporary(), &passwords[0]).await?;
    let wrong = sign_in(auth, clock, user, "wrong").await;
    assert!(wrong.is_err(), "a door is open");

    write("try change", &[&passwords[1]]);
    let session = auth.change_password(&session, &passwords[0], &passwords[1]).await.map_err(boxed)?;
    write("did change", &[]);
    auth.sign_out_others(&session).await.map_err(boxed)?;
    sign_in(auth, clock, user, &passwords[1]).await?;

    auth.request_reset(&email).await.map_err(boxed)?;
    let token = diary.mails.last_to(&email).and_then(|mail| mail.token()).unwrap_or_default();
    write("try confirm", &[&token]);
    auth.confirm_reset(&token).await.map_err(boxed)?;
    write("did confirm", &[]);
    choose(auth, clock, diary, user, &temporary(), &passwords[2]).await?;

    write("try deactivate", &[]);
    auth.deactivate(&id).await.map_err(boxed)?;
    write("did deactivate", &[]);
    write("try reactivate", &[]);
    auth.reactivate(&id).await.map_err(boxed)?;
    write("did reactivate", &[]);
    if n % 3 == 2 {
        write("try delete", &[]);
        auth.delete(&id).await.map_err(boxed)?;
        write("did delete", &[]);
    }
    auth.purge().await.map_err(boxed)?;
    Ok(())
}

fn boxed(error: impl Failure + Send + 'static) -> Box<dyn Failure + Send> {
    Box::new(error)
}

async fn sign_in(auth: &Auth, clock: &ManualClock, user: &str, password: &str) -> Outcome<SignIn> {
    loop {
        match auth.try_sign_in(SignInRequest::new(user, password)).await {
            Err(SignInError::Throttled { retry_after }) => clock.advance(retry_after),
            outcome => return outcome.map_err(boxed),
        }
    }
}

/// Signs in with a temporary password, and chooses.
async fn choose(
    auth: &Auth,
    clock: &ManualClock,
    diary: &Diary,
    user: &str,
    temporary: &str,
    new: &str,
) -> Outcome<SignedIn> {
    let SignIn::PasswordChangeRequired(challenge) = sign_in(auth, clock, user, temporary).await? else {
        panic!("no change was due")
    };
    diary.write(user, "try choose", &[&challenge.expose(), temporary, new]);
    let outcome = auth.choose_password(&challenge, new).await.map_err(boxed)?;
    let SignIn::Complete(signed_in) = outcome else { panic!("not complete") };
    diary.write(user, "did choose", &[]);
    Ok(signed_in)
}

/// What a diary tells of one user.
#[derive(Clone, Debug, Default)]
pub struct Known {
    at: i64,
    id: Option<String>,
    password: Option<String>,
    temporary: Option<String>,
    link: Option<String>,
    deactivated: bool,
    deleted: bool,
    /// What it was about to do and was told nothing of.
    pending: Option<(String, Vec<String>)>,
    /// What was used or replaced: it must not work again.
    dead: Vec<String>,
    dead_challenges: Vec<String>,
    dead_links: Vec<String>,
}

/// What a diary tells of all.
#[derive(Debug, Default)]
pub struct Book(BTreeMap<String, Known>);

impl Book {
    /// Takes a line, if it is one of a diary.
    pub fn read(&mut self, line: &str) {
        let mut words = line.trim_end_matches('\n').split('\t').map(str::to_owned);
        if words.next().as_deref() != Some("@") {
            return;
        }
        let (Some(at), Some(user), Some(verb)) = (words.next(), words.next(), words.next()) else { return };
        let known = self.0.entry(user).or_default();
        known.at = at.parse().expect("a time");
        known.hear(&verb, words.collect());
    }

    /// What users were about to do when they were told nothing more.
    pub fn cut_off(&self) -> impl Iterator<Item = &str> {
        self.0.values().filter_map(|known| known.pending.as_ref()).map(|(what, _)| what.as_str())
    }

    pub fn users(&self) -> usize {
        self.0.len()
    }
}

impl Known {
    fn hear(&mut self, verb: &str, words: Vec<String>) {
        match verb.split_once(' ') {
            Some(("try", what)) => self.pending = Some((what.to_owned(), words)),
            Some(("did", what)) => {
                let (_, tried) = self.pending.take().expect("a try before");
                match what {
                    "provision" => self.id = words.into_iter().next(),
                    "choose" => {
                        self.dead_challenges.push(tried[0].clone());
                        self.dead.extend(self.password.replace(tried[2].clone()));
                        self.dead.push(tried[1].clone());
                        self.temporary = None;
                        self.dead_links.extend(self.link.take());
                    }
                    "change" => self.dead.extend(self.password.replace(tried[0].clone())),
                    "deactivate" => self.deactivated = true,
                    "reactivate" => self.deactivated = false,
                    "delete" => self.deleted = true,
                    _ => {}
                }
            }
            _ => match verb {
                "temporary" => self.dead.extend(self.temporary.replace(words[0].clone())),
                "link" => self.link = Some(words[0].clone()),
                _ => {}
            },
        }
    }
}

/// Somebody who looks at the stores after the disaster.
pub struct Inspector {
    pub auth: Auth,
    pub clock: ManualClock,
    pub mailer: RecordingMailer,
    pub users: Arc<dyn UserRepository>,
}

impl Inspector {
    pub fn new(users: Arc<dyn UserRepository>, attempts: Arc<dyn AttemptStore>) -> Self {
        let (clock, mailer) = (ManualClock::new(), RecordingMailer::new());
        Self { auth: auth(users.clone(), attempts, &clock, mailer.clone()), clock, mailer, users }
    }

    /// Nobody is lost, nothing works twice, everybody gets in.
    pub async fn inspect(&self, book: &Book) {
        for (user, known) in &book.0 {
            let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(known.at) * 1_000).unwrap();
            self.clock.set(at + Duration::from_secs(1));
            self.inspect_one(user, known).await;
        }
    }

    async fn works(&self, user: &str, password: &str) -> Option<SignIn> {
        match sign_in(&self.auth, &self.clock, user, password).await {
            Ok(entered) => Some(entered),
            Err(error) if error.code() == "invalid_credentials" => None,
            Err(error) => panic!("{user}: {error:?}"),
        }
    }

    async fn inspect_one(&self, user: &str, known: &Known) {
        let email = Email::parse(user).unwrap();
        let found = self.users.find_by_email(&email).await.unwrap();
        let pending = known.pending.as_ref().map(|(what, words)| (what.as_str(), words.as_slice()));
        match (&found, &known.id, pending) {
            (None, Some(_), Some(("delete", _))) | (None, None, _) => return,
            (None, Some(_), _) => {
                assert!(known.deleted, "{user} is lost: {known:?}");
                return;
            }
            (Some(_), Some(_), _) => assert!(!known.deleted, "{user} was deleted"),
            (Some(_), None, _) => {}
        }
        let id = found.expect("found above").id().clone();
        self.auth.reactivate(&id).await.unwrap();

        for password in &known.dead {
            assert!(self.works(user, password).await.is_none(), "{user}: a used password works: {known:?}");
        }
        for challenge in &known.dead_challenges {
            let again = self.auth.choose_password(&Challenge::parse(challenge).unwrap(), "something else again").await;
            assert!(again.is_err(), "{user}: a used challenge works: {known:?}");
        }
        for link in &known.dead_links {
            assert!(self.auth.confirm_reset(link).await.is_err(), "{user}: a used link works: {known:?}");
        }
        match pending {
            Some(("choose", [challenge, temporary, new])) => {
                let challenge = Challenge::parse(challenge).unwrap();
                if self.works(user, new).await.is_some() {
                    let again = self.auth.choose_password(&challenge, "something else again").await;
                    assert!(again.is_err(), "{user}: a challenge works twice: {known:?}");
                    assert!(self.works(user, temporary).await.is_none(), "{user}: works twice: {known:?}");
                } else {
                    let entered = self.works(user, temporary).await;
                    assert!(matches!(entered, Some(SignIn::PasswordChangeRequired(_))), "{user} is out: {known:?}");
                }
            }
            Some(("change", [new])) => {
                let old = known.password.as_deref().expect("a password before");
                let works = [self.works(user, old).await.is_some(), self.works(user, new).await.is_some()];
                assert_eq!(works.iter().filter(|works| **works).count(), 1, "{user}: {known:?}");
            }
            _ => {
                if let Some(password) = &known.password {
                    let works = self.works(user, password).await.is_some();
                    assert!(works, "{user}: the own password does not work: {known:?}");
                }
            }
        }
        self.gets_in(user, &email, &id).await;
    }

    /// By a new request after the cooldown; then nothing mailed before works any more.
    async fn gets_in(&self, user: &str, email: &Email, id: &UserId) {
        self.clock.advance(HOUR);
        self.auth.request_reset(email).await.unwrap();
        let token = self.mailer.last_to(email).and_then(|mail| mail.token()).unwrap_or_default();
        self.auth.confirm_reset(&token).await.unwrap_or_else(|error| panic!("{user}: {error:?}"));
        let temporary = self.mailer.last_to(email).and_then(|mail| mail.temporary_password()).unwrap_or_default();
        let Some(SignIn::PasswordChangeRequired(challenge)) = self.works(user, &temporary).await else {
            panic!("{user} does not get in")
        };
        self.auth.choose_password(&challenge, "three owls in one oak tree").await.unwrap();
        assert!(self.works(user, &temporary).await.is_none() && self.auth.confirm_reset(&token).await.is_err());
        assert!(matches!(self.works(user, "three owls in one oak tree").await, Some(SignIn::Complete(_))));
        self.auth.delete(id).await.unwrap();
    }
}
