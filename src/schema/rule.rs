//! What kind of event a record is: one table of conditions over logical fields, for records read here and for
//! questions put to a cluster.

use super::Field;
use super::scalar::{INITIATED, RECEIVED};
use crate::domain::Kind;

/// What sort of records a schema holds, and with it which rules can apply.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Windows event logs.
    Windows,
    /// Elastic Defend.
    Defend,
    /// Zeek rdp log.
    ZeekRdp,
    /// Zeek conn log.
    ZeekConn,
    /// Azure flow log.
    AzureFlow,
    /// Any other flow.
    Flow,
    /// A table of logons out of a Security log, with fewer columns than the log.
    Logons,
    /// Our own export: it says itself what each event is.
    Events,
    /// What somebody else detected: never an event, see [`super::detected`].
    Detected,
    /// Known, and never an RDP event.
    Other,
}

/// A Windows log that tells of RDP.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Log {
    /// Security.
    Security,
    /// Sysmon.
    Sysmon,
    /// `RdpCoreTS`.
    CoreTs,
    /// `RemoteConnectionManager`.
    Manager,
    /// `LocalSessionManager`.
    SessionManager,
    /// `RDPClient`, on the host that connects.
    Client,
    /// System, where the event log service writes.
    System,
}

impl Log {
    /// Every log.
    pub const ALL: [Self; 7] = [Self::Security, Self::Sysmon, Self::CoreTs, Self::Manager, Self::SessionManager, Self::Client, Self::System];

    /// Its channel.
    pub const fn channel(self) -> &'static str {
        match self {
            Self::Security => "Security",
            Self::Sysmon => "Microsoft-Windows-Sysmon/Operational",
            Self::CoreTs => "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational",
            Self::Manager => "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational",
            Self::SessionManager => "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
            Self::Client => "Microsoft-Windows-TerminalServices-RDPClient/Operational",
            Self::System => "System",
        }
    }

    /// Its provider.
    pub const fn provider(self) -> &'static str {
        match self {
            Self::Security => "Microsoft-Windows-Security-Auditing",
            Self::Sysmon => "Microsoft-Windows-Sysmon",
            Self::CoreTs => "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS",
            Self::Manager => "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
            Self::SessionManager => "Microsoft-Windows-TerminalServices-LocalSessionManager",
            Self::Client => "Microsoft-Windows-TerminalServices-ClientActiveXCore",
            Self::System => EVENT_LOG,
        }
    }

    /// Patterns, in any case, that what [`Log::named`] knows as this log fits, for questions put to a cluster.
    pub const fn patterns(self) -> &'static [&'static str] {
        match self {
            Self::Security => &["*security", "microsoft-windows-security-auditing"],
            Self::Sysmon => &["*sysmon*"],
            Self::CoreTs => &["*rdpcorets*"],
            Self::Manager => &["*remoteconnectionmanager*"],
            Self::SessionManager => &["*localsessionmanager*"],
            Self::Client => &["*rdpclient*", "microsoft-windows-terminalservices-clientactivexcore"],
            Self::System => &["system", "microsoft-windows-eventlog"],
        }
    }

    /// The log that a channel, a provider or a data set names, whatever its case.
    pub fn named(text: &str) -> Option<Self> {
        if let Some(log) = Self::ALL.into_iter().find(|log| log.channel().eq_ignore_ascii_case(text) || log.provider().eq_ignore_ascii_case(text)) {
            return Some(log);
        }
        let text = text.to_ascii_lowercase();
        let words = [
            ("sysmon", Self::Sysmon),
            ("rdpcorets", Self::CoreTs),
            ("remoteconnectionmanager", Self::Manager),
            ("localsessionmanager", Self::SessionManager),
            ("rdpclient", Self::Client),
        ];
        words.into_iter().find(|(word, _)| text.contains(word)).map(|(_, log)| log).or_else(|| text.ends_with("security").then_some(Self::Security))
    }
}

/// The provider that says a log was cleared, in whichever log it says so.
const EVENT_LOG: &str = "Microsoft-Windows-Eventlog";

/// What is asked of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Test {
    /// One of these words, whatever their case.
    Is(&'static [&'static str]),
    /// One of these words, or no value.
    IsOrAbsent(&'static [&'static str]),
    /// One of the RDP ports.
    RdpPort,
    /// A usable address.
    Address,
    /// Any value.
    Present,
    /// No value.
    Absent,
}

/// One way to be an event of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The kind.
    pub kind: Kind,
    /// Which records it is about.
    pub class: Class,
    /// For Windows records, the log.
    pub log: Option<Log>,
    /// For Windows records, the event id.
    pub code: Option<u32>,
    /// Conditions, all of which must hold.
    pub tests: &'static [(Field, Test)],
    /// Whether the record has the ends the wrong way round: older Sysmon and the filtering platform write the local end as the source.
    pub swapped: bool,
    /// Fields of the user and of its domain; the first pair with a user counts.
    pub users: &'static [(Field, Field)],
    /// Whether it holds for files only: in a cluster it would claim every document without a port.
    pub files_only: bool,
}

impl Rule {
    const fn new(class: Class, kind: Kind, tests: &'static [(Field, Test)]) -> Self {
        Self { kind, class, log: None, code: None, tests, swapped: false, users: ORDINARY, files_only: false }
    }

    /// The rule of a record that says its kind itself; its ends are the right way round already.
    pub(super) const fn named(kind: Kind) -> Self {
        Self::new(Class::Events, kind, &[])
    }

    /// Whether an event is made alike by both.
    pub(super) fn means_the_same(&self, other: &Self) -> bool {
        (self.kind, self.class, self.swapped, self.users) == (other.kind, other.class, other.swapped, other.users)
    }

    const fn windows(kind: Kind, log: Log, code: u32, tests: &'static [(Field, Test)]) -> Self {
        Self { log: Some(log), code: Some(code), ..Self::new(Class::Windows, kind, tests) }
    }

    const fn swapped(self) -> Self {
        Self { swapped: true, ..self }
    }

    const fn users(self, users: &'static [(Field, Field)]) -> Self {
        Self { users, ..self }
    }

    const fn files_only(self) -> Self {
        Self { files_only: true, ..self }
    }
}

const NOBODY: &[(Field, Field)] = &[];
const ORDINARY: &[(Field, Field)] = &[(Field::User, Field::UserDomain)];
const TARGET: &[(Field, Field)] = &[(Field::TargetUser, Field::TargetDomain), (Field::User, Field::UserDomain)];
const ACCOUNT: &[(Field, Field)] = &[(Field::Account, Field::AccountDomain), (Field::User, Field::UserDomain)];
const SUBJECT: &[(Field, Field)] = &[(Field::SubjectUser, Field::SubjectDomain), (Field::User, Field::UserDomain)];
const TARGET_OR_SUBJECT: &[(Field, Field)] =
    &[(Field::TargetUser, Field::TargetDomain), (Field::SubjectUser, Field::SubjectDomain), (Field::User, Field::UserDomain)];
const NLA: &[(Field, Field)] = &[(Field::NlaUser, Field::NlaDomain)];
const COOKIE: &[(Field, Field)] = &[(Field::Cookie, Field::UserDomain)];

const OUT: (Field, Test) = (Field::Initiated, Test::Is(INITIATED));
const IN: (Field, Test) = (Field::Initiated, Test::Is(RECEIVED));
const TO_RDP: (Field, Test) = (Field::DestinationPort, Test::RdpPort);
const FROM_RDP: (Field, Test) = (Field::SourcePort, Test::RdpPort);
const REMOTE: (Field, Test) = (Field::LogonType, Test::Is(&["10", "RemoteInteractive"]));
const CACHED: (Field, Test) = (Field::LogonType, Test::Is(&["12", "CachedRemoteInteractive"]));
const UNLOCK: (Field, Test) = (Field::LogonType, Test::Is(&["7", "Unlock"]));
const OVER_NETWORK: (Field, Test) = (Field::LogonType, Test::Is(&["3", "Network"]));
const NO_TYPE: (Field, Test) = (Field::LogonType, Test::Absent);
const REMOTE_IF_SAID: (Field, Test) = (Field::LogonType, Test::IsOrAbsent(&["10", "12", "RemoteInteractive", "CachedRemoteInteractive"]));
/// The type-3 logons of file shares end by the thousand and tell nothing of a session.
const INTERACTIVE_IF_SAID: (Field, Test) = (Field::LogonType, Test::IsOrAbsent(&["10", "12", "7", "RemoteInteractive", "CachedRemoteInteractive", "Unlock"]));
const NO_CODE: (Field, Test) = (Field::Code, Test::Absent);
const FAILURE: (Field, Test) =
    (Field::Outcome, Test::Is(&["failure", "failed", "fail", "audit failure", "audit_failure", "denied", "refused", "logon-failed", "false", "0"]));
const SUCCESS: (Field, Test) = (Field::Outcome, Test::Is(&["success", "succeeded", "successful", "audit success", "audit_success", "logged-in", "true", "1"]));

/// Every rule. Among the rules of one class, log and code the first that holds decides.
pub const RULES: &[Rule] = &[
    Rule::windows(Kind::SysmonOut, Log::Sysmon, 3, &[OUT, TO_RDP]),
    Rule::windows(Kind::SysmonIn, Log::Sysmon, 3, &[IN, TO_RDP]),
    Rule::windows(Kind::SysmonInReversed, Log::Sysmon, 3, &[IN, FROM_RDP]).swapped(),
    Rule::windows(Kind::Process, Log::Sysmon, 1, &[]),
    Rule::windows(Kind::FilterOut, Log::Security, 5156, &[OUT, TO_RDP]).users(NOBODY),
    Rule::windows(Kind::FilterIn, Log::Security, 5156, &[IN, TO_RDP]).users(NOBODY),
    Rule::windows(Kind::FilterInReversed, Log::Security, 5156, &[IN, FROM_RDP]).swapped().users(NOBODY),
    Rule::windows(Kind::LogonRemote, Log::Security, 4624, &[REMOTE]).users(TARGET),
    Rule::windows(Kind::LogonCached, Log::Security, 4624, &[CACHED]).users(TARGET),
    // An unlock at the console has no address; with one it is a reconnect over RDP.
    Rule::windows(Kind::LogonUnlock, Log::Security, 4624, &[UNLOCK, (Field::Source, Test::Address)]).users(TARGET),
    Rule::windows(Kind::LogonEnded, Log::Security, 4634, &[INTERACTIVE_IF_SAID]).users(TARGET),
    Rule::windows(Kind::LoggedOff, Log::Security, 4647, &[]).users(TARGET),
    Rule::windows(Kind::LogonFailed, Log::Security, 4625, &[REMOTE]).users(TARGET),
    Rule::windows(Kind::LogonFailedNetwork, Log::Security, 4625, &[OVER_NETWORK]).users(TARGET),
    Rule::windows(Kind::ExplicitCredentials, Log::Security, 4648, &[]).users(SUBJECT),
    Rule::windows(Kind::Privileges, Log::Security, 4672, &[]).users(SUBJECT),
    Rule::windows(Kind::WindowReconnected, Log::Security, 4778, &[]).users(ACCOUNT),
    Rule::windows(Kind::WindowDisconnected, Log::Security, 4779, &[]).users(ACCOUNT),
    Rule::windows(Kind::Denied, Log::Security, 4825, &[]).users(ACCOUNT),
    Rule::windows(Kind::ProcessAudited, Log::Security, 4688, &[]).users(TARGET_OR_SUBJECT),
    Rule::windows(Kind::AuditCleared, Log::Security, 1102, &[]).users(SUBJECT),
    // Other services write a 104 into the System log too.
    Rule::windows(Kind::LogCleared, Log::System, 104, &[(Field::Provider, Test::IsOrAbsent(&[EVENT_LOG, "Eventlog"]))]).users(SUBJECT),
    Rule::windows(Kind::ClientNamed, Log::Client, 1024, &[]),
    Rule::windows(Kind::ClientReached, Log::Client, 1102, &[]),
    Rule::windows(Kind::CoreAccepted, Log::CoreTs, 131, &[]).users(NOBODY),
    Rule::windows(Kind::CoreFailed, Log::CoreTs, 140, &[]).users(NOBODY),
    Rule::windows(Kind::CoreNamed, Log::CoreTs, 65, &[]).users(NOBODY),
    Rule::windows(Kind::CoreBound, Log::CoreTs, 66, &[]).users(NOBODY),
    Rule::windows(Kind::CoreZone, Log::CoreTs, 104, &[]).users(NOBODY),
    Rule::windows(Kind::CoreEnded, Log::CoreTs, 102, &[]).users(NOBODY),
    Rule::windows(Kind::CoreDisconnected, Log::CoreTs, 103, &[]).users(NOBODY),
    Rule::windows(Kind::ManagerAuthenticated, Log::Manager, 1149, &[]).users(NLA),
    Rule::windows(Kind::ShadowViewed, Log::Manager, 20503, &[]).users(NLA),
    Rule::windows(Kind::ShadowViewEnded, Log::Manager, 20504, &[]).users(NLA),
    Rule::windows(Kind::ShadowControlled, Log::Manager, 20506, &[]).users(NLA),
    Rule::windows(Kind::ShadowControlEnded, Log::Manager, 20507, &[]).users(NLA),
    Rule::windows(Kind::SessionLogon, Log::SessionManager, 21, &[]),
    Rule::windows(Kind::SessionShell, Log::SessionManager, 22, &[]),
    Rule::windows(Kind::SessionLogoff, Log::SessionManager, 23, &[]),
    Rule::windows(Kind::SessionDisconnected, Log::SessionManager, 24, &[]),
    Rule::windows(Kind::SessionReconnected, Log::SessionManager, 25, &[]),
    Rule::windows(Kind::SessionReplaced, Log::SessionManager, 39, &[]),
    Rule::windows(Kind::SessionReason, Log::SessionManager, 40, &[]),
    Rule::new(Class::Defend, Kind::DefendAccepted, &[(Field::Action, Test::Is(&["connection_accepted", "udp_flow_inbound"])), TO_RDP]),
    Rule::new(Class::Defend, Kind::DefendAttempted, &[(Field::Action, Test::Is(&["connection_attempted", "udp_flow_outbound"])), TO_RDP]),
    Rule::new(Class::Defend, Kind::DefendEnd, &[(Field::Action, Test::Is(&["disconnect_received", "udp_flow_ended"])), TO_RDP]),
    Rule::new(Class::Defend, Kind::DefendLogonFailed, &[(Field::Action, Test::Is(&["log_on"])), REMOTE, (Field::Outcome, Test::Is(&["failure"]))])
        .users(TARGET),
    Rule::new(Class::Defend, Kind::DefendLogon, &[(Field::Action, Test::Is(&["log_on"])), REMOTE]).users(TARGET),
    Rule::new(Class::Defend, Kind::DefendEnd, &[(Field::Action, Test::Is(&["log_off"])), REMOTE]).users(TARGET),
    // Defend adds the session only to processes; whatever the action, the first record of a session proves it.
    Rule::new(Class::Defend, Kind::DefendProcess, &[(Field::Dataset, Test::Is(&["endpoint.events.process", "process"])), REMOTE]),
    Rule::new(Class::ZeekRdp, Kind::ZeekRdp, &[]).users(COOKIE),
    Rule::new(Class::ZeekConn, Kind::ZeekConn, &[TO_RDP, (Field::Transport, Test::Is(&["tcp", "6"]))]).users(NOBODY),
    Rule::new(Class::ZeekConn, Kind::ZeekConnUdp, &[TO_RDP, (Field::Transport, Test::Is(&["udp", "17"]))]).users(NOBODY),
    Rule::new(Class::AzureFlow, Kind::AzureFlow, &[TO_RDP]).users(NOBODY),
    Rule::new(Class::Flow, Kind::Flow, &[TO_RDP, (Field::Source, Test::Present)]),
    // A plain list of who reached what. A record that names a protocol or a data set would have named the port if there were one.
    Rule::new(
        Class::Flow,
        Kind::Flow,
        &[
            (Field::DestinationPort, Test::Absent),
            (Field::Source, Test::Address),
            (Field::Destination, Test::Address),
            (Field::Transport, Test::IsOrAbsent(&["rdp", "ms-wbt-server"])),
            (Field::Dataset, Test::Absent),
            (Field::Code, Test::Absent),
        ],
    )
    .files_only(),
    Rule::new(Class::Logons, Kind::LogonFailedExport, &[(Field::Code, Test::Is(&["4625"])), NO_TYPE]).users(TARGET),
    Rule::new(Class::Logons, Kind::LogonExport, &[(Field::Code, Test::Is(&["4624"])), NO_TYPE]).users(TARGET),
    Rule::new(Class::Logons, Kind::LogonFailedExport, &[NO_CODE, REMOTE_IF_SAID, FAILURE]).users(TARGET),
    Rule::new(Class::Logons, Kind::LogonExport, &[NO_CODE, REMOTE_IF_SAID, SUCCESS]).users(TARGET),
    // Nobody looks up the country of his own users: the tables that have one are of refused strangers.
    Rule::new(Class::Logons, Kind::LogonFailedExport, &[NO_CODE, REMOTE_IF_SAID, (Field::Outcome, Test::Absent), (Field::Place, Test::Present)]).users(TARGET),
    Rule::new(Class::Logons, Kind::LogonExport, &[NO_CODE, REMOTE_IF_SAID, (Field::Outcome, Test::Absent)]).users(TARGET),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_rule_and_windows_rules_say_log_and_code() {
        for kind in Kind::ALL {
            assert!(RULES.iter().any(|rule| rule.kind == *kind), "{}", kind.name());
        }
        for rule in RULES {
            assert_eq!(rule.class == Class::Windows, rule.log.is_some() && rule.code.is_some(), "{rule:?}");
        }
    }

    #[test]
    fn logs_are_known_by_channel_provider_and_data_set() {
        assert_eq!(Log::named("security"), Some(Log::Security));
        assert_eq!(Log::named("system.security"), Some(Log::Security));
        assert_eq!(Log::named("windows.sysmon_operational"), Some(Log::Sysmon));
        assert_eq!(Log::named("microsoft-windows-sysmon/operational"), Some(Log::Sysmon));
        assert_eq!(Log::named("Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational"), Some(Log::CoreTs));
        assert_eq!(Log::named("Microsoft-Windows-TerminalServices-LocalSessionManager"), Some(Log::SessionManager));
        assert_eq!(Log::named("Application"), None);
    }
}
