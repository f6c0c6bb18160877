//! How they greet and keep connections: docs/protocol.md 3.2 to 3.4.

use super::*;

#[test]
fn whoever_sends_our_own_greeting_back_stays_unproven() {
    for whole in [false, true] {
        let mut solo = Solo::dialing(&[host(1)], true);
        let link = solo.answer_dial();
        let mut echo = solo.hears(link).remove(0);
        echo["type"] = json!("HELLO_OK");
        if !whole {
            echo["peer_id"] = json!(OLD);
            echo.as_object_mut().unwrap().remove("x");
        }
        solo.says(link, &echo);
        let name = if whole { "10.1.0.1-7070@unknown" } else { OLD };
        assert_eq!(solo.told(), [format!("up {name} legacy")]);
        solo.run(SECOND);
        assert_eq!(types(&solo.hears(link)), [""; 0]);
    }
}

#[test]
fn the_name_that_was_dialed_is_kept_whatever_they_answer() {
    let mut solo = Solo::new();
    let listed = Listed {
        peer: peer(OLD),
        address: host(1),
        key: None,
    };
    solo.input(Input::Discovered(vec![listed]));
    solo.run(4 * SECOND);
    let link = solo.dialed_old(&hello_ok(ME));
    assert_eq!(solo.told(), ["up old@UnB legacy"]);
    solo.send(OLD, "oi");
    solo.run(SECOND);
    assert_eq!(solo.hears(link)[0]["dst"], OLD);
}

#[test]
fn odd_versions_and_features_are_welcome() {
    let odd = [
        json!({"type": "HELLO", "peer_id": OLD, "version": 1, "features": null}),
        json!({"type": "hello", "peer_id": OLD, "version": null, "features": "ack", "ttl": "1"}),
        json!({"type": "HELLO", "peer_id": OLD, "features": {"ack": true}, "ttl": -4, "timestamp": 17}),
        json!({"type": "HELLO", "peer_id": OLD, "x": 5}),
        json!({"type": "HELLO", "peer_id": OLD, "x": {"v": 1}}),
    ];
    for hello in odd {
        let mut solo = Solo::new();
        let link = solo.accept(host(1));
        solo.says(link, &hello);
        let heard = solo.hears(link);
        assert_eq!(types(&heard), ["HELLO_OK"], "{hello}");
        assert!(heard[0]["features"].is_array() && heard[0].get("x").is_none());
        assert_eq!(solo.told(), ["up old@UnB legacy"]);
    }
}

#[test]
fn a_refusal_instead_of_an_answer_is_no_error_and_the_wait_does_not_grow() {
    for refusal in [Some(json!({"type": "HELLO_REJECT", "reason": "already"})), None] {
        let mut solo = Solo::dialing(&[host(1)], true);
        for number in 1..=4 {
            assert_eq!(solo.dials.len(), number);
            let link = solo.answer_dial();
            match &refusal {
                Some(line) => solo.says(link, line),
                None => solo.close(link),
            }
            solo.run(61 * SECOND);
        }
        assert_eq!(solo.told(), [""; 0]);
        assert!(solo.node.links.is_empty());
    }
}

#[test]
fn a_refusal_behind_the_answer_leaves_the_connection_that_was_there() {
    for refusal in [Some(json!({"type": "HELLO_REJECT"})), None] {
        let mut solo = Solo::dialing(&[host(1)], true);
        let there = solo.old(OLD);
        let link = solo.dialed_old(&hello_ok(OLD));
        match &refusal {
            Some(line) => solo.says(link, line),
            None => solo.close(link),
        }
        solo.run(10 * SECOND);
        assert_eq!(
            (solo.told(), solo.dials.len()),
            (vec![], 1),
            "it is a neighbor all the time"
        );
        solo.send(OLD, "oi");
        solo.run(SECOND);
        assert_eq!(solo.hears(there)[0]["type"], "SEND");
    }
}

#[test]
fn a_name_with_a_known_key_is_refused_to_who_does_not_prove_it() {
    let mut solo = Solo::dialing(&[host(9)], true);
    let papo = solo.papo("novo@UnB", 1);
    let link = solo.accept(host(1));
    solo.says(link, &json!({"type": "HELLO", "peer_id": "novo@UnB", "ttl": 1}));
    let heard = solo.hears(link);
    assert_eq!(
        (types(&heard), &heard[0]["code"]),
        (vec!["ERROR"], &json!("unauthorized"))
    );
    assert_eq!(solo.why_closed(link), Some(CloseReason::Unauthorized));
    let link = solo.dialed_old(&hello_ok("novo@UnB"));
    assert_eq!(solo.why_closed(link), Some(CloseReason::Unauthorized));
    assert_eq!(solo.told(), ["impostor novo@UnB", "impostor novo@UnB"]);
    assert_eq!(solo.why_closed(papo), None);
}

#[test]
fn duplicates_stay_and_the_one_that_was_dialed_is_used() {
    let mut solo = Solo::dialing(&[host(1)], true);
    let first = solo.old(OLD);
    let second = solo.accept(host(1));
    solo.says(second, &json!({"type": "HELLO", "peer_id": OLD, "ttl": 1}));
    solo.run(2 * SECOND);
    solo.hears(second);
    let speaks_on = |solo: &mut Solo, links: &[PeerLinkId]| {
        solo.publish("oi");
        solo.run(SECOND);
        let spoken = links.iter().position(|&link| types(&solo.hears(link)).contains(&"PUB"));
        spoken.unwrap()
    };
    assert_eq!(speaks_on(&mut solo, &[first, second]), 1, "the newest");
    let dialed = solo.dialed_old(&hello_ok(OLD));
    solo.run(SECOND);
    let third = solo.accept(host(1));
    solo.run(2 * SECOND);
    solo.says(third, &json!({"type": "HELLO", "peer_id": OLD, "ttl": 1}));
    solo.run(2 * SECOND);
    assert_eq!(
        speaks_on(&mut solo, &[first, second, dialed, third]),
        2,
        "the one that was dialed"
    );
    solo.close(dialed);
    solo.close(third);
    assert_eq!(speaks_on(&mut solo, &[first, second]), 1);
    solo.close(second);
    assert_eq!(solo.told(), [""; 0], "it is gone when its last connection is");
    solo.close(first);
    assert_eq!(solo.told(), ["down old@UnB Ended"]);
}

#[test]
fn when_both_dial_at_once_the_newer_connection_goes_unanswered() {
    let mut solo = Solo::dialing(&[host(1)], true);
    let dialed = solo.dialed_old(&hello_ok(OLD));
    solo.run(SECOND + SECOND / 2);
    let theirs = solo.accept(host(1));
    solo.says(theirs, &json!({"type": "HELLO", "peer_id": OLD, "ttl": 1}));
    assert_eq!(types(&solo.hears(theirs)), [""; 0]);
    assert_eq!(solo.why_closed(theirs), Some(CloseReason::Duplicate));
    solo.run(SECOND);
    let later = solo.accept(host(1));
    solo.says(later, &json!({"type": "HELLO", "peer_id": OLD, "ttl": 1}));
    assert_eq!(types(&solo.hears(later)), ["HELLO_OK"]);
    assert_eq!((solo.why_closed(later), solo.why_closed(dialed)), (None, None));
}

#[test]
fn everybody_is_asked_for_a_sign_of_life_and_only_silence_is_death() {
    let mut solo = Solo::dialing(&[host(1)], true);
    let dialed = solo.dialed_old(&hello_ok(OLD));
    let mute = solo.old("mute@UnB");
    let talker = solo.old("talker@UnB");
    let begin = solo.now;
    for _ in 0..12 {
        solo.run(20 * SECOND);
        solo.says(talker, &json!({"type": "STATUS"}));
        solo.says(dialed, &json!({"type": "PONG"}));
    }
    for link in [dialed, mute, talker] {
        let heard = solo.hears_when(link, begin);
        let pings: Vec<_> = heard.iter().filter(|(_, kind)| kind == "PING").collect();
        assert!(pings[0].0 <= 30 * SECOND);
        for pair in pings.windows(2) {
            assert_eq!(pair[1].0.checked_sub(pair[0].0), Some(30 * SECOND));
        }
    }
    let (at, reason) = solo.closed(mute).unwrap();
    assert_eq!(reason, CloseReason::Silent);
    assert!(at.since(begin) >= 90 * SECOND && at.since(begin) <= 125 * SECOND);
    assert_eq!((solo.closed(talker), solo.closed(dialed)), (None, None));
}

#[test]
fn a_second_greeting_is_answered_and_changes_nothing() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    let papo = solo.papo("novo@UnB", 1);
    for link in [old, papo] {
        solo.says(
            link,
            &json!({"type": "HELLO", "peer_id": "another@UnB", "features": ["relay"]}),
        );
        let heard = solo.hears(link);
        assert_eq!((types(&heard), heard[0].get("x")), (vec!["HELLO_OK"], None));
    }
    assert_eq!(solo.told(), [""; 0]);
    let conns = solo.node.snapshot(solo.now).conns;
    let known: Vec<_> = conns.iter().map(|conn| (conn.peer_id.as_str(), conn.proven)).collect();
    assert_eq!(known, [(OLD, false), ("novo@UnB", true)]);
}

#[test]
fn whoever_announces_a_proof_and_brings_none_is_old_whatever_comes_instead() {
    for instead in [
        "garbage",
        r#"{"type":"SEND","ttl":"x"}"#,
        r#"{"type":"PING","msg_id":"p"}"#,
    ] {
        let mut solo = Solo::new();
        let link = solo.accept(host(1));
        let hello = crate::wire::peer::handshake::hello(&peer(OLD), &key_of(1), [1; 16]);
        solo.says_raw(link, std::str::from_utf8(&hello).unwrap().trim_end());
        solo.hears(link);
        solo.says_raw(link, instead);
        assert_eq!(
            (solo.told(), solo.why_closed(link)),
            (vec!["up old@UnB legacy".to_owned()], None)
        );
        solo.run(2 * SECOND);
        assert_eq!(solo.hears(link).len(), 1, "and it is answered");
    }
}

#[test]
fn both_kinds_are_neighbors_at_the_same_time() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    let papo = solo.papo("novo@UnB", 1);
    solo.publish("oi");
    solo.run(SECOND);
    let (plain, sealed) = (solo.hears(old), solo.hears(papo));
    assert!(plain[0].get("x").is_none() && plain[0]["ttl"] == 1);
    assert!(sealed[0]["x"]["sig"].is_string() && sealed[0]["ttl"] == 8);
    assert_eq!(plain[0]["msg_id"], sealed[0]["msg_id"]);
}
