use std::error::Error;

use doorward::store::{BackendError, BackendErrorKind};
use thiserror::Error;

/// Why an [`SmtpMailer`](doorward::mail::SmtpMailer) was not built. It prints nothing of the URL, which may hold a password.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SmtpError {
    /// The URL of the server makes no sense, or leaves mails readable on their way.
    #[error("the server's URL {problem}")]
    Url {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A setting is out of bounds.
    #[error("smtp.{field} {problem}")]
    Setting {
        /// The method that sets it.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// TLS cannot be set up: a certificate cannot be read, say.
    #[error("TLS cannot be set up")]
    Tls(#[source] Box<dyn Error + Send + Sync>),
    /// There is no tokio runtime around. Mails are delivered by tasks, so `build` is called within one.
    #[error("there is no tokio runtime")]
    NoRuntime,
}

impl SmtpError {
    /// A stable name in snake_case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Url { .. } => "smtp_url_invalid",
            Self::Setting { .. } => "smtp_setting_invalid",
            Self::Tls(_) => "smtp_tls_unusable",
            Self::NoRuntime => "smtp_no_runtime",
        }
    }
}

/// Why an [`SmtpMailer`](doorward::mail::SmtpMailer) did not take a mail. It is the source of the [`BackendError`], which prints its
/// [`code`](Self::code).
#[derive(Clone, Copy, Debug, Eq, Error, Hash, PartialEq)]
#[non_exhaustive]
pub enum SmtpRejection {
    /// As many mails wait as may, or as may of those that anybody can cause.
    #[error("the queue is full")]
    QueueFull,
    /// The mailer was closed, or the runtime in which it was built has ended.
    #[error("the mailer is closed")]
    Closed,
    /// The recipient's address cannot be written into a mail.
    #[error("the address cannot be written")]
    Address,
    /// The mail would have had a header that this crate does not set: somebody tried to put one in, by way of a name or a
    /// text.
    #[error("a header was injected")]
    HeaderInjection,
    /// The operating system gave no randomness for the mail's id.
    #[error("the operating system's random source failed")]
    Random,
}

impl SmtpRejection {
    /// A stable name in kebab case, which error codes are cut to.
    pub fn code(self) -> &'static str {
        match self {
            Self::QueueFull => "queue-full",
            Self::Closed => "closed",
            Self::Address => "address",
            Self::HeaderInjection => "header-injection",
            Self::Random => "random",
        }
    }
}

impl From<SmtpRejection> for BackendError {
    fn from(refusal: SmtpRejection) -> Self {
        Self::new(BackendErrorKind::Refused).with_code(refusal.code()).with_source(refusal)
    }
}
