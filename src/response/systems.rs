//! What was found on each host in scope, and what to collect before it is restored.

use super::{Choice, Item, Picture, Piece, Prepared, caveats, counted};
use crate::domain::{Severity, time};

const TITLE: &str = "Assess and restore systems";

/// What is worth collecting from a host that somebody reached over RDP.
const ARTEFACTS: &[(&str, &str)] = &[
    ("Security.evtx", "C:\\Windows\\System32\\winevt\\Logs\\Security.evtx"),
    ("System.evtx", "C:\\Windows\\System32\\winevt\\Logs\\System.evtx"),
    ("connections", "C:\\Windows\\System32\\winevt\\Logs\\Microsoft-Windows-RemoteDesktopServices-RdpCoreTS%4Operational.evtx"),
    ("authentication", "C:\\Windows\\System32\\winevt\\Logs\\Microsoft-Windows-TerminalServices-RemoteConnectionManager%4Operational.evtx"),
    ("sessions", "C:\\Windows\\System32\\winevt\\Logs\\Microsoft-Windows-TerminalServices-LocalSessionManager%4Operational.evtx"),
    ("outbound RDP", "C:\\Windows\\System32\\winevt\\Logs\\Microsoft-Windows-TerminalServices-RDPClient%4Operational.evtx"),
    ("PowerShell", "C:\\Windows\\System32\\winevt\\Logs\\Microsoft-Windows-PowerShell%4Operational.evtx"),
    ("tasks", "C:\\Windows\\System32\\winevt\\Logs\\Microsoft-Windows-TaskScheduler%4Operational.evtx"),
    (
        "RDP settings",
        "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server (fDenyTSConnections, Shadow; WinStations\\RDP-Tcp: PortNumber, UserAuthentication)",
    ),
    ("where its users went", "HKCU\\Software\\Microsoft\\Terminal Server Client (Default, Servers), of each account"),
    ("what they saw", "%LOCALAPPDATA%\\Microsoft\\Terminal Server Client\\Cache (bitmap cache), of each account"),
    ("what they opened", "%APPDATA%\\Microsoft\\Windows\\Recent\\AutomaticDestinations (jump lists), of each account"),
    ("what ran", "C:\\Windows\\Prefetch, C:\\Windows\\AppCompat\\Programs\\Amcache.hve, SYSTEM hive (ShimCache)"),
    ("memory", "before anything is switched off"),
];

/// Prepares it.
pub(super) fn prepare(picture: &Picture, _choice: &Choice) -> Prepared {
    let findings: usize = picture.hosts.iter().map(|host| host.findings.len()).sum();
    let blind = picture.hosts.iter().filter(|host| !host.is_visible).count();
    let summary =
        format!("{} in scope, {} on them, {blind} without logs of their own here", counted(picture.hosts.len(), "host"), counted(findings, "finding"));
    let mut prepared = Prepared::new("systems", TITLE, summary);
    prepared.warnings = caveats(picture);
    let mut text = String::new();
    for host in &picture.hosts {
        let called = match host.host.name() {
            Some(name) => format!("{} {}", host.host.label().safe(), name.safe()),
            None => host.host.label().safe().into_string(),
        };
        text.push_str(&format!("{called} ({})\n", host.because));
        if !host.is_visible {
            text.push_str("  its own logs are not among the events: nothing found means nothing\n");
        } else if host.findings.is_empty() {
            text.push_str("  nothing found in the events at hand\n");
        }
        for finding in &host.findings {
            text.push_str(&format!(
                "  {:8} {} {} ({})\n",
                finding.severity.name(),
                time::rfc3339(finding.time),
                finding.text,
                counted(usize::try_from(finding.events).unwrap_or(usize::MAX), "event")
            ));
        }
        let worst = host.findings.iter().map(|finding| finding.severity).max();
        let why = match (host.is_visible, worst) {
            (_, Some(severity)) => format!("{}: {}", severity.name(), host.findings.first().map(|finding| finding.text.as_str()).unwrap_or_default()),
            (false, None) => "not visible in this data".to_owned(),
            (true, None) => "nothing found in the events at hand".to_owned(),
        };
        prepared.items.push(Item { what: host.host.label(), why });
    }
    if picture.hosts.iter().any(|host| host.findings.iter().any(|finding| finding.severity == Severity::Critical)) {
        prepared.warnings.push("logs or sessions were tampered with: what is missing from a log is no proof that it did not happen".to_owned());
    }
    prepared.pieces = vec![
        Piece { name: "findings", title: "Found on each host".to_owned(), text, undo: None, notes: Vec::new() },
        Piece {
            name: "collect",
            title: "To collect from each host, before it is restored".to_owned(),
            text: ARTEFACTS.iter().map(|(what, path)| format!("{what}: {path}\n")).collect(),
            undo: None,
            notes: vec![
                "files, services, tasks and registry of a host are in no RDP event: an osquery pack for incident response or a collector sees them".to_owned(),
            ],
        },
    ];
    prepared
}

#[cfg(test)]
mod tests {
    use super::super::sample::picture;
    use super::*;

    #[test]
    fn a_host_without_logs_is_not_called_clean() {
        let prepared = prepare(&picture(), &Choice::default());
        assert_eq!(prepared.summary, "2 hosts in scope, 1 finding on them, 1 without logs of their own here");
        assert_eq!(
            prepared.piece("findings").unwrap().text,
            "10.20.4.17 FILESRV-02 (the destination)\n  critical 2026-01-05T12:50:00Z the Security log was cleared (1 event)\n\
             10.20.1.5 (reached from the destination)\n  its own logs are not among the events: nothing found means nothing\n"
        );
        assert_eq!(
            prepared.items.iter().map(|item| item.why.as_str()).collect::<Vec<_>>(),
            ["critical: the Security log was cleared", "not visible in this data"]
        );
    }
}
