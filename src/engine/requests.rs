//! What anybody may ask for by an address alone.

use super::registrations::Registrations;
use super::resets::Resets;

pub(crate) struct Requests {
    pub(crate) resets: Resets,
    /// `None` if registration is off.
    pub(crate) registrations: Option<Registrations>,
}
