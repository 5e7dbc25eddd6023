//! Settings: defaults < file < environment < flags. Each default stands once, in `default.toml`.

pub mod cloud_id;
pub mod cluster;
pub mod elastic_cli;
mod enrich;
pub mod environment;
mod login;
mod profile;
pub mod start_local;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy as _, choose_base_strategy};
use serde::Deserialize;

pub use cluster::{Cluster, Flags, Said};
pub use enrich::{Enrich, List};
pub use environment::Environment;
pub use login::{Login, SecretAt};
pub use profile::Profile;

use crate::domain::BucketSize;

/// The complete default file, commented.
pub const DEFAULT: &str = include_str!("default.toml");

/// Settings, as a file has them: whatever is missing is left to the layer below.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the theme.
    pub theme: Option<String>,
    /// Width of the buckets.
    pub bucket: Option<BucketSize>,
    /// Ports of RDP servers.
    pub ports: Option<Vec<u16>>,
    /// Time zones in which the people of the site work.
    pub zones: Option<Vec<String>>,
    /// The time zone of times without one.
    pub naive_zone: Option<String>,
    /// Days of history by which the detector learns what is usual.
    pub history_days: Option<u16>,
    /// The profile meant where none is named.
    pub default_profile: Option<String>,
    /// What is known of addresses beside the events.
    #[serde(default)]
    pub enrich: Enrich,
    /// Clusters by name.
    #[serde(default)]
    pub profile: BTreeMap<String, Profile>,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct ConfigError {
    /// What was tried and how it failed, with file and line.
    pub what: String,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Config {
    /// The settings of this user on this machine.
    ///
    /// # Errors
    /// Where a file is there but cannot be read or holds what is no setting.
    pub fn load(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self::load_with_origins(environment)?.0)
    }

    /// The settings, and for each but the profiles' who says it.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_with_origins(environment: &Environment) -> Result<(Self, BTreeMap<String, String>), ConfigError> {
        let mut layers = vec![("default".to_owned(), table(DEFAULT, "the default settings")?)];
        if let Some(path) = file(environment)
            && let Some(text) = text_of(&path)?
        {
            // On its own first, so that what is wrong is told with its line.
            Self::parse(&text, &path.display().to_string())?;
            layers.push((path.display().to_string(), table(&text, &path.display().to_string())?));
        }
        let (mut merged, mut origins) = (toml::Table::new(), BTreeMap::new());
        for (by, layer) in layers {
            for (key, value) in layer {
                origins.insert(key.clone(), by.clone());
                merged.insert(key, value);
            }
        }
        let config = merged.try_into().map_err(|error| ConfigError { what: format!("the settings do not fit together ({error})"), advice: None })?;
        Ok((config, origins))
    }

    /// The defaults.
    pub fn defaults() -> Self {
        toml::from_str(DEFAULT).expect("a test reads the default settings")
    }

    /// Reads settings; `name` is for messages.
    pub(crate) fn parse(text: &str, name: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let line =
                error.span().and_then(|span| text.get(..span.start)).map_or(1, |before| before.lines().count().max(1) + usize::from(before.ends_with('\n')));
            let reason = error.message().lines().collect::<Vec<_>>().join(" ");
            ConfigError { what: format!("{name}, line {line}: {reason}"), advice: Some("the settings are those of `rdptriage config`".to_owned()) }
        })
    }
}

fn table(text: &str, name: &str) -> Result<toml::Table, ConfigError> {
    text.parse().map_err(|error: toml::de::Error| ConfigError { what: format!("{name}: {}", error.message()), advice: None })
}

/// The text of a file; `None` where there is none.
fn text_of(path: &Path) -> Result<Option<String>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let what = format!("the settings in {} could not be read ({error})", path.display());
            Err(ConfigError { what, advice: Some("make the file readable, or move it away".to_owned()) })
        }
    }
}

/// The file of this user's settings, whether it is there or not.
pub fn file(environment: &Environment) -> Option<PathBuf> {
    folder(environment).map(|folder| folder.join("config.toml"))
}

/// Where this user's files are: settings, schemas, themes, keys.
pub fn folder(environment: &Environment) -> Option<PathBuf> {
    if let Some(folder) = environment.get("RDPTRIAGE_CONFIG_DIR") {
        return Some(PathBuf::from(folder));
    }
    choose_base_strategy().ok().map(|base| base.config_dir().join("rdptriage"))
}

/// Where what was read before is kept.
pub fn cache_folder(environment: &Environment) -> Option<PathBuf> {
    if let Some(folder) = environment.get("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute()) {
        return Some(folder.join("rdptriage"));
    }
    choose_base_strategy().ok().map(|base| base.cache_dir().join("rdptriage"))
}

/// Where what the program keeps is: the cases.
pub fn data_folder(environment: &Environment) -> Option<PathBuf> {
    if let Some(folder) = environment.get("RDPTRIAGE_DATA_DIR") {
        return Some(PathBuf::from(folder));
    }
    choose_base_strategy().ok().map(|base| base.data_dir().join("rdptriage"))
}

/// The TOML files in a folder of the user's, by name, with their text; none where the folder is missing.
///
/// # Errors
/// Where a file cannot be read.
pub fn toml_files(folder: &Path) -> Result<Vec<(PathBuf, String)>, ConfigError> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect();
    paths.sort();
    let read = |path: PathBuf| match std::fs::read_to_string(&path) {
        Ok(text) => Ok((path, text)),
        Err(error) => Err(ConfigError {
            what: format!("{} could not be read ({error})", path.display()),
            advice: Some("make the file readable, or move it away".to_owned()),
        }),
    };
    paths.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests;
