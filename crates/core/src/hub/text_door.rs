//! What a line of the TCP text door does (docs/protocol.md 4.3).

use super::command::{self, Line};
use super::{CloseReason, EntryKind, Hub, Notice};

use crate::id::{Nick, RoomName, SessionId};
use crate::limits::WHO_LABELS;
use crate::time::Instant;

impl Hub {
    pub(super) fn on_line(&mut self, now: Instant, id: SessionId, line: &str) {
        match command::read(line) {
            Line::Text(text) => self.say(now, id, text),
            Line::Nick(None) => self.tell(id, Notice::NickUsage),
            Line::Nick(Some(name)) => self.on_nick(now, id, name),
            Line::Join(None) => self.tell(id, Notice::RoomUsage),
            Line::Join(Some(name)) => self.on_join(now, id, name),
            Line::Who => self.on_who(id),
            Line::Help => self.tell(id, Notice::Help),
            Line::Quit => self.close(now, id, CloseReason::Quit),
            Line::Unknown { given, suggestion } => {
                self.tell(
                    id,
                    Notice::UnknownCommand {
                        given: given.to_owned(),
                        suggestion,
                    },
                );
            }
        }
    }

    fn on_nick(&mut self, now: Instant, id: SessionId, name: &str) {
        let wanted: Nick = match name.parse() {
            Ok(nick) => nick,
            Err(error) => return self.tell(id, Notice::NickBad(error)),
        };
        let Some(session) = self.sessions.get(&id) else { return };
        let (old, room) = (session.nick.clone(), session.room());
        if old.as_ref() == Some(&wanted) {
            return self.tell(id, Notice::NickSet(wanted));
        }
        let given = self.free_nick(&wanted, id);
        if old.as_ref() == Some(&given) {
            return self.tell(id, Notice::NickTaken { wanted, given });
        }
        if let Some(old) = &old {
            self.nicks.remove(&old.key());
            self.announce(now, id, room, EntryKind::Left);
        }
        self.nicks.insert(given.key(), id);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.label = given.as_str().into();
            session.nick = Some(given.clone());
        }
        self.announce(now, id, room, EntryKind::Joined);
        self.tell(
            id,
            if given == wanted {
                Notice::NickSet(given)
            } else {
                Notice::NickTaken { wanted, given }
            },
        );
    }

    fn on_join(&mut self, now: Instant, id: SessionId, name: &str) {
        let name: RoomName = match name.parse() {
            Ok(name) => name,
            Err(error) => return self.tell(id, Notice::RoomBad(error)),
        };
        let Some(room) = self.rooms.open(&name) else {
            return self.tell(id, Notice::RoomsFull);
        };
        let Some(session) = self.sessions.get(&id) else { return };
        if session.room() == room {
            return self.tell(id, Notice::RoomSame(name));
        }
        self.leave(now, id, session.room(), session.announced());
        if let Some(session) = self.sessions.get_mut(&id) {
            session.move_to(room);
        }
        self.tell(id, Notice::RoomJoined(name));
        self.enter(now, id, room);
    }

    fn on_who(&mut self, id: SessionId) {
        let Some(room) = self
            .sessions
            .get(&id)
            .and_then(|session| self.rooms.get(session.room()))
        else {
            return;
        };
        let members = room.members.iter().filter_map(|member| self.sessions.get(member));
        let labels = members
            .take(WHO_LABELS)
            .map(|member| member.label.to_string())
            .collect();
        let notice = Notice::Who {
            room: room.name.clone(),
            count: room.members.len(),
            labels,
        };
        self.tell(id, notice);
    }
}
