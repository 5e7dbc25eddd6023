//! How one logs in to a cluster: the kind of proof, and where its secret is kept. The secret itself is fetched by whoever connects.

use std::fmt;
use std::path::PathBuf;

use super::{ConfigError, Profile};

/// Where a secret is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretAt {
    /// In a file that only its owner may read.
    File(PathBuf),
    /// It is what a command prints; a program and its arguments, no shell.
    Command(Vec<String>),
    /// In an environment variable of this name.
    Environment(String),
    /// Somebody types it.
    Typed,
    /// In the settings that were read, as it is.
    Here(String),
}

impl SecretAt {
    /// The place in words, without the secret.
    pub fn words(&self) -> String {
        match self {
            Self::File(path) => format!("file {}", path.display()),
            Self::Command(argv) => format!("command {}", argv.first().map_or("", String::as_str)),
            Self::Environment(name) => format!("environment variable {name}"),
            Self::Typed => "asked for".to_owned(),
            Self::Here(_) => "written there".to_owned(),
        }
    }
}

impl fmt::Debug for SecretAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

/// A way to log in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Login {
    /// An API key.
    ApiKey(SecretAt),
    /// A user with a password.
    Password {
        /// Name.
        user: String,
        /// The password.
        password: SecretAt,
    },
    /// An access token.
    Bearer(SecretAt),
}

impl Login {
    /// The way in words, without the secret.
    pub fn words(&self) -> String {
        match self {
            Self::ApiKey(at) => format!("API key, {}", at.words()),
            Self::Password { user, password } => format!("user {user}, password {}", password.words()),
            Self::Bearer(at) => format!("bearer token, {}", at.words()),
        }
    }

    /// The one way that a profile or the flags name; `None` where they name none.
    ///
    /// # Errors
    /// Where they name several, or a password and no user.
    pub fn of(profile: &Profile) -> Result<Option<Self>, ConfigError> {
        let places = |file: &Option<PathBuf>, command: &Option<Vec<String>>, variable: &Option<String>| {
            let places = [file.clone().map(SecretAt::File), command.clone().map(SecretAt::Command), variable.clone().map(SecretAt::Environment)];
            places.into_iter().flatten().collect::<Vec<_>>()
        };
        let mut keys = places(&profile.api_key_file, &profile.api_key_command, &profile.api_key_env);
        let mut passwords = places(&profile.password_file, &profile.password_command, &profile.password_env);
        let bearers = places(&profile.bearer_file, &profile.bearer_command, &profile.bearer_env);
        if passwords.is_empty() && profile.user.is_some() {
            passwords.push(SecretAt::Typed);
        } else if profile.ask && keys.is_empty() && passwords.is_empty() && bearers.is_empty() {
            keys.push(SecretAt::Typed);
        }
        if profile.user.is_none() && !passwords.is_empty() {
            return Err(refused("a password is named but no user", "name the user too"));
        }
        let user = profile.user.clone().unwrap_or_default();
        let mut ways: Vec<Self> = keys.into_iter().map(Self::ApiKey).collect();
        ways.extend(passwords.into_iter().map(|password| Self::Password { user: user.clone(), password }));
        ways.extend(bearers.into_iter().map(Self::Bearer));
        if ways.len() > 1 {
            let words: Vec<String> = ways.iter().map(Self::words).collect();
            return Err(refused(&format!("there are several ways to log in: {}", words.join("; ")), "keep one of them"));
        }
        Ok(ways.pop())
    }
}

fn refused(what: &str, advice: &str) -> ConfigError {
    ConfigError { what: what.to_owned(), advice: Some(advice.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Option<String>, String> {
        Login::of(&toml::from_str(text).unwrap()).map(|login| login.map(|login| login.words())).map_err(|error| error.what)
    }

    #[test]
    fn a_profile_names_one_way_to_log_in() {
        let table = [
            ("", None),
            ("api_key_file = '/k'", Some("API key, file /k")),
            ("api_key_command = ['pass', 'show', 'es']", Some("API key, command pass")),
            ("api_key_env = 'LAB_KEY'", Some("API key, environment variable LAB_KEY")),
            ("ask = true", Some("API key, asked for")),
            ("user = 'kim'", Some("user kim, password asked for")),
            ("user = 'kim'\nask = true", Some("user kim, password asked for")),
            ("user = 'kim'\npassword_file = '/p'", Some("user kim, password file /p")),
            ("bearer_env = 'TOKEN'", Some("bearer token, environment variable TOKEN")),
        ];
        for (text, expected) in table {
            assert_eq!(of(text), Ok(expected.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn several_ways_are_refused() {
        assert_eq!(
            of("api_key_file = '/k'\nuser = 'kim'\npassword_file = '/p'"),
            Err("there are several ways to log in: API key, file /k; user kim, password file /p".to_owned())
        );
        assert_eq!(of("password_file = '/p'"), Err("a password is named but no user".to_owned()));
    }

    #[test]
    fn a_secret_is_not_printed() {
        let login = Login::Password { user: "kim".to_owned(), password: SecretAt::Here("hunter2".to_owned()) };
        assert!(!format!("{login:?} {}", login.words()).contains("hunter2"));
        let command = SecretAt::Command(vec!["echo".to_owned(), "hunter2".to_owned()]);
        assert!(!format!("{command:?}").contains("hunter2"));
    }
}
