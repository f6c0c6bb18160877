//! What the person types.

use papo_core::id::{MsgId, RoomName};
use papo_core::limits::{CLIENT_HISTORY, PAYLOAD_BYTES};
use papo_core::time::Instant;
use papo_core::wire::session::{Address, Request};

use super::super::commands::{self, Typed};
use super::super::event::Event;
use super::super::outbox::{Item, To};
use super::super::reading::Reading;
use super::{Conversation, Room, Stage, Why};
use crate::text::Message;

impl Conversation {
    pub(super) fn on_line(&mut self, now: Instant, line: &str) {
        if self.stage != Stage::Open || line.trim().is_empty() {
            return;
        }
        let active = self.active.clone();
        match commands::read(line, active.as_ref()) {
            Err(mistake) => self.say(mistake),
            Ok(Typed::Say(text)) => self.in_active(|this, room| this.post(now, To::Room(room), text)),
            Ok(Typed::Msg { to, text }) => self.post(now, To::Session(to), text),
            Ok(Typed::Join(room)) => self.on_join(room),
            Ok(Typed::Part(room)) => self.on_part(room),
            Ok(Typed::Room(room)) => self.on_turn(room),
            Ok(Typed::Rooms) => {
                let rooms = self.rooms.iter().map(|room| room.name.clone()).collect();
                self.tell(Event::Rooms { rooms, active });
            }
            Ok(Typed::Who) => self.in_active(Self::on_who),
            Ok(Typed::History(limit)) => self.in_active(|this, room| this.ask(history(room, limit, None))),
            Ok(Typed::Search(words)) => self.on_search(words),
            Ok(Typed::Nick) => self.say(Message::new("rooms-nick")),
            Ok(Typed::Status) => self.on_status(),
            Ok(Typed::Help) => self.say(Message::new("rooms-help")),
            Ok(Typed::Quit) => self.stop_reading(now),
        }
    }

    pub(super) fn say_too_long(&mut self, bytes: usize) {
        let message = Message::new("say-too-long").with("bytes", bytes);
        let limit = self.payload_bytes();
        self.say(message.with("limit", limit));
    }

    fn payload_bytes(&self) -> usize {
        let welcome = self.welcome.as_ref();
        welcome.map_or(PAYLOAD_BYTES, |welcome| welcome.limits.payload_bytes)
    }

    fn in_active(&mut self, act: impl FnOnce(&mut Self, RoomName)) {
        match self.active.clone() {
            Some(room) => act(self, room),
            None => self.say(Message::new("rooms-none")),
        }
    }

    fn post(&mut self, now: Instant, to: To, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        if text.len() > self.payload_bytes() {
            return self.say_too_long(text.len());
        }
        let msg_id = MsgId::random(&mut self.rng);
        self.tell(Event::Sent {
            msg_id: msg_id.clone(),
            to: to.clone(),
        });
        self.outbox.push(Item::new(msg_id, to, text.to_owned(), now));
    }

    fn on_join(&mut self, room: RoomName) {
        self.active = Some(room.clone());
        if self.rooms.iter().any(|known| known.name == room) {
            return self.say(Message::new("rooms-active").showing("room", room));
        }
        self.rooms.push(Room {
            name: room.clone(),
            reading: Reading::default(),
        });
        if self.is_linked() {
            self.join(room, None, Why::Enter);
        }
    }

    fn on_part(&mut self, room: Option<RoomName>) {
        let Some(room) = room.or_else(|| self.active.clone()) else {
            return self.say(Message::new("rooms-none"));
        };
        if !self.is_in(&room) {
            return;
        }
        self.forget(&room);
        if self.is_linked() {
            self.send(&Request::Part { room: room.clone() });
        }
        let message = match self.active.clone() {
            Some(active) => Message::new("rooms-parted").showing("active", active),
            None => Message::new("rooms-parted-last"),
        };
        self.say(message.showing("room", room));
    }

    fn on_turn(&mut self, room: RoomName) {
        if self.is_in(&room) {
            self.active = Some(room.clone());
            self.say(Message::new("rooms-active").showing("room", room));
        }
    }

    /// False, with a sentence, for a room that it is not in.
    fn is_in(&mut self, room: &RoomName) -> bool {
        let known = self.rooms.iter().any(|known| known.name == *room);
        if !known {
            self.say(Message::new("rooms-not-in").showing("room", room));
        }
        known
    }

    fn on_who(&mut self, room: RoomName) {
        if !self.is_linked() {
            return self.say(Message::new("rooms-offline"));
        }
        // The answer to JOIN names them; with what was read in it, nothing is said again.
        let after = self.reading(&room).and_then(|reading| reading.cursor().cloned());
        self.join(room, after, Why::Who);
    }

    fn on_search(&mut self, words: &str) {
        let welcome = self.welcome.as_ref();
        if welcome.is_some_and(|welcome| !welcome.features.iter().any(|feature| feature == "search")) {
            return self.say(Message::new("rooms-no-search"));
        }
        let words = words.to_owned();
        self.in_active(|this, room| this.ask(history(room, CLIENT_HISTORY, Some(words))));
    }

    fn on_status(&mut self) {
        let welcome = self.welcome.as_ref();
        let peer_id = welcome.zip(self.active.clone()).map(|(welcome, room)| Address {
            nick: welcome.nick.clone(),
            room,
        });
        let status = Event::Status {
            peer_id,
            connected: self.is_open(),
            waiting: self.outbox.len(),
            name: welcome.map(|welcome| welcome.name.clone()).unwrap_or_default(),
            durable: welcome.is_some_and(|welcome| welcome.durable),
        };
        self.tell(status);
    }
}

fn history(room: RoomName, limit: usize, query: Option<String>) -> Request {
    Request::History {
        room,
        before: None,
        limit,
        query,
    }
}
