//! How a name out of an event may enter a command: checked against what such a name can be, then quoted. Whoever logs on
//! chooses the name; a name that cannot be one never becomes part of a command, and that is said.

use std::borrow::Cow;

use crate::domain::Foreign;

/// Longest name of an account that Windows has (`sAMAccountName` of a person is 20, of a group-managed service 15 and `$`).
const LONGEST: usize = 64;

/// The account as a directory knows it: domain, where the event names one, and name; `Err` says why it is not used.
///
/// # Errors
/// Where it holds what no name of an account has.
pub fn account(user: &Foreign) -> Result<(Option<&str>, &str), String> {
    let raw = user.raw();
    let (domain, name) = match raw.split_once('\\') {
        Some((domain, name)) => (Some(domain).filter(|domain| !domain.is_empty() && *domain != "."), name),
        None => raw.split_once('@').map_or((None, raw), |(name, domain)| (Some(domain).filter(|domain| !domain.is_empty()), name)),
    };
    if name.is_empty() || name.chars().count() > LONGEST || !name.chars().all(is_of_account) || name.trim() != name || name.trim_matches('.').is_empty() {
        return Err("its name holds what no name of an account has; it may be made to harm whoever pastes it".to_owned());
    }
    if domain.is_some_and(|domain| host(domain).is_none()) {
        return Err("its domain holds what no name of a domain has; it may be made to harm whoever pastes it".to_owned());
    }
    Ok((domain, name))
}

/// Letters and digits of any script, and the few marks that names of accounts have. All other quotes that PowerShell takes
/// for quotes are left out with every mark.
fn is_of_account(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, ' ' | '.' | '-' | '_' | '$' | '\'')
}

/// The name of a host or domain, where it can be one.
pub fn host(name: &str) -> Option<&str> {
    let is_name = !name.is_empty()
        && name.len() <= 253
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        && name.starts_with(|first: char| first.is_ascii_alphanumeric());
    is_name.then_some(name)
}

/// A text in PowerShell's single quotes, within which nothing is expanded. PowerShell takes five characters for that quote.
pub fn powershell(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for character in text.chars() {
        if matches!(character, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}') {
            quoted.push(character);
        }
        quoted.push(character);
    }
    quoted.push('\'');
    quoted
}

/// A text as one word of a POSIX shell.
pub fn shell(text: &str) -> Cow<'_, str> {
    shell_words::quote(text)
}

/// A text between double quotes as KQL, ES|QL, Lucene and YAML all read it.
pub fn double(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_accounts_are_taken_and_others_refused() {
        for (user, expected) in [
            ("CORP\\kim", Ok((Some("CORP"), "kim"))),
            ("kim", Ok((None, "kim"))),
            (".\\kim", Ok((None, "kim"))),
            ("kim@corp.example", Ok((Some("corp.example"), "kim"))),
            ("CORP\\o'neil", Ok((Some("CORP"), "o'neil"))),
            ("CORP\\jürgen groß", Ok((Some("CORP"), "jürgen groß"))),
            ("CORP\\FS01$", Ok((Some("CORP"), "FS01$"))),
        ] {
            assert_eq!(account(&Foreign::from(user)), expected, "{user}");
        }
        for user in [
            "CORP\\",
            "",
            "CORP\\x; Remove-Item C:\\",
            "CORP\\$(calc)",
            "CORP\\kim`n",
            "CORP\\kim\u{2019}; calc; \u{2019}",
            "CORP\\kim\nshutdown",
            "CORP\\k\u{202e}im",
            "CORP\\k\u{200b}im",
            "CO;RP\\kim",
            "-x\\kim",
            " kim",
            "...",
            "kim\u{1b}[2J",
        ] {
            assert!(account(&Foreign::from(user)).is_err(), "{user:?}");
        }
    }

    #[test]
    fn quotes_hold_what_is_between_them() {
        assert_eq!(powershell("o'neil"), "'o''neil'");
        assert_eq!(powershell("a\u{2019}; calc"), "'a\u{2019}\u{2019}; calc'");
        assert_eq!(shell("a b'c"), "'a b'\\''c'");
        assert_eq!(double("a\"b\\c\n"), "\"a\\\"b\\\\c\\n\"");
    }
}
