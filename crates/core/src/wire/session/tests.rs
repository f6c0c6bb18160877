use super::*;
use crate::hub::{Entry, EntryKind, Key};
use crate::id::{MsgId, Seq};
use crate::limits::{HISTORY_MESSAGES, PAYLOAD_BYTES};
use crate::time::UtcMillis;
use proptest::prelude::*;
use serde_json::json;

const HUB: &str = "0123456789abcdef0123456789abcdef";

/// A request of every type, with all of its fields.
fn examples() -> Vec<Value> {
    let secret = "00112233445566778899aabbccddeeff";
    vec![
        json!({"type": "HELLO", "peer_id": "ana@lobby", "token": "t", "session": secret}),
        json!({"type": "JOIN", "room": "lobby", "after": {HUB: 4}}),
        json!({"type": "PART", "room": "lobby"}),
        json!({"type": "PUB", "msg_id": "m1", "src": "ana@lobby", "dst": "#lobby", "payload": "oi"}),
        json!({"type": "SEND", "msg_id": "m1", "src": "ana@lobby", "dst": "bia@lobby", "payload": "oi"}),
        json!({"type": "HISTORY", "room": "lobby", "before": {HUB: 4}, "limit": 7, "query": "oi"}),
        json!({"type": "TYPING", "room": "lobby"}),
        json!({"type": "PING"}),
        json!({"type": "BYE"}),
    ]
}

fn parse(value: &Value) -> Result<Request, Refused> {
    Request::parse(&value.to_string())
}

fn refused_field(value: &Value) -> Option<&'static str> {
    match parse(value) {
        Err(Refused::Field { field, .. }) => Some(field),
        _ => None,
    }
}

#[test]
fn each_field_of_each_request_is_held_to_its_type() {
    let wrong = |field: &str| match field {
        "after" | "before" => vec![
            json!("x"),
            json!(1),
            json!([]),
            json!({"x": 1}),
            json!({HUB: "1"}),
            json!({HUB: -1}),
        ],
        "limit" => vec![
            json!("7"),
            json!(0),
            json!(HISTORY_MESSAGES + 1),
            json!(1.5),
            json!(-1),
            json!([]),
            json!({}),
        ],
        _ => vec![json!(1), json!(true), json!([]), json!({}), json!(1.5)],
    };
    for example in examples() {
        assert!(parse(&example).is_ok(), "{example}");
        let fields: Vec<String> = example.as_object().unwrap().keys().cloned().collect();
        for field in &fields {
            for value in wrong(field) {
                let mut bad = example.clone();
                bad[field] = value;
                assert_eq!(refused_field(&bad), Some(field.as_str()), "{bad}");
            }
        }
    }
}

#[test]
fn what_may_be_missing_may_be_null_too_and_nothing_else() {
    let optional = ["token", "session", "after", "before", "limit", "query", "src"];
    for example in examples() {
        let fields: Vec<String> = example.as_object().unwrap().keys().cloned().collect();
        for field in &fields {
            let mut null = example.clone();
            null[field] = Value::Null;
            let mut missing = example.clone();
            missing.as_object_mut().unwrap().remove(field);
            if optional.contains(&field.as_str()) {
                assert_eq!(parse(&null).unwrap(), parse(&missing).unwrap(), "{null}");
            } else {
                assert_eq!(refused_field(&null), Some(field.as_str()), "{null}");
                assert_eq!(refused_field(&missing), Some(field.as_str()), "{missing}");
            }
        }
    }
}

#[test]
fn values_out_of_bounds_are_refused() {
    let long = "x".repeat(PAYLOAD_BYTES + 1);
    for (field, value) in [
        ("payload", json!(long)),
        ("payload", json!(" \n")),
        ("dst", json!("lobby")),
        ("dst", json!("#no room")),
        ("msg_id", json!("")),
    ] {
        let mut bad = examples()[3].clone();
        bad[field] = value;
        assert_eq!(refused_field(&bad), Some(field), "{field}");
    }
    for (field, value) in [
        ("session", json!("0011")),
        ("session", json!("+0112233445566778899aabbccddeeff")),
        ("peer_id", json!("ana")),
        ("peer_id", json!("ana@")),
        ("peer_id", json!("@lobby")),
    ] {
        let mut bad = examples()[0].clone();
        bad[field] = value;
        assert_eq!(refused_field(&bad), Some(field), "{bad}");
    }
    let mut many = examples()[1].clone();
    for number in 0..=CURSOR_ORIGINS {
        many["after"][format!("{number:032x}")] = json!(1);
    }
    assert_eq!(refused_field(&many), Some("after"));
}

#[test]
fn unknown_keys_are_ignored_and_unknown_types_named() {
    for mut example in examples() {
        let plain = parse(&example).unwrap();
        example["features"] = json!(["x"]);
        example["later"] = json!({"a": [1, 2, {"b": null}]});
        assert_eq!(parse(&example).unwrap(), plain);
    }
    assert_eq!(
        parse(&json!({"type": "DANCE"})),
        Err(Refused::Unknown("DANCE".to_owned()))
    );
    let long = parse(&json!({"type": "é".repeat(500)}));
    assert_eq!(long, Err(Refused::Unknown("é".repeat(32))));
    assert_eq!(refused_field(&json!({})), Some("type"));
    assert_eq!(Request::parse("[1]"), Err(Refused::NotObject));
    assert!(matches!(Request::parse("{"), Err(Refused::NotJson(_))));
}

#[test]
fn what_is_nested_deeply_is_refused() {
    let deep = |depth: usize| format!(r#"{{"type":"PING","x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(matches!(Request::parse(&deep(200)), Err(Refused::NotJson(_))));
    assert!(matches!(Request::parse(&deep(100_000)), Err(Refused::NotJson(_))));
    assert_eq!(Request::parse(&deep(20)), Ok(Request::Ping));
}

#[test]
fn an_error_names_the_message_if_it_can() {
    let bad = json!({"type": "PUB", "msg_id": "m1", "dst": 1, "payload": "oi"});
    let Err(Refused::Field { msg_id, .. }) = parse(&bad) else {
        panic!()
    };
    assert_eq!(msg_id, "m1".parse().ok());
    let references: Vec<_> = examples()
        .iter()
        .map(|it| parse(it).unwrap().reference().to_owned())
        .collect();
    assert_eq!(
        references,
        ["HELLO", "JOIN", "PART", "m1", "m1", "HISTORY", "TYPING", "PING", "BYE"]
    );
}

#[test]
fn a_message_is_shown_with_what_is_known_of_it() {
    let room = "lobby".parse().unwrap();
    let entry = Entry {
        id: Some("m1".parse().unwrap()),
        src: "ana@lobby".into(),
        payload: "oi".into(),
        key: Some(Key {
            origin: HubId::from_bits(1),
            seq: Seq::FIRST,
        }),
        ..Entry::notice(EntryKind::Said, "ana".into(), UtcMillis::new(5))
    };
    let shown: Value = serde_json::from_str(&Message::new(&room, &entry).to_json()).unwrap();
    let origin = HubId::from_bits(1).to_string();
    let expected = json!({
        "type": "PUB", "msg_id": "m1", "src": "ana@lobby", "dst": "#lobby", "payload": "oi",
        "origin": origin, "seq": 1, "sent_at": 5, "hops": 0,
    });
    assert_eq!(shown, expected);
    let bare = Entry {
        id: None,
        src: "".into(),
        key: None,
        ..entry
    };
    let shown: Value = serde_json::from_str(&Message::new(&room, &bare).to_json()).unwrap();
    let expected =
        json!({"type": "PUB", "src": "", "label": "ana", "dst": "#lobby", "payload": "oi", "sent_at": 5, "hops": 0});
    assert_eq!(shown, expected);
}

#[test]
fn an_ack_of_a_said_message_has_its_number() {
    let id: MsgId = "m1".parse().unwrap();
    let key = Key {
        origin: HubId::from_bits(1),
        seq: Seq::FIRST,
    };
    let ack: Value = serde_json::from_str(&Frame::said(&id, key).to_json()).unwrap();
    assert_eq!(
        ack,
        json!({"type": "ACK", "msg_id": "m1", "origin": HubId::from_bits(1).to_string(), "seq": 1})
    );
}

fn any_cursor() -> impl Strategy<Value = Cursor> {
    prop::collection::btree_map(any::<u128>(), any::<u64>(), 0..5).prop_map(|numbers| {
        numbers
            .into_iter()
            .map(|(hub, seq)| (HubId::from_bits(hub), seq))
            .collect()
    })
}

fn any_address() -> impl Strategy<Value = Address> {
    ("[a-z][a-z0-9]{0,8}", "[a-z][a-z0-9]{0,8}").prop_map(|(nick, room)| Address {
        nick: nick.parse().unwrap(),
        room: room.parse().unwrap(),
    })
}

fn any_request() -> impl Strategy<Value = Request> {
    let id = || "[a-zA-Z0-9-]{1,36}".prop_map(|id| id.parse::<MsgId>().unwrap());
    let room = || "[a-z][a-z0-9]{0,8}".prop_map(|room| room.parse::<RoomName>().unwrap());
    let payload = || "\\PC{0,40}x";
    prop_oneof![
        (any_address(), prop::option::of("\\PC{0,40}"), any::<Option<u128>>()).prop_map(|(peer_id, token, session)| {
            Request::Hello {
                peer_id,
                token,
                session,
            }
        }),
        (room(), prop::option::of(any_cursor())).prop_map(|(room, after)| Request::Join { room, after }),
        room().prop_map(|room| Request::Part { room }),
        (id(), prop::option::of("\\PC{0,9}"), room(), payload()).prop_map(|(msg_id, src, room, payload)| {
            Request::Pub {
                msg_id,
                src,
                room,
                payload,
            }
        }),
        (id(), prop::option::of("\\PC{0,9}"), any_address(), payload()).prop_map(|(msg_id, src, to, payload)| {
            Request::Send {
                msg_id,
                src,
                to,
                payload,
            }
        }),
        (
            room(),
            prop::option::of(any_cursor()),
            1..=HISTORY_MESSAGES,
            prop::option::of("x\\PC{0,9}")
        )
            .prop_map(|(room, before, limit, query)| Request::History {
                room,
                before,
                limit,
                query
            }),
        room().prop_map(|room| Request::Typing { room }),
        Just(Request::Ping),
        Just(Request::Bye),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(request in any_request()) {
        prop_assert_eq!(Request::parse(&request.to_json()), Ok(request));
    }

    #[test]
    fn no_text_at_all_makes_it_panic(text in "\\PC{0,200}", at in 0..400_usize, byte in any::<char>()) {
        let _ = Request::parse(&text);
        for example in examples() {
            let mut text: Vec<char> = example.to_string().chars().collect();
            let at = at % text.len();
            text[at] = byte;
            let _ = Request::parse(&text.iter().collect::<String>());
            let _ = Request::parse(&text[..at].iter().collect::<String>());
        }
    }
}
