use core::time::Duration;

use super::DAY;
use crate::types::NewDeviceNotice;
use crate::user::MOST_DEVICES;

/// Settings of known devices: browsers that have signed in before.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceConfig {
    /// How long a device stays known after its last use, which is also the `Max-Age` of its cookie; at most 400 days, where
    /// browsers cap it; default 90 days.
    pub lifetime: Duration,
    /// How many devices a user may have, 1 to 20; default 20. A new one replaces an expired one or else evicts the least
    /// recently used, but never one used for a sign-in in the last week, nor one on which a session is alive. Where all places
    /// are taken, a new browser signs in without becoming a device.
    pub at_most: usize,
    /// Which users are mailed about a sign-in from an unknown browser; default those with a second factor.
    pub new_device_notice: NewDeviceNotice,
}

impl Default for DeviceConfig {
    fn default() -> Self {
        Self { lifetime: 90 * DAY, at_most: MOST_DEVICES, new_device_notice: NewDeviceNotice::default() }
    }
}
