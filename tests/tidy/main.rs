//! The layout keeps what it promises: floors without cycles, rooms that are not too full, and the absence of what must not be
//! there.

mod sources;

use std::fs;

use sources::{circle, names, root, sizes, sources, uses};

/// The floors of `src`, from the ground up, by the beginnings of paths; the longest counts. A file uses floors below its own, and
/// its own folder.
const FLOORS: [&[&str]; 11] = [
    &["types"],
    &["crypto", "clock.rs"],
    &["hashing", "throttle", "sharing", "journal"],
    &["password", "second_factor"],
    &["account", "registration", "email_change", "leaving"],
    &["session"],
    &["user"],
    &["store", "mail", "event", "config", "error"],
    &["engine"],
    &["auth", "flow"],
    &["pages"],
];

/// What stands outside: it speaks of the crate as those who use it do, and nothing inside speaks of it.
const OUTSIDE: [&str; 10] = [
    "axum",
    "store/memory_",
    "store/sql",
    "store/sqlite",
    "store/postgres",
    "mail/smtp",
    "mail/printing.rs",
    "event/tracing.rs",
    "testing",
    "manual",
];

fn is_outside(path: &str) -> bool {
    OUTSIDE.iter().any(|outside| path.starts_with(outside))
}

fn floor_of(path: &str) -> Option<usize> {
    FLOORS.iter().position(|folders| folders.iter().any(|folder| path.split('/').next() == Some(folder)))
}

fn folder_of(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

#[test]
fn every_file_stands_on_a_floor_and_uses_floors_below_its_own_only() {
    let sources = sources();
    for (file, used) in uses(&sources).iter().filter(|(file, _)| *file != "lib.rs" && !is_outside(file)) {
        let floor = floor_of(file).unwrap_or_else(|| panic!("{file} stands on no floor"));
        for other in used {
            let below = folder_of(other) == folder_of(file) || floor_of(other).is_some_and(|other| other < floor);
            assert!(below && !is_outside(other), "{file} uses {other}");
        }
    }
}

#[test]
fn no_file_leads_back_to_itself() {
    let way = circle(&uses(&sources()));
    assert!(way.is_none(), "{}", way.unwrap_or_default().join(" → "));
}

#[test]
fn adapters_and_test_tools_use_public_items_only() {
    for source in
        sources().iter().filter(|source| is_outside(&source.path) && !source.path.starts_with("testing/mod.rs"))
    {
        let code = source.code.replace("$crate::", "");
        assert!(!code.contains("crate::") && !code.contains("pub(crate)"), "{}", source.path);
    }
}

#[test]
fn what_must_not_be_there_is_not() {
    for source in sources() {
        let absent = |words: &[&str]| {
            for word in words {
                assert!(!source.code.contains(word), "{} has {word}", source.path);
            }
        };
        if source.path != "clock.rs" {
            absent(&["now_utc", "now_local", "SystemTime"]);
        }
        // Outside there is monotonic time too, by which no instant of the host's clock can be judged.
        if !is_outside(&source.path) {
            absent(&["Instant", "_current("]);
        }
        absent(&[
            "thread::sleep",
            "time::sleep",
            "rand::rng(",
            "rand::random",
            "thread_rng",
            "unsafe {",
            "todo!(",
            "dbg!(",
        ]);
        // What decides is pure. A port is only declared there.
        let decides = floor_of(&source.path).is_some_and(|floor| floor < floor_of("store").unwrap());
        if decides && !source.code.contains("pub trait ") {
            absent(&["async fn", "async move", ".await"]);
        }
        if !is_outside(&source.path) {
            absent(&["rusqlite", "lettre", "SELECT ", "INSERT INTO", "println!", "eprintln!"]);
            // The door of the stores hands it on.
            if source.path != "store/mod.rs" {
                absent(&["sqlx"]);
            }
        }
        absent(&[".unwrap()"]);
    }
}

/// The lines of documentation above the variant of that name, in the enum of that name.
fn documentation(text: &str, name: &str, variant: &str) -> String {
    let (_, text) = text.split_once(&format!("pub enum {name} {{")).unwrap_or_else(|| panic!("no enum {name}"));
    let starts = |line: &str| {
        let rest = line.trim_start().strip_prefix(variant);
        rest.is_some_and(|rest| rest.starts_with([',', '(']) || rest.starts_with(" {"))
    };
    let lines: Vec<_> = text.lines().collect();
    let at = lines.iter().position(|line| starts(line)).unwrap_or_else(|| panic!("{name} has no {variant}"));
    let above = lines[..at].iter().rev().take_while(|line| line.trim_start().starts_with(['/', '#']));
    above.map(|line| format!("{line}\n")).collect()
}

#[test]
fn every_event_is_documented_with_its_name_in_logs() {
    let text = fs::read_to_string(root().join("src/event/kind.rs")).unwrap();
    let (_, names) = text.split_once("\nnames! {").unwrap();
    let mut seen = 0;
    for arm in names.lines().filter(|line| line.trim_start().starts_with("Self::")) {
        let (pattern, name) = arm.split_once(" => ").unwrap();
        let variant = pattern.trim_start().trim_start_matches("Self::").split(' ').next().unwrap();
        let name = name.trim_matches(['"', ',']);
        let documented = documentation(&text, "EventKind", variant);
        assert!(documented.contains(&format!("`{name}`")), "{variant} does not say `{name}`: {documented}");
        seen += 1;
    }
    assert!(seen > 40, "the names were found");
}

#[test]
fn every_error_is_documented_with_its_status_and_code() {
    let mut seen = 0;
    for source in sources().iter().filter(|source| source.path.starts_with("error/")) {
        let text = fs::read_to_string(root().join("src").join(&source.path)).unwrap();
        for table in text.split("\nfailure!(").skip(1) {
            let (name, rows) = table.split_once(" {").unwrap();
            for row in rows.lines().take_while(|line| !line.starts_with('}')).filter(|line| line.contains(" => ")) {
                let (pattern, values) = row.split_once(" => ").unwrap();
                let variant: String = pattern
                    .trim_start()
                    .trim_start_matches("Self::")
                    .chars()
                    .take_while(|c| c.is_alphanumeric())
                    .collect();
                let mut values = values.split(", ");
                let (code, status) = (values.next().unwrap().trim_matches('"'), values.next().unwrap());
                let documented = documentation(&text, name, &variant);
                let says =
                    documented.contains(&format!("`{code}`")) && documented.contains(&format!("Status {status}"));
                assert!(says, "{name}::{variant} does not say {status} and `{code}`: {documented}");
                seen += 1;
            }
        }
    }
    assert!(seen > 60, "the tables were found: {seen}");
}

#[test]
fn functions_fit_on_a_screen_and_no_type_in_the_middle_carries_everything() {
    let mut methods = std::collections::BTreeMap::<String, usize>::new();
    for source in sources() {
        let sizes = sizes(&source);
        for (function, lines) in sizes.functions {
            assert!(lines <= 60, "{}: {function} has {lines} lines", source.path);
        }
        // What everything leans on. `Auth` and `Operator` carry the flows, one file each.
        if source.path.starts_with("engine/") {
            for (name, fields) in sizes.fields {
                assert!(fields <= 12, "{}: {name} has {fields} fields", source.path);
            }
            for (name, count) in sizes.methods {
                *methods.entry(name).or_default() += count;
            }
        }
    }
    for (name, count) in methods {
        assert!(count <= 20, "{name} has {count} methods");
    }
}

#[test]
fn the_crate_forbids_unsafe_code_and_the_top_level_stays_small() {
    let root = root();
    assert!(fs::read_to_string(root.join("src/lib.rs")).unwrap().contains("#![forbid(unsafe_code)]"));
    const TOP: [&str; 19] = [
        "Cargo.toml",
        "Cargo.lock",
        "askama.toml",
        "src",
        "examples",
        "benches",
        "tests",
        "README.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "CONTRIBUTING.md",
        "DESIGN.md",
        "RELEASING.md",
        "deny.toml",
        "typos.toml",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "target",
        "rustfmt.toml",
    ];
    for entry in fs::read_dir(root).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(name.starts_with('.') || TOP.contains(&name.as_str()), "{name} is new at the top level");
    }
}

#[test]
fn the_readme_shows_the_example_of_production_word_for_word_and_links_to_what_exists() {
    let root = root();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let example = fs::read_to_string(root.join("examples/production.rs")).unwrap();
    let (_, program) = example.split_once("\n\n").unwrap();
    assert!(readme.contains(&format!("```rust,no_run\n{program}```")), "they differ");
    // What a reader pastes is what is tested: no hidden lines.
    assert!(!readme.contains("\n# #") && !readme.contains("\n# let") && !readme.contains("\n# fn"));
    for (index, _) in readme.match_indices("](") {
        let target = readme[index + 2..].split(')').next().unwrap();
        assert!(root.join(target).exists(), "the README links to {target}");
    }
}

#[test]
fn every_flow_has_one_name_in_sources_tests_and_examples() {
    let (root, sources) = (root(), sources());
    let has_methods = |source: &&sources::Source| {
        sizes(source).methods.iter().any(|(name, count)| ["Auth", "Operator"].contains(&&**name) && *count > 0)
    };
    let carried = sources.iter().filter(|source| source.path.starts_with("auth/") && source.path != "auth/mod.rs");
    // The file, or the folder of a flow in several files.
    let flows: std::collections::BTreeSet<_> =
        carried.filter(has_methods).map(|source| source.module[1].clone()).collect();
    assert!(flows.len() >= 11, "the flows were found: {flows:?}");
    for flow in flows {
        for folder in ["tests/flows", "examples"] {
            assert!(root.join(folder).join(format!("{flow}.rs")).exists(), "{folder} has no {flow}.rs");
        }
    }
}

/// As rustdoc shows them: the page of the crate, and that of each room.
#[test]
fn no_page_has_more_names_than_a_reader_takes_in() {
    const MOST: usize = 25;
    let sources = sources();
    let top = sources.iter().find(|source| source.path == "lib.rs").unwrap();
    let rooms = names(top).modules;
    assert!(rooms.len() > 8, "the rooms were found");
    let mut seen = std::collections::BTreeMap::new();
    for (room, source) in [(String::new(), top)].into_iter().chain(rooms.into_iter().map(|room| {
        let door = |source: &&sources::Source| source.module == [room.clone()];
        let source = sources.iter().find(door).unwrap_or_else(|| panic!("the room {room} has no door"));
        (room, source)
    })) {
        let items = names(source).items;
        assert!(items.len() <= MOST, "{room} has {} names: {items:?}", items.len());
        for item in items {
            let before = seen.insert(item.clone(), room.clone());
            assert!(before.is_none(), "{item} has two paths: {before:?} and {room}");
        }
    }
}

#[test]
fn the_tree_without_features_has_no_runtime_sql_or_http_crate() {
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "-e", "normal", "--no-default-features", "--prefix", "none", "--format", "{p}", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let names: Vec<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    for given in ["argon2", "rand", "subtle", "time", "thiserror", "async-trait"] {
        assert!(names.contains(&given), "{given} is given and used");
    }
    for absent in ["tokio", "async-std", "smol", "sqlx", "rusqlite", "postgres", "hyper", "reqwest", "axum", "http"] {
        assert!(!names.contains(&absent), "{absent} is in the tree");
    }
}
