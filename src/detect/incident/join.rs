//! Which episodes belong together, and by what.

use std::collections::{BTreeMap, HashMap};

use super::{Episode, Joined};
use crate::domain::{Address, Foreign, Timestamp};

/// Seconds within which the same cause is looked for: a day.
const NEAR: i64 = 86_400;
/// Seconds after which a server that was odd is no longer what the next one was reached through: as long as the detector holds
/// it to be suspicious, six hours.
const THROUGH: i64 = 21_600;
/// Share of the smaller side's newcomers that two episodes must have in common.
const SHARE: f64 = 0.5;
/// Fewest sources in common where all of them had been here before: two servers share an administrator or two easily.
const FAMILIAR: usize = 3;

/// The episodes in groups; each stands in one. A group is in the order in which its episodes began, each with what ties it to
/// those before it.
pub(super) fn groups(episodes: &[Episode]) -> Vec<Vec<(&Episode, Joined)>> {
    // In an order of their own, so that it does not matter in which they come.
    let mut ordered: Vec<&Episode> = episodes.iter().collect();
    ordered.sort_by(|one, two| key(one).cmp(&key(two)));
    let mut links: Vec<(usize, usize, Joined)> = Vec::new();
    let mut by_source: HashMap<Address, Vec<usize>> = HashMap::new();
    let mut by_host: HashMap<Address, Vec<usize>> = HashMap::new();
    for (place, episode) in ordered.iter().enumerate() {
        // Whoever came may have been reached before; the later of several is the nearer cause.
        let through = episode.sources.iter().chain(&episode.pivots).filter_map(|source| {
            let hosts = by_host.get(source)?;
            let before = hosts.iter().rev().copied().find(|before| ordered.get(*before).is_some_and(|before| leads_to(before, episode)))?;
            Some((before, *source))
        });
        links.extend(through.map(|(before, host)| (place, before, Joined::Through(host))));
        let mut candidates: Vec<usize> = episode.sources.iter().filter_map(|source| by_source.get(source)).flatten().copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        for before in candidates {
            let Some(other) = ordered.get(before).filter(|other| is_near(other, episode)) else { continue };
            if let Some(shared) = shares(other, episode) {
                let is_same = other.destination == episode.destination;
                links.push((place, before, if is_same { Joined::Again } else { Joined::Shared(shared) }));
            }
        }
        for source in &episode.sources {
            by_source.entry(*source).or_default().push(place);
        }
        for host in &episode.hosts {
            by_host.entry(*host).or_default().push(place);
        }
    }
    grouped(&ordered, &links)
}

fn key(episode: &Episode) -> (Timestamp, Timestamp, &Foreign, &[Address]) {
    (episode.range.from, episode.range.to, &episode.destination, &episode.sources)
}

fn is_near(before: &Episode, after: &Episode) -> bool {
    after.range.from.as_second() - before.range.to.as_second() <= NEAR
}

/// Whether a server that was odd may be what the later episode was reached through.
fn leads_to(before: &Episode, after: &Episode) -> bool {
    before.destination != after.destination && after.range.from.as_second() - before.range.to.as_second() <= THROUGH
}

/// How many sources two episodes have in common, where that is enough to be one cause: half of the newcomers of one of them,
/// or several that had been here before.
fn shares(one: &Episode, two: &Episode) -> Option<usize> {
    let new = common(&one.newcomers, &two.newcomers);
    let fewer = one.newcomers.len().min(two.newcomers.len());
    if new > 0 && new as f64 >= SHARE * fewer as f64 {
        return Some(new);
    }
    let all = common(&one.sources, &two.sources);
    let fewer = one.sources.len().min(two.sources.len());
    (all >= FAMILIAR && all as f64 >= SHARE * fewer as f64).then_some(all)
}

/// How many addresses two lists in order have in common.
fn common(one: &[Address], two: &[Address]) -> usize {
    one.iter().filter(|address| two.binary_search(address).is_ok()).count()
}

/// The groups that links make of episodes.
fn grouped<'a>(ordered: &[&'a Episode], links: &[(usize, usize, Joined)]) -> Vec<Vec<(&'a Episode, Joined)>> {
    let mut root: Vec<usize> = (0..ordered.len()).collect();
    for (one, two, _) in links {
        let (one, two) = (find(&mut root, *one), find(&mut root, *two));
        if let Some(place) = root.get_mut(one.max(two)) {
            *place = one.min(two);
        }
    }
    // Of several ties the way through a server says most, then that it is the same destination, then the most sources.
    let rank = |joined: &Joined| match joined {
        Joined::Through(_) => (3, 0),
        Joined::Again => (2, 0),
        Joined::Shared(sources) => (1, *sources),
        Joined::First => (0, 0),
    };
    let mut ties = vec![Joined::First; ordered.len()];
    for (place, _, joined) in links {
        if let Some(tie) = ties.get_mut(*place).filter(|tie| rank(tie) < rank(joined)) {
            *tie = *joined;
        }
    }
    let mut groups: BTreeMap<usize, Vec<(&Episode, Joined)>> = BTreeMap::new();
    for ((place, episode), tie) in ordered.iter().enumerate().zip(ties) {
        groups.entry(find(&mut root, place)).or_default().push((episode, tie));
    }
    groups.into_values().collect()
}

/// The first of the group, with the way to it shortened.
fn find(root: &mut [usize], place: usize) -> usize {
    let mut at = place;
    while let Some(next) = root.get(at).copied().filter(|next| *next != at) {
        let after = root.get(next).copied().unwrap_or(next);
        if let Some(short) = root.get_mut(at) {
            *short = after;
        }
        at = after;
    }
    at
}
