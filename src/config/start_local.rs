//! The `.env` that `start-local` writes beside its containers: read as lines, never run.

use std::path::Path;

use super::{ConfigError, Login, SecretAt};

/// A cluster of start-local: its address, and how to log in.
///
/// # Errors
/// Where the file is not there or names no cluster.
pub fn read(folder: &Path) -> Result<(String, Option<Login>), ConfigError> {
    let path = if folder.is_file() { folder.to_owned() } else { folder.join(".env") };
    let text = std::fs::read_to_string(&path).map_err(|error| ConfigError {
        what: format!("{} could not be read ({error})", path.display()),
        advice: Some("name the folder that start-local made, elastic-start-local".to_owned()),
    })?;
    let get = |name: &str| {
        let line = text.lines().filter_map(|line| line.trim().trim_start_matches("export ").split_once('=')).find(|(key, _)| key.trim() == name);
        // A value may name another variable of the file, which only a shell would know to fill in.
        line.map(|(_, value)| unquoted(value)).filter(|value| !value.is_empty() && !value.contains("${"))
    };
    let url = get("ES_LOCAL_URL")
        .or_else(|| get("ES_LOCAL_PORT").map(|port| format!("http://localhost:{port}")))
        .ok_or_else(|| ConfigError { what: format!("{} names no cluster", path.display()), advice: Some("ES_LOCAL_URL is expected there".to_owned()) })?;
    let login = get("ES_LOCAL_API_KEY").map(|key| Login::ApiKey(SecretAt::Here(key))).or_else(|| {
        let password = SecretAt::Here(get("ES_LOCAL_PASSWORD")?);
        Some(Login::Password { user: get("ES_LOCAL_USERNAME").unwrap_or_else(|| "elastic".to_owned()), password })
    });
    Ok((url, login))
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(value).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<(String, Option<Login>), ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".env"), text).unwrap();
        read(folder.path())
    }

    #[test]
    fn address_and_key_are_taken_as_they_stand() {
        let text = "START_LOCAL_VERSION=0.9\nES_LOCAL_PORT=9201\nES_LOCAL_URL=http://localhost:${ES_LOCAL_PORT}\nES_LOCAL_PASSWORD='p=$(id)'\n";
        let login = Login::Password { user: "elastic".to_owned(), password: SecretAt::Here("p=$(id)".to_owned()) };
        assert_eq!(of(text).unwrap(), ("http://localhost:9201".to_owned(), Some(login)));
        let with_key = format!("{text}ES_LOCAL_API_KEY=\"VHh5OmtleQ==\"\n");
        assert_eq!(of(&with_key).unwrap().1, Some(Login::ApiKey(SecretAt::Here("VHh5OmtleQ==".to_owned()))));
        assert_eq!(of("ES_LOCAL_URL=http://localhost:9200\n").unwrap(), ("http://localhost:9200".to_owned(), None));
    }

    #[test]
    fn a_folder_without_one_is_refused() {
        assert!(of("A=b\n").unwrap_err().what.ends_with(".env names no cluster"));
        assert!(read(Path::new("/nowhere")).unwrap_err().what.starts_with("/nowhere/.env could not be read ("));
    }
}
