use zeroize::Zeroizing;

use crate::crypto::{Draw, RandomError};
use crate::types::{DeviceId, Epoch, SecretBytes, SessionId, UserId, Version};

/// The random values that a transition may need, drawn again for every decision. Discarding a decision discards its secrets.
pub(crate) struct Fresh {
    pub(crate) version: Version,
    pub(crate) epoch: Epoch,
    pub(crate) user_id: UserId,
    pub(crate) device_id: DeviceId,
    /// The secret of the one link or challenge that the transition may issue.
    pub(crate) secret: SecretBytes<32>,
    pub(crate) device_secret: SecretBytes<32>,
    pub(crate) session_id: SessionId,
    pub(crate) session_secret: SecretBytes<32>,
    /// Five bits of each byte become a character of a temporary password.
    pub(crate) temporary: Zeroizing<[u8; 28]>,
}

impl Fresh {
    pub(crate) fn draw() -> Result<Self, RandomError> {
        Ok(Self {
            version: Version::from_random(Draw::draw()?),
            epoch: Epoch::from_random(Draw::draw()?),
            user_id: UserId::from_random(Draw::draw()?),
            device_id: DeviceId::from_random(Draw::draw()?),
            secret: SecretBytes::new(Draw::draw()?),
            device_secret: SecretBytes::new(Draw::draw()?),
            session_id: SessionId::from_random(Draw::draw()?),
            session_secret: SecretBytes::new(Draw::draw()?),
            temporary: Zeroizing::new(Draw::draw()?),
        })
    }
}
