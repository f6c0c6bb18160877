//! Disks that fail: whoever said what could not be kept is told, and it is as if it had never been said.

use super::*;

#[test]
fn a_failed_write_is_told_and_its_number_is_used_again() {
    let mut hub = Kept::new();
    let (ana, bia) = (hub.arrive("ana"), hub.arrive("bia"));
    let old = hub.open_text();
    hub.hear(ana);
    hub.says(ana, "m1", "um");
    hub.sync();
    hub.says(ana, "m2", "dois");
    hub.step(Input::Bytes {
        session: old,
        bytes: b"tr\xc3\xaas\n",
    });
    hub.says(ana, "m3", "quatro");
    hub.hear(bia);
    hub.hear(old);
    hub.fail();
    assert_eq!(hub.hear(ana), ["ACK m1 1", "ERROR storage m2", "ERROR storage m3"]);
    assert_eq!(hub.hear(old), ["NotKept"]);
    assert_eq!(hub.hear(bia), NOTHING);
    hub.says(ana, "m2", "dois");
    hub.sync();
    assert_eq!(
        (hub.hear(ana), hub.hear(bia)),
        (vec!["ACK m2 2".to_owned()], vec!["ana: dois".to_owned()])
    );
}

#[test]
fn what_was_safe_before_a_write_failed_stays_said() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    for id in ["m1", "m2", "m3"] {
        hub.says(ana, id, "oi");
    }
    hub.sync_some(1);
    hub.fail();
    assert_eq!(hub.hear(ana), ["ACK m1 1", "ERROR storage m2", "ERROR storage m3"]);
    hub.says(ana, "m3", "oi");
    // Told twice of the same failure, it minds only once.
    hub.step(Input::StoreFailed {
        epoch: 0,
        detail: String::new(),
    });
    hub.sync();
    assert_eq!(hub.hear(ana), ["ACK m3 2"]);
}

#[test]
fn who_waits_behind_a_failed_write_still_comes_and_goes() {
    let mut hub = Kept::new();
    let (ana, bia) = (hub.arrive("ana"), hub.arrive("bia"));
    hub.hear(ana);
    hub.says(ana, "m1", "oi");
    hub.asks(bia, &Request::Bye);
    let eva = hub.hello("eva@lobby", None);
    hub.fail();
    assert_eq!(hub.hear(ana), ["ERROR storage m1"]);
    assert_eq!(hub.clients[&bia].closed, Some(CloseReason::Quit));
    assert_eq!(hub.hear(eva), ["HELLO_OK eva", &joined("lobby", 0)]);
}

#[test]
fn who_comes_back_and_asks_again_is_told_that_it_was_not_kept() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    let secret = hub.secret(ana);
    hub.says(ana, "m1", "oi");
    hub.cut(ana);
    let ana = hub.hello("ana@lobby", secret);
    hub.says(ana, "m1", "oi");
    hub.fail();
    assert_eq!(hub.hear(ana), ["HELLO_OK ana", &joined("lobby", 0), "ERROR storage m1"]);
}

#[test]
fn another_hub_is_told_to_send_again_what_could_not_be_kept() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    hub.relay(1, &from_elsewhere(1));
    assert_eq!(hub.answers(), NOTHING);
    hub.sync();
    hub.relay(2, &from_elsewhere(2));
    hub.relay(3, &from_elsewhere(4));
    hub.relay(4, &from_elsewhere(2));
    hub.fail();
    assert_eq!(hub.answers()[1..], ["2: Busy", "3: Busy", "4: Busy"]);
    assert_eq!(hub.hear(ana), ["eva: oi 1"]);
    hub.relay(5, &from_elsewhere(2));
    hub.relay(6, &from_elsewhere(4));
    hub.relay(7, &from_elsewhere(4));
    hub.sync();
    assert_eq!(hub.answers().len(), 3);
    assert_eq!(hub.hear(ana), ["eva: oi 2", "GAP 3..3", "eva: oi 4"]);
}

#[test]
fn nothing_goes_to_an_old_service_when_it_could_not_be_kept_that_it_went() {
    let mut hub = Kept::with(durable(1));
    let ana = hub.arrive("ana");
    hub.posted(PostOutcome::Accepted { hub: None });
    hub.says(ana, "m1", "oi");
    hub.sync_some(1);
    hub.posts.clear();
    hub.fail();
    assert_eq!(hub.posts, NOTHING);
    hub.pass(Duration::from_secs(1));
    assert_eq!(hub.posts, NOTHING);
    hub.sync();
    assert!(hub.posts[0].contains("oi"));
}

#[test]
fn a_request_of_the_http_api_waits_and_is_answered_once() {
    let mut hub = Kept::new();
    let post = |request, id: Option<&str>| {
        Input::Post(super::super::super::Post {
            request: RequestId(request),
            source: ip("10.0.0.3"),
            room: room("lobby"),
            nick: "bot".parse().unwrap(),
            msg_id: id.map(|id| id.parse().unwrap()),
            payload: "oi".to_owned(),
        })
    };
    hub.step(post(1, Some("m1")));
    assert_eq!((hub.answers().len(), hub.asked.len()), (0, 1));
    hub.tell_acked();
    assert_eq!(hub.answers(), NOTHING);
    hub.step(post(2, Some("m1")));
    assert_eq!(hub.answers(), ["2: Err(\"busy\")"]);
    hub.fail();
    assert_eq!(hub.answers(), ["1: Err(\"storage\")"]);
    hub.step(post(3, Some("m1")));
    hub.sync();
    hub.step(post(4, Some("m1")));
    assert_eq!(hub.answers(), ["3: Ok(\"m1 1\")", "4: Ok(\"m1 1\")"]);
    hub.restart();
    hub.step(post(5, Some("m1")));
    hub.tell_acked();
    hub.step(post(6, None));
    hub.sync();
    let answers = hub.answers();
    assert_eq!(answers[0], "5: Ok(\"m1 1\")");
    assert!(
        answers[1].starts_with("6: Ok(") && answers[1].ends_with(" 2\")"),
        "{answers:?}"
    );
}

#[test]
fn nobody_posts_in_the_name_of_who_is_here_nor_faster_than_a_session_speaks() {
    let mut hub = Kept::with(Config {
        session_rate: Some(Rate::new(5, 20)),
        ..durable(0)
    });
    hub.arrive("ana");
    let post = |request, nick: &str, source: &str| {
        Input::Post(super::super::super::Post {
            request: RequestId(request),
            source: ip(source),
            room: room("jardim"),
            nick: nick.parse().unwrap(),
            msg_id: None,
            payload: "oi".to_owned(),
        })
    };
    hub.step(post(1, "Ana", "10.0.0.3"));
    assert_eq!(hub.answers(), ["1: Err(\"unauthorized\")"]);
    for request in 2..=25 {
        hub.step(post(request, "bot", "10.0.0.3"));
    }
    // One of the twenty went for the name.
    let refused = hub.answers();
    assert_eq!(refused.len(), 5);
    assert!(refused.iter().all(|answer| answer.ends_with("Err(\"over_quota\")")));
    hub.step(post(26, "bot", "10.0.0.4"));
    hub.step(post(27, "bot", "127.0.0.1"));
    hub.sync();
    assert_eq!(hub.answers().len(), 21);
}

#[test]
fn what_an_old_service_did_not_get_is_there_again_after_a_new_start() {
    let mut hub = Kept::with(durable(1));
    let ana = hub.arrive("ana");
    hub.posted(PostOutcome::Accepted { hub: None });
    hub.says(ana, "m1", "oi");
    // The message, then that it is done with; only then it goes out.
    hub.sync();
    assert!(hub.posts.concat().contains("oi"));
    hub.posted(PostOutcome::Failed { sent: false });
    hub.sync();
    hub.posts.clear();
    hub.restart();
    hub.pass(Duration::from_secs(10));
    hub.posted(PostOutcome::Accepted { hub: None });
    hub.sync();
    assert!(hub.posts.concat().contains("oi"), "{:?}", hub.posts);
}
