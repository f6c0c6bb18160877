//! Small things that nothing else looked at: mutation testing showed that no test failed without them.

use serde_json::json;

use super::solo::{ME, OLD, Solo, host, publication, send, signed, types};
use super::*;
use crate::limits::{DIAL_BACKOFF_MAX, KEEPALIVE_INTERVAL, PEER_PAYLOAD_BYTES, RING_WAIT};

const NOVO: &str = "novo@UnB";

#[test]
fn a_neighbor_is_told_what_went_between() {
    let mut solo = Solo::new();
    let novo = solo.papo(NOVO, 1);
    for number in 0..2 {
        let id = solo.send(NOVO, "oi");
        let ack = json!({"type": "ACK", "msg_id": id.as_str(), "src": NOVO, "dst": ME, "from": NOVO, "ttl": 1});
        solo.says(novo, &signed(1, number + 1, solo.utc(), ack));
    }
    assert_eq!((solo.counter("sent"), solo.counter("delivered")), (2, 2));
    solo.says(novo, &signed(1, 3, solo.utc(), send("s", NOVO, ME, "oi")));
    solo.hears(novo);
    solo.says(
        novo,
        &json!({"type": "METRICS_REQ", "msg_id": "m", "src": NOVO, "dst": ME, "ttl": 1}),
    );
    let heard = solo.hears(novo);
    assert_eq!(types(&heard), ["METRICS"]);
    assert_eq!(
        (&heard[0]["msg_id"], &heard[0]["sent_count"], &heard[0]["recv_count"]),
        (&json!("m"), &json!(2), &json!(1))
    );
}

#[test]
fn goodbye_says_why() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    solo.run(5 * KEEPALIVE_INTERVAL);
    let heard = solo.hears(old);
    let bye = heard.iter().find(|line| line["type"] == "BYE").unwrap();
    assert_eq!(bye["reason"], "timeout", "it said nothing for minutes");
}

#[test]
fn what_cannot_be_published_is_refused() {
    let mut solo = Solo::new();
    let long = "x".repeat(PEER_PAYLOAD_BYTES + 1);
    for (scope, text, code) in [
        (Scope::Broadcast, "", "bad_format"),
        (Scope::Unicast(peer(NOVO)), "oi", "bad_format"),
        (Scope::Broadcast, long.as_str(), "message_too_large"),
    ] {
        let text = text.to_owned();
        solo.command(Command::Publish { scope, text });
        let told = solo.told();
        assert!(
            matches!(&told[..], [one] if one.starts_with("refused") && one.ends_with(code)),
            "{told:?}"
        );
    }
}

#[test]
fn a_publication_for_somebody_else_is_not_shown() {
    let mut solo = Solo::new();
    let relay = solo.papo("relay@UnB", 2);
    for (number, dst, shown) in [(0, NOVO, 0), (1, ME, 1), (2, "#CIC", 0), (3, "#UnB", 1)] {
        let line = publication(&format!("p{number}"), "far@UnB", dst, "oi");
        solo.says(relay, &signed(9, number + 1, solo.utc(), line));
        assert_eq!(solo.told().len(), shown, "{dst}");
    }
}

#[test]
fn a_publication_does_not_go_back_to_its_author() {
    let mut solo = Solo::new();
    let (novo, relay) = (solo.papo(NOVO, 1), solo.papo("relay@UnB", 2));
    solo.says(relay, &signed(1, 1, solo.utc(), publication("p", NOVO, "*", "oi")));
    assert_eq!(types(&solo.hears(novo)), [""; 0]);
    assert_eq!(types(&solo.hears(relay)), [""; 0]);
}

#[test]
fn what_is_passed_on_says_who_said_it() {
    let mut solo = Solo::new();
    let (novo, relay) = (solo.papo(NOVO, 1), solo.papo("relay@UnB", 2));
    let mut line = signed(1, 1, solo.utc(), send("s", NOVO, "relay@UnB", "oi"));
    solo.says(novo, &line);
    line["ttl"] = json!(7);
    let heard = solo.hears(relay);
    assert_eq!((types(&heard), &heard[0]["src"]), (vec!["SEND"], &json!(NOVO)));
    // Also where the author left its name out, on its own connection.
    let old = solo.old(OLD);
    let nameless = json!({"type": "SEND", "msg_id": "t", "dst": "relay@UnB", "payload": "oi", "ttl": 8});
    solo.says(old, &nameless);
    let heard = solo.hears(relay);
    assert_eq!((types(&heard), &heard[0]["src"]), (vec!["SEND"], &json!(OLD)));
}

#[test]
fn only_who_announces_a_relay_gets_a_message_that_may_go_on() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    let announced = solo.accept(host(9));
    let hello =
        json!({"type": "HELLO", "peer_id": "relay@UnB", "version": "1.0", "features": ["ack", "relay"], "ttl": 1});
    solo.says(announced, &hello);
    solo.run(2 * SECOND);
    solo.hears(announced);
    for (to, link, ttl) in [(OLD, old, 1), ("relay@UnB", announced, 8)] {
        solo.send(to, "oi");
        let heard = solo.hears(link);
        assert_eq!((types(&heard), &heard[0]["ttl"]), (vec!["SEND"], &json!(ttl)), "{to}");
    }
}

#[test]
fn nobody_publishes_in_our_name_with_another_key() {
    let mut solo = Solo::new();
    let (relay, third) = (solo.papo("relay@UnB", 2), solo.papo("third@UnB", 3));
    solo.says(relay, &signed(9, 1, solo.utc(), publication("p", ME, "*", "sou eu")));
    assert_eq!(solo.told(), [r#"dropped Some("me@UnB") Forged"#]);
    assert_eq!(types(&solo.hears(third)), [""; 0]);
}

#[test]
fn a_search_in_the_name_of_another_is_neither_answered_nor_passed_on() {
    let mut solo = Solo::new();
    let (_novo, relay, third) = (solo.papo(NOVO, 1), solo.papo("relay@UnB", 2), solo.papo("third@UnB", 3));
    let _old = solo.old(OLD);
    solo.told();
    for (number, src) in [NOVO, OLD].into_iter().enumerate() {
        for dst in [ME, "ghost@UnB"] {
            let id = format!("{dst}{number}");
            let line = json!({"type": "WHO_HAS", "msg_id": id, "src": src, "dst": dst, "ttl": 8});
            solo.says(relay, &signed(9, 1, solo.utc(), line));
        }
    }
    assert_eq!(types(&solo.hears(relay)), [""; 0]);
    assert_eq!(types(&solo.hears(third)), [""; 0]);
    assert_eq!(solo.counter("forged"), 4);
}

#[test]
fn whoever_was_not_found_is_looked_for_again() {
    let mut solo = Solo::new();
    let relay = solo.papo("relay@UnB", 2);
    for _ in 0..2 {
        solo.send("ghost@UnB", "oi");
        assert_eq!(solo.node.searches.len(), 1);
        for _ in 0..3 {
            solo.run(5 * RING_WAIT);
            solo.says(relay, &json!({"type": "PING", "msg_id": "p"}));
        }
        assert_eq!(solo.told(), ["failed ghost@UnB who_has_timeout"]);
        let heard = solo.hears(relay);
        let rings: Vec<_> = heard.iter().filter(|line| line["type"] == "WHO_HAS").collect();
        assert_eq!(rings.iter().map(|line| &line["ttl"]).collect::<Vec<_>>(), [1, 2, 4, 8]);
        assert_eq!(solo.node.searches.len(), 0);
    }
}

#[test]
fn whoever_is_connected_already_is_not_dialed_again_soon() {
    let mut solo = Solo::dialing(&[host(1)], true);
    let link = solo.answer_dial();
    solo.says(link, &json!({"type": "HELLO_REJECT", "reason": "already"}));
    solo.run(DIAL_BACKOFF_MAX / 2);
    assert_eq!(
        solo.dials.len(),
        1,
        "it is no failure after which it is tried in a second"
    );
}

#[test]
fn what_others_pass_on_of_an_old_neighbor_is_a_copy() {
    let mut solo = Solo::new();
    let relay = solo.papo("relay@UnB", 2);
    solo.old(OLD);
    solo.says(relay, &publication("p", OLD, "*", "oi"));
    assert_eq!((solo.told(), solo.counter("duplicates")), (vec![], 1));
}

#[test]
fn only_the_try_that_is_under_way_fails_when_it_cannot_be_written() {
    let mut solo = Solo::new();
    solo.papo(NOVO, 1);
    let id = solo.send(NOVO, "oi");
    let now = solo.now;
    let mut not_written = |src: &str, attempt| {
        let (id, src) = (id.clone(), src.to_owned());
        let tag = MsgKey { id, attempt, src };
        solo.node.on_own_not_written(now, &tag, Code::Busy)
    };
    assert!(!not_written("far@UnB", 0), "somebody else's, with the same id");
    assert!(!not_written(ME, 1), "another try");
    assert!(not_written(ME, 0));
}
