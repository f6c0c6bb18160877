//! What leaves a hub, and when: nothing before it is safe, and nothing out of order.

use super::*;
use crate::limits::UNSTORED_MESSAGES;

#[test]
fn nobody_hears_of_a_message_before_it_is_safe() {
    let mut hub = Kept::with(durable(1));
    let (ana, bia) = (hub.arrive("ana"), hub.arrive("bia"));
    hub.pass(Duration::from_secs(1));
    hub.hear(ana);
    hub.hear(bia);
    hub.posted(PostOutcome::Failed { sent: false });
    hub.posts.clear();
    hub.says(ana, "m1", "olá");
    assert_eq!((hub.hear(ana), hub.hear(bia)), (vec![], vec![]));
    hub.pass(Duration::from_secs(5));
    assert!(!hub.posts.concat().contains("olá"));
    hub.posted(PostOutcome::Accepted {
        hub: Some(HubId::from_bits(2)),
    });
    assert!(!hub.hub.is_settled());
    hub.hear(ana);
    hub.hear(bia);
    hub.sync();
    assert_eq!(
        (hub.hear(ana), hub.hear(bia)),
        (vec!["ACK m1 1".to_owned()], vec!["ana: olá".to_owned()])
    );
    hub.posted(PostOutcome::Accepted {
        hub: Some(HubId::from_bits(2)),
    });
    assert!(hub.posts.concat().contains("olá"));
    hub.sync();
    assert!(hub.hub.is_settled());
}

#[test]
fn whoever_comes_and_goes_meanwhile_has_a_place_in_the_order() {
    let mut hub = Kept::new();
    let (ana, bia) = (hub.arrive("ana"), hub.arrive("bia"));
    hub.hear(ana);
    hub.says(ana, "m1", "um");
    let eva = hub.hello("eva@lobby", None);
    hub.says(ana, "m2", "dois");
    hub.asks(bia, &Request::Bye);
    hub.says(ana, "m3", "três");
    assert_eq!((hub.hear(ana), hub.hear(bia), hub.hear(eva)), (vec![], vec![], vec![]));
    hub.sync_some(2);
    assert_eq!(hub.hear(ana), ["ACK m1 1", "ACK m2 2"]);
    assert_eq!(hub.hear(bia), ["ana: um", "ana: dois"]);
    assert_eq!(hub.clients[&bia].closed, Some(CloseReason::Quit));
    assert_eq!(hub.hear(eva), ["HELLO_OK eva", &joined("lobby", 1), "ana: dois"]);
    hub.sync();
    assert_eq!(hub.hear(eva), ["ana: três"]);
}

#[test]
fn a_notice_stands_behind_what_was_heard_and_not_behind_what_waits() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    hub.says(ana, "m1", "um");
    hub.says(ana, "m2", "dois");
    assert_eq!(hub.hub.end(), Position(0));
    hub.sync_some(1);
    assert_eq!(hub.hub.end(), Position(1));
    hub.sync();
    assert_eq!(hub.hub.end(), Position(2));
    hub.restart();
    assert_eq!(hub.hub.end(), Position(2));
    let ana = hub.arrive("ana");
    hub.says(ana, "m3", "três");
    hub.sync();
    assert_eq!(hub.said().last().unwrap().entry.position, Position(3));
}

#[test]
fn the_same_message_again_is_said_once_and_acknowledged_alike() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    let secret = hub.secret(ana);
    hub.says(ana, "m1", "oi");
    hub.says(ana, "m1", "oi");
    hub.sync();
    assert_eq!(hub.hear(ana), ["ACK m1 1"]);
    hub.says(ana, "m1", "oi");
    assert_eq!(hub.hear(ana), ["ACK m1 1"]);
    hub.cut(ana);
    let ana = hub.hello("ana@lobby", secret);
    hub.says(ana, "m1", "oi");
    assert_eq!(hub.hear(ana), ["HELLO_OK ana", &joined("lobby", 1), "ACK m1 1"]);
    hub.says(ana, "m2", "tudo bem?");
    hub.sync();
    assert_eq!(hub.hear(ana), ["ACK m2 2"]);
    assert_eq!(hub.said().count(), 2);
}

#[test]
fn who_comes_back_and_asks_again_at_once_is_told_of_what_waited() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    let secret = hub.secret(ana);
    hub.says(ana, "m1", "oi");
    hub.cut(ana);
    let ana = hub.hello("ana@lobby", secret);
    hub.says(ana, "m1", "oi");
    hub.joins(ana, "lobby", Some(&[(1, 0)]));
    hub.sync();
    let head = joined("lobby", 1);
    assert_eq!(hub.hear(ana), ["HELLO_OK ana", &head, "ACK m1 1", &head, "ana: oi"]);
    assert_eq!(hub.said().count(), 1);
}

#[test]
fn after_a_new_start_the_disk_tells_what_an_author_has_sent() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    let secret = hub.secret(ana);
    hub.says(ana, "m1", "oi");
    hub.sync();
    hub.says(ana, "m2", "perdida");
    hub.restart();
    let ana = hub.hello("ana@lobby", secret);
    for (id, payload) in [("m1", "oi"), ("m2", "perdida")] {
        hub.says(ana, id, payload);
    }
    assert_eq!(hub.hear(ana), NOTHING);
    assert!(
        hub.clients[&ana].paused,
        "nothing more is read before the disk has told"
    );
    hub.tell_acked();
    hub.sync();
    assert_eq!(
        hub.hear(ana),
        ["HELLO_OK ana", &joined("lobby", 1), "ACK m1 1", "ACK m2 2"]
    );
    assert!(!hub.clients[&ana].paused);
    assert_eq!(hub.said().count(), 2);
}

#[test]
fn too_much_that_waits_makes_speakers_wait_and_then_speak_on() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    for number in 0..=UNSTORED_MESSAGES {
        hub.says(ana, &format!("m{number}"), "oi");
        assert_eq!(hub.clients[&ana].paused, number + 1 >= UNSTORED_MESSAGES, "{number}");
    }
    assert_eq!(hub.unsafe_records.len(), UNSTORED_MESSAGES);
    hub.relay(1, &from_elsewhere(1));
    assert_eq!(hub.answers(), ["1: Busy"]);
    hub.sync_some(UNSTORED_MESSAGES / 2 - 1);
    assert!(hub.clients[&ana].paused);
    hub.sync_some(1);
    assert!(!hub.clients[&ana].paused);
    hub.sync();
    assert_eq!(hub.hear(ana).len(), UNSTORED_MESSAGES + 1);
}

#[test]
fn what_waits_for_a_link_is_sent_after_a_new_start() {
    let mut hub = Kept::with(durable(1));
    let ana = hub.arrive("ana");
    hub.posted(PostOutcome::Failed { sent: false });
    for number in 1..4 {
        hub.says(ana, &format!("m{number}"), &format!("oi {number}"));
    }
    hub.sync();
    hub.restart();
    hub.posts.clear();
    hub.pass(Duration::from_secs(1));
    let hub_there = PostOutcome::Accepted {
        hub: Some(HubId::from_bits(2)),
    };
    assert!(hub.posts[0].contains(r#""messages":[]"#), "asks first: {:?}", hub.posts);
    hub.posted(hub_there);
    hub.posted(hub_there);
    let sent = hub.posts.concat();
    assert!(
        [1, 2, 3].iter().all(|number| sent.contains(&format!("oi {number}"))),
        "{sent}"
    );
    hub.sync();
    hub.restart();
    hub.posts.clear();
    hub.pass(Duration::from_secs(1));
    assert_eq!(hub.posts, NOTHING, "all of it has arrived");
}

#[test]
fn what_an_old_service_may_see_once_counts_as_sent_before_it_goes() {
    let mut hub = Kept::with(durable(1));
    let ana = hub.arrive("ana");
    hub.posted(PostOutcome::Accepted { hub: None });
    hub.says(ana, "m1", "oi");
    hub.posts.clear();
    hub.sync_some(1);
    assert_eq!(hub.posts, NOTHING);
    hub.sync_some(1);
    assert!(hub.posts[0].contains("oi"));
    hub.restart();
    hub.posts.clear();
    hub.pass(Duration::from_secs(1));
    assert_eq!(hub.posts, NOTHING);
}
