//! What stands in a room's log.

use std::sync::Arc;

use crate::hub::record::Position;
use crate::id::{HubId, MsgId, Seq, SessionId};
use crate::time::UtcMillis;

/// One entry of a room's log, the same for every receiver. Drivers encode it once per wire form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub position: Position,
    /// What happened.
    pub kind: EntryKind,
    /// The id of a message, the same on every hub; none for notices and for what an old service said.
    pub id: Option<MsgId>,
    /// Where its speaker is attached, `name@room`; empty where it is not known.
    pub src: Arc<str>,
    /// Who it is about, as people read it: a nick, an address, `Client #7`.
    pub label: Arc<str>,
    /// The text that was said, as it came; empty unless something was said. Not fit for a terminal as it is.
    pub payload: Arc<str>,
    /// The line of an old service that is none of its three texts: text doors show it as it came.
    pub verbatim: bool,
    /// The local session that said it, which its own door may leave out.
    pub author: Option<SessionId>,
    /// Number of the message among those of its origin; none for notices and for what an old service said.
    pub key: Option<Key>,
    /// When its first hub took it, by that hub's clock.
    pub sent_at: UtcMillis,
    /// Hub links crossed so far.
    pub hops: u8,
    /// The hub that it came from, if it came over a hub link.
    pub via: Option<HubId>,
}

/// Who numbered a message, and with which number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The hub whose session said it.
    pub origin: HubId,
    /// Its number in that room, contiguous from 1.
    pub seq: Seq,
}

/// What an [`Entry`] tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// Somebody said something.
    Said,
    /// Somebody came in.
    Joined,
    /// Somebody left.
    Left,
    /// Messages `from` to `to` of a hub, both included, did not arrive.
    Gap {
        /// The hub that numbered them.
        origin: HubId,
        /// First number missing.
        from: Seq,
        /// Last number missing.
        to: Seq,
    },
    /// For sessions of the session protocol alone: the payload is a whole frame of docs/protocol.md 6. Its author gets
    /// none.
    Frame,
}

impl Entry {
    /// An entry about somebody, with nothing said, that begins at this hub.
    pub fn notice(kind: EntryKind, label: Arc<str>, sent_at: UtcMillis) -> Self {
        Self {
            position: Position::default(),
            kind,
            id: None,
            src: "".into(),
            label,
            payload: "".into(),
            verbatim: false,
            author: None,
            key: None,
            sent_at,
            hops: 0,
            via: None,
        }
    }

    /// What this entry counts in a send queue, in bytes: close to its size on any wire, and the same for all of them.
    pub fn weight(&self) -> u64 {
        const FRAMING: usize = 32;
        (self.label.len() + self.payload.len() + FRAMING) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_counts_its_label_and_its_text() {
        let notice = Entry::notice(EntryKind::Joined, "Client #7".into(), UtcMillis::new(0));
        assert_eq!(notice.weight(), 9 + 32);
        let payload = "oi, tudo bem?".into();
        assert_eq!(Entry { payload, ..notice }.weight(), 9 + 13 + 32);
    }
}
