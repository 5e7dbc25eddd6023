//! One page for those who have to know: what, when, where, who, how sure, what is unknown, what was prepared.

use super::{Choice, Class, Item, Picture, Piece, Prepared, caveats, counted, named};
use crate::domain::{Stage, time};

const TITLE: &str = "Escalate";

/// How bad it is by how far somebody got and how many servers are concerned. What the server is worth only people know.
fn severity(picture: &Picture) -> &'static str {
    let spread = picture.hosts.len() > 1 || picture.suspects().any(|source| !source.also_to.is_empty());
    let furthest = picture.suspects().map(|source| source.stage).max();
    match (furthest, spread) {
        (Some(Stage::LoggedOn | Stage::Shell | Stage::Process), true) => "critical",
        (Some(Stage::LoggedOn | Stage::Shell | Stage::Process), false) | (Some(Stage::Authenticated), _) => "high",
        (Some(Stage::Refused | Stage::Touched), true) => "medium",
        _ => "low",
    }
}

/// Prepares it.
pub(super) fn prepare(picture: &Picture, choice: &Choice) -> Prepared {
    let severity = severity(picture);
    let mut prepared = Prepared::new("escalate", TITLE, format!("{severity}, before the value of the server is weighed in"));
    prepared.warnings = caveats(picture);
    prepared
        .warnings
        .push("the severity knows how far they got and how far it spread, not what the server is worth: raise it by one where it is worth much".to_owned());
    if choice.contacts.is_empty() {
        prepared.warnings.push("no contacts are listed: write them into contacts.txt in the folder of the settings, one a line".to_owned());
    }
    prepared.items = choice.contacts.iter().map(|contact| Item { what: contact.as_str().into(), why: "was told".to_owned() }).collect();
    let page = page(picture, choice, severity);
    let brief = format!("RDP spike at {}: {}, {severity}. {}", picture.called(), who(picture), outcome(picture));
    let comment = serde_json::json!({ "type": "user", "owner": "securitySolution", "comment": page });
    prepared.pieces = vec![
        Piece { name: "page", title: "One page, for mail or a ticket".to_owned(), text: page, undo: None, notes: Vec::new() },
        Piece {
            name: "chat",
            title: "Two lines, for a chat".to_owned(),
            text: brief + "\n",
            undo: None,
            notes: vec!["addresses are written with [.] so that nothing makes links of them".to_owned()],
        },
        Piece {
            name: "kibana",
            title: "A comment for a case in Kibana".to_owned(),
            text: format!("POST kbn:/api/cases/CASE_ID/comments\n{}\n", serde_json::to_string_pretty(&comment).unwrap_or_default()),
            undo: Some("# the comment's own menu deletes it: DELETE kbn:/api/cases/CASE_ID/comments/COMMENT_ID\n".to_owned()),
            notes: vec!["CASE_ID is in the address of the case's page".to_owned()],
        },
    ];
    for piece in prepared.pieces.iter_mut().filter(|piece| piece.name == "chat") {
        piece.text = defanged(&piece.text, picture);
    }
    prepared
}

fn who(picture: &Picture) -> String {
    let new = picture.sources.iter().filter(|source| source.is_new == Some(true)).count();
    let known = if picture.sources.iter().any(|source| source.is_new.is_some()) { format!(", {new} of them new here") } else { String::new() };
    format!("{}{known}", counted(picture.sources.len(), "source"))
}

fn outcome(picture: &Picture) -> String {
    match picture.suspects().map(|source| source.stage).max() {
        Some(Stage::Process) => "They started programs.".to_owned(),
        Some(Stage::Shell) => "They had a desktop.".to_owned(),
        Some(Stage::LoggedOn) => "They had sessions.".to_owned(),
        Some(Stage::Authenticated) => "A password was right; no session is seen.".to_owned(),
        Some(Stage::Refused) => "All were refused, as far as is seen.".to_owned(),
        Some(Stage::Touched) => "They connected; no logon is seen.".to_owned(),
        None => "Nobody is known to have come.".to_owned(),
    }
}

/// Addresses that no chat makes a link of.
fn defanged(text: &str, picture: &Picture) -> String {
    let mut text = text.to_owned();
    for address in picture.destination.addresses.iter().map(ToString::to_string).chain(picture.sources.iter().map(|source| source.address.to_string())) {
        text = text.replace(&address, &address.replacen('.', "[.]", 3).replacen("::", "[::]", 1));
    }
    text
}

fn page(picture: &Picture, choice: &Choice, severity: &str) -> String {
    let mut page = String::new();
    let mut line = |name: &str, text: String| page.push_str(&format!("{name:<11}{text}\n"));
    line("What", format!("spike of RDP sources at {}, {severity}", picture.called()));
    line("When", format!("{} to {} UTC", time::rfc3339(picture.range.from), time::rfc3339(picture.range.to)));
    if let Some(worst) = &picture.worst {
        let score = worst.score.map_or_else(|| "no verdict".to_owned(), |score| format!("score {score:.0}"));
        line("Figures", format!("{} distinct sources in one bucket, typically {:.1}, {score}", worst.count, worst.typical.unwrap_or_default()));
    }
    line("Who", who(picture));
    line("Outcome", outcome(picture));
    let accounts: Vec<_> = picture.accounts.iter().collect();
    if !accounts.is_empty() {
        let privileged = accounts.iter().filter(|account| account.class == Class::Privileged).count();
        line(
            "Accounts",
            format!("{} got in ({}), {privileged} privileged", counted(accounts.len(), "account"), named(accounts.iter().map(|account| &account.name), 5)),
        );
    }
    if picture.hosts.len() > 1 {
        let labels: Vec<_> = picture.hosts.iter().skip(1).map(|host| host.host.label()).collect();
        line("Spread", format!("{} more in scope: {}", counted(labels.len(), "host"), named(&labels, 5)));
    }
    if !picture.open.is_empty() {
        line("Right now", format!("{} without a known end", counted(picture.open.len(), "session")));
    }
    line(
        "Based on",
        format!(
            "{}, gathered {} UTC, {}",
            crate::domain::Foreign::from(picture.origin.as_str()).safe(),
            time::rfc3339(picture.gathered),
            picture.completeness.words()
        ),
    );
    for unknown in &picture.unknown {
        line("Unknown", unknown.clone());
    }
    line("Unknown", "what the server is worth, and who was told".to_owned());
    line("Prepared", "isolation, block lists, accounts to reset; nothing was carried out by the program".to_owned());
    if let Some(case) = &choice.case {
        line("Case", crate::domain::Foreign::from(case.as_str()).safe().into_string());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::super::sample::picture;
    use super::*;

    #[test]
    fn one_page_with_what_is_unknown() {
        let prepared = prepare(&picture(), &Choice { contacts: vec!["NOC, +49 30 0000".to_owned()], case: Some("c1".to_owned()), ..Choice::default() });
        assert_eq!(
            prepared.piece("page").unwrap().text,
            "What       spike of RDP sources at 10.20.4.17 FILESRV-02, critical\n\
             When       2026-01-05T12:30:00Z to 2026-01-05T13:00:00Z UTC\n\
             Figures    41 distinct sources in one bucket, typically 2.1, score 94\n\
             Who        4 sources, 3 of them new here\n\
             Outcome    They had sessions.\n\
             Accounts   4 accounts got in (CORP\\admmig, CORP\\svc_copy, CORP\\kim, FILESRV-02\\guest1), 1 privileged\n\
             Spread     1 host more in scope: 10.20.1.5\n\
             Right now  1 session without a known end\n\
             Based on   lab, gathered 2026-01-05T13:21:00Z UTC, complete\n\
             Unknown    whether the accounts have a second factor\n\
             Unknown    what the server is worth, and who was told\n\
             Prepared   isolation, block lists, accounts to reset; nothing was carried out by the program\n\
             Case       c1\n"
        );
        assert_eq!(
            prepared.piece("chat").unwrap().text,
            "RDP spike at 10[.]20[.]4[.]17 FILESRV-02: 4 sources, 3 of them new here, critical. They had sessions.\n"
        );
        assert_eq!(prepared.items[0].what, "NOC, +49 30 0000".into());
    }

    #[test]
    fn severity_grows_with_how_far_and_how_wide() {
        let mut picture = picture();
        picture.hosts.truncate(1);
        picture.sources.iter_mut().for_each(|source| source.also_to.clear());
        assert_eq!(severity(&picture), "high");
        picture.sources.retain(|source| source.stage != Stage::LoggedOn);
        assert_eq!(severity(&picture), "low");
        picture.sources[0].also_to.insert("DC01".into());
        assert_eq!(severity(&picture), "medium");
    }
}
