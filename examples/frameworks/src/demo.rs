use doorward::event::PrintingObserver;
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Keyring, Site};
use rand::TryRng;
use rand::rngs::SysRng;
use tokio::net::TcpListener;

use crate::Error;

/// Runs a host with one account, on the port of the command line, by default 8003. Prints its address and how to sign in.
pub async fn run(serve: impl AsyncFnOnce(TcpListener, Auth) -> Result<(), Error>) -> Result<(), Error> {
    let port = std::env::args().nth(1).map_or(Ok(8003), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let (url, mut key) = (format!("http://localhost:{}", listener.local_addr()?.port()), [0; 32]);
    SysRng.try_fill_bytes(&mut key)?; // a real key is kept outside the store
    let site = Site::new("Acme", &url, "help@acme.example")?;
    let auth =
        Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer).observer(PrintingObserver);
    let auth = auth.background(|work| drop(tokio::spawn(work))).keyring(Keyring::new("1", key)?);
    let (auth, operator) = auth.build_with_operator()?;
    let ann = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
    println!("{url}\nann@acme.example signs in with {}", ann.temporary_password.expose());
    serve(listener, auth).await
}
