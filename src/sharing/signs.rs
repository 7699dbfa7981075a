/// How an account was used in the last seven days, for an operator who asks whether several people share it.
///
/// These are figures and no proof. They come from completed sign-ins and from sessions in use, which are noted at most every five
/// minutes, so all times are in steps of five minutes. Days and hours are those of UTC.
///
/// A *place* is a group of devices that client addresses link, directly or through other devices. An address links two devices if
/// the second shows it no later than the day after its last use; the link lasts until the address has not been seen for thirty
/// days. A phone that is at home in the evening and in the office by day links the devices at both. Two places are *by turns* in
/// use when the first is used, then the second, then the first again within two hours.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct SharingSigns {
    /// The most devices used within one hour, at most 16. A device is a browser; one whose cookies were cleared is a new one.
    pub devices_in_an_hour: u32,
    /// The most places used within two hours. Without client addresses every device counts as a place.
    pub places_at_once: u32,
    /// How often a place was used again after another one, within two hours.
    pub alternations: u32,
    /// The distinct client addresses, at most 48; `None` if the host has given none for thirty days. A phone on a mobile network
    /// shows many.
    pub client_addresses: Option<u32>,
    /// The hours in which three places were in use by turns: one was used, then two others in any order, then the first again,
    /// within two hours. This is what the rule counts.
    pub crowded_hours: u32,
    /// The days with such hours.
    pub crowded_days: u32,
}

impl SharingSigns {
    /// In the simulation few people alone have so many crowded hours in a week, and most groups of three have more.
    const CROWDED_HOURS: u32 = 10;
    /// The same where every device counts as a place.
    const CROWDED_HOURS_WITHOUT_ADDRESSES: u32 = 30;
    /// One unusual day is no sign.
    const CROWDED_DAYS: u32 = 3;

    /// Whether the account looks shared.
    pub(super) fn suspicious(&self) -> bool {
        let hours = match self.client_addresses {
            Some(_) => Self::CROWDED_HOURS,
            None => Self::CROWDED_HOURS_WITHOUT_ADDRESSES,
        };
        self.crowded_hours >= hours && self.crowded_days >= Self::CROWDED_DAYS
    }
}
