//! Several processes on one database: the mail cooldown, the waits after wrong guesses and single use hold across them, because
//! each claim is one guarded write that the database decides.
//!
//! `cargo run --features sqlite,postgres --example cluster -- postgres://me@127.0.0.1/test`
//!
//! Without a PostgreSQL URL it uses an SQLite file, which does the same for processes on one machine.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use doorward::error::SignInError;
use doorward::mail::Mail;
use doorward::store::{BackendError, PostgresStore, SqliteStore};
use doorward::{AttemptStore, Auth, Challenge, Email, Mailer, Operator, SignIn, SignInRequest, Site, UserRepository};

const PROCESSES: usize = 4;
/// Passes the URL to workers in the environment: process lists show arguments, and a URL may hold a password.
const URL: &str = "DOORWARD_CLUSTER_URL";
const ANN: &str = "ann@acme.example";

/// Counts mails instead of sending them.
#[derive(Debug, Default)]
struct Counted(AtomicUsize);

#[doorward::async_trait]
impl Mailer for &'static Counted {
    async fn send(&self, _: &Email, _: &Mail) -> Result<(), BackendError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

static MAILS: Counted = Counted(AtomicUsize::new(0));

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Runtime::new()?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["worker"] => runtime.block_on(worker(&std::env::var(URL)?)),
        [url] => runtime.block_on(cluster(url)),
        _ => {
            let folder = std::env::temp_dir().join(format!("doorward-cluster-{}", std::process::id()));
            std::fs::create_dir_all(&folder)?;
            let done = runtime.block_on(cluster(&format!("sqlite://{}/auth.db", folder.display())));
            std::fs::remove_dir_all(&folder)?;
            done
        }
    }
}

async fn auth(url: &str) -> Result<(Auth, Operator), Box<dyn Error>> {
    // Every process migrates at start: the first one does it, the others find it done.
    if url.starts_with("sqlite:") {
        let store = SqliteStore::connect(url).await?;
        store.migrate().await?;
        return over(store);
    }
    let store = PostgresStore::connect(url).await?.with_prefix("doorward_example_")?;
    store.migrate().await?;
    over(store)
}

fn over(store: impl UserRepository + AttemptStore + Clone) -> Result<(Auth, Operator), Box<dyn Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    Ok(Auth::builder(site, store.clone(), store, &MAILS).build_with_operator()?)
}

/// Runs commands from standard input and prints how often each was accepted.
async fn worker(url: &str) -> Result<(), Box<dyn Error>> {
    let (auth, _) = auth(url).await?;
    println!("ready");
    for line in std::io::stdin().lines() {
        let line = line?;
        let accepted = match line.split_once(' ').unwrap_or((&line, "")) {
            ("request", address) => {
                let before = MAILS.0.load(Ordering::SeqCst);
                auth.request_reset(&Email::parse(address)?).await?;
                MAILS.0.load(Ordering::SeqCst) - before
            }
            ("guess", address) => {
                let mut evaluated = 0;
                for n in 0..100 {
                    match auth.try_sign_in(SignInRequest::new(address, &format!("guess {n}"))).await {
                        Err(SignInError::InvalidCredentials) => evaluated += 1,
                        Err(SignInError::Throttled { .. }) => {}
                        other => return Err(format!("{other:?}").into()),
                    }
                }
                evaluated
            }
            ("choose", challenge) => {
                let new = format!("a password of process {}", std::process::id());
                usize::from(auth.choose_password(&Challenge::parse(challenge)?, &new).await.is_ok())
            }
            _ => break,
        };
        println!("{accepted}");
    }
    Ok(())
}

async fn cluster(url: &str) -> Result<(), Box<dyn Error>> {
    let (auth, operator) = auth(url).await?;
    let ann = operator.provision_without_mail(Email::parse(ANN)?).await?;
    let entered = auth.sign_in(SignInRequest::new(ANN, ann.temporary_password.expose())).await?;
    let SignIn::PasswordChangeRequired(challenge) = entered else { return Err("no change was due".into()) };

    let mut processes = (0..PROCESSES).map(|_| start(url)).collect::<Result<Vec<_>, _>>()?;
    for (_, answers) in &mut processes {
        answers.read_line(&mut String::new())?;
    }
    let chosen = all(&mut processes, &format!("choose {}", challenge.expose()))?;
    println!("{PROCESSES} processes chose a password with one temporary password: {chosen} accepted");
    let mailed = all(&mut processes, &format!("request {ANN}"))?;
    println!("{PROCESSES} processes asked for a reset: {mailed} mailed");
    let began = std::time::Instant::now();
    let evaluated = all(&mut processes, &format!("guess {ANN}"))?;
    let took = began.elapsed();
    println!("{PROCESSES} processes guessed 100 times each within {took:.1?}: {evaluated} evaluated");

    for (process, _) in &mut processes {
        process.stdin.take();
        process.wait()?;
    }
    operator.delete(&ann.user_id).await?;
    assert_eq!((chosen, mailed), (1, 1));
    assert!(evaluated < 10);
    Ok(())
}

fn start(url: &str) -> Result<(Child, BufReader<ChildStdout>), Box<dyn Error>> {
    let mut worker = Command::new(std::env::current_exe()?);
    let mut process = worker.arg("worker").env(URL, url).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let answers = BufReader::new(process.stdout.take().ok_or("no output")?);
    Ok((process, answers))
}

/// Sends the same command to all processes at once and sums their answers.
fn all(processes: &mut [(Child, BufReader<ChildStdout>)], what: &str) -> Result<usize, Box<dyn Error>> {
    for (process, _) in processes.iter_mut() {
        writeln!(process.stdin.as_mut().ok_or("no input")?, "{what}")?;
    }
    let mut sum = 0;
    for (_, answers) in processes {
        let mut line = String::new();
        answers.read_line(&mut line)?;
        sum += line.trim().parse::<usize>()?;
    }
    Ok(sum)
}
