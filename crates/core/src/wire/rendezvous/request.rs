//! What is asked of a rendezvous: one line of JSON (docs/protocol.md 1.2 and 1.3).

use serde_json::{Map, Value};

use super::{Dialect, Lease, Refusal, Signed};
use crate::limits::PEER_NAME_CHARS;
use crate::wire::json::whole_number;

/// One request, its values converted and checked as the dialect does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Be listed.
    Register(Register),
    /// List others.
    Discover(Discover),
    /// Be listed no more.
    Unregister(Unregister),
}

/// A request to be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// 1 to 64 characters, any of them.
    pub name: String,
    /// 1 to 64 characters, any of them.
    pub namespace: String,
    /// Where the peer listens, from 1.
    pub port: u16,
    /// For how long.
    pub lease: Lease,
    /// The owner's signature, not verified yet.
    pub signed: Option<Signed>,
}

/// A request for the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discover {
    /// Of whom.
    pub wanted: Wanted,
    /// At most so many of those that the reply would hold.
    pub limit: Option<usize>,
    /// At most so many, drawn at random.
    pub sample: Option<usize>,
}

/// Whose records are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Everybody's.
    All,
    /// Those of a namespace.
    Namespace(String),
    /// Those of a namespace that cannot exist.
    Nobody,
}

/// A request to be listed no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unregister {
    /// `None` when there is none, or none that could exist.
    pub namespace: Option<String>,
    /// Only the record of this name; `Some(None)` is a name that cannot exist.
    pub name: Option<Option<String>>,
    /// Only records with this port; `Some(None)` is a port that cannot exist.
    pub port: Option<Option<u16>>,
    /// The owner's signature, not verified yet.
    pub signed: Option<Signed>,
}

impl Request {
    /// Reads one line, without its newline.
    ///
    /// # Errors
    ///
    /// Returns what the dialect answers to a line that asks for nothing possible.
    pub fn decode(line: &[u8], dialect: Dialect) -> Result<Self, Refusal> {
        let text = String::from_utf8_lossy(line);
        if text.trim().is_empty() {
            return Err(Refusal::Empty);
        }
        // Invalid JSON, JSON that is no object and a missing type are all answered like an unknown one.
        let Ok(Value::Object(fields)) = serde_json::from_str(&text) else {
            return Err(Refusal::Unknown);
        };
        let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
        match kind.to_uppercase().as_str() {
            "REGISTER" => register(&fields).map(Self::Register),
            "DISCOVER" => discover(&fields, dialect).map(Self::Discover),
            "UNREGISTER" => unregister(&fields, dialect).map(Self::Unregister),
            _ => Err(Refusal::Unknown),
        }
    }
}

/// The order of these checks is part of the protocol: the first fault is the one that is told.
fn register(fields: &Map<String, Value>) -> Result<Register, Refusal> {
    let name = label(fields.get("name")).ok_or(Refusal::BadName)?;
    let lease = match fields.get("ttl") {
        None => Lease::DEFAULT,
        Some(value) => Lease::clamped(whole_number(value).ok_or(Refusal::BadTtl)?),
    };
    let namespace = label(fields.get("namespace")).ok_or(Refusal::BadNamespace)?;
    let port = fields
        .get("port")
        .and_then(whole_number)
        .and_then(port_number)
        .ok_or(Refusal::BadPort)?;
    Ok(Register {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        port,
        lease,
        signed: Signed::read(fields)?,
    })
}

fn discover(fields: &Map<String, Value>, dialect: Dialect) -> Result<Discover, Refusal> {
    let wanted = match (fields.get("namespace"), dialect) {
        (None | Some(Value::Null), _) => Wanted::All,
        (Some(Value::String(empty)), Dialect::September) if empty.is_empty() => Wanted::All,
        (given, _) => match (label(given), dialect) {
            (Some(namespace), _) => Wanted::Namespace(namespace.to_owned()),
            (None, Dialect::September) => Wanted::Nobody,
            (None, Dialect::November) => return Err(Refusal::BadNamespace),
        },
    };
    // Fields that older servers ignore; what cannot be read is ignored here too.
    let count = |field| {
        let number = whole_number(fields.get(field)?)?;
        usize::try_from(number).ok()
    };
    let sample = match fields.get("sample") {
        Some(Value::Bool(true)) => count("limit"),
        _ => count("sample"),
    };
    Ok(Discover {
        wanted,
        limit: count("limit"),
        sample,
    })
}

fn unregister(fields: &Map<String, Value>, dialect: Dialect) -> Result<Unregister, Refusal> {
    let given = |field| fields.get(field).filter(|value| !value.is_null());
    let namespace = given("namespace");
    let absent = namespace.is_none_or(|value| value.as_str() == Some(""));
    if absent && dialect == Dialect::November {
        return Err(Refusal::NamespaceRequired);
    }
    let port = match given("port") {
        None => None,
        Some(value) => {
            let number = whole_number(value).ok_or_else(|| Refusal::bad_port_filter(value))?;
            let port = port_number(number);
            if port.is_none() && dialect == Dialect::November {
                return Err(Refusal::bad_port_filter(value));
            }
            Some(port)
        }
    };
    Ok(Unregister {
        namespace: label(namespace).map(str::to_owned),
        name: given("name").map(|value| label(Some(value)).map(str::to_owned)),
        port,
        signed: Signed::read(fields)?,
    })
}

/// A name or namespace: a string of 1 to 64 characters, whatever they are. Nothing is trimmed.
fn label(value: Option<&Value>) -> Option<&str> {
    let text = value?.as_str()?;
    (1..=PEER_NAME_CHARS).contains(&text.chars().count()).then_some(text)
}

/// A port that something can listen on.
fn port_number(number: i64) -> Option<u16> {
    u16::try_from(number).ok().filter(|&port| port != 0)
}
