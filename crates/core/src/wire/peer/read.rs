//! Reading a line, whoever wrote it (docs/protocol.md 3.2).

use base64ct::{Base64, Encoding};
use serde_json::{Map, Value};
use thiserror::Error;

use super::fields::{Fields, Repeated, shortened};
use super::{Complaint, Greeting, HelloX, Hit, Message, Metrics, MetricsReq, NONCE_BYTES, RELAY, Receipt, Search};
use super::{Speech, Target};
use crate::id::MsgId;
use crate::limits::{PEER_CODE_CHARS, PEER_FEATURE_CHARS, PEER_FEATURES, PEER_HOPS};
use crate::limits::{PEER_JSON_DEPTH, PEER_REFERENCE_CHARS};

/// Why a line is no message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Undecodable {
    /// There is nothing in it.
    #[error("the line is blank")]
    Blank,
    /// Not JSON.
    #[error("the line is no JSON")]
    NotJson,
    /// JSON, but no object.
    #[error("the line is no JSON object")]
    NotAnObject,
    /// An object that cannot be a message.
    #[error("cannot read {field}")]
    BadFormat {
        /// The message's id, if that could be read.
        msg_id: Option<MsgId>,
        /// What is wrong: a field, `duplicate` for a key that stands there twice, or `depth`.
        field: &'static str,
    },
}

/// Reads one line, with or without its terminator. Bytes that are no UTF-8 are replaced.
///
/// Wrong types are forgiven wherever what they mean is clear or does not matter (docs/protocol.md 3.2).
///
/// # Errors
///
/// See [`Undecodable`]. [`Undecodable::BadFormat`] is for: a ttl or `msg_id` that cannot be read where the message needs
/// it, keys that stand twice in the object or in its `x`, and more than [`PEER_JSON_DEPTH`] levels.
pub fn decode(line: &[u8]) -> Result<Message, Undecodable> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Err(Undecodable::Blank);
    }
    if depth(line) > PEER_JSON_DEPTH {
        return Err(Undecodable::BadFormat {
            msg_id: None,
            field: "depth",
        });
    }
    let fields: Fields = serde_json::from_str(&String::from_utf8_lossy(line)).map_err(|error| {
        if error.is_data() {
            Undecodable::NotAnObject
        } else {
            Undecodable::NotJson
        }
    })?;
    if let Some(repeated) = fields.repeated {
        let msg_id = if repeated == Repeated::MsgId {
            None
        } else {
            fields.msg_id("msg_id").ok().flatten()
        };
        return Err(Undecodable::BadFormat {
            msg_id,
            field: "duplicate",
        });
    }
    message(&fields)
}

fn message(fields: &Fields) -> Result<Message, Undecodable> {
    let Some(kind) = fields.text("type") else {
        let complains = !fields.has("type")
            && (fields.has("error") || fields.has("code") || fields.get("status").is_some_and(|status| status != "OK"));
        return Ok(if complains {
            Message::Error(complaint(fields))
        } else {
            Message::Unknown(String::new())
        });
    };
    Ok(match kind.to_ascii_uppercase().as_str() {
        "HELLO" => Message::Hello(greeting(fields)),
        "HELLO_OK" => Message::HelloOk(greeting(fields)),
        "HELLO_REJECT" => Message::HelloReject {
            detail: fields
                .words(&["detail", "reason", "message", "error", "code"])
                .unwrap_or_default(),
        },
        "X_AUTH" => Message::XAuth {
            sig: fields.text("sig").and_then(|sig| sig.parse().ok()),
        },
        "PING" => Message::Ping {
            msg_id: fields.reference("msg_id"),
        },
        "PONG" => Message::Pong {
            msg_id: fields.reference("msg_id"),
        },
        "SEND" => Message::Send(speech(fields)?),
        "PUB" => Message::Pub(speech(fields)?),
        "ACK" => Message::Ack(receipt(fields)?),
        "RELAY_OK" => Message::RelayOk(receipt(fields)?),
        "RELAY_FAIL" => Message::RelayFail(receipt(fields)?),
        "TTL_EXPIRED" => Message::TtlExpired(receipt(fields)?),
        "WHO_HAS" => Message::WhoHas(search(fields)?),
        "WHO_HAS_HIT" => Message::WhoHasHit(hit(fields)?),
        "METRICS_REQ" => Message::MetricsReq(metrics_req(fields)?),
        "METRICS" => Message::Metrics(metrics(fields)?),
        "BYE" => Message::Bye {
            msg_id: fields.reference("msg_id"),
        },
        "BYE_OK" => Message::ByeOk {
            msg_id: fields.reference("msg_id"),
        },
        "ERROR" => Message::Error(complaint(fields)),
        _ => Message::Unknown(shortened(kind, PEER_CODE_CHARS).to_owned()),
    })
}

fn greeting(fields: &Fields) -> Greeting {
    let features = fields.get("features").and_then(Value::as_array);
    Greeting {
        peer_id: fields.peer("peer_id"),
        relay: features.is_some_and(|features| features.iter().any(|feature| feature == RELAY)),
        x: fields.x().and_then(hello_x),
    }
}

fn hello_x(x: &Map<String, Value>) -> Option<HelloX> {
    if x.get("v")?.as_u64() != Some(1) {
        return None;
    }
    let mut nonce = [0; NONCE_BYTES];
    let length = Base64::decode(x.get("n")?.as_str()?, &mut nonce).ok()?.len();
    let features = x.get("f")?.as_array().filter(|list| list.len() <= PEER_FEATURES)?;
    let features = features.iter().map(|feature| {
        let feature = feature.as_str()?;
        (feature.chars().take(PEER_FEATURE_CHARS + 1).count() <= PEER_FEATURE_CHARS).then(|| feature.to_owned())
    });
    let re = match x.get("re") {
        Some(re) => Some(re.as_str()?.parse().ok()?),
        None => None,
    };
    (length == NONCE_BYTES).then_some(())?;
    Some(HelloX {
        pk: x.get("pk")?.as_str()?.parse().ok()?,
        nonce,
        features: features.collect::<Option<_>>()?,
        re,
    })
}

fn speech(fields: &Fields) -> Result<Speech, Undecodable> {
    let msg_id = fields.msg_id("msg_id")?;
    let ttl = fields.ttl(msg_id.as_ref())?;
    Ok(Speech {
        msg_id,
        src: fields.peer("src"),
        dst: fields.text("dst").map_or(Target::Nobody, Target::read),
        payload: match fields.get("payload") {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        },
        require_ack: fields.get("require_ack") == Some(&Value::Bool(true)),
        ttl,
        via: fields.peer("via"),
        seal: fields.seal(),
    })
}

fn receipt(fields: &Fields) -> Result<Receipt, Undecodable> {
    // What carries the fields of an ERROR may name its message as one does.
    let msg_id = match fields.msg_id("msg_id")? {
        None => fields.msg_id("ref").ok().flatten(),
        found => found,
    };
    let ttl = fields.ttl(msg_id.as_ref())?;
    Ok(Receipt {
        msg_id,
        src: fields.peer("src").or_else(|| fields.peer("from")),
        dst: fields.peer("dst"),
        attempt: fields.attempt(),
        code: fields.code(&["code", "error", "reason"]),
        detail: fields.words(&["detail", "message"]).unwrap_or_default(),
        seal: fields.seal(),
        ttl,
    })
}

fn search(fields: &Fields) -> Result<Search, Undecodable> {
    let msg_id = fields.msg_id("msg_id")?;
    let ttl = fields.ttl(msg_id.as_ref())?;
    Ok(Search {
        msg_id,
        src: fields.peer("src"),
        dst: fields.peer("dst"),
        ttl,
        seal: fields.seal(),
    })
}

fn hit(fields: &Fields) -> Result<Hit, Undecodable> {
    let msg_id = fields.msg_id("msg_id")?;
    let ttl = fields.ttl(msg_id.as_ref())?;
    let hops = fields.count("hops").unwrap_or(0);
    Ok(Hit {
        msg_id,
        src: fields.peer("src"),
        dst: fields.peer("dst"),
        via: fields.peer("via"),
        hops: u8::try_from(hops).map_or(PEER_HOPS, |hops| hops.min(PEER_HOPS)),
        ttl,
        seal: fields.seal(),
    })
}

fn metrics_req(fields: &Fields) -> Result<MetricsReq, Undecodable> {
    let msg_id = fields.msg_id("msg_id")?;
    let ttl = fields.ttl(msg_id.as_ref())?;
    Ok(MetricsReq {
        msg_id,
        src: fields.peer("src"),
        dst: fields.peer("dst"),
        ttl,
    })
}

fn metrics(fields: &Fields) -> Result<Metrics, Undecodable> {
    let msg_id = fields.msg_id("msg_id")?;
    let ttl = fields.ttl(msg_id.as_ref())?;
    Ok(Metrics {
        msg_id,
        src: fields.peer("src"),
        dst: fields.peer("dst"),
        ttl,
        rtt_ms: fields.get("rtt_ms").and_then(Value::as_f64),
        sent_count: fields.count("sent_count"),
        recv_count: fields.count("recv_count"),
        last_seen: fields
            .written("last_seen")
            .map(|text| shortened(&text, PEER_REFERENCE_CHARS).to_owned()),
    })
}

/// One shape has a code and details, one only words, which may be a code.
fn complaint(fields: &Fields) -> Complaint {
    let code = fields.code(&["code", "error"]);
    let detail = fields.words(&["detail", "message", "error"]).unwrap_or_default();
    let (code, detail) = match code {
        Some(code) if detail == code => (code, String::new()),
        Some(code) => (code, detail),
        None => match fields.code(&["message"]) {
            Some(code) => (code, fields.words(&["detail"]).unwrap_or_default()),
            None => (String::new(), detail),
        },
    };
    Complaint {
        code,
        reference: fields.reference("ref").or_else(|| fields.reference("msg_id")),
        detail,
    }
}

/// How many objects and lists stand inside each other at most. Counts brackets: what is no JSON is found out later.
fn depth(line: &[u8]) -> usize {
    let (mut deepest, mut depth, mut in_text, mut escaped) = (0, 0_usize, false, false);
    for byte in line {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'{' | b'[') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
