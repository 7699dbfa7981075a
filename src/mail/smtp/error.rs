use std::error::Error;

use doorward::store::{BackendError, BackendErrorKind};
use thiserror::Error;

/// Why an [`SmtpMailer`](doorward::mail::SmtpMailer) was not built. Prints nothing of the URL, which may hold a password.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SmtpError {
    /// The server's URL is invalid, or would expose mails in transit.
    #[error("the server's URL {problem}")]
    Url {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A setting is out of bounds.
    #[error("smtp.{field} {problem}")]
    Setting {
        /// The name of the setter.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// TLS could not be set up, for example because a certificate is malformed.
    #[error("TLS cannot be set up")]
    Tls(#[source] Box<dyn Error + Send + Sync>),
    /// `build` was called outside a tokio runtime, whose tasks deliver the mails.
    #[error("there is no tokio runtime")]
    NoRuntime,
}

impl SmtpError {
    /// A stable `snake_case` code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Url { .. } => "smtp_url_invalid",
            Self::Setting { .. } => "smtp_setting_invalid",
            Self::Tls(_) => "smtp_tls_unusable",
            Self::NoRuntime => "smtp_no_runtime",
        }
    }
}

/// Why an [`SmtpMailer`](doorward::mail::SmtpMailer) rejected a mail. It is the source of the [`BackendError`], which prints
/// its [`code`](Self::code).
#[derive(Clone, Copy, Debug, Eq, Error, Hash, PartialEq)]
#[non_exhaustive]
pub enum SmtpRejection {
    /// The queue is full, or its share for mails that anyone can cause is.
    #[error("the queue is full")]
    QueueFull,
    /// The mailer was closed, or the runtime in which it was built has ended.
    #[error("the mailer is closed")]
    Closed,
    /// The recipient's address cannot be written in a mail header.
    #[error("the address cannot be written in a mail header")]
    Address,
    /// The mail would contain a header that this crate does not set: someone tried to inject one through a name or a text.
    #[error("a header was injected")]
    HeaderInjection,
    /// The operating system provided no randomness for the `Message-ID`.
    #[error("the operating system's random source failed")]
    Random,
}

impl SmtpRejection {
    /// A stable kebab-case name, since error codes are limited to such characters.
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
