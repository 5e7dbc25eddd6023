//! A story file: who is there, what they do every day, and what happens once.

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer};

use crate::backend::BackendError;
use crate::domain::{Address, BucketSize};

/// A story as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Its name.
    pub title: String,
    /// The moment from which offsets are counted.
    pub start: Timestamp,
    /// Days of ordinary life before `start`.
    #[serde(default)]
    pub days_before: u16,
    /// How long it goes on after `start`; counts spelled out may make it longer.
    #[serde(default)]
    pub lasts: SignedDuration,
    /// Whether it is replayed: without, everything has happened already.
    pub replay: Option<Replay>,
    /// Another number is another throw of the dice.
    #[serde(default)]
    pub seed: u64,
    /// Width of the buckets of spelled-out counts.
    #[serde(default)]
    pub step: BucketSize,
    /// Groups of people.
    #[serde(default)]
    pub people: Vec<People>,
    /// The servers.
    #[serde(default)]
    pub destination: Vec<Server>,
    /// Many sources try passwords at one server, some get in and go on.
    #[serde(default)]
    pub spray: Vec<Spray>,
    /// New sources come one by one.
    #[serde(default)]
    pub creep: Vec<Creep>,
    /// One source knocks at every door.
    #[serde(default)]
    pub scan: Vec<Scan>,
    /// Every week management reaches everything.
    #[serde(default)]
    pub patch: Vec<Patch>,
    /// Sessions told one by one.
    #[serde(default)]
    pub session: Vec<super::session::Session>,
    /// Accounts with administrator rights.
    #[serde(default)]
    pub privileged: Vec<String>,
    /// Single events.
    #[serde(default)]
    pub event: Vec<Single>,
    /// What the site's security solution says about it.
    #[serde(default)]
    pub alert: Vec<super::alert::Scripted>,
    /// What a detector must make of it.
    #[serde(default)]
    pub expect: Expect,
}

/// How a story is told live.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// Seconds of the story in one second of the real clock.
    pub speed: f64,
}

/// People who work alike.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// What the script calls them.
    pub name: String,
    /// Their computers are here, one each.
    #[serde(deserialize_with = "network")]
    pub network: IpNet,
    /// Their accounts.
    pub users: Vec<String>,
}

/// What goes on at a server on an ordinary day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Nothing by itself.
    #[default]
    Idle,
    /// Every morning of a working day all of its people come.
    Jump,
    /// Its people come, go to lunch and come back, working days.
    Terminal,
    /// Now and then somebody.
    Quiet,
    /// A few people a day.
    File,
    /// A probe every five minutes, and now and then somebody.
    Monitored,
}

/// What reports from a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sensor {
    /// Elastic Defend: connections, logons, processes.
    Defend,
    /// Sysmon: connections and processes.
    Sysmon,
    /// The Security log: logons and refusals.
    Security,
    /// RdpCoreTS: connections and refusals, without the server's address.
    Core,
    /// The terminal services managers: logons, without the server's address.
    Manager,
    /// A network sensor: connections, without the server's name.
    Zeek,
}

/// A server, or several alike.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its host name; without, only its address is ever seen.
    pub name: Option<String>,
    /// Its address.
    pub ip: Address,
    /// How many alike, under the next names and addresses.
    #[serde(default = "one")]
    pub count: u8,
    /// What goes on there.
    #[serde(default)]
    pub profile: Profile,
    /// Who comes; a name in [`Script::people`].
    pub people: Option<String>,
    /// What reports from it.
    #[serde(default = "network_sensor")]
    pub sees: Vec<Sensor>,
    /// Distinct sources bucket by bucket from `start`: `1 2 1 40`; `2x96` is the same count 96 times.
    pub sources: Option<String>,
}

fn network<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IpNet, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| serde::de::Error::custom(format!("{text:?} is no network like 10.0.0.0/24")))
}

fn one() -> u8 {
    1
}

fn network_sensor() -> Vec<Sensor> {
    vec![Sensor::Zeek]
}

/// See [`Script::spray`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spray {
    /// The server, by name or address.
    pub destination: String,
    /// When it begins, after `start`.
    pub at: SignedDuration,
    /// How long it goes on.
    pub lasts: SignedDuration,
    /// Where its sources are.
    #[serde(deserialize_with = "network")]
    pub network: IpNet,
    /// How many sources.
    pub sources: u16,
    /// The accounts that are tried.
    pub tries: Vec<String>,
    /// The account that gets in.
    pub breaks: String,
    /// How many of the sources get in with it.
    pub logons: u16,
    /// What the computers of those who get in call themselves.
    pub client: Option<String>,
    /// Minutes that their clocks are ahead of UTC.
    pub zone: Option<i16>,
    /// Programs started by who got in.
    #[serde(default)]
    pub runs: Vec<Run>,
    /// Where it goes on to.
    pub hop: Option<Hop>,
}

/// A connection from a broken server to the next.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hop {
    /// The next server, by name or address.
    pub to: String,
    /// The program that connects.
    pub tool: String,
}

/// A program that somebody starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// The program.
    pub image: String,
    /// Its command line; the program alone unless told.
    pub line: Option<String>,
    /// The file name of the program, started before, that starts it; the desktop unless told.
    pub below: Option<String>,
}

impl<'de> Deserialize<'de> for Run {
    /// A path, or a table where there is more to say.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Told {
            image: String,
            line: Option<String>,
            below: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Path(String),
            Told(Told),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Path(image) => Self { image, line: None, below: None },
            Written::Told(Told { image, line, below }) => Self { image, line, below },
        })
    }
}

/// See [`Script::creep`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Creep {
    /// The server, by name or address.
    pub destination: String,
    /// When it begins, after `start`.
    pub at: SignedDuration,
    /// How long it goes on.
    pub lasts: SignedDuration,
    /// Where its sources are.
    #[serde(deserialize_with = "network")]
    pub network: IpNet,
    /// From one new source to the next.
    pub every: SignedDuration,
    /// The account that is tried.
    pub tries: String,
    /// Whether the last of them gets in with it.
    #[serde(default)]
    pub breaks: bool,
    /// Programs started by who got in.
    #[serde(default)]
    pub runs: Vec<Run>,
}

/// See [`Script::scan`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scan {
    /// The one source.
    pub source: Address,
    /// When it begins, after `start`.
    pub at: SignedDuration,
    /// From one door to the next.
    pub every: SignedDuration,
}

/// See [`Script::patch`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// One of its nights, after `start`; the others are whole weeks away.
    pub at: SignedDuration,
    /// How long a night goes on.
    pub lasts: SignedDuration,
    /// The management host.
    pub source: Address,
    /// Its account.
    pub user: String,
    /// Who looks after it; a name in [`Script::people`].
    pub people: String,
    /// Programs that it starts everywhere.
    #[serde(default)]
    pub runs: Vec<Run>,
}

/// An event on its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Single {
    /// When, after `start`.
    pub at: SignedDuration,
    /// Its kind, by name.
    pub kind: String,
    /// `host.name`.
    pub host: Option<String>,
    /// `source.ip`.
    pub source: Option<Address>,
    /// `destination.ip`.
    pub destination: Option<Address>,
    /// `user.name`.
    pub user: Option<String>,
    /// `process.executable`.
    pub process: Option<String>,
    /// `source.port`.
    pub source_port: Option<u16>,
    /// Why a logon was refused, or a session left.
    pub reason: Option<String>,
    /// The logon it belongs to.
    pub logon_id: Option<u64>,
    /// The Windows session.
    pub session_id: Option<u32>,
    /// `RDP-Tcp#7`.
    pub connection: Option<String>,
    /// What the client computer calls itself.
    pub client: Option<String>,
    /// Process id.
    pub pid: Option<u32>,
    /// Process id of the parent.
    pub parent_pid: Option<u32>,
    /// Command line.
    pub line: Option<String>,
    /// The server that a client names.
    pub target: Option<String>,
    /// The service that credentials are for: `TERMSRV/host`.
    pub service: Option<String>,
    /// Whose credentials are used, whose session is shadowed.
    pub target_user: Option<String>,
}

/// What a detector must make of a story.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The anomalous buckets, all of them and no others.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// What should be noticed without being called anomalous.
    #[serde(default)]
    pub hints: Vec<Hint>,
    /// What the hunt must find: the programs, in time order.
    #[serde(default)]
    pub hunted: Vec<String>,
    /// Every session since `start` of the users named, in time order: `USER SOURCE > SERVER: STATE, N back, N programs`.
    #[serde(default)]
    pub sessions: Vec<String>,
    /// How far the sources named got since `start`, wherever they went: `SOURCE > SERVER: STAGE`.
    #[serde(default)]
    pub stages: Vec<String>,
    /// Trees of hops since `start`.
    #[serde(default)]
    pub hops: Vec<Hops>,
}

/// The hops before and after one server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hops {
    /// The server, by name.
    pub root: String,
    /// Who came, and who came there before that: `DEPTH FROM > TO: STAGE [USERS]`.
    #[serde(default)]
    pub before: Vec<String>,
    /// Where it went on to.
    #[serde(default)]
    pub after: Vec<String>,
}

/// Anomalous buckets of one destination.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The detector, by name; every one unless named.
    pub detector: Option<String>,
    /// The destination, by label.
    pub destination: String,
    /// Buckets of 15 minutes counted from the one that holds `start`.
    #[serde(default)]
    pub buckets: Vec<i64>,
    /// Instead of those: the first and last of a stretch in which at least one is anomalous.
    pub between: Option<[i64; 2]>,
    /// The score that each of them reaches at least; of a stretch the best.
    #[serde(default = "anomalous")]
    pub score: f64,
}

fn anomalous() -> f64 {
    crate::domain::finding::ANOMALOUS
}

/// A destination to be noticed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// The destination, by label.
    pub destination: String,
    /// The score reached somewhere since a day before `start`.
    pub score: f64,
}

impl Script {
    /// Reads a story file.
    ///
    /// # Errors
    /// Where it is no TOML, or says anything that stories do not know.
    pub fn parse(text: &str) -> Result<Self, BackendError> {
        toml::from_str(text).map_err(|error| {
            BackendError::new(format!("the story could not be read: {error}").trim_end().to_owned())
                .advise("compare it with the stories that come with the program")
        })
    }
}

impl Server {
    /// The spelled-out counts, one per step.
    ///
    /// # Errors
    /// Where a word is neither a number nor a repeated number.
    pub fn counts(&self) -> Result<Vec<u32>, BackendError> {
        let mut counts = Vec::new();
        for word in self.sources.as_deref().unwrap_or("").split_whitespace() {
            let (count, times) = word.split_once('x').unwrap_or((word, "1"));
            match (count.parse::<u32>(), times.parse::<usize>()) {
                (Ok(count @ 0..=60_000), Ok(times @ 1..=100_000)) => counts.extend(std::iter::repeat_n(count, times)),
                _ => {
                    return Err(BackendError::new(format!("the story's counts for {} could not be read: {word:?} is no count", self.ip))
                        .advise("write counts as 1 2 40, repeated ones as 2x96"));
                }
            }
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_may_be_repeated() {
        let server = |sources: &str| toml::from_str::<Server>(&format!("ip = \"10.0.0.5\"\nsources = \"{sources}\"")).expect("a server");
        assert_eq!(server("1 2x3 40").counts().expect("counts"), [1, 2, 2, 2, 40]);
        assert_eq!(server("1 two").counts().expect_err("no count").to_string(), "the story's counts for 10.0.0.5 could not be read: \"two\" is no count");
        assert!(server("1x").counts().is_err());
    }

    #[test]
    fn what_stories_do_not_know_is_refused() {
        let error = Script::parse("title = \"x\"\nstart = \"2025-01-01T00:00:00Z\"\nspeed = 3").expect_err("unknown");
        assert!(error.to_string().contains("unknown field `speed`"), "{error}");
        assert!(error.advice.is_some());
    }
}
