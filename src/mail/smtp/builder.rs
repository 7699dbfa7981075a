use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use doorward::event::SilentObserver;
use doorward::mail::{SmtpError, SmtpMailer};
use doorward::{Clock, Email, Observer, SystemClock};

use super::message::domain;
use super::queue::{Patience, Queue};
use super::server::{Options, Plaintext, Server};

/// Builds an [`SmtpMailer`]. Every setting has a safe default unless its method says otherwise.
#[must_use]
pub struct SmtpBuilder {
    url: String,
    from: Email,
    options: Options,
    connections: usize,
    timeout: Duration,
    patience: Patience,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
}

impl SmtpBuilder {
    pub(super) fn new(url: &str, from: Email) -> Self {
        Self {
            url: url.to_owned(),
            from,
            options: Options::default(),
            connections: 4,
            timeout: Duration::from_secs(60),
            patience: Patience {
                capacity: 1_000,
                first_retry: Duration::from_secs(1),
                give_up_after: Duration::from_secs(600),
            },
            clock: Arc::new(SystemClock),
            observer: Arc::new(SilentObserver),
        }
    }

    /// Who receives events; no one by default. Use the same observer as for
    /// [`AuthBuilder::observer`](doorward::AuthBuilder::observer): a mail that is given up after it was accepted is reported
    /// only here, as [`EventKind::MailFailed`](doorward::event::EventKind::MailFailed).
    pub fn observer(self, observer: impl Observer) -> Self {
        Self { observer: Arc::new(observer), ..self }
    }

    /// The source of dates in mails and events; the system clock by default. It decides nothing: the runtime's timer determines
    /// how long a mail is retried.
    pub fn clock(self, clock: impl Clock) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// The user name and password for the server, unencoded (the URL needs percent-encoding). They override those in the URL.
    pub fn credentials(mut self, user: &str, password: &str) -> Self {
        self.options.credentials = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Trusts the certificates in this PEM text in addition to the system's: for a relay with a private certificate authority.
    /// May be called several times.
    pub fn root_certificates(mut self, pem: &[u8]) -> Self {
        self.options.root_certificates.push(pem.to_owned());
        self
    }

    /// Allows `smtp://` without TLS, on port 25, if the host is `localhost` or a loopback address: for a relay on the same machine,
    /// and for a mail catcher in development. To any other host `smtp://` still means STARTTLS.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use doorward::Email;
    /// use doorward::mail::SmtpMailer;
    ///
    /// let from = Email::parse("no-reply@acme.example")?;
    /// let mailer = SmtpMailer::builder("smtp://localhost:1025", from).plaintext_to_loopback().build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn plaintext_to_loopback(mut self) -> Self {
        self.options.plaintext = Plaintext::Loopback;
        self
    }

    /// Allows `smtp://` without TLS to any host. **Anyone on the network path can then read every password and link, and inject
    /// mails**: only for a network that is yours alone, and for tests. A user name is rejected unless the host is a loopback
    /// address. `smtps://` and `?tls=required` are unaffected.
    pub fn danger_plaintext(mut self) -> Self {
        self.options.plaintext = Plaintext::Anywhere;
        self
    }

    /// How many mails the queue may hold, including those waiting for a retry; 1,000 by default, 1 to 100,000. A mail takes
    /// about 5 KB of memory. Half of the places are reserved: mails that anyone can cause
    /// ([`MailKind::anybody_can_cause`](doorward::mail::MailKind::anybody_can_cause)) cannot take them.
    pub fn queue_capacity(mut self, mails: usize) -> Self {
        self.patience.capacity = mails;
        self
    }

    /// How many connections are used in parallel; 4 by default, 1 to 64. Each is kept for further mails and closed after half a
    /// minute without one.
    pub fn connections(self, connections: usize) -> Self {
        Self { connections, ..self }
    }

    /// The timeout for connecting, and for sending one mail; 60 seconds by default, 1 millisecond to an hour. If the server may
    /// have accepted a mail without confirming in time, the mail is sent once more, with the same `Message-ID`.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The wait before the first retry of a mail; 1 second by default, 1 millisecond to a minute. Each further wait is twice as
    /// long, up to a minute.
    pub fn first_retry(mut self, wait: Duration) -> Self {
        self.patience.first_retry = wait;
        self
    }

    /// How long a mail is retried before it is given up, unless
    /// [`Mail::worth_sending_for`](doorward::mail::Mail::worth_sending_for) passes first; 10 minutes by default, 1 millisecond
    /// to a day. The lifetime of its content keeps running in the meantime, and a user who is still waiting requests another
    /// mail.
    pub fn give_up_after(mut self, time: Duration) -> Self {
        self.patience.give_up_after = time;
        self
    }

    /// Validates every setting and starts the delivery tasks. No connection is made before there is a mail.
    ///
    /// # Errors
    /// [`SmtpError`], including when called outside a tokio runtime. The runtime needs IO and timers (`enable_all`).
    pub fn build(self) -> Result<SmtpMailer, SmtpError> {
        let within = |field, inside: bool, problem| match inside {
            true => Ok(()),
            false => Err(SmtpError::Setting { field, problem }),
        };
        let millisecond = Duration::from_millis(1);
        let between = |time: Duration, most: u64| (millisecond..=Duration::from_secs(most)).contains(&time);
        within("queue_capacity", (1..=100_000).contains(&self.patience.capacity), "is not between 1 and 100,000")?;
        within("connections", (1..=64).contains(&self.connections), "is not between 1 and 64")?;
        within("timeout", between(self.timeout, 3_600), "is not between 1 millisecond and an hour")?;
        within("first_retry", between(self.patience.first_retry, 60), "is not between 1 millisecond and a minute")?;
        within(
            "give_up_after",
            between(self.patience.give_up_after, 86_400),
            "is not between 1 millisecond and a day",
        )?;
        let server = Server::parse(&self.url, domain(&self.from), self.timeout, self.options)?;
        let runtime = Handle::try_current().map_err(|_| SmtpError::NoRuntime)?;
        let queue = Queue::new(self.patience, self.clock, self.observer);
        Ok(SmtpMailer::start(&runtime, self.from, server, queue, self.connections))
    }
}

/// Shows neither the URL, which may hold a password, nor the sender.
impl fmt::Debug for SmtpBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpBuilder")
            .field("connections", &self.connections)
            .field("timeout", &self.timeout)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
