//! The web application with a mail server that refuses, stalls and dies, and the application being killed itself.

mod support;

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use support::process::Process;
use support::smtp::letter::Letter;
use support::smtp::server::{Act, SmtpServer, Stage};
use support::{Answer, BEN, OLGA, Server, Visitor, link_in, password_in};

/// What happens to consecutive mails.
const TROUBLE: [(Stage, Act); 12] = [
    (Stage::Greeting, Act::Answer("421 not now")),
    (Stage::Mail, Act::Answer("451 not now")),
    (Stage::Rcpt, Act::Answer("450 not now")),
    (Stage::Data, Act::Answer("451 not now")),
    (Stage::Middle, Act::Stall),
    (Stage::Middle, Act::Die),
    (Stage::Greeting, Act::Die),
    (Stage::End, Act::Answer("452 not now")),
    (Stage::End, Act::Stall),
    (Stage::End, Act::Die),
    (Stage::Greeting, Act::Stall),
    (Stage::Data, Act::Die),
];

async fn with_mails_to(smtp: &SmtpServer) -> Server {
    let url = smtp.url();
    Server::start_with(|options| options.smtp = Some(support::smtp::options(&url))).await
}

/// Waits for that many mails to the address and returns their texts, newest last.
fn mails_to(smtp: &SmtpServer, email: &str, count: usize) -> Vec<String> {
    for _ in 0..600 {
        let arrived = smtp.arrived();
        let to: Vec<_> = arrived.iter().filter(|mail| mail.to == [email]).map(|mail| Letter::read(mail).text).collect();
        if to.len() >= count {
            return to;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{count} mails to {email} did not arrive");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_in_trouble_loses_no_mail() {
    let smtp = SmtpServer::start();
    let server = with_mails_to(&smtp).await;
    mails_to(&smtp, "ann@acme.example", 1);
    let mut olga = Visitor::member(&server, OLGA).await;
    for (stage, act) in TROUBLE {
        smtp.then(stage, act);
    }
    let begun = smtp.begun();
    let people: Vec<_> = (0..TROUBLE.len()).map(|number| format!("person{number}@acme.example")).collect();
    for email in &people {
        let answer = olga.post("/accounts/provision", &[("email", email)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    for email in &people {
        let mails = mails_to(&smtp, email, 1);
        let mut person = Visitor::new(&server);
        let answer = person.sign_in((email, &password_in(&mails[0]))).await;
        assert_eq!(answer.location(), "/choose-password", "{email}");
    }
    let failed = TROUBLE.iter().filter(|(stage, _)| *stage != Stage::Greeting).count();
    assert!(smtp.begun() - begun >= people.len() + failed, "every fault happened");
}

/// Asserts that the response arrives before the mail server's timeout.
async fn in_time(answer: impl Future<Output = Answer>) -> Answer {
    let begun = Instant::now();
    let answer = answer.await;
    assert!(begun.elapsed() < support::smtp::TIMEOUT, "it waited for the mail server");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_stalls_delays_no_answer() {
    let smtp = SmtpServer::start();
    let server = with_mails_to(&smtp).await;
    mails_to(&smtp, "ann@acme.example", 1);
    let mut olga = Visitor::member(&server, OLGA).await;
    let (mut ben, mut stranger) = (Visitor::member(&server, BEN).await, Visitor::new(&server));
    // At each mail, since an existing connection may be reused.
    let before = smtp.arrived().len();
    smtp.always(Some((Stage::Mail, Act::Stall)));

    let mut zoe = Visitor::new(&server);
    let answer = in_time(olga.post("/accounts/provision", &[("email", "zoe@acme.example")])).await;
    assert!(answer.location().starts_with("/accounts/account?user="), "{}", answer.location());
    for email in [BEN.0, "zoe@acme.example", "nobody@acme.example"] {
        let answer = in_time(stranger.post("/forgot/send", &[("email", email)])).await;
        assert_eq!(answer.location(), "/forgot/sent");
    }
    let passwords = [("current_password", BEN.1), ("new_password", "a lamp in the window")];
    assert_eq!(in_time(ben.post("/security/password", &passwords)).await.location(), "/security");
    assert_eq!(smtp.arrived().len(), before);
    let page = olga.get("/demo/mailbox").await.body;
    assert!(page.contains("Waiting to be sent: "), "{page}");

    smtp.always(None);
    let mails = mails_to(&smtp, "zoe@acme.example", 2);
    let welcome = mails.iter().find(|text| !text.contains("/reset/confirm")).unwrap();
    assert_eq!(zoe.sign_in(("zoe@acme.example", &password_in(welcome))).await.location(), "/choose-password");
    let mails = mails_to(&smtp, BEN.0, 2);
    assert!(mails.iter().any(|text| text.contains("/reset/confirm")), "{mails:?}");
}

async fn five_minutes_on(visitor: &mut Visitor) {
    assert_eq!(visitor.post("/demo/clock", &[("seconds", "300")]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_asking_and_confirming_again_heal() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("acme.db");
    let smtp = SmtpServer::start();
    let process = Process::start(&data, Some(&smtp.url()));
    mails_to(&smtp, "ann@acme.example", 1);

    // The process dies while mail 1 is being sent.
    smtp.always(Some((Stage::Middle, Act::Stall)));
    let begun = smtp.begun();
    let mut ben = Visitor::of(&process.url);
    ben.post("/forgot/send", &[("email", BEN.0)]).await;
    while smtp.begun() == begun {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    process.kill();
    smtp.always(None);
    let process = Process::start(&data, Some(&smtp.url()));
    let mut ben = Visitor::of(&process.url);
    five_minutes_on(&mut ben).await;
    assert_eq!(smtp.arrived().iter().filter(|mail| mail.to == [BEN.0]).count(), 0, "it was lost");
    ben.post("/forgot/send", &[("email", BEN.0)]).await;
    let link = link_in(&mails_to(&smtp, BEN.0, 1)[0]);

    // The same with mail 2.
    smtp.always(Some((Stage::Middle, Act::Stall)));
    let begun = smtp.begun();
    // Each start here has another port. In production, links keep working after a restart.
    let path = link.split_once("/reset/").map(|(_, rest)| format!("/reset/{rest}")).unwrap();
    assert_eq!(ben.confirm_link(&path).await.location(), "/reset/done");
    while smtp.begun() == begun {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    process.kill();
    smtp.always(None);
    let process = Process::start(&data, Some(&smtp.url()));
    let mut ben = Visitor::of(&process.url);
    five_minutes_on(&mut ben).await;
    assert_eq!(smtp.arrived().iter().filter(|mail| mail.to == [BEN.0]).count(), 1, "it was lost");
    // The same link again.
    assert_eq!(ben.confirm_link(&path).await.location(), "/reset/done");
    let temporary = password_in(&mails_to(&smtp, BEN.0, 2)[1]);
    assert_eq!(ben.sign_in((BEN.0, &temporary)).await.location(), "/choose-password");
}
