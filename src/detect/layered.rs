//! A map that copies in no time: copies share what was known before them and keep what they add to themselves.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

/// Grows, never shrinks. The one that is left when all copies are gone writes into what was shared.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(
    into = "Vec<(K, V)>",
    from = "Vec<(K, V)>",
    bound(serialize = "K: Clone + Eq + Hash + Serialize, V: Clone + Serialize", deserialize = "K: Eq + Hash + Deserialize<'de>, V: Deserialize<'de>")
)]
pub struct Layered<K, V> {
    shared: Arc<HashMap<K, V, FixedState>>,
    own: HashMap<K, V, FixedState>,
}

impl<K: Eq + Hash, V> Default for Layered<K, V> {
    fn default() -> Self {
        Self { shared: Arc::default(), own: HashMap::default() }
    }
}

impl<K: Eq + Hash, V> Layered<K, V> {
    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        if self.own.is_empty() {
            return self.shared.get(key);
        }
        self.own.get(key).or_else(|| self.shared.get(key))
    }

    /// Sets the value of a key.
    pub fn set(&mut self, key: K, value: V) {
        match Arc::get_mut(&mut self.shared) {
            Some(shared) => {
                shared.extend(self.own.drain());
                shared.insert(key, value);
            }
            None => {
                self.own.insert(key, value);
            }
        }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> From<Layered<K, V>> for Vec<(K, V)> {
    fn from(layered: Layered<K, V>) -> Self {
        let below = layered.shared.iter().filter(|(key, _)| !layered.own.contains_key(*key));
        below.chain(&layered.own).map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

impl<K: Eq + Hash, V> From<Vec<(K, V)>> for Layered<K, V> {
    fn from(pairs: Vec<(K, V)>) -> Self {
        Self { shared: Arc::new(pairs.into_iter().collect()), own: HashMap::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_to_itself_what_it_adds() {
        let mut one: Layered<u32, u32> = Layered::default();
        one.set(1, 10);
        let mut two = one.clone();
        two.set(1, 11);
        two.set(2, 20);
        one.set(3, 30);
        assert_eq!([1, 2, 3].map(|key| one.get(&key).copied()), [Some(10), None, Some(30)]);
        assert_eq!([1, 2, 3].map(|key| two.get(&key).copied()), [Some(11), Some(20), None]);
        drop(two);
        one.set(4, 40);
        assert!(one.own.is_empty(), "what was added beside a copy joins the rest when the copy is gone");
        assert_eq!([1, 3, 4].map(|key| one.get(&key).copied()), [Some(10), Some(30), Some(40)]);
    }
}
