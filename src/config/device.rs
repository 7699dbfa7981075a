use core::time::Duration;

use super::DAY;
use crate::user::MOST_DEVICES;

/// Browsers from which somebody has signed in before.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceConfig {
    /// How long a device is known after its last use, and the `Max-Age` of its cookie; at most 400 days, where browsers cap it;
    /// default 90 days.
    pub lifetime: Duration,
    /// How many a user may have, 1 to 20; default 20. A new one takes the place of one that has expired or, if there
    /// is none, of the one that has not signed in for longest, but of none that has within the last week. The sessions on it end
    /// with it; so may those of somebody who works in one browser for weeks and signs in from twenty others.
    pub at_most: usize,
    /// Whose owners are mailed about a sign-in from a browser that was not known; default those with a second factor.
    pub new_device_notice: NewDeviceNotice,
}

/// Whose owners are mailed about a sign-in from a browser that was not known.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum NewDeviceNotice {
    /// Nobody's.
    Never,
    /// Those of accounts with a second factor: a new browser there is rare, and means that password and code are both in
    /// somebody's hands.
    #[default]
    WithSecondFactor,
    /// Everybody's. Browsers forget cookies, so owners get used to it.
    Always,
}

impl Default for DeviceConfig {
    fn default() -> Self {
        Self { lifetime: 90 * DAY, at_most: MOST_DEVICES, new_device_notice: NewDeviceNotice::default() }
    }
}
