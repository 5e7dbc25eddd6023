//! The commands and flags, as clap reads them.

use std::path::PathBuf;

use clap::builder::styling::Styles;
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::tz::TimeZone;

use super::case::CaseCommand;
use super::exceptions::ExceptionsCommand;
use super::output::Format;
use super::response::ResponseArguments;
use super::settings::ConfigCommand;
use crate::domain::{Address, BucketSize, By, Families, Family};
use crate::query::Filter;

const AFTER_HELP: &str = "\
Exit codes: 0 ok, 1 error (doctor: something is bad), 2 wrong command line, 3 answered from partial data,
4 detect --exit-code found an anomaly, or triage suggests an attack,
5 triage can suggest neither an attack nor a harmless explanation (0: a harmless one).
Nothing is ever written to a cluster. Without a cluster or files, rdptriage shows a demo.";

/// Keyboard-driven triage of RDP events in Elasticsearch, OpenSearch and log files.
#[derive(Parser, Debug)]
#[command(name = "rdptriage", version, about, after_help = AFTER_HELP, styles = Styles::plain(), args_conflicts_with_subcommands = true, max_term_width = 110)]
pub struct Arguments {
    /// What to do; without it the screens open on the configured cluster, or on the demo where none is.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Where events come from.
    #[command(flatten)]
    pub origin: Origin,
    /// What the screens look like.
    #[command(flatten)]
    pub look: Look,
}

/// A command.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Show the embedded story, replayed live; nothing to install or configure
    Demo {
        /// Story seconds that pass in one second
        #[arg(long, value_name = "N", default_value_t = 60.0, value_parser = speed)]
        speed: f64,
        /// What the screens look like.
        #[command(flatten)]
        look: Look,
    },
    /// Open the screens on files, folders or a cluster
    Open {
        /// Files and folders.
        #[command(flatten)]
        files: Files,
        /// Where events come from.
        #[command(flatten)]
        origin: Origin,
        /// What the screens look like.
        #[command(flatten)]
        look: Look,
    },
    /// Count events and distinct sources for each destination and bucket
    Counts {
        /// Files and folders.
        #[command(flatten)]
        files: Files,
        /// Where events come from.
        #[command(flatten)]
        origin: Origin,
        /// Where the answer goes.
        #[command(flatten)]
        output: Output,
        /// What the counted events must prove
        #[arg(long, value_enum, default_value_t = Kinds::All)]
        kind: Kinds,
        /// By what destinations are told apart
        #[arg(long, value_name = "FIELD", default_value = "destination", value_parser = by)]
        by: By,
    },
    /// Find what a Sigma rule finds: ours for suspicious outbound RDP, or yours
    Hunt {
        /// Files and folders.
        #[command(flatten)]
        files: Files,
        /// Where events come from.
        #[command(flatten)]
        origin: Origin,
        /// Where the answer goes.
        #[command(flatten)]
        output: Output,
        /// At most so many hits
        #[arg(long, value_name = "N")]
        head: Option<usize>,
    },
    /// Judge every bucket of every destination
    Detect {
        /// Files and folders.
        #[command(flatten)]
        files: Files,
        /// Where events come from.
        #[command(flatten)]
        origin: Origin,
        /// Where the answer goes.
        #[command(flatten)]
        output: Output,
        /// What the judged events must prove
        #[arg(long, value_enum, default_value_t = Kinds::All)]
        kind: Kinds,
        /// By what destinations are told apart
        #[arg(long, value_name = "FIELD", default_value = "destination", value_parser = by)]
        by: By,
        /// Which detector judges
        #[arg(long, value_name = "NAME")]
        detector: Option<String>,
        /// Explain one verdict: every figure behind it, and what it cannot say; without a time the worst one of the range
        #[arg(long, value_name = "DESTINATION[@TIME]", conflicts_with = "exit_code")]
        explain: Option<String>,
        /// Put together what is odd at several destinations and has one cause: shared sources, or one reached through another
        #[arg(long, conflicts_with = "explain")]
        incidents: bool,
        /// Show the scores of what exceptions hide too
        #[arg(long)]
        show_hidden: bool,
        /// End with 4 where a bucket is anomalous (score 70 or more), for cron
        #[arg(long)]
        exit_code: bool,
    },
    /// Say what a cluster or files can and cannot show, what that means and what to do
    Doctor {
        /// Files and folders.
        #[command(flatten)]
        files: Files,
        /// Where events come from.
        #[command(flatten)]
        origin: Origin,
        /// Where the answer goes.
        #[command(flatten)]
        output: Output,
    },
    /// List the RDP events themselves, one a row, in time order
    Events {
        /// Files and folders.
        #[command(flatten)]
        files: Files,
        /// Where events come from.
        #[command(flatten)]
        origin: Origin,
        /// Where the answer goes.
        #[command(flatten)]
        output: Output,
        /// What the listed events must prove
        #[arg(long, value_enum, default_value_t = Kinds::Every)]
        kind: Kinds,
        /// At most so many events
        #[arg(long, value_name = "N")]
        head: Option<usize>,
    },
    /// Join the logs into sessions: who, from where, how long, how often they came back
    Sessions(Box<Drill>),
    /// Say of each source how far it got: touched, authenticated, logged on, shell, process, or refused
    Sources(Box<Drill>),
    /// List the accounts by where they came from, with outcomes, refusals and what is odd about them
    Users(Box<Drill>),
    /// Show the processes as trees, and every program that opens RDP connections with the Sigma rule's word on it
    Processes(Box<Drill>),
    /// Show who reached a server before and where it went next; without --destination every visit
    Hops {
        /// Whom it is about.
        #[command(flatten)]
        drill: Box<Drill>,
        /// Write the trees as a graph for Graphviz
        #[arg(long, help_heading = "Output")]
        dot: bool,
    },
    /// Prepare what can be done about a spike, each with its undo: isolation, block lists, accounts, escalation; nothing is carried out
    Response(Box<ResponseArguments>),
    /// Keep what is known and wanted, so that it hides findings until it ends: list, add, preview, edit, expire, export, import
    Exceptions {
        /// What to do.
        #[command(subcommand)]
        command: ExceptionsCommand,
    },
    /// Gather the evidence for every step of the guide at one destination, and say what it suggests
    Triage(Box<Triage>),
    /// Keep, check, export and merge cases: what was decided, noted and asked
    Case {
        /// What to do.
        #[command(subcommand)]
        command: CaseCommand,
    },
    /// Print every action with its keys, as a Markdown table
    Keys,
    /// Print the names of the themes
    Themes,
    /// Print every setting with its default, as a file to start from; or init, show, check, path
    Config {
        /// What to do with the settings.
        #[command(subcommand)]
        command: Option<ConfigCommand>,
    },
    /// Print a script by which a shell completes commands and flags
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of the program or of one command
    Man {
        /// The command
        command: Option<String>,
    },
}

/// Files and folders.
#[derive(Args, Debug, Clone, Default)]
pub struct Files {
    /// .evtx, .ndjson, .json, .csv, Zeek .log, .parquet; .gz, .zst and .zip of each; folders; - for standard input
    #[arg(value_name = "FILE")]
    pub paths: Vec<PathBuf>,
}

/// Where events come from, and which of them are meant.
#[derive(Args, Debug, Clone, Default)]
pub struct Origin {
    /// A node of the cluster; repeatable, tried in this order
    #[arg(long, value_name = "URL", conflicts_with_all = ["profile", "context", "start_local", "cloud_id"], help_heading = "Cluster")]
    pub url: Vec<String>,
    /// A cloud id instead of a URL
    #[arg(long, value_name = "ID", conflicts_with_all = ["profile", "context", "start_local"], help_heading = "Cluster")]
    pub cloud_id: Option<String>,
    /// A cluster of the settings file
    #[arg(long, value_name = "NAME", conflicts_with_all = ["context", "start_local"], help_heading = "Cluster")]
    pub profile: Option<String>,
    /// A context of ~/.elasticrc.yml
    #[arg(long, value_name = "NAME", conflicts_with = "start_local", help_heading = "Cluster")]
    pub context: Option<String>,
    /// The folder that start-local made, with its .env
    #[arg(long, value_name = "DIR", help_heading = "Cluster")]
    pub start_local: Option<PathBuf>,
    /// Index pattern; repeatable
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', help_heading = "Cluster")]
    pub index: Vec<String>,

    /// File with an API key, readable by its owner alone
    #[arg(long, value_name = "FILE", help_heading = "Logging in")]
    pub api_key_file: Option<PathBuf>,
    /// Command that prints an API key; no shell is started
    #[arg(long, value_name = "COMMAND", value_parser = command_line, help_heading = "Logging in")]
    pub api_key_command: Option<Argv>,
    /// Refused: a key on the command line stands in `ps` and in the shell's history
    #[arg(long, value_name = "KEY", hide = true)]
    pub api_key: Option<String>,
    /// Name of a user; the password is asked for where no flag says where it is
    #[arg(long, value_name = "NAME", help_heading = "Logging in")]
    pub user: Option<String>,
    /// File with the user's password, readable by its owner alone
    #[arg(long, value_name = "FILE", requires = "user", help_heading = "Logging in")]
    pub password_file: Option<PathBuf>,
    /// Command that prints the user's password; no shell is started
    #[arg(long, value_name = "COMMAND", value_parser = command_line, requires = "user", help_heading = "Logging in")]
    pub password_command: Option<Argv>,
    /// Refused, as an API key is
    #[arg(long, value_name = "PASSWORD", hide = true)]
    pub password: Option<String>,
    /// File with an access token, readable by its owner alone
    #[arg(long, value_name = "FILE", help_heading = "Logging in")]
    pub bearer_file: Option<PathBuf>,
    /// Command that prints an access token; no shell is started
    #[arg(long, value_name = "COMMAND", value_parser = command_line, help_heading = "Logging in")]
    pub bearer_command: Option<Argv>,
    /// Refused, as an API key is
    #[arg(long, value_name = "TOKEN", hide = true)]
    pub bearer: Option<String>,
    /// Ask for the API key, or with --user for the password, without showing it
    #[arg(long, help_heading = "Logging in")]
    pub ask: bool,
    /// PEM file of your own certificate
    #[arg(long, value_name = "FILE", requires = "client_key", help_heading = "Logging in")]
    pub client_cert: Option<PathBuf>,
    /// PEM file of its key, readable by its owner alone
    #[arg(long, value_name = "FILE", requires = "client_cert", help_heading = "Logging in")]
    pub client_key: Option<PathBuf>,

    /// PEM file of the authority that signed the cluster's certificate
    #[arg(long, value_name = "FILE", help_heading = "Security")]
    pub ca_cert: Option<PathBuf>,
    /// SHA-256 of that authority's certificate, as Elasticsearch prints it when it is set up
    #[arg(long, value_name = "HEX", help_heading = "Security")]
    pub ca_fingerprint: Option<String>,
    /// A proxy on the way to the cluster, or none (default: as HTTPS_PROXY and NO_PROXY say)
    #[arg(long, value_name = "URL", help_heading = "Security")]
    pub proxy: Option<String>,
    /// Send credentials unencrypted to another machine
    #[arg(long, help_heading = "Security")]
    pub allow_plaintext: bool,

    /// First moment: RFC 3339 or date math such as now-12h (default: all of the files, now-12h on a cluster)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Which events")]
    pub from: Option<String>,
    /// First moment after, as --from (default: the end)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Which events")]
    pub to: Option<String>,
    /// Width of the buckets: 15m, 1h or 6h
    #[arg(long, value_name = "SIZE", help_heading = "Which events")]
    pub bucket: Option<BucketSize>,
    /// Time zone in which the people of the site work, for the detector's seasons; repeatable
    #[arg(long, value_name = "NAME", value_parser = zone, help_heading = "Which events")]
    pub zone: Vec<TimeZone>,
    /// Only events that meet a condition, such as 'source:10.0.0.0/8 and not user:svc_*'
    #[arg(long = "where", value_name = "EXPR", value_parser = condition, help_heading = "Which events")]
    pub filter: Option<Filter>,
    /// A port of RDP servers beside 3389; repeatable
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Which events")]
    pub port: Vec<u16>,
    /// Time zone of times that are written without one
    #[arg(long, value_name = "NAME", value_parser = zone, help_heading = "Which events")]
    pub naive_zone: Option<TimeZone>,
    /// A file of Sigma rules; repeatable
    #[arg(long, value_name = "FILE", help_heading = "Which events")]
    pub rule: Vec<PathBuf>,
    /// Neither use nor keep what was read before
    #[arg(long, help_heading = "Which events")]
    pub no_cache: bool,
}

/// A drill-down: the events it rests on, and whom it is about.
#[derive(Args, Debug, Clone, Default)]
pub struct Drill {
    /// Files and folders.
    #[command(flatten)]
    pub files: Files,
    /// Where events come from.
    #[command(flatten)]
    pub origin: Origin,
    /// Where the answer goes.
    #[command(flatten)]
    pub output: Output,
    /// Whom it is about.
    #[command(flatten)]
    pub whom: Whom,
}

/// A triage: the destination, and where its evidence comes from.
#[derive(Args, Debug, Clone)]
pub struct Triage {
    /// The server, by any of its names and addresses
    #[arg(value_name = "DESTINATION")]
    pub destination: String,
    /// Files and folders.
    #[command(flatten)]
    pub files: Files,
    /// The moment to look at: RFC 3339 or date math (default: the worst episode)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Whom")]
    pub at: Option<String>,
    /// The guide that is followed, by its id
    #[arg(long, value_name = "ID", help_heading = "Whom")]
    pub guide: Option<String>,
    /// Ask the embedded story instead of a cluster or files
    #[arg(long)]
    pub demo: bool,
    /// Where events come from.
    #[command(flatten)]
    pub origin: Origin,
    /// How it is written (default: md on a terminal, json in a pipe)
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<Written>,
    /// A file instead of standard output; it appears only when whole
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
}

/// How a triage is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Written {
    /// Markdown, for people and tickets
    Md,
    /// One JSON document
    Json,
}

/// Whom a drill-down is about.
#[derive(Args, Debug, Clone, Default)]
pub struct Whom {
    /// Only this server, by any of its names and addresses
    #[arg(long, value_name = "NAME", help_heading = "Whom")]
    pub destination: Option<String>,
    /// Only this source address
    #[arg(long, value_name = "IP", value_parser = address, help_heading = "Whom")]
    pub source: Option<Address>,
    /// Only this account; case and domain do not matter
    #[arg(long, value_name = "NAME", help_heading = "Whom")]
    pub account: Option<String>,
}

/// A program and its arguments.
pub type Argv = std::sync::Arc<[String]>;

fn command_line(text: &str) -> Result<Argv, String> {
    match shell_words::split(text) {
        Ok(argv) if !argv.is_empty() => Ok(argv.into()),
        _ => Err("expected a program and its arguments, quoted as in a shell".to_owned()),
    }
}

/// Where the answer goes.
#[derive(Args, Debug, Clone, Default)]
pub struct Output {
    /// How it is written (default: table)
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<Format>,
    /// A file instead of standard output; it appears only when whole
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
}

/// What the screens look like.
#[derive(Args, Debug, Clone, Default)]
pub struct Look {
    /// Colours, by a name out of `rdptriage themes`
    #[arg(long, value_name = "NAME", help_heading = "Screens")]
    pub theme: Option<String>,
    /// How many colours the terminal has: auto, never, 16, 256 or true
    #[arg(long, value_name = "N", value_parser = ["auto", "never", "16", "256", "true"], help_heading = "Screens")]
    pub color: Option<String>,
    /// Draw with ASCII characters alone
    #[arg(long, help_heading = "Screens")]
    pub ascii: bool,
    /// For the test that the terminal survives a panic.
    #[arg(long = "__panic-after-start", hide = true)]
    pub panic_after_start: bool,
}

/// What events must prove.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Kinds {
    /// A connection was made or seen
    Network,
    /// A logon got through
    Session,
    /// A logon was refused
    Failed,
    /// These three together
    All,
    /// A session was left
    End,
    /// A desktop started
    Shell,
    /// Tells more about one of them
    Context,
    /// Every RDP event
    Every,
}

impl Kinds {
    /// The families meant.
    pub fn families(self) -> Families {
        match self {
            Self::Network => Families::only(Family::Network),
            Self::Session => Families::only(Family::Session),
            Self::Failed => Families::only(Family::Failed),
            Self::End => Families::only(Family::End),
            Self::Shell => Families::only(Family::Shell),
            Self::Context => Families::only(Family::Context),
            Self::All => Families::ALL,
            Self::Every => Families::EVERY,
        }
    }

    /// The word in the contracts.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

fn by(text: &str) -> Result<By, String> {
    let all = [By::Destination, By::DestinationIp, By::HostName];
    all.into_iter().find(|by| by.name() == text).ok_or_else(|| "expected destination, destination.ip or host.name".to_owned())
}

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "expected the name of a time zone, such as Europe/Berlin or UTC".to_owned())
}

fn condition(text: &str) -> Result<Filter, String> {
    text.parse().map_err(|error: crate::query::filter::FilterError| error.to_string())
}

pub(super) fn address(text: &str) -> Result<Address, String> {
    Address::clean(text).ok_or_else(|| "expected an address, such as 10.0.0.7 or 2001:db8::7".to_owned())
}

fn speed(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|speed| (0.0..=100_000.0).contains(speed)).ok_or_else(|| "expected a number from 0 to 100000".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_table_of_flags_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn flags_are_read_with_their_values() {
        let line =
            "rdptriage counts a.evtx b --by host.name --kind failed --where user:kim --port 3390 --bucket 1h --zone Europe/Berlin --from now-1d --format csv";
        let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
        let Some(Command::Counts { files, origin, output, kind, by }) = arguments.command else { panic!("not counts") };
        assert_eq!(files.paths, [PathBuf::from("a.evtx"), PathBuf::from("b")]);
        assert_eq!((by, kind, output.format, origin.bucket), (By::HostName, Kinds::Failed, Some(Format::Csv), Some(BucketSize::Hour)));
        assert_eq!((origin.filter.unwrap().to_string().as_str(), origin.port), ("user.name:kim", vec![3390]));
    }

    #[test]
    fn wrong_values_are_refused_with_what_was_expected() {
        let table = [
            ("counts --by source", "expected destination, destination.ip or host.name"),
            ("counts --where port:x", "column 6: x does not fit destination.port; expected a whole number"),
            ("counts --zone Mars", "expected the name of a time zone"),
            ("counts --bucket 20m", "none of 15m, 1h, 6h"),
            ("counts --port 0", "0 is not in 1..=65535"),
            ("demo --speed fast", "expected a number"),
            ("counts --password-file p", "--user"),
            ("counts --profile a --url https://b.example", "cannot be used with"),
            ("counts --context a --start-local b", "cannot be used with"),
            ("counts --client-cert c", "--client-key"),
            ("counts --api-key-command '", "expected a program and its arguments"),
        ];
        for (line, expected) in table {
            let error = Arguments::try_parse_from(["rdptriage"].into_iter().chain(line.split(' '))).unwrap_err().to_string();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }
}
