//! Of the hunt: which programs opened RDP connections from here, and whether they are known to.

use std::collections::BTreeMap;

use crate::domain::Foreign;
use crate::evidence::Question;
use crate::evidence::picture::{Picture, is_odd_place};
use crate::evidence::weigh::{Weighed, count, some};

/// What the host did.
pub const QUESTIONS: &[Question] = &[Question::Events, Question::Elsewhere, Question::Programs];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let mut programs: BTreeMap<&Foreign, usize> = BTreeMap::new();
    for out in &picture.outbound {
        if let Some(image) = &out.image {
            *programs.entry(image).or_default() += 1;
        }
    }
    let hits = picture.outbound.iter().filter(|out| out.word.is_hit()).count();
    let names: Vec<String> = programs.keys().map(|image| image.safe().into_string()).collect();
    let mut weighed = Weighed::new(if names.is_empty() {
        "no program here is seen to open RDP connections".to_owned()
    } else {
        format!(
            "{} opened {}, {hits} of them on no list of RDP clients: {}",
            count(names.len(), "program"),
            count(picture.outbound.len(), "RDP connection"),
            some(&names, 3)
        )
    });
    weighed.users = picture.outbound.iter().filter_map(|out| out.user.clone()).collect();
    if picture.outbound.is_empty() {
        weighed.missing("no log here says which program connects out: Sysmon or Elastic Defend on this host would");
        return weighed.cannot_tell();
    }
    if hits > 0 {
        weighed.plus(45, format!("{} by programs on no list of RDP clients", count(hits, "connection")));
    }
    for image in programs.keys().filter(|image| is_odd_place(image)) {
        weighed.plus(40, format!("{} lies where anybody can write", image.safe()));
    }
    let doubts: Vec<&str> = picture.outbound.iter().flat_map(|out| out.notes.iter().copied()).filter(|note| !note.contains("not visible")).collect();
    if let Some(doubt) = doubts.first() {
        weighed.plus(40, (*doubt).to_owned());
    }
    if hits == 0 && doubts.is_empty() {
        weighed.minus(45, "every program is one that is known to open RDP connections");
    }
    weighed.triage(true)
}
