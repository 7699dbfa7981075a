use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::extra::Extra;
use crate::types::{Digest, Email, Version, micros};
use crate::user::owed_mail::OwedMail;

/// A mail that was decided and has not been seen to leave: what it is about, and never a token, a password or a text.
#[derive(Clone, Deserialize, Serialize)]
pub(in crate::user) struct StoredOwed {
    pub(in crate::user) mail: OwedMail,
    /// The state in which it was decided. With the mail it names the entry.
    pub(in crate::user) by: Version,
    #[serde(with = "micros")]
    pub(in crate::user) since: OffsetDateTime,
    /// When it may be tried next: until then somebody else is trying, or it is too early.
    #[serde(with = "micros")]
    pub(in crate::user) due: OffsetDateTime,
    #[serde(default)]
    pub(in crate::user) tries: u32,
    /// A server was sent it in full and did not answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::user) unanswered: bool,
    /// The link that it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) link: Option<Digest>,
    /// To whom, if not to the address of the account: to the one before a change, wherever the account goes later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::user) to: Option<Email>,
    #[serde(flatten)]
    pub(in crate::user) extra: Extra,
}
