//! Who has met whom: from this an arrival gets its class.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::class::Class;
use super::network::Network;
use super::ring::Ring;
use crate::detect::layered::Layered;

/// A source that stayed away for longer than four hours arrives anew: shorter pauses are one visit (lunch, a dropped line).
pub const PAUSE: i32 = 16;
/// Buckets over which the doors a source knocks at are counted: two hours.
const FAN: i64 = 8;
/// Destinations within [`FAN`] from which on a source is going from door to door right now.
const SWEEP: u32 = 6;
/// Destinations within [`FAN`] after which a source is known for good as one that does so.
const SWEEPER: u32 = 12;
/// Destinations ever, as a share of all and at least, from which on a source may turn up anywhere.
const EVERYWHERE: (f64, u32) = (0.04, 12);
/// Destinations ever from which on a source is mobile.
const MOBILE: u32 = 4;
/// Sources of a network from which on its next one is a stranger, not an alien.
const PEOPLED: u32 = 4;

/// A source at a destination.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Pair {
    /// Bucket in which it was last active.
    bucket: i64,
    /// The site's live clock then.
    clock: i32,
}

/// A source anywhere.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Source {
    /// Destinations it has ever arrived at.
    destinations: u32,
    /// Destinations at which it was active within [`FAN`] buckets.
    fan: u32,
    is_sweeper: bool,
}

/// What is remembered of pairs, sources and networks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Acquaintance {
    pairs: Layered<(u32, u32), Pair>,
    sources: Layered<u32, Source>,
    /// Networks from which a destination has had a source.
    familiar: Layered<(u32, Network), ()>,
    /// Sources known of each network.
    networks: Layered<Network, u32>,
    /// The pairs of the last [`FAN`] buckets.
    active: Ring<Arc<[(u32, u32)]>>,
}

/// A source that is active at a server after a pause.
#[derive(Clone, Copy, Debug)]
pub struct Newcomer {
    /// Place of the server.
    pub server: u32,
    /// Place of the source.
    pub source: u32,
    /// Its network, where its address is known.
    pub network: Option<Network>,
    /// Whether the two never met before.
    pub is_new: bool,
}

impl Acquaintance {
    /// Nobody has met anybody.
    pub fn new() -> Self {
        Self {
            pairs: Layered::default(),
            sources: Layered::default(),
            familiar: Layered::default(),
            networks: Layered::default(),
            active: Ring::new(FAN as usize),
        }
    }

    /// Takes in who is active in bucket `now` (server, source; each once) and says which of them arrive.
    /// `clock` is the live clock of a server's site.
    pub fn meet(&mut self, now: i64, active: Vec<(u32, u32)>, clock: impl Fn(u32) -> i32) -> Vec<(u32, u32, bool)> {
        let mut arriving = Vec::new();
        for &(server, source) in &active {
            let clock = clock(server);
            let before = self.pairs.get(&(server, source)).copied();
            if before.is_none_or(|pair| clock - pair.clock > PAUSE) {
                arriving.push((server, source, before.is_none()));
            }
            if before.is_none_or(|pair| pair.bucket < now - FAN) {
                self.fan(source, |source| source.fan += 1);
            }
            self.pairs.set((server, source), Pair { bucket: now, clock });
        }
        // Whoever was last active FAN buckets ago drops out of the fan.
        if let Some(leaving) = self.active.get(now - FAN).cloned() {
            for pair in leaving.iter() {
                if self.pairs.get(pair).is_some_and(|last| last.bucket == now - FAN) {
                    self.fan(pair.1, |source| source.fan = source.fan.saturating_sub(1));
                }
            }
        }
        for &(_, source) in &active {
            if self.sources.get(&source).is_some_and(|source| source.fan >= SWEEPER && !source.is_sweeper) {
                self.fan(source, |source| source.is_sweeper = true);
            }
        }
        self.active.push(now, active.into());
        arriving
    }

    /// Whether a source is active at a server in bucket `now`, which was taken in.
    pub fn is_here(&self, server: u32, source: u32, now: i64) -> bool {
        self.pairs.get(&(server, source)).is_some_and(|pair| pair.bucket == now)
    }

    fn fan(&mut self, source: u32, change: impl FnOnce(&mut Source)) {
        let mut known = self.sources.get(&source).copied().unwrap_or_default();
        change(&mut known);
        self.sources.set(source, known);
    }

    /// The class of a newcomer, in an estate of so many destinations; `is_chain` tells whether it is itself a server that
    /// somebody unexpected has reached.
    pub fn class(&self, newcomer: &Newcomer, destinations: usize, is_chain: impl FnOnce() -> bool) -> Class {
        let source = self.sources.get(&newcomer.source).copied().unwrap_or_default();
        let everywhere = (EVERYWHERE.0 * destinations as f64).max(f64::from(EVERYWHERE.1));
        if source.fan >= SWEEP || source.is_sweeper {
            Class::Roaming
        } else if !newcomer.is_new {
            Class::Known
        } else if f64::from(source.destinations) >= everywhere {
            Class::Roaming
        } else if is_chain() {
            Class::Chain
        } else if newcomer.network.is_some_and(|network| self.familiar.get(&(newcomer.server, network)).is_some()) {
            Class::Familiar
        } else if source.destinations >= MOBILE {
            Class::Mobile
        } else if source.destinations > 0 {
            Class::Elsewhere
        } else if newcomer.network.and_then(|network| self.networks.get(&network)).is_some_and(|sources| *sources >= PEOPLED) {
            Class::Stranger
        } else {
            Class::Alien
        }
    }

    /// Remembers the newcomers of a bucket; only afterwards do they make each other familiar.
    pub fn learn(&mut self, newcomers: &[Newcomer]) {
        for newcomer in newcomers.iter().filter(|newcomer| newcomer.is_new) {
            let mut source = self.sources.get(&newcomer.source).copied().unwrap_or_default();
            if let Some(network) = newcomer.network {
                self.familiar.set((newcomer.server, network), ());
                if source.destinations == 0 {
                    let sources = self.networks.get(&network).copied().unwrap_or(0);
                    self.networks.set(network, sources + 1);
                }
            }
            source.destinations += 1;
            self.sources.set(newcomer.source, source);
        }
    }
}
