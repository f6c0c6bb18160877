//! The rooms of a hub: who is in them, and the number that the next message gets.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::id::{RoomId, RoomName, Seq, SessionId};
use crate::limits::{LEFT_ROOMS, ROOMS};
use crate::planted::{Bug, planted};

#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) name: RoomName,
    pub(crate) members: BTreeSet<SessionId>,
    /// The number that the next message had when the room was made for the first time.
    first: Seq,
    next: Seq,
}

impl Room {
    /// The number of the next message that a session of this hub says here.
    pub(crate) fn take_seq(&mut self) -> Seq {
        let seq = self.next;
        self.next = seq.next();
        if planted(Bug::SeqSkipped) {
            self.next = self.next.next();
        }
        if planted(Bug::SeqRepeated) {
            return seq.previous().filter(|seq| seq.get().is_multiple_of(4)).unwrap_or(seq);
        }
        seq
    }
}

#[derive(Debug)]
pub(crate) struct Rooms {
    by_id: BTreeMap<RoomId, Room>,
    by_name: BTreeMap<RoomName, RoomId>,
    made: u32,
    left: Left,
}

/// The rooms that nobody is in: their ids, and their first and next numbers.
#[derive(Debug)]
struct Left {
    next: BTreeMap<RoomName, (RoomId, Seq, Seq)>,
    /// By age, the longest left first.
    order: VecDeque<RoomName>,
    /// No room that was forgotten had reached this number: one that is made anew begins here, since other hubs would
    /// take smaller numbers for messages that they know.
    floor: Seq,
}

impl Rooms {
    /// The home room is there from the start and stays.
    pub(crate) const HOME: RoomId = RoomId(0);

    pub(crate) fn new(home: RoomName) -> Self {
        let mut rooms = Self {
            by_id: BTreeMap::new(),
            by_name: BTreeMap::new(),
            made: 0,
            left: Left {
                next: BTreeMap::new(),
                order: VecDeque::new(),
                floor: Seq::FIRST,
            },
        };
        rooms.make(home);
        rooms
    }

    /// The room of that name, made if need be. `None` when the hub holds no more.
    pub(crate) fn open(&mut self, name: &RoomName) -> Option<RoomId> {
        if let Some(&id) = self.by_name.get(name) {
            return Some(id);
        }
        (self.by_id.len() < ROOMS).then(|| self.make(name.clone()))
    }

    /// The room of that name, if anybody has entered it.
    pub(crate) fn find(&self, name: &RoomName) -> Option<RoomId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn get(&self, id: RoomId) -> Option<&Room> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        self.by_id.get_mut(&id)
    }

    /// Removes a session from a room. True when the room is closed with it, since nobody is left.
    pub(crate) fn leave(&mut self, id: RoomId, session: SessionId) -> bool {
        let Some(room) = self.by_id.get_mut(&id) else {
            return false;
        };
        room.members.remove(&session);
        let empty = id != Self::HOME && room.members.is_empty();
        if empty && let Some(room) = self.by_id.remove(&id) {
            self.by_name.remove(&room.name);
            self.left.remember(id, room);
        }
        empty
    }

    fn make(&mut self, name: RoomName) -> RoomId {
        let (id, first, next) = self.left.take(&name).unwrap_or_else(|| {
            let id = RoomId(self.made);
            self.made += 1;
            (id, self.left.floor, self.left.floor)
        });
        self.by_name.insert(name.clone(), id);
        let members = BTreeSet::new();
        self.by_id.insert(
            id,
            Room {
                name,
                members,
                first,
                next,
            },
        );
        id
    }
}

impl Left {
    fn remember(&mut self, id: RoomId, room: Room) {
        // Where nothing was said there is nothing to go on from.
        if room.next == room.first {
            return;
        }
        self.order.push_back(room.name.clone());
        self.next.insert(room.name, (id, room.first, room.next));
        if self.order.len() > LEFT_ROOMS
            && let Some(oldest) = self.order.pop_front()
        {
            self.floor = self
                .next
                .remove(&oldest)
                .map_or(self.floor, |(_, _, next)| next.max(self.floor));
        }
    }

    /// The room that somebody enters again, if it is remembered.
    fn take(&mut self, name: &RoomName) -> Option<(RoomId, Seq, Seq)> {
        let found = self.next.remove(name)?;
        self.order.retain(|left| left != name);
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RoomName {
        text.parse().unwrap()
    }

    /// Enters, says so many messages, and leaves; returns the numbers of the first and the last.
    fn visit(rooms: &mut Rooms, room: &RoomName, messages: usize) -> Option<(u64, u64)> {
        let id = rooms.open(room).unwrap();
        rooms.get_mut(id).unwrap().members.insert(SessionId(1));
        let said: Vec<u64> = (0..messages)
            .map(|_| rooms.get_mut(id).unwrap().take_seq().get())
            .collect();
        assert!(rooms.leave(id, SessionId(1)));
        Some((*said.first()?, *said.last()?))
    }

    #[test]
    fn a_room_closes_with_the_last_who_leaves_and_goes_on_counting_when_somebody_returns() {
        let mut rooms = Rooms::new(name("lobby"));
        let (ana, bia) = (SessionId(1), SessionId(2));
        let room = rooms.open(&name("garden")).unwrap();
        rooms.get_mut(room).unwrap().members.extend([ana, bia]);
        assert!(!rooms.leave(room, ana));
        assert_eq!(rooms.find(&name("garden")), Some(room));
        assert!(rooms.leave(room, bia));
        assert_eq!(rooms.find(&name("garden")), None);
        assert_eq!(visit(&mut rooms, &name("garden"), 3), Some((1, 3)));
        assert_eq!(visit(&mut rooms, &name("garden"), 0), None);
        assert_eq!(visit(&mut rooms, &name("garden"), 1), Some((4, 4)));
        assert!(!rooms.leave(Rooms::HOME, ana));
        assert_eq!(rooms.open(&name("lobby")), Some(Rooms::HOME));
    }

    #[test]
    fn a_room_that_was_forgotten_never_uses_a_number_twice() {
        let mut rooms = Rooms::new(name("lobby"));
        assert_eq!(visit(&mut rooms, &name("old"), 7), Some((1, 7)));
        for number in 0..LEFT_ROOMS {
            visit(&mut rooms, &name(&format!("room{number}")), 1);
        }
        assert_eq!(rooms.left.next.len(), LEFT_ROOMS);
        assert_eq!(visit(&mut rooms, &name("old"), 1), Some((8, 8)));
        assert_eq!(visit(&mut rooms, &name("room9"), 1), Some((2, 2)));
    }

    #[test]
    fn there_are_so_many_rooms_with_somebody_in_them_and_no_more() {
        let mut rooms = Rooms::new(name("lobby"));
        for number in 1..ROOMS {
            assert!(rooms.open(&name(&format!("room{number}"))).is_some());
        }
        assert_eq!(rooms.open(&name("one-more")), None);
        let room = rooms.open(&name("room1")).unwrap();
        rooms.leave(room, SessionId(1));
        assert!(rooms.open(&name("one-more")).is_some());
    }
}
