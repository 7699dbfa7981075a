use thiserror::Error;

/// A text that does not have the required form. The error never quotes the text.
///
/// ```
/// use doorward::{Email, error::Malformed};
///
/// let refused: Malformed = Email::parse("not an address").unwrap_err();
/// assert_eq!(refused.to_string(), "malformed email address");
/// ```
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("malformed {0}")]
pub struct Malformed(&'static str);

impl Malformed {
    pub(crate) const ATTEMPTS: Self = Self("attempts");
    pub(crate) const EMAIL: Self = Self("email address");
    pub(crate) const ID: Self = Self("id");
    pub(crate) const SESSION: Self = Self("session");
    pub(crate) const TOKEN: Self = Self("token");

    /// For adapters that parse texts of their own, such as a table prefix.
    pub const fn new(what: &'static str) -> Self {
        Self(what)
    }

    /// What the text was meant to be, such as `email address`.
    pub fn what(&self) -> &'static str {
        self.0
    }
}
