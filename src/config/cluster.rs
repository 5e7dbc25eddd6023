//! Which cluster is meant, and who said so: flags over the one place that names its address.
//!
//! Address and secret stay together: a secret goes only to the cluster that is named where the secret is, or that a flag
//! names while nothing else does.

use std::path::PathBuf;

use super::{Config, ConfigError, Environment, Login, Profile, SecretAt, cloud_id, elastic_cli, start_local};

/// A value, and who said it.
#[derive(Clone, PartialEq, Debug)]
pub struct Said<T> {
    /// The value.
    pub value: T,
    /// A flag, a variable, a profile or a file, in words.
    pub by: String,
}

impl<T> Said<T> {
    fn new(value: T, by: impl Into<String>) -> Self {
        Self { value, by: by.into() }
    }
}

/// What the command line says of the cluster.
#[derive(Clone, Default, Debug)]
pub struct Flags {
    /// The settings that flags give, as a profile would.
    pub given: Profile,
    /// A profile by name.
    pub profile: Option<String>,
    /// A context of the Elastic command line by name.
    pub context: Option<String>,
    /// A folder of start-local.
    pub start_local: Option<PathBuf>,
}

/// A cluster that is meant.
#[derive(Clone, PartialEq, Debug)]
pub struct Cluster {
    /// Addresses of its nodes.
    pub urls: Said<Vec<String>>,
    /// Index patterns.
    pub index: Option<Said<Vec<String>>>,
    /// How to log in.
    pub login: Option<Said<Login>>,
    /// PEM file of the authority.
    pub ca_cert: Option<Said<PathBuf>>,
    /// SHA-256 of a certificate.
    pub ca_fingerprint: Option<Said<String>>,
    /// PEM files of the client certificate and its key.
    pub client_cert: Option<Said<(PathBuf, PathBuf)>>,
    /// The way out.
    pub proxy: Option<Said<String>>,
    /// Whether credentials may travel unencrypted.
    pub allow_plaintext: Option<Said<bool>>,
    /// Ports, zones and schemas of the profile, where it is one.
    pub profile: Option<Profile>,
    /// What was left unused, and why, for people.
    pub notes: Vec<String>,
}

/// A place that says things of a cluster.
#[derive(Default)]
struct Place {
    profile: Profile,
    login: Option<Said<Login>>,
    by: String,
    /// Who said the address, the CA and the fingerprint, where it is not `by`.
    urls_by: Option<String>,
    ca_by: Option<String>,
    fingerprint_by: Option<String>,
}

/// Finds out which cluster is meant; `None` where nothing names one.
///
/// # Errors
/// Where what is named is not there, or contradicts itself.
pub fn choose(flags: &Flags, config: &Config, environment: &Environment) -> Result<Option<Cluster>, ConfigError> {
    let mut given = Place { profile: flags.given.clone(), by: "command line".to_owned(), ..Place::default() };
    given.login = Login::of(&given.profile)?.map(|login| Said::new(login, "command line"));
    let mut notes = Vec::new();
    let names_address = !given.profile.url.is_empty() || given.profile.cloud_id.is_some();
    let base = if names_address {
        fitting_environment(&given.profile, environment, &mut notes)?
    } else if let Some(name) = &flags.profile {
        of_profile(name, config, environment)?
    } else if let Some(name) = &flags.context {
        of_context(Some(name), environment)?.unwrap_or_default()
    } else if let Some(folder) = &flags.start_local {
        let (url, login) = start_local::read(folder)?;
        let by = format!("start-local in {}", folder.display());
        Place { profile: Profile { url: vec![url], ..Profile::default() }, login: login.map(|login| Said::new(login, by.clone())), by, ..Place::default() }
    } else if let Some(place) = of_environment(environment).filter(Place::names_address) {
        place
    } else if let Some(name) = &config.default_profile {
        of_profile(name, config, environment)?
    } else if let Some(place) = of_context(None, environment)? {
        place
    } else {
        return Ok(None);
    };
    merge(given, base, notes, flags.profile.is_some() || config.default_profile.is_some()).map(Some)
}

impl Place {
    fn names_address(&self) -> bool {
        !self.profile.url.is_empty() || self.profile.cloud_id.is_some()
    }
}

fn merge(given: Place, base: Place, notes: Vec<String>, is_profile: bool) -> Result<Cluster, ConfigError> {
    let (flag, below) = (&given.profile, &base.profile);
    let pick = |ours: bool, by: &Option<String>| if ours { given.by.clone() } else { by.clone().unwrap_or_else(|| base.by.clone()) };
    let choice = |ours: &Option<String>, theirs: &Option<String>, by: &Option<String>| {
        ours.clone().or_else(|| theirs.clone()).map(|value| Said::new(value, pick(ours.is_some(), by)))
    };
    let path = |ours: &Option<PathBuf>, theirs: &Option<PathBuf>, by: &Option<String>| {
        ours.clone().or_else(|| theirs.clone()).map(|value| Said::new(value, pick(ours.is_some(), by)))
    };
    let addressed = if given.names_address() { flag } else { below };
    let urls_by = pick(given.names_address(), &base.urls_by);
    let urls = match &addressed.cloud_id {
        Some(_) if !addressed.url.is_empty() => {
            return Err(ConfigError {
                what: format!("both an address and a cloud id are named ({urls_by})"),
                advice: Some("keep one of them; the address says more".to_owned()),
            });
        }
        Some(id) => Said::new(vec![cloud_id::url(id)?], format!("cloud id, {urls_by}")),
        None => Said::new(addressed.url.clone(), urls_by),
    };
    if urls.value.is_empty() {
        return Err(ConfigError { what: format!("no address of a cluster is named ({})", urls.by), advice: Some("add url = [\"https://…\"]".to_owned()) });
    }
    let both = |profile: &Profile, by: &str| match (&profile.client_cert, &profile.client_key) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => Ok(Some(Said::new((cert.clone(), key.clone()), by))),
        _ => Err(ConfigError {
            what: format!("of client certificate and key only one is named ({by})"),
            advice: Some("name both, client_cert and client_key".to_owned()),
        }),
    };
    let client_cert = both(flag, &given.by)?.map_or_else(|| both(below, &base.by), |own| Ok(Some(own)))?;
    let index = if flag.index.is_empty() { (&below.index, false) } else { (&flag.index, true) };
    let allow_plaintext = [(flag, &given.by), (below, &base.by)].into_iter().find(|(profile, _)| profile.allow_plaintext);
    Ok(Cluster {
        urls,
        index: (!index.0.is_empty()).then(|| Said::new(index.0.clone(), pick(index.1, &None))),
        login: given.login.clone().or(base.login.clone()),
        ca_cert: path(&flag.ca_cert, &below.ca_cert, &base.ca_by),
        ca_fingerprint: choice(&flag.ca_fingerprint, &below.ca_fingerprint, &base.fingerprint_by),
        client_cert,
        proxy: choice(&flag.proxy, &below.proxy, &None),
        allow_plaintext: allow_plaintext.map(|(_, by)| Said::new(true, by.clone())),
        profile: is_profile.then(|| base.profile.clone()),
        notes,
    })
}

fn of_profile(name: &str, config: &Config, environment: &Environment) -> Result<Place, ConfigError> {
    let Some(profile) = config.profile.get(name) else {
        let known = config.profile.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let advice = if known.is_empty() { "there are none; `rdptriage config init` makes one".to_owned() } else { format!("the profiles are: {known}") };
        return Err(ConfigError { what: format!("there is no profile {name:?} in the settings"), advice: Some(advice) });
    };
    let by = format!("profile {name}");
    let profile = profile.at_home(environment);
    let login = Login::of(&profile).map_err(|error| ConfigError { what: format!("{by}: {}", error.what), advice: error.advice })?;
    Ok(Place { login: login.map(|login| Said::new(login, by.clone())), profile, by, ..Place::default() })
}

fn of_context(name: Option<&str>, environment: &Environment) -> Result<Option<Place>, ConfigError> {
    let Some(context) = elastic_cli::context(name, environment)? else { return Ok(None) };
    let by = format!("context {} in {}", context.name, context.file.display());
    Ok(Some(Place {
        profile: Profile { url: vec![context.url], ..Profile::default() },
        login: context.login.map(|login| Said::new(login, by.clone())),
        by,
        ..Place::default()
    }))
}

fn of_environment(environment: &Environment) -> Option<Place> {
    let mut place = Place { by: "environment".to_owned(), ..Place::default() };
    if let Some((name, urls)) = environment.urls() {
        (place.profile.url, place.urls_by) = (urls, Some(name.to_owned()));
    } else if let Some((name, id)) = environment.cloud_id() {
        (place.profile.cloud_id, place.urls_by) = (Some(id.to_owned()), Some(name.to_owned()));
    }
    if let Some((name, path)) = environment.ca_cert() {
        (place.profile.ca_cert, place.ca_by) = (Some(PathBuf::from(path)), Some(name.to_owned()));
    }
    if let Some((name, fingerprint)) = environment.ca_fingerprint() {
        (place.profile.ca_fingerprint, place.fingerprint_by) = (Some(fingerprint.to_owned()), Some(name.to_owned()));
    }
    let variable = |name: &str| SecretAt::Environment(name.to_owned());
    place.login = if let Some((name, _)) = environment.api_key() {
        Some(Said::new(Login::ApiKey(variable(name)), name))
    } else {
        environment.login().map(|(name, user)| Said::new(Login::Password { user: user.to_owned(), password: variable(name) }, name))
    };
    Some(place)
}

/// What the environment adds to an address given by flags: nothing, where it speaks of another cluster.
fn fitting_environment(given: &Profile, environment: &Environment, notes: &mut Vec<String>) -> Result<Place, ConfigError> {
    let Some(mut place) = of_environment(environment) else { return Ok(Place::default()) };
    if place.names_address() {
        let theirs = addresses(&place.profile)?;
        if addresses(given)?.iter().any(|url| !theirs.contains(url)) {
            if let Some(login) = &place.login {
                notes.push(format!("{} was not used: the environment names another cluster by {}", login.by, place.urls_by.as_deref().unwrap_or("an address")));
            }
            return Ok(Place::default());
        }
    }
    (place.profile.url, place.profile.cloud_id) = (Vec::new(), None);
    Ok(place)
}

/// Host and port of each address; what is no address counts as it stands.
fn addresses(profile: &Profile) -> Result<Vec<String>, ConfigError> {
    let mut urls = profile.url.clone();
    if let Some(id) = &profile.cloud_id {
        urls.push(cloud_id::url(id)?);
    }
    Ok(urls.into_iter().map(|text| url::Url::parse(&text).map_or(text, |url| url.origin().ascii_serialization())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(text: &str) -> Flags {
        Flags { given: toml::from_str(text).unwrap(), ..Flags::default() }
    }

    fn config() -> Config {
        Config::parse(
            "[profile.lab]\nurl = ['https://lab.example']\nindex = ['lab-*']\napi_key_file = '~/.lab-key'\nca_cert = '/lab.pem'\n[profile.typed]\nurl = ['https://t.example']\nuser = 'kim'\n",
            "config.toml",
        )
        .unwrap()
    }

    fn chosen(flags: &Flags, config: &Config, environment: &[(&str, &str)]) -> Cluster {
        choose(flags, config, &Environment::of(environment.iter().copied().chain([("HOME", "/home/kim")]))).unwrap().unwrap()
    }

    fn said<T: Clone + std::fmt::Debug>(said: &Option<Said<T>>, words: impl Fn(&T) -> String) -> String {
        said.as_ref().map_or("-".to_owned(), |said| format!("{} ({})", words(&said.value), said.by))
    }

    fn lines(cluster: &Cluster) -> [String; 4] {
        [
            format!("{} ({})", cluster.urls.value.join(" "), cluster.urls.by),
            said(&cluster.index, |index| index.join(" ")),
            said(&cluster.login, Login::words),
            said(&cluster.ca_cert, |path| path.display().to_string()),
        ]
    }

    #[test]
    fn flags_win_over_the_profile_they_name() {
        let named = Flags { profile: Some("lab".to_owned()), ..flags("index = ['mine-*']\nuser = 'lee'\npassword_file = '/p'") };
        assert_eq!(
            lines(&chosen(&named, &config(), &[("ES_URL", "https://env.example"), ("ES_API_KEY", "k"), ("ES_CA_CERT", "/e.pem")])),
            ["https://lab.example (profile lab)", "mine-* (command line)", "user lee, password file /p (command line)", "/lab.pem (profile lab)"]
        );
        let plain = Flags { profile: Some("lab".to_owned()), ..Flags::default() };
        assert_eq!(lines(&chosen(&plain, &config(), &[]))[2], "API key, file /home/kim/.lab-key (profile lab)");
    }

    #[test]
    fn the_first_variable_that_is_found_wins_and_is_named() {
        let environment =
            [("ES_URL", "https://a.example,https://b.example"), ("OPENSEARCH_URL", "https://c.example"), ("ES_API_KEY", "k"), ("ES_CA_CERT", "/e.pem")];
        let mut config = config();
        config.default_profile = Some("lab".to_owned());
        assert_eq!(
            lines(&chosen(&Flags::default(), &config, &environment)),
            ["https://a.example https://b.example (ES_URL)", "-", "API key, environment variable ES_API_KEY (ES_API_KEY)", "/e.pem (ES_CA_CERT)"]
        );
        assert_eq!(lines(&chosen(&Flags::default(), &config, &[("ES_API_KEY", "k")]))[2], "API key, file /home/kim/.lab-key (profile lab)");
        let elastic = chosen(&Flags::default(), &config, &[("ES_URL", "https://a.example"), ("ELASTIC_PASSWORD", "p")]);
        assert_eq!(lines(&elastic)[2], "user elastic, password environment variable ELASTIC_PASSWORD (ELASTIC_PASSWORD)");
    }

    #[test]
    fn a_secret_of_the_environment_does_not_go_to_another_cluster() {
        let to = flags("url = ['https://flag.example:9200/']");
        let key = ("ES_API_KEY", "k");
        assert_eq!(lines(&chosen(&to, &config(), &[key]))[2], "API key, environment variable ES_API_KEY (ES_API_KEY)");
        let same = chosen(&to, &config(), &[key, ("ES_URL", "https://flag.example:9200")]);
        assert_eq!((lines(&same)[2].as_str(), same.notes.len()), ("API key, environment variable ES_API_KEY (ES_API_KEY)", 0));
        let other = chosen(&to, &config(), &[key, ("ES_URL", "https://prod.example:9200")]);
        assert_eq!(lines(&other)[2], "-");
        assert_eq!(other.notes, ["ES_API_KEY was not used: the environment names another cluster by ES_URL"]);
    }

    #[test]
    fn contexts_and_start_local_name_a_cluster_with_its_secret() {
        let home = tempfile::tempdir().unwrap();
        let text = "current_context: a\ncontexts: { a: { elasticsearch: { url: 'https://rc.example', auth: { api_key: '$(env:RC_KEY)' } } } }\n";
        std::fs::write(home.path().join(".elasticrc.yml"), text).unwrap();
        std::fs::write(home.path().join(".env"), "ES_LOCAL_URL=http://localhost:9200\nES_LOCAL_API_KEY=k\n").unwrap();
        let environment = Environment::of([("HOME", home.path().to_str().unwrap())]);
        let of = |flags: &Flags, config: &Config| choose(flags, config, &environment).unwrap().unwrap();
        let rc = of(&Flags::default(), &Config::default());
        assert_eq!(lines(&rc)[2], format!("API key, environment variable RC_KEY (context a in {})", home.path().join(".elasticrc.yml").display()));
        let mut with_default = config();
        with_default.default_profile = Some("lab".to_owned());
        assert_eq!(of(&Flags::default(), &with_default).urls.value, ["https://lab.example"]);
        assert_eq!(of(&Flags { context: Some("a".to_owned()), ..Flags::default() }, &with_default).urls.value, ["https://rc.example"]);
        let local = of(&Flags { start_local: Some(home.path().to_owned()), ..Flags::default() }, &with_default);
        assert_eq!((local.urls.value[0].as_str(), local.login.unwrap().value.words()), ("http://localhost:9200", "API key, written there".to_owned()));
    }

    #[test]
    fn contradictions_are_refused() {
        let nothing = Environment::default();
        let error = |flags: &Flags| choose(flags, &config(), &nothing).unwrap_err();
        let unknown = error(&Flags { profile: Some("prod".to_owned()), ..Flags::default() });
        assert_eq!((unknown.what.as_str(), unknown.advice.as_deref()), ("there is no profile \"prod\" in the settings", Some("the profiles are: lab, typed")));
        assert!(error(&flags("url = ['https://a.example']\nclient_cert = '/c.pem'")).what.starts_with("of client certificate and key only one is named"));
        assert!(error(&flags("url = ['https://a.example']\ncloud_id = 'x'")).what.starts_with("both an address and a cloud id are named"));
        assert!(choose(&Flags::default(), &config(), &nothing).unwrap().is_none());
    }
}
