//! A production setup: everything a real host configures.
//!
//! `DATABASE_URL=sqlite://auth.db SMTP_URL=smtps://user:password@mail.acme.example INDEX_KEY=index.key SEALING_KEY=sealing.key
//! cargo run --features smtp,sqlite,tracing --example production`, with 32 random bytes in each of the two files.

use std::net::IpAddr;
use std::time::Duration;
use std::{env, fs};

use doorward::config::Hold;
use doorward::error::SignInError;
use doorward::event::TracingObserver;
use doorward::mail::SmtpMailer;
use doorward::store::SqliteStore;
use doorward::{Auth, ClientAddress, Email, Keyring, SignIn, SignInRequest, Site};

type Failed = Box<dyn std::error::Error>;

/// Keys are kept outside the store. Back up the sealing key: without it, everything sealed is lost.
fn key(name: &str) -> Result<[u8; 32], Failed> {
    Ok(fs::read(env::var(name)?)?.try_into().map_err(|_| "a key has 32 bytes")?)
}

async fn start() -> Result<(Auth, SmtpMailer), Failed> {
    // `PostgresStore` for several machines. A call that the database answers too late, or never, becomes an error.
    let store = SqliteStore::connect(&env::var("DATABASE_URL")?).await?.with_timeout(Duration::from_secs(8))?;
    store.migrate().await?; // at every start
    let from = Email::parse("no-reply@acme.example")?;
    let mailer = SmtpMailer::builder(&env::var("SMTP_URL")?, from).observer(TracingObserver).build()?;
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let auth = Auth::builder(site, store.clone(), store.clone(), mailer.clone())
        // Runs work after the response. Without it, response times reveal which addresses have accounts.
        .background(|work| drop(tokio::spawn(work)))
        // Without it, failures of the store or the mailer after the response go unnoticed.
        .observer(TracingObserver)
        // Without these two, a mail is lost if the process ends before it is sent.
        .owed_mails(store)
        .sleep(tokio::time::sleep)
        // Short waits after a failure just delay the page; longer ones are returned as `Throttled`.
        .hold(Hold::up_to(Duration::from_secs(2), tokio::time::sleep).at_most(100))
        // Seals TOTP secrets, and user ids in cookies and links. Without it there is no second factor.
        .keyring(Keyring::new("2026-11", key("SEALING_KEY")?)?)
        // A pepper for the attempt keys. Without it, a stolen attempts table reveals which addresses were tried.
        .index_key(key("INDEX_KEY")?)
        .build()?;
    Ok((auth, mailer))
}

/// Handles a sign-in form. `peer` is the client address, from the connection or your own proxy: it throttles credential
/// stuffing and password spraying, a few guesses at each of many accounts.
async fn sign_in(auth: &Auth, email: &str, password: &str, device: &str, peer: IpAddr) -> Result<SignIn, SignInError> {
    auth.sign_in(SignInRequest::new(email, password).device(device).client_address(ClientAddress::from_ip(peer))).await
}

fn main() -> Result<(), Failed> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let (auth, mailer) = start().await?;
        // The server runs here until shutdown.
        let outcome = sign_in(&auth, "ann@acme.example", "a guess", "", [192, 0, 2, 7].into()).await;
        println!("{}", outcome.map_or_else(|error| auth.error_response(&error).message, |step| format!("{step:?}")));
        // In this order: background work may still send mails, and the second `auth.close` records what was sent.
        auth.close().await;
        let left = mailer.close(Duration::from_secs(20)).await;
        auth.close().await;
        if left > 0 {
            println!("{left} mails will be sent after the next start");
        }
        Ok(())
    })
}
