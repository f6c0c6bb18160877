//! The body of `POST /relay`: what old services understand, and what hubs add to it (docs/protocol.md 5.2).

use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use crate::hub::Said;
use crate::id::{HubId, MsgId, ParseIdError, RoomName, Seq};
use crate::limits::{NAME_CHARS, PAYLOAD_BYTES, RELAY_BATCH, ROOM_CHARS};
use crate::time::UtcMillis;
pub use crate::wire::fields::Problem;
use crate::wire::fields::{Fields, Wrong};
use crate::wire::text;

/// Longest formatted text, in bytes: the longest label (four bytes a character) and payload, and what stands between.
pub const MESSAGE_BYTES: usize = PAYLOAD_BYTES + 4 * NAME_CHARS + 32;

/// What an envelope tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody spoke.
    Said,
    /// Somebody came.
    Joined,
    /// Somebody went.
    Left,
}

impl Kind {
    /// The text on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Joined => "joined",
            Self::Left => "left",
        }
    }
}

/// A message as hubs pass it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Its id, the same on every hub.
    pub id: MsgId,
    /// What it tells.
    pub kind: Kind,
    /// Where it was said.
    pub room: RoomName,
    /// Where its speaker is attached: at most [`NAME_CHARS`] characters; may be empty.
    pub src: String,
    /// Its speaker: 1 to [`NAME_CHARS`] characters, without spaces around them.
    pub label: String,
    /// The bare text, at most [`PAYLOAD_BYTES`].
    pub payload: String,
    /// The formatted text, all that an old service shows; at most [`MESSAGE_BYTES`].
    pub message: String,
    /// The hub of its speaker.
    pub origin: HubId,
    /// Its number among those that `origin` sent to the room; only what was said has one.
    pub seq: Option<Seq>,
    /// When its speaker sent it, by the clock of `origin`.
    pub sent_at: UtcMillis,
    /// Hub links that it has crossed.
    pub hops: u8,
}

impl Envelope {
    /// A message of a hub's log, as it came to that hub. `None` for what has no id or number.
    pub fn of(said: &Said) -> Option<Self> {
        let entry = &said.entry;
        let key = entry.key?;
        Some(Self {
            id: entry.id.clone()?,
            kind: Kind::Said,
            room: said.room.clone(),
            src: entry.src.to_string(),
            label: entry.label.to_string(),
            payload: entry.payload.to_string(),
            message: text::said(&entry.label, &entry.payload),
            origin: key.origin,
            seq: Some(key.seq),
            sent_at: entry.sent_at,
            hops: entry.hops,
        })
    }

    /// The copy that the hub `from` sends: one JSON object.
    pub fn to_json(&self, from: HubId) -> String {
        let object = Object {
            message: &self.message,
            v: VERSION,
            id: &self.id,
            kind: self.kind.as_str(),
            room: &self.room,
            src: &self.src,
            label: &self.label,
            payload: &self.payload,
            origin: self.origin,
            seq: self.seq.filter(|_| self.kind == Kind::Said),
            sent_at: self.sent_at,
            hops: self.hops,
            from,
        };
        serde_json::to_string(&object).expect("strings and numbers always make JSON")
    }
}

/// One body for several copies, each written by [`Envelope::to_json`]; without any it asks whether a hub answers.
pub fn batch<'a>(from: HubId, objects: impl Iterator<Item = &'a str>) -> String {
    let mut body = format!(r#"{{"v":{VERSION},"from":"{from}","messages":["#);
    for (index, object) in objects.enumerate() {
        if index > 0 {
            body.push(',');
        }
        body.push_str(object);
    }
    body.push_str("]}");
    body
}

/// A body, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// From an old service: one text, already formatted.
    Bare {
        /// At most [`MESSAGE_BYTES`].
        message: String,
    },
    /// From a hub.
    Papo {
        /// The hub that sent this copy.
        from: Option<HubId>,
        /// In the order of its log, without those of a kind that is not known here.
        messages: Vec<Envelope>,
    },
}

/// Why a body is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BodyError {
    /// Not JSON, not UTF-8, or nested too deeply.
    #[error("is not JSON: {0}")]
    NotJson(String),
    /// JSON, but no object.
    #[error("is not a JSON object")]
    NotObject,
    /// A batch of this many messages.
    #[error("holds {0} messages, send at most {RELAY_BATCH}")]
    TooMany(usize),
    /// A field of the body itself, or of its only message.
    #[error("{field} {problem}")]
    Field {
        /// Its key.
        field: &'static str,
        /// What is wrong with it.
        problem: Problem,
    },
    /// One message of a batch is no object.
    #[error("messages[{0}] is not a JSON object")]
    ItemNotObject(usize),
    /// A field of one message of a batch.
    #[error("messages[{index}].{field} {problem}")]
    Item {
        /// Which message, from 0.
        index: usize,
        /// Its key.
        field: &'static str,
        /// What is wrong with it.
        problem: Problem,
    },
}

/// Understands a body. Keys that are not known here are ignored, and so is a whole message of an unknown `kind`: newer
/// hubs may send both.
///
/// # Errors
///
/// Says which field of which message is wrong; nothing of a batch with such a message is taken.
pub fn parse(body: &[u8]) -> Result<Body, BodyError> {
    let body: Value = serde_json::from_slice(body).map_err(|error| BodyError::NotJson(error.to_string()))?;
    let fields = Fields(body.as_object().ok_or(BodyError::NotObject)?);
    if let Some(messages) = fields.0.get("messages") {
        let from = fields.sender().map_err(body_error)?;
        let messages = messages
            .as_array()
            .ok_or_else(|| body_error(("messages", Problem::Not("an array"))))?;
        if messages.len() > RELAY_BATCH {
            return Err(BodyError::TooMany(messages.len()));
        }
        let mut envelopes = Vec::with_capacity(messages.len());
        for (index, message) in messages.iter().enumerate() {
            let message = Fields(message.as_object().ok_or(BodyError::ItemNotObject(index))?);
            let envelope = message
                .envelope()
                .map_err(|(field, problem)| BodyError::Item { index, field, problem })?;
            envelopes.extend(envelope);
        }
        return Ok(Body::Papo {
            from,
            messages: envelopes,
        });
    }
    if fields.0.contains_key("id") {
        return Ok(Body::Papo {
            from: fields.sender().map_err(body_error)?,
            messages: fields.envelope().map_err(body_error)?.into_iter().collect(),
        });
    }
    Ok(Body::Bare {
        message: fields.bounded("message", MESSAGE_BYTES).map_err(body_error)?.to_owned(),
    })
}

#[derive(Serialize)]
struct Object<'a> {
    // First, for people who read an old service's log.
    message: &'a str,
    v: u64,
    id: &'a MsgId,
    kind: &'static str,
    room: &'a RoomName,
    src: &'a str,
    label: &'a str,
    payload: &'a str,
    origin: HubId,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<Seq>,
    sent_at: UtcMillis,
    hops: u8,
    from: HubId,
}

fn body_error((field, problem): Wrong) -> BodyError {
    BodyError::Field { field, problem }
}

impl Fields<'_> {
    /// `None` for a kind that is not known here; everything else must be right all the same.
    fn envelope(&self) -> Result<Option<Envelope>, Wrong> {
        let seq = match self.0.get("seq") {
            None => None,
            Some(_) => Some(Seq::new(self.number("seq")?).ok_or(("seq", Problem::Not("a number from 1")))?),
        };
        let label = self.name("label", NAME_CHARS)?;
        if label.is_empty() {
            return Err(("label", Problem::Id(ParseIdError::Empty)));
        }
        let mut envelope = Envelope {
            id: self.id("id")?,
            kind: Kind::Said,
            room: self.id("room")?,
            src: self.name("src", NAME_CHARS + 1 + ROOM_CHARS)?,
            label,
            payload: self.bounded("payload", PAYLOAD_BYTES)?.to_owned(),
            message: self.bounded("message", MESSAGE_BYTES)?.to_owned(),
            origin: self.id("origin")?,
            seq,
            sent_at: UtcMillis::new(self.number("sent_at")?),
            hops: u8::try_from(self.number("hops")?).map_err(|_| ("hops", Problem::Not("a number up to 255")))?,
        };
        let kind = self.text("kind")?;
        let Some(kind) = [Kind::Said, Kind::Joined, Kind::Left]
            .into_iter()
            .find(|known| known.as_str() == kind)
        else {
            return Ok(None);
        };
        envelope.kind = kind;
        if kind != Kind::Said {
            envelope.seq = None;
        }
        Ok(Some(envelope))
    }

    fn sender(&self) -> Result<Option<HubId>, Wrong> {
        match self.0.get("from") {
            None => Ok(None),
            Some(_) => self.id("from").map(Some),
        }
    }

    /// A name that is only shown: cut to its bound instead of refused, since an old hub's may be longer.
    fn name(&self, field: &'static str, most: usize) -> Result<String, Wrong> {
        let name: String = self.text(field)?.trim().chars().take(most).collect();
        Ok(name.trim_end().to_owned())
    }
}

const VERSION: u64 = 1;

#[cfg(test)]
mod tests;
