//! Isolating the destination: the request to Kibana, the same by hand, the way back, and who would lose what.

use super::quoting::{double, host, powershell, shell};
use super::{Choice, Item, Picture, Piece, Prepared, caveats, counted};
use crate::domain::time;

const TITLE: &str = "Isolate the destination";

/// Prepares it.
pub(super) fn prepare(picture: &Picture, choice: &Choice) -> Prepared {
    let called = picture.called();
    let summary = match picture.open.len() {
        0 => format!("{called}: no session is known to be open"),
        open => format!("{called}: {} would be cut off", counted(open, "open session")),
    };
    let mut prepared = Prepared::new("isolate", TITLE, summary);
    prepared.cut_off = picture.open.iter().map(|open| open.words()).collect();
    prepared.warnings = caveats(picture);
    prepared.warnings.push("whoever uses the server otherwise than over RDP (files, web, databases) is not among these events".to_owned());
    if let Some(name) = picture.destination.hosts.iter().find(|name| looks_like_controller(name.raw())) {
        prepared.warnings.push(format!("{} looks like a domain controller by its name: isolating one stops logons for everybody", name.safe()));
    }
    if let Some(why) = choice.protected.host(&picture.destination) {
        // Whoever listed it meant it: there is nothing here to paste.
        prepared.left_out.push((picture.destination.label(), format!("protected: {why}")));
        prepared.warnings.push("the destination is on the protected list; no call is prepared".to_owned());
        return prepared;
    }
    prepared.items.push(Item { what: picture.destination.label(), why: "isolated, and no new connection seen since".to_owned() });
    prepared.pieces.push(kibana(picture, choice));
    prepared.pieces.extend(by_hand(picture, choice));
    prepared.pieces.push(Piece {
        name: "check",
        title: "Afterwards: nobody new may come".to_owned(),
        text: format!(
            "rdptriage counts --from {} --where {} --by destination.ip --format table",
            time::rfc3339(picture.gathered),
            shell(&destination_filter(picture))
        ),
        undo: None,
        notes: vec!["name where the events come from as before (--profile, --url or files); no line means that nobody came".to_owned()],
    });
    prepared
}

impl super::OpenSession {
    /// In words.
    pub fn words(&self) -> String {
        let user = self.user.as_ref().map_or_else(|| "somebody".to_owned(), |user| user.safe().into_string());
        let from = self.source.map_or_else(String::new, |source| format!(" from {source}"));
        let id = self.session_id.map_or_else(String::new, |id| format!(", session {id}"));
        format!("{user}{from}, open since {}{id}", time::rfc3339(self.since))
    }
}

pub(super) fn looks_like_controller(name: &str) -> bool {
    let label = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let stem = label.trim_end_matches(|last: char| last.is_ascii_digit());
    stem == "dc" || stem.ends_with("-dc") || stem.ends_with("_dc") || stem == "addc" || label.contains("domaincontroller")
}

fn destination_filter(picture: &Picture) -> String {
    let addresses: Vec<String> = picture.destination.addresses.iter().filter(|address| address.identifies_a_host()).map(ToString::to_string).collect();
    match addresses.as_slice() {
        [] => picture.destination.hosts.iter().find_map(|name| host(name.raw())).map_or_else(|| "port:3389".to_owned(), |name| format!("host:{name}")),
        [one] => format!("destination:{one}"),
        several => format!("destination:({})", several.join(" or ")),
    }
}

/// The comment that calls carry.
fn comment(picture: &Picture) -> String {
    let worst = picture.worst.as_ref().map_or_else(String::new, |worst| format!(", {} sources, score {:.0}", worst.count, worst.score.unwrap_or_default()));
    format!("RDP spike {} to {}{worst}", time::rfc3339(picture.range.from), time::rfc3339(picture.range.to))
}

fn kibana(picture: &Picture, choice: &Choice) -> Piece {
    // The id of the agent is in no RDP event: it is looked up, by a name that can be one.
    let lookup = picture.destination.hosts.iter().find_map(|name| host(name.raw())).map_or_else(
        || {
            let address = picture.destination.addresses.iter().find(|address| address.identifies_a_host());
            address.map_or_else(String::new, |address| format!("united.endpoint.host.ip : {}", double(&address.to_string())))
        },
        |name| format!("united.endpoint.host.hostname : {}", double(name.split('.').next().unwrap_or(name))),
    );
    let lookup = url_encoded(&lookup);
    let comment = format!("{}, {}", comment(picture), choice.tag());
    let body = |comment: &str| {
        let body = serde_json::json!({ "endpoint_ids": ["AGENT_ID"], "comment": comment });
        serde_json::to_string_pretty(&body).unwrap_or_default()
    };
    let call = |action: &str, comment: &str| format!("POST kbn:/api/endpoint/action/{action}\n{}\n", body(comment));
    Piece {
        name: "kibana",
        title: "Elastic Defend, through Kibana".to_owned(),
        text: format!(
            "# 1. which agent: put data[0].metadata.agent.id in the place of AGENT_ID\nGET kbn:/api/endpoint/metadata?kuery={lookup}\n\n# 2. isolate\n{}",
            call("isolate", &comment)
        ),
        undo: Some(call("unisolate", &format!("released, {}", choice.tag()))),
        notes: vec![
            "for the console in Kibana; with curl, leave out kbn: and add the header kbn-xsrf: true".to_owned(),
            "isolating needs the endpoint privilege for it; the read-only key of this program cannot do it".to_owned(),
        ],
    }
}

/// What stands behind `kuery=` in an address.
fn url_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn by_hand(picture: &Picture, choice: &Choice) -> Vec<Piece> {
    let tag = powershell(&format!("{}-isolation", choice.tag()));
    let name = picture.destination.hosts.iter().find_map(|name| host(name.raw())).map(powershell);
    let remote = |body: &str| match &name {
        Some(name) => format!("Invoke-Command -ComputerName {name} -ScriptBlock {{\n{body}\n}}\n"),
        None => format!("# on the server itself\n{body}\n"),
    };
    let firewall = Piece {
        name: "firewall",
        title: "By hand: the server's own firewall".to_owned(),
        text: remote(&format!(
            "  New-NetFirewallRule -Name {tag} -DisplayName {tag} -Direction Inbound -Action Block -Profile Any -Protocol TCP -LocalPort 3389\n  \
             New-NetFirewallRule -Name ({tag} + '-udp') -DisplayName {tag} -Direction Inbound -Action Block -Profile Any -Protocol UDP -LocalPort 3389"
        )),
        undo: Some(remote(&format!("  Get-NetFirewallRule -Name ({tag} + '*') | Remove-NetFirewallRule"))),
        notes: vec![
            "this closes RDP alone; sessions that are open stay open until they are logged off".to_owned(),
            "another port than 3389 is named in HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp, PortNumber".to_owned(),
        ],
    };
    let ids: Vec<String> = picture.open.iter().filter_map(|open| open.session_id).map(|id| id.to_string()).collect();
    let server = picture.destination.hosts.iter().find_map(|name| host(name.raw()));
    let sessions = Piece {
        name: "sessions",
        title: "By hand: end the open sessions".to_owned(),
        text: match server {
            Some(server) => {
                let lines: String = ids.iter().map(|id| format!("logoff {id} /server:{server}\n")).collect();
                format!("# look first: session numbers are given out again\nquery session /server:{server}\n{lines}")
            }
            None => {
                let lines: String = ids.iter().map(|id| format!("logoff {id}\n")).collect();
                format!("# look first: session numbers are given out again\nquery session\n{lines}")
            }
        },
        undo: Some("# a session that was ended cannot be brought back; unsaved work in it is lost\n".to_owned()),
        notes: vec!["memory and open files of a session are evidence: collect before ending it".to_owned()],
    };
    let network = Piece {
        name: "network",
        title: "By hand: the switch or the hypervisor".to_owned(),
        text: "# switch: shut the port (show mac address-table, then: interface NAME, shutdown)\n# hypervisor: disconnect the virtual network card, do not power off: memory is evidence\n".to_owned(),
        undo: Some("# switch: interface NAME, no shutdown\n# hypervisor: connect the network card again\n".to_owned()),
        notes: vec!["the agent loses its connection too, and with it every remote collection".to_owned()],
    };
    vec![firewall, sessions, network]
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_call_its_way_back_and_who_is_cut_off() {
        let prepared = prepare(&sample::picture(), &Choice { case: Some("c1".to_owned()), ..Choice::default() });
        assert_eq!(prepared.summary, "10.20.4.17 FILESRV-02: 1 open session would be cut off");
        assert_eq!(prepared.cut_off, ["CORP\\admmig from 10.66.0.12, open since 2026-01-05T12:31:04Z, session 3"]);
        let kibana = prepared.piece("kibana").unwrap();
        assert_eq!(
            kibana.text,
            "# 1. which agent: put data[0].metadata.agent.id in the place of AGENT_ID\n\
             GET kbn:/api/endpoint/metadata?kuery=united.endpoint.host.hostname%20%3A%20%22FILESRV-02%22\n\n\
             # 2. isolate\nPOST kbn:/api/endpoint/action/isolate\n{\n  \"endpoint_ids\": [\n    \"AGENT_ID\"\n  ],\n  \
             \"comment\": \"RDP spike 2026-01-05T12:30:00Z to 2026-01-05T13:00:00Z, 41 sources, score 94, rdptriage-c1\"\n}\n"
        );
        assert!(kibana.undo.as_ref().unwrap().starts_with("POST kbn:/api/endpoint/action/unisolate\n{\n  \"endpoint_ids\": ["));
        assert_eq!(
            prepared.piece("firewall").unwrap().undo.as_deref(),
            Some(
                "Invoke-Command -ComputerName 'FILESRV-02' -ScriptBlock {\n  Get-NetFirewallRule -Name ('rdptriage-c1-isolation' + '*') | Remove-NetFirewallRule\n}\n"
            )
        );
        assert!(prepared.piece("sessions").unwrap().text.ends_with("query session /server:FILESRV-02\nlogoff 3 /server:FILESRV-02\n"));
        assert!(prepared.pieces.iter().filter(|piece| piece.name != "check").all(|piece| piece.undo.is_some()));
    }

    #[test]
    fn a_protected_destination_gets_no_call() {
        let protected = Protected::read("p", "filesrv-02 # holds the payroll").unwrap();
        let prepared = prepare(&sample::picture(), &Choice { protected, ..Choice::default() });
        assert!(prepared.pieces.is_empty());
        assert_eq!(prepared.left_out, [("10.20.4.17".into(), "protected: holds the payroll".to_owned())]);
    }

    #[test]
    fn a_domain_controller_is_warned_of_by_its_name() {
        for (name, is) in [("DC01", true), ("corp-dc2.corp.example", true), ("FILESRV-02", false), ("DCIM01", false), ("abcdc", false)] {
            assert_eq!(looks_like_controller(name), is, "{name}");
        }
    }

    use super::super::Protected;
}
