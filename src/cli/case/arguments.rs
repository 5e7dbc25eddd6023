//! The flags of `case`.

use std::path::PathBuf;

use clap::Subcommand;

use super::super::output::Format;
use super::report::ReportArguments;
use crate::case::Hash;
use crate::domain::Timestamp;

/// What to do with cases. A CASE is a name as `list` shows it, or a path.
#[derive(Subcommand, Debug)]
pub enum CaseCommand {
    /// List the cases
    List {
        /// How
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
        /// Write to this file instead of printing
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Open a case about a destination, and print its name
    New {
        /// Address or name of the destination
        destination: String,
        /// First moment looked at (default: 12 hours before --to)
        #[arg(long, value_name = "TIME")]
        from: Option<Timestamp>,
        /// First moment after it (default: now)
        #[arg(long, value_name = "TIME")]
        to: Option<Timestamp>,
    },
    /// Write a note into a case
    Note {
        /// The case
        case: String,
        /// The text; - takes one note from each line of standard input
        #[arg(required = true)]
        text: Vec<String>,
    },
    /// Show every entry in order: when, who, what
    Show {
        /// The case, or an exported one
        case: String,
        /// How
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
        /// Write to this file instead of printing
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Name every entry and document that was altered, is missing or changed places; ends with 1 where there is one
    Verify {
        /// The case, or an exported one
        case: String,
        /// A head written down elsewhere (every report prints it): the case must have had it once
        #[arg(long, value_name = "HASH")]
        head: Option<Hash>,
    },
    /// Write a report of a case; with FILEs or a cluster its figures are asked again
    Report(Box<ReportArguments>),
    /// Write a case with its documents as one text file that proves itself
    Export {
        /// The case
        case: String,
        /// Write to this file instead of printing
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Take in an exported case
    Import {
        /// The exported case
        file: PathBuf,
        /// Under another name
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// Add to a case what another copy of it has and it lacks
    Merge {
        /// The case that is added to
        case: String,
        /// The other copy: a case or an exported one
        other: String,
    },
}
