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
#[error("malformed {what}{}{}", if .reason.is_some() { ": " } else { "" }, .reason.unwrap_or_default())]
pub struct Malformed {
    what: &'static str,
    reason: Option<&'static str>,
}

impl Malformed {
    pub(crate) const ATTEMPTS: Self = Self::new("attempts");
    pub(crate) const EMAIL: Self = Self::new("email address");
    pub(crate) const UNMAILABLE_DOTS: Self =
        Self { reason: Some("dots at the beginning, at the end or next to each other before the @"), ..Self::EMAIL };
    pub(crate) const ID: Self = Self::new("id");
    pub(crate) const TOKEN: Self = Self::new("token");

    /// For adapters that parse texts of their own, such as a table prefix.
    pub const fn new(what: &'static str) -> Self {
        Self { what, reason: None }
    }

    /// What the text was meant to be, such as `email address`.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// Why, in English, for operators: for addresses that exist somewhere although mail does not reach them. `None` if there is
    /// nothing to add. It never quotes the text.
    pub fn reason(&self) -> Option<&'static str> {
        self.reason
    }
}
