//! Keeps the map in `src/lib.rs` true: who may import whom, where the heavy libraries live, and that every file says
//! what it is for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// For each room the rooms it may know. `runtime`, `cli` and `main` stand at the edge and are told below.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("query", &["domain"]),
    ("sigma", &["domain"]),
    ("guide", &["domain"]),
    ("analysis", &["domain", "query", "sigma"]),
    ("case", &["domain"]),
    ("exception", &["domain"]),
    ("report", &["domain", "guide", "case", "evidence"]),
    ("response", &["domain", "query", "analysis", "detect", "guide", "case"]),
    ("ledger", &["domain", "case"]),
    ("evidence", &["domain", "query", "guide", "analysis", "detect", "case", "sigma"]),
    ("detect", &["domain"]),
    ("enrich", &["domain"]),
    ("schema", &["domain", "query", "sigma"]),
    ("backend", &["domain", "query", "schema", "sigma"]),
    ("investigation", &["domain", "query", "analysis", "detect", "sigma", "guide", "case", "evidence", "report"]),
    ("keymap", &["investigation"]),
    ("theme", &[]),
    ("widget", &["domain", "theme"]),
    // Of `app` only the screen regions (a pure function that drawing and routing share) and two plain types.
    ("view", &["domain", "query", "analysis", "detect", "guide", "case", "evidence", "report", "investigation", "keymap", "theme", "widget", "app"]),
    ("app", &["domain", "query", "analysis", "detect", "guide", "investigation", "keymap", "theme", "widget", "view"]),
    (
        "runtime",
        &[
            "domain",
            "query",
            "analysis",
            "detect",
            "guide",
            "case",
            "ledger",
            "evidence",
            "report",
            "investigation",
            "keymap",
            "theme",
            "widget",
            "view",
            "app",
            "backend",
        ],
    ),
    ("config", &["domain"]),
    (
        "cli",
        &[
            "domain",
            "query",
            "analysis",
            "sigma",
            "detect",
            "enrich",
            "schema",
            "backend",
            "investigation",
            "keymap",
            "theme",
            "widget",
            "app",
            "runtime",
            "config",
            "case",
            "ledger",
            "response",
            "exception",
            "report",
            "guide",
            "evidence",
        ],
    ),
];

/// Libraries that may be named only below these paths.
const AT_HOME: &[(&str, &[&str])] = &[
    ("ratatui", &["theme", "widget", "view", "app", "runtime"]),
    ("polars", &["backend", "cli/output"]),
    ("evtx", &["backend/local/read", "main.rs"]),
    ("elasticsearch", &["backend/elastic"]),
    ("clap", &["cli"]),
    ("rusqlite", &["ledger"]),
    ("indicatif", &["cli"]),
    ("color_eyre", &["main.rs"]),
    ("rsigma_eval", &["sigma"]),
    ("rsigma_parser", &["sigma", "backend/elastic"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

/// Every Rust file below `src`, with its path from there.
fn sources() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    walk(&root(), &mut paths);
    paths.sort();
    let relative = |path: &PathBuf| path.strip_prefix(root()).expect("below src").to_str().expect("text").to_owned();
    paths
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| (relative(path), fs::read_to_string(path).expect("text")))
        .collect()
}

/// What is neither comment nor test: tests may reach for whatever they need.
fn code(name: &str, text: &str) -> String {
    if name.ends_with("tests.rs") || name.contains("/tests/") || ["samples.rs", "traps.rs", "shared_data.rs"].iter().any(|tests| name.ends_with(tests)) {
        return String::new();
    }
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn word(text: &str) -> &str {
    text.split(|character: char| !character.is_alphanumeric() && character != '_').next().unwrap_or_default()
}

/// The rooms that a file names: `crate::room`, `crate::{room, room}`.
fn rooms(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(list) => named.extend(list.split('}').next().unwrap_or_default().split(',').map(|item| word(item.trim()).to_owned())),
            None => {
                named.insert(word(after).to_owned());
            }
        }
    }
    named
}

#[test]
fn rooms_import_only_what_they_may() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let room = name.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        if room == "lib" || room == "main" {
            continue;
        }
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(known, _)| *known == room) else {
            wrong.push(format!("{name}: the room {room} stands in no line of MAY_IMPORT"));
            continue;
        };
        for other in rooms(&code(&name, &text)) {
            let is_room = MAY_IMPORT.iter().any(|(known, _)| *known == other);
            if is_room && other != room && !allowed.contains(&other.as_str()) {
                wrong.push(format!("{name} imports {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn of_the_app_a_view_sees_only_its_regions_and_what_it_is_told() {
    for (name, text) in sources().into_iter().filter(|(name, _)| name.starts_with("view/")) {
        for after in code(&name, &text).split("crate::app").skip(1) {
            assert!(["::screen", "::Stage", "::Wording"].iter().any(|part| after.starts_with(part)), "{name}");
        }
    }
}

#[test]
fn heavy_libraries_stay_at_home() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let code = code(&name, &text);
        for (library, homes) in AT_HOME {
            let is_home = homes.iter().any(|home| name.starts_with(home));
            let is_named = code
                .lines()
                .map(str::trim_start)
                .any(|line| line.starts_with(&format!("use {library}::")) || line.starts_with(&format!("pub use {library}::")))
                || code.split(&format!("{library}::")).zip(code.split(&format!("{library}::")).skip(1)).any(|(before, _)| {
                    // `read::evtx::child` is a module of ours, `evtx::Parser` at the start of a path is the library.
                    !before.ends_with("::") && !before.ends_with(|last: char| last.is_alphanumeric() || last == '_') && *library != "evtx" && *library != "csv"
                });
            if is_named && !is_home {
                wrong.push(format!("{name} names {library}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    for (name, text) in sources() {
        assert!(text.starts_with("//! "), "{name} begins without a line of //!");
        assert!(!text.starts_with("//! (in work)"), "{name} is not written yet");
    }
}

#[test]
fn every_data_file_is_listed() {
    let files = |folder: &str, extension: &str| -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let names = fs::read_dir(&folder).expect("a folder of data").map(|entry| entry.expect("an entry").file_name().into_string().expect("text"));
        names.filter(|name| name.ends_with(extension)).map(|name| name.trim_end_matches(extension).to_owned()).collect()
    };
    let listed =
        |list: &[(&str, &str)], extension: &str| -> BTreeSet<String> { list.iter().map(|(name, _)| name.trim_end_matches(extension).to_owned()).collect() };
    assert_eq!(files("src/schema", ".toml"), listed(rdptriage::schema::BUILT_IN, ".toml"));
    assert_eq!(files("src/sigma", ".yml"), listed(rdptriage::sigma::BUILT_IN, ".yml"));
    assert_eq!(files("src/guide", ".toml"), listed(rdptriage::guide::BUILT_IN, ".toml"));
    assert_eq!(files("themes", ".toml"), listed(rdptriage::theme::THEMES, ".toml"));
}
