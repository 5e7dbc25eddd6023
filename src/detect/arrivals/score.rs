//! From nats to the score people see. Absolute: a score shown yesterday is the score shown today.

/// Nats at the score of 70, from which a bucket is anomalous: odds of a million to one.
pub const ANOMALOUS: f64 = 14.0;
/// Nats from which nothing is learned about scatter: what may be an attack must not widen what passes for ordinary.
pub const DOUBTFUL: f64 = 12.0;
/// The most that is said of a destination in its first day, in nats: a score of 49, below major. Everything is new there.
pub const YOUNG_MOST: f64 = 7.9;

/// 25 at 3.3 nats, 50 at 8.1, 70 at 14, 75 at 16.1, 90 at 26.8.
pub fn score(nats: f64) -> f64 {
    100.0 * (1.0 - 0.3f64.powf(nats.max(0.0) / ANOMALOUS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_stand_where_they_are_said_to() {
        let rounded = [0.0, 3.345, 8.06, 14.0, 16.12, 26.8].map(|nats| (score(nats) * 10.0).round() / 10.0);
        assert_eq!(rounded, [0.0, 25.0, 50.0, 70.0, 75.0, 90.0]);
        assert_eq!(score(YOUNG_MOST).round(), 49.0);
    }
}
