//! `POST /relay`: who may use it, and what comes of what it brings.

use super::*;
use crate::wire::relay::{Envelope, Kind};
use crate::wire::signature::LinkSecret;
use crate::wire::text;

const SECRET: &[u8] = b"0123456789abcdef";
const PEER: &str = "10.9.0.1";
const BARE: &[u8] = br#"{"message":"Client #7: oi"}"#;

fn said(origin: u128, seq: u64, label: &str, payload: &str) -> Envelope {
    Envelope {
        id: format!("m{origin}-{seq}").parse().unwrap(),
        kind: Kind::Said,
        room: room("lobby"),
        src: String::new(),
        label: label.to_owned(),
        payload: payload.to_owned(),
        message: text::said(label, payload),
        origin: HubId::from_bits(origin),
        seq: Seq::new(seq),
        sent_at: BEGIN,
        hops: 1,
    }
}

fn deliver(world: &mut World, envelope: &Envelope) -> RelayReply {
    let body = envelope.to_json(HubId::from_bits(9));
    world.relay(PEER, None, body.as_bytes())
}

fn accepted() -> RelayReply {
    RelayReply::Ok {
        hub: HubId::from_bits(1),
    }
}

fn signed() -> World {
    World::with(Config {
        link_secret: Some(LinkSecret::new(SECRET).unwrap()),
        ..config(1)
    })
}

fn refused(reply: &RelayReply) -> &str {
    match reply {
        RelayReply::Unauthorized(why) | RelayReply::Unprocessable(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_texts_of_an_old_service_are_taken_apart_for_the_tcp_door() {
    let mut world = World::new();
    let (ana, bia) = (world.tcp("10.0.0.1"), world.ws(1));
    world.hear(ana);
    world.hear(bia);
    let texts = [
        "Client #7 joined the chat",
        "Client #7: oi: tudo",
        "Client #7 left the chat",
        "something else",
    ];
    for message in texts {
        let body = serde_json::json!({ "message": message }).to_string();
        assert_eq!(world.relay(PEER, None, body.as_bytes()), accepted());
    }
    assert_eq!(world.hear(bia), texts, "a page shows them as they came");
    assert_eq!(
        world.hear(ana),
        [
            "* | Client #7 joined the chat",
            "Client #7 | oi: tudo",
            "* | Client #7 left the chat",
            "10.9.0.1 | something else"
        ]
    );
}

#[test]
fn what_has_no_id_is_shown_here_and_goes_nowhere() {
    let mut world = World::with(Config { links: 2, ..config(1) });
    let ana = world.tcp("10.0.0.1");
    world.relay(PEER, None, BARE);
    assert_eq!(world.hear(ana), ["Client #7 | oi"]);
    assert_eq!(world.hub.waiting_for_links(), 0);
}

#[test]
fn only_links_loopback_and_trusted_networks_may_relay() {
    let mut world = World::with(Config { links: 1, ..config(1) });
    let ana = world.tcp("10.0.0.1");
    for source in ["127.0.0.1", "::1", "10.9.7.7"] {
        assert_eq!(world.relay(source, None, BARE), accepted(), "{source}");
    }
    world.hear(ana);
    let stranger = "203.0.113.7";
    assert_eq!(world.relay(stranger, None, BARE), RelayReply::Forbidden);
    assert_eq!(
        world.relay(stranger, None, b"{"),
        RelayReply::Forbidden,
        "and learns nothing"
    );
    let resolve = |world: &mut World, link, addresses: &[&str]| {
        world.step(Input::LinkAddresses {
            link: LinkId(link),
            addresses: addresses.iter().map(|address| ip(address)).collect(),
        });
    };
    resolve(&mut world, 7, &[stranger]);
    assert_eq!(
        world.relay(stranger, None, BARE),
        RelayReply::Forbidden,
        "there is no link 7"
    );
    assert_eq!(world.hear(ana), NOTHING);
    resolve(&mut world, 0, &["203.0.113.1", stranger]);
    assert_eq!(world.relay(stranger, None, BARE), accepted());
    resolve(&mut world, 0, &["203.0.113.1"]);
    assert_eq!(
        world.relay(stranger, None, BARE),
        RelayReply::Forbidden,
        "the host moved"
    );
}

#[test]
fn a_wrong_shape_is_refused_with_its_reason() {
    let mut world = World::new();
    let ana = world.tcp("10.0.0.1");
    for body in [
        &b""[..],
        b"[]",
        b"{}",
        br#"{"message":7}"#,
        br#"{"id":"x","message":"oi"}"#,
        b"\xff",
    ] {
        let reply = world.relay(PEER, None, body);
        assert!(matches!(reply, RelayReply::Unprocessable(_)));
        assert!(refused(&reply).starts_with("bad_format: "));
    }
    assert_eq!(world.hear(ana), NOTHING);
}

#[test]
fn nothing_of_a_batch_with_a_poisoned_message_is_taken() {
    let mut world = World::new();
    let ana = world.tcp("10.0.0.1");
    let from = HubId::from_bits(9);
    let good = said(5, 1, "bia", "oi").to_json(from);
    let poison = good.replace(r#""hops":1"#, r#""hops":"1""#);
    let body = crate::wire::relay::batch(from, [&*good, &*poison].into_iter());
    assert!(matches!(
        world.relay(PEER, None, body.as_bytes()),
        RelayReply::Unprocessable(_)
    ));
    assert_eq!(world.hear(ana), NOTHING);
    let body = crate::wire::relay::batch(from, [&*good].into_iter());
    assert_eq!(world.relay(PEER, None, body.as_bytes()), accepted());
    assert_eq!(world.hear(ana), ["bia | oi"], "its numbers were not used up");
}

#[test]
fn with_a_secret_only_a_fresh_signature_counts() {
    let mut world = signed();
    let ana = world.tcp("10.0.0.1");
    let secret = LinkSecret::new(SECRET).unwrap();
    let seconds = BEGIN.get() / 1000;
    let reply = world.relay("127.0.0.1", None, BARE);
    assert!(
        refused(&reply).starts_with("unauthorized: "),
        "not even loopback may do without"
    );
    let other = LinkSecret::new(b"fedcba9876543210").unwrap();
    for header in [
        "",
        "t=1,n=2,sig=3",
        &other.sign(seconds, 1, BARE),
        &secret.sign(seconds, 1, b"{}"),
        &secret.sign(seconds - 121, 1, BARE),
        &secret.sign(seconds + 121, 1, BARE),
    ] {
        let reply = world.relay(PEER, Some(header), BARE);
        assert!(matches!(reply, RelayReply::Unauthorized(_)), "{header}");
    }
    assert_eq!(world.hear(ana), NOTHING);
    for (nonce, second) in [(1, seconds - 120), (2, seconds + 120)] {
        let header = secret.sign(second, nonce, BARE);
        assert_eq!(
            world.relay("203.0.113.7", Some(&header), BARE),
            accepted(),
            "from anywhere"
        );
    }
    assert_eq!(world.hear(ana).len(), 2);
}

#[test]
fn a_replayed_request_is_refused_for_as_long_as_its_stamp_counts() {
    let mut world = signed();
    let secret = LinkSecret::new(SECRET).unwrap();
    // Stamped by a clock that is two minutes ahead: it counts for four.
    let header = secret.sign(BEGIN.get() / 1000 + 120, 1, BARE);
    assert_eq!(world.relay(PEER, Some(&header), BARE), accepted());
    for _ in 0..30 {
        let reply = world.relay(PEER, Some(&header), BARE);
        assert!(matches!(reply, RelayReply::Unauthorized(_)));
        world.pass(Duration::from_secs(10));
    }
}

#[test]
fn the_first_number_of_a_hub_is_believed_and_then_each_comes_once() {
    let mut world = World::new();
    let ana = world.tcp("10.0.0.1");
    for seq in [7, 8, 8, 7, 10, 9, 11] {
        assert_eq!(deliver(&mut world, &said(5, seq, "bia", &seq.to_string())), accepted());
    }
    assert_eq!(
        world.hear(ana),
        [
            "bia | 7",
            "bia | 8",
            "* | * 1 message of hub 00000000 did not arrive (number 9)",
            "bia | 10",
            "bia | 11"
        ]
    );
}

#[test]
fn a_hubs_own_message_that_comes_back_is_dropped() {
    let mut world = World::with(Config { links: 1, ..config(1) });
    let ana = world.tcp("10.0.0.1");
    assert_eq!(deliver(&mut world, &said(1, 99, "ana", "oi")), accepted());
    assert_eq!(world.hear(ana), NOTHING);
    assert_eq!(world.hub.waiting_for_links(), 0);
}

#[test]
fn a_relayed_label_cannot_imitate_a_line_or_the_hub() {
    let mut world = World::new();
    let ana = world.tcp("10.0.0.1");
    for (seq, label) in [
        (1, "bia | 2025-11-21 00:00 | x\nbia"),
        (2, "*"),
        (3, "** a"),
        (4, "\u{202e}bia"),
    ] {
        deliver(&mut world, &said(5, seq, label, "oi"));
    }
    let heard = world.hear(ana);
    assert_eq!(heard.len(), 4);
    for line in heard {
        assert_eq!(line.matches(" | ").count(), 1, "{line}");
        assert!(line.ends_with(" | oi") && !line.contains(['\n', '\u{202e}']), "{line}");
        assert!(!line.starts_with(text::HUB_LABEL), "{line}");
    }
}

#[test]
fn a_message_goes_on_to_the_others_with_one_more_hop() {
    let mut world = World::with(Config { links: 1, ..config(1) });
    deliver(&mut world, &said(5, 1, "bia", "oi"));
    let body = world.posts.pop_front().unwrap().body;
    assert!(body.contains(r#""hops":2"#) && body.contains(&format!(r#""from":"{}""#, HubId::from_bits(1))));
    let mut far = said(5, 2, "bia", "longe");
    far.hops = 8;
    deliver(&mut world, &far);
    far.hops = 255;
    far.seq = Seq::new(3);
    deliver(&mut world, &far);
    assert_eq!(world.hub.waiting_for_links(), 1, "shown, and no farther");
    assert_eq!(world.logs[&Rooms::HOME].len(), 3);
}
