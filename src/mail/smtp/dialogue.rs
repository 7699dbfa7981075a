//! The client side of SMTP (RFC 5321), one command at a time.

use std::io;
use std::time::Duration;

use base64ct::{Base64, Encoding};
use thiserror::Error;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::message::Rendered;
use super::reply::{Incoming, Progress, Reply};

/// How long the last line of a mail waits. Longer than a local server takes to close a connection, and nobody waits for a mail
/// that long.
const A_MOMENT: Duration = Duration::from_millis(20);

/// The transport: TCP, or TLS over it.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Wire for T {}

/// Why a dialogue failed. Contains no text from the server, which may repeat the address.
#[derive(Debug, Error)]
pub(super) enum Flaw {
    /// The host has no address, is unreachable, disconnects, or fails verification.
    #[error(transparent)]
    Wire(#[from] io::Error),
    #[error("the server answered {0}")]
    Refused(u16),
    #[error("the server does not offer {0}")]
    Lacks(&'static str),
    #[error("the server's answer is malformed")]
    Malformed,
    /// The sender did not know the command. In plaintext it may be an attacker on the network path.
    #[error("the server answered before it was asked")]
    Unasked,
}

/// What the server offers in its answer to EHLO.
#[derive(Default)]
struct Offers {
    starttls: bool,
    eight_bit: bool,
    utf8: bool,
    plain: bool,
    login: bool,
}

/// A user name and a password. No `Debug`.
pub(super) struct Credentials {
    pub(super) user: String,
    pub(super) password: Zeroizing<String>,
}

/// A dialogue with a server. Any [`Flaw`] ends it.
pub(super) struct Dialogue {
    wire: BufReader<Box<dyn Wire>>,
    offers: Offers,
    /// The answer to the last command, as far as received.
    incoming: Incoming,
    /// The last mail was sent in full: the server may have it.
    sent_whole: bool,
    /// The server was told to whom the last mail goes.
    recipient_named: bool,
}

impl Dialogue {
    /// Starts where the server speaks first.
    pub(super) async fn greeted(wire: Box<dyn Wire>, own_name: &str) -> Result<Self, Flaw> {
        let mut dialogue = Self::over(wire);
        dialogue.answer().await?.expect(2)?;
        dialogue.hello(own_name).await?;
        Ok(dialogue)
    }

    /// Starts where the server has already spoken, before STARTTLS.
    pub(super) async fn resumed(wire: Box<dyn Wire>, own_name: &str) -> Result<Self, Flaw> {
        let mut dialogue = Self::over(wire);
        dialogue.hello(own_name).await?;
        Ok(dialogue)
    }

    fn over(wire: Box<dyn Wire>) -> Self {
        let (wire, offers, incoming) = (BufReader::new(wire), Offers::default(), Incoming::default());
        Self { wire, offers, incoming, sent_whole: false, recipient_named: false }
    }

    async fn hello(&mut self, own_name: &str) -> Result<(), Flaw> {
        let reply = self.ask(&format!("EHLO {own_name}")).await?;
        if matches!(reply.code, 500..=504 | 550) {
            // An old server, which offers nothing (RFC 5321, 3.2). Where TLS is required, that is the end.
            return self.ask(&format!("HELO {own_name}")).await?.expect(2).map(drop);
        }
        self.offers = Offers::read(&reply.expect(2)?);
        Ok(())
    }

    /// Starts TLS and returns the transport for it. Anything received before TLS or together with the answer is discarded: it
    /// may be forged. Plaintext that arrives later is not TLS and fails the handshake.
    pub(super) async fn starttls(mut self) -> Result<Box<dyn Wire>, Flaw> {
        if !self.offers.starttls {
            return Err(Flaw::Lacks("STARTTLS"));
        }
        self.ask("STARTTLS").await?.expect(2)?;
        self.nothing_unasked()?;
        Ok(self.wire.into_inner())
    }

    /// Authenticates with PLAIN, or with LOGIN, the only mechanism of some providers.
    pub(super) async fn sign_in(&mut self, credentials: &Credentials) -> Result<(), Flaw> {
        let Credentials { user, password } = credentials;
        let encoded = |text: &str| Zeroizing::new(Base64::encode_string(text.as_bytes()));
        let (first, answers) = if self.offers.plain {
            let both = encoded(&Zeroizing::new(format!("\0{user}\0{}", password.as_str())));
            (Zeroizing::new(format!("AUTH PLAIN {}", both.as_str())), vec![both])
        } else if self.offers.login {
            (Zeroizing::new("AUTH LOGIN".to_owned()), vec![encoded(user), encoded(password)])
        } else {
            return Err(Flaw::Lacks("AUTH PLAIN or LOGIN"));
        };
        let mut reply = self.ask(&first).await?;
        for answer in answers {
            if reply.code != 334 {
                break;
            }
            reply = self.ask(&answer).await?;
        }
        reply.expect(2).map(drop)
    }

    /// Whether the server knew the recipient when the last mail failed. Until then it refuses the sender, or anyone.
    pub(super) fn has_named_the_recipient(&self) -> bool {
        self.recipient_named
    }

    /// Sends a mail. On failure, [`fate`](Self::fate) says what became of it.
    pub(super) async fn send(&mut self, mail: &Rendered) -> Result<(), Flaw> {
        (self.sent_whole, self.recipient_named) = (false, false);
        let (from, to) = (mail.from.to_string(), mail.to.to_string());
        let mut parameters = String::new();
        if !(from.is_ascii() && to.is_ascii()) {
            self.offers.utf8.then_some(()).ok_or(Flaw::Lacks("SMTPUTF8"))?;
            parameters += " SMTPUTF8";
        }
        if !mail.message.is_ascii() {
            self.offers.eight_bit.then_some(()).ok_or(Flaw::Lacks("8BITMIME"))?;
            parameters += " BODY=8BITMIME";
        }
        self.ask(&format!("MAIL FROM:<{from}>{parameters}")).await?.expect(2)?;
        self.recipient_named = true;
        self.ask(&format!("RCPT TO:<{to}>")).await?.expect(2)?;
        self.ask("DATA").await?.expect(3)?;
        self.nothing_unasked()?;
        self.incoming = Incoming::default();
        self.write(&stuffed(&mail.message)).await?;
        self.is_still_there().await?;
        self.write(b".\r\n").await?;
        // If the last line could not be written, the server does not have the mail.
        self.sent_whole = true;
        self.answer().await?.expect(2).map(drop)
    }

    /// Waits for a moment before the last line: a server that died while the mail was arriving is noticed now, when it is certain
    /// that it does not have it. Afterwards it would be uncertain, and the mail be sent once more only.
    async fn is_still_there(&mut self) -> io::Result<()> {
        match timeout(A_MOMENT, self.wire.fill_buf()).await {
            Ok(Ok([])) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(Err(error)) => Err(error),
            // An early answer is read as the answer to the mail.
            Ok(Ok(_)) | Err(_) => Ok(()),
        }
    }

    /// Whether the server still responds.
    pub(super) async fn is_alive(&mut self) -> bool {
        self.ask("NOOP").await.is_ok_and(|reply| reply.expect(2).is_ok())
    }

    pub(super) async fn quit(&mut self) {
        drop(self.ask("QUIT").await);
    }

    /// What became of a mail that failed without a complete answer.
    pub(super) fn fate(&self) -> Fate {
        match (self.sent_whole, self.incoming.code()) {
            (_, Some(code @ 400..=599)) => Fate::Refused(code),
            (false, _) => Fate::Unsent,
            (true, Some(200..=299)) => Fate::Taken,
            (true, _) if self.incoming.has_begun() => Fate::Unclear,
            (true, _) => Fate::Unanswered,
        }
    }

    async fn ask(&mut self, question: &str) -> Result<Reply, Flaw> {
        // Leftover bytes answer no command of ours and would be taken for the answer to this one.
        self.nothing_unasked()?;
        if question.contains(['\r', '\n']) {
            return Err(Flaw::Malformed);
        }
        self.write(Zeroizing::new(format!("{question}\r\n")).as_bytes()).await?;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<Reply, Flaw> {
        self.incoming = Incoming::default();
        loop {
            let bytes = self.wire.fill_buf().await?;
            if bytes.is_empty() {
                return Err(Flaw::Wire(io::ErrorKind::UnexpectedEof.into()));
            }
            let (used, progress) = self.incoming.read(bytes);
            self.wire.consume(used);
            match progress {
                Progress::More => {}
                Progress::Whole(reply) => return Ok(reply),
                Progress::Malformed => return Err(Flaw::Malformed),
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.write_all(bytes).await?;
        self.wire.flush().await
    }

    fn nothing_unasked(&self) -> Result<(), Flaw> {
        if self.wire.buffer().is_empty() { Ok(()) } else { Err(Flaw::Unasked) }
    }
}

/// What became of a mail whose dialogue was interrupted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    /// The server does not have it.
    Unsent,
    /// The server refused it with this code, and the rest of its answer is missing or malformed.
    Refused(u16),
    /// The server accepted it, but its answer is incomplete.
    Taken,
    /// The server answered something unclear. It may have the mail.
    Unclear,
    /// The server did not answer. It may have the mail.
    Unanswered,
}

impl Reply {
    /// Requires a reply of this class; anything else is a rejection or malformed.
    fn expect(self, class: u16) -> Result<Self, Flaw> {
        match self.code / 100 {
            found if found == class => Ok(self),
            4 | 5 => Err(Flaw::Refused(self.code)),
            _ => Err(Flaw::Malformed),
        }
    }
}

impl Offers {
    /// Keywords are case-insensitive. The first line is the server's name.
    fn read(reply: &Reply) -> Self {
        let mut offers = Self::default();
        for line in reply.lines.iter().skip(1) {
            let line = line.to_ascii_uppercase();
            // Old servers write `AUTH=PLAIN`.
            let mut words = line.split(|byte| matches!(byte, b' ' | b'=')).filter(|word| !word.is_empty());
            match words.next() {
                Some(b"STARTTLS") => offers.starttls = true,
                Some(b"8BITMIME") => offers.eight_bit = true,
                Some(b"SMTPUTF8") => offers.utf8 = true,
                Some(b"AUTH") => {
                    for mechanism in words {
                        offers.plain |= mechanism == b"PLAIN";
                        offers.login |= mechanism == b"LOGIN";
                    }
                }
                _ => {}
            }
        }
        offers
    }
}

/// The lines of the mail, each ended by CR LF, with leading dots doubled (RFC 5321, 4.5.2). A bare line feed also ends a line,
/// so that all servers agree on where the mail ends (no SMTP smuggling).
fn stuffed(message: &[u8]) -> Zeroizing<Vec<u8>> {
    // Full capacity up front: a growing vector leaves copies behind.
    let mut out = Zeroizing::new(Vec::with_capacity(2 * message.len() + 2));
    let message = message.strip_suffix(b"\n").unwrap_or(message);
    for line in message.split(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_mail_ends_it() {
        let sent = |message: &[u8]| String::from_utf8(stuffed(message).to_vec()).unwrap();
        assert_eq!(sent(b"a\r\n.\r\nb\r\n"), "a\r\n..\r\nb\r\n");
        assert_eq!(sent(b".a\n.\n\r\n"), "..a\r\n..\r\n\r\n");
        assert_eq!(sent(b"no end"), "no end\r\n");
        assert_eq!(sent(b"\n.\n.\n"), "\r\n..\r\n..\r\n");
    }

    #[test]
    fn offers_are_read_in_letters_of_either_size() {
        let offers = |lines: &[&str]| {
            let lines = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
            Offers::read(&Reply { code: 250, lines })
        };
        let all = offers(&["mail.acme.example", "starttls", "8BitMIME", "smtputf8", "auth plain Login"]);
        assert!(all.starttls && all.eight_bit && all.utf8 && all.plain && all.login);
        let old = offers(&["mail", "AUTH=LOGIN PLAIN"]);
        assert!(old.login && old.plain && !old.starttls);
        let none = offers(&["STARTTLS", "AUTH", "XSTARTTLS", "STARTTLS2"]);
        assert!(!none.starttls && !none.plain, "the server's name is not an offer");
    }
}
