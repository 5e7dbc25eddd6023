//! What the rest of the site does: where all are busier than expected, or many see the same class of newcomers, one is no oddity.

use super::class::{Class, PerClass};
use super::feed::Feed;
use super::server::Server;

/// Buckets over which waves are counted: two hours.
pub const SPAN: i64 = 8;
/// Pseudo-counts by which "as expected" speaks.
const STEADY: f64 = 8.0;
const STEADY_WAVE: f64 = 4.0;
/// Bounds of the two factors.
const BUSTLE: (f64, f64) = (0.7, 4.0);
const WAVE: (f64, f64) = (1.0, 15.0);

/// How much busier than expected the rest of a server's site is, for every server; `now` holds (expected, arrived) of this bucket.
pub fn bustle(servers: &[Server], now: &[(f64, f64)], feed: &Feed) -> Vec<f64> {
    let both: Vec<(f64, f64)> = servers
        .iter()
        .zip(now)
        .map(|(server, (expected, arrived))| {
            let expected = server.before.0 + expected;
            // Nobody's own spike is the bustle of the others.
            let arrived = (server.before.1 + arrived).min(expected + 2.0 * expected.sqrt() + 1.0);
            (expected, arrived)
        })
        .collect();
    let mut sites = vec![(0.0, 0.0); feed.sites()];
    for (server, (expected, arrived)) in servers.iter().zip(&both) {
        if let Some(site) = sites.get_mut(server.site) {
            site.0 += expected;
            site.1 += arrived;
        }
    }
    let rest = |(server, (expected, arrived)): (&Server, &(f64, f64))| {
        let (of_site, at_site) = sites.get(server.site).copied().unwrap_or_default();
        ((at_site - arrived + STEADY) / (of_site - expected + STEADY)).clamp(BUSTLE.0, BUSTLE.1)
    };
    servers.iter().zip(&both).map(rest).collect()
}

/// How many more servers of the site than expected saw newcomers of each class within two hours. `expected` holds, for every
/// server, what was expected of the seven buckets before this one; `hits` which classes came within the eight to now.
pub fn waves(servers: &[Server], expected: &[PerClass<f64>], hits: &[PerClass<f64>], feed: &Feed) -> Vec<PerClass<f64>> {
    let stretch = SPAN as f64 / (SPAN - 1) as f64;
    let likely: Vec<PerClass<f64>> = expected.iter().map(|expected| expected.map(|sum| -(-sum * stretch).exp_m1())).collect();
    let mut sites = vec![(PerClass::<f64>::default(), PerClass::<f64>::default()); feed.sites()];
    for ((server, likely), hits) in servers.iter().zip(&likely).zip(hits) {
        if let Some((hit, expected)) = sites.get_mut(server.site) {
            *hit = hit.plus(*hits);
            *expected = expected.plus(*likely);
        }
    }
    let rest = |((server, likely), hits): ((&Server, &PerClass<f64>), &PerClass<f64>)| {
        let (hit, expected) = sites.get(server.site).copied().unwrap_or_default();
        let hit = hit.with(*hits, |all, own| all - own);
        let expected = expected.with(*likely, |all, own| all - own);
        let mut wave = hit.with(expected, |hit, expected| ((hit + STEADY_WAVE) / (expected + STEADY_WAVE)).clamp(WAVE.0, WAVE.1));
        *wave.at(Class::Known) = 1.0;
        wave
    };
    servers.iter().zip(&likely).zip(hits).map(rest).collect()
}
