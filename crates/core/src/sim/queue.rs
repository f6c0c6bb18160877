//! What happens next: an ordered queue of time, sequence, target and event.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::time::Instant;

/// Events that have not happened yet. Those of one moment come in the order in which they were put in.
#[derive(Debug)]
pub(super) struct Queue<E> {
    heap: BinaryHeap<Reverse<Entry<E>>>,
    now: Instant,
    next: u64,
}

#[derive(Debug)]
struct Entry<E> {
    at: Instant,
    sequence: u64,
    target: usize,
    event: E,
}

impl<E> Queue<E> {
    /// Nothing happens.
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            heap: BinaryHeap::new(),
            now,
            next: 0,
        }
    }

    /// The moment of what happened last.
    pub(super) const fn now(&self) -> Instant {
        self.now
    }

    /// Lets something happen to an actor, now at the earliest.
    pub(super) fn push(&mut self, at: Instant, target: usize, event: E) {
        let entry = Entry {
            at: at.max(self.now),
            sequence: self.next,
            target,
            event,
        };
        self.next += 1;
        self.heap.push(Reverse(entry));
    }

    /// What happens next, not after `end`; its moment is now. Without anything until then `end` is now.
    pub(super) fn pop(&mut self, end: Instant) -> Option<(usize, E)> {
        if self.heap.peek().is_none_or(|Reverse(entry)| entry.at > end) {
            self.now = self.now.max(end);
            return None;
        }
        let Reverse(entry) = self.heap.pop()?;
        self.now = entry.at;
        Some((entry.target, entry.event))
    }

    /// How much is still to happen.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.heap.len()
    }
}

impl<E> Entry<E> {
    const fn key(&self) -> (Instant, u64) {
        (self.at, self.sequence)
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Instant {
        Instant::from_secs(second)
    }

    #[test]
    fn what_is_earlier_comes_first_and_ties_come_in_their_order() {
        let mut queue = Queue::new(at(1));
        for (second, event) in [(3, 'c'), (2, 'a'), (3, 'd'), (2, 'b')] {
            queue.push(at(second), 0, event);
        }
        let order: String = std::iter::from_fn(|| queue.pop(at(9)))
            .map(|(_, event)| event)
            .collect();
        assert_eq!((order.as_str(), queue.now()), ("abcd", at(9)));
    }

    #[test]
    fn nothing_happens_in_the_past_or_too_late() {
        let mut queue = Queue::new(at(5));
        queue.push(at(1), 7, ());
        queue.push(at(8), 8, ());
        assert_eq!((queue.pop(at(6)), queue.now()), (Some((7, ())), at(5)));
        assert_eq!((queue.pop(at(6)), queue.now(), queue.len()), (None, at(6), 1));
    }
}
