use papo_core::error::Code;
use serde_json::{Value, json};

use super::*;
use crate::node::view::tests::{message, msg_id, peer, snapshot};

/// The line, which must begin with its event, read back.
fn read(line: &Line<'_>) -> Value {
    let text = line.write();
    assert!(text.starts_with("{\"event\":\"") && !text.contains('\n'), "{text}");
    serde_json::from_str(&text).unwrap()
}

fn of(event: &Event) -> Value {
    read(&Line::from(event))
}

#[test]
fn messages_and_what_becomes_of_them() {
    assert_eq!(
        of(&message(Kind::Send, "bob@CIC", true, None)),
        json!({"event": "message", "kind": "SEND", "msg_id": "m-1", "src": "alice@CIC", "dst": "bob@CIC",
            "payload": "Olá", "ttl": 7, "verified": true})
    );
    let published = of(&message(Kind::Pub, "#CIC", false, Some("caio@UnB")));
    assert_eq!(
        (&published["kind"], &published["via"], &published["verified"]),
        (&json!("PUB"), &json!("caio@UnB"), &json!(false))
    );
    let sent = Event::Sent {
        msg_id: msg_id(),
        dst: "*".to_owned(),
    };
    assert_eq!(of(&sent), json!({"event": "sent", "msg_id": "m-1", "dst": "*"}));
    let delivered = Event::Delivered {
        msg_id: msg_id(),
        dst: peer("alice@CIC"),
        after: Duration::from_micros(12_345),
        verified: true,
    };
    assert_eq!(
        of(&delivered),
        json!({"event": "delivered", "msg_id": "m-1", "dst": "alice@CIC", "rtt_ms": 12.345, "verified": true})
    );
    let failed = Event::Failed {
        msg_id: msg_id(),
        dst: peer("alice@CIC"),
        code: Code::NoRoute,
        detail: "x".to_owned(),
    };
    assert_eq!(
        of(&failed),
        json!({"event": "failed", "msg_id": "m-1", "dst": "alice@CIC", "code": "no_route", "detail": "x"})
    );
}

#[test]
fn neighbors_and_troubles() {
    let address: SocketAddr = "10.0.0.7:1".parse().unwrap();
    let up = Event::NeighborUp {
        peer: peer("alice@CIC"),
        direction: Direction::Inbound,
        proven: true,
        address,
    };
    assert_eq!(
        of(&up),
        json!({"event": "neighbor_up", "peer_id": "alice@CIC", "direction": "inbound", "proven": true,
            "address": "10.0.0.7:1"})
    );
    let down = Event::NeighborDown {
        peer: peer("alice@CIC"),
        direction: Direction::Outbound,
        reason: CloseReason::TheirBye,
    };
    assert_eq!(
        of(&down),
        json!({"event": "neighbor_down", "peer_id": "alice@CIC", "direction": "outbound", "reason": "their_bye"})
    );
    let refused = Event::Refused {
        code: Code::OverQuota,
        about: "alice@CIC".to_owned(),
    };
    assert_eq!(
        of(&refused),
        json!({"event": "error", "code": "over_quota", "detail": "alice@CIC"})
    );
    let error = Event::PeerError {
        peer: peer("alice@CIC"),
        code: "odd".to_owned(),
        detail: "d".to_owned(),
    };
    assert_eq!(
        of(&error),
        json!({"event": "error", "code": "odd", "detail": "d", "peer_id": "alice@CIC"})
    );
    let pong = Event::Pong {
        peer: peer("alice@CIC"),
        rtt: Duration::from_millis(3),
    };
    assert_eq!(of(&pong), json!({"event": "pong", "peer_id": "alice@CIC", "rtt_ms": 3}));
    let dropped = Event::Dropped {
        src: None,
        via: Some(peer("alice@CIC")),
        cause: DropCause::TooFast,
    };
    assert_eq!(
        of(&dropped),
        json!({"event": "dropped", "src": null, "via": "alice@CIC", "cause": "too_fast"})
    );
    let impostor = Event::Impostor {
        peer: peer("alice@CIC"),
        address,
    };
    assert_eq!(
        of(&impostor),
        json!({"event": "impostor", "peer_id": "alice@CIC", "address": "10.0.0.7:1"})
    );
}

#[test]
fn states_are_lists_of_items() {
    let snapshot = snapshot();
    let items = snapshot.peers.iter().map(Into::into).collect();
    assert_eq!(
        read(&Line::Peers { items }),
        json!({"event": "peers", "items": [
            {"peer_id": "alice@CIC", "addresses": ["10.0.0.7:7070"], "connected": true, "failures": 0,
                "next_dial_ms": null},
            {"peer_id": "caio@UnB", "addresses": [], "connected": false, "failures": 2, "next_dial_ms": 4900},
        ]})
    );
    let items = snapshot.conns.iter().map(Into::into).collect();
    assert_eq!(
        read(&Line::Conn { items }),
        json!({"event": "conn", "items": [
            {"peer_id": "alice@CIC", "address": "10.0.0.7:7070", "direction": "outbound", "proven": true,
                "age_ms": 63_000, "rtt_ms": 1.25, "lines_received": 12, "bytes_received": 3456, "lines_sent": 1,
                "bytes_sent": 90, "bytes_queued": 0},
        ]})
    );
    let items = snapshot.routes.iter().map(Into::into).collect();
    assert_eq!(
        read(&Line::Routes { items }),
        json!({"event": "routes", "items": [
            {"destination": "caio@UnB", "next_hop": "alice@CIC", "hops": 2, "age_ms": 3_700_000, "rtt_ms": null},
        ]})
    );
    let items = snapshot.rtts.iter().map(Into::into).collect();
    assert_eq!(
        read(&Line::Rtt { items }),
        json!({"event": "rtt", "items": [
            {"peer_id": "alice@CIC", "smoothed_ms": 1.25, "jitter_ms": 0.049, "last_ms": 2, "samples": 3},
        ]})
    );
}

#[test]
fn ready_status_and_rendezvous() {
    let own = peer("bob@CIC");
    let ready = Line::Ready {
        peer_id: &own,
        port: 7070,
        addresses: &[],
    };
    assert_eq!(
        read(&ready),
        json!({"event": "ready", "peer_id": "bob@CIC", "port": 7070, "addresses": []})
    );
    let state = RendezvousState::Registered {
        observed: Some("10.0.0.2".parse().unwrap()),
        left: Duration::from_secs(5),
    };
    let snapshot = snapshot();
    let status = Line::Status {
        peer_id: &own,
        rendezvous: Rendezvous::new(&state, Some("h:5000")),
        counters: Counters(&snapshot),
    };
    assert_eq!(
        read(&status),
        json!({"event": "status", "peer_id": "bob@CIC", "rendezvous": {"server": "h:5000", "state": "registered",
            "observed": "10.0.0.2", "left_ms": 5000}, "counters": {"sent": 10, "queued_bytes": 0}})
    );
    let state = RendezvousState::Failing {
        reason: Trouble::Refused("no".to_owned()),
        next_try: Duration::from_secs(1),
    };
    let changed = Line::Rendezvous {
        state: Rendezvous::new(&state, Some("h:5000")),
    };
    assert_eq!(
        read(&changed),
        json!({"event": "rendezvous", "server": "h:5000", "state": "failing", "next_try_ms": 1000, "reason": "no"})
    );
}
