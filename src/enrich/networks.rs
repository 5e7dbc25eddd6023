//! Addresses and networks with what is known of each, found by any address in them.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::domain::{Address, Foreign};

/// What is known of a network.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// What.
    pub(super) text: Foreign,
    /// Where it stands.
    pub(super) from: String,
}

/// Networks by the length of their prefix: as many look-ups as there are lengths, however many networks.
#[derive(Debug, Default)]
pub(super) struct Networks {
    by_prefix: BTreeMap<(bool, u8), HashMap<IpAddr, Vec<Entry>>>,
}

/// A network, or an address as one. Host bits do not matter: `10.0.0.5/24` is meant as `10.0.0.0/24`.
pub(super) fn parse(text: &str) -> Option<IpNet> {
    let text = text.trim();
    if text.contains('/') {
        return text.parse::<IpNet>().ok().map(|network| network.trunc());
    }
    Address::clean(text).map(|address| address.ip().into())
}

impl Networks {
    pub(super) fn add(&mut self, network: IpNet, text: Foreign, from: String) {
        let key = (network.addr().is_ipv6(), network.prefix_len());
        self.by_prefix.entry(key).or_default().entry(network.network()).or_default().push(Entry { text, from });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_prefix.is_empty()
    }

    /// What is known of the networks that hold an address, the narrowest first.
    pub(super) fn holding(&self, address: IpAddr) -> impl Iterator<Item = &Entry> {
        self.by_prefix
            .iter()
            .rev()
            .filter(move |((is_v6, _), _)| *is_v6 == address.is_ipv6())
            .filter_map(move |((_, prefix), networks)| networks.get(&IpNet::new(address, *prefix).ok()?.network()))
            .flatten()
    }
}
