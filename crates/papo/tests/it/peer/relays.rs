//! Nodes that reach each other only over others.

use rustix::process::Signal;

use crate::support::folder::Folder;
use crate::support::peer::Peer;
use crate::support::registry::Rendezvous;

#[test]
fn two_that_nobody_can_dial_talk_over_a_third() {
    let rendezvous = Rendezvous::start(&["--ephemeral"]);
    let state = Folder::new();
    let mut middle = Peer::at("middle@CIC", &state, rendezvous.address);
    middle.wait("rendezvous", |event| event["state"] == "registered");
    let address = rendezvous.address.to_string();
    // The port that they register is nobody's.
    let hidden = ["--rendezvous", &address, "--no-listen", "--port", "9"];
    let mut alice = Peer::start("alice@CIC", &state, &hidden);
    let mut bob = Peer::start("bob@CIC", &state, &hidden);
    alice.meets("middle@CIC");
    bob.meets("middle@CIC");
    alice.delivers("bob", "por aqui");
    let heard = bob.hears("por aqui");
    assert_eq!(
        (&heard["via"], &heard["verified"]),
        (&"middle@CIC".into(), &true.into())
    );
    let routes = alice.items("/routes", "routes");
    let way = routes.iter().find(|route| route["destination"] == "bob@CIC").unwrap();
    assert_eq!((&way["next_hop"], &way["hops"]), (&"middle@CIC".into(), &2.into()));
    bob.type_line("/pub * a todos");
    alice.hears("a todos");
}

/// Nodes in a row, each dialing the one before.
fn row(state: &Folder, length: usize) -> Vec<Peer> {
    let mut nodes: Vec<Peer> = Vec::new();
    for number in 0..length {
        add_to(&mut nodes, state, number);
    }
    nodes
}

fn add_to(nodes: &mut Vec<Peer>, state: &Folder, number: usize) {
    let before = nodes.last().map(Peer::address);
    let mut options = vec!["--no-rendezvous"];
    if let Some(before) = &before {
        options.extend(["--connect", before]);
    }
    let mut node = Peer::start(&format!("n{number}@CIC"), state, &options);
    if let Some(before) = nodes.last_mut() {
        node.meets(&format!("n{}@CIC", number - 1));
        before.meets(&format!("n{number}@CIC"));
    }
    nodes.push(node);
}

#[test]
fn seven_relays_deliver_and_eight_are_too_many() {
    let state = Folder::new();
    let mut nodes = row(&state, 9);
    nodes[0].delivers("n8", "longe");
    nodes[8].hears("longe");
    add_to(&mut nodes, &state, 9);
    nodes[0].type_line("/msg n9 longe demais");
    let failed = nodes[0].wait("failed", |_| true);
    assert_eq!(
        (&failed["dst"], &failed["code"]),
        (&"n9@CIC".into(), &"ttl_expired".into())
    );
}

#[test]
fn a_relay_that_dies_is_gone_around_and_without_another_way_the_reason_is_told() {
    let state = Folder::new();
    let alone = ["--no-rendezvous"];
    let mut alice = Peer::start("alice@CIC", &state, &alone);
    let to_alice = alice.address();
    let relay = |name: &str| {
        let mut relay = Peer::start(name, &state, &["--no-rendezvous", "--connect", &to_alice]);
        relay.meets("alice@CIC");
        relay
    };
    let (left, right) = (relay("left@CIC"), relay("right@CIC"));
    let (to_left, to_right) = (left.address(), right.address());
    let both = [
        "--no-rendezvous",
        "--no-listen",
        "--connect",
        &to_left,
        "--connect",
        &to_right,
    ];
    let mut bob = Peer::start("bob@CIC", &state, &both);
    bob.meets("left@CIC");
    bob.meets("right@CIC");
    alice.delivers("bob", "um");
    let way = bob.hears("um")["via"].as_str().unwrap().to_owned();
    let (dead, other) = if way == "left@CIC" {
        (left, right)
    } else {
        (right, left)
    };
    dead.kill();
    alice.delivers("bob", "dois");
    assert_ne!(bob.hears("dois")["via"], way.as_str());
    other.signal(Signal::KILL);
    alice.type_line("/msg bob três");
    let failed = alice.wait("failed", |_| true);
    assert_eq!(failed["dst"], "bob@CIC");
    assert!(!failed["detail"].as_str().unwrap().is_empty());
}
