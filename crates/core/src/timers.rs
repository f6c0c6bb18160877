//! The deadlines of a machine: one ordered table that its driver asks for the next.

use std::collections::{BTreeMap, BTreeSet};

use crate::time::Instant;

/// At most one deadline for each key.
///
/// Deadlines are pulled, not delivered: a driver sleeps until [`Timers::next`] and a cancelled deadline simply is not
/// there any more, so no machine has to recognise one that came too late.
#[derive(Debug, Clone)]
pub struct Timers<K: Ord + Clone> {
    due: BTreeSet<(Instant, K)>,
    by_key: BTreeMap<K, Instant>,
}

impl<K: Ord + Clone> Timers<K> {
    /// A table without deadlines.
    pub const fn new() -> Self {
        Self {
            due: BTreeSet::new(),
            by_key: BTreeMap::new(),
        }
    }

    /// Gives `key` the deadline `at` in place of the one it had.
    pub fn set(&mut self, key: K, at: Instant) {
        if let Some(before) = self.by_key.insert(key.clone(), at) {
            self.due.remove(&(before, key.clone()));
        }
        self.due.insert((at, key));
    }

    /// Takes the deadline of `key` away, if there is one.
    pub fn cancel(&mut self, key: K) {
        if let Some(before) = self.by_key.remove(&key) {
            self.due.remove(&(before, key));
        }
    }

    /// The deadline of `key`.
    pub fn get(&self, key: &K) -> Option<Instant> {
        self.by_key.get(key).copied()
    }

    /// The earliest deadline of all.
    pub fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Removes and gives the key whose deadline is the earliest, when that is not after `now`. Keys with the same
    /// deadline come in their own order.
    pub fn pop_due(&mut self, now: Instant) -> Option<K> {
        if self.due.first()?.0 > now {
            return None;
        }
        let (_, key) = self.due.pop_first()?;
        self.by_key.remove(&key);
        Some(key)
    }
}

impl<K: Ord + Clone> Default for Timers<K> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(timers: &mut Timers<u8>, now: Instant) -> Vec<u8> {
        std::iter::from_fn(|| timers.pop_due(now)).collect()
    }

    #[test]
    fn the_earliest_comes_first_and_ties_follow_the_keys() {
        let mut timers = Timers::new();
        for (key, second) in [(3, 2), (9, 1), (1, 2), (2, 3)] {
            timers.set(key, Instant::from_secs(second));
        }
        assert_eq!(timers.next(), Some(Instant::from_secs(1)));
        assert_eq!(drain(&mut timers, Instant::from_secs(2)), [9, 1, 3]);
        assert_eq!(timers.next(), Some(Instant::from_secs(3)));
    }

    #[test]
    fn a_deadline_is_due_at_its_moment_and_not_before() {
        let mut timers = Timers::new();
        timers.set(1, Instant::from_micros(10));
        assert_eq!(timers.pop_due(Instant::from_micros(9)), None);
        assert_eq!(timers.pop_due(Instant::from_micros(10)), Some(1));
        assert_eq!(timers.get(&1), None);
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn a_new_deadline_replaces_the_old_one() {
        let mut timers = Timers::new();
        timers.set(1, Instant::from_secs(1));
        timers.set(1, Instant::from_secs(5));
        assert_eq!(timers.get(&1), Some(Instant::from_secs(5)));
        assert!(drain(&mut timers, Instant::from_secs(4)).is_empty());
        timers.set(1, Instant::from_secs(2));
        assert_eq!(drain(&mut timers, Instant::from_secs(9)), [1]);
    }

    #[test]
    fn what_was_cancelled_never_comes() {
        let mut timers = Timers::default();
        timers.set(1, Instant::from_secs(1));
        timers.set(2, Instant::from_secs(2));
        timers.cancel(1);
        timers.cancel(7);
        assert_eq!(timers.next(), Some(Instant::from_secs(2)));
        assert_eq!(drain(&mut timers, Instant::from_secs(9)), [2]);
    }
}
