//! The flags of `exceptions`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ipnet::IpNet;

use super::super::arguments::{Files, Origin};
use super::super::failure::Failure;
use super::super::output::Format;
use crate::domain::{Address, Foreign, Timestamp};
use crate::exception::{Day, Exception, Window};

/// What to do with exceptions. An ID is a name as `list` shows it.
#[derive(Subcommand, Debug)]
pub enum ExceptionsCommand {
    /// List the exceptions: what each covers, why, who answers for it and until when
    List {
        /// How
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
        /// Those that have ended too
        #[arg(long)]
        all: bool,
        /// Write to this file instead of printing
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Keep a new exception and print its id; with FILEs or a cluster, after a preview of what it would have hidden
    Add(Box<Adding>),
    /// Say what an exception would have hidden, without keeping it
    Preview(Box<Adding>),
    /// Change what an exception covers, its reason, owner or end
    Edit {
        /// The exception
        id: String,
        /// What is changed.
        #[command(flatten)]
        what: What,
        /// Keep it even where it is very wide
        #[arg(long)]
        insist: bool,
    },
    /// End an exception; it is kept, and what it hid before can still be told
    Expire {
        /// The exception
        id: String,
        /// When: RFC 3339 or date math (default: now)
        #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
        at: Option<String>,
    },
    /// Write exceptions for another tool; what its form cannot say is left out and told
    Export {
        /// The exceptions (default: all that have not ended)
        ids: Vec<String>,
        /// elastic, kql, query-dsl, sigma, cidr or toml
        #[arg(long, default_value = "toml")]
        format: String,
        /// Write to this file instead of printing
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Take in exceptions from a file: Elastic's exception list, a list of networks, or our own form
    Import {
        /// The file; - for standard input
        file: PathBuf,
        /// elastic, cidr or toml (default: by its looks)
        #[arg(long)]
        format: Option<String>,
        /// The destination of a list of networks; repeatable
        #[arg(long, value_name = "NAME")]
        destination: Vec<String>,
        /// Why, where the file gives no reason
        #[arg(long)]
        reason: Option<String>,
        /// Who answers for them, where the file names nobody (default: you)
        #[arg(long)]
        owner: Option<String>,
        /// When they end, where the file does not say (default: in 30 days)
        #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
        until: Option<String>,
        /// Keep them even where they are very wide
        #[arg(long)]
        insist: bool,
    },
}

/// A new exception, and the events that it is held against.
#[derive(Args, Debug, Clone, Default)]
pub struct Adding {
    /// Files and folders.
    #[command(flatten)]
    pub files: Files,
    /// Where events come from.
    #[command(flatten)]
    pub origin: Origin,
    /// What it covers.
    #[command(flatten)]
    pub what: What,
    /// The id of a kept exception, for `preview`
    #[arg(long, value_name = "ID", help_heading = "Exception")]
    pub id: Option<String>,
    /// Keep it even where it is very wide
    #[arg(long, help_heading = "Exception")]
    pub insist: bool,
    /// Addresses that are on a threat list, one address or network a line; repeatable
    #[arg(long, value_name = "FILE", help_heading = "Exception")]
    pub threats: Vec<PathBuf>,
}

/// What an exception covers.
#[derive(Args, Debug, Clone, Default)]
pub struct What {
    /// Destination, by a name or an address; repeatable
    #[arg(long, value_name = "NAME", help_heading = "Exception")]
    pub destination: Vec<String>,
    /// Source address or network; repeatable
    #[arg(long, value_name = "NETWORK", value_parser = network, help_heading = "Exception")]
    pub source: Vec<IpNet>,
    /// Account, with its domain or in every domain; repeatable
    #[arg(long, value_name = "NAME", help_heading = "Exception")]
    pub account: Vec<String>,
    /// Only at these hours, such as 22:00-02:00
    #[arg(long, value_name = "HOURS", help_heading = "Exception")]
    pub hours: Option<String>,
    /// Only on these days, such as tue or mon,fri
    #[arg(long, value_name = "DAYS", value_delimiter = ',', help_heading = "Exception")]
    pub days: Vec<String>,
    /// Only on the first (1) to fifth or the last (-1) of those days in a month; repeatable
    #[arg(long, value_name = "N", value_delimiter = ',', allow_hyphen_values = true, help_heading = "Exception")]
    pub weeks: Vec<i8>,
    /// The time zone of the hours, such as Europe/Berlin (default: UTC)
    #[arg(long, value_name = "NAME", help_heading = "Exception")]
    pub hours_zone: Option<String>,
    /// First moment it covers: RFC 3339 or date math (default: all of the past)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Exception")]
    pub since: Option<String>,
    /// When it ends (default: in 30 days)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Exception")]
    pub until: Option<String>,
    /// What it is about and why it is wanted
    #[arg(long, help_heading = "Exception")]
    pub reason: Option<String>,
    /// Who answers for it
    #[arg(long, help_heading = "Exception")]
    pub owner: Option<String>,
}

fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpNet>().ok().map(|network| network.trunc());
    network
        .or_else(|| Address::clean(text).map(|address| address.ip().into()))
        .ok_or_else(|| "expected an address or a network, such as 10.0.0.7 or 10.0.0.0/24".to_owned())
}

impl What {
    /// Puts it into an exception; what was changed, in words.
    ///
    /// # Errors
    /// Where a time, a day or a zone is none.
    pub fn apply(&self, exception: &mut Exception, now: Timestamp) -> Result<Vec<String>, Failure> {
        let mut changed = Vec::new();
        let names = |names: &[String]| names.iter().map(|name| Foreign::from(name.as_str())).collect::<Vec<_>>();
        if !self.destination.is_empty() {
            exception.destinations = names(&self.destination);
            changed.push("destinations".to_owned());
        }
        if !self.source.is_empty() {
            exception.sources.clone_from(&self.source);
            changed.push("sources".to_owned());
        }
        if !self.account.is_empty() {
            exception.users = names(&self.account);
            changed.push("accounts".to_owned());
        }
        if let Some(window) = self.window()? {
            exception.windows = vec![window];
            changed.push("hours".to_owned());
        }
        if let Some(since) = &self.since {
            exception.from = Some(super::moment("--since", since, now)?);
            changed.push("since".to_owned());
        }
        if let Some(until) = &self.until {
            exception.until = if until == "never" { None } else { Some(super::moment("--until", until, now)?) };
            changed.push("until".to_owned());
        }
        if let Some(reason) = &self.reason {
            exception.reason = reason.as_str().into();
            changed.push("reason".to_owned());
        }
        if let Some(owner) = &self.owner {
            exception.owner = owner.as_str().into();
            changed.push("owner".to_owned());
        }
        Ok(changed)
    }

    fn window(&self) -> Result<Option<Window>, Failure> {
        if self.hours.is_none() && self.days.is_empty() && self.weeks.is_empty() {
            return Ok(None);
        }
        let days = self.days.iter().map(|day| {
            Day::named(day.trim()).ok_or_else(|| {
                Failure::usage(format!("--days: {} is no day", Foreign::from(day.as_str()).safe())).advise("write mon, tue, wed, thu, fri, sat, sun")
            })
        });
        let hours = self.hours.as_deref().unwrap_or("00:00-00:00");
        let (start, end) = hours.split_once('-').ok_or_else(|| Failure::usage("--hours: expected two times of day, such as 22:00-02:00"))?;
        let zone = self.hours_zone.as_deref().unwrap_or("UTC");
        Window::new(days.collect::<Result<_, _>>()?, self.weeks.clone(), start, end, zone).map(Some).map_err(|error| Failure::usage(error.to_string()))
    }
}
