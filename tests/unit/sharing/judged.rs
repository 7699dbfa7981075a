//! The rule, judged: how many people alone are reported in ninety days, and how many groups of three within seven.

use super::simulation::{counts_devices, reported, share};
use super::{generator, second_generator};

const SEEDS: u64 = 1_000;
/// For what has no bound, fewer.
const SOME: u64 = 100;

#[test]
fn one_person_is_rarely_reported_and_three_people_nearly_always() {
    let alone = share(SEEDS, |seed| reported(&generator::one_person(seed, 90), true));
    let three = share(SEEDS, |seed| reported(&generator::people_apart(seed, 3, 7), true));
    println!("one person, four devices, 90 days: {alone:.1} % reported");
    println!("three people, three places, 7 days: {three:.1} % reported");
    assert!(alone <= 1.0, "{alone}");
    assert!(three >= 95.0, "{three}");
}

#[test]
fn the_second_generator_agrees() {
    let alone = share(SEEDS, |seed| reported(&second_generator::one_person(seed, 90), true));
    let three = share(SEEDS, |seed| reported(&second_generator::people_apart(seed, 3, 7), true));
    println!("second generator: one person, four devices, 90 days: {alone:.1} % reported");
    println!("second generator: three people, three offices, 7 days: {three:.1} % reported");
    assert!(alone <= 1.0, "{alone}");
    assert!(three >= 95.0, "{three}");
}

#[test]
fn what_the_rule_says_about_others() {
    for (name, people) in [
        ("two people in two places, 7 days", (|seed| generator::people_apart(seed, 2, 7)) as fn(u64) -> Vec<_>),
        ("two people in two places, 90 days", |seed| generator::people_apart(seed, 2, 90)),
        ("two people in one flat, 90 days", |seed| generator::one_flat(seed, 90)),
        ("one person with a remote desktop, 90 days", |seed| generator::remote_desktop(seed, 90)),
        ("a station with one browser, 90 days", |seed| generator::shared_station(seed, 90)),
        ("second generator: a couple in two cities, 7 days", |seed| second_generator::people_apart(seed, 2, 7)),
    ] {
        println!("{name}: {:.1} % reported", share(SOME, |seed| reported(&people(seed), true)));
    }
    let alone = share(SEEDS, |seed| reported(&generator::one_person(seed, 90), false));
    let three = share(SEEDS, |seed| reported(&generator::people_apart(seed, 3, 7), false));
    println!("without client addresses: {alone:.1} % of people alone, {three:.1} % of three people reported");
    assert!(alone <= 2.0 && three >= 40.0, "{alone} {three}");
}

#[test]
fn a_plain_count_of_devices_does_not_tell_them_apart() {
    for (most, hours) in [(4, 90 * 24), (6, 90 * 24), (4, 24), (5, 24), (6, 24), (3, 1), (4, 1)] {
        let alone = share(SOME, |seed| counts_devices(&generator::one_person(seed, 90), most, hours));
        let three = share(SOME, |seed| counts_devices(&generator::people_apart(seed, 3, 7), most, hours));
        println!(
            "more than {most} devices within {hours} hours: {alone:.1} % of people alone, {three:.1} % of three people"
        );
        assert!(alone > 1.0 || three < 95.0, "{alone} {three}");
    }
}
