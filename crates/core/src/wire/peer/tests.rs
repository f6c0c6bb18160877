//! Lines as other programs send them, and lines of ours that come back.

mod round_trip;
mod speech;

use super::*;
use crate::id::{MsgId, PeerId};
use crate::identity::Identity;
use crate::time::UtcMillis;

fn read(line: &str) -> Message {
    decode(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn peer(text: &str) -> PeerId {
    text.parse().unwrap()
}

fn msg_id(text: &str) -> MsgId {
    text.parse().unwrap()
}

fn bad(msg_id: Option<&str>, field: &'static str) -> Result<Message, Undecodable> {
    let msg_id = msg_id.map(|id| id.parse().unwrap());
    Err(Undecodable::BadFormat { msg_id, field })
}

fn seal() -> Seal {
    let sealed = Sealed {
        kind: "SEND",
        src: "ana@unb",
        dst: "bia@unb",
        msg_id: "m1",
        q: 7,
        t: UtcMillis::new(1_763_683_199_999),
        payload: "oi",
    };
    sealed.sign(&Identity::from_seed([3; 32]), 2)
}

fn spoken(line: &str) -> Speech {
    match read(line) {
        Message::Send(speech) | Message::Pub(speech) => speech,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_object_is_told_apart() {
    for (line, expected) in [
        ("", Undecodable::Blank),
        (" \t\r\n", Undecodable::Blank),
        ("{", Undecodable::NotJson),
        ("PING", Undecodable::NotJson),
        (r#"{"type":"PING"} {}"#, Undecodable::NotJson),
        (r#"{"type":"PING","ttl":NaN}"#, Undecodable::NotJson),
        ("[]", Undecodable::NotAnObject),
        ("17", Undecodable::NotAnObject),
        ("null", Undecodable::NotAnObject),
        (r#""PING""#, Undecodable::NotAnObject),
    ] {
        assert_eq!(decode(line.as_bytes()), Err(expected), "{line}");
    }
}

#[test]
fn terminators_and_case_do_not_matter() {
    let ping = Message::Ping {
        msg_id: Some("m1".to_owned()),
    };
    for line in [
        "{\"type\":\"PING\",\"msg_id\":\"m1\"}\r\n",
        "  {\"type\": \"ping\", \"msg_id\": \"m1\"}",
    ] {
        assert_eq!(read(line), ping);
    }
}

#[test]
fn a_hello_tells_a_name_and_whether_it_relays() {
    let cases = [
        (
            r#"{"type":"HELLO","peer_id":"bia@CIC","version":"1.0","features":["ack","metrics"],"ttl":1}"#,
            Some("bia@CIC"),
            false,
        ),
        (
            r#"{"type":"HELLO","peer_id":"bia@CIC","version":1.1,"features":["relay"],"ttl":null}"#,
            Some("bia@CIC"),
            true,
        ),
        (
            r#"{"type":"HELLO","peer_id":"bia@CIC","features":"relay","timestamp":1763683199.5}"#,
            Some("bia@CIC"),
            false,
        ),
        (
            r#"{"type":"HELLO","peer_id":"bia@CIC","features":{"relay":true},"x":1}"#,
            Some("bia@CIC"),
            false,
        ),
        (
            r#"{"type":"HELLO","peer_id":"bia","features":[1,null,"relay"]}"#,
            None,
            true,
        ),
        (r#"{"type":"HELLO","peer_id":7}"#, None, false),
    ];
    for (line, expected, relay) in cases {
        let greeting = Greeting {
            peer_id: expected.map(peer),
            relay,
            x: None,
        };
        assert_eq!(read(line), Message::Hello(greeting), "{line}");
    }
}

#[test]
fn a_hello_x_is_whole_or_not_there() {
    let pk = Identity::from_seed([3; 32]).public();
    let with = |x: &str| match read(&format!(
        r#"{{"type":"HELLO_OK","peer_id":"bia@CIC","x":{}}}"#,
        x.replace("PK", &pk.to_string())
    )) {
        Message::HelloOk(greeting) => greeting.x,
        other => panic!("{other:?}"),
    };
    let n = "AAECAwQFBgcICQoLDA0ODw==";
    let x = with(&format!(r#"{{"v":1,"pk":"PK","n":"{n}","f":["mem1"],"new":0}}"#)).unwrap();
    assert_eq!((x.pk, x.features, x.re), (pk, vec!["mem1".to_owned()], None));
    assert_eq!(x.nonce, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    let most = format!("[{}]", vec!["\"f\""; 64].join(","));
    let long = "é".repeat(32);
    assert!(with(&format!(r#"{{"v":1,"pk":"PK","n":"{n}","f":{most}}}"#)).is_some());
    assert!(with(&format!(r#"{{"v":1,"pk":"PK","n":"{n}","f":["{long}"]}}"#)).is_some());
    let more = format!("[{}]", vec!["\"f\""; 65].join(","));
    for x in [
        format!(r#"{{"v":2,"pk":"PK","n":"{n}","f":[]}}"#),
        format!(r#"{{"v":"1","pk":"PK","n":"{n}","f":[]}}"#),
        format!(r#"{{"pk":"PK","n":"{n}","f":[]}}"#),
        format!(r#"{{"v":1,"pk":"PK=","n":"{n}","f":[]}}"#),
        r#"{"v":1,"pk":"PK","n":"AAEC","f":[]}"#.to_owned(),
        format!(r#"{{"v":1,"pk":"PK","n":"{n}{n}","f":[]}}"#),
        format!(r#"{{"v":1,"pk":"PK","n":"{n}","f":{more}}}"#),
        format!(r#"{{"v":1,"pk":"PK","n":"{n}","f":["{long}e"]}}"#),
        format!(r#"{{"v":1,"pk":"PK","n":"{n}","f":[1]}}"#),
        format!(r#"{{"v":1,"pk":"PK","n":"{n}","f":"mem1"}}"#),
        format!(r#"{{"v":1,"pk":"PK","n":"{n}","f":[],"re":"AAEC"}}"#),
        format!(r#"{{"v":1,"pk":"PK","n":"{n}","f":[],"re":null}}"#),
        "[1]".to_owned(),
    ] {
        assert_eq!(with(&x), None, "{x}");
    }
}

#[test]
fn a_refusal_is_read_with_its_words() {
    for (line, words) in [
        (
            r#"{"type":"HELLO_REJECT","reason":"already connected"}"#,
            "already connected",
        ),
        (
            r#"{"type":"HELLO_REJECT","detail":"","error":"duplicate"}"#,
            "duplicate",
        ),
        (r#"{"type":"HELLO_REJECT"}"#, ""),
    ] {
        let detail = words.to_owned();
        assert_eq!(read(line), Message::HelloReject { detail });
    }
}

#[test]
fn a_proof_that_cannot_be_read_is_none() {
    let sig = seal().sig;
    let line = format!(r#"{{"type":"X_AUTH","sig":"{sig}","ttl":1}}"#);
    assert_eq!(read(&line), Message::XAuth { sig: Some(sig) });
    for line in [r#"{"type":"X_AUTH"}"#, r#"{"type":"X_AUTH","sig":"AAEC"}"#] {
        assert_eq!(read(line), Message::XAuth { sig: None });
    }
}

#[test]
fn signs_of_life_and_farewells_need_nothing_but_a_type() {
    assert_eq!(read(r#"{"type":"PING"}"#), Message::Ping { msg_id: None });
    let ping = r#"{"type":"PING","msg_id":12,"timestamp":null,"ttl":"x"}"#;
    let msg_id = Some("12".to_owned());
    assert_eq!(read(ping), Message::Ping { msg_id });
    let pong = r#"{"type":"PONG","msg_id":"with space","ttl":1}"#;
    let msg_id = Some("with space".to_owned());
    assert_eq!(read(pong), Message::Pong { msg_id });
    let bye = r#"{"type":"BYE","src":"bia@CIC","dst":"*","dest":"ana@CIC"}"#;
    assert_eq!(read(bye), Message::Bye { msg_id: None });
    let bye_ok = r#"{"type":"BYE_OK","msg_id":{"a":1}}"#;
    assert_eq!(read(bye_ok), Message::ByeOk { msg_id: None });
    // What would not fit the answer is not sent back.
    for (chars, kept) in [(256, true), (257, false)] {
        let line = format!(r#"{{"type":"BYE","msg_id":"{}"}}"#, "é".repeat(chars));
        assert!(matches!(read(&line), Message::Bye { msg_id } if msg_id.is_some() == kept));
    }
}

#[test]
fn ids_that_nobody_could_match_are_refused_where_they_count() {
    for kind in [
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
    ] {
        for id in [
            format!("\"{}\"", "x".repeat(65)),
            r#""two words""#.to_owned(),
            r#""""#.to_owned(),
            "[1]".to_owned(),
            "true".to_owned(),
        ] {
            let line = format!(r#"{{"type":"{kind}","msg_id":{id}}}"#);
            assert_eq!(decode(line.as_bytes()), bad(None, "msg_id"), "{line}");
        }
        let line = format!(r#"{{"type":"{kind}","msg_id":"m1","ttl":1.5}}"#);
        assert_eq!(decode(line.as_bytes()), bad(Some("m1"), "ttl"), "{line}");
        let line = format!(r#"{{"type":"{kind}","msg_id":"{}","ttl":9}}"#, "x".repeat(64));
        assert!(decode(line.as_bytes()).is_ok(), "{line}");
    }
}

#[test]
fn keys_may_not_stand_twice_where_they_mean_something() {
    for (line, id) in [
        (
            r#"{"type":"SEND","msg_id":"m1","payload":"a","payload":"b"}"#,
            Some("m1"),
        ),
        (
            r#"{"payload":"a","type":"SEND","p\u0061yload":"a","msg_id":"m1"}"#,
            Some("m1"),
        ),
        (r#"{"type":"SEND","msg_id":"m1","msg_id":"m2"}"#, None),
        (r#"{"type":"SEND","src":1,"src":1,"msg_id":"m1","msg_id":"m1"}"#, None),
        (r#"{"type":"SEND","msg_id":"m1","x":{"q":1,"q":2}}"#, Some("m1")),
        (r#"{"type":"SEND","msg_id":"m1","x":{},"x":{}}"#, Some("m1")),
        (r#"{"type":"NEW","y":1,"y":1}"#, None),
    ] {
        assert_eq!(decode(line.as_bytes()), bad(id, "duplicate"), "{line}");
    }
    let elsewhere = r#"{"type":"SEND","payload":{"a":1,"a":2},"y":{"x":{"q":1,"q":2}}}"#;
    assert_eq!(spoken(elsewhere).payload, r#"{"a":2}"#);
}

#[test]
fn only_so_many_levels_are_read() {
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        decode(format!(r#"{{"type":"PING","y":{open}{close}}}"#).as_bytes())
    };
    assert!(nested(15).is_ok());
    assert_eq!(nested(16), bad(None, "depth"));
    assert_eq!(nested(16_000), bad(None, "depth"));
    let in_text = format!(r#"{{"type":"PING","y":"\"{}"}}"#, "[".repeat(100));
    assert!(decode(in_text.as_bytes()).is_ok());
    let side_by_side = format!(r#"{{"type":"PING","y":[{}[]]}}"#, "[],".repeat(100));
    assert!(decode(side_by_side.as_bytes()).is_ok());
}

#[test]
fn receipts_need_only_an_id() {
    let bare = Receipt {
        msg_id: Some(msg_id("m1")),
        src: None,
        dst: None,
        attempt: 0,
        code: None,
        detail: String::new(),
        seal: None,
        ttl: Ttl::NEIGHBOR,
    };
    assert_eq!(read(r#"{"type":"ACK","msg_id":"m1"}"#), Message::Ack(bare.clone()));
    assert_eq!(
        read(r#"{"type":"ACK","msg_id":"m1","from":"bia@CIC","timestamp":1,"x":{"try":3}}"#),
        Message::Ack(Receipt {
            src: Some(peer("bia@CIC")),
            attempt: 3,
            ..bare.clone()
        })
    );
    let fail = r#"{"type":"RELAY_FAIL","msg_id":"m1","src":"caio@CIC","from":"bia@CIC","dst":"ana@CIC","reason":"no_route","x":{"try":"y"}}"#;
    let failed = Receipt {
        src: Some(peer("caio@CIC")),
        dst: Some(peer("ana@CIC")),
        code: Some("no_route".to_owned()),
        ..bare.clone()
    };
    assert_eq!(read(fail), Message::RelayFail(failed.clone()));
    let expired = r#"{"type":"TTL_EXPIRED","status":"ERROR","error":"ttl_expired","ref":"m1","src":"caio@CIC","dst":"ana@CIC","reason":"it stopped here","detail":"at caio","ttl":0,"x":{"try":900}}"#;
    let expected = Receipt {
        code: Some("ttl_expired".to_owned()),
        detail: "at caio".to_owned(),
        attempt: u8::MAX,
        ttl: Ttl::new(0),
        ..failed
    };
    assert_eq!(read(expired), Message::TtlExpired(expected));
    let several = r#"{"type":"RELAY_FAIL","msg_id":"m1","reason":"c","error":"b","code":"a"}"#;
    let expected = Receipt {
        code: Some("a".to_owned()),
        ..bare.clone()
    };
    assert_eq!(read(several), Message::RelayFail(expected));
    let worded = r#"{"type":"RELAY_FAIL","msg_id":"m1","reason":"no way to go"}"#;
    assert_eq!(read(worded), Message::RelayFail(bare));
}

#[test]
fn hops_of_a_hit_are_bounded() {
    for (hops, read_as) in [
        ("2", 2),
        (r#""3""#, 3),
        ("64", 64),
        ("65", 64),
        ("1e18", 64),
        ("-1", 0),
        ("null", 0),
    ] {
        let line = format!(
            r#"{{"type":"WHO_HAS_HIT","msg_id":"m1","src":"caio@CIC","dst":"bia@CIC","via":"ana@CIC","hops":{hops}}}"#
        );
        let expected = Hit {
            msg_id: Some(msg_id("m1")),
            src: Some(peer("caio@CIC")),
            dst: Some(peer("bia@CIC")),
            via: Some(peer("ana@CIC")),
            hops: read_as,
            ttl: Ttl::NEIGHBOR,
            seal: None,
        };
        assert_eq!(read(&line), Message::WhoHasHit(expected));
    }
}

#[test]
fn metrics_are_read_as_far_as_they_can_be() {
    let line =
        r#"{"type":"METRICS","msg_id":"m1","rtt_ms":12,"sent_count":"4","recv_count":-1,"last_seen":1763683199}"#;
    let expected = Metrics {
        msg_id: Some(msg_id("m1")),
        src: None,
        dst: None,
        ttl: Ttl::NEIGHBOR,
        rtt_ms: Some(12.0),
        sent_count: Some(4),
        recv_count: None,
        last_seen: Some("1763683199".to_owned()),
    };
    assert_eq!(read(line), Message::Metrics(expected));
}

#[test]
fn errors_come_in_three_shapes() {
    let cases = [
        (
            r#"{"status":"ERROR","error":"no_route","detail":"x"}"#,
            "no_route",
            None,
            "x",
        ),
        (
            r#"{"type":"ERROR","code":"busy","ref":"m1","detail":"later"}"#,
            "busy",
            Some("m1"),
            "later",
        ),
        (
            r#"{"status":"ERROR","message":"Unknown command"}"#,
            "",
            None,
            "Unknown command",
        ),
        (r#"{"status":"ERROR","message":"bad_format"}"#, "bad_format", None, ""),
        (
            r#"{"code":"ttl_expired","error":"ttl_expired","ref":9}"#,
            "ttl_expired",
            Some("9"),
            "",
        ),
        (
            r#"{"type":"ERROR","msg_id":"m2","error":"what was that?"}"#,
            "",
            Some("m2"),
            "what was that?",
        ),
        (r#"{"type":"ERROR"}"#, "", None, ""),
        (r#"{"status":"ERROR","error":{"a":1}}"#, "", None, ""),
    ];
    for (line, code, reference, detail) in cases {
        let expected = Complaint {
            code: code.to_owned(),
            reference: reference.map(str::to_owned),
            detail: detail.to_owned(),
        };
        assert_eq!(read(line), Message::Error(expected), "{line}");
    }
    let long = format!(r#"{{"type":"ERROR","code":"{0}","detail":"{0}"}}"#, "é".repeat(1000));
    assert!(matches!(read(&long), Message::Error(complaint)
        if (complaint.code.chars().count(), complaint.detail.chars().count()) == (64, 256)));
}

#[test]
fn what_nobody_knows_is_named_and_no_error() {
    for (line, kind) in [
        (r#"{"type":"GOSSIP","y":[]}"#.to_owned(), "GOSSIP".to_owned()),
        (format!(r#"{{"type":"{}"}}"#, "é".repeat(1000)), "é".repeat(64)),
        ("{}".to_owned(), String::new()),
        (r#"{"type":7,"status":"ERROR"}"#.to_owned(), String::new()),
        (r#"{"status":"OK","ttl":7200}"#.to_owned(), String::new()),
    ] {
        assert_eq!(read(&line), Message::Unknown(kind), "{line}");
    }
}
