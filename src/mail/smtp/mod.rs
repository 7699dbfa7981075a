//! Mails over SMTP, on tokio.

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

/// How long those who are told to stop may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Sends mails by a server of the host's, over TLS, from a queue in this process's memory (feature `smtp`).
///
/// [`send`](Mailer::send) returns at once, whatever the server does: it renders the mail and puts it into the queue. Tasks on
/// the tokio runtime in which it was built deliver it, with text and HTML side by side, over connections that are kept. What
/// the server refuses for the time being, or does not answer, is tried again after 1, 2, 4 … seconds, at most a minute
/// apart, until the mail is worth nothing any more or ten minutes are over. What it refuses for good is not, and a mail that
/// it may have already is sent three times at most. Every mail that is given up is an
/// [`EventKind::MailFailed`](doorward::event::EventKind::MailFailed); a server that cannot be reached is one
/// [`EventKind::MailDelayed`](doorward::event::EventKind::MailDelayed).
///
/// The queue ends with the process: call [`close`](Self::close) before. Of what is lost to a crash nothing is worth keeping:
/// asking for the reset, confirming it or sending the welcome again mails anew.
///
/// Mails come from the given address under the name of the [`Site`](doorward::Site), are answered to its support address, say
/// that they are automatic (RFC 3834), and have an id of their own. Addresses beyond ASCII before the `@` need a server with
/// SMTPUTF8. SPF, DKIM and DMARC are the server's affair, as is that nothing rewrites the links in mails to count clicks.
///
/// # Security
/// - TLS is mandatory and verified against the system's authorities, by rustls. An image without any (`FROM scratch`) needs them
///   put in, or [`SmtpBuilder::root_certificates`]. Nothing that was said before
///   STARTTLS counts after it; still, `smtps://` is to be preferred: whoever meddles with plain text can keep mails away.
/// - No error, event or `Debug` output holds an address, a password or a link.
/// - A mail in the queue is wiped when it is delivered or given up, and so is what goes from it onto the wire. Not wiped are the
///   copies that the library for MIME makes within [`send`](Mailer::send), those of the system, and the URL given here.
///
/// Clones share the queue. When the last one is dropped the rest of the queue is still delivered, as long as the runtime runs.
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
#[cfg_attr(feature = "tracing", doc = "    .observer(doorward::event::TracingObserver) // what fails is told")]
///     .build()?;
/// let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), mailer.clone())
///     .background(|work| drop(tokio::spawn(work))) // or the time of an answer tells strangers who has an account
#[cfg_attr(feature = "tracing", doc = "    .observer(doorward::event::TracingObserver) // what fails is told")]
///     .build()?;
///
/// // … and when the server has answered its last request:
/// auth.close().await;
/// let undelivered = mailer.close(Duration::from_secs(20)).await;
/// # Ok(()) }
/// ```
///
/// What would leave mails readable on their way is refused:
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
    /// A mailer by the server at this URL, with mails from this address.
    ///
    /// - `smtps://user:password@host` is TLS from the start, on port 465.
    /// - `smtp://user:password@host` is STARTTLS, which has to succeed, on port 587; `?tls=required` says the same.
    ///
    /// User and password are percent-encoded, or given by [`SmtpBuilder::credentials`]. A path (`/mail.acme.example`) is the name
    /// under which this side says hello; the domain of `from` by default.
    pub fn builder(url: &str, from: Email) -> SmtpBuilder {
        SmtpBuilder::new(url, from)
    }

    fn start(runtime: &Handle, from: Email, server: Server, queue: Queue, connections: usize) -> Self {
        let (server, queue) = (Arc::new(server), Arc::new(queue));
        let start = |_| runtime.spawn(worker::work(Arc::clone(&queue), Arc::clone(&server)));
        let workers = Mutex::new((0..connections).map(start).collect());
        Self(Arc::new(Shared { from, server, queue, workers }))
    }

    /// Connects to the server, gives the password and takes leave, without a mail: for when a program starts, and for a page
    /// that tells whether all is well. Mails can be sent whatever it says.
    ///
    /// # Errors
    /// [`Refused`](doorward::store::BackendErrorKind::Refused) with the server's code, such as 535 for a wrong password;
    /// [`Unavailable`](doorward::store::BackendErrorKind::Unavailable) if it cannot be reached or is not who it says. The source tells
    /// more, such as why a certificate was refused.
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

    /// How many mails were accepted and are neither delivered nor given up.
    pub fn queued(&self) -> usize {
        self.0.queue.held()
    }

    /// Accepts no further mails and waits until all are delivered or given up, at most `within`. What is left then is given
    /// up: the answer is how many mails that were, each of them an event.
    ///
    /// Call it when nothing sends mails any more: background work of the last requests may still do. Calling it again is
    /// harmless.
    #[must_use = "so many mails were lost"]
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
        // They say goodbye to the server. A server that does not listen holds nobody up.
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
    /// Puts the mail into the queue.
    ///
    /// # Errors
    /// [`Refused`](doorward::store::BackendErrorKind::Refused), with an [`SmtpRejection`] as its source.
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        let Shared { from, queue, workers, .. } = self.0.as_ref();
        // The runtime in which it was built may have ended, and the tasks with it.
        if lock(workers).iter().all(JoinHandle::is_finished) {
            return Err(SmtpRejection::Closed.into());
        }
        let rendered = message::render(from, to, mail, queue.now())?;
        Ok(queue.accept(mail, rendered)?)
    }
}

/// The tasks go on until the queue is empty, and then end.
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
