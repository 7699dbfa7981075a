//! Mails that are owed: the server's acceptance strikes them off, and not the mailer's queue.

use std::sync::Arc;
use std::time::Duration;

use doorward::event::EventKind;
use doorward::hashing::HashParams;
use doorward::mail::{OwedReport, SmtpMailer};
use doorward::store::{MemoryAttempts, MemoryUsers, UserDirectory};
use doorward::testing::{ManualClock, RecordingObserver};
use doorward::{Auth, Clock, Operator, SignIn, SignInRequest};

use super::server::{Act, SmtpServer, Stage};
use super::support::{ANN, DAY, MINUTE, email, site};
use super::{FROM, Letter, SOON, run};

struct Owing {
    users: Arc<MemoryUsers>,
    clock: ManualClock,
    observer: RecordingObserver,
    server: SmtpServer,
}

impl Owing {
    fn new() -> Self {
        Self {
            users: Arc::new(MemoryUsers::new()),
            clock: ManualClock::new(),
            observer: RecordingObserver::new(),
            server: SmtpServer::start(),
        }
    }

    /// A process, which ends with its runtime.
    fn process(&self) -> (Auth, Operator, SmtpMailer) {
        let builder = SmtpMailer::builder(&self.server.url(), email(FROM)).danger_plaintext();
        let mailer = builder.first_retry(Duration::from_millis(20)).timeout(SOON).build().unwrap();
        let builder = Auth::builder(site(), self.users.clone(), MemoryAttempts::new(), mailer.clone())
            .clock(self.clock.clone())
            .observer(self.observer.clone())
            .background(|work| drop(tokio::spawn(work)))
            .owed_mails(Arc::clone(&self.users))
            .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests());
        let (auth, operator) = builder.build_with_operator().unwrap();
        (auth, operator, mailer)
    }

    async fn owed(&self) -> usize {
        self.users.list_owing(self.clock.now() + DAY, 10).await.unwrap().len()
    }
}

/// In the order in which a host shuts down.
async fn close(auth: &Auth, mailer: &SmtpMailer) {
    auth.close().await;
    let _ = mailer.close(Duration::from_millis(200)).await;
    auth.close().await;
}

fn sent(mails: u64) -> OwedReport {
    let mut report = OwedReport::default();
    report.sent = mails;
    report
}

#[test]
fn what_a_process_took_with_it_is_sent_by_the_next_one() {
    for stage in [Stage::Middle, Stage::End] {
        let owing = Owing::new();
        owing.server.always(Some((stage, Act::Stall)));
        run(async {
            let (_, operator, _) = owing.process();
            let _ = operator.provision(email(ANN)).await.unwrap();
            while owing.server.begun() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert_eq!(owing.owed().await, 1, "it is in a queue");
        });
        owing.server.always(None);
        run(async {
            let (auth, _, mailer) = owing.process();
            assert_eq!(auth.deliver_owed().await.unwrap(), sent(0), "somebody may be trying still");
            owing.clock.advance(15 * MINUTE);
            assert_eq!(auth.deliver_owed().await.unwrap(), sent(1));
            close(&auth, &mailer).await;
            assert_eq!(owing.owed().await, 0, "struck off before the end");
        });
        let passwords: Vec<_> = owing.server.wait_for(1).iter().map(|mail| Letter::read(mail).password()).collect();
        let (last, before) = passwords.split_last().unwrap();
        run(async {
            let (auth, ..) = owing.process();
            for password in before {
                assert!(auth.sign_in(SignInRequest::new(ANN, password)).await.is_err(), "it was replaced");
            }
            owing.clock.advance(MINUTE);
            let outcome = auth.sign_in(SignInRequest::new(ANN, last)).await.unwrap();
            assert!(matches!(outcome, SignIn::PasswordChangeRequired(_)));
        });
    }
}

#[test]
fn what_the_server_says_decides_whether_a_mail_is_owed() {
    for (act, owed, given_up) in [
        (Act::Well, 0, 0),
        (Act::Bytes(b"250 d\xe9j\xe0 vu\r\n"), 0, 0),
        (Act::Answer("550 5.1.1 nobody of that name"), 0, 1),
        // Sent in full twice, and never answered: once more, later.
        (Act::Swallow, 1, 0),
    ] {
        let owing = Owing::new();
        owing.server.always(Some((Stage::End, act)));
        run(async {
            let (auth, operator, mailer) = owing.process();
            let _ = operator.provision(email(ANN)).await.unwrap();
            auth.close().await;
            assert_eq!(mailer.close(SOON).await, 0);
            auth.close().await;
            assert_eq!(owing.owed().await, owed, "{act:?}");
        });
        let told = |kind: &EventKind| matches!(kind, EventKind::MailGivenUp { mail: "welcome" });
        assert_eq!(owing.observer.kinds().iter().filter(|kind| told(kind)).count(), given_up, "{act:?}");
    }
}
