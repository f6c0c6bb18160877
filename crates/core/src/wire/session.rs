//! The session protocol `papo.v1` (docs/protocol.md 6): JSON objects, one in each WebSocket text frame. The words are
//! those of the peers.

mod frame;
mod reply;
mod request;

use std::fmt;

use crate::hub::Cursor;
use crate::id::{HubId, Nick, ParseIdError, RoomName};
use crate::limits::CURSOR_ORIGINS;
use serde_json::{Map, Value};

pub use frame::{Frame, Limits, Message};
pub use reply::{Direct, Reply, Said, Welcome};
pub use request::{Refused, Request};

use crate::wire::fields::{Fields, Problem, Wrong};

/// The name of the protocol in the WebSocket handshake.
pub const SUBPROTOCOL: &str = "papo.v1";

/// What this hub can do beyond what every `papo.v1` can.
pub const FEATURES: &[&str] = &["search"];

/// A session and a room, `nick@room`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Who.
    pub nick: Nick,
    /// Where.
    pub room: RoomName,
}

impl Address {
    /// # Errors
    ///
    /// When there is no `@`, or what stands around it is no nick and no room.
    pub fn parse(text: &str) -> Result<Self, ParseIdError> {
        let (nick, room) = text.split_once('@').ok_or(ParseIdError::NotAPeer)?;
        Ok(Self {
            nick: nick.parse()?,
            room: room.parse()?,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.nick, self.room)
    }
}

/// A cursor as it stands on the wire: `{"<hub id>": <number>, …}`.
///
/// # Errors
///
/// When it is no object of hub ids and numbers, or names more than [`CURSOR_ORIGINS`] hubs.
pub fn parse_cursor(value: &Value) -> Result<Cursor, Problem> {
    let object = value
        .as_object()
        .ok_or(Problem::Not("an object of hub ids and numbers"))?;
    if object.len() > CURSOR_ORIGINS {
        return Err(Problem::Not("an object of at most 256 hub ids"));
    }
    let mut cursor = Cursor::default();
    for (origin, seq) in object {
        let origin: HubId = origin.parse().map_err(Problem::Id)?;
        let seq = seq.as_u64().ok_or(Problem::Not("an object of hub ids and numbers"))?;
        cursor.set(origin, seq);
    }
    Ok(cursor)
}

/// The cursor as it stands on the wire.
pub fn cursor_to_json(cursor: &Cursor) -> Value {
    let object: Map<String, Value> = cursor
        .iter()
        .map(|(origin, seq)| (origin.to_string(), seq.into()))
        .collect();
    Value::Object(object)
}

impl Fields<'_> {
    fn cursor(&self, field: &'static str) -> Result<Option<Cursor>, Wrong> {
        self.optional(field)
            .map(|value| parse_cursor(value).map_err(|problem| (field, problem)))
            .transpose()
    }
}

#[cfg(test)]
mod tests;
