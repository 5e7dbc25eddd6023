//! The places of destinations and sources: once given, a place is kept, however many answers come in.

use std::collections::{BTreeMap, HashMap};

use crate::domain::arrivals::NO_SOURCE;
use crate::domain::destination::join;
use crate::domain::{Address, Arrival, Arrivals, BucketSize, By, Destination, Endpoint};

/// For each destination with sources in a bucket: its place and the places of its distinct sources.
pub type Present = Vec<(usize, Vec<u32>)>;

/// The same by quarters of an hour: number of the quarter, and who is present in it.
pub type Quarters = Vec<(i64, Present)>;

/// Who is known by which place.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    by: By,
    endpoints: BTreeMap<Endpoint, usize>,
    destinations: Vec<Destination>,
    sources: HashMap<Address, u32, foldhash::fast::FixedState>,
    /// The sources by place.
    addresses: Vec<Address>,
    /// Places of destinations by the addresses that tell hosts apart.
    servers: HashMap<Address, usize, foldhash::fast::FixedState>,
    torn: bool,
}

/// The places of one answer's endpoints and sources.
#[derive(Debug)]
pub struct Places {
    destination: Vec<Option<usize>>,
    source: Vec<u32>,
}

impl Roster {
    /// Nobody is known; destinations will be told apart by `by`.
    pub fn new(by: By) -> Self {
        Self { by, ..Self::default() }
    }

    /// The destinations by place.
    pub fn destinations(&self) -> &[Destination] {
        &self.destinations
    }

    /// The address of the source at this place.
    pub fn address(&self, source: u32) -> Option<Address> {
        self.addresses.get(source as usize).copied()
    }

    /// The place of the destination that has this address.
    pub fn at(&self, address: Address) -> Option<usize> {
        self.servers.get(&address).copied()
    }

    /// Whether a later answer showed that two destinations are one, or one is two. They keep their places until
    /// everything is counted afresh.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// Takes in everyone an answer names.
    pub fn admit(&mut self, arrivals: &Arrivals) -> Places {
        let new: Vec<&Endpoint> = arrivals.endpoints.iter().filter(|endpoint| !self.endpoints.contains_key(*endpoint)).collect();
        if !new.is_empty() {
            self.enrol(&new);
        }
        let source = arrivals
            .sources
            .iter()
            .map(|address| {
                let next = u32::try_from(self.sources.len()).unwrap_or(NO_SOURCE);
                let place = *self.sources.entry(*address).or_insert(next);
                if place == next {
                    self.addresses.push(*address);
                }
                place
            })
            .collect();
        Places {
            destination: arrivals.endpoints.iter().map(|endpoint| self.endpoints.get(endpoint).copied().filter(|place| *place != NOWHERE)).collect(),
            source,
        }
    }

    fn enrol(&mut self, new: &[&Endpoint]) {
        let known = self.endpoints.len();
        let mut all: Vec<Endpoint> = self.endpoints.keys().cloned().collect();
        all.extend(new.iter().map(|endpoint| (*endpoint).clone()));
        let (groups, of) = match self.by {
            By::Destination => join(&all),
            By::DestinationIp => split(&all, |endpoint| endpoint.address.map(Destination::from)),
            By::HostName => split(&all, |endpoint| endpoint.host.clone().map(Destination::from)),
        };
        let mut places: Vec<Option<usize>> = vec![None; groups.len()];
        for (endpoint, group) in all.iter().zip(&of).take(known) {
            let (Some(before), Some(place)) = (self.endpoints.get(endpoint).copied(), places.get_mut(*group)) else { continue };
            self.torn |= place.is_some_and(|place| place != before);
            *place = Some(place.map_or(before, |place| place.min(before)));
        }
        // An old destination whose endpoints now lie in two groups would be named twice.
        let mut taken: Vec<usize> = places.iter().flatten().copied().collect();
        taken.sort_unstable();
        self.torn |= taken.windows(2).any(|pair| matches!(pair, [one, two] if one == two));
        for (endpoint, group) in all.into_iter().zip(of).skip(known) {
            let place = match places.get_mut(group) {
                _ if endpoint.address.is_none() && endpoint.host.is_none() => NOWHERE,
                Some(Some(place)) => *place,
                Some(place) => {
                    let next = self.destinations.len();
                    *place = Some(next);
                    self.destinations.push(Destination::default());
                    next
                }
                None => NOWHERE,
            };
            self.endpoints.insert(endpoint, place);
        }
        for (group, place) in groups.into_iter().zip(places) {
            if let Some(place) = place
                && let Some(destination) = self.destinations.get_mut(place)
            {
                self.servers.extend(group.addresses.iter().filter(|address| address.identifies_a_host()).map(|address| (*address, place)));
                destination.addresses.extend(group.addresses);
                destination.hosts.extend(group.hosts);
            }
        }
    }
}

/// The place of endpoints that name no destination of the sort asked for.
const NOWHERE: usize = usize::MAX;

fn split(endpoints: &[Endpoint], name: impl Fn(&Endpoint) -> Option<Destination>) -> (Vec<Destination>, Vec<usize>) {
    let mut numbers: BTreeMap<Destination, usize> = BTreeMap::new();
    let mut destinations = Vec::new();
    let of = endpoints
        .iter()
        .map(|endpoint| {
            let Some(destination) = name(endpoint) else { return NOWHERE };
            *numbers.entry(destination).or_insert_with_key(|destination| {
                destinations.push(destination.clone());
                destinations.len() - 1
            })
        })
        .collect();
    (destinations, of)
}

impl Places {
    /// Calls `each` with every bucket of `size` that holds events, in the order of time: its number, who is in it, and the same by
    /// the quarters in which it was counted.
    pub fn each_bucket(&self, arrivals: &Arrivals, size: BucketSize, mut each: impl FnMut(i64, Present, Quarters)) {
        let ratio = (size.seconds() / arrivals.bucket.seconds()).max(1);
        let quarter = |row: &Arrival| BucketSize::Quarter.index(arrivals.bucket.at(row.bucket).as_second());
        let coarse = |row: &Arrival| row.bucket.div_euclid(ratio);
        let mut sorted = Vec::new();
        let rows = if arrivals.rows.is_sorted_by_key(|row| row.bucket) {
            &arrivals.rows
        } else {
            sorted.clone_from(&arrivals.rows);
            sorted.sort_unstable_by_key(|row| row.bucket);
            &sorted
        };
        for chunk in rows.chunk_by(|one, two| coarse(one) == coarse(two)) {
            if let Some(first) = chunk.first() {
                let quarters = chunk.chunk_by(|one, two| one.bucket == two.bucket);
                let quarters = quarters.filter_map(|rows| Some((quarter(rows.first()?), self.present(rows)))).collect();
                each(coarse(first), self.present(chunk), quarters);
            }
        }
    }

    fn present(&self, rows: &[Arrival]) -> Present {
        let mut pairs: Vec<(usize, u32)> = rows
            .iter()
            .filter_map(|row| {
                let destination = self.destination.get(row.endpoint as usize).copied().flatten()?;
                let source = self.source.get(row.source as usize)?;
                Some((destination, *source))
            })
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
            .chunk_by(|one, two| one.0 == two.0)
            .filter_map(|chunk| chunk.first().map(|(destination, _)| (*destination, chunk.iter().map(|(_, source)| *source).collect())))
            .collect()
    }
}
