//! A first profile by three questions: where the cluster is, how to log in, which indices. The answers are tried before
//! they are kept, and nothing is overwritten unasked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use url::Url;

use super::super::failure::{self, Failure};
use super::super::login::{self, credentials};
use super::dialogue::Dialogue;
use super::save::{self, Lines};
use crate::backend::elastic::{self, Connection, DEFAULT_INDEX};
use crate::backend::{Backend as _, BackendError};
use crate::config::{Environment, Login, SecretAt, cloud_id, elastic_cli, start_local};
use crate::domain::time::rfc3339;
use crate::query::{Answer, Ask, Overview};
use crate::schema::Schemas;
use crate::sigma::RuleSet;

/// Ways to log in, as they are asked for.
const WAYS: &str = "key, file, command, env, user, none";

/// Asks at the terminal, or reads the answers from a pipe.
pub(super) fn run(name: &str, environment: &Environment) -> Result<u8, Failure> {
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout());
    ask(name, environment, &mut Dialogue::new(&mut input, &mut output))
}

fn ask(name: &str, environment: &Environment, dialogue: &mut Dialogue<'_>) -> Result<u8, Failure> {
    let path = super::file(environment)?;
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    crate::config::Config::parse(&before, &path.display().to_string())?;
    if save::holds(&before, name) && !dialogue.agrees(&format!("There is a profile {name} in {}. Replace it?", path.display()))? {
        dialogue.say("Nothing was changed. Another name: rdptriage config init NAME")?;
        return Ok(failure::OK);
    }
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    let mut lines = Lines::default();
    let mut connection = Connection::to(place(environment, dialogue, &mut lines)?);
    let typed = way(name, &folder, environment, dialogue, &mut lines, &mut connection)?;
    let index = dialogue.ask("Which indices?", &DEFAULT_INDEX.join(", "))?;
    connection.index = index.split(',').map(|pattern| pattern.trim().to_owned()).filter(|pattern| !pattern.is_empty()).collect();
    lines.list("index", &connection.index);
    if !tried(dialogue, &mut lines, &mut connection)? && !dialogue.agrees("Keep it all the same?")? {
        dialogue.say("Nothing was written.")?;
        return Ok(failure::ERROR);
    }
    let after = save::with_profile(&before, name, &lines)?;
    if let Some((file, secret)) = typed {
        if file.exists() && !dialogue.agrees(&format!("{} is there already. Replace it?", file.display()))? {
            dialogue.say("Nothing was written.")?;
            return Ok(failure::ERROR);
        }
        save::write(&file, &format!("{secret}\n"))?;
        dialogue.say(&format!("The secret is in {}, for your eyes alone.", file.display()))?;
    }
    save::write(&path, &after)?;
    let is_default = crate::config::Config::parse(&after, "the settings")?.default_profile.as_deref() == Some(name);
    let how = if is_default { "rdptriage".to_owned() } else { format!("rdptriage --profile {name}") };
    dialogue.say(&format!("The profile {name} is in {}. Open it with: {how}", path.display()))?;
    Ok(failure::OK)
}

/// Where the cluster is: addresses, a cloud id, or a folder of start-local.
fn place(environment: &Environment, dialogue: &mut Dialogue<'_>, lines: &mut Lines) -> Result<Vec<String>, Failure> {
    let context = elastic_cli::context(None, environment).ok().flatten().map(|context| context.url);
    let known = environment.urls().map(|(_, urls)| urls.join(", ")).or(context);
    loop {
        let answer = dialogue.ask("Where is the cluster? (URL, several by comma, or cloud id)", known.as_deref().unwrap_or("https://localhost:9200"))?;
        match addresses(&answer) {
            Ok(urls) => {
                if urls.join(",") != answer {
                    dialogue.say(&format!("That is {}", urls.join(", ")))?;
                }
                lines.list("url", &urls);
                return Ok(urls);
            }
            Err(error) => told(dialogue, &error.to_string(), error.advice())?,
        }
    }
}

fn addresses(answer: &str) -> Result<Vec<String>, Failure> {
    if Path::new(answer).join(".env").is_file() {
        return Ok(vec![start_local::read(Path::new(answer))?.0]);
    }
    if !answer.contains("://")
        && let Ok(url) = cloud_id::url(answer)
    {
        return Ok(vec![url]);
    }
    let whole = |part: &str| {
        let url = if part.contains("://") { part.to_owned() } else { format!("https://{part}") };
        login::refuse_password(&url)?;
        match Url::parse(&url) {
            Ok(parsed) if parsed.has_host() && matches!(parsed.scheme(), "http" | "https") => Ok(url),
            _ => Err(Failure::usage("that is no address of a cluster").advise("write it as https://host:9200")),
        }
    };
    answer.split(',').map(str::trim).filter(|part| !part.is_empty()).map(whole).collect()
}

/// How to log in. A typed secret is returned with the file it is to be kept in.
fn way(
    name: &str,
    folder: &Path,
    environment: &Environment,
    dialogue: &mut Dialogue<'_>,
    lines: &mut Lines,
    connection: &mut Connection,
) -> Result<Option<(PathBuf, String)>, Failure> {
    let default = if environment.api_key().is_some() { "env" } else { "key" };
    loop {
        let answer = dialogue.ask(&format!("How do you log in? ({WAYS})"), default)?;
        let mut typed = None;
        let mut kept = Lines::default();
        let login = match answer.as_str() {
            "none" => None,
            "key" => {
                let secret = dialogue.ask_hidden("API key, id:key or encoded")?;
                let file = folder.join(format!("{name}.key"));
                kept.text("api_key_file", &file.display().to_string());
                typed = Some((file, secret.clone()));
                Some(Login::ApiKey(SecretAt::Here(secret)))
            }
            "file" => {
                let path = dialogue.ask("File with the API key", "")?;
                kept.text("api_key_file", &path);
                let path = match (path.strip_prefix("~/"), environment.get("HOME")) {
                    (Some(rest), Some(home)) => Path::new(home).join(rest),
                    _ => PathBuf::from(&path),
                };
                Some(Login::ApiKey(SecretAt::File(path)))
            }
            "command" => {
                let command = dialogue.ask("Command that prints the API key", "")?;
                let argv = shell_words::split(&command).unwrap_or_default();
                kept.list("api_key_command", &argv);
                Some(Login::ApiKey(SecretAt::Command(argv)))
            }
            "env" => {
                let variable = dialogue.ask("Environment variable with the API key", environment.api_key().map_or("", |(variable, _)| variable))?;
                kept.text("api_key_env", &variable);
                Some(Login::ApiKey(SecretAt::Environment(variable)))
            }
            "user" => {
                let user = dialogue.ask("User", "")?;
                let secret = dialogue.ask_hidden("Password")?;
                let file = folder.join(format!("{name}.password"));
                kept.text("user", &user);
                kept.text("password_file", &file.display().to_string());
                typed = Some((file, secret.clone()));
                Some(Login::Password { user, password: SecretAt::Here(secret) })
            }
            _ => {
                told(dialogue, &format!("{answer:?} is not one of {WAYS}"), None)?;
                continue;
            }
        };
        match login.map(|login| credentials(&login, environment)).transpose() {
            Ok(found) => {
                connection.credentials = found.unwrap_or_default();
                lines.extend(kept);
                return Ok(typed);
            }
            Err(error) => told(dialogue, &error.to_string(), error.advice())?,
        }
    }
}

/// Tries the answers, and asks for the authority where the cluster's is not known. Whether it worked.
fn tried(dialogue: &mut Dialogue<'_>, lines: &mut Lines, connection: &mut Connection) -> Result<bool, Failure> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| Failure::error(format!("no task could be started ({error})")))?;
    let outcome = loop {
        let outcome = runtime.block_on(overview(connection.clone()));
        let Err(error) = &outcome else { break outcome };
        told(dialogue, &error.what, error.advice.as_deref())?;
        if !error.what.contains("certificate") && !error.what.contains("CA file") && !error.what.contains("fingerprint") {
            break outcome;
        }
        let answer = dialogue.ask("The cluster's CA: a PEM file, or the fingerprint it printed when it was set up (Enter to go on without)", "")?;
        if answer.is_empty() {
            break outcome;
        }
        let is_fingerprint = !Path::new(&answer).exists() && answer.chars().filter(char::is_ascii_hexdigit).count() >= 64;
        (connection.ca_cert, connection.ca_fingerprint) = if is_fingerprint { (None, Some(answer)) } else { (Some(PathBuf::from(answer)), None) };
    };
    if let Some(path) = &connection.ca_cert {
        let whole = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        lines.text("ca_cert", &whole.display().to_string());
    }
    if let Some(fingerprint) = &connection.ca_fingerprint {
        lines.text("ca_fingerprint", fingerprint);
    }
    match outcome {
        Ok(overview) => {
            for line in said(&overview) {
                dialogue.say(&line)?;
            }
            Ok(true)
        }
        Err(_) => Ok(false),
    }
}

async fn overview(connection: Connection) -> Result<Overview, BackendError> {
    let elastic = elastic::open(connection, Arc::new(RuleSet::built_in()), Schemas::built_in()).await?;
    match elastic.answer(&Ask::Overview).await? {
        Answer::Overview(overview) => Ok(overview),
        _ => Err(BackendError::new("the cluster answered another question than was asked")),
    }
}

/// What was found, for people.
fn said(overview: &Overview) -> Vec<String> {
    let mut lines = vec![format!("Reached {}", overview.title)];
    if !overview.title.contains('(') {
        lines.push("  it does not tell its name and version: the cluster privilege monitor is missing, which is no harm".to_owned());
    }
    for report in &overview.reports {
        lines.push(format!("  {}: {} documents, {} RDP events", report.name.safe(), report.read, report.events()));
    }
    match &overview.extent {
        Some(extent) => lines.push(format!("  events from {} to {}", rfc3339(extent.from), rfc3339(extent.to))),
        None => lines.push("  no RDP event was found there: other indices, or the right `read` on these, may be missing".to_owned()),
    }
    if !overview.completeness.is_whole() {
        lines.push(format!("  not the whole picture: {}", overview.completeness.words()));
    }
    lines
}

fn told(dialogue: &mut Dialogue<'_>, what: &str, advice: Option<&str>) -> Result<(), Failure> {
    dialogue.say(&format!("  {what}"))?;
    advice.map_or(Ok(()), |advice| dialogue.say(&format!("  {advice}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(answers: &str, before: &str) -> (Result<u8, String>, String, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        if !before.is_empty() {
            std::fs::write(folder.path().join("config.toml"), before).unwrap();
        }
        let environment = Environment::of([("RDPTRIAGE_CONFIG_DIR", folder.path().to_str().unwrap())]);
        let (mut input, mut output) = (answers.as_bytes(), Vec::new());
        let outcome = ask("lab", &environment, &mut Dialogue::new(&mut input, &mut output)).map_err(|error| error.to_string());
        (outcome, String::from_utf8(output).unwrap(), folder)
    }

    #[test]
    fn addresses_are_understood_in_every_form() {
        assert_eq!(addresses("es.example:9200").unwrap(), ["https://es.example:9200"]);
        assert_eq!(addresses("https://a.example, http://b.example").unwrap(), ["https://a.example", "http://b.example"]);
        assert_eq!(addresses("lab:Y2xvdWQuZXhhbXBsZSQwMTIzJDQ1Njc=").unwrap(), ["https://0123.cloud.example:443"]);
        assert!(addresses("ftp://a.example").is_err());
        assert!(!addresses("https://kim:hunter2@a.example").unwrap_err().to_string().contains("hunter2"));
    }

    #[test]
    fn a_cluster_that_is_not_there_is_kept_only_when_asked() {
        // Port 1 is closed; the try fails at once.
        let answers = "http://127.0.0.1:1\nwhat\nkey\ntwo words\nkey\nTxy:hunter2\nlab-*\n";
        let (outcome, said, folder) = answered(&format!("{answers}n\n"), "");
        assert_eq!(outcome, Ok(failure::ERROR), "{said}");
        assert!(
            said.contains("\"what\" is not one of key, file, command, env, user, none") && said.contains("was not reached, the connection was refused"),
            "{said}"
        );
        assert!(!said.contains("hunter2") && std::fs::read_dir(folder.path()).unwrap().count() == 0, "{said}");

        let (outcome, said, folder) = answered(&format!("{answers}y\n"), "theme = \"light\"\n");
        assert_eq!(outcome, Ok(failure::OK), "{said}");
        let key = folder.path().join("lab.key");
        assert_eq!(std::fs::read_to_string(&key).unwrap(), "Txy:hunter2\n");
        assert_eq!(
            std::fs::read_to_string(folder.path().join("config.toml")).unwrap(),
            format!(
                "theme = \"light\"\ndefault_profile = \"lab\"\n\n[profile.lab]\nurl = [\"http://127.0.0.1:1\"]\napi_key_file = \"{}\"\nindex = [\"lab-*\"]\n",
                key.display()
            )
        );
        assert!(said.ends_with("Open it with: rdptriage\n"), "{said}");
    }

    #[test]
    fn a_profile_that_is_there_is_not_overwritten_unasked() {
        let before = "[profile.lab]\nurl = [\"https://old.example\"]\n";
        let (outcome, said, folder) = answered("n\n", before);
        assert_eq!(outcome, Ok(failure::OK));
        assert!(said.contains("There is a profile lab in "), "{said}");
        assert_eq!(std::fs::read_to_string(folder.path().join("config.toml")).unwrap(), before);
        let (outcome, _, _) = answered("", "a = 1\n");
        assert!(outcome.unwrap_err().contains("config.toml, line 1: unknown field `a`"));
        assert_eq!(answered("https://es.example\n", "").0, Err("the answers ended before the questions; nothing was written".to_owned()));
    }
}
