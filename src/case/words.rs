//! An act in one line, as `show`, reports and screens have it.

use super::Act;

/// An act in one line. It may hold what others wrote, so it goes out as foreign text.
pub fn words(act: &Act) -> String {
    match act {
        Act::Opened { subject, source, .. } => {
            format!("opened: {} from {} to {}, {source}", subject.destination.raw(), subject.from, subject.to)
        }
        Act::Noted { text, step: Some(step) } => format!("note on {step}: {}", text.raw()),
        Act::Noted { text, step: None } => format!("note: {}", text.raw()),
        Act::Answered { step, answer, note, .. } => format!("{step}: {}{}", answer.words(), because(note.raw())),
        Act::Decided { verdict, note } => format!("verdict: {}{}", verdict.words(), because(note.raw())),
        Act::Marked { mark, trail } => format!("marked {} ({trail})", mark.value.raw()),
        Act::Unmarked { mark } => format!("unmarked {}", mark.value.raw()),
        Act::Asked { query } => format!("asked {}: {} hits in {} ms, {}", query.index, query.hits, query.took, query.completeness),
        Act::Found { step, finding, suggested, .. } => format!("found for {step}: {}; suggests {suggested}", finding.raw()),
        Act::Ticked { response, item, note } => format!("done: {response} {}{}", item.raw(), because(note.raw())),
        Act::Excepted { exception, .. } => format!("exception {exception}"),
        Act::Exported { format, file, sha256 } => format!("exported {format} to {}, SHA-256 {sha256}", file.raw()),
        Act::Undone { entry } => format!("undid entry {entry}"),
        Act::Merged { done, .. } => format!("merged: {}", words(done)),
    }
}

fn because(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!(", {note}") }
}
