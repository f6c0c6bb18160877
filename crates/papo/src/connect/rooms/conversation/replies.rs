//! What the hub says.

use papo_core::hub::{Cursor, Key};
use papo_core::id::{MsgId, RoomName};
use papo_core::time::Instant;
use papo_core::wire::session::{Reply, Request, Said, Welcome};

use super::super::event::Event;
use super::super::outbox::To;
use super::{Awaited, Conversation, Ending, Link, Output, Stage, Why, clean};
use crate::text::Message;

impl Conversation {
    pub(super) fn on_frame(&mut self, now: Instant, text: &str) {
        self.heard = now;
        self.pinged = false;
        let reply = match Reply::parse(text) {
            Ok(reply) => reply,
            // It may have been a message: better said than lost in silence.
            Err(problem) => {
                return self.tell(Event::Error {
                    code: "bad_format".to_owned(),
                    detail: problem.to_string(),
                });
            }
        };
        match reply {
            Reply::HelloOk(welcome) => self.on_welcome(now, *welcome),
            Reply::Joined {
                room,
                members,
                count,
                head,
            } => self.on_joined(room, members, count, head),
            Reply::Pub(said) => self.on_said(said),
            Reply::Send(direct) => self.tell(Event::Direct(direct)),
            Reply::Ack { msg_id, key, from } => self.on_ack(now, &msg_id, key, from),
            Reply::Gap {
                room,
                origin,
                from,
                to,
                reason,
            } => {
                if let Some(reading) = self.reading(&room) {
                    reading.missing(origin, from, to);
                    self.tell(Event::Gap {
                        room,
                        origin,
                        from,
                        to,
                        reason,
                    });
                }
            }
            Reply::Presence { room, joined, left } => self.on_presence(room, joined, left),
            Reply::History {
                room,
                messages,
                complete,
                query,
            } => self.on_answer(Event::History {
                room,
                messages,
                complete,
                query,
            }),
            Reply::Error {
                code,
                reference,
                detail,
            } => self.on_error(now, code, &reference, detail),
            Reply::Ping | Reply::Pong | Reply::Typing { .. } | Reply::Unknown(_) => {}
        }
    }

    fn on_welcome(&mut self, now: Instant, welcome: Welcome) {
        if !matches!(self.link, Link::Greeting { .. }) {
            return;
        }
        self.link = Link::Open { since: now };
        let before = self.welcome.replace(welcome);
        let Some(welcome) = self.welcome.clone() else { return };
        let wanted = before.as_ref().map_or(&self.opening.nick, |before| &before.nick);
        let renamed = (*wanted != welcome.nick).then(|| {
            Message::new("rooms-nick-taken")
                .showing("wanted", wanted)
                .showing("nick", &welcome.nick)
        });
        match before {
            None => {
                self.tell(Event::Ready {
                    nick: welcome.nick,
                    rooms: self.rooms.iter().map(|room| room.name.clone()).collect(),
                    hub: welcome.hub,
                    name: welcome.name,
                    durable: welcome.durable,
                });
            }
            Some(before) => {
                self.tell(Event::Reconnected);
                // Its numbers begin anew, and what waited there is gone.
                if before.hub != welcome.hub {
                    self.say(Message::new("rooms-other-hub"));
                }
                if let Some(why) = welcome.previous {
                    self.say(Message::new("rooms-previous").with("reason", clean(&why)));
                }
            }
        }
        if let Some(message) = renamed {
            self.say(message);
        }
    }

    fn on_joined(&mut self, room: RoomName, members: Vec<String>, count: u64, head: Cursor) {
        let at = self.awaited.iter().position(|awaited| awaited.room == room);
        let why = at.and_then(|at| self.awaited.remove(at)).map(|awaited| awaited.why);
        let Some(reading) = self.reading(&room) else { return };
        reading.joined(head);
        match why {
            Some(Why::Enter | Why::Hello { first: true }) | None => {
                self.tell(Event::Joined { room, members, count });
            }
            Some(Why::Who) => self.tell(Event::Members { room, members, count }),
            Some(Why::Return | Why::Hello { first: false }) => {}
        }
    }

    /// The oldest question is answered.
    fn on_answer(&mut self, event: Event) {
        self.asked.pop_front();
        self.tell(event);
    }

    /// One's own coming is no news.
    fn on_presence(&mut self, room: RoomName, mut joined: Vec<String>, left: Vec<String>) {
        if let Some(welcome) = &self.welcome {
            joined.retain(|name| name != welcome.nick.as_str());
        }
        if !joined.is_empty() || !left.is_empty() {
            self.tell(Event::Presence { room, joined, left });
        }
    }

    fn on_said(&mut self, said: Box<Said>) {
        let Some(reading) = self.reading(&said.room) else {
            return;
        };
        let (new, replayed) = match said.key {
            Some(key) => (reading.take(key), reading.is_old(key)),
            None => (true, false),
        };
        // One's own whose ACK was lost: it is sent again, and the ACK comes again.
        let own = said.msg_id.as_ref().is_some_and(|msg_id| self.outbox.holds(msg_id));
        if new && !own {
            self.tell(Event::Message { said, replayed });
        }
    }

    fn on_ack(&mut self, now: Instant, msg_id: &MsgId, key: Option<Key>, from: Option<String>) {
        let Some(item) = self.outbox.settle(msg_id) else { return };
        self.progress(now);
        if let (Some(key), To::Room(room)) = (key, &item.to)
            && let Some(reading) = self.reading(room)
        {
            reading.take(key);
        }
        let took = now.since(item.since);
        self.tell(Event::Delivered { item, key, from, took });
    }

    fn on_error(&mut self, now: Instant, code: String, reference: &str, detail: String) {
        let id = reference.parse::<MsgId>().ok().filter(|id| self.outbox.holds(id));
        if let Some(msg_id) = id {
            return self.on_refused(now, &msg_id, code, detail);
        }
        match reference {
            "HELLO" => self.on_hello_refused(now, &code, &detail),
            "JOIN" => {
                self.on_join_refused();
                self.tell(Event::Error { code, detail });
            }
            "HISTORY" => self.on_answer(Event::Error { code, detail }),
            _ => self.tell(Event::Error { code, detail }),
        }
    }

    fn on_refused(&mut self, now: Instant, msg_id: &MsgId, code: String, detail: String) {
        let item = match code.as_str() {
            // These pass.
            "busy" | "storage" => self.outbox.refused(now, msg_id),
            _ => self.outbox.settle(msg_id),
        };
        if let Some(item) = item {
            self.progress(now);
            self.tell(Event::Failed { item, code, detail });
        }
    }

    fn on_hello_refused(&mut self, now: Instant, code: &str, detail: &str) {
        if matches!(code, "unauthorized" | "token_expired") {
            return self.end(Ending::Unauthorized(clean(detail)));
        }
        self.outputs.push_back(Output::HangUp);
        let reason = Message::new("rooms-hello-refused").with("detail", clean(detail));
        self.lose(now, reason);
    }

    fn on_join_refused(&mut self) {
        let asked = |awaited: &Awaited| !matches!(awaited.why, Why::Hello { .. });
        let at = self.awaited.iter().position(asked);
        let Some(awaited) = at.and_then(|at| self.awaited.remove(at)) else {
            return;
        };
        if awaited.why != Why::Who {
            self.forget(&awaited.room);
        }
    }

    fn progress(&mut self, now: Instant) {
        if let Stage::Draining(since) = &mut self.stage {
            *since = now;
        }
    }

    /// It is in that room no more.
    pub(super) fn forget(&mut self, name: &RoomName) {
        self.rooms.retain(|room| room.name != *name);
        if self.active.as_ref() == Some(name) {
            self.active = self.rooms.first().map(|room| room.name.clone());
        }
    }

    /// Asks for HISTORY, now or when there is a connection again.
    pub(super) fn ask(&mut self, question: Request) {
        /// People ask one after the other.
        const QUESTIONS: usize = 16;
        if self.asked.len() >= QUESTIONS {
            return self.say(Message::new("rooms-wait"));
        }
        if self.is_linked() {
            self.send(&question);
        }
        self.asked.push_back(question);
    }
}
