//! Odd servers, and attackers on the network path.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use doorward::Mailer;
use doorward::event::EventKind;
use doorward::mail::SmtpMailer;
use doorward::store::{BackendCode, BackendErrorKind};
use doorward::testing::RecordingObserver;

use super::server::{Act, SmtpServer, Stage, pump};
use super::support::{ANN, email};
use super::tls::Tls;
use super::{FROM, Post, SOON, mail, notice, run};

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
        // It never replies: three times at most.
        let server = SmtpServer::start();
        server.always(Some((Stage::End, Act::Swallow)));
        let post = Post::to(&server);
        post.send(&notice()).await;
        assert_eq!(post.mailer.close(SOON).await, 0);
        assert_eq!(post.failed(), [("password_changed", BackendErrorKind::Unavailable)]);
        assert_eq!(server.arrived().len(), 3);
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
