//! The environment, looked at through one door so that tests can bring their own.

use std::collections::BTreeMap;

/// Variables that name a cluster, first found first; so for all that follow.
const URLS: [&str; 4] = ["ELASTICSEARCH_URL", "ES_URL", "ELASTICSEARCH_HOSTS", "OPENSEARCH_URL"];
const CLOUD_IDS: [&str; 2] = ["ELASTIC_CLOUD_ID", "CLOUD_ID"];
const API_KEYS: [&str; 3] = ["ELASTICSEARCH_API_KEY", "ES_API_KEY", "ELASTIC_API_KEY"];
/// The user of the last is `elastic`.
const LOGINS: [(&str, &str); 4] = [
    ("ELASTICSEARCH_USERNAME", "ELASTICSEARCH_PASSWORD"),
    ("ES_USERNAME", "ES_PASSWORD"),
    ("OPENSEARCH_USERNAME", "OPENSEARCH_PASSWORD"),
    ("", "ELASTIC_PASSWORD"),
];
const CA_CERTS: [&str; 3] = ["ELASTICSEARCH_CA_CERT", "ES_CA_CERT", "OPENSEARCH_CA_CERT"];
const CA_FINGERPRINTS: [&str; 3] = ["ELASTICSEARCH_CA_FINGERPRINT", "ES_CA_FINGERPRINT", "ELASTICSEARCH_SSL_CA_TRUSTED_FINGERPRINT"];

/// A value with the variable it comes from.
pub type Found<T> = (&'static str, T);

/// Environment variables.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

/// The values may be secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

impl Environment {
    /// The process's own.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect())
    }

    /// Just these.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn first(&self, names: &[&'static str]) -> Option<Found<&str>> {
        names.iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    /// The cluster's URLs, where the environment names one.
    pub fn urls(&self) -> Option<Found<Vec<String>>> {
        let (name, urls) = self.first(&URLS)?;
        let urls = urls.trim_matches(['[', ']']).split(',').map(|url| url.trim().trim_matches('"').to_owned());
        Some((name, urls.filter(|url| !url.is_empty()).collect()))
    }

    /// A cloud id.
    pub fn cloud_id(&self) -> Option<Found<&str>> {
        self.first(&CLOUD_IDS)
    }

    /// An API key.
    pub fn api_key(&self) -> Option<Found<&str>> {
        self.first(&API_KEYS)
    }

    /// User, and the variable that holds the password.
    pub fn login(&self) -> Option<Found<&str>> {
        LOGINS.iter().find_map(|(user, password)| {
            self.get(password)?;
            Some((*password, if user.is_empty() { "elastic" } else { self.get(user)? }))
        })
    }

    /// File of the authority.
    pub fn ca_cert(&self) -> Option<Found<&str>> {
        self.first(&CA_CERTS)
    }

    /// SHA-256 of the authority's certificate.
    pub fn ca_fingerprint(&self) -> Option<Found<&str>> {
        self.first(&CA_FINGERPRINTS)
    }

    /// Variables that hold secrets; commands that are started do not get them.
    pub fn secrets() -> Vec<&'static str> {
        API_KEYS.into_iter().chain(LOGINS.map(|(_, password)| password)).collect()
    }
}
