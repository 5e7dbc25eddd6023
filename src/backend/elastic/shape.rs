//! The layouts in which clusters keep RDP events: which fields prove a kind, and where its values stand.

use crate::domain::Kind;

/// Spellings of one fact, in the order in which they are tried: the first that a document has decides.
pub(super) type Paths = &'static [&'static str];

/// A condition on a document.
#[derive(Clone, Copy, Debug)]
pub(super) enum Test {
    /// The value is one of these.
    Is(Paths, &'static [&'static str]),
    /// The value is one of these, or the document has none.
    IsIfAny(Paths, &'static [&'static str]),
    /// The value is none of these; a document without it passes.
    IsNot(Paths, &'static [&'static str]),
    /// The value is an RDP port.
    Port(Paths),
    /// The value is no RDP port; a document without it passes.
    NoPort(Paths),
    /// The document has one of these fields.
    Present(Paths),
    /// The document has none of these fields.
    Without(Paths),
    /// The document has one of these fields, and it holds an address.
    Address(Paths),
}

/// Where a user stands: the field of the domain, if there is one, and that of the name.
pub(super) type UserPaths = &'static [(Option<&'static str>, &'static str)];

/// One layout of one log.
#[derive(Debug)]
pub(super) struct Shape {
    /// Name of the schema.
    pub(super) schema: &'static str,
    /// What all its kinds have in common.
    pub(super) tests: &'static [Test],
    /// Its kinds, each with what proves it.
    pub(super) kinds: &'static [(Kind, &'static [Test])],
    /// The address that connected.
    pub(super) source: Paths,
    /// The address reached.
    pub(super) destination: Paths,
    /// The host that reported.
    pub(super) host: Paths,
    /// The user.
    pub(super) user: UserPaths,
    /// The program.
    pub(super) process: Paths,
    /// Why a logon was refused: status and sub-status, joined.
    pub(super) reason: Paths,
    /// What tells one event from another where each is written several times: a flow is, until it ends.
    pub(super) identity: Paths,
}

/// The time of every layout.
pub(super) const TIME: &str = "@timestamp";

/// Whether an event of this kind writes its local end as the source.
pub(super) const fn is_swapped(kind: Kind) -> bool {
    matches!(kind, Kind::SysmonInReversed | Kind::FilterInReversed)
}

const CODE: Paths = &["winlog.event_id", "event.code", "event_id"];
const LOG: Paths =
    &["winlog.channel", "winlog.provider_name", "event.provider", "log_name", "source_name", "data_stream.dataset", "event.dataset", "event.module"];
const HOST: Paths = &["winlog.computer_name", "computer_name", "host.name", "host.hostname"];
const LOGON_TYPE: Paths = &["winlog.event_data.LogonType", "winlog.logon.type", "event_data.LogonType"];
const DATASET: Paths = &["data_stream.dataset", "event.dataset"];
const DEFEND: Paths = &["data_stream.dataset", "event.dataset", "event.module"];

/// The logs of Windows as Elastic's shippers write them, winlogbeat 6 (without `winlog.`) among them.
const SHIPPED: Paths = &["winlog.event_id", "event.code", "computer_name"];
const SECURITY: Test = Test::IsIfAny(LOG, &["Security", "security", "Microsoft-Windows-Security-Auditing", "system.security"]);
const SYSMON: Test = Test::Is(LOG, &["Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", "windows.sysmon_operational", "sysmon"]);
const INITIATED: Test = Test::Is(&["winlog.event_data.Initiated", "network.direction", "event_data.Initiated"], &["true", "egress", "outbound"]);
const NOT_INITIATED: Test = Test::Is(&["winlog.event_data.Initiated", "network.direction", "event_data.Initiated"], &["false", "ingress", "inbound"]);
const SYSMON_DESTINATION_PORT: Paths = &["destination.port", "winlog.event_data.DestinationPort", "event_data.DestinationPort"];
const SYSMON_SOURCE_PORT: Paths = &["source.port", "winlog.event_data.SourcePort", "event_data.SourcePort"];
const FILTER_DESTINATION_PORT: Paths = &["destination.port", "winlog.event_data.DestPort", "event_data.DestPort"];
const FILTER_SOURCE_PORT: Paths = &["source.port", "winlog.event_data.SourcePort", "event_data.SourcePort"];
const FILTER_OUT: Test = Test::Is(&["winlog.event_data.Direction", "network.direction", "event_data.Direction"], &["%%14593", "egress", "outbound"]);
const FILTER_IN: Test = Test::Is(&["winlog.event_data.Direction", "network.direction", "event_data.Direction"], &["%%14592", "ingress", "inbound"]);
const LOGON_SOURCE: Paths = &["source.ip", "winlog.event_data.IpAddress", "event_data.IpAddress"];

const EMPTY: Shape =
    Shape { schema: "", tests: &[], kinds: &[], source: &[], destination: &[], host: HOST, user: &[], process: &[], reason: &[], identity: &[] };

/// Security alerts repeat the fields of the event that raised them; they are no events.
pub(super) static NO_ALERT: Test = Test::Without(&["kibana.alert.uuid", "kibana.alert.rule.rule_id", "signal.rule.id"]);

/// Every layout. No document fits two of them.
pub(super) static SHAPES: &[Shape] = &[
    Shape {
        schema: "windows security logon",
        tests: &[Test::Present(SHIPPED), SECURITY],
        kinds: &[
            (Kind::LogonRemote, &[Test::Is(CODE, &["4624"]), Test::Is(LOGON_TYPE, &["10", "RemoteInteractive"])]),
            (Kind::LogonCached, &[Test::Is(CODE, &["4624"]), Test::Is(LOGON_TYPE, &["12", "CachedRemoteInteractive"])]),
            (Kind::LogonUnlock, &[Test::Is(CODE, &["4624"]), Test::Is(LOGON_TYPE, &["7", "Unlock"]), Test::Address(LOGON_SOURCE)]),
            (Kind::LogonFailed, &[Test::Is(CODE, &["4625"]), Test::Is(LOGON_TYPE, &["10", "RemoteInteractive"])]),
            (Kind::LogonFailedNetwork, &[Test::Is(CODE, &["4625"]), Test::Is(LOGON_TYPE, &["3", "Network"])]),
            (
                Kind::LogonEnded,
                &[Test::Is(CODE, &["4634"]), Test::IsIfAny(LOGON_TYPE, &["10", "12", "7", "RemoteInteractive", "CachedRemoteInteractive", "Unlock"])],
            ),
            (Kind::LoggedOff, &[Test::Is(CODE, &["4647"])]),
        ],
        source: LOGON_SOURCE,
        destination: &["destination.ip"],
        user: &[
            (Some("winlog.event_data.TargetDomainName"), "winlog.event_data.TargetUserName"),
            (Some("event_data.TargetDomainName"), "event_data.TargetUserName"),
            (Some("user.domain"), "user.name"),
        ],
        process: &["process.executable", "winlog.event_data.ProcessName", "event_data.ProcessName"],
        reason: &["winlog.event_data.Status", "winlog.event_data.SubStatus", "event_data.Status", "event_data.SubStatus"],
        ..EMPTY
    },
    Shape {
        schema: "windows security session",
        tests: &[Test::Present(SHIPPED), SECURITY],
        kinds: &[
            (Kind::WindowReconnected, &[Test::Is(CODE, &["4778"])]),
            (Kind::WindowDisconnected, &[Test::Is(CODE, &["4779"])]),
            (Kind::Denied, &[Test::Is(CODE, &["4825"])]),
        ],
        source: &["source.ip", "winlog.event_data.ClientAddress", "event_data.ClientAddress"],
        user: &[
            (Some("winlog.event_data.AccountDomain"), "winlog.event_data.AccountName"),
            (Some("event_data.AccountDomain"), "event_data.AccountName"),
            (Some("user.domain"), "user.name"),
        ],
        ..EMPTY
    },
    Shape {
        schema: "windows security context",
        tests: &[Test::Present(SHIPPED), SECURITY],
        kinds: &[
            (Kind::ExplicitCredentials, &[Test::Is(CODE, &["4648"])]),
            (Kind::Privileges, &[Test::Is(CODE, &["4672"])]),
            (Kind::AuditCleared, &[Test::Is(CODE, &["1102"])]),
        ],
        source: LOGON_SOURCE,
        user: &[
            (Some("winlog.event_data.SubjectDomainName"), "winlog.event_data.SubjectUserName"),
            (Some("event_data.SubjectDomainName"), "event_data.SubjectUserName"),
            (Some("winlog.user_data.SubjectDomainName"), "winlog.user_data.SubjectUserName"),
            (Some("user.domain"), "user.name"),
        ],
        process: &["process.executable", "winlog.event_data.ProcessName", "event_data.ProcessName"],
        ..EMPTY
    },
    Shape {
        schema: "windows security process",
        tests: &[Test::Present(SHIPPED), SECURITY],
        kinds: &[(Kind::ProcessAudited, &[Test::Is(CODE, &["4688"])])],
        user: &[
            (Some("winlog.event_data.TargetDomainName"), "winlog.event_data.TargetUserName"),
            (Some("event_data.TargetDomainName"), "event_data.TargetUserName"),
            (Some("winlog.event_data.SubjectDomainName"), "winlog.event_data.SubjectUserName"),
            (Some("event_data.SubjectDomainName"), "event_data.SubjectUserName"),
            (Some("user.domain"), "user.name"),
        ],
        process: &["process.executable", "winlog.event_data.NewProcessName", "event_data.NewProcessName"],
        ..EMPTY
    },
    Shape {
        schema: "windows log cleared",
        tests: &[
            Test::Present(SHIPPED),
            Test::Is(&["winlog.channel", "log_name"], &["System"]),
            Test::IsIfAny(&["winlog.provider_name", "event.provider", "source_name"], &["Microsoft-Windows-Eventlog", "Eventlog"]),
        ],
        kinds: &[(Kind::LogCleared, &[Test::Is(CODE, &["104"])])],
        user: &[(Some("winlog.user_data.SubjectDomainName"), "winlog.user_data.SubjectUserName"), (Some("user.domain"), "user.name")],
        ..EMPTY
    },
    Shape {
        schema: "rdp client",
        tests: &[
            Test::Present(SHIPPED),
            Test::Is(LOG, &["Microsoft-Windows-TerminalServices-RDPClient/Operational", "Microsoft-Windows-TerminalServices-ClientActiveXCore"]),
        ],
        kinds: &[(Kind::ClientNamed, &[Test::Is(CODE, &["1024"])]), (Kind::ClientReached, &[Test::Is(CODE, &["1102"])])],
        user: &[(Some("user.domain"), "user.name")],
        ..EMPTY
    },
    Shape {
        schema: "windows filtering platform",
        tests: &[Test::Present(SHIPPED), SECURITY, Test::Is(CODE, &["5156"])],
        kinds: &[
            (Kind::FilterOut, &[FILTER_OUT, Test::Port(FILTER_DESTINATION_PORT)]),
            (Kind::FilterIn, &[FILTER_IN, Test::Port(FILTER_DESTINATION_PORT)]),
            (Kind::FilterInReversed, &[FILTER_IN, Test::NoPort(FILTER_DESTINATION_PORT), Test::Port(FILTER_SOURCE_PORT)]),
        ],
        source: &["source.ip", "winlog.event_data.SourceAddress", "event_data.SourceAddress"],
        destination: &["destination.ip", "winlog.event_data.DestAddress", "event_data.DestAddress"],
        process: &["process.executable", "winlog.event_data.Application", "event_data.Application"],
        ..EMPTY
    },
    Shape {
        schema: "sysmon",
        tests: &[Test::Present(SHIPPED), SYSMON, Test::Is(CODE, &["3"])],
        kinds: &[
            (Kind::SysmonOut, &[INITIATED, Test::Port(SYSMON_DESTINATION_PORT)]),
            (Kind::SysmonIn, &[NOT_INITIATED, Test::Port(SYSMON_DESTINATION_PORT)]),
            (Kind::SysmonInReversed, &[NOT_INITIATED, Test::NoPort(SYSMON_DESTINATION_PORT), Test::Port(SYSMON_SOURCE_PORT)]),
        ],
        source: &["source.ip", "winlog.event_data.SourceIp", "event_data.SourceIp"],
        destination: &["destination.ip", "winlog.event_data.DestinationIp", "event_data.DestinationIp"],
        user: &[(None, "winlog.event_data.User"), (None, "event_data.User"), (Some("user.domain"), "user.name")],
        process: &["process.executable", "winlog.event_data.Image", "event_data.Image"],
        ..EMPTY
    },
    Shape {
        schema: "sysmon process",
        tests: &[Test::Present(SHIPPED), SYSMON],
        kinds: &[(Kind::Process, &[Test::Is(CODE, &["1"])])],
        user: &[(None, "winlog.event_data.User"), (None, "event_data.User"), (Some("user.domain"), "user.name")],
        process: &["process.executable", "winlog.event_data.Image", "event_data.Image"],
        ..EMPTY
    },
    Shape {
        schema: "remote connection manager",
        tests: &[
            Test::Present(SHIPPED),
            Test::IsIfAny(
                LOG,
                &["Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational", "Microsoft-Windows-TerminalServices-RemoteConnectionManager"],
            ),
        ],
        kinds: &[
            (Kind::ManagerAuthenticated, &[Test::Is(CODE, &["1149"])]),
            (Kind::ShadowViewed, &[Test::Is(CODE, &["20503"])]),
            (Kind::ShadowViewEnded, &[Test::Is(CODE, &["20504"])]),
            (Kind::ShadowControlled, &[Test::Is(CODE, &["20506"])]),
            (Kind::ShadowControlEnded, &[Test::Is(CODE, &["20507"])]),
        ],
        source: &["source.ip", "winlog.user_data.Param3", "winlog.event_data.Param3", "user_data.Param3", "event_data.Param3"],
        user: &[
            (Some("winlog.user_data.Param2"), "winlog.user_data.Param1"),
            (Some("winlog.event_data.Param2"), "winlog.event_data.Param1"),
            (Some("user_data.Param2"), "user_data.Param1"),
            (Some("event_data.Param2"), "event_data.Param1"),
        ],
        ..EMPTY
    },
    Shape {
        schema: "local session manager",
        tests: &[
            Test::Present(SHIPPED),
            Test::Is(LOG, &["Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", "Microsoft-Windows-TerminalServices-LocalSessionManager"]),
        ],
        kinds: &[
            (Kind::SessionLogon, &[Test::Is(CODE, &["21"])]),
            (Kind::SessionShell, &[Test::Is(CODE, &["22"])]),
            (Kind::SessionLogoff, &[Test::Is(CODE, &["23"])]),
            (Kind::SessionDisconnected, &[Test::Is(CODE, &["24"])]),
            (Kind::SessionReconnected, &[Test::Is(CODE, &["25"])]),
            (Kind::SessionReplaced, &[Test::Is(CODE, &["39"])]),
            (Kind::SessionReason, &[Test::Is(CODE, &["40"])]),
        ],
        source: &["source.ip", "winlog.user_data.Address", "winlog.event_data.Address", "user_data.Address", "event_data.Address"],
        user: &[(None, "winlog.user_data.User"), (None, "user_data.User"), (Some("user.domain"), "user.name")],
        ..EMPTY
    },
    Shape {
        schema: "rdp core",
        tests: &[
            Test::Present(SHIPPED),
            Test::Is(LOG, &["Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational", "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS"]),
        ],
        kinds: &[
            (Kind::CoreAccepted, &[Test::Is(CODE, &["131"])]),
            (Kind::CoreFailed, &[Test::Is(CODE, &["140"])]),
            (Kind::CoreNamed, &[Test::Is(CODE, &["65"])]),
            (Kind::CoreBound, &[Test::Is(CODE, &["66"])]),
            (Kind::CoreZone, &[Test::Is(CODE, &["104"])]),
            (Kind::CoreEnded, &[Test::Is(CODE, &["102"])]),
            (Kind::CoreDisconnected, &[Test::Is(CODE, &["103"])]),
        ],
        source: &["source.ip", "winlog.event_data.ClientIP", "winlog.event_data.IPString", "event_data.ClientIP", "event_data.IPString"],
        ..EMPTY
    },
    Shape {
        schema: "helk sysmon",
        tests: &[
            Test::Is(&["event_id"], &["3"]),
            Test::Without(SHIPPED),
            Test::Is(HELK_LOG, &["Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon"]),
        ],
        kinds: &[
            (Kind::SysmonOut, &[HELK_INITIATED, Test::Port(&["dst_port"])]),
            (Kind::SysmonIn, &[HELK_NOT_INITIATED, Test::Port(&["dst_port"])]),
            (Kind::SysmonInReversed, &[HELK_NOT_INITIATED, Test::NoPort(&["dst_port"]), Test::Port(&["src_port"])]),
        ],
        source: HELK_SOURCE,
        destination: HELK_DESTINATION,
        host: HELK_HOST,
        user: &[(Some("user_domain"), "user_account"), (Some("user_domain"), "user_name")],
        process: &["process_path", "process_name"],
        ..EMPTY
    },
    Shape {
        schema: "helk security",
        tests: &[Test::Without(SHIPPED), Test::IsIfAny(HELK_LOG, &["Security", "security", "Microsoft-Windows-Security-Auditing"])],
        kinds: &[
            (Kind::LogonRemote, &[Test::Is(&["event_id"], &["4624"]), Test::Is(&["logon_type"], &["10"])]),
            (Kind::LogonCached, &[Test::Is(&["event_id"], &["4624"]), Test::Is(&["logon_type"], &["12"])]),
            (Kind::LogonUnlock, &[Test::Is(&["event_id"], &["4624"]), Test::Is(&["logon_type"], &["7"]), Test::Address(HELK_SOURCE)]),
            (Kind::LogonFailed, &[Test::Is(&["event_id"], &["4625"]), Test::Is(&["logon_type"], &["10"])]),
            (Kind::LogonFailedNetwork, &[Test::Is(&["event_id"], &["4625"]), Test::Is(&["logon_type"], &["3"])]),
            (Kind::WindowReconnected, &[Test::Is(&["event_id"], &["4778"])]),
            (Kind::WindowDisconnected, &[Test::Is(&["event_id"], &["4779"])]),
            (Kind::Denied, &[Test::Is(&["event_id"], &["4825"])]),
        ],
        source: HELK_SOURCE,
        host: HELK_HOST,
        user: &[(Some("target_user_domain"), "target_user_name"), (Some("user_domain"), "user_name")],
        reason: &["event_status", "event_sub_status"],
        ..EMPTY
    },
    Shape {
        schema: "helk rdp logs",
        tests: &[Test::Without(SHIPPED)],
        kinds: &[
            (Kind::ManagerAuthenticated, &[Test::Is(&["event_id"], &["1149"])]),
            (Kind::CoreAccepted, &[HELK_CORE, Test::Is(&["event_id"], &["131"])]),
            (Kind::CoreFailed, &[HELK_CORE, Test::Is(&["event_id"], &["140"])]),
            (Kind::SessionLogon, &[HELK_SESSIONS, Test::Is(&["event_id"], &["21"])]),
            (Kind::SessionShell, &[HELK_SESSIONS, Test::Is(&["event_id"], &["22"])]),
            (Kind::SessionLogoff, &[HELK_SESSIONS, Test::Is(&["event_id"], &["23"])]),
            (Kind::SessionDisconnected, &[HELK_SESSIONS, Test::Is(&["event_id"], &["24"])]),
            (Kind::SessionReconnected, &[HELK_SESSIONS, Test::Is(&["event_id"], &["25"])]),
        ],
        source: HELK_SOURCE,
        host: HELK_HOST,
        user: &[(Some("user_domain"), "user_account"), (Some("user_domain"), "user_name")],
        ..EMPTY
    },
    Shape {
        schema: "elastic defend network",
        tests: &[Test::Is(DEFEND, &["endpoint.events.network", "endpoint"]), Test::Port(&["destination.port"])],
        kinds: &[
            (Kind::DefendAccepted, &[Test::Is(&["event.action"], &["connection_accepted", "udp_flow_inbound"])]),
            (Kind::DefendAttempted, &[Test::Is(&["event.action"], &["connection_attempted", "udp_flow_outbound"])]),
            (Kind::DefendEnd, &[Test::Is(&["event.action"], &["disconnect_received", "udp_flow_ended"])]),
        ],
        source: &["source.ip"],
        destination: &["destination.ip"],
        host: &["host.name"],
        user: &[(Some("user.domain"), "user.name")],
        process: &["process.executable"],
        ..EMPTY
    },
    Shape {
        schema: "elastic defend process",
        tests: &[Test::Is(DATASET, &["endpoint.events.process"]), Test::Is(&["process.Ext.session_info.logon_type"], &["RemoteInteractive"])],
        kinds: &[(Kind::DefendProcess, &[])],
        source: &["process.Ext.session_info.client_address"],
        host: &["host.name"],
        user: &[(Some("user.domain"), "user.name")],
        process: &["process.executable"],
        ..EMPTY
    },
    Shape {
        schema: "elastic defend security",
        tests: &[Test::Is(DATASET, &["endpoint.events.security"]), Test::Is(&["process.Ext.session_info.logon_type"], &["RemoteInteractive"])],
        kinds: &[
            (Kind::DefendLogon, &[Test::Is(&["event.action"], &["log_on"]), Test::IsNot(&["event.outcome"], &["failure"])]),
            (Kind::DefendLogonFailed, &[Test::Is(&["event.action"], &["log_on"]), Test::Is(&["event.outcome"], &["failure"])]),
            (Kind::DefendEnd, &[Test::Is(&["event.action"], &["log_off"])]),
        ],
        source: &["source.ip"],
        host: &["host.name"],
        user: &[(Some("user.target.domain"), "user.target.name"), (Some("user.effective.domain"), "user.effective.name"), (Some("user.domain"), "user.name")],
        process: &["process.executable"],
        reason: &["process.Ext.session_info.failure_reason"],
        ..EMPTY
    },
    Shape {
        schema: "zeek",
        tests: &[],
        kinds: &[
            (Kind::ZeekRdp, &[Test::Is(DATASET, &["zeek.rdp"])]),
            (Kind::ZeekConn, &[ZEEK_CONN, Test::Port(&["destination.port"]), Test::Is(&["network.transport"], &["tcp", "6"])]),
            (Kind::ZeekConnUdp, &[ZEEK_CONN, Test::Port(&["destination.port"]), Test::Is(&["network.transport"], &["udp", "17"])]),
        ],
        source: &["source.ip", "source.address"],
        destination: &["destination.ip", "destination.address"],
        host: &["host.name"],
        user: &[(None, "zeek.rdp.cookie")],
        ..EMPTY
    },
    Shape {
        schema: "flow",
        tests: &[
            Test::Port(&["destination.port"]),
            Test::Present(&["source.ip", "source.address"]),
            Test::Without(&["winlog.event_id", "winlog.channel", "winlog.record_id", "winlog.computer_name", "winlog.logon.type", "event_id"]),
            Test::IsNot(DATASET, &["endpoint.events.network", "endpoint.events.process", "endpoint.events.security", "zeek.rdp", "zeek.connection"]),
        ],
        kinds: &[(Kind::Flow, &[])],
        source: &["source.ip", "source.address"],
        destination: &["destination.ip", "destination.address"],
        host: &["host.name"],
        user: &[(Some("user.domain"), "user.name")],
        process: &["process.executable"],
        identity: &["flow.id"],
        ..EMPTY
    },
];

const ZEEK_CONN: Test = Test::Is(DATASET, &["zeek.connection"]);
const HELK_LOG: Paths = &["log_name", "channel", "source_name", "provider_name"];
const HELK_CORE: Test =
    Test::Is(HELK_LOG, &["Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational", "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS"]);
const HELK_SESSIONS: Test =
    Test::Is(HELK_LOG, &["Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", "Microsoft-Windows-TerminalServices-LocalSessionManager"]);
const HELK_HOST: Paths = &["host_name", "computer_name", "hostname"];
const HELK_SOURCE: Paths = &["src_ip_addr", "ipv6_src_addr", "src_ip", "src_ip_public"];
const HELK_DESTINATION: Paths = &["dst_ip_addr", "ipv6_dst_addr", "dst_ip"];
const HELK_FLAG: Paths = &["network_initiated", "network_connection_initiated"];
const HELK_INITIATED: Test = Test::Is(HELK_FLAG, &["true"]);
const HELK_NOT_INITIATED: Test = Test::Is(HELK_FLAG, &["false"]);

impl Test {
    /// The fields it looks at.
    pub(super) const fn paths(&self) -> Paths {
        match self {
            Self::Is(paths, _) | Self::IsIfAny(paths, _) | Self::IsNot(paths, _) => paths,
            Self::Port(paths) | Self::NoPort(paths) | Self::Present(paths) | Self::Without(paths) | Self::Address(paths) => paths,
        }
    }
}

impl Shape {
    /// Every field it knows, some of them more than once.
    pub(super) fn paths(&self) -> impl Iterator<Item = &'static str> {
        let tests = [&NO_ALERT].into_iter().chain(self.tests).chain(self.kinds.iter().flat_map(|(_, tests)| tests.iter()));
        let users = self.user.iter().flat_map(|(domain, name)| domain.iter().copied().chain([*name]));
        let values = [self.source, self.destination, self.host, self.process, self.reason, self.identity];
        tests.flat_map(|test| test.paths().iter().copied()).chain(users).chain(values.into_iter().flatten().copied())
    }
}
