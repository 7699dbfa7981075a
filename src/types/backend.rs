use core::fmt;
use std::error::Error;

use super::io_class::io_class;

/// The kind of failure of a store or mailer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum BackendErrorKind {
    /// It was unreachable or the connection broke: whether the call took effect is unknown.
    Unavailable,
    /// It rejected the call (a constraint, a missing permission, a full disk, a refused recipient).
    Refused,
    /// The store's tables do not exist. `migrate()` was not called on this very store, was called before `with_attempts` or
    /// `with_prefix`, or ran in another schema. Call it on each store given to an [`Auth`](crate::Auth): the user store does
    /// not create the attempt tables, nor the other way round. Or a trigger or view of yours refers to a missing table.
    TablesMissing,
    /// A stored row exists but cannot be read: it was edited by hand, truncated, or written by a newer release that uses a
    /// feature this one does not know.
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

/// A backend's own error code: an SQLSTATE or an SMTP reply code, or else the class of the I/O error, such as `io-refused` or
/// `pool-timed-out`. Safe to log: it is 1 to 16 ASCII letters, digits, dots and dashes, so a message cannot pass for one.
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
    /// The text as a code, or `None` if it does not have that form.
    pub fn new(text: impl AsRef<str>) -> Option<Self> {
        let text = text.as_ref();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        ((1..=16).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.into()))
    }

    /// The class of the first I/O error among an error and its sources, such as `io-refused`. For adapters that keep only a
    /// code of a driver's error; [`BackendError::with_source`] does this by itself.
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
/// It prints only its kind and a code (an SQLSTATE, an SMTP reply code), because drivers put values, and so addresses, into
/// their messages. The driver's own error is available only through [`source`](Error::source); whether to print the chain of
/// sources down to it is up to the host.
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
/// // Without a code from the driver, the class of the I/O error is shown.
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

    /// An [`Unavailable`](BackendErrorKind::Unavailable) error with the driver's error as its source: the most common case.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(BackendErrorKind::Unavailable).with_source(source)
    }

    /// Adds the backend's code. Anything that is not a [`BackendCode`] is dropped, since a message may contain an address.
    #[must_use]
    pub fn with_code(mut self, code: impl AsRef<str>) -> Self {
        self.code = BackendCode::new(code);
        self
    }

    /// Records which method of the port failed.
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

    /// The adapter's code, or else the class of the first I/O error among the sources, if there is one.
    pub fn code(&self) -> Option<&str> {
        let given = self.code.as_ref().map(BackendCode::as_str);
        given.or_else(|| self.source.as_deref().and_then(|source| io_class(source)))
    }

    /// The store method that failed, such as `find_by_email`. [`Auth`](crate::Auth) adds it to the errors it returns; `None`
    /// before that, and for a mailer.
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
            // For hosts with two stores that migrated only one of them: the message names the other.
            BackendErrorKind::TablesMissing => match self.call {
                Some("load" | "swap" | "purge") => {
                    f.write_str("the attempts tables are missing: call migrate() on the store passed as attempts")?
                }
                Some(_) => f.write_str("the users tables are missing: call migrate() on the store passed as users")?,
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
