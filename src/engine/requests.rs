//! What may be asked for that ends in a mail, before anybody knows to whom it goes.

use super::email_changes::EmailChanges;
use super::registrations::Registrations;
use super::resets::Resets;

pub(crate) struct Requests {
    pub(crate) resets: Resets,
    pub(crate) email_changes: EmailChanges,
    /// `None` if registration is off.
    pub(crate) registrations: Option<Registrations>,
}
