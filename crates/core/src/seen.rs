//! What came before: a memory of ids, bounded in time and in number.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::time::Instant;

/// Keys that were seen within the last `life`, the newest `capacity` of them (docs/protocol.md 5.3).
///
/// A key is remembered from when it first came. Its duplicates do not renew it: otherwise somebody who repeats one
/// message could keep its place for ever, and its end would depend on traffic instead of on time.
///
/// `now` must not run backwards from one call to the next.
#[derive(Debug, Clone)]
pub struct Seen<K: Ord + Clone> {
    capacity: usize,
    life: Duration,
    expires: BTreeMap<K, Instant>,
    // Every key once, in the order of expiry, because all lives are equally long.
    order: VecDeque<K>,
}

impl<K: Ord + Clone> Seen<K> {
    /// Remembers at most `capacity` keys, each for `life`. With capacity 0 every key is new.
    pub const fn new(capacity: usize, life: Duration) -> Self {
        Self {
            capacity,
            life,
            expires: BTreeMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Remembers `key`; true when it is new. Where the memory is full, the oldest key is forgotten for it.
    pub fn insert(&mut self, key: K, now: Instant) -> bool {
        while self
            .order
            .front()
            .and_then(|oldest| self.expires.get(oldest))
            .is_some_and(|&end| end <= now)
        {
            self.forget_oldest();
        }
        if self.expires.contains_key(&key) {
            return false;
        }
        if self.capacity == 0 {
            return true;
        }
        if self.order.len() >= self.capacity {
            self.forget_oldest();
        }
        self.order.push_back(key.clone());
        self.expires.insert(key, now + self.life);
        true
    }

    /// True when `key` came less than `life` before `now` and was not forgotten for newer ones.
    pub fn contains(&self, key: &K, now: Instant) -> bool {
        self.expires.get(key).is_some_and(|&end| now < end)
    }

    /// Keys that take up memory. Those that expired count until the next [`Seen::insert`].
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// True when no key takes up memory.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.order.pop_front() {
            self.expires.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(10);

    #[test]
    fn a_key_is_new_once() {
        let mut seen = Seen::new(8, LIFE);
        assert!(seen.is_empty());
        assert!(seen.insert("a", Instant::ZERO));
        assert!(!seen.is_empty());
        assert!(!seen.insert("a", Instant::ZERO));
        assert!(seen.insert("b", Instant::ZERO));
        assert_eq!(seen.len(), 2);
    }

    #[test]
    fn it_expires_exactly_after_its_life() {
        let mut seen = Seen::new(8, LIFE);
        seen.insert("a", Instant::from_secs(1));
        let (last, end) = (Instant::from_micros(10_999_999), Instant::from_secs(11));
        assert!(seen.contains(&"a", last) && !seen.contains(&"a", end));
        assert!(!seen.insert("a", last));
        assert!(seen.insert("a", end));
        assert_eq!(seen.len(), 1);
    }

    #[test]
    fn duplicates_do_not_extend_its_life() {
        let mut seen = Seen::new(8, LIFE);
        seen.insert("a", Instant::ZERO);
        assert!(!seen.insert("a", Instant::from_secs(9)));
        assert!(!seen.contains(&"a", Instant::from_secs(10)));
        assert!(seen.insert("a", Instant::from_secs(10)));
    }

    #[test]
    fn a_full_memory_forgets_the_oldest() {
        let mut seen = Seen::new(3, LIFE);
        for (second, key) in [(0, 1), (1, 2), (2, 3), (3, 1), (4, 4)] {
            seen.insert(key, Instant::from_secs(second));
        }
        let now = Instant::from_secs(4);
        // The duplicate of 1 did not make it younger.
        assert_eq!(
            [1, 2, 3, 4].map(|key| seen.contains(&key, now)),
            [false, true, true, true]
        );
        assert_eq!(seen.len(), 3);
    }

    #[test]
    fn the_number_of_keys_stays_bounded() {
        let mut seen = Seen::new(16, LIFE);
        for key in 0..1000_u64 {
            seen.insert(key, Instant::from_millis(key));
            assert!(seen.len() <= 16 && seen.expires.len() == seen.len());
        }
        let mut none = Seen::new(0, LIFE);
        assert!(none.insert(1, Instant::ZERO) && none.insert(1, Instant::ZERO));
        assert_eq!(none.len(), 0);
    }
}
