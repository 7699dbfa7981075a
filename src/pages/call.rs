use super::browser::Browser;
use super::fields::Fields;

/// One request, as a page sees it.
pub(super) struct Call {
    pub(super) browser: Browser,
    pub(super) query: Fields,
    pub(super) form: Fields,
}
