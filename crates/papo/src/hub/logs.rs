//! The logs of a hub's rooms: what is live in them, and the recent part of what was said.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::Arc;

use papo_core::hub::{Cursor, Entry, Position, Replay};
use papo_core::id::{RoomId, RoomName, SessionId};
use papo_core::limits::{RECENT_BYTES, RECENT_BYTES_ALL, RECENT_BYTES_EPHEMERAL};
use papo_core::time::Instant;

use super::fanout::{Chunk, Log};
use super::store::{Page, Store};
use crate::net::connection::{Connection, Control};
use crate::net::replay::Replaying;

/// All logs.
pub(super) struct Logs {
    by_room: HashMap<RoomId, Log>,
    /// Rooms with a burst that is not sealed yet.
    bursting: BTreeSet<RoomId>,
    /// Where older messages are; `None`: nowhere.
    store: Option<Arc<Store>>,
    /// Bytes of all recent parts.
    recent_bytes: u64,
    /// Rooms by when they were last spoken in, for those that have to give way.
    turns: u64,
    spoken: HashMap<RoomId, u64>,
}

impl Logs {
    pub(super) fn new(store: Option<Arc<Store>>) -> Self {
        Self {
            by_room: HashMap::new(),
            bursting: BTreeSet::new(),
            store,
            recent_bytes: 0,
            turns: 0,
            spoken: HashMap::new(),
        }
    }

    /// A room has a log from here on, if it had none.
    pub(super) fn open(&mut self, room: RoomId, name: RoomName) {
        self.by_room.entry(room).or_insert_with(|| Log::new(name));
    }

    /// Nobody needs the log of a room any more.
    pub(super) fn forget(&mut self, room: RoomId) {
        self.bursting.remove(&room);
        self.spoken.remove(&room);
        if let Some(log) = self.by_room.remove(&room) {
            self.recent_bytes -= log.recent_bytes();
        }
    }

    pub(super) fn append(&mut self, room: RoomId, entry: Entry) {
        // A room that nobody has entered since the start has no log in memory, only on the disk.
        if let Some(log) = self.by_room.get_mut(&room)
            && log.append(entry)
        {
            self.bursting.insert(room);
        }
    }

    /// Adds a reader from here on; returns the chunk behind which it reads. End the burst first.
    pub(super) fn attach(&mut self, room: RoomId, reader: Arc<Connection>) -> Option<Arc<Chunk>> {
        self.by_room.get_mut(&room).map(|log| log.attach(reader))
    }

    /// Removes a reader; returns the last chunk that it may see. End the burst first.
    pub(super) fn detach(&mut self, room: RoomId, session: SessionId) -> Option<Arc<Chunk>> {
        self.by_room.get_mut(&room).map(|log| log.detach(session))
    }

    pub(super) fn tail(&self, room: RoomId) -> Option<Arc<Chunk>> {
        self.by_room.get(&room).map(Log::tail)
    }

    pub(super) fn name(&self, room: RoomId) -> Option<&Arc<RoomName>> {
        self.by_room.get(&room).map(Log::name)
    }

    /// The next room whose burst is to be ended.
    pub(super) fn next_burst(&self) -> Option<RoomId> {
        self.bursting.first().copied()
    }

    /// Ends the burst of a room; returns who is too far behind.
    pub(super) fn seal(&mut self, room: RoomId, now: Instant) -> Vec<SessionId> {
        if !self.bursting.remove(&room) {
            return Vec::new();
        }
        let Some(log) = self.by_room.get_mut(&room) else {
            return Vec::new();
        };
        let before = log.recent_bytes();
        let behind = log.seal(now);
        let most = if self.store.is_some() {
            RECENT_BYTES
        } else {
            RECENT_BYTES_EPHEMERAL
        };
        log.shorten(most);
        self.recent_bytes = self.recent_bytes + log.recent_bytes() - before;
        self.turns += 1;
        self.spoken.insert(room, self.turns);
        if self.recent_bytes > RECENT_BYTES_ALL {
            self.make_room();
        }
        behind
    }

    /// The rooms that were silent longest forget what was said, until a quarter is free.
    fn make_room(&mut self) {
        let mut silent: Vec<(u64, RoomId)> = self.spoken.iter().map(|(&room, &turn)| (turn, room)).collect();
        silent.sort_unstable();
        for (_, room) in silent {
            if self.recent_bytes <= RECENT_BYTES_ALL / 4 * 3 {
                return;
            }
            self.spoken.remove(&room);
            if let Some(log) = self.by_room.get_mut(&room) {
                self.recent_bytes -= log.shorten(0);
            }
        }
    }

    /// How a session reads what it has missed. End the burst first.
    pub(super) fn replay(&self, room: RoomId, after: Cursor, until: Cursor, through: Position) -> Option<Control> {
        let log = self.by_room.get(&room)?;
        let (name, recent) = (Arc::clone(log.name()), log.covers(&after, &until));
        let replay = Replay::new(after, until);
        let past = match &self.store {
            Some(store) if !recent => Replaying::disk(room, name, replay, Arc::clone(store), through),
            _ => Replaying::recent(room, name, replay, log.before_recent(), log.tail()),
        };
        Some(Control::Replay(Box::new(past)))
    }

    /// What was said in a room, from memory; nothing where the disk knows all of it.
    pub(super) fn recall(&self, room: RoomId, before: Option<&Cursor>, limit: usize) -> Page {
        let Some(log) = self.by_room.get(&room).filter(|_| self.store.is_none()) else {
            return Page::default();
        };
        let is_before = |entry: &&Entry| {
            before.is_none_or(|before| {
                entry
                    .key
                    .is_none_or(|key| before.after(key.origin) == 0 || key.seq.get() < before.after(key.origin))
            })
        };
        let older: Vec<&Entry> = log.recent().take_while(is_before).collect();
        let newest = older.into_iter().rev().map(|entry| Ok::<_, Infallible>(entry.clone()));
        match Page::newest(newest, limit) {
            Ok(page) => page,
            Err(never) => match never {},
        }
    }
}
