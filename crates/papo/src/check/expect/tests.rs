use std::net::{Ipv4Addr, SocketAddr};

use super::*;

const OURS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7)), 50_123);

fn came(reply: &str) -> Outcome {
    Outcome {
        bytes: reply.as_bytes().to_vec(),
        first: reply.len(),
        end: End::Closed,
        local: Some(OURS),
        took: Duration::from_millis(3),
    }
}

fn scene(dialect: Dialect) -> Scene<'static> {
    Scene {
        dialect,
        namespace: "n",
        age: 0.1,
        second: Duration::from_secs(1),
        observed: None,
    }
}

/// What is wrong with a reply, and where.
type Wrong = Option<(Kind, &'static str)>;

#[track_caller]
fn judged(expect: Expect, dialect: Dialect, reply: &str, expected: Wrong) {
    let flaw = expect.judge(&came(reply), &mut scene(dialect)).err();
    let found = flaw
        .as_ref()
        .map(|flaw| (flaw.kind, flaw.field.as_deref().unwrap_or_default()));
    assert_eq!(found, expected, "{dialect:?} {reply}");
}

use Dialect::{November, September};

#[test]
fn a_reply_is_one_line_and_the_end() {
    let cases = [
        ("", End::Closed, Kind::NoReply),
        ("", End::Reset, Kind::Reset),
        ("", End::StillOpen, Kind::Silent),
        ("", End::Unreachable("no".to_owned()), Kind::Unreachable),
        ("{\"status\":\"OK\"}", End::Closed, Kind::NoNewline),
        ("{\"status\":\"OK\"}", End::StillOpen, Kind::NoNewline),
        ("{\"sta", End::Reset, Kind::Reset),
        ("{\"status\":\"OK\"}", End::Endless, Kind::Endless),
        ("{\"status\":\"OK\"}\n", End::Reset, Kind::Reset),
        ("{\"status\":\"OK\"}\n", End::StillOpen, Kind::NotClosed),
        ("{\"status\":\"OK\"}\n\n", End::Closed, Kind::ManyLines),
        ("{\n\"status\":\"OK\"}\n", End::Closed, Kind::ManyLines),
        ("{'status':'OK'}\n", End::Closed, Kind::NoJson),
        ("[]\n", End::Closed, Kind::NoObject),
        ("{\"status\":\"ERROR\"}\n", End::Closed, Kind::Wrong),
    ];
    for (reply, end, kind) in cases {
        let outcome = Outcome { end, ..came(reply) };
        let flaw = Expect::Done.judge(&outcome, &mut scene(September)).unwrap_err();
        assert_eq!(flaw.kind, kind, "{outcome:?}");
    }
    judged(Expect::Done, September, "{\"status\":\"OK\",\"removed\":1}\r\n", None);
}

const CODE: Expect = Expect::Code("bad_port");
const SAYS: Expect = Expect::Says("Unknown command");

const ERRORS: &[(Expect, Dialect, &str, Wrong)] = &[
    (CODE, September, r#"{"status":"ERROR","error":"bad_port"}"#, None),
    (CODE, November, r#"{"message":"bad_port","status":"ERROR"}"#, None),
    (
        CODE,
        September,
        r#"{"status":"ERROR","message":"bad_port"}"#,
        Some((Kind::WrongKey, "message")),
    ),
    (
        CODE,
        November,
        r#"{"status":"ERROR","error":"bad_port"}"#,
        Some((Kind::WrongKey, "error")),
    ),
    (
        CODE,
        September,
        r#"{"status":"ERROR","error":"bad_port","message":"bad_port"}"#,
        Some((Kind::ExtraKey, "message")),
    ),
    (
        CODE,
        September,
        r#"{"status":"ERROR","error":"bad_name"}"#,
        Some((Kind::Wrong, "")),
    ),
    (CODE, September, r#"{"status":"OK"}"#, Some((Kind::Wrong, ""))),
    (
        SAYS,
        September,
        r#"{"status":"ERROR","message":"Unknown command"}"#,
        None,
    ),
    (
        SAYS,
        November,
        r#"{"status":"ERROR","message":"Unknown command"}"#,
        None,
    ),
    (
        SAYS,
        September,
        r#"{"status":"ERROR","error":"Unknown command"}"#,
        Some((Kind::WrongKey, "error")),
    ),
    (
        Expect::TooLong,
        September,
        r#"{"status":"ERROR","error":"line_too_long","limit":32768}"#,
        None,
    ),
    (
        Expect::TooLong,
        September,
        r#"{"status":"ERROR","error":"line_too_long"}"#,
        Some((Kind::MissingKey, "limit")),
    ),
    (
        Expect::TooLong,
        September,
        r#"{"status":"ERROR","error":"line_too_long","limit":32767}"#,
        Some((Kind::Wrong, "")),
    ),
];

#[test]
fn errors_are_compared_whole_and_by_dialect() {
    for &(expect, dialect, reply, expected) in ERRORS {
        judged(expect, dialect, &format!("{reply}\n"), expected);
    }
}

const REGISTRATIONS: &[(Dialect, &str, Wrong)] = &[
    (
        September,
        r#"{"status":"OK","ttl":60,"observed_ip":"10.0.0.7","observed_port":50123}"#,
        None,
    ),
    // With the keys of the other dialect too.
    (
        November,
        r#"{"status":"OK","ttl":60,"observed_ip":"10.0.0.7","observed_port":50123,"ip":"10.0.0.7","port":4000}"#,
        None,
    ),
    // Another address than ours: there is a translation in between, which may change the port too.
    (
        September,
        r#"{"status":"OK","ttl":60,"observed_ip":"192.0.2.1","observed_port":1024}"#,
        None,
    ),
    (
        September,
        r#"{"status":"OK","ttl":60,"observed_ip":"10.0.0.7","observed_port":4000}"#,
        Some((Kind::SourcePort, "observed_port")),
    ),
    (
        September,
        r#"{"status":"OK","ttl":60,"observed_ip":"192.0.2.1","observed_port":0}"#,
        Some((Kind::SourcePort, "observed_port")),
    ),
    (
        September,
        r#"{"status":"OK","ttl":60,"observed_ip":"::ffff:10.0.0.7","observed_port":50123}"#,
        Some((Kind::Address, "observed_ip")),
    ),
    (
        September,
        r#"{"status":"OK","ttl":60,"observed_ip":"203.0.113.9","observed_port":50123}"#,
        Some((Kind::Address, "observed_ip")),
    ),
    (
        September,
        r#"{"status":"OK","ttl":60,"observed_ip":"0.0.0.0","observed_port":50123}"#,
        Some((Kind::Address, "observed_ip")),
    ),
    (
        September,
        r#"{"status":"OK","ttl":"60","observed_ip":"10.0.0.7","observed_port":50123}"#,
        Some((Kind::Wrong, "ttl")),
    ),
    (
        September,
        r#"{"status":"OK","ttl":60,"ip":"10.0.0.7","port":4000}"#,
        Some((Kind::MissingKey, "observed_ip")),
    ),
    (
        November,
        r#"{"status":"OK","ttl":60,"ip":"10.0.0.7","port":50123}"#,
        Some((Kind::Wrong, "port")),
    ),
    (September, r#"{"ttl":60}"#, Some((Kind::MissingKey, "status"))),
];

#[test]
fn a_registration_is_granted_as_asked_and_told_where_it_came_from() {
    let expect = Expect::Registered { port: 4000, ttl: 60 };
    for &(dialect, reply, expected) in REGISTRATIONS {
        judged(expect, dialect, &format!("{reply}\n"), expected);
    }
}

/// A list with one record in it, of which one key says something else.
fn list(key: &str, value: Value) -> String {
    let mut peer = json!({
        "ip": "10.0.0.7", "port": 4000, "name": "ana", "namespace": "n", "ttl": 60, "expires_in": 59,
        "observed_ip": "10.0.0.7", "observed_port": 50123,
    });
    if value.is_null() {
        peer.as_object_mut().unwrap().remove(key);
    } else {
        peer[key] = value;
    }
    format!("{}\n", json!({"status": "OK", "peers": [peer]}))
}

const ANA: Peer = Peer {
    name: "ana",
    port: 4000,
    ttl: 60,
};

#[test]
fn every_record_of_a_list_is_looked_at() {
    let expect = Expect::Peers(&[ANA]);
    judged(expect, September, &list("colour", json!("red")), None);
    judged(expect, November, &list("observed_ip", Value::Null), None);
    for (key, value, kind, field) in [
        ("observed_ip", Value::Null, Kind::MissingKey, "peers[0].observed_ip"),
        ("name", Value::Null, Kind::MissingKey, "peers[0].name"),
        ("name", json!("Ana"), Kind::Wrong, "peers"),
        ("namespace", json!("N"), Kind::Wrong, "peers"),
        ("port", json!(4001), Kind::Wrong, "peers"),
        ("port", json!("4000"), Kind::NoNumber, "peers[0].port"),
        ("port", json!(4000.0), Kind::NoNumber, "peers[0].port"),
        ("expires_in", json!(61), Kind::ExpiresIn, "peers[0].expires_in"),
        ("expires_in", json!(57), Kind::ExpiresIn, "peers[0].expires_in"),
        ("expires_in", json!(59.5), Kind::NoNumber, "peers[0].expires_in"),
        ("ip", json!("localhost"), Kind::Address, "peers[0].ip"),
    ] {
        let reply = list(key, value);
        judged(expect, September, &reply, Some((kind, field)));
    }
}

#[test]
fn a_list_is_whole_and_in_order_where_nothing_else_can_be_in_it() {
    let (ana, empty) = (list("x", json!(1)), "{\"status\":\"OK\",\"peers\":[]}\n");
    judged(Expect::Peers(&[]), September, empty, None);
    judged(Expect::Peers(&[]), September, &ana, Some((Kind::Wrong, "peers")));
    judged(Expect::Peers(&[ANA]), September, empty, Some((Kind::Wrong, "peers")));
    let others = list("namespace", json!("m"));
    judged(Expect::Among(&[]), September, &others, None);
    judged(Expect::Among(&[ANA]), September, &others, Some((Kind::Wrong, "peers")));
    judged(Expect::Among(&[ANA]), September, &ana, None);
    let sample = format!(
        "{{\"status\":\"OK\",\"peers\":[],\"pad\":\"{}\"}}\n",
        "x".repeat(SAMPLED_BYTES)
    );
    judged(Expect::Among(&[ANA]), September, &sample, None);
    for (reply, expected) in [
        ("{\"status\":\"OK\"}\n", Some((Kind::MissingKey, "peers"))),
        ("{\"status\":\"OK\",\"peers\":{}}\n", Some((Kind::Wrong, "peers"))),
        ("{\"status\":\"OK\",\"peers\":[7]}\n", Some((Kind::Wrong, "peers[0]"))),
    ] {
        judged(Expect::Peers(&[ANA]), September, reply, expected);
    }
}

#[test]
fn all_records_of_a_case_come_from_where_the_registration_did() {
    let mut scene = scene(September);
    scene.observed = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    let flaw = Expect::Peers(&[ANA])
        .judge(&came(&list("x", json!(1))), &mut scene)
        .unwrap_err();
    assert_eq!(flaw, Flaw::at(Kind::Address, "peers[0].ip"));
}

#[test]
fn a_lease_that_ended_before_we_looked_says_nothing_about_the_server() {
    let mut late = scene(September);
    late.age = 60.5;
    let gone = came("{\"status\":\"OK\",\"peers\":[]}\n");
    assert_eq!(Expect::Peers(&[ANA]).judge(&gone, &mut late), Ok(()));
}

#[test]
fn idle_connections_are_told_after_some_seconds() {
    let text = format!("{{\"status\":\"ERROR\",\"message\":\"{IDLE_TEXT}\"}}\n");
    let mut outcome = came(&text);
    for (seconds, fine) in [(3, false), (4, true), (5, true), (15, true), (16, false)] {
        outcome.took = Duration::from_secs(seconds);
        let judged = Expect::Idle.judge(&outcome, &mut scene(September));
        assert_eq!(judged.is_ok(), fine, "{seconds}");
    }
    outcome.bytes.clear();
    for (end, kind) in [(End::StillOpen, Kind::Wrong), (End::Closed, Kind::NoReply)] {
        outcome.end = end;
        let flaw = Expect::Idle.judge(&outcome, &mut scene(September)).unwrap_err();
        assert_eq!(flaw.kind, kind);
    }
}

#[test]
fn only_a_short_reply_can_be_said_to_be_torn() {
    let mut outcome = came(&list("x", json!(1)));
    assert_eq!(Expect::InOneWrite.judge(&outcome, &mut scene(September)), Ok(()));
    outcome.first -= 1;
    let flaw = Expect::InOneWrite.judge(&outcome, &mut scene(September)).unwrap_err();
    assert_eq!(flaw.kind, Kind::Torn);
    let mut long = came(&list("pad", json!("x".repeat(2000))));
    long.first -= 1;
    assert_eq!(Expect::InOneWrite.judge(&long, &mut scene(September)), Ok(()));
}

#[test]
fn what_is_expected_is_shown_as_it_would_stand_on_the_wire() {
    let shown = |expect: Expect, dialect| match expect.shown(dialect) {
        Shown::Wire(text) => text,
        Shown::Said(message) => message.key().to_owned(),
    };
    assert_eq!(
        shown(Expect::TooLong, September),
        r#"{"status":"ERROR","error":"line_too_long","limit":32768}"#
    );
    let either = Expect::By(&Expect::Done, &Expect::Code("bad_namespace"));
    assert_eq!(shown(either, September), r#"{"status":"OK"}"#);
    assert_eq!(
        shown(either, November),
        r#"{"status":"ERROR","message":"bad_namespace"}"#
    );
    assert_eq!(
        shown(Expect::Peers(&[ANA]), November),
        r#"{"status":"OK","peers":[{"name":"ana","port":4000,"ttl":60,…}]}"#
    );
    assert_eq!(shown(Expect::Ended, November), "check-want-ended");
}
