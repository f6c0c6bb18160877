//! Lists of records.

use serde_json::{Map, Value, json};

use super::{Peer, Scene, plain_address, succeeded};
use crate::check::case::Dialect;
use crate::check::problem::{Flaw, Kind};

/// The list of a reply that succeeded.
pub(super) fn of(found: &Map<String, Value>) -> Result<&Vec<Value>, Flaw> {
    succeeded(found)?;
    match found.get("peers") {
        Some(Value::Array(peers)) => Ok(peers),
        Some(_) => Err(Flaw::at(Kind::Wrong, "peers")),
        None => Err(Flaw::at(Kind::MissingKey, "peers")),
    }
}

/// The list holds exactly these records of the case's namespace, in order.
pub(super) fn whole(found: &Map<String, Value>, wanted: &[Peer], scene: &Scene<'_>) -> Result<(), Flaw> {
    let peers = of(found)?;
    if lapsed(wanted, scene) {
        return Ok(());
    }
    for (index, peer) in peers.iter().enumerate() {
        record(peer, index, scene)?;
    }
    same(&peers.iter().collect::<Vec<_>>(), wanted, scene)
}

/// The list holds these records of the case's namespace, unless it is so long that it is a sample.
pub(super) fn among(found: &Map<String, Value>, wanted: &[Peer], long: bool, scene: &Scene<'_>) -> Result<(), Flaw> {
    let peers = of(found)?;
    if long || lapsed(wanted, scene) {
        return Ok(());
    }
    let ours: Vec<&Value> = peers
        .iter()
        .filter(|peer| peer["namespace"] == json!(scene.namespace))
        .collect();
    for peer in &ours {
        let index = peers.iter().position(|other| other == *peer).unwrap_or_default();
        record(peer, index, scene)?;
    }
    same(&ours, wanted, scene)
}

/// We were too slow to see a record before its lease ended: then nothing can be said about the server.
fn lapsed(wanted: &[Peer], scene: &Scene<'_>) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "a lease is far below 2^52 seconds")]
    wanted.iter().any(|peer| scene.age >= peer.ttl as f64)
}

fn same(found: &[&Value], wanted: &[Peer], scene: &Scene<'_>) -> Result<(), Flaw> {
    let fits = |(found, wanted): (&&Value, &Peer)| {
        found["name"] == json!(wanted.name)
            && found["port"] == json!(wanted.port)
            && found["ttl"] == json!(wanted.ttl)
            && found["namespace"] == json!(scene.namespace)
    };
    if found.len() == wanted.len() && found.iter().zip(wanted).all(fits) {
        Ok(())
    } else {
        Err(Flaw::at(Kind::Wrong, "peers"))
    }
}

/// One record has all keys of the dialect, and each means what it should.
fn record(peer: &Value, index: usize, scene: &Scene<'_>) -> Result<(), Flaw> {
    const KEYS: [&str; 6] = ["ip", "port", "name", "namespace", "ttl", "expires_in"];
    let place = |key: &str| format!("peers[{index}].{key}");
    let Value::Object(peer) = peer else {
        return Err(Flaw::at(Kind::Wrong, &format!("peers[{index}]")));
    };
    let observed: &[&str] = match scene.dialect {
        Dialect::September => &["observed_ip", "observed_port"],
        Dialect::November => &[],
    };
    if let Some(missing) = KEYS.iter().chain(observed).find(|key| !peer.contains_key(**key)) {
        return Err(Flaw::at(Kind::MissingKey, &place(missing)));
    }
    for key in std::iter::once("ip").chain(observed.first().copied()) {
        let address = plain_address(&peer[key]);
        if address.is_none() || scene.observed.is_some_and(|observed| address != Some(observed)) {
            return Err(Flaw::at(Kind::Address, &place(key)));
        }
    }
    if let Some(wrong) = ["port", "ttl", "expires_in"].iter().find(|key| !peer[**key].is_u64()) {
        return Err(Flaw::at(Kind::NoNumber, &place(wrong)));
    }
    let (ttl, left) = (peer["ttl"].as_u64().unwrap_or_default(), peer["expires_in"].as_u64());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the age of a case is small and positive"
    )]
    let age = scene.age.ceil() as u64;
    // One second more: some servers note the time in whole seconds.
    let least = ttl.saturating_sub(age + 1);
    if left.is_some_and(|left| (least..=ttl).contains(&left)) {
        Ok(())
    } else {
        Err(Flaw::at(Kind::ExpiresIn, &place("expires_in")))
    }
}
