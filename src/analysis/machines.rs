//! Which machine each event is about: one number for a server under all its names and addresses.

use std::collections::HashMap;

use crate::domain::destination::join;
use crate::domain::event::Vantage;
use crate::domain::{Address, Endpoint, Event, Foreign, Machine};

/// The machines in some events.
#[derive(Clone, Debug, Default)]
pub struct Machines {
    list: Vec<Machine>,
    reached: Vec<Option<usize>>,
    reported: Vec<Option<usize>>,
    by_address: HashMap<Address, usize>,
    by_host: HashMap<String, usize>,
}

impl Machines {
    /// Sorts the events by machine.
    pub fn of(events: &[Event]) -> Self {
        let mut endpoints = Vec::with_capacity(2 * events.len());
        for event in events {
            // Who connects knows its own name; whoever connects to loopback reaches itself.
            let own = event.kind.vantage() == Vantage::Source;
            let to_itself = own && event.destination.is_some_and(Address::is_loopback);
            let host = if to_itself { event.host.clone() } else { event.destination_host().cloned() };
            endpoints.push(Endpoint { address: event.destination, host });
            let address = event.source.filter(|address| own && address.identifies_a_host() && event.destination_port.is_some());
            endpoints.push(Endpoint { address, host: event.host.clone().filter(|_| own) });
        }
        let (list, of) = join(&endpoints);
        let place = |number: usize| {
            let named = endpoints.get(number).is_some_and(|endpoint| endpoint.address.is_some() || endpoint.host.is_some());
            of.get(number).copied().filter(|_| named)
        };
        let reached = (0..events.len()).map(|number| place(2 * number)).collect();
        let reported = events.iter().enumerate().map(|(number, event)| match event.kind.vantage() {
            Vantage::Destination => place(2 * number),
            Vantage::Source => place(2 * number + 1),
            Vantage::Between => None,
        });
        let reported = reported.collect();
        let mut machines = Self { list, reached, reported, ..Self::default() };
        for (place, machine) in machines.list.iter().enumerate() {
            machines.by_address.extend(machine.addresses.iter().filter(|address| address.identifies_a_host()).map(|address| (*address, place)));
            for host in &machine.hosts {
                machines.by_host.insert(host.raw().to_lowercase(), place);
            }
        }
        // Clients name servers without the domain; a short name that two servers have names none of them.
        let mut short: HashMap<String, Option<usize>> = HashMap::new();
        for (name, place) in &machines.by_host {
            if let Some((label, _)) = name.split_once('.').filter(|_| Address::clean(name).is_none()) {
                let known = short.entry(label.to_owned()).or_insert(Some(*place));
                if *known != Some(*place) {
                    *known = None;
                }
            }
        }
        for (label, place) in short {
            if let Some(place) = place {
                machines.by_host.entry(label).or_insert(place);
            }
        }
        machines
    }

    /// Every machine.
    pub fn list(&self) -> &[Machine] {
        &self.list
    }

    /// A machine.
    pub fn get(&self, machine: usize) -> Option<&Machine> {
        self.list.get(machine)
    }

    /// The server that the event at `place` is about.
    pub fn reached(&self, place: usize) -> Option<usize> {
        self.reached.get(place).copied().flatten()
    }

    /// The machine that reported the event at `place`; `None` where a sensor between did.
    pub fn reporter(&self, place: usize) -> Option<usize> {
        self.reported.get(place).copied().flatten()
    }

    /// The machine of an address, where one is known to have it.
    pub fn at(&self, address: Address) -> Option<usize> {
        self.by_address.get(&address).copied()
    }

    /// The machine of a name or an address as a client writes it.
    pub fn named(&self, name: &Foreign) -> Option<usize> {
        let name = name.raw().trim().trim_end_matches('.').to_lowercase();
        if let Some(address) = Address::clean(&name) {
            return self.at(address);
        }
        let found = self.by_host.get(&name).copied();
        found.or_else(|| self.by_host.get(name.split_once('.')?.0).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{event, with};
    use super::*;
    use crate::domain::Kind;

    #[test]
    fn names_and_addresses_of_one_server_are_one_machine() {
        let events = [
            event("00:00:00", Kind::SysmonIn, "FS01.corp.example", "10.1.0.1", ""),
            with(event("00:00:01", Kind::SysmonIn, "FS01.corp.example", "10.1.0.1", ""), |event| event.destination = Address::clean("10.0.0.5")),
            with(event("00:00:02", Kind::ZeekRdp, "sensor", "10.1.0.1", ""), |event| event.destination = Address::clean("10.0.0.5")),
            with(event("00:00:03", Kind::SysmonOut, "PC07", "10.1.0.1", ""), |event| {
                event.destination = Address::clean("10.0.0.5");
                event.destination_port = Some(3389);
            }),
        ];
        let machines = Machines::of(&events);
        assert_eq!((machines.reached(0), machines.reached(1), machines.reached(2)), (Some(0), Some(0), Some(0)));
        assert_eq!(machines.reporter(2), None);
        let client = machines.at(Address::clean("10.1.0.1").expect("an address"));
        assert_eq!(client, machines.reporter(3));
        assert_eq!(machines.named(&"fs01".into()), Some(0));
        assert_eq!(machines.named(&"10.0.0.5".into()), Some(0));
        assert_eq!(machines.named(&"pc07".into()), client);
        assert_eq!(machines.named(&"elsewhere".into()), None);
    }
}
