//! The devices of an account, and which of them belong to one place.

use serde::{Deserialize, Serialize};

use super::short_id::ShortId;

/// A device: its id, the day of its last use, and the slots of five minutes in which it was used, the current one in the lowest bit.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct SeenDevice(pub(super) ShortId, pub(super) i64, pub(super) u32);

/// A client address: its id, the devices that showed it as a set of indexes, and the day of its last use.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct SeenAddress(pub(super) ShortId, pub(super) u32, pub(super) i64);

/// The slots that are looked at together: two hours.
pub(super) const WINDOW: u32 = 24;
/// The slots of an hour.
const HOUR: u32 = 0xfff;

/// How the places of an account were used in the window, as one device is used again.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Turn {
    pub(super) devices_in_an_hour: u32,
    pub(super) places: u32,
    /// The place was used before, and another one since.
    pub(super) alternates: bool,
    /// The place was used before, and two others since.
    pub(super) crowded: bool,
}

impl Turn {
    /// Of the device at that index, used now. What it did in the current slot before does not count.
    pub(super) fn of(index: usize, devices: &[SeenDevice], addresses: &[SeenAddress]) -> Self {
        let (mut active, mut devices_in_an_hour) = (0u32, 0);
        for (at, device) in devices.iter().enumerate() {
            active |= u32::from(device.2 != 0) << at;
            devices_in_an_hour += u32::from(device.2 & HOUR != 0);
        }
        let mut turn = Self { devices_in_an_hour, places: 1, ..Self::default() };
        if active.count_ones() < 2 {
            return turn;
        }
        let slots = |place: u32| {
            let mut slots = 0;
            for (at, device) in devices.iter().enumerate() {
                slots |= if place >> at & 1 == 1 { device.2 } else { 0 };
            }
            slots
        };
        let here = place(1 << index, addresses);
        let (mut left, mut last, mut last_but_one) = (active & !here, WINDOW, WINDOW);
        while left != 0 {
            let other = place(left & left.wrapping_neg(), addresses);
            left &= !other;
            turn.places += 1;
            let latest = slots(other).trailing_zeros();
            (last, last_but_one) = (last.min(latest), last_but_one.min(latest.max(last)));
        }
        let before = slots(here) & !1;
        // In bits the past is to the left.
        turn.alternates = before != 0 && last < before.trailing_zeros();
        turn.crowded = last_but_one < WINDOW && before >> (last_but_one + 1) != 0;
        turn
    }
}

/// All devices that belong to one place with these.
fn place(mut devices: u32, addresses: &[SeenAddress]) -> u32 {
    loop {
        let before = devices;
        for address in addresses {
            if address.1 & devices != 0 {
                devices |= address.1;
            }
        }
        if devices == before {
            return devices;
        }
    }
}
