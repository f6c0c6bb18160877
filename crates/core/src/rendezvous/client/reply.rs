//! What servers answer, in both dialects, believed as little as possible (docs/protocol.md 1.4, 1.5 and 1.9).

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::io::{Listed, Record, Trouble};
use crate::limits::{
    NAME_CHARS, RENDEZVOUS_BAN, RENDEZVOUS_BAN_MAX, RENDEZVOUS_COMPLAINT_CHARS, RENDEZVOUS_LEASE_MAX,
    RENDEZVOUS_LEASE_MIN, RENDEZVOUS_LISTED, RENDEZVOUS_REPLY_BYTES,
};
use crate::wire::rendezvous::{Claim, Purpose, Signed};

/// A reply, sorted by what it means for whoever asked.
#[derive(Debug)]
pub(super) enum Answer {
    /// Yes, with what else stands in the object.
    Yes(Map<String, Value>),
    /// This address is banned for so long.
    Banned(Duration),
    /// The server knows no registration of this address.
    NotRegistered,
    /// Anything else.
    No(Trouble),
}

/// What a DISCOVER brought.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Peers in the order of the list, all entries of one peer together, the freshest first.
    pub(super) peers: Vec<Listed>,
    /// Entries that were left out, besides copies and ourselves.
    pub(super) skipped: usize,
}

/// Reads everything that came until the server closed: the first JSON value of it counts.
pub(super) fn read(bytes: &[u8]) -> Answer {
    if bytes.len() > RENDEZVOUS_REPLY_BYTES {
        return Answer::No(Trouble::TooLong);
    }
    let text = String::from_utf8_lossy(bytes);
    if text.trim().is_empty() {
        // How servers greet an address from which too many connections came.
        return Answer::Banned(RENDEZVOUS_BAN);
    }
    let text = text.trim_start_matches('\u{feff}');
    let first = serde_json::Deserializer::from_str(text).into_iter::<Value>().next();
    let Some(Ok(Value::Object(object))) = first else {
        return Answer::No(Trouble::NotUnderstood);
    };
    match object.get("status").and_then(Value::as_str) {
        Some(status) if status.trim().eq_ignore_ascii_case("ok") => Answer::Yes(object),
        _ => complaint(&object).map_or(Answer::No(Trouble::NotUnderstood), |text| sort_complaint(&text)),
    }
}

/// Reads the lease out of the reply to a REGISTER that asked for `asked`.
pub(super) fn lease(object: &Map<String, Value>, asked: Duration) -> Duration {
    seconds(object.get("ttl"))
        .unwrap_or(asked)
        .clamp(RENDEZVOUS_LEASE_MIN, RENDEZVOUS_LEASE_MAX)
}

/// Reads the address that the server sees, under either name.
pub(super) fn observed(object: &Map<String, Value>) -> Option<IpAddr> {
    ["ip", "observed_ip"]
        .iter()
        .find_map(|key| object.get(*key)?.as_str()?.trim().parse::<IpAddr>().ok())
        .map(|address| address.to_canonical())
}

/// Reads the list out of the reply to a DISCOVER, without the peer `own`, a name and a namespace.
///
/// # Errors
///
/// [`Trouble::NotUnderstood`] when there is something else in the list's place.
pub(super) fn listing(object: &Map<String, Value>, own: (&str, &str)) -> Result<Listing, Trouble> {
    let entries = match object.get("peers") {
        None | Some(Value::Null) => return Ok(Listing::default()),
        Some(Value::Array(entries)) => entries,
        Some(_) => return Err(Trouble::NotUnderstood),
    };
    let mut skipped = entries.len().saturating_sub(RENDEZVOUS_LISTED);
    let mut peers = Vec::new();
    for value in entries.iter().take(RENDEZVOUS_LISTED) {
        match entry(value) {
            Some(listed) if (listed.name.as_str(), listed.namespace.as_str()) == own => {}
            Some(listed) => peers.push(listed),
            None => skipped += 1,
        }
    }
    Ok(Listing {
        peers: freshest_first(peers),
        skipped,
    })
}

fn complaint(object: &Map<String, Value>) -> Option<String> {
    let text = ["error", "message"]
        .iter()
        .find_map(|key| object.get(*key).filter(|value| !value.is_null()))
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        .or_else(|| object.get("status")?.as_str().map(str::to_owned))?;
    Some(text.chars().take(RENDEZVOUS_COMPLAINT_CHARS).collect())
}

fn sort_complaint(text: &str) -> Answer {
    if text.trim().eq_ignore_ascii_case("peer_not_registered") {
        return Answer::NotRegistered;
    }
    if text.contains("has been blocked") {
        let announced = text
            .split_once("lifted in ")
            .and_then(|(_, rest)| rest.split(|character: char| !character.is_ascii_digit()).next())
            .and_then(|digits| digits.parse().ok())
            .map_or(RENDEZVOUS_BAN, Duration::from_secs);
        return Answer::Banned(announced.clamp(Duration::from_secs(1), RENDEZVOUS_BAN_MAX));
    }
    Answer::No(Trouble::Refused(text.to_owned()))
}

fn entry(value: &Value) -> Option<Listed> {
    let object = value.as_object()?;
    let ip = observed(object).filter(|ip| {
        let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
        !ip.is_unspecified() && !ip.is_multicast() && !broadcast
    })?;
    let port = whole(object.get("port")?, false).and_then(|port| u16::try_from(port).ok())?;
    let (name, namespace) = (name(object.get("name")?)?, name(object.get("namespace")?)?);
    let left = seconds(object.get("expires_in"))
        .or_else(|| seconds(object.get("ttl")))
        .unwrap_or_default();
    let signed = object.get("x").and_then(|x| Signed::deserialize(x).ok());
    let record = signed.map(|signed| Record {
        key: signed.pk,
        seq: signed.seq,
        verified: Claim {
            purpose: Purpose::Register,
            namespace,
            name,
            port,
            seq: signed.seq,
        }
        .is_signed_by(&signed),
    });
    (port != 0).then(|| Listed {
        address: SocketAddr::new(ip, port),
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        left: left.min(RENDEZVOUS_LEASE_MAX),
        record,
    })
}

/// A name that can stand in an id `name@namespace`.
fn name(value: &Value) -> Option<&str> {
    let name = value.as_str()?;
    let fits = (1..=NAME_CHARS).contains(&name.chars().take(NAME_CHARS + 1).count());
    let clean = !name.chars().any(|character| character.is_control() || character == '@');
    (fits && clean).then_some(name)
}

/// Keeps peers in the order in which each first came, all entries of one together: of the same place the freshest
/// only, of different places the freshest first, and of two that are equally fresh the one that came later.
fn freshest_first(entries: Vec<Listed>) -> Vec<Listed> {
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut groups: Vec<Vec<Listed>> = Vec::new();
    for listed in entries {
        let place = *places
            .entry((listed.namespace.clone(), listed.name.clone()))
            .or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
        groups[place].push(listed);
    }
    for group in &mut groups {
        group.reverse();
        group.sort_by_key(|listed| std::cmp::Reverse(listed.left));
        let mut seen = BTreeSet::new();
        group.retain(|listed| seen.insert(listed.address));
    }
    groups.into_iter().flatten().collect()
}

/// Seconds, also as a text or a fraction; what is out of range is clamped, a fraction dropped.
fn seconds(value: Option<&Value>) -> Option<Duration> {
    whole(value?, true).map(|seconds| Duration::from_secs(u64::try_from(seconds.max(0)).unwrap_or(u64::MAX)))
}

/// A whole number, also as a text or a float, as both dialects take them.
fn whole(value: &Value, drop_fraction: bool) -> Option<i128> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from))
            .or_else(|| {
                let float = number.as_f64()?;
                let taken = drop_fraction || float.fract() == 0.0;
                // In these bounds the digits of a float are those of a number; beyond, every clamp ends the same.
                let digits = format!("{:.0}", float.trunc().clamp(-1e18, 1e18));
                taken.then(|| digits.parse().ok()).flatten()
            }),
        _ => None,
    }
}
