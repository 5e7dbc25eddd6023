//! The contexts of Elastic's own command line, `~/.elasticrc.yml`: where its users have said already what their clusters
//! are. It is read, never written, and only the context that is meant is looked into.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ConfigError, Environment, Login, SecretAt};

/// Names of its file in the home folder, first found first.
const NAMES: [&str; 4] = [".elasticrc", ".elasticrc.json", ".elasticrc.yaml", ".elasticrc.yml"];
/// The variable that names the file instead.
const VARIABLE: &str = "ELASTIC_CLI_CONFIG_FILE";

/// What is of use here; the file says more.
#[derive(Deserialize)]
struct File {
    current_context: Option<String>,
    #[serde(default)]
    contexts: BTreeMap<String, Services>,
}

#[derive(Deserialize)]
struct Services {
    elasticsearch: Option<Service>,
}

#[derive(Deserialize)]
struct Service {
    url: String,
    auth: Option<Auth>,
}

#[derive(Deserialize)]
struct Auth {
    api_key: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

/// A cluster that a context names.
#[derive(Clone, PartialEq, Debug)]
pub struct Context {
    /// Name of the context.
    pub name: String,
    /// The file it stands in.
    pub file: PathBuf,
    /// Address of the cluster.
    pub url: String,
    /// How to log in.
    pub login: Option<Login>,
}

/// The context of this name, or the current one. `None` where there is no file, or its current context has no cluster.
///
/// # Errors
/// Where a named context is not there, or the file cannot be used.
pub fn context(name: Option<&str>, environment: &Environment) -> Result<Option<Context>, ConfigError> {
    let Some(path) = file(environment) else {
        return match name {
            Some(name) => Err(trouble(format!("there is no ~/.elasticrc.yml that could hold the context {name:?}"), "name a profile or a URL")),
            None => Ok(None),
        };
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| trouble(format!("{} could not be read ({error})", path.display()), "make the file readable, or name a profile or a URL"))?;
    read(&text, &path, name, environment)
}

/// Names of all contexts that name a cluster; none where the file is missing or broken.
pub fn names(environment: &Environment) -> Vec<String> {
    let text = file(environment).and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let file: Option<File> = yaml_serde::from_str(&text).ok();
    file.into_iter().flat_map(|file| file.contexts).filter(|(_, services)| services.elasticsearch.is_some()).map(|(name, _)| name).collect()
}

fn file(environment: &Environment) -> Option<PathBuf> {
    if let Some(path) = environment.get(VARIABLE) {
        return Some(PathBuf::from(path));
    }
    let home = PathBuf::from(environment.get("HOME")?);
    NAMES.iter().map(|name| home.join(name)).find(|path| path.is_file())
}

fn read(text: &str, path: &Path, name: Option<&str>, environment: &Environment) -> Result<Option<Context>, ConfigError> {
    let shown = path.display();
    // The reason may quote a secret; the place may not.
    let mut file: File = yaml_serde::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |place| place.line());
        trouble(
            format!("{shown}, line {line}: these are no contexts of the Elastic command line"),
            "correct the line; current_context and contexts are expected",
        )
    })?;
    let known = || file.contexts.keys().cloned().collect::<Vec<_>>().join(", ");
    let wanted = match name.map(str::to_owned).or_else(|| file.current_context.clone()) {
        Some(wanted) => wanted,
        None => return Ok(None),
    };
    if !file.contexts.contains_key(&wanted) {
        return match name {
            Some(_) => Err(trouble(format!("there is no context {wanted:?} in {shown}"), &format!("the contexts are: {}", known()))),
            None => Ok(None),
        };
    }
    let Some(service) = file.contexts.remove(&wanted).and_then(|services| services.elasticsearch) else {
        return match name {
            Some(_) => Err(trouble(format!("the context {wanted:?} in {shown} names no Elasticsearch"), "choose another, or name a URL")),
            None => Ok(None),
        };
    };
    let here = |field: &str| format!("{shown}, context {wanted}: elasticsearch.{field}");
    let auth = service.auth.unwrap_or(Auth { api_key: None, username: None, password: None });
    let login = match (auth.api_key, auth.username, auth.password) {
        (None, None, None) => None,
        (Some(key), None, None) => Some(Login::ApiKey(secret(&key, &here("auth.api_key"))?)),
        (None, Some(user), Some(password)) => {
            Some(Login::Password { user: plain(&user, &here("auth.username"), environment)?, password: secret(&password, &here("auth.password"))? })
        }
        (Some(_), _, _) => return Err(trouble(format!("{} stands beside a user", here("auth.api_key")), "keep one of them")),
        (None, _, _) => return Err(trouble(format!("{} wants username and password", here("auth")), "add the one that is missing")),
    };
    Ok(Some(Context { url: plain(&service.url, &here("url"), environment)?, name: wanted, file: path.to_owned(), login }))
}

/// A value that may hold `$(env:NAME)`; what else is in `$(…)` is for secrets alone.
fn plain(value: &str, field: &str, environment: &Environment) -> Result<String, ConfigError> {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("$(") {
        let Some((expression, behind)) = after.split_once(')') else { return Err(trouble(format!("{field} lacks a closing parenthesis"), "correct it")) };
        let Some(name) = expression.strip_prefix("env:") else {
            return Err(trouble(format!("{field} may hold $(env:NAME) and nothing else in parentheses"), "write the value itself"));
        };
        let found = environment.get(name.trim()).ok_or_else(|| trouble(format!("{field} names the variable {name}, which is not set"), "set it"))?;
        out.push_str(before);
        out.push_str(found);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

/// Where a secret is kept: the value is one expression, or the secret.
fn secret(value: &str, field: &str) -> Result<SecretAt, ConfigError> {
    let value = value.trim();
    let Some(expression) = value.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')) else {
        return if value.contains("$(") {
            Err(trouble(format!("{field} mixes text and an expression"), "let the expression give the whole secret"))
        } else {
            Ok(SecretAt::Here(value.to_owned()))
        };
    };
    let (resolver, parameter) = expression.split_once(':').unwrap_or((expression, ""));
    let parameter = parameter.trim();
    match resolver {
        "env" => Ok(SecretAt::Environment(parameter.to_owned())),
        "file" => Ok(SecretAt::File(PathBuf::from(parameter))),
        "pass" => Ok(SecretAt::Command(["pass", "show", parameter].map(str::to_owned).to_vec())),
        "cmd" => match shell_words::split(parameter) {
            Ok(argv) if !argv.is_empty() => Ok(SecretAt::Command(argv)),
            _ => Err(trouble(format!("{field} holds no command that could be started"), "close its quotes")),
        },
        "keychain" | "secret_service" | "credential_manager" => Err(trouble(
            format!("{field} is kept in a key ring, which is not asked here"),
            "use $(cmd:…) with the key ring's own program, for instance $(cmd:secret-tool lookup service es)",
        )),
        other => Err(trouble(format!("{field} uses {other:?}, which is unknown"), "env, file, cmd and pass are known")),
    }
}

fn trouble(what: String, advice: &str) -> ConfigError {
    ConfigError { what, advice: Some(advice.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "current_context: lab
telemetry: false
contexts:
  lab:
    elasticsearch:
      url: https://$(env:LAB_HOST):9200
      auth:
        api_key: $(cmd:pass show 'es lab')
    kibana:
      url: https://kb.example:5601
  prod:
    elasticsearch:
      url: https://prod.example
      auth:
        username: kim
        password: $(file:/home/kim/.es)
    commands:
      profile: default
  open:
    elasticsearch: { url: 'http://localhost:9200' }
  ring:
    elasticsearch: { url: 'https://r.example', auth: { api_key: '$(keychain:es/kim)' } }
  inline:
    elasticsearch: { url: 'https://i.example', auth: { api_key: hunter2 } }
  only-cloud:
    cloud: { url: 'https://cloud.example' }
";

    fn of(name: Option<&str>) -> Result<Option<Context>, ConfigError> {
        read(TEXT, Path::new("rc.yml"), name, &Environment::of([("LAB_HOST", "lab.example")]))
    }

    #[test]
    fn contexts_are_read_and_their_secrets_left_where_they_are() {
        let lab = of(None).unwrap().unwrap();
        assert_eq!((lab.name.as_str(), lab.url.as_str()), ("lab", "https://lab.example:9200"));
        assert_eq!(lab.login, Some(Login::ApiKey(SecretAt::Command(["pass", "show", "es lab"].map(str::to_owned).to_vec()))));
        let prod = of(Some("prod")).unwrap().unwrap();
        assert_eq!(prod.login, Some(Login::Password { user: "kim".to_owned(), password: SecretAt::File("/home/kim/.es".into()) }));
        assert_eq!(of(Some("open")).unwrap().unwrap().login, None);
        let inline = of(Some("inline")).unwrap().unwrap();
        assert_eq!(inline.login, Some(Login::ApiKey(SecretAt::Here("hunter2".to_owned()))));
        assert!(!format!("{inline:?}").contains("hunter2"));
    }

    #[test]
    fn what_cannot_be_used_says_where_and_why() {
        let table = [
            (Some("nope"), "there is no context \"nope\" in rc.yml"),
            (Some("only-cloud"), "the context \"only-cloud\" in rc.yml names no Elasticsearch"),
            (Some("ring"), "rc.yml, context ring: elasticsearch.auth.api_key is kept in a key ring, which is not asked here"),
        ];
        for (name, expected) in table {
            assert_eq!(of(name).unwrap_err().what, expected);
        }
        let error = read("current_context: [hunter2\n", Path::new("rc.yml"), None, &Environment::default()).unwrap_err();
        assert!(error.what.starts_with("rc.yml, line ") && !error.what.contains("hunter2"), "{error}");
        let error = read(TEXT, Path::new("rc.yml"), Some("lab"), &Environment::default()).unwrap_err();
        assert_eq!(error.what, "rc.yml, context lab: elasticsearch.url names the variable LAB_HOST, which is not set");
    }

    #[test]
    fn the_file_is_found_by_variable_then_in_the_home_folder() {
        let home = tempfile::tempdir().unwrap();
        let environment = |extra: &[(&str, &str)]| {
            Environment::of(extra.iter().copied().chain([("HOME", home.path().to_str().unwrap()), ("LAB_HOST", "h.example")]).collect::<Vec<_>>())
        };
        assert_eq!(context(None, &environment(&[])).unwrap(), None);
        assert!(context(Some("lab"), &environment(&[])).unwrap_err().what.starts_with("there is no ~/.elasticrc.yml"));
        std::fs::write(home.path().join(".elasticrc.yml"), TEXT).unwrap();
        assert_eq!(context(None, &environment(&[])).unwrap().unwrap().name, "lab");
        assert_eq!(names(&environment(&[])), ["inline", "lab", "open", "prod", "ring"]);
        let other = home.path().join("other.yml");
        std::fs::write(&other, "current_context: x\ncontexts: { x: { elasticsearch: { url: 'https://x.example' } } }\n").unwrap();
        assert_eq!(context(None, &environment(&[(VARIABLE, other.to_str().unwrap())])).unwrap().unwrap().url, "https://x.example");
    }
}
