//! Templates: ours, or the user's from the folder of the settings. Every value is escaped for where it stands; no template
//! can say otherwise. A broken template is named with its line, and ours is used.

use std::fmt::Write as _;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, escape_formatter};
use serde::Serialize;

use super::{ReportError, Written};
use crate::domain::Foreign;

/// Names of the templates that a user can put in the place of ours.
pub const NAMES: [&str; 3] = ["report.md", "report.html", "handover.md"];

/// A template of the user's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    /// Which of ours it replaces.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// Fills a template: the user's where there is one that works, else ours.
pub(super) fn fill(name: &str, ours: &'static str, own: &[Template], content: &impl Serialize) -> Result<Written, ReportError> {
    let mut trouble = None;
    if let Some(template) = own.iter().find(|template| template.name == name) {
        match rendered(name, &template.text, content) {
            Ok(text) => return Ok(text.into_bytes().into()),
            Err(error) => {
                let file = Foreign::from(template.file.as_str()).safe();
                trouble = Some(ReportError {
                    what: format!("filling the template {file} failed: {}", said(&error)),
                    advice: Some("the report was written with the template of the program; correct the line, or move the file away".to_owned()),
                });
            }
        }
    }
    let text =
        rendered(name, ours, content).map_err(|error| ReportError { what: format!("filling the template {name} failed: {}", said(&error)), advice: None })?;
    Ok(Written { bytes: text.into_bytes(), trouble })
}

fn said(error: &minijinja::Error) -> String {
    let line = error.line().map_or_else(String::new, |line| format!("line {line}: "));
    let detail = error.detail().map_or_else(String::new, |detail| format!(", {detail}"));
    Foreign::from(format!("{line}{}{detail}", error.kind())).safe().into_string()
}

fn rendered(name: &str, text: &str, content: &impl Serialize) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    // A template that calls a hostile name safe would undo everything.
    environment.remove_filter("safe");
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::Custom("markdown".into()) });
    environment.set_formatter(|out, state, value| {
        if value.is_none() {
            return Ok(());
        }
        if !matches!(state.auto_escape(), AutoEscape::Custom(_)) {
            return escape_formatter(out, state, value);
        }
        let text = value.to_string();
        let shown = if value.is_safe() { text } else { markdown(&text) };
        out.write_str(&shown).map_err(minijinja::Error::from)
    });
    environment.add_filter("fenced", |text: String| Value::from_safe_string(fenced(&text)));
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_template(name, text)?;
    environment.get_template(name)?.render(Value::from(Serde(content)))
}

/// A text that Markdown shows and does not obey: no markup, no HTML, no link made out of an address, one line.
pub(super) fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    let characters: Vec<char> = text.chars().collect();
    let leading_digits = characters.iter().take_while(|character| character.is_ascii_digit()).count();
    for (place, character) in characters.iter().enumerate() {
        let next = characters.get(place + 1);
        let needs = match character {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '~' | '&' | '@' | '$' => true,
            ':' => next == Some(&'/'),
            '.' => place >= 3 && escaped.to_lowercase().ends_with("www") || (place == leading_digits && place > 0 && next == Some(&' ')),
            ')' => place == leading_digits && place > 0,
            '-' | '+' | '=' => place == 0,
            _ => false,
        };
        if needs {
            escaped.push('\\');
        }
        match character {
            '\n' | '\r' => escaped.push(' '),
            other => escaped.push(*other),
        }
    }
    escaped
}

/// A text as a block of code, with a fence longer than any in it.
fn fenced(text: &str) -> String {
    let (mut longest, mut run) = (0, 0);
    for character in text.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest.max(2) + 1);
    let mut block = String::new();
    // Writing to a String cannot fail.
    let _ = write!(block, "{fence}\n{}\n{fence}", text.trim_end_matches('\n'));
    block
}
