//! What a papo node may not write to an old program (docs/protocol.md 2.2 and 3.1).

use serde_json::{Map, Value};

use crate::limits::LEASE_MAX_SECS;

/// How much of a line stands in a complaint.
const SHOWN_BYTES: usize = 160;

/// The fields of each type that are texts, and those that are there, whatever they are.
const FIELDS: [(&str, &[&str], &[&str]); 15] = [
    ("HELLO", &["peer_id", "version"], &[]),
    ("HELLO_OK", &["peer_id", "version"], &[]),
    ("PING", &["msg_id", "timestamp"], &[]),
    ("PONG", &["timestamp"], &[]),
    ("SEND", &["msg_id", "src", "dst", "payload"], &["require_ack"]),
    ("PUB", &["msg_id", "src", "dst", "payload"], &["require_ack"]),
    ("ACK", &["msg_id", "src", "dst", "from", "timestamp"], &[]),
    ("WHO_HAS", &["msg_id", "src", "dst"], &[]),
    ("WHO_HAS_HIT", &["msg_id", "src", "dst", "via"], &["hops"]),
    ("RELAY_OK", &["msg_id", "src", "dst", "reason"], &[]),
    ("RELAY_FAIL", &["msg_id", "src", "dst", "reason", "code", "detail"], &[]),
    (
        "TTL_EXPIRED",
        &[
            "msg_id", "src", "dst", "reason", "code", "detail", "status", "error", "ref",
        ],
        &[],
    ),
    ("BYE", &["msg_id", "src", "dst", "dest", "peer_id", "reason"], &[]),
    ("BYE_OK", &["src", "dst", "dest", "peer_id", "reason"], &[]),
    ("ERROR", &["status", "error", "code", "detail"], &[]),
];

/// What is wrong with a line, without its newline, of a papo node that is called `neighbor`, if that is known.
pub(super) fn trouble(line: &[u8], neighbor: Option<&str>) -> Option<String> {
    let what = wrong(line, neighbor)?;
    let shown = String::from_utf8_lossy(&line[..line.len().min(SHOWN_BYTES)]).into_owned();
    Some(format!("{what}: {shown}"))
}

fn wrong(line: &[u8], neighbor: Option<&str>) -> Option<String> {
    if line.trim_ascii().is_empty() {
        return Some("a blank line".to_owned());
    }
    if !line.is_ascii() {
        return Some("bytes beyond ASCII".to_owned());
    }
    let Ok(Value::Object(line)) = serde_json::from_slice(line) else {
        return Some("a line that is no JSON object".to_owned());
    };
    let kind = line.get("type").and_then(Value::as_str).unwrap_or_default();
    missing(kind, &line)
        .or_else(|| odd_features(kind, &line))
        .or_else(|| odd_values(&line))
        .or_else(|| wrong_names(kind, &line, neighbor))
        .or_else(|| sealed(kind, &line))
}

fn missing(kind: &str, line: &Map<String, Value>) -> Option<String> {
    if kind.is_empty() {
        return Some("no type".to_owned());
    }
    let (_, texts, others) = FIELDS.iter().find(|(of, ..)| *of == kind)?;
    let no_text = |field: &&&str| !line.get(**field).is_some_and(Value::is_string);
    if let Some(field) = texts.iter().find(no_text) {
        return Some(format!("{kind} without a text in {field}"));
    }
    let field = others
        .iter()
        .find(|field| line.get(**field).is_none_or(Value::is_null))?;
    Some(format!("{kind} without {field}"))
}

fn odd_features(kind: &str, line: &Map<String, Value>) -> Option<String> {
    let greets = matches!(kind, "HELLO" | "HELLO_OK");
    (greets && !line.get("features").is_some_and(Value::is_array)).then(|| format!("{kind} without a list of features"))
}

fn odd_values(line: &Map<String, Value>) -> Option<String> {
    let ttl = line.get("ttl").and_then(Value::as_u64);
    if !ttl.is_some_and(|ttl| (1..=u64::from(LEASE_MAX_SECS)).contains(&ttl)) {
        return Some("a ttl that is none".to_owned());
    }
    let timestamp = line.get("timestamp")?;
    (!timestamp.as_str().is_some_and(is_iso)).then(|| "a timestamp that is none".to_owned())
}

/// A node speaks under the name of its greeting; what it passes on says so.
fn wrong_names(kind: &str, line: &Map<String, Value>, neighbor: Option<&str>) -> Option<String> {
    let neighbor = neighbor?;
    let says = |field: &str| line.get(field).and_then(Value::as_str);
    let wrong = match kind {
        "SEND" | "PUB" => says("via").or_else(|| says("src")) != Some(neighbor),
        "BYE" | "BYE_OK" => says("src") != Some(neighbor),
        _ => false,
    };
    wrong.then(|| format!("{kind} under another name than that of the greeting"))
}

/// Only greetings have keys; a receipt may have the number of a try.
fn sealed(kind: &str, line: &Map<String, Value>) -> Option<String> {
    if matches!(kind, "HELLO" | "HELLO_OK") {
        return None;
    }
    let x = line.get("x")?.as_object()?;
    (x.contains_key("sig") || x.contains_key("pk")).then(|| format!("{kind} with a signature"))
}

/// `2025-11-20T23:59:59Z`, with three or six digits of a fraction or without.
fn is_iso(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let Some(text) = text.strip_suffix('Z') else {
        return false;
    };
    let (seconds, fraction) = text.split_once('.').map_or((text, None), |(s, f)| (s, Some(f)));
    let fits = |(byte, shape): (&u8, &u8)| {
        if *shape == b'0' {
            byte.is_ascii_digit()
        } else {
            byte == shape
        }
    };
    let digits = |fraction: &str| matches!(fraction.len(), 3 | 6) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    seconds.len() == SHAPE.len() && seconds.as_bytes().iter().zip(SHAPE).all(fits) && fraction.is_none_or(digits)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of_papo(line: &Value) -> Option<String> {
        trouble(line.to_string().as_bytes(), Some("me@UnB"))
    }

    fn send() -> Value {
        json!({"type": "SEND", "msg_id": "a", "src": "me@UnB", "dst": "old@UnB", "payload": "oi", "require_ack": true,
            "ttl": 1})
    }

    #[test]
    fn what_is_as_it_should_be_is_borne() {
        assert_eq!(of_papo(&send()), None);
        let mut relayed = send();
        (relayed["src"], relayed["via"]) = (json!("far@UnB"), json!("me@UnB"));
        assert_eq!(of_papo(&relayed), None);
        for iso in [
            "2025-11-20T23:59:59Z",
            "2025-11-20T23:59:59.999Z",
            "2025-11-20T23:59:59.999999Z",
        ] {
            let ping = json!({"type": "PING", "msg_id": "p", "timestamp": iso, "ttl": 1});
            assert_eq!(of_papo(&ping), None);
        }
    }

    #[test]
    fn what_kills_one_of_them_is_not() {
        let mut lines = vec![
            json!({"type": "HELLO", "peer_id": "me@UnB", "version": "1.0", "features": null, "ttl": 1}),
            json!({"type": "HELLO_OK", "peer_id": "me@UnB", "version": "1.0", "ttl": 1}),
            json!({"type": "PING", "msg_id": "p", "timestamp": 17, "ttl": 1}),
            json!({"type": "PING", "msg_id": "p", "timestamp": "2025-11-20T23:59:59", "ttl": 1}),
            json!({"type": "PING", "msg_id": "p", "timestamp": "2025-11-20T23:59:59.9Z", "ttl": 1}),
            json!({"type": "ACK", "msg_id": "a", "ttl": 1}),
            json!({"type": "BYE", "ttl": 1}),
            json!({"ttl": 1}),
            json!([1]),
        ];
        for (field, value) in [
            ("ttl", json!(0)),
            ("ttl", json!(86_401)),
            ("ttl", json!("1")),
            ("payload", json!(7)),
            ("require_ack", Value::Null),
            ("src", json!("far@UnB")),
            ("x", json!({"pk": "", "sig": ""})),
        ] {
            let mut line = send();
            line[field] = value;
            lines.push(line);
        }
        for line in &lines {
            assert!(of_papo(line).is_some(), "{line}");
        }
        for bytes in [&b""[..], b" \r", b"oi", b"{\"type\":\"\xc3\xa7\",\"ttl\":1}"] {
            assert!(trouble(bytes, None).is_some(), "{bytes:?}");
        }
    }
}
