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
    /// The port it came from.
    pub(super) source_port: Paths,
    /// The address reached.
    pub(super) destination: Paths,
    /// The port reached.
    pub(super) destination_port: Paths,
    /// The host that reported.
    pub(super) host: Paths,
    /// The user.
    pub(super) user: UserPaths,
    /// The program.
    pub(super) process: Paths,
    /// Why a logon was refused: status and sub-status, joined.
    pub(super) reason: Paths,
    /// The number of the event in its log's numbering.
    pub(super) code: Paths,
    /// The log.
    pub(super) channel: Paths,
    /// The number of the record.
    pub(super) record: Paths,
}

/// The time of every layout.
pub(super) const TIME: &str = "@timestamp";

/// Whether an event of this kind writes its local end as the source.
pub(super) const fn is_swapped(kind: Kind) -> bool {
    matches!(kind, Kind::SysmonInReversed | Kind::FilterInReversed)
}

const CODE: Paths = &["event.code", "winlog.event_id"];
const LOG: Paths = &["winlog.channel", "event.provider", "winlog.provider_name"];
const HOST: Paths = &["host.name", "winlog.computer_name"];
const RECORD: Paths = &["winlog.record_id"];
const LOGON_TYPE: Paths = &["winlog.event_data.LogonType", "winlog.logon.type"];
const DATASET: Paths = &["event.dataset", "data_stream.dataset"];

const SECURITY: Test = Test::IsIfAny(LOG, &["Security", "security", "Microsoft-Windows-Security-Auditing"]);
const SYSMON: Test = Test::Is(LOG, &["Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon"]);
const INITIATED: Test = Test::Is(&["winlog.event_data.Initiated", "network.direction"], &["true", "egress", "outbound"]);
const NOT_INITIATED: Test = Test::Is(&["winlog.event_data.Initiated", "network.direction"], &["false", "ingress", "inbound"]);
const SYSMON_DESTINATION_PORT: Paths = &["destination.port", "winlog.event_data.DestinationPort"];
const SYSMON_SOURCE_PORT: Paths = &["source.port", "winlog.event_data.SourcePort"];
const FILTER_DESTINATION_PORT: Paths = &["winlog.event_data.DestPort", "destination.port"];
const FILTER_SOURCE_PORT: Paths = &["winlog.event_data.SourcePort", "source.port"];
const FILTER_OUT: Test = Test::Is(&["winlog.event_data.Direction", "network.direction"], &["%%14593", "egress", "outbound"]);
const FILTER_IN: Test = Test::Is(&["winlog.event_data.Direction", "network.direction"], &["%%14592", "ingress", "inbound"]);
const LOGON_SOURCE: Paths = &["source.ip", "winlog.event_data.IpAddress"];

const EMPTY: Shape = Shape {
    schema: "",
    tests: &[],
    kinds: &[],
    source: &[],
    source_port: &[],
    destination: &[],
    destination_port: &[],
    host: HOST,
    user: &[],
    process: &[],
    reason: &[],
    code: CODE,
    channel: &["winlog.channel"],
    record: RECORD,
};

/// Every layout. No document fits two of them.
pub(super) static SHAPES: &[Shape] = &[
    Shape {
        schema: "windows security logon",
        tests: &[SECURITY],
        kinds: &[
            (Kind::LogonRemote, &[Test::Is(CODE, &["4624"]), Test::Is(LOGON_TYPE, &["10", "RemoteInteractive"])]),
            (Kind::LogonCached, &[Test::Is(CODE, &["4624"]), Test::Is(LOGON_TYPE, &["12", "CachedRemoteInteractive"])]),
            (Kind::LogonUnlock, &[Test::Is(CODE, &["4624"]), Test::Is(LOGON_TYPE, &["7", "Unlock"]), Test::Address(LOGON_SOURCE)]),
            (Kind::LogonFailed, &[Test::Is(CODE, &["4625"]), Test::Is(LOGON_TYPE, &["10", "RemoteInteractive"])]),
            (Kind::LogonFailedNetwork, &[Test::Is(CODE, &["4625"]), Test::Is(LOGON_TYPE, &["3", "Network"])]),
        ],
        source: LOGON_SOURCE,
        source_port: &["source.port", "winlog.event_data.IpPort"],
        destination: &["destination.ip"],
        destination_port: &["destination.port"],
        user: &[(Some("winlog.event_data.TargetDomainName"), "winlog.event_data.TargetUserName"), (Some("user.domain"), "user.name")],
        process: &["process.executable", "winlog.event_data.ProcessName"],
        reason: &["winlog.event_data.Status", "winlog.event_data.SubStatus"],
        ..EMPTY
    },
    Shape {
        schema: "windows security session",
        tests: &[SECURITY],
        kinds: &[
            (Kind::WindowReconnected, &[Test::Is(CODE, &["4778"])]),
            (Kind::WindowDisconnected, &[Test::Is(CODE, &["4779"])]),
            (Kind::Denied, &[Test::Is(CODE, &["4825"])]),
        ],
        source: &["source.ip", "winlog.event_data.ClientAddress"],
        user: &[(Some("winlog.event_data.AccountDomain"), "winlog.event_data.AccountName"), (Some("user.domain"), "user.name")],
        ..EMPTY
    },
    Shape {
        schema: "windows security context",
        tests: &[SECURITY],
        kinds: &[(Kind::ExplicitCredentials, &[Test::Is(CODE, &["4648"])]), (Kind::Privileges, &[Test::Is(CODE, &["4672"])])],
        source: LOGON_SOURCE,
        user: &[(Some("winlog.event_data.SubjectDomainName"), "winlog.event_data.SubjectUserName"), (Some("user.domain"), "user.name")],
        process: &["process.executable", "winlog.event_data.ProcessName"],
        ..EMPTY
    },
    Shape {
        schema: "windows filtering platform",
        tests: &[SECURITY, Test::Is(CODE, &["5156"])],
        kinds: &[
            (Kind::FilterOut, &[FILTER_OUT, Test::Port(FILTER_DESTINATION_PORT)]),
            (Kind::FilterIn, &[FILTER_IN, Test::Port(FILTER_DESTINATION_PORT)]),
            (Kind::FilterInReversed, &[FILTER_IN, Test::NoPort(FILTER_DESTINATION_PORT), Test::Port(FILTER_SOURCE_PORT)]),
        ],
        source: &["winlog.event_data.SourceAddress", "source.ip"],
        source_port: FILTER_SOURCE_PORT,
        destination: &["winlog.event_data.DestAddress", "destination.ip"],
        destination_port: FILTER_DESTINATION_PORT,
        process: &["winlog.event_data.Application", "process.executable"],
        ..EMPTY
    },
    Shape {
        schema: "sysmon",
        tests: &[SYSMON, Test::Is(CODE, &["3"])],
        kinds: &[
            (Kind::SysmonOut, &[INITIATED, Test::Port(SYSMON_DESTINATION_PORT)]),
            (Kind::SysmonIn, &[NOT_INITIATED, Test::Port(SYSMON_DESTINATION_PORT)]),
            (Kind::SysmonInReversed, &[NOT_INITIATED, Test::NoPort(SYSMON_DESTINATION_PORT), Test::Port(SYSMON_SOURCE_PORT)]),
        ],
        source: &["source.ip", "winlog.event_data.SourceIp"],
        source_port: SYSMON_SOURCE_PORT,
        destination: &["destination.ip", "winlog.event_data.DestinationIp"],
        destination_port: SYSMON_DESTINATION_PORT,
        user: &[(Some("user.domain"), "user.name"), (None, "winlog.event_data.User")],
        process: &["process.executable", "winlog.event_data.Image"],
        ..EMPTY
    },
    Shape {
        schema: "sysmon process",
        tests: &[SYSMON],
        kinds: &[(Kind::Process, &[Test::Is(CODE, &["1"])])],
        user: &[(Some("user.domain"), "user.name"), (None, "winlog.event_data.User")],
        process: &["process.executable", "winlog.event_data.Image"],
        ..EMPTY
    },
    Shape {
        schema: "remote connection manager",
        tests: &[Test::Is(
            LOG,
            &["Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational", "Microsoft-Windows-TerminalServices-RemoteConnectionManager"],
        )],
        kinds: &[(Kind::ManagerAuthenticated, &[Test::Is(CODE, &["1149"])])],
        source: &["winlog.user_data.Param3", "source.ip"],
        user: &[(Some("winlog.user_data.Param2"), "winlog.user_data.Param1"), (Some("user.domain"), "user.name")],
        ..EMPTY
    },
    Shape {
        schema: "local session manager",
        tests: &[Test::Is(
            LOG,
            &["Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", "Microsoft-Windows-TerminalServices-LocalSessionManager"],
        )],
        kinds: &[
            (Kind::SessionLogon, &[Test::Is(CODE, &["21"])]),
            (Kind::SessionShell, &[Test::Is(CODE, &["22"])]),
            (Kind::SessionLogoff, &[Test::Is(CODE, &["23"])]),
            (Kind::SessionDisconnected, &[Test::Is(CODE, &["24"])]),
            (Kind::SessionReconnected, &[Test::Is(CODE, &["25"])]),
            (Kind::SessionReplaced, &[Test::Is(CODE, &["39"])]),
            (Kind::SessionReason, &[Test::Is(CODE, &["40"])]),
        ],
        source: &["winlog.user_data.Address", "source.ip"],
        user: &[(None, "winlog.user_data.User"), (Some("user.domain"), "user.name")],
        ..EMPTY
    },
    Shape {
        schema: "rdp core",
        tests: &[Test::Is(LOG, &["Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational", "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS"])],
        kinds: &[
            (Kind::CoreAccepted, &[Test::Is(CODE, &["131"])]),
            (Kind::CoreFailed, &[Test::Is(CODE, &["140"])]),
            (Kind::CoreNamed, &[Test::Is(CODE, &["65"])]),
            (Kind::CoreBound, &[Test::Is(CODE, &["66"])]),
            (Kind::CoreZone, &[Test::Is(CODE, &["104"])]),
            (Kind::CoreEnded, &[Test::Is(CODE, &["102"])]),
            (Kind::CoreDisconnected, &[Test::Is(CODE, &["103"])]),
        ],
        source: &["winlog.event_data.ClientIP", "winlog.event_data.IPString", "source.ip"],
        ..EMPTY
    },
    Shape {
        schema: "helk sysmon",
        tests: &[Test::Is(&["event_id"], &["3"]), Test::Without(CODE)],
        kinds: &[
            (Kind::SysmonOut, &[HELK_INITIATED, Test::Port(&["dst_port"])]),
            (Kind::SysmonIn, &[HELK_NOT_INITIATED, Test::Port(&["dst_port"])]),
            (Kind::SysmonInReversed, &[HELK_NOT_INITIATED, Test::NoPort(&["dst_port"]), Test::Port(&["src_port"])]),
        ],
        source: HELK_SOURCE,
        source_port: &["src_port"],
        destination: HELK_DESTINATION,
        destination_port: &["dst_port"],
        host: HELK_HOST,
        user: &[(None, "user_account"), (Some("user_domain"), "user_name")],
        process: &["process_path", "process_name"],
        code: &["event_id"],
        channel: HELK_LOG,
        record: &["record_number", "record_id"],
        ..EMPTY
    },
    Shape {
        schema: "helk security",
        tests: &[Test::Without(CODE), Test::IsIfAny(HELK_LOG, &["Security", "security"])],
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
        source_port: &["src_port"],
        host: HELK_HOST,
        user: &[(Some("user_domain"), "user_name")],
        reason: &["event_status", "event_sub_status"],
        code: &["event_id"],
        channel: HELK_LOG,
        record: &["record_number", "record_id"],
        ..EMPTY
    },
    Shape {
        schema: "elastic defend network",
        tests: &[Test::Is(DATASET, &["endpoint.events.network"]), Test::Port(&["destination.port"])],
        kinds: &[
            (Kind::DefendAccepted, &[Test::Is(&["event.action"], &["connection_accepted", "udp_flow_inbound"])]),
            (Kind::DefendAttempted, &[Test::Is(&["event.action"], &["connection_attempted", "udp_flow_outbound"])]),
            (Kind::DefendEnd, &[Test::Is(&["event.action"], &["disconnect_received", "udp_flow_ended"])]),
        ],
        source: &["source.ip"],
        source_port: &["source.port"],
        destination: &["destination.ip"],
        destination_port: &["destination.port"],
        host: &["host.name"],
        user: &[(Some("user.domain"), "user.name")],
        process: &["process.executable"],
        record: &["event.id"],
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
        record: &["event.id"],
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
        source_port: &["source.port"],
        host: &["host.name"],
        user: &[(Some("user.target.domain"), "user.target.name"), (Some("user.domain"), "user.name")],
        process: &["process.executable"],
        reason: &["process.Ext.session_info.failure_reason"],
        record: &["event.id"],
        ..EMPTY
    },
    Shape {
        schema: "zeek",
        tests: &[],
        kinds: &[
            (Kind::ZeekRdp, &[Test::Is(DATASET, &["zeek.rdp"])]),
            (Kind::ZeekConn, &[ZEEK_CONN, Test::Port(&["destination.port"]), Test::IsNot(&["network.transport"], &["udp"])]),
            (Kind::ZeekConnUdp, &[ZEEK_CONN, Test::Port(&["destination.port"]), Test::Is(&["network.transport"], &["udp"])]),
        ],
        source: &["source.ip", "source.address"],
        source_port: &["source.port"],
        destination: &["destination.ip", "destination.address"],
        destination_port: &["destination.port"],
        host: &["host.name"],
        user: &[(None, "zeek.rdp.cookie")],
        record: &["zeek.session_id", "event.id"],
        ..EMPTY
    },
    Shape {
        schema: "flow",
        tests: &[
            Test::Port(&["destination.port"]),
            Test::Without(LOG),
            Test::Without(&["winlog.event_id", "event_id", "winlog.logon.type"]),
            Test::IsNot(DATASET, &["endpoint.events.network", "endpoint.events.process", "endpoint.events.security", "zeek.rdp", "zeek.connection"]),
            // A flow is written again and again until it ends; only its last report counts.
            Test::IsNot(&["flow.final"], &["false"]),
        ],
        kinds: &[(Kind::Flow, &[])],
        source: &["source.ip", "source.address"],
        source_port: &["source.port"],
        destination: &["destination.ip", "destination.address"],
        destination_port: &["destination.port"],
        host: &["host.name"],
        user: &[(Some("user.domain"), "user.name")],
        process: &["process.executable"],
        record: &["flow.id", "event.id"],
        ..EMPTY
    },
];

const ZEEK_CONN: Test = Test::Is(DATASET, &["zeek.connection"]);
const HELK_LOG: Paths = &["log_name", "channel"];
const HELK_HOST: Paths = &["host_name"];
const HELK_SOURCE: Paths = &["src_ip_addr", "ipv6_src_addr"];
const HELK_DESTINATION: Paths = &["dst_ip_addr", "ipv6_dst_addr"];
const HELK_FLAG: Paths = &["network_initiated", "network_connection_initiated"];
const HELK_INITIATED: Test = Test::Is(HELK_FLAG, &["true"]);
const HELK_NOT_INITIATED: Test = Test::Is(HELK_FLAG, &["false"]);

impl Test {
    /// The fields it looks at.
    pub(super) const fn paths(&self) -> Paths {
        match self {
            Self::Is(paths, _) | Self::IsIfAny(paths, _) | Self::IsNot(paths, _) => paths,
            Self::Port(paths) | Self::NoPort(paths) | Self::Without(paths) | Self::Address(paths) => paths,
        }
    }
}

impl Shape {
    /// Every field it knows, some of them more than once.
    pub(super) fn paths(&self) -> impl Iterator<Item = &'static str> {
        let tests = self.tests.iter().chain(self.kinds.iter().flat_map(|(_, tests)| tests.iter()));
        let users = self.user.iter().flat_map(|(domain, name)| domain.iter().copied().chain([*name]));
        let values = [
            self.source,
            self.source_port,
            self.destination,
            self.destination_port,
            self.host,
            self.process,
            self.reason,
            self.code,
            self.channel,
            self.record,
        ];
        tests.flat_map(|test| test.paths().iter().copied()).chain(users).chain(values.into_iter().flatten().copied())
    }
}
