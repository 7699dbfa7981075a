//! `SmtpMailer` against a real SMTP server on loopback, working and faulty.
#![cfg(all(feature = "smtp", feature = "testing"))]

mod addresses;
mod clocks;
mod letter;
mod owed;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod wire;

use std::error::Error as _;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward::event::EventKind;
use doorward::hashing::HashParams;
use doorward::mail::{Mail, MailTexts, SmtpBuilder, SmtpMailer, SmtpRejection};
use doorward::store::{BackendCode, BackendErrorKind, MemoryAttempts, MemoryUsers};
use doorward::testing::{ManualClock, RecordingObserver};
use doorward::{Auth, Email, Mailer, SignIn, SignInRequest, Site};
use letter::Letter;
use server::{Act, SmtpServer, Stage};
use support::{ANN, MINUTE, NEW, OLD, SECOND, complete, email, site};
use tls::Tls;

const FROM: &str = "no-reply@acme.example";
/// Long enough for the slowest machine to do what takes no time.
const AT_ONCE: Duration = Duration::from_millis(300);
/// The timeout for a stalling server.
const PATIENCE: Duration = Duration::from_millis(600);
/// How long `close` may take if nothing is wrong.
const SOON: Duration = Duration::from_secs(20);

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(work)
}

/// A mailer on a manual clock, with no noticeable wait between tries.
struct Post {
    mailer: SmtpMailer,
    clock: ManualClock,
    observer: RecordingObserver,
}

impl Post {
    fn to(server: &SmtpServer) -> Self {
        Self::with(server, |builder| builder)
    }

    fn with(server: &SmtpServer, change: impl FnOnce(SmtpBuilder) -> SmtpBuilder) -> Self {
        let (clock, observer) = (ManualClock::new(), RecordingObserver::new());
        let builder = SmtpMailer::builder(&server.url(), email(FROM))
            .danger_plaintext()
            .timeout(SOON)
            .first_retry(Duration::from_millis(20));
        let builder = change(builder).clock(clock.clone()).observer(observer.clone());
        Self { mailer: builder.build().unwrap(), clock, observer }
    }

    /// Sends a mail, which must return at once.
    async fn send(&self, mail: &Mail) {
        let begun = Instant::now();
        self.mailer.send(&email(ANN), mail).await.unwrap();
        assert!(begun.elapsed() < AT_ONCE, "send does not wait: {:?}", begun.elapsed());
    }

    /// The mail events so far.
    fn failed(&self) -> Vec<(&'static str, BackendErrorKind)> {
        let failed = |kind| match kind {
            EventKind::MailFailed { mail, error, .. } => Some((mail, error)),
            _ => None,
        };
        self.observer.kinds().into_iter().filter_map(failed).collect()
    }

    /// The server's codes in these events.
    fn codes(&self) -> Vec<Option<BackendCode>> {
        let failed = |kind| match kind {
            EventKind::MailFailed { code, .. } => Some(code),
            _ => None,
        };
        self.observer.kinds().into_iter().filter_map(failed).collect()
    }

    /// The server trouble, as soon as it is reported.
    async fn trouble(&self) -> BackendErrorKind {
        self.until("trouble is reported", |post| !post.observer.kinds().is_empty()).await;
        match self.observer.kinds()[0] {
            EventKind::MailDelayed { error, .. } => error,
            ref other => panic!("{other:?}"),
        }
    }

    async fn until(&self, what: &str, happened: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !happened(self) {
            assert!(begun.elapsed() < SOON, "{what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The mail with this subject, as soon as it has arrived.
fn letter(server: &SmtpServer, subject: &str) -> Letter {
    (1..)
        .find_map(|mails| {
            server.wait_for(mails).iter().map(Letter::read).find(|mail| mail.header("Subject") == subject)
        })
        .unwrap()
}

/// The preview of this name.
fn mail(name: &str) -> Mail {
    Mail::previews(&site()).into_iter().find(|mail| mail.kind().name() == name).unwrap()
}

/// A mail that never expires.
fn notice() -> Mail {
    mail("password_changed")
}

#[test]
fn the_story_is_told_by_mails_that_arrive() {
    run(async {
        let server = SmtpServer::start();
        let post = Post::to(&server);
        let (auth, operator) = Auth::builder(site(), MemoryUsers::new(), MemoryAttempts::new(), post.mailer.clone())
            .clock(post.clock.clone())
            .background(|work| drop(tokio::spawn(work)))
            .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
            .build_with_operator()
            .unwrap();
        let sign_in = async |password: &str| auth.sign_in(SignInRequest::new(ANN, password)).await.unwrap();

        operator.provision(email(ANN)).await.unwrap();
        let welcome = letter(&server, "Your new account – Acme");
        let SignIn::PasswordChangeRequired(challenge) = sign_in(&welcome.password()).await else {
            panic!("no password change was due")
        };
        let _ = complete(auth.choose_password(&challenge, OLD).await.unwrap());

        auth.request_reset(&email(ANN)).await.unwrap();
        let link = letter(&server, "Confirm your password reset – Acme");
        let _ = auth.confirm_reset(&link.token()).await.unwrap();
        let temporary = letter(&server, "Your temporary password – Acme");
        let SignIn::PasswordChangeRequired(challenge) = sign_in(&temporary.password()).await else {
            panic!("no password change was due")
        };
        let _ = complete(auth.choose_password(&challenge, NEW).await.unwrap());
        let _ = complete(sign_in(NEW).await);
        letter(&server, "Your password was reset – Acme");
        assert_eq!(post.mailer.close(SOON).await, 0);
        assert_eq!(post.observer.kinds(), []);
    });
}

#[test]
fn every_mail_arrives_whole_and_with_its_headers() {
    run(async {
        let server = SmtpServer::start();
        let post = Post::to(&server);
        let previews = Mail::previews(&site());
        for mail in &previews {
            post.send(mail).await;
        }
        let arrived = server.wait_for(previews.len());
        let mut ids = Vec::new();
        for mail in &previews {
            let is_it = |letter: &Letter| letter.text == mail.text();
            let letter = arrived.iter().map(Letter::read).find(is_it).expect("the text part as rendered");
            assert_eq!(letter.html, mail.html());
            assert_eq!(letter.header("Subject"), mail.subject());
            assert_eq!(letter.header("From"), "\"Acme\" <no-reply@acme.example>".replace('"', ""));
            assert_eq!(letter.header("To"), ANN);
            assert_eq!(letter.header("Reply-To"), "help@acme.example");
            assert_eq!(letter.header("Auto-Submitted"), "auto-generated");
            assert_eq!(letter.header("X-Auto-Response-Suppress"), "All");
            assert_eq!(letter.header("Date"), "Wed, 25 Nov 2026 09:00:00 +0000");
            assert_eq!(letter.names().len(), 10, "and no others: {:?}", letter.names());
            ids.push(letter.header("Message-ID"));
        }
        assert!(ids.iter().all(|id| id.starts_with('<') && id.ends_with("@acme.example>") && id.len() > 30));
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), previews.len(), "every mail has an id of its own");
        for mail in arrived {
            assert_eq!((mail.from.as_str(), mail.to.as_slice()), (FROM, [ANN.to_owned()].as_slice()));
            assert!(mail.data.is_ascii() && mail.data.lines().all(|line| line.len() < 1_000));
        }
    });
}

#[test]
fn a_site_with_a_chat_has_no_address_to_answer_to() {
    run(async {
        let server = SmtpServer::start();
        let post = Post::to(&server);
        let site = Site::new("Ac\"me, Bücher", "https://acme.example", "https://acme.example/chat").unwrap();
        post.send(&Mail::previews(&site)[0]).await;
        let letter = Letter::read(&server.wait_for(1)[0]);
        assert!(letter.headers("Reply-To").is_empty());
        let from = letter.header("From");
        assert!(from.ends_with(" <no-reply@acme.example>") && from.contains("Bücher"), "{from}");
        assert_eq!(letter.header("Subject"), "Your new account – Ac\"me, Bücher");
    });
}

#[test]
fn a_server_that_refuses_stalls_or_dies_loses_no_mail_and_delays_no_call() {
    run(async {
        use Stage::{Data, End, Greeting, Mail, Middle, Rcpt};
        let busy = Act::Answer("451 4.3.0 not now");
        let leaving = Act::Answer("421 4.3.2 going down");
        let acts = [
            [Greeting, Mail, Rcpt, Data, End].map(|stage| (stage, leaving)).to_vec(),
            [Mail, Rcpt, Data, End].map(|stage| (stage, busy)).to_vec(),
            [Greeting, Mail, Rcpt, Data, Middle, End].map(|stage| (stage, Act::Die)).to_vec(),
            [Greeting, Mail, Rcpt, Data, Middle, End].map(|stage| (stage, Act::Stall)).to_vec(),
        ];
        for (stage, act) in acts.concat() {
            let server = SmtpServer::start();
            server.then(stage, act);
            // Once the mail is on its way the server may have it, so silence gets one more try only.
            if !matches!(stage, Middle | End) || !matches!(act, Act::Die | Act::Stall) {
                server.then(stage, act);
            }
            let post = match act {
                Act::Stall => Post::with(&server, |builder| builder.timeout(PATIENCE)),
                _ => Post::to(&server),
            };
            let welcome = mail("welcome");
            post.send(&welcome).await;
            let arrived = server.wait_for(1).remove(0);
            assert_eq!(post.mailer.close(SOON).await, 0, "{act:?} at {stage:?}");
            assert_eq!(server.arrived().len(), 1, "once, after {act:?} at {stage:?}");
            assert_eq!(Letter::read(&arrived).text, welcome.text());
            assert_eq!(post.failed(), [], "{act:?} at {stage:?}");
        }
    });
}

#[test]
fn a_mail_that_was_taken_without_saying_so_comes_again_under_the_same_id() {
    run(async {
        let server = SmtpServer::start();
        server.then(Stage::End, Act::Swallow);
        let post = Post::to(&server);
        post.send(&notice()).await;
        let arrived = server.wait_for(2);
        assert_eq!(arrived[0].data, arrived[1].data, "byte for byte, so that a mailbox can detect the duplicate");
        assert_eq!(post.mailer.close(SOON).await, 0);
    });
}

#[test]
fn many_mails_survive_a_server_that_fails_at_random() {
    run(async {
        use Stage::{Data, End, Greeting, Mail, Middle, Rcpt};
        let server = SmtpServer::start();
        let stages = [Mail, Middle, End, Rcpt, Greeting, Data];
        let acts = [Act::Die, Act::Answer("451 later"), Act::Well, Act::Answer("421 bye"), Act::Well];
        for (index, stage) in stages.into_iter().cycle().take(90).enumerate() {
            let act = acts[index % acts.len()];
            // Silence gets one more try only, which must not meet with silence as well.
            let again = index > 30 && matches!((stage, act), (Middle | End, Act::Die));
            server.then(stage, if again { Act::Well } else { act });
        }
        let post = Post::to(&server);
        for _ in 0..60 {
            post.send(&mail("confirm_reset")).await;
        }
        assert_eq!(post.mailer.close(SOON).await, 0);
        assert_eq!((server.arrived().len(), post.failed()), (60, vec![]));
    });
}

#[test]
fn what_is_refused_for_good_is_given_up_at_once_and_told() {
    run(async {
        for stage in [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::End] {
            let server = SmtpServer::start();
            server.then(stage, Act::Answer("550 5.1.1 <ann@acme.example> is unknown here"));
            let post = Post::with(&server, |builder| builder.connections(1));
            post.send(&mail("welcome")).await;
            post.send(&notice()).await;
            assert_eq!(post.mailer.close(SOON).await, 0);
            assert_eq!(post.failed(), [("welcome", BackendErrorKind::Refused)]);
            assert_eq!(post.codes(), [BackendCode::new("550")]);
            assert_eq!(server.begun(), 2, "the one that was refused is not tried again");
            assert_eq!(Letter::read(&server.arrived()[0]).text, notice().text(), "the other arrives");
        }
    });
}

#[test]
fn a_clock_that_stands_still_does_not_keep_a_mail_for_ever() {
    run(async {
        let server = SmtpServer::start();
        server.always(Some((Stage::Rcpt, Act::Answer("450 4.2.0 greylisted"))));
        let post = Post::with(&server, |builder| builder.give_up_after(Duration::from_millis(300)));
        post.send(&notice()).await;
        post.until("it is given up", |post| post.mailer.queued() == 0).await;
        assert_eq!(post.failed(), [("password_changed", BackendErrorKind::Refused)]);
        assert_eq!(post.codes(), [BackendCode::new("450")]);
    });
}

#[test]
fn a_server_that_is_away_is_told_once_and_costs_no_mail_a_try() {
    run(async {
        let server = SmtpServer::start();
        server.always(Some((Stage::Greeting, Act::Answer("554 5.3.2 closed"))));
        let post = Post::with(&server, |builder| builder.connections(2));
        for _ in 0..10 {
            post.send(&notice()).await;
        }
        post.until("it is called again", |_| server.connections() > 6).await;
        let code = BackendCode::new("554");
        assert_eq!(post.observer.kinds(), [EventKind::MailDelayed { error: BackendErrorKind::Refused, code }]);
        assert_eq!((server.begun(), post.mailer.queued()), (0, 10));
        server.always(None);
        assert_eq!(post.mailer.close(SOON).await, 0);
        assert_eq!(server.arrived().len(), 10);
    });
}

#[test]
fn a_full_queue_refuses_at_once_and_takes_mails_again_when_there_is_room() {
    run(async {
        let server = SmtpServer::start();
        server.always(Some((Stage::Greeting, Act::Stall)));
        let post = Post::with(&server, |builder| builder.queue_capacity(3).timeout(PATIENCE));
        for _ in 0..3 {
            post.send(&notice()).await;
        }
        let begun = Instant::now();
        let error = post.mailer.send(&email(ANN), &notice()).await.unwrap_err();
        assert!(begun.elapsed() < AT_ONCE);
        assert_eq!(error.to_string(), "backend refused (queue-full)");
        let refusal = error.source().unwrap().downcast_ref::<SmtpRejection>();
        assert_eq!(refusal, Some(&SmtpRejection::QueueFull));
        assert_eq!(post.failed(), [], "the caller knows");
        server.always(None);
        server.wait_for(3);
        post.until("there is room", |post| post.mailer.queued() == 0).await;
        post.send(&notice()).await;
        server.wait_for(4);
    });
}

#[test]
fn l7_mails_that_anybody_can_cause_take_half_of_the_queue() {
    run(async {
        for capacity in [1, 2, 7, 20] {
            let server = SmtpServer::start();
            server.always(Some((Stage::Greeting, Act::Stall)));
            let post = Post::with(&server, |builder| builder.queue_capacity(capacity).timeout(MINUTE));
            let anybodys = [mail("confirm_reset"), mail("choose_new_password")];
            let mut accepted = 0;
            for mail in anybodys.iter().cycle().take(2 * capacity) {
                accepted += usize::from(post.mailer.send(&email(ANN), mail).await.is_ok());
            }
            assert_eq!(accepted, (capacity / 2).max(1), "of {capacity}");
            let error = post.mailer.send(&email(ANN), &anybodys[0]).await.unwrap_err();
            assert_eq!(error.code(), Some("queue-full"));
            let earned = [mail("welcome"), mail("temporary_password"), notice()];
            for mail in earned.iter().cycle().take(capacity - accepted) {
                post.send(mail).await;
            }
            assert!(post.mailer.send(&email(ANN), &notice()).await.is_err(), "the queue is full");
            assert_eq!(post.mailer.queued(), capacity);
            assert_eq!(post.mailer.close(Duration::ZERO).await, capacity);
        }
    });
}

#[test]
fn l7_whoever_earned_a_mail_leaves_room_for_the_others_again() {
    run(async {
        let server = SmtpServer::start();
        server.always(Some((Stage::Greeting, Act::Stall)));
        let post = Post::with(&server, |builder| builder.queue_capacity(4).timeout(PATIENCE));
        for mail in [mail("confirm_reset"), notice(), notice(), notice()] {
            post.send(&mail).await;
        }
        assert!(post.mailer.send(&email(ANN), &mail("confirm_reset")).await.is_err(), "others may fill it whole");
        server.always(None);
        post.until("there is room", |post| post.mailer.queued() == 0).await;
        server.always(Some((Stage::Mail, Act::Stall)));
        for _ in 0..2 {
            post.send(&mail("confirm_reset")).await;
        }
        assert!(post.mailer.send(&email(ANN), &mail("confirm_reset")).await.is_err());
        post.send(&notice()).await;
        server.always(None);
        assert_eq!(post.mailer.close(SOON).await, 0);
        assert_eq!(server.arrived().len(), 7);
    });
}

#[test]
fn closing_waits_for_the_queue_and_then_gives_up_with_events() {
    run(async {
        let server = SmtpServer::start();
        server.then(Stage::End, Act::Answer("451 later")).then(Stage::Middle, Act::Die);
        let post = Post::to(&server);
        for _ in 0..20 {
            post.send(&notice()).await;
        }
        assert_eq!(post.mailer.close(SOON).await, 0);
        assert_eq!(server.arrived().len(), 20);
        let error = post.mailer.send(&email(ANN), &notice()).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (BackendErrorKind::Refused, Some("closed")));
        assert_eq!(post.mailer.close(SOON).await, 0, "again");

        // Some mails are ready, some wait for a retry, some are being sent.
        for act in [(Stage::Middle, Act::Stall), (Stage::Rcpt, Act::Answer("451 later")), (Stage::Greeting, Act::Stall)]
        {
            // Other load on the machine affects a single measurement; a close that waits is slow in all of them.
            let mut fastest = Duration::MAX;
            for _ in 0..3 {
                let server = SmtpServer::start();
                server.always(Some(act));
                let post = Post::with(&server, |builder| builder.timeout(MINUTE).first_retry(SECOND));
                for _ in 0..20 {
                    post.send(&notice()).await;
                }
                let begun = Instant::now();
                assert_eq!(post.mailer.close(Duration::from_millis(200)).await, 20);
                fastest = fastest.min(begun.elapsed());
                assert_eq!((post.failed().len(), post.mailer.queued()), (20, 0), "{act:?}");
            }
            assert!(fastest < 3 * SECOND, "{fastest:?}");
        }
    });
}

#[test]
fn a_mailer_that_is_dropped_still_delivers() {
    run(async {
        let server = SmtpServer::start();
        server.then(Stage::Rcpt, Act::Answer("451 later"));
        let post = Post::to(&server);
        for _ in 0..20 {
            post.send(&notice()).await;
        }
        drop(post);
        server.wait_for(20);
    });
}

#[test]
fn a_mailer_whose_runtime_is_gone_takes_no_mail() {
    let server = SmtpServer::start();
    let post = run(async { Post::to(&server) });
    let error = run(post.mailer.send(&email(ANN), &notice())).unwrap_err();
    assert_eq!((error.code(), post.mailer.queued()), (Some("closed"), 0));
}

#[test]
fn after_a_kill_asking_or_confirming_again_heals() {
    let (users, attempts) = (Arc::new(MemoryUsers::new()), Arc::new(MemoryAttempts::new()));
    let server = SmtpServer::start();
    let clock = ManualClock::new();
    let host = |mailer: SmtpMailer| {
        Auth::builder(site(), users.clone(), attempts.clone(), mailer)
            .clock(clock.clone())
            .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
            .build_with_operator()
            .unwrap()
    };
    let post = || SmtpMailer::builder(&server.url(), email(FROM)).danger_plaintext().build().unwrap();
    run(async {
        let (auth, operator) = host(post());
        operator.provision(email(ANN)).await.unwrap();
        server.wait_for(1);
        server.always(Some((Stage::End, Act::Stall)));
        auth.request_reset(&email(ANN)).await.unwrap();
        // The runtime ends here, and the mail is lost with it.
    });
    assert_eq!(server.arrived().len(), 1);
    server.always(None);
    clock.advance(5 * MINUTE);
    let token = run(async {
        let (auth, _) = host(post());
        auth.request_reset(&email(ANN)).await.unwrap();
        let token = Letter::read(&server.wait_for(2)[1]).token();
        server.always(Some((Stage::Middle, Act::Stall)));
        let _ = auth.confirm_reset(&token).await.unwrap();
        token
    });
    assert_eq!(server.arrived().len(), 2);
    server.always(None);
    clock.advance(5 * MINUTE);
    run(async {
        let (auth, _) = host(post());
        let _ = auth.confirm_reset(&token).await.unwrap();
        let password = Letter::read(&server.wait_for(3)[2]).password();
        let outcome = auth.sign_in(SignInRequest::new(ANN, &password)).await.unwrap();
        assert!(matches!(outcome, SignIn::PasswordChangeRequired(_)));
    });
}

#[test]
fn a_hundred_mails_at_once_go_over_few_connections() {
    run(async {
        let server = SmtpServer::start();
        let post = Post::to(&server);
        let sends = (0..100).map(|index| {
            let mailer = post.mailer.clone();
            tokio::spawn(async move {
                let to = Email::parse(&format!("user{index}@acme.example")).unwrap();
                mailer.send(&to, &notice()).await.unwrap();
            })
        });
        for send in sends.collect::<Vec<_>>() {
            send.await.unwrap();
        }
        assert_eq!(post.mailer.close(SOON).await, 0);
        let mut recipients: Vec<_> = server.arrived().into_iter().map(|mail| mail.to.concat()).collect();
        recipients.sort();
        recipients.dedup();
        assert_eq!(recipients.len(), 100, "each has its own");
        assert!(server.connections() <= 4, "{}", server.connections());
        assert_eq!(server.heard().iter().filter(|line| *line == "QUIT").count(), server.connections());
    });
}

#[test]
fn a_server_that_closes_connections_after_some_mails_delays_none() {
    run(async {
        let server = SmtpServer::start();
        for _ in 0..10 {
            server.then(Stage::End, Act::Well).then(Stage::End, Act::Well);
            server.then(Stage::Mail, Act::Answer("421 4.7.0 enough"));
        }
        // A wait between tries would show.
        let post = Post::with(&server, |builder| builder.connections(1).first_retry(MINUTE));
        for _ in 0..20 {
            post.send(&notice()).await;
        }
        assert_eq!(post.mailer.close(SOON).await, 0);
        assert_eq!((server.arrived().len(), post.observer.kinds()), (20, vec![]));
    });
}

#[test]
fn no_header_is_injected() {
    /// A catalogue that an attacker can write to.
    #[derive(Debug)]
    struct Hostile;
    impl MailTexts for Hostile {
        fn password_changed_subject(&self, _site: &Site) -> String {
            "Hello\r\nBcc: eve@elsewhere.example\r\n\r\nBody".to_owned()
        }
        fn not_you(&self) -> String {
            "\r\n.\r\nMAIL FROM:<eve@elsewhere.example>\r\n..\n.\n".to_owned()
        }
    }
    run(async {
        let server = SmtpServer::start();
        let post = Post::to(&server);
        let hostile = notice().in_words_of(Arc::new(Hostile));
        post.send(&hostile).await;
        let letter = Letter::read(&server.wait_for(1)[0]);
        assert_eq!(letter.header("Subject"), "Hello  Bcc: eve@elsewhere.example    Body");
        assert!(letter.headers("Bcc").is_empty());
        assert!(letter.text.contains("\n.\nMAIL FROM:<eve@elsewhere.example>\n..\n.\n"), "the dots arrive unchanged");
        assert_eq!(post.mailer.close(SOON).await, 0);
        assert_eq!((server.begun(), server.arrived()[0].to.len()), (1, 1));

        for address in ["ann@acme.example\r\nRCPT TO:<eve@elsewhere.example>", "ann@acme.example>\nDATA"] {
            assert!(Email::parse(address).is_err(), "no such address reaches a mailer");
        }
        let hello = format!("{}/me%0d%0aMAIL", server.url());
        let refused = SmtpMailer::builder(&hello, email(FROM)).danger_plaintext().build().unwrap_err();
        assert_eq!((refused.code(), refused.to_string().contains("MAIL")), ("smtp_url_invalid", false));
    });
}

#[test]
fn without_tls_nothing_is_said_to_a_server() {
    run(async {
        let server = SmtpServer::start();
        server.offers(&["AUTH PLAIN LOGIN"]);
        for parameters in ["", "?tls=required"] {
            let url = format!("smtp://ann:secret@{}{parameters}", server.address());
            let post = Post::with(&server, |_| SmtpMailer::builder(&url, email(FROM)));
            post.send(&notice()).await;
            assert_eq!(post.trouble().await, BackendErrorKind::Refused);
            assert_eq!(post.mailer.close(Duration::ZERO).await, 1);
        }
        // TLS from the start meets a server without TLS.
        let url = format!("smtps://ann:secret@{}", server.address());
        let post = Post::with(&server, |_| SmtpMailer::builder(&url, email(FROM)));
        post.send(&notice()).await;
        assert_eq!(post.trouble().await, BackendErrorKind::Unavailable);
        assert_eq!(post.mailer.close(Duration::ZERO).await, 1);
        let said = server.heard();
        assert!(said.iter().any(|line| line == "EHLO acme.example"));
        assert!(!said.iter().any(|line| line.contains("AUTH ") || line.contains("MAIL ")), "{said:?}");
        assert_eq!(server.begun(), 0);
    });
}

#[test]
fn plaintext_to_loopback_goes_to_this_machine_alone() {
    run(async {
        let server = SmtpServer::start();
        for host in ["127.0.0.1", "localhost"] {
            let url = format!("smtp://{host}:{}", server.address().port());
            let mailer = SmtpMailer::builder(&url, email(FROM)).plaintext_to_loopback().build().unwrap();
            mailer.send(&email(ANN), &notice()).await.unwrap();
            assert_eq!(mailer.close(SOON).await, 0);
        }
        assert_eq!(server.wait_for(2).len(), 2);
        // STARTTLS, which this server does not offer, if the URL asks for it.
        let url = format!("smtp://127.0.0.1:{}?tls=required", server.address().port());
        let mailer = SmtpMailer::builder(&url, email(FROM)).plaintext_to_loopback().build().unwrap();
        assert_eq!(mailer.check().await.unwrap_err().kind(), BackendErrorKind::Refused);
    });
}

#[test]
fn over_tls_everything_is_said_to_a_server_that_is_who_it_says() {
    run(async {
        for starttls in [false, true] {
            let (outer, inner) = (SmtpServer::start(), SmtpServer::start());
            inner.offers(&["AUTH PLAIN"]);
            outer.offers(&["STARTTLS"]);
            let name = if starttls { "starttls" } else { "smtps" };
            let Some(tls) = Tls::before(inner.address(), name) else { return };
            outer.starttls(tls.port);
            if starttls {
                // The outer server has already greeted.
                inner.then(Stage::Greeting, Act::Nothing);
            }
            let url = match starttls {
                true => format!("smtp://ann:secret@localhost:{}", outer.address().port()),
                false => format!("smtps://ann:secret@localhost:{}", tls.port),
            };
            let mailer = SmtpMailer::builder(&url, email(FROM)).root_certificates(&tls.authority).build().unwrap();
            mailer.send(&email(ANN), &notice()).await.unwrap();
            assert_eq!(Letter::read(&inner.wait_for(1)[0]).text, notice().text(), "{name}");
            assert_eq!(mailer.close(SOON).await, 0);
            assert_eq!(outer.begun(), 0, "nothing of it in plaintext");
        }
    });
}

#[test]
fn a_server_whose_certificate_is_nobody_s_gets_nothing() {
    run(async {
        let inner = SmtpServer::start();
        let Some(tls) = Tls::before(inner.address(), "stranger") else { return };
        let url = format!("smtps://ann:secret@localhost:{}", tls.port);
        let post = Post::with(&inner, |_| SmtpMailer::builder(&url, email(FROM)));
        post.send(&notice()).await;
        post.until("the certificate is refused", |_| tls.was_refused()).await;
        let error = post.mailer.check().await.unwrap_err();
        assert_eq!(error.kind(), BackendErrorKind::Unavailable);
        let why = error.source().unwrap().to_string();
        assert!(why.contains("certificate"), "{why}");
        assert_eq!((post.mailer.close(Duration::ZERO).await, inner.heard()), (1, vec![]));
    });
}

#[test]
fn a_password_is_given_where_it_may_be_and_a_wrong_one_is_told() {
    run(async {
        let server = SmtpServer::start();
        server.offers(&["AUTH PLAIN LOGIN"]);
        let url = format!("smtp://ann:secret@{}/host.acme.example", server.address());
        let mailer = SmtpMailer::builder(&url, email(FROM)).danger_plaintext().build().unwrap();
        mailer.send(&email(ANN), &notice()).await.unwrap();
        assert_eq!(mailer.close(SOON).await, 0);
        assert_eq!(server.heard()[0], "EHLO host.acme.example");
        mailer.check().await.unwrap();

        let post = Post::with(&server, |builder| builder.credentials("ann", "wr@ng:/"));
        assert_eq!(post.mailer.check().await.unwrap_err().to_string(), "backend refused (535)");
        post.send(&notice()).await;
        assert_eq!(post.trouble().await, BackendErrorKind::Refused);
        assert_eq!(post.mailer.close(Duration::ZERO).await, 1);
        assert_eq!(server.begun(), 1);
    });
}

#[test]
fn an_address_beyond_ascii_needs_a_server_that_says_so() {
    run(async {
        let server = SmtpServer::start();
        let post = Post::to(&server);
        post.mailer.send(&email("Jörg@Bücher.example"), &notice()).await.unwrap();
        assert_eq!(server.wait_for(1)[0].to, ["Jörg@xn--bcher-kva.example"]);
        assert!(server.heard().iter().any(|line| line.contains("SMTPUTF8")));

        server.offers(&[]);
        let post = Post::to(&server);
        post.mailer.send(&email("Jörg@Bücher.example"), &notice()).await.unwrap();
        post.mailer.send(&email("ann@Bücher.example"), &notice()).await.unwrap();
        assert_eq!(post.mailer.close(SOON).await, 0);
        assert_eq!(post.failed(), [("password_changed", BackendErrorKind::Refused)]);
        assert_eq!(server.arrived()[1].to, ["ann@xn--bcher-kva.example"]);
    });
}

#[test]
fn nothing_that_is_printed_tells_a_secret() {
    run(async {
        let server = SmtpServer::start();
        server.always(Some((Stage::Rcpt, Act::Answer("550 <ann@acme.example> no such user"))));
        let url = server.url().replace("smtp://", "smtp://ann:sesame@");
        server.offers(&["AUTH PLAIN"]);
        let builder = SmtpMailer::builder(&url, email(FROM)).danger_plaintext();
        let mut printed = format!("{builder:?}");
        let post = Post::with(&server, |builder| builder.queue_capacity(1));
        printed += &format!("{:?} {:?}", builder.build().unwrap(), post.mailer);
        post.send(&mail("welcome")).await;
        if let Err(error) = post.mailer.send(&email(ANN), &mail("welcome")).await {
            printed += &format!("{error} {error:?} {:?}", error.source());
        }
        post.until("it is refused", |post| !post.failed().is_empty()).await;
        printed += &format!("{:?}", post.observer.events());
        for secret in ["sesame", "ann", "no-reply", "0123-4567", "token"] {
            assert!(!printed.contains(secret), "{secret} in {printed}");
        }
    });
}

#[test]
fn what_cannot_be_a_server_or_a_setting_is_refused_by_name() {
    let refused = |url: &str, change: fn(SmtpBuilder) -> SmtpBuilder| {
        let error = change(SmtpMailer::builder(url, email(FROM))).build().unwrap_err();
        assert!(!error.to_string().contains("sesame"), "{error}");
        error.to_string()
    };
    let url = |url| refused(url, |builder| builder);
    assert_eq!(url("mail.acme.example"), "the server's URL is malformed");
    assert_eq!(url("https://mail.acme.example"), "the server's URL does not begin with smtps:// or smtp://");
    assert_eq!(url("smtps:mail"), "the server's URL has no host name");
    assert_eq!(url("smtps://a%20b"), "the server's URL has no host name");
    assert_eq!(url("smtp://h?tls=none"), "the server's URL has a tls parameter other than required");
    assert_eq!(url("smtps://h?tls=opportunistic"), "the server's URL has a tls parameter other than required");
    assert_eq!(url("smtps://h?timeout=1"), "the server's URL has a parameter other than tls");
    assert_eq!(url("smtps://ann@h"), "the server's URL has a malformed user name or password");
    assert_eq!(url("smtps://ann:sesame%ff@h"), "the server's URL has a malformed user name or password");
    assert_eq!(url("smtps://ann:sesame@h"), "there is no tokio runtime");
    let plain = |url| refused(url, SmtpBuilder::danger_plaintext);
    assert_eq!(plain("smtp://ann:sesame@mail.acme.example"), "the server's URL would send a password in plaintext");
    assert_eq!(plain("smtp://ann:sesame@[::1]:25"), "there is no tokio runtime");
    assert_eq!(plain("smtp://mail:1025"), "there is no tokio runtime");

    let setting = |change| refused("smtps://h", change);
    assert_eq!(setting(|builder| builder.queue_capacity(0)), "smtp.queue_capacity is not between 1 and 100,000");
    assert_eq!(setting(|builder| builder.connections(65)), "smtp.connections is not between 1 and 64");
    assert_eq!(
        setting(|builder| builder.timeout(Duration::ZERO)),
        "smtp.timeout is not between 1 millisecond and an hour"
    );
    assert_eq!(
        setting(|builder| builder.first_retry(2 * MINUTE)),
        "smtp.first_retry is not between 1 millisecond and a minute"
    );
    assert_eq!(
        setting(|builder| builder.give_up_after(Duration::MAX)),
        "smtp.give_up_after is not between 1 millisecond and a day"
    );
    let none = "smtp.root_certificates contains no PEM certificate";
    assert_eq!(setting(|builder| builder.root_certificates(b"-----BEGIN")), none);
    let garbled = |builder: SmtpBuilder| {
        builder.root_certificates(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    };
    assert_eq!(setting(garbled), "TLS cannot be set up");
}
