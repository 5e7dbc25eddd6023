//! The flags of `response`.

use std::path::PathBuf;

use clap::Args;

use super::super::arguments::{Files, Origin, Output, address};
use crate::domain::Address;

/// What is to be prepared, about which spike.
#[derive(Args, Debug, Clone, Default)]
pub struct ResponseArguments {
    /// Address or name of the destination
    pub destination: String,
    /// Files and folders.
    #[command(flatten)]
    pub files: Files,
    /// Where events come from.
    #[command(flatten)]
    pub origin: Origin,
    /// Where the answer goes.
    #[command(flatten)]
    pub output: Output,
    /// A moment within the spike: RFC 3339 or date math (default: the worst bucket in the range)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Response")]
    pub at: Option<String>,
    /// Only one response: isolate, scope, blocklist, accounts, hosts, escalation or detection
    #[arg(long, value_name = "RESPONSE", help_heading = "Response")]
    pub what: Option<String>,
    /// Only one of its texts and nothing else, such as nftables, windows-firewall or disable
    #[arg(long = "as", value_name = "TEXT", requires = "what", help_heading = "Response")]
    pub style: Option<String>,
    /// What takes that text back, instead of the text
    #[arg(long, requires = "style", help_heading = "Response")]
    pub undo: bool,
    /// A source that is meant; repeatable (default: those that are new here)
    #[arg(long, value_name = "IP", value_parser = address, help_heading = "Response")]
    pub source: Vec<Address>,
    /// A file of sources that are meant, one address a line
    #[arg(long, value_name = "FILE", help_heading = "Response")]
    pub sources_from: Option<PathBuf>,
    /// Write neighbouring addresses as networks that hold nothing else
    #[arg(long, help_heading = "Response")]
    pub collapse: bool,
    /// Block whole IPv4 networks of this length around each source, others in them included
    #[arg(long, value_name = "LENGTH", value_parser = clap::value_parser!(u8).range(8..=32), help_heading = "Response")]
    pub widen: Option<u8>,
    /// An address, network, host or account that must not be hit, beside those in protected.txt; repeatable
    #[arg(long, value_name = "WHAT", help_heading = "Response")]
    pub protect: Vec<String>,
    /// Name of the case, for the names of rules and groups
    #[arg(long, value_name = "CASE", help_heading = "Response")]
    pub case: Option<String>,
}
