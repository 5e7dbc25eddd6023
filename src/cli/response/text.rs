//! Responses for people: an overview with one line each, or one of them in full.

use crate::domain::{Foreign, Limits, time};
use crate::response::{Picture, Prepared, RESPONSES};

/// Items that the full text lists; the table formats have them all.
const LISTED: usize = 40;

fn head(picture: &Picture) -> String {
    let origin = Foreign::from(picture.origin.as_str()).safe();
    let mut head = format!("{}, {} to {}, {origin}\n", picture.called(), time::rfc3339(picture.range.from), time::rfc3339(picture.range.to));
    if let Some(worst) = &picture.worst {
        head.push_str(&format!("{}\n", worst.reason));
    }
    for unknown in &picture.unknown {
        head.push_str(&format!("not known: {unknown}\n"));
    }
    head.push_str("Prepared text; nothing is carried out.\n");
    head
}

/// One line for each response, and how to have it in full.
pub(super) fn overview(picture: &Picture, prepared: &[Prepared]) -> String {
    let mut text = head(picture);
    text.push('\n');
    for (prepared, (name, ..)) in prepared.iter().zip(RESPONSES) {
        text.push_str(&format!("{name:<11} {}\n", prepared.summary));
        if !prepared.cut_off.is_empty() {
            text.push_str(&format!("            cuts off: {}\n", short(&prepared.cut_off, 3)));
        }
        let pieces: Vec<&str> = prepared.pieces.iter().map(|piece| piece.name).collect();
        if !pieces.is_empty() {
            text.push_str(&format!("            --what {name} --as {}\n", pieces.join(" | ")));
        }
    }
    text
}

fn short(lines: &[String], most: usize) -> String {
    let shown = lines.iter().take(most).map(String::as_str).collect::<Vec<_>>().join("; ");
    let more = lines.len().saturating_sub(most);
    if more == 0 { shown } else { format!("{shown}; and {more} more") }
}

/// Everything of these responses.
pub(super) fn whole(picture: &Picture, prepared: &[Prepared]) -> String {
    let mut text = head(picture);
    for prepared in prepared {
        text.push_str(&format!("\n{}: {}\n", prepared.title, prepared.summary));
        for line in &prepared.cut_off {
            text.push_str(&format!("  cuts off  {line}\n"));
        }
        for line in &prepared.warnings {
            text.push_str(&format!("  mind      {line}\n"));
        }
        for (what, why) in &prepared.left_out {
            text.push_str(&format!("  left out  {}: {why}\n", what.safe()));
        }
        for (number, item) in prepared.items.iter().take(LISTED).enumerate() {
            text.push_str(&format!("  {:>8}. {}: {}\n", number + 1, item.what.safe(), item.why));
        }
        if prepared.items.len() > LISTED {
            text.push_str(&format!("            and {} more\n", prepared.items.len() - LISTED));
        }
        for piece in &prepared.pieces {
            text.push_str(&format!("\n--- {} (--as {})\n", piece.title, piece.name));
            text.extend(piece.notes.iter().map(|note| format!("  note: {note}\n")));
            inert(&mut text, &piece.text);
            if let Some(undo) = &piece.undo {
                text.push_str("--- to take it back\n");
                inert(&mut text, undo);
            }
        }
    }
    text
}

/// Line by line, for a terminal.
fn inert(text: &mut String, piece: &str) {
    for line in piece.lines() {
        text.push_str(Foreign::from(line).safe_within(Limits::DETAIL).as_str());
        text.push('\n');
    }
}
