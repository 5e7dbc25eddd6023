//! The environment, looked at through one door so that tests can bring their own.

use std::collections::BTreeMap;

/// Variables that name a cluster, first found first.
const URLS: [&str; 4] = ["ELASTICSEARCH_URL", "ES_URL", "ELASTICSEARCH_HOSTS", "OPENSEARCH_URL"];
const API_KEYS: [&str; 3] = ["ELASTICSEARCH_API_KEY", "ES_API_KEY", "ELASTIC_API_KEY"];
const LOGINS: [(&str, &str); 3] =
    [("ELASTICSEARCH_USERNAME", "ELASTICSEARCH_PASSWORD"), ("ES_USERNAME", "ES_PASSWORD"), ("OPENSEARCH_USERNAME", "OPENSEARCH_PASSWORD")];

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

    /// The cluster's URLs, where the environment names one.
    pub fn urls(&self) -> Option<Vec<String>> {
        let urls = URLS.iter().find_map(|name| self.get(name))?;
        let urls = urls.trim_matches(['[', ']']).split(',').map(|url| url.trim().trim_matches('"').to_owned());
        Some(urls.filter(|url| !url.is_empty()).collect())
    }

    /// An API key.
    pub fn api_key(&self) -> Option<&str> {
        API_KEYS.iter().find_map(|name| self.get(name))
    }

    /// User and password.
    pub fn login(&self) -> Option<(&str, &str)> {
        LOGINS.iter().find_map(|(user, password)| Some((self.get(user)?, self.get(password)?)))
    }
}
