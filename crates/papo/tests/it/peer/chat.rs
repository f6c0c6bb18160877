//! Nodes that reach each other.

use serde_json::Value;

use crate::support::folder::Folder;
use crate::support::peer::Peer;
use crate::support::registry::Rendezvous;

#[test]
fn two_find_each_other_and_talk_both_ways() {
    for dialect in ["2025-09", "2025-11"] {
        let rendezvous = Rendezvous::start(&["--ephemeral", "--dialect", dialect]);
        let state = Folder::new();
        let mut alice = Peer::at("alice@CIC", &state, rendezvous.address);
        alice.wait("rendezvous", |event| event["state"] == "registered");
        let mut bob = Peer::at("bob@CIC", &state, rendezvous.address);
        assert_eq!(bob.meets("alice@CIC")["proven"], true);
        alice.meets("bob@CIC");
        assert!(alice.delivers("bob", "olá, açaí 🍧")["rtt_ms"].as_f64().unwrap() > 0.0);
        let heard = bob.hears("olá, açaí 🍧");
        assert_eq!(
            (&heard["kind"], &heard["src"], &heard["dst"]),
            (&Value::from("SEND"), &Value::from("alice@CIC"), &Value::from("bob@CIC"))
        );
        assert_eq!(heard["verified"], true);
        bob.delivers("@alice@CIC", "oi");
        alice.hears("oi");
        alice.type_line("/pub #CIC só nós");
        assert_eq!(bob.hears("só nós")["dst"], "#CIC");
        bob.type_line("PUB * a todos");
        assert_eq!(alice.hears("a todos")["kind"], "PUB");
    }
}

#[test]
fn what_a_node_knows_can_be_asked() {
    let rendezvous = Rendezvous::start(&["--ephemeral"]);
    let state = Folder::new();
    let mut alice = Peer::at("alice@CIC", &state, rendezvous.address);
    alice.wait("rendezvous", |event| event["state"] == "registered");
    let mut bob = Peer::at("bob@CIC", &state, rendezvous.address);
    bob.meets("alice@CIC");
    alice.meets("bob@CIC");
    bob.type_line("/ping alice");
    bob.wait("pong", |event| event["peer_id"] == "alice@CIC");
    let conns = bob.items("/conn", "conn");
    assert_eq!(conns.len(), 1);
    assert_eq!(
        (&conns[0]["peer_id"], &conns[0]["proven"]),
        (&"alice@CIC".into(), &true.into())
    );
    assert_eq!(bob.items("/routes", "routes")[0]["next_hop"], "alice@CIC");
    assert_eq!(bob.items("/rtt", "rtt")[0]["peer_id"], "alice@CIC");
    assert_eq!(alice.items("/peers", "peers")[0]["peer_id"], "bob@CIC");
    assert_eq!(alice.items("/peers #UnB", "peers").len(), 0);
    for wrong in ["olá", "/msgg bob oi", "/msg bob", "/msg alice eu"] {
        alice.type_line(wrong);
        alice.wait("error", |_| true);
    }
    alice.delivers("bob", "fim");
    bob.hears("fim");
    assert_eq!(
        bob.passed("olá") + bob.passed("oi"),
        0,
        "what is no command is never sent"
    );
}

#[test]
fn thirty_publish_at_once_and_everyone_hears_each_once() {
    const NODES: usize = 30;
    let rendezvous = Rendezvous::start(&["--ephemeral"]);
    let state = Folder::new();
    let name = |number: usize| format!("p{number}@CIC");
    let mut nodes: Vec<Peer> = (0..NODES)
        .map(|number| {
            let mut node = Peer::at(&name(number), &state, rendezvous.address);
            node.wait("rendezvous", |event| event["state"] == "registered");
            node
        })
        .collect();
    // Each meets one that was there before it, and both know: so the network hangs together.
    for number in 1..NODES {
        let up = nodes[number].wait("neighbor_up", |event| event["direction"] == "outbound");
        let met = up["peer_id"].as_str().unwrap().to_owned();
        let other = (0..NODES).find(|&other| name(other) == met).unwrap();
        nodes[other].meets(&name(number));
    }
    for (number, node) in nodes.iter_mut().enumerate() {
        node.type_line(&format!("/pub * de {number}"));
    }
    for (number, node) in nodes.iter_mut().enumerate() {
        for other in (0..NODES).filter(|&other| other != number) {
            node.hears(&format!("de {other}"));
        }
    }
    for node in &mut nodes {
        // Whatever was behind the last of them is here once this is answered.
        node.items("/conn", "conn");
        for other in 0..NODES {
            assert_eq!(node.passed(&format!("de {other}")), 0, "shown twice, or to its author");
        }
    }
}
