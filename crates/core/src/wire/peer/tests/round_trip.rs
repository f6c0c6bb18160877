//! What is written is ASCII, one line, bounded, and read as it was meant.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::error::Code;
use crate::limits::{PEER_LINE_BYTES, PEER_PAYLOAD_BYTES};

const UTC: UtcMillis = UtcMillis::new(1_763_683_199_999);

/// Checks what holds for every line, and gives its fields.
pub(super) fn checked(line: &[u8]) -> Value {
    assert!(line.is_ascii());
    assert!(line.len() <= PEER_LINE_BYTES, "{}", line.len());
    assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1));
    let value: Value = serde_json::from_slice(line).unwrap();
    assert!(value["ttl"].as_u64().is_some_and(|ttl| (1..=8).contains(&ttl)));
    value
}

fn has(line: &[u8], expected: &str) -> Message {
    let value = checked(line);
    let expected: Value = serde_json::from_str(expected).unwrap();
    assert_eq!(value, expected);
    decode(line).unwrap()
}

fn receipt(attempt: u8, seal: Option<Seal>) -> Receipt {
    Receipt {
        msg_id: Some(msg_id("m1")),
        src: Some(peer("caio@CIC")),
        dst: Some(peer("ana@CIC")),
        attempt,
        code: None,
        detail: String::new(),
        seal,
        ttl: Ttl::new(7),
    }
}

#[test]
fn signs_of_life_repeat_their_id() {
    let msg_id = Some("p 1".to_owned());
    assert_eq!(
        has(
            &encode::ping("p 1", UTC),
            r#"{"type":"PING","msg_id":"p 1","timestamp":"2025-11-20T23:59:59.999Z","ttl":1}"#
        ),
        Message::Ping { msg_id: msg_id.clone() }
    );
    assert_eq!(
        has(
            &encode::pong(Some("p 1"), UTC),
            r#"{"type":"PONG","msg_id":"p 1","timestamp":"2025-11-20T23:59:59.999Z","ttl":1}"#
        ),
        Message::Pong { msg_id }
    );
    assert_eq!(decode(&encode::pong(None, UTC)), Ok(Message::Pong { msg_id: None }));
}

#[test]
fn speech_goes_out_with_all_its_fields() {
    let (id, src, via, seal) = (msg_id("m1"), peer("ana@unb"), peer("caio@CIC"), seal());
    let words = encode::Speech {
        msg_id: &id,
        src: &src,
        dst: "bia@unb",
        payload: "oi",
        require_ack: true,
        ttl: Ttl::FIRST,
        via: None,
        seal: None,
    };
    has(
        &encode::speech("SEND", &words).unwrap(),
        r#"{"type":"SEND","msg_id":"m1","src":"ana@unb","dst":"bia@unb","payload":"oi","require_ack":true,"ttl":8}"#,
    );
    let (via, seal) = (Some(&via), Some(&seal));
    let line = encode::speech("SEND", &encode::Speech { via, seal, ..words }).unwrap();
    let Message::Send(read) = decode(&line).unwrap() else {
        panic!("another type");
    };
    assert_eq!((read.via.as_ref(), read.seal.as_ref()), (via, seal));
    let sealed = Sealed {
        kind: "SEND",
        src: read.src.as_ref().unwrap().as_str(),
        dst: &read.dst.to_string(),
        msg_id: read.msg_id.as_ref().unwrap().as_str(),
        q: 7,
        t: UTC,
        payload: &read.payload,
    };
    assert!(sealed.is_signed_by(&read.seal.unwrap()));
    let ttl = Ttl::new(0);
    assert_eq!(
        checked(&encode::speech("PUB", &encode::Speech { ttl, ..words }).unwrap())["ttl"],
        1
    );
}

#[test]
fn speech_that_outgrows_the_line_is_not_written() {
    let id: MsgId = "x".repeat(64).parse().unwrap();
    let name = "\u{1f980}".repeat(64);
    let src = PeerId::new(&name, &name).unwrap();
    let seal = seal();
    let with = |payload: &str| {
        let words = encode::Speech {
            msg_id: &id,
            src: &src,
            dst: src.as_str(),
            payload,
            require_ack: false,
            ttl: Ttl::FIRST,
            via: Some(&src),
            seal: Some(&seal),
        };
        encode::speech("SEND", &words).map(|line| {
            checked(&line);
            line.len()
        })
    };
    // Six bytes for one is the most that escaping makes.
    assert!(with(&"\u{1}".repeat(PEER_PAYLOAD_BYTES)).is_some());
    let room = PEER_LINE_BYTES - with("").unwrap();
    assert_eq!(with(&"x".repeat(room)), Some(PEER_LINE_BYTES));
    assert_eq!(with(&"x".repeat(room + 1)), None);
}

#[test]
fn receipts_go_out_and_are_passed_on() {
    let (id, src, dst, seal) = (msg_id("m1"), peer("caio@CIC"), peer("ana@CIC"), seal());
    let ttl = Ttl::new(7);
    let ack = has(
        &encode::ack(&id, &src, &dst, UTC, ttl, None),
        r#"{"type":"ACK","msg_id":"m1","src":"caio@CIC","dst":"ana@CIC","from":"caio@CIC","timestamp":"2025-11-20T23:59:59.999Z","ttl":7}"#,
    );
    assert_eq!(ack, Message::Ack(receipt(0, None)));
    let sealed = decode(&encode::ack(&id, &src, &dst, UTC, ttl, Some(&seal))).unwrap();
    assert_eq!(sealed, Message::Ack(receipt(2, Some(seal))));
    let ok = has(
        &encode::relay_ok(&id, &src, &dst, ttl, 3, None),
        r#"{"type":"RELAY_OK","msg_id":"m1","src":"caio@CIC","dst":"ana@CIC","reason":"relayed","ttl":7,"x":{"try":3}}"#,
    );
    let relayed = Some("relayed".to_owned());
    let expected = Receipt {
        code: relayed,
        ..receipt(3, None)
    };
    assert_eq!(ok, Message::RelayOk(expected));
    let fail = has(
        &encode::relay_fail(&id, &src, &dst, Code::Busy, "full", ttl, 0, None),
        r#"{"type":"RELAY_FAIL","code":"busy","msg_id":"m1","src":"caio@CIC","dst":"ana@CIC","reason":"busy","detail":"full","ttl":7}"#,
    );
    let expected = Receipt {
        code: Some("busy".to_owned()),
        detail: "full".to_owned(),
        ..receipt(0, None)
    };
    assert_eq!(fail, Message::RelayFail(expected.clone()));
    let expired = has(
        &encode::ttl_expired(&id, &src, &dst, "full", ttl, 1, None),
        r#"{"type":"TTL_EXPIRED","status":"ERROR","error":"ttl_expired","code":"ttl_expired","msg_id":"m1","ref":"m1","src":"caio@CIC","dst":"ana@CIC","reason":"ttl_expired","detail":"full","ttl":7,"x":{"try":1}}"#,
    );
    let code = Some("ttl_expired".to_owned());
    let expected = Receipt {
        code,
        attempt: 1,
        ..expected
    };
    assert_eq!(expired, Message::TtlExpired(expected));
    let unsigned_try = Message::Ack(receipt(4, None));
    // The try in the line is the one that is given, also of what was signed for another.
    let line = encode::relay_fail(&id, &src, &dst, Code::Busy, "", ttl, 9, Some(&seal));
    assert_eq!(checked(&line)["x"]["try"], 9);
    for message in [ack, sealed, ok, fail, expired, unsigned_try] {
        let line = encode::passed_on(&message, UTC).unwrap();
        let fields = checked(&line);
        let acks = matches!(message, Message::Ack(_));
        assert_eq!(
            (fields.get("from").is_some(), fields.get("timestamp").is_some()),
            (acks, acks)
        );
        assert_eq!(decode(&line), Ok(message));
    }
    let nowhere = Receipt {
        dst: None,
        ..receipt(0, None)
    };
    assert_eq!(encode::passed_on(&Message::Ack(nowhere), UTC), None);
    assert_eq!(encode::passed_on(&Message::Ping { msg_id: None }, UTC), None);
}

#[test]
fn searches_and_hits_go_out() {
    let (id, src, dst, via, seal) = (msg_id("w1"), peer("ana@CIC"), peer("bia@CIC"), peer("caio@CIC"), seal());
    let ttl = Ttl::new(4);
    let search = Search {
        msg_id: Some(id.clone()),
        src: Some(src.clone()),
        dst: Some(dst.clone()),
        ttl,
        seal: None,
    };
    assert_eq!(
        has(
            &encode::who_has(&id, &src, &dst, ttl, None),
            r#"{"type":"WHO_HAS","msg_id":"w1","src":"ana@CIC","dst":"bia@CIC","ttl":4}"#
        ),
        Message::WhoHas(search.clone())
    );
    let signed = Search {
        seal: Some(seal),
        ..search
    };
    assert_eq!(
        decode(&encode::who_has(&id, &src, &dst, ttl, Some(&seal))),
        Ok(Message::WhoHas(signed))
    );
    let hit = Hit {
        msg_id: Some(id.clone()),
        src: Some(src.clone()),
        dst: Some(dst.clone()),
        via: Some(via.clone()),
        hops: 2,
        ttl,
        seal: None,
    };
    assert_eq!(
        has(
            &encode::who_has_hit(&id, &src, &dst, &via, 2, ttl, None),
            r#"{"type":"WHO_HAS_HIT","msg_id":"w1","src":"ana@CIC","dst":"bia@CIC","via":"caio@CIC","hops":2,"ttl":4}"#
        ),
        Message::WhoHasHit(hit.clone())
    );
    let signed = Hit {
        seal: Some(seal),
        ..hit
    };
    assert_eq!(
        decode(&encode::who_has_hit(&id, &src, &dst, &via, 2, ttl, Some(&seal))),
        Ok(Message::WhoHasHit(signed))
    );
}

#[test]
fn metrics_go_out_whole_also_when_little_is_known() {
    let (id, src, dst, ttl) = (msg_id("q1"), peer("ana@CIC"), peer("bia@CIC"), Ttl::NEIGHBOR);
    let req = MetricsReq {
        msg_id: Some(id.clone()),
        src: Some(src.clone()),
        dst: Some(dst.clone()),
        ttl,
    };
    assert_eq!(
        has(
            &encode::metrics_req(&id, &src, &dst, ttl),
            r#"{"type":"METRICS_REQ","msg_id":"q1","src":"ana@CIC","dst":"bia@CIC","ttl":1}"#
        ),
        Message::MetricsReq(req)
    );
    let known = encode::Metrics {
        msg_id: &id,
        src: &src,
        dst: &dst,
        ttl,
        rtt_ms: Some(1.5),
        sent_count: 4,
        recv_count: 5,
        last_seen: Some(UTC),
    };
    let expected = Metrics {
        msg_id: Some(id.clone()),
        src: Some(src.clone()),
        dst: Some(dst.clone()),
        ttl,
        rtt_ms: Some(1.5),
        sent_count: Some(4),
        recv_count: Some(5),
        last_seen: Some("2025-11-20T23:59:59.999Z".to_owned()),
    };
    assert_eq!(decode(&encode::metrics(&known)), Ok(Message::Metrics(expected)));
    let little = encode::Metrics {
        rtt_ms: None,
        last_seen: None,
        ..known
    };
    has(
        &encode::metrics(&little),
        r#"{"type":"METRICS","msg_id":"q1","src":"ana@CIC","dst":"bia@CIC","rtt_ms":null,"sent_count":4,"recv_count":5,"last_seen":null,"ttl":1}"#,
    );
}

#[test]
fn farewells_name_both_sides_twice() {
    let (src, dst) = (peer("ana@CIC"), peer("bia@CIC"));
    let msg_id = Some("b1".to_owned());
    assert_eq!(
        has(
            &encode::bye("b1", &src, &dst, "quit"),
            r#"{"type":"BYE","peer_id":"ana@CIC","msg_id":"b1","src":"ana@CIC","dst":"bia@CIC","dest":"bia@CIC","reason":"quit","ttl":1}"#
        ),
        Message::Bye { msg_id: msg_id.clone() }
    );
    assert_eq!(
        has(
            &encode::bye_ok(Some("b1"), &src, &dst),
            r#"{"type":"BYE_OK","peer_id":"ana@CIC","msg_id":"b1","src":"ana@CIC","dst":"bia@CIC","dest":"bia@CIC","reason":"bye","ttl":1}"#
        ),
        Message::ByeOk { msg_id }
    );
    let without = decode(&encode::bye_ok(None, &src, &dst));
    assert_eq!(without, Ok(Message::ByeOk { msg_id: None }));
}

#[test]
fn errors_go_out_in_all_shapes_at_once() {
    let complaint = Complaint {
        code: "no_route".to_owned(),
        reference: Some("m1".to_owned()),
        detail: "nobody".to_owned(),
    };
    assert_eq!(
        has(
            &encode::error(Code::NoRoute, Some("m1"), "nobody"),
            r#"{"type":"ERROR","status":"ERROR","error":"no_route","code":"no_route","ref":"m1","detail":"nobody","ttl":1}"#
        ),
        Message::Error(complaint)
    );
    has(
        &encode::error(Code::LineTooLong, None, ""),
        r#"{"type":"ERROR","status":"ERROR","error":"line_too_long","code":"line_too_long","detail":"","limit":32768,"ttl":1}"#,
    );
    for &code in Code::ALL {
        let line = encode::error(code, None, "");
        assert!(matches!(decode(&line), Ok(Message::Error(complaint)) if complaint.code == code.as_str()));
    }
}

#[test]
fn nothing_that_is_long_makes_a_line_too_long() {
    let id: MsgId = "x".repeat(64).parse().unwrap();
    let name = "\u{1f980}".repeat(64);
    let peer = PeerId::new(&name, &name).unwrap();
    let long = "\u{1f980}".repeat(20_000);
    let (ttl, seal) = (Ttl::FIRST, Some(seal()));
    let seal = seal.as_ref();
    let receipt = Receipt {
        msg_id: Some(id.clone()),
        src: Some(peer.clone()),
        dst: Some(peer.clone()),
        attempt: 1,
        code: Some(long.clone()),
        detail: long.clone(),
        seal: seal.copied(),
        ttl,
    };
    for line in [
        encode::ping(&long, UTC),
        encode::pong(Some(&long), UTC),
        encode::ack(&id, &peer, &peer, UTC, ttl, seal),
        encode::relay_ok(&id, &peer, &peer, ttl, 1, seal),
        encode::relay_fail(&id, &peer, &peer, Code::Busy, &long, ttl, 1, seal),
        encode::ttl_expired(&id, &peer, &peer, &long, ttl, 1, seal),
        encode::passed_on(&Message::Ack(receipt.clone()), UTC).unwrap(),
        encode::passed_on(&Message::RelayOk(receipt.clone()), UTC).unwrap(),
        encode::passed_on(&Message::RelayFail(receipt.clone()), UTC).unwrap(),
        encode::passed_on(&Message::TtlExpired(receipt), UTC).unwrap(),
        encode::who_has(&id, &peer, &peer, ttl, seal),
        encode::who_has_hit(&id, &peer, &peer, &peer, 255, ttl, seal),
        encode::metrics_req(&id, &peer, &peer, ttl),
        encode::bye(&long, &peer, &peer, &long),
        encode::bye_ok(Some(&long), &peer, &peer),
        encode::error(Code::LineTooLong, Some(&long), &long),
    ] {
        checked(&line);
        assert!(decode(&line).is_ok());
    }
}

const KINDS: [&str; 20] = [
    "HELLO",
    "HELLO_OK",
    "HELLO_REJECT",
    "X_AUTH",
    "PING",
    "PONG",
    "SEND",
    "PUB",
    "ACK",
    "RELAY_OK",
    "RELAY_FAIL",
    "TTL_EXPIRED",
    "WHO_HAS",
    "WHO_HAS_HIT",
    "METRICS_REQ",
    "METRICS",
    "BYE",
    "BYE_OK",
    "ERROR",
    "OTHER",
];
const KEYS: [&str; 22] = [
    "msg_id",
    "src",
    "dst",
    "from",
    "via",
    "payload",
    "require_ack",
    "ttl",
    "hops",
    "code",
    "error",
    "status",
    "reason",
    "detail",
    "ref",
    "message",
    "peer_id",
    "features",
    "sig",
    "x",
    "rtt_ms",
    "last_seen",
];

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,80}".prop_map(Value::from),
        "[a-z]{1,3}@[a-z]{1,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 16, 4, |inner| {
        let keys = proptest::sample::select(vec!["v", "pk", "n", "f", "re", "q", "t", "sig", "try"]);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((keys.prop_map(str::to_owned), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
    }

    #[test]
    fn no_fields_make_the_reader_panic(
        kind in proptest::sample::select(KINDS.to_vec()),
        fields in proptest::collection::vec((proptest::sample::select(KEYS.to_vec()), values()), 0..12),
    ) {
        let mut object = serde_json::json!({ "type": kind });
        for (key, value) in fields {
            object[key] = value;
        }
        let decoded = decode(object.to_string().as_bytes());
        prop_assert!(matches!(decoded, Ok(_) | Err(Undecodable::BadFormat { .. })), "{decoded:?}");
        if let Some(line) = decoded.ok().and_then(|message| encode::passed_on(&message, UTC)) {
            checked(&line);
        }
    }
}
