use core::fmt;

use http::request::Parts;
use thiserror::Error;

use crate::pages::fields::Fields;
use crate::types::{BackendError, Email};

/// Fields of a host's own in the forms of a registration, as they were sent: those whose names the crate does not use.
///
/// **They are what a stranger typed.** `Debug` shows the names alone.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct OwnFields(Vec<(String, String)>);

impl OwnFields {
    pub(super) fn of(form: &Fields) -> Self {
        Self(form.own().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The first value of that name, empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value).unwrap_or_default()
    }

    /// Names and values, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for OwnFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// What somebody sent to register, for the hook [`before_registration`](crate::pages::PagesBuilder::before_registration).
///
/// `Debug` shows nothing that was typed.
#[non_exhaustive]
pub struct RegistrationForm {
    /// The address. It is not proved yet.
    pub email: Email,
    /// The other fields of the form.
    pub fields: OwnFields,
    /// The language of the page, as a tag of BCP 47.
    pub language: String,
    /// The head of the request.
    pub request: Parts,
}

impl RegistrationForm {
    pub(super) fn new(email: Email, fields: OwnFields, language: String, request: Parts) -> Self {
        Self { email, fields, language, request }
    }
}

impl fmt::Debug for RegistrationForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistrationForm").field("language", &self.language).finish_non_exhaustive()
    }
}

/// Why a host's hook mails no link. The form is shown again with all that was typed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RegistrationRefusal {
    /// What to say to whoever fills in the form, in the language of the page: plain text, which is escaped.
    ///
    /// Status 422, code `registration_refused`.
    #[error("the host refused the registration")]
    Said(String),
    /// The hook failed, and people try again.
    ///
    /// Status 503, code `backend`.
    #[error(transparent)]
    Failed(#[from] BackendError),
}

impl RegistrationRefusal {
    /// Says this on the page.
    pub fn said(text: impl Into<String>) -> Self {
        Self::Said(text.into())
    }
}
