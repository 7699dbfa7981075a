//! The mail server: where it is and how to reach it.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio::time::timeout;
use url::{Host, Url};
use zeroize::Zeroizing;

use doorward::mail::SmtpError;
use doorward::store::BackendError;

use super::connection::{Connection, Fault};
use super::dial::dial;
use super::dialogue::{Credentials, Dialogue, Flaw, Wire};
use super::tls::Tls;

/// Where the server is and how to reach it. No `Debug`: it holds the password.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    security: Security,
    own_name: String,
    credentials: Option<Credentials>,
    timeout: Duration,
    /// Which of its addresses to start with: the next one after each failure.
    turn: AtomicUsize,
}

enum Security {
    /// TLS from the first byte.
    Tls(Tls),
    /// TLS from STARTTLS on, which must succeed.
    StartTls(Tls),
    None,
}

/// To which servers `smtp://` goes without TLS.
#[derive(Clone, Copy, Default)]
pub(super) enum Plaintext {
    #[default]
    Nowhere,
    Loopback,
    Anywhere,
}

impl Plaintext {
    fn allows(self, host: &str) -> bool {
        match self {
            Self::Nowhere => false,
            Self::Loopback => is_loopback(host),
            Self::Anywhere => true,
        }
    }
}

/// What a host may set besides the URL.
#[derive(Default)]
pub(super) struct Options {
    pub(super) plaintext: Plaintext,
    pub(super) credentials: Option<(String, String)>,
    pub(super) root_certificates: Vec<Vec<u8>>,
}

impl Server {
    pub(super) fn parse(url: &str, own_domain: &str, timeout: Duration, options: Options) -> Result<Self, SmtpError> {
        let fault = |problem| SmtpError::Url { problem };
        let url = Url::parse(url).map_err(|_| fault("is malformed"))?;
        let host = host(&url).ok_or(fault("has no host name"))?;
        let secure = || Tls::to(&host, &options.root_certificates);
        let (security, default_port) = match (url.scheme(), parameter(&url)?.as_deref()) {
            ("smtps", None) => (Security::Tls(secure()?), 465),
            ("smtp", None) if options.plaintext.allows(&host) => (Security::None, 25),
            ("smtp", None | Some("required")) => (Security::StartTls(secure()?), 587),
            ("smtp" | "smtps", Some(_)) => return Err(fault("has a tls parameter other than required")),
            _ => return Err(fault("does not begin with smtps:// or smtp://")),
        };
        let credentials = match options.credentials {
            Some(pair) => Some(pair),
            None => userinfo(&url).ok_or(fault("has a malformed user name or password"))?,
        };
        if matches!(security, Security::None) && credentials.is_some() && !is_loopback(&host) {
            return Err(fault("would send a password in plaintext"));
        }
        let port = url.port().unwrap_or(default_port);
        let own_name = own_name(&url, own_domain).ok_or(fault("has a path that is not a host name"))?;
        let credentials = credentials.map(|(user, password)| Credentials { user, password: Zeroizing::new(password) });
        Ok(Self { host, port, security, own_name, credentials, timeout, turn: AtomicUsize::new(0) })
    }

    pub(super) async fn connect(&self) -> Result<Connection, Fault> {
        match self.dial().await {
            Ok(dialogue) => Ok(Connection::new(dialogue, self.timeout)),
            Err(flaw) => Err(Fault::from(&flaw)),
        }
    }

    /// Connects, authenticates and disconnects.
    pub(super) async fn check(&self) -> Result<(), BackendError> {
        match self.dial().await {
            Ok(dialogue) => Connection::new(dialogue, self.timeout).quit().await,
            Err(flaw) => {
                let trouble = Fault::from(&flaw).trouble;
                let told = BackendError::new(trouble.kind);
                let told = match trouble.code() {
                    Some(code) => told.with_code(code.as_str()),
                    None => told,
                };
                return Err(told.with_source(flaw));
            }
        }
        Ok(())
    }

    /// Connects and authenticates, within the timeout.
    async fn dial(&self) -> Result<Dialogue, Flaw> {
        let turn = self.turn.load(Ordering::Relaxed);
        let outcome = timeout(self.timeout, self.begin(turn)).await;
        let outcome = outcome.unwrap_or_else(|elapsed| Err(Flaw::Wire(elapsed.into())));
        if outcome.is_err() {
            self.turn.store(turn.wrapping_add(1), Ordering::Relaxed);
        }
        outcome
    }

    async fn begin(&self, turn: usize) -> Result<Dialogue, Flaw> {
        let wire: Box<dyn Wire> = Box::new(dial(&self.host, self.port, turn).await?);
        let mut dialogue = match &self.security {
            Security::Tls(tls) => Dialogue::greeted(tls.over(wire).await?, &self.own_name).await?,
            Security::StartTls(tls) => {
                let wire = Dialogue::greeted(wire, &self.own_name).await?.starttls().await?;
                Dialogue::resumed(tls.over(wire).await?, &self.own_name).await?
            }
            Security::None => Dialogue::greeted(wire, &self.own_name).await?,
        };
        if let Some(credentials) = &self.credentials {
            dialogue.sign_in(credentials).await?;
        }
        Ok(dialogue)
    }
}

/// The host name, without the brackets of an IPv6 address.
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

/// The value of `tls`, the only supported parameter.
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

/// The outer `None` means malformed; the inner one, a URL without a user.
fn userinfo(url: &Url) -> Option<Option<(String, String)>> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
    match (url.username(), url.password()) {
        ("", None) => Some(None),
        ("", Some(_)) | (_, None) => None,
        (user, Some(password)) => Some(Some((decoded(user)?, decoded(password)?))),
    }
}

/// The name for EHLO: the URL's path, or the domain of the sender.
fn own_name(url: &Url, own_domain: &str) -> Option<String> {
    match url.path().trim_matches('/') {
        "" => Some(own_domain.to_owned()),
        name => is_host_name(name).then(|| name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plaintext_to_loopback_is_none_to_other_machines() {
        let security = |url: &str, plaintext| {
            let options = Options { plaintext, ..Options::default() };
            Server::parse(url, "acme.example", Duration::from_secs(1), options).map(|server| server.security)
        };
        for url in ["smtp://localhost:1025", "smtp://127.0.0.1", "smtp://ann:secret@[::1]:25/acme.example"] {
            assert!(matches!(security(url, Plaintext::Loopback), Ok(Security::None)), "{url}");
            assert!(matches!(security(url, Plaintext::Nowhere), Ok(Security::StartTls(_))), "{url}");
        }
        for url in [
            "smtp://mail.acme.example",
            "smtp://localhost.acme.example",
            "smtp://localhost:25@acme.example",
            "smtp://128.0.0.1",
            "smtp://[::2]",
            "smtp://localhost?tls=required",
        ] {
            assert!(matches!(security(url, Plaintext::Loopback), Ok(Security::StartTls(_))), "{url}");
        }
    }
}
