//! From a line to a reply.

use std::net::SocketAddr;

use serde_json::{Map, Value, json};

use super::registry::{Filter, Record};
use super::{Fault, Shared};
use papo::check::Dialect;

/// The code of what is wrong with a field.
type Checked<T> = Result<T, String>;

/// The reply to a line. None when the server falls over it.
pub(super) fn answer(server: &Shared, line: &[u8], peer: SocketAddr) -> Option<Value> {
    if server.has(Fault::FallsOverBadUtf8) && std::str::from_utf8(line).is_err() {
        return None;
    }
    let text = if server.has(Fault::RefusesCarriageReturns) && line.ends_with(b"\r") {
        "\r".to_owned() + &String::from_utf8_lossy(line)
    } else {
        String::from_utf8_lossy(line).into_owned()
    };
    let text = if server.has(Fault::DecodesEachPiece) {
        text.replace('é', "\u{fffd}\u{fffd}")
    } else {
        text
    };
    if text.trim().is_empty() && !server.has(Fault::BlankIsACommand) {
        return Some(says("Empty request line"));
    }
    if text.starts_with('\r') {
        return Some(says("Unknown command"));
    }
    let request = match serde_json::from_str(&text) {
        Ok(Value::Object(request)) => request,
        Ok(_) if server.has(Fault::FallsOverOtherJson) => return None,
        Err(_) if server.has(Fault::NamesBrokenJson) => return Some(says("invalid_json")),
        _ => return Some(says("Unknown command")),
    };
    let Some(kind) = request.get("type").and_then(Value::as_str) else {
        let named = server.has(Fault::NamesMissingType);
        return Some(says(if named { "missing_type" } else { "Unknown command" }));
    };
    let kind = if server.has(Fault::TrimsTypes) {
        kind.trim()
    } else {
        kind
    };
    let kind = if server.has(Fault::TypesInOneCase) {
        kind.to_owned()
    } else {
        kind.to_uppercase()
    };
    let reply = match kind.as_str() {
        "REGISTER" => register(server, &request, peer),
        "DISCOVER" => return Some(discover(server, &request, peer)),
        "UNREGISTER" => unregister(server, &request, peer),
        other if server.has(Fault::NamesUnknownTypes) => Ok(says(&format!("Unknown command {other}"))),
        _ => Ok(says("Unknown command")),
    };
    Some(reply.unwrap_or_else(|code| bad(server, &code)))
}

fn says(text: &str) -> Value {
    json!({"status": "ERROR", "message": text})
}

fn bad(server: &Shared, code: &str) -> Value {
    let september = server.dialect == Dialect::September;
    let (usual, other) = if september {
        ("error", "message")
    } else {
        ("message", "error")
    };
    let swapped = server.has(Fault::CodesOfTheOtherDialect);
    let key = if swapped { other } else { usual };
    let mut reply = json!({"status": "ERROR", key: code});
    if server.has(Fault::ErrorsSayMore) {
        reply["detail"] = json!("no");
    }
    reply
}

fn register(server: &Shared, request: &Map<String, Value>, peer: SocketAddr) -> Checked<Value> {
    if server.has(Fault::RefusesUnknownFields) && request.contains_key("colour") {
        return Err("bad_request".to_owned());
    }
    let port_first = server.has(Fault::ChecksThePortFirst).then(|| port(server, request));
    if let Some(Err(code)) = port_first {
        return Err(code);
    }
    let late_name = server.has(Fault::ChecksTheNameLast);
    let early = server.has(Fault::ChecksTheNamespaceBeforeTheLease);
    let name = if late_name {
        Ok(String::new())
    } else {
        word(server, request, "name")
    }?;
    if early {
        word(server, request, "namespace")?;
    }
    let ttl = ttl(server, request)?;
    let namespace = word(server, request, "namespace")?;
    let port = port(server, request)?;
    let name = if late_name {
        word(server, request, "name")?
    } else {
        name
    };
    let mut record = Record::new(peer, name, namespace, port.clone(), ttl.clone());
    if server.has(Fault::BelievesTheClient) {
        record.claimed = request.get("ip").cloned();
    }
    server.registry.lock().unwrap().register(record);
    server.registered.notify_one();
    Ok(match server.dialect {
        Dialect::September => {
            let observed = if server.has(Fault::RepeatsThePort) {
                port
            } else {
                json!(peer.port())
            };
            json!({"status": "OK", "ttl": ttl, "observed_ip": peer.ip(), "observed_port": observed})
        }
        Dialect::November => json!({"status": "OK", "ttl": ttl, "ip": peer.ip(), "port": port}),
    })
}

/// A name or a namespace.
fn word(server: &Shared, request: &Map<String, Value>, key: &str) -> Checked<String> {
    let name = key == "name";
    let bad = || format!("bad_{key}");
    let lenient = |in_names, in_namespaces| server.has(if name { in_names } else { in_namespaces });
    let text = match request.get(key) {
        None if lenient(Fault::NameMayBeMissing, Fault::NamespaceMayBeMissing) => "default".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) if lenient(Fault::NameMayBeNull, Fault::NamespaceMayBeNull) => "None".to_owned(),
        Some(Value::Number(number)) if lenient(Fault::NameMayBeANumber, Fault::NamespaceMayBeANumber) => {
            number.to_string()
        }
        Some(list @ Value::Array(_)) if lenient(Fault::NameMayBeAList, Fault::NameMayBeAList) => list.to_string(),
        _ => return Err(bad()),
    };
    let text = if lenient(Fault::TrimsNames, Fault::TrimsNamespaces) {
        text.trim().to_owned()
    } else {
        text
    };
    let length = match lenient(Fault::NamesCountBytes, Fault::NamespacesCountBytes) {
        true => text.len(),
        false if name && server.has(Fault::NamesWithAccentsOfAnyLength) && !text.is_ascii() => 1,
        false => text.chars().count(),
    };
    let least = usize::from(!lenient(Fault::NameMayBeEmpty, Fault::NamespaceMayBeEmpty));
    let most = if lenient(Fault::NamesUpTo63, Fault::NamespacesUpTo63) {
        63
    } else if lenient(Fault::NamesOfAnyLength, Fault::NamespacesOfAnyLength) {
        usize::MAX
    } else {
        64
    };
    if (least..=most).contains(&length) {
        Ok(text)
    } else {
        Err(bad())
    }
}

/// An integer, or a text or a float that is one; what is beyond an `i64` counts as its largest.
fn integer(value: &Value) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast from a float stops at the largest integer"
    )]
    let whole = |number: f64| (number.fract() == 0.0).then_some(number as i64);
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn port(server: &Shared, request: &Map<String, Value>) -> Checked<Value> {
    let bad = || Err("bad_port".to_owned());
    let given = request.get("port");
    let port = match given {
        None if server.has(Fault::PortMayBeMissing) => 5000,
        Some(Value::String(_)) if server.has(Fault::PortNeverText) => return bad(),
        Some(Value::String(text)) if server.has(Fault::PortTextStored) => return Ok(json!(text)),
        Some(Value::String(text)) if server.has(Fault::PortWordIsZero) => text.parse().unwrap_or(1),
        Some(Value::Number(number)) if number.is_f64() && server.has(Fault::PortNeverFloat) => return bad(),
        #[expect(clippy::cast_possible_truncation, reason = "the fault is to cut the fraction off")]
        Some(Value::Number(number)) if server.has(Fault::PortCutsFractions) => {
            number.as_f64().map_or(0, |number| number as i64)
        }
        Some(Value::Null) if server.has(Fault::PortMayBeNull) => 5000,
        Some(Value::Array(list)) if server.has(Fault::PortMayBeAList) => integer(&list[0]).unwrap_or(0),
        Some(value) => integer(value).unwrap_or(0),
        None => 0,
    };
    let least = match server.fault {
        Some(Fault::PortMayBeZero) => 0,
        Some(Fault::PortMayBeNegative) => i64::MIN,
        Some(Fault::PortFrom1024) if given != Some(&json!(0)) => 1024,
        _ => 1,
    };
    let most = match server.fault {
        Some(Fault::PortBelow65535) => 65_534,
        Some(Fault::PortOfAnySize) => i64::MAX,
        _ => 65_535,
    };
    if (least..=most).contains(&port) {
        Ok(json!(port))
    } else {
        bad()
    }
}

fn ttl(server: &Shared, request: &Map<String, Value>) -> Checked<Value> {
    let bad = || Err("bad_ttl".to_owned());
    let usual = if server.has(Fault::LeaseOfAnHour) { 3600 } else { 7200 };
    let ttl = match request.get("ttl") {
        None => usual,
        Some(Value::Null) if server.has(Fault::LeaseMayBeNull) => usual,
        Some(Value::String(_)) if server.has(Fault::LeaseNeverText) => return bad(),
        Some(Value::String(text)) if server.has(Fault::LeaseTextStored) => return Ok(json!(text)),
        Some(Value::String(text)) if server.has(Fault::LeaseWordIsDefault) => text.parse().unwrap_or(usual),
        Some(Value::Array(_)) if server.has(Fault::LeaseMayBeAList) => usual,
        Some(Value::Number(number)) if number.is_f64() && server.has(Fault::LeaseNeverFloat) => return bad(),
        Some(value) => match integer(value) {
            Some(ttl) => ttl,
            None => return bad(),
        },
    };
    match ttl {
        0 if server.has(Fault::LeaseZeroIsDefault) => Ok(json!(usual)),
        ..0 if server.has(Fault::LeaseNegativeRefused) => bad(),
        86_401 if server.has(Fault::LeaseOfAnyLength) => Ok(json!(ttl)),
        i64::MAX if server.has(Fault::LeaseHugeRefused) => bad(),
        _ => Ok(json!(ttl.clamp(1, 86_400))),
    }
}

fn discover(server: &Shared, request: &Map<String, Value>, peer: SocketAddr) -> Value {
    let september = server.dialect == Dialect::September;
    let mut registry = server.registry.lock().unwrap();
    if !september && !registry.knows(peer) && !server.has(Fault::AnswersStrangers) {
        return says("peer_not_registered");
    }
    let odd = |text: &str| text.is_empty() || text.chars().count() > 64;
    let refuse = |odd: bool| odd && september == server.has(Fault::OddNamespacesOfTheOtherDialect);
    let namespace = match request.get("namespace") {
        None if server.has(Fault::DiscoverNeedsANamespace) => return bad(server, "bad_namespace"),
        Some(Value::Null) if server.has(Fault::NullIsANamespace) => Some("null"),
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if refuse(odd(text)) => return bad(server, "bad_namespace"),
        Some(Value::String(text)) if text.is_empty() => None,
        Some(Value::String(text)) => Some(text.as_str()),
        Some(_) if refuse(true) => return bad(server, "bad_namespace"),
        // No record can be in it.
        Some(_) => Some("\0"),
    };
    let peers = registry.list(namespace, september);
    if peers.is_empty() && server.has(Fault::NothingFoundIsAnError) {
        return says("namespace_not_found");
    }
    json!({"status": "OK", "peers": peers})
}

fn unregister(server: &Shared, request: &Map<String, Value>, peer: SocketAddr) -> Checked<Value> {
    let september = server.dialect == Dialect::September;
    let mut registry = server.registry.lock().unwrap();
    if !september && !registry.knows(peer) && !server.has(Fault::AnswersStrangers) {
        return Ok(says("peer_not_registered"));
    }
    let namespace = request.get("namespace").and_then(Value::as_str);
    let strict = september == server.has(Fault::UnregisterOfTheOtherDialect);
    if namespace.is_none() && strict {
        return Ok(says("namespace_required"));
    }
    let port = match request.get("port") {
        None => None,
        Some(value) => {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let refused = if server.has(Fault::BadPortWithoutTheValue) {
                "bad_port".to_owned()
            } else {
                format!("bad_port ({shown})")
            };
            let port = integer(value).and_then(|port| u64::try_from(port).ok());
            if port.is_none() || (strict && !(1..=65_535).contains(&port.unwrap_or_default())) {
                return Err(refused);
            }
            port
        }
    };
    let filter = Filter {
        namespace,
        name: request.get("name").and_then(Value::as_str),
        port,
    };
    if registry.unregister(peer, &filter) == 0 && strict {
        return Ok(says("peer_credentials_do_not_match"));
    }
    Ok(json!({"status": "OK"}))
}
