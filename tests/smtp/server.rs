//! A real SMTP server on loopback (RFC 5321) that can also reject, stall and crash when a test wants it to.

use std::collections::{BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// The stage of a dialogue.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    Greeting,
    Mail,
    Rcpt,
    Data,
    /// Within the mail's text.
    Middle,
    /// After the final dot.
    End,
}

/// What the server does at that stage.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Sends this reply instead of a positive one.
    Answer(&'static str),
    /// Sends these bytes verbatim instead of a reply. The mail is accepted.
    Bytes(&'static [u8]),
    /// Sends these bytes and closes the connection. The mail is accepted.
    LastBytes(&'static [u8]),
    /// Sends no reply until the client has disconnected.
    Stall,
    /// Closes the connection.
    Die,
    /// Accepts the mail, but closes the connection before confirming.
    Swallow,
    /// Sends no reply and continues.
    Nothing,
    /// Works normally.
    Well,
}

/// A mail as it arrived, with SMTP's dot stuffing removed.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub from: String,
    pub to: Vec<String>,
    pub data: String,
}

/// Chooses what happens at a greeting (`true`), or to a mail.
type Chance = Box<dyn FnMut(bool) -> (Stage, Act) + Send>;
type Tell = Box<dyn Fn(&Arrived) + Send>;

/// How long a server stalls by chance before it closes the connection.
const STALLED: Duration = Duration::from_millis(50);

#[derive(Default)]
struct State {
    /// Used up one by one: acts at the greeting by connections, all others by mails.
    script: Mutex<VecDeque<(Stage, Act)>>,
    /// What happens when the script is exhausted.
    always: Mutex<Option<(Stage, Act)>>,
    /// Chooses what happens, in place of a script.
    chance: Mutex<Option<Chance>>,
    /// Those to whom a mail was sent in full and not answered, by chance: it happens to each once. And those of them who have it.
    unanswered: Mutex<BTreeSet<String>>,
    swallowed: Mutex<BTreeSet<String>>,
    /// Is told of each mail before it is answered.
    tell: Mutex<Option<Tell>>,
    /// The TLS terminator after STARTTLS.
    tls: Mutex<Option<SocketAddr>>,
    /// What EHLO offers.
    offers: Mutex<Vec<&'static str>>,
    /// What it answers to EHLO, if it does not know it.
    no_ehlo: Mutex<Option<&'static str>>,
    arrived: Mutex<Vec<Arrived>>,
    came: Condvar,
    /// Every line from every client, except the mails' content.
    heard: Mutex<Vec<String>>,
    connections: AtomicUsize,
    open: AtomicUsize,
    /// The number of mails started.
    begun: AtomicUsize,
}

/// The server. Its threads end with the process.
#[derive(Clone)]
pub struct SmtpServer {
    address: SocketAddr,
    state: Arc<State>,
}

impl SmtpServer {
    pub fn start() -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    pub fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let server = Self { address: listener.local_addr().unwrap(), state: Arc::default() };
        server.offers(&["8BITMIME", "SMTPUTF8", "PIPELINING"]);
        let state = server.state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = state.clone();
                state.open.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    Session::new(stream, state.clone()).serve();
                    state.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn offers(&self, extensions: &[&'static str]) {
        *self.state.offers.lock().unwrap() = extensions.to_vec();
    }

    /// Answers EHLO like this, and HELO like a server of 1982.
    pub fn knows_no_ehlo(&self, answer: &'static str) {
        *self.state.no_ehlo.lock().unwrap() = Some(answer);
    }

    /// Offers STARTTLS and hands such connections to the TLS terminator there.
    pub fn starttls(&self, port: u16) {
        *self.state.tls.lock().unwrap() = Some(SocketAddr::from(([127, 0, 0, 1], port)));
    }

    /// Adds to the script.
    pub fn then(&self, stage: Stage, act: Act) -> &Self {
        self.state.script.lock().unwrap().push_back((stage, act));
        self
    }

    /// Sets what happens once the script is exhausted; `None` is a working server.
    pub fn always(&self, act: Option<(Stage, Act)>) {
        *self.state.always.lock().unwrap() = act;
    }

    /// Waits until this many mails have arrived, and returns all that have.
    pub fn wait_for(&self, mails: usize) -> Vec<Arrived> {
        let arrived = self.state.arrived.lock().unwrap();
        let limit = Duration::from_secs(20);
        let (arrived, late) =
            self.state.came.wait_timeout_while(arrived, limit, |arrived| arrived.len() < mails).unwrap();
        assert!(!late.timed_out(), "{} of {mails} mails have arrived", arrived.len());
        arrived.clone()
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        self.state.arrived.lock().unwrap().clone()
    }

    pub fn heard(&self) -> Vec<String> {
        self.state.heard.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    pub fn begun(&self) -> usize {
        self.state.begun.load(Ordering::SeqCst)
    }
}

/// For processes that are killed.
#[allow(dead_code)] // each test binary uses only a part of it
impl SmtpServer {
    /// From now on chance decides. A server that stalls then closes the connection a moment later.
    pub fn by_chance(&self, chance: impl FnMut(bool) -> (Stage, Act) + Send + 'static) {
        *self.state.chance.lock().unwrap() = Some(Box::new(chance));
    }

    /// Whether chance took a mail to that address without an answer.
    pub fn has_swallowed(&self, address: &str) -> bool {
        self.state.swallowed.lock().unwrap().contains(address)
    }

    /// Tells of each mail before it is answered.
    pub fn tells(&self, tell: impl Fn(&Arrived) + Send + 'static) {
        *self.state.tell.lock().unwrap() = Some(Box::new(tell));
    }

    /// Waits until every client has gone, and takes what has arrived.
    pub fn take_all(&self) -> Vec<Arrived> {
        while self.state.open.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_millis(1));
        }
        std::mem::take(&mut *self.state.arrived.lock().unwrap())
    }
}

/// Why a session has ended.
struct Over;

struct Session {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    state: Arc<State>,
}

impl Session {
    fn new(stream: TcpStream, state: Arc<State>) -> Self {
        state.connections.fetch_add(1, Ordering::SeqCst);
        stream.set_nodelay(true).unwrap();
        let writer = stream.try_clone().unwrap();
        Self { reader: BufReader::new(stream), writer, state }
    }

    fn serve(mut self) {
        drop(self.dialogue());
    }

    fn say(&mut self, line: &str) -> Result<(), Over> {
        self.writer.write_all(format!("{line}\r\n").as_bytes()).map_err(|_| Over)
    }

    fn line(&mut self) -> Result<String, Over> {
        let mut line = Vec::new();
        match self.reader.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => Err(Over),
            // TLS spoken to this server is not text.
            Ok(_) => Ok(String::from_utf8_lossy(&line).into_owned()),
        }
    }

    /// The next act, if it is due: at the greeting, or for a mail.
    fn act(&self, greeting: bool) -> (Stage, Act) {
        if let Some(chance) = &mut *self.state.chance.lock().unwrap() {
            return chance(greeting);
        }
        let mut script = self.state.script.lock().unwrap();
        let fits = |(stage, _): &(Stage, Act)| (*stage == Stage::Greeting) == greeting;
        let next = if script.front().is_some_and(fits) { script.pop_front() } else { None };
        let always = if script.is_empty() { *self.state.always.lock().unwrap() } else { None };
        next.or(always.filter(fits)).unwrap_or((Stage::End, Act::Well))
    }

    /// Does what is due at this stage, or answers positively.
    fn at(&mut self, stage: Stage, (when, act): (Stage, Act), well: &str) -> Result<bool, Over> {
        if when != stage {
            self.say(well)?;
            return Ok(true);
        }
        match act {
            Act::Well => self.say(well).map(|()| true),
            Act::Nothing => Ok(true),
            Act::Bytes(bytes) => self.writer.write_all(bytes).map(|()| true).map_err(|_| Over),
            Act::LastBytes(bytes) => {
                drop(self.writer.write_all(bytes));
                Err(Over)
            }
            Act::Answer(answer) => {
                self.say(answer)?;
                if answer.starts_with("421") { Err(Over) } else { Ok(false) }
            }
            Act::Stall => {
                // Until the client closes the connection.
                let by_chance = self.state.chance.lock().unwrap().is_some();
                self.writer.set_read_timeout(by_chance.then_some(STALLED)).map_err(|_| Over)?;
                drop(self.reader.read_to_end(&mut Vec::new()));
                Err(Over)
            }
            Act::Die | Act::Swallow => Err(Over),
        }
    }

    fn dialogue(&mut self) -> Result<(), Over> {
        let greeting = self.act(true);
        if !self.at(Stage::Greeting, greeting, "220 loopback ESMTP")? {
            return Ok(());
        }
        let mut act = (Stage::End, Act::Well);
        let (mut from, mut to) = (String::new(), Vec::new());
        loop {
            let line = self.line()?;
            let command = line.trim_end().to_owned();
            self.state.heard.lock().unwrap().push(command.clone());
            let path = |text: &str| text.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            match command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "HELO" => self.say("250 loopback")?,
                "EHLO" if self.state.no_ehlo.lock().unwrap().is_some() => {
                    let answer = self.state.no_ehlo.lock().unwrap().unwrap_or_default();
                    self.say(answer)?;
                }
                "EHLO" => {
                    let offers = self.state.offers.lock().unwrap().clone();
                    self.say("250-loopback")?;
                    for offer in offers {
                        self.say(&format!("250-{offer}"))?;
                    }
                    self.say("250 HELP")?;
                }
                "MAIL" => {
                    self.state.begun.fetch_add(1, Ordering::SeqCst);
                    act = self.act(false);
                    (from, to) = (path(&command), Vec::new());
                    self.at(Stage::Mail, act, "250 sender ok")?;
                }
                "RCPT" => {
                    if self.at(Stage::Rcpt, act, "250 recipient ok")? {
                        to.push(path(&command));
                    }
                }
                "DATA" => {
                    if self.at(Stage::Data, act, "354 go on")? {
                        self.take(&from, &to, act)?;
                    }
                }
                "AUTH" => {
                    // ann, secret
                    let right = if command.eq_ignore_ascii_case("AUTH LOGIN") {
                        self.say("334 VXNlcm5hbWU6")?;
                        let user = self.line()?;
                        self.say("334 UGFzc3dvcmQ6")?;
                        (user.trim_end(), self.line()?.trim_end()) == ("YW5u", "c2VjcmV0")
                    } else {
                        command.ends_with("AGFubgBzZWNyZXQ=")
                    };
                    self.say(if right { "235 welcome" } else { "535 5.7.8 no" })?;
                }
                "STARTTLS" => {
                    let tls = self.state.tls.lock().unwrap().expect("STARTTLS is offered");
                    let inner = TcpStream::connect(tls).map_err(|_| Over)?;
                    self.say("220 go ahead")?;
                    pump(inner.try_clone().unwrap(), self.writer.try_clone().unwrap());
                    drop(std::io::copy(&mut self.reader, &mut &inner));
                    return Ok(());
                }
                "RSET" | "NOOP" => self.say("250 ok")?,
                "QUIT" => {
                    self.say("221 bye")?;
                    return Ok(());
                }
                _ => self.say("502 what?")?,
            }
        }
    }

    /// A client has sent everything by the time that it sees a connection closed in the middle, and cannot tell that from one closed
    /// after the end. A second time it would give the mail up.
    fn unless_unanswered_before(&self, to: &[String], act: (Stage, Act)) -> (Stage, Act) {
        let unanswered = match act {
            (Stage::Middle, act) => !matches!(act, Act::Well),
            (Stage::End, act) => matches!(act, Act::Swallow | Act::Die | Act::Stall),
            _ => false,
        };
        if !unanswered || self.state.chance.lock().unwrap().is_none() {
            return act;
        }
        if to.iter().any(|to| !self.state.unanswered.lock().unwrap().insert(to.clone())) {
            return (Stage::End, Act::Well);
        }
        if matches!(act, (Stage::End, Act::Swallow)) {
            self.state.swallowed.lock().unwrap().extend(to.iter().cloned());
        }
        act
    }

    fn take(&mut self, from: &str, to: &[String], act: (Stage, Act)) -> Result<(), Over> {
        let act = self.unless_unanswered_before(to, act);
        let mut data = String::new();
        let mut lines = 0;
        loop {
            let line = self.line()?;
            lines += 1;
            if lines == 5 && act.0 == Stage::Middle && !matches!(act.1, Act::Well) {
                return self.at(Stage::Middle, act, "").map(|_| ());
            }
            if line == ".\r\n" {
                break;
            }
            data.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
        let swallow = matches!(act, (Stage::End, Act::Swallow | Act::Bytes(_) | Act::LastBytes(_)));
        let well = act.0 != Stage::End || matches!(act.1, Act::Well);
        if well || swallow {
            let arrived = Arrived { from: from.to_owned(), to: to.to_vec(), data };
            if let Some(tell) = &*self.state.tell.lock().unwrap() {
                tell(&arrived);
            }
            self.state.arrived.lock().unwrap().push(arrived);
            self.state.came.notify_all();
        }
        self.at(Stage::End, act, "250 taken").map(|_| ())
    }
}

/// Copies in a separate thread.
pub fn pump(mut from: impl Read + Send + 'static, mut to: impl Write + Send + 'static) {
    thread::spawn(move || copy(&mut from, &mut to));
}

pub fn copy(from: &mut impl Read, to: &mut impl Write) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..read]).and_then(|()| to.flush()).is_err() {
            return;
        }
    }
}
