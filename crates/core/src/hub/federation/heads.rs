//! How far this hub has heard every other hub, room by room (docs/protocol.md 5.3).

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{HubId, RoomName, Seq};
use crate::limits::HEADS;
use crate::planted::{Bug, planted};
use crate::time::Instant;

/// What a message's number says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The next one, or the first that was ever heard of its origin here.
    Next,
    /// Heard already.
    Duplicate,
    /// Those from the first to the second, both included, did not arrive before it.
    After(Seq, Seq),
}

/// Where a head was before a message moved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undo {
    pub(crate) room: RoomName,
    pub(crate) origin: HubId,
    pub(crate) before: Option<Seq>,
}

/// The highest number heard for each (room, origin), bounded by [`HEADS`].
#[derive(Debug, Default)]
pub(crate) struct Heads {
    heads: BTreeMap<(RoomName, HubId), Head>,
    by_age: BTreeSet<(Instant, RoomName, HubId)>,
}

#[derive(Debug)]
struct Head {
    seq: Seq,
    heard: Instant,
}

impl Heads {
    /// The highest number heard, if it is remembered.
    pub(crate) fn get(&self, room: &RoomName, origin: HubId) -> Option<Seq> {
        self.heads.get(&(room.clone(), origin)).map(|head| head.seq)
    }

    /// Moves the head back to where it was before messages that could not be kept.
    pub(crate) fn rewind(&mut self, undo: &Undo) {
        let key = (undo.room.clone(), undo.origin);
        match (undo.before, self.heads.get_mut(&key)) {
            (Some(before), Some(head)) => head.seq = before,
            (None, Some(head)) => {
                self.by_age.remove(&(head.heard, undo.room.clone(), undo.origin));
                self.heads.remove(&key);
            }
            (_, None) => {}
        }
    }

    /// Compares a message with the head and moves the head forward.
    pub(crate) fn advance(&mut self, room: &RoomName, origin: HubId, seq: Seq, now: Instant) -> Arrival {
        let key = (room.clone(), origin);
        let arrival = match self.heads.get_mut(&key) {
            None => Arrival::Next,
            Some(head) if seq == head.seq && planted(Bug::HeadOffByOne) => return Arrival::Next,
            Some(head) if seq <= head.seq => return Arrival::Duplicate,
            Some(head) => {
                self.by_age.remove(&(head.heard, room.clone(), origin));
                let expected = head.seq.next();
                match seq.previous() {
                    Some(last_missing) if seq > expected => Arrival::After(expected, last_missing),
                    _ => Arrival::Next,
                }
            }
        };
        self.heads.insert(key, Head { seq, heard: now });
        self.by_age.insert((now, room.clone(), origin));
        if self.heads.len() > HEADS
            && let Some((_, room, origin)) = self.by_age.pop_first()
        {
            self.heads.remove(&(room, origin));
        }
        arrival
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seq(number: u64) -> Seq {
        Seq::new(number).unwrap()
    }

    #[test]
    fn numbers_go_up_by_one_or_tell_what_is_missing() {
        let mut heads = Heads::default();
        let room: RoomName = "lobby".parse().unwrap();
        let origin = HubId::from_bits(1);
        let script = [
            (5, Arrival::Next),
            (6, Arrival::Next),
            (6, Arrival::Duplicate),
            (5, Arrival::Duplicate),
            (8, Arrival::After(seq(7), seq(7))),
            (7, Arrival::Duplicate),
            (12, Arrival::After(seq(9), seq(11))),
            (13, Arrival::Next),
        ];
        for (number, expected) in script {
            assert_eq!(
                heads.advance(&room, origin, seq(number), Instant::ZERO),
                expected,
                "{number}"
            );
        }
        assert_eq!(
            heads.advance(&room, HubId::from_bits(2), seq(1), Instant::ZERO),
            Arrival::Next
        );
        assert_eq!(
            heads.advance(&"other".parse().unwrap(), origin, seq(1), Instant::ZERO),
            Arrival::Next
        );
    }

    #[test]
    fn an_endless_line_of_origins_fills_no_memory() {
        let mut heads = Heads::default();
        let room: RoomName = "lobby".parse().unwrap();
        for number in 0..(HEADS as u64 + 100) {
            heads.advance(
                &room,
                HubId::from_bits(number.into()),
                Seq::FIRST,
                Instant::from_micros(number),
            );
        }
        assert_eq!((heads.heads.len(), heads.by_age.len()), (HEADS, HEADS));
        // The newest stayed, the oldest went.
        let late = Instant::from_secs(9);
        assert_eq!(
            heads.advance(&room, HubId::from_bits(HEADS as u128), Seq::FIRST, late),
            Arrival::Duplicate
        );
        assert_eq!(
            heads.advance(&room, HubId::from_bits(0), Seq::FIRST, late),
            Arrival::Next
        );
    }
}
