//! Mail servers: the crate's own test server, which can be made to fail, and a third-party one.

#[path = "../../../../tests/smtp/letter.rs"]
pub mod letter;
#[path = "../../../../tests/smtp/server.rs"]
pub mod server;

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use doorward::Email;
use doorward::mail::{SmtpBuilder, SmtpMailer};
use letter::Letter;
use server::Arrived;
use tempfile::TempDir;

use super::nothing_may_be_skipped;

/// The mailer's timeout.
pub const TIMEOUT: Duration = Duration::from_secs(3);

pub fn options(url: &str) -> SmtpBuilder {
    let from = Email::parse("no-reply@acme.example").unwrap();
    SmtpMailer::builder(url, from).timeout(TIMEOUT).plaintext_to_loopback()
}

/// aiosmtpd, which writes every mail to a folder.
pub struct Aiosmtpd {
    child: Child,
    pub url: String,
    folder: TempDir,
}

impl Aiosmtpd {
    /// `None` if it is not installed.
    pub fn start() -> Option<Self> {
        // Free a moment ago. Mails sent before it listens are retried.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new("aiosmtpd")
            .args(["--nosetuid", "--listen", &address.to_string(), "--class", "aiosmtpd.handlers.Mailbox"])
            .arg(folder.path().join("mails"))
            .stderr(Stdio::null())
            .spawn();
        match child {
            Ok(child) => Some(Self { child, url: format!("smtp://{address}"), folder }),
            Err(_) => {
                assert!(!nothing_may_be_skipped(), "there is no aiosmtpd");
                None
            }
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        // It creates the folder at start.
        let Ok(entries) = fs::read_dir(self.folder.path().join("mails/new")) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    pub fn clear(&self) {
        self.files().iter().for_each(|file| fs::remove_file(file).unwrap());
    }

    /// Newest first.
    pub fn letters(&self) -> Vec<Letter> {
        let mut files = self.files();
        // Named `1795000000.M123456P99Q7.host`, with the mail's number after the Q.
        files.sort_by_key(|file| {
            let name = file.file_name().unwrap().to_str().unwrap();
            let number = name.rsplit_once('Q').unwrap().1.split('.').next().unwrap();
            std::cmp::Reverse(number.parse::<u64>().unwrap())
        });
        let read = |file| {
            let data = fs::read_to_string(file).unwrap().replace("\r\n", "\n").replace('\n', "\r\n");
            Letter::read(&Arrived { from: String::new(), to: Vec::new(), data })
        };
        files.into_iter().map(read).collect()
    }
}

impl Drop for Aiosmtpd {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
