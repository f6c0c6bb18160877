//! Copies of published messages that are known by their bytes: docs/protocol.md 2.3.

use serde_json::{Value, json};

use super::solo::{Solo, publication, signed};
use super::*;
use crate::id::MsgId;
use crate::wire::peer::encode;

const NOVO: &str = "novo@UnB";

/// A node with three proven neighbors, and the line of a message of somebody else, as papo writes it.
fn world() -> (Solo, [PeerLinkId; 3], String) {
    let mut solo = Solo::new();
    let links = [("a@UnB", 1), ("b@UnB", 2), ("c@UnB", 3)].map(|(name, key)| solo.papo(name, key));
    let line = line_of(&solo, 1, "oi, \",\"ttl\":3,\"x\":{", 3);
    (solo, links, line)
}

/// A message of somebody with key 4.
fn line_of(solo: &Solo, q: u64, payload: &str, ttl: u8) -> String {
    let value = signed(4, q, solo.utc(), publication(&format!("m{q}"), NOVO, "*", payload));
    let Ok(Message::Pub(speech)) = decode(value.to_string().as_bytes()) else {
        panic!("no PUB: {value}");
    };
    let (msg_id, src): (MsgId, PeerId) = (format!("m{q}").parse().unwrap(), peer(NOVO));
    let line = encode::speech(
        "PUB",
        &encode::Speech {
            msg_id: &msg_id,
            src: &src,
            dst: "*",
            payload,
            require_ack: false,
            ttl: Ttl::new(ttl),
            via: None,
            seal: speech.seal.as_ref(),
        },
    );
    String::from_utf8(line.unwrap()).unwrap().trim_end().to_owned()
}

fn with_ttl(line: &str, ttl: u8) -> String {
    line.replace("\"ttl\":3,\"x\":{\"pk", &format!("\"ttl\":{ttl},\"x\":{{\"pk"))
}

fn ttls(lines: &[Value]) -> Vec<u64> {
    lines.iter().map(|line| line["ttl"].as_u64().unwrap()).collect()
}

#[test]
fn a_copy_is_known_before_it_is_read() {
    let (mut solo, [a, b, c], line) = world();
    let known = |solo: &mut Solo, text: &str| {
        let now = solo.now;
        solo.node.take_known_copy(now, b, text.as_bytes())
    };
    assert!(!known(&mut solo, &line), "nothing came yet");
    solo.says_raw(a, &line);
    assert_eq!(solo.told().len(), 1);
    assert!(known(&mut solo, &line) && known(&mut solo, &with_ttl(&line, 1)));
    assert_eq!((solo.counter("duplicates"), solo.counter("passed_on")), (2, 2));
    assert_eq!((ttls(&solo.hears(b)), ttls(&solo.hears(c))), (vec![2], vec![2]));
    for other in [
        line.replace("oi", "io"),
        format!("{line} "),
        line.replace("\"try\":0", "\"try\":1"),
    ] {
        assert!(!known(&mut solo, &other), "{other}");
    }
    solo.run(2 * SECOND * 60);
    assert!(!known(&mut solo, &line), "it was forgotten");
}

#[test]
fn a_copy_that_may_go_farther_goes_on_as_it_came_and_is_not_shown() {
    let (mut solo, [a, b, c], line) = world();
    solo.says_raw(a, &with_ttl(&line, 1));
    assert_eq!(solo.told().len(), 1);
    assert_eq!((solo.hears(b).len(), solo.hears(c).len()), (0, 0));
    for (ttl, passed) in [(1, None), (5, Some(4)), (4, None), (5, None), (8, Some(7)), (8, None)] {
        solo.says_raw(b, &with_ttl(&line, ttl));
        let expected: Vec<u64> = passed.into_iter().collect();
        let (to_a, to_c) = (solo.hears(a), solo.hears(c));
        assert_eq!((ttls(&to_a), ttls(&to_c)), (expected.clone(), expected), "{ttl}");
        if let [heard] = to_c.as_slice() {
            let mut came: Value = serde_json::from_str(&with_ttl(&line, ttl)).unwrap();
            came["ttl"] = json!(ttl - 1);
            assert_eq!(*heard, came);
        }
        assert_eq!(solo.hears(b).len(), 0, "never back");
    }
    assert_eq!((solo.told(), solo.counter("duplicates")), (vec![], 4));
}

#[test]
fn the_same_signature_over_something_else_neither_passes_nor_suppresses() {
    let (mut solo, [a, b, c], line) = world();
    let forged = line.replace("oi", "io");
    solo.says_raw(a, &forged);
    assert_eq!(solo.counter("forged"), 1);
    solo.told();
    solo.says_raw(a, &line);
    assert_eq!(solo.told().len(), 1, "the true one is shown");
    assert_eq!((solo.hears(b).len(), solo.hears(c).len()), (1, 1));
    solo.says_raw(b, &with_ttl(&forged, 8));
    assert_eq!((solo.counter("forged"), solo.counter("duplicates")), (2, 0));
    assert_eq!((solo.hears(a).len(), solo.hears(c).len()), (0, 0));
}

#[test]
fn what_is_written_otherwise_is_read_each_time_and_passed_on_as_papo_writes_it() {
    let (mut solo, [a, b, c], line) = world();
    let odd = line.replacen('{', "{ ", 1);
    for from in [a, b] {
        let now = solo.now;
        assert!(!solo.node.take_known_copy(now, from, odd.as_bytes()));
        solo.says_raw(from, &odd);
    }
    assert_eq!((solo.told().len(), solo.counter("duplicates")), (1, 1));
    assert_eq!(ttls(&solo.hears(c)), [2]);
    // Its first copy gave no form that others are known by.
    let now = solo.now;
    assert!(!solo.node.take_known_copy(now, b, line.as_bytes()));
}

#[test]
fn copies_of_what_was_too_fast_or_came_before_are_dropped_too() {
    let (mut solo, [a, b, c], _) = world();
    let lines: Vec<String> = (1..=12).map(|q| line_of(&solo, q, "spam", 8)).collect();
    for line in &lines {
        solo.says_raw(a, line);
    }
    assert_eq!((solo.counter("received"), solo.counter("too_fast")), (10, 2));
    let passed = solo.hears(c).len();
    for line in &lines {
        let now = solo.now;
        assert!(solo.node.take_known_copy(now, b, line.as_bytes()));
    }
    assert_eq!((passed, solo.hears(c).len(), solo.hears(a).len()), (10, 0, 0));
}
