//! The mail server: where it is, how it is reached, and what its answers mean.

use std::net::Ipv4Addr;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use tokio::time::timeout;
use url::{Host, Url};

use doorward::{BackendCode, BackendError, BackendErrorKind, SmtpError};

use super::message::Rendered;

/// How long a connection that rests may take to say that it is still there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
const PEM: &[u8] = b"-----END CERTIFICATE-----";

/// Where the server is and how it is reached. No `Debug`: it holds the password.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    security: Security,
    hello: ClientId,
    credentials: Option<Credentials>,
    timeout: Duration,
}

enum Security {
    /// From the first byte.
    Tls(TlsParameters),
    /// From STARTTLS on, which has to succeed.
    StartTls(TlsParameters),
    None,
}

/// What a host may say beside the URL.
#[derive(Default)]
pub(super) struct Options {
    pub(super) plaintext: bool,
    pub(super) credentials: Option<(String, String)>,
    pub(super) root_certificates: Vec<Vec<u8>>,
}

/// What is told of a dialogue that went wrong.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trouble {
    pub(super) kind: BackendErrorKind,
    /// The server's reply code. Its text may repeat the address and is not kept.
    reply: Option<u16>,
    /// Where there is none: a word for what failed on the way.
    class: Option<&'static str>,
}

impl Trouble {
    pub(super) const UNREACHABLE: Self = Self { kind: BackendErrorKind::Unavailable, reply: None, class: None };
    const TIMED_OUT: Self = Self { class: Some("timed-out"), ..Self::UNREACHABLE };

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
    /// Trying the same mail again is of no use.
    pub(super) permanent: bool,
    /// The connection broke off, or the server takes its leave.
    pub(super) broke_off: bool,
}

impl Server {
    pub(super) fn parse(url: &str, own_domain: &str, timeout: Duration, options: Options) -> Result<Self, SmtpError> {
        let fault = |problem| SmtpError::Url { problem };
        let url = Url::parse(url).map_err(|_| fault("cannot be read"))?;
        let host = host(&url).ok_or(fault("has no host name"))?;
        let secure = || tls(&host, &options.root_certificates);
        let (security, default_port) = match (url.scheme(), parameter(&url)?.as_deref()) {
            ("smtps", None) => (Security::Tls(secure()?), 465),
            ("smtp", None) if options.plaintext => (Security::None, 25),
            ("smtp", None | Some("required")) => (Security::StartTls(secure()?), 587),
            ("smtp" | "smtps", Some(_)) => return Err(fault("has a tls parameter other than required")),
            _ => return Err(fault("begins neither with smtps:// nor with smtp://")),
        };
        let credentials = match options.credentials {
            Some(pair) => Some(pair),
            None => userinfo(&url).ok_or(fault("has a user name or a password that cannot be read"))?,
        };
        if matches!(security, Security::None) && credentials.is_some() && !is_loopback(&host) {
            return Err(fault("would send a password in the clear"));
        }
        let port = url.port().unwrap_or(default_port);
        let hello = ClientId::Domain(own_name(&url, own_domain).ok_or(fault("has a path that is no host name"))?);
        let credentials = credentials.map(|(user, password)| Credentials::new(user, password));
        Ok(Self { host, port, security, hello, credentials, timeout })
    }

    pub(super) async fn connect(&self) -> Result<Connection, Fault> {
        within(self.timeout, self.dial()).await.map(|smtp| Connection { smtp, used: false, timeout: self.timeout })
    }

    /// Connects, signs in and takes leave.
    pub(super) async fn check(&self) -> Result<(), BackendError> {
        match timeout(self.timeout, self.dial()).await {
            Ok(Ok(smtp)) => Connection { smtp, used: false, timeout: self.timeout }.quit().await,
            Ok(Err(error)) => {
                let trouble = Fault::from(&error).trouble;
                let told = BackendError::new(trouble.kind);
                let told = match trouble.code() {
                    Some(code) => told.with_code(code.as_str()),
                    None => told,
                };
                return Err(told.with_source(error));
            }
            Err(elapsed) => return Err(BackendError::unavailable(elapsed)),
        }
        Ok(())
    }

    async fn dial(&self) -> Result<AsyncSmtpConnection, Error> {
        let (server, hello) = ((self.host.as_str(), self.port), &self.hello);
        let tls = match &self.security {
            Security::Tls(parameters) => Some(parameters.clone()),
            Security::StartTls(_) | Security::None => None,
        };
        let mut smtp = AsyncSmtpConnection::connect_tokio1(server, Some(self.timeout), hello, tls, None).await?;
        if let Security::StartTls(parameters) = &self.security {
            smtp.starttls(parameters.clone(), hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            smtp.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(smtp)
    }
}

/// A connection with one user: a worker. Lettre's own pool hands a connection on whose dialogue was broken off in the middle
/// (by a timeout, since lettre has none for dialogues): the next mail then reads the answers to the one before. Here such a
/// connection is dropped.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    used: bool,
    timeout: Duration,
}

impl Connection {
    /// Whether a mail has gone over it before: then the server may have closed it meanwhile, or let it have its share.
    pub(super) fn is_used(&self) -> bool {
        self.used
    }

    /// Sends a mail, and gives the connection back if it is still good.
    pub(super) async fn send(mut self, mail: &Rendered) -> Result<Self, Fault> {
        within(self.timeout, self.smtp.send(&mail.envelope, &mail.message)).await?;
        self.used = true;
        Ok(self)
    }

    /// After a rest: gives the connection back if it is still good.
    pub(super) async fn alive(mut self) -> Option<Self> {
        let alive = timeout(SIGN_OF_LIFE.min(self.timeout), self.smtp.test_connected()).await;
        alive.is_ok_and(|alive| alive).then_some(self)
    }

    /// Takes leave, if the server listens.
    pub(super) async fn quit(mut self) {
        drop(timeout(SIGN_OF_LIFE.min(self.timeout), self.smtp.quit()).await);
    }
}

async fn within<T>(limit: Duration, dialogue: impl Future<Output = Result<T, Error>>) -> Result<T, Fault> {
    match timeout(limit, dialogue).await {
        Ok(outcome) => outcome.map_err(|error| Fault::from(&error)),
        Err(_) => Err(Fault { trouble: Trouble::TIMED_OUT, permanent: false, broke_off: true }),
    }
}

/// Only the class and the code of the answer are kept: its text may repeat the address.
impl From<&Error> for Fault {
    fn from(error: &Error) -> Self {
        const TAKES_ITS_LEAVE: u16 = 421;
        // Lettre's own refusals are that the server lacks an extension which this mail needs.
        let permanent = error.is_permanent() || error.is_client();
        let answered = permanent || error.is_transient();
        let kind = if answered { BackendErrorKind::Refused } else { BackendErrorKind::Unavailable };
        let reply = error.status().map(u16::from);
        let broke_off = reply == Some(TAKES_ITS_LEAVE) || !answered;
        Self { trouble: Trouble { kind, reply, class: class(error) }, permanent, broke_off }
    }
}

/// Nothing of its text.
fn class(error: &Error) -> Option<&'static str> {
    match () {
        () if error.is_tls() => Some("tls"),
        () if error.is_timeout() => Some("timed-out"),
        () if error.is_response() => Some("reply-malformed"),
        () if error.is_client() => Some("extension-lacks"),
        () => BackendCode::io_class(error).or(Some("connection")),
    }
}

/// Without the brackets of IPv6.
fn host(url: &Url) -> Option<String> {
    let host = match url.host()? {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(ip) => ip.to_string(),
        Host::Ipv6(ip) => return Some(ip.to_string()),
    };
    is_host_name(&host).then_some(host)
}

fn is_host_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// The value of `tls`, the only parameter there is.
fn parameter(url: &Url) -> Result<Option<String>, SmtpError> {
    let mut tls = None;
    for (name, value) in url.query_pairs() {
        if name != "tls" || tls.is_some() {
            return Err(SmtpError::Url { problem: "has a parameter other than tls" });
        }
        tls = Some(value.into_owned());
    }
    Ok(tls)
}

/// The outer `None` is for what cannot be read, the inner one for a URL without a user.
fn userinfo(url: &Url) -> Option<Option<(String, String)>> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
    match (url.username(), url.password()) {
        ("", None) => Some(None),
        ("", Some(_)) | (_, None) => None,
        (user, Some(password)) => Some(Some((decoded(user)?, decoded(password)?))),
    }
}

/// What this side calls itself: the URL's path, as with lettre, or the domain that mails come from.
fn own_name(url: &Url, own_domain: &str) -> Option<String> {
    match url.path().trim_matches('/') {
        "" => Some(own_domain.to_owned()),
        name => is_host_name(name).then(|| name.to_owned()),
    }
}

fn tls(host: &str, root_certificates: &[Vec<u8>]) -> Result<TlsParameters, SmtpError> {
    let unusable = |error: Error| SmtpError::Tls(error.into());
    let mut parameters = TlsParameters::builder(host.to_owned());
    for pem in root_certificates {
        // Lettre takes a text without any for one with none to add.
        if !pem.windows(PEM.len()).any(|part| part == PEM) {
            let (field, problem) = ("root_certificates", "holds no certificate in PEM");
            return Err(SmtpError::Setting { field, problem });
        }
        parameters = parameters.add_root_certificate(Certificate::from_pem(pem).map_err(unusable)?);
    }
    parameters.build().map_err(unusable)
}
