//! Users who go through all flows while their process or database is killed, and what must hold for them afterwards.
//!
//! Each user logs what they are about to do and what succeeded, one line each. The log shows which calls were accepted and
//! which may or may not have been: those without a result.
#![allow(dead_code)] // each test binary uses only a part of it

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use doorward::error::{SignInError, VerifySecondFactorError};
use doorward::hashing::HashParams;
use doorward::mail::{Mail, MailKind};
use doorward::testing::{ManualClock, RecordingMailer};
use doorward::{
    AttemptStore, Auth, AuthError, Challenge, Clock, Email, Keyring, Mailer, Operator, SignIn, SignInRequest, SignedIn,
    UserId, UserRepository,
};
use time::OffsetDateTime;
use totp_rs::Totp;

use super::{HOUR, site};

type Outcome<T> = Result<T, Box<dyn AuthError>>;

/// An `Auth` over stores, the same in every process of these tests.
pub fn auth(
    users: Arc<dyn UserRepository>,
    attempts: Arc<dyn AttemptStore>,
    clock: &ManualClock,
    mailer: impl Mailer,
) -> (Auth, Operator) {
    Auth::builder(site(), users, attempts, mailer)
        .clock(clock.clone())
        .keyring(Keyring::new("a", *b"a key of these tests, no secret.").unwrap())
        .configure(|config| {
            config.hashing.params = HashParams::danger_cheap_for_tests();
            config.hashing.threads = std::num::NonZeroUsize::new(1);
            config.session.at_most = MOST_SESSIONS;
        })
        .build_with_operator()
        .unwrap()
}

/// So few that sign-ins end sessions.
const MOST_SESSIONS: usize = 3;

/// Writes one line per step, each in one piece, and records mails, whose content is known from then on.
#[derive(Clone, Debug)]
pub struct Diary {
    clock: ManualClock,
    mails: RecordingMailer,
    /// Standard output if `None`.
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
            Some(reader) => reader.send(line).expect("a reader"),
            None => std::io::stdout().lock().write_all(line.as_bytes()).expect("a reader"),
        }
    }
}

#[async_trait::async_trait]
impl Mailer for Diary {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), doorward::store::BackendError> {
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

/// Starts one life after another until it is killed. A life that meets a failing store ends there.
pub async fn live(auth: &Auth, operator: &Operator, clock: &ManualClock, diary: &Diary, name: &str, first: usize) {
    for n in first.. {
        let user = format!("{name}.{n}@acme.example");
        if life(auth, operator, clock, diary, &user, n).await.is_err() {
            // The store is gone: wait a moment before the next life.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn life(
    auth: &Auth,
    operator: &Operator,
    clock: &ManualClock,
    diary: &Diary,
    user: &str,
    n: usize,
) -> Outcome<()> {
    let email = Email::parse(user).unwrap();
    let temporary = || diary.mails.last_to(&email).and_then(|mail| mail.temporary_password()).unwrap_or_default();
    let write = |verb: &str, words: &[&str]| diary.write(user, verb, words);
    let passwords = [1, 2, 3].map(|step| format!("the {step}. password of {user}"));

    write("try provision", &[]);
    let id = operator.provision(email.clone()).await.map_err(boxed)?.user_id;
    write("did provision", &[id.as_str()]);
    if n % 2 == 1 {
        write("try resend", &[]);
        operator.resend_welcome(&id).await.map_err(boxed)?;
        write("did resend", &[]);
    }
    let session = choose(auth, clock, diary, user, &temporary(), &passwords[0]).await?;
    // From here on, every other user has a second factor.
    let (session, authenticator) = match n % 2 {
        0 => (session, None),
        _ => {
            let (session, authenticator, recovery_code) = enroll(auth, clock, diary, user, &session).await?;
            let challenge = code_is_asked(auth, clock, user, &passwords[0]).await?;
            let _ = pass(auth, diary, user, &challenge, &recovery_code).await?;
            (session, Some(authenticator))
        }
    };
    let wrong = sign_in(auth, clock, user, "wrong").await;
    assert!(wrong.is_err(), "a wrong password was accepted");

    write("try change", &[&passwords[1]]);
    let session = auth.change_password(&session, &passwords[0], &passwords[1]).await.map_err(boxed)?;
    write("did change", &[&text(&session)]);
    let session =
        if n.is_multiple_of(2) { sessions(auth, clock, diary, user, &session, &passwords[1]).await? } else { session };
    write("try others", &[]);
    let session = auth.sign_out_others(&session).await.map_err(boxed)?;
    write("did others", &[&text(&session)]);
    if let Some(authenticator) = &authenticator {
        for _ in 0..2 {
            let challenge = code_is_asked(auth, clock, user, &passwords[1]).await?;
            let _ = pass(auth, diary, user, &challenge, &fresh_code(authenticator, clock)).await?;
        }
    } else {
        let _ = enter(auth, clock, diary, user, &passwords[1]).await?;
    }

    auth.request_reset(&email).await.map_err(boxed)?;
    let token = diary.mails.last_to(&email).and_then(|mail| mail.token()).unwrap_or_default();
    write("try confirm", &[&token]);
    let _ = auth.confirm_reset(&token).await.map_err(boxed)?;
    write("did confirm", &[]);
    let temporary = temporary();
    match &authenticator {
        None => drop(choose(auth, clock, diary, user, &temporary, &passwords[2]).await?),
        Some(authenticator) => {
            let challenge = code_is_asked(auth, clock, user, &temporary).await?;
            let passed = pass(auth, diary, user, &challenge, &fresh_code(authenticator, clock)).await?;
            let SignIn::PasswordChangeRequired(challenge) = passed else { panic!("no password change was required") };
            let _ = choose_by(auth, diary, user, &challenge, &temporary, &passwords[2]).await?;
        }
    }

    write("try deactivate", &[]);
    operator.deactivate(&id).await.map_err(boxed)?;
    write("did deactivate", &[]);
    write("try reactivate", &[]);
    operator.reactivate(&id).await.map_err(boxed)?;
    write("did reactivate", &[]);
    if n % 3 == 2 {
        write("try delete", &[]);
        operator.delete(&id).await.map_err(boxed)?;
        write("did delete", &[]);
    }
    auth.purge().await.map_err(boxed)?;
    Ok(())
}

/// Opens sessions, one more than there may be, and ends them one by one. Returns the last.
async fn sessions(
    auth: &Auth,
    clock: &ManualClock,
    diary: &Diary,
    user: &str,
    first: &SignedIn,
    password: &str,
) -> Outcome<SignedIn> {
    let write = |verb: &str, words: &[&str]| diary.write(user, verb, words);
    let desk = enter(auth, clock, diary, user, password).await?;
    let phone = enter(auth, clock, diary, user, password).await?;
    let laptop = enter(auth, clock, diary, user, password).await?;
    let listed = auth.sessions(&laptop).await.map_err(boxed)?;
    assert!(listed.len() == MOST_SESSIONS && listed.iter().all(|session| session.id != first.session().id));

    // The use of the phone is written down.
    clock.advance(Duration::from_secs(360));
    write("resume", &[]);
    let phone = auth.resume(&text(&phone)).await.map_err(boxed)?;
    write("try prove", &[&text(&laptop)]);
    let proved = auth.reauthenticate(&laptop, password).await.map_err(boxed)?;
    write("did prove", &[&text(&proved)]);
    write("try revoke", &[&text(&phone)]);
    auth.revoke_session(&proved, phone.session().id).await.map_err(boxed)?;
    write("did revoke", &[]);
    write("try sign_out", &[&text(&desk)]);
    auth.sign_out(&desk).await.map_err(boxed)?;
    write("did sign_out", &[]);
    let _ = enter(auth, clock, diary, user, password).await?;
    Ok(proved)
}

fn text(signed_in: &SignedIn) -> String {
    signed_in.token().expose()
}

/// Signs in where no code is asked for.
async fn enter(auth: &Auth, clock: &ManualClock, diary: &Diary, user: &str, password: &str) -> Outcome<SignedIn> {
    clock.advance(Duration::from_secs(1));
    diary.write(user, "try enter", &[]);
    let SignIn::Complete(signed_in) = sign_in(auth, clock, user, password).await? else { panic!("not complete") };
    diary.write(user, "did enter", &[&text(&signed_in)]);
    Ok(signed_in)
}

fn boxed(error: impl AuthError) -> Box<dyn AuthError> {
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

/// Signs in with a temporary password and chooses a new one.
async fn choose(
    auth: &Auth,
    clock: &ManualClock,
    diary: &Diary,
    user: &str,
    temporary: &str,
    new: &str,
) -> Outcome<SignedIn> {
    let SignIn::PasswordChangeRequired(challenge) = sign_in(auth, clock, user, temporary).await? else {
        panic!("no password change was required")
    };
    choose_by(auth, diary, user, &challenge, temporary, new).await
}

async fn choose_by(
    auth: &Auth,
    diary: &Diary,
    user: &str,
    challenge: &Challenge,
    temporary: &str,
    new: &str,
) -> Outcome<SignedIn> {
    diary.write(user, "try choose", &[&challenge.expose(), temporary, new]);
    let outcome = auth.choose_password(challenge, new).await.map_err(boxed)?;
    let SignIn::Complete(signed_in) = outcome else { panic!("not complete") };
    diary.write(user, "did choose", &[&text(&signed_in)]);
    Ok(signed_in)
}

/// Enrolls an authenticator and returns one of the recovery codes with it.
async fn enroll(
    auth: &Auth,
    clock: &ManualClock,
    diary: &Diary,
    user: &str,
    session: &SignedIn,
) -> Outcome<(SignedIn, Totp, String)> {
    let enrollment = auth.begin_enrollment(session).await.map_err(boxed)?;
    let authenticator = Totp::from_url(enrollment.uri()).expect("a URI that authenticators read");
    diary.write(user, "try enroll", &[enrollment.uri()]);
    let code = fresh_code(&authenticator, clock);
    let (session, codes) = auth.confirm_enrollment(session, &code).await.map_err(boxed)?;
    diary.write(user, "did enroll", &[&text(&session)]);
    let recovery_code = codes.expose().next().expect("ten codes").to_owned();
    Ok((session, authenticator, recovery_code))
}

/// The next code that the authenticator shows.
fn fresh_code(authenticator: &Totp, clock: &ManualClock) -> String {
    clock.advance(Duration::from_secs(30));
    authenticator.generate(clock.now().unix_timestamp().unsigned_abs()).to_string()
}

async fn code_is_asked(auth: &Auth, clock: &ManualClock, user: &str, password: &str) -> Outcome<Challenge> {
    match sign_in(auth, clock, user, password).await? {
        SignIn::SecondFactorRequired(challenge) => Ok(challenge),
        other => panic!("no code was required: {other:?}"),
    }
}

/// Enters a right code.
async fn pass(auth: &Auth, diary: &Diary, user: &str, challenge: &Challenge, code: &str) -> Outcome<SignIn> {
    diary.write(user, "try pass", &[&challenge.expose(), code]);
    let passed = auth.verify_second_factor(challenge, code).await.map_err(boxed)?;
    let session = match &passed {
        SignIn::Complete(signed_in) => text(signed_in),
        _ => String::new(),
    };
    diary.write(user, "did pass", &[&session]);
    Ok(passed)
}

/// What the diary says about one user.
#[derive(Clone, Debug, Default)]
pub struct Known {
    at: i64,
    id: Option<String>,
    password: Option<String>,
    temporary: Option<String>,
    link: Option<String>,
    deactivated: bool,
    deleted: bool,
    /// The URI of the authenticator that was or may have been enrolled.
    authenticator: Option<String>,
    /// A step that was started and has no result.
    pending: Option<(String, Vec<String>)>,
    /// Used or replaced, so it must be rejected.
    dead: Vec<String>,
    dead_challenges: Vec<String>,
    dead_links: Vec<String>,
    dead_codes: Vec<String>,
    passed_challenges: Vec<String>,
    /// The texts of the sessions, the least recently used first.
    sessions: Vec<String>,
    ended_sessions: Vec<String>,
}

/// What the diary says about all users, and its number of lines.
#[derive(Debug, Default)]
pub struct Book(BTreeMap<String, Known>, usize);

impl Book {
    /// Reads a line, if it belongs to the diary.
    pub fn read(&mut self, line: &str) {
        let mut words = line.trim_end_matches('\n').split('\t').map(str::to_owned);
        if words.next().as_deref() != Some("@") {
            return;
        }
        let (Some(at), Some(user), Some(verb)) = (words.next(), words.next(), words.next()) else { return };
        self.1 += 1;
        let known = self.0.entry(user).or_default();
        known.at = at.parse().expect("a time");
        known.hear(&verb, words.collect());
    }

    /// The steps that users had started when their diary ended.
    pub fn cut_off(&self) -> impl Iterator<Item = &str> {
        self.0.values().filter_map(|known| known.pending.as_ref()).map(|(what, _)| what.as_str())
    }

    pub fn lines(&self) -> usize {
        self.1
    }

    pub fn users(&self) -> usize {
        self.0.len()
    }
}

impl Known {
    fn hear(&mut self, verb: &str, words: Vec<String>) {
        match verb.split_once(' ') {
            Some(("try", what)) => {
                if what == "enroll" {
                    self.authenticator = words.first().cloned();
                }
                self.pending = Some((what.to_owned(), words));
            }
            Some(("did", what)) => {
                let (_, tried) = self.pending.take().expect("a try before");
                self.hear_of_sessions(what, &tried, words.first().filter(|text| !text.is_empty()));
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
                    "pass" => {
                        self.passed_challenges.push(tried[0].clone());
                        self.dead_codes.push(tried[1].clone());
                    }
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

impl Known {
    fn hear_of_sessions(&mut self, what: &str, tried: &[String], opened: Option<&String>) {
        let ended: Vec<_> = match what {
            "sign_out" | "revoke" | "prove" => tried.to_vec(),
            "others" | "change" | "choose" | "enroll" | "deactivate" => self.sessions.clone(),
            "enter" | "pass" if opened.is_some() && self.sessions.len() == MOST_SESSIONS => self.sessions[..1].to_vec(),
            _ => Vec::new(),
        };
        self.sessions.retain(|session| !ended.contains(session));
        self.ended_sessions.extend(ended);
        if what != "provision" {
            self.sessions.extend(opened.cloned());
        }
    }

    /// Those that the step without a result may have ended.
    fn sessions_in_doubt(&self) -> &[String] {
        match self.pending.as_ref().map(|(what, words)| (what.as_str(), words)) {
            Some(("sign_out" | "revoke" | "prove", words)) => words,
            Some(("others" | "change" | "choose" | "enroll" | "deactivate", _)) => &self.sessions,
            Some(("enter" | "pass", _)) if self.sessions.len() == MOST_SESSIONS => &self.sessions[..1],
            _ => &[],
        }
    }
}

/// Checks the stores after the crash.
pub struct Inspector {
    pub auth: Auth,
    pub operator: Operator,
    pub clock: ManualClock,
    pub mailer: RecordingMailer,
    pub users: Arc<dyn UserRepository>,
}

impl Inspector {
    pub fn new(users: Arc<dyn UserRepository>, attempts: Arc<dyn AttemptStore>) -> Self {
        let (clock, mailer) = (ManualClock::new(), RecordingMailer::new());
        let (auth, operator) = auth(users.clone(), attempts, &clock, mailer.clone());
        Self { auth, operator, clock, mailer, users }
    }

    /// Checks that no user is lost, nothing works twice and everyone can get in.
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
        self.sessions_are_as_told(user, known).await;
        self.operator.reactivate(&id).await.unwrap();

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
        for challenge in &known.passed_challenges {
            let again = self.auth.verify_second_factor(&Challenge::parse(challenge).unwrap(), "000000").await;
            assert!(matches!(again, Err(VerifySecondFactorError::ChallengeInvalid)), "{user}: {again:?}: {known:?}");
        }
        match pending {
            Some(("choose", [challenge, temporary, new])) => {
                let challenge = Challenge::parse(challenge).unwrap();
                if self.works(user, new).await.is_some() {
                    let again = self.auth.choose_password(&challenge, "something else again").await;
                    assert!(again.is_err(), "{user}: a challenge works twice: {known:?}");
                    assert!(self.works(user, temporary).await.is_none(), "{user}: works twice: {known:?}");
                } else {
                    assert!(self.works(user, temporary).await.is_some(), "{user} is locked out: {known:?}");
                }
            }
            Some(("change", [new])) => {
                let old = known.password.as_deref().expect("an earlier password");
                let works = [self.works(user, old).await.is_some(), self.works(user, new).await.is_some()];
                assert_eq!(works.iter().filter(|works| **works).count(), 1, "{user}: {known:?}");
            }
            _ => {
                if let Some(password) = &known.password {
                    let works = self.works(user, password).await.is_some();
                    assert!(works, "{user}: the user's password does not work: {known:?}");
                    self.codes_work_once(user, password, known, pending).await;
                }
            }
        }
        self.gets_in(user, &email, &id, known).await;
    }

    /// Checks that no session that ended is alive, and none that was opened is lost.
    async fn sessions_are_as_told(&self, user: &str, known: &Known) {
        for text in &known.ended_sessions {
            assert!(self.auth.resume(text).await.is_err(), "{user}: a session that ended is alive: {known:?}");
        }
        let in_doubt = known.sessions_in_doubt();
        let mut left = 0;
        for text in &known.sessions {
            let lives = self.auth.resume(text).await.is_ok();
            assert!(lives || in_doubt.contains(text), "{user}: a session is lost: {known:?}");
            left += usize::from(lives && in_doubt.contains(text));
        }
        assert!(left == 0 || left == in_doubt.len(), "{user}: some ended and some did not: {known:?}");
    }

    /// Checks that accepted codes are not accepted again, and a code without a result at most once.
    async fn codes_work_once(&self, user: &str, password: &str, known: &Known, pending: Option<(&str, &[String])>) {
        let in_doubt = match pending {
            Some(("pass", [_, code])) => Some(code),
            _ => None,
        };
        let mut accepted = 0;
        // As many as are free, so that no wait intervenes.
        for code in known.dead_codes.iter().rev().take(2).chain(in_doubt).chain(in_doubt) {
            let Some(SignIn::SecondFactorRequired(challenge)) = self.works(user, password).await else {
                panic!("{user}: no code was required: {known:?}")
            };
            let passed = self.auth.verify_second_factor(&challenge, code).await.is_ok();
            assert!(!passed || Some(code) == in_doubt, "{user}: a used code works: {known:?}");
            accepted += usize::from(passed);
        }
        assert!(accepted <= 1, "{user}: a code works twice: {known:?}");
    }

    /// Enters a code if one is required.
    async fn past_code(&self, entered: Option<SignIn>, known: &Known) -> Option<SignIn> {
        let Some(SignIn::SecondFactorRequired(challenge)) = entered else { return entered };
        let uri = known.authenticator.as_deref().expect("only these users have a second factor");
        let authenticator = Totp::from_url(uri).unwrap();
        loop {
            match self.auth.verify_second_factor(&challenge, &fresh_code(&authenticator, &self.clock)).await {
                Ok(passed) => return Some(passed),
                Err(VerifySecondFactorError::Throttled { retry_after }) => self.clock.advance(retry_after),
                Err(error) => panic!("{error:?}: {known:?}"),
            }
        }
    }

    /// Gets in by a new request after the cooldown; nothing mailed before is valid afterwards.
    async fn gets_in(&self, user: &str, email: &Email, id: &UserId, known: &Known) {
        self.clock.advance(HOUR);
        self.auth.request_reset(email).await.unwrap();
        let token = self.mailer.last_to(email).and_then(|mail| mail.token()).unwrap_or_default();
        let _ = self.auth.confirm_reset(&token).await.unwrap_or_else(|error| panic!("{user}: {error:?}"));
        let temporary = self.mailer.last_to(email).and_then(|mail| mail.temporary_password()).unwrap_or_default();
        let entered = self.works(user, &temporary).await;
        let Some(SignIn::PasswordChangeRequired(challenge)) = self.past_code(entered, known).await else {
            panic!("{user} cannot get in")
        };
        let _ = self.auth.choose_password(&challenge, "three owls in one oak tree").await.unwrap();
        assert!(self.works(user, &temporary).await.is_none() && self.auth.confirm_reset(&token).await.is_err());
        let entered = self.works(user, "three owls in one oak tree").await;
        assert!(matches!(self.past_code(entered, known).await, Some(SignIn::Complete(_))));
        self.operator.delete(id).await.unwrap();
    }
}
