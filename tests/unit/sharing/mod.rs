//! Unit tests of `sharing`: a simulation of people who use an account alone, and of people who share one.

mod generator;
mod random;
mod second_generator;
mod traffic;

#[test]
fn the_generators_give_the_same_days_for_a_seed() {
    for people in [generator::one_person, second_generator::one_person] {
        let (once, again) = (people(7, 30), people(7, 30));
        assert_eq!(format!("{once:?}"), format!("{again:?}"));
        assert!(once.len() > 100, "{}", once.len());
        println!("{} in thirty days", once.len());
    }
}
