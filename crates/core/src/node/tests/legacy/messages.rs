//! What they say, and what they make of what they hear: docs/protocol.md 3.1 and 3.2.

use super::*;

#[test]
fn lines_go_one_by_one_because_some_read_only_the_first_of_each_read() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    let begin = solo.now;
    solo.says(old, &json!({"type": "PING", "msg_id": "p", "timestamp": "", "ttl": 1}));
    solo.says(old, &send("a", OLD, ME, "oi"));
    solo.send(OLD, "um");
    solo.publish("dois");
    solo.run(SECOND);
    let heard = solo.hears_when(old, begin);
    let kinds: Vec<_> = heard.iter().map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(kinds, ["PONG", "ACK", "SEND", "PUB"]);
    let times: Vec<_> = heard.iter().map(|(at, _)| at.as_millis()).collect();
    assert_eq!(times, [0, 50, 100, 150]);
}

#[test]
fn after_hello_ok_there_is_a_second_of_silence() {
    let mut solo = Solo::new();
    let link = solo.accept(host(1));
    let begin = solo.now;
    solo.says(link, &json!({"type": "HELLO", "peer_id": OLD, "ttl": 1}));
    solo.says(link, &json!({"type": "PING", "msg_id": "p", "ttl": 1}));
    solo.send(OLD, "oi");
    solo.run(2 * SECOND);
    let heard = solo.hears_when(link, begin);
    assert_eq!(heard[0], (Duration::ZERO, "HELLO_OK".to_owned()));
    assert_eq!(heard[1], (SECOND, "PONG".to_owned()));
    assert_eq!(heard[2].1, "SEND");
}

#[test]
fn nothing_goes_between_hello_and_its_answer() {
    let mut solo = Solo::dialing(&[host(1)], true);
    let link = solo.answer_dial();
    assert_eq!(types(&solo.hears(link)), ["HELLO"]);
    solo.says(link, &json!({"type": "PING", "msg_id": "p", "ttl": 1}));
    solo.says(link, &json!({"type": "SOMETHING"}));
    solo.run(SECOND);
    assert_eq!(types(&solo.hears(link)), [""; 0]);
    solo.says(link, &hello_ok(OLD));
    solo.says(link, &json!({"type": "PING", "msg_id": "p", "ttl": 1}));
    solo.run(SECOND);
    assert_eq!(types(&solo.hears(link)), ["PONG"]);
}

#[test]
fn a_ping_before_hello_does_not_hold_the_answer_back() {
    let mut solo = Solo::new();
    let link = solo.accept(host(1));
    let begin = solo.now;
    solo.says(link, &json!({"type": "PING", "msg_id": "p", "ttl": 1}));
    solo.run(SECOND / 100);
    solo.says(link, &json!({"type": "HELLO", "peer_id": OLD, "ttl": 1}));
    solo.says(link, &send("a", OLD, ME, "oi"));
    solo.run(2 * SECOND);
    let heard = solo.hears_when(link, begin);
    let millis: Vec<_> = heard.iter().map(|(at, kind)| (at.as_millis(), kind.as_str())).collect();
    assert_eq!(millis, [(0, "PONG"), (50, "HELLO_OK"), (1050, "ACK")]);
}

#[test]
fn every_field_is_there_whatever_the_text() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    solo.send(OLD, "ção ⚽ \u{1b}[2J");
    solo.publish("a todos");
    solo.run(SECOND);
    let heard = solo.hears(old);
    for line in &heard {
        for field in ["type", "msg_id", "src", "dst", "payload"] {
            assert!(line[field].is_string(), "{field} in {line}");
        }
        assert!(line["require_ack"].is_boolean() && line.get("x").is_none(), "{line}");
        assert_eq!((&line["src"], &line["ttl"]), (&json!(ME), &json!(1)));
    }
    assert_eq!(heard[0]["payload"], "ção ⚽ \u{1b}[2J");
    assert_eq!(heard[1]["dst"], "*");
}

#[test]
fn a_message_is_confirmed_whether_they_ask_for_it_or_not() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    let mut plain = send("a", OLD, ME, "oi");
    plain.as_object_mut().unwrap().remove("require_ack");
    solo.says(old, &plain);
    solo.run(SECOND);
    let heard = solo.hears(old);
    assert_eq!(types(&heard), ["ACK"]);
    for field in ["msg_id", "src", "dst", "from", "timestamp"] {
        assert!(heard[0][field].is_string(), "{field}");
    }
    assert_eq!((&heard[0]["msg_id"], &heard[0]["from"]), (&json!("a"), &json!(ME)));
    assert_eq!(solo.told(), ["Send old@UnB → me@UnB: oi (unverified)"]);
}

#[test]
fn what_comes_again_is_shown_once_and_confirmed_again() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    for _ in 0..3 {
        solo.says(old, &send("a", OLD, ME, "oi"));
        solo.run(SECOND);
    }
    solo.says(old, &send("a", OLD, ME, "outra"));
    solo.run(SECOND);
    assert_eq!(types(&solo.hears(old)), ["ACK"; 4]);
    let told = [
        "Send old@UnB → me@UnB: oi (unverified)",
        "Send old@UnB → me@UnB: outra (unverified)",
    ];
    assert_eq!(solo.told(), told, "ids repeat, texts tell them apart");
}

#[test]
fn what_they_publish_is_shown_and_neither_confirmed_nor_passed_on_at_its_last_hop() {
    let mut solo = Solo::new();
    let papo = solo.papo("novo@UnB", 1);
    let old = solo.old(OLD);
    let rows = [
        (json!("#UnB"), json!(1), "#UnB"),
        (json!("UnB"), json!(1), "#UnB"),
        (json!("*"), json!(0), "*"),
        (Value::Null, json!("1"), ""),
    ];
    for (number, (dst, ttl, shown)) in rows.into_iter().enumerate() {
        let mut line = publication(&format!("p{number}"), OLD, "", &number.to_string());
        (line["dst"], line["ttl"], line["require_ack"]) = (dst, ttl, json!(true));
        solo.says(old, &line);
        solo.run(SECOND);
        assert_eq!(solo.told(), [format!("Pub old@UnB → {shown}: {number} (unverified)")]);
    }
    let no_ttl = json!({"type": "PUB", "msg_id": "q", "src": OLD, "dst": "*", "payload": "sem"});
    solo.says(old, &no_ttl);
    solo.says(old, &publication("r", OLD, "#USP", "para outros"));
    solo.run(SECOND);
    assert_eq!(solo.told(), ["Pub old@UnB → *: sem (unverified)"]);
    assert_eq!(types(&solo.hears(old)), [""; 0]);
    let passed = solo.hears(papo);
    let passed: Vec<_> = passed.iter().filter(|line| line["type"] == "PUB").collect();
    assert_eq!(passed.len(), 1, "only the one that may go further");
    assert_eq!((&passed[0]["ttl"], &passed[0]["via"]), (&json!(7), &json!(ME)));
}

#[test]
fn a_copy_for_each_recipient_with_an_id_of_its_own_is_shown() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    let other = solo.old("other@UnB");
    // Each of them sends this node one copy, under an id that nobody else sees.
    solo.says(old, &publication("to-me-1", OLD, "#UnB", "oi"));
    solo.says(other, &publication("to-me-1", "other@UnB", "#UnB", "oi"));
    // And a neighbor passes on the copy that it had, which has another id.
    solo.says(other, &publication("to-other-1", OLD, "#UnB", "oi"));
    solo.run(SECOND);
    let told = [
        "Pub old@UnB → #UnB: oi (unverified)",
        "Pub other@UnB → #UnB: oi (unverified)",
    ];
    assert_eq!(solo.told(), told);
}

#[test]
fn an_ack_needs_nothing_but_the_id_and_a_message_is_never_sent_twice() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    let id = solo.send(OLD, "oi");
    solo.run(SECOND);
    solo.says(old, &json!({"type": "ACK", "msg_id": id.as_str()}));
    assert_eq!(solo.told(), ["delivered old@UnB (unverified)"]);
    solo.hears(old);
    solo.send(OLD, "sem resposta");
    solo.run(25 * SECOND);
    let sent = solo.hears(old);
    assert_eq!(sent.iter().filter(|line| line["type"] == "SEND").count(), 1);
    assert_eq!(solo.told(), ["failed old@UnB ack_timeout"]);
    solo.says(old, &json!({"type": "ACK", "msg_id": id.as_str()}));
    assert_eq!(solo.told(), [""; 0], "late");
}

#[test]
fn an_error_of_any_shape_ends_the_message_with_its_code() {
    for (number, shape) in [
        json!({"type": "ERROR", "code": "over_quota", "ref": "ID", "detail": "cheio"}),
        json!({"status": "ERROR", "error": "over_quota", "ref": "ID"}),
        json!({"status": "ERROR", "message": "over_quota", "msg_id": "ID"}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut solo = Solo::new();
        let old = solo.old(OLD);
        // Somebody relays: a refusal of the destination itself is final all the same.
        solo.papo("novo@UnB", 1);
        let id = solo.send(OLD, "oi");
        solo.run(SECOND);
        solo.says_raw(old, &shape.to_string().replace("ID", id.as_str()));
        assert_eq!(solo.told(), ["failed old@UnB over_quota"], "{number}");
    }
}

#[test]
fn a_ttl_that_cannot_be_read_is_told_and_the_link_stays() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    let rows = [
        (json!("3"), Some(2)),
        (json!(2.0), Some(1)),
        (json!(9), Some(7)),
        (json!(8), Some(7)),
        (json!(1), None),
        (json!(-1), None),
        (json!(1.5), None),
        (json!(null), None),
    ];
    let papo = solo.papo("novo@UnB", 1);
    for (number, (ttl, passed)) in rows.into_iter().enumerate() {
        let mut line = send(&format!("s{number}"), OLD, "novo@UnB", "oi");
        line["ttl"] = ttl.clone();
        solo.says(old, &line);
        solo.run(SECOND);
        let got = solo.hears(papo);
        let got: Vec<_> = got.iter().filter(|line| line["type"] == "SEND").collect();
        assert_eq!(got.first().and_then(|line| line["ttl"].as_u64()), passed, "{ttl}");
        let answer = solo.hears(old).remove(0);
        let expected = match (passed, ttl.as_u64()) {
            (Some(_), _) => json!("RELAY_OK"),
            (None, Some(_)) => json!("TTL_EXPIRED"),
            (None, None) => json!("ERROR"),
        };
        assert_eq!(answer["type"], expected, "{ttl}");
        if expected == "ERROR" {
            assert_eq!(
                (&answer["code"], &answer["ref"]),
                (&json!("bad_format"), &json!(format!("s{number}")))
            );
        }
    }
    assert_eq!(solo.why_closed(old), None);
}

#[test]
fn what_nobody_knows_is_ignored_and_the_link_stays() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    for line in [
        r#"{"type":"TYPING","who":1}"#,
        r#"{"type":17}"#,
        r"{}",
        r#"{"status":"OK"}"#,
        "",
        "  \r",
        r#"{"type":"PONG"}"#,
        r#"{"type":"PONG","msg_id":null,"timestamp":1}"#,
        r#"{"type":"METRICS","rtt_ms":"fast"}"#,
        r#"{"type":"HELLO_OK","peer_id":7}"#,
    ] {
        solo.says_raw(old, line);
        solo.run(SECOND / 10);
        assert_eq!(types(&solo.hears(old)), [""; 0], "{line}");
    }
    for line in ["garbage", "[1,2]", "7", r#"{"type":"#] {
        solo.says_raw(old, line);
        solo.run(SECOND / 10);
        let heard = solo.hears(old);
        assert_eq!(
            (types(&heard), &heard[0]["code"]),
            (vec!["ERROR"], &json!("bad_format")),
            "{line}"
        );
    }
    solo.says_raw(
        old,
        r#"{"type":"send","msg_id":5,"payload":{"a":1},"extra":[],"timestamp":1.5}"#,
    );
    solo.run(SECOND);
    assert_eq!(solo.told(), [r#"Send old@UnB → : {"a":1} (unverified)"#]);
    assert_eq!(
        (&solo.hears(old)[0]["msg_id"], solo.why_closed(old)),
        (&json!("5"), None)
    );
}

#[test]
fn somebody_old_is_reached_over_this_node() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    let papo = solo.papo("novo@UnB", 1);
    let mut line = signed(1, 1, solo.utc(), send("far", "novo@UnB", OLD, "oi"));
    line["x"]["try"] = json!(1);
    solo.says(papo, &line);
    solo.run(SECOND / 2);
    let heard = solo.hears(old);
    assert_eq!((types(&heard), heard[0].get("x")), (vec!["SEND"], None), "unsigned");
    assert_eq!((&heard[0]["src"], &heard[0]["via"]), (&json!("novo@UnB"), &json!(ME)));
    solo.hears(papo);
    solo.says(old, &json!({"type": "ACK", "msg_id": "far"}));
    let back = solo.hears(papo);
    assert_eq!(types(&back), ["ACK"]);
    assert_eq!((&back[0]["src"], &back[0]["dst"]), (&json!(OLD), &json!("novo@UnB")));
    assert!(back[0].get("x").is_none(), "nobody signs for somebody else");
}

#[test]
fn a_second_try_over_the_same_relay_is_not_shown_twice_by_who_shows_every_copy() {
    let mut solo = Solo::new();
    let old = solo.old(OLD);
    let papo = solo.papo("novo@UnB", 1);
    for attempt in [0, 1] {
        let mut line = signed(1, 1, solo.utc(), send("far", "novo@UnB", OLD, "oi"));
        line["x"]["try"] = json!(attempt);
        solo.says(papo, &line);
        solo.run(SECOND);
    }
    assert_eq!(types(&solo.hears(old)), ["SEND"]);
    solo.hears(papo);
    solo.says(old, &json!({"type": "ACK", "msg_id": "far"}));
    assert_eq!(types(&solo.hears(papo)), ["ACK"], "its confirmation is for both");
}
