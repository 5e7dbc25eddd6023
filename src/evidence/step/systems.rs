//! R5: what the sessions left on each host in scope.

use crate::domain::Stage;
use crate::evidence::Question;
use crate::evidence::picture::Picture;
use crate::evidence::weigh::{Weighed, count, counted, some};

/// What ran, and where they were.
pub const QUESTIONS: &[Question] = &[Question::Events, Question::Programs, Question::Elsewhere];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let hosts = &picture.facts.hosts;
    let suspect_inside = picture.facts.sources.iter().any(|source| source.is_suspect() && source.stage >= Stage::Authenticated);
    let entered: Vec<String> = hosts
        .iter()
        .filter(|host| host.stage >= Stage::LoggedOn)
        .map(|host| host.host.name().cloned().unwrap_or_else(|| host.host.label()).safe().into_string())
        .collect();
    let findings: usize = hosts.iter().map(|host| host.findings.len()).sum();
    let mut weighed = Weighed::new(format!(
        "{} in scope, {} of them entered; {} on them",
        count(hosts.len(), "host"),
        entered.len(),
        counted(findings, "thing left or odd", "things left or odd")
    ));
    for host in hosts {
        for finding in host.findings.iter().take(6) {
            weighed.plus(20, finding.clone());
        }
    }
    if suspect_inside {
        weighed.plus(30, format!("a suspect source got in: {}", some(&entered, 4)));
    }
    if !picture.sees.programs {
        weighed.missing("programs are not visible in this data: what ran in the sessions cannot be told");
    }
    weighed.missing("services, tasks, files and registry changes are not part of this data: collect them from the hosts");
    if !suspect_inside && findings == 0 {
        if !picture.sees.logons {
            weighed.missing("logons are not visible in this data: whether anybody got in cannot be told");
            return weighed.cannot_tell();
        }
        weighed.minus(40, "no suspect source got in, and nothing odd was left");
    }
    weighed.response(suspect_inside || findings > 0)
}
