//! Unit tests of `sharing`: what is stored, clocks that are wrong, and a simulation of people who use an account alone and of people
//! who share one. `generator` was written before the rule and is not tuned with it; `second_generator` judges the tuned rule.

mod generator;
mod judged;
mod random;
mod second_generator;
mod simulation;
mod traffic;

use serde_json::{Value, json};
use simulation::{at, sighting};
use time::{Duration, OffsetDateTime};
use traffic::Seen;

use super::*;

const HOUR: u32 = 3600;
const DAY: u32 = 24 * HOUR;
const WEEK: u32 = 7 * DAY;

fn seen(at: u32, device: u32, address: u32) -> Seen {
    Seen { at, session: device, device, address }
}

/// Three people in three places by turns, every ten minutes through the working hours of so many days.
fn three_people(days: u32) -> Vec<Seen> {
    let minutes = (0..days).flat_map(|day| (0..48).map(move |turn| day * DAY + 9 * HOUR + turn * 600));
    minutes.zip(0..).map(|(at, turn)| seen(at, 1 + turn % 3, 11 + turn % 3)).collect()
}

fn reports(sightings: &mut Sightings, seen: &[Seen]) -> Vec<(u32, SharingSigns)> {
    seen.iter().filter_map(|seen| Some((seen.at, sightings.note(&sighting(seen, true))?))).collect()
}

#[test]
fn three_people_are_reported_on_the_third_day_and_once_in_seven_days() {
    let mut sightings = Sightings::default();
    let reports = reports(&mut sightings, &three_people(20));
    let days: Vec<_> = reports.iter().map(|(at, _)| at / DAY).collect();
    assert_eq!(days, [2, 9, 16]);
    let signs = reports[1].1;
    assert_eq!((signs.devices_in_an_hour, signs.places_at_once, signs.client_addresses), (3, 3, Some(3)));
    assert!(signs.crowded_hours >= 40 && signs.crowded_days == 7 && signs.alternations > 200, "{signs:?}");
}

#[test]
fn two_people_one_place_and_one_device_are_no_sign() {
    for (devices, places) in [(3, 1), (3, 2), (2, 2), (1, 3), (1, 1)] {
        let uses: Vec<_> =
            three_people(20).iter().map(|one| seen(one.at, one.device % devices, one.address % places + 100)).collect();
        let mut sightings = Sightings::default();
        assert!(reports(&mut sightings, &uses).is_empty(), "{devices} devices at {places} places");
        let signs = sightings.signs(at(19 * DAY));
        assert_eq!((signs.devices_in_an_hour, signs.client_addresses), (devices, Some(places)));
        assert_eq!(signs.crowded_hours, 0);
    }
}

#[test]
fn a_phone_that_was_everywhere_makes_one_place_of_all() {
    let mut uses = three_people(20);
    uses.extend((0..20).flat_map(|day| (11..14).map(move |address| seen(day * DAY + 8 * HOUR, 9, address))));
    uses.sort_by_key(|seen| seen.at);
    assert!(reports(&mut Sightings::default(), &uses).is_empty());
}

#[test]
fn an_address_that_rested_for_a_day_joins_nobody() {
    let mut sightings = Sightings::default();
    // A carrier gives one phone in the morning what another one had two days before.
    for (day, device) in [(0, 1), (2, 2)] {
        sightings.note(&sighting(&seen(day * DAY, device, 7), true));
    }
    sightings.note(&sighting(&seen(2 * DAY + 600, 1, 8), true));
    assert_eq!(sightings.signs(at(2 * DAY)).places_at_once, 2);
    // On the same day it would.
    sightings.note(&sighting(&seen(2 * DAY + 1200, 1, 7), true));
    sightings.note(&sighting(&seen(2 * DAY + 1800, 2, 7), true));
    assert_eq!(Sightings::clone(&sightings).signs(at(10 * DAY)).places_at_once, 0, "after seven days");
}

#[test]
fn without_devices_sessions_count_and_without_addresses_each_is_a_place() {
    let mut sightings = Sightings::default();
    for one in three_people(3) {
        let session = Sighting { device: None, ..sighting(&one, false) };
        sightings.note(&session);
    }
    let signs = sightings.signs(at(2 * DAY + 18 * HOUR));
    assert_eq!((signs.devices_in_an_hour, signs.places_at_once, signs.client_addresses), (3, 3, None));
    assert!(signs.crowded_hours >= 20, "{signs:?}");
    // The first address begins another count.
    sightings.note(&sighting(&seen(2 * DAY + 18 * HOUR, 1, 1), true));
    assert_eq!(sightings.signs(at(2 * DAY + 18 * HOUR)).crowded_hours, 0);
}

#[test]
fn a_clock_that_is_set_back_flags_nobody_and_blocks_no_report_for_ever() {
    let mut sightings = Sightings::default();
    let year = 365 * DAY;
    let ahead: Vec<_> = three_people(7).iter().map(|one| Seen { at: one.at + year, ..*one }).collect();
    assert_eq!(reports(&mut sightings, &ahead).len(), 1);
    // The figures of the future are gone with it, and the report counts as made now.
    assert!(sightings.note(&sighting(&seen(0, 1, 11), true)).is_none());
    assert_eq!(sightings.signs(at(0)).crowded_hours, 0);
    let days: Vec<_> = reports(&mut sightings, &three_people(20)).iter().map(|(at, _)| at / DAY).collect();
    assert_eq!(days, [9, 16]);

    // One person between machines whose clocks differ by hours, and a clock at either end of time.
    let mut sightings = Sightings::default();
    for turn in 0..2000u32 {
        let skew = [0, 3 * HOUR, HOUR, 25 * HOUR][(turn % 4) as usize];
        let one = seen(turn * 300 + skew, turn % 2, 1 + turn % 2);
        assert!(sightings.note(&sighting(&one, true)).is_none());
    }
    for at in [
        OffsetDateTime::UNIX_EPOCH - Duration::days(700_000),
        at(0),
        OffsetDateTime::UNIX_EPOCH + Duration::days(2_900_000),
    ] {
        for device in 1..4 {
            let edge = Sighting { at, ..sighting(&seen(0, device, device), true) };
            assert!(sightings.note(&edge).is_none());
            sightings.signs(at);
        }
    }
}

#[test]
fn what_comes_a_little_late_is_noted_where_it_belongs() {
    let mut sightings = Sightings::default();
    sightings.note(&sighting(&seen(HOUR, 1, 1), true));
    sightings.note(&sighting(&seen(HOUR - 600, 2, 2), true));
    let stored = serde_json::to_value(&sightings).unwrap();
    assert_eq!((&stored["devices"][0][2], &stored["devices"][1][2]), (&json!(1), &json!(4)));
}

#[test]
fn a_newer_release_loses_nothing_and_a_longer_list_harms_nobody() {
    let mut stored = serde_json::to_value(Sightings::default()).unwrap();
    stored["later"] = json!({ "kept": [1, 2] });
    let device = |id: u32| json!([ShortId::of(&id.to_be_bytes()), 20_514, 1]);
    stored["devices"] = (0..80).map(device).collect();
    stored["slot"] = json!(i64::MAX);
    stored["days"] = json!([[i64::MIN, u32::MAX, u32::MAX, u32::MAX, u32::MAX]]);
    let mut sightings: Sightings = serde_json::from_value(stored).unwrap();
    assert!(!sightings.is_empty());
    for one in three_people(1) {
        sightings.note(&sighting(&one, true));
    }
    let again = serde_json::to_value(&sightings).unwrap();
    assert_eq!(again["later"], json!({ "kept": [1, 2] }));
    assert_eq!(again["devices"].as_array().map(Vec::len), Some(16));
    assert!(Sightings::default().is_empty());
    assert_eq!(serde_json::to_value(Sightings::default()).unwrap(), json!({ "slot": 0 }));
}

#[test]
fn the_state_is_at_most_2_000_bytes_of_json() {
    let mut sightings = Sightings::default();
    let mut longest = 0;
    // All devices at all addresses by turns, for weeks.
    for turn in 0..40_000u32 {
        let (at, device) = (turn * 90, turn.wrapping_mul(7919) % 16);
        sightings.note(&sighting(&seen(at, device, 1000 + turn / 20 % 61), true));
        if turn % 50 == 0 {
            longest = longest.max(serde_json::to_string(&sightings).unwrap().len());
        }
    }
    println!("{longest} bytes after a month of everything");
    // Each number as long as it can be before the year 2243.
    let id = ShortId::of(&[0xff; 6]);
    let full = json!({
        "slot": 28_799_999,
        "devices": vec![json!([id, 99_999, 0xff_ffff]); 16],
        "addresses": vec![json!([id, 0xffff, 99_999]); 48],
        "days": vec![json!([99_999, 0xff_ffff, 16, 16, 999]); 8],
        "reported_at": 8_639_999_999_999_999_i64,
    });
    let full = full.to_string().len();
    println!("{full} bytes at most");
    assert!(longest <= full && full <= 2_000, "{longest} {full}");
}

#[test]
fn ids_have_one_spelling() {
    let id = ShortId::of(&[1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(serde_json::to_value(id).unwrap(), json!("AQIDBAUG"));
    assert_eq!(ShortId::of(&[1]), ShortId::of(&[1, 0, 0, 0, 0, 0]));
    for wrong in ["", "AQIDBAU", "AQIDBAUGB", "AQIDBA=="] {
        assert!(serde_json::from_value::<ShortId>(Value::from(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn a_week_after_the_last_use_the_figures_are_gone() {
    let mut sightings = Sightings::default();
    reports(&mut sightings, &three_people(3));
    assert!(sightings.signs(at(3 * DAY)).crowded_hours > 0);
    assert_eq!(sightings.signs(at(2 * WEEK)), SharingSigns { client_addresses: Some(0), ..SharingSigns::default() });
}
