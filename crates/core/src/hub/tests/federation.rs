//! Hubs that speak to one another, and to old services, while everything works.

use super::network::{Network, Target, Weather};
use super::*;
use crate::limits::{RELAY_BATCH, RELAY_BODY_BYTES};
use crate::wire::relay::{Body, parse};
use std::collections::BTreeSet;

#[test]
fn two_hubs_are_one_room() {
    let mut net = Network::pair();
    let (ana, bia) = (net.hubs[0].ws(1), net.hubs[1].named("bia"));
    net.settle();
    net.hubs[0].text(ana, "oi");
    net.settle();
    net.hubs[1].line(bia, "olá");
    net.settle();
    assert_eq!(
        net.hubs[0].hear(ana),
        ["Client #1 joined the chat", "bia joined the chat", "bia: olá"]
    );
    assert_eq!(
        net.hubs[1].hear(bia),
        ["* | Client #1 joined the chat", "Client #1 | oi", "bia | olá"]
    );
    net.hubs[0].cut(ana);
    net.settle();
    assert_eq!(net.hubs[1].hear(bia), ["* | Client #1 left the chat"]);
    let hub = HubId::from_bits(2);
    assert_eq!(
        net.hubs[0].remarks(),
        [Remark::LinkUp {
            link: LinkId(0),
            kind: LinkKind::Papo(hub)
        }]
    );
    assert_eq!(net.hubs[0].hub.waiting_for_links(), 0);
}

#[test]
fn only_the_same_room_on_the_other_hub_hears_it() {
    let mut net = Network::pair();
    let (ana, bia) = (net.hubs[0].ws_in(1, "redes"), net.hubs[1].ws_in(2, "redes"));
    let home = net.hubs[1].tcp("10.0.0.1");
    net.hubs[0].text(ana, "oi");
    net.settle();
    assert!(net.hubs[1].hear(bia).contains(&"Client #1: oi".to_owned()));
    assert_eq!(net.hubs[1].hear(home), NOTHING);
}

#[test]
fn three_hubs_in_a_ring_hear_everything_once_and_in_order_whatever_arrives_first() {
    for seed in 0..25 {
        let mut net = Network::ring(3, seed);
        let mut order = Rng::new(seed + 1000);
        let listeners: Vec<_> = net.hubs.iter_mut().map(|hub| hub.tcp("10.0.0.1")).collect();
        let speakers: Vec<_> = net
            .hubs
            .iter_mut()
            .zip(1..)
            .map(|(hub, client)| hub.ws(client))
            .collect();
        let mut next = [0; 3];
        for _ in 0..60 {
            let at = usize::try_from(order.below(3)).unwrap();
            net.hubs[at].text(speakers[at], &next[at].to_string());
            next[at] += 1;
            for _ in 0..order.below(4) {
                net.deliver_one();
            }
        }
        for (hub, &speaker) in net.hubs.iter_mut().zip(&speakers) {
            hub.cut(speaker);
        }
        net.settle();
        for (hub, &listener) in net.hubs.iter_mut().zip(&listeners) {
            let heard = hub.hear(listener);
            assert_eq!(heard.len(), 60 + 6, "seed {seed}: {heard:?}");
            assert_eq!(heard.iter().collect::<BTreeSet<_>>().len(), heard.len(), "seed {seed}");
            for (client, count) in (1..).zip(next) {
                let label = format!("Client #{client} | ");
                let texts: Vec<_> = heard.iter().filter_map(|line| line.strip_prefix(&*label)).collect();
                let expected: Vec<_> = (0..count).map(|number: u32| number.to_string()).collect();
                assert_eq!(texts, expected, "seed {seed}");
                let about = |line: &&String| line.contains(&format!("Client #{client} "));
                let about: Vec<_> = heard.iter().filter(about).collect();
                assert!(about[0].ends_with(" joined the chat"), "seed {seed}: {about:?}");
                assert!(
                    about[about.len() - 1].ends_with(" left the chat"),
                    "seed {seed}: {about:?}"
                );
            }
        }
    }
}

#[test]
fn a_message_crosses_a_link_at_most_once_in_each_direction() {
    let mut net = Network::ring(3, 5);
    let ana = net.hubs[0].ws(1);
    net.settle();
    for number in 0..20 {
        net.hubs[0].text(ana, &number.to_string());
        net.settle();
    }
    for hub in 0..3 {
        let carried = net.carried(hub).concat();
        for number in 0..20 {
            let copies = carried.matches(&format!(r#""payload":"{number}""#)).count();
            assert!(copies <= 1, "{number} crossed from hub {hub} {copies} times");
        }
    }
}

#[test]
fn nothing_is_sent_back_to_where_it_came_from_or_began() {
    let chain: [&[Target]; 3] = [&[Target::Hub(1)], &[Target::Hub(2), Target::Hub(0)], &[Target::Hub(1)]];
    let circle: [&[Target]; 3] = [&[Target::Hub(1)], &[Target::Hub(2)], &[Target::Hub(0)]];
    for links in [chain, circle] {
        let mut net = Network::new(&links, 1);
        let ana = net.hubs[0].ws(1);
        net.hubs[1].ws(2);
        net.hubs[2].ws(3);
        net.settle();
        net.carried(2);
        net.hubs[0].text(ana, "oi");
        net.settle();
        assert_eq!(net.hubs[2].logs[&Rooms::HOME].len(), 4);
        assert_eq!(net.carried(2), NOTHING);
    }
}

#[test]
fn a_message_reaches_eight_links_away_and_no_farther() {
    let links: Vec<Vec<Target>> = (0..10)
        .map(|at| if at < 9 { vec![Target::Hub(at + 1)] } else { vec![] })
        .collect();
    let links: Vec<&[Target]> = links.iter().map(Vec::as_slice).collect();
    let mut net = Network::new(&links, 3);
    let listeners: Vec<_> = net.hubs.iter_mut().map(|hub| hub.tcp("10.0.0.1")).collect();
    let ana = net.hubs[0].ws(1);
    net.hubs[0].text(ana, "oi");
    net.settle();
    let heard: Vec<usize> = (0..10).map(|at| net.hubs[at].hear(listeners[at]).len()).collect();
    assert_eq!(heard, [2, 2, 2, 2, 2, 2, 2, 2, 2, 0]);
    let hops: Vec<u8> = (0..9).map(|at| net.hubs[at].logs[&Rooms::HOME][1].hops).collect();
    assert_eq!(hops, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn an_old_service_gets_the_texts_that_it_knows_one_by_one() {
    let mut net = Network::with_old_service();
    let (ana, bia) = (net.hubs[0].ws(1), net.hubs[0].named("bia"));
    net.hubs[0].text(ana, "oi");
    net.hubs[0].line(bia, "olá: \"tudo\"");
    net.hubs[0].cut(ana);
    net.settle();
    assert_eq!(
        net.old[0].shown,
        [
            "Client #1 joined the chat",
            "bia joined the chat",
            "Client #1: oi",
            "bia: olá: \"tudo\"",
            "Client #1 left the chat"
        ]
    );
    assert_eq!(
        net.hubs[0].remarks(),
        [Remark::LinkUp {
            link: LinkId(0),
            kind: LinkKind::Legacy
        }]
    );
}

#[test]
fn other_rooms_never_go_to_an_old_service() {
    let mut net = Network::with_old_service();
    let ana = net.hubs[0].ws_in(1, "segredo");
    net.hubs[0].text(ana, "não conte");
    net.settle();
    let bodies = net.carried(0);
    assert_eq!(bodies.len(), 1, "an unknown link is asked with nothing in hand");
    assert!(bodies[0].ends_with(r#""messages":[]}"#));
    let bia = net.hubs[0].ws(2);
    net.hubs[0].text(bia, "oi");
    net.hubs[0].text(ana, "nem isto");
    net.settle();
    assert_eq!(net.old[0].shown, ["Client #2 joined the chat", "Client #2: oi"]);
    let lost = net.hubs[0].lost();
    assert_eq!((lost.other_room, lost.rejected), (3, 0));
    assert_eq!(net.hubs[0].hub.waiting_for_links(), 0);
}

#[test]
fn a_papo_hub_that_was_asked_gets_the_other_room() {
    let mut net = Network::pair();
    let bia = net.hubs[1].ws_in(2, "redes");
    net.settle();
    net.carried(1);
    let ana = net.hubs[0].ws_in(1, "redes");
    net.hubs[0].text(ana, "oi");
    net.settle();
    assert!(net.carried(0)[0].ends_with(r#""messages":[]}"#));
    assert_eq!(
        net.hubs[1].hear(bia)[1..],
        ["Client #1 joined the chat", "Client #1: oi"]
    );
}

#[test]
fn what_waited_goes_in_batches_within_both_bounds_and_in_order() {
    for (text, most) in [("x", RELAY_BATCH), (&*"\u{1}".repeat(1500), 60)] {
        let mut net = Network::pair();
        let bia = net.hubs[1].tcp("10.0.0.1");
        let ana = net.hubs[0].ws(1);
        net.settle();
        net.weather(0, Weather::Down);
        for number in 0..150 {
            net.hubs[0].text(ana, &format!("{number} {text}"));
            net.hubs[0].text(ana, &format!("{number}b {text}"));
        }
        net.pass(Duration::from_secs(20));
        net.carried(0);
        net.weather(0, Weather::Fine);
        net.pass(Duration::from_secs(6));
        let sizes: Vec<usize> = net
            .carried(0)
            .iter()
            .map(|body| {
                assert!(body.len() <= RELAY_BODY_BYTES, "{}", body.len());
                match parse(body.as_bytes()).unwrap() {
                    Body::Papo { messages, .. } => messages.len(),
                    Body::Bare { .. } => panic!("hubs send envelopes"),
                }
            })
            .collect();
        assert_eq!(sizes.iter().sum::<usize>(), 300);
        assert!(sizes[0] <= most && sizes[0] > most / 2, "{sizes:?}");
        let heard = net.hubs[1].hear(bia);
        let numbers: Vec<_> = heard[1..].iter().map(|line| line.split(' ').nth(3).unwrap()).collect();
        let expected: Vec<_> = (0..150).flat_map(|n| [n.to_string(), format!("{n}b")]).collect();
        assert_eq!(numbers, expected);
    }
}

#[test]
fn a_link_to_itself_is_left_alone() {
    let mut net = Network::new(&[&[Target::Hub(0)]], 1);
    let ana = net.hubs[0].ws(1);
    for _ in 0..5 {
        net.hubs[0].text(ana, "oi");
        net.settle();
    }
    assert_eq!(net.hubs[0].hear(ana), ["Client #1 joined the chat"]);
    assert_eq!(net.carried(0).len(), 1);
    assert_eq!(net.hubs[0].hub.waiting_for_links(), 0);
    assert_eq!(
        net.hubs[0].remarks(),
        [Remark::LinkUp {
            link: LinkId(0),
            kind: LinkKind::Own
        }]
    );
}

#[test]
fn hubs_with_a_secret_understand_only_one_another() {
    let secret = |text: &[u8]| Some(crate::wire::signature::LinkSecret::new(text).unwrap());
    for (theirs, heard) in [(&b"0123456789abcdef"[..], 2), (b"fedcba9876543210", 0)] {
        let mut net = Network::pair();
        for (at, key) in [&b"0123456789abcdef"[..], theirs].into_iter().enumerate() {
            let config = Config {
                links: 1,
                link_secret: secret(key),
                ..config(at as u128 + 1)
            };
            net.hubs[at] = World::with(config);
        }
        let bia = net.hubs[1].tcp("10.0.0.1");
        let ana = net.hubs[0].ws(1);
        net.hubs[0].text(ana, "oi");
        net.settle();
        assert_eq!(net.hubs[1].hear(bia).len(), heard);
        // Whoever does not let this hub in may do so once both have the same secret: nothing is dropped.
        assert_eq!(net.hubs[0].hub.waiting_for_links(), 2 - heard);
        assert_eq!(net.hubs[0].lost().total(), 0);
    }
}
