//! Destinations hit by the same set of sources: one campaign behind several spikes.

use crate::domain::Address;

/// Share of sources that two destinations must have in common to be one campaign.
pub const ALIKE: f64 = 0.5;
/// Fewest sources that two destinations must have in common: two strangers share an administrator easily.
pub const LEAST: usize = 3;

/// How alike two sets of sources are, both in order: what they share of what they have together (Jaccard), 0 to 1.
pub fn likeness(one: &[Address], two: &[Address]) -> f64 {
    let shared = shared(one, two);
    let together = one.len().saturating_add(two.len()).saturating_sub(shared);
    ratio(shared, together)
}

#[allow(clippy::cast_precision_loss, reason = "numbers of sources are far below 2^52")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// How many sources two sets share, both in order.
pub fn shared(one: &[Address], two: &[Address]) -> usize {
    let (mut left, mut right, mut count) = (one.iter().peekable(), two.iter().peekable(), 0_usize);
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => _ = left.next(),
            std::cmp::Ordering::Greater => _ = right.next(),
            std::cmp::Ordering::Equal => {
                count = count.saturating_add(1);
                left.next();
                right.next();
            }
        }
    }
    count
}

/// For each set of sources (in order each) the number of its campaign, from 1 on, largest first; `None` where it is alone. A
/// set belongs to a campaign where it is alike to the largest set of it, so that a chain of chance likenesses joins nothing.
pub fn campaigns(sets: &[Vec<Address>]) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..sets.len()).filter(|place| sets.get(*place).is_some_and(|set| set.len() >= LEAST)).collect();
    order.sort_by_key(|place| std::cmp::Reverse(sets.get(*place).map_or(0, Vec::len)));
    let mut of: Vec<Option<usize>> = vec![None; sets.len()];
    let mut number = 0;
    for (at, head) in order.iter().enumerate() {
        if of.get(*head).copied().flatten().is_some() {
            continue;
        }
        let Some(core) = sets.get(*head) else { continue };
        let belongs =
            |place: &usize| of.get(*place) == Some(&None) && sets.get(*place).is_some_and(|set| shared(core, set) >= LEAST && likeness(core, set) >= ALIKE);
        let members: Vec<usize> = order.iter().skip(at.saturating_add(1)).copied().filter(belongs).collect();
        if members.is_empty() {
            continue;
        }
        number += 1;
        for place in members.into_iter().chain([*head]) {
            if let Some(campaign) = of.get_mut(place) {
                *campaign = Some(number);
            }
        }
    }
    of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: std::ops::Range<u8>) -> Vec<Address> {
        numbers.filter_map(|number| Address::clean(&format!("198.51.100.{number}"))).collect()
    }

    #[test]
    fn likeness_is_what_is_shared_of_what_there_is() {
        assert!((likeness(&set(1..11), &set(1..11)) - 1.0).abs() < 1e-9);
        assert!((likeness(&set(1..11), &set(6..16)) - 5.0 / 15.0).abs() < 1e-9);
        assert!(likeness(&set(1..5), &set(9..12)).abs() < 1e-9);
        assert!(likeness(&[], &[]).abs() < 1e-9);
    }

    #[test]
    fn the_same_sources_on_several_destinations_are_one_campaign() {
        let sets = [set(1..3), set(1..21), set(100..120), set(2..22), set(102..119), set(60..70)];
        assert_eq!(campaigns(&sets), [None, Some(1), Some(2), Some(1), Some(2), None]);
    }

    #[test]
    fn a_few_shared_administrators_join_nothing() {
        assert_eq!(campaigns(&[set(1..3), set(1..3), set(1..3)]), [None, None, None]);
        assert_eq!(campaigns(&[set(1..41), set(38..78)]), [None, None]);
    }

    #[test]
    fn a_chain_of_likenesses_is_not_one_campaign() {
        // Each is alike to the next, the ends share nothing.
        let sets = [set(1..11), set(4..14), set(7..17), set(12..22)];
        let of = campaigns(&sets);
        assert_eq!(of[0], of[1]);
        assert_ne!(of[0], of[3]);
    }
}
