//! What an operator may see of a user.

use super::state::User;
use crate::account::UserOverview;

impl User {
    /// What an operator may see of it.
    pub fn overview(&self) -> UserOverview {
        UserOverview {
            id: self.id.clone(),
            email: self.email.clone(),
            status: self.status(),
            created_at: self.document.created_at,
            last_sign_in_at: self.document.last_sign_in_at,
            has_password: self.has_password(),
            has_second_factor: self.has_second_factor(),
            reset_expires_at: self.document.reset.expires_at(),
            owed_mails: self.owed_mails(),
            mail_due_at: self.mail_due_at(),
            deletion_due_at: self.deletion_due_at(),
            due_at: self.mail_due_at().into_iter().chain(self.deletion_due_at()).min(),
            undeliverable: self.reported_undeliverable(),
        }
    }
}
