//! Which stretch of time a dossier is about, where nobody says: neighbouring anomalous buckets, else the worst one.

use crate::domain::{BucketSize, Range, Timestamp, Verdict};

/// Buckets that may lie between two anomalous ones of one episode.
const APART: i64 = 2;
/// Seconds that are looked at whole where there is no verdict at all.
const SHORT: i64 = 12 * 3600;

/// The episode of a destination. `verdicts` are of its buckets in order of time, `extent` is from its first event to its
/// last; `at` is a moment that somebody names.
pub fn episode(verdicts: &[Verdict], extent: Range, size: BucketSize, at: Option<Timestamp>) -> Range {
    let bucket = |start: Timestamp| Range { from: size.start(start), to: size.at(size.index(start.as_second()).saturating_add(1)) };
    let is_odd = |place: usize| verdicts.get(place).is_some_and(Verdict::is_anomalous);
    if let Some(at) = at {
        let start = size.start(at);
        return match verdicts.iter().position(|verdict| verdict.start == start) {
            Some(place) if is_odd(place) => grown(verdicts, place, size, &is_odd),
            _ => bucket(at),
        };
    }
    let rank = |verdict: &Verdict| (verdict.score.map_or(-1.0, f64::round), f64::from(verdict.count));
    let worst = verdicts.iter().enumerate().max_by(|(_, one), (_, two)| rank(one).partial_cmp(&rank(two)).unwrap_or(std::cmp::Ordering::Equal));
    let Some((place, verdict)) = worst else { return extent };
    if verdict.is_anomalous() {
        return grown(verdicts, place, size, &is_odd);
    }
    if verdict.score.is_none() && extent.to.as_second().saturating_sub(extent.from.as_second()) <= SHORT {
        return extent;
    }
    if verdict.score.is_none() {
        return grown(verdicts, place, size, &|_| true);
    }
    bucket(verdict.start)
}

/// The range of the neighbours of a bucket that are alike.
fn grown(verdicts: &[Verdict], place: usize, size: BucketSize, is_alike: &dyn Fn(usize) -> bool) -> Range {
    let number = |place: usize| verdicts.get(place).map(|verdict| size.index(verdict.start.as_second()));
    let start = number(place).unwrap_or(0);
    let (mut first, mut last) = (start, start);
    for earlier in (0..place).rev().filter(|place| is_alike(*place)).filter_map(number) {
        if first - earlier > APART {
            break;
        }
        first = earlier;
    }
    for later in (place.saturating_add(1)..verdicts.len()).filter(|place| is_alike(*place)).filter_map(number) {
        if later - last > APART {
            break;
        }
        last = later;
    }
    Range { from: size.at(first), to: size.at(last.saturating_add(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::Standing;

    fn verdicts(scores: &[(i64, Option<f64>, u32)]) -> Vec<Verdict> {
        let of = |(bucket, score, count): &(i64, Option<f64>, u32)| Verdict {
            destination: 0,
            start: BucketSize::Quarter.at(*bucket),
            count: *count,
            new: 0,
            typical: None,
            upper: None,
            score: *score,
            reason: String::new(),
            cross: None,
            why: None,
            standing: Standing::Judged,
        };
        scores.iter().map(of).collect()
    }

    fn buckets(range: Range) -> (i64, i64) {
        (range.from.as_second() / 900, range.to.as_second() / 900)
    }

    #[test]
    fn anomalous_neighbours_are_one_episode_and_a_named_moment_wins() {
        let extent = Range { from: BucketSize::Quarter.at(0), to: BucketSize::Quarter.at(1000) };
        let list = verdicts(&[(1, Some(80.0), 9), (10, Some(75.0), 5), (12, Some(95.0), 9), (13, Some(20.0), 1), (14, Some(90.0), 8), (20, Some(91.0), 9)]);
        assert_eq!(buckets(episode(&list, extent, BucketSize::Quarter, None)), (10, 15));
        assert_eq!(buckets(episode(&list, extent, BucketSize::Quarter, Some(BucketSize::Quarter.at(20)))), (20, 21));
        assert_eq!(buckets(episode(&list, extent, BucketSize::Quarter, Some(BucketSize::Quarter.at(13)))), (13, 14));
        assert_eq!(buckets(episode(&list, extent, BucketSize::Quarter, Some(BucketSize::Quarter.at(500)))), (500, 501));
    }

    #[test]
    fn without_verdicts_a_short_log_is_looked_at_whole_and_a_long_one_where_it_is_busiest() {
        let short = Range { from: BucketSize::Quarter.at(5), to: BucketSize::Quarter.at(20) };
        let list = verdicts(&[(5, None, 1), (6, None, 3), (19, None, 1)]);
        assert_eq!(episode(&list, short, BucketSize::Quarter, None), short);
        let long = Range { from: BucketSize::Quarter.at(5), to: BucketSize::Quarter.at(2000) };
        assert_eq!(buckets(episode(&list, long, BucketSize::Quarter, None)), (5, 7));
        assert_eq!(episode(&[], short, BucketSize::Quarter, None), short);
    }
}
