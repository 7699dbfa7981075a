use core::fmt;

/// A pseudonym of an address: a digest of its canonical form, keyed if the host provides an index key. It lets events about one
/// address be correlated without naming it. [`Auth::email_pseudonym`](crate::Auth::email_pseudonym) computes it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct EmailPseudonym(Box<str>);

impl EmailPseudonym {
    pub(crate) fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The pseudonym as 22 characters of base64url.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailPseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
