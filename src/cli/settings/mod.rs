//! `config`: the settings shown, checked, and a first profile made by asking.

mod check;
mod dialogue;
mod init;
mod save;
mod show;

use clap::Subcommand;

use super::arguments::Origin;
use super::failure::Failure;
use crate::config::{self, Environment};

/// What to do with the settings; without it every setting is printed with its default, as a file to start from.
#[derive(Subcommand, Debug)]
pub enum ConfigCommand {
    /// Ask where the cluster is, how to log in and which indices; try it, and keep it as a profile
    Init {
        /// What the profile is called
        #[arg(value_name = "NAME", default_value = "default", value_parser = profile_name)]
        name: String,
    },
    /// Show the settings that hold, and the cluster that is meant
    Show {
        /// Where events come from.
        #[command(flatten)]
        cluster: Box<Origin>,
        /// Say who says each of them
        #[arg(long)]
        origin: bool,
    },
    /// Check settings, profiles, keys, themes and schemas; ends with 1 where one cannot be used
    Check,
    /// Print the path of the settings file
    Path,
}

/// Does what the command says.
pub fn run(command: Option<ConfigCommand>, environment: &Environment) -> Result<u8, Failure> {
    match command {
        None => super::print(config::DEFAULT),
        Some(ConfigCommand::Init { name }) => init::run(&name, environment),
        Some(ConfigCommand::Show { cluster, origin }) => super::print(&show::text(&cluster, origin, environment)?),
        Some(ConfigCommand::Check) => check::run(environment),
        Some(ConfigCommand::Path) => super::print(&format!("{}\n", file(environment)?.display())),
    }
}

/// The settings file, there or not.
fn file(environment: &Environment) -> Result<std::path::PathBuf, Failure> {
    config::file(environment).ok_or_else(|| Failure::error("there is no home folder to keep settings in").advise("set XDG_CONFIG_HOME or RDPTRIAGE_CONFIG_DIR"))
}

fn profile_name(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || "-_".contains(character));
    if is_name { Ok(text.to_owned()) } else { Err("expected letters, digits, - and _".to_owned()) }
}
