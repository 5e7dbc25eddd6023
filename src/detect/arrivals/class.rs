//! How surprising a source is where it arrives: the classes into which arrivals are told apart.

use serde::{Deserialize, Serialize};

/// What kind of newcomer a source is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// It has been here before.
    Known,
    /// It is new here, but others of its network are not.
    Familiar,
    /// New here with its network; seen at up to three other destinations.
    Elsewhere,
    /// New here with its network; seen at four or more other destinations.
    Mobile,
    /// Never seen anywhere, of a network from which four or more sources are known.
    Stranger,
    /// Never seen anywhere, of a network as good as unknown.
    Alien,
    /// New here, and itself a destination that was reached by somebody unexpected within the last hours.
    Chain,
    /// One that goes everywhere (a scanner, a monitor, a deployment server): counted and shown, not scored.
    Roaming,
}

/// How many classes there are.
pub const CLASSES: usize = 8;

impl Class {
    /// Every class, in the order of [`PerClass`].
    pub const ALL: [Self; CLASSES] = [Self::Known, Self::Familiar, Self::Elsewhere, Self::Mobile, Self::Stranger, Self::Alien, Self::Chain, Self::Roaming];

    /// Whether an arrival of this class makes its destination one that others may have come through.
    pub fn is_unexpected(self) -> bool {
        (Self::Elsewhere..Self::Roaming).contains(&self)
    }
}

/// One value for each class, in the order of [`Class::ALL`].
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct PerClass<T>(pub [T; CLASSES]);

impl<T: Copy> PerClass<T> {
    /// The same for every class.
    pub fn all(value: T) -> Self {
        Self([value; CLASSES])
    }

    /// Each value turned into another.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> PerClass<U> {
        PerClass(self.0.map(each))
    }

    /// The values of two, put together class by class.
    pub fn with<U: Copy, V>(self, other: PerClass<U>, mut each: impl FnMut(T, U) -> V) -> PerClass<V> {
        let mut others = other.0.into_iter();
        PerClass(self.0.map(|one| {
            // Both have a value for each class; the first is never used up before the second.
            let two = others.next().unwrap_or(other.0[0]);
            each(one, two)
        }))
    }

    /// The value of one class.
    pub fn of(&self, class: Class) -> T {
        let [known, familiar, elsewhere, mobile, stranger, alien, chain, roaming] = self.0;
        match class {
            Class::Known => known,
            Class::Familiar => familiar,
            Class::Elsewhere => elsewhere,
            Class::Mobile => mobile,
            Class::Stranger => stranger,
            Class::Alien => alien,
            Class::Chain => chain,
            Class::Roaming => roaming,
        }
    }

    /// The place of one class.
    pub fn at(&mut self, class: Class) -> &mut T {
        let [known, familiar, elsewhere, mobile, stranger, alien, chain, roaming] = &mut self.0;
        match class {
            Class::Known => known,
            Class::Familiar => familiar,
            Class::Elsewhere => elsewhere,
            Class::Mobile => mobile,
            Class::Stranger => stranger,
            Class::Alien => alien,
            Class::Chain => chain,
            Class::Roaming => roaming,
        }
    }
}

impl PerClass<f64> {
    /// The sum over the classes that are scored: all but [`Class::Roaming`].
    pub fn scored(&self) -> f64 {
        let [known, familiar, elsewhere, mobile, stranger, alien, chain, _] = self.0;
        known + familiar + elsewhere + mobile + stranger + alien + chain
    }

    /// The sums class by class.
    pub fn plus(self, other: Self) -> Self {
        self.with(other, |one, two| one + two)
    }
}
