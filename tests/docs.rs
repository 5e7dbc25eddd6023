//! The generated parts of `docs/` are what the program would write now. `RDPTRIAGE_WRITE_DOCS=1` writes them.

use std::path::{Path, PathBuf};
use std::process::Command;

use rdptriage::keymap::{Keymap, help};
use rdptriage::schema::{Field, Schemas};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

/// Compares, or writes where that is wanted.
fn current(name: &str, text: &str) {
    if std::env::var_os("RDPTRIAGE_WRITE_DOCS").is_some() {
        std::fs::write(path(name), text).expect("written");
    }
    let written = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert!(written == text, "docs/{name} is not current; run: RDPTRIAGE_WRITE_DOCS=1 cargo test --test docs");
}

/// The text with what stands behind a mark replaced.
fn with(text: &str, mark: &str, block: &str) -> String {
    let start = format!("<!-- {mark} -->\n");
    let (before, after) = text.split_once(&start).expect("the mark");
    let (_, after) = after.split_once("<!-- end -->").expect("its end");
    format!("{before}{start}{block}<!-- end -->{after}")
}

#[test]
fn keys_are_those_of_the_keymap() {
    let text = format!(
        "# Keys\n\nMade of the standard keymap by `RDPTRIAGE_WRITE_DOCS=1 cargo test --test docs`; `rdptriage keys` prints yours.\n\
         Your own go into `keys.toml` in the settings folder, one line each: `[table]`, then `\"ctrl-e\" = \"export\"`; `\"none\"` takes a key away.\n\n{}",
        help::markdown(&Keymap::standard())
    );
    current("keys.md", &text);
}

/// The header line of a command's CSV.
fn header(folder: &Path, command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rdptriage"))
        .args([command, "flow.ndjson", "--format", "csv"])
        .current_dir(folder)
        .env_clear()
        .output()
        .expect("the program starts");
    String::from_utf8(output.stdout).expect("text").lines().next().unwrap_or_default().to_owned()
}

#[test]
fn formats_are_those_of_schemas_and_tables() {
    let folder = tempfile::tempdir().expect("a folder");
    let flow =
        r#"{"@timestamp":"2025-01-01T10:00:01Z","event":{"category":["network"]},"source":{"ip":"10.0.0.7"},"destination":{"ip":"10.0.0.5","port":3389}}"#;
    std::fs::write(folder.path().join("flow.ndjson"), flow).expect("written");
    let tables: String = ["counts", "detect", "hunt", "events"].map(|command| format!("| `{command}` | `{}` |\n", header(folder.path(), command))).concat();
    let schemas: String = Schemas::built_in()
        .iter()
        .map(|(_, file)| {
            let index =
                if file.index.is_empty() { "files only".to_owned() } else { file.index.iter().map(|index| format!("`{index}`")).collect::<Vec<_>>().join(" ") };
            format!("| `{}` | {index} |\n", file.name)
        })
        .collect();
    let fields: Vec<String> = Field::ALL.iter().map(|field| format!("`{}`", field.name())).collect();
    let text = std::fs::read_to_string(path("formats.md")).expect("the page");
    let text = with(&text, "tables", &format!("| command | columns |\n|---|---|\n{tables}"));
    let text = with(&text, "schemas", &format!("| schema | indices |\n|---|---|\n{schemas}"));
    let text = with(&text, "fields", &format!("{}\n", fields.join(", ")));
    current("formats.md", &text);
}
