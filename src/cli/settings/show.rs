//! The settings that hold and the cluster that is meant, each with who says it.

use super::super::arguments::Origin;
use super::super::failure::Failure;
use super::super::login;
use crate::config::{Cluster, Config, Environment, Said};

/// A setting, its value, and who says it.
type Line = (&'static str, String, String);

/// The settings as text.
pub(super) fn text(origin: &Origin, with_origins: bool, environment: &Environment) -> Result<String, Failure> {
    login::refuse_secrets(origin)?;
    let (config, origins) = Config::load_with_origins(environment)?;
    let by = |key: &str| origins.get(key).cloned().unwrap_or_default();
    let list = |values: &Option<Vec<String>>| values.iter().flatten().cloned().collect::<Vec<_>>().join(", ");
    let ports = config.ports.iter().flatten().map(u16::to_string).collect::<Vec<_>>().join(", ");
    let mut lines: Vec<Line> = vec![
        ("theme", config.theme.clone().unwrap_or_default(), by("theme")),
        ("bucket", config.bucket.unwrap_or_default().to_string(), by("bucket")),
        ("ports", ports, by("ports")),
        ("zones", list(&config.zones), by("zones")),
        ("naive_zone", config.naive_zone.clone().unwrap_or_default(), by("naive_zone")),
    ];
    if let Some(name) = &config.default_profile {
        lines.push(("default_profile", name.clone(), by("default_profile")));
    }
    if !config.profile.is_empty() {
        lines.push(("profiles", config.profile.keys().cloned().collect::<Vec<_>>().join(", "), by("profile")));
    }
    let mut out = written(&lines, with_origins);
    match login::chosen(origin, &config, environment)? {
        Some(cluster) => {
            out.push_str("\ncluster\n");
            out.push_str(&written(&of_cluster(&cluster), with_origins));
            for note in &cluster.notes {
                out.push_str(&format!("note: {note}\n"));
            }
        }
        None => out.push_str("\nno cluster is named; without files, the demo is shown\n"),
    }
    Ok(out)
}

fn of_cluster(cluster: &Cluster) -> Vec<Line> {
    fn line<T>(name: &'static str, said: Option<&Said<T>>, words: impl Fn(&T) -> String) -> Option<Line> {
        said.map(|said| (name, words(&said.value), said.by.clone()))
    }
    let lines = [
        line("url", Some(&cluster.urls), |urls| urls.join(", ")),
        line("index", cluster.index.as_ref(), |index| index.join(", ")),
        line("login", cluster.login.as_ref(), crate::config::Login::words),
        line("ca_cert", cluster.ca_cert.as_ref(), |path| path.display().to_string()),
        line("ca_fingerprint", cluster.ca_fingerprint.as_ref(), Clone::clone),
        line("client_cert", cluster.client_cert.as_ref(), |(cert, key)| format!("{}, key {}", cert.display(), key.display())),
        // An address of a proxy may hold a password.
        line("proxy", cluster.proxy.as_ref(), |text| if text.contains('@') { "set, with a password".to_owned() } else { text.clone() }),
        line("allow_plaintext", cluster.allow_plaintext.as_ref(), bool::to_string),
    ];
    lines.into_iter().flatten().collect()
}

fn written(lines: &[Line], with_origins: bool) -> String {
    let names = lines.iter().map(|(name, _, _)| name.len()).max().unwrap_or(0);
    let values = lines.iter().map(|(_, value, _)| value.chars().count()).max().unwrap_or(0).min(60);
    lines
        .iter()
        .map(|(name, value, by)| match with_origins {
            true => format!("{name:names$}  {value:values$}  {by}\n"),
            false => format!("{name:names$}  {value}\n"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_stands_with_who_says_it_and_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, "bucket = '1h'\n[profile.lab]\nurl = ['https://lab.example']\nproxy = 'http://kim:hunter2@p.example'\nuser = 'kim'\npassword_command = ['echo', 'hunter2']\n").unwrap();
        let environment =
            Environment::of([("RDPTRIAGE_CONFIG_DIR", folder.path().to_str().unwrap()), ("ES_URL", "https://env.example"), ("ES_API_KEY", "hunter2")]);
        let plain = text(&Origin::default(), true, &environment).unwrap();
        let line = |text: &str, name: &str| text.lines().find(|line| line.starts_with(name)).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        assert_eq!(line(&plain, "bucket"), Some(format!("bucket 1h {}", path.display())));
        assert_eq!(line(&plain, "ports"), Some("ports 3389 default".to_owned()));
        assert_eq!(line(&plain, "url"), Some("url https://env.example ES_URL".to_owned()));
        assert_eq!(line(&plain, "login"), Some("login API key, environment variable ES_API_KEY ES_API_KEY".to_owned()));
        let named = text(&Origin { profile: Some("lab".to_owned()), ..Origin::default() }, true, &environment).unwrap();
        assert_eq!(line(&named, "login"), Some("login user kim, password command echo profile lab".to_owned()));
        assert_eq!(line(&named, "proxy"), Some("proxy set, with a password profile lab".to_owned()));
        assert!(!plain.contains("hunter2") && !named.contains("hunter2"), "{plain}{named}");
        assert!(!text(&Origin::default(), false, &environment).unwrap().contains("default\n"));
    }
}
