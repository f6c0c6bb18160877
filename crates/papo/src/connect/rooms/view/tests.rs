use papo_core::id::{HubId, Seq};
use papo_core::wire::session::Address;
use std::time::Duration;

use papo_core::time::Instant;

use super::*;
use crate::text::{Lang, Texts};

fn said() -> Said {
    Said {
        msg_id: Some("m".parse().unwrap()),
        src: "ana@lobby".to_owned(),
        label: None,
        room: "lobby".parse().unwrap(),
        payload: "a\u{1b}b".to_owned(),
        key: Some(Key {
            origin: HubId::from_bits(1),
            seq: Seq::new(7).unwrap(),
        }),
        sent_at: UtcMillis::new(5),
        hops: 0,
        via: None,
    }
}

fn item(to: To) -> Item {
    let payload = "x".repeat(40);
    Item::new("m".parse().unwrap(), to, payload, Instant::ZERO)
}

#[test]
fn speakers_are_shown_as_the_hub_shows_them() {
    let cases = [
        ("ana@lobby", None, "[ana@lobby → #lobby] a␛b"),
        ("ana@lobby", Some("10.0.0.7"), "[10.0.0.7@lobby → #lobby] a␛b"),
        ("", Some("Client #7"), "[Client #7 → #lobby] a␛b"),
        ("a\u{202e}b", None, "[a<U+202E>b → #lobby] a␛b"),
    ];
    for (src, label, expected) in cases {
        let said = Said {
            src: src.to_owned(),
            label: label.map(str::to_owned),
            ..said()
        };
        assert_eq!(line(&said), expected);
    }
}

#[test]
fn programs_get_all_of_a_message_and_nothing_that_moves_a_cursor() {
    let event = Event::Message {
        said: Box::new(Said {
            payload: "\u{9b}2J\u{202e}\u{7f}é\u{e0001}".to_owned(),
            label: Some("x".to_owned()),
            ..said()
        }),
        replayed: true,
    };
    let text = harmless(&object(&event, "").unwrap().to_string());
    assert_eq!(visible(&text), text, "nothing is left to make visible");
    let read: Value = text.parse().unwrap();
    let expected = json!({"event": "message", "room": "lobby", "msg_id": "m", "src": "ana@lobby", "label": "x",
        "payload": "\u{9b}2J\u{202e}\u{7f}é\u{e0001}", "origin": HubId::from_bits(1), "seq": 7, "sent_at": 5,
        "replayed": true});
    assert_eq!(read, expected);
}

#[test]
fn acknowledgments_are_told_calmly() {
    let to = Address::parse("bia@lobby").unwrap();
    let delivered = |to: To, seconds| Event::Delivered {
        item: item(to),
        key: None,
        from: Some("bia@lobby".to_owned()),
        took: Duration::from_secs(seconds),
    };
    let room = || To::Room("lobby".parse().unwrap());
    assert!(sentence(&delivered(room(), 1), true).is_none());
    assert!(sentence(&delivered(room(), 3), false).is_none());
    let shown = |event| Texts::new(Lang::En).say(&sentence(&event, true).unwrap());
    let beginning = "x".repeat(30);
    assert_eq!(shown(delivered(room(), 3)), format!("✓ #lobby: {beginning}…"));
    assert_eq!(
        shown(delivered(To::Session(to), 0)),
        format!("✓ bia@lobby: {beginning}…")
    );
}

fn room() -> RoomName {
    "lobby".parse().unwrap()
}

fn check(events: impl IntoIterator<Item = (Event, &'static str)>) {
    for (event, kind) in events {
        let object = object(&event, "http://hub").unwrap();
        assert_eq!(object["event"], kind);
        assert!(kind != "reconnecting" || object["reason"] == "closed", "{object}");
        let message = sentence(&event, false).unwrap();
        for lang in [Lang::En, Lang::PtBr] {
            assert!(!Texts::new(lang).say(&message).is_empty(), "{kind}");
        }
    }
}

#[test]
fn what_happens_in_rooms_has_words_and_an_object() {
    check([
        (
            Event::Ready {
                nick: "ana".parse().unwrap(),
                rooms: vec![room()],
                hub: HubId::from_bits(1),
                name: "north".to_owned(),
                durable: true,
            },
            "ready",
        ),
        (
            Event::Gap {
                room: room(),
                origin: HubId::from_bits(1),
                from: Seq::new(1).unwrap(),
                to: Seq::new(2).unwrap(),
                reason: "lost".to_owned(),
            },
            "gap",
        ),
        (
            Event::Presence {
                room: room(),
                joined: vec!["ana".to_owned(); 30],
                left: vec![],
            },
            "presence",
        ),
    ]);
}

#[test]
fn how_it_stands_has_words_and_an_object() {
    check([
        (
            Event::Reconnecting {
                attempt: 2,
                after: Duration::from_millis(500),
                reason: Message::new("error-connect-closed"),
            },
            "reconnecting",
        ),
        (Event::Reconnected, "reconnected"),
        (
            Event::Rooms {
                rooms: vec![room()],
                active: Some(room()),
            },
            "rooms",
        ),
        (
            Event::Status {
                peer_id: None,
                connected: true,
                waiting: 3,
                name: String::new(),
                durable: false,
            },
            "status",
        ),
        (
            Event::Error {
                code: "busy".to_owned(),
                detail: "later".to_owned(),
            },
            "error",
        ),
    ]);
}
