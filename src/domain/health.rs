//! Facts about a cluster or files: what was found when it was looked at. What they mean is said elsewhere.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::{Address, Completeness, Event, Families, Foreign, Kind, Range, Timestamp};

/// A fact, or why it cannot be known.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact<T> {
    /// Known.
    Known(T),
    /// Not visible: why, a few words without a period.
    Hidden(String),
}

impl<T> Fact<T> {
    /// The fact, where it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(fact) => Some(fact),
            Self::Hidden(_) => None,
        }
    }
}

/// What was looked at.
#[derive(Clone, PartialEq, Debug)]
pub enum Place {
    /// A cluster.
    Cluster {
        /// Whether it is OpenSearch.
        is_opensearch: bool,
        /// The index patterns that are asked.
        patterns: Vec<String>,
    },
    /// Files.
    Files,
    /// A made-up story.
    Story,
}

/// Everything that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Health {
    /// Its name.
    pub title: String,
    /// What was looked at.
    pub place: Place,
    /// When, by the clock of this machine (or of the story).
    pub asked: Timestamp,
    /// Events of which time were looked for.
    pub range: Range,
    /// Each source of events that is there.
    pub sensors: BTreeMap<Sensor, SensorHealth>,
    /// RDP events on other ports than those asked for: how many on which.
    pub other_ports: BTreeMap<u16, u64>,
    /// Records of no known schema.
    pub unknown: u64,
    /// Records that could not be used, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// What only a cluster can tell.
    pub cluster: Option<ClusterHealth>,
    /// What is missing.
    pub completeness: Completeness,
}

/// One source of events.
#[derive(Clone, PartialEq, Debug)]
pub struct SensorHealth {
    /// Its events.
    pub events: u64,
    /// Connections, logons and refusals among them; the others only tell more about these.
    pub telling: u64,
    /// The first.
    pub first: Timestamp,
    /// The newest.
    pub newest: Timestamp,
    /// Of how many connections, logons and refusals the values were looked at: all, or the newest.
    pub looked: u64,
    /// Of these, how many name a usable source.
    pub with_source: u64,
    /// How many name a destination, by address or by the host that was reached.
    pub with_destination: u64,
    /// How many name the host itself as the source.
    pub loopback: u64,
    /// How long events took to arrive.
    pub lag: Fact<Lag>,
}

/// How long events took from happening to being stored.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lag {
    /// Half of them took no longer.
    pub median: SignedDuration,
    /// The slowest.
    pub worst: SignedDuration,
    /// How many were stored before they happened: a clock is wrong.
    pub early: u64,
    /// Of how many this is known.
    pub looked: u64,
}

/// What only a cluster can tell.
#[derive(Clone, PartialEq, Debug)]
pub struct ClusterHealth {
    /// Product and version.
    pub version: Fact<String>,
    /// Its clock.
    pub clock: Fact<Timestamp>,
    /// Its licence.
    pub licence: Fact<Licence>,
    /// Rights, in order of need.
    pub rights: Fact<Vec<Right>>,
    /// Fields that are kept in ways that hinder counting.
    pub mappings: Fact<Vec<FieldTrouble>>,
    /// The transforms of the lateral-movement package.
    pub transforms: Fact<Vec<Runner>>,
    /// Its jobs.
    pub jobs: Fact<Vec<Runner>>,
    /// What the transforms wrote.
    pub sessions: Fact<Sessions>,
    /// What Elastic Defend reports of remote sessions.
    pub defend: Fact<Defend>,
}

/// A licence.
#[derive(Clone, PartialEq, Debug)]
pub struct Licence {
    /// basic, trial, platinum, enterprise.
    pub kind: Foreign,
    /// active, expired.
    pub status: Foreign,
    /// Until when.
    pub expires: Option<Timestamp>,
}

/// A right, and whether it is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Right {
    /// On what: an index pattern, or `cluster`.
    pub on: String,
    /// Its name: `read`.
    pub privilege: String,
    /// Whether it is there.
    pub is_granted: bool,
    /// For what it is needed.
    pub need: &'static str,
    /// Whether nothing works without it.
    pub is_essential: bool,
}

/// A field that indices keep differently, or as mere text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldTrouble {
    /// The field.
    pub field: String,
    /// The ways in which it is kept, each with one of its indices.
    pub kept: Vec<(&'static str, Foreign)>,
}

/// A transform or a job.
#[derive(Clone, PartialEq, Debug)]
pub struct Runner {
    /// Its id.
    pub id: Foreign,
    /// started, stopped, failed, opened, closed.
    pub state: Foreign,
    /// Why, where it says.
    pub reason: Option<Foreign>,
    /// The newest data it has taken in.
    pub newest: Option<Timestamp>,
}

/// What the transforms wrote.
#[derive(Clone, PartialEq, Debug)]
pub struct Sessions {
    /// Sessions in all.
    pub documents: u64,
    /// The newest start of one.
    pub newest: Option<Timestamp>,
    /// How many have the host itself (`::1`, `127.0.0.1`) or a link-local address as the destination.
    pub collapsed: u64,
    /// The destinations with the most sessions.
    pub destinations: Vec<(Foreign, u64)>,
}

/// What Elastic Defend reports of remote sessions.
#[derive(Clone, PartialEq, Debug)]
pub struct Defend {
    /// Process events in remote sessions.
    pub processes: u64,
    /// How many of them name the host's addresses.
    pub with_host_ip: u64,
    /// How many of them name the client's address.
    pub with_client: u64,
    /// How many of them run as `SYSTEM` in capitals, which the transform's exclusion of `system` does not meet.
    pub as_system: u64,
    /// Hosts with the addresses that they report.
    pub hosts: Vec<(Foreign, Vec<Address>)>,
}

macro_rules! sensors {
    ($($variant:ident $name:literal $tells:literal;)*) => {
        /// A source of events.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
        pub enum Sensor { $(#[doc = $tells] $variant,)* }

        impl Sensor {
            /// Every one, those closest to the destination first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it tells.
            pub const fn tells(self) -> &'static str {
                match self { $(Self::$variant => $tells,)* }
            }
        }
    };
}

sensors! {
    Core "RdpCoreTS" "who touched the port, who failed";
    Manager "RemoteConnectionManager" "who passed network-level authentication";
    Sessions "LocalSessionManager" "who got a desktop, and when it ended";
    Security "Security log" "logons, refusals, reconnects";
    Filtering "Filtering platform (5156)" "who touched the port";
    Client "RDPClient" "where a host went next, even if the next host is unmanaged";
    Sysmon "Sysmon" "connections with the program behind them, processes";
    DefendNetwork "Elastic Defend network" "connections with the program behind them";
    DefendProcess "Elastic Defend process" "what was done in a session; the rule's job rests on it";
    DefendSecurity "Elastic Defend security" "logons and refusals";
    ZeekRdp "Zeek rdp" "connections on the wire, with cookies";
    ZeekConn "Zeek conn" "connections on the wire";
    Flow "Flows" "connections on the wire";
    Export "Exports" "logons out of tables";
}

impl Sensor {
    /// Which of them tells of events of this kind.
    pub fn of(kind: Kind) -> Self {
        let name = kind.name();
        let starts = |part: &str| name.starts_with(part);
        if starts("rdpcorets") {
            Self::Core
        } else if starts("rdpclient") {
            Self::Client
        } else if starts("rcm") {
            Self::Manager
        } else if starts("lsm") {
            Self::Sessions
        } else if starts("wfp") {
            Self::Filtering
        } else if starts("sysmon") {
            Self::Sysmon
        } else if starts("defend_process") {
            Self::DefendProcess
        } else if starts("defend_log") {
            Self::DefendSecurity
        } else if starts("defend") {
            Self::DefendNetwork
        } else if starts("zeek_rdp") {
            Self::ZeekRdp
        } else if starts("zeek") {
            Self::ZeekConn
        } else if starts("flow") || starts("azflow") {
            Self::Flow
        } else if starts("honeypot") || starts("logon_export") {
            Self::Export
        } else {
            Self::Security
        }
    }
}

impl SensorHealth {
    /// A source with nothing counted yet.
    pub fn new() -> Self {
        Self {
            events: 0,
            telling: 0,
            first: Timestamp::MAX,
            newest: Timestamp::MIN,
            looked: 0,
            with_source: 0,
            with_destination: 0,
            loopback: 0,
            lag: Fact::Hidden("no time of arrival is kept".to_owned()),
        }
    }

    /// Counts events of a kind and their time.
    pub fn count(&mut self, kind: Kind, events: u64, first: Timestamp, newest: Timestamp) {
        self.events += events;
        self.telling += if Families::ALL.contains(kind.family()) { events } else { 0 };
        self.first = self.first.min(first);
        self.newest = self.newest.max(newest);
    }

    /// Looks at the values of one. What only tells more about a connection or a logon names no source by its nature.
    pub fn look(&mut self, event: &Event) {
        if !Families::ALL.contains(event.kind.family()) {
            return;
        }
        self.looked += 1;
        self.with_source += u64::from(event.source.is_some());
        self.with_destination += u64::from(event.destination.is_some() || event.destination_host().is_some());
        self.loopback += u64::from(event.source.is_some_and(Address::is_loopback));
    }
}

impl Default for SensorHealth {
    fn default() -> Self {
        Self::new()
    }
}

impl Health {
    /// Nothing found yet.
    pub fn new(title: String, place: Place, asked: Timestamp, range: Range) -> Self {
        Self {
            title,
            place,
            asked,
            range,
            sensors: BTreeMap::new(),
            other_ports: BTreeMap::new(),
            unknown: 0,
            skipped: BTreeMap::new(),
            cluster: None,
            completeness: Completeness::whole(0),
        }
    }

    /// The newest event of all.
    pub fn newest(&self) -> Option<Timestamp> {
        self.sensors.values().map(|sensor| sensor.newest).max()
    }

    /// The first event of all.
    pub fn first(&self) -> Option<Timestamp> {
        self.sensors.values().map(|sensor| sensor.first).min()
    }
}

impl Lag {
    /// What these delays come to; `None` where there are none.
    pub fn of(mut delays: Vec<SignedDuration>) -> Option<Self> {
        delays.sort_unstable();
        let median = *delays.get(delays.len() / 2)?;
        let worst = *delays.last()?;
        // A second is what rounding makes; more is a clock.
        let early = delays.iter().filter(|delay| **delay < SignedDuration::from_secs(-2)).count() as u64;
        Some(Self { median, worst, early, looked: delays.len() as u64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_source() {
        for (kind, sensor) in [
            (Kind::CoreAccepted, Sensor::Core),
            (Kind::ManagerAuthenticated, Sensor::Manager),
            (Kind::LogonRemote, Sensor::Security),
            (Kind::FilterIn, Sensor::Filtering),
            (Kind::Process, Sensor::Sysmon),
            (Kind::DefendEnd, Sensor::DefendNetwork),
            (Kind::DefendLogonFailed, Sensor::DefendSecurity),
            (Kind::ZeekConnUdp, Sensor::ZeekConn),
            (Kind::AzureFlow, Sensor::Flow),
            (Kind::LogonExport, Sensor::Export),
        ] {
            assert_eq!(Sensor::of(kind), sensor, "{}", kind.name());
        }
    }

    #[test]
    fn delays_come_to_median_worst_and_early() {
        let seconds = |seconds: &[i64]| Lag::of(seconds.iter().map(|seconds| SignedDuration::from_secs(*seconds)).collect());
        let lag = seconds(&[5, -30, 4200, 6, 7]).expect("a lag");
        assert_eq!((lag.median.as_secs(), lag.worst.as_secs(), lag.early, lag.looked), (6, 4200, 1, 5));
        assert_eq!(seconds(&[]), None);
    }
}
