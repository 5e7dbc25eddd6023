//! Questions and answers, line by line over a plain terminal or a pipe.

use std::io::{BufRead, IsTerminal as _, Write};

use super::super::failure::Failure;
use crate::domain::{Foreign, Limits};

/// Somebody who answers.
pub(super) struct Dialogue<'a> {
    input: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
    /// Whether what is typed must be kept from the screen.
    hides: bool,
}

impl<'a> Dialogue<'a> {
    /// Reads from one, writes to the other.
    pub(super) fn new(input: &'a mut dyn BufRead, output: &'a mut dyn Write) -> Self {
        Self { input, output, hides: std::io::stdin().is_terminal() }
    }

    /// Says a line, made inert.
    pub(super) fn say(&mut self, text: &str) -> Result<(), Failure> {
        let text: Vec<String> = text.lines().map(|line| Foreign::from(line).safe_within(Limits::DETAIL).into_string()).collect();
        writeln!(self.output, "{}", text.join("\n")).and_then(|()| self.output.flush()).map_err(|_| Failure::NobodyListens)
    }

    /// Asks; an empty answer is `default`.
    pub(super) fn ask(&mut self, question: &str, default: &str) -> Result<String, Failure> {
        let hint = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        write!(self.output, "{question}{hint}: ").and_then(|()| self.output.flush()).map_err(|_| Failure::NobodyListens)?;
        let answer = self.line()?;
        Ok(if answer.is_empty() { default.to_owned() } else { answer })
    }

    /// Asks for a secret, which is not shown.
    pub(super) fn ask_hidden(&mut self, question: &str) -> Result<String, Failure> {
        if !self.hides {
            return self.ask(question, "");
        }
        let answer = rpassword::prompt_password(format!("{question} (not shown): "))
            .map_err(|error| Failure::error(format!("the terminal could not be read ({error})")))?;
        Ok(answer.trim().to_owned())
    }

    /// Asks yes or no; an empty answer is no.
    pub(super) fn agrees(&mut self, question: &str) -> Result<bool, Failure> {
        Ok(matches!(self.ask(&format!("{question} [y/N]"), "")?.to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        let read = self.input.read_line(&mut line).map_err(|error| Failure::error(format!("the answer could not be read ({error})")))?;
        if read == 0 {
            return Err(Failure::usage("the answers ended before the questions; nothing was written")
                .advise("answer at a terminal, or write the profile into the settings file; `rdptriage config` prints one to start from"));
        }
        Ok(line.trim().to_owned())
    }
}
