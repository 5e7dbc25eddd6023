//! A question to files in words, with the filter that answers it.

use std::path::PathBuf;

use crate::domain::time::rfc3339;
use crate::domain::{Families, Family, Foreign, Range};
use crate::query::{Ask, Filter, Scope, TallyBy};

/// The question, the files it goes to, and a filter in the manner of polars over the columns of `events`.
pub fn text(ask: &Ask, paths: &[PathBuf]) -> String {
    let files: Vec<String> = paths.iter().map(|path| Foreign::from(path.display().to_string()).safe().into_string()).collect();
    let mut lines = vec![format!("# {}", words(ask)), format!("# files: {}", files.join(", "))];
    match ask {
        Ask::Overview | Ask::Health { .. } => lines.push("events.describe()".to_owned()),
        Ask::Arrivals { scope, bucket } => {
            lines.extend(filtered(scope));
            lines.push(format!("  .group_by(col(\"@timestamp\").dt.truncate(\"{bucket}\"), \"destination.ip\", \"host.name\", \"source.ip\").agg(len())"));
        }
        Ask::Tally { scope, by } => {
            lines.extend(filtered(scope));
            lines.push(format!(
                "  .group_by(\"{}\").agg(len(), col(\"@timestamp\").min(), col(\"@timestamp\").max(), col(\"source.ip\").unique())",
                column(*by)
            ));
        }
        Ask::Events { scope, skip, take } => {
            lines.extend(filtered(scope));
            lines.push(format!("  .sort(\"@timestamp\").slice({skip}, {take})"));
        }
        Ask::Counts { scope, bucket, by } => {
            lines.extend(filtered(scope));
            lines.push(format!("  .group_by(\"{}\", col(\"@timestamp\").dt.truncate(\"{bucket}\")).agg(len(), col(\"source.ip\").n_unique())", by.name()));
        }
        Ask::Hunt { scope, rule } => {
            lines.push(format!("hits of the Sigma rule {rule}"));
            lines.push(format!("  .filter({})", time(&scope.range)));
        }
        Ask::Alerts { scope, .. } => {
            lines.push("alerts and results of machine-learning jobs".to_owned());
            lines.push(format!("  .filter({})", time(&scope.range)));
        }
    }
    lines.join("\n")
}

fn words(ask: &Ask) -> String {
    match ask {
        Ask::Overview => "what there is in the files".to_owned(),
        Ask::Health { .. } => "what can and cannot be seen in the files".to_owned(),
        Ask::Arrivals { bucket, .. } => format!("which sources reached which destination in each {bucket}"),
        Ask::Tally { by, .. } => format!("events for each {}", column(*by)),
        Ask::Events { skip, take, .. } => format!("events in time order, {take} from number {} on", skip + 1),
        Ask::Counts { bucket, by, .. } => format!("events and distinct sources for each {} and {bucket}", by.name()),
        Ask::Alerts { .. } => "what others had detected, as far as it stands in the files".to_owned(),
        Ask::Hunt { rule, .. } => format!("what the Sigma rule {rule} found while the files were read"),
    }
}

fn column(by: TallyBy) -> &'static str {
    match by {
        TallyBy::Source => "source.ip",
        TallyBy::User => "user.name",
        TallyBy::Destination => "destination",
        TallyBy::Process => "process.executable",
    }
}

fn filtered(scope: &Scope) -> Vec<String> {
    let mut lines = vec!["events".to_owned()];
    if scope.range != Range::ALL {
        lines.push(format!("  .filter({})", time(&scope.range)));
    }
    if scope.families != Families::EVERY {
        let families: Vec<String> = FAMILIES.iter().filter(|(family, _)| scope.families.contains(*family)).map(|(_, name)| format!("\"{name}\"")).collect();
        lines.push(format!("  .filter(col(\"family\").is_in([{}]))", families.join(", ")));
    }
    if let Some(destination) = &scope.destination {
        let addresses: Vec<String> = destination.addresses.iter().map(|address| format!("\"{address}\"")).collect();
        let hosts: Vec<String> = destination.hosts.iter().map(quoted).collect();
        let mut parts = Vec::new();
        if !addresses.is_empty() {
            parts.push(format!("col(\"destination.ip\").is_in([{}])", addresses.join(", ")));
        }
        if !hosts.is_empty() {
            parts.push(format!("col(\"host.name\").is_in([{}])", hosts.join(", ")));
        }
        lines.push(format!("  .filter({})", parts.join(" | ")));
    }
    if let Some(source) = scope.source {
        lines.push(format!("  .filter(col(\"source.ip\") == \"{source}\")"));
    }
    if let Some(user) = &scope.user {
        lines.push(format!("  .filter(col(\"user.name\") == {})", quoted(user)));
    }
    if scope.filter != Filter::Everything {
        lines.push(format!("  .filter({:?})", scope.filter));
    }
    lines
}

const FAMILIES: [(Family, &str); 6] = [
    (Family::Network, "network"),
    (Family::Session, "session"),
    (Family::Failed, "failed"),
    (Family::End, "end"),
    (Family::Shell, "shell"),
    (Family::Context, "context"),
];

fn time(range: &Range) -> String {
    format!("col(\"@timestamp\") >= \"{}\" & col(\"@timestamp\") < \"{}\"", rfc3339(range.from), rfc3339(range.to))
}

/// Foreign text as a literal: inert, and unable to end it.
fn quoted(text: &Foreign) -> String {
    format!("\"{}\"", text.safe().as_str().replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Address, BucketSize, Destination};
    use std::sync::Arc;

    #[test]
    fn a_question_shows_everything_that_limits_it() {
        let range = Range { from: "2025-01-01T00:00:00Z".parse().unwrap(), to: "2025-01-01T12:00:00Z".parse().unwrap() };
        let mut destination = Destination::from(Address::clean("10.0.0.5").unwrap());
        destination.hosts.insert("FS\"01".into());
        let mut scope = Scope::over(range).at(Arc::new(destination));
        scope.source = Address::clean("192.0.2.7");
        let text = text(&Ask::Arrivals { scope, bucket: BucketSize::Quarter }, &["a.evtx".into(), "b\u{1b}.log".into()]);
        assert_eq!(
            text,
            r#"# which sources reached which destination in each 15m
# files: a.evtx, b\u{1b}.log
events
  .filter(col("@timestamp") >= "2025-01-01T00:00:00Z" & col("@timestamp") < "2025-01-01T12:00:00Z")
  .filter(col("family").is_in(["network", "session", "failed"]))
  .filter(col("destination.ip").is_in(["10.0.0.5"]) | col("host.name").is_in(["FS\"01"]))
  .filter(col("source.ip") == "192.0.2.7")
  .group_by(col("@timestamp").dt.truncate("15m"), "destination.ip", "host.name", "source.ip").agg(len())"#
        );
    }
}
