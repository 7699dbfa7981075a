use serde::Serialize;

use super::desk::Desk;
use crate::account::{UserOverview, UserStatus};
use crate::pages::moment::Moment;

/// An account in a list.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ShownAccount {
    /// The user's id.
    pub id: String,
    /// The address.
    pub email: String,
    /// Whether it is active.
    pub active: bool,
    /// Whether the user has chosen a password.
    pub has_password: bool,
    /// Whether a second factor is on.
    pub has_second_factor: bool,
    /// When it was provisioned.
    pub created: Moment,
    /// When the user last signed in.
    pub last_sign_in: Option<Moment>,
    /// Whether mails to its address are reported as undeliverable.
    pub undeliverable: bool,
    /// When it will be gone, if its owner has asked for its deletion.
    pub deletion_due: Option<Moment>,
    /// Whether it is the operator's own.
    pub this: bool,
}

impl ShownAccount {
    pub(super) fn new(desk: &Desk, overview: UserOverview) -> Self {
        let moment = |at| desk.member.browser.moment(at);
        Self {
            this: overview.id == *desk.member.signed_in.user_id(),
            id: overview.id.to_string(),
            email: overview.email.as_typed().to_owned(),
            active: overview.status == UserStatus::Active,
            has_password: overview.has_password,
            has_second_factor: overview.has_second_factor,
            created: moment(overview.created_at),
            last_sign_in: overview.last_sign_in_at.map(moment),
            undeliverable: overview.undeliverable.is_some(),
            deletion_due: overview.deletion_due_at.map(moment),
        }
    }
}
