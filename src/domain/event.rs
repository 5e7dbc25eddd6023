//! One RDP event in the words of every schema: who reached what, when, how far, seen by whom.

use serde::{Deserialize, Serialize};

use super::{Address, Details, Foreign, Timestamp};

/// What an event proves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// A connection to the RDP port was made or seen.
    Network,
    /// A logon got through: network-level authentication, a logon, a reconnect.
    Session,
    /// A logon was refused.
    Failed,
    /// A session was left.
    End,
    /// A desktop started.
    Shell,
    /// Tells more about a connection, a logon or a process, but is none by itself.
    Context,
}

/// A choice of families.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub struct Families(u8);

impl Families {
    /// `network`, `session` and `failed` together: what `--kind all` counts.
    pub const ALL: Self = Self(0b00_0111);
    /// Every event, for the event list.
    pub const EVERY: Self = Self(0b11_1111);

    /// Just this family.
    pub const fn only(family: Family) -> Self {
        Self(1 << family as u8)
    }

    /// Whether `family` is chosen.
    pub const fn contains(self, family: Family) -> bool {
        self.0 & (1 << family as u8) != 0
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $family:ident, $vantage:ident;)*) => {
        /// The kinds of event, each one spelling of one fact. Names are those of the output contract.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// Every kind, in order of declaration: `Kind::ALL[kind as usize] == kind`.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name in `event.kind_of`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What an event of this kind proves.
            pub const fn family(self) -> Family {
                match self { $(Self::$name => Family::$family,)* }
            }

            /// Where the reporter stood.
            pub const fn vantage(self) -> Vantage {
                match self { $(Self::$name => Vantage::$vantage,)* }
            }
        }
    };
}

/// Who reported an event. The host name of a report names the destination only where the reporter is the destination.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Vantage {
    /// The host that was reached.
    Destination,
    /// The host that connected.
    Source,
    /// A sensor between them, or an export that does not say.
    Between,
}

kinds! {
    /// Sysmon 3, initiated here, to the RDP port.
    SysmonOut = "sysmon3_out", Network, Source;
    /// Sysmon 3, initiated elsewhere, to the RDP port here.
    SysmonIn = "sysmon3_in", Network, Destination;
    /// Sysmon 3, initiated elsewhere, with the local end written as the source.
    SysmonInReversed = "sysmon3_in_reversed", Network, Destination;
    /// Security 5156 outbound to the RDP port.
    FilterOut = "wfp5156_out", Network, Source;
    /// Security 5156 inbound to the RDP port.
    FilterIn = "wfp5156_in", Network, Destination;
    /// Security 5156 inbound with the local end written as the source.
    FilterInReversed = "wfp5156_in_reversed", Network, Destination;
    /// RdpCoreTS 131: a TCP or UDP connection was accepted.
    CoreAccepted = "rdpcorets131", Network, Destination;
    /// RdpCoreTS 140: wrong user name or password.
    CoreFailed = "rdpcorets140", Failed, Destination;
    /// RdpCoreTS 65: the connection got its name.
    CoreNamed = "rdpcorets65", Context, Destination;
    /// RdpCoreTS 66: the connection was bound to a Windows session.
    CoreBound = "rdpcorets66", Context, Destination;
    /// RdpCoreTS 104: the client's time zone.
    CoreZone = "rdpcorets104", Context, Destination;
    /// RdpCoreTS 102: the server ended the connection.
    CoreEnded = "rdpcorets102", End, Destination;
    /// RdpCoreTS 103: the connection was disconnected, with a reason code.
    CoreDisconnected = "rdpcorets103", End, Destination;
    /// RemoteConnectionManager 1149: network-level authentication passed; no proof of a desktop.
    ManagerAuthenticated = "rcm1149", Session, Destination;
    /// LocalSessionManager 21: logon.
    SessionLogon = "lsm21", Session, Destination;
    /// LocalSessionManager 22: shell start.
    SessionShell = "lsm22", Shell, Destination;
    /// LocalSessionManager 23: logoff.
    SessionLogoff = "lsm23", Context, Destination;
    /// LocalSessionManager 24: disconnected.
    SessionDisconnected = "lsm24", End, Destination;
    /// LocalSessionManager 25: reconnected.
    SessionReconnected = "lsm25", Session, Destination;
    /// LocalSessionManager 39: disconnected by another session.
    SessionReplaced = "lsm39", Context, Destination;
    /// LocalSessionManager 40: disconnected, with a reason code.
    SessionReason = "lsm40", Context, Destination;
    /// Security 4624 type 10: remote interactive logon.
    LogonRemote = "sec4624_lt10", Session, Destination;
    /// Security 4624 type 12: remote interactive logon with cached credentials.
    LogonCached = "sec4624_lt12", Session, Destination;
    /// Security 4624 type 7 with an address: unlock or reconnect over RDP.
    LogonUnlock = "sec4624_lt7", Session, Destination;
    /// Security 4625 type 10: remote interactive logon refused.
    LogonFailed = "sec4625_lt10", Failed, Destination;
    /// Security 4625 type 3: may be the refusal of network-level authentication; never counted as one by itself.
    LogonFailedNetwork = "sec4625_lt3", Context, Destination;
    /// A refused logon out of an export that does not say the logon type.
    LogonFailedExport = "honeypot4625", Failed, Destination;
    /// A logon out of an export that does not say the logon type.
    LogonExport = "logon_export", Session, Destination;
    /// Security 4648: explicit credentials, on the host that used them.
    ExplicitCredentials = "sec4648", Context, Source;
    /// Security 4672: privileges given to a new logon.
    Privileges = "sec4672", Context, Destination;
    /// Security 4778: session reconnected.
    WindowReconnected = "sec4778", Session, Destination;
    /// Security 4779: session disconnected.
    WindowDisconnected = "sec4779", End, Destination;
    /// Security 4825: valid password, no right to log on over RDP.
    Denied = "sec4825", Failed, Destination;
    /// Sysmon 1: process start.
    Process = "sysmon1", Context, Destination;
    /// Elastic Defend: connection accepted.
    DefendAccepted = "defend_accepted", Network, Destination;
    /// Elastic Defend: connection attempted.
    DefendAttempted = "defend_attempted", Network, Source;
    /// Elastic Defend: process inside a remote interactive session; the first of a session proves it.
    DefendProcess = "defend_process", Session, Destination;
    /// Elastic Defend: remote interactive logon.
    DefendLogon = "defend_log_on", Session, Destination;
    /// Elastic Defend: remote interactive logon refused.
    DefendLogonFailed = "defend_log_on_failed", Failed, Destination;
    /// Elastic Defend: log off or disconnect.
    DefendEnd = "defend_end", End, Destination;
    /// Zeek rdp log line.
    ZeekRdp = "zeek_rdp", Network, Between;
    /// Zeek conn log line to the RDP port, TCP.
    ZeekConn = "zeek_conn", Network, Between;
    /// Zeek conn log line to the RDP port, UDP.
    ZeekConnUdp = "zeek_conn_udp", Network, Between;
    /// Azure flow row to the RDP port.
    AzureFlow = "azflow", Network, Between;
    /// Any other flow to the RDP port: packetbeat, firewalls, NetFlow, CSV.
    Flow = "flow", Network, Between;
    /// RDPClient 1024: somebody here connects to the server named.
    ClientNamed = "rdpclient1024", Context, Source;
    /// RDPClient 1102: the client here reached for this address.
    ClientReached = "rdpclient1102", Context, Source;
    /// Security 4634: a logon ended.
    LogonEnded = "sec4634", End, Destination;
    /// Security 4647: the user logged off.
    LoggedOff = "sec4647", End, Destination;
    /// Security 4688: process start.
    ProcessAudited = "sec4688", Context, Destination;
    /// Security 1102: the Security log was cleared.
    AuditCleared = "sec1102", Context, Destination;
    /// System 104: a log was cleared.
    LogCleared = "system104", Context, Destination;
    /// RemoteConnectionManager 20503: somebody looks at another's session.
    ShadowViewed = "rcm20503", Context, Destination;
    /// RemoteConnectionManager 20504: no longer.
    ShadowViewEnded = "rcm20504", Context, Destination;
    /// RemoteConnectionManager 20506: somebody controls another's session.
    ShadowControlled = "rcm20506", Context, Destination;
    /// RemoteConnectionManager 20507: no longer.
    ShadowControlEnded = "rcm20507", Context, Destination;
}

impl Kind {
    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// Where an event stands written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Origin {
    /// The file it was read from.
    pub file: Option<Foreign>,
    /// The index it lies in.
    pub index: Option<Foreign>,
    /// Its document id.
    pub id: Option<Foreign>,
}

/// One event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// When it happened, by the schema's own time field.
    pub time: Timestamp,
    /// What it is.
    pub kind: Kind,
    /// The address that connected, cleaned.
    pub source: Option<Address>,
    /// The port it came from.
    pub source_port: Option<u16>,
    /// The address that was reached, cleaned.
    pub destination: Option<Address>,
    /// The port that was reached.
    pub destination_port: Option<u16>,
    /// The host that reported (`host.name`).
    pub host: Option<Foreign>,
    /// `DOMAIN\name`, or the bare name, as written.
    pub user: Option<Foreign>,
    /// The program (`process.executable`).
    pub process: Option<Foreign>,
    /// `event.code`.
    pub code: Option<u32>,
    /// Why a logon was refused, as written (status and sub-status).
    pub reason: Option<Foreign>,
    /// The log channel, with host and record id the identity of a Windows record.
    pub channel: Option<Foreign>,
    /// The record's number or id in its log.
    pub record: Option<Foreign>,
    /// Where it stands.
    pub origin: Origin,
    /// What it tells besides, where it does.
    pub details: Option<Box<Details>>,
}

impl Event {
    /// An event of which only time and kind are known yet.
    pub fn new(time: Timestamp, kind: Kind) -> Self {
        Self {
            time,
            kind,
            source: None,
            source_port: None,
            destination: None,
            destination_port: None,
            host: None,
            user: None,
            process: None,
            code: None,
            reason: None,
            channel: None,
            record: None,
            origin: Origin::default(),
            details: None,
        }
    }

    /// One of its details.
    pub fn detail<'e, T>(&'e self, of: impl FnOnce(&'e Details) -> Option<T>) -> Option<T> {
        self.details.as_deref().and_then(of)
    }

    /// The destination's own host name: the reporter's, where the reporter is the destination.
    pub fn destination_host(&self) -> Option<&Foreign> {
        match self.kind.vantage() {
            Vantage::Destination => self.host.as_ref(),
            Vantage::Source | Vantage::Between => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_listed_in_order_and_named_once() {
        for (place, kind) in Kind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, place);
            assert_eq!(Kind::named(kind.name()), Some(*kind));
        }
    }

    #[test]
    fn all_counts_connections_logons_and_failures_only() {
        for (family, counted) in
            [(Family::Network, true), (Family::Session, true), (Family::Failed, true), (Family::End, false), (Family::Shell, false), (Family::Context, false)]
        {
            assert_eq!(Families::ALL.contains(family), counted, "{family:?}");
            assert!(Families::EVERY.contains(family));
        }
    }

    #[test]
    fn only_a_reporting_destination_names_the_destination() {
        let mut event = Event::new(Timestamp::UNIX_EPOCH, Kind::SysmonIn);
        event.host = Some("FS01".into());
        assert_eq!(event.destination_host().map(Foreign::raw), Some("FS01"));
        event.kind = Kind::SysmonOut;
        assert_eq!(event.destination_host(), None);
        event.kind = Kind::ZeekRdp;
        assert_eq!(event.destination_host(), None);
    }
}
