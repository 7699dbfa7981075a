//! A PostgreSQL server for tests: the one at `DOORWARD_POSTGRES_URL`, or a temporary cluster made with the server's own
//! programs if they are installed. A cluster lives as long as the test's process, however that ends.
#![allow(dead_code)] // each test binary uses only a part of it

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Once, OnceLock};
use std::time::{Duration, Instant};

use super::sql::block_on;

/// Where `initdb` and `postgres` may be, besides the folders of `PATH`.
const FOLDERS: [&str; 4] = ["/usr/lib/postgresql", "/usr/pgsql", "/usr/local/pgsql", "/opt/homebrew/opt"];

/// Makes a cluster, runs its server, and removes both once the other end of standard input is closed: when the test's process
/// has ended, even if it was killed. Each line on standard input restarts a server that was stopped or killed.
const KEEPER: &str = r#"
set -eu
bin=$1; port=$2; fsync=$3; folder=$4; primary=$5
dir=$(mktemp -d "$folder/doorward-postgres-XXXXXX")
# The closed pipe ends this shell; signals meant for the tests must not.
trap '' HUP INT PIPE
# A server that has only just started ignores signals, so it is asked repeatedly.
stop() {
    n=0
    while kill -QUIT "$server" 2>/dev/null && [ "$n" -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
    kill -KILL "$server" 2>/dev/null || true
    rm -rf "$dir"
}
trap stop EXIT
server=
if [ -n "$primary" ]; then
    "$bin/pg_basebackup" -D "$dir/data" -d "$primary" -R -c fast --no-sync >"$dir/log" 2>&1
else
    "$bin/initdb" -D "$dir/data" -U doorward -A trust -E UTF8 --no-sync >"$dir/log" 2>&1
fi || { cat "$dir/log" >&2; exit 1; }
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

/// A server for one test alone.
pub struct Cluster {
    keeper: Child,
    commands: ChildStdin,
    server: BufReader<std::process::ChildStdout>,
    pid: String,
    pub url: String,
}

impl Cluster {
    /// Starts a server, if its programs are installed. With `fsync` a commit is on disk; without it tests are faster, and even
    /// a killed server loses nothing.
    pub fn start(fsync: bool) -> Option<Self> {
        Self::launch(&programs(&["initdb", "postgres"])?, fsync, "")
    }

    /// Starts a standby that follows this server. `SELECT pg_promote()` makes it a primary.
    pub fn standby(&self) -> Option<Self> {
        Self::launch(&programs(&["initdb", "postgres", "pg_basebackup"])?, false, &self.url)
    }

    fn launch(bin: &Path, fsync: bool, primary: &str) -> Option<Self> {
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
        command
            .args(["-c", KEEPER, "keeper"])
            .arg(bin)
            .arg(port.to_string())
            .arg(fsync)
            .arg(std::env::temp_dir())
            .arg(primary);
        command.current_dir(std::env::temp_dir()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = command.spawn().expect("a shell");
        let (commands, server) = (keeper.stdin.take().unwrap(), BufReader::new(keeper.stdout.take().unwrap()));
        let url = format!("postgres://doorward@127.0.0.1:{port}/postgres");
        let mut cluster = Self { keeper, commands, server, pid: String::new(), url };
        cluster.wait();
        Some(cluster)
    }

    /// Kills the server with all its processes at once, like a power failure.
    pub fn kill(&self) {
        let mut victims = vec![self.pid.clone()];
        for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let stat = std::fs::read_to_string(process.path().join("stat")).unwrap_or_default();
            // After the name, which is in parentheses: the state, then the parent's id.
            let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
            if parent == Some(&self.pid) {
                victims.push(process.file_name().to_string_lossy().into_owned());
            }
        }
        let kill = format!("kill -KILL {}", victims.join(" "));
        drop(Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status());
    }

    /// Restarts a killed server, which recovers from its log.
    pub fn restart(&mut self) {
        writeln!(self.commands, "again").expect("the keeper reads");
        self.wait();
    }

    /// Waits until the server accepts connections. A server gives up while processes of a killed one still live; it is then
    /// started again.
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

    /// Whether the server's process has ended: it is gone, or a zombie waiting for its keeper.
    fn has_given_up(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid));
        let state = stat.as_deref().ok().and_then(|stat| stat.rsplit(')').next()?.split_whitespace().next());
        Path::new("/proc/self/stat").exists() && matches!(state, None | Some("Z"))
    }
}

/// The URL of the server shared by the tests of this process; `None` if there is no server.
pub fn url() -> Option<&'static str> {
    static SHARED: OnceLock<Option<(String, Option<Cluster>)>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| match std::env::var("DOORWARD_POSTGRES_URL") {
        Ok(url) => Some((url, None)),
        Err(_) => Cluster::start(false).map(|cluster| (cluster.url.clone(), Some(cluster))),
    });
    shared.as_ref().map(|(url, _)| url.as_str())
}

/// The URL; without a server, reports what is skipped.
pub fn url_or_skip(what: &str) -> Option<&'static str> {
    let url = url();
    if url.is_none() {
        skip(what);
    }
    url
}

/// Fails if skipping is forbidden. Otherwise prints one line, once per test binary, on the real standard error, which the
/// harness does not capture.
pub fn skip(what: &str) {
    assert!(
        std::env::var_os("DOORWARD_SKIP_NOTHING").is_none(),
        "{what} needs PostgreSQL, which is missing, and DOORWARD_SKIP_NOTHING is set"
    );
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        let binary = std::env::current_exe().ok();
        let binary = binary.as_ref().and_then(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned());
        let name = binary.as_deref().and_then(|name| name.rsplit_once('-')).map_or("these tests", |(name, _)| name);
        let line = format!(
            "skipped: everything in {name} that needs PostgreSQL, which is missing; install its server programs, or set \
             DOORWARD_POSTGRES_URL to a database that tests may write to\n"
        );
        drop(std::io::stderr().write_all(line.as_bytes()));
    });
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id");
    id.stdout.starts_with(b"0\n")
}

/// The folder of these programs, the newest if there are several.
fn programs(names: &[&str]) -> Option<PathBuf> {
    let has = |folder: &Path| names.iter().all(|name| folder.join(name).is_file());
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
