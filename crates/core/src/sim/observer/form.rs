//! What every line of a node must be, whoever reads it, and when it may go to an old program (docs/protocol.md 2.2
//! and 3.1).

use serde_json::Value;

use super::Observer;
use crate::id::PeerLinkId;
use crate::limits::{LEGACY_PACE, LEGACY_SILENCE, PEER_LINE_BYTES};
use crate::sim::check::Invariant;
use crate::sim::record::Recorder;
use crate::time::Instant;

/// The fields of each type that are always there.
fn fields(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "HELLO" | "HELLO_OK" => &["peer_id", "version", "features"],
        "X_AUTH" => &["sig"],
        "PING" => &["msg_id", "timestamp"],
        "PONG" => &["timestamp"],
        "SEND" | "PUB" => &["msg_id", "src", "dst", "payload", "require_ack"],
        "ACK" => &["msg_id", "src", "dst", "from", "timestamp"],
        "WHO_HAS" => &["msg_id", "src", "dst"],
        "WHO_HAS_HIT" => &["msg_id", "src", "dst", "via", "hops"],
        "RELAY_OK" => &["msg_id", "src", "dst", "reason"],
        "RELAY_FAIL" => &["msg_id", "src", "dst", "reason", "code", "detail"],
        "TTL_EXPIRED" => &[
            "msg_id", "src", "dst", "reason", "code", "detail", "status", "error", "ref",
        ],
        "METRICS" => &[
            "msg_id",
            "src",
            "dst",
            "rtt_ms",
            "sent_count",
            "recv_count",
            "last_seen",
        ],
        "BYE" => &["msg_id", "src", "dst", "dest", "peer_id", "reason"],
        "BYE_OK" => &["src", "dst", "dest", "peer_id", "reason"],
        "ERROR" => &["status", "error", "code", "detail"],
        _ => return None,
    })
}

/// One line as a JSON object, or what is wrong with it.
pub(super) fn read_line(line: &[u8]) -> Result<Value, &'static str> {
    if line.len() > PEER_LINE_BYTES {
        return Err("is too long");
    }
    if line.iter().position(|&byte| byte == b'\n') != line.len().checked_sub(1) {
        return Err("is not one line");
    }
    if !line.is_ascii() {
        return Err("is not ASCII");
    }
    let value: Value = serde_json::from_slice(line).map_err(|_| "is no JSON")?;
    if !value.is_object() {
        return Err("is no object");
    }
    Ok(value)
}

/// What is wrong with a message of this shape.
fn flaw(value: &Value, proven: bool) -> Option<&'static str> {
    let kind = value["type"].as_str().unwrap_or_default();
    let Some(fields) = fields(kind) else {
        return Some("is of no type that a node writes");
    };
    let texts = ["msg_id", "src", "dst", "payload", "timestamp", "reason", "peer_id"];
    let is_text = |name: &&str| value.get(*name).is_none_or(Value::is_string);
    let zulu = |time: &Value| time.as_str().is_some_and(|time| time.ends_with('Z'));
    // Only a greeting, a proof and the number of a further try are for who did not prove itself.
    let plain = |x: &Value| {
        matches!(kind, "HELLO" | "HELLO_OK") || x.as_object().is_some_and(|x| x.keys().all(|key| key == "try"))
    };
    if !fields.iter().all(|name| value.get(*name).is_some()) {
        Some("lacks a field")
    } else if !texts.iter().all(is_text) {
        Some("has a field that is no text")
    } else if !value["ttl"].as_u64().is_some_and(|ttl| (1..=8).contains(&ttl)) {
        Some("has a bad ttl")
    } else if value.get("features").is_some_and(|features| !features.is_array()) {
        Some("has no list of features")
    } else if value.get("timestamp").is_some_and(|time| !zulu(time)) {
        Some("has a bad time")
    } else if !proven && !value.get("x").is_none_or(plain) {
        Some("is signed, on a link that is not proven")
    } else {
        None
    }
}

impl Observer {
    /// Looks at a line that a node wrote; gives it as an object if it is one.
    pub(super) fn check_form(
        &mut self,
        now: Instant,
        actor: usize,
        link: PeerLinkId,
        line: &[u8],
        recorder: &mut Recorder,
    ) -> Option<Value> {
        let name = self.seats[actor].name.clone();
        let show = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        let value = read_line(line);
        recorder.check(now, Invariant::Legacy, value.is_ok(), || {
            format!(
                "{name} wrote what {}: {}",
                value.as_ref().err().unwrap_or(&""),
                show(line)
            )
        });
        let value = value.ok()?;
        let wire = self.memory(actor)?.wires.entry(link).or_default();
        let kind = value["type"].as_str().unwrap_or_default();
        if kind == "X_AUTH" {
            wire.proven = true;
        }
        let flaw = flaw(&value, wire.proven);
        recorder.check(now, Invariant::Legacy, flaw.is_none(), || {
            format!("{name} wrote what {}: {}", flaw.unwrap_or_default(), show(line))
        });
        let early = wire.last.is_some_and(|last| now.since(last) < LEGACY_PACE)
            || wire.silent_until.is_some_and(|until| now < until)
            || wire.greeting;
        // These close the link, and go without waiting for their turn.
        let paced = !wire.proven && !matches!(kind, "ERROR" | "BYE_OK");
        if paced {
            recorder.check(now, Invariant::Legacy, !early, || {
                format!("{name} wrote too soon, on a link that is not proven: {}", show(line))
            });
        }
        // A second HELLO gets its answer too, but it opens nothing.
        let opens = wire.last.is_none();
        wire.last = Some(now);
        wire.greeting |= kind == "HELLO";
        if kind == "HELLO_OK" && opens {
            wire.silent_until = Some(now + LEGACY_SILENCE);
        }
        Some(value)
    }
}
