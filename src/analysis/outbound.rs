//! Programs that open RDP connections: what the Sigma rule says of each, by which of its exceptions, and what it overlooks.

use super::{Machines, programs};
use crate::domain::{Address, Event, Foreign, Kind, Timestamp};
use crate::sigma::{RuleSet, SUSPICIOUS_OUTBOUND_RDP};

/// What the rule says of a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Word {
    /// The rule finds it.
    Hit,
    /// The rule would find it, were it of the log the rule is about.
    WouldHit,
    /// This exception of the rule lets it pass.
    Exempt(String),
}

impl Word {
    /// Whether the rule finds it, or would.
    pub const fn is_hit(&self) -> bool {
        !matches!(self, Self::Exempt(_))
    }

    /// In words.
    pub fn text(&self) -> String {
        match self {
            Self::Hit => "hit: on no list of RDP clients".to_owned(),
            Self::WouldHit => "would be a hit in Sysmon: on no list of RDP clients".to_owned(),
            Self::Exempt(pattern) => format!("no hit: exempt as {pattern}"),
        }
    }
}

/// One outbound RDP connection with the program that opened it.
#[derive(Clone, PartialEq, Debug)]
pub struct Outbound {
    /// Place of the event.
    pub event: u32,
    /// When.
    pub time: Timestamp,
    /// Who connects, as a place in the machines.
    pub machine: Option<usize>,
    /// The program.
    pub image: Option<Foreign>,
    /// Whose.
    pub user: Option<Foreign>,
    /// Where from.
    pub source: Option<Address>,
    /// Where to.
    pub destination: Option<Address>,
    /// What the rule says.
    pub word: Word,
    /// What speaks against a program that the rule lets pass.
    pub notes: Vec<&'static str>,
}

/// The outbound RDP connections in order of time. Without the rule nothing can be said of them.
pub fn outbound(events: &[Event], machines: &Machines, rules: &RuleSet) -> Vec<Outbound> {
    let Some(rule) = rules.place(SUSPICIOUS_OUTBOUND_RDP).and_then(|place| rules.get(place)) else { return Vec::new() };
    let exceptions = rule.exceptions("Image");
    let mut found: Vec<Outbound> = events
        .iter()
        .enumerate()
        .filter(|(_, event)| matches!(event.kind, Kind::SysmonOut | Kind::DefendAttempted | Kind::FilterOut))
        .map(|(place, event)| {
            let exempt = event.process.as_ref().and_then(|image| exceptions.iter().find(|pattern| fits(image, pattern)));
            let word = match (exempt, event.kind) {
                (Some(pattern), _) => Word::Exempt(pattern.clone()),
                (None, Kind::SysmonOut) => Word::Hit,
                (None, _) => Word::WouldHit,
            };
            let notes = if matches!(word, Word::Exempt(_)) { doubts(event) } else { Vec::new() };
            Outbound {
                event: u32::try_from(place).unwrap_or(u32::MAX),
                time: event.time,
                machine: machines.reporter(place),
                image: event.process.clone(),
                user: event.user.clone(),
                source: event.source,
                destination: event.destination,
                word,
                notes,
            }
        })
        .collect();
    found.sort_by_key(|outbound| (outbound.time, outbound.event));
    found
}

/// The same by the rule that comes with the program.
pub fn outbound_by_built_in(events: &[Event], machines: &Machines) -> Vec<Outbound> {
    outbound(events, machines, &RuleSet::built_in())
}

/// Whether a path ends as the pattern says, whatever its case; patterns of the rule begin with `*`.
fn fits(image: &Foreign, pattern: &str) -> bool {
    let image = image.raw().to_lowercase();
    let pattern = pattern.to_lowercase();
    match pattern.strip_prefix('*') {
        Some(end) => image.ends_with(end),
        None => image == pattern,
    }
}

/// What is wrong with a program of a trusted name: a name can be taken, a folder of the system and a signature less easily.
fn doubts(event: &Event) -> Vec<&'static str> {
    let mut doubts = Vec::new();
    if let Some(image) = &event.process {
        let path = image.raw().to_lowercase().replace('/', "\\");
        let name = programs::name(image);
        let is_system = path.contains("\\windows\\system32\\") || path.contains("\\windows\\syswow64\\") || path.contains("\\windows\\winsxs\\");
        let is_installed = path.contains("\\program files\\") || path.contains("\\program files (x86)\\");
        if path.contains('\\') && if name == "mstsc.exe" { !is_system || !programs::is_of_windows(image) } else { !(is_installed || is_system) } {
            doubts.push("the name is on the list, the folder is not where it is installed");
        }
    }
    match event.detail(|details| details.is_trusted) {
        Some(true) => {}
        Some(false) => doubts.push("the signature is not trusted"),
        None => doubts.push("the signature is not visible in this data"),
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::super::sample::{event, told, with};
    use super::*;

    #[test]
    fn each_client_with_the_rules_word_and_what_it_overlooks() {
        let out = |kind, image: &str, trusted| {
            let event = told(event("10:00:00", kind, "PC07", "10.1.0.7", "CORP\\kim"), |details| details.is_trusted = trusted);
            with(event, |event| event.process = Some(image.into()))
        };
        let events = [
            out(Kind::SysmonOut, "C:\\tools\\plink.exe", None),
            out(Kind::DefendAttempted, "C:\\tools\\x.exe", Some(false)),
            out(Kind::SysmonOut, "C:\\Windows\\System32\\mstsc.exe", None),
            out(Kind::DefendAttempted, "C:\\Users\\kim\\mstsc.exe", Some(false)),
            out(Kind::DefendAttempted, "C:\\Windows\\system32\\MSTSC.EXE", Some(true)),
        ];
        let found = outbound(&events, &Machines::of(&events), &RuleSet::built_in());
        let told: Vec<(String, Vec<&str>)> = found.into_iter().map(|outbound| (outbound.word.text(), outbound.notes)).collect();
        let exempt = "no hit: exempt as *\\mstsc.exe".to_owned();
        assert_eq!(
            told,
            [
                ("hit: on no list of RDP clients".to_owned(), vec![]),
                ("would be a hit in Sysmon: on no list of RDP clients".to_owned(), vec![]),
                (exempt.clone(), vec!["the signature is not visible in this data"]),
                (exempt.clone(), vec!["the name is on the list, the folder is not where it is installed", "the signature is not trusted"]),
                (exempt, vec![]),
            ]
        );
        assert!(outbound(&events, &Machines::of(&events), &RuleSet::default()).is_empty());
    }
}
