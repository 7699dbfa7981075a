//! Odd servers, and attackers on the network path.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use doorward::event::EventKind;
use doorward::hashing::HashParams;
use doorward::mail::{Mail, MailTexts, SmtpMailer};
use doorward::password::ResetLinkStatus;
use doorward::store::{BackendCode, BackendErrorKind, MemoryAttempts, MemoryUsers};
use doorward::testing::RecordingObserver;
use doorward::{Auth, Keyring, Mailer, Site};

use super::letter::Letter;
use super::server::{Act, Arrived, SmtpServer, Stage, pump};
use super::support::{ANN, email, site};
use super::tls::Tls;
use super::{FROM, PATIENCE, Post, SOON, mail, notice, run};

/// A man in the middle of STARTTLS: answers in the server's place, and lets TLS through after the "220". Returns the port.
fn meddler(server: u16, says: &'static [&'static [u8]]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || meddle(client, server, says));
        }
    });
    port
}

fn meddle(mut client: TcpStream, server: u16, says: &[&[u8]]) -> Option<()> {
    client.set_nodelay(true).ok()?;
    let mut lines = BufReader::new(client.try_clone().ok()?);
    let mut line = String::new();
    client.write_all(b"220 relay\r\n").ok()?;
    lines.read_line(&mut line).ok()?;
    client.write_all(b"250-relay\r\n250-8BITMIME\r\n250 STARTTLS\r\n").ok()?;
    lines.read_line(&mut line).ok()?;
    assert!(line.ends_with("STARTTLS\r\n"), "{line}");
    for part in says {
        client.write_all(part).ok()?;
        thread::sleep(Duration::from_millis(50)); // in a separate segment
    }
    // It may not be listening yet.
    let upstream = (0..500).find_map(|_| {
        thread::sleep(Duration::from_millis(10));
        TcpStream::connect(("127.0.0.1", server)).ok()
    })?;
    pump(upstream.try_clone().ok()?, client);
    let mut upstream = upstream;
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = lines.read(&mut buffer) {
        upstream.write_all(&buffer[..read]).ok()?;
    }
    Some(())
}

#[test]
fn m4_answers_from_before_tls_are_not_believed_after_it() {
    // To EHLO, MAIL, RCPT, DATA and the mail itself: together with the answer to STARTTLS, or right after it.
    const ANSWERS: &[u8] = b"250-relay\r\n250 8BITMIME\r\n250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n";
    const TOGETHER: &[&[u8]] =
        &[b"220 go\r\n250-relay\r\n250 8BITMIME\r\n250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n"];
    const APART: &[&[u8]] = &[b"220 go\r\n", ANSWERS];
    const BEGUN: &[&[u8]] = &[b"220 go\r\n2", &[]];
    run(async {
        for (name, says) in [("together", TOGETHER), ("apart", APART), ("begun", BEGUN)] {
            // The server that has the certificate never speaks.
            let inner = SmtpServer::start();
            inner.always(Some((Stage::Greeting, Act::Stall)));
            let Some(tls) = Tls::before(inner.address(), &format!("m4-{name}")) else { return };
            let port = meddler(tls.port, says);
            let observer = RecordingObserver::new();
            let mailer = SmtpMailer::builder(&format!("smtp://localhost:{port}"), email(FROM))
                .root_certificates(&tls.authority)
                .timeout(SOON)
                .observer(observer.clone())
                .build()
                .unwrap();
            mailer.send(&email(ANN), &notice()).await.unwrap();
            while observer.kinds().is_empty() && mailer.queued() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let kinds = observer.kinds();
            let delayed =
                |kind: &EventKind| matches!(kind, EventKind::MailDelayed { error: BackendErrorKind::Unavailable, .. });
            assert!(kinds.len() == 1 && delayed(&kinds[0]), "{name}: {kinds:?}");
            assert_eq!(mailer.queued(), 1, "{name}: it stays in the queue");
            let error = mailer.check().await.unwrap_err();
            assert_eq!(error.kind(), BackendErrorKind::Unavailable, "{name}");
            assert_eq!(mailer.close(Duration::ZERO).await, 1);
            assert_eq!((inner.heard(), inner.begun()), (vec![], 0), "{name}");
        }
    });
}

#[test]
fn answers_in_any_charset_are_understood() {
    run(async {
        let server = SmtpServer::start();
        server.then(Stage::Greeting, Act::Bytes(b"220 gr\xfc\xdf Gott\r\n"));
        server.then(Stage::Mail, Act::Bytes(b"250-\xff\xfe\r\n250 \x80\r\n"));
        let post = Post::with(&server, |builder| builder.connections(1));
        post.send(&mail("welcome")).await;
        post.until("it is delivered", |post| post.mailer.queued() == 0).await;
        server.then(Stage::End, Act::Bytes(b"250 angenommen, sch\xf6nen Tag\r\n"));
        post.send(&notice()).await;
        assert_eq!(post.mailer.close(SOON).await, 0);
        assert_eq!((server.arrived().len(), server.begun(), post.observer.kinds()), (2, 2, vec![]), "once each");
        assert_eq!(server.connections(), 1, "and the connection is kept");
    });
}

#[test]
fn a_refusal_in_any_charset_is_one_try_with_its_code() {
    run(async {
        for stage in [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::End] {
            let server = SmtpServer::start();
            server.then(stage, Act::Bytes(b"550 5.1.1 unbekannter Empf\xe4nger\r\n"));
            let post = Post::to(&server);
            post.send(&notice()).await;
            assert_eq!(post.mailer.close(SOON).await, 0);
            assert_eq!(post.failed(), [("password_changed", BackendErrorKind::Refused)], "{stage:?}");
            assert_eq!((post.codes(), server.begun()), (vec![BackendCode::new("550")], 1), "{stage:?}");
        }
    });
}

#[test]
fn what_is_offered_in_small_letters_is_offered() {
    run(async {
        let server = SmtpServer::start();
        server.offers(&["8bitmime", "SmtpUtf8", "auth plain login"]);
        let post = Post::with(&server, |builder| builder.credentials("ann", "secret"));
        post.mailer.send(&email("J\u{f6}rg@acme.example"), &notice()).await.unwrap();
        assert_eq!(server.wait_for(1)[0].to, ["J\u{f6}rg@acme.example"]);

        let (outer, inner) = (SmtpServer::start(), SmtpServer::start());
        outer.offers(&["starttls"]);
        let Some(tls) = Tls::before(inner.address(), "small") else { return };
        outer.starttls(tls.port);
        inner.then(Stage::Greeting, Act::Nothing);
        let url = format!("smtp://localhost:{}", outer.address().port());
        let mailer = SmtpMailer::builder(&url, email(FROM)).root_certificates(&tls.authority).build().unwrap();
        mailer.send(&email(ANN), &notice()).await.unwrap();
        inner.wait_for(1);
        assert_eq!(mailer.close(SOON).await, 0);
    });
}

#[test]
fn a_password_is_given_by_login_where_there_is_nothing_else() {
    run(async {
        let server = SmtpServer::start();
        server.offers(&["AUTH LOGIN CRAM-MD5"]);
        let post = Post::with(&server, |builder| builder.credentials("ann", "secret"));
        post.mailer.check().await.unwrap();
        let post = Post::with(&server, |builder| builder.credentials("ann", "sesame"));
        assert_eq!(post.mailer.check().await.unwrap_err().code(), Some("535"));
        server.offers(&["AUTH CRAM-MD5"]);
        assert_eq!(post.mailer.check().await.unwrap_err().kind(), BackendErrorKind::Refused);
    });
}

#[test]
fn a_mail_that_the_server_may_have_is_not_multiplied() {
    run(async {
        // The reply is positive, as far as it arrived.
        for yes in [Act::LastBytes(b"250 taken"), Act::LastBytes(b"250-taken\r\n"), Act::Bytes(b"250 \xff\r\n")] {
            let server = SmtpServer::start();
            server.then(Stage::End, yes);
            let post = Post::to(&server);
            post.send(&notice()).await;
            assert_eq!(post.mailer.close(SOON).await, 0);
            assert_eq!((server.begun(), post.observer.kinds()), (1, vec![]), "{yes:?}");
        }
        // The reply is ambiguous, and this is reported.
        for what in [Act::Bytes(b"OK\r\n"), Act::Bytes(b"354 go on\r\n"), Act::LastBytes(b"2"), Act::Bytes(b"\xff\r\n")]
        {
            let server = SmtpServer::start();
            server.then(Stage::End, what);
            let post = Post::to(&server);
            post.send(&notice()).await;
            assert_eq!(post.mailer.close(SOON).await, 0);
            assert_eq!(post.failed(), [("password_changed", BackendErrorKind::Unavailable)], "{what:?}");
            assert_eq!((server.begun(), server.arrived().len()), (1, 1), "{what:?}");
        }
    });
}

#[test]
fn after_silence_there_is_one_more_try_and_no_more() {
    run(async {
        let (swallow, later) = ((Stage::End, Act::Swallow), (Stage::End, Act::Answer("451 4.3.0 later")));
        let early = (Stage::Rcpt, Act::Die);
        // What comes between the two, even for long, does not count.
        for between in [vec![], vec![later], vec![early, later, early]] {
            let server = SmtpServer::start();
            server.then(swallow.0, swallow.1);
            for (stage, act) in &between {
                server.then(*stage, *act);
            }
            server.always(Some(swallow));
            let post = Post::to(&server);
            post.send(&notice()).await;
            assert_eq!(post.mailer.close(SOON).await, 0);
            assert_eq!(post.failed(), [("password_changed", BackendErrorKind::Unavailable)], "{between:?}");
            let arrived = server.arrived();
            assert_eq!((arrived.len(), server.begun()), (2, 2 + between.len()), "{between:?}");
            assert_eq!(arrived[0].data, arrived[1].data, "under the same Message-ID");
        }
        // A server that stays connected and says nothing.
        let server = SmtpServer::start();
        server.always(Some((Stage::End, Act::Stall)));
        let post = Post::with(&server, |builder| builder.timeout(PATIENCE));
        post.send(&notice()).await;
        assert_eq!(post.mailer.close(SOON).await, 0);
        assert_eq!((post.failed().len(), server.begun()), (1, 2));
    });
}

#[test]
fn yes_is_yes_and_no_is_no_however_the_answer_goes_on() {
    const LONG: &[u8] = &[b'x'; 5_000];
    static ENDLESS: LazyLock<Vec<u8>> = LazyLock::new(|| [b"250 2.0.0 ".as_slice(), LONG, b"\r\n"].concat());
    run(async {
        for yes in [
            Act::Bytes(b"250\r\n"),
            Act::Bytes(b"250 \x00\xff\xfe d\xe9j\xe0\r\n"),
            Act::Bytes(b"250-\xa4\xe9\r\n250 \r\n"),
            Act::Bytes(b"251 elsewhere\n"),
            Act::Bytes(b"299 of a later RFC\r\n"),
            Act::Bytes(b"250-queued\r\n251 as 4711\r\n"),
            Act::Bytes(b"250-queued\r\n550 no\r\n"),
            Act::Bytes(b"250+queued\r\n"),
            Act::Bytes(ENDLESS.as_slice()),
            Act::LastBytes(b"250"),
            Act::LastBytes(b"250 \xff"),
        ] {
            let server = SmtpServer::start();
            server.always(Some((Stage::End, yes)));
            let post = Post::to(&server);
            post.send(&notice()).await;
            assert_eq!(post.mailer.close(SOON).await, 0);
            assert_eq!((server.begun(), server.arrived().len(), post.observer.kinds()), (1, 1, vec![]), "{yes:?}");
        }
        // Without a line end or the rest of its lines, even malformed: a refusal with its code, at every stage.
        for stage in [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::End] {
            for no in [
                Act::LastBytes(b"550 5.1.1 Empf\xe4nger"),
                Act::LastBytes(b"550-5.1.1 Empf\xe4nger\r\n"),
                Act::Bytes(b"550-5.1.1 Empf\xe4nger\r\n554 unbekannt\r\n"),
                Act::Bytes(b"550+5.1.1 Empf\xe4nger\r\n"),
                Act::Bytes(b"550\r\n"),
            ] {
                let server = SmtpServer::start();
                server.always(Some((stage, no)));
                let post = Post::to(&server);
                post.send(&notice()).await;
                assert_eq!(post.mailer.close(SOON).await, 0);
                assert_eq!(post.failed(), [("password_changed", BackendErrorKind::Refused)], "{no:?} at {stage:?}");
                assert_eq!((post.codes(), server.begun()), (vec![BackendCode::new("550")], 1), "{no:?} at {stage:?}");
            }
        }
    });
}

#[test]
fn a_server_that_knows_no_ehlo_gets_its_mail() {
    run(async {
        for answer in ["500 what?", "502 5.5.1 unrecognised", "504 no", "550 EHLO refus\u{e9}"] {
            let server = SmtpServer::start();
            server.knows_no_ehlo(answer);
            let post = Post::with(&server, |builder| builder.connections(1));
            post.send(&notice()).await;
            server.wait_for(1);
            assert_eq!(post.mailer.close(SOON).await, 0);
            assert_eq!(server.heard()[..2], ["EHLO acme.example", "HELO acme.example"], "{answer}");
            // It offers no TLS and no way to sign in, so it gets neither a password nor a mail where these are required.
            for mailer in [
                SmtpMailer::builder(&server.url(), email(FROM)),
                SmtpMailer::builder(&server.url(), email(FROM)).danger_plaintext().credentials("ann", "secret"),
            ] {
                let mailer = mailer.build().unwrap();
                assert_eq!(mailer.check().await.unwrap_err().code(), Some("extension-lacks"));
            }
            assert_eq!(server.begun(), 1);
        }
    });
}

/// A catalogue in another script, or in another direction.
#[derive(Debug)]
struct Foreign(&'static str);

impl MailTexts for Foreign {
    fn confirm_reset_subject(&self, _: &Site) -> String {
        self.0.to_owned()
    }
    fn right_to_left(&self) -> bool {
        self.0.starts_with('\u{5dc}')
    }
    fn confirm_reset_link(&self) -> String {
        self.0.to_owned()
    }
}

#[test]
fn a_link_is_in_one_piece_on_one_line() {
    run(async {
        let server = SmtpServer::start();
        let post = Post::to(&server);
        let lengths = [60, 75, 76, 77, 78, 79, 80, 115, 200, 300, 400, 997, 998, 999, 1_500];
        let texts =
            ["Not you? Tell us.", "Nicht Sie? Schreiben Sie an j\u{fc}rgen.", "\u{5dc}\u{5d0} \u{5d0}\u{5ea}\u{5d4}?"];
        for text in texts {
            for length in lengths {
                let mail = |path: usize| {
                    let site = Site::new("Acme", "https://a.example", "help@acme.example").unwrap();
                    let site = site.reset_path(&format!("/{}", "p".repeat(path))).unwrap();
                    let mut previews = Mail::previews(&site).into_iter();
                    previews
                        .find(|mail| mail.kind().name() == "confirm_reset")
                        .unwrap()
                        .in_words_of(Arc::new(Foreign(text)))
                };
                let link = |mail: &Mail| {
                    let text = mail.text();
                    text.lines().find(|line| line.starts_with("https://a.example/p")).unwrap().to_owned()
                };
                let shortest = link(&mail(1)).len();
                let mail = mail((length + 1usize).saturating_sub(shortest).max(1));
                let link = link(&mail);
                assert!(link.len() == length || shortest > length);
                let before = server.arrived().len();
                post.send(&mail).await;
                let arrived = server.wait_for(before + 1).pop().unwrap();
                assert!(arrived.data.is_ascii() && arrived.data.lines().all(|line| line.len() <= 998), "{length}");
                let letter = Letter::read(&arrived);
                let plain = text.is_ascii() && length <= 998;
                assert_eq!(letter.encodings[0], if plain { "7bit" } else { "base64" }, "{length} {text}");
                assert_ne!(letter.encodings[1], "quoted-printable", "{length} {text}");
                assert_eq!((&letter.text, &letter.html), (&mail.text(), &mail.html()));
                assert_eq!(letter.text.lines().filter(|line| *line == link).count(), 1);
                assert_eq!(plain, arrived.data.lines().any(|line| line == link), "as it is in the source");
            }
        }
    });
}

#[test]
fn a_link_with_a_sealed_id_is_in_one_piece_on_one_line() {
    run(async {
        let server = SmtpServer::start();
        let post = Post::to(&server);
        let (auth, operator) = Auth::builder(site(), MemoryUsers::new(), MemoryAttempts::new(), post.mailer.clone())
            .clock(post.clock.clone())
            .keyring(Keyring::new("a", [7; 32]).unwrap())
            .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
            .build_with_operator()
            .unwrap();
        operator.provision(email(ANN)).await.unwrap();
        auth.request_reset(&email(ANN)).await.unwrap();
        let has_link = |arrived: &Arrived| Letter::read(arrived).text.contains("token=");
        let arrived = server.wait_for(2).into_iter().find(has_link).expect("the mail with the link");
        let letter = Letter::read(&arrived);
        let link = format!("https://acme.example/reset/confirm?token={}", letter.token());
        assert_eq!((letter.token().len(), &*letter.encodings[0]), (238, "7bit"));
        assert_ne!(letter.encodings[1], "quoted-printable");
        assert_eq!(arrived.data.lines().filter(|line| *line == link).count(), 1, "as it is in the source");
        assert!(letter.html.contains(&format!("href=\"{link}\"")));
        assert_eq!(auth.inspect_reset(&letter.token()).await.unwrap(), ResetLinkStatus::Valid);
    });
}

#[test]
fn an_answer_that_comes_before_its_question_ends_the_connection() {
    run(async {
        let server = SmtpServer::start();
        // Two replies to MAIL: the second would be taken for RCPT's, and so on, until a rejection counts as the end of the
        // mail.
        server.then(Stage::Mail, Act::Bytes(b"250 sender ok\r\n250 recipient ok\r\n"));
        let post = Post::to(&server);
        post.send(&notice()).await;
        server.wait_for(1);
        assert_eq!(post.mailer.close(SOON).await, 0);
        assert_eq!((server.begun(), server.arrived().len(), post.failed()), (2, 1, vec![]));
    });
}
