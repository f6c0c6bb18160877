use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::identity::Identity;

const BOTH: [Dialect; 2] = [Dialect::September, Dialect::November];
const SEP: Dialect = Dialect::September;
const NOV: Dialect = Dialect::November;

fn register_with(field: &str, value: Value) -> Result<Register, Refusal> {
    let mut request = json!({"type": "REGISTER", "name": "alice", "namespace": "UnB", "port": 4000});
    request[field] = value;
    match Request::decode(request.to_string().as_bytes(), SEP) {
        Ok(Request::Register(register)) => Ok(register),
        Ok(other) => panic!("{other:?}"),
        Err(refusal) => Err(refusal),
    }
}

fn decode(line: &str, dialect: Dialect) -> Result<Request, Refusal> {
    Request::decode(line.as_bytes(), dialect)
}

#[test]
fn what_is_no_request_is_an_unknown_command() {
    let lines = [
        "{",
        "[]",
        "[{\"type\":\"DISCOVER\"}]",
        "5",
        "\"DISCOVER\"",
        "null",
        "{}",
        "nada",
        r#"{"type":"REGISTERX"}"#,
        r#"{"type":" DISCOVER"}"#,
        r#"{"type":"DISCOVER "}"#,
        r#"{"type":null}"#,
        r#"{"type":["DISCOVER"]}"#,
        r#"{"op":"DISCOVER"}"#,
        r#"{"type":"DISCOVER"} {}"#,
        r"{'type':'DISCOVER'}",
    ];
    for dialect in BOTH {
        for line in lines {
            assert_eq!(decode(line, dialect), Err(Refusal::Unknown), "{line}");
        }
        for line in ["", " ", "\t \r", "\u{a0}"] {
            assert_eq!(decode(line, dialect), Err(Refusal::Empty), "{line:?}");
        }
        for line in [
            r#"{"type":"discover"}"#,
            " {\"type\":\"DisCover\"}\r",
            r#"{"x":1,"type":"DISCOVER","type2":{}}"#,
        ] {
            assert!(matches!(decode(line, dialect), Ok(Request::Discover(_))), "{line}");
        }
    }
}

#[test]
fn names_hold_1_to_64_characters_of_any_kind() {
    for (field, refusal) in [("name", Refusal::BadName), ("namespace", Refusal::BadNamespace)] {
        let bad = [
            json!(null),
            json!(5),
            json!(true),
            json!([]),
            json!({}),
            json!(""),
            json!("x".repeat(65)),
            json!("é".repeat(65)),
        ];
        for value in bad {
            assert_eq!(
                register_with(field, value.clone()),
                Err(refusal.clone()),
                "{field} {value}"
            );
        }
        for good in ["a", " ", " a ", "a@b", "\u{1b}[2J", &"é".repeat(64), &"😀".repeat(64)] {
            let register = register_with(field, json!(good)).unwrap();
            assert!(
                register.name == good || register.namespace == good,
                "{field} {good:?}: {register:?}"
            );
        }
    }
}

#[test]
fn ports_are_converted_and_held_to_their_range() {
    for (value, port) in [
        (json!(1), 1),
        (json!(65535), 65535),
        (json!("4000"), 4000),
        (json!(4000.0), 4000),
        (json!(" 4000 "), 4000),
        (json!("+80"), 80),
    ] {
        assert_eq!(register_with("port", value.clone()).unwrap().port, port, "{value}");
    }
    let bad = [
        json!(0),
        json!(65536),
        json!(-1),
        json!(4000.5),
        json!("4000.0"),
        json!("abc"),
        json!(""),
        json!("-"),
        json!(null),
        json!([4000]),
        json!({}),
        json!(true),
        json!(1e300),
        json!("99999999999999999999999"),
    ];
    for value in bad {
        assert_eq!(register_with("port", value.clone()), Err(Refusal::BadPort), "{value}");
    }
}

#[test]
fn leases_are_converted_and_clamped() {
    for (value, secs) in [
        (json!(1), 1),
        (json!(0), 1),
        (json!(-5), 1),
        (json!(86400), 86400),
        (json!(86401), 86400),
        (json!("60"), 60),
        (json!(60.0), 60),
        (json!(1e18), 86400),
        (json!(-1e30), 1),
        (json!(u64::MAX), 86400),
        (json!(i64::MIN), 1),
        (json!("1000000000000000000000000000000"), 86400),
        (json!("-1000000000000000000000000000000"), 1),
    ] {
        assert_eq!(
            register_with("ttl", value.clone()).unwrap().lease.secs(),
            secs,
            "{value}"
        );
    }
    for value in [
        json!(null),
        json!([]),
        json!([60]),
        json!({}),
        json!("abc"),
        json!(""),
        json!(1.5),
        json!(true),
        json!("6 0"),
    ] {
        assert_eq!(register_with("ttl", value.clone()), Err(Refusal::BadTtl), "{value}");
    }
    assert_eq!(register_with("other", json!(1)).unwrap().lease, Lease::DEFAULT);
}

#[test]
fn the_first_fault_is_told_in_the_order_name_lease_namespace_port() {
    for (request, refusal) in [
        (json!({"type": "REGISTER"}), Refusal::BadName),
        (
            json!({"type": "REGISTER", "ttl": "x", "name": "", "namespace": "", "port": 0}),
            Refusal::BadName,
        ),
        (
            json!({"type": "REGISTER", "ttl": "x", "name": "a", "namespace": "", "port": 0}),
            Refusal::BadTtl,
        ),
        (
            json!({"type": "REGISTER", "name": "a", "namespace": "", "port": 0}),
            Refusal::BadNamespace,
        ),
        (
            json!({"type": "REGISTER", "name": "a", "namespace": "b", "port": 0}),
            Refusal::BadPort,
        ),
        (
            json!({"type": "REGISTER", "name": "a", "namespace": "b"}),
            Refusal::BadPort,
        ),
    ] {
        for dialect in BOTH {
            assert_eq!(decode(&request.to_string(), dialect), Err(refusal.clone()), "{request}");
        }
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_replaced() {
    let line = b"{\"type\":\"REGISTER\",\"name\":\"a\xff\",\"namespace\":\"b\",\"port\":1}";
    let Ok(Request::Register(register)) = Request::decode(line, SEP) else {
        panic!("it is a request");
    };
    assert_eq!(register.name, "a\u{fffd}");
}

#[test]
fn the_dialects_read_namespaces_of_discover_in_their_own_ways() {
    let wanted = |value: &str, dialect| match decode(&format!(r#"{{"type":"DISCOVER","namespace":{value}}}"#), dialect)
    {
        Ok(Request::Discover(discover)) => Ok(discover.wanted),
        Ok(other) => panic!("{other:?}"),
        Err(refusal) => Err(refusal),
    };
    let long = format!("{:?}", "x".repeat(65));
    for dialect in BOTH {
        assert_eq!(wanted("null", dialect), Ok(Wanted::All));
        assert_eq!(wanted("\"UnB\"", dialect), Ok(Wanted::Namespace("UnB".into())));
    }
    assert_eq!(wanted("\"\"", SEP), Ok(Wanted::All));
    assert_eq!(wanted("\"\"", NOV), Err(Refusal::BadNamespace));
    for odd in ["5", "[]", "true", &long] {
        assert_eq!(wanted(odd, SEP), Ok(Wanted::Nobody), "{odd}");
        assert_eq!(wanted(odd, NOV), Err(Refusal::BadNamespace), "{odd}");
    }
}

#[test]
fn limit_and_sample_are_taken_when_they_make_sense() {
    for (fields, limit, sample) in [
        ("", None, None),
        (r#","limit":5"#, Some(5), None),
        (r#","limit":"5","sample":3"#, Some(5), Some(3)),
        (r#","limit":5,"sample":true"#, Some(5), Some(5)),
        (r#","limit":-5,"sample":"x""#, None, None),
        (r#","limit":null,"sample":false"#, None, None),
    ] {
        let Ok(Request::Discover(discover)) = decode(&format!(r#"{{"type":"DISCOVER"{fields}}}"#), SEP) else {
            panic!("{fields}");
        };
        assert_eq!((discover.limit, discover.sample), (limit, sample), "{fields}");
    }
}

#[test]
fn filters_of_unregister_are_read_in_the_dialects_own_ways() {
    let read = |fields: &str, dialect| match decode(&format!(r#"{{"type":"UNREGISTER"{fields}}}"#), dialect) {
        Ok(Request::Unregister(request)) => Ok((request.namespace, request.name, request.port)),
        Ok(other) => panic!("{other:?}"),
        Err(refusal) => Err(refusal),
    };
    let shown = |text: &str| Err(Refusal::BadPortFilter(text.into()));
    assert_eq!(read("", SEP), Ok((None, None, None)));
    for absent in ["", r#","namespace":null"#, r#","namespace":"""#] {
        assert_eq!(read(absent, NOV), Err(Refusal::NamespaceRequired), "{absent}");
    }
    for dialect in BOTH {
        let ns = Some("UnB".to_owned());
        assert_eq!(
            read(r#","namespace":"UnB","name":null,"port":null"#, dialect),
            Ok((ns.clone(), None, None))
        );
        assert_eq!(
            read(r#","namespace":"UnB","name":"alice","port":"7070""#, dialect),
            Ok((ns.clone(), Some(Some("alice".into())), Some(Some(7070))))
        );
        assert_eq!(
            read(r#","namespace":"UnB","name":5"#, dialect),
            Ok((ns.clone(), Some(None), None))
        );
        assert_eq!(read(r#","namespace":"UnB","port":"abc""#, dialect), shown("abc"));
        assert_eq!(read(r#","namespace":"UnB","port":[1]"#, dialect), shown("[1]"));
    }
    assert_eq!(
        read(r#","namespace":"UnB","port":70000"#, SEP),
        Ok((Some("UnB".into()), None, Some(None)))
    );
    assert_eq!(read(r#","namespace":"UnB","port":70000"#, NOV), shown("70000"));
}

fn reply(reply: &Reply, dialect: Dialect) -> String {
    String::from_utf8(reply.encode(dialect)).unwrap()
}

#[test]
fn codes_stand_under_the_key_of_the_dialect_and_no_other() {
    for (refusal, code) in [
        (Refusal::BadName, "bad_name"),
        (Refusal::BadNamespace, "bad_namespace"),
        (Refusal::BadPort, "bad_port"),
        (Refusal::BadTtl, "bad_ttl"),
        (Refusal::BadPortFilter("abc".into()), "bad_port (abc)"),
        (Refusal::OverQuota, "over_quota"),
        (Refusal::Busy, "busy"),
        (Refusal::Unauthorized, "unauthorized"),
        (Refusal::BadFormat, "bad_format"),
        (Refusal::NamespaceRequired, "namespace_required"),
        (Refusal::NotRegistered, "peer_not_registered"),
        (Refusal::NothingMatches, "peer_credentials_do_not_match"),
    ] {
        let refused = Reply::Refused(refusal);
        assert_eq!(
            reply(&refused, SEP),
            format!("{{\"status\":\"ERROR\",\"error\":\"{code}\"}}\n")
        );
        assert_eq!(
            reply(&refused, NOV),
            format!("{{\"status\":\"ERROR\",\"message\":\"{code}\"}}\n")
        );
    }
    let too_long = Reply::Refused(Refusal::TooLong);
    assert_eq!(
        reply(&too_long, SEP),
        "{\"status\":\"ERROR\",\"error\":\"line_too_long\",\"limit\":32768}\n"
    );
    assert_eq!(
        reply(&too_long, NOV),
        "{\"status\":\"ERROR\",\"message\":\"line_too_long\",\"limit\":32768}\n"
    );
}

#[test]
fn sentences_stand_under_message_in_both_dialects() {
    let blocked = Refusal::Blocked {
        from: "[::ffff:192.0.2.1]:5000".parse().unwrap(),
        limit: 50,
        seconds: 60,
    };
    for (refusal, text) in [
        (Refusal::Empty, "Empty request line"),
        (Refusal::Unknown, "Unknown command"),
        (Refusal::Silent, "Timeout: no data received, closing connection"),
        (
            blocked,
            "Connection from 192.0.2.1:5000 has been blocked due to excessive login attempts (limit: 50). The block will be lifted in 60 seconds.",
        ),
    ] {
        for dialect in BOTH {
            assert_eq!(
                reply(&Reply::Refused(refusal.clone()), dialect),
                format!("{{\"status\":\"ERROR\",\"message\":\"{text}\"}}\n")
            );
        }
    }
}

#[test]
fn successes_have_the_keys_of_both_dialects() {
    let registered = Reply::Registered {
        lease: Lease::clamped(60),
        observed: "[::ffff:192.0.2.1]:51234".parse().unwrap(),
        port: 4000,
    };
    for dialect in BOTH {
        let got: Value = serde_json::from_str(&reply(&registered, dialect)).unwrap();
        let expected = json!({
            "status": "OK", "ttl": 60, "ip": "192.0.2.1", "port": 4000, "observed_ip": "192.0.2.1", "observed_port": 51234,
        });
        assert_eq!(got, expected);
        assert_eq!(reply(&Reply::Unregistered, dialect), "{\"status\":\"OK\"}\n");
        assert_eq!(
            reply(&Reply::Peers(vec![]), dialect),
            "{\"status\":\"OK\",\"peers\":[]}\n"
        );
        let two = Reply::Peers(b"{},{}".to_vec());
        assert_eq!(reply(&two, dialect), "{\"status\":\"OK\",\"peers\":[{},{}]}\n");
        assert_eq!(
            reply(&Reply::Peers(vec![b'x'; Reply::room()]), dialect).len(),
            crate::limits::RENDEZVOUS_LINE_BYTES
        );
    }
}

#[test]
fn a_listed_record_has_the_keys_of_both_dialects_in_their_order() {
    let claim = Claim {
        purpose: Purpose::Register,
        namespace: "sala \u{e7}",
        name: "a\"\u{1f980}\n",
        port: 4000,
        seq: 9,
    };
    let signed = claim.sign(&Identity::from_seed([7; 32]));
    let x = serde_json::to_string(&signed).unwrap();
    for (signed, x) in [(None, String::new()), (Some(&signed), format!(",\"x\":{x}"))] {
        let listed = Listed {
            ip: "2001:db8::1".parse().unwrap(),
            port: 4000,
            name: claim.name,
            namespace: claim.namespace,
            ttl: Lease::clamped(60),
            expires_in: 59,
            observed_port: 51234,
            x: signed,
        };
        // Behind what is there already.
        let mut bytes = b"{},".to_vec();
        listed.encode(&mut bytes);
        let expected = r#"{},{"ip":"2001:db8::1","port":4000,"name":"a\"\ud83e\udd80\n","namespace":"sala \u00e7","ttl":60,"expires_in":59,"observed_ip":"2001:db8::1","observed_port":51234"#;
        assert_eq!(String::from_utf8(bytes).unwrap(), format!("{expected}{x}}}"));
    }
}

#[test]
fn an_x_of_ours_is_read_and_one_of_others_ignored() {
    let claim = Claim {
        purpose: Purpose::Register,
        namespace: "UnB",
        name: "alice",
        port: 4000,
        seq: 9,
    };
    let signed = claim.sign(&Identity::from_seed([7; 32]));
    let x = serde_json::to_value(signed).unwrap();
    assert_eq!(register_with("x", x).unwrap().signed, Some(signed));
    // Somebody else's field is ignored; one that is meant for us must be right.
    for foreign in [json!(null), json!(5), json!({"v": 1})] {
        assert_eq!(register_with("x", foreign).unwrap().signed, None);
    }
    for broken in [json!({"pk": "AAAA"}), json!({"pk": 5, "sig": "", "seq": 1})] {
        assert_eq!(register_with("x", broken), Err(Refusal::BadFormat));
    }
}

proptest! {
    #[test]
    fn any_bytes_give_a_request_or_a_refusal(line in prop::collection::vec(any::<u8>(), 0..200)) {
        for dialect in BOTH {
            if let Err(refusal) = Request::decode(&line, dialect) {
                let reply = Reply::Refused(refusal).encode(dialect);
                prop_assert!(reply.is_ascii() && reply.ends_with(b"\n"));
            }
        }
    }
}
