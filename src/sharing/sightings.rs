use core::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::export::{DayExport, SeenExport, SightingsExport};
use super::places::{SeenAddress, SeenDevice, Turn, WINDOW};
use super::short_id::ShortId;
use super::sighting::Sighting;
use super::signs::SharingSigns;
use crate::types::{after, micros, rfc3339};

/// What an account remembers of its use: devices and client addresses of the last thirty days, and figures of the last seven.
///
/// It is bounded: 16 devices, 48 addresses and 7 days are at most 2,000 bytes of JSON. The elements of its lists are arrays of a
/// fixed form; a newer release adds fields beside the lists, and those are kept.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Sightings {
    /// The slot of five minutes that the lowest bits of the devices stand for.
    #[serde(default)]
    slot: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    devices: Vec<SeenDevice>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<SeenAddress>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    days: Vec<Day>,
    #[serde(with = "micros::option", default, skip_serializing_if = "Option::is_none")]
    reported_at: Option<OffsetDateTime>,
    /// Fields of a newer release, kept unchanged.
    #[serde(flatten)]
    extra: Map<String, Value>,
}

/// The figures of one day: the day, its crowded hours as a set of bits, the most devices in an hour, the most places at once, and
/// the alternations.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct Day(i64, u32, u32, u32, u32);

const MOST_DEVICES: usize = 16;
const MOST_ADDRESSES: usize = 48;
/// Devices and addresses that were not used for so many days are forgotten.
const REMEMBERED_DAYS: i64 = 30;
/// The days that are counted, with the current one.
const COUNTED_DAYS: i64 = 7;
/// The time between two reports.
const REPORTED_EVERY: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const SLOTS_OF_A_DAY: i64 = 288;

impl Sightings {
    pub(crate) fn is_empty(&self) -> bool {
        self.devices.is_empty() && self.reported_at.is_none() && self.extra.is_empty()
    }

    /// What it holds, for the person.
    pub(crate) fn export(&self) -> SightingsExport {
        let Self { slot: _, devices, addresses, days, reported_at, extra: _ } = self;
        let browser = |SeenDevice(_, last, _): &SeenDevice| SeenExport { last_seen_on: day(*last), browsers: None };
        let address = |SeenAddress(_, devices, last): &SeenAddress| SeenExport {
            last_seen_on: day(*last),
            browsers: Some(devices.count_ones()),
        };
        let figures = |Day(of, hours, most_browsers_in_an_hour, most_places_at_once, alternations): &Day| DayExport {
            day: day(*of),
            hours_in_which_places_alternated: (0..24).filter(|hour| hours >> hour & 1 == 1).collect(),
            most_browsers_in_an_hour: *most_browsers_in_an_hour,
            most_places_at_once: *most_places_at_once,
            alternations: *alternations,
        };
        SightingsExport {
            browsers: devices.iter().map(browser).collect(),
            client_addresses: addresses.iter().map(address).collect(),
            days: days.iter().map(figures).collect(),
            last_reported_as_shared_at: reported_at.map(rfc3339),
        }
    }

    /// Notes one use; none without an address while addresses are remembered. `Some` if the account now looks shared and that was
    /// not reported within seven days; it counts as reported from then on.
    pub(crate) fn note(&mut self, seen: &Sighting) -> Option<SharingSigns> {
        let slot = slot_of(seen.at);
        let late = self.turn_to(slot);
        // Beside those whose place is known, a device without an address would be a place of its own.
        if seen.address.is_none() && !self.addresses.is_empty() {
            return None;
        }
        let today = self.slot.div_euclid(SLOTS_OF_A_DAY);
        let index = self.device(seen.device.unwrap_or(seen.session), today);
        if let Some(address) = seen.address {
            self.address(address, index, today);
        }
        self.devices[index].2 |= 1 << late;
        // A sighting that comes late belongs to the past, of which what came later is known already.
        if late > 0 {
            return None;
        }
        let turn = Turn::of(index, &self.devices, &self.addresses);
        self.count(&turn, slot);
        let signs = if turn.crowded { self.signs(seen.at) } else { return None };
        (signs.suspicious() && self.report_due(seen.at)).then_some(signs)
    }

    /// The figures of the last seven days.
    pub(crate) fn signs(&self, now: OffsetDateTime) -> SharingSigns {
        let today = slot_of(now).div_euclid(SLOTS_OF_A_DAY);
        let counted = |day: i64| (0..COUNTED_DAYS).contains(&today.saturating_sub(day));
        let mut signs = SharingSigns::default();
        for day in self.days.iter().filter(|day| counted(day.0)) {
            signs.crowded_hours += day.1.count_ones();
            signs.crowded_days += u32::from(day.1 != 0);
            signs.devices_in_an_hour = signs.devices_in_an_hour.max(day.2);
            signs.places_at_once = signs.places_at_once.max(day.3);
            signs.alternations = signs.alternations.saturating_add(day.4);
        }
        if !self.addresses.is_empty() {
            let count = self.addresses.iter().filter(|address| counted(address.2)).count();
            signs.client_addresses = Some(u32::try_from(count).unwrap_or(u32::MAX));
        }
        signs
    }

    /// Makes that slot the current one. Returns how many slots late it is: zero, unless a machine's clock is behind by less than the
    /// window. If it is behind by more, some clock was wrong: the window begins again, and what lies in the future counts as of now.
    fn turn_to(&mut self, slot: i64) -> u32 {
        // A release with more places may have written it.
        self.devices.truncate(MOST_DEVICES);
        let passed = slot.saturating_sub(self.slot);
        if let Ok(late) = u32::try_from(-passed)
            && late < WINDOW
        {
            return late;
        }
        for device in &mut self.devices {
            // Two hours have 24 bits.
            device.2 = if (0..i64::from(WINDOW)).contains(&passed) { device.2 << passed & 0xff_ffff } else { 0 };
        }
        let (before, today) = (self.slot.div_euclid(SLOTS_OF_A_DAY), slot.div_euclid(SLOTS_OF_A_DAY));
        self.slot = slot;
        if before != today {
            self.begin_day(today);
        }
        0
    }

    fn begin_day(&mut self, today: i64) {
        self.days.retain(|day| (0..COUNTED_DAYS).contains(&today.saturating_sub(day.0)));
        for device in &mut self.devices {
            device.1 = device.1.min(today);
        }
        for address in &mut self.addresses {
            address.2 = address.2.min(today);
        }
        self.addresses.retain(|address| today.saturating_sub(address.2) < REMEMBERED_DAYS);
    }

    /// The index of that device, which is a new one if it is unknown.
    fn device(&mut self, id: ShortId, today: i64) -> usize {
        let known = self.devices.iter().position(|device| device.0 == id);
        let index = known.unwrap_or_else(|| self.new_device(id, today));
        self.devices[index].1 = today;
        index
    }

    /// Addresses name devices by their indexes, so a device never moves, and a new one takes the index of one that is forgotten.
    fn new_device(&mut self, id: ShortId, today: i64) -> usize {
        let new = SeenDevice(id, today, 0);
        let idle = |device: &SeenDevice| today.saturating_sub(device.1) >= REMEMBERED_DAYS;
        let index = match self.devices.iter().position(idle) {
            Some(index) => index,
            None if self.devices.len() >= MOST_DEVICES => self.longest_unused(),
            None => {
                self.devices.push(new);
                return self.devices.len() - 1;
            }
        };
        self.devices[index] = new;
        self.addresses.iter_mut().for_each(|address| address.1 &= !(1 << index));
        self.addresses.retain(|address| address.1 != 0);
        index
    }

    fn longest_unused(&self) -> usize {
        let age = |device: &SeenDevice| (device.1, core::cmp::Reverse(device.2.trailing_zeros()));
        let oldest = self.devices.iter().enumerate().min_by_key(|(_, device)| age(device));
        oldest.map_or(0, |(index, _)| index)
    }

    fn address(&mut self, id: ShortId, index: usize, today: i64) {
        let device = 1 << index;
        if let Some(known) = self.addresses.iter_mut().find(|address| address.0 == id) {
            // An address that rested for a whole day may be somebody else's by now, as those of mobile networks are.
            let others = if known.1 & device == 0 && today.saturating_sub(known.2) > 1 { 0 } else { known.1 };
            (known.1, known.2) = (others | device, today);
            return;
        }
        if self.addresses.is_empty() {
            // Until now every device was a place.
            self.days.clear();
            self.devices.iter_mut().for_each(|device| device.2 = 0);
        }
        while self.addresses.len() >= MOST_ADDRESSES {
            // One that joins devices is worth more than one that does not.
            let worth = |address: &SeenAddress| (address.1.count_ones() > 1, address.2);
            let least = self.addresses.iter().enumerate().min_by_key(|(_, address)| worth(address));
            self.addresses.remove(least.map_or(0, |(index, _)| index));
        }
        self.addresses.push(SeenAddress(id, device, today));
    }

    fn count(&mut self, turn: &Turn, slot: i64) {
        let (today, hour) = (slot.div_euclid(SLOTS_OF_A_DAY), slot.rem_euclid(SLOTS_OF_A_DAY) / 12);
        if self.days.last().is_none_or(|day| day.0 != today) {
            self.days.retain(|day| day.0 != today);
            self.days.push(Day(today, 0, 0, 0, 0));
        }
        let Some(day) = self.days.last_mut() else { return };
        day.1 |= u32::from(turn.crowded) << hour;
        day.2 = day.2.max(turn.devices_in_an_hour);
        day.3 = day.3.max(turn.places);
        day.4 = day.4.saturating_add(u32::from(turn.alternates)).min(999);
    }

    /// Whether seven days have passed since the last report; then `now` is the last report.
    fn report_due(&mut self, now: OffsetDateTime) -> bool {
        // A report from the future was made by a clock that was wrong.
        let reported_at = self.reported_at.map(|reported_at| reported_at.min(now));
        let due = reported_at.is_none_or(|reported_at| after(reported_at, REPORTED_EVERY) <= now);
        self.reported_at = if due { Some(now) } else { reported_at };
        due
    }
}

/// A day by its number since 1970.
fn day(number: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(number.saturating_mul(86_400)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    rfc3339(at).split('T').next().unwrap_or_default().to_owned()
}

fn slot_of(at: OffsetDateTime) -> i64 {
    at.unix_timestamp().div_euclid(300)
}
