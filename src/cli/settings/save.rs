//! Writes a profile into the settings file, leaving everything else there as it is, and a typed secret into a file of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, Item, Table, value};

use super::super::failure::Failure;

/// The lines of a profile to be written.
#[derive(Default, Debug)]
pub(super) struct Lines(Vec<(&'static str, Item)>);

impl Lines {
    /// Adds a text.
    pub(super) fn text(&mut self, key: &'static str, text: &str) {
        self.0.push((key, value(text)));
    }

    /// Adds all of the other's.
    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Adds a list of texts.
    pub(super) fn list(&mut self, key: &'static str, texts: &[String]) {
        self.0.push((key, value(texts.iter().map(String::as_str).collect::<Array>())));
    }
}

/// The settings with the profile in them; the first profile becomes the default one.
///
/// # Errors
/// Where the settings are none.
pub(super) fn with_profile(text: &str, name: &str, lines: &Lines) -> Result<String, Failure> {
    let mut document: DocumentMut =
        text.parse().map_err(|_| Failure::error("the settings file is no TOML").advise("`rdptriage config check` says which line is wrong"))?;
    if !document.contains_key("default_profile") {
        document.insert("default_profile", value(name));
    }
    let profiles = document.entry("profile").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let Some(profiles) = profiles.as_table_mut() else {
        return Err(Failure::error("the settings hold their profiles in one line").advise("write them as [profile.NAME]"));
    };
    let mut profile = Table::new();
    for (key, item) in &lines.0 {
        profile.insert(key, item.clone());
    }
    profiles.insert(name, Item::Table(profile));
    Ok(document.to_string())
}

/// Whether the settings hold a profile of that name.
pub(super) fn holds(text: &str, name: &str) -> bool {
    text.parse::<DocumentMut>().is_ok_and(|document| document.get("profile").and_then(|profiles| profiles.get(name)).is_some())
}

/// Writes a file whole, for its owner's eyes alone, making its folder where it is missing. A link stays one: what it leads to
/// is written.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::error(format!("{} could not be written ({error})", path.display()));
    let path: PathBuf = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(&path).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Lines {
        let mut lines = Lines::default();
        lines.list("url", &["https://es.example".to_owned()]);
        lines.text("api_key_file", "/k");
        lines
    }

    #[test]
    fn the_first_profile_is_the_default_one_and_what_was_there_stays() {
        assert_eq!(
            with_profile("", "lab", &lines()).unwrap(),
            "default_profile = \"lab\"\n\n[profile.lab]\nurl = [\"https://es.example\"]\napi_key_file = \"/k\"\n"
        );
        let before = "# mine\ntheme = \"light\" # so it is\ndefault_profile = \"prod\"\n\n[profile.prod]\nurl = [\"https://p.example\"] # the old one\n";
        let after = with_profile(before, "lab", &lines()).unwrap();
        assert!(after.starts_with(before), "{after}");
        assert!(after.ends_with("\n[profile.lab]\nurl = [\"https://es.example\"]\napi_key_file = \"/k\"\n"), "{after}");
        assert!(crate::config::Config::parse(&after, "x").is_ok());
        assert!(holds(before, "prod") && !holds(before, "lab") && holds(&after, "lab"));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_written_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/config.toml");
        write(&path, "a").unwrap();
        write(&path, "b").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "b");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
