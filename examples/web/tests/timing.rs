//! Whether response times over HTTP reveal who has an account (account enumeration through a timing side channel).
//!
//! `cargo test --release -p doorward-web --features demo --test timing -- --ignored --nocapture --test-threads 1`, on a machine
//! that is otherwise idle. Without `--release` it measures the build: reading a user then takes a noticeable part of the hash.

mod support;

use std::time::{Duration, Instant};

use rand::TryRng;
use rand::rngs::SysRng;
use support::{Server, Visitor};

const PAIRS: usize = 2_000;

/// Of equal length: a known address, an unknown one, and another unknown one as a control for noise.
const PEOPLE: [&str; 3] = ["ben@acme.example", "zoe@acme.example", "zac@acme.example"];

/// Also unknown. A request for it precedes each measured one, so that background work of the previous request is done and all
/// start alike.
const BETWEEN: &str = "yan@acme.example";

/// With `settling`, requests leave background work that would slow the next one: waits that long around each measured request,
/// and sends an unrelated one first.
async fn times(path: &str, settling: Option<Duration>) -> [Vec<f64>; 3] {
    let server = Server::start().await;
    let mut visitor = Visitor::new(&server);
    let mut times = [const { Vec::new() }; 3];
    for round in 0..PAIRS + 20 {
        // In random order.
        let mut order = [0, 1, 2];
        let mut random = [0; 2];
        SysRng.try_fill_bytes(&mut random).unwrap();
        order.swap(0, usize::from(random[0]) % 3);
        order.swap(1, 1 + usize::from(random[1]) % 2);
        for who in order {
            // Long enough for every wait and every cooldown.
            server.app.clock.forward(Duration::from_secs(60 * 60));
            if let Some(settling) = settling {
                visitor.post(path, &[("email", BETWEEN)]).await;
                visitor.cookies.clear();
                tokio::time::sleep(settling).await;
            }
            let form = [("email", PEOPLE[who]), ("password", "a guess")];
            let begun = Instant::now();
            let answer = visitor.post(path, &form).await;
            let took = begun.elapsed().as_secs_f64();
            assert!(!answer.headers.contains_key("retry-after"), "every attempt is evaluated");
            visitor.cookies.clear();
            if let Some(settling) = settling {
                tokio::time::sleep(settling).await;
            }
            // The first ones open the connection and fill caches.
            if round >= 20 {
                times[who].push(took);
            }
        }
    }
    times
}

/// Without the slowest twentieth, which reflects the machine, not the program.
fn cropped(times: &[f64]) -> Vec<f64> {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.truncate(times.len() * 95 / 100);
    times
}

struct Compared {
    t: f64,
    medians: f64,
}

impl Compared {
    fn is_equal(&self) -> bool {
        self.t.abs() < 4.5 || (self.medians - 1.0).abs() < 0.01
    }
}

fn compare(a: &[f64], b: &[f64]) -> Compared {
    let (a, b) = (cropped(a), cropped(b));
    let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;
    let spread = |all: &[f64], mean: f64| {
        all.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (all.len() - 1) as f64 / all.len() as f64
    };
    let (of_a, of_b) = (mean(&a), mean(&b));
    let t = (of_a - of_b) / (spread(&a, of_a) + spread(&b, of_b)).sqrt();
    Compared { t, medians: a[a.len() / 2] / b[b.len() / 2] }
}

/// If the control fails, the run measured only machine noise, so it is repeated, at most twice.
async fn judge(path: &str, settling: Option<Duration>) {
    for _ in 0..3 {
        let [known, unknown, control] = times(path, settling).await;
        let (seen, noise) = (compare(&known, &unknown), compare(&unknown, &control));
        let median = cropped(&unknown)[PAIRS * 95 / 200] * 1_000.0;
        println!("{path}: {PAIRS} pairs, median {median:.2} ms");
        println!("  known and unknown: t {:.2}, medians {:.4}", seen.t, seen.medians);
        println!("  unknown and another: t {:.2}, medians {:.4}", noise.t, noise.medians);
        if noise.is_equal() {
            assert!(seen.is_equal(), "{path}");
            return;
        }
    }
    panic!("{path}: the machine is too busy");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes, and needs an otherwise idle machine"]
async fn signing_in_takes_equally_long_for_known_and_unknown_addresses() {
    judge("/sign-in", None).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes, and needs an otherwise idle machine"]
async fn asking_for_a_reset_takes_equally_long_for_known_and_unknown_addresses() {
    judge("/forgot/send", Some(Duration::from_millis(8))).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes, and needs an otherwise idle machine"]
async fn registering_takes_equally_long_for_free_and_taken_addresses() {
    judge("/register/send", Some(Duration::from_millis(8))).await;
}
