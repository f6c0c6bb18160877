//! What sessions do for others to hear: appended here, and handed to every link.

use std::sync::Arc;

use super::room::Rooms;
use super::{Entry, EntryKind, Hub, Key, Output};

use crate::id::{MsgId, RoomId, SessionId};
use crate::time::Instant;
use crate::wire::relay::{Envelope, Kind};
use crate::wire::text;

impl Hub {
    /// Says a text in the session's room, here and on every hub.
    pub(super) fn say(&mut self, now: Instant, id: SessionId, text: &str) {
        let utc = self.utc(now);
        let Some(session) = self.sessions.get(&id) else { return };
        let Some(room) = self.rooms.get_mut(session.room) else {
            return;
        };
        let seq = room.take_seq();
        let entry = Entry {
            kind: EntryKind::Said,
            label: Arc::clone(&session.label),
            payload: text.into(),
            verbatim: false,
            author: Some(id),
            key: Some(Key { origin: self.id, seq }),
            sent_at: utc,
            hops: 0,
        };
        self.publish(now, id, entry);
    }

    /// Tells a room that a session came or went, here and on every hub.
    pub(super) fn announce(&mut self, now: Instant, id: SessionId, room: RoomId, kind: EntryKind) {
        let Some(session) = self.sessions.get(&id) else { return };
        debug_assert_eq!(session.room, room, "a session is announced where it is");
        let entry = Entry::notice(kind, Arc::clone(&session.label), self.utc(now));
        self.publish(now, id, entry);
    }

    /// Appends what a session did to its room's log and hands it to the links.
    fn publish(&mut self, now: Instant, id: SessionId, entry: Entry) {
        let Some(session) = self.sessions.get(&id) else { return };
        let Some(room) = self.rooms.get(session.room) else {
            return;
        };
        let (room_id, home) = (session.room, session.room == Rooms::HOME);
        let (kind, message) = match entry.kind {
            EntryKind::Said => (Kind::Said, text::said(&entry.label, &entry.payload)),
            EntryKind::Joined => (Kind::Joined, text::joined(&entry.label)),
            EntryKind::Left | EntryKind::Gap { .. } => (Kind::Left, text::left(&entry.label)),
        };
        let envelope = Envelope {
            id: MsgId::random(&mut self.rng),
            kind,
            room: room.name.clone(),
            src: format!("{}@{}", session.name(), room.name),
            label: entry.label.to_string(),
            payload: entry.payload.to_string(),
            message,
            origin: self.id,
            seq: entry.key.map(|key| key.seq),
            sent_at: entry.sent_at,
            hops: 1,
        };
        self.outbox.push_back(Output::Append { room: room_id, entry });
        self.federate(now, |federation, to| federation.forward(&envelope, home, None, to));
    }
}
