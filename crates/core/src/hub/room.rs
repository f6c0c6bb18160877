//! The rooms of a hub: who is in them, and the number that the next message gets.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{RoomId, RoomName, Seq, SessionId};
use crate::limits::ROOMS;

#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) name: RoomName,
    pub(crate) members: BTreeSet<SessionId>,
    next: Seq,
}

impl Room {
    /// The number of the next message that a session of this hub says here.
    pub(crate) fn take_seq(&mut self) -> Seq {
        let seq = self.next;
        self.next = seq.next();
        seq
    }
}

#[derive(Debug)]
pub(crate) struct Rooms {
    by_id: BTreeMap<RoomId, Room>,
    by_name: BTreeMap<RoomName, RoomId>,
    made: u32,
}

impl Rooms {
    /// The home room is there from the start and stays.
    pub(crate) const HOME: RoomId = RoomId(0);

    pub(crate) fn new(home: RoomName) -> Self {
        let mut rooms = Self {
            by_id: BTreeMap::new(),
            by_name: BTreeMap::new(),
            made: 0,
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

    /// Removes a session from a room. True when the room is gone with it: nobody is left and nobody of this hub has
    /// said anything there. A room with a message behind it stays, or its numbers would begin again.
    pub(crate) fn leave(&mut self, id: RoomId, session: SessionId) -> bool {
        let Some(room) = self.by_id.get_mut(&id) else {
            return false;
        };
        room.members.remove(&session);
        let unused = id != Self::HOME && room.members.is_empty() && room.next == Seq::FIRST;
        if unused && let Some(room) = self.by_id.remove(&id) {
            self.by_name.remove(&room.name);
        }
        unused
    }

    fn make(&mut self, name: RoomName) -> RoomId {
        let id = RoomId(self.made);
        self.made += 1;
        self.by_name.insert(name.clone(), id);
        self.by_id.insert(
            id,
            Room {
                name,
                members: BTreeSet::new(),
                next: Seq::FIRST,
            },
        );
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RoomName {
        text.parse().unwrap()
    }

    #[test]
    fn rooms_without_a_word_said_go_and_others_keep_their_count() {
        let mut rooms = Rooms::new(name("lobby"));
        let (ana, bia) = (SessionId(1), SessionId(2));
        let silent = rooms.open(&name("silent")).unwrap();
        let spoken = rooms.open(&name("spoken")).unwrap();
        for room in [silent, spoken] {
            rooms.get_mut(room).unwrap().members.extend([ana, bia]);
        }
        assert_eq!(rooms.get_mut(spoken).unwrap().take_seq(), Seq::FIRST);
        assert!(!rooms.leave(silent, ana));
        assert!(rooms.leave(silent, bia));
        assert!(!rooms.leave(spoken, ana));
        assert!(!rooms.leave(spoken, bia));
        assert_eq!(rooms.open(&name("spoken")), Some(spoken));
        assert_eq!(rooms.get_mut(spoken).unwrap().take_seq(), Seq::FIRST.next());
        assert_ne!(rooms.open(&name("silent")), Some(silent));
        assert!(!rooms.leave(Rooms::HOME, ana));
        assert_eq!(rooms.open(&name("lobby")), Some(Rooms::HOME));
    }

    #[test]
    fn there_are_so_many_rooms_and_no_more() {
        let mut rooms = Rooms::new(name("lobby"));
        for number in 1..ROOMS {
            assert!(rooms.open(&name(&format!("room{number}"))).is_some());
        }
        assert_eq!(rooms.open(&name("one-more")), None);
        assert!(rooms.open(&name("room1")).is_some());
    }
}
