//! Links that fail: what waits, what is sent again, and what is given up.

use super::network::{Network, Weather};
use super::*;
use crate::limits::OUTBOX_MESSAGES;

/// Two hubs that know each other; a speaker on the first and a listener on the second.
fn acquainted() -> (Network, SessionId, SessionId) {
    let mut net = Network::pair();
    let bia = net.hubs[1].tcp("10.0.0.1");
    let ana = net.hubs[0].ws(1);
    net.settle();
    net.hubs[0].remarks();
    net.hubs[1].hear(bia);
    (net, ana, bia)
}

#[test]
fn messages_wait_for_a_link_and_come_in_order_when_it_is_up() {
    let (mut net, ana, bia) = acquainted();
    net.weather(0, Weather::Down);
    for number in 0..10 {
        net.hubs[0].text(ana, &number.to_string());
        net.pass(Duration::from_secs(1));
    }
    assert_eq!(net.hubs[1].hear(bia), NOTHING);
    assert_eq!(net.hubs[0].hub.waiting_for_links(), 10);
    net.weather(0, Weather::Fine);
    net.pass(Duration::from_secs(5));
    let expected: Vec<_> = (0..10).map(|number| format!("Client #1 | {number}")).collect();
    assert_eq!(net.hubs[1].hear(bia), expected);
    let link = LinkId(0);
    let kind = LinkKind::Papo(HubId::from_bits(2));
    assert_eq!(
        net.hubs[0].remarks(),
        [Remark::LinkDown { link, waiting: 1 }, Remark::LinkUp { link, kind }]
    );
}

#[test]
fn tries_come_ever_more_slowly_between_an_eighth_of_a_second_and_five() {
    let (mut net, ana, _) = acquainted();
    net.weather(0, Weather::Down);
    net.carried(0);
    net.hubs[0].text(ana, "oi");
    net.settle();
    let mut waits = Vec::new();
    while waits.len() < 12 {
        let before = net.hubs[0].now;
        let next = net.hubs[0].hub.timers.get(&Timer::Link(LinkId(0))).unwrap();
        waits.push(next.since(before));
        net.pass(next.since(before));
    }
    assert_eq!(net.carried(0).len(), 13);
    for (index, wait) in waits.iter().enumerate() {
        let longest = Duration::from_millis(250 << index.min(5)).min(Duration::from_secs(5));
        assert!(*wait >= longest / 2 && *wait <= longest, "{waits:?}");
    }
    net.weather(0, Weather::Fine);
    net.pass(Duration::from_secs(5));
    net.weather(0, Weather::Down);
    net.hubs[0].text(ana, "oi");
    net.settle();
    let next = net.hubs[0].hub.timers.get(&Timer::Link(LinkId(0))).unwrap();
    assert!(
        next.since(net.hubs[0].now) <= Duration::from_millis(250),
        "success forgets failures"
    );
}

#[test]
fn a_lost_reply_makes_a_hub_send_again_and_the_other_show_it_once() {
    let (mut net, ana, bia) = acquainted();
    net.weather(0, Weather::LosesReplies);
    net.hubs[0].text(ana, "oi");
    net.settle();
    net.weather(0, Weather::Fine);
    net.carried(0);
    net.hubs[0].text(ana, "tudo bem?");
    net.hubs[0].cut(ana);
    net.pass(Duration::from_secs(1));
    assert_eq!(
        net.carried(0).concat().matches(r#""payload":"oi""#).count(),
        1,
        "sent again"
    );
    assert_eq!(
        net.hubs[1].hear(bia),
        ["Client #1 | oi", "Client #1 | tudo bem?", "* | Client #1 left the chat"]
    );
    assert_eq!(net.hubs[0].lost(), Lost::default());
}

#[test]
fn a_lost_reply_of_an_old_service_is_counted_and_nothing_sent_twice() {
    let mut net = Network::with_old_service();
    let ana = net.hubs[0].ws(1);
    net.settle();
    net.weather(0, Weather::LosesReplies);
    net.hubs[0].text(ana, "oi");
    net.settle();
    net.weather(0, Weather::Fine);
    net.hubs[0].text(ana, "tudo bem?");
    net.pass(Duration::from_secs(5));
    assert_eq!(
        net.old[0].shown,
        ["Client #1 joined the chat", "Client #1: oi", "Client #1: tudo bem?"]
    );
    assert_eq!(net.hubs[0].lost().uncertain, 1);
    assert!(
        net.hubs[0]
            .remarks()
            .contains(&Remark::LinkUncertain { link: LinkId(0) })
    );
}

#[test]
fn what_certainly_did_not_go_out_is_sent_again_to_an_old_service() {
    let mut net = Network::with_old_service();
    net.weather(0, Weather::Down);
    let ana = net.hubs[0].ws(1);
    net.hubs[0].text(ana, "oi");
    net.pass(Duration::from_secs(30));
    net.weather(0, Weather::Fine);
    net.pass(Duration::from_secs(5));
    assert_eq!(net.old[0].shown, ["Client #1 joined the chat", "Client #1: oi"]);
    assert_eq!(net.hubs[0].lost(), Lost::default());
}

#[test]
fn only_what_may_be_repeated_is_called_repeatable() {
    let mut net = Network::with_old_service();
    let ana = net.hubs[0].ws_in(1, "redes");
    let bia = net.hubs[0].ws(2);
    let probe = net.hubs[0].posts[0].clone();
    assert!(probe.repeatable);
    net.settle();
    net.hubs[0].text(bia, "oi");
    assert!(!net.hubs[0].posts[0].repeatable);
    net.settle();
    net.hubs[0].cut(ana);

    let (mut net, ana, _) = acquainted();
    net.hubs[0].text(ana, "oi");
    assert!(net.hubs[0].posts[0].repeatable);
}

#[test]
fn a_refused_message_of_an_old_service_is_dropped_and_the_next_goes() {
    let mut net = Network::with_old_service();
    let ana = net.hubs[0].ws(1);
    net.settle();
    net.weather(0, Weather::Refuses(413));
    net.hubs[0].text(ana, "oi");
    net.settle();
    net.weather(0, Weather::Fine);
    net.hubs[0].text(ana, "tudo bem?");
    net.settle();
    assert_eq!(net.old[0].shown, ["Client #1 joined the chat", "Client #1: tudo bem?"]);
    assert_eq!(net.hubs[0].lost().rejected, 1);
    let rejected = Remark::LinkRejected {
        link: LinkId(0),
        status: 413,
    };
    assert!(net.hubs[0].remarks().contains(&rejected));
}

#[test]
fn a_full_outbox_drops_its_oldest_and_the_listener_sees_one_gap() {
    let (mut net, ana, bia) = acquainted();
    net.hubs[0].text(ana, "oi");
    net.settle();
    net.weather(0, Weather::Down);
    for number in 0..OUTBOX_MESSAGES + 5 {
        net.hubs[0].text(ana, &number.to_string());
        net.settle();
    }
    assert_eq!(net.hubs[0].hub.waiting_for_links(), OUTBOX_MESSAGES);
    net.weather(0, Weather::Fine);
    net.pass(Duration::from_secs(1));
    assert_eq!(net.hubs[0].lost().overflow, 5);
    let full = |remark: &&Remark| matches!(remark, Remark::OutboxFull { .. });
    assert_eq!(net.hubs[0].remarks().iter().filter(full).count(), 1);
    let heard = net.hubs[1].hear(bia);
    assert_eq!(heard.len(), 2 + OUTBOX_MESSAGES);
    assert_eq!(
        heard[..3],
        [
            "Client #1 | oi",
            "* | * 5 messages of hub 00000000 did not arrive (numbers 2 to 6)",
            "Client #1 | 5"
        ]
    );
    let origin = HubId::from_bits(1);
    assert!(net.hubs[1].remarks().contains(&Remark::Missed { origin, count: 5 }));
}

#[test]
fn a_refused_batch_goes_one_by_one_and_loses_only_its_poison() {
    let (mut net, ana, bia) = acquainted();
    net.weather(0, Weather::Down);
    for text in ["um", "dois", "veneno", "três"] {
        net.hubs[0].text(ana, text);
    }
    net.settle();
    net.weather(0, Weather::Fine);
    net.hubs[0].pass(Duration::from_secs(1));
    // A hub of another version that does not take one of these messages.
    while let Some(post) = net.hubs[0].posts.pop_front() {
        let outcome = if post.body.contains("veneno") {
            PostOutcome::Rejected { status: 422 }
        } else {
            net.hubs[1].relay("10.9.0.0", None, post.body.as_bytes());
            let hub = Some(HubId::from_bits(2));
            PostOutcome::Accepted { hub }
        };
        net.hubs[0].step(Input::Posted {
            link: post.link,
            outcome,
        });
    }
    assert_eq!(
        net.hubs[1].hear(bia),
        [
            "Client #1 | um",
            "Client #1 | dois",
            "* | * 1 message of hub 00000000 did not arrive (number 3)",
            "Client #1 | três"
        ]
    );
    assert_eq!(net.hubs[0].lost().rejected, 1);
    net.hubs[0].text(ana, "quatro");
    assert!(net.hubs[0].posts[0].body.contains(r#""messages":["#), "batches again");
}

#[test]
fn a_hub_replaced_by_an_old_service_gives_away_no_other_room() {
    let (mut net, ana, _) = acquainted();
    let eva = net.hubs[0].ws_in(3, "segredo");
    net.settle();
    net.hubs[0].text(eva, "não conte");
    net.hubs[0].text(ana, "oi");
    net.hubs[0].text(eva, "nem isto");
    let mut shown = Vec::new();
    while let Some(post) = net.hubs[0].posts.pop_front() {
        let body: serde_json::Value = serde_json::from_str(&post.body).unwrap();
        let outcome = match body["message"].as_str() {
            None => PostOutcome::Rejected { status: 422 },
            Some(message) => {
                shown.push(message.to_owned());
                PostOutcome::Accepted { hub: None }
            }
        };
        net.hubs[0].step(Input::Posted {
            link: post.link,
            outcome,
        });
    }
    assert_eq!(shown, ["Client #1: oi"]);
    assert_eq!(net.hubs[0].hub.waiting_for_links(), 0);
}

#[test]
fn what_goes_round_a_broken_link_is_not_shown_again_when_the_link_is_back() {
    for seed in 0..10 {
        let mut net = Network::ring(3, seed);
        let eva = net.hubs[2].tcp("10.0.0.1");
        let ana = net.hubs[0].ws(1);
        net.settle();
        net.hubs[2].hear(eva);
        let straight = LinkId(1);
        net.weather_on(0, straight, Weather::Down);
        for number in 0..10 {
            net.hubs[0].text(ana, &number.to_string());
            net.pass(Duration::from_secs(1));
        }
        let expected: Vec<_> = (0..10).map(|number| format!("Client #1 | {number}")).collect();
        assert_eq!(net.hubs[2].hear(eva), expected, "seed {seed}");
        net.weather_on(0, straight, Weather::Fine);
        net.pass(Duration::from_secs(10));
        assert_eq!(net.hubs[0].hub.waiting_for_links(), 0);
        assert_eq!(net.hubs[2].hear(eva), NOTHING, "seed {seed}");
    }
}

#[test]
fn while_every_way_fails_now_and_then_all_comes_once_and_in_order() {
    for seed in 0..10 {
        let mut net = Network::ring(3, seed);
        let eva = net.hubs[2].tcp("10.0.0.1");
        let ana = net.hubs[0].ws(1);
        net.settle();
        net.hubs[2].hear(eva);
        for number in 0..30 {
            let weather = [Weather::Fine, Weather::LosesReplies, Weather::Down][number % 3];
            net.weather(number % 2, weather);
            net.hubs[0].text(ana, &number.to_string());
            net.pass(Duration::from_millis(300));
        }
        net.weather(0, Weather::Fine);
        net.weather(1, Weather::Fine);
        net.pass(Duration::from_secs(10));
        let expected: Vec<_> = (0..30).map(|number| format!("Client #1 | {number}")).collect();
        assert_eq!(net.hubs[2].hear(eva), expected, "seed {seed}");
    }
}
