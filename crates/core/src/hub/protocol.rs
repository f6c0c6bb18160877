//! A session of the session protocol: what it asks for, and what it is told (docs/protocol.md 6).

mod greeting;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::authors::{Asker, Fate};
use super::speech::Words;
use super::staged::{By, Staged};
use super::{Author, CloseReason, Cursor, EntryKind, Hub, Output, Remark};

use crate::error::Code;
use crate::id::{MsgId, Nick, RoomId, RoomName, SessionId};
use crate::limits::{MEMBERS, SESSION_ROOMS};
use crate::time::Instant;
use crate::wire::session::{Address, Frame, Refused, Request};

/// What a hub knows of a session of the session protocol.
#[derive(Debug, Default)]
pub(crate) struct Protocol {
    pub(crate) stage: Stage,
    /// The rooms that it is in.
    pub(crate) rooms: BTreeMap<RoomId, Place>,
    pub(crate) author: Option<Author>,
    /// Somebody who asks wrongly is logged once.
    complained: bool,
    /// Direct messages that are not confirmed.
    pub(crate) direct: usize,
}

/// How far a session has come.
#[derive(Debug, Default)]
pub(crate) enum Stage {
    /// It has not said HELLO.
    #[default]
    Silent,
    /// It waits for its token to be checked, or for the disk to tell what it has sent.
    Waits(Box<Hello>),
    /// It waits for the disk to tell what it has sent, and this is what it says then.
    Asks(Box<Request>),
    /// It is welcome.
    Greeted,
}

/// What a session said first.
#[derive(Debug, Clone)]
pub(crate) struct Hello {
    peer_id: Address,
    secret: Option<u128>,
}

/// Where a session is in a room.
#[derive(Debug)]
pub(crate) struct Place {
    /// Nothing up to here was given to it; everything behind it was, or will be.
    pub(crate) floor: Cursor,
}

impl Hub {
    /// Does what a session asks for, or says why not.
    pub(super) fn on_request(&mut self, now: Instant, id: SessionId, request: Result<Request, Refused>) {
        let request = match request {
            Ok(request) => request,
            Err(refused) => return self.on_nonsense(id, &refused),
        };
        let Some(protocol) = self.protocol(id) else { return };
        let greeted = matches!(protocol.stage, Stage::Greeted);
        match request {
            Request::Hello { .. } if greeted => {
                self.error(id, Code::BadFormat, "HELLO", "this session has said HELLO already");
            }
            Request::Hello {
                peer_id,
                token,
                session,
            } => self.on_hello(now, id, peer_id, token, session),
            Request::Ping => self.reply(id, &Frame::Pong),
            Request::Bye => self.close(now, id, CloseReason::Quit),
            other if !greeted => {
                let reference = other.reference().to_owned();
                self.error(id, Code::Unauthorized, &reference, "say HELLO first");
            }
            Request::Join { room, after } => self.on_join_room(now, id, &room, after),
            Request::Part { room } => self.on_part(now, id, &room),
            Request::Pub {
                msg_id,
                src,
                room,
                payload,
            } => self.on_pub(now, id, (msg_id, src, room, payload)),
            Request::Send {
                msg_id,
                src,
                to,
                payload,
            } => self.on_send(now, id, (msg_id, src, to, payload)),
            Request::History {
                room,
                before,
                limit,
                query,
            } => self.on_history(id, &room, before, limit, query),
            Request::Typing { room } => self.on_typing(now, id, &room),
        }
    }

    /// What makes no sense is answered, and logged once.
    fn on_nonsense(&mut self, id: SessionId, refused: &Refused) {
        let (code, reference) = match refused {
            Refused::Field {
                problem: crate::wire::fields::Problem::TooLong(_),
                field: "payload",
                msg_id,
            } => (Code::MessageTooLarge, msg_id.clone()),
            Refused::Field { msg_id, .. } => (Code::BadFormat, msg_id.clone()),
            _ => (Code::BadFormat, None),
        };
        let reference = reference.map_or_else(String::new, |id| id.to_string());
        let detail = refused.to_string();
        if let Some(protocol) = self.protocol(id)
            && !std::mem::replace(&mut protocol.complained, true)
        {
            self.outbox.push_back(Output::Remark(Remark::BadRequest {
                session: id,
                detail: detail.clone(),
            }));
        }
        self.error(id, code, &reference, &detail);
    }

    fn on_join_room(&mut self, now: Instant, id: SessionId, name: &RoomName, after: Option<Cursor>) {
        let Some(protocol) = self.protocol(id) else { return };
        let many = protocol.rooms.len() >= SESSION_ROOMS;
        let known = self.rooms.find(name).is_some_and(|room| self.is_in(id, room));
        if many && !known {
            let detail = format!("a session is in at most {SESSION_ROOMS} rooms; leave one with PART");
            return self.error(id, Code::OverQuota, "JOIN", &detail);
        }
        let Some(room) = self.rooms.open(name) else {
            return self.error(id, Code::Busy, "JOIN", "the hub holds no more rooms");
        };
        let enters = !self.is_in(id, room);
        if enters {
            let floor = Cursor::default();
            if let Some(protocol) = self.protocol(id) {
                protocol.rooms.insert(room, Place { floor });
            }
            if self.rooms.enter(room, id, true) {
                let name = name.clone();
                self.emit(Output::RoomOpened { room, name });
            }
        }
        let join = Staged::Join {
            session: id,
            room,
            after,
            enters,
        };
        self.stage(now, join);
        if enters {
            self.announce(now, id, room, EntryKind::Joined);
        }
    }

    /// From here on the session reads the room, behind all that was appended so far.
    pub(super) fn admit_to_log(&mut self, id: SessionId, room: RoomId, after: Option<Cursor>, enters: bool) {
        let Some(here) = self.rooms.get(room) else { return };
        let labels = here.members.iter().filter_map(|member| self.sessions.get(member));
        let labels: Vec<Arc<str>> = labels.take(MEMBERS).map(|member| Arc::clone(&member.label)).collect();
        let (name, count, head) = (here.name.clone(), here.members.len(), here.head().clone());
        let Some(place) = self.protocol(id).and_then(|protocol| protocol.rooms.get_mut(&room)) else {
            return;
        };
        if enters {
            place.floor = head.clone();
        }
        // Of a hub that nobody here has heard of, nothing is known; where it is known, nobody can be ahead of it.
        let ahead: Vec<_> = after
            .iter()
            .flat_map(Cursor::iter)
            .filter(|&(origin, seq)| head.after(origin) > 0 && seq > head.after(origin))
            .collect();
        let replay = after.map(|after| {
            let until = std::mem::take(&mut place.floor);
            place.floor = until.meet(&after);
            Output::Replay {
                session: id,
                room,
                after,
                until,
            }
        });
        let frame = Frame::Joined {
            room: &name,
            members: labels.iter().map(|label| &**label).collect(),
            count,
            head: &head,
        };
        let frame = frame.to_json();
        self.outbox.push_back(Output::Reply { session: id, frame });
        for (origin, seq) in ahead {
            let detail = format!("{seq} of hub {origin} is ahead of all that was said in #{name}");
            let frame = Frame::Error {
                code: Code::BadFormat,
                reference: "JOIN",
                detail: &detail,
            };
            let frame = frame.to_json();
            self.outbox.push_back(Output::Reply { session: id, frame });
        }
        if enters {
            self.outbox.push_back(Output::Attach { session: id, room });
        }
        self.outbox.extend(replay);
    }

    fn on_part(&mut self, now: Instant, id: SessionId, name: &RoomName) {
        let Some(room) = self.joined(id, name, "PART") else {
            return;
        };
        self.leave(now, id, room, true);
        if let Some(protocol) = self.protocol(id) {
            protocol.rooms.remove(&room);
        }
    }

    fn on_pub(&mut self, now: Instant, id: SessionId, message: (MsgId, Option<String>, RoomName, String)) {
        let (msg_id, src, room, payload) = message;
        if !self.is_own(id, src.as_deref(), &msg_id) {
            return;
        }
        let Some(room) = self.joined(id, &room, msg_id.as_str()) else {
            return;
        };
        let Some((author, label, name)) = self.speaker(id) else {
            return;
        };
        if !self.knows(author) {
            let src = None;
            let Some(room) = self.rooms.get(room).map(|room| room.name.clone()) else {
                return;
            };
            let request = Request::Pub {
                msg_id,
                src,
                room,
                payload,
            };
            return self.ask_first(id, author, request);
        }
        match self.authors.fate(author, &msg_id) {
            Some(&Fate::Said(key)) => return self.reply(id, &Frame::said(&msg_id, key)),
            // Its own place tells whoever said it first; the entry is not for a session that came later.
            Some(Fate::Waits) if self.staged.is_said_by(id, &msg_id) => return,
            Some(Fate::Waits) => {
                let session = id;
                let again = Staged::Again {
                    session,
                    author,
                    msg_id,
                };
                return self.stage(now, again);
            }
            Some(Fate::Reached(_)) => {
                return self.error(id, Code::BadFormat, msg_id.as_str(), "this msg_id was used for a SEND");
            }
            None => {}
        }
        self.utter(
            now,
            Words {
                room,
                by: By::Session(id),
                label,
                name,
                msg_id: Some(msg_id),
                author: Some(author),
                payload,
            },
        );
    }

    /// What the author has sent is to be known before anything else of it is taken.
    pub(super) fn ask_first(&mut self, id: SessionId, author: Author, request: Request) {
        if let Some(protocol) = self.protocol(id) {
            protocol.stage = Stage::Asks(Box::new(request));
        }
        self.ask_disk(author, Asker::Session(id));
    }

    fn on_history(
        &mut self,
        id: SessionId,
        name: &RoomName,
        before: Option<Cursor>,
        limit: usize,
        query: Option<String>,
    ) {
        if query.is_some() && !self.staged.is_durable() {
            let detail = "this hub keeps nothing on a disk, and only there it can search";
            return self.error(id, Code::NotSupported, "HISTORY", detail);
        }
        if let Some(room) = self.joined(id, name, "HISTORY") {
            self.emit(Output::Recall {
                session: id,
                room,
                before,
                limit,
                query,
            });
        }
    }

    fn on_typing(&mut self, now: Instant, id: SessionId, name: &RoomName) {
        let Some(room) = self.joined(id, name, "TYPING") else {
            return;
        };
        let Some((_, label, _)) = self.speaker(id) else { return };
        let frame = Frame::Typing {
            room: name,
            src: format!("{label}@{name}"),
        };
        let frame = frame.to_json();
        self.tell_room(now, room, frame, Some(id));
    }

    /// The room, if the session is in it; else it is told.
    fn joined(&mut self, id: SessionId, name: &RoomName, reference: &str) -> Option<RoomId> {
        let room = self.rooms.find(name).filter(|&room| self.is_in(id, room));
        if room.is_none() {
            let detail = format!("this session is not in #{name}; enter it with JOIN");
            self.error(id, Code::NotJoined, reference, &detail);
        }
        room
    }

    fn is_in(&self, id: SessionId, room: RoomId) -> bool {
        let protocol = self.sessions.get(&id).and_then(|session| session.protocol.as_ref());
        protocol.is_some_and(|protocol| protocol.rooms.contains_key(&room))
    }

    /// True unless the message names somebody else as its source; then the session is told.
    pub(super) fn is_own(&mut self, id: SessionId, src: Option<&str>, msg_id: &MsgId) -> bool {
        let nick = self.sessions.get(&id).and_then(|session| session.nick.as_ref());
        let own = src.is_none_or(|src| {
            let name = src.split_once('@').map_or(src, |(name, _)| name);
            nick.is_some_and(|nick| nick.as_str() == name)
        });
        if !own {
            let detail = "src is not this session; leave it out, or use the peer_id of HELLO_OK";
            self.error(id, Code::Unauthorized, msg_id.as_str(), detail);
        }
        own
    }

    /// Author, label and name of a session that was greeted.
    pub(super) fn speaker(&self, id: SessionId) -> Option<(Author, Arc<str>, String)> {
        let session = self.sessions.get(&id)?;
        let author = session.protocol.as_ref()?.author?;
        Some((author, Arc::clone(&session.label), session.name()))
    }

    pub(super) fn protocol(&mut self, id: SessionId) -> Option<&mut Protocol> {
        self.sessions.get_mut(&id)?.protocol.as_mut()
    }

    /// The nick that was asked for, or the first with a number behind it that nobody has.
    pub(super) fn free_nick(&self, wanted: &Nick, id: SessionId) -> Nick {
        // A nick that its owner only writes with other capitals is still its owner's.
        let free = |nick: &Nick| self.nicks.get(&nick.key()).is_none_or(|&owner| owner == id);
        if free(wanted) {
            return wanted.clone();
        }
        let mut number = 2;
        // There are fewer sessions than numbers.
        while !free(&wanted.with_suffix(number)) {
            number += 1;
        }
        wanted.with_suffix(number)
    }

    /// A frame for one session, behind everything that its rooms have heard.
    pub(super) fn reply(&mut self, session: SessionId, frame: &Frame<'_>) {
        // Who sent a direct message may be gone when it arrives.
        if !self.sessions.contains_key(&session) {
            return;
        }
        let frame = frame.to_json();
        self.emit(Output::Reply { session, frame });
    }

    pub(super) fn error(&mut self, session: SessionId, code: Code, reference: &str, detail: &str) {
        let frame = Frame::Error {
            code,
            reference,
            detail,
        };
        self.reply(session, &frame);
    }
}
