use std::sync::Arc;

use serde_json::{Map, json};

use super::*;
use crate::error::Code;
use crate::hub::Entry;
use crate::hub::EntryKind;
use crate::wire::session::{FEATURES, Frame, Message};

fn hub() -> HubId {
    HubId::from_bits(0xab)
}

fn room() -> RoomName {
    "lobby".parse().unwrap()
}

fn id() -> MsgId {
    "m1".parse().unwrap()
}

fn key() -> Key {
    Key {
        origin: hub(),
        seq: Seq::new(7).unwrap(),
    }
}

fn limits() -> Limits {
    Limits {
        payload_bytes: 1000,
        frame_bytes: 2000,
        messages_per_second: None,
        burst: 3,
        history: 50,
        rooms: 8,
    }
}

fn entry(label: &str) -> Entry {
    Entry {
        id: Some(id()),
        src: "ana@lobby".into(),
        payload: "olá \u{1b}[2J".into(),
        key: Some(key()),
        hops: 2,
        via: Some(HubId::from_bits(9)),
        ..Entry::notice(EntryKind::Said, Arc::from(label), UtcMillis::new(1234))
    }
}

fn said(label: Option<&str>) -> Said {
    Said {
        msg_id: Some(id()),
        src: "ana@lobby".to_owned(),
        label: label.map(str::to_owned),
        room: room(),
        payload: "olá \u{1b}[2J".to_owned(),
        key: Some(key()),
        sent_at: UtcMillis::new(1234),
        hops: 2,
        via: Some(HubId::from_bits(9)),
    }
}

fn welcome() -> Welcome {
    Welcome {
        peer_id: Address::parse("ana-2@lobby").unwrap(),
        nick: "ana-2".parse().unwrap(),
        hub: hub(),
        name: "north".to_owned(),
        durable: true,
        features: FEATURES.iter().map(|&feature| feature.to_owned()).collect(),
        limits: limits(),
        session: Some(0xfeed),
        previous: Some("slow_consumer".to_owned()),
    }
}

#[test]
fn what_a_hub_welcomes_with_is_read_back() {
    let frame = Frame::HelloOk {
        peer_id: "ana-2@lobby".to_owned(),
        nick: "ana-2",
        hub: hub(),
        name: "north",
        durable: true,
        features: FEATURES,
        limits: limits(),
        session: format!("{:032x}", 0xfeed),
        previous: Some("slow_consumer"),
    };
    assert_eq!(Reply::parse(&frame.to_json()), Ok(Reply::HelloOk(Box::new(welcome()))));
    let bare = json!({"type": "HELLO_OK", "peer_id": "ana@lobby", "nick": "ana", "hub": hub()});
    let Ok(Reply::HelloOk(read)) = Reply::parse(&bare.to_string()) else {
        panic!("a short welcome was not understood");
    };
    assert_eq!((read.durable, read.session, read.features.len()), (false, None, 0));
    assert_eq!(read.limits.payload_bytes, PAYLOAD_BYTES);
}

#[test]
fn what_a_hub_says_of_rooms_is_read_back() {
    let (room, head) = (room(), Cursor::from_iter([(hub(), 41)]));
    let (plain, labelled) = (entry("ana"), entry("10.0.0.7"));
    let cases = [
        (
            Frame::Joined {
                room: &room,
                members: vec!["ana", "bia"],
                count: 7,
                head: &head,
            }
            .to_json(),
            Reply::Joined {
                room: room.clone(),
                members: vec!["ana".to_owned(), "bia".to_owned()],
                count: 7,
                head: head.clone(),
            },
        ),
        (Message::new(&room, &plain).to_json(), Reply::Pub(Box::new(said(None)))),
        (
            Message::new(&room, &labelled).to_json(),
            Reply::Pub(Box::new(said(Some("10.0.0.7")))),
        ),
        (
            Frame::Gap {
                room: &room,
                origin: hub(),
                from: 3,
                to: 5,
                reason: "lost",
            }
            .to_json(),
            Reply::Gap {
                room: room.clone(),
                origin: hub(),
                from: Seq::new(3).unwrap(),
                to: Seq::new(5).unwrap(),
                reason: "lost".to_owned(),
            },
        ),
        (
            Frame::History {
                room: &room,
                messages: vec![Message::new(&room, &plain), Message::new(&room, &labelled)],
                complete: true,
                query: Some("olá"),
            }
            .to_json(),
            Reply::History {
                room: room.clone(),
                messages: vec![said(None), said(Some("10.0.0.7"))],
                complete: true,
                query: Some("olá".to_owned()),
            },
        ),
    ];
    for (frame, expected) in cases {
        assert_eq!(Reply::parse(&frame), Ok(expected), "{frame}");
    }
}

#[test]
fn acknowledgments_are_read_back() {
    let id = id();
    let said = Frame::said(&id, key());
    let expected = Reply::Ack {
        msg_id: id.clone(),
        key: Some(key()),
        from: None,
    };
    assert_eq!(Reply::parse(&said.to_json()), Ok(expected));
    let arrived = Frame::Ack {
        msg_id: &id,
        origin: None,
        seq: None,
        from: Some("bia@lobby"),
    };
    let expected = Reply::Ack {
        msg_id: id.clone(),
        key: None,
        from: Some("bia@lobby".to_owned()),
    };
    assert_eq!(Reply::parse(&arrived.to_json()), Ok(expected));
}

#[test]
fn the_other_frames_are_read_back() {
    let (room, id) = (room(), id());
    let cases = [
        (
            Frame::Send {
                msg_id: &id,
                src: "bia@lobby",
                dst: "ana@lobby",
                payload: "oi",
                sent_at: 5,
            },
            Reply::Send(Box::new(Direct {
                msg_id: id.clone(),
                src: "bia@lobby".to_owned(),
                dst: "ana@lobby".to_owned(),
                payload: "oi".to_owned(),
                sent_at: UtcMillis::new(5),
            })),
        ),
        (
            Frame::Presence {
                room: &room,
                joined: vec!["bia"],
                left: vec!["Client #7"],
            },
            Reply::Presence {
                room: room.clone(),
                joined: vec!["bia".to_owned()],
                left: vec!["Client #7".to_owned()],
            },
        ),
        (
            Frame::Typing {
                room: &room,
                src: "bia@lobby".to_owned(),
            },
            Reply::Typing {
                room: room.clone(),
                src: "bia@lobby".to_owned(),
            },
        ),
        (Frame::Pong, Reply::Pong),
        (
            Frame::Error {
                code: Code::NotJoined,
                reference: "m1",
                detail: "join it first",
            },
            Reply::Error {
                code: "not_joined".to_owned(),
                reference: "m1".to_owned(),
                detail: "join it first".to_owned(),
            },
        ),
    ];
    for (frame, expected) in cases {
        assert_eq!(Reply::parse(&frame.to_json()), Ok(expected), "{frame:?}");
    }
}

#[test]
fn what_an_old_service_said_has_neither_id_nor_number() {
    let text = json!({"type": "PUB", "src": "", "label": "Client #7", "dst": "#lobby", "payload": "oi", "sent_at": 1,
        "hops": 1, "msg_id": null});
    let Ok(Reply::Pub(said)) = Reply::parse(&text.to_string()) else {
        panic!("it was not understood");
    };
    assert_eq!((said.msg_id, said.key, said.src.as_str()), (None, None, ""));
}

#[test]
fn unknown_keys_and_types_are_no_errors() {
    for (text, expected) in [
        (r#"{"type":"PONG","more":[1,2]}"#, Reply::Pong),
        (r#"{"type":"PING"}"#, Reply::Ping),
        (r#"{"type":"REACTION","x":1}"#, Reply::Unknown("REACTION".to_owned())),
    ] {
        assert_eq!(Reply::parse(text), Ok(expected));
    }
}

/// Every frame with every field in it.
fn whole() -> Vec<Value> {
    let hub = hub().to_string();
    let said = json!({"type": "PUB", "msg_id": "m", "src": "a@b", "label": "x", "dst": "#b", "payload": "p",
        "origin": hub, "seq": 1, "sent_at": 1, "hops": 1, "via": hub});
    vec![
        json!({"type": "HELLO_OK", "peer_id": "a@b", "nick": "a", "hub": hub, "name": "n", "durable": true,
            "features": ["search"], "limits": {"burst": 1}, "session": format!("{:032x}", 1), "previous": "lost"}),
        json!({"type": "JOINED", "room": "b", "members": ["a"], "count": 1, "head": {hub.clone(): 1}}),
        said.clone(),
        json!({"type": "SEND", "msg_id": "m", "src": "a@b", "dst": "c@b", "payload": "p", "sent_at": 1}),
        json!({"type": "ACK", "msg_id": "m", "origin": hub, "seq": 1, "from": "a@b"}),
        json!({"type": "GAP", "room": "b", "origin": hub, "from": 1, "to": 2, "reason": "lost"}),
        json!({"type": "PRESENCE", "room": "b", "joined": ["a"], "left": ["c"]}),
        json!({"type": "TYPING", "room": "b", "src": "a@b"}),
        json!({"type": "HISTORY", "room": "b", "messages": [said], "complete": true, "query": "p"}),
        json!({"type": "ERROR", "code": "busy", "ref": "m", "detail": "later"}),
    ]
}

#[test]
fn a_wrong_type_in_any_field_is_named() {
    for frame in whole() {
        assert!(Reply::parse(&frame.to_string()).is_ok(), "{frame}");
        for name in frame.as_object().unwrap().keys() {
            for wrong in [json!(-1), json!(1.5), json!([[1]]), json!({"x": "y"})] {
                let mut frame: Map<String, Value> = frame.as_object().unwrap().clone();
                frame.insert(name.clone(), wrong);
                let frame = Value::Object(frame);
                match Reply::parse(&frame.to_string()) {
                    Err(Refused::Field { field, .. }) => assert_eq!(field, name, "{frame}"),
                    // Unknown limits are no limits.
                    Ok(Reply::HelloOk(_)) if name == "limits" && frame["limits"].is_object() => {}
                    other => panic!("{frame}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let hub = hub().to_string();
    let cases = [
        (
            json!({"type": "GAP", "room": "b", "origin": hub, "from": 3, "to": 2}),
            "to",
        ),
        (
            json!({"type": "GAP", "room": "b", "origin": hub, "from": 0, "to": 2}),
            "from",
        ),
        (json!({"type": "ACK", "msg_id": "m", "origin": hub}), "seq"),
        (json!({"type": "ACK", "msg_id": "m", "seq": 1}), "origin"),
        (json!({"type": "ACK", "msg_id": "m", "origin": hub, "seq": 0}), "seq"),
        (
            json!({"type": "PUB", "src": "a@b", "dst": "b", "payload": "p", "sent_at": 1}),
            "dst",
        ),
        (
            json!({"type": "HELLO_OK", "peer_id": "a@b", "nick": "a b", "hub": hub}),
            "nick",
        ),
        (
            json!({"type": "HELLO_OK", "peer_id": "ab", "nick": "a", "hub": hub}),
            "peer_id",
        ),
        (
            json!({"type": "HELLO_OK", "peer_id": "a@b", "nick": "a", "hub": hub, "session": "1"}),
            "session",
        ),
        (
            json!({"type": "HELLO_OK", "peer_id": "a@b", "nick": "a", "hub": hub, "limits": {"burst": u64::MAX}}),
            "burst",
        ),
        (
            json!({"type": "HISTORY", "room": "b", "messages": vec![whole()[2].clone(); HISTORY_MESSAGES + 1]}),
            "messages",
        ),
        (json!({"no": "type"}), "type"),
    ];
    for (frame, wrong) in cases {
        match Reply::parse(&frame.to_string()) {
            Err(Refused::Field { field, .. }) => assert_eq!(field, wrong, "{frame}"),
            other => panic!("{frame}: {other:?}"),
        }
    }
    assert_eq!(Reply::parse("[]"), Err(Refused::NotObject));
    assert!(matches!(Reply::parse("{"), Err(Refused::NotJson(_))));
    let long = format!(r#"{{"type":"PONG","x":"{}"}}"#, "x".repeat(REPLY_BYTES));
    assert!(matches!(Reply::parse(&long), Err(Refused::NotJson(_))));
}

#[test]
fn lists_and_names_are_kept_only_so_far() {
    let many = vec!["x".repeat(1000); MEMBERS + 5];
    let frame = json!({"type": "JOINED", "room": "b", "members": many, "head": {}});
    let Ok(Reply::Joined { members, count, .. }) = Reply::parse(&frame.to_string()) else {
        panic!("it was not understood");
    };
    assert_eq!((members.len(), count), (MEMBERS, MEMBERS as u64));
    assert_eq!(members[0].len(), REPLY_TEXT_CHARS);
}
