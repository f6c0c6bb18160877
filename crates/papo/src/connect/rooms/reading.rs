//! How far a room was read, over all connections (docs/protocol.md 6.4).

use std::collections::BTreeMap;

use papo_core::hub::{Cursor, Key};
use papo_core::id::{HubId, Seq};
use papo_core::limits::{CLIENT_AHEAD, CURSOR_ORIGINS};

/// What was read of one room. Nothing is taken twice, and nothing that is still to come is taken for read: what arrives
/// ahead of it is remembered apart.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Everything up to here was read, or is known to be missing. None before the hub first told where it began.
    cursor: Option<Cursor>,
    /// Read beyond a hole: first and last numbers. A hole is what a replay has not brought yet.
    ahead: BTreeMap<HubId, BTreeMap<u64, u64>>,
    /// Where live began on this connection.
    head: Option<Cursor>,
}

impl Reading {
    /// What to catch up from; `None` where nothing is known of the room.
    pub(super) fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// The connection is gone.
    pub(super) fn disconnected(&mut self) {
        self.head = None;
    }

    /// A JOINED came. The first one of a connection tells where live begins; the first one of all where reading does.
    pub(super) fn joined(&mut self, head: Cursor) {
        self.cursor.get_or_insert_with(|| head.clone());
        self.head.get_or_insert(head);
    }

    /// A message or an ACK came. False when it was read before.
    pub(super) fn take(&mut self, key: Key) -> bool {
        let number = key.seq.get();
        let known = self.cursor.as_ref().is_some_and(|cursor| cursor.has(key));
        if known || self.is_ahead(key.origin, number) {
            return false;
        }
        self.add(key.origin, number, number);
        true
    }

    /// These will not come.
    pub(super) fn missing(&mut self, origin: HubId, from: Seq, to: Seq) {
        self.add(origin, from.get(), to.get());
    }

    /// True for what was said before this connection.
    pub(super) fn is_old(&self, key: Key) -> bool {
        self.head.as_ref().is_some_and(|head| head.has(key))
    }

    fn is_ahead(&self, origin: HubId, number: u64) -> bool {
        let piece = self
            .ahead
            .get(&origin)
            .and_then(|pieces| pieces.range(..=number).next_back());
        piece.is_some_and(|(_, &to)| number <= to)
    }

    fn add(&mut self, origin: HubId, from: u64, to: u64) {
        let live = self.head.as_ref().map_or(0, |head| head.after(origin));
        let cursor = self.cursor.get_or_insert_default();
        let after = cursor.after(origin);
        // Of a hub that was never read, what comes begins with the oldest that there is; but what is live comes behind
        // all that is to be caught up with.
        let next = if after == 0 {
            live == 0 || from <= live
        } else {
            from <= after.saturating_add(1)
        };
        if next {
            // A hub takes no longer cursor: of more hubs than that, nothing is remembered.
            if after > 0 || cursor.len() < CURSOR_ORIGINS {
                cursor.set(origin, to.max(after));
            }
        } else {
            let pieces = self.ahead.entry(origin).or_default();
            let last = pieces.entry(from).or_insert(to);
            *last = to.max(*last);
        }
        self.close_up(origin);
    }

    /// Joins pieces that touch, and lets the cursor move over those that it has reached.
    fn close_up(&mut self, origin: HubId) {
        let (Some(cursor), Some(pieces)) = (&mut self.cursor, self.ahead.get_mut(&origin)) else {
            return;
        };
        let mut joined: BTreeMap<u64, u64> = BTreeMap::new();
        for (from, to) in std::mem::take(pieces) {
            match joined.last_entry() {
                Some(mut last) if from <= last.get().saturating_add(1) => {
                    let end = to.max(*last.get());
                    last.insert(end);
                }
                _ => {
                    joined.insert(from, to);
                }
            }
        }
        while let Some(first) = joined.first_entry() {
            let after = cursor.after(origin);
            // With too many holes, the oldest is given up.
            let reached = after > 0 && *first.key() <= after.saturating_add(1);
            if !reached && joined.len() <= CLIENT_AHEAD {
                break;
            }
            let Some((_, to)) = joined.pop_first() else { break };
            cursor.set(origin, to.max(after));
        }
        *pieces = joined;
        if pieces.is_empty() {
            self.ahead.remove(&origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEAR: HubId = HubId::from_bits(1);
    const FAR: HubId = HubId::from_bits(2);

    fn key(origin: HubId, number: u64) -> Key {
        Key {
            origin,
            seq: Seq::new(number).unwrap(),
        }
    }

    fn cursor(pairs: &[(HubId, u64)]) -> Cursor {
        pairs.iter().copied().collect()
    }

    fn begun(pairs: &[(HubId, u64)]) -> Reading {
        let mut reading = Reading::default();
        reading.joined(cursor(pairs));
        reading
    }

    fn again(reading: &mut Reading, head: &[(HubId, u64)]) {
        reading.disconnected();
        reading.joined(cursor(head));
    }

    #[test]
    fn the_first_head_is_where_reading_begins() {
        let mut reading = begun(&[(NEAR, 3)]);
        assert!(!reading.take(key(NEAR, 3)));
        assert!(reading.take(key(NEAR, 4)));
        assert!(!reading.take(key(NEAR, 4)));
        assert!(reading.take(key(FAR, 40)), "a hub that nobody heard before");
        assert_eq!(reading.cursor(), Some(&cursor(&[(NEAR, 4), (FAR, 40)])));
    }

    #[test]
    fn what_is_live_before_the_replay_does_not_hide_the_replay() {
        let mut reading = begun(&[(NEAR, 10)]);
        again(&mut reading, &[(NEAR, 15)]);
        assert!(reading.take(key(NEAR, 16)));
        assert!(!reading.is_old(key(NEAR, 16)));
        assert_eq!(
            reading.cursor(),
            Some(&cursor(&[(NEAR, 10)])),
            "11 to 15 are still to come"
        );
        assert!(!reading.take(key(NEAR, 16)));
        for number in 11..=15 {
            assert!(reading.is_old(key(NEAR, number)));
            assert!(reading.take(key(NEAR, number)), "{number}");
        }
        assert_eq!(reading.cursor(), Some(&cursor(&[(NEAR, 16)])));
        assert!(reading.ahead.is_empty());
    }

    #[test]
    fn a_hub_that_was_never_read_is_caught_up_with_from_its_oldest() {
        let mut reading = begun(&[]);
        again(&mut reading, &[(FAR, 9)]);
        assert!(reading.take(key(FAR, 10)), "live");
        assert_eq!(reading.cursor(), Some(&cursor(&[])));
        for number in 7..=9 {
            assert!(reading.take(key(FAR, number)), "{number}");
        }
        assert_eq!(reading.cursor(), Some(&cursor(&[(FAR, 10)])));
    }

    #[test]
    fn what_is_kept_nowhere_does_not_make_the_live_part_come_twice() {
        let mut reading = begun(&[]);
        again(&mut reading, &[(FAR, 9)]);
        assert!(reading.take(key(FAR, 10)));
        again(&mut reading, &[(FAR, 10)]);
        assert!(!reading.take(key(FAR, 10)), "the next connection replays it");
        assert!(reading.take(key(FAR, 11)));
    }

    #[test]
    fn gaps_are_passed_over() {
        let mut reading = begun(&[(NEAR, 3)]);
        reading.missing(NEAR, Seq::new(4).unwrap(), Seq::new(6).unwrap());
        assert!(!reading.take(key(NEAR, 5)));
        assert!(reading.take(key(NEAR, 7)));
        assert_eq!(reading.cursor(), Some(&cursor(&[(NEAR, 7)])));
        // One that reaches back is no step back.
        reading.missing(NEAR, Seq::new(2).unwrap(), Seq::new(5).unwrap());
        assert_eq!(reading.cursor(), Some(&cursor(&[(NEAR, 7)])));
        // A hole that nobody explained stays one, until it is.
        assert!(reading.take(key(NEAR, 12)));
        assert!(reading.take(key(NEAR, 10)));
        assert_eq!(reading.cursor(), Some(&cursor(&[(NEAR, 7)])));
        reading.missing(NEAR, Seq::new(8).unwrap(), Seq::new(9).unwrap());
        assert_eq!(reading.cursor(), Some(&cursor(&[(NEAR, 10)])));
        assert!(!reading.take(key(NEAR, 12)));
        reading.missing(NEAR, Seq::new(11).unwrap(), Seq::new(11).unwrap());
        assert_eq!(reading.cursor(), Some(&cursor(&[(NEAR, 12)])));
    }

    #[test]
    fn holes_and_hubs_are_bounded() {
        let mut reading = begun(&[(NEAR, 1)]);
        for number in 0..3000 {
            reading.take(key(NEAR, 10 + 2 * number));
        }
        assert!(reading.ahead[&NEAR].len() <= CLIENT_AHEAD);
        assert!(reading.cursor().unwrap().after(NEAR) > 1);
        let mut reading = begun(&[]);
        for bits in 0..300 {
            assert!(reading.take(key(HubId::from_bits(bits), 5)));
        }
        assert_eq!(reading.cursor().unwrap().len(), CURSOR_ORIGINS);
    }
}
