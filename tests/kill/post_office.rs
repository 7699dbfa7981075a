//! A mail server that refuses, stalls and closes connections at random, and outlives the processes that are killed; and the
//! mailboxes in which they read what has arrived.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use doorward::mail::{Mail, MailKind, SmtpMailer};

use crate::Moments;
use crate::letter::Letter;
use crate::server::{Act, Arrived, SmtpServer, Stage};
use crate::support::sql::Folder;
use crate::support::{email, site};

/// For the processes: where the server and the mailboxes are.
pub const SERVER: &str = "DOORWARD_TEST_SMTP";
pub const MAILBOXES: &str = "DOORWARD_TEST_MAILBOXES";

/// How long somebody waits for a mail before they give up, which is no failure of a test.
const WAITS_FOR_MAIL: Duration = Duration::from_millis(500);

pub struct PostOffice {
    pub server: SmtpServer,
    folder: Folder,
}

impl PostOffice {
    pub fn open() -> Self {
        let (server, folder) = (SmtpServer::start(), Folder::new());
        let mut moments = Moments::new();
        server
            .by_chance(move |greeting| if greeting { at_greeting(moments.share()) } else { to_mail(moments.share()) });
        let mailboxes = folder.path().to_owned();
        server.tells(move |arrived| {
            let (to, kind, secret) = read(arrived);
            // Whoever reads sees the whole mail or none.
            let (letter, mailbox) = (mailboxes.join(format!("{to}.new")), mailboxes.join(to));
            fs::write(&letter, format!("{kind}\t{secret}")).and_then(|()| fs::rename(letter, mailbox)).unwrap();
        });
        Self { server, folder }
    }

    pub fn environment(&self) -> [(&'static str, String); 2] {
        [(SERVER, self.server.url()), (MAILBOXES, self.folder.path().display().to_string())]
    }

    /// What has arrived since, once every client has gone: the address, the kind, the secret.
    pub fn take_all(&self) -> Vec<(String, String, String)> {
        self.server.take_all().iter().map(read).collect()
    }
}

/// Never for good: what a server refuses for good is given up.
fn at_greeting(chance: f64) -> (Stage, Act) {
    let act = match chance {
        0.0..0.04 => Act::Answer("421 4.3.2 busy"),
        0.04..0.07 => Act::Die,
        0.07..0.09 => Act::Stall,
        _ => Act::Well,
    };
    (Stage::Greeting, act)
}

fn to_mail(chance: f64) -> (Stage, Act) {
    match chance {
        0.0..0.06 => (Stage::Mail, Act::Answer("451 4.3.0 later")),
        0.06..0.12 => (Stage::Rcpt, Act::Answer("450 4.2.1 later")),
        0.12..0.15 => (Stage::Data, Act::Answer("451 4.3.0 later")),
        0.15..0.18 => (Stage::Mail, Act::Die),
        0.18..0.20 => (Stage::Mail, Act::Stall),
        0.20..0.24 => (Stage::Middle, Act::Die),
        0.24..0.26 => (Stage::Middle, Act::Stall),
        0.26..0.30 => (Stage::End, Act::Answer("451 4.3.0 later")),
        // It has the mail, and nobody learns of that.
        0.30..0.36 => (Stage::End, Act::Swallow),
        // It has not.
        0.36..0.39 => (Stage::End, Act::Die),
        0.39..0.41 => (Stage::End, Act::Stall),
        _ => (Stage::End, Act::Well),
    }
}

fn read(arrived: &Arrived) -> (String, String, String) {
    let [to] = &arrived.to[..] else { panic!("{:?}", arrived.to) };
    let letter = Letter::read(arrived);
    let subject = letter.header("Subject");
    let like =
        Mail::previews(&site()).into_iter().find(|mail| mail.subject() == subject).expect("a mail of this crate");
    let secret = match like.kind() {
        MailKind::Welcome { .. } | MailKind::TemporaryPassword { .. } => letter.password(),
        MailKind::ConfirmReset { .. } => letter.token(),
        _ => String::new(),
    };
    let kind = like.kind().name();
    (to.clone(), kind.to_owned(), secret)
}

/// The mailer of a process, and the mailboxes of its users.
#[derive(Clone, Debug)]
pub struct Mailboxes {
    pub mailer: SmtpMailer,
    folder: PathBuf,
}

impl Mailboxes {
    /// Those of the environment, if it names some.
    pub fn of_environment() -> Option<Self> {
        let (server, folder) = (std::env::var(SERVER).ok()?, std::env::var(MAILBOXES).ok()?);
        // Only a server that does not answer for so long is taken to be dead: that is none of these.
        let builder = SmtpMailer::builder(&server, email("no-reply@acme.example")).timeout(Duration::from_secs(60));
        let mailer = builder.danger_plaintext().first_retry(Duration::from_millis(5)).build().unwrap();
        Some(Self { mailer, folder: Path::new(&folder).to_owned() })
    }

    /// The secret of the last mail to that address, once it is of this kind.
    pub async fn wait(&self, address: &str, kind: &str) -> Option<String> {
        let waiting = async {
            loop {
                let mail = fs::read_to_string(self.folder.join(address)).unwrap_or_default();
                match mail.split_once('\t') {
                    Some((last, secret)) if last == kind => return secret.to_owned(),
                    _ => tokio::time::sleep(Duration::from_millis(2)).await,
                }
            }
        };
        tokio::time::timeout(WAITS_FOR_MAIL, waiting).await.ok()
    }
}
