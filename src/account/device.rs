use core::fmt;

use time::OffsetDateTime;

pub use crate::types::DeviceId;

/// What a device token is good for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum DeviceGrade {
    /// A throttle bucket of its own: failures of strangers never delay a sign-in from this device.
    Known,
    /// That, and no code is asked for on this device for a configured time. Granted only with a right code.
    Remembered,
}

/// A device as it is listed to its owner: a browser that has signed in before. Its id names it for
/// [`revoke_device`](crate::Auth::revoke_device) and is no credential.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Device {
    /// The id, to revoke it by.
    pub id: DeviceId,
    /// What its token is good for.
    pub grade: DeviceGrade,
    /// When the token was granted.
    pub granted_at: OffsetDateTime,
    /// When it was last used to sign in.
    pub last_used_at: OffsetDateTime,
    /// When the token expires unless it is used before.
    pub expires_at: OffsetDateTime,
    /// Until when no code is asked for on it, where that is remembered.
    pub second_factor_remembered_until: Option<OffsetDateTime>,
}

impl fmt::Display for DeviceGrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known => "known",
            Self::Remembered => "remembered",
        })
    }
}
