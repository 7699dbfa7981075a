//! Measures what sign-ins cost on this machine, for capacity planning.
//!
//! ```text
//! cargo run --release --example capacity                      # a table
//! cargo run --release --example capacity --features simd      # with the other backend
//! cargo run --release --example capacity -- --json            # machine-readable
//! cargo run --release --example capacity -- --check           # fails if the README's claims do not hold
//! ```
//!
//! Every measurement runs in its own process. Compared values are measured alternately in one run; the best of three rounds
//! counts, since noise only slows a round down. "Fresh" is a hash by the `argon2` crate in newly allocated memory.
use std::io::{Error, Result};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward::hashing::{HashBackend, HashParams};
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, SignInRequest, Site};
use serde_json::{Value, json};

const PRESETS: [(&str, HashParams); 6] = [
    ("OWASP_46_MIB", HashParams::OWASP_46_MIB),
    ("OWASP_19_MIB", HashParams::OWASP_19_MIB),
    ("OWASP_12_MIB", HashParams::OWASP_12_MIB),
    ("OWASP_9_MIB", HashParams::OWASP_9_MIB),
    ("OWASP_7_MIB", HashParams::OWASP_7_MIB),
    ("RFC_9106_64_MIB", HashParams::RFC_9106_64_MIB),
];
const BACKENDS: &[HashBackend] = &[
    HashBackend::Argon2,
    #[cfg(feature = "simd")]
    HashBackend::Simd,
];
const ROUNDS: usize = 3;
const BURST: usize = 100;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["measure", preset, backend] => print!("{}", measure_preset(preset, backend)),
        ["burst", side] => print!("{}", measure_burst(side)),
        ["--json"] => println!("{}", report()?),
        ["--check"] => check(&report()?)?,
        [] => print_table(&report()?),
        _ => return Err(Error::other("usage: capacity [--json | --check]")),
    }
    Ok(())
}

fn report() -> Result<Value> {
    let mut presets = Vec::new();
    for (name, _) in PRESETS {
        for backend in BACKENDS {
            presets.push(in_own_process(&["measure", name, backend.as_str()])?);
        }
    }
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let [kept, blocking, permits] =
            ["kept", "spawn_blocking", "semaphore"].map(|side| in_own_process(&["burst", side]));
        rounds.push((kept?, blocking?, permits?));
    }
    let number = |value: &Value, field: &str| value[field].as_f64().unwrap_or(f64::NAN);
    let ratio = |other: fn(&(Value, Value, Value)) -> &Value| {
        let of = |round| number(other(round), "seconds") / number(&round.0, "seconds");
        rounded(rounds.iter().map(of).fold(0.0, f64::max))
    };
    let peak = |side: fn(&(Value, Value, Value)) -> &Value| {
        rounds.iter().map(|round| number(side(round), "peak_mib")).fold(f64::INFINITY, f64::min)
    };
    Ok(json!({
        "machine": {
            "threads": threads(),
            "allocator": if cfg!(target_env = "gnu") { "glibc" } else { "other" },
            "huge_pages": huge_pages(),
            "avx512": avx512(),
            "optimised": !cfg!(debug_assertions),
        },
        "presets": presets,
        "burst": {
            "throughput_ratio": ratio(|round| &round.1),
            "throughput_ratio_semaphore": ratio(|round| &round.2),
            "peak_mib": peak(|round| &round.0),
            "peak_mib_spawn_blocking": peak(|round| &round.1),
        },
    }))
}

/// Complete sign-ins with unknown addresses: each costs one hash and no wait.
fn measure_preset(name: &str, backend: &str) -> Value {
    let params = PRESETS.iter().find(|(known, _)| *known == name).expect("a preset").1;
    let backend = *BACKENDS.iter().find(|known| known.as_str() == backend).expect("a backend");
    let before_mib = resident_mib("VmRSS");
    // The first ones allocate the memory.
    let all = host(params, backend, None, false);
    all_at_once(&all, 4 * threads());
    let held_mib = resident_mib("VmRSS") - before_mib;
    let (one, wiping) = (host(params, backend, Some(1), false), host(params, backend, Some(1), true));
    for first in [&one, &wiping] {
        sign_in(first);
    }
    let (mut quickest, mut to_fresh, mut per_second) = ([f64::INFINITY; 3], 0.0, 0.0);
    for _ in 0..ROUNDS {
        let mut sides = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..3 {
            // Several in a row, since a thread wipes its memory after it returns the result.
            let each = |work: &dyn Fn()| timed(|| (0..4).for_each(|_| work())) / 4.0;
            sides[0].push(each(&|| sign_in(&one)));
            sides[1].push(each(&|| fresh_hash(params)));
            sides[2].push(each(&|| sign_in(&wiping)));
        }
        let medians = sides.map(median);
        quickest = [0, 1, 2].map(|side| f64::min(quickest[side], medians[side]));
        to_fresh = f64::max(to_fresh, medians[1] / medians[0]);
        let count = 16 * threads();
        per_second = f64::max(per_second, count as f64 / timed(|| all_at_once(&all, count)));
    }
    json!({
        "name": name,
        "backend": backend.as_str(),
        "memory_kib": params.memory_kib(),
        "passes": params.passes(),
        "lanes": params.lanes(),
        "ms_per_hash": rounded(quickest[0] * 1e3),
        "per_second": rounded(per_second),
        "memory_held_mib": rounded(held_mib),
        "ratio_to_fresh": rounded(to_fresh),
        "ratio_wiped": rounded(quickest[2] / quickest[0]),
    })
}

/// A burst of sign-ins at 46 MiB. The alternatives compute only the bare hash, off the executor, as a careful host would.
fn measure_burst(side: &str) -> Value {
    let params = HashParams::OWASP_46_MIB;
    let auth = host(params, HashBackend::Argon2, None, false);
    let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
    let permits = Arc::new(tokio::sync::Semaphore::new(threads()));
    let side = side.to_owned();
    let seconds = timed(|| {
        runtime.block_on(async move {
            let tasks: Vec<_> = (0..BURST)
                .map(|_| {
                    let (auth, permits, side) = (auth.clone(), Arc::clone(&permits), side.clone());
                    tokio::spawn(async move {
                        match side.as_str() {
                            "kept" => {
                                assert!(auth.try_sign_in(stranger()).await.is_err_and(|e| e.http_status() == 401))
                            }
                            "spawn_blocking" => tokio::task::spawn_blocking(move || fresh_hash(params)).await.unwrap(),
                            _ => {
                                let _permit = permits.acquire().await.unwrap();
                                tokio::task::spawn_blocking(move || fresh_hash(params)).await.unwrap();
                            }
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
    json!({ "seconds": seconds, "peak_mib": rounded(resident_mib("VmHWM")) })
}

fn host(params: HashParams, backend: HashBackend, threads: Option<usize>, wipe: bool) -> Auth {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example").expect("a site");
    Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
        .configure(|config| {
            config.hashing.params = params;
            config.hashing.backend = backend;
            config.hashing.threads = threads.and_then(std::num::NonZeroUsize::new);
            config.hashing.wipe_memory = wipe;
            // Unknown clients may take half of all places, and the whole burst must fit.
            config.hashing.queue_per_thread = 2 * BURST;
        })
        .build()
        .expect("an Auth")
}

fn stranger() -> SignInRequest {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    SignInRequest::new(
        &format!("{}@nobody.example", COUNT.fetch_add(1, Ordering::Relaxed)),
        "a password like any other",
    )
}

fn sign_in(auth: &Auth) {
    assert!(pollster::block_on(auth.try_sign_in(stranger())).is_err());
}

fn all_at_once(auth: &Auth, count: usize) {
    let callers = 2 * threads();
    std::thread::scope(|scope| {
        for _ in 0..callers {
            scope.spawn(|| (0..count / callers).for_each(|_| sign_in(auth)));
        }
    });
}

fn fresh_hash(params: HashParams) {
    let cost = argon2::Params::new(params.memory_kib(), params.passes(), params.lanes(), Some(32)).expect("parameters");
    let mut tag = [0; 32];
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, cost)
        .hash_password_into(b"a password like any other", &[7; 16], &mut tag)
        .expect("a hash");
    std::hint::black_box(tag);
}

fn in_own_process(arguments: &[&str]) -> Result<Value> {
    let output =
        Command::new(std::env::current_exe()?).args(arguments).stderr(std::process::Stdio::inherit()).output()?;
    serde_json::from_slice(&output.stdout).map_err(Error::other)
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn timed(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().max(Duration::from_nanos(1)).as_secs_f64()
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// `VmRSS` is the process's resident memory, `VmHWM` its peak. Linux only; 0 elsewhere.
fn resident_mib(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn huge_pages() -> String {
    let modes = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").unwrap_or_default();
    modes.split(['[', ']']).nth(1).unwrap_or("unknown").to_owned()
}

fn avx512() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512f");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Checks the README's claims. They were measured on glibc with huge pages on request and AVX-512; elsewhere they are skipped.
fn check(report: &Value) -> Result<()> {
    let machine = &report["machine"];
    let comparable = machine["allocator"] == "glibc"
        && matches!(machine["huge_pages"].as_str(), Some("madvise" | "never"))
        && machine["avx512"] == true
        && machine["optimised"] == true;
    println!("{report:#}");
    if !comparable {
        println!("skipped: capacity claims (they need glibc, huge pages on madvise or never, AVX-512, optimised)");
        return Ok(());
    }
    let preset = |name: &str, backend: &str| {
        let rows = report["presets"].as_array().expect("rows");
        rows.iter().find(|row| row["name"] == name && row["backend"] == backend).map(|row| &row["ratio_to_fresh"])
    };
    let burst = &report["burst"];
    let peaks =
        burst["peak_mib_spawn_blocking"].as_f64().zip(burst["peak_mib"].as_f64()).map(|(theirs, own)| theirs / own);
    let claims = [
        ("kept memory at 46 MiB", preset("OWASP_46_MIB", "argon2").and_then(Value::as_f64), 1.6),
        ("simd at 46 MiB", preset("OWASP_46_MIB", "simd").and_then(Value::as_f64), 2.4),
        ("simd at 19 MiB", preset("OWASP_19_MIB", "simd").and_then(Value::as_f64), 1.5),
        ("burst compared with spawn_blocking", burst["throughput_ratio"].as_f64(), 1.8),
        ("burst compared with a semaphore", burst["throughput_ratio_semaphore"].as_f64(), 1.5),
        ("memory of spawn_blocking compared with the burst's", peaks, 10.0),
    ];
    for (claim, seen, least) in claims {
        // The other backend has rows only with its feature.
        let Some(seen) = seen else { continue };
        println!("{claim}: {seen:.2} (at least {least})");
        if seen < least {
            return Err(Error::other(format!("{claim} is below {least}")));
        }
    }
    Ok(())
}

fn print_table(report: &Value) {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let machine = |field: &str| text(&report["machine"][field]);
    let [threads, allocator, huge_pages, avx512] = ["threads", "allocator", "huge_pages", "avx512"].map(machine);
    println!("threads {threads}, allocator {allocator}, huge pages {huge_pages}, AVX-512 {avx512}\n");
    if report["machine"]["optimised"] == false {
        println!("NOT OPTIMISED: run with --release\n");
    }
    const COLUMNS: [(&str, &str, usize); 7] = [
        ("preset", "name", 16),
        ("backend", "backend", 8),
        ("ms/hash", "ms_per_hash", 9),
        ("sign-ins/s", "per_second", 11),
        ("held MiB", "memory_held_mib", 9),
        ("to fresh", "ratio_to_fresh", 9),
        ("wiped", "ratio_wiped", 9),
    ];
    let line = |cell: &dyn Fn(&str, &str) -> String| {
        COLUMNS.map(|(title, field, width)| format!("{:>width$}", cell(title, field))).join(" ")
    };
    println!("{}", line(&|title, _| title.to_owned()));
    for row in report["presets"].as_array().into_iter().flatten() {
        println!("{}", line(&|_, field| text(&row[field])));
    }
    let burst = |field: &str| text(&report["burst"][field]);
    println!("\n{BURST} concurrent sign-ins at 46 MiB, compared with hashes in fresh memory:");
    println!("{} times the throughput of one spawn_blocking each", burst("throughput_ratio"));
    println!("{} times the throughput of as many permits as threads", burst("throughput_ratio_semaphore"));
    println!("peak memory {} MiB, with spawn_blocking {} MiB", burst("peak_mib"), burst("peak_mib_spawn_blocking"));
}
