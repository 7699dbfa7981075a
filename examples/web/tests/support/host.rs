//! A one-file host, run as a separate process.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

pub struct Host {
    child: Child,
    /// The program's output, which includes its mails.
    printed: Lines<BufReader<ChildStdout>>,
    pub url: String,
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Host {
    pub fn start(program: &str) -> Self {
        let mut child = Command::new(program).arg("0").stdout(Stdio::piped()).spawn().unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = printed.next().unwrap().unwrap();
        Self { child, printed, url }
    }

    /// The rest of the next line with this prefix.
    pub fn line(&mut self, prefix: &str) -> String {
        let mut lines = self.printed.by_ref().map(Result::unwrap);
        lines.find_map(|line| line.strip_prefix(prefix).map(str::to_owned)).unwrap()
    }
}
