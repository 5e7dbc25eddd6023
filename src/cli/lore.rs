//! What the settings say is to be known of addresses, read.

use super::Failure;
use crate::config::{Config, Environment};
use crate::enrich::{Enrichment, Fault, Wanted};

/// Reads the user's lists, assets and databases; what of them cannot be used is told in sentences.
///
/// # Errors
/// Where the settings cannot be read.
pub(super) fn open(environment: &Environment) -> Result<(Enrichment, Vec<Fault>), Failure> {
    Ok(read(&Config::load(environment)?, environment))
}

/// The same of settings that are read already.
pub(super) fn read(config: &Config, environment: &Environment) -> (Enrichment, Vec<Fault>) {
    let enrich = config.enrich.at_home(environment);
    let wanted = Wanted {
        lists: enrich.lists.into_iter().map(|list| (list.name, list.file)).collect(),
        assets: enrich.assets,
        admins: enrich.admins,
        scanners: enrich.scanners,
        databases: enrich.databases,
    };
    Enrichment::open(&wanted)
}
