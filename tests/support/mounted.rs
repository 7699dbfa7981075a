//! A test in a process of its own, for which something is mounted.

use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Runs an ignored test of this program after `mount` with these arguments, of which `$1` is the path. The path is also the value
/// of that variable, which tells the test that it was started here; it prints `said` at its end. If nothing may be mounted on
/// this machine, that is reported, unless skipping is forbidden.
pub fn run(test: &str, mount: &str, path: &Path, variable: &str, said: &str) {
    let script = format!("mount {mount} || exit 77; shift; exec \"$@\"");
    // As root of a namespace of its own, or as root.
    let run = |namespaces: &[&str]| {
        Command::new("unshare")
            .args(namespaces)
            .args(["--mount", "sh", "-c", &script, "mount"])
            .arg(path)
            .arg(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", test, "--nocapture"])
            .env(variable, path)
            .output()
    };
    let mut output = run(&["--user", "--map-root-user"]);
    if output.as_ref().is_ok_and(|output| output.stdout.is_empty()) {
        output = run(&[]);
    }
    let told = output.as_ref().map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    match output {
        Ok(output) if output.status.success() => assert!(told.contains(said), "{told}"),
        Ok(output) if told.contains("running 1 test") => {
            panic!("{told}{}", String::from_utf8_lossy(&output.stderr))
        }
        // The program is missing, or may not mount.
        _ => {
            assert!(
                std::env::var_os("DOORWARD_SKIP_NOTHING").is_none(),
                "{test} may not mount, but may not be skipped"
            );
            let line = format!("skipped: {test}, for want of the right to mount (unshare --user --mount)\n");
            drop(std::io::stderr().write_all(line.as_bytes()));
        }
    }
}
