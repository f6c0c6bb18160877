//! Who speaks as somebody else, says again what was said, or answers what was not asked.

use super::*;
use crate::limits::{REPLAY_WINDOW, TTL};

const FAR: &str = "far@UnB";
const NOVO: &str = "novo@UnB";

/// A node with a proven neighbor, whose key is known, another that relays, and an old program.
fn crowd() -> (Solo, PeerLinkId, PeerLinkId, PeerLinkId) {
    let mut solo = Solo::new();
    let novo = solo.papo(NOVO, 1);
    let relay = solo.papo("relay@UnB", 2);
    let old = solo.old(OLD);
    (solo, novo, relay, old)
}

#[test]
fn a_forged_source_is_dropped_counted_and_told_once() {
    let (mut solo, novo, relay, old) = crowd();
    let good = of_novo(&solo, 5, publication("a", NOVO, "*", "verdade"));
    let mut flipped = good.clone();
    let sig = flipped["x"]["sig"].as_str().unwrap().to_owned();
    let other = if sig.starts_with('A') { "B" } else { "A" };
    flipped["x"]["sig"] = json!(format!("{other}{}", &sig[1..]));
    let mut altered = good.clone();
    altered["payload"] = json!("mentira");
    let mut renamed = good.clone();
    renamed["src"] = json!("relay@UnB");
    let mut moved = good.clone();
    moved["dst"] = json!("#UnB");
    let mut renumbered = good.clone();
    renumbered["x"]["q"] = json!(6);
    let forged = [
        publication("b", NOVO, "*", "sem assinatura"),
        signed(2, 1, solo.utc(), publication("c", NOVO, "*", "outra chave")),
        flipped,
        altered,
        moved,
        renumbered,
        send("d", NOVO, ME, "sem assinatura"),
        signed(2, 2, solo.utc(), send("e", NOVO, ME, "outra chave")),
    ];
    for link in [relay, old] {
        for line in &forged {
            solo.says(link, line);
        }
    }
    solo.says(relay, &renamed);
    assert_eq!(
        solo.told(),
        [
            r#"dropped Some("novo@UnB") Forged"#.to_owned(),
            r#"dropped Some("relay@UnB") Forged"#.to_owned(),
        ]
    );
    solo.run(SECOND / 2);
    for link in [novo, relay, old] {
        assert_eq!(types(&solo.hears(link)), [""; 0], "nothing is passed on or confirmed");
    }
    assert_eq!(solo.counter("forged"), 17);
    solo.says(relay, &good);
    assert_eq!(
        solo.told(),
        ["Pub novo@UnB → *: verdade via relay@UnB"],
        "forgeries did not spoil it"
    );
}

#[test]
fn a_replay_is_neither_shown_nor_confirmed_nor_passed_on() {
    let (mut solo, _, relay, _) = crowd();
    let third = solo.papo("third@UnB", 3);
    let now = solo.utc();
    let skewed = |millis: i64| UtcMillis::new(now.get().checked_add_signed(millis).unwrap());
    solo.says(relay, &of_novo(&solo, 5000, publication("first", NOVO, "*", "um")));
    solo.run(SECOND / 100);
    assert_eq!((solo.told().len(), solo.hears(third).len()), (1, 1));
    let rows = [
        (5000, now),
        (5000 - REPLAY_WINDOW, now),
        (5001, skewed(-121_000)),
        (5002, skewed(121_000)),
        (5003, UtcMillis::new(0)),
        (u64::MAX, skewed(i64::MAX / 4)),
    ];
    for (number, (q, t)) in rows.into_iter().enumerate() {
        for line in [publication("p", NOVO, "*", "de novo"), send("s", NOVO, ME, "de novo")] {
            let mut line = line;
            line["msg_id"] = json!(format!("{}{number}", line["msg_id"].as_str().unwrap()));
            for ttl in [2, 8, 8] {
                line["ttl"] = json!(ttl);
                solo.says(relay, &signed(1, q, t, line.clone()));
            }
        }
    }
    solo.run(SECOND / 2);
    assert_eq!(solo.told(), [r#"dropped Some("novo@UnB") Replayed"#]);
    assert_eq!(solo.hears(third), [Value::Null; 0]);
    assert_eq!(
        only(solo.hears(relay), "ACK").len(),
        0,
        "a confirmation would say that it was shown"
    );
    assert!(solo.counter("replayed") >= 12);
}

#[test]
fn a_message_that_is_not_taken_teaches_no_key() {
    let (mut solo, _, relay, _) = crowd();
    let old = UtcMillis::new(solo.utc().get() - 121_000);
    let lines = [
        publication("a", FAR, "*", "de ontem"),
        send("b", FAR, ME, "de ontem"),
        send("c", FAR, NOVO, "de ontem"),
        json!({"type": "WHO_HAS", "msg_id": "d", "src": FAR, "dst": NOVO, "ttl": 8}),
    ];
    for line in &lines {
        solo.says(relay, &signed(8, 1, old, line.clone()));
        assert_eq!(solo.node.keys.known(&peer(FAR)), None, "{line}");
    }
    // Who is too fast under many names fills no table either.
    for number in 0..12 {
        let name = format!("x{number}@UnB");
        let line = publication(&format!("p{number}"), &name, "*", "spam");
        solo.says(relay, &signed(8, 10 + number, solo.utc(), line));
        let known = solo.node.keys.known(&peer(&name)).is_some();
        assert_eq!(known, number < 10, "{name}");
    }
    // A signature that is right and of today has the name.
    let taken = [
        publication("e", FAR, "*", "oi"),
        send("f", "far2@UnB", ME, "oi"),
        send("g", "far3@UnB", NOVO, "oi"),
        json!({"type": "WHO_HAS", "msg_id": "h", "src": "far4@UnB", "dst": NOVO, "ttl": 8}),
    ];
    for line in &taken {
        let key = if line["src"] == FAR { 9 } else { 7 };
        solo.says(relay, &signed(key, 30, solo.utc(), line.clone()));
        let src = peer(line["src"].as_str().unwrap());
        assert_eq!(solo.node.keys.known(&src), Some(&key_of(key).public()), "{line}");
        solo.run(SECOND);
    }
}

#[test]
fn a_ttl_is_never_raised_and_more_than_eight_counts_as_eight() {
    let (mut solo, novo, relay, _) = crowd();
    for (number, (ttl, passed)) in [
        (json!(200), Some(7)),
        (json!(1e18), Some(7)),
        (json!(3), Some(2)),
        (json!(1), None),
    ]
    .into_iter()
    .enumerate()
    {
        let mut line = publication(&format!("p{number}"), "far@UnB", "*", "oi");
        line["ttl"] = ttl.clone();
        solo.says(relay, &signed(9, number as u64 + 1, solo.utc(), line));
        let got = only(solo.hears(novo), "PUB");
        assert_eq!(got.first().map(|line| line["ttl"].as_u64().unwrap()), passed, "{ttl}");
    }
    assert_eq!(TTL, 8);
}

#[test]
fn a_relay_that_sends_everything_back_starts_no_loop() {
    let (mut solo, novo, relay, old) = crowd();
    solo.publish("oi");
    solo.send("far@UnB", "para longe");
    let mut q = 0;
    for _ in 0..16 {
        solo.run(SECOND / 4);
        for line in solo.hears(relay) {
            if line["type"] == "WHO_HAS" {
                let hit = json!({"type": "WHO_HAS_HIT", "msg_id": line["msg_id"], "src": "relay@UnB", "dst": "far@UnB",
                    "via": "relay@UnB", "hops": 1, "ttl": 8});
                q += 1;
                solo.says(relay, &signed(2, q, solo.utc(), hit.clone()));
                let mut other = hit;
                (other["src"], other["via"], other["hops"]) = (json!(NOVO), json!(NOVO), json!(3));
                solo.says(novo, &of_novo(&solo, q, other));
            }
            solo.says(relay, &line);
        }
    }
    let heard = [solo.hears(novo), solo.hears(old)].concat();
    assert_eq!(
        heard.iter().filter(|line| line["type"] == "PUB").count(),
        2,
        "one for each"
    );
    assert_eq!(
        only(heard, "SEND").len(),
        0,
        "its own message is nobody's to pass on by it"
    );
    assert_eq!(solo.counter("relayed"), 0);
}

#[test]
fn a_node_is_no_relay_of_its_own_words() {
    let (mut solo, novo, relay, _) = crowd();
    solo.send(NOVO, "oi");
    let line = solo.hears(novo).remove(0);
    solo.says(relay, &line);
    assert_eq!(solo.hears(novo), [Value::Null; 0]);
    assert_eq!(solo.hears(relay), [Value::Null; 0]);
}

#[test]
fn somebody_elses_message_with_our_id_first_takes_nothing_away() {
    let (mut solo, novo, relay, old) = crowd();
    let unsigned = |line: Value, src: &str| {
        let mut line = line;
        (line["src"], line["payload"]) = (json!(src), json!("veneno"));
        line
    };
    let public = of_novo(&solo, 1, publication("same", NOVO, "*", "público"));
    let private = of_novo(&solo, 2, send("same", NOVO, ME, "privado"));
    let passing = of_novo(&solo, 3, send("same-too", NOVO, "relay@UnB", "de passagem"));
    for line in [&public, &private, &passing] {
        let mut poison = unsigned(line.clone(), OLD);
        poison.as_object_mut().unwrap().remove("x");
        solo.says(old, &poison);
        solo.says(relay, &signed(9, 1, solo.utc(), unsigned(line.clone(), "evil@UnB")));
    }
    solo.run(SECOND);
    solo.told();
    solo.hears(relay);
    solo.hears(novo);
    for line in [&public, &private, &passing] {
        solo.says(novo, line);
    }
    solo.run(SECOND);
    assert_eq!(
        solo.told(),
        ["Pub novo@UnB → *: público", "Send novo@UnB → me@UnB: privado"]
    );
    let passed = only(solo.hears(relay), "SEND");
    assert_eq!(passed.len(), 1, "{passed:?}");
    let ack = json!({"type": "ACK", "msg_id": "same-too", "src": "relay@UnB", "dst": NOVO, "ttl": 8});
    solo.says(relay, &signed(2, 50, solo.utc(), ack));
    let acks = only(solo.hears(novo), "ACK");
    assert!(
        acks.iter().any(|ack| ack["msg_id"] == "same-too"),
        "and its confirmation finds the way: {acks:?}"
    );
}

#[test]
fn nobody_but_the_destination_confirms() {
    let (mut solo, novo, relay, old) = crowd();
    let id = solo.send(NOVO, "oi");
    let ack = |src: &str| json!({"type": "ACK", "msg_id": id.as_str(), "src": src, "dst": ME, "ttl": 8});
    for link in [relay, old, novo] {
        solo.says(link, &ack(NOVO));
        solo.says(link, &signed(2, 1, solo.utc(), ack(NOVO)));
        solo.says(link, &signed(2, 2, solo.utc(), ack("relay@UnB")));
    }
    assert_eq!(solo.told(), [""; 0]);
    solo.says(relay, &of_novo(&solo, 1, ack(NOVO)));
    assert_eq!(solo.told(), ["delivered novo@UnB"], "over whomever it comes");
    let id = solo.send(OLD, "oi");
    solo.says(relay, &json!({"type": "ACK", "msg_id": id.as_str()}));
    assert_eq!(solo.told(), [""; 0], "a third node knows nothing of it");
    solo.says(old, &json!({"type": "ACK", "msg_id": id.as_str()}));
    assert_eq!(solo.told(), ["delivered old@UnB (unverified)"]);
}

#[test]
fn complaints_from_who_was_not_asked_stop_nothing() {
    let (mut solo, novo, relay, old) = crowd();
    let id = solo.send(NOVO, "oi");
    solo.run(SECOND / 10);
    for link in [relay, old] {
        for kind in ["RELAY_FAIL", "TTL_EXPIRED"] {
            solo.says(
                link,
                &json!({"type": kind, "msg_id": id.as_str(), "code": "no_route", "ttl": 8}),
            );
        }
        solo.says(link, &json!({"type": "ERROR", "ref": id.as_str(), "code": "busy"}));
    }
    assert_eq!(solo.told(), [""; 0]);
    let ack = json!({"type": "ACK", "msg_id": id.as_str(), "src": NOVO, "dst": ME, "ttl": 8});
    solo.says(novo, &of_novo(&solo, 1, ack));
    assert_eq!(solo.told(), ["delivered novo@UnB"]);
    assert_eq!(only(solo.hears(novo), "SEND").len(), 1);
}

#[test]
fn an_answer_that_nobody_asked_for_teaches_no_way() {
    let (mut solo, novo, relay, _) = crowd();
    for (number, link) in [relay, novo].into_iter().enumerate() {
        let hit = json!({"type": "WHO_HAS_HIT", "msg_id": "never-asked", "src": "far@UnB", "dst": "far@UnB",
            "via": "far@UnB", "hops": 0, "ttl": 8});
        solo.says(link, &signed(9, number as u64 + 1, solo.utc(), hit));
    }
    let routes = solo.node.snapshot(solo.now).routes;
    assert!(
        routes.iter().all(|route| route.destination != peer("far@UnB")),
        "{routes:?}"
    );
}

#[test]
fn our_own_name_is_nobody_elses() {
    let mut solo = Solo::new();
    let plain = solo.accept(host(1));
    solo.says(plain, &json!({"type": "HELLO", "peer_id": ME, "ttl": 1}));
    assert_eq!(solo.hears(plain)[0]["code"], "unauthorized");
    let proven = solo.prove(ME, 3);
    assert_eq!(solo.hears(proven)[0]["code"], "unauthorized");
    for link in [plain, proven] {
        assert_eq!(solo.why_closed(link), Some(CloseReason::Unauthorized));
    }
    let relay = solo.prove("relay@UnB", 2);
    solo.says(relay, &publication("a", ME, "*", "sou eu"));
    solo.says(relay, &signed(2, 1, solo.utc(), send("b", ME, ME, "sou eu")));
    let told = solo.told();
    assert!(!told.iter().any(|line| line.contains("sou eu")), "{told:?}");
    assert_eq!(told.iter().filter(|line| line.starts_with("impostor")).count(), 2);
}

#[test]
fn another_key_under_a_known_name_is_refused_with_a_word() {
    let (mut solo, novo, ..) = crowd();
    let other = solo.prove(NOVO, 8);
    assert_eq!(solo.told(), ["impostor novo@UnB"]);
    assert_eq!(solo.hears(other)[0]["code"], "unauthorized");
    assert_eq!(
        (solo.why_closed(other), solo.why_closed(novo)),
        (Some(CloseReason::Unauthorized), None)
    );
}

#[test]
fn a_proof_of_a_known_key_may_be_slow_but_not_for_ever() {
    for (wait, told) in [(3, "up novo@UnB"), (11, "impostor novo@UnB")] {
        let (mut solo, novo, ..) = crowd();
        solo.close(novo);
        solo.told();
        solo.proof_after = wait * SECOND;
        solo.prove(NOVO, 1);
        assert_eq!(solo.told(), [told]);
    }
}

#[test]
fn nobody_signs_for_an_old_program_that_is_here() {
    let (mut solo, _, relay, old) = crowd();
    solo.says(
        relay,
        &signed(2, 1, solo.utc(), publication("a", OLD, "*", "eu sou novo")),
    );
    assert_eq!(solo.told(), [r#"dropped Some("old@UnB") Forged"#]);
    solo.says(old, &publication("b", OLD, "*", "eu sou eu"));
    assert_eq!(
        solo.told(),
        ["Pub old@UnB → *: eu sou eu (unverified)"],
        "its name was not taken away"
    );
}

#[test]
fn names_that_would_move_a_screen_are_no_names() {
    let mut solo = Solo::new();
    for (number, name) in ["\u{1b}[2J@UnB", "a\nb@UnB", "@", "a@b@c", "a@\u{202e}b"]
        .into_iter()
        .enumerate()
    {
        let link = solo.accept(host(u8::try_from(number).unwrap() + 50));
        solo.says(link, &json!({"type": "HELLO", "peer_id": name, "ttl": 1}));
        solo.says(link, &publication("p", name, "\u{9b}31m", "\u{1b}]0;x\u{7}"));
    }
    for told in solo.told() {
        let name = told.split([' ', '→']).nth(1).unwrap();
        assert!(!name.chars().any(char::is_control), "{told:?}");
    }
}

#[test]
fn a_pinned_key_is_let_go_with_its_last_link() {
    let mut solo = Solo::new();
    let first = solo.papo(NOVO, 1);
    let second = solo.prove(NOVO, 1);
    solo.run(5 * SECOND);
    for link in [first, second] {
        solo.close(link);
    }
    assert_eq!(solo.node.keys.pinned(), 0);
    assert!(solo.node.keys.known(&peer(NOVO)).is_some());
    assert_eq!(solo.node.keys.known(&peer(NOVO)), Some(&key_of(1).public()));
}

/// The relay has us send back to it what it sent itself, and closes: that the way failed is not said where nobody is.
#[test]
fn nothing_is_written_to_a_link_that_has_just_ended() {
    let (mut solo, _, relay, _) = crowd();
    solo.says(relay, &signed(9, 1, solo.utc(), send("s", FAR, "relay@UnB", "oi")));
    assert_eq!(
        types(&solo.hears(relay)),
        ["SEND", "RELAY_OK"],
        "it goes back where it came from"
    );
    solo.close(relay);
    solo.run(SECOND);
    assert_eq!(solo.hears(relay), [Value::Null; 0]);
}

#[test]
fn a_signature_without_an_id_is_none() {
    let (mut solo, novo, relay, _) = crowd();
    let mut line = publication("p", "far@UnB", "*", "oi");
    line = signed(9, 1, solo.utc(), line);
    line.as_object_mut().unwrap().remove("msg_id");
    solo.says(relay, &line);
    assert_eq!(solo.told().len(), 1, "that it was dropped");
    assert_eq!(only(solo.hears(novo), "PUB").len(), 0);
    assert_eq!(solo.counter("forged"), 1);
}
