//! TLS in front of the SMTP server, terminated by the machine's `openssl s_server`.

use std::fs;
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use super::server::{copy, pump};

/// A TLS terminator for `localhost`, for one connection. Its certificate comes from an authority of its own.
pub struct Tls {
    pub port: u16,
    pub authority: Vec<u8>,
    folder: PathBuf,
    server: Child,
}

impl Tls {
    /// `None`, and a line directly to stderr, on a machine without `openssl`.
    pub fn before(server: SocketAddr, name: &str) -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            let skipped = b"skipped: TLS to the SMTP server, for want of openssl\n";
            io::stderr().write_all(skipped).unwrap(); // the test harness swallows `eprintln!`
            return None;
        }
        let folder = certificates(name);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new("openssl")
            .args(["s_server", "-quiet", "-accept", &format!("127.0.0.1:{port}")])
            .args(["-cert", "leaf.pem", "-key", "leaf.key"])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(folder.join("complaints")).unwrap())
            .spawn()
            .unwrap();
        // The decrypted data goes on to the SMTP server, and its replies come back.
        let (input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        thread::spawn(move || {
            let stream = TcpStream::connect(server).unwrap();
            pump(stream.try_clone().unwrap(), input);
            copy(&mut output, &mut &stream);
            drop(stream.shutdown(Shutdown::Both));
        });
        // It may not be listening yet; connecting too early is retried. A probe would be served as the one client.
        Some(Self { port, authority: fs::read(folder.join("ca.pem")).unwrap(), folder, server: child })
    }

    /// Whether a client has rejected the certificate.
    pub fn was_refused(&self) -> bool {
        fs::read_to_string(self.folder.join("complaints")).unwrap().contains("alert")
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// An authority, and a certificate for `localhost` issued by it.
fn certificates(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("smtp-{name}"));
    fs::create_dir_all(&folder).unwrap();
    let openssl = |arguments: &str| {
        let made = Command::new("openssl").args(arguments.split(' ')).current_dir(&folder).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    let authority = "-subj /CN=authority -addext basicConstraints=critical,CA:TRUE";
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 {authority}"));
    openssl(&format!("req {key} -keyout leaf.key -out leaf.csr -subj /CN=localhost"));
    fs::write(folder.join("leaf.ext"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n").unwrap();
    openssl("x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile leaf.ext -out leaf.pem");
    folder
}
