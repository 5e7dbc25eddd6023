//! The RDP server reached, with all its names and addresses.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Address, Endpoint, Foreign};

/// One server under every name and address by which events call it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct Destination {
    /// Its addresses, in order.
    pub addresses: BTreeSet<Address>,
    /// Its host names, in order.
    pub hosts: BTreeSet<Foreign>,
}

impl Destination {
    /// The one name it goes by in lists and exports: its first address that tells hosts apart, else its
    /// first name, else whatever address there is.
    pub fn label(&self) -> Foreign {
        self.addresses
            .iter()
            .find(|address| address.identifies_a_host())
            .map(|address| Foreign::from(address.to_string()))
            .or_else(|| self.hosts.first().cloned())
            .or_else(|| self.addresses.first().map(|address| Foreign::from(address.to_string())))
            .unwrap_or_default()
    }

    /// Its host name, shown beside the label; `None` where the label is the name.
    pub fn name(&self) -> Option<&Foreign> {
        let host = self.hosts.first()?;
        (self.label() != *host).then_some(host)
    }

    /// Whether an event that names this address and this host is about this destination.
    pub fn has(&self, address: Option<Address>, host: Option<&Foreign>) -> bool {
        address.is_some_and(|address| self.addresses.contains(&address)) || host.is_some_and(|host| self.hosts.contains(host))
    }
}

impl From<Address> for Destination {
    fn from(address: Address) -> Self {
        Self { addresses: BTreeSet::from([address]), hosts: BTreeSet::new() }
    }
}

impl From<Foreign> for Destination {
    fn from(host: Foreign) -> Self {
        Self { addresses: BTreeSet::new(), hosts: BTreeSet::from([host]) }
    }
}

/// Joins endpoints into destinations; the answer holds, for each endpoint, the number of its destination.
///
/// An address and a name are one server when an event shows both. Two brakes keep strangers apart: an
/// address that is the same on every host (loopback, link-local) joins nothing, and an address that
/// several hosts have reported (a pool, a NAT, a renamed machine) belongs to none of them.
pub fn join(endpoints: &[Endpoint]) -> (Vec<Destination>, Vec<usize>) {
    let folded = |host: &Foreign| host.raw().to_lowercase();
    let mut hosts_of: BTreeMap<Address, BTreeSet<String>> = BTreeMap::new();
    for endpoint in endpoints {
        if let (Some(address), Some(host)) = (endpoint.address, &endpoint.host)
            && address.identifies_a_host()
        {
            hosts_of.entry(address).or_default().insert(folded(host));
        }
    }
    let mut numbers: BTreeMap<Key, usize> = BTreeMap::new();
    let mut destinations: Vec<Destination> = Vec::new();
    let mut of = Vec::with_capacity(endpoints.len());
    for endpoint in endpoints {
        let owner = endpoint.address.and_then(|address| hosts_of.get(&address)).filter(|hosts| hosts.len() == 1).and_then(BTreeSet::first);
        let key = match (&endpoint.host, owner, endpoint.address) {
            (Some(host), _, _) => Key::Host(folded(host)),
            (None, Some(host), _) => Key::Host(host.clone()),
            (None, None, address) => Key::Address(address),
        };
        let number = *numbers.entry(key).or_insert_with(|| {
            destinations.push(Destination::default());
            destinations.len() - 1
        });
        if let Some(destination) = destinations.get_mut(number) {
            destination.hosts.extend(endpoint.host.clone());
            let shared = endpoint.host.is_some() && owner.is_none();
            if let Some(address) = endpoint.address
                && !shared
            {
                destination.addresses.insert(address);
            }
        }
        of.push(number);
    }
    (destinations, of)
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Host(String),
    Address(Option<Address>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(address: Option<&str>, host: Option<&str>) -> Endpoint {
        Endpoint { address: address.and_then(Address::clean), host: host.map(Foreign::from) }
    }

    #[test]
    fn an_event_that_shows_both_joins_name_and_address() {
        let (destinations, of) =
            join(&[endpoint(Some("10.0.0.5"), None), endpoint(None, Some("FS01")), endpoint(Some("10.0.0.5"), Some("fs01")), endpoint(Some("10.0.0.6"), None)]);
        assert_eq!(of, [0, 0, 0, 1]);
        assert_eq!(destinations[0].label().raw(), "10.0.0.5");
        assert_eq!(destinations[0].name().map(Foreign::raw), Some("FS01"));
    }

    #[test]
    fn loopback_and_shared_addresses_join_nothing() {
        let (destinations, of) = join(&[
            endpoint(Some("127.0.0.2"), Some("A")),
            endpoint(Some("127.0.0.2"), Some("B")),
            endpoint(Some("10.0.0.9"), Some("A")),
            endpoint(Some("10.0.0.9"), Some("B")),
            endpoint(Some("10.0.0.9"), None),
        ]);
        assert_eq!(of, [0, 1, 0, 1, 2]);
        assert_eq!(destinations[2].label().raw(), "10.0.0.9");
        assert_eq!(destinations[0].label().raw(), "A");
    }
}
