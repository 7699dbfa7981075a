//! A PostgreSQL for tests: the one at `DOORWARD_POSTGRES_URL`, or a temporary cluster made of the server's own programs if they
//! are installed. It lives as long as the test's process, however that ends.
#![allow(dead_code)] // each test binary uses a part of it

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Once, OnceLock};
use std::time::{Duration, Instant};

use super::sql::block_on;

/// Where `initdb` and `postgres` may be, beside the folders of `PATH`.
const FOLDERS: [&str; 4] = ["/usr/lib/postgresql", "/usr/pgsql", "/usr/local/pgsql", "/opt/homebrew/opt"];

/// Makes a cluster, runs its server, and removes both once nobody holds the other end of standard input any more: that is
/// when the test's process has ended, also when it was killed. Each line on standard input restarts a server that was
/// stopped or killed.
const KEEPER: &str = r#"
set -eu
bin=$1; port=$2; fsync=$3; folder=$4
dir=$(mktemp -d "$folder/doorward-postgres-XXXXXX")
# The shell is told to die by a closed pipe, never by a signal meant for the tests.
trap '' HUP INT PIPE
# A server that has only just begun ignores signals, so it is asked more than once.
stop() {
    n=0
    while kill -QUIT "$server" 2>/dev/null && [ "$n" -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
    kill -KILL "$server" 2>/dev/null || true
    rm -rf "$dir"
}
trap stop EXIT
server=
"$bin/initdb" -D "$dir/data" -U doorward -A trust -E UTF8 --no-sync >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
while
    "$bin/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        -c max_connections=200 -c fsync="$fsync" -c shared_buffers=256MB -c max_wal_size=4GB \
        -c log_min_messages=fatal >>"$dir/log" 2>&1 </dev/null &
    server=$!
    echo "$server"
    read -r again
do
    wait "$server" 2>/dev/null || true
done
"#;

/// A server of one's own.
pub struct Cluster {
    keeper: Child,
    commands: ChildStdin,
    server: BufReader<std::process::ChildStdout>,
    pid: String,
    pub url: String,
}

impl Cluster {
    /// Starts one, if the programs are there. With `fsync` a commit is on the disk; without, tests are quicker, and a
    /// server that is killed loses nothing either.
    pub fn start(fsync: bool) -> Option<Self> {
        let bin = programs()?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // The server refuses to run as root.
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let fsync = if fsync { "on" } else { "off" };
        command.args(["-c", KEEPER, "keeper"]).arg(bin).arg(port.to_string()).arg(fsync).arg(std::env::temp_dir());
        command.current_dir(std::env::temp_dir()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = command.spawn().expect("a shell");
        let (commands, server) = (keeper.stdin.take().unwrap(), BufReader::new(keeper.stdout.take().unwrap()));
        let url = format!("postgres://doorward@127.0.0.1:{port}/postgres");
        let mut cluster = Self { keeper, commands, server, pid: String::new(), url };
        cluster.wait();
        Some(cluster)
    }

    /// Kills the server with all its processes at once, as a loss of power would.
    pub fn kill(&self) {
        let mut victims = vec![self.pid.clone()];
        for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let stat = std::fs::read_to_string(process.path().join("stat")).unwrap_or_default();
            // After the name, which is in parentheses: the state, then the parent.
            let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
            if parent == Some(&self.pid) {
                victims.push(process.file_name().to_string_lossy().into_owned());
            }
        }
        let kill = format!("kill -KILL {}", victims.join(" "));
        drop(Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status());
    }

    /// Starts a killed server again, which recovers from its log.
    pub fn restart(&mut self) {
        writeln!(self.commands, "again").expect("the keeper reads");
        self.wait();
    }

    /// Waits until it serves. One that gives up is started again: while something of a killed one still lives, a new one does.
    fn wait(&mut self) {
        let began = Instant::now();
        self.read_pid();
        while block_on(doorward::store::PostgresStore::connect(&self.url)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(120), "the server did not start");
            assert!(self.keeper.try_wait().unwrap().is_none(), "the server could not be started");
            std::thread::sleep(Duration::from_millis(50));
            if self.has_given_up() {
                writeln!(self.commands, "again").expect("the keeper reads");
                self.read_pid();
            }
        }
    }

    fn read_pid(&mut self) {
        self.pid.clear();
        self.server.read_line(&mut self.pid).expect("the server's process id");
        self.pid.truncate(self.pid.trim_end().len());
    }

    /// Whether the server's process is over: gone, or waiting for its keeper to notice.
    fn has_given_up(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid));
        let state = stat.as_deref().ok().and_then(|stat| stat.rsplit(')').next()?.split_whitespace().next());
        Path::new("/proc/self/stat").exists() && matches!(state, None | Some("Z"))
    }
}

/// The URL of the server that the tests of this process share; `None` if there is none to be had.
pub fn url() -> Option<&'static str> {
    static SHARED: OnceLock<Option<(String, Option<Cluster>)>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| match std::env::var("DOORWARD_POSTGRES_URL") {
        Ok(url) => Some((url, None)),
        Err(_) => Cluster::start(false).map(|cluster| (cluster.url.clone(), Some(cluster))),
    });
    shared.as_ref().map(|(url, _)| url.as_str())
}

/// The URL; without a server, what is skipped is told.
pub fn url_or_skip(what: &str) -> Option<&'static str> {
    let url = url();
    if url.is_none() {
        skip(what);
    }
    url
}

/// Fails where nothing may be skipped. Else one line, once in each test binary, on the real standard error, which the harness
/// does not keep to itself.
pub fn skip(what: &str) {
    assert!(
        std::env::var_os("DOORWARD_SKIP_NOTHING").is_none(),
        "{what} needs PostgreSQL and there is none, though nothing may be skipped"
    );
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        let binary = std::env::current_exe().ok();
        let binary = binary.as_ref().and_then(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned());
        let name = binary.as_deref().and_then(|name| name.rsplit_once('-')).map_or("these tests", |(name, _)| name);
        let line = format!(
            "skipped: all of {name} that needs PostgreSQL, for there is none; install its server programs, or set \
             DOORWARD_POSTGRES_URL to a database that may be written to\n"
        );
        drop(std::io::stderr().write_all(line.as_bytes()));
    });
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id");
    id.stdout.starts_with(b"0\n")
}

/// The folder of `initdb` and `postgres`, the newest if there are several.
fn programs() -> Option<PathBuf> {
    let has = |folder: &Path| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = std::env::split_paths(&path).filter(|folder| has(folder)).collect();
    for folder in FOLDERS {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut versions: Vec<_> = entries.map(|entry| entry.path().join("bin")).collect();
        versions.push(Path::new(folder).join("bin"));
        versions.retain(|folder| has(folder));
        versions.sort();
        found.extend(versions.into_iter().rev());
    }
    found.into_iter().next()
}
