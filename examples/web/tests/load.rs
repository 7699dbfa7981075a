//! The application under the load of two hundred concurrent browsers.
//!
//! `cargo test --release -p doorward-web --features demo --test load -- --ignored --nocapture`. The load generator shares the
//! machine, so the figures cover both.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use doorward::Email;
use doorward::account::Import;
use doorward::hashing::PasswordHash;
use doorward_web::app::{App, Options};
use doorward_web::tables::Profile;
use reqwest::StatusCode;
use support::process::Process;
use support::{Answer, Visitor};

const BROWSERS: usize = 200;
const LASTS: Duration = Duration::from_secs(60);
const PASSWORD: &str = "a quiet morning in May";
/// Of that password, with the default parameters.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$/5ysjoZ6iIeSnlTwPjGhIQ$UyjjTsY8ukPnOX17zMiXyB6r2j6UuUeIJXP47l/WA9A";
/// The process's peak memory limit: one hash per core (two here), plus everything else.
const MOST_MIB: u64 = 200;

#[derive(Default)]
struct Seen {
    sign_ins: AtomicU64,
    pages: AtomicU64,
    busy: AtomicU64,
    throttled: AtomicU64,
    took: std::sync::Mutex<Vec<Duration>>,
}

impl Seen {
    /// Whether the sign-in succeeded. A rejection must be one the manual describes, with `Retry-After`.
    fn signed_in(&self, answer: &Answer) -> bool {
        let told = answer.headers.contains_key("retry-after");
        match answer.status {
            // The first time, a new account is welcomed.
            StatusCode::SEE_OTHER if ["/", "/welcome"].contains(&answer.location()) => {
                self.sign_ins.fetch_add(1, Ordering::Relaxed);
            }
            StatusCode::SERVICE_UNAVAILABLE if told => drop(self.busy.fetch_add(1, Ordering::Relaxed)),
            StatusCode::TOO_MANY_REQUESTS if told => drop(self.throttled.fetch_add(1, Ordering::Relaxed)),
            status => panic!("{status}: {}", answer.body),
        }
        answer.status == StatusCode::SEE_OTHER
    }
}

fn address(number: usize) -> String {
    format!("person{number}@acme.example")
}

async fn look(visitor: &mut Visitor, seen: &Seen, email: &str) {
    for path in ["/", "/security"] {
        let page = visitor.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "a session was lost");
        assert!(page.body.contains(email), "another user's page");
        seen.pages.fetch_add(1, Ordering::Relaxed);
    }
}

/// Signs in, opens pages, signs out every other time, and repeats. The last session must stay valid.
async fn browse(url: String, number: usize, seen: Arc<Seen>, until: Instant) -> Visitor {
    let (mut visitor, email) = (Visitor::of(&url), address(number));
    let mut rounds = number;
    while Instant::now() < until || visitor.session().is_empty() {
        let begun = Instant::now();
        let answer = visitor.sign_in((&email, PASSWORD)).await;
        if !seen.signed_in(&answer) {
            let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
            tokio::time::sleep(Duration::from_secs(wait)).await;
            continue;
        }
        seen.took.lock().unwrap().push(begun.elapsed());
        look(&mut visitor, &seen, &email).await;
        rounds += 1;
        if rounds.is_multiple_of(2) {
            let old = visitor.cookies.clone();
            assert_eq!(visitor.post("/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
            let mut thief = Visitor::of(&url);
            thief.cookies = old;
            assert_eq!(thief.get("/").await.location(), "/sign-in?then=%2F", "the old session is invalid");
        }
    }
    visitor
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes more than a minute, and needs --release"]
async fn two_hundred_browsers_for_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("acme.db");
    let options = Options {
        base_url: "http://localhost".to_owned(),
        database: format!("sqlite://{}", data.display()),
        smtp: None,
        second_factor_required: false,
    };
    let app = App::open(options).await.unwrap();
    // Without the mark, a file with other accounts would be rejected.
    app.tables.set("demo", b"yes").await.unwrap();
    for number in 0..BROWSERS {
        let email = Email::parse(&address(number)).unwrap();
        let imported = app.operator.import_user(Import::new(email, PasswordHash::parse(HASH).unwrap())).await.unwrap();
        let profile = Profile { name: address(number), operator: false };
        app.tables.keep_profile(&imported.user_id, &profile).await.unwrap();
    }
    drop(app);

    let process = Process::start(&data, None);
    let (seen, begun) = (Arc::new(Seen::default()), Instant::now());
    let browsers: Vec<_> = (0..BROWSERS)
        .map(|number| tokio::spawn(browse(process.url.clone(), number, seen.clone(), begun + LASTS)))
        .collect();
    tokio::time::sleep(LASTS / 3).await;
    let early = process.memory();
    let mut visitors = Vec::new();
    for browser in browsers {
        visitors.push(browser.await.expect("only expected responses"));
    }
    let took = begun.elapsed().as_secs_f64();
    for (number, visitor) in visitors.iter_mut().enumerate() {
        look(visitor, &seen, &address(number)).await;
    }
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let mut times = seen.took.lock().unwrap().clone();
    times.sort();
    let at = |hundredths: usize| times[times.len() * hundredths / 100].as_millis();
    println!("{BROWSERS} browsers, {took:.0} s:");
    println!("  {} sign-ins, median {} ms, 99th percentile {} ms", times.len(), at(50), at(99));
    println!(
        "  {} pages, busy {} times, too early {} times",
        count(&seen.pages),
        count(&seen.busy),
        count(&seen.throttled)
    );
    assert!(times.len() >= BROWSERS * 5, "the load was high enough");
    if let (Some((early, _)), Some((late, peak))) = (early, process.memory()) {
        println!("  memory after a third of the run {early} MiB, at the end {late} MiB, peak {peak} MiB");
        assert!(peak <= MOST_MIB && late <= early + early / 4, "memory keeps growing");
    }
}
