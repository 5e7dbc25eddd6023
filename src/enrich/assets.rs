//! Lists of assets: CSV with a column of addresses, networks or hosts, and owner, criticality and role of each.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;

use super::Fault;
use super::networks::{Networks, parse};
use crate::domain::{Foreign, Tag, TagSort};

/// Known assets.
#[derive(Debug, Default)]
pub(super) struct Assets {
    networks: Networks,
    /// By name in full and by its first label, folded. A label that two assets have names neither.
    hosts: HashMap<String, Option<Tag>>,
}

/// Where the columns stand.
struct Columns {
    address: Option<usize>,
    host: Option<usize>,
    owner: Option<usize>,
    criticality: Option<usize>,
    role: Option<usize>,
}

impl Columns {
    fn of(header: &csv::StringRecord) -> Self {
        let place = |names: &[&str]| header.iter().position(|title| names.iter().any(|name| title.trim().eq_ignore_ascii_case(name)));
        Self {
            address: place(&["ip", "address", "ip_address", "host.ip", "cidr", "network"]),
            host: place(&["host", "hostname", "host_name", "host.name", "fqdn"]),
            owner: place(&["owner", "team"]),
            criticality: place(&["criticality", "criticality_level", "asset.criticality"]),
            role: place(&["role", "description"]),
        }
    }
}

impl Assets {
    pub(super) fn is_empty(&self) -> bool {
        self.networks.is_empty() && self.hosts.is_empty()
    }

    /// Reads a file.
    pub(super) fn read(&mut self, text: &str, path: &Path, faults: &mut Vec<Fault>) {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let columns = match reader.headers() {
            Ok(header) => Columns::of(header),
            Err(error) => {
                faults.push(format!("{} could not be read ({error})", path.display()));
                return;
            }
        };
        if columns.address.is_none() && columns.host.is_none() {
            faults.push(format!("{} has no column of addresses or hosts: one of ip, address, host, hostname, name of host is needed", path.display()));
            return;
        }
        for record in reader.records() {
            match record {
                Ok(record) => self.take(&record, &columns, path, faults),
                Err(error) => faults.push(format!("{} could not be read on ({error})", path.display())),
            }
        }
    }

    fn take(&mut self, record: &csv::StringRecord, columns: &Columns, path: &Path, faults: &mut Vec<Fault>) {
        let line = record.position().map_or(0, csv::Position::line);
        let value = |place: Option<usize>| place.and_then(|place| record.get(place)).filter(|text| !text.is_empty());
        let parts = [
            value(columns.role).map(str::to_owned),
            value(columns.criticality).map(|criticality| format!("criticality {criticality}")),
            value(columns.owner).map(|owner| format!("of {owner}")),
        ];
        let text = Foreign::from(parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
        let from = format!("{}, line {line}", path.display());
        if let Some(address) = value(columns.address) {
            match parse(address) {
                Some(network) => self.networks.add(network, text.clone(), from.clone()),
                None => faults.push(format!("{from}: \"{}\" is neither an address nor a network", Foreign::from(address).safe())),
            }
        }
        if let Some(host) = value(columns.host) {
            let host = host.trim_end_matches('.').to_lowercase();
            let mark = Tag { sort: TagSort::Asset, text, from };
            if let Some((label, _)) = host.split_once('.') {
                self.hosts.entry(label.to_owned()).and_modify(|known| *known = None).or_insert_with(|| Some(mark.clone()));
            }
            self.hosts.insert(host, Some(mark));
        }
    }

    /// The narrowest asset that holds an address.
    pub(super) fn of_address(&self, address: IpAddr) -> Option<Tag> {
        let entry = self.networks.holding(address).next()?;
        Some(Tag { sort: TagSort::Asset, text: entry.text.clone(), from: entry.from.clone() })
    }

    /// The asset of a name, in full or by its first label.
    pub(super) fn of_host(&self, host: &Foreign) -> Option<Tag> {
        let host = host.raw().trim_end_matches('.').to_lowercase();
        let by_label = || self.hosts.get(host.split_once('.')?.0);
        self.hosts.get(&host).or_else(by_label).cloned().flatten()
    }
}
