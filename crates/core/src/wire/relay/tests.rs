use super::*;
use proptest::prelude::*;
use serde_json::json;

fn hub(bits: u128) -> HubId {
    HubId::from_bits(bits)
}

fn envelope() -> Envelope {
    Envelope {
        id: "m1".parse().unwrap(),
        kind: Kind::Said,
        room: "lobby".parse().unwrap(),
        src: "A".to_owned(),
        label: "Client #7".to_owned(),
        payload: "oi \"tudo\"\n".to_owned(),
        message: "Client #7: oi \"tudo\"\n".to_owned(),
        origin: hub(10),
        seq: Seq::new(3),
        sent_at: UtcMillis::new(1_763_683_199_999),
        hops: 2,
    }
}

fn object() -> Value {
    serde_json::from_str(&envelope().to_json(hub(11))).unwrap()
}

/// The envelope's JSON with one key changed, or taken away for `None`.
fn with(field: &str, value: Option<Value>) -> Vec<u8> {
    let mut object = object();
    let map = object.as_object_mut().unwrap();
    match value {
        Some(value) => map.insert(field.to_owned(), value),
        None => map.remove(field),
    };
    object.to_string().into_bytes()
}

fn single(body: &[u8]) -> Envelope {
    match parse(body).unwrap() {
        Body::Papo { mut messages, .. } if messages.len() == 1 => messages.remove(0),
        other => panic!("{other:?}"),
    }
}

fn why(body: &[u8]) -> String {
    parse(body).unwrap_err().to_string()
}

#[test]
fn an_envelope_has_these_keys_and_message_first() {
    let text = envelope().to_json(hub(11));
    assert_eq!(
        text,
        concat!(
            r#"{"message":"Client #7: oi \"tudo\"\n","v":1,"id":"m1","kind":"said","room":"lobby","src":"A","#,
            r#""label":"Client #7","payload":"oi \"tudo\"\n","origin":"0000000000000000000000000000000a","seq":3,"#,
            r#""sent_at":1763683199999,"hops":2,"from":"0000000000000000000000000000000b"}"#
        )
    );
    let joined = Envelope {
        kind: Kind::Joined,
        ..envelope()
    };
    assert!(!joined.to_json(hub(11)).contains("seq"));
}

#[test]
fn the_three_shapes_are_told_apart() {
    assert_eq!(
        parse(br#"{"message":"Client #1: oi","kind":7}"#),
        Ok(Body::Bare {
            message: "Client #1: oi".to_owned()
        })
    );
    let papo = |messages| {
        Ok(Body::Papo {
            from: Some(hub(11)),
            messages,
        })
    };
    let copy = envelope().to_json(hub(11));
    assert_eq!(parse(copy.as_bytes()), papo(vec![envelope()]));
    let two = batch(hub(11), [&*copy, &*copy].into_iter());
    assert_eq!(parse(two.as_bytes()), papo(vec![envelope(), envelope()]));
    let probe = batch(hub(11), [].into_iter());
    assert_eq!(
        probe,
        r#"{"v":1,"from":"0000000000000000000000000000000b","messages":[]}"#
    );
    assert_eq!(parse(probe.as_bytes()), papo(vec![]));
    assert_eq!(
        parse(br#"{"messages":[]}"#),
        Ok(Body::Papo {
            from: None,
            messages: vec![]
        })
    );
}

#[test]
fn wrong_fields_are_named() {
    let cases = [
        ("id", Some(json!(7)), "id is not a string"),
        ("id", Some(json!("")), "id is empty"),
        ("id", Some(json!("x".repeat(65))), "id is longer than 64 characters"),
        ("room", Some(json!("a b")), "room cannot hold the character  "),
        ("origin", Some(json!("ab")), "origin is not 32 hexadecimal digits"),
        ("from", Some(json!("ab")), "from is not 32 hexadecimal digits"),
        ("from", Some(json!(null)), "from is not a string"),
        ("label", Some(json!(" \t")), "label is empty"),
        ("kind", Some(json!(["said"])), "kind is not a string"),
        (
            "payload",
            Some(json!("é".repeat(2049))),
            "payload is longer than 4096 bytes",
        ),
        (
            "message",
            Some(json!("x".repeat(MESSAGE_BYTES + 1))),
            "message is longer than 4384 bytes",
        ),
        ("seq", Some(json!(0)), "seq is not a number from 1"),
        ("seq", Some(json!(-1)), "seq is not a whole number from 0"),
        ("sent_at", Some(json!(-1)), "sent_at is not a whole number from 0"),
        ("sent_at", Some(json!(1.5)), "sent_at is not a whole number from 0"),
        ("sent_at", Some(json!(1e300)), "sent_at is not a whole number from 0"),
        ("hops", Some(json!(256)), "hops is not a number up to 255"),
        ("hops", Some(json!("1")), "hops is not a whole number from 0"),
    ];
    for (field, value, text) in cases {
        assert_eq!(why(&with(field, value.clone())), text, "{field} {value:?}");
    }
    for field in [
        "kind", "room", "src", "label", "payload", "message", "origin", "sent_at", "hops",
    ] {
        assert_eq!(why(&with(field, None)), format!("{field} is missing"));
    }
}

#[test]
fn a_wrong_message_of_a_batch_is_numbered() {
    let good = envelope().to_json(hub(11));
    let bad = String::from_utf8(with("hops", None)).unwrap();
    let body = batch(hub(11), [&*good, &*bad].into_iter());
    assert_eq!(
        parse(body.as_bytes()),
        Err(BodyError::Item {
            index: 1,
            field: "hops",
            problem: Problem::Missing
        })
    );
    assert_eq!(why(body.as_bytes()), "messages[1].hops is missing");
    assert_eq!(
        why(batch(hub(11), [&*good, "7"].into_iter()).as_bytes()),
        "messages[1] is not a JSON object"
    );
}

#[test]
fn other_bodies_are_refused() {
    for (body, text) in [
        ("[]", "is not a JSON object"),
        ("\"oi\"", "is not a JSON object"),
        ("{}", "message is missing"),
        (r#"{"message":7}"#, "message is not a string"),
        (r#"{"messages":{}}"#, "messages is not an array"),
        (r#"{"id":null,"message":"oi"}"#, "label is missing"),
    ] {
        assert_eq!(why(body.as_bytes()), text, "{body}");
    }
    for body in [
        &b""[..],
        b"{",
        b"{\"message\":\"\xff\"}",
        b"{\"message\":1e999}",
        b"{} {}",
    ] {
        assert!(matches!(parse(body), Err(BodyError::NotJson(_))), "{body:?}");
    }
    assert!(matches!(
        parse("[".repeat(100_000).as_bytes()),
        Err(BodyError::NotJson(_))
    ));
    let long = json!({ "message": "x".repeat(MESSAGE_BYTES + 1) }).to_string();
    assert_eq!(why(long.as_bytes()), "message is longer than 4384 bytes");
}

#[test]
fn a_batch_has_a_bound() {
    let copy = envelope().to_json(hub(11));
    let of = |count| batch(hub(11), std::iter::repeat_n(&*copy, count));
    assert!(matches!(parse(of(RELAY_BATCH).as_bytes()), Ok(Body::Papo { messages, .. }) if messages.len() == 256));
    assert_eq!(parse(of(RELAY_BATCH + 1).as_bytes()), Err(BodyError::TooMany(257)));
}

#[test]
fn what_a_newer_hub_adds_does_no_harm() {
    assert_eq!(single(&with("color", Some(json!({"deep": [1]})))), envelope());
    assert_eq!(
        parse(&with("kind", Some(json!("edited")))),
        Ok(Body::Papo {
            from: Some(hub(11)),
            messages: vec![]
        })
    );
    let (new, known) = (with("kind", Some(json!("edited"))), envelope().to_json(hub(11)));
    let both = batch(hub(11), [std::str::from_utf8(&new).unwrap(), &*known].into_iter());
    assert!(matches!(parse(both.as_bytes()), Ok(Body::Papo { messages, .. }) if messages == [envelope()]));
    let mut broken: Value = serde_json::from_slice(&new).unwrap();
    broken["hops"] = json!(-1);
    assert!(parse(broken.to_string().as_bytes()).is_err());
}

#[test]
fn what_only_decorates_is_clamped() {
    assert_eq!(single(&with("sent_at", Some(json!(u64::MAX)))).sent_at, UtcMillis::MAX);
    assert_eq!(single(&with("hops", Some(json!(255)))).hops, 255);
    assert_eq!(single(&with("src", Some(json!("")))).src, "");
    assert_eq!(
        single(&with("label", Some(json!("é".repeat(80))))).label,
        "é".repeat(64)
    );
    // `name@room`: 64 characters, the sign and 32.
    let longest = "é".repeat(NAME_CHARS + 1 + ROOM_CHARS);
    let longer = format!("{longest}é");
    assert_eq!(single(&with("src", Some(json!(longer)))).src, longest);
    let spaced = format!("  {} b ", "a".repeat(63));
    assert_eq!(single(&with("label", Some(json!(spaced)))).label, "a".repeat(63));
    assert_eq!(single(&with("seq", None)).seq, None);
    assert_eq!(single(&with("kind", Some(json!("left")))).seq, None);
    assert_eq!(
        single(&with("payload", Some(json!("x".repeat(PAYLOAD_BYTES)))))
            .payload
            .len(),
        PAYLOAD_BYTES
    );
}

fn any_envelope() -> impl Strategy<Value = Envelope> {
    let kind = prop::sample::select(vec![Kind::Said, Kind::Joined, Kind::Left]);
    let names = (
        "[!-~]{1,64}",
        "[a-zçã0-9._-]{1,64}",
        "\\PC{0,20}",
        "[a-zé#:|\"\\\\]{1,32}",
    );
    let numbers = (any::<u128>(), any::<u64>(), any::<u64>(), any::<u8>());
    (kind, names, any::<String>(), any::<String>(), numbers).prop_map(
        |(kind, (id, room, src, label), payload, message, (origin, seq, sent_at, hops))| Envelope {
            id: id.parse().unwrap(),
            kind,
            room: room.parse().unwrap(),
            src: src.trim().to_owned(),
            label,
            payload,
            message,
            origin: hub(origin),
            seq: Seq::new(seq).filter(|_| kind == Kind::Said),
            sent_at: UtcMillis::new(sent_at),
            hops,
        },
    )
}

/// JSON that has the right keys more often than the right values.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(object()),
    ];
    let keys = object().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    leaf.prop_recursive(3, 32, 6, move |inner| {
        let key = prop_oneof![prop::sample::select(keys.clone()), Just("messages".to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner.clone(), 0..6).prop_map(|map| json!(map)),
            (key, inner).prop_map(|(key, value)| {
                let mut object = object();
                object[key] = value;
                object
            }),
        ]
    })
}

proptest! {
    #[test]
    fn envelopes_survive_the_wire(all in prop::collection::vec(any_envelope(), 1..4), from in any::<u128>()) {
        let copies: Vec<String> = all.iter().map(|envelope| envelope.to_json(hub(from))).collect();
        prop_assert_eq!(&single(copies[0].as_bytes()), &all[0]);
        let body = batch(hub(from), copies.iter().map(String::as_str));
        prop_assert_eq!(parse(body.as_bytes()), Ok(Body::Papo { from: Some(hub(from)), messages: all }));
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn any_json_is_answered_within_the_bounds(value in any_json()) {
        if let Ok(Body::Papo { messages, .. }) = parse(value.to_string().as_bytes()) {
            for envelope in messages {
                prop_assert!(envelope.payload.len() <= PAYLOAD_BYTES && envelope.message.len() <= MESSAGE_BYTES);
                prop_assert!((1..=NAME_CHARS).contains(&envelope.label.chars().count()));
            }
        }
    }

    #[test]
    fn absurd_numbers_are_answered(field in prop::sample::select(vec!["seq", "sent_at", "hops", "v"]), digits in "-?[1-9][0-9]{0,400}(e[0-9]{1,6})?") {
        let text = String::from_utf8(with(field, Some(json!("@")))).unwrap().replace("\"@\"", &digits);
        let _ = parse(text.as_bytes());
    }
}
