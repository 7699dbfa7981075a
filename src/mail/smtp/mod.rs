//! Mails over SMTP, on tokio.
//!
//! The dialogue is this module's own, and lettre builds the MIME parts, because no published client passes what real servers say.
//! Compared in November 2026 against the scripted server of `tests/smtp`: lettre 0.11.23 (`AsyncSmtpTransport`) and mail-send 0.5.2
//! with mail-builder 0.4.4. What is marked * was read in the source.
//!
//! | the server | lettre | mail-send | here |
//! |---|---|---|---|
//! | takes the mail with `250 d\xe9j\xe0` | a network error | sent | sent |
//! | takes it with `250` and no text | an error | sent | sent |
//! | takes it with a line of 5,000 octets, or hangs up after `250 ta` | an error | an error | sent |
//! | refuses with `550 5.1.1 Empf\xe4nger` | a network error, no code | 550 | 550, one try |
//! | refuses with `550-` and then `554`, malformed | an error, no code | 550 | 550, one try |
//! | refuses and hangs up within the line | an error, no code | an error, no code | 550, one try |
//! | takes the mail and hangs up, or says `OK` | the same error as above | the same error as above | after silence once more; after `OK` a failure event |
//! | greets with `220 gr\xfc\xdf` | a network error | sent | sent |
//! | ends lines with a bare line feed | hangs | sent | sent |
//! | offers `auth plain login`, or `AUTH=PLAIN` | finds no mechanism | sent | sent |
//! | knows HELO only | gives up | gives up | sent, where no TLS is required |
//! | answers twice to MAIL | every answer counts for the next command* | drops what came together* | hangs up, and begins again |
//! | answers, forged, in the segment before TLS | believed over TLS* | dropped | the connection is given up, with an event |
//! | has two addresses, and the first is silent | the second after the whole timeout* | within one timeout, the system's* | the second after 250 ms |
//! | gets a link of 111 ASCII characters in a text part | quoted-printable, two lines, `=3D` | quoted-printable, two lines, `=3D` | 7bit, one line |
//!
//! mail-send is the better client, but cannot tell a mail that may have been taken from one that was refused: both are
//! `UnparseableReply`, whether the last line of the mail was sent or not.

mod builder;
mod connection;
mod dial;
mod dialogue;
mod error;
mod message;
mod queue;
mod reply;
mod server;
mod tls;
mod worker;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use builder::SmtpBuilder;
use doorward::mail::Mail;
use doorward::store::BackendError;
use doorward::{Email, Mailer};
pub use error::{SmtpError, SmtpRejection};
use queue::Queue;
use server::Server;

/// How long tasks that were told to stop may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Sends mails through a mail server of the host's choice, over TLS, from a queue in this process's memory (feature `smtp`).
///
/// [`send`](Mailer::send) returns at once, whatever the server does: it renders the mail and queues it. Tasks on the tokio
/// runtime in which the mailer was built deliver it, as text and HTML alternatives, over kept-alive connections. If the server
/// rejects a mail temporarily or does not answer, it is retried after 1, 2, 4 … seconds, at most a minute apart, until its
/// content expires or ten minutes have passed. Permanent rejections are not retried, and a mail that the server may already
/// have, because it did not answer after the last line, is sent only once more (an owed one by the worker). Every mail that is
/// given up emits
/// [`EventKind::MailFailed`](doorward::event::EventKind::MailFailed); an unreachable server emits
/// [`EventKind::MailDelayed`](doorward::event::EventKind::MailDelayed) once.
///
/// The queue ends with the process: call [`close`](Self::close) first. What a crash loses is sent later if mails are
/// [owed](doorward::AuthBuilder::owed_mails); otherwise requesting the reset, confirming it or resending the welcome sends a new mail.
///
/// Mails come from the given address under the name of the [`Site`](doorward::Site), with its support address in `Reply-To`,
/// and are marked as automatic (RFC 3834). Each has its own `Message-ID`. Non-ASCII characters before the `@` need a server
/// with SMTPUTF8. SPF, DKIM and DMARC are up to the server, and so is not rewriting links for click tracking.
///
/// # Security
/// - TLS is mandatory and verified by rustls against the system's certificate authorities. An image without any
///   (`FROM scratch`) needs them added, or [`SmtpBuilder::root_certificates`]. Nothing received before STARTTLS is trusted
///   after it. Still, prefer `smtps://`: an attacker who tampers with the plaintext can block mails.
/// - No error, event or `Debug` output holds an address, a password or a link.
/// - A queued mail is wiped when it is delivered or given up, and so are the bytes written to the connection. Not wiped are the
///   copies that the MIME library makes within [`send`](Mailer::send), those of the system, and the URL given here.
///
/// Clones share the queue. When the last one is dropped, the rest of the queue is still delivered as long as the runtime runs.
///
/// ```no_run
/// use std::time::Duration;
/// use doorward::{Auth, Email, Site};
/// use doorward::mail::SmtpMailer;
/// use doorward::store::{MemoryAttempts, MemoryUsers};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let from = Email::parse("no-reply@acme.example")?;
/// let mailer = SmtpMailer::builder("smtps://acme:secret@mail.acme.example", from)
#[cfg_attr(feature = "tracing", doc = "    .observer(doorward::event::TracingObserver) // reports failures")]
///     .build()?;
/// let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), mailer.clone())
///     .background(|work| drop(tokio::spawn(work))) // otherwise response times reveal which addresses have accounts
#[cfg_attr(feature = "tracing", doc = "    .observer(doorward::event::TracingObserver) // reports failures")]
///     .build()?;
///
/// // … and once the server has answered its last request:
/// auth.close().await;
/// let undelivered = mailer.close(Duration::from_secs(20)).await;
/// # Ok(()) }
/// ```
///
/// Settings that would expose mails in transit are rejected:
///
/// ```
/// use doorward::Email;
/// use doorward::mail::SmtpMailer;
///
/// let from = Email::parse("no-reply@acme.example")?;
/// let refused = SmtpMailer::builder("smtp://mail.acme.example?tls=opportunistic", from.clone()).build().unwrap_err();
/// assert_eq!(refused.to_string(), "the server's URL has a tls parameter other than required");
///
/// let outside = SmtpMailer::builder("smtps://mail.acme.example", from).build().unwrap_err();
/// assert_eq!(outside.code(), "smtp_no_runtime");
/// # Ok::<(), doorward::error::Malformed>(())
/// ```
#[derive(Clone)]
pub struct SmtpMailer(Arc<Shared>);

struct Shared {
    from: Email,
    server: Arc<Server>,
    queue: Arc<Queue>,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

impl SmtpMailer {
    /// A mailer that uses the server at this URL and sends from this address.
    ///
    /// - `smtps://user:password@host` uses TLS from the start, on port 465.
    /// - `smtp://user:password@host` uses mandatory STARTTLS, on port 587; `?tls=required` means the same.
    ///
    /// User and password are percent-encoded, or given with [`SmtpBuilder::credentials`]. A path (`/mail.acme.example`) sets
    /// the name sent in `EHLO`; it defaults to the domain of `from`.
    pub fn builder(url: &str, from: Email) -> SmtpBuilder {
        SmtpBuilder::new(url, from)
    }

    fn start(runtime: &Handle, from: Email, server: Server, queue: Queue, connections: usize) -> Self {
        let (server, queue) = (Arc::new(server), Arc::new(queue));
        let start = |_| runtime.spawn(worker::work(Arc::clone(&queue), Arc::clone(&server)));
        let workers = Mutex::new((0..connections).map(start).collect());
        Self(Arc::new(Shared { from, server, queue, workers }))
    }

    /// Connects to the server, authenticates and disconnects, without sending a mail: for startup, and for a health page. Mails
    /// can be sent whatever the result.
    ///
    /// # Errors
    /// [`Refused`](doorward::store::BackendErrorKind::Refused) with the server's code, such as 535 for a wrong password;
    /// [`Unavailable`](doorward::store::BackendErrorKind::Unavailable) if the server is unreachable or fails verification. The
    /// source has details, such as why a certificate was rejected.
    ///
    /// ```
    /// use doorward::Email;
    /// use doorward::mail::SmtpMailer;
    /// use doorward::store::BackendErrorKind;
    ///
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// // Nothing listens on port 1.
    /// let mailer = SmtpMailer::builder("smtps://localhost:1", Email::parse("no-reply@acme.example")?).build()?;
    /// let error = mailer.check().await.unwrap_err();
    /// assert_eq!(error.kind(), BackendErrorKind::Unavailable);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn check(&self) -> Result<(), BackendError> {
        self.0.server.check().await
    }

    /// How many accepted mails are neither delivered nor given up.
    pub fn queued(&self) -> usize {
        self.0.queue.held()
    }

    /// Accepts no further mails and waits until all are delivered or given up, at most `within`. The rest is then given up,
    /// with an event for each mail; returns how many.
    ///
    /// Call it last: background work of the final requests may still send mails. Repeated calls are harmless.
    #[must_use = "the result says how many mails did not leave"]
    pub async fn close(&self, within: Duration) -> usize {
        let Shared { queue, workers, .. } = self.0.as_ref();
        queue.close();
        let left = queue.drained(within).await;
        let mut workers = std::mem::take(&mut *lock(workers));
        if left > 0 {
            queue.give_up();
            workers.iter().for_each(JoinHandle::abort);
            queue.drained(FAREWELL).await;
        }
        // They send QUIT. A server that does not respond must not delay the shutdown.
        let ended = timeout(FAREWELL, async {
            for worker in &mut workers {
                drop(worker.await);
            }
        });
        if ended.await.is_err() {
            workers.iter().for_each(JoinHandle::abort);
        }
        left
    }
}

fn lock(workers: &Mutex<Vec<JoinHandle<()>>>) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
    workers.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Mailer for SmtpMailer {
    /// Queues the mail.
    ///
    /// # Errors
    /// [`Refused`](doorward::store::BackendErrorKind::Refused), with an [`SmtpRejection`] as its source.
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        let Shared { from, queue, workers, .. } = self.0.as_ref();
        // The runtime in which the mailer was built may have ended, and its tasks with it.
        if lock(workers).iter().all(JoinHandle::is_finished) {
            return Err(SmtpRejection::Closed.into());
        }
        match message::render(from, to, mail, queue.now()) {
            Ok(rendered) => Ok(queue.accept(mail, rendered)?),
            Err(refusal) => {
                // It would not be otherwise another time.
                if let (SmtpRejection::Address | SmtpRejection::HeaderInjection, Some(receipt)) =
                    (refusal, mail.receipt())
                {
                    receipt.refused();
                }
                Err(refusal.into())
            }
        }
    }
}

/// The tasks run until the queue is empty, then end.
impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer")
            .field("host", &self.0.server.host)
            .field("port", &self.0.server.port)
            .field("queued", &self.queued())
            .finish_non_exhaustive()
    }
}
