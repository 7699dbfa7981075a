//! Mail delivery.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use axum::http::Uri;
use doorward::mail::{Mail, SmtpBuilder, SmtpMailer};
use doorward::store::BackendError;
use doorward::{Email, Mailer};

#[cfg(feature = "demo")]
use crate::demo::Mailbox;

#[derive(Clone, Debug)]
pub enum Post {
    Smtp(SmtpMailer),
    /// A page that shows the mails.
    #[cfg(feature = "demo")]
    Mailbox(Mailbox),
}

/// A mail server.
#[derive(Clone)]
pub struct Smtp {
    /// For [`SmtpMailer::builder`]. It may contain a password.
    pub url: String,
    pub from: Email,
    /// How long the server may take over one mail before it is tried again.
    pub timeout: Duration,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").finish_non_exhaustive()
    }
}

impl Smtp {
    pub(crate) fn builder(&self) -> SmtpBuilder {
        let builder = SmtpMailer::builder(&self.url, self.from.clone()).timeout(self.timeout);
        // Loopback traffic cannot be intercepted, and mail catchers used in development have no certificate.
        if is_loopback(&self.url) { builder.danger_plaintext() } else { builder }
    }
}

fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

impl Post {
    /// Checks that mails can be sent.
    pub async fn check(&self) -> Result<(), BackendError> {
        match self {
            Self::Smtp(mailer) => mailer.check().await,
            #[cfg(feature = "demo")]
            Self::Mailbox(_) => Ok(()),
        }
    }

    /// Waits for queued mails and returns how many were not sent.
    pub async fn close(&self, within: Duration) -> usize {
        match self {
            Self::Smtp(mailer) => mailer.close(within).await,
            #[cfg(feature = "demo")]
            Self::Mailbox(_) => 0,
        }
    }
}

#[async_trait]
impl Mailer for Post {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        match self {
            Self::Smtp(mailer) => mailer.send(to, mail).await,
            #[cfg(feature = "demo")]
            Self::Mailbox(mailbox) => mailbox.send(to, mail).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_machine_is_trusted_without_tls() {
        for url in ["smtp://localhost:1025", "smtp://127.0.0.1", "smtp://ann:secret@[::1]:25/acme.example"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in
            ["smtp://mail.acme.example", "smtp://localhost.acme.example", "smtp://localhost@acme.example", "", "?"]
        {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
