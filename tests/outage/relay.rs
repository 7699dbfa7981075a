//! A relay between a pool and a server: it can lead to another server, and fall silent without closing a connection.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::thread;

struct State {
    to: AtomicU16,
    /// Connections below this number are silent.
    silent_below: AtomicUsize,
    connections: AtomicUsize,
    /// Refuses a connection that asks for this, as a pooler does.
    refuses: Option<&'static str>,
}

/// Its threads end with the process.
#[derive(Clone)]
pub struct Relay {
    pub port: u16,
    state: Arc<State>,
}

impl Relay {
    /// Leads to the server at this URL.
    pub fn to(url: &str) -> Self {
        Self::refusing(url, None)
    }

    pub fn refusing(url: &str, refuses: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let state = State {
            to: AtomicU16::new(port(url)),
            silent_below: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            refuses,
        };
        let relay = Self { port: listener.local_addr().unwrap().port(), state: Arc::new(state) };
        let state = Arc::clone(&relay.state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let number = state.connections.fetch_add(1, Ordering::SeqCst);
                let state = Arc::clone(&state);
                thread::spawn(move || state.serve(client, number));
            }
        });
        relay
    }

    /// The server's URL, with the relay in its place.
    pub fn url(&self, url: &str) -> String {
        url.replace(&format!(":{}/", port(url)), &format!(":{}/", self.port))
    }

    /// New connections lead to that server. Those that exist stay.
    pub fn lead_to(&self, url: &str) {
        self.state.to.store(port(url), Ordering::SeqCst);
    }

    /// The connections that exist carry nothing any more, for ever.
    pub fn silence(&self) {
        self.state.silent_below.store(self.connections(), Ordering::SeqCst);
    }

    /// New connections are silent as well, until this is called with `false`.
    pub fn silence_all(&self, silent: bool) {
        let below = if silent { usize::MAX } else { self.connections() };
        self.state.silent_below.store(below, Ordering::SeqCst);
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

impl State {
    fn serve(self: Arc<Self>, mut client: TcpStream, number: usize) -> Option<()> {
        let mut server = TcpStream::connect(("127.0.0.1", self.to.load(Ordering::SeqCst))).ok()?;
        if let Some(word) = self.refuses {
            let start = startup(&mut client)?;
            if start.windows(word.len()).any(|part| part == word.as_bytes()) {
                return client.write_all(&refusal()).ok();
            }
            server.write_all(&start).ok()?;
        }
        let (from, to) = (client.try_clone().ok()?, server.try_clone().ok()?);
        let state = Arc::clone(&self);
        thread::spawn(move || state.pump(from, to, number));
        self.pump(server, client, number);
        Some(())
    }

    fn pump(&self, mut from: TcpStream, mut to: TcpStream, number: usize) {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let silent = number < self.silent_below.load(Ordering::SeqCst);
            if !silent && to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        drop(to.shutdown(Shutdown::Both));
    }
}

/// The first message, whole. A question for TLS before it is answered with no.
fn startup(client: &mut TcpStream) -> Option<Vec<u8>> {
    loop {
        let mut length = [0; 4];
        client.read_exact(&mut length).ok()?;
        let mut message = vec![0; usize::try_from(u32::from_be_bytes(length)).ok()?.checked_sub(4)?];
        client.read_exact(&mut message).ok()?;
        if message.len() > 4 {
            return Some([length.as_slice(), &message].concat());
        }
        client.write_all(b"N").ok()?;
    }
}

/// What PgBouncer says.
fn refusal() -> Vec<u8> {
    let fields = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter in options: statement_timeout\0\0";
    let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
    [b"E".as_slice(), &length, fields].concat()
}

fn port(url: &str) -> u16 {
    let after = url.rsplit_once(':').expect("a URL with a port").1;
    after.split('/').next().unwrap().parse().expect("a port")
}
