//! Reading lists.

use super::*;
use crate::identity::Identity;
use crate::wire::rendezvous::{Claim, Purpose};
use serde_json::json;

fn entry(name: &str, ip: &str, port: u16, left: u64) -> Value {
    json!({"ip": ip, "port": port, "name": name, "namespace": "UnB", "ttl": 7200, "expires_in": left})
}

fn list(entries: &[Value]) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(&json!({"status": "OK", "peers": entries})).unwrap();
    bytes.push(b'\n');
    bytes
}

/// What a client that only looks says to a list.
fn looked(bytes: &[u8]) -> Vec<String> {
    let mut talk = Talk::new(looking(), 1);
    assert_eq!(talk.say(Start), [DISCOVER]);
    let mut said = talk.say(reply(bytes));
    said.retain(|text| text != "looking");
    said
}

fn looking() -> Config {
    Config {
        register: false,
        ..config()
    }
}

#[test]
fn a_peer_that_only_looks_never_registers() {
    let mut talk = Talk::new(looking(), 1);
    talk.script(&[(0, Start, &[DISCOVER]), (0, reply(NOBODY), &["peers []", "looking"])]);
    talk.live(600, |_| NOBODY.to_vec());
    assert_eq!(talk.times(DISCOVER).len(), talk.sent.len());
    assert!((9..=14).contains(&talk.sent.len()), "{:?}", talk.sent);
    assert_eq!(talk.say(Leave), ["gone"]);
}

#[test]
fn a_server_that_does_not_let_strangers_look_is_a_failure() {
    let said = looked(refusal("peer_not_registered").as_bytes());
    assert_eq!(said, ["failing Refused(\"peer_not_registered\")"]);
}

#[test]
fn one_namespace_can_be_asked_for() {
    let scope = Scope::Namespace("UnB".to_owned());
    let mut talk = Talk::new(Config { scope, ..looking() }, 1);
    assert_eq!(talk.say(Start), ["> {\"type\":\"DISCOVER\",\"namespace\":\"UnB\"}"]);
}

#[test]
fn entries_of_both_dialects_are_read() {
    let nov = entry("bia", "10.0.0.2", 4001, 100);
    let sep = json!({"observed_ip": "::ffff:10.0.0.3", "observed_port": 55555, "port": "4002", "name": "caio",
        "namespace": "outro lugar", "expires_in": "50", "more": {}});
    let bare = json!({"ip": "2001:db8::1", "port": 4003.0, "name": "dé", "namespace": "UnB", "ttl": 9e99});
    assert_eq!(
        looked(&list(&[nov, sep, bare])),
        ["peers [bia@UnB 10.0.0.2:4001 100, caio@outro lugar 10.0.0.3:4002 50, dé@UnB [2001:db8::1]:4003 86400]"]
    );
    assert_eq!(looked(b"{\"status\":\"OK\",\"peers\":null}"), ["peers []"]);
    assert_eq!(looked(b"{\"status\":\"OK\",\"peers\":{}}"), ["failing NotUnderstood"]);
}

#[test]
fn we_are_not_in_our_own_list_and_the_freshest_address_of_a_peer_comes_first() {
    let mut talk = Talk::new(config(), 1);
    talk.say(Start);
    talk.say(reply(OK_NOV));
    let mut other_namespace = entry("ana", "10.0.0.9", 4000, 9);
    other_namespace["namespace"] = json!("outro");
    let entries = [
        entry("bia", "10.0.0.2", 1, 100),
        entry("ana", "10.0.0.7", 4000, 7000),
        entry("caio", "10.0.0.3", 1, 50),
        entry("bia", "10.0.0.4", 2, 100),
        entry("bia", "10.0.0.5", 3, 7000),
        entry("bia", "10.0.0.2", 1, 90),
        other_namespace,
    ];
    assert_eq!(
        talk.say(reply(&list(&entries))),
        [concat!(
            "peers [bia@UnB 10.0.0.5:3 7000, bia@UnB 10.0.0.4:2 100, bia@UnB 10.0.0.2:1 100, ",
            "caio@UnB 10.0.0.3:1 50, ana@outro 10.0.0.9:4000 9]"
        )]
    );
}

#[test]
fn nonsense_is_skipped_and_counted() {
    let good = entry(&"é".repeat(64), "127.0.0.1", 65535, 0);
    let mut entries = vec![good.clone()];
    for (key, values) in [
        (
            "ip",
            vec![
                json!("0.0.0.0"),
                json!("224.0.0.1"),
                json!("255.255.255.255"),
                json!("host"),
                json!(7),
                json!("::"),
            ],
        ),
        (
            "port",
            vec![
                json!(0),
                json!(65536),
                json!(-1),
                json!(4000.5),
                json!("x"),
                json!(null),
                json!(true),
            ],
        ),
        (
            "name",
            vec![
                json!(""),
                json!("é".repeat(65)),
                json!("a\u{1b}[2J"),
                json!("a@b"),
                json!(7),
                json!("a\u{85}"),
            ],
        ),
        ("namespace", vec![json!(""), json!("\n"), json!(null)]),
    ] {
        for value in values {
            let mut bad = good.clone();
            bad[key] = value;
            entries.push(bad);
        }
    }
    entries.extend([json!(null), json!("peer"), json!([]), json!({})]);
    let expected = format!("peers [{}@UnB 127.0.0.1:65535 0]", "é".repeat(64));
    assert_eq!(
        looked(&list(&entries)),
        [format!("skipped {}", entries.len() - 1), expected]
    );
}

#[test]
fn a_list_is_read_up_to_its_bound() {
    let entries: Vec<_> = (1..=1100)
        .map(|port| json!({"ip":"1.1.1.1","port":port,"name":"n","namespace":"s"}))
        .collect();
    let bytes = list(&entries);
    assert!(bytes.len() < 64 * 1024);
    let said = looked(&bytes);
    assert_eq!(said[0], "skipped 76");
    assert_eq!(said[1].matches("n@s").count(), 1024);
}

#[test]
fn a_signed_record_is_checked_and_a_broken_one_is_none() {
    let claim = Claim {
        purpose: Purpose::Register,
        namespace: "UnB",
        name: "bia",
        port: 4001,
        seq: 7,
    };
    let identity = Identity::from_seed([9; 32]);
    let x = serde_json::to_value(claim.sign(&identity)).unwrap();
    let mut signed = entry("bia", "10.0.0.2", 4001, 9);
    signed["x"] = x.clone();
    let mut stolen = entry("eva", "10.0.0.3", 4001, 9);
    stolen["x"] = x;
    let mut broken = entry("leo", "10.0.0.4", 4001, 9);
    broken["x"] = json!({"pk": "AAAA", "sig": 7});
    let mut client = Client::new(looking(), 1, Instant::ZERO);
    client.handle(Instant::ZERO, Start);
    client.handle(Instant::ZERO, reply(&list(&[signed, stolen, broken])));
    let peers = std::iter::from_fn(|| client.poll_output()).find_map(|output| match output {
        Output::Peers(peers) => Some(peers),
        _ => None,
    });
    let record = |verified| {
        Some(Record {
            key: identity.public(),
            seq: 7,
            verified,
        })
    };
    let records: Vec<_> = peers.unwrap().iter().map(|listed| listed.record).collect();
    assert_eq!(records, [record(true), record(false), None]);
}
