//! A host for apps, as JSON alone: `cargo run -p doorward-web --bin json [PORT]`, by default on 8001. Mails are printed, and all data
//! is gone at exit.
//!
//! The pages speak JSON on the same paths, and a route of the host's own takes the same bearer token:
//!
//! `curl localhost:8001/sign-in --json '{"email": "ann@acme.example", "password": "PRINTED", "tokens": true}'`
use axum::{Json, Router, extract::State, routing::get};
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Keyring, Operator, Site, axum::Fresh, axum::Member, mail::PrintingMailer, pages::Pages};
use rand::{TryRng, rngs::SysRng};
use serde_json::{Value, json};

async fn orders(who: Member) -> Json<Value> {
    Json(json!({ "orders": [], "of": who.email().as_typed() }))
}

/// A sensitive action: the app proves who it is at `/confirm` first.
async fn close(State(operator): State<Operator>, Fresh(who): Fresh) -> Json<Value> {
    Json(json!({ "closed": operator.deactivate(who.user_id()).await.is_ok() }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(8001), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let (url, mut key) = (format!("http://localhost:{}", listener.local_addr()?.port()), [0; 32]);
    SysRng.try_fill_bytes(&mut key)?; // a real key is kept outside the store
    let site = Site::new("Acme", &url, "help@acme.example")?;
    let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer);
    let auth = auth.background(|work| drop(tokio::spawn(work))).keyring(Keyring::new("1", key)?);
    let (auth, operator) = auth.build_with_operator()?;
    let ann = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
    println!("{url}\nann@acme.example signs in with {}", ann.temporary_password.expose());
    let pages = Pages::builder(auth).home("/orders").build()?;
    let app = Router::new().route("/orders", get(orders)).route("/account/close", axum::routing::post(close));
    Ok(axum::serve(listener, app.with_state(operator).layer(doorward::axum::layer(&pages))).await?)
}
