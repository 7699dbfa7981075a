//! How long a mail is retried: measured by a separate clock, whatever the host's clocks show.

use std::sync::Arc;
use std::time::Duration;

use doorward::event::EventKind;
use doorward::hashing::HashParams;
use doorward::mail::SmtpMailer;
use doorward::store::{BackendCode, BackendErrorKind, MemoryAttempts, MemoryUsers};
use doorward::testing::{ManualClock, RecordingObserver};
use doorward::{Auth, Clock, Operator, SystemClock, UserRepository};
use tokio::time::Instant;

use super::letter::Letter;
use super::server::{Act, SmtpServer, Stage};
use super::support::{ANN, DAY, HOUR, MINUTE, Meddling, SECOND, email, site};
use super::{FROM, Post, mail, notice, run};

const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);

fn auth(users: impl UserRepository, clock: impl Clock, mailer: SmtpMailer) -> (Auth, Operator) {
    Auth::builder(site(), users, MemoryAttempts::new(), mailer)
        .clock(clock)
        .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
        .build_with_operator()
        .unwrap()
}

/// Clocks far from the system's, and from the one that most tests use.
fn far_away() -> [ManualClock; 2] {
    let (behind, ahead) = (ManualClock::at(SystemClock.now()), ManualClock::at(SystemClock.now()));
    behind.set_back(20 * YEAR);
    ahead.advance(20 * YEAR);
    [behind, ahead]
}

#[test]
fn section_1_mails_of_a_clock_years_behind_or_ahead_are_delivered() {
    run(async {
        for far in far_away() {
            for mailer_is_far in [false, true] {
                let server = SmtpServer::start();
                let builder = SmtpMailer::builder(&server.url(), email(FROM)).danger_plaintext();
                let (auth, operator) = match mailer_is_far {
                    true => auth(MemoryUsers::new(), SystemClock, builder.clock(far.clone()).build().unwrap()),
                    false => auth(MemoryUsers::new(), far.clone(), builder.build().unwrap()),
                };
                operator.provision(email(ANN)).await.unwrap();
                server.wait_for(1);
                auth.request_reset(&email(ANN)).await.unwrap();
                let token = Letter::read(&server.wait_for(2)[1]).token();
                let _ = auth.confirm_reset(&token).await.unwrap();
                assert!(!Letter::read(&server.wait_for(3)[2]).password().is_empty());
            }
        }
    });
}

#[test]
fn section_1_a_mail_is_given_up_with_the_rest_of_its_life() {
    run(async {
        let server = SmtpServer::start();
        server.always(Some((Stage::Rcpt, Act::Answer("450 4.2.0 greylisted"))));
        // On the same clock as the mailer, and on one that is years off.
        for far in [None, Some(20 * YEAR)] {
            let post = Post::to(&server);
            let clock = match far {
                None => post.clock.clone(),
                Some(years) => ManualClock::at(post.clock.now() + years),
            };
            let users = Arc::new(MemoryUsers::new());
            let quiet = SmtpServer::start();
            let welcome = Post::to(&quiet);
            auth(users.clone(), clock.clone(), welcome.mailer).1.provision(email(ANN)).await.unwrap();
            // The store is slow: when the mail is created, its hour is nearly over. Then the clock stops.
            let store = clock.clone();
            let slow = Meddling::new(users, move || store.advance(HOUR - Duration::from_millis(400)));
            auth(slow, clock, post.mailer.clone()).0.request_reset(&email(ANN)).await.unwrap();
            post.until("it is given up with its hour", |post| !post.failed().is_empty()).await;
            assert_eq!(post.failed(), [("confirm_reset", BackendErrorKind::Refused)]);
            assert_eq!((post.codes(), post.mailer.queued()), (vec![BackendCode::new("450")], 0));
        }
        server.always(None);
        let post = Post::to(&server);
        post.send(&notice()).await;
        assert_eq!(Letter::read(&server.wait_for(1)[0]).text, notice().text(), "nothing that expired arrives late");
    });
}

#[test]
fn section_1_no_clock_of_the_host_ends_or_prolongs_what_is_left() {
    // Hours pass instantly here: the runtime advances its own clock whenever it is idle.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let server = SmtpServer::start();
        server.always(Some((Stage::Greeting, Act::Stall)));
        let (clock, observer) = (ManualClock::new(), RecordingObserver::new());
        let mailer = SmtpMailer::builder(&server.url(), email(FROM))
            .danger_plaintext()
            .connections(1)
            .give_up_after(2 * HOUR)
            .clock(clock.clone())
            .observer(observer.clone())
            .build()
            .unwrap();
        let begun = Instant::now();
        for (mail, life) in [(mail("confirm_reset"), Some(HOUR)), (mail("welcome"), Some(DAY)), (notice(), None)] {
            assert_eq!(mail.worth_sending_for(), life, "as long as what it carries");
            doorward::Mailer::send(&mailer, &email(ANN), &mail).await.unwrap();
        }
        let failed = || {
            let failed = |kind| match kind {
                EventKind::MailFailed { mail, .. } => Some(mail),
                _ => None,
            };
            observer.kinds().into_iter().filter_map(failed).collect::<Vec<_>>()
        };
        // By the host's clock, everything has long expired or does not exist yet.
        clock.advance(20 * YEAR);
        tokio::time::sleep_until(begun + HOUR - SECOND).await;
        assert_eq!((failed(), mailer.queued()), (vec![], 3));
        clock.set_back(40 * YEAR);
        // A connection attempt may take its full minute, and half a minute passes before the next.
        tokio::time::sleep_until(begun + HOUR + 2 * MINUTE).await;
        assert_eq!((failed(), mailer.queued()), (vec!["confirm_reset"], 2));
        tokio::time::sleep_until(begun + 2 * HOUR - SECOND).await;
        assert_eq!(mailer.queued(), 2);
        tokio::time::sleep_until(begun + 2 * HOUR + 2 * MINUTE).await;
        assert_eq!((failed(), mailer.queued()), (vec!["confirm_reset", "welcome", "password_changed"], 0));
    });
}
