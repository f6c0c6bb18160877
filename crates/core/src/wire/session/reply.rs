//! What a hub tells a client, as the client reads it.

use serde_json::Value;

use super::{Address, Limits, Refused, parse_cursor};
use crate::hub::{Cursor, Key};
use crate::id::{HubId, MsgId, Nick, ParseIdError, RoomName, Seq};
use crate::limits::{
    HISTORY_MESSAGES, MEMBERS, PAYLOAD_BYTES, PRESENCE_NAMES, REPLY_BYTES, REPLY_FEATURES, REPLY_TEXT_CHARS,
    SESSION_BURST, SESSION_RATE, SESSION_ROOMS, WEBSOCKET_BYTES,
};
use crate::time::UtcMillis;
use crate::wire::fields::{Fields, Problem, Wrong};

/// One frame of docs/protocol.md 6.3, read. Nothing in it is fit for a terminal as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Welcome.
    HelloOk(Box<Welcome>),
    /// It is in a room.
    Joined {
        /// The room.
        room: RoomName,
        /// Who is there, at most [`MEMBERS`] of them.
        members: Vec<String>,
        /// How many there are.
        count: u64,
        /// What was said there so far: live begins behind it.
        head: Cursor,
    },
    /// Somebody said something in a room.
    Pub(Box<Said>),
    /// A direct message.
    Send(Box<Direct>),
    /// A PUB is said (in its place among the others), or a SEND has arrived.
    Ack {
        /// The id of the message.
        msg_id: MsgId,
        /// Who numbered it, and how; only of a PUB.
        key: Option<Key>,
        /// Whom a SEND has reached.
        from: Option<String>,
    },
    /// Numbers, both included, that will not come.
    Gap {
        /// The room.
        room: RoomName,
        /// The hub that numbered them.
        origin: HubId,
        /// The first.
        from: Seq,
        /// The last, not below the first.
        to: Seq,
        /// Why.
        reason: String,
    },
    /// Who came and who went.
    Presence {
        /// The room.
        room: RoomName,
        /// Labels, at most [`PRESENCE_NAMES`].
        joined: Vec<String>,
        /// Labels, at most [`PRESENCE_NAMES`].
        left: Vec<String>,
    },
    /// Somebody is writing.
    Typing {
        /// The room.
        room: RoomName,
        /// Who.
        src: String,
    },
    /// What was said.
    History {
        /// The room.
        room: RoomName,
        /// In the order of the log, at most [`HISTORY_MESSAGES`].
        messages: Vec<Said>,
        /// Nothing that is kept is older.
        complete: bool,
        /// The words that were looked for.
        query: Option<String>,
    },
    /// Is anybody there?
    Ping,
    /// The answer to PING.
    Pong,
    /// A request was not done.
    Error {
        /// What kind, as it stands on the wire: it may be one that is not known here.
        code: String,
        /// The id of the message, or the type of the request.
        reference: String,
        /// For people.
        detail: String,
    },
    /// Of a type that is not known here.
    Unknown(String),
}

/// What HELLO_OK tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// The session.
    pub peer_id: Address,
    /// The nick that it got, which may be another than the one that it wanted.
    pub nick: Nick,
    /// The hub.
    pub hub: HubId,
    /// The hub's label for people.
    pub name: String,
    /// What is acknowledged survives the hub.
    pub durable: bool,
    /// What the hub can do beyond what every `papo.v1` can.
    pub features: Vec<String>,
    /// Bounds; what a hub does not tell is what this program has.
    pub limits: Limits,
    /// The secret that makes the next connection the same session.
    pub session: Option<u128>,
    /// Why the last connection of this session ended, if the hub ended it.
    pub previous: Option<String>,
}

/// One message of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its id; none where an old service said it.
    pub msg_id: Option<MsgId>,
    /// Where its speaker is attached, `name@room`; empty where it is not known.
    pub src: String,
    /// How its speaker is shown, where that is not the name in `src`.
    pub label: Option<String>,
    /// Where.
    pub room: RoomName,
    /// What.
    pub payload: String,
    /// Who numbered it, and how; none where an old service said it.
    pub key: Option<Key>,
    /// When its first hub took it, by that hub's clock.
    pub sent_at: UtcMillis,
    /// Hub links crossed.
    pub hops: u64,
    /// The hub that it came from, if it came over a hub link.
    pub via: Option<HubId>,
}

/// One message to this session alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Direct {
    /// Its id.
    pub msg_id: MsgId,
    /// Who sent it.
    pub src: String,
    /// To whom.
    pub dst: String,
    /// What.
    pub payload: String,
    /// When, by the hub's clock.
    pub sent_at: UtcMillis,
}

impl Reply {
    /// Understands one frame. Unknown keys are ignored, and a type that is not known is [`Reply::Unknown`].
    ///
    /// # Errors
    ///
    /// Says which field is wrong, and how. A frame above [`REPLY_BYTES`] is not looked at.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        if text.len() > REPLY_BYTES {
            return Err(Refused::NotJson(format!("longer than {REPLY_BYTES} bytes")));
        }
        let value: Value = serde_json::from_str(text).map_err(|error| Refused::NotJson(error.to_string()))?;
        let fields = Fields(value.as_object().ok_or(Refused::NotObject)?);
        let refuse = |(field, problem): Wrong| Refused::Field {
            field,
            problem,
            msg_id: fields.id("msg_id").ok(),
        };
        let kind = fields.text("type").map_err(refuse)?;
        let reply = match kind {
            "HELLO_OK" => welcome(&fields).map(|welcome| Self::HelloOk(Box::new(welcome))),
            "JOINED" => joined(&fields),
            "PUB" => said(&fields).map(|said| Self::Pub(Box::new(said))),
            "SEND" => direct(&fields).map(|direct| Self::Send(Box::new(direct))),
            "ACK" => ack(&fields),
            "GAP" => gap(&fields),
            "PRESENCE" => presence(&fields),
            "TYPING" => typing(&fields),
            "HISTORY" => history(&fields),
            "ERROR" => error(&fields),
            "PING" => Ok(Self::Ping),
            "PONG" => Ok(Self::Pong),
            other => Ok(Self::Unknown(short(other))),
        };
        reply.map_err(refuse)
    }
}

fn welcome(fields: &Fields<'_>) -> Result<Welcome, Wrong> {
    Ok(Welcome {
        peer_id: Address::parse(fields.text("peer_id")?).map_err(|problem| ("peer_id", Problem::Id(problem)))?,
        nick: fields.id("nick")?,
        hub: fields.id("hub")?,
        name: maybe_text(fields, "name")?.unwrap_or_default(),
        durable: maybe_flag(fields, "durable")?,
        features: texts(fields, "features", REPLY_FEATURES)?,
        limits: limits(fields)?,
        session: secret(fields)?,
        previous: maybe_text(fields, "previous")?,
    })
}

fn joined(fields: &Fields<'_>) -> Result<Reply, Wrong> {
    let members = texts(fields, "members", MEMBERS)?;
    Ok(Reply::Joined {
        room: fields.id("room")?,
        count: match maybe_number(fields, "count")? {
            Some(count) => count,
            None => u64::try_from(members.len()).unwrap_or(u64::MAX),
        },
        members,
        head: parse_cursor(fields.value("head")?).map_err(|problem| ("head", problem))?,
    })
}

fn said(fields: &Fields<'_>) -> Result<Said, Wrong> {
    let dst = fields.text("dst")?;
    let room = dst
        .strip_prefix('#')
        .ok_or(("dst", Problem::Not("a room, as #lobby")))?;
    Ok(Said {
        msg_id: maybe_id(fields, "msg_id")?,
        src: short(fields.text("src")?),
        label: maybe_text(fields, "label")?,
        room: room.parse().map_err(|problem| ("dst", Problem::Id(problem)))?,
        payload: fields.text("payload")?.to_owned(),
        key: key(fields)?,
        sent_at: UtcMillis::new(fields.number("sent_at")?),
        hops: maybe_number(fields, "hops")?.unwrap_or(0),
        via: maybe_id(fields, "via")?,
    })
}

fn direct(fields: &Fields<'_>) -> Result<Direct, Wrong> {
    Ok(Direct {
        msg_id: fields.id("msg_id")?,
        src: short(fields.text("src")?),
        dst: short(fields.text("dst")?),
        payload: fields.text("payload")?.to_owned(),
        sent_at: UtcMillis::new(fields.number("sent_at")?),
    })
}

fn ack(fields: &Fields<'_>) -> Result<Reply, Wrong> {
    Ok(Reply::Ack {
        msg_id: fields.id("msg_id")?,
        key: key(fields)?,
        from: maybe_text(fields, "from")?,
    })
}

fn gap(fields: &Fields<'_>) -> Result<Reply, Wrong> {
    let (from, to) = (seq(fields, "from")?, seq(fields, "to")?);
    if to < from {
        return Err(("to", Problem::Not("a number from `from` on")));
    }
    Ok(Reply::Gap {
        room: fields.id("room")?,
        origin: fields.id("origin")?,
        from,
        to,
        reason: maybe_text(fields, "reason")?.unwrap_or_default(),
    })
}

fn presence(fields: &Fields<'_>) -> Result<Reply, Wrong> {
    Ok(Reply::Presence {
        room: fields.id("room")?,
        joined: texts(fields, "joined", PRESENCE_NAMES)?,
        left: texts(fields, "left", PRESENCE_NAMES)?,
    })
}

fn typing(fields: &Fields<'_>) -> Result<Reply, Wrong> {
    Ok(Reply::Typing {
        room: fields.id("room")?,
        src: short(fields.text("src")?),
    })
}

fn history(fields: &Fields<'_>) -> Result<Reply, Wrong> {
    const WANTED: Problem = Problem::Not("a list of at most 200 messages");
    let room: RoomName = fields.id("room")?;
    let list = fields.value("messages")?.as_array();
    let list = list
        .filter(|list| list.len() <= HISTORY_MESSAGES)
        .ok_or(("messages", WANTED))?;
    let messages = list.iter().map(|value| {
        let object = value.as_object().ok_or(("messages", WANTED))?;
        said(&Fields(object)).map_err(|(_, problem)| ("messages", problem))
    });
    Ok(Reply::History {
        messages: messages.collect::<Result<_, _>>()?,
        room,
        complete: maybe_flag(fields, "complete")?,
        query: maybe_text(fields, "query")?,
    })
}

fn error(fields: &Fields<'_>) -> Result<Reply, Wrong> {
    Ok(Reply::Error {
        code: short(fields.text("code")?),
        reference: maybe_text(fields, "ref")?.unwrap_or_default(),
        detail: maybe_text(fields, "detail")?.unwrap_or_default(),
    })
}

fn limits(fields: &Fields<'_>) -> Result<Limits, Wrong> {
    let mut limits = Limits {
        payload_bytes: PAYLOAD_BYTES,
        frame_bytes: WEBSOCKET_BYTES,
        messages_per_second: Some(SESSION_RATE),
        burst: SESSION_BURST,
        history: HISTORY_MESSAGES,
        rooms: SESSION_ROOMS,
    };
    let Some(value) = fields.optional("limits") else {
        return Ok(limits);
    };
    let given = Fields(value.as_object().ok_or(("limits", Problem::Not("an object")))?);
    let count = |field, usual: usize| match maybe_number(&given, field)? {
        Some(number) => usize::try_from(number).map_err(|_| (field, Problem::Not("a number that fits"))),
        None => Ok(usual),
    };
    let rate = |field| match maybe_number(&given, field)? {
        Some(number) => u32::try_from(number)
            .map(Some)
            .map_err(|_| (field, Problem::Not("a number that fits"))),
        None => Ok(None),
    };
    limits.payload_bytes = count("payload_bytes", limits.payload_bytes)?;
    limits.frame_bytes = count("frame_bytes", limits.frame_bytes)?;
    limits.messages_per_second = rate("messages_per_second")?;
    limits.burst = rate("burst")?.unwrap_or(limits.burst);
    limits.history = count("history", limits.history)?;
    limits.rooms = count("rooms", limits.rooms)?;
    Ok(limits)
}

fn key(fields: &Fields<'_>) -> Result<Option<Key>, Wrong> {
    match (fields.optional("origin"), fields.optional("seq")) {
        (None, None) => Ok(None),
        _ => Ok(Some(Key {
            origin: fields.id("origin")?,
            seq: seq(fields, "seq")?,
        })),
    }
}

fn seq(fields: &Fields<'_>, field: &'static str) -> Result<Seq, Wrong> {
    Seq::new(fields.number(field)?).ok_or((field, Problem::Not("a whole number from 1")))
}

fn secret(fields: &Fields<'_>) -> Result<Option<u128>, Wrong> {
    let Some(text) = maybe_text(fields, "session")? else {
        return Ok(None);
    };
    let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let secret = u128::from_str_radix(&text, 16).ok().filter(|_| digits);
    secret.map(Some).ok_or(("session", Problem::Id(ParseIdError::NotHex)))
}

/// A list of names; the first `most` of them.
fn texts(fields: &Fields<'_>, field: &'static str, most: usize) -> Result<Vec<String>, Wrong> {
    const WANTED: Problem = Problem::Not("a list of strings");
    let Some(value) = fields.optional(field) else {
        return Ok(Vec::new());
    };
    let list = value.as_array().ok_or((field, WANTED))?;
    list.iter()
        .take(most)
        .map(|value| value.as_str().map(short).ok_or((field, WANTED)))
        .collect()
}

fn maybe_text(fields: &Fields<'_>, field: &'static str) -> Result<Option<String>, Wrong> {
    match fields.optional(field) {
        None => Ok(None),
        Some(_) => fields.text(field).map(|text| Some(short(text))),
    }
}

fn maybe_number(fields: &Fields<'_>, field: &'static str) -> Result<Option<u64>, Wrong> {
    match fields.optional(field) {
        None => Ok(None),
        Some(_) => fields.number(field).map(Some),
    }
}

fn maybe_id<T: std::str::FromStr<Err = ParseIdError>>(
    fields: &Fields<'_>,
    field: &'static str,
) -> Result<Option<T>, Wrong> {
    match fields.optional(field) {
        None => Ok(None),
        Some(_) => fields.id(field).map(Some),
    }
}

fn maybe_flag(fields: &Fields<'_>, field: &'static str) -> Result<bool, Wrong> {
    match fields.optional(field) {
        None => Ok(false),
        Some(value) => value.as_bool().ok_or((field, Problem::Not("true or false"))),
    }
}

/// As much of a text as is kept: a name, a reason or an explanation is shorter.
fn short(text: &str) -> String {
    text.chars().take(REPLY_TEXT_CHARS).collect()
}

#[cfg(test)]
mod tests;
