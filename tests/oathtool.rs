//! S20: checks codes against an independent program, `oathtool` of the OATH Toolkit. If it is not installed, the test says so
//! on standard error and is skipped.
#![cfg(feature = "testing")]

mod support;

use std::io::Write;
use std::process::Command;

use doorward::second_factor::{TotpAlgorithm, TotpConfig, TotpDigits};
use doorward::testing::ManualClock;
use doorward::{AuthBuilder, SignIn};
use pollster::block_on;
use support::*;
use time::OffsetDateTime;

/// RFC 6238's times, some around a change of step, and one beyond 2106, where 32 bits overflow.
const TIMES: [u64; 9] = [
    59,
    1_111_111_109,
    1_111_111_111,
    1_234_567_890,
    1_795_597_199,
    1_795_597_200,
    2_000_000_000,
    4_294_967_300,
    20_000_000_000,
];

fn settings() -> impl Iterator<Item = (&'static str, TotpAlgorithm, TotpDigits)> {
    let algorithms =
        [("sha1", TotpAlgorithm::Sha1), ("sha256", TotpAlgorithm::Sha256), ("sha512", TotpAlgorithm::Sha512)];
    algorithms
        .into_iter()
        .flat_map(|(name, algorithm)| [TotpDigits::Six, TotpDigits::Eight].map(move |digits| (name, algorithm, digits)))
}

/// Whether `oathtool` is installed. Writes past the test harness, which swallows printed output.
fn has_oathtool(skipped: &str) -> bool {
    let found = Command::new("oathtool").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        assert!(std::env::var_os("DOORWARD_SKIP_NOTHING").is_none(), "oathtool is not installed: {skipped}");
        let line = format!("skipped, for oathtool is not installed: {skipped}\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    found
}

/// What it computes from the key as a person would type it.
fn oathtool(algorithm: &str, digits: usize, key: &str, unix_seconds: u64) -> String {
    let output = Command::new("oathtool")
        .arg(format!("--totp={algorithm}"))
        .arg(format!("--digits={digits}"))
        .arg(format!("--now=@{unix_seconds}"))
        .args(["--base32", key])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn world(algorithm: TotpAlgorithm, digits: TotpDigits) -> World {
    World::with_keyring(|builder: AuthBuilder| {
        builder.configure(|config| {
            let mut totp = TotpConfig::default();
            (totp.algorithm, totp.digits) = (algorithm, digits);
            config.second_factor.totp = totp;
        })
    })
}

fn at(world: &World, unix_seconds: u64) {
    let clock: &ManualClock = &world.clock;
    clock.set(OffsetDateTime::from_unix_timestamp(unix_seconds as i64).unwrap());
}

#[test]
fn s20_codes_of_oathtool_are_accepted_in_every_setting() {
    if !has_oathtool("that its codes are accepted") {
        return;
    }
    for (name, algorithm, digits) in settings() {
        let world = world(algorithm, digits);
        let length = if digits == TotpDigits::Six { 6 } else { 8 };
        // Years pass between these, so the owner signs in again each time.
        at(&world, TIMES[0]);
        let ann = world.open(ANN, OLD);
        let enrollment = block_on(world.auth.begin_enrollment(&ann)).unwrap();
        let key = enrollment.key();
        let first = oathtool(name, length, key, TIMES[0]);
        let _ = block_on(world.auth.confirm_enrollment(&ann, &first)).unwrap();
        for pair in TIMES.windows(2) {
            let (before, time) = (pair[0], pair[1]);
            at(&world, time);
            let SignIn::SecondFactorRequired(challenge) = world.sign_in(ANN, OLD).unwrap() else {
                panic!("no code was required");
            };
            let at = |unix_seconds| oathtool(name, length, key, unix_seconds);
            let now = doorward::Clock::now(&world.clock).unix_timestamp() as u64;
            // One step of drift is accepted, two are not, unless two steps share a code by chance.
            let accepted = [at(now.saturating_sub(30)), at(now), at(now + 30)];
            // Two of the times are two seconds apart, and a day takes a few wrong codes only.
            let off = [at(now.saturating_sub(60)), at(now + 60)].into_iter().filter(|_| time - before > 2 * 86_400);
            for off in off {
                let refused = block_on(world.auth.verify_second_factor(&challenge, &off)).is_err();
                assert!(refused || accepted.contains(&off), "{name} at {now}");
            }
            let code = &accepted[1];
            assert_eq!(code.len(), length);
            let _ = complete(block_on(world.auth.verify_second_factor(&challenge, code)).unwrap());
        }
    }
}

#[test]
fn s20_codes_from_the_uri_are_those_of_oathtool_from_the_key() {
    if !has_oathtool("that it computes the same codes") {
        return;
    }
    for (name, algorithm, digits) in settings() {
        let world = world(algorithm, digits);
        let enrollment = block_on(world.auth.begin_enrollment(&world.open(ANN, OLD))).unwrap();
        let app = App::new(&enrollment);
        let length = if digits == TotpDigits::Six { 6 } else { 8 };
        for time in TIMES.into_iter().chain((0..20).map(|step| 1_795_597_200 + 17 * step)) {
            assert_eq!(app.at(time), oathtool(name, length, enrollment.key(), time), "{name}, {length} digits, {time}");
        }
    }
}
