//! One connection, and the outcome of the mails sent over it.

use std::time::Duration;

use tokio::time::timeout;

use doorward::store::{BackendCode, BackendErrorKind};

use super::dialogue::{Dialogue, Fate, Flaw};
use super::message::Rendered;

/// How long an idle connection may take to prove that it is still alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// What is reported about a failed dialogue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trouble {
    pub(super) kind: BackendErrorKind,
    /// The server's reply code. Its text may repeat the address and is not kept.
    reply: Option<u16>,
    /// If there is no reply code: a word for what failed in transit.
    class: Option<&'static str>,
}

impl Trouble {
    pub(super) const UNREACHABLE: Self = Self::on_the_way(None);

    const fn on_the_way(class: Option<&'static str>) -> Self {
        Self { kind: BackendErrorKind::Unavailable, reply: None, class }
    }

    pub(super) fn code(&self) -> Option<BackendCode> {
        match (self.reply, self.class) {
            (Some(reply), _) => BackendCode::new(reply.to_string()),
            (None, class) => class.and_then(BackendCode::new),
        }
    }
}

/// What went wrong in a dialogue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub(super) trouble: Trouble,
    pub(super) verdict: Verdict,
}

/// What it means for the mail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// Rejected temporarily.
    Later,
    /// Rejected permanently.
    Never,
    /// Rejected permanently before the recipient was named: it says nothing about this mail.
    NotHere,
    /// The connection broke before the mail was sent, or the server closed the session.
    BrokeOff,
    /// The mail was sent in full, but no answer came: the server may or may not have it.
    Unanswered,
    /// The mail was sent in full, but the answer is garbled: the server most probably has it.
    Unclear,
}

/// A connection, owned by one worker. If its dialogue was interrupted, for example by a timeout, it is dropped: the next mail
/// would read the answers to the previous one.
pub(super) struct Connection {
    dialogue: Dialogue,
    used: bool,
    timeout: Duration,
}

impl Connection {
    pub(super) fn new(dialogue: Dialogue, timeout: Duration) -> Self {
        Self { dialogue, used: false, timeout }
    }

    /// Whether a mail was sent over it before: the server may have closed it since, or limit the mails per connection.
    pub(super) fn is_used(&self) -> bool {
        self.used
    }

    /// Sends a mail and returns the connection if it is still usable.
    pub(super) async fn send(mut self, mail: &Rendered) -> Result<Option<Self>, Fault> {
        let outcome = timeout(self.timeout, self.dialogue.send(mail)).await;
        let mut fault = match outcome.unwrap_or_else(|elapsed| Err(Flaw::Wire(elapsed.into()))) {
            Ok(()) => {
                self.used = true;
                return Ok(Some(self));
            }
            Err(flaw) => Fault::from(&flaw),
        };
        if fault.verdict == Verdict::Never && !self.dialogue.has_named_the_recipient() {
            fault.verdict = Verdict::NotHere;
        }
        // A clear rejection settles it. After anything else the mail may have been accepted and must not be duplicated.
        if fault.trouble.reply.is_none() {
            match self.dialogue.fate() {
                Fate::Unsent => {}
                Fate::Refused(code) => fault = Fault::from(&Flaw::Refused(code)),
                Fate::Taken => return Ok(None),
                Fate::Unclear => fault.verdict = Verdict::Unclear,
                Fate::Unanswered => fault.verdict = Verdict::Unanswered,
            }
        }
        Err(fault)
    }

    /// After an idle period: returns the connection if it is still alive.
    pub(super) async fn alive(mut self) -> Option<Self> {
        let alive = timeout(SIGN_OF_LIFE.min(self.timeout), self.dialogue.is_alive()).await;
        alive.is_ok_and(|alive| alive).then_some(self)
    }

    /// Sends QUIT, if the server is listening.
    pub(super) async fn quit(mut self) {
        drop(timeout(SIGN_OF_LIFE.min(self.timeout), self.dialogue.quit()).await);
    }
}

impl From<&Flaw> for Fault {
    fn from(flaw: &Flaw) -> Self {
        const TAKES_ITS_LEAVE: u16 = 421;
        let refused = |reply, verdict| (Trouble { kind: BackendErrorKind::Refused, reply, class: None }, verdict);
        let on_the_way = |class| (Trouble::on_the_way(Some(class)), Verdict::BrokeOff);
        let (trouble, verdict) = match *flaw {
            Flaw::Refused(TAKES_ITS_LEAVE) => refused(Some(TAKES_ITS_LEAVE), Verdict::BrokeOff),
            Flaw::Refused(reply @ 500..) => refused(Some(reply), Verdict::Never),
            Flaw::Refused(reply) => refused(Some(reply), Verdict::Later),
            Flaw::Lacks(_) => {
                let (trouble, verdict) = refused(None, Verdict::Never);
                (Trouble { class: Some("extension-lacks"), ..trouble }, verdict)
            }
            Flaw::Wire(_) => on_the_way(BackendCode::io_class(flaw).unwrap_or("connection")),
            Flaw::Malformed => on_the_way("reply-malformed"),
            Flaw::Unasked => on_the_way("reply-unasked"),
        };
        Self { trouble, verdict }
    }
}
