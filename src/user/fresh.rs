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
    const BYTES: usize = 5 * 16 + 3 * 32 + 28;

    pub(crate) fn draw() -> Result<Self, RandomError> {
        // One call to the operating system instead of nine: a use of a session that is written down costs little else.
        let drawn = Zeroizing::new(<[u8; Self::BYTES]>::draw()?);
        let mut rest = &drawn[..];
        Ok(Self {
            version: Version::from_random(take(&mut rest)),
            epoch: Epoch::from_random(take(&mut rest)),
            user_id: UserId::from_random(take(&mut rest)),
            device_id: DeviceId::from_random(take(&mut rest)),
            secret: SecretBytes::new(take(&mut rest)),
            device_secret: SecretBytes::new(take(&mut rest)),
            session_id: SessionId::from_random(take(&mut rest)),
            session_secret: SecretBytes::new(take(&mut rest)),
            temporary: Zeroizing::new(take(&mut rest)),
        })
    }
}

/// The next bytes; no byte is taken twice.
fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (taken, left) = rest.split_first_chunk().expect("as many bytes were drawn as are taken");
    *rest = left;
    *taken
}
