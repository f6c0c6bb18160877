//! A session from its first moment to its last.

use std::net::IpAddr;

use super::admission::Refusal;
use super::federation::Federation;
use super::room::Rooms;
use super::session::{Item, Session};
use super::{CloseReason, Door, EntryKind, Hub, Notice, Output, Timer};

use crate::id::{RoomId, RoomName, SessionId};
use crate::limits::{KEEPALIVE_INTERVAL, KEEPALIVE_MISSES, MESSAGE_PAUSE, SESSION_HELLO};
use crate::time::Instant;

impl Hub {
    pub(super) fn on_opened(
        &mut self,
        now: Instant,
        id: SessionId,
        door: Door,
        address: IpAddr,
        room: Option<RoomName>,
    ) {
        if self.ending {
            self.emit(Output::Close {
                session: id,
                reason: CloseReason::GoingAway,
            });
            return;
        }
        if let Err(refusal) = self.admission.open(address, now) {
            let reason = match refusal {
                Refusal::HubFull => CloseReason::HubFull,
                Refusal::TooManyFromAddress => CloseReason::TooManySessions,
            };
            self.emit(Output::Close { session: id, reason });
            return;
        }
        if self.require_token && door != Door::Session {
            self.admission.close(address);
            let reason = CloseReason::Unauthorized;
            return self.emit(Output::Close { session: id, reason });
        }
        if door == Door::Session {
            self.sessions.insert(id, Session::new(door, address, Rooms::HOME));
            self.timers.set(Timer::Keepalive(id), now + KEEPALIVE_INTERVAL);
            return self.timers.set(Timer::Hello(id), now + SESSION_HELLO);
        }
        let Some(room) = room.map_or(Some(Rooms::HOME), |name| self.rooms.open(&name)) else {
            self.admission.close(address);
            let reason = CloseReason::HubFull;
            self.emit(Output::Close { session: id, reason });
            return;
        };
        if matches!(door, Door::WebSocketText { .. }) {
            self.timers.set(Timer::Keepalive(id), now + KEEPALIVE_INTERVAL);
        }
        self.sessions.insert(id, Session::new(door, address, room));
        self.enter(now, id, room);
    }

    pub(super) fn on_bytes(&mut self, now: Instant, id: SessionId, bytes: &[u8]) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        session.on_heard();
        if session.on_bytes(bytes) {
            self.timers.set(Timer::MessagePause(id), now + MESSAGE_PAUSE);
        } else {
            self.timers.cancel(Timer::MessagePause(id));
        }
        self.speak(now, id);
    }

    pub(super) fn on_text(&mut self, now: Instant, id: SessionId, text: String) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        session.on_heard();
        session.on_text(text);
        self.speak(now, id);
    }

    pub(super) fn on_alive(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.on_heard();
        }
    }

    pub(super) fn on_ended(&mut self, now: Instant, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        session.ending = true;
        session.end_message();
        self.timers.cancel(Timer::MessagePause(id));
        self.speak(now, id);
    }

    /// What arrived before the connection went is still said, at the session's pace; then the session goes too.
    pub(super) fn on_closed(&mut self, now: Instant, id: SessionId, reason: CloseReason) {
        if reason != CloseReason::Lost {
            self.remember_end(id, reason);
        }
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        session.end_unframed();
        session.keep_last_words();
        if session.has_waiting() {
            session.ending = true;
            self.timers.cancel(Timer::MessagePause(id));
            self.speak(now, id);
        } else {
            self.remove(now, id);
        }
    }

    pub(super) fn on_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::MessagePause(id) => {
                    if let Some(session) = self.sessions.get_mut(&id) {
                        session.end_message();
                        self.speak(now, id);
                    }
                }
                Timer::Pace(id) => self.speak(now, id),
                Timer::Keepalive(id) => self.on_keepalive(now, id),
                Timer::Hello(id) => self.close(now, id, CloseReason::NoHello),
                Timer::Presence(room) => self.on_presence(now, room),
                Timer::Direct(number) => self.on_unconfirmed(number),
                Timer::Link(id) => self.federate(now, |federation, to| federation.on_rested(id, to)),
            }
        }
    }

    fn on_keepalive(&mut self, now: Instant, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        // What it answers is left unread by order of the hub, and what it sent before is still to be said.
        if session.paused {
            session.on_heard();
        }
        if session.on_interval() >= KEEPALIVE_MISSES {
            self.close(now, id, CloseReason::KeepaliveTimeout);
        } else {
            self.outbox.push_back(Output::Ping { session: id });
            self.timers.set(Timer::Keepalive(id), now + KEEPALIVE_INTERVAL);
        }
    }

    /// Says at once what waits, whatever the rate, and closes every session. Nobody is told that somebody left: all do.
    pub(super) fn on_shutdown(&mut self, now: Instant) {
        if std::mem::replace(&mut self.ending, true) {
            return;
        }
        self.session_rate = None;
        self.federate(now, Federation::record_all);
        let ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        for &id in &ids {
            if let Some(session) = self.sessions.get_mut(&id) {
                session.end_message();
                self.speak(now, id);
            }
        }
        for id in ids {
            if let Some(session) = self.sessions.remove(&id) {
                for room in session.rooms() {
                    self.emit(Output::Detach { session: id, room });
                }
                self.emit(Output::Close {
                    session: id,
                    reason: CloseReason::GoingAway,
                });
            }
        }
    }

    /// Takes what a session has sent, as fast as it may speak.
    pub(super) fn speak(&mut self, now: Instant, id: SessionId) {
        loop {
            let Some(session) = self.sessions.get_mut(&id) else {
                return;
            };
            if session.is_unsettled() {
                if !std::mem::replace(&mut session.paused, true) {
                    self.outbox.push_back(Output::PauseInput { session: id });
                }
                return;
            }
            // Whoever leaves is heard out: it holds nobody up any more.
            if self.staged.is_full() && !self.ending {
                if !std::mem::replace(&mut session.paused, true) {
                    self.outbox.push_back(Output::PauseInput { session: id });
                }
                self.staged.held.insert(id);
                return;
            }
            match session.next_item(self.session_rate, now) {
                Some(Ok(item)) => self.on_item(now, id, item),
                Some(Err(at)) => {
                    if !std::mem::replace(&mut session.paused, true) {
                        self.outbox.push_back(Output::PauseInput { session: id });
                    }
                    self.timers.set(Timer::Pace(id), at);
                    return;
                }
                None => {
                    if std::mem::replace(&mut session.paused, false) {
                        self.outbox.push_back(Output::ResumeInput { session: id });
                    }
                    if session.ending {
                        self.close(now, id, CloseReason::Ended);
                    }
                    return;
                }
            }
        }
    }

    fn on_item(&mut self, now: Instant, id: SessionId, item: Item) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        match item {
            Item::TooLong(bytes) => self.tell(id, Notice::TooLong { bytes }),
            Item::Blank => {
                let (label, room) = (session.label.to_string(), session.room());
                if let Some(room) = self.rooms.get(room) {
                    let room = room.name.clone();
                    self.tell(id, Notice::Hint { label, room });
                }
            }
            Item::Text(text) => match session.door {
                Door::WebSocketText { .. } => self.say(now, id, &text),
                Door::TcpText => self.on_line(now, id, &text),
                Door::Session => {}
            },
            Item::Request(request) => self.on_request(now, id, *request),
        }
    }

    pub(super) fn enter(&mut self, now: Instant, id: SessionId, room: RoomId) {
        if self.rooms.enter(room, id, false)
            && let Some(name) = self.rooms.get(room).map(|room| room.name.clone())
        {
            self.emit(Output::RoomOpened { room, name });
        }
        self.emit(Output::Attach { session: id, room });
        if self.sessions.get(&id).is_some_and(Session::announced) {
            self.announce(now, id, room, EntryKind::Joined);
        }
    }

    pub(super) fn leave(&mut self, now: Instant, id: SessionId, room: RoomId, announced: bool) {
        self.emit(Output::Detach { session: id, room });
        if announced {
            self.announce(now, id, room, EntryKind::Left);
        }
        if let Some(room) = self.rooms.leave(room, id) {
            self.emit(Output::RoomClosed { room });
        }
    }

    pub(super) fn close(&mut self, now: Instant, id: SessionId, reason: CloseReason) {
        if !self.sessions.contains_key(&id) {
            return;
        }
        self.remember_end(id, reason);
        self.remove(now, id);
        self.emit(Output::Close { session: id, reason });
    }

    /// Forgets a session.
    fn remove(&mut self, now: Instant, id: SessionId) {
        let Some(session) = self.sessions.get(&id) else { return };
        let (rooms, announced) = (session.rooms(), session.announced());
        for room in rooms {
            self.leave(now, id, room, announced);
        }
        for timer in [
            Timer::MessagePause(id),
            Timer::Pace(id),
            Timer::Keepalive(id),
            Timer::Hello(id),
        ] {
            self.timers.cancel(timer);
        }
        self.staged.held.remove(&id);
        self.fail_directs(id);
        if let Some(session) = self.sessions.remove(&id) {
            self.admission.close(session.address);
            if let Some(nick) = session.nick {
                self.nicks.remove(&nick.key());
            }
            if let Some(author) = session.protocol.and_then(|protocol| protocol.author)
                && self.by_author.get(&author) == Some(&id)
            {
                self.by_author.remove(&author);
            }
        }
    }

    /// The next connection of the same session is told why this one ended.
    fn remember_end(&mut self, id: SessionId, reason: CloseReason) {
        let author = self.protocol(id).and_then(|protocol| protocol.author);
        if let Some(memory) = author.and_then(|author| self.authors.get_mut(author)) {
            // Whoever was replaced has a newer connection, and that one did not end so.
            memory.ended = Some(reason).filter(|reason| !matches!(reason, CloseReason::Quit | CloseReason::Replaced));
        }
    }
}
