//! How they leave, and how they are left: docs/protocol.md 3.5.

use super::*;

#[test]
fn their_bye_is_answered_and_the_connection_closed_soon() {
    for bye in [
        json!({"type": "BYE"}),
        json!({"type": "BYE", "msg_id": "b", "src": OLD, "dst": "*"}),
        json!({"type": "BYE", "msg_id": 7, "dest": ME, "reason": null}),
    ] {
        let mut solo = Solo::new();
        let old = solo.old(OLD);
        let begin = solo.now;
        solo.says(old, &bye);
        assert_eq!(solo.told(), ["down old@UnB TheirBye"]);
        solo.says(old, &json!({"type": "PING", "msg_id": "p"}));
        solo.run(SECOND);
        let heard = solo.hears(old);
        assert_eq!(types(&heard), ["BYE_OK"]);
        assert_eq!(heard[0]["dst"], OLD);
        let (at, reason) = solo.closed(old).unwrap();
        assert!(at.since(begin) <= SECOND / 2 && reason == CloseReason::TheirBye);
    }
}

#[test]
fn our_bye_waits_for_an_answer_and_not_for_ever() {
    for (answer, closed_after) in [
        (Some(json!({"type": "BYE_OK", "msg_id": "another"})), SECOND / 10),
        (Some(json!({"type": "PING", "msg_id": "p"})), 2 * SECOND),
        (None, 2 * SECOND),
    ] {
        let mut solo = Solo::new();
        let old = solo.old(OLD);
        let begin = solo.now;
        solo.command(Command::Quit);
        solo.run(SECOND / 10);
        if let Some(answer) = &answer {
            solo.says(old, answer);
        }
        solo.run(5 * SECOND);
        let heard = solo.hears(old);
        assert_eq!(types(&heard), ["BYE"], "signs of life are over");
        for field in ["msg_id", "src", "dst", "reason", "peer_id", "dest"] {
            assert!(heard[0][field].is_string(), "{field}");
        }
        let (at, reason) = solo.closed(old).unwrap();
        assert_eq!((at.since(begin), reason), (closed_after, CloseReason::OurBye));
        assert_eq!(solo.quits, 1);
    }
}

#[test]
fn what_a_bye_leaves_in_the_queue_goes_only_one_way() {
    let mut solo = Solo::dialing(&[host(1)], true);
    let first = solo.old(OLD);
    let second = solo.dialed_old(&hello_ok(OLD));
    solo.run(SECOND);
    for text in ["um", "dois", "três"] {
        solo.send(OLD, text);
    }
    solo.says(second, &json!({"type": "BYE"}));
    solo.run(4 * SECOND);
    let mut texts: Vec<_> = [solo.hears(first), solo.hears(second)].concat();
    texts.retain(|line| line["type"] == "SEND");
    assert_eq!(texts.len(), 3, "each once: {texts:?}");
}

#[test]
fn goodbye_instead_of_an_answer_lets_it_be_dialed_again() {
    let mut solo = Solo::dialing(&[host(1)], true);
    let link = solo.answer_dial();
    solo.run(SECOND / 10);
    solo.says(link, &json!({"type": "BYE"}));
    assert_eq!(types(&solo.hears(link)), ["HELLO", "BYE_OK"]);
    solo.run(10 * SECOND);
    assert!(solo.closed(link).is_some() && solo.dials.len() == 2);
}

#[test]
fn a_connection_that_dies_with_every_message_comes_back_soon() {
    let mut solo = Solo::dialing(&[host(1)], true);
    let mut link = solo.dialed_old(&hello_ok(OLD));
    for number in 1..4 {
        solo.publish("oi");
        solo.run(SECOND);
        assert_eq!(types(&solo.hears(link)), ["PUB"]);
        let lost = solo.now;
        solo.close(link);
        solo.run(3 * SECOND);
        assert_eq!(solo.dials.len(), number + 1);
        let wait = solo.dials[number].0.since(lost);
        assert!(wait >= SECOND && wait <= 2 * SECOND, "{wait:?}");
        link = solo.dialed_old(&hello_ok(OLD));
    }
}

#[test]
fn a_message_that_was_written_is_not_sent_again_when_the_connection_dies() {
    let mut solo = Solo::dialing(&[host(1)], true);
    let first = solo.old(OLD);
    let second = solo.dialed_old(&hello_ok(OLD));
    solo.run(SECOND);
    solo.send(OLD, "oi");
    solo.run(SECOND);
    solo.close(second);
    solo.run(25 * SECOND);
    let again: Vec<_> = solo.hears(first);
    assert!(!types(&again).contains(&"SEND"));
    assert_eq!(solo.told(), ["failed old@UnB ack_timeout"]);
}

#[test]
fn whoever_quits_leaves_no_message_open_and_no_connection() {
    let mut solo = Solo::dialing(&[host(1)], true);
    let old = solo.old(OLD);
    solo.papo("novo@UnB", 1);
    solo.send("ghost@UnB", "procurado");
    solo.send(OLD, "oi");
    for _ in 0..9 {
        solo.publish("muito");
    }
    solo.command(Command::Quit);
    let late = solo.answer_dial();
    assert_eq!(solo.why_closed(late), Some(CloseReason::OurBye));
    solo.run(3 * SECOND);
    assert!(solo.closed(old).is_some());
    assert_eq!(
        (solo.quits, solo.node.unicast.len(), solo.node.publisher.len()),
        (1, 0, 0)
    );
    let told = solo.told();
    for text in ["failed ghost@UnB", "failed old@UnB"] {
        assert!(told.iter().any(|line| line.starts_with(text)), "{told:?}");
    }
    assert_eq!(told.iter().filter(|line| line.starts_with("refused *")).count(), 4);
    let sent = solo.hears(old);
    assert!(types(&sent).contains(&"SEND"), "what was said goes before goodbye");
}
