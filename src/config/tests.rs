//! Layers of settings, and what is said about broken ones.

use super::*;

fn loaded(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), text).unwrap();
    Config::load(&Environment::of([("RDPTRIAGE_CONFIG_DIR", folder.path().to_str().unwrap())]))
}

#[test]
fn the_defaults_are_complete() {
    let config = Config::defaults();
    assert_eq!(config.bucket, Some(BucketSize::Quarter));
    assert_eq!(config.ports, Some(vec![3389]));
    assert_eq!((config.zones, config.naive_zone, config.theme.is_some()), (Some(vec!["UTC".to_owned()]), Some("UTC".to_owned()), true));
    let uncommented: String = DEFAULT
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ") || rest.starts_with('[')).unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n");
    let example = Config::parse(&uncommented, "the commented part").unwrap();
    assert_eq!(example.profile["prod"].index, ["logs-*", "winlogbeat-*"]);
}

#[test]
fn a_file_says_only_what_differs() {
    let config = loaded("bucket = \"1h\"\n[profile.lab]\nurl = [\"https://es.example\"]\napi_key_file = \"/k\"\n").unwrap();
    assert_eq!((config.bucket, config.ports), (Some(BucketSize::Hour), Some(vec![3389])));
    assert_eq!(config.profile["lab"].api_key_file, Some(PathBuf::from("/k")));
    let folder = tempfile::tempdir().unwrap();
    let none = Config::load(&Environment::of([("RDPTRIAGE_CONFIG_DIR", folder.path().to_str().unwrap())])).unwrap();
    assert_eq!(none, Config::defaults());
}

#[test]
fn broken_settings_are_refused_with_file_line_and_reason() {
    let table = [
        ("theme = \"dark\"\ncolour = 1\n", "config.toml, line 2: unknown field `colour`"),
        ("bucket = \"20m\"\n", "config.toml, line 1: unknown variant `20m`"),
        ("\n\nports = [99999]\n", "config.toml, line 3: "),
        ("[profile.x]\npassword = \"secret\"\n", "config.toml, line 2: unknown field `password`"),
        ("theme = \n", "config.toml, line 1: "),
    ];
    for (text, expected) in table {
        let error = loaded(text).expect_err(text);
        assert!(error.what.contains(expected), "{text:?}: {error}");
        assert!(!error.what.contains("secret"), "{error}");
    }
}

#[test]
fn every_setting_tells_who_says_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, "ports = [3389, 3390]\n").unwrap();
    let (config, origins) = Config::load_with_origins(&Environment::of([("RDPTRIAGE_CONFIG_DIR", folder.path().to_str().unwrap())])).unwrap();
    assert_eq!((config.ports, config.bucket), (Some(vec![3389, 3390]), Some(BucketSize::Quarter)));
    assert_eq!((origins["ports"].as_str(), origins["bucket"].as_str()), (path.to_str().unwrap(), "default"));
}

#[test]
fn the_environment_names_cluster_and_key() {
    let environment = Environment::of([
        ("ES_URL", "https://a.example"),
        ("ELASTICSEARCH_HOSTS", "[\"https://b.example\"]"),
        ("ES_API_KEY", "k"),
        ("API_KEY", "other"),
        ("ES_USERNAME", "kim"),
    ]);
    assert_eq!(environment.urls(), Some(("ES_URL", vec!["https://a.example".to_owned()])));
    assert_eq!((environment.api_key(), environment.login()), (Some(("ES_API_KEY", "k")), None));
    let listed = Environment::of([("ELASTICSEARCH_URL", ""), ("ELASTICSEARCH_HOSTS", "[\"https://b.example\", \"https://c.example\"]")]);
    assert_eq!(listed.urls(), Some(("ELASTICSEARCH_HOSTS", vec!["https://b.example".to_owned(), "https://c.example".to_owned()])));
    assert!(!format!("{environment:?}").contains("example"));
}

#[test]
fn files_of_the_user_come_in_order_of_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.toml", "a.toml", "note.txt"] {
        std::fs::write(folder.path().join(name), name).unwrap();
    }
    let texts: Vec<String> = toml_files(folder.path()).unwrap().into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["a.toml", "b.toml"]);
    assert!(toml_files(&folder.path().join("missing")).unwrap().is_empty());
}
