//! What a profile says of one cluster; flags say the same of the cluster they name.

use std::path::PathBuf;

use serde::Deserialize;

use super::Environment;

/// How to reach one cluster, and what is particular to it.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Base URLs of its nodes, tried in this order.
    #[serde(default, alias = "urls")]
    pub url: Vec<String>,
    /// A cloud id instead.
    pub cloud_id: Option<String>,
    /// Index patterns.
    #[serde(default)]
    pub index: Vec<String>,
    /// PEM file of the authority that signed its certificate.
    pub ca_cert: Option<PathBuf>,
    /// SHA-256 of a certificate of its chain.
    pub ca_fingerprint: Option<String>,
    /// PEM file of the asker's own certificate.
    pub client_cert: Option<PathBuf>,
    /// PEM file of its key.
    pub client_key: Option<PathBuf>,
    /// The way out: an address, or `none`.
    pub proxy: Option<String>,
    /// File with an API key.
    pub api_key_file: Option<PathBuf>,
    /// Command that prints an API key: program and arguments.
    pub api_key_command: Option<Vec<String>>,
    /// Environment variable with an API key.
    pub api_key_env: Option<String>,
    /// Name of a user.
    pub user: Option<String>,
    /// File with the user's password.
    pub password_file: Option<PathBuf>,
    /// Command that prints the password.
    pub password_command: Option<Vec<String>>,
    /// Environment variable with the password.
    pub password_env: Option<String>,
    /// File with an access token.
    pub bearer_file: Option<PathBuf>,
    /// Command that prints an access token.
    pub bearer_command: Option<Vec<String>>,
    /// Environment variable with an access token.
    pub bearer_env: Option<String>,
    /// Whether the secret is asked for at the terminal.
    #[serde(default)]
    pub ask: bool,
    /// Whether credentials may travel unencrypted to another machine.
    #[serde(default)]
    pub allow_plaintext: bool,
    /// Ports of RDP servers, instead of the general setting's.
    pub ports: Option<Vec<u16>>,
    /// Time zones of its site, instead of the general setting's.
    pub zones: Option<Vec<String>>,
    /// Days of history by which the detector learns what is usual there, instead of the general setting's.
    pub history_days: Option<u16>,
    /// Folder with its field schemas, beside the general one.
    pub schemas: Option<PathBuf>,
}

impl Profile {
    /// The same with `~/` at the start of paths as the home folder.
    #[must_use]
    pub fn at_home(&self, environment: &Environment) -> Self {
        let mut profile = self.clone();
        let Some(home) = environment.get("HOME") else { return profile };
        let paths = [
            &mut profile.ca_cert,
            &mut profile.client_cert,
            &mut profile.client_key,
            &mut profile.api_key_file,
            &mut profile.password_file,
            &mut profile.bearer_file,
            &mut profile.schemas,
        ];
        for path in paths.into_iter().flatten() {
            if let Ok(rest) = path.strip_prefix("~") {
                *path = PathBuf::from(home).join(rest);
            }
        }
        profile
    }
}
