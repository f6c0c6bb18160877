//! A bounded table that forgets what was used longest ago.

use std::collections::{BTreeMap, BTreeSet};

use crate::time::Instant;

/// At most so many values by their keys, each with the moment when it was last used.
#[derive(Debug)]
pub(super) struct Recent<K: Ord + Clone, V> {
    most: usize,
    by_key: BTreeMap<K, (Instant, V)>,
    by_age: BTreeSet<(Instant, K)>,
}

impl<K: Ord + Clone, V> Recent<K, V> {
    /// An empty table for `most` values, at least one.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            by_key: BTreeMap::new(),
            by_age: BTreeSet::new(),
        }
    }

    /// The value of a key, which does not count as use.
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.by_key.get(key).map(|(_, value)| value)
    }

    /// The value of a key, to be changed, which does not count as use either.
    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.by_key.get_mut(key).map(|(_, value)| value)
    }

    /// The value of a key, which counts as used now. A new one takes the place of the oldest when the table is full.
    pub(super) fn touch(&mut self, key: &K, now: Instant) -> &mut V
    where
        V: Default,
    {
        if self.by_key.len() >= self.most && !self.by_key.contains_key(key) {
            self.pop_oldest();
        }
        let (used, value) = self.by_key.entry(key.clone()).or_insert_with(|| (now, V::default()));
        self.by_age.remove(&(*used, key.clone()));
        self.by_age.insert((now, key.clone()));
        *used = now;
        value
    }

    /// Forgets a key and gives its value.
    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let (used, value) = self.by_key.remove(key)?;
        self.by_age.remove(&(used, key.clone()));
        Some(value)
    }

    /// When the value that was used longest ago was used.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.by_age.first().map(|&(used, _)| used)
    }

    /// Forgets the value that was used longest ago.
    pub(super) fn pop_oldest(&mut self) -> Option<V> {
        let (_, key) = self.by_age.pop_first()?;
        self.by_key.remove(&key).map(|(_, value)| value)
    }

    /// Keeps the values for which `keep` is true, in the order of their keys.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        let by_age = &mut self.by_age;
        self.by_key.retain(|key, (used, value)| {
            let kept = keep(key, value);
            if !kept {
                by_age.remove(&(*used, key.clone()));
            }
            kept
        });
    }

    /// Every value, in the order of the keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.by_key.iter().map(|(key, (_, value))| (key, value))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: u64) -> Instant {
        Instant::from_secs(second)
    }

    #[test]
    fn a_full_table_forgets_what_was_used_longest_ago() {
        let mut table: Recent<u8, u8> = Recent::new(2);
        *table.touch(&1, at(1)) = 10;
        *table.touch(&2, at(2)) = 20;
        *table.touch(&1, at(3)) += 1;
        *table.touch(&3, at(4)) = 30;
        assert_eq!(table.iter().collect::<Vec<_>>(), [(&1, &11), (&3, &30)]);
        assert_eq!((table.oldest(), table.pop_oldest()), (Some(at(3)), Some(11)));
    }

    #[test]
    fn looking_is_no_use() {
        let mut table: Recent<u8, u8> = Recent::new(2);
        *table.touch(&1, at(1)) = 10;
        *table.touch(&2, at(2)) = 20;
        assert_eq!(table.get(&1), Some(&10));
        assert_eq!(table.get_mut(&1), Some(&mut 10));
        table.touch(&3, at(3));
        assert_eq!(table.get(&1), None);
    }

    proptest! {
        #[test]
        fn it_never_grows_beyond_its_bound(
            steps in proptest::collection::vec((0_u8..4, 0_u8..20), 0..200),
        ) {
            let mut table: Recent<u8, u8> = Recent::new(7);
            for (second, (what, key)) in (0..).zip(steps) {
                match what {
                    0 => _ = table.remove(&key),
                    1 => table.retain(|kept, _| kept % 7 != key % 7),
                    _ => _ = table.touch(&key, at(second / 3)),
                }
                prop_assert!(table.len() <= 7 && table.by_age.len() == table.len());
            }
        }
    }
}
