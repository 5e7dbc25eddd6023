//! The scales: points for and against become a suggestion, by the same rules for every step of a phase.

use super::dossier::{Point, Suggested};
use crate::domain::{Address, Foreign};

/// Weight from which a step of triage looks bad, or benign where it lies on the other side.
const TELLS: i32 = 40;
/// Score from which a harmless explanation holds.
const HOLDS: i32 = 60;
/// Score below which it does not.
const FAILS: i32 = 30;

/// What a step found, while it is weighed.
#[derive(Clone, PartialEq, Debug)]
pub struct Weighed {
    /// What it suggests.
    pub suggested: Suggested,
    /// How sure, 0 to 100.
    pub confidence: u8,
    /// One sentence with figures.
    pub finding: String,
    /// What speaks for.
    pub speaks_for: Vec<Point>,
    /// What speaks against.
    pub against: Vec<Point>,
    /// What could not be seen.
    pub missing: Vec<String>,
    /// What only people know of this very matter.
    pub human: Vec<String>,
    /// The sources it rests on.
    pub sources: Vec<Address>,
    /// The accounts it rests on.
    pub users: Vec<Foreign>,
}

impl Weighed {
    /// A finding that nothing was put on the scales for yet.
    pub fn new(finding: impl Into<String>) -> Self {
        Self {
            suggested: Suggested::Open,
            confidence: 0,
            finding: finding.into(),
            speaks_for: Vec::new(),
            against: Vec::new(),
            missing: Vec::new(),
            human: Vec::new(),
            sources: Vec::new(),
            users: Vec::new(),
        }
    }

    /// Something that speaks for.
    pub fn plus(&mut self, weight: u8, text: impl Into<String>) -> &mut Self {
        self.speaks_for.push(Point::new(weight, text));
        self
    }

    /// Something that speaks against.
    pub fn minus(&mut self, weight: u8, text: impl Into<String>) -> &mut Self {
        self.against.push(Point::new(weight, text));
        self
    }

    /// Something that could not be seen.
    pub fn missing(&mut self, text: impl Into<String>) -> &mut Self {
        self.missing.push(text.into());
        self
    }

    /// Something that only people know.
    pub fn human(&mut self, text: impl Into<String>) -> &mut Self {
        self.human.push(text.into());
        self
    }

    /// What lies on the scales: for above zero, against below.
    fn sum(&self) -> (i32, i32) {
        let sum = |points: &[Point]| points.iter().map(|point| i32::from(point.weight)).sum();
        (sum(&self.speaks_for), sum(&self.against))
    }

    /// Of a step of triage: bad where more speaks for an attack than against, benign the other way round. `can_clear` is
    /// false where what could not be seen forbids to call it benign.
    #[must_use]
    pub fn triage(mut self, can_clear: bool) -> Self {
        let (plus, minus) = self.sum();
        let sum = plus - minus;
        self.suggested = if sum >= TELLS {
            Suggested::LooksBad
        } else if sum <= -TELLS && plus < TELLS {
            if can_clear { Suggested::LooksBenign } else { Suggested::CannotTell }
        } else if !can_clear && plus == 0 {
            Suggested::CannotTell
        } else {
            Suggested::Open
        };
        self.confidence = if self.suggested == Suggested::CannotTell { 0 } else { percent(sum.abs()) };
        self.sorted()
    }

    /// Of a harmless explanation: how well it fits, from 0 to 100.
    #[must_use]
    pub fn harmless(mut self, share: u8) -> Self {
        let (plus, minus) = self.sum();
        let score = (plus - minus).clamp(0, 100);
        self.suggested = if score >= HOLDS && share >= 80 {
            Suggested::LooksBenign
        } else if score < FAILS || share < 20 {
            Suggested::LooksBad
        } else {
            Suggested::Open
        };
        // What explains but a part cannot be surer than that part.
        self.confidence = percent(score).min(share.max(if score < FAILS { percent(score) } else { 0 }));
        self.sorted()
    }

    /// Of a response: whether there is something to do.
    #[must_use]
    pub fn response(mut self, is_due: bool) -> Self {
        self.suggested = if is_due { Suggested::LooksBad } else { Suggested::LooksBenign };
        let (plus, minus) = self.sum();
        self.confidence = percent((plus - minus).abs());
        self.sorted()
    }

    /// The data does not say.
    #[must_use]
    pub fn cannot_tell(mut self) -> Self {
        self.suggested = Suggested::CannotTell;
        self.confidence = 0;
        self.sorted()
    }

    fn sorted(mut self) -> Self {
        self.speaks_for.sort_by_key(|point| std::cmp::Reverse(point.weight));
        self.against.sort_by_key(|point| std::cmp::Reverse(point.weight));
        self
    }
}

fn percent(score: i32) -> u8 {
    u8::try_from(score.clamp(0, 100)).unwrap_or(100)
}

/// `1 source`, `3 sources`.
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// The same of a word whose many is no `s` at its end.
pub fn counted(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// The first few of some names, and how many more there are.
pub fn some<T: AsRef<str>>(names: &[T], most: usize) -> String {
    let shown: Vec<&str> = names.iter().take(most).map(AsRef::as_ref).collect();
    let more = names.len().saturating_sub(shown.len());
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scales(plus: &[u8], minus: &[u8]) -> Weighed {
        let mut weighed = Weighed::new("x");
        plus.iter().for_each(|weight| _ = weighed.plus(*weight, "+"));
        minus.iter().for_each(|weight| _ = weighed.minus(*weight, "-"));
        weighed
    }

    #[test]
    fn triage_needs_weight_on_one_side_and_never_clears_what_it_could_not_see() {
        for (plus, minus, can_clear, expected) in [
            (&[40][..], &[][..], true, (Suggested::LooksBad, 40)),
            (&[40, 30], &[40], true, (Suggested::Open, 30)),
            (&[], &[40], true, (Suggested::LooksBenign, 40)),
            (&[], &[40], false, (Suggested::CannotTell, 0)),
            (&[], &[], false, (Suggested::CannotTell, 0)),
            (&[20], &[], false, (Suggested::Open, 20)),
            (&[90, 90], &[], false, (Suggested::LooksBad, 100)),
        ] {
            let weighed = scales(plus, minus).triage(can_clear);
            assert_eq!((weighed.suggested, weighed.confidence), expected, "{plus:?} {minus:?} {can_clear}");
        }
    }

    #[test]
    fn an_explanation_of_a_part_is_no_surer_than_the_part() {
        for (plus, minus, share, expected) in [
            (&[80][..], &[][..], 100, (Suggested::LooksBenign, 80)),
            (&[80], &[], 50, (Suggested::Open, 50)),
            (&[80], &[], 10, (Suggested::LooksBad, 10)),
            (&[80], &[60], 100, (Suggested::LooksBad, 20)),
            (&[], &[], 0, (Suggested::LooksBad, 0)),
        ] {
            let weighed = scales(plus, minus).harmless(share);
            assert_eq!((weighed.suggested, weighed.confidence), expected, "{plus:?} {minus:?} {share}");
        }
    }
}
