use http::request::Parts;

use super::browser::Browser;
use super::fields::Fields;
use crate::auth::SignedIn;

/// One request, as a page sees it.
pub(super) struct Call {
    pub(super) browser: Browser,
    pub(super) query: Fields,
    pub(super) form: Fields,
    /// Who asks for a page of operators, if somebody is signed in.
    pub(super) operator: Option<SignedIn>,
    /// The head of the request, where a hook is given it.
    pub(super) head: Option<Box<Parts>>,
}
