//! What a client asks of a hub.

use serde_json::{Map, Value, json};
use thiserror::Error;

use super::{Address, cursor_to_json};
use crate::hub::Cursor;
use crate::id::{MsgId, ParseIdError, RoomName};
use crate::limits::{HISTORY_MESSAGES, PAYLOAD_BYTES};
use crate::wire::fields::{Fields, Problem, Wrong};

/// One request of docs/protocol.md 6.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Who it is; the first of all.
    Hello {
        /// The nick and the room that it wants.
        peer_id: Address,
        /// What it says in place of a password.
        token: Option<String>,
        /// The secret of an earlier HELLO_OK, 32 hexadecimal digits: it is the same session again.
        session: Option<u128>,
    },
    /// Enter a room, or catch up in it.
    Join {
        /// The room.
        room: RoomName,
        /// What was read of it.
        after: Option<Cursor>,
    },
    /// Leave a room.
    Part {
        /// The room.
        room: RoomName,
    },
    /// Say something in a room.
    Pub {
        /// Its id: the same again is the same message.
        msg_id: MsgId,
        /// Who says it; only the session itself may be named.
        src: Option<String>,
        /// Where.
        room: RoomName,
        /// What; at most [`PAYLOAD_BYTES`].
        payload: String,
    },
    /// Say something to one session.
    Send {
        /// Its id.
        msg_id: MsgId,
        /// Who says it; only the session itself may be named.
        src: Option<String>,
        /// To whom.
        to: Address,
        /// What; at most [`PAYLOAD_BYTES`].
        payload: String,
    },
    /// Show what was said.
    History {
        /// Where.
        room: RoomName,
        /// Before these messages; the newest if missing.
        before: Option<Cursor>,
        /// How many, 1 to [`HISTORY_MESSAGES`].
        limit: usize,
        /// Only those with these words.
        query: Option<String>,
    },
    /// Its person is writing.
    Typing {
        /// Where.
        room: RoomName,
    },
    /// Is anybody there?
    Ping,
    /// It goes.
    Bye,
}

/// A frame that is no request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// Not JSON, or nested too deeply.
    #[error("this is not JSON: {0}")]
    NotJson(String),
    /// JSON, but no object.
    #[error("this is not a JSON object")]
    NotObject,
    /// A type that is not known here.
    #[error("type {0:?} is not known here")]
    Unknown(String),
    /// A field.
    #[error("{field} {problem}")]
    Field {
        /// Its key.
        field: &'static str,
        /// What is wrong with it.
        problem: Problem,
        /// The id of the message, if it has one that can be named.
        msg_id: Option<MsgId>,
    },
}

impl Request {
    /// Understands one frame. Unknown keys are ignored.
    ///
    /// # Errors
    ///
    /// Says which field is wrong, and how.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let value: Value = serde_json::from_str(text).map_err(|error| Refused::NotJson(error.to_string()))?;
        let fields = Fields(value.as_object().ok_or(Refused::NotObject)?);
        let refuse = |(field, problem): Wrong| Refused::Field {
            field,
            problem,
            msg_id: fields.id("msg_id").ok(),
        };
        let kind = fields.text("type").map_err(refuse)?;
        let request = match kind {
            "HELLO" => fields.hello(),
            "JOIN" => fields.join(),
            "PART" => fields.id("room").map(|room| Self::Part { room }),
            "PUB" => fields.publish(),
            "SEND" => fields.send(),
            "HISTORY" => fields.history(),
            "TYPING" => fields.id("room").map(|room| Self::Typing { room }),
            "PING" => Ok(Self::Ping),
            "BYE" => Ok(Self::Bye),
            other => return Err(Refused::Unknown(other.chars().take(32).collect())),
        };
        request.map_err(refuse)
    }

    /// The frame, as a client sends it.
    pub fn to_json(&self) -> String {
        let value = match self {
            Self::Hello {
                peer_id,
                token,
                session,
            } => with(
                json!({"type": "HELLO", "peer_id": peer_id.to_string(), "features": super::FEATURES}),
                [
                    ("token", token.as_deref().map(Value::from)),
                    ("session", session.map(|session| format!("{session:032x}").into())),
                ],
            ),
            Self::Join { room, after } => with(
                json!({"type": "JOIN", "room": room}),
                [("after", after.as_ref().map(cursor_to_json))],
            ),
            Self::Part { room } => json!({"type": "PART", "room": room}),
            Self::Pub {
                msg_id,
                src,
                room,
                payload,
            } => with(
                json!({"type": "PUB", "msg_id": msg_id, "dst": format!("#{room}"), "payload": payload}),
                [("src", src.as_deref().map(Value::from))],
            ),
            Self::Send {
                msg_id,
                src,
                to,
                payload,
            } => with(
                json!({"type": "SEND", "msg_id": msg_id, "dst": to.to_string(), "payload": payload}),
                [("src", src.as_deref().map(Value::from))],
            ),
            Self::History {
                room,
                before,
                limit,
                query,
            } => with(
                json!({"type": "HISTORY", "room": room, "limit": limit}),
                [
                    ("before", before.as_ref().map(cursor_to_json)),
                    ("query", query.as_deref().map(Value::from)),
                ],
            ),
            Self::Typing { room } => json!({"type": "TYPING", "room": room}),
            Self::Ping => json!({"type": "PING"}),
            Self::Bye => json!({"type": "BYE"}),
        };
        value.to_string()
    }

    /// What an ERROR about it names: the id of a message, or its own type.
    pub fn reference(&self) -> &str {
        match self {
            Self::Pub { msg_id, .. } | Self::Send { msg_id, .. } => msg_id.as_str(),
            Self::Hello { .. } => "HELLO",
            Self::Join { .. } => "JOIN",
            Self::Part { .. } => "PART",
            Self::History { .. } => "HISTORY",
            Self::Typing { .. } => "TYPING",
            Self::Ping => "PING",
            Self::Bye => "BYE",
        }
    }
}

/// An object, with those keys that have a value.
fn with<const COUNT: usize>(mut object: Value, keys: [(&str, Option<Value>); COUNT]) -> Value {
    let map: Option<&mut Map<String, Value>> = object.as_object_mut();
    if let Some(map) = map {
        for (key, value) in keys {
            map.extend(value.map(|value| (key.to_owned(), value)));
        }
    }
    object
}

impl Fields<'_> {
    fn hello(&self) -> Result<Request, Wrong> {
        Ok(Request::Hello {
            peer_id: self.address("peer_id")?,
            token: self.optional_text("token")?,
            session: self.secret()?,
        })
    }

    fn join(&self) -> Result<Request, Wrong> {
        Ok(Request::Join {
            room: self.id("room")?,
            after: self.cursor("after")?,
        })
    }

    fn publish(&self) -> Result<Request, Wrong> {
        let dst = self.text("dst")?;
        let room = dst
            .strip_prefix('#')
            .ok_or(("dst", Problem::Not("a room, as #lobby")))?;
        Ok(Request::Pub {
            msg_id: self.id("msg_id")?,
            src: self.optional_text("src")?,
            room: room.parse().map_err(|problem| ("dst", Problem::Id(problem)))?,
            payload: self.payload()?,
        })
    }

    fn send(&self) -> Result<Request, Wrong> {
        Ok(Request::Send {
            msg_id: self.id("msg_id")?,
            src: self.optional_text("src")?,
            to: self.address("dst")?,
            payload: self.payload()?,
        })
    }

    fn history(&self) -> Result<Request, Wrong> {
        let limit = match self.optional("limit") {
            None => HISTORY_MESSAGES,
            Some(_) => usize::try_from(self.number("limit")?)
                .ok()
                .filter(|limit| (1..=HISTORY_MESSAGES).contains(limit))
                .ok_or(("limit", Problem::Not("a number from 1 to 200")))?,
        };
        Ok(Request::History {
            room: self.id("room")?,
            before: self.cursor("before")?,
            limit,
            query: self.optional_text("query")?.filter(|query| !query.trim().is_empty()),
        })
    }

    fn address(&self, field: &'static str) -> Result<Address, Wrong> {
        Address::parse(self.text(field)?).map_err(|problem| {
            let problem = match problem {
                ParseIdError::NotAPeer => Problem::Not("a nick and a room, as ana@lobby"),
                other => Problem::Id(other),
            };
            (field, problem)
        })
    }

    fn payload(&self) -> Result<String, Wrong> {
        let payload = self.bounded("payload", PAYLOAD_BYTES)?;
        if payload.trim().is_empty() {
            return Err(("payload", Problem::Id(ParseIdError::Empty)));
        }
        Ok(payload.to_owned())
    }

    fn optional_text(&self, field: &'static str) -> Result<Option<String>, Wrong> {
        match self.optional(field) {
            None => Ok(None),
            Some(_) => self.text(field).map(|text| Some(text.to_owned())),
        }
    }

    fn secret(&self) -> Result<Option<u128>, Wrong> {
        let Some(text) = self.optional_text("session")? else {
            return Ok(None);
        };
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let secret = u128::from_str_radix(&text, 16).ok().filter(|_| digits);
        secret.map(Some).ok_or(("session", Problem::Id(ParseIdError::NotHex)))
    }
}
