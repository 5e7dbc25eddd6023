//! How a severity looks: role and mark, the same everywhere. The mark is there because colour may not be.

use super::Glyphs;
use crate::domain::Severity;
use crate::theme::Role;

/// The role of a score; `None` is no verdict.
pub const fn role(severity: Option<Severity>) -> Role {
    match severity {
        None => Role::SeverityNone,
        Some(Severity::Warning) => Role::SeverityWarning,
        Some(Severity::Minor) => Role::SeverityMinor,
        Some(Severity::Major) => Role::SeverityMajor,
        Some(Severity::Critical) => Role::SeverityCritical,
    }
}

/// The role of a bucket in a lane.
pub const fn lane_role(severity: Option<Severity>) -> Role {
    match severity {
        None | Some(Severity::Warning) => Role::LaneBar,
        Some(Severity::Minor) => Role::LaneMinor,
        Some(Severity::Major) => Role::LaneMajor,
        Some(Severity::Critical) => Role::LaneCritical,
    }
}

/// The mark beside a score or above a bar; a space below minor.
pub const fn mark(severity: Option<Severity>, glyphs: Glyphs) -> &'static str {
    match (severity, glyphs) {
        (None | Some(Severity::Warning), _) => " ",
        (Some(severity), Glyphs::Unicode) => severity.mark(),
        (Some(Severity::Minor), Glyphs::Ascii) => "m",
        (Some(Severity::Major), Glyphs::Ascii) => "M",
        (Some(Severity::Critical), Glyphs::Ascii) => "!",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_severity_has_a_mark_of_its_own_in_both_sets() {
        let all = [None, Some(Severity::Minor), Some(Severity::Major), Some(Severity::Critical)];
        assert_eq!(all.map(|severity| mark(severity, Glyphs::Unicode)), [" ", "▵", "◆", "▲"]);
        assert_eq!(all.map(|severity| mark(severity, Glyphs::Ascii)), [" ", "m", "M", "!"]);
        assert_eq!(mark(Some(Severity::Warning), Glyphs::Unicode), " ");
    }
}
