//! The application as a separate process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub struct Process {
    child: Child,
    pub url: String,
}

impl Process {
    pub fn start(data: &Path, smtp: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorward-web"));
        command.args(["--port", "0", "--data"]).arg(data).stdout(Stdio::piped());
        match smtp {
            Some(url) => command.env("SMTP_URL", url),
            None => command.env_remove("SMTP_URL"),
        };
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let url = lines.next().expect("it prints its address");
        assert!(lines.any(|line| line.starts_with("Ctrl-C")), "it is ready");
        Self { child, url }
    }

    /// Sends SIGKILL: nothing is reported, finished or written.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Resident and peak memory in MiB. `None` without `/proc`.
    pub fn memory(&self) -> Option<(u64, u64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let kib = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Some((kib("VmRSS:")? / 1024, kib("VmHWM:")? / 1024))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
