use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::any_release::OfAnyRelease;
use super::challenge::StoredChallenge;
use super::deletion::StoredDeletion;
use super::device::StoredDevice;
use super::email_change::EmailChanges;
use super::extra::Extra;
use super::journal::StoredJournal;
use super::owed::StoredOwed;
use super::password::{StoredPassword, StoredTemporary};
use super::reset::ResetState;
use super::second_factor::SecondFactor;
use super::session::StoredSessions;
use super::undeliverable::StoredUndeliverable;
use crate::account::UserStatus;
use crate::hashing::StoredHash;
use crate::journal::JournalEntry;
use crate::registration::RegistrationLink;
use crate::sharing::Sightings;
use crate::types::{Epoch, micros};
use crate::user::fresh::Fresh;
use crate::user::owed_mail::Decided;

#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct Document {
    pub(in crate::user) status: UserStatus,
    pub(in crate::user) epoch: Epoch,
    #[serde(with = "micros")]
    pub(in crate::user) created_at: OffsetDateTime,
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) last_sign_in_at: Option<OffsetDateTime>,
    /// When the owner was last mailed about a right password after many failures.
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) failures_noticed_at: Option<OffsetDateTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) password: Option<StoredPassword>,
    /// Hashes of earlier passwords, the latest first; kept only if the policy looks back further than the current one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::user) earlier_passwords: Vec<StoredHash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) temporary: Option<StoredTemporary>,
    #[serde(default, skip_serializing_if = "ResetState::is_empty")]
    pub(in crate::user) reset: ResetState,
    #[serde(default, skip_serializing_if = "SecondFactor::is_empty")]
    pub(in crate::user) second_factor: SecondFactor,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::user) challenges: Vec<StoredChallenge>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::user) devices: Vec<StoredDevice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) sessions: Option<StoredSessions>,
    /// When and where the account is used, for signs that it is shared.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Sightings::is_empty")]
    pub(in crate::user) sightings: Sightings,
    /// Mails that were decided and have not been seen to leave, the earliest first.
    #[serde(default, skip_serializing_if = "OfAnyRelease::is_empty")]
    pub(in crate::user) owed: OfAnyRelease<StoredOwed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) undeliverable: Option<StoredUndeliverable>,
    #[serde(default, skip_serializing_if = "EmailChanges::is_empty")]
    pub(in crate::user) email_changes: EmailChanges,
    /// The owner has asked for the deletion of the account. It counts only while the account is deactivated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) deletion: Option<StoredDeletion>,
    /// When the owner last undid one.
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) deletion_undone_at: Option<OffsetDateTime>,
    /// The mails of the decision that led to this state. They are not stored: what is stored of them is `owed`.
    #[serde(skip)]
    pub(in crate::user) to_mail: Vec<Decided>,
    /// Where the journal ends, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) journal: Option<StoredJournal>,
    /// What the change that led to this state adds to it. Stored by the store, as rows of their own.
    #[serde(skip)]
    pub(in crate::user) journal_entries: Vec<JournalEntry>,
    /// The link of the registration that leads to this state. Stored by the host, if it wants to.
    #[serde(skip)]
    pub(in crate::user) registration: Option<RegistrationLink>,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}

impl Document {
    pub(in crate::user) fn blank(now: OffsetDateTime, fresh: &Fresh) -> Self {
        Self {
            status: UserStatus::Active,
            epoch: fresh.epoch,
            created_at: now,
            last_sign_in_at: None,
            failures_noticed_at: None,
            password: None,
            earlier_passwords: Vec::new(),
            temporary: None,
            reset: ResetState::default(),
            second_factor: SecondFactor::default(),
            challenges: Vec::new(),
            devices: Vec::new(),
            sessions: None,
            sightings: Sightings::default(),
            owed: OfAnyRelease::default(),
            undeliverable: None,
            email_changes: EmailChanges::default(),
            deletion: None,
            deletion_undone_at: None,
            to_mail: Vec::new(),
            journal: None,
            journal_entries: Vec::new(),
            registration: None,
            extra: Extra::new(),
        }
    }
}

/// For what is good to know and decides nothing: if it cannot be read, it is begun again.
fn or_default<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).unwrap_or_default())
}
