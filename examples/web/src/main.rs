use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use doorward::error::ProvisionError;
use doorward::mail::{SmtpBuilder, SmtpMailer};
use doorward::{Email, UserRepository};
use doorward_web::app::{App, Options};
use doorward_web::{router, tables::Profile};
use tokio::net::TcpListener;

const HELP: &str = "\
Usage: cargo web [OPTIONS]

  --port PORT               listen on this port; by default 8000, or a free one if that is taken
  --data FILE               keep all data in this file; by default it is deleted at exit
  --operator EMAIL          provision an operator account, which may create other accounts
  --require-second-factor   require an authenticator app from everyone

Environment:

  SMTP_URL    the mail server, such as smtps://user:password@mail.acme.example or, for a local mail catcher,
              smtp://localhost:1025; by default a demo page shows the mails
  SMTP_FROM   the sender address; by default no-reply@acme.example";

struct Arguments {
    port: Option<u16>,
    data: Option<PathBuf>,
    operator: Option<Email>,
    second_factor_required: bool,
}

fn arguments() -> Result<Option<Arguments>, lexopt::Error> {
    use lexopt::prelude::*;

    let mut arguments = Arguments { port: None, data: None, operator: None, second_factor_required: false };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("port") => arguments.port = Some(parser.value()?.parse()?),
            Long("data") => arguments.data = Some(parser.value()?.into()),
            Long("operator") => arguments.operator = Some(parser.value()?.parse_with(Email::parse)?),
            Long("require-second-factor") => arguments.second_factor_required = true,
            Short('h') | Long("help") => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(arguments))
}

fn smtp() -> Result<Option<SmtpBuilder>, Box<dyn std::error::Error>> {
    let Ok(url) = std::env::var("SMTP_URL") else { return Ok(None) };
    let from = std::env::var("SMTP_FROM").unwrap_or_else(|_| "no-reply@acme.example".to_owned());
    let builder = SmtpMailer::builder(&url, Email::parse(&from)?).timeout(Duration::from_secs(30));
    // Mail catchers used in development have no certificate.
    Ok(Some(builder.plaintext_to_loopback()))
}

/// Provisions the first operator. This example manages no others.
async fn open_operator(app: &App, email: Email) -> Result<(), Box<dyn std::error::Error>> {
    let user = match app.operator.provision(email.clone()).await {
        Ok(opened) => opened.user_id,
        Err(ProvisionError::MailFailed { user_id, .. }) => {
            eprintln!("the account was created, but its first password could not be mailed");
            user_id
        }
        // From an earlier start, which may have been interrupted.
        Err(ProvisionError::EmailTaken) => {
            app.store.find_by_email(&email).await?.ok_or("that account has just been deleted")?.id().clone()
        }
        Err(error) => return Err(error.into()),
    };
    app.tables.keep_profile(&user, &Profile { name: "Operator".to_owned(), operator: true }).await?;
    let is_operator = app.tables.profile(&user).await?.is_some_and(|profile| profile.operator);
    is_operator.then_some(()).ok_or_else(|| "this address belongs to an account that is not an operator's".into())
}

#[cfg(feature = "demo")]
async fn seed(app: &App, base_url: &str) -> Result<(), Box<dyn std::error::Error>> {
    use doorward_web::demo::{SEEDED, seed};

    seed(app).await?;
    for seeded in SEEDED {
        println!(
            "  {:<18} {:<26} {}",
            seeded.email,
            seeded.password.map_or("-", |(password, _)| password),
            seeded.about
        );
    }
    println!("\n  {base_url}/demo/mailbox  shows the mails");
    println!("  {base_url}/demo/clock    moves the clock forward\n");
    Ok(())
}

/// Resolves on Ctrl-C or SIGTERM.
async fn ended() {
    #[cfg(unix)]
    if let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        return tokio::select! { _ = terminated.recv() => (), _ = tokio::signal::ctrl_c() => () };
    }
    drop(tokio::signal::ctrl_c().await);
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(arguments) = arguments()? else {
        println!("{HELP}");
        return Ok(());
    };
    let at = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = match arguments.port {
        Some(port) => at(port).await?,
        None => match at(8000).await {
            Ok(listener) => listener,
            Err(_) => at(0).await?,
        },
    };
    let base_url = format!("http://localhost:{}", listener.local_addr()?.port());
    let folder = tempfile::tempdir()?;
    let file = arguments.data.unwrap_or_else(|| folder.path().join("acme.db"));
    let options = Options {
        base_url: base_url.clone(),
        database: format!("sqlite://{}", file.display()),
        smtp: smtp()?,
        second_factor_required: arguments.second_factor_required,
    };
    let app = App::open(options).await?;
    if let Some(smtp) = app.smtp.clone() {
        // Told at start, not when the first mail fails to arrive.
        tokio::spawn(async move {
            smtp.check().await.inspect_err(|error| eprintln!("the mail server is not usable: {error}"))
        });
    }
    println!("{base_url}\n");
    #[cfg(feature = "demo")]
    seed(&app, &base_url).await?;
    if let Some(email) = arguments.operator {
        open_operator(&app, email).await?;
    }
    println!("Ctrl-C stops the server.");
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(ended()).await?;
    // Finish what was begun: background work first, since it sends mails, then the mails themselves.
    app.auth.close().await;
    let lost = match &app.smtp {
        Some(smtp) => smtp.close(Duration::from_secs(20)).await,
        None => 0,
    };
    if lost > 0 {
        eprintln!("{lost} mails could not be sent");
    }
    Ok(())
}
