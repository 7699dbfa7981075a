use core::fmt;
use std::error::Error;

/// What kind of trouble a store or a mailer is in.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum BackendErrorKind {
    /// It cannot be reached, or broke off: whether the call took effect is not known.
    Unavailable,
    /// It answered that it will not do this (a constraint, a missing right, a full disk, a refused recipient).
    Refused,
    /// A stored row exists but cannot be understood: it was edited by hand, cut off, or written by a newer release that
    /// uses a feature this one does not know.
    Unreadable,
}

impl BackendErrorKind {
    /// A stable name for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Refused => "refused",
            Self::Unreadable => "unreadable",
        }
    }
}

/// An error of a plugged-in store or mailer.
///
/// It prints only its kind and a code (an SQLSTATE, an SMTP reply code), because drivers put values, and so addresses,
/// into their messages. The driver's own error is reached by [`source`](Error::source) alone: printing a chain of
/// sources is a decision of the host.
///
/// ```
/// use doorward::{BackendError, BackendErrorKind};
///
/// let error = BackendError::new(BackendErrorKind::Refused).with_code("23505");
/// assert_eq!(error.to_string(), "backend refused (23505)");
/// ```
pub struct BackendError {
    kind: BackendErrorKind,
    code: Option<Box<str>>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl BackendError {
    /// An error of that kind.
    pub fn new(kind: BackendErrorKind) -> Self {
        Self { kind, code: None, source: None }
    }

    /// An [`Unavailable`](BackendErrorKind::Unavailable) error with the driver's error as its source: what most adapters
    /// need most often.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(BackendErrorKind::Unavailable).with_source(source)
    }

    /// Adds the backend's code. All but the first 16 ASCII letters, digits, dots and dashes are dropped, so that no
    /// message can slip in as a code.
    #[must_use]
    pub fn with_code(mut self, code: impl AsRef<str>) -> Self {
        let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        self.code = Some(code.as_ref().chars().filter(allowed).take(16).collect::<String>().into());
        self
    }

    /// Adds the driver's own error.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind.
    pub fn kind(&self) -> BackendErrorKind {
        self.kind
    }

    /// The backend's code, if the adapter gave one.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "backend {}", self.kind.as_str())?;
        match &self.code {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendError").field("kind", &self.kind).field("code", &self.code).finish_non_exhaustive()
    }
}

impl Error for BackendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
