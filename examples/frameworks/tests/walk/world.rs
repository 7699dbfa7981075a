//! A host on a real socket, with time that stands still and mails to look into.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::mpsc;
use std::time::Duration;

use doorward::hashing::HashParams;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::testing::{ManualClock, RecordingMailer};
use doorward::{Auth, Clock, Email, Keyring, Site};
use doorward_frameworks::Error;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

pub const ANN: &str = "ann@acme.example";

pub struct World {
    /// Where the host listens. Its site is `https://acme.example`, as behind a proxy that does TLS.
    pub address: std::net::SocketAddr,
    pub clock: ManualClock,
    pub mailer: RecordingMailer,
    /// Ann's temporary password.
    pub temporary: String,
}

/// An address of this machine that is not loopback, which the pages ignore. `None` without a network.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // Sends nothing: it only asks the routing table. The address is one of those for documentation.
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

impl World {
    pub fn start(serve: impl AsyncFnOnce(TcpListener, Auth) -> Result<(), Error> + Send + 'static) -> Self {
        let (clock, mailer) = (ManualClock::new(), RecordingMailer::new());
        let site = Site::new("Acme", "https://acme.example", "help@acme.example").unwrap();
        let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), mailer.clone())
            .clock(clock.clone())
            .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
            // Done at once, so that no test waits for a mail.
            .background(pollster::block_on)
            .keyring(Keyring::new("1", [7; 32]).unwrap())
            .build_with_operator()
            .unwrap();
        let ann = pollster::block_on(operator.provision_without_mail(Email::parse(ANN).unwrap())).unwrap();
        let temporary = ann.temporary_password.expose().to_owned();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async {
                let ip = own_address().unwrap_or(Ipv4Addr::LOCALHOST.into());
                let listener = TcpListener::bind((ip, 0)).await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                serve(listener, auth).await.unwrap();
            });
        });
        Self { address: told.recv().unwrap(), clock, mailer, temporary }
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// The path and query of the link in the last mail.
    pub fn mailed_path(&self) -> String {
        let link = self.mailer.last().unwrap().link().unwrap();
        link.strip_prefix("https://acme.example").unwrap().to_owned()
    }
}

/// The authenticator on the user's phone.
pub struct App(totp_rs::Totp);

impl App {
    pub fn new(key: &str) -> Self {
        let key = key.replace(' ', "");
        Self(totp_rs::Totp::from_url(format!("otpauth://totp/Acme:ann?secret={key}&issuer=Acme")).unwrap())
    }

    /// A code that was not shown before: half a minute passes.
    pub fn next_code(&self, world: &World) -> String {
        world.advance(30);
        self.0.generate(world.clock.now().unix_timestamp().try_into().unwrap()).to_string()
    }
}
