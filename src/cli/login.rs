//! From the cluster that is meant to a connection: addresses are checked, and secrets fetched from where they are kept.
//! None comes from the command line, and none is said again.

use std::io::IsTerminal as _;

use url::Url;

use super::arguments::{Argv, Origin};
use super::failure::Failure;
use crate::backend::elastic::{ClientCertificate, Connection, Credentials, Proxy, secret};
use crate::config::{Cluster, Config, Environment, Flags, Login, Profile, SecretAt, cluster};

/// Refuses secrets on the command line.
pub(super) fn refuse_secrets(origin: &Origin) -> Result<(), Failure> {
    let flags = [
        (&origin.api_key, "an API key", "put it into a file with mode 0600 and give --api-key-file FILE, or set ELASTICSEARCH_API_KEY, or --ask"),
        (&origin.password, "a password", "put it into a file with mode 0600 and give --password-file FILE, or leave it out to be asked"),
        (&origin.bearer, "an access token", "put it into a file with mode 0600 and give --bearer-file FILE"),
    ];
    for (flag, what, advice) in flags {
        if flag.is_some() {
            return Err(Failure::usage(format!("refused {what} on the command line, where `ps` and the shell's history show it")).advise(advice));
        }
    }
    let proxy = origin.proxy.iter().filter(|text| !text.eq_ignore_ascii_case("none"));
    for text in origin.url.iter().chain(proxy) {
        refuse_password(text)?;
    }
    Ok(())
}

/// The URL must be one, without a password. What is refused is not repeated.
pub(super) fn refuse_password(text: &str) -> Result<(), Failure> {
    let url = Url::parse(text).map_err(|error| Failure::usage(format!("an address is no URL ({error})")).advise("write it as https://host:9200"))?;
    if url.username().is_empty() && url.password().is_none() {
        return Ok(());
    }
    Err(Failure::usage("refused a password inside an address, where `ps` and the shell's history show it")
        .advise("give --user NAME --password-file FILE, or --api-key-file FILE; for a proxy set HTTPS_PROXY or the profile's proxy"))
}

/// The cluster that flags, environment and settings mean.
pub(super) fn chosen(origin: &Origin, config: &Config, environment: &Environment) -> Result<Option<Cluster>, Failure> {
    let chosen = cluster::choose(&flags(origin), config, environment);
    let is_slip = origin.profile.as_ref().is_some_and(|name| !config.profile.contains_key(name));
    chosen.map_err(|error| {
        let failure = if is_slip { Failure::usage(error.what) } else { Failure::error(error.what) };
        match error.advice {
            Some(advice) => failure.advise(advice),
            None => failure,
        }
    })
}

fn flags(origin: &Origin) -> Flags {
    let argv = |argv: &Option<Argv>| argv.as_deref().map(<[String]>::to_vec);
    let given = Profile {
        url: origin.url.clone(),
        cloud_id: origin.cloud_id.clone(),
        index: origin.index.clone(),
        ca_cert: origin.ca_cert.clone(),
        ca_fingerprint: origin.ca_fingerprint.clone(),
        client_cert: origin.client_cert.clone(),
        client_key: origin.client_key.clone(),
        proxy: origin.proxy.clone(),
        api_key_file: origin.api_key_file.clone(),
        api_key_command: argv(&origin.api_key_command),
        user: origin.user.clone(),
        password_file: origin.password_file.clone(),
        password_command: argv(&origin.password_command),
        bearer_file: origin.bearer_file.clone(),
        bearer_command: argv(&origin.bearer_command),
        ask: origin.ask,
        allow_plaintext: origin.allow_plaintext,
        ..Profile::default()
    };
    Flags { given, profile: origin.profile.clone(), context: origin.context.clone(), start_local: origin.start_local.clone() }
}

/// A connection with its secret.
pub(super) fn connection(cluster: &Cluster, ports: &[u16], environment: &Environment) -> Result<Connection, Failure> {
    let mut connection = Connection::to(cluster.urls.value.clone());
    connection.index = cluster.index.as_ref().map(|index| index.value.clone()).unwrap_or_default();
    connection.ca_cert = cluster.ca_cert.as_ref().map(|path| path.value.clone());
    connection.ca_fingerprint = cluster.ca_fingerprint.as_ref().map(|fingerprint| fingerprint.value.clone());
    connection.client_cert = cluster.client_cert.as_ref().map(|own| ClientCertificate { cert: own.value.0.clone(), key: own.value.1.clone() });
    connection.proxy = cluster.proxy.as_ref().map(|proxy| Proxy::named(&proxy.value)).unwrap_or_default();
    connection.allow_plaintext = cluster.allow_plaintext.is_some();
    connection.ports = ports.to_vec();
    if let Some(login) = &cluster.login {
        connection.credentials = credentials(&login.value, environment)?;
    }
    Ok(connection)
}

/// Fetches the secret of a way to log in.
pub(super) fn credentials(login: &Login, environment: &Environment) -> Result<Credentials, Failure> {
    let nonsense = |what: &str, at: &SecretAt, expected: &str| {
        Failure::error(format!("what was found is no {what} ({})", at.words())).advise(format!("expected {expected}"))
    };
    match login {
        Login::ApiKey(at) => {
            Credentials::api_key(&fetched(at, "API key", environment)?).ok_or_else(|| nonsense("API key", at, "one line, id:key or the encoded key"))
        }
        Login::Password { user, password } => Ok(Credentials::Basic { user: user.clone(), password: fetched(password, "password", environment)? }),
        Login::Bearer(at) => {
            Credentials::bearer(&fetched(at, "bearer token", environment)?).ok_or_else(|| nonsense("bearer token", at, "one line without blanks"))
        }
    }
}

fn fetched(at: &SecretAt, what: &str, environment: &Environment) -> Result<String, Failure> {
    match at {
        SecretAt::File(path) => Ok(secret::from_file(path, what)?),
        SecretAt::Command(argv) => Ok(secret::from_command(argv, what, &Environment::secrets())?),
        SecretAt::Environment(name) => environment.get(name).map(str::to_owned).ok_or_else(|| {
            Failure::error(format!("the {what} is to be in the environment variable {name}, which is not set")).advise("set it, or name a file or a command")
        }),
        SecretAt::Here(text) => Ok(text.clone()),
        SecretAt::Typed => typed(what),
    }
}

/// Asks at the terminal, without showing what is typed.
fn typed(what: &str) -> Result<String, Failure> {
    let nobody = || {
        Failure::usage(format!("the {what} is to be typed, but there is no terminal to ask at"))
            .advise("give it by file or command: --api-key-file, --password-file, --api-key-command, --password-command")
    };
    if !std::io::stdin().is_terminal() {
        return Err(nobody());
    }
    let text = rpassword::prompt_password(format!("{what}: ")).map_err(|_| nobody())?;
    let text = text.trim();
    if text.is_empty() { Err(Failure::usage(format!("no {what} was typed"))) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(url: &str) -> Origin {
        Origin { url: vec![url.to_owned()], ..Origin::default() }
    }

    #[test]
    fn secrets_on_the_command_line_are_refused_and_not_repeated() {
        let secret = Some("hunter2".to_owned());
        let table = [
            (Origin { api_key: secret.clone(), ..to("https://es.example") }, "--api-key-file FILE"),
            (Origin { password: secret.clone(), ..to("https://es.example") }, "--password-file FILE"),
            (Origin { bearer: secret, ..to("https://es.example") }, "--bearer-file FILE"),
            (to("https://kim:hunter2@es.example"), "--password-file FILE"),
            (to("https://hunter2@es.example"), "--password-file FILE"),
            (Origin { proxy: Some("http://kim:hunter2@proxy.example".to_owned()), ..to("https://es.example") }, "HTTPS_PROXY"),
        ];
        for (origin, expected) in table {
            let error = refuse_secrets(&origin).unwrap_err();
            assert_eq!(error.code(), super::super::failure::USAGE);
            assert!(error.advice().is_some_and(|advice| advice.contains(expected)), "{error:?}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
        assert!(refuse_secrets(&Origin { proxy: Some("none".to_owned()), ..to("https://es.example") }).is_ok());
    }

    #[test]
    fn secrets_are_fetched_from_where_they_are_kept() {
        let environment = Environment::of([("LAB_KEY", "Txy:key"), ("ES_API_KEY", "hunter2")]);
        let of = |login: Login| credentials(&login, &environment);
        assert_eq!(of(Login::ApiKey(SecretAt::Environment("LAB_KEY".to_owned()))).unwrap(), Credentials::ApiKey("Txy:key".to_owned()));
        let command = ["printf", "%s", "s3cret"].map(str::to_owned).to_vec();
        let basic = Login::Password { user: "kim".to_owned(), password: SecretAt::Command(command) };
        assert_eq!(of(basic).unwrap(), Credentials::Basic { user: "kim".to_owned(), password: "s3cret".to_owned() });
        assert_eq!(of(Login::Bearer(SecretAt::Here("token".to_owned()))).unwrap(), Credentials::Bearer("token".to_owned()));
        let missing = of(Login::ApiKey(SecretAt::Environment("OTHER".to_owned()))).unwrap_err();
        assert_eq!(missing.to_string(), "the API key is to be in the environment variable OTHER, which is not set");
        let nonsense = of(Login::ApiKey(SecretAt::Here("two hunter2".to_owned()))).unwrap_err();
        assert_eq!(nonsense.to_string(), "what was found is no API key (written there)");
    }

    #[test]
    fn an_unknown_profile_is_a_slip_of_the_command_line() {
        let origin = Origin { profile: Some("prod".to_owned()), ..Origin::default() };
        let error = chosen(&origin, &Config::defaults(), &Environment::default()).unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), (super::super::failure::USAGE, "there is no profile \"prod\" in the settings"));
    }

    #[test]
    fn everything_said_of_a_cluster_reaches_its_connection() {
        let origin = Origin {
            index: vec!["mine-*".to_owned()],
            ca_cert: Some("/ca.pem".into()),
            ca_fingerprint: Some("ab".to_owned()),
            client_cert: Some("/c.pem".into()),
            client_key: Some("/c.key".into()),
            proxy: Some("none".to_owned()),
            allow_plaintext: true,
            ..to("https://es.example")
        };
        let environment = Environment::default();
        let cluster = chosen(&origin, &Config::defaults(), &environment).unwrap().unwrap();
        let connection = connection(&cluster, &[3389, 3390], &environment).unwrap();
        assert_eq!((connection.urls.as_slice(), connection.index.as_slice()), (["https://es.example".to_owned()].as_slice(), ["mine-*".to_owned()].as_slice()));
        assert_eq!((connection.ca_cert, connection.ca_fingerprint), (Some("/ca.pem".into()), Some("ab".to_owned())));
        assert_eq!(connection.client_cert, Some(ClientCertificate { cert: "/c.pem".into(), key: "/c.key".into() }));
        assert_eq!((connection.proxy, connection.allow_plaintext, connection.ports), (Proxy::Direct, true, vec![3389, 3390]));
        assert_eq!(connection.credentials, Credentials::None);
    }
}
