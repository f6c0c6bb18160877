//! Two links between the same two proven nodes, of which one is given up: docs/protocol.md 3.3 and 3.5.

use serde_json::json;

use super::solo::{ME, Solo, publication, send, signed, types};
use super::*;

const NOVO: &str = "novo@UnB";

/// A node that gave up the first of two links to one peer, and both of them.
fn crossed() -> (Solo, PeerLinkId, PeerLinkId) {
    let mut solo = Solo::new();
    let (first, second) = (solo.papo(NOVO, 1), solo.prove(NOVO, 1));
    let heard = solo.hears(first);
    assert_eq!(types(&heard), ["BYE"]);
    assert_eq!(heard[0]["reason"], "duplicate");
    assert_eq!(solo.told(), [""; 0]);
    solo.hears(second);
    (solo, first, second)
}

#[test]
fn what_was_under_way_on_the_other_link_arrives() {
    let (mut solo, first, second) = crossed();
    let third = solo.papo("third@UnB", 3);
    solo.hears(third);
    solo.says(first, &signed(1, 1, solo.utc(), publication("p", NOVO, "*", "a todos")));
    solo.says(first, &signed(1, 2, solo.utc(), send("s", NOVO, ME, "a ti")));
    let search = json!({"type": "WHO_HAS", "msg_id": "w", "src": NOVO, "dst": ME, "ttl": 1});
    solo.says(first, &signed(1, 3, solo.utc(), search));
    solo.says(first, &json!({"type": "PING", "msg_id": "ping"}));
    assert_eq!(
        solo.told(),
        ["Pub novo@UnB → *: a todos", "Send novo@UnB → me@UnB: a ti"]
    );
    assert_eq!(types(&solo.hears(third)), ["PUB"]);
    assert_eq!(
        types(&solo.hears(second)),
        ["ACK", "WHO_HAS_HIT"],
        "answers take the link that stays"
    );
    assert!(solo.hears(first).is_empty(), "nothing follows goodbye");
}

#[test]
fn an_ack_on_the_link_that_goes_counts() {
    let (mut solo, first, _) = crossed();
    let id = solo.send(NOVO, "oi");
    let ack = json!({"type": "ACK", "msg_id": id.as_str(), "src": NOVO, "dst": ME, "ttl": 8});
    solo.says(first, &signed(1, 4, solo.utc(), ack));
    assert_eq!(solo.told(), ["delivered novo@UnB"]);
}

#[test]
fn nothing_is_taken_behind_their_goodbye_or_when_this_node_ends() {
    let (mut solo, first, _) = crossed();
    solo.says(first, &json!({"type": "BYE_OK"}));
    solo.says(first, &signed(1, 1, solo.utc(), publication("p", NOVO, "*", "tarde")));
    assert_eq!(solo.told(), [""; 0]);
    let other = solo.papo("third@UnB", 3);
    solo.command(Command::Quit);
    solo.told();
    solo.says(
        other,
        &signed(3, 1, solo.utc(), publication("p", "third@UnB", "*", "tarde")),
    );
    assert_eq!(solo.told(), [""; 0]);
}
