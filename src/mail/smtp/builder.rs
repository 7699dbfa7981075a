use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use doorward::event::SilentObserver;
use doorward::mail::{SmtpError, SmtpMailer};
use doorward::{Clock, Email, Observer, SystemClock};

use super::message::domain;
use super::queue::{Patience, Queue};
use super::server::{Options, Server};

/// Puts an [`SmtpMailer`] together. Everything set here has a safe default except where its method says otherwise.
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

    /// Who receives events; nobody by default. Give the same one as to [`AuthBuilder::observer`](doorward::AuthBuilder::observer):
    /// a mail that is given up after it was accepted is told here and nowhere else, as
    /// [`EventKind::MailFailed`](doorward::event::EventKind::MailFailed).
    pub fn observer(self, observer: impl Observer) -> Self {
        Self { observer: Arc::new(observer), ..self }
    }

    /// Where the dates of mails and events come from; the system's clock by default. Nothing is decided by it: how long a mail
    /// is tried is counted by the runtime, whatever a clock shows.
    pub fn clock(self, clock: impl Clock) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// The user name and password for the server, as they are: in the URL they would have to be percent-encoded. They take the
    /// place of those in the URL.
    pub fn credentials(mut self, user: &str, password: &str) -> Self {
        self.options.credentials = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Trusts the certificates of this PEM text beside those that the system trusts: for a relay with a certificate of its
    /// own authority. May be called again.
    pub fn root_certificates(mut self, pem: &[u8]) -> Self {
        self.options.root_certificates.push(pem.to_owned());
        self
    }

    /// Allows `smtp://` without TLS. **Whoever sees the network then reads every password and link, and may put in mails of
    /// their own**: for a relay on the same machine, and for tests. A user name is refused unless the host is a loopback
    /// address. Nothing changes for `smtps://` and for `?tls=required`.
    pub fn danger_plaintext(mut self) -> Self {
        self.options.plaintext = true;
        self
    }

    /// How many mails may be on their way, those included that wait for a later try; 1,000 by default, 1 to 100,000. A mail
    /// takes some 5 KB of memory. Half of the places are kept from mails that anybody can cause
    /// ([`MailKind::anybody_can_cause`](doorward::mail::MailKind::anybody_can_cause)).
    pub fn queue_capacity(mut self, mails: usize) -> Self {
        self.patience.capacity = mails;
        self
    }

    /// How many connections are used at once; 4 by default, 1 to 64. Each is kept for further mails, and closed after half a
    /// minute without.
    pub fn connections(self, connections: usize) -> Self {
        Self { connections, ..self }
    }

    /// How long connecting may take, and how long sending one mail may; 60 seconds by default, 1 millisecond to an hour. A
    /// mail that the server may have accepted without saying so in time is sent again, under the same `Message-ID`, three
    /// times in all at most.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The wait before the second try of a mail; 1 second by default, 1 millisecond to a minute. Every further wait is twice
    /// as long, up to a minute.
    pub fn first_retry(mut self, wait: Duration) -> Self {
        self.patience.first_retry = wait;
        self
    }

    /// After what time a mail is given up, unless [`Mail::worth_sending_for`](doorward::mail::Mail::worth_sending_for) is over before;
    /// 10 minutes by default, 1 millisecond to a day. The hour of what it carries is running meanwhile, and whoever waits for
    /// a mail asks again.
    pub fn give_up_after(mut self, time: Duration) -> Self {
        self.patience.give_up_after = time;
        self
    }

    /// Checks every setting and starts the tasks that deliver. No connection is made before there is a mail.
    ///
    /// # Errors
    /// [`SmtpError`], also outside a tokio runtime. The runtime needs its IO and its timers (`enable_all`).
    pub fn build(self) -> Result<SmtpMailer, SmtpError> {
        let within = |field, inside: bool, problem| match inside {
            true => Ok(()),
            false => Err(SmtpError::Setting { field, problem }),
        };
        let millisecond = Duration::from_millis(1);
        let between = |time: Duration, most: u64| (millisecond..=Duration::from_secs(most)).contains(&time);
        within("queue_capacity", (1..=100_000).contains(&self.patience.capacity), "is not 1 to 100,000")?;
        within("connections", (1..=64).contains(&self.connections), "is not 1 to 64")?;
        within("timeout", between(self.timeout, 3_600), "is not 1 millisecond to an hour")?;
        within("first_retry", between(self.patience.first_retry, 60), "is not 1 millisecond to a minute")?;
        within("give_up_after", between(self.patience.give_up_after, 86_400), "is not 1 millisecond to a day")?;
        let server = Server::parse(&self.url, domain(&self.from), self.timeout, self.options)?;
        let runtime = Handle::try_current().map_err(|_| SmtpError::NoRuntime)?;
        let queue = Queue::new(self.patience, self.clock, self.observer);
        Ok(SmtpMailer::start(&runtime, self.from, server, queue, self.connections))
    }
}

/// Neither the URL, which may hold a password, nor the sender.
impl fmt::Debug for SmtpBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpBuilder")
            .field("connections", &self.connections)
            .field("timeout", &self.timeout)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
