//! Whether we are fed at all: silence where there always was traffic is a gap in the feed, not peace.
//!
//! A gap is shown, never learned, and clocks that say how long somebody stayed away stand still in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::DAY;
use super::network::Site;
use super::ring::Ring;

/// Days that must all have had traffic at this time.
const DAYS: i64 = 7;
/// Pairs of source and destination below which a quarter of an hour may well be empty by chance (e^-3 = 5%, every day alike: never).
const BUSY: u32 = 3;
/// Buckets over which a site's usual bustle is taken: two weeks.
const BUSTLE: i64 = 14 * DAY;

/// What each site sent, bucket by bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Feed {
    sites: Vec<State>,
    places: BTreeMap<Site, usize>,
    rows: Ring<Arc<[Row]>>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct State {
    /// Live buckets so far.
    clock: i32,
    is_live: bool,
    active: u32,
    /// Sum of hits over the last [`BUSTLE`] buckets.
    hits: u64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Row {
    /// Pairs of source and destination.
    active: u32,
    /// Destinations at which a scored source arrived.
    hits: u32,
    is_live: bool,
}

impl Feed {
    /// Of sites unknown yet.
    pub fn new() -> Self {
        Self { sites: Vec::new(), places: BTreeMap::new(), rows: Ring::new(28 * DAY as usize + 16) }
    }

    /// The place of a site.
    pub fn place(&mut self, site: Site) -> usize {
        let next = self.sites.len();
        let place = *self.places.entry(site).or_insert(next);
        if place == next {
            self.sites.push(State { is_live: true, ..State::default() });
        }
        place
    }

    /// How many sites there are.
    pub fn sites(&self) -> usize {
        self.sites.len()
    }

    /// Opens bucket `now`, the `age`th of all, with the pairs seen at each site.
    pub fn open(&mut self, now: i64, age: i64, active: &[u32]) {
        let days = DAYS.min(age / DAY);
        for (place, (state, active)) in self.sites.iter_mut().zip(active).enumerate() {
            // Days of silence say nothing of what to expect: they must not end a gap.
            let least = (1..=days)
                .map(|day| self.rows.get(now - day * DAY).and_then(|row| row.get(place)).map_or(0, |row| if row.is_live { row.active } else { u32::MAX }))
                .min();
            state.active = *active;
            state.is_live = *active > 0 || least.is_none_or(|least| least < BUSY);
        }
    }

    /// Whether a site is fed in the open bucket.
    pub fn is_live(&self, site: usize) -> bool {
        self.sites.get(site).is_none_or(|state| state.is_live)
    }

    /// Whether a site was fed in an earlier bucket.
    pub fn was_live(&self, site: usize, bucket: i64) -> bool {
        self.rows.get(bucket).and_then(|row| row.get(site)).is_none_or(|row| row.is_live)
    }

    /// The last stretch in which a site was not fed, where it ended no more than `within` buckets before `bucket`: its first bucket,
    /// and the first after it.
    pub fn silence_before(&self, site: usize, bucket: i64, within: i64) -> Option<(i64, i64)> {
        let end = (0..=within).map(|back| bucket - back).find(|end| !self.was_live(site, end - 1))?;
        let first = (0..DAYS * DAY).map(|back| end - 1 - back).take_while(|bucket| !self.was_live(site, *bucket)).last()?;
        Some((first, end))
    }

    /// Live buckets of a site before the open one.
    pub fn clock(&self, site: usize) -> i32 {
        self.sites.get(site).map_or(0, |state| state.clock)
    }

    /// Destinations of a site that a scored source arrived at, in an earlier bucket.
    pub fn hits(&self, site: usize, bucket: i64) -> u32 {
        self.rows.get(bucket).and_then(|row| row.get(site)).map_or(0, |row| row.hits)
    }

    /// Their mean over the last two weeks, or the `age` buckets there are.
    pub fn bustle(&self, site: usize, age: i64) -> f64 {
        self.sites.get(site).map_or(0.0, |state| state.hits as f64) / age.clamp(1, BUSTLE) as f64
    }

    /// Closes the open bucket with the hits at each site.
    pub fn close(&mut self, now: i64, hits: &[u32]) {
        let row: Arc<[Row]> = self.sites.iter().zip(hits).map(|(state, hits)| Row { active: state.active, hits: *hits, is_live: state.is_live }).collect();
        for (place, (state, hits)) in self.sites.iter_mut().zip(hits).enumerate() {
            let leaving = self.rows.get(now - BUSTLE).and_then(|row| row.get(place)).map_or(0, |row| u64::from(row.hits));
            state.hits = (state.hits + u64::from(*hits)).saturating_sub(leaving);
            state.clock += i32::from(state.is_live);
        }
        self.rows.push(now, row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_is_remembered_for_as_long_as_it_bends_what_arrives() {
        let mut feed = Feed::new();
        let site = feed.place(Site::of(None));
        for bucket in 0..9 * DAY {
            let is_silent = (8 * DAY + 10..8 * DAY + 14).contains(&bucket);
            feed.open(bucket, bucket, &[if is_silent { 0 } else { 5 }]);
            assert_eq!(feed.is_live(site), !is_silent, "{bucket}");
            feed.close(bucket, &[0]);
        }
        let at = |after: i64| feed.silence_before(site, 8 * DAY + 14 + after, 16);
        let silence = Some((8 * DAY + 10, 8 * DAY + 14));
        assert_eq!([at(0), at(16), at(17), feed.silence_before(site, 8 * DAY, 16)], [silence, silence, None, None]);
    }
}
