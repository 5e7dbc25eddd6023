//! Responses: text prepared for people to use, never used by the program. Beside each stands what takes it back, who would
//! be cut off, and what was left out and why. Only addresses that were parsed and names that were checked enter a command.
//!
//! To add a kind: one file with a `prepare` like its neighbours', and a line in [`RESPONSES`].

mod accounts;
pub mod block;
mod course;
mod detection;
mod escalate;
mod facts;
mod gather;
mod isolate;
mod picture;
mod protected;
pub mod quoting;
#[cfg(test)]
pub(crate) mod sample;
mod scope;
mod systems;

pub use course::earlier;
pub use gather::{Wanted, gather};
pub use picture::{Account, Before, Class, Earlier, Host, HostFinding, OpenSession, Picture, Source};
pub use protected::{Protected, ProtectedError};

use std::collections::BTreeSet;

use crate::domain::{Address, Foreign};

/// What a person has chosen for the responses.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Choice {
    /// The sources meant; without a choice those that are new here, or all where no history tells.
    pub sources: Option<BTreeSet<Address>>,
    /// Neighbouring addresses become the networks that hold them and nothing else.
    pub collapse: bool,
    /// Addresses become their whole networks of this length, others in it included.
    pub widen: Option<u8>,
    /// What must not be hit.
    pub protected: Protected,
    /// Whom to tell, one line each, as the site lists them.
    pub contacts: Vec<String>,
    /// Name of the case that commands and rules carry.
    pub case: Option<String>,
}

impl Choice {
    /// The name that rules, tables and groups carry, so that they can be found and removed together.
    pub fn tag(&self) -> String {
        let name: String =
            self.case.iter().flat_map(|case| case.chars()).map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).take(48).collect();
        if name.trim_matches('-').is_empty() { "rdptriage".to_owned() } else { format!("rdptriage-{}", name.trim_matches('-')) }
    }
}

/// A text to be used, and what takes it back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Its name in `--as`.
    pub name: &'static str,
    /// What it is.
    pub title: String,
    /// The text, safe to paste where it belongs.
    pub text: String,
    /// What takes it back; `None` where nothing has to be, for the text changes nothing.
    pub undo: Option<String>,
    /// What to know before it is used, a sentence each without a period.
    pub notes: Vec<String>,
}

/// One thing that a person carries out and ticks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// The source, the account, the host.
    pub what: Foreign,
    /// Why it stands where it stands, in words.
    pub why: String,
}

/// A prepared response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prepared {
    /// Id of the step of the guide that it belongs to.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it comes to, in a sentence with figures.
    pub summary: String,
    /// Who would be cut off, a line each; empty where nobody is.
    pub cut_off: Vec<String>,
    /// What to mind, a sentence each without a period.
    pub warnings: Vec<String>,
    /// What was left out, and why.
    pub left_out: Vec<(Foreign, String)>,
    /// What is done one by one, in the order in which it matters.
    pub items: Vec<Item>,
    /// The texts.
    pub pieces: Vec<Piece>,
}

impl Prepared {
    fn new(id: &'static str, title: &'static str, summary: String) -> Self {
        Self { id, title, summary, cut_off: Vec::new(), warnings: Vec::new(), left_out: Vec::new(), items: Vec::new(), pieces: Vec::new() }
    }

    /// The piece of this name.
    pub fn piece(&self, name: &str) -> Option<&Piece> {
        self.pieces.iter().find(|piece| piece.name == name)
    }
}

/// Prepares one kind of response.
pub type Prepare = fn(&Picture, &Choice) -> Prepared;

/// Every kind: its name in `--what`, the id of its step in the guide, what it is in a line, and who prepares it. In the order
/// of the guide.
pub const RESPONSES: &[(&str, &str, &str, Prepare)] = &[
    ("isolate", "isolate", "isolate the destination: the call, by hand, and back", isolate::prepare),
    ("scope", "scope", "everybody who came, how far, and where else they were", scope::prepare),
    ("blocklist", "block", "block lists for firewalls, with the undo of each", block::prepare),
    ("accounts", "accounts_reset", "accounts that got in, in the order to reset them", accounts::prepare),
    ("hosts", "systems", "what was left on each host in scope, and what to collect", systems::prepare),
    ("escalation", "escalate", "one page for those who have to know", escalate::prepare),
    ("detection", "detection", "rules and queries that would have seen it earlier", detection::prepare),
];

/// Every response, in order.
pub fn prepare(picture: &Picture, choice: &Choice) -> Vec<Prepared> {
    RESPONSES.iter().map(|(.., prepare)| prepare(picture, choice)).collect()
}

/// What holds of every response to this picture: gaps in what it rests on.
fn caveats(picture: &Picture) -> Vec<String> {
    let mut caveats = Vec::new();
    if !picture.completeness.is_whole() {
        caveats.push(format!("this rests on partial data ({}): there may be more", picture.completeness.words()));
    }
    caveats
}

/// `3 sources`, `1 source`.
fn counted(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// Names made inert, the first few, and how many more there are.
fn named<'a>(names: impl IntoIterator<Item = &'a Foreign>, most: usize) -> String {
    let names: Vec<&Foreign> = names.into_iter().collect();
    let shown: Vec<String> = names.iter().take(most).map(|name| name.safe().into_string()).collect();
    let more = names.len().saturating_sub(most);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::Guide;

    #[test]
    fn every_response_step_of_the_guide_has_its_response() {
        let (guides, _) = Guide::all(&[]);
        let steps: Vec<&str> = guides[0].phases.iter().find(|phase| phase.id == "response").unwrap().steps.iter().map(|step| step.id.as_str()).collect();
        assert_eq!(RESPONSES.iter().map(|(_, step, ..)| *step).collect::<Vec<_>>(), steps);
        let prepared = prepare(&sample::picture(), &Choice::default());
        assert_eq!(prepared.iter().map(|prepared| prepared.id).collect::<Vec<_>>(), steps);
    }

    #[test]
    fn nothing_hostile_reaches_a_prepared_text() {
        let mut picture = sample::picture();
        let evil = Foreign::from("CORP\\x\u{1b}[2J'; calc; \u{202e}'\n=1+1");
        picture.accounts[0].name = evil.clone();
        picture.sources[0].users.insert(evil.clone());
        picture.sources[0].regulars.insert(evil.clone());
        picture.sources[0].also_to.insert(evil.clone());
        picture.open[0].user = Some(evil.clone());
        picture.destination.hosts.clear();
        picture.destination.hosts.insert(evil.clone());
        picture.hosts[0].host = picture.destination.clone();
        for prepared in prepare(&picture, &Choice::default()) {
            let said = prepared.cut_off.iter().chain(&prepared.warnings).chain(prepared.items.iter().map(|item| &item.why)).chain([&prepared.summary]);
            for text in said {
                assert!(!text.contains(['\u{1b}', '\u{202e}', '\n']), "{}: {text:?}", prepared.id);
            }
            for piece in &prepared.pieces {
                // NDJSON is evidence and exact; the terminal gets it made inert.
                let is_exact = piece.name == "ndjson";
                for text in [Some(&piece.text), piece.undo.as_ref(), Some(&piece.title)].into_iter().flatten().filter(|_| !is_exact) {
                    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{} {}: {text:?}", prepared.id, piece.name);
                    // Commands take no part of it at all; tables and prose may show it inert.
                    let is_command = matches!(prepared.id, "isolate" | "block" | "accounts_reset" | "detection");
                    let lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#') && !line.starts_with("//"));
                    assert!(!is_command || lines.clone().all(|line| !line.contains("calc")), "{} {}: {text}", prepared.id, piece.name);
                    assert!(lines.clone().all(|line| !line.starts_with("=1+1")), "{} {}: {text}", prepared.id, piece.name);
                }
            }
        }
    }

    #[test]
    fn the_tag_is_one_harmless_word() {
        let tag = |case: Option<&str>| Choice { case: case.map(str::to_owned), ..Choice::default() }.tag();
        assert_eq!(tag(None), "rdptriage");
        assert_eq!(tag(Some("2026-01-05-10.0.0.5")), "rdptriage-2026-01-05-10-0-0-5");
        assert_eq!(tag(Some("'; calc")), "rdptriage-calc");
    }
}
