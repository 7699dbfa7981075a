//! The layout keeps what it promises: floors without cycles, and the absence of what must not be there.

use std::fs;
use std::path::{Path, PathBuf};

/// The floors of `src`, from the ground up. A module imports from floors below its own only.
const FLOORS: [&[&str]; 8] = [
    &["types"],
    &["crypto"],
    &["policy"],
    &["user"],
    &["port", "mail", "config", "error"],
    &["engine"],
    &["flow"],
    &["auth", "adapter", "testing", "manual"],
];

struct Source {
    /// Relative to `src`.
    path: PathBuf,
    /// The top module it belongs to.
    module: String,
    /// Without comments, and without what follows `#[cfg(test)]`.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        // Asks for the runtime, in adapters, and not like totp-rs's functions of that ending for the time.
        let code = code.replace("Handle::try_current()", "");
        // Monotonic, and of a type that no `Clock` shows: no instant of another clock can be compared with it.
        let code = code.replace("tokio::time::Instant::now()", "");
        let code: Vec<_> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let path = file.strip_prefix(&root).unwrap().to_owned();
        let first = path.components().next().unwrap().as_os_str().to_string_lossy();
        Source { module: first.trim_end_matches(".rs").to_owned(), code: code.join("\n"), path }
    };
    let sources: Vec<_> = files.into_iter().map(read).collect();
    assert!(sources.len() > 60, "the sources were found");
    sources
}

fn floor_of(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

/// Every `crate::module` that a source names, also within braces.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, _) in code.match_indices("crate::") {
        let rest = &code[index + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default().split(',').collect(),
            None => vec![rest],
        };
        for name in names {
            let name: String = name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push(name);
        }
    }
    found
}

#[test]
fn every_module_stands_on_a_floor_and_imports_from_below_only() {
    for source in sources() {
        if source.module == "lib" {
            continue;
        }
        let floor = floor_of(&source.module).unwrap_or_else(|| panic!("{} stands on no floor", source.path.display()));
        for import in imports(&source.code) {
            // Macros and the crate's own name are no modules.
            let Some(other) = floor_of(&import) else { continue };
            let beside = floor == 4 && other == 4;
            let allowed = other < floor || import == source.module || beside;
            assert!(allowed, "{} imports crate::{import}", source.path.display());
        }
    }
}

#[test]
fn flows_import_no_other_flow() {
    for source in sources().iter().filter(|source| source.module == "flow" && !source.path.ends_with("mod.rs")) {
        assert!(!source.code.contains("crate::flow") && !source.code.contains("super::"), "{}", source.path.display());
    }
}

#[test]
fn adapters_and_test_tools_use_public_items_only_and_nothing_imports_adapters() {
    for source in sources() {
        let outside = matches!(source.module.as_str(), "adapter" | "testing");
        if outside && !source.path.ends_with("mod.rs") {
            let code = source.code.replace("$crate::", "");
            assert!(!code.contains("crate::") && !code.contains("pub(crate)"), "{}", source.path.display());
        }
        if source.module != "lib" {
            assert!(!source.code.contains("crate::adapter"), "{}", source.path.display());
        }
    }
}

#[test]
fn what_must_not_be_there_is_not() {
    for source in sources() {
        let absent = |words: &[&str]| {
            for word in words {
                assert!(!source.code.contains(word), "{} has {word}", source.path.display());
            }
        };
        if !source.path.ends_with("port/clock.rs") {
            absent(&["now_utc", "now_local", "SystemTime", "Instant::now", "_current("]);
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
        if floor_of(&source.module).is_some_and(|floor| floor < 4) {
            absent(&["async fn", "async move", ".await"]);
        }
        if source.module != "adapter" {
            // The top names the adapters' pool crate once, for hosts.
            let code = source.code.replace("MalformedPrefix, Migration, sqlx};", "");
            assert!(!code.contains("sqlx"), "{} has sqlx", source.path.display());
            absent(&["rusqlite", "lettre", "SELECT ", "INSERT INTO", "println!", "eprintln!"]);
        }
        absent(&[".unwrap()"]);
    }
}

#[test]
fn the_crate_forbids_unsafe_code_and_the_top_level_stays_small() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(fs::read_to_string(root.join("src/lib.rs")).unwrap().contains("#![forbid(unsafe_code)]"));
    const TOP: [&str; 13] = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "examples",
        "benches",
        "tests",
        "README.md",
        "CHANGELOG.md",
        "SECURITY.md",
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
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
fn every_flow_has_one_name_in_flow_tests_and_examples() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for source in sources().iter().filter(|source| source.module == "flow" && !source.path.ends_with("mod.rs")) {
        let file = source.path.file_name().unwrap();
        for folder in ["tests/flows", "examples"] {
            assert!(root.join(folder).join(file).exists(), "{folder} has no {}", file.to_string_lossy());
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
