//! A map of many entries: sorted maps, over which the entries are spread by a hash of their keys. The code for it is a tenth of what an
//! instance of `BTreeMap` adds to a module.

use std::hash::{Hash, Hasher};

use crate::sorted_map::SortedMap;

/// How many sorted maps there are. Of 50,000 entries, each has about 200, so that an insertion moves about 100.
const PARTS: usize = 256;

/// Entries, unsorted as a whole. If somebody finds keys that all hash alike, it is one sorted map: slower to insert into, as fast to
/// search.
#[derive(Clone, Debug)]
pub(crate) struct LargeMap<K, V> {
    parts: Vec<SortedMap<K, V>>,
    length: usize,
}

impl<K, V> Default for LargeMap<K, V> {
    fn default() -> Self {
        Self {
            parts: (0..PARTS).map(|_| SortedMap::new()).collect(),
            length: 0,
        }
    }
}

impl<K, V> LargeMap<K, V> {
    /// The number of entries.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// The values.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.parts.iter().flat_map(SortedMap::values)
    }

    /// Keeps the entries for which `is_kept` says so.
    pub(crate) fn retain(&mut self, mut is_kept: impl FnMut(&K, &V) -> bool) {
        for part in &mut self.parts {
            part.retain(&mut is_kept);
        }
        self.length = self.parts.iter().map(SortedMap::len).sum();
    }
}

impl<K: Ord + Hash, V> LargeMap<K, V> {
    /// The value of a key.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.parts.get(part_of(key))?.get(key)
    }

    /// The value of a key, which is created if it is missing.
    #[expect(
        clippy::indexing_slicing,
        reason = "there is a map for each rest of a division by their number"
    )]
    pub(crate) fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let part = &mut self.parts[part_of(&key)];
        part.get_or_insert_with(key, || {
            self.length = self.length.saturating_add(1);
            make()
        })
    }

    /// Removes an entry.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let removed = self.parts.get_mut(part_of(key))?.remove(key)?;
        self.length = self.length.saturating_sub(1);
        Some(removed)
    }
}

/// Which of the sorted maps a key is in.
fn part_of(key: &impl Hash) -> usize {
    let mut hasher = Fnv(0x811c_9dc5);
    key.hash(&mut hasher);
    usize::from(hasher.0.to_be_bytes()[0] ^ hasher.0.to_le_bytes()[0])
}

/// FNV-1a, with 32 bits (RFC 9923).
struct Fnv(u32);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }

    fn finish(&self) -> u64 {
        self.0.into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{LargeMap, PARTS};

    proptest! {
        #[test]
        fn does_what_a_btree_map_does(steps in prop::collection::vec((0..4, 0_u16..40, any::<u8>()), 0..200)) {
            let (mut map, mut model) = (LargeMap::default(), BTreeMap::new());
            for (step, key, value) in steps {
                match step {
                    0 => prop_assert_eq!(map.remove(&key), model.remove(&key)),
                    1 => prop_assert_eq!(map.get_or_insert_with(key, || value), model.entry(key).or_insert(value)),
                    2 => prop_assert_eq!(map.get(&key), model.get(&key)),
                    _ => {
                        map.retain(|held, kept| *held != key && *kept >= value / 4);
                        model.retain(|held, kept| *held != key && *kept >= value / 4);
                    }
                }
                let (mut values, mut expected): (Vec<u8>, Vec<u8>) =
                    (map.values().copied().collect(), model.values().copied().collect());
                values.sort_unstable();
                expected.sort_unstable();
                prop_assert_eq!(values, expected);
                prop_assert_eq!(map.len(), model.len());
            }
        }
    }

    #[test]
    fn spreads_its_entries() {
        let mut map = LargeMap::default();
        for serial in 0..10_000_u32 {
            map.get_or_insert_with((0_u16, serial, true), || ());
        }
        let most = map.parts.iter().map(|part| part.len()).max().unwrap();
        assert!(most < 3 * 10_000 / PARTS, "{most}");
    }
}
