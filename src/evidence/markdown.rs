//! A dossier as Markdown, for tickets and for `triage`. Whatever came out of an event is inert and cannot become markup.

use std::fmt::Write as _;

use super::dossier::{Dossier, StepEvidence};
use crate::domain::foreign::sanitize;
use crate::domain::{Limits, time};
use crate::guide::Guide;

/// The dossier as Markdown.
pub fn markdown(dossier: &Dossier, guide: &Guide) -> String {
    let mut text = String::new();
    let label = dossier.destination.label();
    let name = dossier.destination.name().map(|name| format!(" {}", escaped(name.raw()))).unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# {} {}{name}\n", escaped(&guide.title), escaped(label.raw()));
    let _ = writeln!(text, "- range: {} to {}", time::rfc3339(dossier.range.from), time::rfc3339(dossier.range.to));
    let _ = writeln!(text, "- suggests: **{}** (a person decides)", escaped(&dossier.suggests.words()));
    let _ = writeln!(text, "- data: {}", escaped(&dossier.completeness.words()));
    points(&mut text, "Speaks for an attack", &dossier.speaks_for);
    points(&mut text, "Speaks against it", &dossier.against);
    for phase in &guide.phases {
        let _ = writeln!(text, "\n## {}", escaped(&phase.title));
        for step in phase.steps.iter().filter_map(|step| dossier.step(&step.id)) {
            one(&mut text, step);
        }
    }
    queries(&mut text, dossier);
    text
}

fn one(text: &mut String, step: &StepEvidence) {
    let sure = if step.confidence > 0 { format!(" ({})", step.confidence) } else { String::new() };
    let _ = writeln!(text, "\n### {}: {}{sure}\n", escaped(&step.title), step.suggested.in_phase(&step.phase));
    let _ = writeln!(text, "{}.", escaped(&step.finding));
    points(text, "For", &step.speaks_for);
    points(text, "Against", &step.against);
    list(text, "Not visible", &step.missing);
    list(text, "Only people know", &step.human);
}

fn points(text: &mut String, title: &str, points: &[super::Point]) {
    list(text, title, &points.iter().map(super::Point::words).collect::<Vec<_>>());
}

fn list(text: &mut String, title: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}:\n");
    for item in items {
        let _ = writeln!(text, "- {}", escaped(item));
    }
}

/// The questions as they were put: in fences longer than any run of backticks inside, so that nothing leaves them.
fn queries(text: &mut String, dossier: &Dossier) {
    let queries = dossier.queries();
    if queries.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n## What was asked");
    for (query, number) in queries.iter().zip(1..) {
        let index = escaped(&query.index);
        let _ = writeln!(text, "\n{number}. {index}: {} hits in {} ms, {}\n", query.hits, query.took, escaped(&query.completeness));
        let body: Vec<String> = query.body.lines().map(|line| sanitize(line, Limits::DETAIL).into_string()).collect();
        let body = body.join("\n");
        let longest = body.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        let _ = writeln!(text, "{fence}\n{body}\n{fence}");
    }
}

/// Text that stays text: inert, and without the letters by which Markdown and HTML mean something.
fn escaped(text: &str) -> String {
    let safe = sanitize(text, Limits::DETAIL).into_string();
    let mut out = String::with_capacity(safe.len());
    for letter in safe.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_attacker_wrote_stays_text() {
        assert_eq!(escaped("<img src=x>[a](javascript:1) `x` **b** \u{1b}[2J"), "&lt;img src=x&gt;\\[a\\](javascript:1) \\`x\\` \\*\\*b\\*\\* \\\\u{1b}\\[2J");
    }
}
