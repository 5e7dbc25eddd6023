//! A whole stretch of time through a detector: every bucket in order, the empty ones too.

use super::roster::{Present, Roster};
use super::{Bucket, Detection, Detector, Plan};
use crate::domain::{Arrivals, BucketSize, Range};

/// Judges every bucket from the first to the last that holds events.
pub fn run(arrivals: &Arrivals, plan: &Plan, detector: &mut dyn Detector) -> Detection {
    let mut roster = Roster::new(plan.by);
    let places = roster.admit(arrivals);
    let mut walk = Walk::new(plan);
    let mut next = None;
    places.each_bucket(arrivals, plan.size, |number, present, quarters| {
        for empty in next.unwrap_or(number)..number {
            walk.step(detector, empty, &[], &[], &roster);
        }
        walk.step(detector, number, &present, &quarters, &roster);
        next = Some(number + 1);
    });
    walk.name(&roster);
    walk.detection
}

/// What the detector has said so far, as much of it as is shown.
#[derive(Debug)]
pub(super) struct Walk {
    size: BucketSize,
    shown: Range,
    bands: bool,
    pub(super) detection: Detection,
}

impl Walk {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { size: plan.size, shown: plan.shown, bands: plan.bands, detection: Detection::default() }
    }

    /// Lets the detector judge one bucket.
    pub(super) fn step(&mut self, detector: &mut dyn Detector, number: i64, present: &[(usize, Vec<u32>)], quarters: &[(i64, Present)], roster: &Roster) {
        let destinations = roster.destinations().len();
        let verdicts = detector.bucket(&Bucket { start: self.size.at(number), size: self.size, arrivals: present, quarters, roster, destinations });
        if !self.shows(number) {
            return;
        }
        self.detection.verdicts.resize_with(destinations.max(self.detection.verdicts.len()), Default::default);
        for verdict in verdicts {
            if let Some(of) = self.detection.verdicts.get_mut(verdict.destination) {
                of.insert(number, verdict);
            }
        }
        self.detection.gaps.resize_with(destinations.max(self.detection.gaps.len()), Default::default);
        for (destination, gaps) in self.detection.gaps.iter_mut().enumerate() {
            if detector.is_gap(destination) {
                gaps.insert(number);
            }
        }
        if self.bands {
            self.detection.bands.resize_with(destinations.max(self.detection.bands.len()), Default::default);
            for (destination, band) in self.detection.bands.iter_mut().enumerate() {
                if let Some(expected) = detector.expected(destination) {
                    band.insert(number, expected);
                }
            }
        }
    }

    fn shows(&self, number: i64) -> bool {
        self.size.at(number) < self.shown.to && self.size.at(number.saturating_add(1)) > self.shown.from
    }

    /// Shows another stretch from now on and drops what lies outside it, and whatever was said of bucket `from` and later.
    pub(super) fn show(&mut self, shown: Range, from: i64) {
        self.shown = shown;
        let first = self.size.index(shown.from.as_second());
        for of in &mut self.detection.verdicts {
            of.retain(|number, _| *number >= first && *number < from);
        }
        for of in &mut self.detection.bands {
            of.retain(|number, _| *number >= first && *number < from);
        }
        for of in &mut self.detection.gaps {
            of.retain(|number| *number >= first && *number < from);
        }
    }

    /// Puts the names to the places.
    pub(super) fn name(&mut self, roster: &Roster) {
        self.detection.destinations = roster.destinations().to_vec();
        self.detection.verdicts.resize_with(roster.destinations().len(), Default::default);
        self.detection.gaps.resize_with(roster.destinations().len(), Default::default);
        if self.bands {
            self.detection.bands.resize_with(roster.destinations().len(), Default::default);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::detect::plain::Plain;
    use crate::domain::{Address, Arrival, By, Completeness, Endpoint, Foreign};

    /// Monday 2025-01-06T00:00:00Z in quarters.
    pub(in crate::detect) const MONDAY: i64 = 1_736_121_600 / 900;

    /// Arrivals from (bucket after that Monday, endpoint, source).
    pub(in crate::detect) fn arrivals(rows: &[(i64, u32, u32)], until: i64) -> Arrivals {
        let endpoint = |address: Option<&str>, host: Option<&str>| Endpoint { address: address.and_then(Address::clean), host: host.map(Foreign::from) };
        let most = rows.iter().map(|row| row.2).max().unwrap_or(0);
        let mut rows: Vec<Arrival> =
            rows.iter().map(|(bucket, endpoint, source)| Arrival { bucket: MONDAY + bucket, endpoint: *endpoint, source: *source, events: 2 }).collect();
        rows.sort();
        Arrivals {
            bucket: BucketSize::Quarter,
            range: Range { from: BucketSize::Quarter.at(MONDAY), to: BucketSize::Quarter.at(MONDAY + until) },
            endpoints: vec![endpoint(Some("10.0.0.5"), Some("FS01")), endpoint(None, Some("fs01")), endpoint(Some("10.0.0.6"), None)],
            sources: (0..=most).map(|source| Address::from(std::net::IpAddr::from([10, 1, (source / 250) as u8, (source % 250) as u8 + 1]))).collect(),
            rows,
            completeness: Completeness::whole(0),
        }
    }

    pub(in crate::detect) fn plan(by: By, size: BucketSize) -> Plan {
        Plan { by, size, zones: Vec::new(), shown: Range::ALL, bands: false }
    }

    fn counts(detection: &Detection, destination: usize) -> Vec<(i64, u32)> {
        detection.verdicts[destination].values().map(|verdict| (verdict.start.as_second() / 900 - MONDAY, verdict.count)).collect()
    }

    #[test]
    fn names_and_addresses_of_one_server_are_counted_together() {
        let arrivals = arrivals(&[(0, 0, 1), (0, 1, 1), (0, 1, 2), (3, 2, 1)], 8);
        let plan = plan(By::Destination, BucketSize::Quarter);
        let detection = run(&arrivals, &plan, &mut Plain::new(&plan));
        assert_eq!(detection.destinations.iter().map(|destination| destination.label().raw().to_owned()).collect::<Vec<_>>(), ["10.0.0.5", "10.0.0.6"]);
        assert_eq!(counts(&detection, 0), [(0, 2)]);
        assert_eq!(counts(&detection, 1), [(3, 1)]);
    }

    #[test]
    fn by_one_field_the_other_does_not_exist() {
        let arrivals = arrivals(&[(0, 0, 1), (0, 1, 1), (0, 1, 2), (3, 2, 1)], 8);
        let plan = plan(By::DestinationIp, BucketSize::Quarter);
        let detection = run(&arrivals, &plan, &mut Plain::new(&plan));
        assert_eq!(counts(&detection, 0), [(0, 1)]);
        let plan = Plan { by: By::HostName, ..plan };
        let detection = run(&arrivals, &plan, &mut Plain::new(&plan));
        assert_eq!(detection.destinations.iter().map(|destination| destination.label().raw().to_owned()).collect::<Vec<_>>(), ["FS01", "fs01"]);
        assert_eq!(counts(&detection, 1), [(0, 2)]);
    }

    #[test]
    fn quarters_are_put_together_and_sources_stay_distinct() {
        let arrivals = arrivals(&[(0, 0, 1), (1, 0, 1), (3, 0, 2), (4, 0, 1)], 8);
        let plan = plan(By::Destination, BucketSize::Hour);
        let detection = run(&arrivals, &plan, &mut Plain::new(&plan));
        assert_eq!(counts(&detection, 0), [(0, 2), (4, 1)]);
    }

    #[test]
    fn only_what_is_shown_is_kept_and_everything_is_learned() {
        let rows: Vec<_> = (0..5 * 96).flat_map(|bucket| [(bucket, 0, 1), (bucket, 0, 2)]).collect();
        let arrivals = arrivals(&rows, 5 * 96);
        let shown = Range { from: BucketSize::Quarter.at(MONDAY + 4 * 96), to: BucketSize::Quarter.at(MONDAY + 4 * 96 + 2) };
        let plan = Plan { shown, bands: true, ..plan(By::Destination, BucketSize::Quarter) };
        let detection = run(&arrivals, &plan, &mut Plain::new(&plan));
        assert_eq!(counts(&detection, 0), [(384, 2), (385, 2)]);
        assert!(detection.verdicts[0].values().all(|verdict| verdict.typical.is_some_and(|typical| (1.5..2.5).contains(&typical))));
        assert_eq!(detection.bands[0].keys().map(|number| number - MONDAY).collect::<Vec<_>>(), [384, 385]);
        assert_eq!(detection.verdicts[1], BTreeMap::new());
    }
}
