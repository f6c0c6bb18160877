//! The rooms of a hub: who is in them, what was said there, and the number that the next message gets.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::hub::cursor::Cursor;
use crate::hub::entry::Key;
use crate::id::{HubId, RoomId, RoomName, Seq, SessionId};
use crate::limits::{CURSOR_ORIGINS, LEFT_ROOMS, PRESENCE_NAMES, RETAINED_ROOMS, ROOMS};
use crate::planted::{Bug, planted};

#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) name: RoomName,
    pub(crate) members: BTreeSet<SessionId>,
    /// Those of them who are told who comes and goes.
    listeners: BTreeSet<SessionId>,
    /// Who came and who went since sessions were last told.
    pub(crate) news: News,
    /// The number that the next message had when the room was made for the first time.
    first: Seq,
    next: Seq,
    head: Cursor,
    /// The hubs of `head`, the one that was silent longest first.
    origins: VecDeque<HubId>,
}

impl Room {
    fn new(name: RoomName, first: Seq) -> Self {
        Self {
            name,
            members: BTreeSet::new(),
            listeners: BTreeSet::new(),
            news: News::default(),
            first,
            next: first,
            head: Cursor::default(),
            origins: VecDeque::new(),
        }
    }

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

    /// This number was taken but not said, nor was any behind it.
    pub(crate) fn give_back(&mut self, seq: Seq) {
        self.next = self.next.min(seq);
    }

    /// What sessions were shown of the room: the place where live begins.
    pub(crate) fn head(&self) -> &Cursor {
        &self.head
    }

    /// A message was appended to the room's log.
    pub(crate) fn appended(&mut self, key: Key) {
        self.head.read(key);
        if self.origins.back() != Some(&key.origin) {
            self.origins.retain(|&origin| origin != key.origin);
            self.origins.push_back(key.origin);
            if self.origins.len() > CURSOR_ORIGINS
                && let Some(oldest) = self.origins.pop_front()
            {
                self.head.forget(oldest);
            }
        }
    }

    /// Somebody is told who comes and goes.
    pub(crate) fn has_listeners(&self) -> bool {
        !self.listeners.is_empty()
    }

    /// Somebody said something here once.
    fn has_past(&self) -> bool {
        self.next != self.first || !self.head.is_empty()
    }
}

/// Who came and who went, as sessions are told together.
#[derive(Debug, Default)]
pub(crate) struct News {
    joined: BTreeSet<Arc<str>>,
    left: BTreeSet<Arc<str>>,
    /// They will be told at a time that is set.
    pub(crate) due: bool,
}

impl News {
    pub(crate) fn joined(&mut self, label: &Arc<str>) {
        if !self.left.remove(label) {
            self.joined.insert(Arc::clone(label));
        }
    }

    pub(crate) fn left(&mut self, label: &Arc<str>) {
        if !self.joined.remove(label) {
            self.left.insert(Arc::clone(label));
        }
    }

    /// Some of both.
    pub(crate) fn take(&mut self) -> (Vec<Arc<str>>, Vec<Arc<str>>) {
        let take = |labels: &mut BTreeSet<Arc<str>>| {
            let mut taken = Vec::new();
            while taken.len() < PRESENCE_NAMES
                && let Some(label) = labels.pop_first()
            {
                taken.push(label);
            }
            taken
        };
        (take(&mut self.joined), take(&mut self.left))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.left.is_empty()
    }
}

#[derive(Debug)]
pub(crate) struct Rooms {
    by_id: BTreeMap<RoomId, Room>,
    by_name: BTreeMap<RoomName, RoomId>,
    made: u32,
    /// The rooms that nobody is in, the one that was left longest ago first.
    idle: VecDeque<RoomId>,
    /// What is said is kept, so rooms with a past are not forgotten, and there are so many and no more.
    keeps: bool,
    /// No room that was forgotten had reached this number: one that is made anew begins here, since other hubs would
    /// take smaller numbers for messages that they know.
    floor: Seq,
}

impl Rooms {
    /// The home room is there from the start and stays.
    pub(crate) const HOME: RoomId = RoomId(0);

    pub(crate) fn new(home: RoomName, keeps: bool) -> Self {
        let mut rooms = Self {
            by_id: BTreeMap::new(),
            by_name: BTreeMap::new(),
            made: 0,
            idle: VecDeque::new(),
            keeps,
            floor: Seq::FIRST,
        };
        rooms.make(home);
        rooms
    }

    /// The room of that name, made if need be. `None` when the hub holds no more.
    pub(crate) fn open(&mut self, name: &RoomName) -> Option<RoomId> {
        let found = self.find(name);
        let entered = self.by_id.len() - self.idle.len();
        match found {
            Some(id) if entered >= ROOMS => Some(id).filter(|id| !self.idle.contains(id)),
            Some(id) => Some(id),
            None if self.keeps && self.by_id.len() >= RETAINED_ROOMS => None,
            None => (entered < ROOMS).then(|| self.make(name.clone())),
        }
    }

    /// The room of that name, which has a past. It may not be entered yet.
    pub(crate) fn restore(&mut self, name: &RoomName) -> RoomId {
        self.find(name).unwrap_or_else(|| {
            let id = self.make(name.clone());
            self.idle.push_back(id);
            id
        })
    }

    /// What was numbered before this hub started.
    pub(crate) fn restored(&mut self, id: RoomId, own: HubId, key: Key) {
        if let Some(room) = self.by_id.get_mut(&id) {
            room.appended(key);
            if key.origin == own {
                room.next = room.next.max(key.seq.next());
            }
        }
    }

    /// The room of that name, if it is known.
    pub(crate) fn find(&self, name: &RoomName) -> Option<RoomId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn get(&self, id: RoomId) -> Option<&Room> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        self.by_id.get_mut(&id)
    }

    /// All of them, by age.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (RoomId, &Room)> {
        self.by_id.iter().map(|(&id, room)| (id, room))
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Adds a session, which may want to be told who comes and goes. True when it is the first one there.
    pub(crate) fn enter(&mut self, id: RoomId, session: SessionId, listens: bool) -> bool {
        let Some(room) = self.by_id.get_mut(&id) else {
            return false;
        };
        let first = room.members.is_empty();
        room.members.insert(session);
        if listens {
            room.listeners.insert(session);
        }
        if first {
            self.idle.retain(|&idle| idle != id);
        }
        first
    }

    /// Removes a session from a room. Returns a room that is forgotten for that.
    pub(crate) fn leave(&mut self, id: RoomId, session: SessionId) -> Option<RoomId> {
        let room = self.by_id.get_mut(&id)?;
        room.members.remove(&session);
        room.listeners.remove(&session);
        if room.listeners.is_empty() {
            room.news = News::default();
        }
        self.rest(id)
    }

    /// A room that may have nobody in it rests. Returns a room that is forgotten for that: this one if nothing was ever
    /// said there, since there is nothing to go on from, or else the one that was left longest ago if there are too many.
    pub(crate) fn rest(&mut self, id: RoomId) -> Option<RoomId> {
        let room = self.by_id.get(&id)?;
        if id == Self::HOME || !room.members.is_empty() || self.idle.contains(&id) {
            return None;
        }
        if !room.has_past() {
            self.forget(id);
            return Some(id);
        }
        self.idle.push_back(id);
        if self.keeps || self.idle.len() <= LEFT_ROOMS {
            return None;
        }
        let oldest = self.idle.pop_front()?;
        self.forget(oldest);
        Some(oldest)
    }

    fn forget(&mut self, id: RoomId) {
        if let Some(room) = self.by_id.remove(&id) {
            self.by_name.remove(&room.name);
            self.floor = self.floor.max(room.next);
        }
    }

    fn make(&mut self, name: RoomName) -> RoomId {
        let id = RoomId(self.made);
        self.made += 1;
        self.by_name.insert(name.clone(), id);
        self.by_id.insert(id, Room::new(name, self.floor));
        id
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
        rooms.enter(id, SessionId(1), false);
        let said: Vec<u64> = (0..messages)
            .map(|_| rooms.get_mut(id).unwrap().take_seq().get())
            .collect();
        rooms.leave(id, SessionId(1));
        Some((*said.first()?, *said.last()?))
    }

    #[test]
    fn a_room_in_which_nothing_was_said_goes_with_the_last_who_leaves() {
        let mut rooms = Rooms::new(name("lobby"), false);
        let (ana, bia) = (SessionId(1), SessionId(2));
        let room = rooms.open(&name("garden")).unwrap();
        assert!(rooms.enter(room, ana, false));
        assert!(!rooms.enter(room, bia, false));
        assert_eq!(rooms.leave(room, ana), None);
        assert_eq!(rooms.find(&name("garden")), Some(room));
        assert_eq!(rooms.leave(room, bia), Some(room));
        assert_eq!(rooms.find(&name("garden")), None);
        assert_eq!(rooms.leave(Rooms::HOME, ana), None);
        assert_eq!(rooms.open(&name("lobby")), Some(Rooms::HOME));
    }

    #[test]
    fn a_room_goes_on_counting_when_somebody_returns() {
        let mut rooms = Rooms::new(name("lobby"), false);
        assert_eq!(visit(&mut rooms, &name("garden"), 3), Some((1, 3)));
        assert_eq!(visit(&mut rooms, &name("garden"), 0), None);
        assert_eq!(visit(&mut rooms, &name("garden"), 1), Some((4, 4)));
    }

    #[test]
    fn a_room_that_was_forgotten_never_uses_a_number_twice() {
        let mut rooms = Rooms::new(name("lobby"), false);
        assert_eq!(visit(&mut rooms, &name("old"), 7), Some((1, 7)));
        for number in 0..LEFT_ROOMS {
            visit(&mut rooms, &name(&format!("room{number}")), 1);
        }
        assert_eq!(rooms.idle.len(), LEFT_ROOMS);
        assert_eq!(visit(&mut rooms, &name("old"), 1), Some((8, 8)));
        assert_eq!(visit(&mut rooms, &name("room9"), 1), Some((2, 2)));
    }

    #[test]
    fn there_are_so_many_rooms_with_somebody_in_them_and_no_more() {
        let mut rooms = Rooms::new(name("lobby"), false);
        visit(&mut rooms, &name("quiet"), 1);
        for number in 1..ROOMS {
            let room = rooms.open(&name(&format!("room{number}"))).unwrap();
            rooms.enter(room, SessionId(1), false);
        }
        assert_eq!(rooms.open(&name("one-more")), None);
        assert_eq!(rooms.open(&name("quiet")), None);
        let room = rooms.open(&name("room1")).unwrap();
        rooms.leave(room, SessionId(1));
        assert!(rooms.open(&name("one-more")).is_some());
    }

    #[test]
    fn what_is_kept_keeps_its_room_and_there_are_so_many_of_them() {
        let mut rooms = Rooms::new(name("lobby"), true);
        for number in 1..RETAINED_ROOMS {
            visit(&mut rooms, &name(&format!("room{number}")), 1);
        }
        assert_eq!(rooms.open(&name("one-more")), None);
        assert_eq!(visit(&mut rooms, &name("room1"), 1), Some((2, 2)));
    }

    #[test]
    fn who_came_and_went_at_once_is_no_news() {
        let mut news = News::default();
        let (ana, bia): (Arc<str>, Arc<str>) = ("ana".into(), "bia".into());
        news.joined(&ana);
        news.left(&ana);
        assert!(news.is_empty());
        news.left(&bia);
        news.joined(&ana);
        assert_eq!(news.take(), (vec![ana], vec![bia]));
        assert!(news.is_empty());
    }
}
