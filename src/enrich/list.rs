//! Lists of threats: an address or a network on each line, perhaps with a word on it; `#` begins a comment.

use std::path::Path;

use super::Fault;
use super::networks::{Networks, parse};
use crate::domain::Foreign;

/// Lines that cannot be read are named up to here; of a file that is no list at all the rest is only counted.
const NAMED: usize = 20;

/// Reads a list into `networks`.
pub(super) fn read(text: &str, path: &Path, name: &str, networks: &mut Networks, faults: &mut Vec<Fault>) {
    let mut bad = 0_usize;
    for (line, number) in text.lines().zip(1_usize..) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with(';') {
            continue;
        }
        let (entry, note) = line.split_once(|character: char| character.is_whitespace() || matches!(character, ',' | ';')).unwrap_or((line, ""));
        let note = note.trim_matches(|character: char| character.is_whitespace() || matches!(character, ',' | ';' | '"'));
        match parse(entry.trim_matches('"')) {
            Some(network) => {
                let text = if note.is_empty() { name.to_owned() } else { format!("{name}: {note}") };
                networks.add(network, Foreign::from(text), format!("{}, line {number}", path.display()));
            }
            None => {
                bad += 1;
                if bad <= NAMED {
                    faults.push(format!("{}, line {number}: \"{}\" is neither an address nor a network", path.display(), Foreign::from(entry).safe()));
                }
            }
        }
    }
    if bad > NAMED {
        faults.push(format!("{}: {} more lines like that", path.display(), bad - NAMED));
    }
}
