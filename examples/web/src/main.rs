use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use doorward_web::app::{App, Options};
use doorward_web::{pages, seed};
use tokio::net::TcpListener;

const HELP: &str = "\
Usage: cargo web [OPTIONS]

  --port PORT               listen there; 8000 by default, or any other if that is taken
  --data FILE               keep everything in that file; by default it is gone at the end
  --require-second-factor   nobody gets in without an authenticator app
  --plain-cookies           cookies without Secure, for browsers that refuse those on http://localhost (Safari)";

struct Arguments {
    port: Option<u16>,
    data: Option<PathBuf>,
    second_factor_required: bool,
    plain_cookies: bool,
}

fn arguments() -> Result<Option<Arguments>, lexopt::Error> {
    use lexopt::prelude::*;

    let mut arguments = Arguments { port: None, data: None, second_factor_required: false, plain_cookies: false };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("port") => arguments.port = Some(parser.value()?.parse()?),
            Long("data") => arguments.data = Some(parser.value()?.into()),
            Long("require-second-factor") => arguments.second_factor_required = true,
            Long("plain-cookies") => arguments.plain_cookies = true,
            Short('h') | Long("help") => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(arguments))
}

async fn listen(port: Option<u16>) -> std::io::Result<TcpListener> {
    let at = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    match port {
        Some(port) => at(port).await,
        None => match at(8000).await {
            Ok(listener) => Ok(listener),
            Err(_) => at(0).await,
        },
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(arguments) = arguments()? else {
        println!("{HELP}");
        return Ok(());
    };
    let listener = listen(arguments.port).await?;
    let base_url = format!("http://localhost:{}", listener.local_addr()?.port());
    let folder = tempfile::tempdir()?;
    let file = arguments.data.unwrap_or_else(|| folder.path().join("acme.db"));
    let options = Options {
        base_url: base_url.clone(),
        database: format!("sqlite://{}", file.display()),
        second_factor_required: arguments.second_factor_required,
        plain_cookies: arguments.plain_cookies,
    };
    let app = App::open(&options).await?;
    seed::seed(&app).await?;
    println!("{base_url}\n");
    for seeded in seed::SEEDED {
        println!("  {:<18} {:<26} {}", seeded.email, seeded.password.unwrap_or("-"), seeded.about);
    }
    println!(
        "\n  {base_url}/demo/mailbox  what is mailed\n  {base_url}/demo/clock    time moves at the press of a button"
    );
    println!("\nCtrl-C ends it.");
    let service = pages::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let ended = async { drop(tokio::signal::ctrl_c().await) };
    axum::serve(listener, service).with_graceful_shutdown(ended).await?;
    // Mails that are still being handed over are not lost.
    app.auth.close().await;
    Ok(())
}
