//! A mail host of two addresses, one of which is of no use.

use std::any::Any;
use std::fs;
use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use doorward::mail::SmtpMailer;
use tokio::net::{TcpSocket, TcpStream};

use super::letter::Letter;
use super::server::{Act, Arrived, SmtpServer, Stage};
use super::support::{SECOND, email, mounted};
use super::{AT_ONCE, FROM, Post, SOON, notice, run};

/// Where the names below are, in place of `/etc/hosts`.
const HOSTS: &str = "DOORWARD_TEST_HOSTS";
const NAMES: &str =
    "127.0.0.1 localhost\n127.0.0.2 four.test\n127.0.0.3 four.test\n::1 both.test\n127.0.0.3 both.test\n";

/// What is wrong with one of the addresses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Flaw {
    /// Nothing listens there.
    Refuses,
    /// No connection is ever established.
    NeverAnswers,
    /// A server that closes.
    Greets421,
    /// A server that accepts connections and is silent.
    NeverGreets,
}

impl Flaw {
    const ALL: [Self; 4] = [Self::Refuses, Self::NeverAnswers, Self::Greets421, Self::NeverGreets];

    /// Makes the address useless until the result is dropped.
    async fn at(self, address: SocketAddr) -> Box<dyn Any> {
        let greeting = |act| {
            let server = SmtpServer::start_at(address);
            server.always(Some((Stage::Greeting, act)));
            Box::new(server)
        };
        match self {
            Self::Refuses => Box::new(()),
            Self::NeverAnswers => {
                let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.unwrap();
                // A connection of another test may have ended at this port a moment ago.
                socket.set_reuseaddr(true).unwrap();
                socket.bind(address).unwrap();
                // Nothing accepts from it, and its backlog soon fills up.
                let (full, mut waiting) = (socket.listen(1).unwrap(), Vec::new());
                while let Ok(stream) = tokio::time::timeout(AT_ONCE, TcpStream::connect(address)).await {
                    waiting.push(stream.unwrap());
                }
                Box::new((full, waiting))
            }
            Self::Greets421 => greeting(Act::Answer("421 4.3.2 going down")),
            Self::NeverGreets => greeting(Act::Stall),
        }
    }

    /// Whether the connection itself fails: then another address is tried within the same try.
    fn is_found_by_connecting(self) -> bool {
        matches!(self, Self::Refuses | Self::NeverAnswers)
    }

    /// A mailer to that host.
    fn post(self, host: &str, port: u16, server: &SmtpServer) -> Post {
        Post::with(server, |_| {
            SmtpMailer::builder(&format!("smtp://{host}:{port}"), email(FROM))
                .danger_plaintext()
                .connections(1)
                .timeout(if self == Self::NeverGreets { SECOND } else { SOON })
                .first_retry(SECOND / 50)
        })
    }
}

/// The real mail server, which writes every mail to a folder.
struct Aiosmtpd {
    child: Child,
    folder: PathBuf,
}

impl Aiosmtpd {
    /// Returns once it listens; `None` if it is not installed, which is reported.
    async fn start(address: SocketAddr, folder: PathBuf) -> Option<Self> {
        let child = Command::new("aiosmtpd")
            // Without the brackets of an IPv6 address.
            .args(["--nosetuid", "--listen", &format!("{}:{}", address.ip(), address.port())])
            .args(["--class", "aiosmtpd.handlers.Mailbox"])
            .arg(&folder)
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = child else {
            assert!(std::env::var_os("DOORWARD_SKIP_NOTHING").is_none(), "there is no aiosmtpd");
            let line = b"skipped: a host of several addresses with a real mail server, for want of aiosmtpd\n";
            drop(std::io::stderr().write_all(line));
            return None;
        };
        let server = Self { child, folder };
        for _ in 0..1_000 {
            if TcpStream::connect(address).await.is_ok() {
                return Some(server);
            }
            tokio::time::sleep(SECOND / 10).await;
        }
        panic!("aiosmtpd does not listen")
    }

    fn mails(&self) -> Vec<PathBuf> {
        // It creates the folder at start.
        let Ok(entries) = fs::read_dir(self.folder.join("new")) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Aiosmtpd {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port that nobody uses at either address. Tests beside this one leave connections behind.
fn free_port(one: IpAddr, other: IpAddr) -> u16 {
    for _ in 0..100 {
        let listener = TcpListener::bind((one, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        if TcpListener::bind((other, port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free at {one} and {other}")
}

async fn arrives(host: &str, flaw: Flaw, useless: IpAddr, useful: IpAddr) {
    let name = format!("{host}: {useless} {flaw:?}");
    let port = free_port(useful, useless);
    let server = SmtpServer::start_at(SocketAddr::new(useful, port));
    let _useless = flaw.at(SocketAddr::new(useless, port)).await;
    let post = flaw.post(host, port, &server);
    post.send(&notice()).await;
    assert_eq!(Letter::read(&server.wait_for(1)[0]).text, notice().text(), "{name}");
    assert_eq!((post.mailer.close(SOON).await, server.arrived().len(), post.failed()), (0, 1, vec![]), "{name}");
    if flaw.is_found_by_connecting() {
        assert_eq!(post.observer.kinds(), [], "{name}: the first try gets through");
    }
}

/// The same, and the address that works is that of a server by others.
async fn arrives_at_aiosmtpd(host: &str, flaw: Flaw, useless: IpAddr, useful: IpAddr, folder: &Path) {
    let name = format!("{host}: {useless} {flaw:?}");
    let port = free_port(useful, useless);
    // Each has a folder of its own: a port that was free twice would count the mail of another.
    let folder = folder.join(format!("{host}-{useful}-{flaw:?}"));
    let Some(server) = Aiosmtpd::start(SocketAddr::new(useful, port), folder).await else { return };
    let unused = SmtpServer::start();
    let _useless = flaw.at(SocketAddr::new(useless, port)).await;
    let post = flaw.post(host, port, &unused);
    post.send(&notice()).await;
    post.until("the mail arrives", |_| !server.mails().is_empty()).await;
    assert_eq!((post.mailer.close(SOON).await, post.failed()), (0, vec![]), "{name}");
    let mails: Vec<String> = server.mails().iter().map(|mail| fs::read_to_string(mail).unwrap()).collect();
    let [mail] = &mails[..] else { panic!("{name}: not one mail, but {mails:#?}") };
    let data = mail.replace('\n', "\r\n");
    let letter = Letter::read(&Arrived { from: String::new(), to: Vec::new(), data });
    assert_eq!(letter.text, notice().text(), "{name}");
}

/// Runs in a separate process, which has names of its own for the addresses of this machine.
#[test]
#[ignore = "the test below starts it as a process of its own"]
fn the_process_with_names_of_its_own() {
    let Some(hosts) = std::env::var_os(HOSTS) else { return };
    let folder = Path::new(&hosts).parent().unwrap();
    let [two, three, six] = ["127.0.0.2", "127.0.0.3", "::1"].map(|address| address.parse::<IpAddr>().unwrap());
    run(async {
        let mut pairs = vec![("four.test", two, three), ("four.test", three, two)];
        if TcpListener::bind((six, 0)).is_ok() {
            pairs.extend([("both.test", six, three), ("both.test", three, six)]);
        }
        // Whichever of the two the resolver prefers.
        for (host, useless, useful) in pairs {
            for flaw in Flaw::ALL {
                arrives(host, flaw, useless, useful).await;
                arrives_at_aiosmtpd(host, flaw, useless, useful, folder).await;
            }
        }
    });
    println!("every mail arrived");
}

#[test]
fn a_mail_arrives_at_a_host_of_which_one_address_is_of_no_use() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("smtp-addresses");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    let hosts = folder.join("hosts");
    fs::write(&hosts, fs::read_to_string("/etc/hosts").unwrap_or_default() + NAMES).unwrap();
    let test = "addresses::the_process_with_names_of_its_own";
    mounted::run(test, "--bind \"$1\" /etc/hosts", &hosts, HOSTS, "every mail arrived");
}
