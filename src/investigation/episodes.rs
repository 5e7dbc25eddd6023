//! What the board found on its own, as the queue wants it: neighbouring anomalous buckets of a destination are one finding.

use std::collections::HashSet;
use std::sync::Arc;

use super::Board;
use crate::analysis::difference::Ours;
use crate::analysis::queue::Finding;
use crate::domain::arrivals::NO_SOURCE;
use crate::domain::{Arrivals, Destination, Range};

/// Buckets that may lie between two anomalous ones of one episode.
const APART: usize = 2;

impl Board {
    /// Every episode of every destination.
    pub fn episodes(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for lane in &self.lanes {
            let mut last: Option<usize> = None;
            for (place, cell) in lane.cells.filled().filter(|(_, cell)| cell.is_anomalous()) {
                let Some(score) = cell.score else { continue };
                let (from, to) = (self.at(place), self.at(place.saturating_add(1)));
                let goes_on = last.is_some_and(|last| place.saturating_sub(last) <= APART);
                last = Some(place);
                match findings.last_mut().filter(|_| goes_on) {
                    Some(finding) => {
                        finding.range.to = to;
                        if score > finding.score {
                            (finding.worst, finding.score, finding.count) = (from, score, cell.count);
                            (finding.typical, finding.reason) = (cell.typical, cell.reason.clone());
                        }
                    }
                    None => findings.push(Finding {
                        destination: Arc::clone(&lane.destination),
                        range: Range { from, to },
                        worst: from,
                        score,
                        count: cell.count,
                        typical: cell.typical,
                        reason: cell.reason.clone(),
                    }),
                }
            }
        }
        findings
    }

    /// What we say of a destination within the bucket of somebody else.
    pub fn ours(&self, destination: &Destination, bucket: Range, arrivals: Option<&Arrivals>) -> Ours {
        let cells = self.lane(destination).into_iter().flat_map(|lane| lane.cells.filled());
        let within = cells.filter(|(place, _)| bucket.contains(self.at(*place)));
        let (score, peak) = within.fold((None, 0), |(score, peak): (Option<f64>, u32), (_, cell)| {
            (cell.score.map(|one| score.map_or(one, |other| one.max(other))).or(score), peak.max(cell.count))
        });
        Ours { size: self.size, score, peak, sources: arrivals.and_then(|arrivals| sources_within(arrivals, destination, bucket)) }
    }
}

/// Distinct sources that reached a destination within `bucket`; `None` where arrivals of that time are not here.
fn sources_within(arrivals: &Arrivals, destination: &Destination, bucket: Range) -> Option<usize> {
    if bucket.from < arrivals.range.from || bucket.from >= arrivals.range.to {
        return None;
    }
    let is_meant: Vec<bool> = arrivals.endpoints.iter().map(|endpoint| destination.has(endpoint.address, endpoint.host.as_ref())).collect();
    let first = arrivals.rows.partition_point(|row| arrivals.bucket.at(row.bucket) < bucket.from);
    let rows = arrivals.rows.iter().skip(first).take_while(|row| arrivals.bucket.at(row.bucket) < bucket.to);
    let meant = rows.filter(|row| row.source != NO_SOURCE && is_meant.get(row.endpoint as usize).copied().unwrap_or(false));
    Some(meant.map(|row| row.source).collect::<HashSet<u32>>().len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Address, Arrival, BucketSize, Completeness, Endpoint};
    use crate::investigation::board::count;

    #[test]
    fn neighbours_are_one_episode_and_sources_are_counted_over_the_others_bucket() {
        let size = BucketSize::Quarter;
        let row = |bucket, source| Arrival { bucket, endpoint: 0, source, events: 1 };
        let arrivals = Arrivals {
            bucket: size,
            range: Range { from: size.at(0), to: size.at(40) },
            endpoints: vec![Endpoint { address: Address::clean("10.0.0.5"), host: None }],
            sources: ["10.1.0.1", "10.1.0.2", "10.1.0.3"].iter().filter_map(|text| Address::clean(text)).collect(),
            rows: vec![row(3, 0), row(5, 0), row(5, 1), row(12, 2), row(30, 2)],
            completeness: Completeness::whole(5),
        };
        let mut board = count(&arrivals, size, arrivals.range, size.at(0));
        for (place, score) in [(3, 80.0), (5, 95.0), (12, 71.0), (30, 20.0)] {
            board.lanes[0].cells.get_mut(place).expect("a cell").score = Some(score);
        }
        let told: Vec<_> = board
            .episodes()
            .iter()
            .map(|finding| (size.index(finding.range.from.as_second()), size.index(finding.range.to.as_second()), finding.score, finding.count))
            .collect();
        assert_eq!(told, [(3, 6, 95.0, 2), (12, 13, 71.0, 1)]);
        let destination = Destination::from(Address::clean("10.0.0.5").expect("an address"));
        let six = |first: i64| Range { from: size.at(first), to: size.at(first + 24) };
        let ours = board.ours(&destination, six(0), Some(&arrivals));
        assert_eq!((ours.score, ours.peak, ours.sources), (Some(95.0), 2, Some(3)));
        assert_eq!(board.ours(&destination, six(48), Some(&arrivals)).sources, None);
    }
}
