//! More sign-ins than the machine can hash: memory stays bounded, the excess is rejected at once, and the executor stays
//! responsive.
#![cfg(feature = "testing")]

mod support;

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use doorward::account::Import;
use doorward::error::{SignInError, Unavailable};
use doorward::hashing::{HashParams, PasswordHash};
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, SignIn, SignInRequest};
use support::*;

/// One test at a time: each needs the whole machine.
static MACHINE: Mutex<()> = Mutex::new(());

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A value from `/proc/…/status` in MiB; `None` if there is no such file.
fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<f64>().ok().map(|kib| kib / 1024.0)
}

/// An `Auth` whose users sign in with the same password, each with an address of their own.
fn host(params: HashParams, users: usize) -> Auth {
    let (auth, operator) = Auth::builder(site(), MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
        .background(drop)
        .configure(|config| config.hashing.params = params)
        .build_with_operator()
        .unwrap();
    // Hashed once, and imported for all.
    let hash = hash_of(params);
    pollster::block_on(async {
        for index in 0..users {
            let hash = PasswordHash::parse(&hash).unwrap();
            operator.import_user(Import::new(email(&address(index)), hash)).await.unwrap();
        }
    });
    auth
}

fn address(index: usize) -> String {
    format!("user-{index}@acme.example")
}

fn hash_of(params: HashParams) -> String {
    use base64ct::{Base64Unpadded, Encoding};
    let (m, t, p) = (params.memory_kib(), params.passes(), params.lanes());
    let (salt, mut tag) = ([7; 16], [0; 32]);
    argon2::Argon2::new(
        argon2::Algorithm::Argon2id,
        argon2::Version::V0x13,
        argon2::Params::new(m, t, p, Some(32)).unwrap(),
    )
    .hash_password_into(OLD.as_bytes(), &salt, &mut tag)
    .unwrap();
    let [salt, tag] = [&salt[..], &tag].map(Base64Unpadded::encode_string);
    format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${tag}")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// In a separate process, since peak memory is measured per process.
#[test]
fn a_thousand_sign_ins_at_once_take_the_memory_of_the_threads_and_the_excess_is_told_at_once() {
    const MARK: &str = "DOORWARD_TEST_PEAK";
    let _alone = MACHINE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if std::env::var_os(MARK).is_none() {
        let name = "a_thousand_sign_ins_at_once_take_the_memory_of_the_threads_and_the_excess_is_told_at_once";
        let mut child = Command::new(std::env::current_exe().unwrap());
        let output = child.args(["--exact", name, "--nocapture"]).env(MARK, "1").output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        println!("{told}");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(told.contains("sign-ins succeeded"), "the test ran in the process");
        return;
    }
    // More than there are places, on any number of threads.
    let users = 1_000.max(64 * threads());
    let auth = host(HashParams::OWASP_46_MIB, users);
    let runtime = runtime();
    let tasks: Vec<_> = (0..users)
        .map(|index| {
            let auth = auth.clone();
            runtime.spawn(async move {
                let begun = Instant::now();
                let outcome = auth.sign_in(SignInRequest::new(&address(index), OLD)).await;
                (outcome, begun.elapsed())
            })
        })
        .collect();
    let (mut let_in, mut refused) = (Vec::new(), Vec::new());
    for task in tasks {
        match runtime.block_on(task).unwrap() {
            (Ok(SignIn::Complete(_)), took) => let_in.push(took),
            (Err(SignInError::Unavailable(Unavailable::Busy { .. })), took) => refused.push(took),
            (outcome, _) => panic!("{outcome:?}"),
        }
    }
    let allowed = threads() as f64 * 46.0 + 64.0;
    let (signed_in, busy) = (let_in.len(), refused.len());
    assert!(busy > 0);
    let (let_in, told_in) = (median(let_in), median(refused));
    println!("{signed_in} sign-ins succeeded, the median after {let_in:?}");
    println!("{busy} were told to come back, the median after {told_in:?}");
    println!("peak {:?} MiB of {allowed} MiB allowed", peak_mib());
    // Unknown devices may take half of the 32 places of each thread.
    assert!(signed_in >= 16 * threads());
    // Rejected callers do not wait behind the hashes of accepted ones.
    assert!(told_in * 20 <= let_in);
    assert!(peak_mib().is_none_or(|peak| peak <= allowed));
    assert_eq!(auth.hash_load().refused, busy as u64);
}

/// The worst delay of a task that wakes every 2 ms, ignoring the worst percent.
async fn lateness(ticks: usize) -> Duration {
    let mut late = Vec::with_capacity(ticks);
    for _ in 0..ticks {
        let due = Instant::now() + Duration::from_millis(2);
        tokio::time::sleep(Duration::from_millis(2)).await;
        late.push(due.elapsed());
    }
    late.sort();
    late[ticks * 99 / 100]
}

type Work = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

#[test]
fn the_executor_stays_free_under_full_load() {
    let _alone = MACHINE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let params = HashParams::OWASP_19_MIB;
    let auth = host(params, 0);
    let runtime = runtime();
    let measure = |ticks, hash: Arc<dyn Fn(usize) -> Work + Send + Sync>| {
        let over = Arc::new(AtomicBool::new(false));
        let load: Vec<_> = (0..8 * threads())
            .map(|task| {
                let (over, hash) = (Arc::clone(&over), Arc::clone(&hash));
                runtime.spawn(async move {
                    for round in 0.. {
                        if over.load(Ordering::Relaxed) {
                            break;
                        }
                        hash(task * 1_000_000 + round).await;
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        let late = runtime.block_on(async { tokio::spawn(lateness(ticks)).await.unwrap() });
        over.store(true, Ordering::Relaxed);
        load.into_iter().for_each(|task| runtime.block_on(task).unwrap());
        late
    };
    let ours = |ticks| {
        let auth = auth.clone();
        measure(
            ticks,
            Arc::new(move |index| {
                let auth = auth.clone();
                Box::pin(async move {
                    let outcome = auth.sign_in(SignInRequest::new(&address(index), OLD)).await;
                    assert!(matches!(outcome, Err(SignInError::InvalidCredentials)), "{outcome:?}");
                })
            }),
        )
    };
    let on_the_executor = |ticks| measure(ticks, Arc::new(move |_| Box::pin(async move { drop(hash_of(params)) })));
    // Other load on the machine can only worsen the results: the best of three runs counts.
    let ours = (0..3).map(|_| ours(1_000)).min().unwrap();
    // Three times two seconds with all threads busy.
    assert!(auth.hash_load().computed > 100 && auth.hash_load().refused == 0, "{:?}", auth.hash_load());
    let theirs = (0..3).map(|_| on_the_executor(100)).min().unwrap();
    let idle = runtime.block_on(async { tokio::spawn(lateness(1_000)).await.unwrap() });
    println!("the 99th percentile of ticks is {ours:?} late, with hashing on the executor {theirs:?}, idle {idle:?}");
    assert!(ours * 10 <= theirs);
}

/// Nanoseconds of CPU time used by the calling thread; `None` if the kernel does not report it.
fn computed_by_this_thread() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

#[test]
fn no_hash_is_computed_on_the_thread_that_waits_for_it() {
    let _alone = MACHINE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(_) = computed_by_this_thread() else {
        return println!("skipped: the kernel does not tell how long a thread has computed");
    };
    let params = HashParams::OWASP_19_MIB;
    let auth = host(params, 20);
    let spent = |work: &dyn Fn()| {
        let before = computed_by_this_thread().unwrap();
        work();
        computed_by_this_thread().unwrap() - before
    };
    let hashing = spent(&|| (0..20).for_each(|_| drop(hash_of(params))));
    let waiting = spent(&|| {
        pollster::block_on(async {
            for index in 0..20 {
                let _ = complete(auth.sign_in(SignInRequest::new(&address(index), OLD)).await.unwrap());
            }
        });
    });
    println!("20 hashes are {hashing} ns of a thread, 20 sign-ins {waiting} ns of the one that waits for them");
    assert!(waiting * 10 < hashing);
}
