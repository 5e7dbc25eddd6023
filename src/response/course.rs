//! What other buckets and thresholds would have said of the same past: how much earlier, and at the price of how many findings.

use super::Earlier;
use crate::detect::Detection;
use crate::domain::finding::ANOMALOUS;
use crate::domain::{BucketSize, Destination, Range};

/// Scores tried in the bucket that is used today; a threshold is a score.
const THRESHOLDS: [f64; 3] = [ANOMALOUS, 50.0, 25.0];

/// What each setting would have said of a destination in a range; the first detection is the one used today.
pub fn earlier(detections: &[(BucketSize, Detection)], destination: &Destination, range: Range) -> Vec<Earlier> {
    let mut tried = Vec::new();
    for (place, (size, detection)) in detections.iter().enumerate() {
        let thresholds: &[f64] = if place == 0 { &THRESHOLDS } else { &[ANOMALOUS] };
        for threshold in thresholds {
            let reaches = |score: Option<f64>| score.is_some_and(|score| score >= *threshold);
            let findings = detection.verdicts.iter().flat_map(|of| of.values()).filter(|verdict| reaches(verdict.score)).count();
            let at = super::gather::place(detection, destination)
                .and_then(|place| detection.verdicts.get(place))
                .into_iter()
                .flatten()
                .filter(|(number, verdict)| {
                    let (from, to) = (size.at(**number), size.at(number.saturating_add(1)));
                    reaches(verdict.score) && from < range.to && to > range.from
                })
                .map(|(number, _)| size.at(number.saturating_add(1)))
                .min();
            tried.push(Earlier { size: *size, threshold: *threshold, at, findings });
        }
    }
    tried
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::sample::{at, destination, verdict};
    use super::*;

    fn detection(size: BucketSize, verdicts: &[(&str, f64)]) -> (BucketSize, Detection) {
        let of: BTreeMap<i64, _> = verdicts.iter().map(|(time, score)| (size.index(at(time).as_second()), verdict(time, 9, *score))).collect();
        (size, Detection { destinations: vec![destination()], verdicts: vec![of], ..Detection::default() })
    }

    #[test]
    fn a_bucket_speaks_when_it_is_over() {
        let range = Range { from: at("12:00:00"), to: at("13:00:00") };
        let detections = [
            detection(BucketSize::Quarter, &[("11:00:00", 90.0), ("12:15:00", 60.0), ("12:30:00", 94.0)]),
            detection(BucketSize::SixHours, &[("12:00:00", 80.0)]),
        ];
        let said = earlier(&detections, &destination(), range);
        let words: Vec<String> =
            said.iter().map(|one| format!("{} {} {:?} {}", one.size, one.threshold, one.at.map(|at| at.to_string()), one.findings)).collect();
        assert_eq!(
            words,
            [
                "15m 70 Some(\"2026-01-05T12:45:00Z\") 2",
                "15m 50 Some(\"2026-01-05T12:30:00Z\") 3",
                "15m 25 Some(\"2026-01-05T12:30:00Z\") 3",
                "6h 70 Some(\"2026-01-05T18:00:00Z\") 1",
            ]
        );
    }
}
