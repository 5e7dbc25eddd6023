//! What the user's lists, assets and address databases say of an address or a host: everything that adds to the events.
//!
//! Each mark says where it stands. A line that cannot be read is named with its file, and the rest is used.

mod assets;
mod database;
mod list;
mod networks;

use std::path::{Path, PathBuf};

use database::Database;
use networks::Networks;

use crate::domain::{Address, Foreign, Lore, Tag, TagSort};

/// What is to be known: files and ranges.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    /// Lists of threats: name and file.
    pub lists: Vec<(String, PathBuf)>,
    /// CSV files of assets.
    pub assets: Vec<PathBuf>,
    /// Addresses and networks of those who look after the servers.
    pub admins: Vec<String>,
    /// Addresses and networks of the site's scanners.
    pub scanners: Vec<String>,
    /// `MaxMind` databases.
    pub databases: Vec<PathBuf>,
}

/// Everything known.
#[derive(Default)]
pub struct Enrichment {
    threats: Networks,
    admins: Networks,
    scanners: Networks,
    assets: assets::Assets,
    databases: Vec<Database>,
}

/// A line, a file or a range that cannot be used, in a sentence.
pub type Fault = String;

impl Enrichment {
    /// Reads everything that can be read, and says what cannot.
    pub fn open(wanted: &Wanted) -> (Self, Vec<Fault>) {
        let (mut known, mut faults) = (Self::default(), Vec::new());
        for (name, path) in &wanted.lists {
            if let Some(text) = text(path, "list", &mut faults) {
                list::read(&text, path, name, &mut known.threats, &mut faults);
            }
        }
        for path in &wanted.assets {
            if let Some(text) = text(path, "list of assets", &mut faults) {
                known.assets.read(&text, path, &mut faults);
            }
        }
        for (ranges, networks, setting) in [(&wanted.admins, &mut known.admins, "enrich.admins"), (&wanted.scanners, &mut known.scanners, "enrich.scanners")] {
            for range in ranges {
                match networks::parse(range) {
                    Some(network) => networks.add(network, Foreign::default(), format!("setting {setting}, {network}")),
                    None => faults.push(format!("{setting}: {} is neither an address nor a network", Foreign::from(range.as_str()).safe())),
                }
            }
        }
        for path in &wanted.databases {
            match Database::open(path) {
                Ok(database) => known.databases.push(database),
                Err(fault) => faults.push(fault),
            }
        }
        (known, faults)
    }
}

impl Lore for Enrichment {
    fn of_address(&self, address: Address) -> Vec<Tag> {
        let ip = address.ip();
        let mut marks = Vec::new();
        for (sort, networks) in [(TagSort::Threat, &self.threats), (TagSort::Scanner, &self.scanners), (TagSort::Admin, &self.admins)] {
            marks.extend(networks.holding(ip).map(|entry| Tag { sort, text: entry.text.clone(), from: entry.from.clone() }));
        }
        marks.extend(self.assets.of_address(ip));
        for database in &self.databases {
            marks.extend(database.of(ip));
        }
        marks
    }

    fn of_host(&self, host: &Foreign) -> Vec<Tag> {
        self.assets.of_host(host).into_iter().collect()
    }

    fn is_empty(&self) -> bool {
        self.threats.is_empty() && self.admins.is_empty() && self.scanners.is_empty() && self.assets.is_empty() && self.databases.is_empty()
    }
}

/// The text of a file; what is no text in it is replaced, so that one bad byte spoils one line.
fn text(path: &Path, what: &str, faults: &mut Vec<Fault>) -> Option<String> {
    match std::fs::read(path) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => {
            faults.push(format!("the {what} {} could not be read ({error})", path.display()));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(files: &[(&str, &str)], admins: &[&str]) -> (Enrichment, Vec<Fault>) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut wanted = Wanted { admins: admins.iter().map(|range| (*range).to_owned()).collect(), ..Wanted::default() };
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            if name.ends_with(".csv") { wanted.assets.push(path) } else { wanted.lists.push(((*name).to_owned(), path)) }
        }
        let place = folder.path().to_str().expect("text").to_owned() + "/";
        let (known, faults) = Enrichment::open(&wanted);
        (known, faults.into_iter().map(|fault| fault.replace(&place, "")).collect())
    }

    fn marks(known: &Enrichment, address: &str) -> Vec<String> {
        known.of_address(Address::clean(address).expect("an address")).iter().map(Tag::words).collect()
    }

    #[test]
    fn lines_that_cannot_be_read_are_named_and_the_rest_is_used() {
        let list = "# bad ones\n192.0.2.7\n198.51.100.0/24 ; botnet\n\nnot-an-address\n192.0.2.300\n2001:db8::/32,tor\n10.0.0.5/24\n";
        let (known, faults) = opened(&[("bad.txt", list)], &["10.9.0.0/16", "jump"]);
        assert_eq!(
            faults,
            [
                "bad.txt, line 5: \"not-an-address\" is neither an address nor a network",
                "bad.txt, line 6: \"192.0.2.300\" is neither an address nor a network",
                "enrich.admins: jump is neither an address nor a network",
            ]
        );
        assert_eq!(marks(&known, "192.0.2.7"), ["TI bad.txt"]);
        assert_eq!(marks(&known, "198.51.100.77"), ["TI bad.txt: botnet"]);
        assert_eq!(marks(&known, "2001:db8:1::9"), ["TI bad.txt: tor"]);
        assert_eq!(marks(&known, "10.0.0.77"), ["TI bad.txt"]);
        assert_eq!(marks(&known, "10.9.3.4"), ["ADMIN"]);
        assert_eq!(marks(&known, "203.0.113.1"), Vec::<String>::new());
        let from = known.of_address(Address::clean("198.51.100.77").expect("an address"))[0].from.clone();
        assert!(from.ends_with("bad.txt, line 3"), "{from}");
    }

    #[test]
    fn assets_by_address_network_and_host() {
        let csv = "ip,host,owner,criticality,role\n10.20.4.17,FILESRV-02,storage team,high,file server\n10.20.9.0/24,,network,,jump hosts\n,DC01.corp.example,identity,extreme,\nx,,,,\n";
        let (known, faults) = opened(&[("assets.csv", csv)], &[]);
        assert_eq!(faults, ["assets.csv, line 5: \"x\" is neither an address nor a network"]);
        assert_eq!(marks(&known, "10.20.4.17"), ["ASSET file server, criticality high, of storage team"]);
        assert_eq!(marks(&known, "10.20.9.30"), ["ASSET jump hosts, of network"]);
        let of = |host: &str| known.of_host(&host.into()).iter().map(Tag::words).collect::<Vec<_>>();
        assert_eq!(of("dc01.CORP.example"), ["ASSET criticality extreme, of identity"]);
        assert_eq!(of("filesrv-02"), ["ASSET file server, criticality high, of storage team"]);
        assert_eq!(of("dc01"), ["ASSET criticality extreme, of identity"]);
        let (_, faults) = opened(&[("b.csv", "name,value\na,b\n")], &[]);
        assert_eq!(faults, ["b.csv has no column of addresses or hosts: one of ip, address, host, hostname, name of host is needed"]);
    }

    #[test]
    fn files_that_are_not_there_are_named() {
        let wanted = Wanted { lists: vec![("x".to_owned(), "/nowhere/x.txt".into())], databases: vec!["/nowhere/y.mmdb".into()], ..Wanted::default() };
        let (known, faults) = Enrichment::open(&wanted);
        assert!(known.is_empty());
        assert_eq!(faults.len(), 2);
        assert!(faults[0].starts_with("the list /nowhere/x.txt could not be read ("), "{faults:?}");
        assert!(faults[1].starts_with("the address database /nowhere/y.mmdb could not be read ("), "{faults:?}");
    }
}
