//! Values as small numbers: each distinct value once, in order of first sight.

use std::hash::{BuildHasher as _, Hash};

use hashbrown::HashTable;

/// Code of a missing value.
pub(super) const NONE: u32 = u32::MAX;

/// Distinct values and their codes.
#[derive(Debug)]
pub(super) struct Dictionary<T> {
    codes: HashTable<u32>,
    values: Vec<T>,
    hasher: foldhash::fast::RandomState,
}

impl<T> Default for Dictionary<T> {
    fn default() -> Self {
        Self { codes: HashTable::new(), values: Vec::new(), hasher: foldhash::fast::RandomState::default() }
    }
}

impl<T: Eq + Hash> Dictionary<T> {
    /// The code of `value`, a new one if it was not seen yet. A borrowed form must hash and compare as the value does.
    pub(super) fn code<Q>(&mut self, value: &Q) -> u32
    where
        T: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        for<'a> &'a Q: Into<T>,
    {
        let (values, hasher) = (&self.values, &self.hasher);
        let hash = hasher.hash_one(value);
        let is_it = |code: &u32| values.get(*code as usize).is_some_and(|known| known.borrow() == value);
        if let Some(code) = self.codes.find(hash, is_it) {
            return *code;
        }
        let code = u32::try_from(self.values.len()).unwrap_or(NONE - 1);
        self.codes.insert_unique(hash, code, |code| values.get(*code as usize).map_or(0, |value| hasher.hash_one(value)));
        self.values.push(value.into());
        code
    }

    /// The values so far, each at the place of its code.
    pub(super) fn values(&self) -> &[T] {
        &self.values
    }

    /// The values, each at the place of its code.
    pub(super) fn into_values(self) -> Vec<T> {
        self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Foreign;

    #[test]
    fn every_value_has_one_code() {
        let mut texts: Dictionary<Foreign> = Dictionary::default();
        let codes: Vec<u32> = ["a", "b", "a", "", "b", "a text of more than twenty-four bytes", "a"].map(|text| texts.code(text)).to_vec();
        assert_eq!(codes, [0, 1, 0, 2, 1, 3, 0]);
        for number in 0..5000 {
            assert_eq!(texts.code(number.to_string().as_str()), 4 + number);
        }
        assert_eq!(texts.code("77"), 81);
        assert_eq!(texts.into_values().len(), 5004);
    }
}
