use core::time::Duration;

use time::OffsetDateTime;

use super::proof::Authentication;
use crate::types::{DeviceId, until};

pub use crate::types::SessionId;

/// A session as it is listed for its owner or for an operator. It holds no token and signs nobody in.
///
/// ```
/// use doorward::session::Session;
///
/// fn line(session: &Session) -> String {
///     let label = session.label.as_deref().unwrap_or("unknown browser");
///     let here = if session.is_current { " (this one)" } else { "" };
///     format!("{label}{here}, last seen {}", session.last_seen_at)
/// }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Session {
    /// The id, for [`revoke_session`](crate::Auth::revoke_session). It stays the same when the token changes.
    pub id: SessionId,
    /// Whether it is the session that asked for the list. Always `false` in an operator's list.
    pub is_current: bool,
    /// When the sign-in took place.
    pub signed_in_at: OffsetDateTime,
    /// The proofs given, with the latest time of each.
    pub methods: Vec<Authentication>,
    /// The device it runs on, one of [`devices`](crate::Auth::devices). The session ends with the device. `None` if no device
    /// was granted.
    pub device: Option<DeviceId>,
    /// When it was last used. It may lag behind by five minutes, or by a sixth of the idle lifetime if that is less.
    pub last_seen_at: OffsetDateTime,
    /// When it ends if it is not used again.
    pub expires_at: OffsetDateTime,
    /// When it ends at the latest, however much it is used.
    pub ends_at: OffsetDateTime,
    /// Whether the user asked to be kept signed in.
    pub kept: bool,
    /// The host's label for it ([`SignInRequest::label`](crate::SignInRequest::label)), such as the browser's name.
    pub label: Option<Box<str>>,
}

impl Session {
    /// The time left at `now` if the session is not used again, to warn its owner in time.
    pub fn expires_in(&self, now: OffsetDateTime) -> Duration {
        until(now, self.expires_at)
    }
}
