//! Values as small numbers: each distinct value once, in order of first sight.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// Code of a missing value.
pub(super) const NONE: u32 = u32::MAX;

/// Distinct values and their codes.
#[derive(Debug)]
pub(super) struct Dictionary<T> {
    codes: HashMap<T, u32, foldhash::fast::RandomState>,
    values: Vec<T>,
}

impl<T> Default for Dictionary<T> {
    fn default() -> Self {
        Self { codes: HashMap::default(), values: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Dictionary<T> {
    /// The code of `value`, a new one if it was not seen yet.
    pub(super) fn code<Q>(&mut self, value: &Q) -> u32
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        for<'a> &'a Q: Into<T>,
    {
        if let Some(code) = self.codes.get(value) {
            return *code;
        }
        let code = u32::try_from(self.values.len()).unwrap_or(NONE - 1);
        let value: T = value.into();
        self.codes.insert(value.clone(), code);
        self.values.push(value);
        code
    }

    /// The code of a value that may be missing.
    pub(super) fn code_of<Q>(&mut self, value: Option<&Q>) -> u32
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        for<'a> &'a Q: Into<T>,
    {
        value.map_or(NONE, |value| self.code(value))
    }

    /// The values, each at the place of its code.
    pub(super) fn into_values(self) -> Vec<T> {
        self.values
    }
}
