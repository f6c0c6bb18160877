//! What a hub tells a client.

use serde::{Serialize, Serializer};

use super::cursor_to_json;
use crate::error::Code;
use crate::hub::{Cursor, Entry, Key};
use crate::id::{HubId, MsgId, RoomName};

/// Bounds that a client should know, in HELLO_OK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Longest payload, in bytes of UTF-8.
    pub payload_bytes: usize,
    /// Longest frame, in bytes.
    pub frame_bytes: usize,
    /// Messages a second in the long run; null for any number.
    pub messages_per_second: Option<u32>,
    /// Messages at once.
    pub burst: u32,
    /// Messages in one HISTORY.
    pub history: usize,
    /// Rooms of one session.
    pub rooms: usize,
}

/// One message as clients see it: the object of PUB, of HISTORY and of the HTTP API.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    msg_id: Option<&'a MsgId>,
    src: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    dst: Hash<'a>,
    payload: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<HubId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    sent_at: u64,
    hops: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<HubId>,
}

impl<'a> Message<'a> {
    /// What was said in a room.
    pub fn new(room: &'a RoomName, entry: &'a Entry) -> Self {
        let name = entry.src.split_once('@').map_or(&*entry.src, |(name, _)| name);
        Self {
            kind: "PUB",
            msg_id: entry.id.as_ref(),
            src: &entry.src,
            label: (name != &*entry.label).then_some(&*entry.label),
            dst: Hash(room),
            payload: &entry.payload,
            origin: entry.key.map(|key| key.origin),
            seq: entry.key.map(|key| key.seq.get()),
            sent_at: entry.sent_at.get(),
            hops: entry.hops,
            via: entry.via,
        }
    }
}

/// A room as a destination, `#room`.
#[derive(Debug, Clone, Copy)]
struct Hash<'a>(&'a RoomName);

impl Serialize for Hash<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("#{}", self.0))
    }
}

/// One frame of docs/protocol.md 6.3.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type")]
pub enum Frame<'a> {
    /// Welcome.
    #[serde(rename = "HELLO_OK")]
    HelloOk {
        /// The session, `nick@room`.
        peer_id: String,
        /// The nick that it got.
        nick: &'a str,
        /// The hub.
        hub: HubId,
        /// The hub's label for people.
        name: &'a str,
        /// What is acknowledged survives the hub.
        durable: bool,
        /// What the hub can do beyond what every `papo.v1` can.
        features: &'a [&'a str],
        /// Bounds.
        limits: Limits,
        /// The secret that makes the next connection the same session.
        session: String,
        /// Why the last connection of this session ended, if the hub ended it.
        #[serde(skip_serializing_if = "Option::is_none")]
        previous: Option<&'a str>,
    },
    /// It is in a room.
    #[serde(rename = "JOINED")]
    Joined {
        /// The room.
        room: &'a RoomName,
        /// Who is there, the first of them.
        members: Vec<&'a str>,
        /// How many.
        count: usize,
        /// What was said there so far: live begins behind it.
        #[serde(serialize_with = "write_cursor")]
        head: &'a Cursor,
    },
    /// A PUB is said (in its place among the others), or a SEND has arrived.
    #[serde(rename = "ACK")]
    Ack {
        /// The id of the message.
        msg_id: &'a MsgId,
        /// The hub that numbered it.
        #[serde(skip_serializing_if = "Option::is_none")]
        origin: Option<HubId>,
        /// Its number.
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        /// Whom a SEND has reached.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<&'a str>,
    },
    /// A direct message.
    #[serde(rename = "SEND")]
    Send {
        /// Its id.
        msg_id: &'a MsgId,
        /// Who sent it.
        src: &'a str,
        /// To whom.
        dst: &'a str,
        /// What.
        payload: &'a str,
        /// When, in milliseconds since 1970.
        sent_at: u64,
    },
    /// Numbers, both included, that will not come.
    #[serde(rename = "GAP")]
    Gap {
        /// The room.
        room: &'a RoomName,
        /// The hub that numbered them.
        origin: HubId,
        /// The first.
        from: u64,
        /// The last.
        to: u64,
        /// `lost` on the way here, or `not_kept` here any more.
        reason: &'a str,
    },
    /// Who came and who went.
    #[serde(rename = "PRESENCE")]
    Presence {
        /// The room.
        room: &'a RoomName,
        /// Labels.
        joined: Vec<&'a str>,
        /// Labels.
        left: Vec<&'a str>,
    },
    /// Somebody is writing.
    #[serde(rename = "TYPING")]
    Typing {
        /// The room.
        room: &'a RoomName,
        /// Who.
        src: String,
    },
    /// What was said.
    #[serde(rename = "HISTORY")]
    History {
        /// The room.
        room: &'a RoomName,
        /// In the order of the log.
        messages: Vec<Message<'a>>,
        /// Nothing that is kept is older.
        complete: bool,
        /// The words that were looked for.
        #[serde(skip_serializing_if = "Option::is_none")]
        query: Option<&'a str>,
    },
    /// The answer to PING.
    #[serde(rename = "PONG")]
    Pong,
    /// A request was not done.
    #[serde(rename = "ERROR")]
    Error {
        /// What kind.
        code: Code,
        /// The id of the message, or the type of the request.
        #[serde(rename = "ref")]
        reference: &'a str,
        /// For people.
        detail: &'a str,
    },
}

impl<'a> Frame<'a> {
    /// The ACK of a PUB.
    pub fn said(msg_id: &'a MsgId, key: Key) -> Self {
        Self::Ack {
            msg_id,
            origin: Some(key.origin),
            seq: Some(key.seq.get()),
            from: None,
        }
    }

    /// The frame's JSON.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

impl Message<'_> {
    /// The JSON of a PUB.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers always make JSON")
}

fn write_cursor<S: Serializer>(cursor: &Cursor, serializer: S) -> Result<S::Ok, S::Error> {
    cursor_to_json(cursor).serialize(serializer)
}
