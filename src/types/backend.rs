use core::fmt;
use std::error::Error;

use super::io_class::io_class;

/// What kind of trouble a store or a mailer is in.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum BackendErrorKind {
    /// It cannot be reached, or broke off: whether the call took effect is not known.
    Unavailable,
    /// It answered that it will not do this (a constraint, a missing right, a full disk, a refused recipient).
    Refused,
    /// The store's tables are not there: `migrate()` of this very store was not called, or before `with_attempts` or
    /// `with_prefix`, or in another schema. It is called on each store that an [`Auth`](crate::Auth) is given: that of the users
    /// makes no tables where the attempts are, nor the other way round. Or a trigger or view of yours names a table that is not
    /// there.
    TablesMissing,
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
            Self::TablesMissing => "tables_missing",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A backend's own code for what went wrong: an SQLSTATE, an SMTP reply code; where it gave none, the class of the trouble, such as
/// `io-refused` or `pool-timed-out`. Fit for logs, since it is 1 to 16 ASCII letters,
/// digits, dots and dashes, and what is more is no code: a message does not pass as one.
///
/// ```
/// use doorward::store::BackendCode;
///
/// assert_eq!(BackendCode::new("42P01").unwrap().as_str(), "42P01");
/// assert_eq!(BackendCode::new("550 <ann@acme.example>: no such user"), None);
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct BackendCode(Box<str>);

impl BackendCode {
    /// The text as a code; `None` if it is none.
    pub fn new(text: impl AsRef<str>) -> Option<Self> {
        let text = text.as_ref();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        ((1..=16).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.into()))
    }

    /// The class of the I/O error among an error and its sources, such as `io-refused`: for adapters that keep no more of a
    /// driver's error than a code. [`BackendError::with_source`] looks by itself.
    pub fn io_class(error: &(dyn Error + 'static)) -> Option<&'static str> {
        io_class(error)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BackendCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An error of a plugged-in store or mailer.
///
/// It prints only its kind and a code (an SQLSTATE, an SMTP reply code), because drivers put values, and so addresses,
/// into their messages. The driver's own error is reached by [`source`](Error::source) alone: printing a chain of
/// sources down to there is a decision of the host.
///
/// ```
/// use doorward::store::{BackendError, BackendErrorKind};
///
/// let error = BackendError::new(BackendErrorKind::Refused).with_code("23505");
/// assert_eq!(error.to_string(), "backend refused (23505)");
///
/// let error = BackendError::new(BackendErrorKind::TablesMissing).with_code("42P01");
/// assert_eq!(error.to_string(), "the tables of this store are missing: call its migrate() (42P01)");
///
/// // Where the driver has no code, it is told what kind of trouble its connection is in.
/// let error = BackendError::unavailable(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
/// assert_eq!(error.to_string(), "backend unavailable (io-refused)");
/// ```
pub struct BackendError {
    kind: BackendErrorKind,
    code: Option<BackendCode>,
    call: Option<&'static str>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl BackendError {
    /// An error of that kind.
    pub fn new(kind: BackendErrorKind) -> Self {
        Self { kind, code: None, call: None, source: None }
    }

    /// An [`Unavailable`](BackendErrorKind::Unavailable) error with the driver's error as its source: what most adapters
    /// need most often.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(BackendErrorKind::Unavailable).with_source(source)
    }

    /// Adds the backend's code. What is no [`BackendCode`] is left out: a message may hold an address.
    #[must_use]
    pub fn with_code(mut self, code: impl AsRef<str>) -> Self {
        self.code = BackendCode::new(code);
        self
    }

    /// Says which method of the port failed.
    pub(crate) fn during(mut self, call: &'static str) -> Self {
        self.call = Some(call);
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

    /// The backend's code, if the adapter gave one; otherwise the class of the I/O error among the sources, if there is one.
    pub fn code(&self) -> Option<&str> {
        let given = self.code.as_ref().map(BackendCode::as_str);
        given.or_else(|| self.source.as_deref().and_then(|source| io_class(source)))
    }

    /// The method of the store that failed, such as `find_by_email`. [`Auth`](crate::Auth) adds it to the errors it hands on;
    /// `None` before that, and for a mailer.
    pub fn call(&self) -> Option<&'static str> {
        self.call
    }

    pub(crate) fn code_for_events(&self) -> Option<BackendCode> {
        self.code().and_then(BackendCode::new)
    }
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            // Whoever has two stores and called it on one of them reads which.
            BackendErrorKind::TablesMissing => match self.call {
                Some("load" | "swap" | "purge") => f.write_str(
                    "the tables are missing where the attempts are kept: call migrate() of the store given as the attempts",
                )?,
                Some(_) => f.write_str(
                    "the tables are missing where the users are kept: call migrate() of the store given as the users",
                )?,
                None => f.write_str("the tables of this store are missing: call its migrate()")?,
            },
            kind => write!(f, "backend {}", kind.as_str())?,
        }
        match self.code() {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, code, call) = (self.kind, self.code(), self.call);
        let mut shown = f.debug_struct("BackendError");
        shown.field("kind", &kind).field("code", &code).field("call", &call).finish_non_exhaustive()
    }
}

impl Error for BackendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
