//! What is known of an address or a host beside the events: tags, each with where it comes from.

use serde::Serialize;

use super::{Address, Foreign};

/// What sort of thing is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize)]
pub enum TagSort {
    /// It stands on a list of threats.
    #[serde(rename = "TI")]
    Threat,
    /// It is a scanner of the site.
    #[serde(rename = "SCAN")]
    Scanner,
    /// It is of those who look after the servers.
    #[serde(rename = "ADMIN")]
    Admin,
    /// It is in the list of assets.
    #[serde(rename = "ASSET")]
    Asset,
    /// Where on earth it is registered.
    #[serde(rename = "GEO")]
    Place,
    /// Which network it is of.
    #[serde(rename = "AS")]
    Network,
}

impl TagSort {
    /// The word on the screen and in exports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Threat => "TI",
            Self::Scanner => "SCAN",
            Self::Admin => "ADMIN",
            Self::Asset => "ASSET",
            Self::Place => "GEO",
            Self::Network => "AS",
        }
    }
}

/// One thing that is known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Tag {
    /// What sort.
    #[serde(rename = "mark")]
    pub sort: TagSort,
    /// What: the name of the list, the owner and the role, the country.
    pub text: Foreign,
    /// Where it stands: file and line, or setting.
    pub from: String,
}

impl Tag {
    /// In words, inert.
    pub fn words(&self) -> String {
        let text = self.text.safe();
        if text.as_str().is_empty() { self.sort.word().to_owned() } else { format!("{} {text}", self.sort.word()) }
    }
}

/// Knows things about addresses and hosts.
pub trait Lore: Send + Sync {
    /// What is known of an address, in order of sort.
    fn of_address(&self, address: Address) -> Vec<Tag>;

    /// What is known of a host by its name.
    fn of_host(&self, host: &Foreign) -> Vec<Tag>;

    /// Whether it knows anything at all.
    fn is_empty(&self) -> bool;
}

/// Knows nothing.
impl Lore for () {
    fn of_address(&self, _address: Address) -> Vec<Tag> {
        Vec::new()
    }

    fn of_host(&self, _host: &Foreign) -> Vec<Tag> {
        Vec::new()
    }

    fn is_empty(&self) -> bool {
        true
    }
}
