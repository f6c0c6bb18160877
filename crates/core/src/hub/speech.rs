//! What sessions do for others to hear: numbered, kept, appended here, and handed to every link, in this order.

use std::sync::Arc;

use super::authors::Fate;
use super::room::Rooms;
use super::staged::{By, Speech, Staged, Undone};
use super::{Author, Change, Entry, EntryKind, Hub, Key, Output, Position, Said};

use crate::id::{HubId, MsgId, RoomId, SessionId};
use crate::limits::{PRESENCE_INTERVAL, RELAY_HOPS};
use crate::planted::{Bug, planted};
use crate::time::Instant;
use crate::wire::relay::{Envelope, Kind};
use crate::wire::session::Frame;
use crate::wire::text;

/// A text and whose it is.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) room: RoomId,
    pub(super) by: By,
    pub(super) label: Arc<str>,
    /// Name without spaces.
    pub(super) name: String,
    pub(super) msg_id: Option<MsgId>,
    pub(super) author: Option<Author>,
    pub(super) payload: String,
}

impl Hub {
    /// Says a text in the room of a session of a text door.
    pub(super) fn say(&mut self, now: Instant, id: SessionId, text: &str) {
        let Some(session) = self.sessions.get(&id) else { return };
        let words = Words {
            room: session.room(),
            by: By::Text(id),
            label: Arc::clone(&session.label),
            name: session.name(),
            msg_id: None,
            author: None,
            payload: text.to_owned(),
        };
        self.utter(now, words);
    }

    /// Says something in a room, here and on every hub, as soon as it is safe.
    pub(super) fn utter(&mut self, now: Instant, words: Words) {
        let utc = self.utc(now);
        let Some(room) = self.rooms.get_mut(words.room) else {
            return;
        };
        let seq = room.take_seq();
        let src = format!("{}@{}", words.name, room.name);
        let room_name = room.name.clone();
        let msg_id = words.msg_id.unwrap_or_else(|| MsgId::random(&mut self.rng));
        if let Some(author) = words.author {
            self.authors.set(author, &msg_id, Fate::Waits);
        }
        let session = match words.by {
            By::Text(session) | By::Session(session) => Some(session),
            By::Elsewhere | By::Post(_) => None,
        };
        let entry = Entry {
            id: Some(msg_id),
            src: src.into(),
            payload: words.payload.into(),
            author: session,
            key: Some(Key { origin: self.id, seq }),
            ..Entry::notice(EntryKind::Said, words.label, utc)
        };
        let said = Said {
            room: room_name,
            entry,
            author: words.author,
        };
        let Some(mut envelope) = Envelope::of(&said) else {
            return;
        };
        envelope.hops = 1;
        self.keep(
            now,
            Speech {
                room: Some(words.room),
                said,
                envelope,
                from: None,
                by: words.by,
                undo: Undone::Own(seq),
                missed: None,
            },
        );
    }

    /// Gives a message its place, and publishes it once it is safe there.
    pub(super) fn keep(&mut self, now: Instant, mut speech: Speech) {
        if !self.staged.is_durable() {
            return self.publish(now, speech);
        }
        self.placed = self.placed.next();
        speech.said.entry.position = self.placed;
        let record = self.staged.record(Change::Said(Box::new(speech.said.clone())));
        self.outbox.push_back(Output::Store(record));
        if planted(Bug::AckBeforeStored) {
            return self.publish(now, speech);
        }
        self.staged.push(Staged::Said(Box::new(speech)));
    }

    /// Lets everybody hear what is safe.
    pub(super) fn publish(&mut self, now: Instant, speech: Speech) {
        let Speech {
            room,
            said,
            envelope,
            from,
            by,
            missed,
            ..
        } = speech;
        let Said {
            mut entry,
            author,
            room: name,
        } = said;
        let Some(key) = entry.key else { return };
        if !self.staged.is_durable() {
            self.placed = self.placed.next();
            entry.position = self.placed;
        }
        let position = entry.position;
        self.end = position;
        if let (Some(author), Some(msg_id)) = (author, &entry.id) {
            self.authors.set(author, msg_id, Fate::Said(key));
        }
        if let (By::Post(request), Some(msg_id)) = (by, &entry.id) {
            let msg_id = msg_id.clone();
            self.outbox.push_back(Output::Posted {
                request,
                result: Ok((msg_id, key)),
            });
        }
        // A room may have been forgotten and made anew while this waited.
        if let Some(id) = room
            .filter(|&room| self.rooms.get(room).is_some())
            .or_else(|| self.rooms.find(&name))
            && let Some(room) = self.rooms.get_mut(id)
        {
            room.appended(key);
            if let Some((from, to)) = missed {
                let origin = key.origin;
                let mut gap = Entry::notice(
                    EntryKind::Gap { origin, from, to },
                    text::HUB_LABEL.into(),
                    entry.sent_at,
                );
                gap.position = position;
                self.outbox.push_back(Output::Append { room: id, entry: gap });
            }
            self.outbox.push_back(Output::Append { room: id, entry });
        }
        let place = Some(position).filter(|_| self.staged.is_durable());
        self.hand_on(now, &envelope, place, from);
    }

    /// Hands a message to the links that do not have it.
    pub(super) fn hand_on(
        &mut self,
        now: Instant,
        envelope: &Envelope,
        position: Option<Position>,
        from: Option<HubId>,
    ) {
        if envelope.hops > RELAY_HOPS {
            return;
        }
        let home = self
            .rooms
            .get(Rooms::HOME)
            .is_some_and(|room| room.name == envelope.room);
        self.federate(now, |federation, to| {
            federation.forward(envelope, (home, position), from, to);
        });
    }

    /// Tells a room that a session came or went, here and on every hub.
    pub(super) fn announce(&mut self, now: Instant, id: SessionId, room: RoomId, kind: EntryKind) {
        let Some(session) = self.sessions.get(&id) else { return };
        let (label, name) = (Arc::clone(&session.label), session.name());
        let Some(room_name) = self.rooms.get(room).map(|room| room.name.clone()) else {
            return;
        };
        let entry = Entry::notice(kind, Arc::clone(&label), self.utc(now));
        let (kind, message) = match kind {
            EntryKind::Joined => (Kind::Joined, text::joined(&label)),
            _ => (Kind::Left, text::left(&label)),
        };
        let envelope = Envelope {
            id: MsgId::random(&mut self.rng),
            kind,
            src: format!("{name}@{room_name}"),
            room: room_name,
            label: label.to_string(),
            payload: String::new(),
            message,
            origin: self.id,
            seq: None,
            sent_at: entry.sent_at,
            hops: 1,
        };
        self.notice(now, room, entry, Some(envelope), None);
    }

    /// Puts a notice into a room's log, and hands it on if it has an envelope.
    pub(super) fn notice(
        &mut self,
        now: Instant,
        room: RoomId,
        entry: Entry,
        envelope: Option<Envelope>,
        from: Option<HubId>,
    ) {
        let (entry, envelope) = (Box::new(entry), envelope.map(Box::new));
        let staged = Staged::Notice {
            room,
            entry,
            envelope,
            from,
        };
        self.stage(now, staged);
    }

    /// A notice has its turn.
    pub(super) fn notify(
        &mut self,
        now: Instant,
        room: RoomId,
        mut entry: Entry,
        envelope: Option<&Envelope>,
        from: Option<HubId>,
    ) {
        entry.position = self.end;
        let news = self
            .rooms
            .get_mut(room)
            .filter(|room| room.has_listeners())
            .map(|room| &mut room.news);
        if let (EntryKind::Joined | EntryKind::Left, Some(news)) = (entry.kind, news) {
            match entry.kind {
                EntryKind::Joined => news.joined(&entry.label),
                _ => news.left(&entry.label),
            }
            if !std::mem::replace(&mut news.due, true) {
                self.timers.set(super::Timer::Presence(room), now + PRESENCE_INTERVAL);
            }
        }
        self.outbox.push_back(Output::Append { room, entry });
        if let Some(envelope) = envelope {
            self.hand_on(now, envelope, None, from);
        }
    }

    /// Tells sessions together who came and who went.
    pub(super) fn on_presence(&mut self, now: Instant, id: RoomId) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        let (joined, left) = room.news.take();
        room.news.due = !room.news.is_empty();
        if room.news.due {
            self.timers.set(super::Timer::Presence(id), now + PRESENCE_INTERVAL);
        }
        if joined.is_empty() && left.is_empty() {
            return;
        }
        let frame = Frame::Presence {
            room: &room.name,
            joined: joined.iter().map(|label| &**label).collect(),
            left: left.iter().map(|label| &**label).collect(),
        };
        let payload = frame.to_json();
        self.tell_room(now, id, payload, None);
    }

    /// A frame for all sessions of the session protocol in a room but its author.
    pub(super) fn tell_room(&mut self, now: Instant, room: RoomId, frame: String, author: Option<SessionId>) {
        let entry = Entry {
            payload: frame.into(),
            author,
            ..Entry::notice(EntryKind::Frame, "".into(), self.utc(now))
        };
        self.notice(now, room, entry, None, None);
    }
}
