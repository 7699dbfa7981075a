use core::fmt;

use time::OffsetDateTime;

pub use crate::types::DeviceId;

/// What a device token grants.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum DeviceGrade {
    /// A throttle bucket of its own: an attacker's failures never delay a sign-in from this device.
    Known,
    /// In addition, no code is asked for on this device for a configured time. Granted only after a right code.
    Remembered,
}

/// A browser that has signed in before, as listed to its owner. Its id identifies it for
/// [`revoke_device`](crate::Auth::revoke_device) and is not a credential.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Device {
    /// The id, for revoking it.
    pub id: DeviceId,
    /// What its token grants.
    pub grade: DeviceGrade,
    /// When the token was granted.
    pub granted_at: OffsetDateTime,
    /// When it was last used to sign in.
    pub last_used_at: OffsetDateTime,
    /// When the token expires unless it is used again.
    pub expires_at: OffsetDateTime,
    /// If it is remembered: until when no code is asked for on it.
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
