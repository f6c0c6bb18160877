//! What has to come back, and how a reply is held against it.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::case::{Dialect, code_key};
use super::exchange::{End, Outcome};
use super::problem::{Flaw, Kind, Shown};
use crate::text::Message;

mod list;

/// What has to come back on one connection. Success may hold more keys than asked for, an error may not.
#[derive(Debug, Clone, Copy)]
pub enum Expect {
    /// REGISTER succeeded, with this port and this lease in seconds.
    Registered {
        /// The port as a number.
        port: u64,
        /// The lease that was granted.
        ttl: u64,
    },
    /// The list of the case's namespace holds exactly these records, in this order.
    Peers(&'static [Peer]),
    /// The list of everything holds these records of the case's namespace, or is a sample because it is long.
    Among(&'static [Peer]),
    /// Some list.
    List,
    /// Some list, and all of it in one write.
    InOneWrite,
    /// Success, whatever else is said.
    Done,
    /// The code of a bad field, under the key of the dialect.
    Code(&'static str),
    /// The line was too long.
    TooLong,
    /// A text under `message`, in both dialects.
    Says(&'static str),
    /// Who says nothing is told so after about five seconds.
    Idle,
    /// The server ends the connection in any way.
    Ended,
    /// The first in the dialect of September 2025, the second in that of November 2025.
    By(&'static Self, &'static Self),
}

/// One record of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its name.
    pub name: &'static str,
    /// Its port.
    pub port: u64,
    /// The lease that was granted, in seconds.
    pub ttl: u64,
}

/// What is known when a reply is judged.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) dialect: Dialect,
    /// The namespace of the case.
    pub(super) namespace: &'a str,
    /// Time since the case began, in seconds of the wire: no record of the case is older.
    pub(super) age: f64,
    /// How long a second of the wire is here.
    pub(super) second: Duration,
    /// Our own address as the server told it in this case.
    pub(super) observed: Option<IpAddr>,
}

/// A list as long as this may be a sample of what there is.
const SAMPLED_BYTES: usize = 24 * 1024;
/// A reply of this size fits into one segment everywhere, so that only two writes tear it.
const SEGMENT_BYTES: usize = 1400;
/// What an idle connection is told.
pub(super) const IDLE_TEXT: &str = "Timeout: no data received, closing connection";
/// When it is told, in seconds: five, with some patience.
const IDLE_SECONDS: std::ops::RangeInclusive<f64> = 4.0..=15.0;
/// The address that one case claims to have. It belongs to nobody (RFC 5737).
const FORGED: &str = "203.0.113.9";

impl Expect {
    /// Holds a reply against what is expected.
    pub(super) fn judge(&self, outcome: &Outcome, scene: &mut Scene<'_>) -> Result<(), Flaw> {
        match self {
            Self::By(september, november) => match scene.dialect {
                Dialect::September => september.judge(outcome, scene),
                Dialect::November => november.judge(outcome, scene),
            },
            Self::Ended => match outcome.end {
                End::StillOpen => Err(Flaw::new(Kind::Wrong)),
                End::Unreachable(_) => Err(Flaw::new(Kind::Unreachable)),
                _ => Ok(()),
            },
            Self::Idle => idle(outcome, scene),
            Self::InOneWrite => {
                reply(outcome).and_then(|found| list::of(&found).map(drop))?;
                let torn = outcome.first < outcome.bytes.len() && outcome.bytes.len() < SEGMENT_BYTES;
                if torn { Err(Flaw::new(Kind::Torn)) } else { Ok(()) }
            }
            Self::Registered { port, ttl } => registered(&reply(outcome)?, *port, *ttl, outcome, scene),
            Self::Peers(wanted) => list::whole(&reply(outcome)?, wanted, scene),
            Self::Among(wanted) => {
                let long = outcome.bytes.len() >= SAMPLED_BYTES;
                list::among(&reply(outcome)?, wanted, long, scene)
            }
            Self::List => list::of(&reply(outcome)?).map(drop),
            Self::Done => succeeded(&reply(outcome)?),
            Self::Code(_) | Self::TooLong | Self::Says(_) => equal(&reply(outcome)?, &self.error(scene.dialect)),
        }
    }

    /// The whole error reply that this stands for.
    fn error(&self, dialect: Dialect) -> Map<String, Value> {
        let mut error = Map::new();
        error.insert("status".to_owned(), json!("ERROR"));
        match self {
            Self::Code(code) => {
                error.insert(code_key(dialect).to_owned(), json!(code));
            }
            Self::TooLong => {
                error.insert(code_key(dialect).to_owned(), json!("line_too_long"));
                error.insert("limit".to_owned(), json!(32_768));
            }
            Self::Says(text) => {
                error.insert("message".to_owned(), json!(text));
            }
            Self::Idle => {
                error.insert("message".to_owned(), json!(IDLE_TEXT));
            }
            _ => {}
        }
        error
    }

    /// What is expected, for people.
    pub(super) fn shown(&self, dialect: Dialect) -> Shown {
        Shown::Wire(match self {
            Self::By(september, november) => {
                return match dialect {
                    Dialect::September => september.shown(dialect),
                    Dialect::November => november.shown(dialect),
                };
            }
            Self::Ended => return Shown::Said(Message::new("check-want-ended")),
            Self::Idle => {
                let text = object(&self.error(dialect));
                return Shown::Said(Message::new("check-want-idle").with("reply", text));
            }
            Self::Registered { port, ttl } => match dialect {
                Dialect::September => {
                    format!(r#"{{"status":"OK","ttl":{ttl},"observed_ip":"…","observed_port":…}}"#)
                }
                Dialect::November => format!(r#"{{"status":"OK","ttl":{ttl},"ip":"…","port":{port}}}"#),
            },
            Self::Peers(peers) => format!(r#"{{"status":"OK","peers":[{}]}}"#, records(peers)),
            Self::Among(peers) => format!(r#"{{"status":"OK","peers":[…,{},…]}}"#, records(peers)),
            Self::List | Self::InOneWrite => r#"{"status":"OK","peers":[…]}"#.to_owned(),
            Self::Done => r#"{"status":"OK"}"#.to_owned(),
            Self::Code(_) | Self::TooLong | Self::Says(_) => object(&self.error(dialect)),
        })
    }
}

fn records(peers: &[Peer]) -> String {
    let mut text = String::new();
    for (index, peer) in peers.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let (name, port, ttl) = (json!(peer.name), peer.port, peer.ttl);
        // Writing to a text cannot fail.
        let _ = write!(text, r#"{comma}{{"name":{name},"port":{port},"ttl":{ttl},…}}"#);
    }
    text
}

/// The object as a line, `status` first as servers write it.
fn object(error: &Map<String, Value>) -> String {
    let mut text = r#"{"status":"ERROR""#.to_owned();
    for (key, value) in error.iter().filter(|(key, _)| *key != "status") {
        let _ = write!(text, ",{}:{value}", json!(key));
    }
    text.push('}');
    text
}

/// The one object that a reply is: a line, a newline, the end.
fn reply(outcome: &Outcome) -> Result<Map<String, Value>, Flaw> {
    let fail = |kind| Err(Flaw::new(kind));
    let Some(newline) = outcome.bytes.iter().position(|&byte| byte == b'\n') else {
        return match &outcome.end {
            End::Unreachable(_) => fail(Kind::Unreachable),
            End::Reset => fail(Kind::Reset),
            End::StillOpen if outcome.bytes.is_empty() => fail(Kind::Silent),
            End::Closed if outcome.bytes.is_empty() => fail(Kind::NoReply),
            End::StillOpen | End::Closed => fail(Kind::NoNewline),
            End::Endless => fail(Kind::Endless),
        };
    };
    if newline + 1 < outcome.bytes.len() {
        return fail(Kind::ManyLines);
    }
    match &outcome.end {
        End::Reset => return fail(Kind::Reset),
        End::StillOpen => return fail(Kind::NotClosed),
        _ => {}
    }
    match serde_json::from_slice(&outcome.bytes[..newline]) {
        Ok(Value::Object(found)) => Ok(found),
        Ok(_) => fail(Kind::NoObject),
        Err(_) => fail(Kind::NoJson),
    }
}

fn succeeded(found: &Map<String, Value>) -> Result<(), Flaw> {
    match found.get("status") {
        Some(Value::String(status)) if status == "OK" => Ok(()),
        Some(_) => Err(Flaw::new(Kind::Wrong)),
        None => Err(Flaw::at(Kind::MissingKey, "status")),
    }
}

/// An error reply is compared whole: test suites do so too.
fn equal(found: &Map<String, Value>, wanted: &Map<String, Value>) -> Result<(), Flaw> {
    if found == wanted {
        return Ok(());
    }
    let differs = |(key, value): &(&String, &Value)| found.get(key.as_str()) != Some(*value);
    let Some((key, value)) = wanted.iter().find(differs) else {
        let extra = found.keys().find(|key| !wanted.contains_key(*key));
        return Err(Flaw::at(Kind::ExtraKey, extra.map_or("", String::as_str)));
    };
    let other = if key == "error" { "message" } else { "error" };
    if matches!(key.as_str(), "error" | "message") && found.get(other) == Some(value) {
        return Err(Flaw::at(Kind::WrongKey, other));
    }
    if !found.contains_key(key) && found.get("status") == wanted.get("status") && key == "limit" {
        return Err(Flaw::at(Kind::MissingKey, key));
    }
    Err(Flaw::new(Kind::Wrong))
}

fn registered(
    found: &Map<String, Value>,
    port: u64,
    ttl: u64,
    outcome: &Outcome,
    scene: &mut Scene<'_>,
) -> Result<(), Flaw> {
    succeeded(found)?;
    let (ip_key, port_key) = match scene.dialect {
        Dialect::September => ("observed_ip", "observed_port"),
        Dialect::November => ("ip", "port"),
    };
    if let Some(missing) = ["ttl", ip_key, port_key].iter().find(|key| !found.contains_key(**key)) {
        return Err(Flaw::at(Kind::MissingKey, missing));
    }
    if found["ttl"] != json!(ttl) {
        return Err(Flaw::at(Kind::Wrong, "ttl"));
    }
    let observed = plain_address(&found[ip_key]).ok_or_else(|| Flaw::at(Kind::Address, ip_key))?;
    let told = found[port_key].as_u64();
    match scene.dialect {
        Dialect::November if told != Some(port) => return Err(Flaw::at(Kind::Wrong, port_key)),
        Dialect::November => {}
        Dialect::September => {
            // Behind a translation of addresses the server sees another port than we do, and another address too.
            let ours = outcome.local.filter(|local| local.ip().to_canonical() == observed);
            let possible = told.is_some_and(|told| (1..=65_535).contains(&told));
            if !possible || ours.is_some_and(|ours| told != Some(u64::from(ours.port()))) {
                return Err(Flaw::at(Kind::SourcePort, port_key));
            }
        }
    }
    scene.observed = Some(observed);
    Ok(())
}

/// An address as a server observes one: no name, no IPv4 in the disguise of IPv6, and not what the client claimed.
fn plain_address(value: &Value) -> Option<IpAddr> {
    let text = value.as_str()?;
    let address: IpAddr = text.parse().ok()?;
    let plain = address.to_canonical() == address && !address.is_unspecified() && text != FORGED;
    plain.then_some(address)
}

fn idle(outcome: &Outcome, scene: &Scene<'_>) -> Result<(), Flaw> {
    match reply(outcome) {
        Ok(found) => equal(&found, &Expect::Idle.error(scene.dialect))?,
        // That nothing comes is what the case itself is about.
        Err(flaw) if matches!(flaw.kind, Kind::Silent) => return Err(Flaw::new(Kind::Wrong)),
        Err(flaw) => return Err(flaw),
    }
    let seconds = outcome.took.as_secs_f64() / scene.second.as_secs_f64();
    if IDLE_SECONDS.contains(&seconds) {
        Ok(())
    } else {
        Err(Flaw::new(Kind::Wrong).after(seconds))
    }
}

#[cfg(test)]
mod tests;
