//! How a node begins, ends and comes back.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rustix::process::Signal;

use crate::support::connect::Client;
use crate::support::folder::Folder;
use crate::support::peer::{Peer, peer};
use crate::support::port::Port;
use crate::support::registry::Rendezvous;

#[test]
fn every_end_says_goodbye_and_takes_the_registration_back() {
    for (signal, code) in [(Some(Signal::TERM), 0), (Some(Signal::INT), 130), (None, 0)] {
        let rendezvous = Rendezvous::start(&["--ephemeral"]);
        let state = Folder::new();
        let mut alice = Peer::at("alice@CIC", &state, rendezvous.address);
        alice.wait("rendezvous", |event| event["state"] == "registered");
        let mut bob = Peer::at("bob@CIC", &state, rendezvous.address);
        bob.meets("alice@CIC");
        alice.meets("bob@CIC");
        match signal {
            Some(signal) => bob.signal(signal),
            None => bob.type_line("quit"),
        }
        assert_eq!(bob.end(), Some(code));
        assert_eq!(alice.wait("neighbor_down", |_| true)["reason"], "their_bye");
        assert_eq!(rendezvous.names("CIC"), ["alice"]);
    }
}

#[test]
fn the_key_is_kept_and_a_peer_comes_back_at_another_port() {
    let rendezvous = Rendezvous::start(&["--ephemeral"]);
    let state = Folder::new();
    let mut alice = Peer::at("alice@CIC", &state, rendezvous.address);
    alice.wait("rendezvous", |event| event["state"] == "registered");
    let mut bob = Peer::at("bob@CIC", &state, rendezvous.address);
    bob.meets("alice@CIC");
    // The dialer knows it a moment before the other one does.
    alice.meets("bob@CIC");
    let key = state.path().join("papo").join("bob@CIC").join("identity");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&key).unwrap();
    bob.kill();
    alice.wait("neighbor_down", |_| true);
    let mut bob = Peer::at("bob@CIC", &state, rendezvous.address);
    assert_eq!(bob.meets("alice@CIC")["proven"], true);
    assert_eq!(fs::read(&key).unwrap(), before);
    alice.meets("bob@CIC");
    alice.delivers("bob", "de novo");
    bob.hears("de novo");
}

#[test]
fn the_same_name_with_another_key_is_refused_and_shown() {
    let (state, elsewhere) = (Folder::new(), Folder::new());
    let alone = ["--no-rendezvous"];
    let mut alice = Peer::start("alice@CIC", &state, &alone);
    let to_alice = alice.address();
    let dials = ["--no-rendezvous", "--connect", &to_alice];
    let mut bob = Peer::start("bob@CIC", &state, &dials);
    bob.meets("alice@CIC");
    alice.meets("bob@CIC");
    let _impostor = Peer::start("bob@CIC", &elsewhere, &dials);
    let told = alice.wait("impostor", |_| true);
    assert_eq!(told["peer_id"], "bob@CIC");
    alice.delivers("bob", "ainda é você");
    bob.hears("ainda é você");
}

#[test]
fn peers_go_on_without_their_rendezvous_and_return_to_it() {
    let port = Port::reserve();
    let address = port.address().to_string();
    let state = Folder::new();
    let server = ["--rendezvous", &address];
    let mut alice = Peer::start("alice@CIC", &state, &server);
    alice.wait("rendezvous", |event| event["state"] == "failing");
    let rendezvous = Rendezvous::start_at(&port, &["--ephemeral"]);
    alice.type_line("/reconnect");
    alice.wait("rendezvous", |event| event["state"] == "registered");
    let mut bob = Peer::start("bob@CIC", &state, &server);
    bob.meets("alice@CIC");
    rendezvous.process.kill();
    bob.delivers("alice", "sem servidor");
    alice.hears("sem servidor");
}

#[test]
fn a_node_that_does_not_listen_registers_a_port_all_the_same() {
    let rendezvous = Rendezvous::start(&["--ephemeral"]);
    let state = Folder::new();
    let address = rendezvous.address.to_string();
    let mut alice = Peer::start(
        "alice@CIC",
        &state,
        &["--rendezvous", &address, "--no-listen", "--port", "0"],
    );
    alice.wait("rendezvous", |event| event["state"] == "registered");
    assert_eq!(rendezvous.peers("CIC")[0]["port"], 7070);
}

#[test]
fn what_keeps_a_node_from_starting_is_said() {
    let state = Folder::new();
    let taken = Port::reserve();
    let rendezvous = Rendezvous::start_at(&taken, &["--ephemeral"]);
    let port = rendezvous.address.port().to_string();
    let no_key = state.file("diary");
    fs::write(&no_key, "querido diário").unwrap();
    let cases: [(&str, &[&str], i32, &str); 3] = [
        (
            "alice@CIC",
            &["--no-rendezvous", "--port", &port],
            3,
            "papo peer --port",
        ),
        (
            "alice@CIC",
            &["--no-rendezvous", "--identity", &no_key],
            4,
            "holds no key",
        ),
        ("alice", &["--no-rendezvous"], 2, "alice@CIC"),
    ];
    for (name, options, code, words) in cases {
        let (_, stderr, exit) = Client::start(peer(name, &state, options)).end();
        assert_eq!(exit, Some(code), "{stderr:#?}");
        assert!(stderr.iter().any(|line| line.contains(words)), "{words}: {stderr:#?}");
    }
    assert_eq!(fs::read_to_string(&no_key).unwrap(), "querido diário");
}
