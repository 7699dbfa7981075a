//! Checks every promise of the crate in one run, on a manual clock.
//!
//! `cargo run --example quickstart` prints one line per promise and exits with 1 if one of them is broken.

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward::config::{BackgroundWork, RegistrationMode};
use doorward::error::{
    ChoosePasswordError, ConfirmResetError, INVALID_CREDENTIALS, SignInError, UnconfirmedEmail, VerifySecondFactorError,
};
use doorward::leaving::DeletionRequested;
use doorward::mail::{Mail, MailKind};
use doorward::registration::RegisterError;
use doorward::store::{BackendError, MemoryAttempts, MemoryUsers};
use doorward::{Auth, Clock, Email, Keyring, Mailer, Operator, SignIn, SignInRequest, SignedIn, Site, UserId};
use time::OffsetDateTime;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// A host's clock: this one stands still until it is advanced.
#[derive(Clone, Debug)]
struct HandMovedClock(Arc<Mutex<OffsetDateTime>>);

impl HandMovedClock {
    fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for HandMovedClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

/// A host's mailer: this one stores the mails.
#[derive(Clone, Debug, Default)]
struct Mailbox(Arc<Mutex<Vec<(Email, Mail)>>>);

#[doorward::async_trait]
impl Mailer for Mailbox {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        self.0.lock().unwrap().push((to.clone(), mail.clone()));
        Ok(())
    }
}

impl Mailbox {
    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn last(&self) -> Option<Mail> {
        self.0.lock().unwrap().last().map(|(_, mail)| mail.clone())
    }

    /// The temporary password in the last mail.
    fn password(&self) -> Result<String, Broken> {
        match self.last().as_ref().map(Mail::kind) {
            Some(
                MailKind::Welcome { temporary_password, .. } | MailKind::TemporaryPassword { temporary_password, .. },
            ) => Ok(temporary_password.expose().to_owned()),
            _ => Err("the last mail has no temporary password".into()),
        }
    }

    /// The token of the link in the last mail.
    fn token(&self) -> Result<String, Broken> {
        let last = self.0.lock().unwrap().last().cloned().ok_or("there is no mail")?;
        token_in(&last.1)
    }

    /// The token of the link in the last mail to that address.
    fn token_to(&self, email: &str) -> Result<String, Broken> {
        let mails = self.0.lock().unwrap().clone();
        let last = mails.iter().rev().find(|(to, _)| to.as_typed() == email).ok_or("no mail to that address")?;
        token_in(&last.1)
    }
}

fn token_in(mail: &Mail) -> Result<String, Broken> {
    let (MailKind::ConfirmReset { link, .. }
    | MailKind::ConfirmRegistration { link, .. }
    | MailKind::ConfirmEmailChange { link, .. }
    | MailKind::EmailChanged { link, .. }
    | MailKind::DeletionRequested { link, .. }) = mail.kind()
    else {
        return Err(format!("a mail without a link: {}", mail.subject()).into());
    };
    let (_, token) = link.expose().split_once("token=").ok_or("the link has no token")?;
    Ok(token.to_owned())
}

/// Why a promise is broken.
type Broken = Box<dyn Error>;

/// Returns the failed condition as an error.
macro_rules! expect {
    ($condition:expr) => {
        if !$condition {
            return Err(stringify!($condition).into());
        }
    };
}

struct Story {
    auth: Auth,
    operator: Operator,
    clock: HandMovedClock,
    mailbox: Mailbox,
    users: Arc<MemoryUsers>,
    after_the_answer: Receiver<BackgroundWork>,
}

impl Story {
    fn begin() -> Result<Self, Broken> {
        let clock = HandMovedClock(Arc::new(Mutex::new(OffsetDateTime::now_utc())));
        let (mailbox, users) = (Mailbox::default(), Arc::new(MemoryUsers::new()));
        let (later, after_the_answer) = channel();
        let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
        let (auth, operator) = Auth::builder(site, users.clone(), MemoryAttempts::new(), mailbox.clone())
            .clock(clock.clone())
            // A server spawns the work on its runtime. Here it is queued, to show that it runs after the response.
            .background(move |work| drop(later.send(work)))
            // A server keeps the key outside its store. This one is made up.
            .keyring(Keyring::new("quickstart", std::array::from_fn(|index| index as u8))?)
            .configure(|config| config.registration.mode = RegistrationMode::Open)
            .build_with_operator()?;
        Ok(Self { auth, operator, clock, mailbox, users, after_the_answer })
    }

    /// Runs the queued background work.
    fn settle(&self) {
        self.after_the_answer.try_iter().for_each(pollster::block_on);
    }

    /// Signs in, waiting out every `Throttled`.
    fn patient_sign_in(&self, email: &str, password: &str) -> Result<SignIn, SignInError> {
        loop {
            match pollster::block_on(self.auth.sign_in(SignInRequest::new(email, password))) {
                Err(SignInError::Throttled { retry_after }) => self.clock.advance(retry_after),
                outcome => return outcome,
            }
        }
    }

    fn signed_in(&self, email: &str, password: &str) -> Result<SignedIn, Broken> {
        match self.patient_sign_in(email, password)? {
            SignIn::Complete(signed_in) => Ok(signed_in),
            other => Err(format!("not complete: {other:?}").into()),
        }
    }

    fn fails(&self, email: &str, password: &str) -> bool {
        self.patient_sign_in(email, password).is_err_and(|error| error.to_string() == INVALID_CREDENTIALS)
    }

    /// Provisions an account and chooses its password.
    fn open(&self, email: &str, password: &str) -> Result<UserId, Broken> {
        let opened = pollster::block_on(self.operator.provision(Email::parse(email)?))?;
        let mailed = self.mailbox.password()?;
        let SignIn::PasswordChangeRequired(challenge) = self.patient_sign_in(email, &mailed)? else {
            return Err("no change was due".into());
        };
        let step = pollster::block_on(self.auth.choose_password(&challenge, password))?;
        expect!(matches!(step, SignIn::Complete(_)));
        self.settle();
        Ok(opened.user_id)
    }

    /// Requests a reset and returns the token of the link.
    fn request(&self, email: &str) -> Result<String, Broken> {
        pollster::block_on(self.auth.request_reset(&Email::parse(email)?))?;
        self.settle();
        self.mailbox.token()
    }
}

type Told = BTreeMap<&'static str, Result<String, Broken>>;

fn opening_an_account(story: &Story, told: &mut Told) {
    let ann = "ann@acme.example";
    told.insert(
        "S01",
        (|| {
            let opened = pollster::block_on(story.operator.provision(Email::parse(ann)?))?;
            let mailed = story.mailbox.password()?;
            expect!(mailed.len() == 34 && !format!("{opened:?}").contains(&mailed));
            Ok("a password was generated and mailed, and not shown to the operator".into())
        })(),
    );
    let mut challenge = None;
    told.insert(
        "S02",
        (|| {
            let mailed = story.mailbox.password()?.to_lowercase().replace('-', " ");
            let SignIn::PasswordChangeRequired(first) = story.patient_sign_in(ann, &mailed)? else {
                return Err("the temporary password started a session".into());
            };
            challenge = Some(first);
            Ok("the temporary password leads to choosing a new one, without a session".into())
        })(),
    );
    told.insert(
        "S04",
        (|| {
            let rules: Vec<_> = story.auth.password_policy().rules().iter().map(|rule| rule.text()).collect();
            expect!(rules.iter().any(|text| text == "Use at least 15 characters."));
            Ok(format!("{} rules are shown before anyone types; the first: {}", rules.len(), rules[0]))
        })(),
    );
    told.insert(
        "S05",
        (|| {
            let challenge = challenge.ok_or("there is no challenge")?;
            let Err(ChoosePasswordError::Rejected { violations }) =
                pollster::block_on(story.auth.choose_password(&challenge, "acme2026"))
            else {
                return Err("a bad password was not rejected".into());
            };
            let codes: Vec<_> = violations.iter().map(|violation| violation.code()).collect();
            expect!(codes == ["too_short", "about_the_account"]);
            let accepted = pollster::block_on(story.auth.choose_password(&challenge, "a quiet morning in May"));
            expect!(matches!(accepted, Ok(SignIn::Complete(_))));
            Ok(format!(
                "rejected for {} together; nothing changed, and the next choice was accepted",
                codes.join(" and ")
            ))
        })(),
    );
    story.settle();
}

fn while_signed_in(story: &Story, told: &mut Told) {
    let ann = "ann@acme.example";
    told.insert(
        "S03",
        (|| {
            let signed_in = story.signed_in(ann, "a quiet morning in May")?;
            let change = story.auth.change_password(&signed_in, "a quiet morning in May", "rain on the roof at night");
            let goes_on = pollster::block_on(change)?;
            expect!(pollster::block_on(story.auth.resume(&goes_on.token().expose())).is_ok());
            story.settle();
            expect!(story.mailbox.last().is_some_and(|mail| matches!(mail.kind(), MailKind::PasswordChanged { .. })));
            expect!(story.fails(ann, "a quiet morning in May"));
            expect!(story.signed_in(ann, "rain on the roof at night").is_ok());
            Ok("the new password works, the old one does not, and a notice was mailed".into())
        })(),
    );
    told.insert(
        "S06",
        (|| {
            let mails = story.mailbox.0.lock().unwrap();
            let welcome = mails.first().map(|(_, mail)| mail.text()).unwrap_or_default();
            drop(mails);
            expect!(welcome.contains("for you alone"));
            let desk = story.signed_in(ann, "rain on the roof at night")?;
            let phone = story.signed_in(ann, "rain on the roof at night")?;
            let desk = pollster::block_on(story.auth.sign_out_others(&desk))?;
            expect!(pollster::block_on(story.auth.resume(&desk.token().expose())).is_ok());
            expect!(pollster::block_on(story.auth.resume(&phone.token().expose())).is_err());
            Ok("the welcome mail says the account is for one person; one call ended the other session".into())
        })(),
    );
}

fn forgotten_password(story: &Story, told: &mut Told) {
    let ann = "ann@acme.example";
    told.insert(
        "S07",
        (|| {
            while pollster::block_on(story.auth.sign_in(SignInRequest::new(ann, "not it")))
                .is_err_and(|error| matches!(error, SignInError::InvalidCredentials))
            {}
            let asked = pollster::block_on(story.auth.request_reset(&Email::parse(ann)?));
            expect!(asked.is_ok());
            Ok("a reset can be requested while sign-in is throttled".into())
        })(),
    );
    told.insert(
        "S08",
        (|| {
            expect!(Email::confirmed(ann, "Ann@ACME.example")?.canonical() == ann);
            expect!(Email::confirmed(ann, "anne@acme.example") == Err(UnconfirmedEmail::Different));
            Ok("entries that match in canonical form are accepted; different ones are rejected".into())
        })(),
    );
    told.insert(
        "S09",
        (|| {
            let mails_before_the_work = story.mailbox.count();
            story.settle();
            expect!(story.mailbox.count() == mails_before_the_work + 1);
            let session = story.signed_in(ann, "rain on the roof at night")?;
            expect!(pollster::block_on(story.auth.resume(&session.token().expose())).is_ok());
            Ok("the mail asks for confirmation; the password and the sessions are unchanged".into())
        })(),
    );
    let mut link = String::new();
    told.insert(
        "S10",
        (|| {
            link = story.request_again(ann)?;
            let _ = pollster::block_on(story.auth.confirm_reset(&link))?;
            story.mailbox.password()?;
            let again = pollster::block_on(story.auth.confirm_reset(&link));
            expect!(matches!(again, Err(ConfirmResetError::AlreadyConfirmed { .. })));
            Ok("confirming mailed a temporary password, only once".into())
        })(),
    );
    told.insert(
        "S11",
        (|| {
            let mailed = story.mailbox.password()?;
            let SignIn::PasswordChangeRequired(challenge) = story.patient_sign_in(ann, &mailed)? else {
                return Err("no change was due".into());
            };
            let chosen = pollster::block_on(story.auth.choose_password(&challenge, "three owls in one oak tree"));
            expect!(matches!(chosen, Ok(SignIn::Complete(_))));
            story.settle();
            expect!(story.fails(ann, &mailed) && story.fails(ann, "rain on the roof at night"));
            Ok("it led to choosing a new password, which invalidated it".into())
        })(),
    );
    told.insert("S12", (|| {
        let (bert, nobody) = (Email::parse("bert@acme.example")?, Email::parse("nobody@acme.example")?);
        story.open(bert.as_typed(), "a boat on the quiet lake")?;
        let before = story.mailbox.count();
        let mut answers = Vec::new();
        for email in [&bert, &nobody, &bert, &nobody] {
            answers.push(pollster::block_on(story.auth.request_reset(email))?);
        }
        story.settle();
        expect!(answers.iter().all(|answer| *answer == answers[0]));
        expect!(story.mailbox.count() == before + 1);
        story.clock.advance(5 * MINUTE - SECOND);
        pollster::block_on(story.auth.request_reset(&bert))?;
        story.settle();
        expect!(story.mailbox.count() == before + 1);
        story.clock.advance(SECOND);
        pollster::block_on(story.auth.request_reset(&bert))?;
        story.settle();
        expect!(story.mailbox.count() == before + 2);
        Ok("of requests at 0:00, 0:00, 4:59 and 5:00 only the first and last mailed; known and unknown got equal responses".into())
    })());
}

impl Story {
    fn request_again(&self, email: &str) -> Result<String, Broken> {
        self.clock.advance(5 * MINUTE);
        self.request(email)
    }
}

fn lifetimes(story: &Story, told: &mut Told) {
    told.insert(
        "S13",
        (|| {
            let cora = "cora@acme.example";
            story.open(cora, "snow on the far hills")?;
            let (first, started) = (story.request(cora)?, story.clock.now());
            let mail = story.mailbox.last().map(|mail| mail.text()).unwrap_or_default();
            expect!(mail.contains("one hour, until ") && mail.contains(" UTC"));
            story.clock.advance(HOUR - SECOND);
            let _ = pollster::block_on(story.auth.confirm_reset(&first))?;
            let mailed = story.mailbox.password()?;
            story.clock.advance(SECOND);
            expect!(matches!(
                pollster::block_on(story.auth.confirm_reset(&first)),
                Err(ConfirmResetError::LinkInvalid)
            ));
            story.clock.advance(HOUR - 2 * SECOND);
            expect!(matches!(story.patient_sign_in(cora, &mailed)?, SignIn::PasswordChangeRequired(_)));
            story.clock.advance(SECOND);
            expect!(story.clock.now() - started == 2 * HOUR - SECOND);
            expect!(story.patient_sign_in(cora, &mailed).is_err());
            Ok("link and temporary password each worked at 59:59 and not at 60:00; the mails state when".into())
        })(),
    );
    told.insert(
        "S14",
        (|| {
            let dora = "dora@acme.example";
            pollster::block_on(story.operator.provision(Email::parse(dora)?))?;
            let mailed = story.mailbox.password()?;
            story.clock.advance(24 * HOUR);
            expect!(story.fails(dora, &mailed));
            let token = story.request(dora)?;
            let _ = pollster::block_on(story.auth.confirm_reset(&token))?;
            let mailed = story.mailbox.password()?;
            expect!(matches!(story.patient_sign_in(dora, &mailed)?, SignIn::PasswordChangeRequired(_)));
            Ok("an expired one failed like any wrong one; a newly requested one worked".into())
        })(),
    );
}

fn refusals(story: &Story, told: &mut Told) {
    told.insert("S15", (|| {
        let (emil, fay) = ("emil@acme.example", "fay@acme.example");
        let emil_id = story.open(emil, "a lamp in the window")?;
        pollster::block_on(story.operator.provision(Email::parse(fay)?))?;
        let stale = story.mailbox.password()?;
        expect!(story.fails(emil, "wrong"));
        expect!(story.fails("no such address", "wrong") && story.fails("nobody@acme.example", "wrong"));
        expect!(story.fails(fay, "wrong"));
        story.clock.advance(24 * HOUR);
        expect!(story.fails(fay, &stale));
        pollster::block_on(story.operator.deactivate(&emil_id))?;
        expect!(story.fails(emil, "a lamp in the window"));
        let early = pollster::block_on(story.auth.sign_in(SignInRequest::new(emil, "a lamp in the window")));
        expect!(matches!(early, Err(SignInError::Throttled { .. })));
        Ok(format!("six causes, one message: {INVALID_CREDENTIALS}; an attempt that came too early learned only how long to wait"))
    })());
    told.insert(
        "S16",
        (|| {
            let gus = "gus@acme.example";
            story.open(gus, "the kettle sings at noon")?;
            let mut waits = Vec::new();
            while waits.len() < 20 {
                match pollster::block_on(story.auth.sign_in(SignInRequest::new(gus, "wrong"))) {
                    Err(SignInError::Throttled { retry_after }) => {
                        waits.push(retry_after);
                        story.clock.advance(retry_after);
                    }
                    Err(SignInError::InvalidCredentials) => {}
                    _ => return Err("a wrong password was not rejected".into()),
                }
            }
            expect!(waits.windows(2).all(|pair| pair[0] < pair[1] || pair[1] == HOUR));
            Ok(format!("waits grew from {:?} to {:?} and stayed there", waits[0], waits[19]))
        })(),
    );
    told.insert(
        "S17",
        (|| {
            let gus = "gus@acme.example";
            for _ in 0..30 {
                expect!(story.fails(gus, "wrong"));
            }
            story.clock.advance(HOUR);
            expect!(story.signed_in(gus, "the kettle sings at noon").is_ok());
            Ok("after 50 failures the owner waited an hour and signed in".into())
        })(),
    );
}

fn silence_and_support(story: &Story, told: &mut Told) {
    told.insert(
        "S18",
        (|| {
            let hal = Email::parse("hal@acme.example")?;
            let id = story.open(hal.as_typed(), "figs and bread at dawn")?;
            let signed_in = story.signed_in(hal.as_typed(), "figs and bread at dawn")?;
            pollster::block_on(story.operator.deactivate(&id))?;
            expect!(story.fails(hal.as_typed(), "figs and bread at dawn"));
            expect!(pollster::block_on(story.auth.resume(&signed_in.token().expose())).is_err());
            let before = story.mailbox.count();
            let answers = [&hal, &Email::parse("nobody.else@acme.example")?]
                .map(|email| pollster::block_on(story.auth.request_reset(email)).ok());
            story.settle();
            expect!(answers[0].is_some() && answers[0] == answers[1] && story.mailbox.count() == before);
            Ok("sign-in failed like any other, the session ended, and a reset got the usual response and no mail"
                .into())
        })(),
    );
    told.insert(
        "S19",
        (|| {
            let mails = story.mailbox.0.lock().unwrap();
            expect!(mails.iter().all(|(_, mail)| mail.text().contains("help@acme.example")));
            expect!(mails.iter().all(|(_, mail)| mail.html().contains("mailto:help@acme.example")));
            let refusal = story.auth.error_response(&SignInError::InvalidCredentials);
            expect!(refusal.support.as_str() == "help@acme.example" && refusal.message == INVALID_CREDENTIALS);
            Ok(format!("all {} mails and every error response name {}", mails.len(), refusal.support))
        })(),
    );
}

fn second_factor(story: &Story, told: &mut Told) {
    told.insert(
        "S20",
        (|| {
            let (ida, password) = ("ida@acme.example", "moss between the stones");
            story.open(ida, password)?;
            let signed_in = story.signed_in(ida, password)?;
            // Enroll.
            let enrollment = pollster::block_on(story.auth.begin_enrollment(&signed_in))?;
            let app = totp_rs::Totp::from_url(enrollment.uri())?;
            let code = || app.generate(u64::try_from(story.clock.now().unix_timestamp()).unwrap_or(0)).to_string();
            let (signed_in, recovery_codes) = pollster::block_on(story.auth.confirm_enrollment(&signed_in, &code()))?;
            // Sign in with a code, and replay it.
            let second_step = || match story.patient_sign_in(ida, password)? {
                SignIn::SecondFactorRequired(challenge) => Ok::<_, Broken>(challenge),
                other => Err(format!("no code was asked for: {other:?}").into()),
            };
            story.clock.advance(MINUTE);
            let (first, second) = (second_step()?, second_step()?);
            let used = code();
            let outcome = pollster::block_on(story.auth.verify_second_factor(&first, &used))?;
            expect!(matches!(outcome, SignIn::Complete(_)));
            let replayed = pollster::block_on(story.auth.verify_second_factor(&second, &used));
            expect!(matches!(replayed, Err(VerifySecondFactorError::CodeWrong)));
            // Use a recovery code instead, once.
            let recovery_code = recovery_codes.expose().next().ok_or("there are no recovery codes")?;
            let outcome = pollster::block_on(story.auth.verify_second_factor(&second, recovery_code))?;
            expect!(matches!(outcome, SignIn::Complete(_)));
            let again = pollster::block_on(story.auth.verify_second_factor(&second_step()?, recovery_code));
            expect!(matches!(again, Err(VerifySecondFactorError::CodeWrong)));
            // Turn it off with a fresh code (step-up).
            story.clock.advance(MINUTE);
            let signed_in = pollster::block_on(story.auth.reauthenticate_with_code(&signed_in, &code()))?;
            let goes_on = pollster::block_on(story.auth.disable_second_factor(&signed_in))?;
            expect!(pollster::block_on(story.auth.resume(&goes_on.token().expose())).is_ok());
            expect!(story.signed_in(ida, password).is_ok());
            Ok("enrolled, a code worked once and not again, a recovery code worked once, and it was turned off".into())
        })(),
    );
}

fn the_life_of_an_account(story: &Story, told: &mut Told) {
    let (nora, moved, password) = ("nora@acme.example", "nora@new.example", "an apple on the sill");
    let auth = &story.auth;
    told.insert(
        "R01",
        (|| {
            pollster::block_on(auth.request_registration(Email::parse(nora)?))?;
            story.settle();
            let token = story.mailbox.token()?;
            expect!(story.fails(nora, password));
            let step = pollster::block_on(auth.register(&token, password))?;
            expect!(matches!(step, SignIn::Complete(_)));
            story.settle();
            let again = pollster::block_on(auth.register(&token, "another long password"));
            expect!(matches!(again, Err(RegisterError::LinkInvalid)));
            expect!(story.signed_in(nora, password).is_ok());
            Ok("nothing was stored until the mailed link was used; it opened one account".into())
        })(),
    );
    told.insert(
        "R02",
        (|| {
            story.clock.advance(5 * MINUTE);
            let free = pollster::block_on(auth.request_registration(Email::parse("free@acme.example")?))?;
            let taken = pollster::block_on(auth.request_registration(Email::parse(nora)?))?;
            expect!(free == taken);
            story.settle();
            let told = story.mailbox.last();
            expect!(told.is_some_and(|mail| matches!(mail.kind(), MailKind::AlreadyRegistered { .. })));
            Ok("a taken address is answered as a free one, and its owner alone is told".into())
        })(),
    );
    let mut thiefs = None;
    told.insert(
        "R03",
        (|| {
            let before = story.request(nora)?;
            let session = story.signed_in(nora, password)?;
            let _ = pollster::block_on(auth.request_email_change(&session, Email::parse(moved)?))?;
            story.settle();
            let link = story.mailbox.token_to(moved)?;
            let session = pollster::block_on(auth.confirm_email_change(&session, &link))?;
            story.settle();
            expect!(session.email().as_typed() == moved);
            expect!(story.fails(nora, password) && story.signed_in(moved, password).is_ok());
            expect!(matches!(pollster::block_on(auth.confirm_reset(&before)), Err(ConfirmResetError::LinkInvalid)));
            thiefs = Some(session);
            Ok("it took a session, a fresh proof and the new mailbox; links to the old address died".into())
        })(),
    );
    told.insert(
        "R04",
        (|| {
            let session = thiefs.ok_or("there was no change")?;
            let undo = story.mailbox.token_to(nora)?;
            let _ = pollster::block_on(auth.undo_email_change(&undo))?;
            expect!(pollster::block_on(auth.resume(&session.token().expose())).is_err());
            expect!(story.fails(moved, password) && story.fails(nora, password));
            let SignIn::PasswordChangeRequired(challenge) = story.patient_sign_in(nora, &story.mailbox.password()?)?
            else {
                return Err("no change was due".into());
            };
            let _ = pollster::block_on(auth.choose_password(&challenge, "the pear is on the table"))?;
            story.settle();
            Ok("the old mailbox took the change back; nothing of whoever made it lives".into())
        })(),
    );
    told.insert(
        "R05",
        (|| {
            let session = story.signed_in(nora, "the pear is on the table")?;
            let document = pollster::block_on(auth.export(&session, None))?;
            expect!(document.contains(nora) && !document.contains("argon2") && !document.contains("digest"));
            Ok(format!("{} lines about one person, without a secret", document.lines().count()))
        })(),
    );
    told.insert(
        "R06",
        (|| {
            let session = story.signed_in(nora, "the pear is on the table")?;
            let DeletionRequested::Scheduled { .. } = pollster::block_on(auth.request_deletion(&session))? else {
                return Err("there is no grace".into());
            };
            expect!(story.fails(nora, "the pear is on the table"));
            pollster::block_on(auth.undo_deletion(&story.mailbox.token_to(nora)?))?;
            story.settle();
            // For a day nobody deletes it again: whoever knows the password might have asked for it.
            story.clock.advance(24 * HOUR);
            let session = story.signed_in(nora, "the pear is on the table")?;
            let _ = pollster::block_on(auth.request_deletion(&session))?;
            story.clock.advance(14 * 24 * HOUR);
            expect!(pollster::block_on(auth.purge_deleted(&*story.users, 10))? == 1);
            expect!(story.fails(nora, "the pear is on the table"));
            Ok("closed at once, kept by a mailed link within 14 days, then gone".into())
        })(),
    );
}

fn main() -> ExitCode {
    let story = match Story::begin() {
        Ok(story) => story,
        Err(error) => {
            eprintln!("setup failed: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut told = Told::new();
    for chapter in [
        opening_an_account,
        while_signed_in,
        forgotten_password,
        lifetimes,
        refusals,
        silence_and_support,
        second_factor,
        the_life_of_an_account,
    ] {
        chapter(&story, &mut told);
    }
    story.settle();
    pollster::block_on(story.auth.close());
    // S01 to S20, then R01 to R06.
    let (lives, stories): (Vec<_>, Vec<_>) = told.iter().partition(|(id, _)| id.starts_with('R'));
    for (id, outcome) in stories.into_iter().chain(lives) {
        match outcome {
            Ok(seen) => println!("{id} ok {seen}"),
            Err(broken) => println!("{id} BROKEN {broken}"),
        }
    }
    let kept = told.values().filter(|outcome| outcome.is_ok()).count();
    if kept == 26 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
