//! Where a cluster is and how one proves who asks. Secrets enter here and are never shown again.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::{Host, Url};

use super::secret;
use crate::backend::BackendError;

/// Index patterns asked where nobody names others.
pub const DEFAULT_INDEX: [&str; 4] = ["logs-*", "winlogbeat-*", "packetbeat-*", "filebeat-*"];

/// How to reach a cluster.
#[derive(Clone)]
pub struct Connection {
    /// Base URLs of its nodes, tried in turn.
    pub urls: Vec<String>,
    /// Index patterns; [`DEFAULT_INDEX`] where empty.
    pub index: Vec<String>,
    /// PEM file of the authority that signed the cluster's certificate, trusted beside the system's.
    pub ca_cert: Option<PathBuf>,
    /// SHA-256 of a certificate of the cluster's chain, in hexadecimal.
    pub ca_fingerprint: Option<String>,
    /// Who asks.
    pub credentials: Credentials,
    /// The certificate by which the asker proves who they are, beside or instead of credentials.
    pub client_cert: Option<ClientCertificate>,
    /// The way out.
    pub proxy: Proxy,
    /// Whether credentials may travel unencrypted to another machine.
    pub allow_plaintext: bool,
    /// Ports of RDP servers.
    pub ports: Vec<u16>,
    /// Longest wait for one answer, from the connection to the last byte.
    pub patience: Duration,
}

impl Connection {
    /// A connection without credentials to RDP's own port.
    pub fn to(urls: Vec<String>) -> Self {
        Self {
            urls,
            index: Vec::new(),
            ca_cert: None,
            ca_fingerprint: None,
            credentials: Credentials::None,
            client_cert: None,
            proxy: Proxy::default(),
            allow_plaintext: false,
            ports: vec![3389],
            patience: super::client::TIMEOUT,
        }
    }

    /// The index patterns that are asked.
    pub fn patterns(&self) -> Vec<String> {
        if self.index.is_empty() { DEFAULT_INDEX.map(str::to_owned).to_vec() } else { self.index.clone() }
    }

    /// The URLs, checked: no credentials inside, none sent in the clear.
    ///
    /// # Errors
    /// Where a URL is none, holds a password, or would carry credentials unencrypted.
    pub(super) fn checked_urls(&self) -> Result<Vec<Url>, BackendError> {
        if self.urls.is_empty() {
            return Err(BackendError::new("no cluster was named").advise("give its address with --url, for instance https://es.example:9200"));
        }
        self.urls.iter().map(|text| self.checked(text)).collect()
    }

    fn checked(&self, text: &str) -> Result<Url, BackendError> {
        let url = Url::parse(text.trim())
            .map_err(|reason| BackendError::new(format!("the cluster address is no URL ({reason})")).advise("write it as https://host:9200"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BackendError::new("the cluster address holds a user name or password, which other users of this machine could read")
                .advise("leave it out of the URL and use --api-key-file or --user with --password-file"));
        }
        let host = url.host().map(|host| host.to_string()).unwrap_or_default();
        match url.scheme() {
            "https" => Ok(url),
            "http" if matches!(self.credentials, Credentials::None) || self.allow_plaintext || is_loopback(&url) => Ok(url),
            "http" => Err(BackendError::new(format!("refused to send credentials unencrypted to {host}"))
                .advise("use https://, or --allow-plaintext if the network between is trusted")),
            other => Err(BackendError::new(format!("the cluster address begins with {other}:, not with https:")).advise("write it as https://host:9200")),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // URLs may hold a password until they are checked.
        f.debug_struct("Connection")
            .field("urls", &self.urls.len())
            .field("index", &self.index)
            .field("ca_cert", &self.ca_cert)
            .field("ca_fingerprint", &self.ca_fingerprint)
            .field("credentials", &self.credentials)
            .field("client_cert", &self.client_cert.as_ref().map(|own| &own.cert))
            .field("proxy", &self.proxy)
            .field("allow_plaintext", &self.allow_plaintext)
            .field("ports", &self.ports)
            .finish()
    }
}

/// A certificate of the asker's own, and its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientCertificate {
    /// PEM file of the certificate.
    pub cert: PathBuf,
    /// PEM file of its key, unencrypted, for its owner's eyes alone.
    pub key: PathBuf,
}

/// The way out to the cluster.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Proxy {
    /// As `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
    #[default]
    OfSystem,
    /// None, whatever the environment says.
    Direct,
    /// Through this one; the address may hold a password.
    Through(String),
}

impl Proxy {
    /// As settings write it: `none`, or an address.
    pub fn named(text: &str) -> Self {
        if text.eq_ignore_ascii_case("none") { Self::Direct } else { Self::Through(text.to_owned()) }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OfSystem => "OfSystem",
            Self::Direct => "Direct",
            Self::Through(_) => "Through(redacted)",
        })
    }
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Credentials {
    /// Nobody in particular.
    #[default]
    None,
    /// An API key, `id:key` or that in base64.
    ApiKey(String),
    /// A user with a password.
    Basic {
        /// Name.
        user: String,
        /// Password.
        password: String,
    },
    /// An access token.
    Bearer(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::ApiKey(_) => "ApiKey(redacted)",
            Self::Basic { .. } => "Basic(redacted)",
            Self::Bearer(_) => "Bearer(redacted)",
        })
    }
}

impl Credentials {
    /// Reads an API key, `id:key` or encoded, out of a file that only its owner may read.
    ///
    /// # Errors
    /// Where the file cannot be read, may be read by others, or holds no key.
    pub fn api_key_from_file(path: &Path) -> Result<Self, BackendError> {
        Self::api_key(&secret::from_file(path, "API key")?).ok_or_else(|| {
            BackendError::new(format!("the API key file {} holds no API key", path.display())).advise("it should hold one line, id:key or the encoded key")
        })
    }

    /// A user with the password in a file that only its owner may read.
    ///
    /// # Errors
    /// Where the file cannot be read, may be read by others, or is empty.
    pub fn basic_from_file(user: &str, path: &Path) -> Result<Self, BackendError> {
        Ok(Self::Basic { user: user.to_owned(), password: secret::from_file(path, "password")? })
    }

    /// An API key as people have it: `id:key`, or that in base64. `None` where the text is neither.
    pub fn api_key(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_token = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        let is_key = match text.split_once(':') {
            Some((id, key)) => is_token(id) && is_token(key),
            None => is_token(text),
        };
        is_key.then(|| Self::ApiKey(text.to_owned()))
    }

    /// An access token. `None` where the text is none.
    pub fn bearer(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_token = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_token.then(|| Self::Bearer(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str, credentials: Credentials) -> Option<String> {
        let mut connection = Connection::to(vec![url.to_owned()]);
        connection.credentials = credentials;
        connection.checked_urls().err().map(|error| error.what)
    }

    #[test]
    fn credentials_never_travel_in_the_clear_to_another_machine() {
        let key = || Credentials::ApiKey("c2VjcmV0".to_owned());
        assert_eq!(refusal("http://es.example:9200", key()).as_deref(), Some("refused to send credentials unencrypted to es.example"));
        assert_eq!(refusal("http://10.0.0.5:9200", key()).as_deref(), Some("refused to send credentials unencrypted to 10.0.0.5"));
        for fine in ["http://127.0.0.1:9200", "http://localhost:9200", "http://[::1]:9200", "https://es.example:9200"] {
            assert_eq!(refusal(fine, key()), None, "{fine}");
        }
        assert_eq!(refusal("http://es.example:9200", Credentials::None), None);
    }

    #[test]
    fn passwords_in_urls_are_refused_and_not_repeated() {
        let what = refusal("https://kim:hunter2@es.example", Credentials::None).expect("refused");
        assert!(!what.contains("hunter2"), "{what}");
        assert!(refusal("ftp://es.example", Credentials::None).is_some());
        assert!(refusal("es.example:9200", Credentials::None).is_some());
    }

    #[test]
    fn secrets_are_not_in_debug() {
        let mut connection = Connection::to(vec!["https://kim:hunter2@es.example".to_owned()]);
        for credentials in [
            Credentials::ApiKey("hunter2".to_owned()),
            Credentials::Basic { user: "kim".to_owned(), password: "hunter2".to_owned() },
            Credentials::Bearer("hunter2".to_owned()),
        ] {
            connection.credentials = credentials;
            assert!(!format!("{connection:?}").contains("hunter2"));
        }
    }

    #[test]
    fn api_keys_are_taken_plain_and_encoded() {
        assert_eq!(Credentials::api_key(" Txy:key\n"), Some(Credentials::ApiKey("Txy:key".to_owned())));
        assert_eq!(Credentials::api_key("VHh5OmtleQ==\n"), Some(Credentials::ApiKey("VHh5OmtleQ==".to_owned())));
        assert_eq!(Credentials::api_key("Txy:"), None);
        assert_eq!(Credentials::api_key("two words"), None);
        assert_eq!(Credentials::api_key(""), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        std::fs::write(&path, "Txy:key\n").expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
        let error = Credentials::api_key_from_file(&path).expect_err("refused");
        assert!(error.what.contains("may be read by other users (mode 0644)"), "{error}");
        assert!(error.advice.is_some_and(|advice| advice.starts_with("run: chmod 600 ")));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("set");
        assert_eq!(Credentials::api_key_from_file(&path).expect("read"), Credentials::ApiKey("Txy:key".to_owned()));
    }
}
