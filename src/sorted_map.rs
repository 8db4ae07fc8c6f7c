//! A map of few entries: a sorted vector. Each instance of `BTreeMap` would add 2 to 5 KiB of code to a module, and each instance of the
//! library's sort 3 KiB.

use std::collections::BinaryHeap;

/// Up to this many items, each is moved to its place among those before it; more are sorted by a heap.
const FEW: usize = 32;

/// The items in order.
pub(crate) fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    if items.len() > FEW {
        return BinaryHeap::from(items).into_sorted_vec();
    }
    for end in 1..items.len() {
        for at in (1..=end).rev() {
            match items.get(at - 1..=at) {
                Some([before, after]) if before > after => items.swap(at - 1, at),
                _ => break,
            }
        }
    }
    items
}

/// Entries sorted by their keys. An insertion moves the entries behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SortedMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> SortedMap<K, V> {
    /// An empty map.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// An empty map with room for this many entries. Growing would move entries and leave unwiped copies behind.
    pub(crate) fn with_capacity(entries: usize) -> Self {
        Self(Vec::with_capacity(entries))
    }

    /// Entries that are in order already, as [`SortedMap::iter`] has given them.
    pub(crate) fn of_sorted(entries: Vec<(K, V)>) -> Self {
        Self(entries)
    }

    /// The number of entries.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The entries, in order.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The keys, in order.
    pub(crate) fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    /// The values, in the order of their keys.
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    /// Keeps the entries for which `is_kept` says so.
    pub(crate) fn retain(&mut self, mut is_kept: impl FnMut(&K, &V) -> bool) {
        self.0.retain(|(key, value)| is_kept(key, value));
    }

    /// The entries, by value.
    pub(crate) fn into_entries(self) -> impl DoubleEndedIterator<Item = (K, V)> {
        self.0.into_iter()
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    /// The value of a key.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        let at = self.find(key).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// Inserts a value; returns the previous one.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(at) => {
                let (_, held) = self.0.get_mut(at)?;
                Some(std::mem::replace(held, value))
            }
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    /// The value of a key, which is created if it is missing.
    #[expect(
        clippy::indexing_slicing,
        reason = "the entry was found there, or inserted just now"
    )]
    pub(crate) fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let at = match self.find(&key) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (key, make()));
                at
            }
        };
        &mut self.0[at].1
    }

    /// Removes an entry.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.find(key).ok()?;
        Some(self.0.remove(at).1)
    }

    fn find(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(held, _)| held.cmp(key))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{SortedMap, sorted};

    proptest! {
        #[test]
        fn sorts_few_and_many(mut items in prop::collection::vec(any::<u8>(), 0..70)) {
            let found = sorted(items.clone());
            items.sort_unstable();
            prop_assert_eq!(found, items);
        }

        #[test]
        fn does_what_a_btree_map_does(steps in prop::collection::vec((0..4, 0_u8..12, any::<u8>()), 0..60)) {
            let (mut map, mut model) = (SortedMap::new(), BTreeMap::new());
            for (step, key, value) in steps {
                match step {
                    0 => prop_assert_eq!(map.insert(key, value), model.insert(key, value)),
                    1 => prop_assert_eq!(map.remove(&key), model.remove(&key)),
                    2 => prop_assert_eq!(map.get_or_insert_with(key, || value), model.entry(key).or_insert(value)),
                    _ => prop_assert_eq!(map.get(&key), model.get(&key)),
                }
                prop_assert!(map.iter().eq(model.iter()) && map.keys().eq(model.keys()));
                prop_assert!(map.values().eq(model.values()) && map.len() == model.len());
            }
            prop_assert!(map.into_entries().eq(model));
        }
    }
}
