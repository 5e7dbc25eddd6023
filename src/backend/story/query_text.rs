//! A question to a story in words that a search bar understands, with a comment on what is counted.

use crate::domain::time::rfc3339;
use crate::domain::{Families, Family, Foreign, Timestamp};
use crate::query::{Ask, Filter, Scope, TallyBy};

/// The question as KQL.
pub fn of(ask: &Ask) -> String {
    match ask {
        Ask::Overview => "// how many events of each kind, first and last\n*".to_owned(),
        Ask::Arrivals { scope, bucket } => with(&format!("distinct source.ip per destination and {bucket}"), scope),
        Ask::Tally { scope, by } => {
            let field = match by {
                TallyBy::Source => "source.ip",
                TallyBy::User => "user.name",
                TallyBy::Destination => "destination.ip",
                TallyBy::Process => "process.executable",
            };
            with(&format!("values of {field}, most events first"), scope)
        }
        Ask::Events { scope, skip, take } => with(&format!("events {} to {} in time order", skip + 1, skip + take), scope),
        Ask::Counts { scope, bucket, by } => with(&format!("events and distinct source.ip per {} and {bucket}", by.name()), scope),
        Ask::Health { range } => with("sources of events, newest event of each, usable addresses", &Scope::over(*range)),
        Ask::Alerts { scope, .. } => with("security alerts and results of machine-learning jobs", scope),
        Ask::Hunt { scope, rule } => with(&format!("what Sigma rule {rule} finds"), scope),
    }
}

fn with(comment: &str, scope: &Scope) -> String {
    let mut terms = Vec::new();
    if scope.range.from > Timestamp::MIN {
        terms.push(format!("@timestamp >= \"{}\"", rfc3339(scope.range.from)));
    }
    if scope.range.to < Timestamp::MAX {
        terms.push(format!("@timestamp < \"{}\"", rfc3339(scope.range.to)));
    }
    if let Some(destination) = &scope.destination {
        let addresses = destination.addresses.iter().map(|address| format!("destination.ip : \"{address}\""));
        let hosts = destination.hosts.iter().map(|host| format!("host.name : {}", quoted(host)));
        terms.push(format!("({})", addresses.chain(hosts).collect::<Vec<_>>().join(" or ")));
    }
    if let Some(source) = scope.source {
        terms.push(format!("source.ip : \"{source}\""));
    }
    if let Some(user) = &scope.user {
        terms.push(format!("user.name : {}", quoted(user)));
    }
    if scope.filter != Filter::Everything {
        terms.push(format!("({})", scope.filter));
    }
    let query = if terms.is_empty() { "*".to_owned() } else { terms.join(" and ") };
    format!("// {comment}; {}\n{query}", families(scope.families))
}

/// In quotes and inert: whoever wrote the name must not end the quotes with it.
fn quoted(foreign: &Foreign) -> String {
    format!("\"{}\"", foreign.safe().as_str().replace('\\', "\\\\").replace('"', "\\\""))
}

fn families(families: Families) -> String {
    if families == Families::EVERY {
        return "every event".to_owned();
    }
    let named = [
        (Family::Network, "connections"),
        (Family::Session, "logons"),
        (Family::Failed, "refusals"),
        (Family::End, "ends"),
        (Family::Shell, "shells"),
        (Family::Context, "context"),
    ];
    named.into_iter().filter(|(family, _)| families.contains(*family)).map(|(_, name)| name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Range;

    #[test]
    fn the_scope_is_spelled_out_and_names_cannot_break_out() {
        let range = Range { from: Timestamp::UNIX_EPOCH, to: Timestamp::MAX };
        let mut scope = Scope::over(range);
        scope.user = Some("CORP\\x\" or *:\u{202e}*".into());
        let text = of(&Ask::Tally { scope, by: TallyBy::Source });
        assert_eq!(
            text,
            "// values of source.ip, most events first; connections, logons, refusals\n@timestamp >= \"1970-01-01T00:00:00Z\" and user.name : \"CORP\\\\x\\\" or *:\\\\u{202e}*\""
        );
        assert_eq!(of(&Ask::Hunt { scope: Scope::over(Range::ALL), rule: "r".to_owned() }), "// what Sigma rule r finds; connections, logons, refusals\n*");
    }
}
