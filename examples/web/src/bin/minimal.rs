//! A host with every page, in thirty lines: `cargo run -p doorward-web --bin minimal [PORT]`, by default on 8002. Mails are printed,
//! and all data is gone at exit.
use std::net::SocketAddr;

use axum::{Router, extract::ConnectInfo, routing::get};
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Keyring, Site, axum::Member, event::PrintingObserver, mail::PrintingMailer, pages::Pages};
use rand::{TryRng, rngs::SysRng};

async fn home(who: Member) -> String {
    format!("Hello {}", who.email().as_typed())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(8002), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let (url, mut key) = (format!("http://localhost:{}", listener.local_addr()?.port()), [0; 32]);
    SysRng.try_fill_bytes(&mut key)?; // a real key is kept outside the store
    let site = Site::new("Acme", &url, "help@acme.example")?;
    let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer);
    let auth = auth.background(|work| drop(tokio::spawn(work))).keyring(Keyring::new("1", key)?);
    let (auth, operator) = auth.observer(PrintingObserver).build_with_operator()?;
    let ann = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
    println!("{url}\nann@acme.example signs in with {}", ann.temporary_password.expose());
    let peer = |request: &axum::http::request::Parts| Some(request.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip());
    let pages = Pages::builder(auth).client_address(peer).build()?;
    let app = Router::new().route("/", get(home)).layer(doorward::axum::layer(&pages));
    Ok(axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?)
}
