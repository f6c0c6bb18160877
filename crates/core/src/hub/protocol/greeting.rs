//! From HELLO to HELLO_OK (docs/protocol.md 6.2 and 6.5).

use super::{Hello, Stage};

use crate::error::Code;
use crate::hub::authors::Asker;
use crate::hub::{Author, CloseReason, Hub, Output, Timer, TokenVerdict};
use crate::id::SessionId;
use crate::limits::{HISTORY_MESSAGES, PAYLOAD_BYTES, SESSION_BURST, SESSION_ROOMS, WEBSOCKET_BYTES};
use crate::time::Instant;
use crate::wire::session::{Address, FEATURES, Frame, Limits};

impl Hub {
    pub(in crate::hub) fn on_hello(
        &mut self,
        now: Instant,
        id: SessionId,
        peer_id: Address,
        token: Option<String>,
        secret: Option<u128>,
    ) {
        let Some(address) = self.sessions.get(&id).map(|session| session.address) else {
            return;
        };
        let nick = peer_id.nick.clone();
        self.timers.cancel(Timer::Hello(id));
        if let Some(protocol) = self.protocol(id) {
            protocol.stage = Stage::Waits(Box::new(Hello { peer_id, secret }));
        }
        if !self.require_token {
            return self.on_admitted(now, id);
        }
        let Some(token) = token else {
            self.error(
                id,
                Code::Unauthorized,
                "HELLO",
                "this hub asks for a token; whoever runs it makes one with: papo token add NICK",
            );
            return self.close(now, id, CloseReason::Unauthorized);
        };
        if !self.admission.try_token(address, now) {
            self.error(id, Code::OverQuota, "HELLO", "too many tokens tried; wait a minute");
            return self.close(now, id, CloseReason::Unauthorized);
        }
        self.outbox.push_back(Output::CheckToken {
            session: id,
            nick,
            token,
        });
    }

    /// A token was checked.
    pub(in crate::hub) fn on_token_checked(&mut self, now: Instant, id: SessionId, verdict: TokenVerdict) {
        let stage = self.protocol(id).map(|protocol| &protocol.stage);
        if !matches!(stage, Some(Stage::Waits(_))) {
            return;
        }
        let (code, detail) = match verdict {
            TokenVerdict::Good => {
                if let Some(session) = self.sessions.get(&id) {
                    self.admission.token_was_right(session.address);
                }
                return self.on_admitted(now, id);
            }
            TokenVerdict::Unknown => (Code::Unauthorized, "this token is not the one of this nick"),
            TokenVerdict::Expired => (Code::TokenExpired, "this token has expired; ask for a new one"),
            TokenVerdict::Unchecked => (Code::Storage, "the hub cannot read its tokens now; try again later"),
        };
        self.error(id, code, "HELLO", detail);
        self.close(now, id, CloseReason::Unauthorized);
    }

    /// It may come in. If it was here before, the disk may have to tell what it has sent.
    fn on_admitted(&mut self, now: Instant, id: SessionId) {
        let secret = match self.protocol(id).map(|protocol| &protocol.stage) {
            Some(Stage::Waits(hello)) => hello.secret,
            _ => return,
        };
        let Some(secret) = secret else {
            return self.greet(now, id);
        };
        let author = Author::of_session(secret);
        if !self.knows(author) {
            return self.ask_disk(author, Asker::Session(id));
        }
        self.greet(now, id);
    }

    /// All that an author has sent of late is known here, if it is kept anywhere.
    pub(in crate::hub) fn knows(&mut self, author: Author) -> bool {
        if !self.staged.is_durable() {
            self.authors.add(author);
        }
        self.authors.knows(author)
    }

    pub(in crate::hub) fn ask_disk(&mut self, author: Author, asker: Asker) {
        if self.authors.ask(author, asker) {
            self.outbox.push_back(Output::LoadAcked { author });
        }
    }

    /// The disk has told what the author of a session has sent.
    pub(in crate::hub) fn on_author_known(&mut self, now: Instant, id: SessionId) {
        let Some(protocol) = self.protocol(id) else { return };
        match std::mem::take(&mut protocol.stage) {
            Stage::Waits(hello) => {
                protocol.stage = Stage::Waits(hello);
                self.greet(now, id);
            }
            Stage::Asks(request) => {
                protocol.stage = Stage::Greeted;
                self.on_request(now, id, Ok(*request));
                self.speak(now, id);
            }
            other => protocol.stage = other,
        }
    }

    /// Welcomes a session, and lets it into its first room.
    fn greet(&mut self, now: Instant, id: SessionId) {
        let Some(protocol) = self.protocol(id) else { return };
        let Stage::Waits(hello) = std::mem::take(&mut protocol.stage) else {
            return;
        };
        let secret = hello.secret.unwrap_or_else(|| self.next_secret());
        let author = Author::of_session(secret);
        let older = self.by_author.get(&author).copied();
        self.authors.add(author);
        let mut wanted = hello.peer_id.nick.clone();
        if let Some(older) = older {
            // With tokens a nick is whose token it is, not whose secret.
            if let Some(nick) = self.sessions.get(&older).and_then(|session| session.nick.clone())
                && !self.require_token
            {
                wanted = nick;
            }
            self.close(now, older, CloseReason::Replaced);
        }
        if let Some(&other) = self.nicks.get(&wanted.key())
            && self.require_token
        {
            self.close(now, other, CloseReason::Replaced);
        }
        // Behind the end of the older one, or the connection after this would be told of it.
        let previous = self.authors.add(author).ended.take();
        let nick = self.free_nick(&wanted, id);
        self.nicks.insert(nick.key(), id);
        self.by_author.insert(author, id);
        self.timers.cancel(Timer::Hello(id));
        if let Some(session) = self.sessions.get_mut(&id) {
            session.label = nick.as_str().into();
            session.nick = Some(nick.clone());
            if let Some(protocol) = session.protocol.as_mut() {
                protocol.author = Some(author);
                protocol.stage = Stage::Greeted;
            }
        }
        let room = hello.peer_id.room.clone();
        let previous = previous.map(CloseReason::word);
        let (name, rate) = (self.name.clone(), self.session_rate.is_some());
        let frame = Frame::HelloOk {
            peer_id: format!("{nick}@{room}"),
            nick: nick.as_str(),
            hub: self.id,
            name: &name,
            durable: self.staged.is_durable(),
            features: if self.staged.is_durable() { FEATURES } else { &[] },
            limits: Limits {
                payload_bytes: PAYLOAD_BYTES,
                frame_bytes: WEBSOCKET_BYTES,
                messages_per_second: self.messages_per_second.filter(|_| rate),
                burst: SESSION_BURST,
                history: HISTORY_MESSAGES,
                rooms: SESSION_ROOMS,
            },
            session: format!("{secret:032x}"),
            previous,
        };
        self.reply(id, &frame);
        self.on_join_room(now, id, &room, None);
        self.speak(now, id);
    }
}
