//! Whether everything of the user's can be used: settings, profiles, keys, themes, schemas.

use std::path::Path;

use super::super::failure::{self, Failure};
use super::super::login;
use super::super::screen;
use crate::config::{self, Config, Environment, Flags, Login, SecretAt, cluster};
use crate::schema::Schemas;
use crate::theme::{Depth, Theme};

/// What was looked at, and what is wrong with it.
type Finding = (String, Option<String>);

/// Prints a line for each; ends with an error where one cannot be used.
pub(super) fn run(environment: &Environment) -> Result<u8, Failure> {
    let findings = findings(environment);
    let text: String = findings
        .iter()
        .map(|(what, trouble)| match trouble {
            None => format!("ok     {what}\n"),
            Some(trouble) => format!("wrong  {what}: {trouble}\n"),
        })
        .collect();
    super::super::print(&text)?;
    Ok(if findings.iter().any(|(_, trouble)| trouble.is_some()) { failure::ERROR } else { failure::OK })
}

fn findings(environment: &Environment) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut look = |what: String, outcome: Result<(), String>| found.push((what, outcome.err()));
    let shown = config::file(environment).map(|path| path.display().to_string()).unwrap_or_default();
    let config = Config::load(environment);
    look(format!("settings {shown}"), config.as_ref().map(|_| ()).map_err(ToString::to_string));
    if let Ok(config) = &config {
        let enrich = &config.enrich;
        if *enrich != config::Enrich::default() {
            let (_, faults) = super::super::lore::read(config, environment);
            if faults.is_empty() {
                look("enrich".to_owned(), Ok(()));
            }
            for fault in faults {
                look("enrich".to_owned(), Err(fault));
            }
        }
        for name in config.profile.keys() {
            look(format!("profile {name}"), profile(name, config, environment));
        }
        if let Some(name) = config.default_profile.as_ref().filter(|name| !config.profile.contains_key(*name)) {
            look("default_profile".to_owned(), Err(format!("there is no profile {name:?}")));
        }
        for name in config.zones.iter().flatten().chain(&config.naive_zone) {
            if jiff::tz::TimeZone::get(name).is_err() {
                look("zones".to_owned(), Err(format!("there is no time zone {name:?}")));
            }
        }
    }
    look("keys".to_owned(), super::super::keys(environment).map(|_| ()).map_err(|error| error.to_string()));
    match screen::user_themes(environment) {
        Err(error) => look("themes".to_owned(), Err(error.to_string())),
        Ok(users) => {
            for (file, _) in &users {
                let name = file.trim_end_matches(".toml");
                look(format!("theme {name}"), Theme::load(name, Depth::True, &users).map(|_| ()).map_err(|error| error.to_string()));
            }
            let wanted = config.as_ref().ok().and_then(|config| config.theme.clone());
            if let Some(name) = wanted.filter(|name| !Theme::names(&users).contains(name)) {
                look("theme".to_owned(), Err(format!("there is no theme called {name:?}")));
            }
        }
    }
    let folders = config::folder(environment).map(|folder| folder.join("schemas")).into_iter();
    let of_profiles = config.iter().flat_map(|config| config.profile.values()).filter_map(|profile| profile.at_home(environment).schemas);
    for folder in folders.chain(of_profiles) {
        match config::toml_files(&folder) {
            Err(error) => look("schemas".to_owned(), Err(error.to_string())),
            Ok(files) => {
                for (path, text) in files {
                    let (_, broken) = Schemas::built_in().with_user_files([(path.clone(), text)]);
                    look(format!("schema {}", path.display()), broken.first().map_or(Ok(()), |error| Err(error.to_string())));
                }
            }
        }
    }
    found
}

/// Whether a profile could be used, without asking the cluster, a command or a person.
fn profile(name: &str, config: &Config, environment: &Environment) -> Result<(), String> {
    let flags = Flags { profile: Some(name.to_owned()), ..Flags::default() };
    let Some(cluster) = cluster::choose(&flags, config, environment).map_err(|error| error.what)? else { return Ok(()) };
    for url in &cluster.urls.value {
        login::refuse_password(url).map_err(|error| error.to_string())?;
    }
    let files = [cluster.ca_cert.as_ref().map(|said| &said.value), cluster.client_cert.as_ref().map(|said| &said.value.0)];
    for path in files.into_iter().flatten() {
        readable(path)?;
    }
    if let Some((_, key)) = cluster.client_cert.as_ref().map(|said| &said.value) {
        crate::backend::elastic::secret::from_file(key, "client key").map_err(|error| error.what)?;
    }
    for zone in cluster.profile.iter().flat_map(|profile| profile.zones.iter().flatten()) {
        jiff::tz::TimeZone::get(zone).map_err(|_| format!("there is no time zone {zone:?}"))?;
    }
    let (Login::ApiKey(at) | Login::Password { password: at, .. } | Login::Bearer(at)) = match &cluster.login {
        Some(login) => &login.value,
        None => return Ok(()),
    };
    match at {
        SecretAt::File(_) => login::credentials(&cluster.login.as_ref().map(|login| login.value.clone()).ok_or("no login")?, environment)
            .map(|_| ())
            .map_err(|error| error.to_string()),
        SecretAt::Environment(variable) if environment.get(variable).is_none() => Err(format!("the environment variable {variable} is not set")),
        _ => Ok(()),
    }
}

fn readable(path: &Path) -> Result<(), String> {
    std::fs::File::open(path).map(|_| ()).map_err(|error| format!("{} could not be read ({error})", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let place = folder.path().to_str().unwrap();
        findings(&Environment::of([("RDPTRIAGE_CONFIG_DIR", place)]))
            .into_iter()
            .map(|(what, trouble)| format!("{what}: {}", trouble.unwrap_or_else(|| "ok".to_owned())).replace(place, ""))
            .collect()
    }

    #[test]
    fn nothing_of_ones_own_is_in_order() {
        assert_eq!(checked(&[]), ["settings /config.toml: ok", "keys: ok"]);
    }

    #[test]
    fn bad_lines_of_lists_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("bad.txt");
        std::fs::write(&list, "192.0.2.7\nnobody\n").unwrap();
        let config = format!("[enrich]\nlists = [{{ name = 'bad', file = '{}' }}]\n", list.display());
        assert_eq!(checked(&[("config.toml", &config)])[1], format!("enrich: {}, line 2: \"nobody\" is neither an address nor a network", list.display()));
        assert_eq!(checked(&[("config.toml", "[enrich]\nadmins = ['10.0.0.0/8']\n")])[1], "enrich: ok");
    }

    #[test]
    fn each_trouble_is_told_with_its_place() {
        let config = "theme = 'night'\ndefault_profile = 'gone'\nzones = ['Mars']\n\
            [profile.a]\nurl = ['https://a.example']\napi_key_file = '/nowhere/key'\n\
            [profile.b]\nurl = ['https://kim:p@b.example']\n[profile.c]\nurl = ['https://c.example']\napi_key_env = 'UNSET'\n[profile.d]\nurl = ['https://d.example']\nask = true\n";
        let all = checked(&[
            ("config.toml", config),
            ("schemas/mine.toml", "name = 3\n"),
            ("themes/x.toml", "[role]\nnope = {}\n"),
            ("keys.toml", "[table]\n\"z z\" = \"nope\"\n"),
        ]);
        let expected = [
            "settings /config.toml: ok",
            "profile a: the API key file /nowhere/key could not be read (",
            "profile b: refused a password inside an address",
            "profile c: the environment variable UNSET is not set",
            "profile d: ok",
            "default_profile: there is no profile \"gone\"",
            "zones: there is no time zone \"Mars\"",
            "keys: keymap /keys.toml line 2: there is no action called \"nope\"",
            "theme x: ",
            "theme: there is no theme called \"night\"",
            "schema /schemas/mine.toml: the schema /schemas/mine.toml, line 1, cannot be used: ",
        ];
        assert_eq!(all.len(), expected.len(), "{all:#?}");
        for (line, start) in all.iter().zip(expected) {
            assert!(line.starts_with(start), "{line} is not {start}");
        }
        assert_eq!(
            checked(&[("config.toml", "a = 1\n")])[0].split(';').next(),
            Some(
                "settings /config.toml: /config.toml, line 1: unknown field `a`, expected one of `theme`, `bucket`, `ports`, `zones`, `naive_zone`, `history_days`, `default_profile`, `enrich`, `profile`"
            )
        );
    }
}
