use time::OffsetDateTime;

use super::short_id::ShortId;

/// One use of an account: a completed sign-in, or a session in use, which is noted at most every five minutes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sighting {
    pub(crate) session: ShortId,
    /// Without one, the session stands in for the device.
    pub(crate) device: Option<ShortId>,
    /// A digest of the client address, keyed so that it reveals nothing outside this account; `None` if the host passes
    /// none.
    pub(crate) address: Option<ShortId>,
    pub(crate) at: OffsetDateTime,
}
