//! Address databases in the format of `MaxMind`: where an address is registered, and whose network it is of.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::domain::{Foreign, Tag, TagSort};

/// An open database, whole in memory.
pub(super) struct Database {
    reader: maxminddb::Reader<Vec<u8>>,
    path: PathBuf,
}

/// What any of the usual databases may say; each says a part of it.
#[derive(Deserialize)]
struct Said {
    country: Option<Country>,
    registered_country: Option<Country>,
    city: Option<City>,
    autonomous_system_number: Option<u64>,
    autonomous_system_organization: Option<String>,
}

#[derive(Deserialize)]
struct Country {
    iso_code: Option<String>,
}

#[derive(Deserialize)]
struct City {
    names: Option<std::collections::BTreeMap<String, String>>,
}

impl Database {
    /// Opens a file.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        match maxminddb::Reader::open_readfile(path) {
            Ok(reader) => Ok(Self { reader, path: path.to_path_buf() }),
            Err(error) => Err(format!("the address database {} could not be read ({error})", path.display())),
        }
    }

    /// What it says of an address. A damaged entry says nothing.
    pub(super) fn of(&self, address: IpAddr) -> Vec<Tag> {
        let Some(said) = self.reader.lookup(address).ok().and_then(|found| found.decode::<Said>().ok().flatten()) else { return Vec::new() };
        let country = said.country.or(said.registered_country).and_then(|country| country.iso_code);
        let city = said.city.and_then(|city| city.names).and_then(|names| names.get("en").cloned());
        let place = [country, city].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let network = [said.autonomous_system_number.map(|number| number.to_string()), said.autonomous_system_organization];
        let network = network.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let mark = |sort, text: String| (!text.is_empty()).then(|| Tag { sort, text: Foreign::from(text), from: self.path.display().to_string() });
        [mark(TagSort::Place, place), mark(TagSort::Network, network)].into_iter().flatten().collect()
    }
}
