//! What happens in a conversation, for whoever watches it.

use std::time::Duration;

use papo_core::hub::Key;
use papo_core::id::{HubId, MsgId, Nick, RoomName, Seq};
use papo_core::wire::session::{Address, Direct, Said};

use super::outbox::{Item, To};
use crate::text::Message;

/// One thing that happened. Texts of others in it are as they came.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// The hub said welcome for the first time.
    Ready {
        nick: Nick,
        rooms: Vec<RoomName>,
        hub: HubId,
        /// The hub's name for people.
        name: String,
        durable: bool,
    },
    Joined {
        room: RoomName,
        members: Vec<String>,
        count: u64,
    },
    /// Somebody asked who is there.
    Members {
        room: RoomName,
        members: Vec<String>,
        count: u64,
    },
    Message {
        said: Box<Said>,
        /// It was said before this connection.
        replayed: bool,
    },
    Direct(Box<Direct>),
    Sent {
        msg_id: MsgId,
        to: To,
    },
    Delivered {
        item: Item,
        key: Option<Key>,
        from: Option<String>,
        took: Duration,
    },
    Failed {
        item: Item,
        code: String,
        detail: String,
    },
    Gap {
        room: RoomName,
        origin: HubId,
        from: Seq,
        to: Seq,
        reason: String,
    },
    Presence {
        room: RoomName,
        joined: Vec<String>,
        left: Vec<String>,
    },
    History {
        room: RoomName,
        messages: Vec<Said>,
        complete: bool,
        query: Option<String>,
    },
    Reconnecting {
        attempt: u32,
        after: Duration,
        reason: Message,
    },
    Reconnected,
    Rooms {
        rooms: Vec<RoomName>,
        active: Option<RoomName>,
    },
    Status {
        peer_id: Option<Address>,
        connected: bool,
        waiting: usize,
        name: String,
        durable: bool,
    },
    /// The hub did not do what was asked.
    Error {
        code: String,
        detail: String,
    },
    /// A sentence for people alone.
    Say(Message),
}
