//! What is to be known of addresses beside the events: the user's lists, assets, ranges and address databases.

use std::path::PathBuf;

use serde::Deserialize;

use super::Environment;

/// The part of the settings that says what is known of addresses.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Enrich {
    /// Lists of threats.
    pub lists: Vec<List>,
    /// CSV files of assets.
    pub assets: Vec<PathBuf>,
    /// Addresses and networks of those who look after the servers.
    pub admins: Vec<String>,
    /// Addresses and networks of the site's own scanners.
    pub scanners: Vec<String>,
    /// `MaxMind` databases.
    pub databases: Vec<PathBuf>,
}

/// A list of threats.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// What it is called on the screen.
    pub name: String,
    /// An address or a network on each line.
    pub file: PathBuf,
}

impl Enrich {
    /// The same with `~/` at the start of paths as the home folder.
    #[must_use]
    pub fn at_home(&self, environment: &Environment) -> Self {
        let mut enrich = self.clone();
        let Some(home) = environment.get("HOME") else { return enrich };
        let lists = enrich.lists.iter_mut().map(|list| &mut list.file);
        for path in lists.chain(&mut enrich.assets).chain(&mut enrich.databases) {
            if let Ok(rest) = path.strip_prefix("~") {
                *path = PathBuf::from(home).join(rest);
            }
        }
        enrich
    }
}
