//! A mail that does not leave is owed: a worker, or your own timer, sends it later. Run it with `cargo run --example owed`.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use doorward::error::ProvisionError;
use doorward::mail::Mail;
use doorward::store::{BackendError, BackendErrorKind, MemoryAttempts, MemoryUsers, UserDirectory};
use doorward::testing::ManualClock;
use doorward::{Auth, Clock, Email, Mailer, Site, async_trait};

/// A mail server that is down at first.
#[derive(Clone, Debug, Default)]
struct Server {
    is_up: Arc<AtomicBool>,
}

#[async_trait]
impl Mailer for Server {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        match self.is_up.load(Ordering::Relaxed) {
            true => println!("mailed to {}: {}", to.as_typed(), mail.subject()),
            false => return Err(BackendError::new(BackendErrorKind::Unavailable)),
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let (users, server, clock) = (Arc::new(MemoryUsers::new()), Server::default(), ManualClock::new());
    let (auth, operator) = Auth::builder(site, users.clone(), MemoryAttempts::new(), server.clone())
        .clock(clock.clone()) // so that this example need not wait
        .background(|work| drop(tokio::spawn(work)))
        // The user store says who is owed a mail. With `.sleep(tokio::time::sleep)` a worker would ask it every minute.
        .owed_mails(users.clone())
        .build_with_operator()?;

    // The operator is told at once; the account exists, and its welcome is owed.
    let outcome = operator.provision(Email::parse("ann@acme.example")?).await;
    assert!(matches!(outcome, Err(ProvisionError::MailFailed { .. })));
    tokio::task::yield_now().await;
    let owed = users.list_owing(clock.now() + Duration::from_secs(3600), 10).await?;
    println!("owed to {} user", owed.len());

    server.is_up.store(true, Ordering::Relaxed);
    clock.advance(Duration::from_secs(60)); // the first wait
    let delivered = auth.deliver_owed().await?;
    println!("{} sent, {} failed, {} given up", delivered.sent, delivered.failed, delivered.given_up);
    assert_eq!((delivered.sent, delivered.failed), (1, 0));

    auth.close().await;
    assert!(users.list_owing(clock.now() + Duration::from_secs(3600), 10).await?.is_empty());
    Ok(())
}
