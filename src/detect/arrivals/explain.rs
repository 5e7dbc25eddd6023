//! The numbers behind a score, taken from the computation itself: window, classes against expectation, networks, pivots, and what
//! would be left without the largest network.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::class::{Class, PerClass};
use super::network::Network;
use super::score::score;
use super::server::{Came, Server};
use super::statistic::{COMPOSITIONS, WIDTHS};
use super::{Estate, Found, Moment, PIVOT, nats};
use crate::detect::Roster;
use crate::domain::why::{ClassCount, Pivot, Without};
use crate::domain::{Address, BucketSize, Why};

/// Nats below which nothing is worth explaining: the score of 5.
const WORTH: f64 = 0.6;
/// Nats from which it is worked out what would be left without the largest network: the score of 25.
const DOUBT: f64 = 3.3;
/// The most networks that are named.
const NETWORKS: usize = 5;

impl Estate {
    /// Why a server has its score in a bucket of so many quarters; `None` where next to nothing was found.
    pub(super) fn explain(&self, moment: &Moment, found: &Found, roster: &Roster, quarters: i64) -> Option<Why> {
        if found.nats < WORTH {
            return None;
        }
        let now = moment.now;
        let server = self.servers.get(found.server)?;
        let width = WIDTHS.get(found.trial.window).copied()?;
        let window = self.window(now, found.server, width, |from| server.arrived_since(from))?;
        let from = (now + 1 - width).max(server.restart);
        let came: Vec<Came> = server.visits_since(from).flat_map(|visit| visit.came.iter()).filter(|came| came.class != Class::Roaming).copied().collect();
        let classes = Class::ALL.into_iter().filter_map(|class| {
            let (arrived, expected) = (window.counts.of(class), window.expected.of(class));
            let is_there = class != Class::Roaming || arrived > 0.0;
            let of = |server: &Server| {
                let came = server.visits_since(from).flat_map(|visit| visit.came.iter()).filter(|came| came.class == class);
                in_order(came.filter_map(|came| roster.address(came.source)).collect())
            };
            is_there.then(|| ClassCount { class: class.name(), meaning: class.meaning(), arrived: arrived as u32, expected, sources: of(server) })
        });
        let networks = networks(&came, roster);
        let largest = networks.first().copied().filter(|(_, sources)| *sources > 1 && found.nats >= DOUBT);
        let pivots = server.visits_since(now + 1 - PIVOT).flat_map(|visit| visit.came.iter()).filter(|came| came.class == Class::Chain);
        let pivots = pivots.filter_map(|came| {
            let host = roster.address(came.source)?;
            let reached = roster.at(host).and_then(|place| self.of.get(place).copied().flatten()).and_then(|host| self.servers.get(host as usize)?.reached);
            Some(Pivot { host, reached: reached.map(|bucket| BucketSize::Quarter.at(bucket)), brought: came.brought })
        });
        let alone = WIDTHS.iter().zip(found.trial.so_far).take_while(|(width, _)| **width <= quarters).map(|(_, nats)| nats).fold(0.0, f64::max);
        let sources = in_order(came.iter().filter_map(|came| roster.address(came.source)).collect());
        Some(Why {
            nats: found.nats,
            from: BucketSize::Quarter.at(now + 1 - width),
            minutes: width * BucketSize::Quarter.seconds() / 60,
            alone: score(alone).min(score(found.nats)),
            explanation: COMPOSITIONS.get(found.trial.best.composition).map_or("", |composition| composition.name),
            arrived: came.len() as u32,
            expected: window.expected.scored(),
            classes: classes.collect(),
            networks,
            pivots: pivots.collect(),
            without: largest.map(|(network, sources)| Without { network, sources, score: self.without(moment, found, roster, network) }),
            sources: sources.into(),
            is_new: found.is_young,
        })
    }

    /// What the score would be without the sources of a network.
    fn without(&self, moment: &Moment, found: &Found, roster: &Roster, network: IpNet) -> f64 {
        let (Some(server), Some(usual)) = (self.servers.get(found.server), moment.usual.get(found.server)) else { return 0.0 };
        let is_left = |came: &&Came| roster.address(came.source).is_none_or(|address| !network.contains(&address.ip()));
        let left = |from: i64| {
            server.visits_since(from).flat_map(|visit| visit.came.iter()).filter(is_left).fold(PerClass::default(), |mut counts, came| {
                *counts.at(came.class) += 1.0;
                counts
            })
        };
        if left(moment.now).scored() == 0.0 {
            return 0.0;
        }
        let brought = server.visits_since(moment.now + 1 - PIVOT).flat_map(|visit| visit.came.iter()).filter(is_left).map(|came| came.brought).sum();
        score(nats(self.trial(moment.now, found.server, usual.mean, left), brought, found.is_young))
    }
}

/// Each once, in order.
fn in_order(mut sources: Vec<Address>) -> Vec<Address> {
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// The networks of the arrivals, most sources first. Where most of them fill neighbouring /24s, the /16 is named instead.
fn networks(came: &[Came], roster: &Roster) -> Vec<(IpNet, u32)> {
    let mut near: BTreeMap<IpNet, u32> = BTreeMap::new();
    let mut wide: BTreeMap<IpNet, u32> = BTreeMap::new();
    for address in came.iter().filter_map(|came| roster.address(came.source)) {
        *near.entry(Network::of(address).net()).or_default() += 1;
        if let Ok(net) = IpNet::new(address.ip(), if address.ip().is_ipv4() { 16 } else { 48 }) {
            *wide.entry(net.trunc()).or_default() += 1;
        }
    }
    let mut networks: Vec<(IpNet, u32)> = near.into_iter().collect();
    networks.sort_by(|one, two| two.1.cmp(&one.1).then(one.0.cmp(&two.0)));
    let most = networks.first().map_or(0, |(_, sources)| *sources);
    let widest = wide.into_iter().max_by(|one, two| one.1.cmp(&two.1).then(two.0.cmp(&one.0)));
    if let Some((network, sources)) = widest.filter(|(_, sources)| *sources >= 4 && *sources > 2 * most) {
        networks.retain(|(near, _)| !network.contains(near));
        networks.insert(0, (network, sources));
    }
    networks.truncate(NETWORKS);
    networks
}
