//! Direct messages between sessions (docs/protocol.md 6.6): each ends as confirmed or failed.

use std::sync::Arc;

use super::authors::Fate;
use super::{Author, Door, Hub, Notice, Output};

use crate::error::Code;
use crate::id::{MsgId, SessionId};
use crate::limits::{DIRECT_DEADLINE, DIRECT_WAITING};
use crate::time::Instant;
use crate::wire::session::{Address, Frame, Request};

/// A direct message that waits to be confirmed.
#[derive(Debug)]
pub(crate) struct Direct {
    from: SessionId,
    author: Author,
    to: SessionId,
    /// Its address, as it was given.
    address: Arc<str>,
    msg_id: MsgId,
}

impl Hub {
    pub(super) fn on_send(&mut self, now: Instant, id: SessionId, message: (MsgId, Option<String>, Address, String)) {
        let (msg_id, src, to, payload) = message;
        if !self.is_own(id, src.as_deref(), &msg_id) {
            return;
        }
        let Some((author, _, name)) = self.speaker(id) else {
            return;
        };
        if !self.knows(author) {
            let src = None;
            let message = Request::Send {
                msg_id,
                src,
                to,
                payload,
            };
            return self.ask_first(id, author, message);
        }
        if let Some(fate) = self.authors.fate(author, &msg_id).cloned() {
            return self.tell_fate(id, author, &msg_id, &fate);
        }
        let found = self.nicks.get(&to.nick.key()).copied();
        let Some((target, door)) = found.and_then(|target| Some((target, self.sessions.get(&target)?.door.clone())))
        else {
            let detail = format!("{} is not on this hub now", to.nick);
            return self.error(id, Code::NoRoute, msg_id.as_str(), &detail);
        };
        let waiting = self.protocol(id).map_or(0, |protocol| protocol.direct);
        if waiting >= DIRECT_WAITING {
            let detail = "too many direct messages are not confirmed yet";
            return self.error(id, Code::OverQuota, msg_id.as_str(), detail);
        }
        let address: Arc<str> = to.to_string().into();
        if door != Door::Session {
            // A text door confirms nothing: what is handed to it counts.
            let notice = Notice::Direct {
                from: name,
                text: payload,
            };
            self.emit(Output::Notice {
                session: target,
                notice,
            });
            self.authors.set(author, &msg_id, Fate::Reached(Arc::clone(&address)));
            return self.confirm(id, &msg_id, &address);
        }
        let frame = Frame::Send {
            msg_id: &msg_id,
            src: &format!("{name}@{}", to.room),
            dst: &address,
            payload: &payload,
            sent_at: self.utc(now).get(),
        };
        let frame = frame.to_json();
        let direct = Direct {
            from: id,
            author,
            to: target,
            address,
            msg_id,
        };
        self.begin_direct(now, direct, frame);
    }

    fn begin_direct(&mut self, now: Instant, direct: Direct, frame: String) {
        self.directs_made += 1;
        let number = self.directs_made;
        self.emit(Output::Direct {
            session: direct.to,
            frame,
            number,
        });
        self.timers.set(super::Timer::Direct(number), now + DIRECT_DEADLINE);
        self.authors.set(direct.author, &direct.msg_id, Fate::Waits);
        if let Some(protocol) = self.protocol(direct.from) {
            protocol.direct += 1;
        }
        self.directs.insert(number, direct);
    }

    /// What has become of a message that was sent before.
    fn tell_fate(&mut self, id: SessionId, author: Author, msg_id: &MsgId, fate: &Fate) {
        match fate {
            Fate::Reached(address) => self.confirm(id, msg_id, address),
            Fate::Waits => self.adopt(id, author, msg_id),
            Fate::Said(_) => self.error(id, Code::BadFormat, msg_id.as_str(), "this msg_id was used for a PUB"),
        }
    }

    /// The author has come back and asks again: the new session is to be told.
    fn adopt(&mut self, id: SessionId, author: Author, msg_id: &MsgId) {
        let direct = self
            .directs
            .values_mut()
            .find(|direct| direct.author == author && direct.msg_id == *msg_id);
        let Some(direct) = direct else {
            return self.error(id, Code::BadFormat, msg_id.as_str(), "this msg_id was used for a PUB");
        };
        let before = std::mem::replace(&mut direct.from, id);
        for (session, change) in [(before, -1), (id, 1)] {
            if let Some(protocol) = self.protocol(session) {
                protocol.direct = protocol.direct.saturating_add_signed(change);
            }
        }
    }

    /// A session has got everything up to a direct message.
    pub(super) fn on_confirmed(&mut self, id: SessionId, number: u64) {
        if self.directs.get(&number).is_none_or(|direct| direct.to != id) {
            return;
        }
        let Some(direct) = self.end_direct(number) else { return };
        let reached = Fate::Reached(Arc::clone(&direct.address));
        self.authors.set(direct.author, &direct.msg_id, reached);
        self.confirm(direct.from, &direct.msg_id, &direct.address);
    }

    /// Nobody has confirmed a direct message in time.
    pub(super) fn on_unconfirmed(&mut self, number: u64) {
        let Some(direct) = self.end_direct(number) else { return };
        self.authors.forget(direct.author, &direct.msg_id);
        let detail = format!(
            "{} did not confirm in time; it may have arrived all the same",
            direct.address
        );
        self.error(direct.from, Code::AckTimeout, direct.msg_id.as_str(), &detail);
    }

    /// The session is gone, and will confirm nothing.
    pub(super) fn fail_directs(&mut self, gone: SessionId) {
        let lost: Vec<u64> = self
            .directs
            .iter()
            .filter(|(_, direct)| direct.to == gone)
            .map(|(&number, _)| number)
            .collect();
        for number in lost {
            let Some(direct) = self.end_direct(number) else {
                continue;
            };
            self.authors.forget(direct.author, &direct.msg_id);
            let detail = format!(
                "{} left before it confirmed; it may have arrived all the same",
                direct.address
            );
            self.error(direct.from, Code::PeerUnreachable, direct.msg_id.as_str(), &detail);
        }
    }

    fn end_direct(&mut self, number: u64) -> Option<Direct> {
        let direct = self.directs.remove(&number)?;
        self.timers.cancel(super::Timer::Direct(number));
        if let Some(protocol) = self.protocol(direct.from) {
            protocol.direct = protocol.direct.saturating_sub(1);
        }
        Some(direct)
    }

    fn confirm(&mut self, id: SessionId, msg_id: &MsgId, address: &str) {
        let frame = Frame::Ack {
            msg_id,
            origin: None,
            seq: None,
            from: Some(address),
        };
        self.reply(id, &frame);
    }
}
