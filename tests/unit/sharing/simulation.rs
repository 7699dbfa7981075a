//! What the rule says about simulated people.

use super::traffic::Seen;
use super::{ShortId, Sighting, Sightings};
use time::OffsetDateTime;

/// A day in 2026, at midnight.
const BEGINNING: i64 = 1_772_409_600;

pub(super) fn at(second: u32) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(BEGINNING + i64::from(second)).unwrap()
}

pub(super) fn sighting(seen: &Seen, with_addresses: bool) -> Sighting {
    let id = |number: u32| ShortId::of(&number.to_be_bytes());
    Sighting {
        session: id(seen.session),
        device: Some(id(seen.device)),
        address: with_addresses.then(|| id(seen.address)),
        at: at(seen.at),
    }
}

/// Whether it is reported at any moment.
pub(super) fn reported(seen: &[Seen], with_addresses: bool) -> bool {
    let mut sightings = Sightings::default();
    seen.iter().any(|seen| sightings.note(&sighting(seen, with_addresses)).is_some())
}

/// A plain count: more than so many devices within so many hours.
pub(super) fn counts_devices(seen: &[Seen], most: usize, hours: u32) -> bool {
    let (mut first, mut uses) = (0, std::collections::BTreeMap::<u32, u32>::new());
    seen.iter().any(|now| {
        *uses.entry(now.device).or_default() += 1;
        while seen[first].at + hours * 3600 < now.at {
            let count = uses.entry(seen[first].device).or_default();
            *count -= 1;
            if *count == 0 {
                uses.remove(&seen[first].device);
            }
            first += 1;
        }
        uses.len() > most
    })
}

/// In per cent of so many seeds.
pub(super) fn share(seeds: u64, reported: impl Fn(u64) -> bool) -> f64 {
    let count = (0..seeds).filter(|seed| reported(*seed)).count();
    100.0 * count as f64 / seeds as f64
}
