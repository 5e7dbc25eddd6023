//! Settings: defaults < file < environment < flags. Each default stands once, in `default.toml`.

pub mod environment;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy as _, choose_base_strategy};
use serde::Deserialize;

pub use environment::Environment;

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
    /// The profile meant where none is named.
    pub default_profile: Option<String>,
    /// Clusters by name.
    #[serde(default)]
    pub profile: BTreeMap<String, Profile>,
}

/// How to reach one cluster.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Base URLs of its nodes.
    #[serde(default)]
    pub url: Vec<String>,
    /// Index patterns.
    #[serde(default)]
    pub index: Vec<String>,
    /// PEM file of the authority that signed its certificate.
    pub ca_cert: Option<PathBuf>,
    /// SHA-256 of a certificate of its chain.
    pub ca_fingerprint: Option<String>,
    /// File with an API key.
    pub api_key_file: Option<PathBuf>,
    /// Name of a user.
    pub user: Option<String>,
    /// File with the user's password.
    pub password_file: Option<PathBuf>,
    /// Whether credentials may travel unencrypted to another machine.
    #[serde(default)]
    pub allow_plaintext: bool,
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
    /// The settings of this user on this machine, the environment's included.
    ///
    /// # Errors
    /// Where a file is there but cannot be read or holds what is no setting.
    pub fn load(environment: &Environment) -> Result<Self, ConfigError> {
        let file = match folder(environment) {
            Some(folder) => Self::from_file(&folder.join("config.toml"))?,
            None => Self::default(),
        };
        Ok(file.over(Self::defaults()))
    }

    /// The defaults.
    pub fn defaults() -> Self {
        toml::from_str(DEFAULT).expect("a test reads the default settings")
    }

    fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => {
                let what = format!("the settings in {} could not be read ({error})", path.display());
                return Err(ConfigError { what, advice: Some("make the file readable, or move it away".to_owned()) });
            }
        };
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads settings; `name` is for messages.
    fn parse(text: &str, name: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let line =
                error.span().and_then(|span| text.get(..span.start)).map_or(1, |before| before.lines().count().max(1) + usize::from(before.ends_with('\n')));
            let reason = error.message().lines().collect::<Vec<_>>().join(" ");
            ConfigError { what: format!("{name}, line {line}: {reason}"), advice: Some("the settings are those of `rdptriage config`".to_owned()) }
        })
    }

    /// This, and for whatever it does not say, `below`.
    #[must_use]
    fn over(self, below: Self) -> Self {
        let mut profile = below.profile;
        profile.extend(self.profile);
        Self {
            theme: self.theme.or(below.theme),
            bucket: self.bucket.or(below.bucket),
            ports: self.ports.or(below.ports),
            zones: self.zones.or(below.zones),
            naive_zone: self.naive_zone.or(below.naive_zone),
            default_profile: self.default_profile.or(below.default_profile),
            profile,
        }
    }
}

/// Where this user's files are: settings, schemas, themes, keys.
pub fn folder(environment: &Environment) -> Option<PathBuf> {
    if let Some(folder) = environment.get("RDPTRIAGE_CONFIG_DIR") {
        return Some(PathBuf::from(folder));
    }
    choose_base_strategy().ok().map(|base| base.config_dir().join("rdptriage"))
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
