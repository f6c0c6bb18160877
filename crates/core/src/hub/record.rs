//! What a hub wants kept, and what it gets back when it starts again (docs/protocol.md 6.7).

use crate::hub::entry::{Entry, Key};
use crate::id::{HubId, LinkId, MsgId, RoomName, Seq};
use sha2::{Digest, Sha256};

/// The place of an entry in the one log of a hub: all its rooms share the count, so a later entry has a higher one.
/// Notices that are not kept stand at the place of the last entry before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

impl Position {
    /// The place behind this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The number of a [`Record`], higher than that of every earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ticket(pub u64);

/// Who may send the same message again without saying it twice: what is kept of a session's secret, or of the sender
/// that an HTTP request names. It does not tell the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Author(pub u128);

impl Author {
    /// The author behind a session's secret.
    pub fn of_session(secret: u128) -> Self {
        Self::of(b"session", &secret.to_be_bytes())
    }

    /// The author that requests of the HTTP API from `src` have in a room.
    pub fn of_post(src: &str, room: &RoomName) -> Self {
        Self::of(b"post", format!("{src}@{room}").as_bytes())
    }

    fn of(kind: &[u8], name: &[u8]) -> Self {
        let hash = Sha256::new()
            .chain_update(kind)
            .chain_update([0])
            .chain_update(name)
            .finalize();
        let mut bits = [0; 16];
        bits.copy_from_slice(&hash[..16]);
        Self(u128::from_be_bytes(bits))
    }
}

/// One change of what is kept. Records are written in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Named by [`crate::hub::Input::Stored`] when this record and all before it are safe.
    pub ticket: Ticket,
    /// When a write fails, every record of its epoch that is not safe yet is to be forgotten, those that come later
    /// included, and the epoch is named by [`crate::hub::Input::StoreFailed`].
    pub epoch: u32,
    /// The change.
    pub change: Change,
}

/// What changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Something was said. It has to be safe before anybody hears of it.
    Said(Box<Said>),
    /// A link needs nothing up to this place any more. Not urgent, unless `urgent`: if it is forgotten, messages go out
    /// twice, which only old services show.
    Sent {
        /// The link.
        link: LinkId,
        /// The place of the last message that is done with.
        through: Position,
        /// The driver may not wait for other records before it makes this one safe.
        urgent: bool,
    },
}

/// A message as it is kept. Its entry is of the kind [`crate::hub::EntryKind::Said`] and has a key and an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Where.
    pub room: RoomName,
    /// What.
    pub entry: Entry,
    /// Who may send it again.
    pub author: Option<Author>,
}

/// What was kept, given to a hub before anything else happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// The highest number of a hub in a room, and the place where it stands; kept when the message itself is not kept
    /// any more.
    Head {
        /// The room.
        room: RoomName,
        /// The hub that numbered it.
        origin: HubId,
        /// The number.
        seq: Seq,
        /// Its place.
        position: Position,
    },
    /// A message that a link has not passed on, in order of places.
    Waiting {
        /// The link.
        link: LinkId,
        /// The message.
        said: Box<Said>,
    },
}

/// A message of an author that is safe already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acked {
    /// Its id.
    pub msg_id: MsgId,
    /// Its number.
    pub key: Key,
}
