//! Proofs that come after the second that is waited for them: docs/protocol.md 3.6.

use serde_json::{Value, json};

use super::solo::{ME, Solo, host, key_of, publication, send, signed, types};
use super::*;
use crate::limits::PROVEN_PING;
use crate::wire::peer::handshake;

const NOVO: &str = "novo@UnB";

/// A node to which the holder of key 1 announced its proof more than a second ago, and that proof.
fn waiting() -> (Solo, PeerLinkId, String) {
    let mut solo = Solo::new();
    let link = solo.accept(host(1));
    let hello = handshake::hello(&peer(NOVO), &key_of(1), [1; 16]);
    let line = hello.strip_suffix(b"\n").unwrap();
    solo.input(Input::Line { link, line });
    let ok = solo.hears_raw(link).remove(0);
    let auth = handshake::x_auth(&key_of(1), &hello, &ok);
    solo.run(3 * SECOND / 2);
    assert_eq!(solo.told(), ["up novo@UnB legacy"]);
    (solo, link, String::from_utf8(auth).unwrap().trim_end().to_owned())
}

#[test]
fn a_proof_that_is_late_counts() {
    let (mut solo, link, auth) = waiting();
    solo.says_raw(link, &auth);
    let conns = solo.node.snapshot(solo.now).conns;
    assert!(conns[0].proven && conns.len() == 1);
    assert_eq!(solo.node.keys.known(&peer(NOVO)), Some(&key_of(1).public()));
    assert_eq!(solo.node.keys.pinned(), 1);
    // From now on both sign, and what is not signed is dropped.
    solo.trusts(link);
    solo.says(link, &signed(1, 1, solo.utc(), send("a", NOVO, ME, "oi")));
    solo.says(link, &publication("b", NOVO, "*", "sem assinatura"));
    assert_eq!(
        solo.told(),
        ["Send novo@UnB → me@UnB: oi", r#"dropped Some("novo@UnB") Forged"#]
    );
    solo.send(NOVO, "e tu?");
    let heard = solo.hears(link);
    assert_eq!(types(&heard), ["ACK", "SEND"]);
    assert!(heard.iter().all(|line| line["x"]["sig"].is_string()), "{heard:?}");
    solo.run(PROVEN_PING + SECOND);
    assert!(
        types(&solo.hears(link)).contains(&"PING"),
        "asked for signs of life as often as others"
    );
    solo.close(link);
    assert_eq!(solo.node.keys.pinned(), 0);
}

#[test]
fn a_late_proof_counts_only_when_nothing_else_came_before_it() {
    let others: [fn(&mut Solo, PeerLinkId); 4] = [
        |solo, link| solo.says(link, &json!({"type": "PING", "msg_id": "p"})),
        |solo, link| solo.says(link, &publication("b", NOVO, "*", "oi")),
        |solo, link| solo.says_raw(link, "what?"),
        |solo, _| solo.run(31 * SECOND),
    ];
    for (number, other) in others.into_iter().enumerate() {
        let (mut solo, link, auth) = waiting();
        other(&mut solo, link);
        solo.says_raw(link, &auth);
        assert!(!solo.node.snapshot(solo.now).conns[0].proven, "{number}");
        assert_eq!(solo.node.keys.known(&peer(NOVO)), None, "{number}");
    }
}

#[test]
fn a_late_proof_that_is_wrong_closes_the_link() {
    for wrong in [
        handshake::x_auth(&key_of(1), b"{}", b"{}"),
        b"{\"type\":\"X_AUTH\"}".to_vec(),
    ] {
        let (mut solo, link, _) = waiting();
        solo.says_raw(link, String::from_utf8(wrong).unwrap().trim_end());
        assert_eq!(solo.why_closed(link), Some(CloseReason::Unauthorized));
        assert_eq!(solo.told(), ["down novo@UnB Unauthorized"]);
    }
}

#[test]
fn a_late_proof_of_a_name_that_is_anothers_by_now_is_refused() {
    let (mut solo, link, auth) = waiting();
    let now = solo.now;
    solo.node.keys.learn(&peer(NOVO), key_of(2).public(), now).unwrap();
    solo.says_raw(link, &auth);
    assert_eq!(solo.why_closed(link), Some(CloseReason::Unauthorized));
    let last: Vec<Value> = solo.hears(link);
    assert_eq!(types(&last).last(), Some(&"ERROR"));
    assert_eq!(solo.told(), ["impostor novo@UnB", "down novo@UnB Unauthorized"]);
}
